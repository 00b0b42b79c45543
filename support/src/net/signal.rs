use std::io;
use std::os::fd::{AsFd, AsRawFd as _};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::getpid;

/// Has the kernel send SIGIO to this process whenever the descriptor becomes ready: signal-driven IO, `O_ASYNC` and
/// `F_SETOWN` in `fcntl(2)`.
///
/// SIGIO ends a process that neither handles nor blocks it: block it first, and take it with `sigwait`.
///
/// # Errors
/// What `fcntl` answers: not every kind of file has this.
///
/// ```
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
/// use nix::sys::signal::{SigSet, Signal};
///
/// let sigio = SigSet::from(Signal::SIGIO);
/// sigio.thread_block()?;
/// let (mut here, mut there) = UnixStream::pair()?;
/// support::net::signal_when_ready(&here)?;
/// there.write_all(b"!")?;
/// assert_eq!(sigio.wait()?, Signal::SIGIO);
/// here.read_exact(&mut [0])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn signal_when_ready(file: impl AsFd) -> io::Result<()> {
    let file = file.as_fd();
    // SAFETY: an open descriptor and a plain number.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETOWN, getpid().as_raw()) };
    Errno::result(result)?;
    let flags = OFlag::from_bits_retain(fcntl(file, FcntlArg::F_GETFL)?);
    fcntl(file, FcntlArg::F_SETFL(flags | OFlag::O_ASYNC))?;
    Ok(())
}
