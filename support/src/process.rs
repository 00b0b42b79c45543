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
//! stderr are taken care of, and on Linux (glibc) the allocator's too. Nothing else is: in a program with threads keep to memory,
//! output, files and pipes in the child, and keep away from locks that the parent's threads use.
//!
//! # How a child ends with its parent
//!
//! On Linux the kernel kills it. For a child of the main thread that is `PR_SET_PDEATHSIG` (`prctl(2)`). That signal comes when
//! the *thread* that forked ends, so a child of any other thread is bound by a pipe instead, which closes with the process. On other
//! systems a thread in the child watches that pipe.

#[cfg(target_os = "linux")]
mod affinity;
mod bond;
mod builder;
mod child;
mod error;
mod exit;
pub(crate) mod handover;
pub mod inspect;
mod nice;
#[cfg(feature = "pool")]
pub(crate) mod panics;
pub(crate) mod stat;
#[cfg(target_os = "linux")]
mod subreaper;
mod wait;

use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

#[cfg(target_os = "linux")]
pub use affinity::{allowed_cores, pin_to_core};
pub use builder::{Builder, Run};
pub use error::Error;
pub use exit::{Exit, Outcome};
pub use nice::{nice, set_nice};
#[cfg(target_os = "linux")]
pub use subreaper::{Subreaper, become_subreaper};

/// A child process. Dropping the handle kills the child if it still runs, and reaps it.
#[derive(Debug)]
#[must_use = "dropping the handle kills the process: join it"]
pub struct Process {
    pid: Pid,
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
        let process = Process::new(Pid::from_raw(pid as i32), name, false, false);
        match wait::has_ended(process.pid.as_raw()) {
            Ok(_) => Ok(process),
            Err(errno) => Err(process.wait_error(errno)),
        }
    }

    fn new(pid: Pid, name: String, daemon: bool, bounded: bool) -> Process {
        let (stdin, stdout, stderr) = (None, None, None);
        Process {
            pid,
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

    /// Always an error: the process has started, and the flag comes too late. Set it on the [builder](Builder::daemon).
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyStarted`].
    pub fn set_daemon(&mut self, _daemon: bool) -> Result<(), Error> {
        Err(Error::AlreadyStarted {
            name: self.name.clone(),
        })
    }

    /// Whether the process runs. One that has ended is not reaped by asking: it stays a zombie until the join.
    pub fn is_alive(&self) -> bool {
        self.exit.is_none() && wait::has_ended(self.pid.as_raw()) == Ok(false)
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
        loop {
            if let Some(exit) = self.reap(true)? {
                return Ok(exit);
            }
        }
    }

    /// Reaps the process if it has ended; `None` if it still runs.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    pub fn try_join(&mut self) -> Result<Option<Exit>, Error> {
        self.reap(false)
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
        match wait::ended_by(self.pid.as_raw(), deadline) {
            Ok(true) => self.join().map(Some),
            Ok(false) => Ok(None),
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

    fn reap(&mut self, block: bool) -> Result<Option<Exit>, Error> {
        if self.exit.is_none() {
            self.exit =
                wait::reap(self.pid.as_raw(), block).map_err(|errno| self.wait_error(errno))?;
        }
        Ok(self.exit)
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        // Until it is reaped, and only this handle reaps it, the id is the child's.
        let ended = self.exit.is_some()
            || wait::has_ended(self.pid.as_raw()).map_err(|errno| self.wait_error(errno))?;
        if ended {
            return Ok(());
        }
        signal::kill(self.pid, signal).map_err(|errno| Error::Signal {
            pid: self.pid(),
            signal: signal.as_str(),
            source: errno.into(),
        })
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

impl Drop for Process {
    fn drop(&mut self) {
        // A child that cannot be killed is not waited for; one that is not ours fails here, in a forked copy of the handle too.
        if self.exit.is_none() && self.kill().is_ok() {
            let _ = self.join();
        }
    }
}
