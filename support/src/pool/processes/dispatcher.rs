//! Who gets what: no processes, no threads, no locks.
//!
//! Each worker has a queue of jobs of its own, so that it is known what a dead worker had: what it was given, less what it reported and what
//! still lies in its queue. That is one job at most, and it fails. A job is in one place at a time: in the backlog, with a worker, or
//! finished.

use std::collections::{HashSet, VecDeque};
use std::mem;

use super::message::{Job, What, exit};
use crate::ipc::Bytes;
use crate::pool::Error;

/// A worker is given jobs ahead for so long, by what the last ones took.
const AHEAD_NANOS: u64 = 1_000_000;
/// And so many at most.
pub(super) const AHEAD_JOBS: usize = 256;

/// What the dispatcher has done by others.
pub(super) trait Hands {
    /// Puts the job into the worker's queue; false if there is no room.
    fn give(&mut self, place: usize, job: &Job) -> bool;
    /// Takes the next job out of the worker's queue, which the worker has not begun then.
    fn take_back(&mut self, place: usize) -> Option<Job>;
    /// Has a worker started.
    fn start(&mut self, place: usize);
}

/// What is left to do: for each job that is finished, who waits for it and the bytes of its results.
pub(super) type Finished<F> = Vec<(F, Result<Vec<u8>, Error>)>;

/// `F` stands for who waits for a job.
pub(super) struct Dispatcher<F> {
    /// Not given to a worker yet.
    backlog: VecDeque<(Job, F)>,
    workers: Vec<Worker<F>>,
    next: u64,
    /// How long a job takes, in nanoseconds: a moving average.
    usual: Option<u64>,
    phase: Phase,
    /// Workers asked for that have neither started nor failed to.
    starting: usize,
    /// Why a worker could not be started, if one could not. That an initializer fails is told to tasks only: it may take its time.
    refused: Option<String>,
    /// Whether workers say that they are ready.
    initialized: bool,
}

/// Each phase ends what the one before allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Open,
    Closed,
    Terminated,
    Broken(String),
}

struct Worker<F> {
    /// None while the place is empty.
    pid: Option<u32>,
    /// Given to it, in this order.
    given: VecDeque<(u64, F)>,
    /// The beginning of results.
    part: Vec<u8>,
    /// It has run its initializer.
    ready: bool,
}

impl<F> Dispatcher<F> {
    /// With so many workers being started, which have an initializer or not.
    pub(super) fn new(workers: usize, initialized: bool) -> Dispatcher<F> {
        let worker = |_| Worker {
            pid: None,
            given: VecDeque::new(),
            part: Vec::new(),
            ready: !initialized,
        };
        Dispatcher {
            backlog: VecDeque::new(),
            workers: (0..workers).map(worker).collect(),
            next: 0,
            usual: None,
            phase: Phase::Open,
            starting: workers,
            refused: None,
            initialized,
        }
    }

    pub(super) fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Process ids of the workers that there are now.
    pub(super) fn pids(&self) -> impl Iterator<Item = u32> {
        self.workers.iter().filter_map(|worker| worker.pid)
    }

    /// How many workers that were asked for are not there yet; the error if one cannot be.
    pub(super) fn starting(&self) -> Result<usize, Error> {
        match &self.refused {
            Some(why) => Err(Error::Broken { why: why.clone() }),
            None => Ok(self.starting),
        }
    }

    /// Takes a job; its number.
    pub(super) fn submit(
        &mut self,
        count: u32,
        arguments: Vec<u8>,
        finish: F,
        hands: &mut impl Hands,
    ) -> Result<u64, Error> {
        match &self.phase {
            Phase::Open => {}
            Phase::Broken(why) => return Err(Error::Broken { why: why.clone() }),
            Phase::Closed | Phase::Terminated => return Err(Error::Closed),
        }
        let id = self.next;
        self.next += 1;
        let arguments = Bytes(arguments);
        let job = Job {
            id,
            count,
            arguments,
        };
        self.backlog.push_back((job, finish));
        self.give(hands);
        Ok(id)
    }

