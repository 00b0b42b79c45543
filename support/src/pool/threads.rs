//! Threads that run closures.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::future::{Future, Slot};
use super::{Error, MOST_WORKERS, check_workers};
use crate::caught::caught;

/// A fixed number of threads that run closures, with the shape of Python's `ThreadPoolExecutor`.
///
/// The threads, their queue and their sleep are Rayon's, so that parallel iterators in a task run in this pool too. Tasks start in
/// the order in which they were submitted. Dropping the pool is a [`shutdown`](Self::shutdown): it waits.
///
/// ```
/// use support::pool::ThreadPool;
///
/// let pool = ThreadPool::new(5)?;
/// let tasks = (0..20_u64).map(|n| pool.submit(move || n * n)).collect::<Result<Vec<_>, _>>()?;
/// pool.shutdown()?;
/// assert_eq!(tasks[3].result()?, 9);
/// # Ok::<(), support::pool::Error>(())
/// ```
///
/// A task that waits for another task of the same pool occupies a thread meanwhile: when all do, they wait for ever.
pub struct ThreadPool {
    threads: rayon::ThreadPool,
    gate: Arc<Gate>,
}

/// Who is still inside, and whether more may come.
#[derive(Default)]
struct Gate {
    unfinished: AtomicUsize,
    closed: AtomicBool,
    lock: Mutex<()>,
    empty: Condvar,
}

impl Gate {
    fn leave(&self) {
        if self.unfinished.fetch_sub(1, SeqCst) == 1 && self.closed.load(SeqCst) {
            let _lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            self.empty.notify_all();
        }
    }
}

impl ThreadPool {
    /// Starts so many threads.
    ///
    /// # Errors
    ///
    /// [`Error::Workers`] for none or more than 4096, [`Error::Thread`] if the system makes no thread.
    pub fn new(workers: usize) -> Result<ThreadPool, Error> {
        check_workers(workers, MOST_WORKERS)?;
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .thread_name(|number| format!("pool-{number}"))
            .build()
            .map_err(|error| Error::Thread(io::Error::other(error)))?;
        let gate = Arc::default();
        Ok(ThreadPool { threads, gate })
    }

    /// How many threads there are.
    pub fn workers(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// Has a thread run the task as soon as one is free. Returns at once.
    ///
    /// A panic of the task becomes [`Error::Panicked`]; the panic hook still writes it to stderr.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after [`shutdown`](Self::shutdown).
    pub fn submit<R: Send + 'static>(
        &self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Future<R>, Error> {
        let gate = Arc::clone(&self.gate);
        gate.unfinished.fetch_add(1, SeqCst);
        if gate.closed.load(SeqCst) {
            gate.leave();
            return Err(Error::Closed);
        }
        let slot = Slot::new(None);
        let future = Future(Arc::clone(&slot));
        self.threads.spawn_fifo(move || {
            let result = caught(task).map_err(|message| Error::Panicked { message });
            slot.fill(result);
            drop(slot);
            gate.leave();
        });
        Ok(future)
    }

    /// Runs `f` on all items at once, as many as there are threads at a time; the results come in the order of the items.
    ///
    /// # Errors
    ///
    /// That of the first item in error; the others run all the same. Else as [`submit`](Self::submit).
    pub fn map<A: Send + 'static, R: Send + 'static>(
        &self,
        items: impl IntoIterator<Item = A>,
        f: impl Fn(A) -> R + Send + Sync + 'static,
    ) -> Result<Vec<R>, Error> {
        let f = Arc::new(f);
        let submit = |item| {
            let f = Arc::clone(&f);
            self.submit(move || f(item))
        };
        let tasks = items
            .into_iter()
            .map(submit)
            .collect::<Result<Vec<_>, _>>()?;
        tasks.iter().map(Future::result).collect()
    }

    /// Takes no more tasks and waits until all that were submitted are done, their callbacks included. Later calls wait as well.
    ///
    /// # Errors
    ///
    /// [`Error::InCallback`] when called by a task or callback of this pool, which would wait for itself: no more tasks are
    /// taken then, but nothing is waited for.
    pub fn shutdown(&self) -> Result<(), Error> {
        let gate = &self.gate;
        gate.closed.store(true, SeqCst);
        if self.threads.current_thread_index().is_some() {
            return Err(Error::InCallback);
        }
        let mut lock = gate.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while gate.unfinished.load(SeqCst) != 0 {
            lock = gate
                .empty
                .wait(lock)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        // A task that drops its own pool does not wait for itself.
        let _ = self.shutdown();
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool")
            .field("workers", &self.workers())
            .field("unfinished", &self.gate.unfinished.load(SeqCst))
            .finish_non_exhaustive()
    }
}
