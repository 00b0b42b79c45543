//! What ends a child that runs a closure when its parent ends.

use std::io;
use std::ptr;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

/// Chosen in the parent, tied in the child. Nothing is shared with other children or other copies of this crate's statics.
#[derive(Clone, Copy)]
pub(super) enum Bond {
    /// The kernel kills the child when the thread that forked it ends: that thread is the parent's main one.
    #[cfg(target_os = "linux")]
    MainThread { parent: libc::pid_t },
    /// A thread in the child watches the parent.
    Watched { parent: libc::pid_t },
    /// No bond, but a time limit.
    Limit(libc::itimerval),
}

impl Bond {
    /// Chooses the bond for a child of this thread.
    pub(super) fn of_this_thread(limit: Option<Duration>) -> Bond {
        let parent = nix::unistd::getpid();
        match limit {
            Some(limit) => Bond::Limit(once_after(limit)),
            #[cfg(target_os = "linux")]
            None if nix::unistd::gettid() == parent => Bond::MainThread {
                parent: parent.as_raw(),
            },
            None => Bond::Watched {
                parent: parent.as_raw(),
            },
        }
    }

    /// Ties the calling process, a child just forked. If its parent is gone already, the process ends here.
    pub(super) fn tie(&self) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Bond::MainThread { parent } => {
                nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
                if is_orphan(*parent) {
                    die();
                }
                Ok(())
            }
            Bond::Watched { parent } => watch(*parent),
            Bond::Limit(timer) => start_timer(timer),
        }
    }
}

/// How often to look for the parent where the system does not tell of its end.
const LOOK: Duration = Duration::from_millis(100);

fn is_orphan(parent: libc::pid_t) -> bool {
    nix::unistd::getppid().as_raw() != parent
}

/// Starts a thread that ends this process when its parent ends.
///
/// It is a bare thread of the kernel: the C library, whose locks a fork may have left locked, does not know of it. Its stack is
/// small, it makes system calls only, and no signal reaches it.
#[cfg(target_os = "linux")]
fn watch(parent: libc::pid_t) -> io::Result<()> {
    use super::signals::Blocked;

    const STACK: usize = 16 * 1024;
    let pidfd = super::pidfd::open(parent).ok();
    // Asked after the descriptor was opened: so it is this parent's, and no later process's with the same id.
    if is_orphan(parent) {
        die();
    }
    let pidfd = pidfd.map_or(-1, std::os::fd::IntoRawFd::into_raw_fd);
    let what = Box::leak(Box::new(Watch { parent, pidfd }));
    let stack = Box::leak(vec![0_u128; STACK / 16].into_boxed_slice());
    let flags = libc::CLONE_VM
        | libc::CLONE_FS
        | libc::CLONE_FILES
        | libc::CLONE_SIGHAND
        | libc::CLONE_THREAD
        | libc::CLONE_SYSVSEM;
    let _blocked = Blocked::all();
    // SAFETY: the stack and the argument are leaked, so they live as long as the process; `watcher` touches nothing else.
    let thread = unsafe {
        let top = stack.as_mut_ptr_range().end;
        libc::clone(watcher, top.cast(), flags, (&raw mut *what).cast())
    };
    Errno::result(thread)?;
    Ok(())
}

#[cfg(target_os = "linux")]
struct Watch {
    parent: libc::pid_t,
    /// The parent's; -1 where there is none to be had: an old kernel, no descriptor left.
    pidfd: libc::c_int,
}

/// Its calls do not fail, so they never write to `errno`, which here is that of the thread that started it.
#[cfg(target_os = "linux")]
extern "C" fn watcher(what: *mut libc::c_void) -> libc::c_int {
    // SAFETY: `watch` leaked it for us.
    let &Watch { parent, mut pidfd } = unsafe { &*what.cast::<Watch>() };
    let nap = libc::timespec {
        tv_sec: 0,
        tv_nsec: LOOK.as_nanos() as libc::c_long,
    };
    // SAFETY: plain numbers, a C string, and places on this stack; -1 is not passed as a descriptor.
    unsafe {
        libc::syscall(
            libc::SYS_prctl,
            libc::PR_SET_NAME,
            super::threads::WATCHER.as_ptr(),
            0,
            0,
            0,
        );
        loop {
            if pidfd < 0 {
                libc::syscall(
                    libc::SYS_nanosleep,
                    &raw const nap,
                    ptr::null_mut::<libc::timespec>(),
                );
                if libc::syscall(libc::SYS_getppid) != libc::c_long::from(parent) {
                    die();
                }
                continue;
            }
            let mut fd = libc::pollfd {
                fd: pidfd,
                events: libc::POLLIN,
                revents: 0,
            };
            let none = ptr::null_mut::<libc::c_void>();
            libc::syscall(libc::SYS_ppoll, &raw mut fd, 1, none, none, 0);
            if fd.revents & libc::POLLIN != 0 {
                die();
            }
            // The closure has closed descriptors that it did not open.
            if fd.revents & libc::POLLNVAL != 0 {
                pidfd = -1;
            }
        }
    }
}

/// Starts a thread that ends this process when its parent ends.
#[cfg(not(target_os = "linux"))]
fn watch(parent: libc::pid_t) -> io::Result<()> {
    std::thread::Builder::new()
        .name("support-watcher".into())
        .spawn(move || {
            while !is_orphan(parent) {
                std::thread::sleep(LOOK);
            }
            die();
        })?;
    Ok(())
}

pub(super) fn once_after(limit: Duration) -> libc::itimerval {
    // Zero would mean no timer at all.
    let limit = limit.max(Duration::from_micros(1));
    libc::itimerval {
        it_interval: libc::timeval {
            tv_sec: 0,
            tv_usec: 0,
        },
        it_value: libc::timeval {
            tv_sec: limit.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_usec: limit.subsec_micros() as libc::suseconds_t,
        },
    }
}

/// SIGALRM kills the process when the timer runs out: see `setitimer(2)`.
pub(super) fn start_timer(timer: &libc::itimerval) -> io::Result<()> {
    use nix::sys::signal::{SigHandler, SigSet, Signal, signal};

    // SAFETY: the default action runs no code of ours.
    unsafe { signal(Signal::SIGALRM, SigHandler::SigDfl) }?;
    SigSet::from(Signal::SIGALRM).thread_unblock()?;
    // SAFETY: `timer` is valid, and the old value is not asked for.
    let result = unsafe { libc::setitimer(libc::ITIMER_REAL as _, timer, ptr::null_mut()) };
    Errno::result(result)?;
    Ok(())
}

/// Ends this process as the signal would have.
pub(super) fn die() -> ! {
    // SAFETY: neither call touches memory.
    unsafe {
        libc::kill(libc::getpid(), libc::SIGKILL);
        libc::_exit(128 + libc::SIGKILL)
    }
}
