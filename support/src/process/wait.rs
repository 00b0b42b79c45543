//! Waiting for one child, by its id: `wait(2)`, `pidfd_open(2)`.

use std::mem;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;

use super::Exit;

/// Reaps the child if it has ended. With `block`, waits for that.
pub(super) fn reap(pid: libc::pid_t, block: bool) -> Result<Option<Exit>, Errno> {
    let flags = if block { 0 } else { libc::WNOHANG };
    let mut status = 0;
    // SAFETY: `status` is a valid place for the result.
    let found = retry(|| unsafe { libc::waitpid(pid, &raw mut status, flags) })?;
    Ok((found != 0).then(|| Exit::from_status(status)))
}

/// Whether the child has ended; it is not reaped.
pub(super) fn has_ended(pid: libc::pid_t) -> Result<bool, Errno> {
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: all zeroes is a valid `siginfo_t`.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: `info` is a valid place for the result.
    retry(|| unsafe { libc::waitid(libc::P_PID, pid as libc::id_t, &raw mut info, flags) })?;
    // Of a child that another thread traces, its stops are reported too.
    let ends = [libc::CLD_EXITED, libc::CLD_KILLED, libc::CLD_DUMPED];
    // SAFETY: waitid fills in the fields of a child, or leaves the zeroes when there is nothing to report.
    Ok(unsafe { info.si_pid() } != 0 && ends.contains(&info.si_code))
}

/// Waits until the child has ended, without reaping it; false if it still ran at the deadline.
pub(super) fn ended_by(pid: libc::pid_t, deadline: Instant) -> Result<bool, Errno> {
    #[cfg(target_os = "linux")]
    if let Some(ended) = poll_pidfd(pid, deadline)? {
        return Ok(ended);
    }
    let mut nap = Duration::from_micros(50);
    loop {
        if has_ended(pid)? {
            return Ok(true);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        thread::sleep(nap.min(left));
        nap = (nap * 2).min(Duration::from_millis(10));
    }
}

/// The same through a pidfd; `None` where the system has none to give.
#[cfg(target_os = "linux")]
fn poll_pidfd(pid: libc::pid_t, deadline: Instant) -> Result<Option<bool>, Errno> {
    use std::os::fd::{AsFd as _, FromRawFd as _, OwnedFd};

    use nix::poll::{PollFd, PollFlags, ppoll};

    // SAFETY: the call takes two numbers and returns a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return Ok(None);
    }
    // SAFETY: a descriptor just made, which nothing else owns.
    let fd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match ppoll(&mut fds, Some(left.into()), None) {
            // The pidfd of a process that is not our child is readable too: ask once more, as a parent.
            Ok(_) => return has_ended(pid).map(Some),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn retry(mut call: impl FnMut() -> libc::c_int) -> Result<libc::c_int, Errno> {
    loop {
        match Errno::result(call()) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}
