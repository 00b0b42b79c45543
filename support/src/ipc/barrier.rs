use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};
use std::time::Duration;

use super::Error;
use super::futex::{RECHECK, Signal, Waited};
use super::limit::Limit;
use super::map::{Mapped, Tenant};
use super::robust::{Locked, RobustMutex};
use super::who::{PLACES, Place, Roster};

/// How long whoever has no time left puts up with a process in the middle of coming or going.
const GRACE: Duration = Duration::from_millis(100);

/// A place where processes wait until a number of them has come. Linux only.
///
/// If one runs out of time or dies while it waits, the barrier breaks: all who wait get [`Error::Broken`], and so do those who
/// come later, until [`reset`](Self::reset). One that dies before it comes is noticed by nobody: use
/// [`wait_timeout`](Self::wait_timeout).
///
/// ```
/// use support::ipc::Barrier;
/// use support::process::Process;
///
/// let gate = Barrier::new(2)?;
/// let mut other = Process::start(|| gate.wait().map(drop))?;
/// gate.wait()?;
/// assert!(other.join()?.success());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Barrier {
    shared: Mapped<Gate>,
}

#[repr(C)]
struct Gate {
    lock: RobustMutex,
    parties: AtomicU32,
    /// See [`State`]; one word, so that each change is whole.
    state: AtomicU64,
    /// Which of the last 64 turns did not end well, a bit each.
    failed: AtomicU64,
    turned: Signal,
    /// Who is inside: their marks say in which turn.
    inside: Roster,
}

impl Tenant for Gate {}

#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    /// How many times it has opened, broken or been reset while some waited.
    turn: u32,
    /// How many have come this time.
    arrived: u32,
    /// 0, or an index into [`REASONS`] plus 1.
    broken: u8,
}

const REASONS: [&str; 3] = [
    "one ran out of time",
    "one died while it waited",
    "it was aborted",
];
const TIMEOUT: u8 = 1;
const DEATH: u8 = 2;
const ABORT: u8 = 3;

impl State {
    fn from_word(word: u64) -> State {
        State {
            turn: (word >> 32) as u32,
            arrived: (word as u32) >> 8,
            broken: word as u8,
        }
    }

    fn to_word(self) -> u64 {
        u64::from(self.turn) << 32 | u64::from(self.arrived) << 8 | u64::from(self.broken)
    }

    fn next(self, broken: u8) -> State {
        State {
            turn: self.turn.wrapping_add(1),
            arrived: 0,
            broken,
        }
    }

    fn check(self) -> Result<(), Error> {
        match self.broken.checked_sub(1) {
            None => Ok(()),
            Some(reason) => Err(Error::Broken {
                why: REASONS[usize::from(reason) % REASONS.len()],
            }),
        }
    }
}

impl Barrier {
    /// A barrier that opens whenever so many have come.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyParties`] for more than 256, or for none; [`Error::Map`] if the system gives no memory.
    ///
    /// ```
    /// assert!(support::ipc::Barrier::new(300).is_err());
    /// ```
    pub fn new(parties: u32) -> Result<Barrier, Error> {
        let limit = PLACES;
        if !(1..=limit).contains(&(parties as usize)) {
            return Err(Error::TooManyParties { parties, limit });
        }
        let shared = Mapped::new(|place: *mut Gate| -> io::Result<()> {
            // SAFETY: the mapping is large enough and stays where it is; zero is a valid start for all else.
            unsafe {
                (&raw mut (*place).parties).write(AtomicU32::new(parties));
                RobustMutex::init(&raw mut (*place).lock)
            }
        })?;
        Ok(Barrier { shared })
    }

    /// Waits until all have come. Returns how many came before this one: for the one that opened the barrier, all others.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] if it is broken, or breaks before all have come; [`Error::TooManyProcesses`] if more than 256 use it.
    pub fn wait(&self) -> Result<u32, Error> {
        self.wait_limit(Limit::NO_LIMIT)
    }

