//! CPython beside us: a small program of our own, run by the interpreter that runs Jupyter.
//!
//! What the notes say of Python is measured in Python, in the same run. [`Python::find`] looks for an interpreter, in
//! this order, and takes the first that starts:
//!
//! 1. the one that `COURSE_PYTHON` names; if it is set, nothing else is tried;
//! 2. the one that runs Jupyter: the nearest ancestor of this process whose program is called `python…`;
//! 3. `bin/python3` in the folder that `VIRTUAL_ENV` names;
//! 4. `python3` on the `PATH`.
//!
//! Where there is none, [`run_or_reference`] falls back on the measurements in `data/python.toml` and says so.
//!
//! ```
//! use std::time::Duration;
//! use support::measure::python::Python;
//!
//! match Python::find() {
//!     Ok(python) => {
//!         let sum: u32 = python.run("print(sum(range(5)))", &[], Duration::from_secs(10))?;
//!         assert_eq!(sum, 10);
//!     }
//!     Err(error) => println!("{error}"),
//! }
//! # Ok::<(), support::measure::python::Error>(())
//! ```

mod find;
mod program;
mod reference;
mod run;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;

pub use program::{End, Program, Ran, python};
pub use reference::{Answer, run_or_reference};

use super::SecondError;
use crate::process;

/// A Python interpreter that has been found to start.
#[derive(Debug, Clone)]
pub struct Python {
    program: PathBuf,
    version: String,
    gil: bool,
}

impl Python {
    /// Looks for the interpreter, in the order that the [module](self) gives.
    ///
    /// # Errors
    /// [`Error::Absent`] if none starts, with all that was tried.
    pub fn find() -> Result<Self, Error> {
        find::find()
    }

    /// A second interpreter, of a free-threaded build (PEP 703): the one that `COURSE_PYTHON_FT` names, or the newest of `python3.15t`
    /// to `python3.13t` on the `PATH`.
    ///
    /// # Errors
    /// [`Error::Absent`] if none starts, or what starts has a GIL.
    pub fn free_threaded() -> Result<Self, Error> {
        find::free_threaded()
    }

    /// The interpreter's path, or the name by which the `PATH` knows it.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Implementation and version, such as "CPython 3.11.7".
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether one lock lets one thread at a time run bytecode: true but for free-threaded builds (PEP 703).
    pub fn has_gil(&self) -> bool {
        self.gil
    }

    /// Runs a program and reads the JSON that it printed, which must be all of its output.
    ///
    /// The interpreter is isolated (`-I`): neither `PYTHON…` variables nor the user's packages change it. `args` are in
    /// `sys.argv[1:]`. After `limit` it is killed; whatever it started is killed with it, or when it ends by itself.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Failed`] with the end of its stderr, [`Error::NotJson`] with what it printed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use support::measure::python::{Error, Python};
    /// # let Ok(python) = Python::find() else { return Ok(()) };
    /// let error = python.run::<u32>("1 / 0", &[], Duration::from_secs(10)).unwrap_err();
    /// assert!(error.to_string().contains("ZeroDivisionError"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn run<T: DeserializeOwned>(
        &self,
        program: &str,
        args: &[&str],
        limit: Duration,
    ) -> Result<T, Error> {
        let printed = run::run(&self.program, program, args, limit)?;
        serde_json::from_slice(&printed).map_err(|source| Error::NotJson {
            printed: shortened(&printed),
            source,
        })
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.version, self.program.display())
    }
}

/// Why there is no answer from Python.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No interpreter was found that starts.
    #[error(
        "no Python was found: {}. Install Python 3, or name an interpreter in COURSE_PYTHON",
        tried.join("; ")
    )]
    Absent {
        /// What was tried, and why it would not do.
        tried: Vec<String>,
    },
    /// The interpreter could not be started, or not be waited for.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// The program is to be told how long a course second is, and the environment holds something else.
    #[error(transparent)]
    Second(#[from] SecondError),
    /// What the program printed could not be read.
    #[error("cannot read what Python prints: {0}")]
    Read(#[source] std::io::Error),
    /// The program ran for too long and was killed.
    #[error("the Python program was killed after {limit:?}: give it less to do, or more time")]
    TimedOut {
        /// The time it had.
        limit: Duration,
    },
    /// The program ended with an error.
    #[error("the Python program failed with {exit}: {stderr}")]
    Failed {
        /// How it ended.
        exit: process::Exit,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
    /// What the program printed is not the JSON that was asked for.
    #[error(
        "the Python program must print one JSON value and nothing else, but printed {printed:?}: {source}"
    )]
    NotJson {
        /// The beginning of what it printed.
        printed: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// `data/python.toml` has no such measurement, or not in this form.
    #[error("data/python.toml has no usable measurement `{name}`: {problem}")]
    Reference {
        /// The name asked for.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

/// The beginning of an output, for a message.
fn shortened(bytes: &[u8]) -> String {
    const MOST: usize = 200;
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
