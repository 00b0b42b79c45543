//! Processes that run a closure, a type or a command, and a look at any process of the machine.
//!
//! `std` starts other programs only. A [`Process`] is also a copy of this one that runs a closure. It ends with its parent,
//! however the parent ends, and a handle that is dropped leaves neither a running process nor a zombie behind. Unix only.
//!
//! ```
//! use support::process::{Exit, Process};
//!
//! let mut child = Process::start(|| 7)?;
//! assert_eq!(child.join()?, Exit::Code(7));
//! # Ok::<(), support::process::Error>(())
//! ```
//!
//! # What a closure may do
//!
//! `fork(2)` copies the memory and the calling thread, no other. In a program with one thread the closure may do anything. If
//! other threads run, a lock that one of them holds at that moment stays locked in the child for ever. The locks of stdout and
//! stderr are taken care of, those of a panic too, and on Linux (glibc) the allocator's. Nothing else is: in a program with threads keep
//! to memory, output, files and pipes in the child, and keep away from locks that the parent's threads use. The first such fork is told of
//! on stderr, unless it is [on purpose](Builder::beside_threads). In such a child a panic is written plainly, by no hook of the program and
//! without a backtrace.
//!
//! What a child reads from stdin is nothing, unless [asked for](Builder::stdin_inherited).
//!
//! # How a child ends with its parent
//!
//! However the parent ends, its children do not outlive it, but for those that [may](Builder::outlive_parent). On Linux the kernel kills
//! a child of the main thread (`PR_SET_PDEATHSIG` in `prctl(2)`). That signal comes when the *thread* that made the child ends. So
//! a closure forked from any other thread has a small thread beside it, which waits on the parent's pidfd (`pidfd_open(2)`; where there
//! is none to be had, it looks for the parent ten times a second) and kills the process. A command from any other thread is started by a
//! thread of ours that lives as long as the process, and has the caller's niceness and cores, but not a real-time policy of its. All that
//! belongs to the one child: other children, and other copies of this crate in the process (each cell of a notebook links one), do not
//! matter.
//!
//! On other systems a thread in the child looks for the parent ten times a second; commands are not bound there.
//!
//! # A handle is a pidfd
//!
//! On Linux a [`Process`] keeps a descriptor of its process: signals go by it, waits are by it, [`wait_any`] waits for the first of
//! several, and it can be polled with others (`AsFd`). Where the system has none to give (before Linux 5.3, in some sandboxes, when the
//! limit of open files is reached), the process is started all the same and handled by its id.

#[cfg(target_os = "linux")]
mod affinity;
mod bond;
mod builder;
#[cfg(feature = "ipc")]
mod call;
mod child;
mod command;
mod error;
mod exit;
pub(crate) mod handover;
pub mod inspect;
mod nice;
pub(crate) mod panics;
#[cfg(target_os = "linux")]
mod pidfd;
mod pipe;
#[cfg(target_os = "linux")]
mod room;
#[cfg(target_os = "linux")]
mod signals;
pub(crate) mod stat;
#[cfg(target_os = "linux")]
mod subreaper;
mod threads;
mod wait;

use std::borrow::BorrowMut;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

#[cfg(target_os = "linux")]
pub use affinity::{allowed_cores, pin_to_core};
pub use builder::{Builder, Run};
pub use command::{Command, Output, Stdio};
pub use error::Error;
pub use exit::{Exit, Outcome};
pub use nice::{nice, set_nice};
#[cfg(target_os = "linux")]
pub use room::{Room, room_for_memory, room_for_tasks};
#[cfg(target_os = "linux")]
pub use subreaper::{Subreaper, become_subreaper};

/// A child process. Dropping the handle kills the child if it still runs, and reaps it.
#[derive(Debug)]
#[must_use = "dropping the handle kills the process: join it"]
pub struct Process {
    pid: Pid,
    pidfd: Option<OwnedFd>,
    /// Whose child it is: a fork copies the handle.
    owner: Pid,
    name: String,
    daemon: bool,
    bounded: bool,
    exit: Option<Exit>,
    /// The write end of a command's stdin, if it is a pipe. [`join`](Self::join) closes it.
    pub stdin: Option<ChildStdin>,
    /// The read end of a command's stdout, if it is a pipe. Read it before joining: a full pipe stops the command.
    pub stdout: Option<ChildStdout>,
    /// The read end of a command's stderr, if it is a pipe. Read it before joining: a full pipe stops the command.
    pub stderr: Option<ChildStderr>,
}