    /// Waits until all have come, but not longer: then it breaks the barrier.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), and [`Error::TimedOut`] if a process that was stopped in the middle of coming or going keeps the
    /// others out.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<u32, Error> {
        self.wait_limit(Limit::after(timeout))
    }

    /// How many are waiting: a hint, which may be wrong by the time it is acted on.
    pub fn waiting(&self) -> u32 {
        self.shared.state().arrived
    }

    /// Whether it is broken.
    pub fn is_broken(&self) -> bool {
        self.shared.state().broken != 0
    }

    /// Breaks the barrier.
    ///
    /// # Errors
    ///
    /// [`Error::System`] if the lock inside cannot be had.
    pub fn abort(&self) -> Result<(), Error> {
        let gate = &*self.shared;
        let locked = gate.lock()?;
        gate.fail(gate.state(), ABORT);
        drop(locked);
        gate.turned.notify();
        Ok(())
    }

    /// Makes the barrier whole again. Those who wait in it get [`Error::Broken`].
    ///
    /// # Errors
    ///
    /// As [`abort`](Self::abort).
    pub fn reset(&self) -> Result<(), Error> {
        let gate = &*self.shared;
        let locked = gate.lock()?;
        gate.fail(gate.state(), 0);
        drop(locked);
        gate.turned.notify();
        Ok(())
    }

    fn wait_limit(&self, mut limit: Limit) -> Result<u32, Error> {
        let gate = &*self.shared;
        let locked = gate.lock_within(&mut limit)?;
        let state = gate.state();
        state.check()?;
        let arrived = state.arrived + 1;
        let last = arrived == gate.parties.load(Relaxed);
        // The last one would open it, and one that is new here may get the place of one that died.
        if (last || gate.inside.find().is_none()) && gate.has_dead(state) {
            gate.fail(state, DEATH);
            drop(locked);
            gate.turned.notify();
            return Err(Error::Broken {
                why: REASONS[usize::from(DEATH) - 1],
            });
        }
        let mine = gate.inside.enrol()?;
        mine.mark(state.turn);
        if last {
            gate.end(state, 0, false);
            drop(locked);
            gate.turned.notify();
            return Ok(state.arrived);
        }
        gate.state
            .store(State { arrived, ..state }.to_word(), SeqCst);
        drop(locked);
        let turned = || gate.state().turn != state.turn;
        loop {
            let died = || gate.next_is_dead(mine, state);
            let waited = gate.turned.wait_watching(&mut limit, RECHECK, turned, died);
            if waited != Waited::Ready {
                let locked = gate.lock_within(&mut limit)?;
                if !turned() {
                    if gate.has_dead(state) {
                        gate.fail(gate.state(), DEATH);
                    } else if waited == Waited::TimeOver {
                        gate.fail(gate.state(), TIMEOUT);
                    } else {
                        continue;
                    }
                }
                drop(locked);
                gate.turned.notify();
            }
            return match gate.failed.load(SeqCst) >> (state.turn % 64) & 1 {
                0 => Ok(state.arrived),
                _ => gate.state().check().and(Err(Error::Broken {
                    why: "it was reset",
                })),
            };
        }
    }
}

impl Gate {
    fn lock(&self) -> Result<Locked<'_>, Error> {
        self.lock.lock_endlessly()
    }

    /// Locks in the time that is left, or in a moment: most hold it for some stores only.
    fn lock_within(&self, limit: &mut Limit) -> Result<Locked<'_>, Error> {
        let locked = if limit.left() == Some(Duration::ZERO) {
            self.lock.lock_recovered(&mut Limit::after(GRACE))?
        } else {
            self.lock.lock_recovered(limit)?
        };
        locked.ok_or_else(|| Error::timed_out("way into the barrier", limit))
    }

    fn state(&self) -> State {
        State::from_word(self.state.load(SeqCst))
    }

    fn has_dead(&self, state: State) -> bool {
        self.inside
            .places()
            .iter()
            .any(|place| place.is_marked(state.turn) && place.is_dead())
    }

    /// Whether the next one inside is dead. Each watches one other, in a circle: many who wait do not keep the machine busy.
    fn next_is_dead(&self, mine: &Place, state: State) -> bool {
        let places = self.inside.places();
        let (before, after) = places.split_at(self.inside.number(mine) as usize);
        let mut circle = after[1..].iter().chain(before);
        let next = circle.find(|place| place.is_marked(state.turn));
        next.is_some_and(Place::is_dead)
    }

    /// Ends the turn for those inside, if any, as failed.
    fn fail(&self, state: State, broken: u8) {
        self.end(state, broken, true);
    }

    fn end(&self, state: State, broken: u8, failed: bool) {
        let bit = 1 << (state.turn % 64);
        let others = self.failed.load(SeqCst) & !bit;
        // First how it ended, then that it ended.
        self.failed
            .store(if failed { others | bit } else { others }, SeqCst);
        self.state.store(state.next(broken).to_word(), SeqCst);
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("waiting", &self.waiting())
            .field("is_broken", &self.is_broken())
            .finish_non_exhaustive()
    }
}
