//! A look at any process of the machine: its state, its memory, its share of the processor.
//!
//! ```
//! use std::time::Duration;
//! use support::process::inspect::Snapshot;
//!
//! let snapshot = Snapshot::over(Duration::from_millis(100))?;
//! let me = snapshot.get(std::process::id()).unwrap();
//! println!("{} bytes, {:?} of a core", me.memory_bytes, me.cpu_share);
//! # Ok::<(), support::process::Error>(())
//! ```

mod table;

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

use super::Error;
pub use table::Table;

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

impl From<ProcessStatus> for State {
    fn from(status: ProcessStatus) -> State {
        match status {
            ProcessStatus::Run => State::Running,
            ProcessStatus::Sleep => State::Sleeping,
            ProcessStatus::UninterruptibleDiskSleep => State::DiskSleep,
            ProcessStatus::Stop | ProcessStatus::Tracing => State::Stopped,
            ProcessStatus::Zombie | ProcessStatus::Dead => State::Zombie,
            ProcessStatus::Idle => State::Idle,
            _ => State::Other,
        }
    }
}

/// One process at the moment of the look.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// Process id.
    pub pid: u32,
    /// The parent's process id; none for the first process.
    pub parent: Option<u32>,
    /// Name of the program; Linux cuts it at 15 bytes.
    pub name: String,
    /// What it is doing.
    pub state: State,
    /// Resident memory (RSS) in bytes, pages shared with other processes included.
    pub memory_bytes: u64,
    /// Processor time used since its start, all threads together; in steps of 10 ms on most Linux systems.
    pub cpu_time: Duration,
    /// Processor time used per time passed between two looks: 1.0 is one core fully used. None after a single look.
    pub cpu_share: Option<f64>,
    /// Number of threads. Linux only, from `/proc/<pid>/stat`.
    pub threads: Option<u32>,
    /// When it started, to the second.
    pub start_time: SystemTime,
}

/// The processes of the machine at one moment. Threads are not processes and are not listed.
#[derive(Debug, Clone)]
pub struct Snapshot {
    processes: Vec<Info>,
}

impl Snapshot {
    /// Looks once; [`Info::cpu_share`] stays empty.
    ///
    /// # Errors
    ///
    /// [`Error::NoProcessList`] where the system shows no processes.
    pub fn take() -> Result<Snapshot, Error> {
        let mut processes = look(ProcessesToUpdate::All)?;
        if processes.is_empty() {
            return Err(Error::NoProcessList);
        }
        processes.sort_by_key(|info| info.pid);
        Ok(Snapshot { processes })
    }

    /// Looks twice, `interval` apart, for the share of the processor that each process had between the looks. A process that
    /// started in between has none. A second gives shares good to a hundredth of a core.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub fn over(interval: Duration) -> Result<Snapshot, Error> {
        let start = Instant::now();
        let before: HashMap<_, _> = Self::take()?
            .processes
            .into_iter()
            .map(|info| ((info.pid, info.start_time), info.cpu_time))
            .collect();
        thread::sleep(interval);
        let elapsed = start.elapsed().as_secs_f64();
        let mut after = Self::take()?;
        for info in &mut after.processes {
            info.cpu_share = before
                .get(&(info.pid, info.start_time))
                .map(|&used| info.cpu_time.saturating_sub(used).as_secs_f64() / elapsed);
        }
        Ok(after)
    }

    /// All processes, by ascending id.
    pub fn processes(&self) -> &[Info] {
        &self.processes
    }

    /// The process with this id.
    pub fn get(&self, pid: u32) -> Option<&Info> {
        self.processes.iter().find(|info| info.pid == pid)
    }

    /// The children of a process, zombies included.
    pub fn children_of(&self, pid: u32) -> Vec<&Info> {
        self.processes
            .iter()
            .filter(|info| info.parent == Some(pid))
            .collect()
    }

    /// All processes, the one with the most memory first.
    pub fn by_memory(&self) -> Vec<&Info> {
        let mut sorted: Vec<_> = self.processes.iter().collect();
        sorted.sort_by_key(|info| std::cmp::Reverse(info.memory_bytes));
        sorted
    }

    /// All processes, the one with the largest share of the processor first.
    pub fn by_cpu(&self) -> Vec<&Info> {
        let mut sorted: Vec<_> = self.processes.iter().collect();
        sorted.sort_by(|a, b| {
            let share = |info: &Info| info.cpu_share.unwrap_or(0.0);
            share(b)
                .total_cmp(&share(a))
                .then(b.cpu_time.cmp(&a.cpu_time))
        });
        sorted
    }

    /// A snapshot of those processes only for which `keep` is true.
    ///
    /// ```
    /// use support::process::inspect::Snapshot;
    ///
    /// let me = std::process::id();
    /// let mine = Snapshot::take()?.filter(|info| info.pid == me || info.parent == Some(me));
    /// println!("{}", mine.table());
    /// # Ok::<(), support::process::Error>(())
    /// ```
    pub fn filter(&self, mut keep: impl FnMut(&Info) -> bool) -> Snapshot {
        Snapshot {
            processes: self
                .processes
                .iter()
                .filter(|info| keep(info))
                .cloned()
                .collect(),
        }
    }

    /// A table to show, by ascending id.
    pub fn table(&self) -> Table {
        self.processes.iter().collect()
    }
}

/// Looks at one process; `None` if there is none with this id. [`Info::cpu_share`] stays empty.
///
/// # Errors
///
/// [`Error::NoProcessList`] where the system shows no processes, this one included.
///
/// ```
/// use support::process::inspect::{State, inspect};
///
/// let me = inspect(std::process::id())?.unwrap();
/// assert!(me.memory_bytes > 0 && me.state != State::Zombie);
/// # Ok::<(), support::process::Error>(())
/// ```
pub fn inspect(pid: u32) -> Result<Option<Info>, Error> {
    let me = std::process::id();
    let found = look(ProcessesToUpdate::Some(&[
        Pid::from_u32(pid),
        Pid::from_u32(me),
    ]))?;
    if !found.iter().any(|info| info.pid == me) {
        return Err(Error::NoProcessList);
    }
    Ok(found.into_iter().find(|info| info.pid == pid))
}

fn look(which: ProcessesToUpdate<'_>) -> Result<Vec<Info>, Error> {
    let mut system = System::new().map_err(|_| Error::NoProcessList)?;
    let what = ProcessRefreshKind::nothing()
        .with_cpu()
        .with_memory()
        .without_tasks();
    system.refresh_processes_specifics(which, true, what);
    Ok(system
        .processes()
        .iter()
        // A user thread has an id too, and asking for that id finds it.
        .filter(|(_, process)| process.thread_kind() != Some(sysinfo::ThreadKind::Userland))
        .map(|(pid, process)| Info {
            pid: pid.as_u32(),
            parent: process.parent().map(Pid::as_u32),
            name: process.name().to_string_lossy().into_owned(),
            state: process.status().into(),
            memory_bytes: process.memory(),
            cpu_time: Duration::from_millis(process.accumulated_cpu_time()),
            cpu_share: None,
            threads: threads(pid.as_u32()),
            start_time: SystemTime::UNIX_EPOCH + Duration::from_secs(process.start_time()),
        })
        .collect())
}

/// Field 20 of `/proc/<pid>/stat`: see `proc_pid_stat(5)`.
#[cfg(target_os = "linux")]
fn threads(pid: u32) -> Option<u32> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The name in field 2 may hold blanks and parentheses; the last one closes it.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(20 - 3)?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn threads(_pid: u32) -> Option<u32> {
    None
}
