use std::fmt;
use std::io::{self, PipeReader, PipeWriter};
use std::sync::{Mutex, PoisonError};

use super::Error;

/// A pipe from one process to another, closed when its ends are dropped.
///
/// A forked child has copies of both ends, and whoever reads gets no end-of-file while anybody has the end for writing. So each
/// process takes one end, which closes the other one in that process.
///
/// ```
/// use std::io::{Read as _, Write as _, read_to_string};
/// use support::ipc::Pipe;
/// use support::process::Process;
///
/// let pipe = Pipe::new()?;
/// let mut child = Process::start(|| pipe.writer()?.write_all(b"hello").map_err(Box::<dyn std::error::Error>::from))?;
/// assert_eq!(read_to_string(pipe.reader()?)?, "hello");
/// child.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pipe(Mutex<Option<(PipeReader, PipeWriter)>>);

impl Pipe {
    /// A new pipe.
    ///
    /// # Errors
    ///
    /// [`Error::System`], such as when too many files are open.
    pub fn new() -> Result<Pipe, Error> {
        let ends = io::pipe().map_err(|source| Error::System {
            what: "make a pipe",
            source,
        })?;
        Ok(Pipe(Mutex::new(Some(ends))))
    }

    /// Takes the end for reading and closes the other one, in this process.
    ///
    /// # Errors
    ///
    /// [`Error::PipeTaken`] if this process has taken an end before.
    pub fn reader(&self) -> Result<PipeReader, Error> {
        self.take().map(|(reader, _)| reader)
    }

    /// Takes the end for writing and closes the other one, in this process.
    ///
    /// # Errors
    ///
    /// As [`reader`](Self::reader).
    pub fn writer(&self) -> Result<PipeWriter, Error> {
        self.take().map(|(_, writer)| writer)
    }

    fn take(&self) -> Result<(PipeReader, PipeWriter), Error> {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.take().ok_or(Error::PipeTaken)
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}
