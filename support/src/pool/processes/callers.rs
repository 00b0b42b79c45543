//! Threads that run callbacks.
//!
//! One callback runs at a time, unless it takes long: then another thread takes its turn away, and runs the rest. Threads are started when
//! they are needed, one to run callbacks and one to stand by while more callbacks wait; a pool without callbacks has none.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::caught::caught;
use crate::pool::pending::{Thread, this_thread};

/// How long a callback has the turn, if others wait.
const PATIENCE: Duration = Duration::from_millis(5);

type Call = Box<dyn FnOnce() + Send>;

#[derive(Clone, Default)]
pub(super) struct Callers(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Call>,
    /// The call whose turn it is, and since when.
    turn: Option<(u64, Instant)>,
    turns: u64,
    /// All threads there are.
    threads: usize,
    /// Those of them that are within a call.
    calling: Vec<Thread>,
    /// A thread sleeps until it is woken.
    asleep: bool,
    over: bool,
}

impl Callers {
    pub(super) fn call(&self, call: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        state.waiting.push_back(Box::new(call));
        self.provide(&mut state);
        let wake = mem::take(&mut state.asleep) || state.turn.is_none();
        drop(state);
        if wake {
            self.0.changed.notify_all();
        }
    }

    /// Whether this thread is within a call.
    pub(super) fn is_mine(&self) -> bool {
        self.lock().calling.contains(&this_thread())
    }

    /// Tries again to start a thread, if none could be started for what waits.
    pub(super) fn look_again(&self) {
        let mut state = self.lock();
        if !state.waiting.is_empty() {
            self.provide(&mut state);
        }
    }

    /// Has the threads end when nothing waits any more.
    pub(super) fn end(&self) {
        self.lock().over = true;
        self.0.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that a thread is not within a call.
    fn provide(&self, state: &mut State) {
        if state.threads > state.calling.len() {
            return;
        }
        let callers = self.clone();
        let thread = thread::Builder::new().name("pool-callback".into());
        // If there can be none, the ones that there are do it later, or `look_again`.
        if thread.spawn(move || callers.run()).is_ok() {
            state.threads += 1;
        }
    }

    fn run(&self) {
        let changed = &self.0.changed;
        let mut state = self.lock();
        loop {
            if state.waiting.is_empty() {
                // One idle thread is enough.
                if state.over || state.threads - state.calling.len() > 1 {
                    state.threads -= 1;
                    return;
                }
                state.asleep = true;
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.asleep = false;
                continue;
            }
            let left = state.turn.map_or(Duration::ZERO, |(_, since)| {
                PATIENCE.saturating_sub(since.elapsed())
            });
            if !left.is_zero() {
                let woken = changed.wait_timeout(state, left);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let Some(call) = state.waiting.pop_front() else {
                continue;
            };
            state.turns += 1;
            let turn = state.turns;
            state.turn = Some((turn, Instant::now()));
            state.calling.push(this_thread());
            if !state.waiting.is_empty() {
                self.provide(&mut state);
            }
            drop(state);
            let _ = caught(call);
            state = self.lock();
            state.calling.retain(|thread| *thread != this_thread());
            if state.turn.is_some_and(|(of, _)| of == turn) {
                state.turn = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::mpsc;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn quick_calls_run_in_order() {
        let callers = Callers::default();
        let (sender, receiver) = mpsc::channel();
        for n in 0..1000 {
            let sender = sender.clone();
            callers.call(move || sender.send(n).unwrap());
        }
        for n in 0..1000 {
            assert_eq!(receiver.recv_timeout(SOON), Ok(n));
        }
        callers.end();
    }

    /// Ten calls that only go on when all ten have begun, and one that panics between.
    #[test]
    fn blocked_calls_hold_up_no_other() {
        let callers = Callers::default();
        let (sender, receiver) = mpsc::channel();
        let all = Arc::new(Barrier::new(10));
        for n in 0..10 {
            let (sender, all) = (sender.clone(), Arc::clone(&all));
            callers.call(move || {
                all.wait();
                sender.send(n).unwrap();
            });
            callers.call(|| std::panic::resume_unwind(Box::new(())));
        }
        for _ in 0..10 {
            receiver.recv_timeout(SOON).unwrap();
        }
        callers.end();
        let ended = Instant::now() + SOON;
        while callers.lock().threads > 0 {
            assert!(Instant::now() < ended, "threads are left");
            thread::sleep(Duration::from_millis(1));
        }
    }
}
