//! Pipes that are read beside other things.

use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

/// Has reads and writes by this end come back at once; the other end, which the child has, stays as it is.
pub(super) fn never_block(end: &impl AsFd) -> io::Result<()> {
    fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Reads what there is; true at the end of the pipe. Stops after a while, so that its caller can look at the time.
pub(super) fn read_available(pipe: &mut impl Read, to: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 64 * 1024];
    for _ in 0..64 {
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(n) => to.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
