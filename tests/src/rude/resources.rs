//! What a process holds, and whether it lets go.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::{Outcome, PATIENCE};

/// How many descriptors and threads a process has, by `/proc` (Linux).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resources {
    pid: u32,
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
}

impl Resources {
    /// Those of a process, now.
    ///
    /// # Errors
    /// When it has ended.
    pub fn of(pid: u32) -> Result<Self, String> {
        let count = |what: &str| {
            let folder = Path::new("/proc").join(pid.to_string()).join(what);
            let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()));
            entries.map(Iterator::count)
        };
        Ok(Self {
            pid,
            descriptors: count("fd")?,
            threads: count("task")?,
        })
    }

    /// Those of a process, as soon as they have been the same for a fifth of a second.
    ///
    /// # Errors
    /// When it has ended, or they never are.
    pub fn settled(pid: u32) -> Result<Self, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut last = Self::of(pid)?;
        while Instant::now() < deadline {
            thread::sleep(Duration::from_millis(200));
            let now = Self::of(pid)?;
            if now == last {
                return Ok(now);
            }
            last = now;
        }
        Err(format!("the server does not come to rest: {last:?}"))
    }

    /// Waits until the process has no more than this again.
    ///
    /// # Errors
    /// What is left after [`PATIENCE`].
    pub fn are_back(&self) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = Self::of(self.pid)?;
            if now.descriptors <= self.descriptors && now.threads <= self.threads {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("left behind: {now:?}, before {self:?}"));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}
