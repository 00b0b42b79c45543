//! Who adopts orphans: `PR_SET_CHILD_SUBREAPER` in `prctl(2)`. Linux only.

use nix::errno::Errno;
use nix::sys::prctl::{get_child_subreaper, set_child_subreaper};

use super::Error;

/// Makes this process the parent of its descendants that lose theirs, as long as the guard lives. Linux only.
///
/// Without one, orphans go to the first process of the machine, or to a subreaper further up. An adopted orphan is a child like
/// any other: it becomes a zombie when it ends, until [`Process::adopt`](super::Process::adopt) takes and joins it.
///
/// ```
/// use std::time::Duration;
/// use support::process::inspect::Snapshot;
/// use support::process::{Exit, Process, become_subreaper};
///
/// let subreaper = become_subreaper()?;
/// let mut parent = Process::start(|| {
///     let bounded = Process::builder().outlive_parent(Duration::from_secs(5));
///     bounded.start(|| 7)?.detach().map(drop)
/// })?;
/// parent.join()?;
/// let orphan = Snapshot::take()?.children_of(std::process::id())[0].pid;
/// assert_eq!(Process::adopt(orphan)?.join()?, Exit::Code(7));
/// # Ok::<(), support::process::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Subreaper`] if the system refuses.
pub fn become_subreaper() -> Result<Subreaper, Error> {
    let failed = |errno: Errno| Error::Subreaper(errno.into());
    let before = get_child_subreaper().map_err(failed)?;
    set_child_subreaper(true).map_err(failed)?;
    Ok(Subreaper { before })
}

/// While it lives this process adopts its orphaned descendants; made by [`become_subreaper`]. Those adopted stay.
#[derive(Debug)]
#[must_use = "dropping it ends the adoption at once"]
pub struct Subreaper {
    before: bool,
}

impl Drop for Subreaper {
    fn drop(&mut self) {
        // In a copy that a fork made there is nothing to end, and this changes nothing.
        if !self.before {
            let _ = set_child_subreaper(false);
        }
    }
}
