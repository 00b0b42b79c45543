use std::collections::VecDeque;
use std::fmt;

use super::Error;
use super::engine::Rules;

/// The multilevel feedback queue of OSTEP, by its five rules:
///
/// 1. The job of the higher level runs.
/// 2. Jobs of one level run in turn, each for the level's slice.
/// 3. A new job starts at the top.
/// 4. A job that has used up its allotment at a level, however often it gave up the CPU, moves one level down.
/// 5. Every so often, the *boost* moves all jobs to the top.
///
/// Where the rules are silent, this follows the simulator of the book (`mlfq.py`):
/// - A job that is preempted by one of a higher level stays at the head of its queue, and one that does IO comes back to
///   the tail: both keep what is left of their slice.
/// - At one instant, the job whose slice ends is queued first, then the boost takes place, then come the jobs that become
///   ready. (In round robin, the job whose slice ends is queued last.)
/// - Boosts are at multiples of the period. The boosted queue up behind those at the top, the lowest level's first.
/// - At the lowest level, the allotment has no effect.
///
/// In three points `mlfq.py` differs (as it is since September 2023; the tests of this module hold random workloads against it,
/// and find no other):
/// - It queues arrivals before a job that comes back from IO at the same instant; here the rule of ties decides.
/// - Its boost renews the slice of every job; here a job that is already at the top keeps its place and the rest of its slice
///   (else a job runs for ever where the boost comes more often than the slice ends). Both renew all allotments.
/// - It counts an allotment in slices; here it is in ticks, so that `n` slices of `t` ticks are `(t, n * t)`.
///
/// Nothing here answers to its options `-S` and `-I`, nor to IO that takes no time.
///
/// ```
/// use support::sched::{Job, Mlfq, simulate};
/// let mlfq = Mlfq::new([10, 10, 10]).boost_every(100);
/// let trace = simulate(&[Job::new("long", 0, 200)], &mlfq.into(), 0)?;
/// let levels: Vec<_> = trace.spans().iter().map(|span| (span.start, span.level)).collect();
/// assert_eq!(levels, [(0, 0), (10, 1), (20, 2), (100, 0), (110, 1), (120, 2)]);
/// # Ok::<(), support::sched::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mlfq {
    /// The levels, the top one first.
    pub levels: Vec<Level>,
    /// All jobs move to the top every so many ticks.
    pub boost: Option<u64>,
}

/// A level of an [`Mlfq`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The longest a job runs before the next of its level has its turn, in ticks.
    pub slice: u64,
    /// The CPU time that a job may use at this level before it moves down, in ticks.
    pub allotment: u64,
}

/// A slice, with an allotment as long.
impl From<u64> for Level {
    fn from(slice: u64) -> Self {
        Self {
            slice,
            allotment: slice,
        }
    }
}

/// `(slice, allotment)`.
impl From<(u64, u64)> for Level {
    fn from((slice, allotment): (u64, u64)) -> Self {
        Self { slice, allotment }
    }
}

impl Mlfq {
    /// Levels from the top down, each a slice or `(slice, allotment)`; no boost.
    pub fn new<L: Into<Level>>(levels: impl IntoIterator<Item = L>) -> Self {
        Self {
            levels: levels.into_iter().map(Into::into).collect(),
            boost: None,
        }
    }

    /// The same with a boost every `ticks`.
    #[must_use = "the policy is returned"]
    pub fn boost_every(mut self, ticks: u64) -> Self {
        self.boost = Some(ticks);
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.levels.is_empty() {
            return Err(Error::NoLevels);
        }
        if self.boost == Some(0) {
            return Err(Error::NoBoostPeriod);
        }
        for (level, at) in self.levels.iter().zip(0..) {
            if level.slice == 0 {
                return Err(Error::NoSlice {
                    of: format!("level {at}"),
                });
            }
            if level.allotment == 0 {
                return Err(Error::NoAllotment { level: at });
            }
        }
        Ok(())
    }
}

