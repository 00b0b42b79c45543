//! What `sysinfo` says of a process.

use std::time::{Duration, SystemTime};

use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

use super::{Error, Info, State};

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

pub(super) fn info(pid: u32) -> Result<Option<Info>, Error> {
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

pub(super) fn all() -> Result<Vec<Info>, Error> {
    look(ProcessesToUpdate::All)
}

pub(super) fn start_time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn look(which: ProcessesToUpdate<'_>) -> Result<Vec<Info>, Error> {
    let mut system = System::new().map_err(|_| Error::NoProcessList)?;
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
    system.refresh_processes_specifics(which, true, what);
    let infos = system.processes().iter().map(|(pid, process)| Info {
        pid: pid.as_u32(),
        parent: process.parent().map(Pid::as_u32),
        name: process.name().to_string_lossy().into_owned(),
        state: process.status().into(),
        exit: None,
        memory_bytes: process.memory(),
        cpu_time: Duration::from_millis(process.accumulated_cpu_time()),
        user_time: None,
        system_time: None,
        cpu_share: None,
        threads: None,
        nice: None,
        start: process.start_time(),
    });
    Ok(infos.collect())
}
