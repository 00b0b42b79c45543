//! Waiting for children: `waitid(2)`, by a pidfd where there is one.

use std::mem;
use std::os::fd::BorrowedFd;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Exit;

/// A child, as it is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child<'a> {
    pub(super) pid: libc::pid_t,
    pub(super) pidfd: Option<BorrowedFd<'a>>,
}

impl Child<'_> {
    /// Reaps it if it has ended.
    pub(super) fn reap(self) -> Result<Option<Exit>, Errno> {
        self.look(libc::WEXITED | libc::WNOHANG)
    }

    /// Whether it has ended; it is not reaped.
    pub(super) fn has_ended(self) -> Result<bool, Errno> {
        let end = self.look(libc::WEXITED | libc::WNOHANG | libc::WNOWAIT)?;
        Ok(end.is_some())
    }

    /// Waits for its end, and reaps it.
    pub(super) fn end(self) -> Result<Exit, Errno> {
        loop {
            if let Some(exit) = self.look(libc::WEXITED)? {
                return Ok(exit);
            }
            // A stop that was meant for a tracer; it is on its way again.
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn look(self, flags: libc::c_int) -> Result<Option<Exit>, Errno> {
        #[cfg(target_os = "linux")]
        if let Some(fd) = self.pidfd {
            match wait(
                libc::P_PIDFD,
                std::os::fd::AsRawFd::as_raw_fd(&fd) as libc::id_t,
                flags,
            ) {
                // Linux 5.3 has the descriptor, and does not wait by it.
                Err(Errno::EINVAL) => {}
                result => return result,
            }
        }
        wait(libc::P_PID, self.pid as libc::id_t, flags)
    }
}

fn wait(kind: libc::idtype_t, id: libc::id_t, flags: libc::c_int) -> Result<Option<Exit>, Errno> {
    // SAFETY: all zeroes is a valid `siginfo_t`.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: `info` is a valid place for the result.
    retry(|| unsafe { libc::waitid(kind, id, &raw mut info, flags) })?;
    // SAFETY: waitid fills in the fields of a child, or leaves the zeroes when there is nothing to report.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    // Of a child that another thread traces, its stops are reported too.
    Ok(match info.si_code {
        _ if pid == 0 => None,
        libc::CLD_EXITED => Some(Exit::Code(status & 0xff)),
        libc::CLD_KILLED | libc::CLD_DUMPED => Some(Exit::Signal(status)),
        _ => None,
    })
}

/// Waits until one of the children has ended, without reaping it: which, or `None` if all still ran at the deadline. Without one it waits
/// for ever.
pub(super) fn first_end(
    children: &[Child<'_>],
    deadline: Option<Instant>,
) -> Result<Option<usize>, (usize, Errno)> {
    let mut fds: Vec<PollFd> = (children.iter())
        .filter_map(|child| Some(PollFd::new(child.pidfd?, PollFlags::POLLIN)))
        .collect();
    let all_have_one = fds.len() == children.len();
    let mut nap = Duration::from_micros(50);
    // Those to ask: all at first, and then whom the kernel tells of.
    let mut asked = vec![true; children.len()];
    loop {
        for (index, child) in children.iter().enumerate() {
            if asked[index] && child.has_ended().map_err(|errno| (index, errno))? {
                return Ok(Some(index));
            }
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if children.is_empty() || left.is_some_and(|left| left.is_zero()) {
            return Ok(None);
        }
        let heard = if all_have_one {
            match poll(&mut fds, timeout(left)) {
                Err(Errno::EINTR) => continue,
                result => result.map_err(|errno| (0, errno))? > 0,
            }
        } else {
            true
        };
        for (index, asked) in asked.iter_mut().enumerate() {
            let silent = all_have_one && !fds[index].any().unwrap_or(true);
            *asked = !silent;
        }
        let ended = (children.iter().zip(&asked))
            .any(|(child, &asked)| asked && child.has_ended() != Ok(false));
        if heard && !ended {
            // Somebody has no descriptor, or a tracer has yet to let the ended one go.
            thread::sleep(left.map_or(nap, |left| nap.min(left)));
            nap = (nap * 2).min(Duration::from_millis(10));
        }
    }
}

/// The next longer number of milliseconds, so that nobody is woken too early again and again.
pub(super) fn timeout(left: Option<Duration>) -> PollTimeout {
    let Some(left) = left else {
        return PollTimeout::NONE;
    };
    PollTimeout::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(PollTimeout::MAX)
}

fn retry(mut call: impl FnMut() -> libc::c_int) -> Result<libc::c_int, Errno> {
    loop {
        match Errno::result(call()) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}
