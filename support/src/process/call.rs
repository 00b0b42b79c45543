//! A function call in a process of its own.

use std::io::{self, PipeReader, PipeWriter, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wait::timeout;
use super::{Builder, Error, Process, panics, pipe};
use crate::caught::caught;
use crate::wire;

/// How often to look where the system does not tell of the end of a process.
const LOOK: Duration = Duration::from_millis(10);
/// Before the bytes: their number, and what they are.
const HEAD: usize = 9;
const VALUE: u8 = 0;
const PANIC: u8 = 1;
const NO_WIRE: u8 = 2;

impl Process {
    /// Runs the closure in a child and gives back its value: short for `Process::builder().call(work)`.
    ///
    /// # Errors
    /// As [`Builder::call`].
    ///
    /// ```
    /// use support::process::{Error, Process};
    ///
    /// assert_eq!(Process::call(|| 6 * 7)?, 42);
    ///
    /// let error = Process::call(|| -> u32 { panic!("no answer") }).unwrap_err();
    /// assert!(matches!(&error, Error::Panicked { message, .. } if message.starts_with("no answer")));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn call<T: Serialize + DeserializeOwned>(work: impl FnOnce() -> T) -> Result<T, Error> {
        Process::builder().call(work)
    }

    /// The same, but kills the child after `limit`: short for `Process::builder().call_timeout(limit, work)`.
    ///
    /// # Errors
    /// As [`Builder::call_timeout`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use support::process::{Error, Process};
    ///
    /// let slow = Process::call_timeout(Duration::from_millis(50), || loop { std::thread::park() });
    /// assert!(matches!(slow, Err::<(), _>(Error::TimedOut { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn call_timeout<T: Serialize + DeserializeOwned>(
        limit: Duration,
        work: impl FnOnce() -> T,
    ) -> Result<T, Error> {
        Process::builder().call_timeout(limit, work)
    }
}

impl Builder {
    /// Runs the closure in a child and gives back its value, of any size, by `postcard`. Waits for that.
    ///
    /// A panic of the closure is not written to stderr: its words are the error's.
    ///
    /// # Errors
    /// [`Error::Panicked`], [`Error::NoValue`] if the child ended in another way (was killed, called `exit`), [`Error::Value`] if the value
    /// cannot travel, [`Error::Pipe`], and as [`start`](Self::start).
    pub fn call<T: Serialize + DeserializeOwned>(
        self,
        work: impl FnOnce() -> T,
    ) -> Result<T, Error> {
        self.call_timeout(Duration::MAX, work)
    }

    /// The same, but kills the child after `limit`.
    ///
    /// # Errors
    /// As [`call`](Self::call); [`Error::TimedOut`] if it was killed.
    pub fn call_timeout<T: Serialize + DeserializeOwned>(
        self,
        limit: Duration,
        work: impl FnOnce() -> T,
    ) -> Result<T, Error> {
        let deadline = Instant::now().checked_add(limit);
        let (read, write) = io::pipe().map_err(|source| Error::Pipe {
            name: "call".to_owned(),
            source,
        })?;
        let mut child = self.start(move || answer(work, write))?;
        let name = child.name().to_owned();
        let failed = |source| Error::Pipe {
            name: name.clone(),
            source,
        };
        match receive(read, &child, deadline).map_err(failed)? {
            Received::Nothing => Err(Error::NoValue {
                name,
                exit: child.join()?,
            }),
            Received::TooLate => Err(child.overdue(limit)),
            Received::Answer { what, bytes } => {
                // It has nothing left to do.
                child.join()?;
                let text = || String::from_utf8_lossy(&bytes).into_owned();
                match what {
                    VALUE => wire::decode(&bytes).map_err(|why| Error::Value {
                        name,
                        why: why.to_string(),
                    }),
                    PANIC => Err(Error::Panicked {
                        name,
                        message: text(),
                    }),
                    _ => Err(Error::Value { name, why: text() }),
                }
            }
        }
    }
}

/// In the child. A panic has its usual exit code.
fn answer<T: Serialize>(work: impl FnOnce() -> T, mut pipe: PipeWriter) -> i32 {
    panics::note();
    let mut frame = vec![0; HEAD];
    let (what, code) = match caught(work) {
        Ok(value) => match wire::append(&value, &mut frame) {
            Ok(()) => (VALUE, 0),
            Err(why) => {
                frame.truncate(HEAD);
                frame.extend(why.to_string().bytes());
                (NO_WIRE, 1)
            }
        },
        Err(message) => {
            frame.extend(message.bytes());
            if let Some(place) = panics::place() {
                frame.extend(format!(" (at {place})").bytes());
            }
            (PANIC, 101)
        }
    };
    let length = (frame.len() - HEAD) as u64;
    frame[..8].copy_from_slice(&length.to_le_bytes());
    frame[8] = what;
    // A parent that does not listen any more is about to end us.
    let _ = pipe.write_all(&frame);
    code
}

enum Received {
    Answer { what: u8, bytes: Vec<u8> },
    Nothing,
    TooLate,
}

/// The end of the pipe does not tell that the child is gone: one that another thread forked at the same moment may hold it open.
fn receive(
    mut pipe: PipeReader,
    child: &Process,
    deadline: Option<Instant>,
) -> io::Result<Received> {
    pipe::never_block(&pipe)?;
    let mut frame = Vec::new();
    let mut closed = false;
    loop {
        // Asked first: what it has written by its end is then read below.
        let ended = !child.is_alive();
        let before = frame.len();
        if !closed {
            closed = pipe::read_available(&mut pipe, &mut frame)?;
        }
        if let Some((head, bytes)) = frame.split_first_chunk::<HEAD>() {
            let [length @ .., what] = *head;
            if bytes.len() as u64 >= u64::from_le_bytes(length) {
                let bytes = frame.split_off(HEAD);
                return Ok(Received::Answer { what, bytes });
            }
        }
        if ended && frame.len() == before {
            return Ok(Received::Nothing);
        }
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(Received::TooLate);
        }
        let mut fds = Vec::with_capacity(2);
        if !closed {
            fds.push(PollFd::new(pipe.as_fd(), PollFlags::POLLIN));
        }
        let mut wait = left;
        match child.pidfd() {
            Some(fd) => fds.push(PollFd::new(fd, PollFlags::POLLIN)),
            None => wait = Some(left.map_or(LOOK, |left| left.min(LOOK))),
        }
        match poll(&mut fds, timeout(wait)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}
