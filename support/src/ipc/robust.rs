//! The lock under everything here: a robust pthread mutex between processes.
//!
//! The kernel releases it when its holder dies, at whatever instruction, and the next one is told: `pthread_mutexattr_setrobust(3)`.

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::time::Duration;

use nix::libc;

use super::Error;
use super::futex::{Naps, RECHECK};
use super::limit::Limit;

/// Tries before sleeping on a lock that another holds; most are held for a copy only.
const TRIES: u32 = 64;

#[cfg(target_env = "gnu")]
unsafe extern "C" {
    /// As `pthread_mutex_timedlock(3)`, by a clock of choice. glibc 2.30; the libc crate lacks it.
    fn pthread_mutex_clocklock(
        mutex: *mut libc::pthread_mutex_t,
        clock: libc::clockid_t,
        until: *const libc::timespec,
    ) -> libc::c_int;
}

#[repr(transparent)]
pub(super) struct RobustMutex(UnsafeCell<libc::pthread_mutex_t>);

// SAFETY: it is a lock.
unsafe impl Sync for RobustMutex {}

impl RobustMutex {
    /// # Safety
    ///
    /// `place` is valid for writes, in memory that stays mapped and does not move while anyone uses the lock.
    pub(super) unsafe fn init(place: *mut RobustMutex) -> io::Result<()> {
        let mut attributes = MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: the attributes are initialised first and destroyed last; the caller vouches for `place`.
        unsafe {
            ok(libc::pthread_mutexattr_init(attributes))?;
            let set = ok(libc::pthread_mutexattr_setpshared(
                attributes,
                libc::PTHREAD_PROCESS_SHARED,
            ))
            .and_then(|()| {
                ok(libc::pthread_mutexattr_setrobust(
                    attributes,
                    libc::PTHREAD_MUTEX_ROBUST,
                ))
            })
            .and_then(|()| {
                ok(libc::pthread_mutexattr_settype(
                    attributes,
                    libc::PTHREAD_MUTEX_ERRORCHECK,
                ))
            })
            .and_then(|()| ok(libc::pthread_mutex_init(place.cast(), attributes)));
            libc::pthread_mutexattr_destroy(attributes);
            set
        }
    }

    /// Locks; `None` if the time was over first.
    ///
    /// # Errors
    ///
    /// [`Error::Deadlock`] if this thread holds the lock.
    #[inline]
    pub(super) fn lock(&self, limit: &mut Limit) -> Result<Option<Locked<'_>>, Error> {
        // SAFETY: initialised; a `RobustMutex` exists only in its final place.
        match unsafe { libc::pthread_mutex_trylock(self.0.get()) } {
            0 => Ok(Some(self.locked(false))),
            result => self.lock_slowly(result, limit),
        }
    }

    /// Locks what is whole at each instruction, so that the death of a holder does not matter; `None` if the time was over first.
    pub(super) fn lock_recovered(&self, limit: &mut Limit) -> Result<Option<Locked<'_>>, Error> {
        let locked = self.lock(limit)?;
        if let Some(locked) = &locked
            && locked.owner_died
        {
            locked.recover();
        }
        Ok(locked)
    }

    /// As [`lock_recovered`](Self::lock_recovered), however long it takes.
    pub(super) fn lock_endlessly(&self) -> Result<Locked<'_>, Error> {
        loop {
            if let Some(locked) = self.lock_recovered(&mut { Limit::NO_LIMIT })? {
                return Ok(locked);
            }
        }
    }

    #[cold]
    fn lock_slowly(
        &self,
        result: libc::c_int,
        limit: &mut Limit,
    ) -> Result<Option<Locked<'_>>, Error> {
        if result != libc::EBUSY {
            return self.settle(result);
        }
        for turn in 0..TRIES {
            for _ in 0..turn {
                spin_loop();
            }
            // SAFETY: as in `lock`.
            match unsafe { libc::pthread_mutex_trylock(self.0.get()) } {
                libc::EBUSY => {}
                result => return self.settle(result),
            }
        }
        // The unlock wakes one of those who sleep, and that one may be killed before it runs: nobody sleeps for long without
        // trying again.
        let mut naps = Naps::up_to(RECHECK);
        loop {
            let left = limit.left();
            let nap = naps.next(left);
            // SAFETY: as in `lock`.
            match unsafe { lock_within(self.0.get(), nap) } {
                libc::ETIMEDOUT if left.is_none_or(|left| left > nap) => {}
                result => return self.settle(result),
            }
        }
    }

    fn settle(&self, result: libc::c_int) -> Result<Option<Locked<'_>>, Error> {
        match result {
            0 => Ok(Some(self.locked(false))),
            // The state behind the lock is whole after any kill: that is the business of those who use this type.
            libc::EOWNERDEAD => Ok(Some(self.locked(true))),
            libc::ETIMEDOUT => Ok(None),
            libc::EDEADLK => Err(Error::Deadlock),
            error => Err(Error::System {
                what: "lock between processes",
                source: io::Error::from_raw_os_error(error),
            }),
        }
    }

    #[inline]
    fn locked(&self, owner_died: bool) -> Locked<'_> {
        Locked {
            mutex: self,
            owner_died,
            not_send: PhantomData,
        }
    }
}

/// The lock, held by this thread.
pub(super) struct Locked<'a> {
    mutex: &'a RobustMutex,
    /// Whether the last holder died with it. Until [`recover`](Self::recover), the death of this holder leaves it so.
    pub(super) owner_died: bool,
    /// The thread that locks must be the one that unlocks.
    not_send: PhantomData<*const ()>,
}

impl Locked<'_> {
    /// Declares the state behind the lock whole again after the death of a holder.
    pub(super) fn recover(&self) {
        // SAFETY: locked by this thread.
        unsafe { libc::pthread_mutex_consistent(self.mutex.0.get()) };
    }
}

impl Drop for Locked<'_> {
    #[inline]
    fn drop(&mut self) {
        // In a forked copy of the holder this is an error that changes nothing: the lock is the parent's.
        // SAFETY: initialised.
        unsafe { libc::pthread_mutex_unlock(self.mutex.0.get()) };
    }
}

fn ok(error: libc::c_int) -> io::Result<()> {
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Locks, or gives up with `ETIMEDOUT`.
///
/// # Safety
///
/// The mutex is initialised.
unsafe fn lock_within(mutex: *mut libc::pthread_mutex_t, nap: Duration) -> libc::c_int {
    #[cfg(target_env = "gnu")]
    // SAFETY: the caller vouches for the mutex; the time is valid.
    return unsafe {
        let until = from_now(libc::CLOCK_MONOTONIC, nap);
        pthread_mutex_clocklock(mutex, libc::CLOCK_MONOTONIC, &raw const until)
    };
    // Of a clock that may be set back or forth; a sleep is short, and whoever comes too early or too late looks again.
    #[cfg(not(target_env = "gnu"))]
    // SAFETY: as above.
    return unsafe {
        let until = from_now(libc::CLOCK_REALTIME, nap);
        libc::pthread_mutex_timedlock(mutex, &raw const until)
    };
}

/// That much later on the clock.
fn from_now(clock: libc::clockid_t, left: Duration) -> libc::timespec {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is valid for the result.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    let nanos = now.tv_nsec + libc::c_long::from(left.subsec_nanos());
    let seconds = libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX);
    libc::timespec {
        tv_sec: now
            .tv_sec
            .saturating_add(seconds)
            .saturating_add(nanos / 1_000_000_000),
        tv_nsec: nanos % 1_000_000_000,
    }
}
