//! What a process or thread has used of the machine.

use std::ops::Sub;
use std::time::Duration;

use nix::sys::resource::{self, UsageWho};
use nix::sys::time::TimeValLike;

/// Resources used so far, from `getrusage(2)`; subtract an earlier one to see what happened in between.
///
/// ```
/// use support::measure::Usage;
/// let before = Usage::of_process()?;
/// std::thread::sleep(std::time::Duration::from_millis(2));
/// let used = Usage::of_process()? - before;
/// assert!(used.voluntary_switches >= 1);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// CPU time in the program's own code.
    pub user: Duration,
    /// CPU time in the kernel on the program's behalf.
    pub system: Duration,
    /// How often it gave the CPU up because it had to wait.
    pub voluntary_switches: u64,
    /// How often the CPU was taken away: its slice was over, or something more urgent came.
    pub involuntary_switches: u64,
    /// Page faults served without IO.
    pub minor_faults: u64,
    /// The largest resident set so far, in bytes (after a subtraction still the largest so far).
    pub peak_memory: u64,
}

impl Usage {
    /// Of this process, all its threads together.
    ///
    /// # Errors
    /// What `getrusage` answers; for valid arguments it does not fail.
    pub fn of_process() -> Result<Self, std::io::Error> {
        Self::of(UsageWho::RUSAGE_SELF)
    }

    /// Of the calling thread alone. Linux only (`RUSAGE_THREAD`).
    ///
    /// # Errors
    /// As [`of_process`](Self::of_process).
    #[cfg(target_os = "linux")]
    pub fn of_thread() -> Result<Self, std::io::Error> {
        Self::of(UsageWho::RUSAGE_THREAD)
    }

    /// Of all children that have ended and been waited for.
    ///
    /// # Errors
    /// As [`of_process`](Self::of_process).
    pub fn of_children() -> Result<Self, std::io::Error> {
        Self::of(UsageWho::RUSAGE_CHILDREN)
    }

    /// CPU time in user code and kernel together.
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }

    fn of(who: UsageWho) -> Result<Self, std::io::Error> {
        let usage = resource::getrusage(who)?;
        // Counters of the kernel are never negative.
        let micros = |t: nix::sys::time::TimeVal| {
            Duration::from_micros(u64::try_from(t.num_microseconds()).unwrap_or(0))
        };
        let count = |n| u64::try_from(n).unwrap_or(0);
        // ru_maxrss is in KiB on Linux and in bytes on macOS.
        let unit = if cfg!(target_vendor = "apple") {
            1
        } else {
            1024
        };
        Ok(Self {
            user: micros(usage.user_time()),
            system: micros(usage.system_time()),
            voluntary_switches: count(usage.voluntary_context_switches()),
            involuntary_switches: count(usage.involuntary_context_switches()),
            minor_faults: count(usage.minor_page_faults()),
            peak_memory: count(usage.max_rss()) * unit,
        })
    }
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
            voluntary_switches: self
                .voluntary_switches
                .saturating_sub(earlier.voluntary_switches),
            involuntary_switches: self
                .involuntary_switches
                .saturating_sub(earlier.involuntary_switches),
            minor_faults: self.minor_faults.saturating_sub(earlier.minor_faults),
            peak_memory: self.peak_memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Work;

    #[test]
    fn work_is_seen_as_cpu_time() {
        let work = Work::calibrate().lasting(Duration::from_millis(30));
        let before = Usage::of_process().unwrap();
        work.run();
        let used = Usage::of_process().unwrap() - before;
        assert!(used.cpu() >= Duration::from_millis(10), "{used:?}");
        assert!(used.peak_memory > 100 * 1024);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_sleeping_thread_gives_the_cpu_up() {
        let before = Usage::of_thread().unwrap();
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let used = Usage::of_thread().unwrap() - before;
        assert!(used.voluntary_switches >= 5, "{used:?}");
    }
}
