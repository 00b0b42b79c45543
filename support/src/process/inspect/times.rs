use std::fs;
use std::io;
use std::time::Duration;

use super::platform::{cpu_time, from_ticks, path, read, refused, settle, since_boot, strange};
use super::{Error, Identity};
use crate::process::stat::Stat;

/// How long a process ran, stood ready in the queue of a core, and was blocked, since its start or between two looks. Linux only.
///
/// With several threads their times are added up. A wait in the queue counts when it ends, until then as blocked; so does
/// the time after the process has become a zombie.
///
/// ```
/// use std::time::Duration;
/// use support::process::inspect::times;
///
/// let me = std::process::id();
/// let before = times(me)?.unwrap();
/// std::thread::sleep(Duration::from_millis(50));
/// let spent = times(me)?.unwrap().since(&before).unwrap();
/// assert!(spent.alive >= Duration::from_millis(50));
/// let [running, ready, blocked] = spent.shares();
/// assert!(blocked > running + ready);
/// # Ok::<(), support::process::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// On a core: processor time to the nanosecond, of ended threads too.
    pub running: Duration,
    /// Ready to run, in the queue of a core (`run_delay`), to the nanosecond. An ended thread takes its part away with it.
    pub ready: Duration,
    /// All the time that passed, once for each thread there is. The start is known to the clock tick of mostly 10 ms; the
    /// difference between two looks is exact.
    pub alive: Duration,
    /// How often a thread was given a core.
    pub slices: u64,
    identity: Identity,
}

impl Times {
    /// Neither running nor ready: waiting for an event.
    pub fn blocked(&self) -> Duration {
        self.alive.saturating_sub(self.running + self.ready)
    }

    /// Running, ready and blocked as shares of their sum, which is 1 unless no time has passed.
    pub fn shares(&self) -> [f64; 3] {
        let parts = [self.running, self.ready, self.blocked()].map(|part| part.as_secs_f64());
        let sum = parts.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        parts.map(|part| part / sum)
    }

    /// What was spent since an earlier look; `None` if that was a look at another process, which had the same id.
    pub fn since(&self, earlier: &Times) -> Option<Times> {
        (self.identity == earlier.identity).then(|| Times {
            running: self.running.saturating_sub(earlier.running),
            ready: self.ready.saturating_sub(earlier.ready),
            alive: self.alive.saturating_sub(earlier.alive),
            slices: self.slices.saturating_sub(earlier.slices),
            identity: self.identity,
        })
    }
}

/// How a process has spent its time so far; `None` if it is gone. Linux only.
///
/// The process's clock (`clock_getcpuclockid(3)`) says how long it ran, `schedstat` and `stat` in `/proc/<pid>/task/<tid>` the
/// rest (`Documentation/scheduler/sched-stats.rst` of the kernel, built with `CONFIG_SCHED_INFO`).
///
/// # Errors
///
/// [`Error::Look`] if the kernel does not keep these times, otherwise as [`inspect`](super::inspect).
pub fn times(pid: u32) -> Result<Option<Times>, Error> {
    let mut buffer = [0; 2048];
    let Some(start) = start(pid, "stat", &mut buffer)? else {
        return Ok(None);
    };
    let Some(running) = cpu_time(pid)? else {
        return Ok(None);
    };
    let Some(threads) = settle(pid, "task", fs::read_dir(path(pid, "task")))? else {
        return Ok(None);
    };
    let now = since_boot();
    let mut times = Times {
        running,
        ready: Duration::ZERO,
        alive: Duration::ZERO,
        slices: 0,
        identity: Identity { pid, start },
    };
    for thread in threads.flatten() {
        let file = |name| format!("task/{}/{name}", thread.file_name().display());
        let Some(start) = self::start(pid, &file("stat"), &mut buffer)? else {
            continue;
        };
        let schedstat = file("schedstat");
        let Some(text) = read(pid, &schedstat, &mut buffer)? else {
            continue;
        };
        let mut numbers = text.split_ascii_whitespace().skip(1).map(str::parse::<u64>);
        let (Some(Ok(delay)), Some(Ok(slices))) = (numbers.next(), numbers.next()) else {
            return Err(strange(pid, &schedstat));
        };
        times.ready += Duration::from_nanos(delay);
        times.slices += slices;
        times.alive += now.saturating_sub(from_ticks(start));
    }
    // Neither a process that has just gone nor one without a thread: a kernel that does not count.
    if times.alive.is_zero() && self::start(pid, "stat", &mut buffer)?.is_some() {
        return Err(refused(pid, "schedstat", io::ErrorKind::NotFound.into()));
    }
    Ok(Some(times))
}

/// In clock ticks since boot.
fn start(pid: u32, file: &str, buffer: &mut [u8]) -> Result<Option<u64>, Error> {
    read(pid, file, buffer)?
        .map(|text| {
            Stat::parse(&text)
                .map(|stat| stat.start)
                .ok_or_else(|| strange(pid, file))
        })
        .transpose()
}
