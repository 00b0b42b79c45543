//! What a submitted task leaves with its submitter.

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Error;

type Callback<R> = Box<dyn FnOnce(&Result<R, Error>) + Send>;

/// The result of a task, now or later. Dropping it does not cancel the task.
///
/// ```
/// use support::pool::ThreadPool;
///
/// let pool = ThreadPool::new(2)?;
/// let answer = pool.submit(|| 6 * 7)?;
/// answer.on_done(|result| println!("done: {result:?}"));
/// assert_eq!(answer.result()?, 42);
/// # Ok::<(), support::pool::Error>(())
/// ```
pub struct Future<R>(pub(super) Arc<Slot<R>>);

/// Where the result is put.
pub(super) struct Slot<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
    /// The thread that must not wait for this, since it is the one that fills it.
    never: Option<Tid>,
}

/// A thread, by the system's number: what `std` counts differs between the cells of a notebook.
pub(super) type Tid = i32;

/// The calling thread; 0 where the system does not number threads.
pub(super) fn this_thread() -> Tid {
    #[cfg(target_os = "linux")]
    return nix::unistd::gettid().as_raw();
    #[cfg(not(target_os = "linux"))]
    0
}

struct State<R> {
    done: bool,
    /// None before it is done, after it was taken, and while it is lent.
    result: Option<Result<R, Error>>,
    /// The thread that runs callbacks, which have the result meanwhile.
    lent: Option<Tid>,
    callbacks: Vec<Callback<R>>,
    /// Whether somebody waits for a change.
    awaited: bool,
}

impl<R> Slot<R> {
    pub(super) fn new(never: Option<Tid>) -> Arc<Slot<R>> {
        Arc::new(Slot {
            state: Mutex::new(State {
                done: false,
                result: None,
                lent: None,
                callbacks: Vec::new(),
                awaited: false,
            }),
            changed: Condvar::new(),
            never,
        })
    }

    /// Runs the callbacks, then hands out the result.
    pub(super) fn fill(&self, result: Result<R, Error>) {
        let mut state = self.lock();
        while !state.callbacks.is_empty() {
            state.lent = Some(this_thread());
            let callbacks = mem::take(&mut state.callbacks);
            drop(state);
            for callback in callbacks {
                run(callback, &result);
            }
            state = self.lock();
        }
        state.done = true;
        self.put_back(state, Some(result));
    }

    fn put_back(&self, mut state: MutexGuard<'_, State<R>>, result: Option<Result<R, Error>>) {
        state.result = result;
        state.lent = None;
        let awaited = mem::take(&mut state.awaited);
        drop(state);
        if awaited {
            self.changed.notify_all();
        }
    }

    /// Waits until the result is there or was taken.
    fn wait(&self, timeout: Option<Duration>) -> Result<MutexGuard<'_, State<R>>, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        while !state.done || state.lent.is_some() {
            let me = Some(this_thread());
            if me != Some(0) && (self.never == me || state.lent == me) {
                return Err(Error::InCallback);
            }
            state.awaited = true;
            state = match deadline {
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        let waited = timeout.unwrap_or_default();
                        return Err(Error::TimedOut { waited });
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A callback that panics has said so on stderr; that is no reason to stop the pool.
fn run<R>(callback: Callback<R>, result: &Result<R, Error>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| callback(result))) {
        // Dropping it could panic again.
        mem::forget(payload);
    }
}

impl<R> Future<R> {
    /// Waits for the result and takes it.
    ///
    /// When it returns, the callbacks that were there before the task was done have run.
    ///
    /// # Errors
    ///
    /// What became of the task: [`Error::Panicked`], [`Error::WorkerDied`], [`Error::Terminated`], [`Error::Broken`] and so on;
    /// [`Error::Taken`] the second time; [`Error::InCallback`] instead of waiting for ever.
    pub fn result(&self) -> Result<R, Error> {
        self.take(None)
    }

    /// Waits for the result so long, and takes it.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if the task is not done then: it goes on, and can be asked again. Else as [`result`](Self::result).
    pub fn result_timeout(&self, timeout: Duration) -> Result<R, Error> {
        self.take(Some(timeout))
    }

    /// Whether the task is done, well or not.
    pub fn is_done(&self) -> bool {
        self.0.lock().done
    }

    /// Has `callback` run as soon as the task is done: by the thread that learns of it, or here and now if it is done already.
    ///
    /// No other result of a process pool is looked at while a callback runs: keep it short. It may submit tasks, but not wait for
    /// them. One that panics does no harm. If the result was taken before, it gets [`Error::Taken`].
    pub fn on_done(&self, callback: impl FnOnce(&Result<R, Error>) + Send + 'static) {
        let slot = &*self.0;
        let mut state = slot.lock();
        if !state.done {
            state.callbacks.push(Box::new(callback));
            return;
        }
        drop(state);
        match slot.wait(None) {
            Ok(mut state) => {
                let result = state.result.take();
                state.lent = Some(this_thread());
                drop(state);
                // Out of the lock, since the callback may look at this future.
                let result = match result {
                    Some(result) => {
                        run(Box::new(callback), &result);
                        Some(result)
                    }
                    None => {
                        run(Box::new(callback), &Err(Error::Taken));
                        None
                    }
                };
                slot.put_back(slot.lock(), result);
            }
            Err(error) => run(Box::new(callback), &Err(error)),
        }
    }

    fn take(&self, timeout: Option<Duration>) -> Result<R, Error> {
        let mut state = self.0.wait(timeout)?;
        state.result.take().unwrap_or(Err(Error::Taken))
    }
}

impl<R> fmt::Debug for Future<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_done() { "done" } else { "waiting" };
        write!(f, "Future({state})")
    }
}
