//! Threads that run closures.

use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::batch::{Chunk, LazyMap, Results, within};
use super::initializer::{Initializer, initializer};
use super::owner::Owner;
use super::pending::{Pending, Slot};
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
/// let squares = tasks.into_iter().map(|task| task.result()).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(squares[3], 9);
/// # Ok::<(), support::pool::Error>(())
/// ```
///
/// A task or callback that waits for another task of the same pool occupies a thread meanwhile: when all do, they wait for ever.
///
/// In a forked child there are none of its threads: the copy there refuses tasks ([`Error::NotOwner`]), and dropping it does nothing.
pub struct ThreadPool {
    /// Its drop would wait for the threads.
    threads: ManuallyDrop<rayon::ThreadPool>,
    gate: Arc<Gate>,
    owner: Owner,
}

/// Who is still inside, and whether more may come.
#[derive(Default)]
struct Gate {
    unfinished: AtomicUsize,
    closed: AtomicBool,
    /// Why no thread runs tasks any more.
    broken: OnceLock<String>,
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

    fn check(&self) -> Result<(), Error> {
        match self.broken.get() {
            Some(why) => Err(Error::Broken { why: why.clone() }),
            None => Ok(()),
        }
    }
}

/// What is settled about a pool of threads before it starts; made by [`ThreadPool::builder`].
#[derive(Clone)]
#[must_use = "no pool is made before `start`"]
pub struct ThreadBuilder {
    workers: usize,
    initializer: Option<Initializer>,
}

impl ThreadBuilder {
    /// Has each thread run this once, before its first task. If one fails or panics, the pool is broken: its tasks fail with
    /// [`Error::Broken`], which has its words.
    pub fn initializer<E: fmt::Display>(
        mut self,
        run: impl Fn() -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.initializer = Some(initializer(run));
        self
    }

    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// [`Error::Workers`] for none or more than 4096, [`Error::Thread`] if the system makes no thread.
    pub fn start(self) -> Result<ThreadPool, Error> {
        check_workers(self.workers, MOST_WORKERS)?;
        let gate = Arc::<Gate>::default();
        let mut threads = rayon::ThreadPoolBuilder::new()
            .num_threads(self.workers)
            .thread_name(|number| format!("pool-{number}"));
        if let Some(initializer) = self.initializer {
            let gate = Arc::clone(&gate);
            threads = threads.start_handler(move |_| {
                if let Err(why) = initializer.run() {
                    // The first one says enough.
                    let _ = gate.broken.set(why);
                }
            });
        }
        let threads = threads
            .build()
            .map_err(|error| Error::Thread(io::Error::other(error)))?;
        Ok(ThreadPool {
            threads: ManuallyDrop::new(threads),
            gate,
            owner: Owner::this_process(),
        })
    }
}

impl fmt::Debug for ThreadBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadBuilder")
            .field("workers", &self.workers)
            .field("initializer", &self.initializer.is_some())
            .finish()
    }
}

impl ThreadPool {
    /// Starts so many threads: short for `ThreadPool::builder(workers).start()`.
    ///
    /// # Errors
    ///
    /// As [`ThreadBuilder::start`].
    pub fn new(workers: usize) -> Result<ThreadPool, Error> {
        ThreadPool::builder(workers).start()
    }

