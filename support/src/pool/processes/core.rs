//! The owner's side: who has which task.
//!
//! Each worker has a queue of jobs of its own, so that the owner knows what a dead worker had: what it was given, less what it reported
//! and what still lies in its queue. That is one job at most, and it fails. All workers share the queue of reports, which one thread reads.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::message::{Failure, Job, Report, What, exit};
use super::nursery::Orders;
use crate::ipc::{self, Bytes, Queue};
use crate::pool::Error;
use crate::pool::future::{Tid, this_thread};
use crate::process::Process;

/// A worker is given jobs ahead for so long, by what the last ones took.
const AHEAD_NANOS: u64 = 1_000_000;
/// And so many at most.
pub(super) const AHEAD_JOBS: usize = 256;
/// Reports looked at in one go.
const REPORTS: usize = 512;
/// How often the reader looks whether the nursery lives, when nothing else happens.
const LOOK: Duration = Duration::from_millis(100);
/// How long the nursery may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// What is to be done with the results of a job.
pub(super) type Finish = Box<dyn FnOnce(Result<Vec<u8>, Error>) + Send>;

pub(super) struct Core {
    state: Mutex<State>,
    changed: Condvar,
    jobs: Vec<Queue<Job>>,
    reports: Queue<Report>,
    /// The thread that reads the reports.
    reader: AtomicI32,
}

struct State {
    /// Not given to a worker yet.
    backlog: VecDeque<(Job, Finish)>,
    workers: Vec<Worker>,
    orders: Orders,
    nursery: Option<Process>,
    next: u64,
    /// Submitted, and `Finish` has not returned.
    unfinished: usize,
    /// How long a job takes, in nanoseconds: a moving average.
    usual: Option<u64>,
    phase: Phase,
    /// Workers asked for that have neither started nor failed to.
    starting: usize,
    /// Why a worker could not be started, if one could not.
    refused: Option<String>,
}

/// Each phase ends what the one before allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    Closed,
    Terminated,
    Broken(String),
}

#[derive(Default)]
struct Worker {
    /// None while the place is empty.
    pid: Option<u32>,
    /// Given to it, in this order.
    given: VecDeque<(u64, Finish)>,
    /// The beginning of results.
    part: Vec<u8>,
}

/// What is left to do without the lock.
type Finished = Vec<(Finish, Result<Vec<u8>, Error>)>;

impl Core {
    pub(super) fn new(
        jobs: Vec<Queue<Job>>,
        reports: Queue<Report>,
        orders: Orders,
        nursery: Process,
    ) -> Arc<Core> {
        Arc::new(Core {
            state: Mutex::new(State {
                backlog: VecDeque::new(),
                workers: jobs.iter().map(|_| Worker::default()).collect(),
                starting: jobs.len(),
                refused: None,
                orders,
                nursery: Some(nursery),
                next: 0,
                unfinished: 0,
                usual: None,
                phase: Phase::Open,
            }),
            changed: Condvar::new(),
            jobs,
            reports,
            reader: AtomicI32::new(0),
        })
    }

    /// The thread that runs callbacks.
    pub(super) fn reader(&self) -> Tid {
        self.reader.load(Relaxed)
    }

