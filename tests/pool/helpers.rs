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
