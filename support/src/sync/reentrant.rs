//! A re-entrant lock that can be observed.

use std::ops::Deref;
use std::thread::{self, Thread};

use parking_lot::{Mutex, ReentrantMutex, ReentrantMutexGuard};

/// A lock that its holder may lock again, and that tells everybody who holds it and how often.
///
/// As several guards of one thread may exist at once, they give a shared reference only: put a `Cell` or `RefCell` inside to
/// change something.
///
/// ```
/// use support::sync::ReentrantLock;
///
/// let lock = ReentrantLock::new(());
/// let outer = lock.lock();
/// let inner = lock.lock();
/// assert_eq!(lock.count(), 2);
/// drop(inner);
/// assert_eq!(lock.count(), 1);
/// drop(outer);
/// assert!(lock.held().is_none());
/// ```
#[derive(Debug, Default)]
pub struct ReentrantLock<T> {
    lock: ReentrantMutex<T>,
    /// Changed by the holder only.
    held: Mutex<Option<Held>>,
}

/// Who holds a [`ReentrantLock`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Held {
    /// The holder.
    pub by: Thread,
    /// How many guards it has.
    pub count: usize,
}

/// One of its holder's claims on a [`ReentrantLock`]; dropping the last one releases the lock.
#[derive(Debug)]
#[must_use = "dropping the guard unlocks at once"]
pub struct ReentrantGuard<'a, T> {
    held: &'a Mutex<Option<Held>>,
    guard: ReentrantMutexGuard<'a, T>,
}

impl<T> ReentrantLock<T> {
    /// An unlocked lock around `value`.
    pub fn new(value: T) -> Self {
        Self {
            lock: ReentrantMutex::new(value),
            held: Mutex::new(None),
        }
    }

    /// Locks it: at once if nobody or the caller holds it, otherwise when its holder has given up all claims.
    pub fn lock(&self) -> ReentrantGuard<'_, T> {
        self.note(self.lock.lock())
    }

    /// Locks it if nobody or the caller holds it now.
    pub fn try_lock(&self) -> Option<ReentrantGuard<'_, T>> {
        self.lock.try_lock().map(|guard| self.note(guard))
    }

    /// Who holds it at this moment.
    pub fn held(&self) -> Option<Held> {
        self.held.lock().clone()
    }

    /// How many guards its holder has at this moment; 0 if nobody holds it.
    pub fn count(&self) -> usize {
        self.held.lock().as_ref().map_or(0, |held| held.count)
    }

    fn note<'a>(&'a self, guard: ReentrantMutexGuard<'a, T>) -> ReentrantGuard<'a, T> {
        let mut held = self.held.lock();
        held.get_or_insert_with(|| Held {
            by: thread::current(),
            count: 0,
        })
        .count += 1;
        ReentrantGuard {
            held: &self.held,
            guard,
        }
    }
}

impl<T> Deref for ReentrantGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> Drop for ReentrantGuard<'_, T> {
    fn drop(&mut self) {
        // The lock itself is released after this, with the field.
        let mut held = self.held.lock();
        *held = held.take().filter(|held| held.count > 1).map(|held| Held {
            count: held.count - 1,
            ..held
        });
    }
}
