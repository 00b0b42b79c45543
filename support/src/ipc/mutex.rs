use std::cell::UnsafeCell;
use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::time::Duration;

use super::limit::Limit;
use super::map::{Mapped, Tenant};
use super::robust::{Locked, RobustMutex};
use super::who::pid;
use super::{Error, Plain};

/// A value between processes that one at a time may use. Linux only.
///
/// Make it before the processes that are to share it. A forked child has the same lock in its copy of the handle, and clones are
/// the same lock too, so it also works between threads.
///
/// If the holder dies, the next one gets the lock and [is told](Guard::previous_owner_died). A panic unlocks and does not poison.
///
/// ```
/// use support::ipc::Mutex;
/// use support::process::Process;
///
/// let money = Mutex::new(100)?;
/// let mut child = Process::start(|| {
///     let mut guard = money.lock()?;
///     *guard = 666;
///     std::process::abort(); // dies with the lock
///     #[allow(unreachable_code)]
///     Ok::<(), support::ipc::Error>(())
/// })?;
/// child.join()?;
/// let guard = money.lock()?;
/// assert_eq!(*guard, 666);
/// assert!(guard.previous_owner_died());
/// assert_eq!(guard.previous_owner(), Some(child.pid()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mutex<T: Plain> {
    shared: Mapped<Shared<T>>,
}

#[repr(C)]
struct Shared<T> {
    lock: RobustMutex,
    /// The holder, or 0.
    owner: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached under the lock only.
unsafe impl<T: Plain> Sync for Shared<T> {}

impl<T: Plain> Tenant for Shared<T> {
    /// A guard that was forgotten leaves the lock in the list that glibc keeps of the locks that a thread holds.
    fn stays(&self) -> bool {
        self.owner.load(Relaxed) == pid()
    }
}

impl<T: Plain> Mutex<T> {
    /// A new lock around a value.
    ///
    /// # Errors
    ///
    /// [`Error::Map`] if the system gives no memory.
    pub fn new(value: T) -> Result<Mutex<T>, Error> {
        let shared = Mapped::new(|place: *mut Shared<T>| -> io::Result<()> {
            // SAFETY: the mapping is large enough and stays where it is.
            unsafe {
                (&raw mut (*place).value).write(UnsafeCell::new(value));
                RobustMutex::init(&raw mut (*place).lock)
            }
        })?;
        Ok(Mutex { shared })
    }

    /// Waits for the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Deadlock`] if this thread holds it.
    #[inline]
    pub fn lock(&self) -> Result<Guard<'_, T>, Error> {
        self.acquire(Limit::NO_LIMIT)
    }

    /// Takes the lock if it is free now.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if another holds it, [`Error::Deadlock`] if this thread does.
    pub fn try_lock(&self) -> Result<Guard<'_, T>, Error> {
        self.acquire(Limit::NEVER_WAIT)
    }

    /// Waits for the lock, but not longer.
    ///
    /// # Errors
    ///
    /// As [`try_lock`](Self::try_lock).
    pub fn lock_timeout(&self, timeout: Duration) -> Result<Guard<'_, T>, Error> {
        self.acquire(Limit::after(timeout))
    }

    #[inline]
    fn acquire(&self, mut limit: Limit) -> Result<Guard<'_, T>, Error> {
        let shared = &*self.shared;
        let Some(locked) = shared.lock.lock(&mut limit)? else {
            return Err(Error::timed_out("the lock", &limit));
        };
        let mut dead_owner = 0;
        if locked.owner_died {
            dead_owner = shared.owner.load(Relaxed);
            locked.recover();
        }
        shared.owner.store(pid(), Relaxed);
        Ok(Guard {
            shared,
            dead_owner,
            locked,
        })
    }
}

impl<T: Plain> Clone for Mutex<T> {
    fn clone(&self) -> Self {
        Mutex {
            shared: self.shared.clone(),
        }
    }
}

impl<T: Plain> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// The lock, held until this is dropped. A copy of it in a forked child holds nothing.
#[must_use = "dropping the guard unlocks"]
pub struct Guard<'a, T: Plain> {
    shared: &'a Shared<T>,
    dead_owner: u32,
    locked: Locked<'a>,
}

impl<T: Plain> Guard<'_, T> {
    /// Whether the process that held the lock before died with it. The value may be half changed then.
    pub fn previous_owner_died(&self) -> bool {
        self.locked.owner_died
    }

    /// The process that died with the lock, if one did. Unknown, in rare cases, if it died at once after locking.
    pub fn previous_owner(&self) -> Option<u32> {
        Some(self.dead_owner).filter(|&pid| pid != 0)
    }
}

impl<T: Plain> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: locked.
        unsafe { &*self.shared.value.get() }
    }
}

impl<T: Plain> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: locked.
        unsafe { &mut *self.shared.value.get() }
    }
}

impl<T: Plain + fmt::Debug> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Plain> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.shared.owner.load(Relaxed) == pid() {
            self.shared.owner.store(0, Relaxed);
        }
    }
}