impl Process {
    /// Forks a child that runs the closure: short for `Process::builder().start(work)`.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn start<R: Outcome>(work: impl FnOnce() -> R) -> Result<Process, Error> {
        Process::builder().start(work)
    }

    /// Settles name, daemon flag and lifetime before the start.
    ///
    /// ```
    /// use support::process::Process;
    ///
    /// let mut zhao = Process::builder().name("zhao").daemon(true).start(|| println!("here"))?;
    /// assert_eq!(zhao.name(), "zhao");
    /// zhao.join()?;
    /// # Ok::<(), support::process::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A handle on a child that this process did not start itself: an orphan that came to it, because it is the first process of
    /// a container or a [subreaper](become_subreaper). As any handle it kills and reaps the child when it is dropped.
    ///
    /// It reaps the child with this id and no other. A child that has a handle already is that handle's: of two, the one that joins
    /// last gets an error.
    ///
    /// # Errors
    ///
    /// [`Error::NotOurChild`] if it is no child of this process, [`Error::Wait`] if the system does not report on it.
    pub fn adopt(pid: u32) -> Result<Process, Error> {
        let name = inspect::inspect(pid)?.map_or_else(String::new, |info| info.name);
        let process = Process::new(Pid::from_raw(pid as i32), None, name, false, false);
        match process.has_ended() {
            Ok(_) => Ok(process),
            Err(errno) => Err(process.wait_error(errno)),
        }
    }

    /// The process is a child that nobody has reaped, so the descriptor, if it is still to be opened, is this one's.
    fn new(pid: Pid, pidfd: Option<OwnedFd>, name: String, daemon: bool, bounded: bool) -> Process {
        #[cfg(target_os = "linux")]
        let pidfd = pidfd.or_else(|| pidfd::open(pid.as_raw()).ok());
        let (stdin, stdout, stderr) = (None, None, None);
        Process {
            pid,
            pidfd,
            owner: Pid::this(),
            name,
            daemon,
            bounded,
            exit: None,
            stdin,
            stdout,
            stderr,
        }
    }

    /// Process id. After the join the system may give it to another process.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw() as u32
    }

    /// The name given to the builder, or "Process-N".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the builder marked it as a daemon.
    pub fn daemon(&self) -> bool {
        self.daemon
    }

    /// Whether the process runs. One that has ended is not reaped by asking: it stays a zombie until the join.
    pub fn is_alive(&self) -> bool {
        self.exit.is_none() && self.has_ended() == Ok(false)
    }

    /// How the process ended, once a join has found out.
    pub fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// Waits for the end of the process and reaps it. Later calls return the same.
    ///
    /// # Errors
    ///
    /// [`Error::NotOurChild`] if something else has reaped it, [`Error::Wait`] if the system does not report on it.
    pub fn join(&mut self) -> Result<Exit, Error> {
        // A command that reads its input to the end would wait for us.
        drop(self.stdin.take());
        if let Some(exit) = self.exit {
            return Ok(exit);
        }
        let exit = self.child().and_then(wait::Child::end);
        let exit = exit.map_err(|errno| self.wait_error(errno))?;
        self.exit = Some(exit);
        Ok(exit)
    }

    /// Reaps the process if it has ended; `None` if it still runs.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    pub fn try_join(&mut self) -> Result<Option<Exit>, Error> {
        if self.exit.is_none() {
            let exit = self.child().and_then(wait::Child::reap);
            self.exit = exit.map_err(|errno| self.wait_error(errno))?;
        }
        Ok(self.exit)
    }

    /// Like [`join`](Self::join), but gives up after `timeout`: `None` if the process still runs then. It goes on running.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    pub fn join_timeout(&mut self, timeout: Duration) -> Result<Option<Exit>, Error> {
        if self.exit.is_some() {
            return Ok(self.exit);
        }
        drop(self.stdin.take());
        let Some(deadline) = Instant::now().checked_add(timeout) else {
            return self.join().map(Some);
        };
        let ended = self.child().and_then(|child| {
            let first = wait::first_end(&[child], Some(deadline));
            first.map_err(|(_, errno)| errno)
        });
        match ended {
            Ok(Some(_)) => self.join().map(Some),
            Ok(None) => Ok(None),
            Err(errno) => Err(self.wait_error(errno)),
        }
    }

    /// Asks the process to end (SIGTERM). Does nothing if it has ended.
    ///
    /// # Errors
    ///
    /// [`Error::NotOurChild`] if something else has reaped it, [`Error::Signal`] if the system refuses.
    pub fn terminate(&self) -> Result<(), Error> {
        self.signal(Signal::SIGTERM)
    }

    /// Ends the process at once (SIGKILL). Does nothing if it has ended.
    ///
    /// # Errors
    ///
    /// As [`terminate`](Self::terminate).
    pub fn kill(&self) -> Result<(), Error> {
        self.signal(Signal::SIGKILL)
    }

    /// Asks the process to end, and kills it if it still runs after `grace`.
    ///
    /// # Errors
    ///
    /// As [`terminate`](Self::terminate) and [`join`](Self::join).
    pub fn terminate_within(&mut self, grace: Duration) -> Result<Exit, Error> {
        self.terminate()?;
        if let Some(exit) = self.join_timeout(grace)? {
            return Ok(exit);
        }
        self.kill()?;
        self.join()
    }

    /// Leaves the process running without a handle and returns its id. If it ends before its parent, it stays a zombie until the
    /// parent ends.
    ///
    /// # Errors
    ///
    /// [`Error::Unbounded`] if it was made without [`Builder::outlive_parent`]; it is then killed.
    pub fn detach(mut self) -> Result<u32, Error> {
        if !self.bounded {
            return Err(Error::Unbounded {
                name: self.name.clone(),
            });
        }
        let pid = self.pid();
        // Nothing is left to do for the drop when the end is known.
        self.exit.get_or_insert(Exit::Code(0));
        Ok(pid)
    }

    /// The descriptor that stands for the process: it is readable once the process has ended. `None` where the system had none to give. Linux
    /// only, `None` elsewhere.
    pub fn pidfd(&self) -> Option<BorrowedFd<'_>> {
        self.pidfd.as_ref().map(OwnedFd::as_fd)
    }

    /// The child as it is waited for; ECHILD in a copy of the handle that a fork made.
    fn child(&self) -> Result<wait::Child<'_>, Errno> {
        if self.owner != Pid::this() {
            return Err(Errno::ECHILD);
        }
        Ok(wait::Child {
            pid: self.pid.as_raw(),
            pidfd: self.pidfd(),
        })
    }

    fn has_ended(&self) -> Result<bool, Errno> {
        self.child().and_then(wait::Child::has_ended)
    }

    /// Kills it: its time is over.
    fn overdue(&mut self, limit: Duration) -> Error {
        // The drop does what is left, and nobody can do more.
        let _ = self.kill().and_then(|()| self.join());
        Error::TimedOut {
            name: self.name.clone(),
            limit,
        }
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        // Until it is reaped, and only this handle reaps it, the id is the child's.
        let ended =
            self.exit.is_some() || (self.has_ended()).map_err(|errno| self.wait_error(errno))?;
        if ended {
            return Ok(());
        }
        self.send(signal).map_err(|errno| Error::Signal {
            pid: self.pid(),
            signal: signal.as_str(),
            source: errno.into(),
        })
    }

    fn send(&self, signal: Signal) -> Result<(), Errno> {
        #[cfg(target_os = "linux")]
        if let Some(fd) = self.pidfd() {
            return pidfd::send(fd, signal);
        }
        signal::kill(self.pid, signal)
    }

    fn wait_error(&self, errno: Errno) -> Error {
        match errno {
            Errno::ECHILD => Error::NotOurChild { pid: self.pid() },
            errno => Error::Wait {
                pid: self.pid(),
                source: errno.into(),
            },
        }
    }
}

