use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::order;

use super::{Error, Info, Table, Tree, platform};

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
        let mut processes = platform::all()?;
        if processes.is_empty() {
            return Err(Error::NoProcessList);
        }
        order::sort(&mut processes, |info| f64::from(info.pid));
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
            .map(|info| (info.identity(), info.cpu_time))
            .collect();
        thread::sleep(interval);
        let elapsed = start.elapsed().as_secs_f64();
        let mut after = Self::take()?;
        for info in &mut after.processes {
            info.cpu_share = before
                .get(&info.identity())
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
            // Some systems give the first process as its own parent.
            .filter(|info| info.parent == Some(pid) && info.pid != pid)
            .collect()
    }

    /// All processes, the one with the most memory first.
    pub fn by_memory(&self) -> Vec<&Info> {
        let mut sorted: Vec<_> = self.processes.iter().collect();
        order::sort(&mut sorted, |info| -(info.memory_bytes as f64));
        sorted
    }

    /// All processes, the one with the largest share of the processor first.
    pub fn by_cpu(&self) -> Vec<&Info> {
        let mut sorted: Vec<_> = self.processes.iter().collect();
        order::sort(&mut sorted, |info| -info.cpu_time.as_secs_f64());
        order::sort(&mut sorted, |info| -info.cpu_share.unwrap_or(0.0));
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

    /// The process with this id, its children, theirs and so on, to show.
    ///
    /// ```
    /// use support::process::inspect::Snapshot;
    ///
    /// println!("{}", Snapshot::take()?.tree(std::process::id()));
    /// # Ok::<(), support::process::Error>(())
    /// ```
    pub fn tree(&self, root: u32) -> Tree {
        Tree::new(self, root)
    }
}
