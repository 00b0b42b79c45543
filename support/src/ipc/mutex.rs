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
use crate::process::handover::Made;

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
    /// The child that has it, as [`Child::to_word`], or 0. One word, so that it goes from one to the next by one change.
    holder: AtomicU64,
    /// The child that has dropped its guard, perhaps before the parent said that it has one.
    back: AtomicU32,
    /// Those who want the lock wait here.
    over: Signal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Child {
    pid: u32,
    start: u64,
}

impl Child {
    /// The largest `pid_max` of Linux, `proc_sys_kernel(5)`. What is left for the start, in ticks, lasts for a thousand years.
    const PID_BITS: u32 = 22;

    fn from_word(word: u64) -> Option<Child> {
        let pid = word as u32 & ((1 << Child::PID_BITS) - 1);
        let start = word >> Child::PID_BITS;
        (pid != 0).then_some(Child { pid, start })
    }

    fn to_word(self) -> u64 {
        self.start << Child::PID_BITS | u64::from(self.pid)
    }

    fn is_dead(self) -> bool {
        who::is_dead(self.pid, self.start)
    }
}

/// How long a child that passes its guard on waits for its parent to say that it has one.
const GRACE: Duration = Duration::from_secs(1);

/// A holder that died before it could say who it is.
const UNKNOWN: u32 = u32::MAX;

impl Lent {
    fn holder(&self) -> Option<Child> {
        Child::from_word(self.holder.load(SeqCst))
    }

    /// From that child, or from nobody, to another or to nobody; false if it was not there.
    fn change(&self, from: Option<Child>, to: Option<Child>) -> bool {
        let [from, to] = [from, to].map(|child| child.map_or(0, Child::to_word));
        let changed = self.holder.compare_exchange(from, to, SeqCst, SeqCst);
        self.over.notify();
        changed.is_ok()
    }

    /// Gives it to a child: true if the child has died with it before.
    fn give(&self, from: Option<Child>, child: u32) -> bool {
        let Some(start) = who::living(child) else {
            self.change(from, None);
            return self.back.load(SeqCst) != child;
        };
        let to = Some(Child { pid: child, start });
        self.change(from, to);
        // The child may have been quicker.
        if self.back.load(SeqCst) == child {
            self.change(to, None);
        }
        false
    }

    /// This process, a child, has dropped its guard.
    fn give_back(&self, me: u32) {
        self.back.store(me, SeqCst);
        let mine = self.holder().filter(|holder| holder.pid == me);
        if mine.is_some() {
            self.change(mine, None);
        }
    }

    /// This process, a child, gives it to a child of its own: true as for [`give`](Self::give). If its parent does not say soon that it
    /// has one, the lock is taken as long as it lives.
    fn pass_on(&self, me: u32, child: u32) -> bool {
        let mine = || self.holder().filter(|holder| holder.pid == me);
        let said = self
            .over
            .wait(&mut Limit::after(GRACE), || mine().is_some());
        said && self.give(mine(), child)
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
            if let Some(child) = shared.lent.holder()
                && !shared.has_died(child)
            {
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
                made: Made::now(),
                _locked: locked,
            });
        }
    }

    /// Waits until the child that was given the lock has dropped it or has died.
    #[cold]
    fn wait_for(&self, child: Child, limit: &mut Limit) -> Result<(), Error> {
        let lent = &self.shared.lent;
        if child.pid == pid() {
            return Err(Error::Deadlock);
        }
        let gone = || lent.holder() != Some(child);
        let died = || child.is_dead();
        match lent.over.wait_watching(limit, RECHECK, gone, died) {
            Waited::TimeOver => Err(Error::timed_out("free lock", limit)),
            _ => Ok(()),
        }
    }
}

impl<T> Shared<T> {
    /// Whether a child had the lock until it died.
    #[cold]
    fn has_died(&self, child: Child) -> bool {
        let died = child.is_dead() && self.lent.change(Some(child), None);
        if died {
            self.hurt_by(child.pid);
        }
        died
    }

    /// A guard moves into a child, or has moved into this process from its parent.
    #[cold]
    #[inline(never)]
    fn pass(&self, from_parent: bool, moved_into: Option<u32>) {
        let me = pid();
        match (from_parent, moved_into) {
            (_, None) => self.lent.give_back(me),
            (false, Some(child)) if self.lent.give(None, child) => self.hurt_by(child),
            (true, Some(child)) if self.lent.pass_on(me, child) => self.hurt_by(child),
            _ => {}
        }
    }

    #[cold]
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
    made: Made,
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
        let (from_parent, moved_into) = (self.pid != me, self.made.new_owner());
        if from_parent || moved_into.is_some() {
            shared.pass(from_parent, moved_into);
        }
        if shared.owner.load(Relaxed) == me {
            shared.owner.store(0, Relaxed);
        }
    }
}
