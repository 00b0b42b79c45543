//! A run that may deadlock, with a bound.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{Graph, Watch};
use crate::process::{self, Exit, Process};

/// How a child that is busy may be late with its report.
const GRACE: Duration = Duration::from_secs(2);

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It came to its end.
    Finished,
    /// It had not come to its end at the time limit; who held and who wanted what then.
    Stuck(Graph),
}

/// Why there is no report of a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The process of the run was not made, or not found again.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// The pipe for the report was not made.
    #[error("cannot make the pipe for the report of the run: {0}")]
    Pipe(#[source] io::Error),
    /// The process ended, or was silent for too long, without a report.
    #[error("the run gave no report, its process was {exit}; if it panicked, its message says why")]
    NoReport {
        /// How the process ended; killed by SIGKILL if it had to be killed for its silence.
        exit: Exit,
    },
}

/// Runs `body` in a child process for at most `limit` ([`Duration::MAX`] is endless), and says how that ended. Whatever happens, nothing of it is left then.
///
/// `body` is forked, so the rules for the closure of a [`Process`] hold. It may start threads; their names are the names in the
/// graph. Locks that are to be in the graph are made from the [`Watch`] that it gets.
///
/// # Errors
///
/// If no process or pipe can be made, or `body` panics.
pub fn run(limit: Duration, body: impl FnOnce(&Watch)) -> Result<End, Error> {
    let (read, write) = io::pipe().map_err(Error::Pipe)?;
    // The closure takes the write end with it: the parent has none once the child is made.
    let mut child = Process::builder()
        .name("deadlock")
        .beside_threads()
        .start(move || in_child(limit, body, write))?;
    let report = receive(read, limit.saturating_add(GRACE));
    // Only one that has come to its end ends by itself.
    if !matches!(report, Some(End::Finished)) {
        child.kill()?;
    }
    let exit = child.join()?;
    report.ok_or(Error::NoReport { exit })
}

fn in_child(limit: Duration, body: impl FnOnce(&Watch), write: PipeWriter) {
    let watch = Watch::new();
    // Whoever comes first takes it.
    let line = Arc::new(Mutex::new(Some(write)));
    thread::spawn({
        let (watch, line) = (watch.clone(), line.clone());
        move || {
            thread::sleep(limit);
            send(&line, &End::Stuck(watch.graph()));
        }
    });
    body(&watch);
    send(&line, &End::Finished);
}

/// A report goes with its length before it: processes that `body` has forked may hold the pipe open.
fn send(line: &Mutex<Option<PipeWriter>>, end: &End) {
    let mut line = line.lock();
    if let (Some(mut write), Ok(report)) = (line.take(), postcard::to_stdvec(end)) {
        let length = (report.len() as u64).to_le_bytes();
        // A parent that does not listen any more is about to kill us.
        let _ = write
            .write_all(&length)
            .and_then(|()| write.write_all(&report));
    }
}

/// The report, if there is one in time. A time too long to count is endless.
fn receive(mut read: PipeReader, patience: Duration) -> Option<End> {
    let deadline = Instant::now().checked_add(patience);
    let mut got = Vec::new();
    loop {
        if let Some((length, report)) = got.split_first_chunk()
            && report.len() as u64 >= u64::from_le_bytes(*length)
        {
            return postcard::from_bytes(report).ok();
        }
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        // `poll` takes 24 days at most: then it looks again.
        let limit = left.map_or(PollTimeout::NONE, |left| {
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        let mut fds = [PollFd::new(read.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, limit) {
            Err(Errno::EINTR) => {}
            Ok(0) if left.is_none_or(|left| !left.is_zero()) => {}
            Ok(0) | Err(_) => return None,
            Ok(_) => {
                let mut chunk = [0; 4096];
                match read.read(&mut chunk).ok()? {
                    0 => return None,
                    many => got.extend_from_slice(&chunk[..many]),
                }
            }
        }
    }
}
