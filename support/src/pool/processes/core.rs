//! The owner's side: carries out what the dispatcher decides.
//!
//! All workers share the queue of reports, which one thread reads. It only moves bytes: what runs code of the user's is done by
//! whoever asks for a result, or by the callers. Under the lock runs no such code either.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::callers::Callers;
use super::dispatcher::{Dispatcher, Finished, Hands, Phase};
use super::frames;
use super::message::{Job, Report, What};
use super::nursery::Orders;
use crate::caught::caught;
use crate::ipc::{self, Queue};
use crate::pool::Error;
use crate::pool::owner::Owner;
use crate::pool::pending::{Cancel, Fill};
use crate::process::Process;

/// Reports looked at in one go.
const REPORTS: usize = 512;
/// How often the reader looks whether the nursery lives, when nothing else happens.
const LOOK: Duration = Duration::from_secs(1);
/// How long a worker waits for a job without looking again. Only the owner gives jobs: no wake is lost but with the pool.
pub(super) const RECHECK: Duration = Duration::from_secs(120);
/// How long the first workers may take to start.
const START: Duration = Duration::from_secs(10);
/// How long the nursery may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(2);
/// How long the end of a pool waits for callbacks.
const CALLBACKS: Duration = Duration::from_secs(1);

pub(super) struct Core {
    state: Mutex<State>,
    changed: Condvar,
    reports: Queue<Report>,
    callers: Callers,
    /// The most bytes of arguments that a job can have, their frames included.
    capacity: usize,
    owner: Owner,
}

struct State {
    dispatcher: Dispatcher<Arc<dyn Fill>>,
    hands: Queues,
    nursery: Option<Process>,
    /// Submitted, and not done with its callbacks.
    unfinished: usize,
    /// The nursery has ended, and nothing comes any more.
    ended: bool,
}

struct Queues {
    jobs: Vec<Queue<Job>>,
    orders: Orders,
}

impl Hands for Queues {
    fn give(&mut self, place: usize, job: &Job) -> bool {
        self.jobs[place].try_put(job).is_ok()
    }

    fn take_back(&mut self, place: usize) -> Option<Job> {
        self.jobs[place].try_get().ok()
    }

    fn start(&mut self, place: usize) {
        self.orders.start(place);
    }
}

