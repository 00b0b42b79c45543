//! A look at any process of the machine: its state, its memory, its time on the processor.
//!
//! [`inspect`] looks at one process, a [`Snapshot`] at all of them. What takes more reading has a function of its own, on
//! Linux: [`memory`] (private and shared apart), [`times`] (running, ready, blocked), [`executable`], [`Counting`] (calls of the kernel).
//!
//! ```
//! use support::process::inspect::inspect;
//!
//! let me = inspect(std::process::id())?.unwrap();
//! println!("{} is {}, and used {:?} of processor time", me.name, me.state, me.cpu_time);
//! # Ok::<(), support::process::Error>(())
//! ```

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod calls;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(not(target_os = "linux"))]
#[path = "inspect/portable.rs"]
mod platform;
#[cfg(target_os = "linux")]
#[path = "inspect/linux.rs"]
mod platform;
mod snapshot;
mod table;
#[cfg(target_os = "linux")]
mod times;
mod tree;

use std::fmt::{self, Display};
use std::time::{Duration, SystemTime};

use super::{Error, Exit};
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub use calls::{Calls, Counting};
#[cfg(target_os = "linux")]
pub use memory::{Memory, memory};
#[cfg(target_os = "linux")]
pub use platform::executable;
pub use snapshot::Snapshot;
pub use table::Table;
#[cfg(target_os = "linux")]
pub use times::{Times, times};
pub use tree::Tree;

/// What a process is doing, as the system's scheduler sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Running or ready to run.
    Running,
    /// Waiting for an event.
    Sleeping,
    /// Waiting in the kernel where no signal reaches it, most often for a disk.
    DiskSleep,
    /// Stopped by a signal or a debugger.
    Stopped,
    /// Ended, and not reaped by its parent yet.
    Zombie,
    /// An idle thread of the kernel.
    Idle,
    /// Anything else.
    Other,
}

impl Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::Running => "running",
            State::Sleeping => "sleeping",
            State::DiskSleep => "disk sleep",
            State::Stopped => "stopped",
            State::Zombie => "zombie",
            State::Idle => "idle",
            State::Other => "other",
        })
    }
}

/// A process, told apart from any other that had or will have its id: the id and the time of its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    pid: u32,
    /// On Linux clock ticks since boot, elsewhere seconds since 1970.
    start: u64,
}

/// One process at the moment of the look.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// Process id.
    pub pid: u32,
    /// The parent's process id; none for the first process.
    pub parent: Option<u32>,
    /// Name of the program, or what the process calls itself; Linux cuts it at 15 bytes.
    pub name: String,
    /// What it is doing.
    pub state: State,
    /// How a zombie ended. Linux only, and only for processes that the caller could trace (`ptrace(2)`), which its own
    /// children are: the kernel shows all others as exit code 0.
    pub exit: Option<Exit>,
    /// Resident memory (RSS) in bytes, pages shared with other processes included; 0 for a zombie.
    pub memory_bytes: u64,
    /// Processor time used since its start, all threads together: to the nanosecond on Linux.
    pub cpu_time: Duration,
    /// The part of the processor time spent in the program's own code. Linux only, in clock ticks of mostly 10 ms.
    pub user_time: Option<Duration>,
    /// The part of the processor time spent in the kernel. Linux only, in clock ticks of mostly 10 ms.
    pub system_time: Option<Duration>,
    /// Processor time used per time passed between two looks: 1.0 is one core fully used. None after a single look.
    pub cpu_share: Option<f64>,
    /// Number of threads. Linux only.
    pub threads: Option<u32>,
    /// Niceness, -20 (is served first) to 19. Linux only.
    pub nice: Option<i32>,
    start: u64,
}

impl Info {
    /// What tells this process apart from another with the same id.
    pub fn identity(&self) -> Identity {
        Identity {
            pid: self.pid,
            start: self.start,
        }
    }

    /// Looks at the same process again: `None` if it is gone, also when another has its id by now.
    ///
    /// # Errors
    ///
    /// As [`inspect`].
    ///
    /// ```
    /// use support::process::inspect::inspect;
    ///
    /// let me = inspect(std::process::id())?.unwrap();
    /// assert_eq!(me.look_again()?.unwrap().identity(), me.identity());
    /// # Ok::<(), support::process::Error>(())
    /// ```
    pub fn look_again(&self) -> Result<Option<Info>, Error> {
        Ok(inspect(self.pid)?.filter(|now| now.identity() == self.identity()))
    }

    /// When it started: to the clock tick of mostly 10 ms on Linux, to the second elsewhere.
    pub fn start_time(&self) -> SystemTime {
        platform::start_time(self.start)
    }
}

/// Looks at one process; `None` if there is none with this id, also if it is a thread's. [`Info::cpu_share`] stays empty.
///
/// On Linux that is `stat` and `statm` of `/proc/<pid>` (`proc_pid_stat(5)`) and the process's clock
/// (`clock_getcpuclockid(3)`); elsewhere what `sysinfo` says.
///
/// # Errors
///
/// [`Error::NoProcessList`] where the system shows no processes, this one included; [`Error::Look`] if it does not show this
/// one.
///
/// ```
/// use support::process::inspect::{State, inspect};
///
/// let me = inspect(std::process::id())?.unwrap();
/// assert!(me.memory_bytes > 0 && me.state != State::Zombie);
/// # Ok::<(), support::process::Error>(())
/// ```
pub fn inspect(pid: u32) -> Result<Option<Info>, Error> {
    platform::info(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_with_the_same_id_is_not_the_same() {
        let now = inspect(std::process::id()).unwrap().unwrap();
        let mut before = now.clone();
        before.start -= 1;
        assert_ne!(before.identity(), now.identity());
        assert_eq!(before.look_again().unwrap(), None);
        assert!(now.look_again().unwrap().is_some());
    }

    #[test]
    fn starts_are_in_the_recent_past() {
        let me = inspect(std::process::id()).unwrap().unwrap();
        let age = me.start_time().elapsed().unwrap();
        assert!(age < Duration::from_secs(3_600), "{age:?}");
    }
}