/// A name for a chart: "MLFQ, slices 10/20/40, boost every 1000".
impl fmt::Display for Mlfq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slices: Vec<_> = self.levels.iter().map(|l| l.slice.to_string()).collect();
        write!(f, "MLFQ, slices {}", slices.join("/"))?;
        match self.boost {
            Some(ticks) => write!(f, ", boost every {ticks}"),
            None => f.write_str(", no boost"),
        }
    }
}

/// The state of an [`Mlfq`]. A running job stays in its queue.
pub(super) struct Levels {
    levels: Vec<Level>,
    queues: Vec<VecDeque<usize>>,
    places: Vec<Place>,
    period: Option<u64>,
    next_boost: Option<u64>,
    boosts: u64,
}

/// Where a job stands.
#[derive(Clone)]
struct Place {
    level: usize,
    slice_left: u64,
    allotment_left: u64,
    /// How many boosts it has seen: it takes note of the others when its turn comes, so that a boost need not visit all.
    boosts: u64,
}

impl Levels {
    pub(super) fn new(mlfq: &Mlfq, jobs: usize) -> Self {
        let top = Place {
            level: 0,
            slice_left: mlfq.levels[0].slice,
            allotment_left: mlfq.levels[0].allotment,
            boosts: 0,
        };
        Self {
            queues: vec![VecDeque::new(); mlfq.levels.len()],
            places: vec![top; jobs],
            levels: mlfq.levels.clone(),
            period: mlfq.boost,
            next_boost: mlfq.boost,
            boosts: 0,
        }
    }

    fn place(&mut self, job: usize) -> &mut Place {
        let place = &mut self.places[job];
        if place.boosts != self.boosts {
            place.boosts = self.boosts;
            place.allotment_left = self.levels[0].allotment;
            if place.level > 0 {
                place.level = 0;
                place.slice_left = self.levels[0].slice;
            }
        }
        place
    }

    fn is_lowest(&self, level: usize) -> bool {
        level + 1 == self.levels.len()
    }
}

impl Rules for Levels {
    fn preemptive(&self) -> bool {
        true
    }

    fn expired_first(&self) -> bool {
        true
    }

    fn ready(&mut self, job: usize, _left: u64) {
        let level = self.place(job).level;
        self.queues[level].push_back(job);
    }

    fn pick(&mut self) -> Option<(usize, u64)> {
        let job = *self.queues.iter().find_map(VecDeque::front)?;
        let place = self.place(job).clone();
        let most = if self.is_lowest(place.level) {
            place.slice_left
        } else {
            place.slice_left.min(place.allotment_left)
        };
        Some((job, most))
    }

    fn ran(&mut self, job: usize, ticks: u64, left: u64) {
        let mut place = self.place(job).clone();
        let from = place.level;
        place.slice_left -= ticks;
        place.allotment_left = place.allotment_left.saturating_sub(ticks);
        if place.allotment_left == 0 && !self.is_lowest(from) {
            place.level += 1;
            place.slice_left = 0;
            place.allotment_left = self.levels[place.level].allotment;
        }
        let expired = place.slice_left == 0;
        if expired {
            place.slice_left = self.levels[place.level].slice;
        }
        if expired || left == 0 {
            // At the head, unless a boost during the switch to it put others there.
            if let Some(at) = self.queues[from].iter().position(|&queued| queued == job) {
                self.queues[from].remove(at);
            }
            if left > 0 {
                self.queues[place.level].push_back(job);
            }
        }
        self.places[job] = place;
    }

    fn level(&self, job: usize) -> usize {
        let place = &self.places[job];
        if place.boosts == self.boosts {
            place.level
        } else {
            0
        }
    }

    fn next_boost(&self) -> Option<u64> {
        self.next_boost
    }

    /// Boosts with nothing between them are as good as one.
    fn boost_until(&mut self, now: u64) {
        if self.next_boost.is_none_or(|at| at > now) {
            return;
        }
        self.next_boost = self
            .period
            .and_then(|period| (now / period + 1).checked_mul(period));
        self.boosts += 1;
        let (top, lower) = self.queues.split_at_mut(1);
        for queue in lower.iter_mut().rev() {
            top[0].append(queue);
        }
    }
}