/// The descriptor of [`Process::pidfd`], to be polled with others. Linux only.
///
/// # Panics
///
/// Where the system had none to give.
#[cfg(target_os = "linux")]
impl std::os::fd::AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd().expect(
            "the system gave no descriptor for this process (Linux before 5.3, a sandbox, or too many open files): \
             `Process::pidfd` says so without a panic",
        )
    }
}

/// Waits for the first of the processes that ends, joins it and gives its index; `None` if none ends before `timeout`, or there is none.
/// `processes` holds handles or `&mut` to them. One that was joined before counts as ended: take it out.
///
/// # Errors
///
/// As [`Process::join`], of the process that cannot be waited for.
///
/// ```
/// use std::time::Duration;
/// use support::process::{Exit, Process, wait_any};
///
/// let mut children = vec![
///     Process::start(|| std::thread::sleep(Duration::from_secs(60)))?,
///     Process::start(|| 7)?,
/// ];
/// let first = wait_any(&mut children, Duration::MAX)?.unwrap();
/// assert_eq!((first, children[first].exit()), (1, Some(Exit::Code(7))));
/// # Ok::<(), support::process::Error>(())
/// ```
pub fn wait_any<P: BorrowMut<Process>>(
    processes: &mut [P],
    timeout: Duration,
) -> Result<Option<usize>, Error> {
    let deadline = Instant::now().checked_add(timeout);
    let handles = || processes.iter().map(|process| process.borrow());
    if let Some(joined) = handles().position(|process: &Process| process.exit.is_some()) {
        return Ok(Some(joined));
    }
    let mut children = Vec::with_capacity(processes.len());
    for process in handles() {
        children.push((process.child()).map_err(|errno| process.wait_error(errno))?);
    }
    let first = wait::first_end(&children, deadline);
    match first {
        Ok(None) => Ok(None),
        Ok(Some(index)) => processes[index].borrow_mut().join().map(|_| Some(index)),
        Err((index, errno)) => Err(processes[index].borrow().wait_error(errno)),
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A child that cannot be killed is not waited for; one that is not ours fails here, in a forked copy of the handle too.
        if self.exit.is_none() && self.kill().is_ok() {
            let _ = self.join();
        }
    }
}
