//! The clients in a process of their own, and the pipe that brings their report.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Error, Load, Report, client};
use crate::process::Process;

/// What starting the process and sending the report may take beyond the bound of the load.
const SLACK: Duration = Duration::from_secs(5);
/// How often to see whether the process still runs, in milliseconds.
const LOOK: u16 = 100;

type Message = Result<Report, String>;

pub(super) fn observe(load: &Load) -> Result<Report, Error> {
    let (read, write) = io::pipe().map_err(|source| Error::Io {
        action: "make a pipe for the report",
        source,
    })?;
    let bound = load.bound().saturating_add(SLACK);
    let deadline = super::after(Instant::now(), bound);
    let mut child = Process::builder()
        .name("load")
        .beside_threads()
        .start(move || send(write, &client::run(load)))?;
    match receive(read, &child, deadline)? {
        Some(message) => {
            child.join()?;
            message.map_err(Error::Client)
        }
        None if Instant::now() >= deadline => Err(Error::Overdue(bound)),
        None => Err(Error::NoReport(child.join()?)),
    }
}

/// The length in four bytes, and the message.
fn send(mut pipe: PipeWriter, message: &Message) -> Result<(), String> {
    let mut frame = vec![0; 4];
    frame = postcard::to_extend(message, frame).map_err(|e| e.to_string())?;
    let length = (frame.len() - 4) as u32;
    frame[..4].copy_from_slice(&length.to_le_bytes());
    pipe.write_all(&frame).map_err(|e| e.to_string())
}

/// `None` if the process ends, or the deadline comes, before a message is complete.
///
/// The end of the pipe does not tell: a process forked by another thread at the same moment may hold it open.
fn receive(
    mut pipe: PipeReader,
    child: &Process,
    deadline: Instant,
) -> Result<Option<Message>, Error> {
    let failed = |source| Error::Io {
        action: "read the report",
        source,
    };
    let mut frame = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let ended = !child.is_alive();
        let mut fds = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
        let ready = match poll(&mut fds, PollTimeout::from(LOOK)) {
            Err(Errno::EINTR) => continue,
            result => result.map_err(|errno| failed(errno.into()))? > 0,
        };
        if ready {
            let n = pipe.read(&mut buffer).map_err(failed)?;
            frame.extend_from_slice(&buffer[..n]);
            if let Some(message) = decode(&frame)? {
                return Ok(Some(message));
            }
            if n > 0 {
                continue;
            }
        }
        if ended || Instant::now() >= deadline {
            return Ok(None);
        }
        if ready {
            // The pipe is closed, the process is about to end.
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn decode(frame: &[u8]) -> Result<Option<Message>, Error> {
    let Some((length, rest)) = frame.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let Some(message) = rest.get(..u32::from_le_bytes(*length) as usize) else {
        return Ok(None);
    };
    let message = postcard::from_bytes(message).map_err(|e| Error::Client(e.to_string()))?;
    Ok(Some(message))
}
