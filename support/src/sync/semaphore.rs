//! A counting semaphore.

use std::mem;
use std::time::Duration;

use super::patience::Patience;
use super::prim::{Condvar, Mutex};

/// Hands out permits: whoever wants one more than there are waits until one is given back or released.
///
/// Held, permits bound how many are inside:
///
/// ```
/// use support::sync::Semaphore;
///
/// let seats = Semaphore::new(2);
/// let zhao = seats.acquire();
/// let qian = seats.acquire();
/// assert!(seats.try_acquire().is_none());
/// drop(zhao);
/// assert_eq!(seats.available(), 1);
/// # drop(qian);
/// ```
///
/// [`release`](Self::release) makes permits that nobody held, and [`Permit::forget`] uses one up: so one thread tells another
/// that something has happened. The rendezvous, in which neither goes on before the other has come:
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use std::thread;
/// use support::sync::Semaphore;
///
/// let (a_came, b_came) = (Semaphore::new(0), Semaphore::new(0));
/// let (a, b) = (AtomicBool::new(false), AtomicBool::new(false));
/// thread::scope(|s| {
///     s.spawn(|| {
///         a.store(true, Relaxed);
///         a_came.release(1);
///         b_came.acquire().forget();
///         assert!(b.load(Relaxed));
///     });
///     s.spawn(|| {
///         b.store(true, Relaxed);
///         b_came.release(1);
///         a_came.acquire().forget();
///         assert!(a.load(Relaxed));
///     });
/// });
/// assert_eq!(a_came.available(), 0);
/// ```
#[derive(Debug)]
pub struct Semaphore {
    permits: Mutex<usize>,
    returned: Condvar,
}

/// The right to be inside; dropping it gives it back. It may be dropped by another thread than the one that acquired it.
#[derive(Debug)]
#[must_use = "dropping the permit gives it back at once"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
}

impl Semaphore {
    /// A semaphore of so many permits. With 0 nobody gets in before somebody has [released](Self::release) one.
    pub fn new(permits: usize) -> Self {
        Self {
            permits: Mutex::new(permits),
            returned: Condvar::new(),
        }
    }

    /// Waits for a permit.
    pub fn acquire(&self) -> Permit<'_> {
        loop {
            if let Some(permit) = self.acquire_within(Patience::Endless) {
                return permit;
            }
        }
    }

    /// A permit if one is there now.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.acquire_within(Patience::None)
    }

    /// Waits for a permit, but no longer than `timeout`.
    pub fn acquire_timeout(&self, timeout: Duration) -> Option<Permit<'_>> {
        self.acquire_within(Patience::lasting(timeout))
    }

    /// Adds so many permits, which nobody need have held, and lets in as many who wait.
    ///
    /// # Panics
    ///
    /// If there were more than `usize::MAX` then; none is added.
    pub fn release(&self, permits: usize) {
        let mut there = self.permits.lock();
        let Some(sum) = there.checked_add(permits) else {
            let there = *there;
            panic!(
                "cannot release {permits} permits: {there} are there already, and more do not fit in a usize"
            );
        };
        *there = sum;
        drop(there);
        match permits {
            0 => {}
            1 => {
                self.returned.notify_one();
            }
            _ => {
                self.returned.notify_all();
            }
        }
    }

    /// How many permits are there at this moment.
    pub fn available(&self) -> usize {
        *self.permits.lock()
    }

    fn acquire_within(&self, patience: Patience) -> Option<Permit<'_>> {
        let mut permits = self.permits.lock();
        let mut patient = !patience.is_none();
        while *permits == 0 {
            if !patient {
                return None;
            }
            // One may come back just when the time is over: look once more.
            patient = patience.wait(&self.returned, &mut permits);
        }
        *permits -= 1;
        Some(Permit { semaphore: self })
    }
}

impl Permit<'_> {
    /// Uses it up: it is not given back, now or later.
    pub fn forget(self) {
        mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut there = self.semaphore.permits.lock();
        // Only a release of nearly `usize::MAX` permits leaves no room for it, and then it is not missed.
        *there = there.saturating_add(1);
        drop(there);
        self.semaphore.returned.notify_one();
    }
}
