//! What ends a child when its parent ends.

use std::ffi::CString;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsRawFd as _, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{mem, process, ptr};

use nix::errno::Errno;
use nix::libc;

/// A pipe that nothing is written to. Only the process that made it holds the write end, so the pipe closes when that process
/// ends, however it ends.
///
/// Every child shares the read end and closes its copy of the write end. The lock is held across each fork, so that a
/// child never sees it half made.
static LIFELINE: Mutex<Option<Lifeline>> = Mutex::new(None);

struct Lifeline {
    /// A fork that did not go through this module copies the lifeline into a process that did not make it.
    maker: u32,
    read: PipeReader,
    write: PipeWriter,
}

/// A bond made ready in the parent, to be tied in the child.
pub(super) struct Bond {
    kind: Kind,
    lifeline: MutexGuard<'static, Option<Lifeline>>,
}

/// What the child does to tie itself; no lock, no allocation, so that it also works between fork and exec.
pub(super) enum Kind {
    /// The kernel kills the child when the thread that forked it ends: that thread is the parent's main one.
    #[cfg(target_os = "linux")]
    MainThread {
        parent: libc::pid_t,
        write: Option<RawFd>,
    },
    /// The child is killed when the lifeline closes.
    Lifeline { write: RawFd, path: CString },
    /// No bond, but a time limit.
    Limit {
        timer: libc::itimerval,
        write: Option<RawFd>,
    },
}

impl Bond {
    /// Chooses the bond for a child of this thread and locks the lifeline until the child is made.
    pub(super) fn prepare(limit: Option<Duration>) -> io::Result<Bond> {
        let mut lifeline = LIFELINE.lock().unwrap_or_else(PoisonError::into_inner);
        if lifeline
            .as_ref()
            .is_some_and(|line| line.maker != process::id())
        {
            *lifeline = None;
        }
        let write = lifeline.as_ref().map(|line| line.write.as_raw_fd());
        let kind = if let Some(limit) = limit {
            Kind::Limit {
                timer: once_after(limit),
                write,
            }
        } else if let Some(kind) = Kind::main_thread(write) {
            kind
        } else {
            let line = match &mut *lifeline {
                Some(line) => line,
                none => {
                    let (read, write) = io::pipe()?;
                    none.insert(Lifeline {
                        maker: process::id(),
                        read,
                        write,
                    })
                }
            };
            let path = CString::new(format!("/proc/self/fd/{}", line.read.as_raw_fd()))?;
            Kind::Lifeline {
                write: line.write.as_raw_fd(),
                path,
            }
        };
        Ok(Bond { kind, lifeline })
    }

    /// Ties a forked child that goes on running this program.
    pub(super) fn tie(mut self) -> io::Result<()> {
        // SAFETY: the descriptors are the lifeline's, which is forgotten below.
        let tied = unsafe { self.kind.tie(libc::O_CLOEXEC) };
        let Some(Lifeline { read, write, .. }) = self.lifeline.take() else {
            return tied;
        };
        // Closed already.
        mem::forget(write);
        match (tied, self.kind) {
            (Err(_), Kind::Lifeline { .. }) => watch(read),
            (tied, _) => tied,
        }
    }

    /// What ties a child that runs another program, and the lock to hold until that child is made.
    pub(super) fn into_parts(self) -> (Kind, impl Sized) {
        (self.kind, self.lifeline)
    }
}

impl Kind {
    #[cfg(target_os = "linux")]
    fn main_thread(write: Option<RawFd>) -> Option<Kind> {
        let parent = nix::unistd::getpid();
        (nix::unistd::gettid() == parent).then(|| Kind::MainThread {
            parent: parent.as_raw(),
            write,
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn main_thread(_write: Option<RawFd>) -> Option<Kind> {
        None
    }

    /// Ties the calling process. If its parent is gone already, the process ends here.
    ///
    /// # Safety
    ///
    /// Must run in a child just forked, in which nothing uses the write end of the lifeline any more: it is closed.
    pub(super) unsafe fn tie(&self, keep: libc::c_int) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Kind::MainThread { parent, write } => {
                close(*write);
                nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
                if nix::unistd::getppid().as_raw() != *parent {
                    die();
                }
                Ok(())
            }
            Kind::Lifeline { write, path } => {
                close(Some(*write));
                kill_me_when_closed(path, keep)
            }
            Kind::Limit { timer, write } => {
                close(*write);
                start_timer(timer)
            }
        }
    }
}

/// Has the kernel send SIGKILL to this process when the last write end of the pipe closes: see `F_SETSIG` in `fcntl(2)`.
#[cfg(target_os = "linux")]
fn kill_me_when_closed(path: &CString, keep: libc::c_int) -> io::Result<()> {
    // `fcntl(2)`; the libc crate lacks it.
    const F_SETSIG: libc::c_int = 10;
    // The owner and the signal belong to the open file, which all children share: this child needs one of its own.
    // SAFETY: `path` is a C string.
    let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_NONBLOCK | keep) };
    Errno::result(fd)?;
    // SAFETY: plain numbers, and a descriptor that stays open as long as the process.
    unsafe {
        Errno::result(libc::fcntl(fd, F_SETSIG, libc::SIGKILL))?;
        Errno::result(libc::fcntl(fd, libc::F_SETOWN, libc::getpid()))?;
        Errno::result(libc::fcntl(
            fd,
            libc::F_SETFL,
            libc::O_NONBLOCK | libc::O_ASYNC,
        ))?;
    }
    let mut byte = 0_u8;
    // The parent may have ended before the kernel was told. An open pipe would block; a closed one is at its end.
    // SAFETY: one byte is read at most, into one byte.
    if unsafe { libc::read(fd, (&raw mut byte).cast(), 1) } == 0 {
        die();
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn kill_me_when_closed(_path: &CString, _keep: libc::c_int) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Where the kernel does not kill the child, a thread of its own does.
fn watch(mut read: PipeReader) -> io::Result<()> {
    std::thread::Builder::new()
        .name("lifeline".into())
        .spawn(move || {
            // Nothing is ever written: this returns at the end of the parent only.
            let _ = io::copy(&mut read, &mut io::sink());
            die();
        })?;
    Ok(())
}

fn once_after(limit: Duration) -> libc::itimerval {
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
fn start_timer(timer: &libc::itimerval) -> io::Result<()> {
    use nix::sys::signal::{SigHandler, SigSet, Signal, signal};

    // SAFETY: the default action runs no code of ours.
    unsafe { signal(Signal::SIGALRM, SigHandler::SigDfl) }?;
    SigSet::from(Signal::SIGALRM).thread_unblock()?;
    // SAFETY: `timer` is valid, and the old value is not asked for.
    let result = unsafe { libc::setitimer(libc::ITIMER_REAL, timer, ptr::null_mut()) };
    Errno::result(result)?;
    Ok(())
}

fn close(fd: Option<RawFd>) {
    if let Some(fd) = fd {
        // SAFETY: the caller of `Kind::tie` vouches that nothing else uses it.
        unsafe { libc::close(fd) };
    }
}

/// Ends this process as the signal would have.
fn die() -> ! {
    // SAFETY: neither call touches memory.
    unsafe {
        libc::kill(libc::getpid(), libc::SIGKILL);
        libc::_exit(128 + libc::SIGKILL)
    }
}
