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
