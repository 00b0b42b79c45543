//! Descriptors that stand for a process: `pidfd_open(2)`. Linux only.

use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::ptr;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;

/// It is closed on exec. Refused by kernels before 5.3, by some sandboxes, and where descriptors are used up.
pub(super) fn open(pid: libc::pid_t) -> Result<OwnedFd, Errno> {
    // SAFETY: the call takes two numbers.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: a descriptor just made, which nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

pub(super) fn send(fd: BorrowedFd<'_>, signal: Signal) -> Result<(), Errno> {
    let none = ptr::null_mut::<libc::siginfo_t>();
    // SAFETY: numbers, and no `siginfo_t`.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            fd.as_raw_fd(),
            signal as i32,
            none,
            0,
        )
    })
    .map(drop)
}
