//! What a submitted task leaves with its submitter.
//!
//! User code (decoding, callbacks, the drop of a result) runs on the thread that asks, on a callback thread or on the thread pool's
//! worker that has done the task: never under the lock here, and never on the thread that reads what processes report.

use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use nix::libc;

use super::Error;
use super::completed::Watch;
use super::owner::Owner;
use crate::caught::caught;

type Callback<R> = Box<dyn FnOnce(&Result<R, Error>) + Send>;
/// How the bytes from a process become the result.
pub(super) type Decode<R> = fn(&[u8]) -> Result<R, Error>;

/// A task's result, now or later. Dropping it does not cancel the task.
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
///
/// A result from another process is decoded by the thread that asks for it, or by that of the first callback.
///
/// # Time limits
///
/// [`wait_timeout`](Self::wait_timeout) takes nothing, so that nothing is lost when it is too early:
///
/// ```
/// # #[cfg(target_os = "linux")] {
/// use std::thread;
/// use std::time::Duration;
/// use support::pool::{Error, ProcessPool};
///
/// let pool = ProcessPool::new(1, |ms: u64| thread::sleep(Duration::from_millis(ms)))?;
/// let slow = pool.submit(50)?;
/// assert!(matches!(slow.wait_timeout(Duration::from_millis(1)), Err(Error::TimedOut { .. })));
/// slow.result()?;
/// # }
/// # Ok::<(), support::pool::Error>(())
/// ```
pub struct Pending<R> {
    pub(super) slot: Arc<Slot<R>>,
    /// Who takes a task back from processes, and the task's number there.
    queued: Option<(Weak<dyn Cancel>, u64)>,
}

/// Takes back tasks that were not begun.
pub(super) trait Cancel: Send + Sync {
    /// How many of these were cancelled.
    fn cancel(self: Arc<Self>, tasks: &[u64]) -> usize;
}

/// Where the result is put.
pub(super) struct Slot<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
    /// The process whose threads fill it.
    owner: Owner,
    decode: Option<Decode<R>>,
    /// Whether a thread has begun the task, or somebody has cancelled it: who comes first has it.
    claimed: AtomicBool,
}

/// A slot as the pool's threads know it.
pub(super) trait Fill: Send + Sync {
    /// Puts the result, as bytes. True if there are callbacks: the task is done when they have run, by [`call`](Self::call).
    fn fill(&self, result: Result<Vec<u8>, Error>) -> bool;
    fn call(&self);
}

struct State<R> {
    value: Value<R>,
    /// The result is there, and callbacks are to run or are running.
    calling: bool,
    /// Apart: most tasks have none, and there may be many tasks.
    listeners: Option<Box<Listeners<R>>>,
    /// Whether somebody waits for a change.
    awaited: bool,
}

struct Listeners<R> {
    callbacks: Vec<Callback<R>>,
    /// Who waits for the first of several, and as which of them.
    watches: Vec<(Arc<Watch>, usize)>,
}

impl<R> Default for Listeners<R> {
    fn default() -> Self {
        Listeners {
            callbacks: Vec::new(),
            watches: Vec::new(),
        }
    }
}

enum Value<R> {
    None,
    Bytes(Vec<u8>),
    Ready(Result<R, Error>),
    /// This thread looks at it; nothing while it is decoded.
    Lent {
        to: Thread,
        value: Option<Shared<R>>,
    },
    Taken,
}

/// Clones of it are with one thread only: the one that the value is lent to.
struct Shared<R>(Arc<Result<R, Error>>);

// SAFETY: it passes between threads under the lock, and is cloned only by the thread that it is lent to, which drops its clones before
// it gives the value back. So no two threads ever look at the value at once, and `Send` is enough.
unsafe impl<R: Send> Send for Shared<R> {}

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

/// A thread, as the system knows it: what `std` counts differs between the cells of a notebook.
pub(super) type Thread = usize;

pub(super) fn this_thread() -> Thread {
    // SAFETY: it cannot fail and changes nothing.
    unsafe { libc::pthread_self() as Thread }
}

impl<R> State<R> {
    fn is_done(&self) -> bool {
        let there = !matches!(self.value, Value::None) && !self.calling;
        there || self.is_lent_to_me()
    }