    pub(super) fn is_reader(&self) -> bool {
        self.reader() == this_thread()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the first workers.
    pub(super) fn wait_for_workers(&self) -> Result<(), Error> {
        let mut state = self.lock();
        loop {
            if let Phase::Broken(why) = &state.phase {
                return Err(Error::Broken { why: why.clone() });
            }
            if let Some(why) = state.refused.take() {
                return Err(Error::Broken { why });
            }
            if state.starting == 0 {
                return Ok(());
            }
            state = self.wait(state);
        }
    }

    /// The most bytes of arguments that a job can have.
    pub(super) fn capacity(&self) -> usize {
        // The id, the count and the length stand before them: 10 + 5 + 5 bytes at most.
        self.jobs[0].byte_capacity() - 20
    }

    pub(super) fn submit(
        &self,
        count: u32,
        arguments: Vec<u8>,
        finish: Finish,
    ) -> Result<(), Error> {
        let (size, capacity) = (arguments.len(), self.capacity());
        if size > capacity {
            return Err(Error::TooLarge { size, capacity });
        }
        let mut state = self.lock();
        match &state.phase {
            Phase::Open => {}
            Phase::Broken(why) => return Err(Error::Broken { why: why.clone() }),
            Phase::Closed | Phase::Terminated => return Err(Error::Closed),
        }
        let id = state.next;
        state.next += 1;
        state.unfinished += 1;
        let arguments = Bytes(arguments);
        state.backlog.push_back((
            Job {
                id,
                count,
                arguments,
            },
            finish,
        ));
        state.give(&self.jobs);
        Ok(())
    }

    /// Process ids of the workers that there are now.
    pub(super) fn pids(&self) -> Vec<u32> {
        let state = self.lock();
        state
            .workers
            .iter()
            .filter_map(|worker| worker.pid)
            .collect()
    }

    pub(super) fn unfinished(&self) -> usize {
        self.lock().unfinished
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.phase = state.phase.clone().max(Phase::Closed);
    }

    /// Waits until nothing is unfinished, then ends the workers.
    pub(super) fn join(&self) -> Result<(), Error> {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            return Err(Error::NotClosed);
        }
        if self.is_reader() {
            return Err(Error::InCallback);
        }
        while state.unfinished > 0 {
            state = self.wait(state);
        }
        self.end(state);
        Ok(())
    }

    /// Ends the workers whatever they do.
    pub(super) fn terminate(&self) {
        let mut state = self.lock();
        state.phase = state.phase.clone().max(Phase::Terminated);
        let finished = state.give_up(|| Error::Terminated);
        self.end(state);
        self.finish(finished);
    }

    /// Takes the nursery out of the state and ends it, and the workers with it. Only one call of several does.
    fn end(&self, mut state: MutexGuard<'_, State>) {
        let Some(mut nursery) = state.nursery.take() else {
            return;
        };
        state.orders.stop();
        for worker in &mut state.workers {
            worker.pid = None;
        }
        drop(state);
        // It may be reporting, and the queue may be full: the reader, which may be this thread, does not have to live for that.
        let mut left = GRACE;
        while matches!(nursery.join_timeout(LOOK), Ok(None)) {
            left = left.saturating_sub(LOOK);
            if left.is_zero() {
                break;
            }
            while self.reports.try_get().is_ok() {}
        }
        // Dropping the handle kills a nursery that still runs, and its end kills the workers.
        drop(nursery);
        let what = What::Stop;
        let _ = self.reports.try_put(&Report { place: 0, what });
    }

    /// Calls back, without the lock.
    fn finish(&self, finished: Finished) {
        let count = finished.len();
        for (finish, result) in finished {
            finish(result);
        }
        if count > 0 {
            let mut state = self.lock();
            state.unfinished -= count;
            if state.unfinished == 0 {
                self.changed.notify_all();
            }
        }
    }

    /// The reader: runs until the nursery has been taken, or has died.
    pub(super) fn read(&self) {
        self.reader.store(this_thread(), Relaxed);
        let mut stop = false;
        while !stop {
            match self.reports.get_many_timeout(REPORTS, LOOK) {
                Ok(reports) => {
                    let mut state = self.lock();
                    let mut finished = Vec::with_capacity(reports.len());
                    for Report { place, what } in reports {
                        stop |= matches!(what, What::Stop);
                        if state.note(
                            &self.jobs[place as usize],
                            place as usize,
                            what,
                            &mut finished,
                        ) {
                            self.changed.notify_all();
                        }
                    }
                    state.level(&self.jobs);
                    state.give(&self.jobs);
                    drop(state);
                    self.finish(finished);
                }
                Err(ipc::Error::Empty { .. }) => {
                    let mut state = self.lock();
                    let Some(nursery) = &mut state.nursery else {
                        return;
                    };
                    let why = match nursery.try_join() {
                        Ok(None) => continue,
                        Ok(Some(exit)) => format!("the process that makes workers ended, {exit}"),
                        Err(error) => error.to_string(),
                    };
                    state.nursery = None;
                    self.give_all_up(state, why);
                    return;
                }
                Err(error) => {
                    let state = self.lock();
                    self.give_all_up(state, error.to_string());
                    return;
                }
            }
        }
    }

