//! A child that runs a closure.

use std::fs::File;
use std::io::{self, Write as _};
use std::mem;
use std::os::fd::IntoRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::libc;
use nix::unistd::{ForkResult, Pid, fork};

use super::bond::Bond;
use super::threads::{Others, others};
use super::{Error, Outcome, panics};

/// The code of a process that panicked, as `std` has it.
const PANICKED: i32 = 101;

/// How the child differs from its parent.
pub(super) struct Settings {
    pub(super) bond: Bond,
    pub(super) stdin_inherited: bool,
    pub(super) beside_threads: bool,
}

/// Forks a child that runs `work` and never comes back. The parent gets back its copy.
pub(super) fn start<R: Outcome, W: FnOnce() -> R>(
    name: &str,
    settings: &Settings,
    work: W,
) -> Result<(Pid, W), Error> {
    panics::prepare();
    let others = others();
    if !settings.beside_threads && matches!(others, Others::Users(_)) {
        warn_unless_they_end(name);
    }
    // Opened here, where it costs less than in the child, whose memory comes page by page.
    let null = if settings.stdin_inherited {
        None
    } else {
        File::open("/dev/null").ok()
    };
    // Held across the fork: another thread that prints at that moment would leave them locked in the child for ever. Without one, the
    // child is spared the pages that it takes to unlock them.
    let locks = (others != Others::None).then(|| (io::stdout().lock(), io::stderr().lock()));
    // What is left in the buffer would be printed twice. If it cannot be written, nobody reads it.
    let _ = io::stdout().flush();
    // SAFETY: the child has this thread only; the locks that `std` and this crate need there are held by it, glibc keeps
    // its allocator usable, and what else `work` may touch is the documented business of the caller.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => Ok((child, work)),
        Ok(ForkResult::Child) => {
            if others != Others::None {
                panics::write_plain();
            }
            if !settings.stdin_inherited {
                close_stdin(null);
            }
            drop(locks);
            run(&settings.bond, work)
        }
        Err(errno) => Err(Error::Fork {
            name: name.to_owned(),
            source: errno.into(),
        }),
    }
}

/// Once in each copy of the statics. A thread that was joined is still there for a moment: `pthread_join` and the end of a scope come
/// before the kernel has taken it away. By the macro, so that the output of a test that passes stays hidden.
fn warn_unless_they_end(name: &str) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if WARNED.load(Ordering::Relaxed) {
        return;
    }
    let mut many = 0;
    for _ in 0..20 {
        std::thread::sleep(std::time::Duration::from_millis(1));
        let Others::Users(left) = others() else {
            return;
        };
        many = left;
    }
    if !WARNED.swap(true, Ordering::Relaxed) {
        let _ = crate::caught::caught(|| {
            eprintln!(
                "support: process {name:?} is forked while {many} other thread(s) run: a lock that one of them holds now stays \
                 locked in it for ever. Start it before the threads, or say `Process::builder().beside_threads()` if that is on purpose."
            );
        });
    }
}

/// Has nothing to be read from stdin. The parent's may be its only input: in a notebook it brings the kernel's commands.
fn close_stdin(null: Option<File>) {
    // SAFETY: no other thread runs here that could open a descriptor between the calls, and what `io::stdin` uses is 0 again.
    unsafe {
        match null.map(IntoRawFd::into_raw_fd) {
            // It was closed in the parent: this one is in its place, and only to be kept.
            Some(libc::STDIN_FILENO) => {
                libc::fcntl(libc::STDIN_FILENO, libc::F_SETFD, 0);
            }
            Some(null) => {
                libc::dup2(null, libc::STDIN_FILENO);
                libc::close(null);
            }
            // No descriptor was left, or there is no such file. A pipe that nobody can write to is at its end too.
            None => {
                let mut ends = [-1; 2];
                libc::close(libc::STDIN_FILENO);
                if libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY) < 0
                    && libc::pipe(ends.as_mut_ptr()) == 0
                {
                    libc::close(ends[1]);
                }
            }
        }
    }
}

/// Has the system show this process under a name; without one it stays the program's.
#[cfg(target_os = "linux")]
pub(super) fn show_as(name: &str) {
    // The kernel would cut a longer one in the middle of a character.
    let end = (0..=name.len().min(15))
        .rev()
        .find(|&end| name.is_char_boundary(end));
    if let Ok(name) = std::ffi::CString::new(&name[..end.unwrap_or(0)]) {
        let _ = nix::sys::prctl::set_name(&name);
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn show_as(_name: &str) {}

fn run<R: Outcome>(bond: &Bond, work: impl FnOnce() -> R) -> ! {
    let code = contain(|| match bond.tie() {
        Ok(()) => work().code(),
        Err(error) => Err::<(), _>(format!("cannot bind to the parent's life: {error}")).code(),
    });
    contain(|| {
        let _ = io::stdout().flush();
        0
    });
    // SAFETY: ends the process; nothing runs after it.
    unsafe { libc::_exit(code) }
}

/// A panic that got out would carry on in the copy of the parent's stack.
fn contain(work: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        // Dropping it could panic again.
        mem::forget(payload);
        PANICKED
    })
}