    fn is_lent_to_me(&self) -> bool {
        matches!(self.value, Value::Lent { to, .. } if to == this_thread())
    }

    /// Tells those who wait, in the end, out of the lock.
    fn done(&mut self) -> impl FnOnce(&Condvar) + use<R> {
        let listeners = self.listeners.take();
        let awaited = mem::take(&mut self.awaited);
        move |changed| {
            if awaited {
                changed.notify_all();
            }
            for (watch, index) in listeners.into_iter().flat_map(|all| all.watches) {
                watch.push(index);
            }
        }
    }

    fn take_callbacks(&mut self) -> Vec<Callback<R>> {
        let listeners = self.listeners.as_deref_mut();
        listeners.map_or_else(Vec::new, |all| mem::take(&mut all.callbacks))
    }

    fn listeners(&mut self) -> &mut Listeners<R> {
        self.listeners.get_or_insert_default()
    }
}

impl<R> Slot<R> {
    pub(super) fn new(owner: Owner, decode: Option<Decode<R>>) -> Arc<Slot<R>> {
        Arc::new(Slot {
            state: Mutex::new(State {
                value: Value::None,
                calling: false,
                listeners: None,
                awaited: false,
            }),
            changed: Condvar::new(),
            owner,
            decode,
            claimed: AtomicBool::new(false),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the copy in a forked process, which nobody fills.
    pub(super) fn is_foreign(&self) -> bool {
        self.owner.is_elsewhere()
    }

    /// A thread begins the task; false if it is not to.
    pub(super) fn begin(&self) -> bool {
        !self.claimed.swap(true, Relaxed)
    }

    /// Puts the result and runs the callbacks, on this thread.
    pub(super) fn finish(&self, result: Result<R, Error>) {
        if self.put(self.lock(), Value::Ready(result)) {
            self.call_back();
        }
    }

    fn put(&self, mut state: MutexGuard<'_, State<R>>, value: Value<R>) -> bool {
        state.value = value;
        let listeners = state.listeners.as_deref();
        state.calling = listeners.is_some_and(|all| !all.callbacks.is_empty());
        if state.calling {
            return true;
        }
        let tell = state.done();
        drop(state);
        tell(&self.changed);
        false
    }

    fn call_back(&self) {
        let mut state = self.lock();
        loop {
            let callbacks = state.take_callbacks();
            if callbacks.is_empty() {
                break;
            }
            let loan = self.lend(state);
            for callback in callbacks {
                // One that panics has said so on stderr; that is no reason to stop the pool.
                let _ = caught(|| loan.show(callback));
            }
            drop(loan);
            state = self.lock();
        }
        state.calling = false;
        let tell = state.done();
        drop(state);
        tell(&self.changed);
    }

    /// Waits until the result is there, callbacks have run, and nobody else looks at it.
    fn wait(&self, timeout: Option<Duration>) -> Result<MutexGuard<'_, State<R>>, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        loop {
            let free = match state.value {
                Value::None => false,
                Value::Lent { .. } => state.is_lent_to_me(),
                _ => !state.calling,
            };
            if free {
                return Ok(state);
            }
            self.owner.check()?;
            state.awaited = true;
            let Some(deadline) = deadline else {
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let waited = timeout.unwrap_or_default();
                return Err(Error::TimedOut { waited });
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Lends the result, which is there, to this thread, which may have it already.
    fn lend<'a>(&'a self, mut state: MutexGuard<'a, State<R>>) -> Loan<'a, R> {
        let to = this_thread();
        let lent = Value::Lent { to, value: None };
        let result = match mem::replace(&mut state.value, lent) {
            Value::Ready(result) => result,
            Value::Bytes(bytes) => {
                drop(state);
                let result = self.decoded(&bytes);
                state = self.lock();
                result
            }
            other => {
                let shared = match &other {
                    Value::Lent { value, .. } => value.clone(),
                    _ => None,
                };
                state.value = other;
                return Loan {
                    slot: None,
                    shared: shared.ok_or(Error::InCallback),
                };
            }
        };
        // For this thread only.
        let shared = Shared(Arc::new(result));
        let value = Some(shared.clone());
        state.value = Value::Lent { to, value };
        Loan {
            slot: Some(self),
            shared: Ok(shared),
        }
    }

    fn decoded(&self, bytes: &[u8]) -> Result<R, Error> {
        let decode = self.decode.expect("only results of processes are bytes");
        decode(bytes)
    }

    /// Only for tasks of threads: those of processes are with their pool.
    fn cancel(&self) -> bool {
        if self.is_foreign() || !self.begin() {
            return false;
        }
        self.finish(Err(Error::Cancelled));
        true
    }
}

impl<R: Send> Fill for Slot<R> {
    fn fill(&self, result: Result<Vec<u8>, Error>) -> bool {
        let value = match result {
            Ok(bytes) => Value::Bytes(bytes),
            Err(error) => Value::Ready(Err(error)),
        };
        self.put(self.lock(), value)
    }

    fn call(&self) {
        self.call_back();
    }
}

/// The result while a thread looks at it.
struct Loan<'a, R> {
    /// None if this thread had it already, and gives it back later.
    slot: Option<&'a Slot<R>>,
    shared: Result<Shared<R>, Error>,
}

impl<R> Loan<'_, R> {
    fn show<T>(&self, look: impl FnOnce(&Result<R, Error>) -> T) -> T {
        match &self.shared {
            Ok(shared) => look(&shared.0),
            Err(_) => look(&Err(Error::InCallback)),
        }
    }
}

impl<R> Drop for Loan<'_, R> {
    fn drop(&mut self) {
        let Some(slot) = self.slot else { return };
        self.shared = Err(Error::InCallback);
        let mut state = slot.lock();
        let value = mem::replace(&mut state.value, Value::Taken);
        if let Value::Lent {
            value: Some(shared),
            ..
        } = value
            && let Some(result) = Arc::into_inner(shared.0)
        {
            state.value = Value::Ready(result);
        }
        let awaited = mem::take(&mut state.awaited);
        drop(state);
        if awaited {
            slot.changed.notify_all();
        }
    }
}

impl<R> Pending<R> {
    pub(super) fn new(slot: Arc<Slot<R>>, queued: Option<(Weak<dyn Cancel>, u64)>) -> Pending<R> {
        Pending { slot, queued }
    }

