//! The limit of open files: `getrlimit(2)`, `RLIMIT_NOFILE`.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::Error;

/// Lets this process have at least `needed` files open, connections included.
///
/// # Errors
/// [`Error::OpenFiles`] if the hard limit is lower: only root can raise that. [`Error::Limit`] if the system refuses.
///
/// ```
/// support::net::allow_open_files(256)?;
/// # Ok::<(), support::net::Error>(())
/// ```
pub fn allow_open_files(needed: u64) -> Result<(), Error> {
    check(needed)?;
    let (soft, hard) = limits()?;
    if soft < needed {
        setrlimit(Resource::RLIMIT_NOFILE, needed, hard).map_err(|e| Error::Limit(e.into()))?;
    }
    Ok(())
}

/// Raises this process's limit of open files for so many connections, or for as many as the system lets it, and says how many those
/// are: a smaller experiment is better than none. A hundred files are kept for what else is open.
///
/// # Errors
/// [`Error::Limit`] if the system refuses; [`Error::OpenFiles`] if there is no room for one.
///
/// ```
/// let crowd = support::net::allow_connections(1_000)?;
/// assert!((1..=1_000).contains(&crowd));
/// # Ok::<(), support::net::Error>(())
/// ```
pub fn allow_connections(wanted: usize) -> Result<usize, Error> {
    let (_, hard) = limits()?;
    let room = usize::try_from(hard.saturating_sub(SPARE)).unwrap_or(usize::MAX);
    let connections = wanted.min(room.max(1));
    allow_open_files(connections as u64 + SPARE)?;
    Ok(connections)
}

const SPARE: u64 = 100;

/// Whether the limit could be raised so far.
pub(super) fn check(needed: u64) -> Result<(), Error> {
    match limits()? {
        (_, most) if most < needed => Err(Error::OpenFiles { needed, most }),
        _ => Ok(()),
    }
}

fn limits() -> Result<(u64, u64), Error> {
    getrlimit(Resource::RLIMIT_NOFILE).map_err(|e| Error::Limit(e.into()))
}