    pub(super) fn close(&mut self) {
        self.enter(Phase::Closed);
    }

    /// No worker is asked for any more, and what is unfinished fails.
    pub(super) fn terminate(&mut self) -> Finished<F> {
        self.enter(Phase::Terminated);
        for worker in &mut self.workers {
            worker.pid = None;
        }
        self.give_up(|| Error::Terminated)
    }

    /// There can be no workers any more.
    pub(super) fn break_up(&mut self, why: String) -> Finished<F> {
        self.refused.get_or_insert_with(|| why.clone());
        self.give_all_up(why)
    }

    fn give_all_up(&mut self, why: String) -> Finished<F> {
        if self.phase < Phase::Terminated {
            self.phase = Phase::Broken(why.clone());
        }
        self.give_up(|| Error::Broken { why: why.clone() })
    }

    fn enter(&mut self, phase: Phase) {
        if self.phase < phase {
            self.phase = phase;
        }
    }

    /// Takes back those of these jobs that no worker has begun.
    pub(super) fn cancel(&mut self, ids: &[u64], hands: &mut impl Hands) -> Finished<F> {
        let ids: HashSet<u64> = ids.iter().copied().collect();
        for place in 0..self.workers.len() {
            let given = &self.workers[place].given;
            if given.iter().any(|(id, _)| ids.contains(id)) {
                self.take_back(place, usize::MAX, hands);
            }
        }
        let mut cancelled = Vec::new();
        for (job, finish) in mem::take(&mut self.backlog) {
            if ids.contains(&job.id) {
                cancelled.push((finish, Err(Error::Cancelled)));
            } else {
                self.backlog.push_back((job, finish));
            }
        }
        self.give(hands);
        cancelled
    }

    /// Takes a report into account; true if others may wait for what it says. [`settle`](Self::settle) comes after the last of several.
    pub(super) fn note(
        &mut self,
        place: usize,
        what: What,
        hands: &mut impl Hands,
        finished: &mut Finished<F>,
    ) -> bool {
        let Some(worker) = self.workers.get_mut(place) else {
            return false;
        };
        match what {
            What::Started { pid } => {
                self.starting = self.starting.saturating_sub(1);
                if self.phase < Phase::Terminated {
                    // It may have said that it is ready before the nursery says that it is there.
                    worker.pid = Some(pid);
                }
                return true;
            }
            What::NotStarted { why } => {
                self.starting = self.starting.saturating_sub(1);
                self.refused = Some(why.clone());
                // With other workers the pool goes on without this one.
                if self.starting == 0 && self.pids().next().is_none() {
                    finished.extend(self.break_up(format!("no worker could be started: {why}")));
                }
                return true;
            }
            What::NoMore { why } => {
                let why = format!("the process that makes workers failed: {why}");
                finished.extend(self.break_up(why));
                return true;
            }
            What::Ready { failed: Some(why) } => {
                finished.extend(self.give_all_up(why));
                return true;
            }
            What::Ready { failed: None } => worker.ready = true,
            What::Stop => {}
            What::Part { results } => worker.part.extend_from_slice(&results),
            What::Done { id, nanos, results } => {
                let results = if worker.part.is_empty() {
                    results.0
                } else {
                    let mut all = mem::take(&mut worker.part);
                    all.extend_from_slice(&results);
                    all
                };
                finished.extend(worker.remove(id).map(|finish| (finish, Ok(results))));
                self.usual = Some(
                    self.usual
                        .map_or(nanos, |usual| usual - usual / 8 + nanos / 8),
                );
            }
            What::Ended {
                pid,
                signal,
                number,
            } => {
                let exit = exit(signal, number);
                let was_ready = mem::replace(&mut worker.ready, !self.initialized);
                worker.pid = None;
                worker.part.clear();
                self.take_back(place, usize::MAX, hands);
                let lost = self.workers[place].given.drain(..);
                finished
                    .extend(lost.map(|(_, finish)| (finish, Err(Error::WorkerDied { pid, exit }))));
                if !was_ready && self.phase < Phase::Terminated {
                    // The next one would end there too.
                    let why = format!("worker {pid} ended in the initializer: {exit}");
                    finished.extend(self.give_all_up(why));
                    return true;
                }
                if self.phase < Phase::Terminated {
                    hands.start(place);
                    self.starting += 1;
                }
            }
        }
        false
    }