    /// Waits for the result and takes it.
    ///
    /// When it returns, the callbacks that were there before the task was done have run.
    ///
    /// # Errors
    ///
    /// What became of the task: [`Error::Panicked`], [`Error::WorkerDied`], [`Error::Cancelled`], [`Error::Terminated`],
    /// [`Error::Broken`], [`Error::Pass`]. Within a callback of its own, which has the result and looks at it by
    /// [`with`](Self::with), [`Error::InCallback`]; in a forked copy of the process, which will never see it done,
    /// [`Error::NotOwner`].
    pub fn result(self) -> Result<R, Error> {
        let mut state = self.slot.wait(None)?;
        match mem::replace(&mut state.value, Value::Taken) {
            Value::Ready(result) => result,
            Value::Bytes(bytes) => {
                drop(state);
                self.slot.decoded(&bytes)
            }
            lent => {
                state.value = lent;
                Err(Error::InCallback)
            }
        }
    }

    /// Waits until the task is done, well or not.
    ///
    /// # Errors
    ///
    /// [`Error::NotOwner`] in a forked copy of the process, where that will never be.
    pub fn wait(&self) -> Result<(), Error> {
        self.slot.wait(None).map(drop)
    }

    /// Waits so long for the task to be done, well or not.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if it is not done then: it goes on, and can be asked again. Else as [`wait`](Self::wait).
    pub fn wait_timeout(&self, timeout: Duration) -> Result<(), Error> {
        self.slot.wait(Some(timeout)).map(drop)
    }

    /// Whether the task is done, well or not, and its callbacks have run. Within a callback of its own it is.
    pub fn is_done(&self) -> bool {
        self.slot.lock().is_done()
    }

    /// Waits for the result and looks at it where it is: for a callback, or for one owner of several. One thread at a time looks.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use support::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(1)?;
    /// let name = Arc::new(pool.submit(|| String::from("听音乐"))?);
    /// let other = Arc::clone(&name);
    /// name.on_done(move |_| other.with(|name| println!("{name:?}")));
    /// assert!(name.with(|name| name.as_ref().is_ok_and(|name| name.len() == 9)));
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    ///
    /// Instead of the result of the task it may be shown [`Error::NotOwner`], as [`result`](Self::result).
    pub fn with<T>(&self, look: impl FnOnce(&Result<R, Error>) -> T) -> T {
        match self.slot.wait(None) {
            Ok(state) => self.slot.lend(state).show(look),
            Err(error) => look(&Err(error)),
        }
    }

