//! How ready a thread is to leave the core to others: `getpriority(2)`, `setpriority(2)`.

use nix::errno::Errno;
use nix::libc;

use super::Error;

/// The niceness of the calling thread, -20 (is served first) to 19. Of the process where the system keeps none for threads,
/// which is everywhere but on Linux.
///
/// # Errors
///
/// [`Error::Nice`] if the system does not tell.
pub fn nice() -> Result<i32, Error> {
    // -1 is a niceness too, so only errno tells.
    Errno::clear();
    // SAFETY: two numbers; 0 means the caller.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS as _, 0) };
    match Errno::last_raw() {
        0 => Ok(nice),
        raw => Err(Error::Nice(Errno::from_raw(raw).into())),
    }
}

/// Sets the niceness of the calling thread, and of the threads and processes it starts from now on; of the whole process
/// where the system keeps none for threads.
///
/// # Errors
///
/// [`Error::SetNice`] if it is not from -20 to 19, or if it is lower than now and the process has not the right to lower it
/// (`CAP_SYS_NICE` on Linux, root elsewhere).
///
/// ```
/// use support::process::{nice, set_nice};
///
/// set_nice(nice()?.max(5))?;
/// assert!(nice()? >= 5);
/// assert!(set_nice(20).is_err());
/// # Ok::<(), support::process::Error>(())
/// ```
pub fn set_nice(nice: i32) -> Result<(), Error> {
    // The system would take the nearest it has.
    let done = if (-20..20).contains(&nice) {
        // SAFETY: three numbers; 0 means the caller.
        Errno::result(unsafe { libc::setpriority(libc::PRIO_PROCESS as _, 0, nice) })
    } else {
        Err(Errno::EINVAL)
    };
    done.map(drop).map_err(|errno| Error::SetNice {
        nice,
        source: errno.into(),
    })
}