    /// Settles the number of threads and more before the start.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use support::pool::ThreadPool;
    ///
    /// thread_local! { static CONNECTION: Cell<u32> = const { Cell::new(0) } }
    ///
    /// let pool = ThreadPool::builder(2).initializer(|| Ok::<_, String>(CONNECTION.set(7))).start()?;
    /// assert_eq!(pool.submit(|| CONNECTION.get())?.result()?, 7);
    ///
    /// let broken = ThreadPool::builder(1).initializer(|| Err("no database")).start()?;
    /// let task = broken.submit(|| 1).and_then(|task| task.result());
    /// assert!(task.unwrap_err().to_string().contains("no database"));
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn builder(workers: usize) -> ThreadBuilder {
        ThreadBuilder {
            workers,
            initializer: None,
        }
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
    /// [`Error::Closed`] after [`shutdown`](Self::shutdown), [`Error::Broken`] after an initializer that failed,
    /// [`Error::NotOwner`] in a forked copy of the process.
    pub fn submit<R: Send + 'static>(
        &self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Pending<R>, Error> {
        self.owner.check()?;
        self.gate.check()?;
        let gate = Arc::clone(&self.gate);
        gate.unfinished.fetch_add(1, SeqCst);
        if gate.closed.load(SeqCst) {
            gate.leave();
            return Err(Error::Closed);
        }
        let slot = Slot::new(self.owner, None);
        let pending = Pending::new(Arc::clone(&slot), None);
        self.threads.spawn_fifo(move || {
            if slot.begin() {
                // What the task holds is dropped in here too.
                let result = caught(|| gate.check().map(|()| task()))
                    .unwrap_or_else(|message| Err(Error::Panicked { message }));
                slot.finish(result);
            } else {
                let _ = caught(|| drop(task));
            }
            // And in here what it gave, if nobody waits for it.
            let _ = caught(|| drop(slot));
            gate.leave();
        });
        Ok(pending)
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
        tasks.into_iter().map(Pending::result).collect()
    }

    /// As [`map`](Self::map), but returns after `timeout`: with the results that are there, and an error for each item whose is not.
    /// That is [`Error::TimedOut`] for those that run, and go on, and [`Error::Cancelled`] for the others, which will not.
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    /// use support::pool::{Error, ThreadPool};
    ///
    /// let pool = ThreadPool::new(1)?;
    /// let nap = |ms| thread::sleep(Duration::from_millis(ms));
    /// let results = pool.map_timeout([1, 600, 1], nap, Duration::from_millis(200))?;
    /// assert!(matches!(results[..], [Ok(()), Err(Error::TimedOut { .. }), Err(Error::Cancelled)]));
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub fn map_timeout<A: Send + 'static, R: Send + 'static>(
        &self,
        items: impl IntoIterator<Item = A>,
        f: impl Fn(A) -> R + Send + Sync + 'static,
        timeout: Duration,
    ) -> Result<Vec<Result<R, Error>>, Error> {
        let chunks = self.chunks(items, f).collect::<Result<Vec<_>, _>>()?;
        Ok(within(chunks, timeout))
    }

    /// As [`map`](Self::map), but takes items only as results are taken: for more items than memory holds, or without end. Four
    /// times as many as there are threads are in the pool at most.
    ///
    /// ```
    /// use support::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2)?;
    /// let squares: Result<Vec<u64>, _> = pool.imap(1.., |n| n * n).take(4).collect();
    /// assert_eq!(squares?, [1, 4, 9, 16]);
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn imap<'a, A: Send + 'static, R: Send + 'static>(
        &'a self,
        items: impl IntoIterator<Item = A, IntoIter: 'a> + 'a,
        f: impl Fn(A) -> R + Send + Sync + 'static,
    ) -> LazyMap<'a, R> {
        self.lazy(items, f, true)
    }

    /// As [`imap`](Self::imap), but gives each result as soon as it is there.
    ///
    /// ```
    /// use support::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2)?;
    /// let mut squares: Vec<u64> = pool.imap_unordered(1..=4, |n| n * n).collect::<Result<_, _>>()?;
    /// squares.sort();
    /// assert_eq!(squares, [1, 4, 9, 16]);
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn imap_unordered<'a, A: Send + 'static, R: Send + 'static>(
        &'a self,
        items: impl IntoIterator<Item = A, IntoIter: 'a> + 'a,
        f: impl Fn(A) -> R + Send + Sync + 'static,
    ) -> LazyMap<'a, R> {
        self.lazy(items, f, false)
    }

    fn lazy<'a, A: Send + 'static, R: Send + 'static>(
        &'a self,
        items: impl IntoIterator<Item = A, IntoIter: 'a> + 'a,
        f: impl Fn(A) -> R + Send + Sync + 'static,
        ordered: bool,
    ) -> LazyMap<'a, R> {
        let mut chunks = self.chunks(items, f);
        LazyMap::new(4 * self.workers(), ordered, move || chunks.next())
    }

    /// Submits each item for itself.
    fn chunks<A: Send + 'static, R: Send + 'static, I: IntoIterator<Item = A>>(
        &self,
        items: I,
        f: impl Fn(A) -> R + Send + Sync + 'static,
    ) -> impl Iterator<Item = Result<Chunk<R>, Error>> {
        let f = Arc::new(f);
        items.into_iter().map(move |item| {
            let f = Arc::clone(&f);
            let task = self.submit(move || -> Results<R> { vec![Ok(f(item))] })?;
            Ok(Chunk { items: 1, task })
        })
    }

    /// Takes no more tasks and waits until all that were submitted are done, their callbacks included. Later calls wait as well.
    ///
    /// # Errors
    ///
    /// [`Error::InCallback`] when called by a task or callback of this pool, which would wait for itself: no more tasks are
    /// taken then, but nothing is waited for. [`Error::NotOwner`] in a forked copy of the process, where it does nothing.
    pub fn shutdown(&self) -> Result<(), Error> {
        self.owner.check()?;
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
        if self.owner.check().is_err() {
            return;
        }
        // A task that drops its own pool does not wait for itself.
        let _ = self.shutdown();
        // SAFETY: nothing uses it after this.
        unsafe { ManuallyDrop::drop(&mut self.threads) };
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
