//! A counting semaphore.

use std::time::Duration;

use super::patience::Patience;
use super::prim::{Condvar, Mutex};

/// Hands out a fixed number of permits: whoever wants one more waits until one is given back.
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
    /// A semaphore of so many permits. With 0 nobody ever gets in.
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

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.semaphore.permits.lock() += 1;
        self.semaphore.returned.notify_one();
    }
}
