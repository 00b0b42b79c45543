//! What `/proc` says of a process: see `proc(5)`.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

use super::{Error, Exit, Info, State};
use crate::process::stat::Stat;

pub(super) fn info(pid: u32) -> Result<Option<Info>, Error> {
    // Room for 52 numbers of 20 digits and a name.
    let mut buffer = [0; 2048];
    let Some(text) = read(pid, "stat", &mut buffer)? else {
        return Ok(None);
    };
    let stat = Stat::parse(&text).ok_or_else(|| strange(pid, "stat"))?;
    let info = into_info(stat, pid);
    let Some(cpu_time) = cpu_time(pid)? else {
        return Ok(None);
    };
    // The count of pages in `stat` lags behind by some dozens for each core.
    let Some(text) = read(pid, "statm", &mut buffer)? else {
        return Ok(None);
    };
    let resident = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok())
        .ok_or_else(|| strange(pid, "statm"))?;
    Ok(Some(Info {
        pid,
        memory_bytes: resident * unit(SysconfVar::PAGE_SIZE),
        cpu_time,
        ..info
    }))
}

/// All processes that show themselves, in no order.
pub(super) fn all() -> Result<Vec<Info>, Error> {
    let mut system = System::new().map_err(|_| Error::NoProcessList)?;
    let what = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let pids = system.processes().keys().map(|pid| pid.as_u32());
    Ok(pids.filter_map(|pid| info(pid).ok().flatten()).collect())
}

pub(super) fn start_time(ticks: u64) -> SystemTime {
    SystemTime::now()
        .checked_sub(since_boot().saturating_sub(from_ticks(ticks)))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The file that the process runs; `None` if the process is gone or has none: a zombie, a thread of the kernel. Linux only.
///
/// If the file was replaced since the start, its name ends in " (deleted)".
///
/// # Errors
///
/// [`Error::Look`] if it belongs to another user.
///
/// ```
/// use support::process::inspect::executable;
///
/// assert_eq!(executable(std::process::id())?, std::env::current_exe().ok());
/// # Ok::<(), support::process::Error>(())
/// ```
pub fn executable(pid: u32) -> Result<Option<PathBuf>, Error> {
    settle(pid, "exe", fs::read_link(path(pid, "exe")))
}

fn into_info(stat: Stat<'_>, pid: u32) -> Info {
    let state = match stat.state {
        'R' => State::Running,
        'S' => State::Sleeping,
        'D' => State::DiskSleep,
        'T' | 't' => State::Stopped,
        'Z' | 'X' => State::Zombie,
        'I' => State::Idle,
        _ => State::Other,
    };
    Info {
        pid,
        parent: (stat.parent != 0).then_some(stat.parent),
        name: stat.name.to_owned(),
        state,
        exit: (state == State::Zombie).then(|| Exit::from_status(stat.status)),
        memory_bytes: 0,
        cpu_time: Duration::ZERO,
        user_time: Some(from_ticks(stat.user)),
        system_time: Some(from_ticks(stat.system)),
        cpu_share: None,
        threads: Some(stat.threads),
        nice: Some(stat.nice),
        start: stat.start,
    }
}

/// Processor time used by all threads, those that have ended included; `None` if the id is not, or no longer, that of a
/// process, though it may be a thread's.
pub(super) fn cpu_time(pid: u32) -> Result<Option<Duration>, Error> {
    let clock = clock_getcpuclockid(Pid::from_raw(pid as i32));
    match clock.and_then(clock_gettime) {
        Ok(time) => Ok(Some(time.into())),
        Err(Errno::ESRCH | Errno::EINVAL) => Ok(None),
        Err(errno) => Err(refused(pid, "clock", errno.into())),
    }
}

pub(super) fn since_boot() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from)
}

pub(super) fn from_ticks(ticks: u64) -> Duration {
    Duration::from_nanos(ticks.saturating_mul(1_000_000_000 / unit(SysconfVar::CLK_TCK)))
}

/// Both values are constants of the system, and positive.
fn unit(variable: SysconfVar) -> u64 {
    sysconf(variable)
        .ok()
        .flatten()
        .and_then(|value| u64::try_from(value).ok())
        .map_or(1, |value| value.max(1))
}

/// Reads a file of the process in one go; `None` if the process is gone, or not one that has this file.
pub(super) fn read<'a>(
    pid: u32,
    file: &str,
    buffer: &'a mut [u8],
) -> Result<Option<Cow<'a, str>>, Error> {
    let length = File::open(path(pid, file)).and_then(|mut open| open.read(buffer));
    // A name need not be UTF-8, and one that was is cut in the middle of a character.
    Ok(settle(pid, file, length)?.map(|length| String::from_utf8_lossy(&buffer[..length])))
}

/// Sorts out what it means that a file of a process cannot be read.
pub(super) fn settle<T>(pid: u32, file: &str, result: io::Result<T>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                || error.raw_os_error() == Some(Errno::ESRCH as i32) =>
        {
            // Without /proc everything seems gone.
            match fs::exists("/proc/self/stat") {
                Ok(true) => Ok(None),
                _ => Err(Error::NoProcessList),
            }
        }
        Err(error) => Err(refused(pid, file, error)),
    }
}

pub(super) fn path(pid: u32, file: &str) -> String {
    format!("/proc/{pid}/{file}")
}

pub(super) fn refused(pid: u32, what: &str, source: io::Error) -> Error {
    Error::Look {
        pid,
        what: what.to_owned(),
        source,
    }
}

/// The kernel's text has another form than its documentation says.
pub(super) fn strange(pid: u32, file: &str) -> Error {
    refused(pid, file, io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_fields_after_it() {
        let tail = " Z 7 1 1 0 -1 4228172 222 0 0 0 150 25 0 0 20 -5 2 0 4711 0 0 18446744073709551615 \
                    0 0 0 0 0 0 0 16781312 2 1 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 1792\n";
        for name in ["sh", "a) R (b", "(", ")", "", "two  words"] {
            let info = into_info(Stat::parse(&format!("42 ({name}){tail}")).unwrap(), 42);
            assert_eq!(info.name, name);
            assert_eq!(info.state, State::Zombie);
            assert_eq!((info.parent, info.threads), (Some(7), Some(2)));
            assert_eq!((info.nice, info.start), (Some(-5), 4711));
            assert_eq!(info.user_time, Some(from_ticks(150)));
            assert_eq!(info.system_time, Some(from_ticks(25)));
            assert_eq!(info.exit, Some(Exit::Code(7)));
        }
    }
}
