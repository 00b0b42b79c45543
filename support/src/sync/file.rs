//! A file that is never seen half written.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Gives a file new content, whole or not at all: whoever reads it, and whoever is killed meanwhile.
///
/// The content goes to a new file in the same folder, named at random for this call alone, which then takes the file's name:
/// `rename(2)` replaces a name in one step. The permissions stay; a file that was not there gets the usual ones. After an error
/// or a panic nothing is left over; a process *killed* meanwhile leaves the other file (`.replace-…`) behind, and this one as
/// it was. Two writers, threads or processes, do not mix, but the later one wins: put a lock around reading, changing and
/// replacing. Lock *another* file for that, as this one is a different file after each replacement. Nothing is synced: a power
/// cut may undo it.
///
/// # Errors
///
/// If the new file cannot be written, or the old one not replaced; it names the file.
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
    replace(path, content.as_ref()).map_err(|why| {
        io::Error::new(
            why.kind(),
            format!("cannot replace {}: {why}", path.display()),
        )
    })
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut new = tempfile::Builder::new()
        .prefix(".replace-")
        // As any new file has them: the umask takes its share.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    new.write_all(content)?;
    if let Ok(old) = fs::metadata(path) {
        new.as_file().set_permissions(old.permissions())?;
    }
    new.persist(path)?;
    Ok(())
}
