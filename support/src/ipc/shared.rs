use std::cell::UnsafeCell;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::*};

use super::map::{Mapped, Tenant};
use super::robust::{Locked, RobustMutex};
use super::{Error, Plain};

/// A plain value that processes share. It is never seen half written, even if a writer is killed. Linux only.
///
/// ```
/// use support::ipc::Shared;
/// use support::process::Process;
///
/// let money = Shared::new(100)?;
/// Process::start(|| money.set(666))?.join()?;
/// assert_eq!(money.get()?, 666);
/// money.update(|money| money - 66)?;
/// assert_eq!(money.get()?, 600);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Shared<T: Plain>(Mapped<Cell<T>>);

/// Two copies. A write goes to the one that is not valid, and then one store makes it the valid one.
#[repr(C)]
struct Cell<T> {
    lock: RobustMutex,
    valid: AtomicU32,
    copies: [UnsafeCell<T>; 2],
}

// SAFETY: the copies are reached under the lock only.
unsafe impl<T: Plain> Sync for Cell<T> {}

impl<T: Plain> Tenant for Cell<T> {}

impl<T: Plain> Shared<T> {
    /// A new shared value.
    ///
    /// # Errors
    ///
    /// [`Error::Map`] if the system gives no memory.
    pub fn new(value: T) -> Result<Shared<T>, Error> {
        Mapped::new(|place: *mut Cell<T>| -> io::Result<()> {
            // SAFETY: the mapping is large enough and stays where it is.
            unsafe {
                let copies = [UnsafeCell::new(value), UnsafeCell::new(value)];
                (&raw mut (*place).copies).write(copies);
                RobustMutex::init(&raw mut (*place).lock)
            }
        })
        .map(Shared)
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// [`Error::Deadlock`] from within [`update`](Self::update).
    pub fn get(&self) -> Result<T, Error> {
        let _locked = self.lock()?;
        Ok(self.read())
    }

    /// Replaces the value.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn set(&self, value: T) -> Result<(), Error> {
        self.update(|_| value).map(drop)
    }

    /// Replaces the value by what `change` makes of it, while nobody else can, and returns the new one.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn update(&self, change: impl FnOnce(T) -> T) -> Result<T, Error> {
        let _locked = self.lock()?;
        let value = change(self.read());
        let next = self.0.valid.load(Relaxed) ^ 1;
        // SAFETY: locked.
        unsafe { self.0.copies[next as usize & 1].get().write(value) };
        self.0.valid.store(next, Release);
        Ok(value)
    }

    fn read(&self) -> T {
        let valid = self.0.valid.load(Relaxed) as usize & 1;
        // SAFETY: locked by the caller.
        unsafe { self.0.copies[valid].get().read() }
    }

    fn lock(&self) -> Result<Locked<'_>, Error> {
        self.0.lock.lock_endlessly()
    }
}

impl<T: Plain> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
