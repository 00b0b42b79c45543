//! What is settled about a process before it starts.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::unistd::Pid;

use super::bond::Bond;
use super::{Error, Outcome, Process, child};

/// A type that is the work of a process: the other way to make one, beside a closure.
///
/// ```
/// use support::process::{Process, Run};
///
/// struct Greeter(&'static str);
///
/// impl Run for Greeter {
///     fn run(self) {
///         println!("hello, {}", self.0);
///     }
/// }
///
/// assert!(Process::builder().run(Greeter("zhao"))?.join()?.success());
/// # Ok::<(), support::process::Error>(())
/// ```
pub trait Run {
    /// The work.
    fn run(self);
}

/// What is settled about a process before it starts; made by [`Process::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "nothing runs before `start`, `run` or `spawn`"]
pub struct Builder {
    name: Option<String>,
    daemon: bool,
    limit: Option<Duration>,
}

impl Builder {
    /// Names the process; without it, "Process-1", "Process-2" and so on. In a notebook each cell has statics of its own, and so
    /// counts from 1: give names where they are to differ.
    ///
    /// Linux shows the name of a process that runs a closure in place of the program's, cut at 15 bytes: in `ps`, in
    /// [`Info::name`](super::inspect::Info::name).
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Marks the process as a daemon.
    ///
    /// It is a label: here every process ends with its parent, daemon or not, unless [`outlive_parent`](Self::outlive_parent)
    /// lets it live on.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.daemon = daemon;
        self
    }

    /// Lets the process live on as an orphan when its parent ends, and ends it (SIGALRM) `bound` after its start.
    ///
    /// The bound is a real-time timer (`setitimer(2)`). It holds for a command too, but not for children of the process, and
    /// a process that handles SIGALRM or uses that timer itself can escape it.
    pub fn outlive_parent(mut self, bound: Duration) -> Self {
        self.limit = Some(bound);
        self
    }

    /// Forks a child that runs the closure; what that returns becomes the exit code, a panic is 101.
    ///
    /// # Errors
    ///
    /// [`Error::Fork`] or [`Error::Bind`] if the system makes no process or pipe.
    pub fn start<R: Outcome>(self, work: impl FnOnce() -> R) -> Result<Process, Error> {
        let named = self.name.is_some();
        let (name, daemon, limit) = self.settle();
        let pid = child::start(&name, limit, || {
            if named {
                child::show_as(&name);
            }
            work()
        })?;
        Ok(Process::new(pid, name, daemon, limit.is_some()))
    }

    /// Forks a child that runs the value's [`Run::run`].
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn run(self, work: impl Run) -> Result<Process, Error> {
        self.start(|| work.run())
    }

    /// Runs another program. Pipes asked for in the command are in the fields of the process.
    ///
    /// On Linux it ends with its parent as a closure does, unless it gains privileges (a set-user-ID program). Elsewhere it does not.
    ///
    /// # Errors
    ///
    /// [`Error::Spawn`] if the program cannot be run, [`Error::Bind`] if the system makes no pipe.
    pub fn spawn(self, mut command: Command) -> Result<Process, Error> {
        let (name, daemon, limit) = self.settle();
        // What was printed before the start appears before what the program prints.
        let _ = io::stdout().flush();
        let bond = Bond::prepare(limit).map_err(|source| Error::Bind {
            name: name.clone(),
            source,
        })?;
        let (kind, _lifeline) = bond.into_parts();
        if cfg!(target_os = "linux") || limit.is_some() {
            // SAFETY: `tie` makes system calls only, and only in the child, where nothing uses the lifeline before exec.
            unsafe { command.pre_exec(move || kind.tie(0)) };
        }
        let mut child = command.spawn().map_err(|source| Error::Spawn {
            program: command.get_program().into(),
            source,
        })?;
        let mut process = Process::new(
            Pid::from_raw(child.id() as i32),
            name,
            daemon,
            limit.is_some(),
        );
        process.stdin = child.stdin.take();
        process.stdout = child.stdout.take();
        process.stderr = child.stderr.take();
        Ok(process)
    }

    fn settle(self) -> (String, bool, Option<Duration>) {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = self
            .name
            .unwrap_or_else(|| format!("Process-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        (name, self.daemon, self.limit)
    }
}