    /// Has `callback` run as soon as the task is done, or here and now if it is done already.
    ///
    /// In a [`ThreadPool`](super::ThreadPool) the worker that has done the task runs it, before it does anything else. A
    /// [`ProcessPool`](super::ProcessPool) has a thread for callbacks, which starts with the first of them; when one takes longer than 5 ms,
    /// another thread runs the others meanwhile. So it may wait for other tasks, submit, close, terminate and drop the pool. What
    /// it cannot have gives an error: [`join`](super::ProcessPool::join) and [`shutdown`](super::ThreadPool::shutdown),
    /// which wait for it. One that panics does no harm. Two callbacks that wait for each other's tasks wait for ever.
    pub fn on_done(&self, callback: impl FnOnce(&Result<R, Error>) + Send + 'static) {
        let mut state = self.slot.lock();
        if !state.is_done() {
            state.listeners().callbacks.push(Box::new(callback));
            return;
        }
        drop(state);
        let _ = caught(|| self.with(callback));
    }

    /// Has the task not run, if it has not begun: its result is [`Error::Cancelled`]. True if so, now or before; false if it runs,
    /// and goes on, or is done.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use support::pool::{Error, ThreadPool};
    ///
    /// let pool = ThreadPool::new(1)?;
    /// let (go, wait) = mpsc::channel();
    /// let running = pool.submit(move || wait.recv())?;
    /// let queued = pool.submit(|| 42)?;
    /// assert!(queued.cancel());
    /// assert!(matches!(queued.result(), Err(Error::Cancelled)));
    /// # go.send(()).ok();
    /// running.result()?.ok();
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn cancel(&self) -> bool {
        let now = match &self.queued {
            Some((pool, task)) => pool.upgrade().is_some_and(|pool| pool.cancel(&[*task]) > 0),
            None => self.slot.cancel(),
        };
        now || match &self.slot.lock().value {
            Value::Ready(result) => matches!(result, Err(Error::Cancelled)),
            Value::Lent {
                value: Some(shared),
                ..
            } => matches!(*shared.0, Err(Error::Cancelled)),
            _ => false,
        }
    }

    /// Cancels what has not begun of tasks of one pool: one by one each would be looked for.
    pub(super) fn cancel_all<'a>(tasks: impl IntoIterator<Item = &'a Pending<R>>)
    where
        R: 'a,
    {
        let (mut pool, mut numbers) = (None, Vec::new());
        for task in tasks {
            match &task.queued {
                Some((of, number)) => {
                    pool = pool.or_else(|| of.upgrade());
                    numbers.push(*number);
                }
                None => _ = task.slot.cancel(),
            }
        }
        if let Some(pool) = pool {
            pool.cancel(&numbers);
        }
    }

    /// Tells the watch when the task is done, or now if it is.
    pub(super) fn watch(&self, watch: &Arc<Watch>, index: usize) {
        let mut state = self.slot.lock();
        if state.is_done() {
            drop(state);
            watch.push(index);
        } else {
            state.listeners().watches.push((Arc::clone(watch), index));
        }
    }

    pub(super) fn unwatch(&self, watch: &Arc<Watch>) {
        if let Some(all) = self.slot.lock().listeners.as_deref_mut() {
            all.watches.retain(|(other, _)| !Arc::ptr_eq(other, watch));
        }
    }
}

impl<R> Drop for Pending<R> {
    /// What is in the slot is the user's, and is dropped here, not by a thread of the pool that has the slot a moment longer.
    fn drop(&mut self) {
        if Arc::strong_count(&self.slot) == 1 {
            return;
        }
        let mut state = self.slot.lock();
        if !state.calling && matches!(state.value, Value::Ready(_)) {
            let value = mem::replace(&mut state.value, Value::Taken);
            drop(state);
            drop(value);
        }
    }
}

impl<R> fmt::Debug for Pending<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_done() { "done" } else { "waiting" };
        write!(f, "Pending({state})")
    }
}
