//! The beginning of a chapter: its first cell says what is in the way, before anything is measured.

use std::io::{self, Write as _};
use std::path::Path;
use std::{env, panic, thread};

use thiserror::Error;

use crate::measure::{SecondError, course_second};
use crate::process::panics::in_words;

/// The chapters by their notebooks.
pub const CHAPTERS: [&str; 9] = [
    "01-theory",
    "02-processes",
    "03-ipc",
    "04-threads",
    "05-locks",
    "06-pools",
    "07-coroutines",
    "08-io-models",
    "09-verdicts",
];

/// Variables by which cargo compiles the kernel's cells without increments.
const INCREMENTAL: [&str; 3] = [
    "CARGO_INCREMENTAL",
    "CARGO_BUILD_INCREMENTAL",
    "CARGO_PROFILE_DEV_INCREMENTAL",
];

/// Where Jupyter's server says which notebook a kernel is for.
const SESSION: &str = "JPY_SESSION_NAME";

/// What is in the way of a chapter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// `COURSE_SECOND_MS` holds no course second.
    #[error(
        "{0}. Start Jupyter with it mended or unset, and run the chapter again from its first cell."
    )]
    Second(#[from] SecondError),
    /// The environment has cargo compile cells in a way that the kernel's cache does not know from another.
    #[error(
        "{variable} is {value:?}: with it the kernel's cache can hand a cell the code of another. \
         Run `:clear_cache` in a cell, start Jupyter without the variable (or by `make lab`, which keeps it out), \
         and run the chapter again from its first cell."
    )]
    Incremental {
        /// The environment variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// The cell that ran is another notebook's.
    #[error(
        "this notebook is {notebook}, and its cell ran the code of {chapter}: the kernel's cache is mixed up. \
         Run `:clear_cache` in a cell, restart the kernel, and run the chapter again from its first cell."
    )]
    Mixed {
        /// The notebook that Jupyter shows.
        notebook: String,
        /// The chapter whose code ran.
        chapter: String,
    },
}

/// To be called by the first cell of a chapter, with the name of its notebook, such as `01-theory`.
///
/// From then on a panic in a cell of the kernel is told without the kernel's own frames (`RUST_BACKTRACE=full` keeps them), and ends with
/// a line that says how to go on.
///
/// # Errors
/// [`Error`](enum@Error) when a setting is wrong or the kernel's cache is not to be trusted; each says what to do.
///
/// ```
/// support::chapter::begin("01-theory")?;
/// # Ok::<(), support::chapter::Error>(())
/// ```
pub fn begin(chapter: &str) -> Result<(), Error> {
    may_begin(chapter, |variable| {
        Some(env::var_os(variable)?.to_string_lossy().into_owned())
    })?;
    // Elsewhere panics are told as ever.
    if env::var_os("EVCXR_IS_RUNTIME").is_some() {
        tell_panics_of_cells();
    }
    Ok(())
}

fn may_begin(chapter: &str, variable: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
    for name in INCREMENTAL {
        if let Some(value) = variable(name)
            && ["0", "false"].contains(&value.as_str())
        {
            return Err(Error::Incremental {
                variable: name,
                value,
            });
        }
    }
    let session = variable(SESSION).unwrap_or_default();
    let stem = Path::new(&session).file_stem().unwrap_or_default();
    // A copy may have any name, but not that of another chapter.
    if let Some(notebook) = CHAPTERS.iter().find(|name| stem == **name)
        && *notebook != chapter
    {
        return Err(Error::Mixed {
            notebook: (*notebook).to_owned(),
            chapter: chapter.to_owned(),
        });
    }
    course_second()?;
    Ok(())
}

fn tell_panics_of_cells() {
    if env::var_os("RUST_BACKTRACE").is_some_and(|value| value == "full") {
        return;
    }
    let kernel = std::process::id();
    let cells = thread::current().id();
    panic::set_hook(Box::new(move |info| {
        let mut text = in_words(info);
        if thread::current().id() == cells && std::process::id() == kernel {
            text += "The cell stopped here, and what it was to define is missing now. Mend it and run it again, then those below.\n";
        }
        // Nobody is left to tell if this fails.
        let _ = io::stderr().write_all(text.as_bytes());
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variable: &'static str, value: &'static str) -> Result<(), Error> {
        may_begin("02-processes", |name| {
            (name == variable).then(|| value.to_owned())
        })
    }

    #[test]
    fn nothing_is_in_the_way_of_a_chapter_in_its_own_notebook_or_a_copy() {
        for session in [
            "02-processes.ipynb",
            "notebooks/02-processes.ipynb",
            "mine.ipynb",
            "01-theory-Copy1.ipynb",
            "",
        ] {
            assert_eq!(with(SESSION, session), Ok(()), "{session}");
        }
    }

    #[test]
    fn code_of_another_chapter_is_refused_with_what_to_do() {
        let message = with(SESSION, "a folder/03-ipc.ipynb")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("03-ipc")
                && message.contains("02-processes")
                && message.contains(":clear_cache"),
            "{message}"
        );
    }

    #[test]
    fn cells_compiled_without_increments_are_refused() {
        for variable in INCREMENTAL {
            let message = with(variable, "0").unwrap_err().to_string();
            assert!(
                message.contains(variable) && message.contains(":clear_cache"),
                "{message}"
            );
            assert_eq!(with(variable, "1"), Ok(()));
        }
        assert!(with("CARGO_PROFILE_DEV_INCREMENTAL", "false").is_err());
    }

    #[test]
    fn the_chapters_are_those_of_the_course() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks");
        for chapter in CHAPTERS {
            assert!(
                folder.join(chapter).with_extension("ipynb").exists(),
                "{chapter}"
            );
        }
    }
}
