//! A child that runs a closure.

use std::io::{self, Write as _};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use nix::libc;
use nix::unistd::{ForkResult, Pid, fork};

use super::bond::Bond;
use super::{Error, Outcome, handover};

/// The code of a process that panicked, as `std` has it.
const PANICKED: i32 = 101;

/// Forks a child that runs `work` and never comes back.
pub(super) fn start<R: Outcome>(
    name: &str,
    limit: Option<Duration>,
    work: impl FnOnce() -> R,
) -> Result<Pid, Error> {
    // Held across the fork: another thread that prints at that moment would leave them locked in the child for ever.
    let mut out = io::stdout().lock();
    let err = io::stderr().lock();
    // What is left in the buffer would be printed twice. If it cannot be written, nobody reads it.
    let _ = out.flush();
    // Last, so that nobody waits for the output with the lifeline locked.
    let bond = Bond::prepare(limit).map_err(|source| Error::Bind {
        name: name.to_owned(),
        source,
    })?;
    // SAFETY: the child has this thread only; the locks that `std` and this crate need there are held by it, glibc keeps
    // its allocator usable, and what else `work` may touch is the documented business of the caller.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => {
            drop((bond, err, out));
            handover::drop_for(child.as_raw() as u32, work);
            Ok(child)
        }
        Ok(ForkResult::Child) => {
            drop(err);
            drop(out);
            run(bond, work)
        }
        Err(errno) => Err(Error::Fork {
            name: name.to_owned(),
            source: errno.into(),
        }),
    }
}

/// Has the system show this process under a name; without one it stays the program's.
#[cfg(target_os = "linux")]
pub(super) fn show_as(name: &str) {
    // The kernel would cut a longer one in the middle of a character.
    let end = (0..=name.len().min(15))
        .rev()
        .find(|&end| name.is_char_boundary(end));
    if let Ok(name) = std::ffi::CString::new(&name[..end.unwrap_or(0)]) {
        let _ = nix::sys::prctl::set_name(&name);
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn show_as(_name: &str) {}

fn run<R: Outcome>(bond: Bond, work: impl FnOnce() -> R) -> ! {
    let code = contain(|| match bond.tie() {
        Ok(()) => work().code(),
        Err(error) => Err::<(), _>(format!("cannot bind to the parent's life: {error}")).code(),
    });
    contain(|| {
        let _ = io::stdout().flush();
        0
    });
    // SAFETY: ends the process; nothing runs after it.
    unsafe { libc::_exit(code) }
}

/// A panic that got out would carry on in the copy of the parent's stack.
fn contain(work: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        // Dropping it could panic again.
        mem::forget(payload);
        PANICKED
    })
}
