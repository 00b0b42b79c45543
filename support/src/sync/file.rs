//! A file that is never seen half written.

use std::path::Path;
use std::{fs, io, process};

/// Gives a file new content, whole or not at all: whoever reads it, and whoever is killed meanwhile.
///
/// The content goes to a new file beside it (the same name, with the process id and `.new` at the end), which then takes its
/// name: `rename(2)` replaces a name in one step. A process killed before that leaves the other file behind and this one as it was. Two
/// writers do not mix, but the later one wins: put a lock around reading, changing and replacing. Lock *another* file for that,
/// as this one is a different file after each replacement. Nothing is synced: a power cut may undo it.
///
/// # Errors
///
/// If the new file cannot be written, or the old one not replaced.
///
/// ```
/// use support::sync::replace_file;
///
/// let path = std::env::temp_dir().join(format!("tickets-{}", std::process::id()));
/// replace_file(&path, r#"{"ticket_num": 1}"#)?;
/// replace_file(&path, r#"{"ticket_num": 0}"#)?;
/// assert_eq!(std::fs::read_to_string(&path)?, r#"{"ticket_num": 0}"#);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn replace_file(path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> io::Result<()> {
    let path = path.as_ref();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", process::id()));
    fs::write(&name, content)?;
    fs::rename(&name, path)
}
