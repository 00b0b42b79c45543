//! Sleeping until another process says that something has changed: `futex(2)`.
//!
//! A sleeper may be killed, and so may the one who was about to wake it. Therefore a wake reaches all sleepers, never a chosen one that
//! may be dead, and no sleep is longer than [`RECHECK`]: whoever sleeps looks again by itself, soon at first, then rarely, since
//! somebody may be measuring on this machine.

use std::hint::spin_loop;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::time::Duration;

use nix::libc;

use super::limit::Limit;

/// The longest sleep without looking again. It passes in full only if a process was killed between a change and the wake for it.
pub(super) const RECHECK: Duration = Duration::from_millis(250);
/// The first sleep; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(20);

/// Sleeps that grow, up to the longest.
pub(super) struct Naps {
    next: Duration,
    longest: Duration,
}

impl Naps {
    pub(super) fn up_to(longest: Duration) -> Naps {
        // Who may sleep for longer than others learns in another way of what it would look for.
        let next = if longest > RECHECK { longest } else { FIRST };
        Naps { next, longest }
    }

    /// How long to sleep now, if so much time is left.
    pub(super) fn next(&mut self, left: Option<Duration>) -> Duration {
        let nap = self.next;
        self.next = (2 * nap).min(self.longest);
        left.map_or(nap, |left| left.min(nap))
    }
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// What was waited for is there.
    Ready,
    /// What was watched for meanwhile has happened.
    Watched,
    /// The time was over first.
    TimeOver,
}

/// The most turns of waiting awake before a sleep: about as long as a sleep and a wake take. And how often that is halved at most.
const SPINS: u32 = 2048;
const FEWEST: u32 = 8;

/// Sleeps while the word has this value, and until it is woken, interrupted or the time is over.
pub(super) fn sleep(word: &AtomicU32, value: u32, at_most: Duration) {
    let time = libc::timespec {
        tv_sec: at_most.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: at_most.subsec_nanos().into(),
    };
    // SAFETY: both pointers are valid for the length of the call. Not private: other processes wake.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            value,
            &raw const time,
        )
    };
}

/// Wakes all that sleep on the word.
pub(super) fn wake(word: &AtomicU32) {
    let all = i32::MAX;
    // SAFETY: the word is valid; the kernel uses only its address.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE,
            all,
            ptr::null::<libc::timespec>(),
        )
    };
}

/// A value on cache lines of its own; processors fetch them in pairs of 64 bytes.
#[repr(C, align(128))]
pub(super) struct Line<T>(pub(super) T);

/// A place to wait for a change.
///
/// `word` is 1 while somebody may sleep. The one who waits sets it, looks once more, and sleeps. The one who changes something does
/// so, and then looks at `word`. All four are `SeqCst`, so one of the two sees the other.
#[repr(C)]
pub(super) struct Signal {
    /// Apart from what the waiting write, since every put and every get looks at it.
    word: Line<AtomicU32>,
    /// How often to halve the turns of waiting awake: not while they are enough, once more each time that they are not, as on one
    /// core.
    fewer: AtomicU32,
    /// Counts the waits.
    waits: AtomicU32,
}

impl Signal {
    /// Waits until `ready`; false if the time was over first. `ready` must look with `SeqCst`.
    pub(super) fn wait(&self, limit: &mut Limit, ready: impl Fn() -> bool) -> bool {
        self.wait_rechecking(limit, RECHECK, ready)
    }

    /// As [`wait`](Self::wait), looking again after `recheck` only: for those who learn in another way of a process that died
    /// before it woke them.
    pub(super) fn wait_rechecking(
        &self,
        limit: &mut Limit,
        recheck: Duration,
        ready: impl Fn() -> bool,
    ) -> bool {
        self.wait_watching(limit, recheck, ready, || false) == Waited::Ready
    }

    /// As [`wait`](Self::wait), and after each sleep that brought nothing looks whether something else has happened, such as a death.
    pub(super) fn wait_watching(
        &self,
        limit: &mut Limit,
        recheck: Duration,
        ready: impl Fn() -> bool,
        watch: impl Fn() -> bool,
    ) -> Waited {
        if limit.is_none() {
            return if ready() {
                Waited::Ready
            } else {
                Waited::TimeOver
            };
        }
        if self.spin(&ready) {
            return Waited::Ready;
        }
        let mut naps = Naps::up_to(recheck);
        loop {
            self.word.0.store(1, SeqCst);
            if ready() {
                return Waited::Ready;
            }
            let left = limit.left();
            if left == Some(Duration::ZERO) {
                return Waited::TimeOver;
            }
            sleep(&self.word.0, 1, naps.next(left));
            if ready() {
                return Waited::Ready;
            }
            if watch() {
                return Waited::Watched;
            }
        }
    }

    /// Wakes all, after a change that was stored with `SeqCst`.
    pub(super) fn notify(&self) {
        if self.is_awaited() {
            self.word.0.store(0, SeqCst);
            wake(&self.word.0);
        }
    }

    /// Whether somebody may sleep.
    pub(super) fn is_awaited(&self) -> bool {
        self.word.0.load(SeqCst) != 0
    }

    fn spin(&self, ready: impl Fn() -> bool) -> bool {
        let fewer = self.fewer.load(Relaxed).min(FEWEST);
        // Once in a while the whole way, to notice when waiting awake pays again.
        let probe = self.waits.fetch_add(1, Relaxed).is_multiple_of(32);
        let turns = if probe { SPINS } else { SPINS >> fewer };
        let mut pause = 1;
        let mut done = 0;
        while done < turns {
            if ready() {
                self.fewer.store(0, Relaxed);
                return true;
            }
            // Rarer and rarer looks: each one takes the cache line from the process that we wait for.
            for _ in 0..pause {
                spin_loop();
            }
            done += pause;
            pause = (2 * pause).min(64);
        }
        self.fewer.store(fewer + 1, Relaxed);
        false
    }
}
