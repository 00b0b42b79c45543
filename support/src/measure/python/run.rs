//! Running a program within its time.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::{Error, shortened};
use crate::process::{Command, Exit, Process, Stdio};

/// How often to see whether the interpreter still runs, in milliseconds.
const LOOK: u16 = 10;
/// For what is left in the pipes.
const DRAIN: Duration = Duration::from_millis(500);

/// How a run ended, and what it wrote.
pub(super) struct Ended {
    /// Nothing if it was still running at the end of its time.
    pub exit: Option<Exit>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub took: Duration,
}

/// Runs `program` and returns what it printed.
pub(super) fn run(
    interpreter: &Path,
    program: &str,
    args: &[&str],
    limit: Duration,
) -> Result<Vec<u8>, Error> {
    let mut command = Command::new(interpreter);
    command.args(["-I", "-c", program]).args(args);
    let ended = execute(command, limit)?;
    match ended.exit {
        None => Err(Error::TimedOut { limit }),
        Some(exit) if exit.success() => Ok(ended.stdout),
        Some(exit) => Err(Error::Failed {
            exit,
            stderr: last_line(&ended.stderr),
        }),
    }
}

/// Runs the command for at most `limit`; what it started is killed with it, or when it ends by itself.
pub(super) fn execute(mut command: Command, limit: Duration) -> Result<Ended, Error> {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that what it starts can be ended with it.
        .process_group(0);
    let start = Instant::now();
    let mut child = Process::builder().name("python").spawn(command)?;
    let mut outputs: Vec<Output> = [
        child.stdout.take().map(OwnedFd::from),
        child.stderr.take().map(OwnedFd::from),
    ]
    .into_iter()
    .flatten()
    .map(Output::new)
    .collect();

    let mut in_time = true;
    while child.is_alive() && in_time {
        read_some(&mut outputs).map_err(Error::Read)?;
        in_time = start.elapsed() < limit;
    }
    let took = start.elapsed();
    // It is not reaped yet, so that the number of its group cannot be another's.
    let _ = killpg(Pid::from_raw(child.pid() as i32), Signal::SIGKILL);
    let exit = child.join()?;
    // Nobody is left to write, unless it has left the group: what is in the pipes is all.
    while outputs.iter().any(|output| output.open.is_some()) && start.elapsed() < limit + DRAIN {
        read_some(&mut outputs).map_err(Error::Read)?;
    }
    let mut texts = outputs.into_iter().map(|output| output.text);
    Ok(Ended {
        exit: in_time.then_some(exit),
        stdout: texts.next().unwrap_or_default(),
        stderr: texts.next().unwrap_or_default(),
        took,
    })
}

/// One pipe, and what came out of it.
struct Output {
    open: Option<File>,
    text: Vec<u8>,
}

impl Output {
    fn new(pipe: OwnedFd) -> Self {
        Self {
            open: Some(pipe.into()),
            text: Vec::new(),
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.open else {
            return Ok(());
        };
        let mut buffer = [0; 16 * 1024];
        match file.read(&mut buffer) {
            Ok(0) => self.open = None,
            Ok(n) => self.text.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Waits a moment for either pipe, and reads what there is.
fn read_some(outputs: &mut [Output]) -> io::Result<()> {
    let mut open: Vec<&mut Output> = (outputs.iter_mut())
        .filter(|output| output.open.is_some())
        .collect();
    let mut fds: Vec<PollFd> = (open.iter())
        .filter_map(|output| output.open.as_ref())
        .map(|file| PollFd::new(file.as_fd(), PollFlags::POLLIN))
        .collect();
    match poll(&mut fds, LOOK) {
        Err(Errno::EINTR) => return Ok(()),
        result => result?,
    };
    let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(true)).collect();
    drop(fds);
    (open.iter_mut().zip(ready))
        .filter(|(_, ready)| *ready)
        .try_for_each(|(output, _)| output.read())
}

/// Where a traceback names the exception.
pub(super) fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    match text.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => shortened(line.trim().as_bytes()),
        None => "nothing on stderr".to_owned(),
    }
}
