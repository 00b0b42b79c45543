use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::time::Duration;

use super::Error;
use super::futex::{RECHECK, Signal, Waited};
use super::limit::Limit;
use super::map::{Mapped, Tenant};
use super::robust::RobustMutex;
use super::who::{Place, Roster, pid};
use crate::process::handover::Made;

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
    /// [`Error::TimedOut`] if there is none. It says so in other words if a process that was stopped in the middle of taking one has
    /// kept the others out for a second. Else as [`acquire`](Self::acquire).
    pub fn try_acquire(&self) -> Result<Permit<'_>, Error> {
        self.acquire_limit(Limit::NEVER_WAIT)
    }

    /// Waits for a permit, but not longer.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if there was none by then, or as in [`try_acquire`](Self::try_acquire); else as
    /// [`acquire`](Self::acquire).
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
                return Ok(Permit {
                    seats,
                    place,
                    pid: pid(),
                    made: Made::now(),
                });
            }
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
            let what = "way into the semaphore, in which another stays";
            return Err(Error::timed_out(what, limit));
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

    /// A permit has ended, one with a place of this process or one that has moved into it from its parent; or it has moved on into a
    /// child.
    fn end(&self, place: Option<u32>, moved_into: Option<u32>, used_up: bool) {
        let place = place.map(|number| self.holders.place(number));
        let locked = match (place, moved_into, used_up) {
            // Its own count needs no lock.
            (Some(_), None, false) => None,
            _ => match self.lock.lock_recovered(&mut Limit::after(GRACE)) {
                Ok(Some(locked)) => Some(locked),
                // Somebody was stopped within: of the accounts of others, nothing is changed.
                _ if place.is_none() => return,
                _ => None,
            },
        };
        if used_up {
            // First there is one less, then it is held no more. Who takes one sees both or neither; killed in between, it is used up.
            let one_less = |permits: u32| permits.checked_sub(1);
            let _ = self.permits.fetch_update(SeqCst, SeqCst, one_less);
        }
        match place {
            Some(place) if locked.is_none() => drop(place.close()),
            _ => {
                let recover = |dead: &Place| self.recover(dead);
                self.holders.close(place, moved_into, recover);
            }
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
    made: Made,
}

impl Permit<'_> {
    /// Uses the permit up: it does not come back, and there is one less.
    pub fn forget(self) {
        ManuallyDrop::new(self).end(true);
    }

    fn end(&self, used_up: bool) {
        let own = (self.pid == pid()).then_some(self.place);
        self.seats.end(own, self.made.new_owner(), used_up);
        self.seats.freed.notify();
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.end(false);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;

    /// As one does that is stopped by a signal in the middle of taking a permit.
    #[test]
    fn a_time_limit_holds_while_another_stays_inside() {
        let semaphore = Semaphore::new(1).unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        let inside = semaphore.shared.lock.lock_endlessly().unwrap();
        let refused = thread::scope(|scope| {
            let waits = scope.spawn(|| {
                let limit = Duration::from_millis(20);
                semaphore
                    .acquire_timeout(limit)
                    .err()
                    .map(|error| error.to_string())
            });
            while !waits.is_finished() && Instant::now() < end {
                thread::sleep(Duration::from_millis(1));
            }
            let in_time = waits.is_finished();
            drop(inside);
            assert!(in_time, "it waits beyond its limit");
            waits.join().unwrap()
        });
        let words = refused.unwrap();
        assert!(words.contains("way into the semaphore"), "{words}");
    }
}