impl Core {
    pub(super) fn new(
        jobs: Vec<Queue<Job>>,
        reports: Queue<Report>,
        orders: Orders,
        nursery: Process,
        initialized: bool,
    ) -> Arc<Core> {
        // The id, the count and the length stand before them: 10 + 5 + 5 bytes at most.
        let capacity = jobs[0].byte_capacity() - 20;
        Arc::new(Core {
            state: Mutex::new(State {
                dispatcher: Dispatcher::new(jobs.len(), initialized),
                hands: Queues { jobs, orders },
                nursery: Some(nursery),
                unfinished: 0,
                ended: false,
            }),
            changed: Condvar::new(),
            reports,
            callers: Callers::default(),
            capacity,
            owner: Owner::this_process(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, at_most: Duration) -> MutexGuard<'a, State> {
        let woken = self.changed.wait_timeout(state, at_most);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits for the first workers.
    pub(super) fn wait_for_workers(&self) -> Result<(), Error> {
        let deadline = Instant::now() + START;
        let mut state = self.lock();
        loop {
            let starting = state.dispatcher.starting()?;
            if starting == 0 {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let workers = state.hands.jobs.len();
                let nursery = state.nursery.as_ref().map_or(0, Process::pid);
                let why = format!(
                    "after {START:?} {starting} of {workers} workers have not started; is the machine overloaded, or \
                     process {nursery} stopped, which forks them? See `ps -o pid,stat,wchan {nursery}`"
                );
                return Err(Error::Broken { why });
            }
            state = self.wait(state, left);
        }
    }

    pub(super) fn submit(
        &self,
        count: u32,
        arguments: Vec<u8>,
        slot: Arc<dyn Fill>,
    ) -> Result<u64, Error> {
        if arguments.len() > self.capacity {
            let headers = count as usize * frames::HEADER;
            return Err(Error::TooLarge {
                size: arguments.len() - headers,
                capacity: self.capacity.saturating_sub(headers),
            });
        }
        let mut state = self.lock();
        let State {
            dispatcher, hands, ..
        } = &mut *state;
        let id = dispatcher.submit(count, arguments, slot, hands)?;
        state.unfinished += 1;
        Ok(id)
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        self.lock().dispatcher.pids().collect()
    }

    pub(super) fn unfinished(&self) -> usize {
        self.lock().unfinished
    }

    pub(super) fn close(&self) {
        self.lock().dispatcher.close();
    }

    /// Waits until nothing is unfinished, then ends the workers.
    pub(super) fn join(self: &Arc<Self>) -> Result<(), Error> {
        let mut state = self.lock();
        if *state.dispatcher.phase() == Phase::Open {
            return Err(Error::NotClosed);
        }
        if self.callers.is_mine() {
            return Err(Error::InCallback);
        }
        while state.unfinished > 0 {
            // The reader may have ended before there was a thread for callbacks.
            self.callers.look_again();
            state = self.wait(state, LOOK);
        }
        self.end(state);
        Ok(())
    }

    /// Ends the workers whatever they do. Callbacks that are not over soon go on.
    pub(super) fn terminate(self: &Arc<Self>) {
        self.end(self.lock());
        if !self.callers.is_mine() {
            let deadline = Instant::now() + CALLBACKS;
            let mut state = self.lock();
            while state.unfinished > 0 && Instant::now() < deadline {
                let left = deadline.saturating_duration_since(Instant::now());
                state = self.wait(state, left);
            }
        }
        self.callers.end();
    }

    /// Takes the nursery out of the state and ends it, and the workers with it. Only one call of several does.
    fn end(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let finished = state.dispatcher.terminate();
        let nursery = state.nursery.take();
        if nursery.is_some() {
            state.hands.orders.stop();
        }
        drop(state);
        self.finish(finished);
        let Some(mut nursery) = nursery else { return };
        // The reader takes what it still reports. Dropping the handle kills a nursery that still runs, and its end kills the workers.
        let _ = nursery.join_timeout(GRACE);
        drop(nursery);
        self.lock().ended = true;
        let what = What::Stop;
        let _ = self.reports.try_put(&Report { place: 0, what });
    }

    /// Hands the results over, without the lock, and has callbacks called.
    fn finish(self: &Arc<Self>, finished: Finished<Arc<dyn Fill>>) {
        let mut done = 0;
        for (slot, result) in finished {
            if slot.fill(result) {
                let core = Arc::clone(self);
                self.callers.call(move || {
                    // The drop of what it holds may be the user's too, and panic.
                    let _ = caught(move || {
                        slot.call();
                        drop(slot);
                    });
                    core.done(1);
                });
            } else {
                done += 1;
            }
        }
        self.done(done);
    }

    fn done(&self, tasks: usize) {
        if tasks > 0 {
            let mut state = self.lock();
            state.unfinished -= tasks;
            if state.unfinished == 0 {
                self.changed.notify_all();
            }
        }
    }

    /// The reader: runs until the nursery has been ended, or has died.
    pub(super) fn read(self: &Arc<Self>) {
        loop {
            let reports = self.reports.get_many_timeout(REPORTS, LOOK);
            let why = match reports.and_then(|reports| reports.into_iter().collect()) {
                Ok(reports) => {
                    if self.take(reports) {
                        return;
                    }
                    continue;
                }
                Err(ipc::Error::Empty { .. }) => {
                    self.callers.look_again();
                    let mut state = self.lock();
                    if state.ended {
                        return;
                    }
                    let nursery = state.nursery.as_mut().map(Process::try_join);
                    match nursery {
                        // Whoever ends it has it.
                        None | Some(Ok(None)) => continue,
                        Some(Ok(Some(exit))) => {
                            format!("the process that makes workers ended: {exit}")
                        }
                        Some(Err(error)) => error.to_string(),
                    }
                }
                Err(error) => error.to_string(),
            };
            let mut state = self.lock();
            // It has no workers any more.
            let nursery = state.nursery.take();
            let finished = state.dispatcher.break_up(why);
            drop(state);
            drop(nursery);
            self.changed.notify_all();
            self.finish(finished);
            return;
        }
    }

    /// True after the last one.
    fn take(self: &Arc<Self>, reports: Vec<Report>) -> bool {
        let (mut stop, mut news) = (false, false);
        let mut finished = Vec::with_capacity(reports.len());
        let mut state = self.lock();
        let State {
            dispatcher, hands, ..
        } = &mut *state;
        for Report { place, what } in reports {
            stop |= matches!(what, What::Stop);
            news |= dispatcher.note(place as usize, what, hands, &mut finished);
        }
        dispatcher.settle(hands);
        drop(state);
        if news {
            self.changed.notify_all();
        }
        self.finish(finished);
        stop
    }
}

impl Cancel for Core {
    fn cancel(self: Arc<Self>, tasks: &[u64]) -> usize {
        if self.owner.is_elsewhere() {
            return 0;
        }
        let mut state = self.lock();
        let State {
            dispatcher, hands, ..
        } = &mut *state;
        let cancelled = dispatcher.cancel(tasks, hands);
        drop(state);
        let count = cancelled.len();
        self.finish(cancelled);
        count
    }
}
