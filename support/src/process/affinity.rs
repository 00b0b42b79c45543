//! Which cores a thread may use: `sched_setaffinity(2)`. Linux only.

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use super::Error;

/// Pid 0 means the calling thread.
const THIS_THREAD: Pid = Pid::from_raw(0);

/// Keeps the calling thread, and the threads and processes it starts from now on, on one core. Linux only.
///
/// # Errors
///
/// [`Error::CoreNotAllowed`] lists the cores that may be used.
///
/// ```
/// use support::process::{allowed_cores, pin_to_core};
///
/// let first = allowed_cores()?[0];
/// pin_to_core(first)?;
/// assert_eq!(allowed_cores()?, [first]);
/// assert!(pin_to_core(100_000).is_err());
/// # Ok::<(), support::process::Error>(())
/// ```
pub fn pin_to_core(core: usize) -> Result<(), Error> {
    let mut set = CpuSet::new();
    // The set is too small for a core that cannot exist; the system refuses one that we may not use.
    match set
        .set(core)
        .and_then(|()| sched_setaffinity(THIS_THREAD, &set))
    {
        Err(Errno::EINVAL) => Err(Error::CoreNotAllowed {
            core,
            allowed: allowed_cores()?,
        }),
        result => result.map_err(failed),
    }
}

/// The numbers of the cores that the calling thread may use, ascending. Linux only.
///
/// # Errors
///
/// [`Error::Affinity`] if the system does not tell, as on a machine with more than 1,024 cores.
pub fn allowed_cores() -> Result<Vec<usize>, Error> {
    let set = sched_getaffinity(THIS_THREAD).map_err(failed)?;
    Ok((0..CpuSet::count())
        .filter(|&core| set.is_set(core) == Ok(true))
        .collect())
}

fn failed(errno: Errno) -> Error {
    Error::Affinity(errno.into())
}
