use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::time::Duration;

use super::Error;
use super::futex::{RECHECK, Signal, Waited};
use super::limit::Limit;
use super::map::{Mapped, Tenant};
use super::robust::RobustMutex;
use super::who::{self, Place, Roster, pid};
use crate::process::handover;

/// How long a form that does not wait puts up with a process that was stopped, by a signal or a debugger, within its lock.
const GRACE: Duration = Duration::from_secs(1);

/// A number of permits between processes. Linux only.
///
/// The permits of a process that dies come back, at the latest a quarter of a second after another one has begun to wait.
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
///
/// # A signal
///
/// Permits can be [released](Self::release) by whoever has none, and [used up](Permit::forget). The textbook's rendezvous, in which
/// neither goes on before the other has come:
///
/// ```
/// use support::ipc::Semaphore;
/// use support::process::Process;
///
/// let (here, there) = (Semaphore::new(0)?, Semaphore::new(0)?);
/// let mut other = Process::start(|| {
///     there.release(1)?;
///     here.acquire().map(|permit| permit.forget())
/// })?;
/// here.release(1)?;
/// there.acquire()?.forget();
/// assert!(other.join()?.success());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # A permit for a child
///
/// What the closure of a [`Process`](crate::process::Process) captures by `move` is dropped in the parent at the start. A permit
/// among it is not given back by that: it is the child's, until the child drops it or ends.
///
/// ```
/// use support::ipc::{Event, Semaphore};
/// use support::process::Process;
///
/// let (seats, leave) = (Semaphore::new(1)?, Event::new()?);
/// let permit = seats.acquire()?;
/// let mut child = Process::start({
///     let leave = leave.clone();
///     move || {
///         leave.wait();
///         drop(permit);
///     }
/// })?;
/// assert_eq!(seats.available(), 0);
/// leave.set();
/// child.join()?;
/// assert_eq!(seats.available(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Semaphore {
    shared: Mapped<Seats>,
}

#[repr(C)]
struct Seats {
    lock: RobustMutex,
    /// All there are, held or not.
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
    /// [`Error::TimedOut`] if there is none, or if a process that was stopped in the middle of taking one keeps the others out for a
    /// second; else as [`acquire`](Self::acquire).
    pub fn try_acquire(&self) -> Result<Permit<'_>, Error> {
        self.acquire_limit(Limit::NEVER_WAIT)
    }

    /// Waits for a permit, but not longer.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if there was none by then; else as [`acquire`](Self::acquire).
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, Error> {
        self.acquire_limit(Limit::after(timeout))
    }

    /// Adds so many permits, which nobody holds: a signal to those who wait. It takes no permit to do so.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyPermits`] if there would be more than 2³² - 1; nothing is added then.
    pub fn release(&self, permits: u32) -> Result<(), Error> {
        let seats = &*self.shared;
        let more = |now: u32| now.checked_add(permits);
        let added = seats.permits.fetch_update(SeqCst, SeqCst, more);
        added.map_err(|now| Error::TooManyPermits { now, permits })?;
        seats.freed.notify();
        Ok(())
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
            // There was none under the lock, or a stopped process has the lock.
            if limit.is_none() {
                return Err(Error::timed_out("free permit", &limit));
            }
            let waited = seats.freed.wait_watching(
                &mut limit,
                RECHECK,
                || seats.available() > 0,
                // The one who comes to take a permit gives those of the dead back.
                || seats.holders.dead().next().is_some(),
            );
            if waited == Waited::TimeOver {
                return Err(Error::timed_out("free permit", &limit));
            }
        }
    }
}

impl Seats {
    fn available(&self) -> u32 {
        let places = self.holders.places().iter();
        let held = places.fold(0_u32, |sum, place| sum.wrapping_add(place.open()));
        self.permits.load(SeqCst).saturating_sub(held)
    }

    /// Takes a permit, if there is one; the number of the holder's place.
    fn take(&self, limit: &mut Limit) -> Result<Option<u32>, Error> {
        let locked = if limit.is_none() {
            // Another is here for a moment: that says nothing of the permits.
            self.lock.lock_recovered(&mut Limit::after(GRACE))?
        } else {
            self.lock.lock_recovered(limit)?
        };
        let Some(_locked) = locked else {
            return Ok(None);
        };
        if self.available() == 0 {
            for (place, _) in self.holders.dead() {
                self.recover(place);
            }
            if self.available() == 0 {
                return Ok(None);
            }
        }
        let place = self.holders.enrol_or(|dead| self.recover(dead))?;
        place.taken.fetch_add(1, SeqCst);
        Ok(Some(self.holders.number(place)))
    }

    /// Gives back what a dead process held.
    fn recover(&self, dead: &Place) {
        while dead.close() {
            self.returned.fetch_add(1, Relaxed);
        }
    }

    /// Makes a permit of this process that of a child, to which it has moved.
    fn hand_over(&self, place: &Place, child: u32) {
        let Ok(Some(_locked)) = self.lock.lock_recovered(&mut Limit::after(GRACE)) else {
            place.close();
            return;
        };
        let recover = |dead: &Place| self.recover(dead);
        let child = who::living(child)
            .and_then(|start| self.holders.enrol_child(child, start, recover).ok());
        match child {
            Some(child) => place.give(child),
            None => drop(place.close()),
        }
    }

    /// Gives back a permit that has moved into this process from its parent.
    fn give_back_given(&self) {
        if let Ok(Some(_locked)) = self.lock.lock_recovered(&mut Limit::after(GRACE))
            && let Ok(place) = self.holders.enrol_or(|dead| self.recover(dead))
        {
            place.close_given();
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available", &self.available())
            .finish_non_exhaustive()
    }
}

/// A permit, given back when this is dropped.
///
/// A copy of it in a forked child holds nothing, unless it has [moved into the child](Semaphore#a-permit-for-a-child).
#[must_use = "dropping the permit gives it back"]
pub struct Permit<'a> {
    seats: &'a Seats,
    place: u32,
    pid: u32,
}

impl Permit<'_> {
    /// Uses the permit up: it does not come back, and there is one less.
    pub fn forget(self) {
        // First there is one less, then it is held no more: nobody gets it in between.
        let one_less = |permits: u32| permits.checked_sub(1);
        let _ = self.seats.permits.fetch_update(SeqCst, SeqCst, one_less);
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.pid != pid() {
            self.seats.give_back_given();
        } else {
            let place = self.seats.holders.place(self.place);
            match handover::new_owner() {
                Some(child) => self.seats.hand_over(place, child),
                None => drop(place.close()),
            }
        }
        self.seats.freed.notify();
    }
}
