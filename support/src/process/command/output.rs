//! A process is fed, and what it writes is collected, all at the same time: one full pipe holds up no other.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

use crate::process::wait::timeout;
use crate::process::{Error, Exit, Process, pipe};

/// What a process wrote, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub exit: Exit,
    /// All of its stdout, if that was a pipe.
    pub stdout: Vec<u8>,
    /// All of its stderr, if that was a pipe.
    pub stderr: Vec<u8>,
}

/// How often to look where the system does not tell of the end of a process.
const LOOK: Duration = Duration::from_millis(10);

impl Process {
    /// Writes `input` to its stdin and reads its stdout and stderr, those that are pipes, until both have come to their end; then joins
    /// it. All at the same time, so that neither waits for the other however much there is. Kills it at the time limit.
    ///
    /// A process that it has started and left behind may hold the pipes open: they are read until they are closed, or until the limit.
    /// If it does not read all of the input, the rest is dropped.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if it was killed, [`Error::Pipe`] if a pipe cannot be read or written, and as [`join`](Self::join).
    ///
    /// ```
    /// use std::time::Duration;
    /// use support::process::{Command, Stdio};
    ///
    /// let million = vec![b'x'; 1_000_000];
    /// let mut cat = Command::new("cat");
    /// let cat = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    /// let output = cat.communicate(&million, Duration::from_secs(20))?;
    /// assert!(output.exit.success() && output.stdout == million);
    /// # Ok::<(), support::process::Error>(())
    /// ```
    pub fn communicate(mut self, mut input: &[u8], limit: Duration) -> Result<Output, Error> {
        let deadline = Instant::now().checked_add(limit);
        let name = self.name().to_owned();
        let failed = |source| Error::Pipe {
            name: name.clone(),
            source,
        };
        let open = |end: Option<OwnedFd>| end.map(open).transpose().map_err(failed);
        let mut stdin = open(self.stdin.take().map(Into::into))?;
        let mut stdout = open(self.stdout.take().map(Into::into))?;
        let mut stderr = open(self.stderr.take().map(Into::into))?;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        loop {
            let ended = !self.is_alive();
            feed(&mut stdin, &mut input).map_err(failed)?;
            read(&mut stdout, &mut out).map_err(failed)?;
            read(&mut stderr, &mut err).map_err(failed)?;
            if ended {
                stdin = None;
            }
            if stdin.is_none() && stdout.is_none() && stderr.is_none() {
                break;
            }
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(self.overdue(limit));
            }
            let mut fds = Vec::with_capacity(4);
            for (file, what) in [
                (&stdin, PollFlags::POLLOUT),
                (&stdout, PollFlags::POLLIN),
                (&stderr, PollFlags::POLLIN),
            ] {
                fds.extend(file.as_ref().map(|file| PollFd::new(file.as_fd(), what)));
            }
            let mut wait = left;
            if !ended {
                match self.pidfd() {
                    Some(fd) => fds.push(PollFd::new(fd, PollFlags::POLLIN)),
                    None => wait = Some(left.map_or(LOOK, |left| left.min(LOOK))),
                }
            }
            match poll(&mut fds, timeout(wait)) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(failed(errno.into())),
            }
        }
        let exit = match deadline {
            None => self.join()?,
            Some(at) => match self.join_timeout(at.saturating_duration_since(Instant::now()))? {
                Some(exit) => exit,
                None => return Err(self.overdue(limit)),
            },
        };
        Ok(Output {
            exit,
            stdout: out,
            stderr: err,
        })
    }
}

fn open(fd: OwnedFd) -> io::Result<File> {
    pipe::never_block(&fd)?;
    Ok(File::from(fd))
}

/// Writes what fits, and closes the pipe behind the last byte or when nobody reads.
fn feed(pipe: &mut Option<File>, input: &mut &[u8]) -> io::Result<()> {
    while let Some(file) = pipe {
        if input.is_empty() {
            *pipe = None;
            break;
        }
        match file.write(input) {
            Ok(written) => *input = &input[written..],
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => break,
                ErrorKind::Interrupted => {}
                ErrorKind::BrokenPipe => *pipe = None,
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

/// Reads what there is, and closes the pipe at its end.
fn read(pipe: &mut Option<File>, to: &mut Vec<u8>) -> io::Result<()> {
    if let Some(file) = pipe
        && pipe::read_available(file, to)?
    {
        *pipe = None;
    }
    Ok(())
}