    /// Sees to it that nobody is idle while there is work.
    pub(super) fn settle(&mut self, hands: &mut impl Hands) {
        self.level(hands);
        self.give(hands);
    }

    /// Gives jobs to workers that have few, the least busy first.
    fn give(&mut self, hands: &mut impl Hands) {
        let ahead = self.ahead();
        let mut refused = usize::MAX;
        while !self.backlog.is_empty() {
            let least = self
                .workers
                .iter()
                .enumerate()
                .filter(|(place, worker)| worker.pid.is_some() && *place != refused)
                .min_by_key(|(_, worker)| worker.given.len());
            let Some((place, worker)) = least else { return };
            if worker.given.len() >= ahead {
                return;
            }
            let Some((job, finish)) = self.backlog.pop_front() else {
                return;
            };
            if hands.give(place, &job) {
                self.workers[place].given.push_back((job.id, finish));
                continue;
            }
            // No room for its bytes now, or a worker stopped at its queue: it will be given when it has reported.
            self.backlog.push_front((job, finish));
            if refused != usize::MAX {
                return;
            }
            refused = place;
        }
    }

    fn ahead(&self) -> usize {
        match self.usual {
            None => 1,
            Some(nanos) => (1 + (AHEAD_NANOS / (nanos + 1)) as usize).min(AHEAD_JOBS),
        }
    }

    /// If a worker has nothing to do and there is no backlog, takes back half of what the busiest one has not begun.
    fn level(&mut self, hands: &mut impl Hands) {
        let idle = self
            .workers
            .iter()
            .any(|worker| worker.pid.is_some() && worker.given.is_empty());
        if !idle || !self.backlog.is_empty() {
            return;
        }
        let busiest = self
            .workers
            .iter()
            .enumerate()
            .max_by_key(|(_, worker)| worker.given.len());
        if let Some((place, worker)) = busiest {
            let most = worker.given.len() / 2;
            self.take_back(place, most, hands);
        }
    }

    /// Takes back jobs that the worker has not begun, as many as there are up to `most`, and puts them before the backlog.
    fn take_back(&mut self, place: usize, most: usize, hands: &mut impl Hands) {
        let worker = &mut self.workers[place];
        let mut back = Vec::new();
        while back.len() < most
            && let Some(job) = hands.take_back(place)
        {
            if let Some(finish) = worker.remove(job.id) {
                back.push((job, finish));
            }
        }
        for job in back.into_iter().rev() {
            self.backlog.push_front(job);
        }
    }

    /// Everything unfinished, with an error each.
    fn give_up(&mut self, error: impl Fn() -> Error) -> Finished<F> {
        let given = self
            .workers
            .iter_mut()
            .flat_map(|worker| worker.given.drain(..));
        let given = given.map(|(_, finish)| finish);
        let backlog = self.backlog.drain(..).map(|(_, finish)| finish);
        given
            .chain(backlog)
            .map(|finish| (finish, Err(error())))
            .collect()
    }
}

impl<F> Worker<F> {
    /// Reports come in the order of the jobs; one taken back and given again may be anywhere.
    fn remove(&mut self, id: u64) -> Option<F> {
        let index = self.given.iter().position(|(given, _)| *given == id)?;
        self.given.remove(index).map(|(_, finish)| finish)
    }
}

#[cfg(test)]
mod tests;
