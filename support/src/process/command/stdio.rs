use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::net::TcpStream;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{ChildStderr, ChildStdin, ChildStdout};

/// Where a standard stream of a command leads: one of these, or any file, pipe or socket by `into`.
///
/// ```
/// use support::process::{Command, Stdio};
///
/// let mut echo = Command::new("echo").arg("b\na").stdout(Stdio::piped()).spawn()?;
/// let sorted = Command::new("sort").stdin(echo.stdout.take().unwrap()).output()?;
/// assert_eq!(sorted.stdout, b"a\nb\n");
/// echo.join()?;
/// # Ok::<(), support::process::Error>(())
/// ```
#[derive(Debug)]
pub struct Stdio(pub(super) Kind);

#[derive(Debug)]
pub(super) enum Kind {
    Inherit,
    Null,
    Piped,
    Fd(OwnedFd),
}

impl Stdio {
    /// This process's stream.
    pub fn inherit() -> Stdio {
        Stdio(Kind::Inherit)
    }

    /// `/dev/null`: nothing is read, and what is written is gone.
    pub fn null() -> Stdio {
        Stdio(Kind::Null)
    }

    /// A pipe, whose other end is in the [`Process`](crate::process::Process).
    pub fn piped() -> Stdio {
        Stdio(Kind::Piped)
    }
}

macro_rules! from {
    ($($what:ty),*) => {$(
        impl From<$what> for Stdio {
            fn from(what: $what) -> Stdio {
                Stdio(Kind::Fd(what.into()))
            }
        }
    )*};
}
from!(
    OwnedFd,
    File,
    PipeReader,
    PipeWriter,
    ChildStdin,
    ChildStdout,
    ChildStderr,
    TcpStream,
    UnixStream
);

/// The child's side of a stream.
#[derive(Debug)]
pub(super) enum Source<'a> {
    Inherit,
    Null,
    Given(BorrowedFd<'a>),
    Made(OwnedFd),
}

/// The child's sides, and the ends that this process keeps. All are closed on exec.
pub(super) fn open(
    stdio: &[Option<Stdio>; 3],
    stdin_inherited: bool,
) -> io::Result<([Source<'_>; 3], [Option<OwnedFd>; 3])> {
    let mut ends = [None, None, None];
    let mut sources = [Source::Null, Source::Null, Source::Null];
    for (stream, stdio) in stdio.iter().enumerate() {
        sources[stream] = match stdio.as_ref().map(|stdio| &stdio.0) {
            None if stream == 0 && !stdin_inherited => Source::Null,
            None | Some(Kind::Inherit) => Source::Inherit,
            Some(Kind::Null) => Source::Null,
            Some(Kind::Fd(fd)) => Source::Given(fd.as_fd()),
            Some(Kind::Piped) => {
                let (read, write) = io::pipe()?;
                let (ours, theirs): (OwnedFd, OwnedFd) = match stream {
                    0 => (write.into(), read.into()),
                    _ => (read.into(), write.into()),
                };
                ends[stream] = Some(ours);
                Source::Made(theirs)
            }
        };
    }
    Ok((sources, ends))
}
