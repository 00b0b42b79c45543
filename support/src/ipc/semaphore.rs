use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::time::Duration;

use super::Error;
use super::futex::{RECHECK, Signal};
use super::limit::Limit;
use super::map::{Mapped, Tenant};
use super::robust::RobustMutex;
use super::who::{Roster, pid};

/// A number of permits between processes. Linux only.
///
/// The permits of a process that dies come back, at the latest 20 ms after another one has begun to wait.
///
/// ```
/// use support::ipc::Semaphore;
///
/// let seats = Semaphore::new(2)?;
/// let first = seats.acquire()?;
/// let second = seats.acquire()?;
/// assert!(seats.try_acquire().is_err());
/// drop(first);
/// assert_eq!(seats.available(), 1);
/// # drop(second);
/// # Ok::<(), support::ipc::Error>(())
/// ```
#[derive(Clone)]
pub struct Semaphore {
    shared: Mapped<Seats>,
}

#[repr(C)]
struct Seats {
    lock: RobustMutex,
    permits: AtomicU32,
    /// Permits that came back because their holders died.
    returned: AtomicU32,
    freed: Signal,
    /// Who holds how many.
    holders: Roster,
}

impl Tenant for Seats {}

impl Semaphore {
    /// A semaphore with so many permits.
    ///
    /// # Errors
    ///
    /// [`Error::Map`] if the system gives no memory.
    pub fn new(permits: u32) -> Result<Semaphore, Error> {
        let shared = Mapped::new(|place: *mut Seats| -> io::Result<()> {
            // SAFETY: the mapping is large enough and stays where it is; zero is a valid start for all else.
            unsafe {
                (&raw mut (*place).permits).write(AtomicU32::new(permits));
                RobustMutex::init(&raw mut (*place).lock)
            }
        })?;
        Ok(Semaphore { shared })
    }

    /// Waits for a permit.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyProcesses`] if 256 others hold permits.
    pub fn acquire(&self) -> Result<Permit<'_>, Error> {
        self.acquire_limit(Limit::NO_LIMIT)
    }

    /// Takes a permit if there is one now.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if there is none; else as [`acquire`](Self::acquire).
    pub fn try_acquire(&self) -> Result<Permit<'_>, Error> {
        self.acquire_limit(Limit::NEVER_WAIT)
    }

    /// Waits for a permit, but not longer.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, Error> {
        self.acquire_limit(Limit::after(timeout))
    }

    /// How many permits nobody holds: a hint, which may be wrong by the time it is acted on.
    pub fn available(&self) -> u32 {
        self.shared.available()
    }

    /// How many permits came back because their holders died.
    pub fn recoveries(&self) -> u32 {
        self.shared.returned.load(Relaxed)
    }

    fn acquire_limit(&self, mut limit: Limit) -> Result<Permit<'_>, Error> {
        let seats = &*self.shared;
        loop {
            if let Some(place) = seats.take(&mut limit)? {
                let (pid, seats) = (pid(), seats);
                return Ok(Permit { seats, place, pid });
            }
            if limit.left() == Some(Duration::ZERO) {
                return Err(Error::timed_out("free permit", &limit));
            }
            // Wakes now and then, to see whether a holder has died.
            let mut nap = Limit::after(limit.left().unwrap_or(RECHECK).min(RECHECK));
            seats.freed.wait(&mut nap, || seats.available() > 0);
        }
    }
}

impl Seats {
    fn available(&self) -> u32 {
        let held: u32 = self.holders.places().iter().map(|place| place.open()).sum();
        self.permits.load(Relaxed).saturating_sub(held)
    }

    /// Takes a permit, if there is one; the number of the holder's place.
    fn take(&self, limit: &mut Limit) -> Result<Option<u32>, Error> {
        let Some(locked) = self.lock.lock(limit)? else {
            return Ok(None);
        };
        if locked.owner_died {
            // Each step of what it did was whole.
            locked.recover();
        }
        if self.available() == 0 {
            for (place, _) in self.holders.dead() {
                while place.close() {
                    self.returned.fetch_add(1, Relaxed);
                }
            }
            if self.available() == 0 {
                return Ok(None);
            }
        }
        let place = self.holders.enrol()?;
        place.taken.fetch_add(1, SeqCst);
        Ok(Some(self.holders.number(place)))
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available", &self.available())
            .finish_non_exhaustive()
    }
}

/// A permit, given back when this is dropped. A copy of it in a forked child holds nothing.
#[must_use = "dropping the permit gives it back"]
pub struct Permit<'a> {
    seats: &'a Seats,
    place: u32,
    pid: u32,
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.pid == pid() {
            self.seats.holders.place(self.place).close();
            self.seats.freed.notify();
        }
    }
}
