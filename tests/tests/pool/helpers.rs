//! What several cases need.

use std::thread;
use std::time::{Duration, Instant};

use course_tests::{SOON, ms};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::pool::{Error, Pending};

pub fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid as i32), signal).unwrap();
}

/// Whether there is such a process, a zombie included.
pub fn exists(pid: u32) -> bool {
    kill(Pid::from_raw(pid as i32), None) != Err(Errno::ESRCH)
}

/// The result, if it is there by then.
pub fn within<R>(limit: Duration, task: Pending<R>) -> Result<R, Error> {
    task.wait_timeout(limit)?;
    task.result()
}

/// The result of a task that must not hang.
pub fn soon<R>(task: Pending<R>) -> Result<R, Error> {
    within(SOON, task)
}

/// Whether a process has ended that is not ours to reap: whoever adopts it may leave it as a zombie, which runs no more.
pub fn ended(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.map_or(true, |stat| stat.contains(") Z "))
}

/// The parent of a process: of a worker, the one that forks workers.
pub fn parent(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    line.unwrap().trim().parse().unwrap()
}

pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        thread::sleep(ms(1));
    }
}

/// Asserts that all are gone.
pub fn gone(pids: &[u32]) {
    for &pid in pids {
        assert!(!exists(pid), "process {pid} is left");
    }
}
