//! What is settled about a process before it starts.

use std::borrow::BorrowMut;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::bond::Bond;
use super::child::Settings;
use super::{Command, Error, Outcome, Process, child, command, handover};

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
    stdin_inherited: bool,
    beside_threads: bool,
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

    /// Lets the process read what this one would read. Otherwise its stdin is `/dev/null`: two readers take pieces from each other, and in
    /// a notebook what the child reads is missing from the kernel's commands. For a command its own [`Command::stdin`] comes first.
    ///
    /// What this process has read ahead already is in the child's buffer of `std::io::stdin` too, as all its memory is.
    ///
    /// ```no_run
    /// use support::process::Process;
    ///
    /// Process::builder().stdin_inherited().start(|| {
    ///     println!("read: {}", std::io::stdin().lines().count());
    /// })?.join()?;
    /// # Ok::<(), support::process::Error>(())
    /// ```
    pub fn stdin_inherited(mut self) -> Self {
        self.stdin_inherited = true;
        self
    }

    /// Says that the closure is forked beside running threads on purpose: no warning is written then.
    ///
    /// Without it, the first such fork writes one to stderr: see [what a closure may do](super#what-a-closure-may-do). (Each cell of a
    /// notebook has a first one. Linux only: elsewhere nobody counts the threads.)
    pub fn beside_threads(mut self) -> Self {
        self.beside_threads = true;
        self
    }

    /// Forks a child that runs the closure; what that returns becomes the exit code, a panic is 101.
    ///
    /// The child has a copy of all that the closure captures. What was moved into it is of no more use here, and **is dropped in this
    /// process before `start` returns**: that closes files and ends of pipes, which the child has too, but it also takes down what is more
    /// than memory. A [`Process`] is killed. Lend such a thing to the closure, or keep what is needed of it:
    ///
    /// ```
    /// use std::io::Read as _;
    /// use std::time::Duration;
    /// use support::process::Process;
    ///
    /// // Wanted: the write end is closed here, so the read end comes to its end with the child.
    /// let (mut read, write) = std::io::pipe()?;
    /// let mut child = Process::start(move || drop(write))?;
    /// assert_eq!(read.read(&mut [0])?, 0);
    /// child.join()?;
    ///
    /// // Not wanted: with `move ||` the sleeper would be killed here at once.
    /// let sleeper = Process::start(|| std::thread::sleep(Duration::from_secs(60)))?;
    /// let mut other = Process::start(|| println!("beside {}", sleeper.pid()))?;
    /// other.join()?;
    /// assert!(sleeper.is_alive());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Fork`] if the system makes no process.
    ///
    /// # Panics
    ///
    /// If dropping what the closure captured panics. The child is killed then.
    pub fn start<R: Outcome>(self, work: impl FnOnce() -> R) -> Result<Process, Error> {
        let named = self.name.is_some();
        let settings = Settings {
            bond: Bond::of_this_thread(self.limit),
            stdin_inherited: self.stdin_inherited,
            beside_threads: self.beside_threads,
        };
        let (name, daemon, limit) = self.settle();
        // Lent, not moved: what the child frees it has to copy first.
        let shown = name.as_str();
        let (pid, given) = child::start(shown, &settings, move || {
            if named {
                child::show_as(shown);
            }
            work()
        })?;
        // The child has a handle whatever the drop does.
        let process = Process::new(pid, None, name.clone(), daemon, limit.is_some());
        handover::drop_for(process.pid(), given);
        Ok(process)
    }

    /// Forks a child that runs the value's [`Run::run`].
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn run(self, work: impl Run) -> Result<Process, Error> {
        self.start(|| work.run())
    }

    /// Runs another program: a [`Command`], or a `&mut` to one. Pipes asked for in it are in the fields of the process.
    ///
    /// On Linux it ends with its parent as a closure does, unless it gains privileges (a set-user-ID program). Elsewhere it does not.
    /// Nothing of this process is copied (`vfork(2)` semantics on Linux), and it does not matter what other threads do.
    ///
    /// ```
    /// use support::process::{Command, Process};
    ///
    /// let mut child = Process::builder().name("list").spawn(Command::new("true"))?;
    /// assert!(child.join()?.success());
    /// # Ok::<(), support::process::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Spawn`] if the program cannot be run, or a pipe cannot be made.
    pub fn spawn(self, command: impl BorrowMut<Command>) -> Result<Process, Error> {
        let stdin_inherited = self.stdin_inherited;
        let (name, daemon, limit) = self.settle();
        let started = command::start(command, limit, stdin_inherited)?;
        let pid = nix::unistd::Pid::from_raw(started.pid);
        let mut process = Process::new(pid, started.pidfd, name, daemon, limit.is_some());
        let [stdin, stdout, stderr] = started.ends;
        process.stdin = stdin.map(Into::into);
        process.stdout = stdout.map(Into::into);
        process.stderr = stderr.map(Into::into);
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