    fn give_all_up(&self, mut state: MutexGuard<'_, State>, why: String) {
        let finished = state.break_up(why);
        drop(state);
        self.changed.notify_all();
        self.finish(finished);
    }
}

impl State {
    /// Gives jobs to workers that have few, the least busy first.
    fn give(&mut self, jobs: &[Queue<Job>]) {
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
            match jobs[place].try_put(&job) {
                Ok(()) => self.workers[place].given.push_back((job.id, finish)),
                // No room for its bytes now, or a worker stopped at its queue: it will be given when it has reported.
                Err(_) => {
                    self.backlog.push_front((job, finish));
                    if refused != usize::MAX {
                        return;
                    }
                    refused = place;
                }
            }
        }
    }

    fn ahead(&self) -> usize {
        match self.usual {
            None => 1,
            Some(nanos) => (1 + (AHEAD_NANOS / (nanos + 1)) as usize).min(AHEAD_JOBS),
        }
    }

    /// If a worker has nothing to do and there is no backlog, takes back half of what the busiest one has not begun.
    fn level(&mut self, jobs: &[Queue<Job>]) {
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
            self.take_back(&jobs[place], place, most);
        }
    }

    /// Takes back jobs that the worker has not begun, as many as there are up to `most`, and puts them before the backlog.
    fn take_back(&mut self, jobs: &Queue<Job>, place: usize, most: usize) {
        let given = &mut self.workers[place].given;
        let mut back = Vec::new();
        while back.len() < most
            && let Ok(job) = jobs.try_get()
        {
            if let Some(index) = given.iter().position(|(id, _)| *id == job.id)
                && let Some((_, finish)) = given.remove(index)
            {
                back.push((job, finish));
            }
        }
        for job in back.into_iter().rev() {
            self.backlog.push_front(job);
        }
    }

    /// Takes a report into account; true if others may wait for what it says.
    fn note(
        &mut self,
        jobs: &Queue<Job>,
        place: usize,
        what: What,
        finished: &mut Finished,
    ) -> bool {
        let worker = &mut self.workers[place];
        match what {
            What::Started { pid } => {
                worker.pid = Some(pid);
                self.starting -= 1;
                return true;
            }
            What::NotStarted { why } => {
                self.starting -= 1;
                self.refused = Some(why.clone());
                // With other workers the pool goes on without this one.
                if self.starting == 0 && self.workers.iter().all(|worker| worker.pid.is_none()) {
                    finished.extend(self.break_up(format!("no worker could be started: {why}")));
                }
                return true;
            }
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
            What::Failed { id, failure } => {
                worker.part.clear();
                let error = match failure {
                    Failure::Panicked(message) => Error::Panicked { message },
                    Failure::Argument(why) => Error::Pass {
                        what: "argument",
                        why,
                    },
                    Failure::Result(why) => Error::Pass {
                        what: "result",
                        why,
                    },
                };
                finished.extend(worker.remove(id).map(|finish| (finish, Err(error))));
            }
            What::Ended {
                pid,
                signal,
                number,
            } => {
                worker.pid = None;
                worker.part.clear();
                let given = worker.given.len();
                self.take_back(jobs, place, given);
                let exit = exit(signal, number);
                let lost = self.workers[place].given.drain(..);
                finished
                    .extend(lost.map(|(_, finish)| (finish, Err(Error::WorkerDied { pid, exit }))));
                if self.phase < Phase::Terminated {
                    self.orders.start(place);
                    self.starting += 1;
                }
            }
        }
        false
    }

    fn break_up(&mut self, why: String) -> Finished {
        if self.phase < Phase::Terminated {
            self.phase = Phase::Broken(why.clone());
        }
        self.give_up(|| Error::Broken { why: why.clone() })
    }

    /// Everything unfinished that no callback has, with an error each.
    fn give_up(&mut self, error: impl Fn() -> Error) -> Finished {
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

impl Worker {
    /// Reports come in the order of the jobs; one taken back and given again may be anywhere.
    fn remove(&mut self, id: u64) -> Option<Finish> {
        let index = self.given.iter().position(|(given, _)| *given == id)?;
        self.given.remove(index).map(|(_, finish)| finish)
    }
}
