use std::fmt;
use std::ops::Deref;

use super::map::{Mapped, Tenant};
use super::{Atomic, Error};

/// An atomic, or an array of them, that processes share; it starts as 0.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use support::ipc::SharedAtomic;
/// use support::process::Process;
///
/// let eaten = SharedAtomic::<[AtomicU64; 2]>::new()?;
/// Process::start(|| _ = eaten[1].fetch_add(3, Ordering::Relaxed))?.join()?;
/// assert_eq!(eaten[1].load(Ordering::Relaxed), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SharedAtomic<A: Atomic>(Mapped<Bare<A>>);

#[repr(transparent)]
struct Bare<A>(A);

impl<A: Atomic> Tenant for Bare<A> {}

impl<A: Atomic> SharedAtomic<A> {
    /// A new one, 0.
    ///
    /// # Errors
    ///
    /// [`Error::Map`] if the system gives no memory.
    pub fn new() -> Result<SharedAtomic<A>, Error> {
        Mapped::new(|_| Ok(())).map(SharedAtomic)
    }
}

impl<A: Atomic> Deref for SharedAtomic<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0.0
    }
}

impl<A: Atomic> Clone for SharedAtomic<A> {
    fn clone(&self) -> Self {
        SharedAtomic(self.0.clone())
    }
}

impl<A: Atomic + fmt::Debug> fmt::Debug for SharedAtomic<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
