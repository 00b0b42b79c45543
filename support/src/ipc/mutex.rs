use std::cell::UnsafeCell;
use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};
use std::thread;
use std::time::Duration;

use super::futex::{RECHECK, Signal, Waited};
use super::limit::Limit;
use super::map::{Mapped, Tenant};
use super::robust::{Locked, RobustMutex};
use super::who::{self, pid};
use super::{Error, Plain};
use crate::process::handover;

/// A value between processes that one at a time may use. Linux only.
///
/// Make it before the processes that are to share it. A forked child has the same lock in its copy of the handle, and clones are
/// the same lock too, so it also works between threads.
///
/// If the holder dies or panics, the next one gets the lock and [is told](Guard::previous_owner_died), and so is each one after that,
/// until one says that the value is [whole again](Guard::recovered).
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
/// let mut guard = money.lock()?;
/// assert_eq!(*guard, 666);
/// assert!(guard.previous_owner_died());
/// assert_eq!(guard.previous_owner(), Some(child.pid()));
/// guard.recovered();
/// assert!(!guard.previous_owner_died());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # A guard for a child
///
/// What the closure of a [`Process`](crate::process::Process) captures by `move` is dropped in the parent at the start. A guard among
/// it does not unlock by that: the child has the lock, until it drops the guard or ends.
///
/// ```
/// use support::ipc::{Error, Mutex};
/// use support::process::Process;
///
/// let money = Mutex::new(100)?;
/// let mut guard = money.lock()?;
/// let mut child = Process::start(move || {
///     std::thread::sleep(std::time::Duration::from_millis(20));
///     *guard = 666;
/// })?;
/// assert_eq!(*money.lock()?, 666);
/// child.join()?;
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
    /// Who died or panicked with the lock, while nobody has said that the value is whole again; or 0.
    hurt: AtomicU32,
    lent: Lent,
    value: UnsafeCell<T>,
}

/// The lock in the hands of a child: a pthread mutex is its thread's, and cannot be given away.
#[repr(C)]
struct Lent {
    /// The child that has it, or 0. Changed under the lock, but for the end.
    child: AtomicU32,
    /// When it started.
    start: AtomicU64,
    /// The child that has dropped its guard, perhaps before the parent said that it has one.
    back: AtomicU32,
    /// Those who want the lock wait here.
    over: Signal,
}

/// A holder that died before it could say who it is.
const UNKNOWN: u32 = u32::MAX;

impl Lent {
    /// The parent says that a child has the lock.
    fn give(&self, child: u32, start: u64) {
        self.start.store(start, SeqCst);
        self.child.store(child, SeqCst);
        if self.back.load(SeqCst) == child {
            self.end(child);
        }
    }

    /// The child has dropped its guard.
    fn give_back(&self, child: u32) {
        self.back.store(child, SeqCst);
        self.end(child);
    }

    fn end(&self, child: u32) {
        let _ = self.child.compare_exchange(child, 0, SeqCst, SeqCst);
        self.over.notify();
    }

    fn has_died(&self, child: u32) -> bool {
        who::is_dead(child, self.start.load(SeqCst))
    }
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
        loop {
            let Some(locked) = shared.lock.lock(&mut limit)? else {
                return Err(Error::timed_out("free lock", &limit));
            };
            if locked.owner_died {
                shared.hurt_by(shared.owner.load(Relaxed));
                locked.recover();
            }
            let child = shared.lent.child.load(SeqCst);
            if child != 0 && shared.lent.has_died(child) {
                shared.hurt_by(child);
                shared.lent.child.store(0, SeqCst);
            } else if child != 0 {
                drop(locked);
                self.wait_for(child, &mut limit)?;
                continue;
            }
            shared.lent.back.store(0, Relaxed);
            shared.owner.store(pid(), Relaxed);
            return Ok(Guard {
                shared,
                pid: pid(),
                panicking: thread::panicking(),
                _locked: locked,
            });
        }
    }

    /// Waits until the child that was given the lock has dropped it or has died.
    #[cold]
    fn wait_for(&self, child: u32, limit: &mut Limit) -> Result<(), Error> {
        let lent = &self.shared.lent;
        if child == pid() {
            return Err(Error::Deadlock);
        }
        let gone = || lent.child.load(SeqCst) != child;
        let died = || lent.has_died(child);
        match lent.over.wait_watching(limit, RECHECK, gone, died) {
            Waited::TimeOver => Err(Error::timed_out("free lock", limit)),
            _ => Ok(()),
        }
    }
}

impl<T> Shared<T> {
    fn hurt_by(&self, pid: u32) {
        self.hurt
            .store(if pid == 0 { UNKNOWN } else { pid }, SeqCst);
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

/// The lock, held until this is dropped.
///
/// A copy of it in a forked child holds nothing, unless it has [moved into the child](Mutex#a-guard-for-a-child).
#[must_use = "dropping the guard unlocks"]
pub struct Guard<'a, T: Plain> {
    shared: &'a Shared<T>,
    /// Who locked.
    pid: u32,
    /// Whether this thread was panicking already.
    panicking: bool,
    _locked: Locked<'a>,
}

impl<T: Plain> Guard<'_, T> {
    /// Whether a process died or panicked while it held the lock. The value may be half changed since then. True for every holder
    /// until one calls [`recovered`](Self::recovered).
    pub fn previous_owner_died(&self) -> bool {
        self.shared.hurt.load(Relaxed) != 0
    }

    /// The process that died or panicked with the lock, the last one if several did. Unknown, in rare cases, if it died at once after
    /// locking.
    pub fn previous_owner(&self) -> Option<u32> {
        match self.shared.hurt.load(Relaxed) {
            0 | UNKNOWN => None,
            pid => Some(pid),
        }
    }

    /// Says that the value is whole again: those who come are not told any more.
    pub fn recovered(&mut self) {
        self.shared.hurt.store(0, SeqCst);
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
        let (shared, me) = (self.shared, pid());
        if thread::panicking() && !self.panicking {
            shared.hurt_by(me);
        }
        if self.pid != me {
            // It has moved into this process from its parent.
            shared.lent.give_back(me);
            return;
        }
        if let Some(child) = handover::new_owner()
            && let Some(start) = who::living(child)
        {
            shared.lent.give(child, start);
        }
        if shared.owner.load(Relaxed) == me {
            shared.owner.store(0, Relaxed);
        }
    }
}
