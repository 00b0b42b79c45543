//! Tests of the course from outside, and what they share: a model of a notebook and the rules it must keep,
//! a notebook's cells as a program, all of it as one, and clients that a server must survive.

pub mod cargo;
pub mod cell;
pub mod code;
pub mod content;
pub mod files;
pub mod format;
pub mod markdown;
pub mod notebook;
mod random;
pub mod ratios;
pub mod rude;
pub mod rules;
pub mod slides;
pub mod translations;

pub use notebook::{Cell, Notebook, Output};
pub use random::random;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use support::chapter::CHAPTERS;

/// So many milliseconds.
pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What is to happen soon happens within this time even on a busy machine: whatever takes longer hangs.
pub const SOON: Duration = Duration::from_secs(10);

/// The chapter that reads the verdicts of the others.
pub const OVERVIEW: &str = CHAPTERS[CHAPTERS.len() - 1];

/// Gives the file this date: what was only copied or reworded is as old as what it came from.
///
/// # Errors
/// When the file cannot be opened for writing.
pub fn set_date(file: &Path, date: SystemTime) -> io::Result<()> {
    let file = fs::File::options().write(true).open(file)?;
    file.set_modified(date)
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// The notebooks of a folder, sorted.
///
/// # Errors
/// When the folder cannot be read.
pub fn notebooks(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "ipynb"));
    paths.sort();
    Ok(paths)
}
