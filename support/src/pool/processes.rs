//! Forked processes that run one function. Linux only.

mod callers;
mod core;
mod dispatcher;
mod frames;
mod message;
mod nursery;
mod worker;

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::core::{Core, RECHECK};
use self::dispatcher::AHEAD_JOBS;
use self::nursery::{Nursery, Orders};
use self::worker::{PART_BYTES, encoded};
use super::batch::{Chunk, LazyMap, within};
use super::initializer::{Initializer, initializer};
use super::owner::Owner;
use super::pending::{Cancel, Decode, Pending, Slot};
use super::{Error, check_workers};
use crate::ipc::Queue;
use crate::process::Process;
use crate::wire::Shapes;

/// More processes than that in one pool are a mistake.
const MOST_WORKERS: usize = 256;
/// Largest arguments of a task, unless the builder says otherwise.
const ARGUMENT_BYTES: usize = 1 << 20;

/// A fixed number of forked processes that run one function, with the shape of Python's `multiprocessing.Pool`. Linux only.
///
/// The function is fixed when the pool is made; arguments `A` and results `R` pass between the processes by `serde`. Every worker
/// has a copy of the function and what it captures, as it was then.
///
/// ```
/// use support::pool::ProcessPool;
///
/// let pool = ProcessPool::new(2, |name: String| name.len())?;
/// assert_eq!(pool.apply("听音乐".into())?, 9);
/// assert_eq!(pool.map(["a", "bb", "ccc"].map(String::from), 2)?, [1, 2, 3]);
/// pool.close();
/// pool.join()?;
/// # Ok::<(), support::pool::Error>(())
/// ```
///
/// # Values
///
/// What is sent is tried: it must come back the same kind, of which the first of each shape is the proof (a `serde` attribute such as
/// `skip_serializing_if` would give another value without an error). An argument is decoded in the worker, a result by the thread that asks for it or by that of its first callback. What does not pass
/// ([`Error::Pass`]) costs its own task only, or its own item of a map, whether `serde` refuses it or it panics; so does a panic of
/// the function or of a value's drop. A [`Pending`] that is dropped before its result is there leaves that undecoded.
///
/// # When a worker dies
///
/// The task that it had fails with [`Error::WorkerDied`], which names the signal or the exit code, whether the task was just begun or its
/// result half sent (or a chunk of a map). It is not run again: it may be what killed the worker. All other tasks go on, and another worker takes the
/// place. A panic is not a death: the task fails with [`Error::Panicked`], and the worker lives on.
///
/// # The end
///
/// The workers end with the process that made the pool, however that ends, and when the pool is dropped, which is a
/// [`terminate`](Self::terminate). An idle worker is ended by SIGKILL; what it printed is out by then. A thread that submits while
/// the pool ends gets an error, not silence. In a forked child the copy of a pool refuses tasks, and dropping it does nothing.
///
/// An idle pool wakes about once a second.
///
/// # What a task may do
///
/// The workers are forked from a process that is forked when the pool is made: what holds for
/// [closures of processes](crate::process#what-a-closure-may-do) at that moment holds for tasks. In a program with threads, make
/// pools early. Later replacements are no worse: they are forked by that process, which has no threads.
pub struct ProcessPool<A, R> {
    /// Nothing of it is to be dropped in a forked copy.
    core: ManuallyDrop<Arc<Core>>,
    reader: ManuallyDrop<Mutex<Option<JoinHandle<()>>>>,
    owner: Owner,
    workers: usize,
    /// What of the arguments has been seen to come back as it was sent.
    shapes: Shapes,
    types: PhantomData<fn(A) -> R>,
}

/// What is settled about a pool of processes before it starts; made by [`ProcessPool::builder`].
#[derive(Clone)]
#[must_use = "no pool is made before `start`"]
pub struct Builder {
    workers: usize,
    tasks: u32,
    bytes: usize,
    initializer: Option<Initializer>,
}

impl Builder {
    /// Has a worker end after so many tasks, or the chunk of a map in which it reaches them, and another one take its place: for
    /// functions that leak. At least 1.
    pub fn tasks_per_worker(mut self, tasks: u32) -> Self {
        self.tasks = tasks.max(1);
        self
    }

    /// The arguments of a task, or of a chunk of a map, may have so many bytes, as `postcard` encodes them; without it, 1 MiB. Each
    /// takes 8 bytes more. Results may have any size.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Has each worker, those that replace others too, run this once, before its first task. If it fails, panics or ends its
    /// process, the pool is broken: its tasks fail with [`Error::Broken`], which has its words.
    ///
    /// ```
    /// use std::sync::OnceLock;
    /// use support::pool::ProcessPool;
    ///
    /// static TABLE: OnceLock<Vec<u64>> = OnceLock::new();
    /// let fill = || TABLE.set((0..100).map(|n| n * n).collect()).map_err(|_| "filled twice");
    /// let pool = ProcessPool::builder(2).initializer(fill).start(|n: usize| TABLE.get().map(|table| table[n]))?;
    /// assert_eq!(pool.apply(7)?, Some(49));
    ///
    /// let broken = ProcessPool::builder(2).initializer(|| Err("no database")).start(|()| ())?;
    /// assert!(broken.apply(()).unwrap_err().to_string().contains("no database"));
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn initializer<E: fmt::Display>(
        mut self,
        run: impl Fn() -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.initializer = Some(initializer(run));
        self
    }

    /// Forks the workers.
    ///
    /// # Errors
    ///
    /// [`Error::Workers`] for none or more than 256, [`Error::Queue`] if the system gives no memory, [`Error::Process`],
    /// [`Error::System`], [`Error::Broken`] or [`Error::Thread`] if it makes no process, descriptor or thread, and if the workers
    /// have not started within 10 seconds. How the initializer ends is not waited for.
    pub fn start<A, R>(self, function: impl FnMut(A) -> R) -> Result<ProcessPool<A, R>, Error>
    where
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + Send + 'static,
    {
        let mut function = encoded(function);
        let (core, reader) = self.start_encoded(&mut function)?;
        Ok(ProcessPool {
            core: ManuallyDrop::new(core),
            reader: ManuallyDrop::new(Mutex::new(Some(reader))),
            owner: Owner::this_process(),
            workers: self.workers,
            shapes: Shapes::new(),
            types: PhantomData,
        })
    }

    fn start_encoded(
        &self,
        function: worker::Function<'_>,
    ) -> Result<(Arc<Core>, JoinHandle<()>), Error> {
        check_workers(self.workers, MOST_WORKERS)?;
        // The id, the count and the length of the arguments stand before them.
        let bytes = self.bytes.saturating_add(32 + frames::HEADER);
        let jobs = (0..self.workers)
            .map(|_| Ok(Queue::with_bytes(AHEAD_JOBS, bytes)?.recheck(RECHECK)))
            .collect::<Result<Vec<_>, Error>>()?;
        let reports = Queue::with_bytes(1 << 14, 8 * PART_BYTES)?.recheck(RECHECK);
        let (orders, owners_end) = Orders::pipe().map_err(|source| Error::System {
            what: "make a pipe for the pool (see `ulimit -n`)",
            source,
        })?;
        let initializer = self.initializer.as_ref();
        let nursery = Process::builder()
            .name("pool-nursery")
            .beside_threads()
            .start(|| {
                let nursery = Nursery {
                    orders,
                    jobs: &jobs,
                    reports: &reports,
                    tasks: self.tasks,
                    initializer,
                    function,
                };
                nursery.run()
            })?;
        let core = Core::new(jobs, reports, owners_end, nursery, initializer.is_some());
        let reader = thread::Builder::new().name("pool-reader".into()).spawn({
            let core = Arc::clone(&core);
            move || core.read()
        });
        // Without a reader or without workers the nursery ends here.
        let reader = reader
            .map_err(Error::Thread)
            .inspect_err(|_| core.terminate())?;
        core.wait_for_workers().inspect_err(|_| core.terminate())?;
        Ok((core, reader))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("workers", &self.workers)
            .field("tasks", &self.tasks)
            .field("bytes", &self.bytes)
            .field("initializer", &self.initializer.is_some())
            .finish()
    }
}

impl ProcessPool<(), ()> {
    /// Settles the number of workers and more before the start.
    ///
    /// ```
    /// use support::pool::ProcessPool;
    ///
    /// let pool = ProcessPool::builder(1).tasks_per_worker(2).start(|()| std::process::id())?;
    /// let ids = [pool.apply(())?, pool.apply(())?, pool.apply(())?];
    /// assert!(ids[0] == ids[1] && ids[1] != ids[2]);
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn builder(workers: usize) -> Builder {
        Builder {
            workers,
            tasks: u32::MAX,
            bytes: ARGUMENT_BYTES,
            initializer: None,
        }
    }
}

impl<A, R> ProcessPool<A, R>
where
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned + Send + 'static,
{
    /// Forks so many workers: short for `ProcessPool::builder(workers).start(function)`.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn new(workers: usize, function: impl FnMut(A) -> R) -> Result<ProcessPool<A, R>, Error> {
        ProcessPool::builder(workers).start(function)
    }

    /// Has a worker run the function as soon as one is free. Returns at once.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close` or `terminate`, [`Error::Broken`] if there can be no workers, [`Error::TooLarge`] or
    /// [`Error::Pass`] if the argument cannot be passed, [`Error::NotOwner`] in a forked copy of the process.
    pub fn submit(&self, argument: A) -> Result<Pending<R>, Error> {
        let mut arguments = Vec::new();
        self.append(&mut arguments, &argument)?;
        self.send(1, arguments, frames::one)
    }

    /// Runs the function on one argument and waits: tasks given in this way run one after the other.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit) and [`Pending::result`].
    pub fn apply(&self, argument: A) -> Result<R, Error> {
        self.submit(argument)?.result()
    }

    /// As [`submit`](Self::submit), with a callback for the result and one for the error. See [`Pending::on_done`] for what they
    /// may do.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub fn apply_async(
        &self,
        argument: A,
        callback: impl FnOnce(&R) + Send + 'static,
        error_callback: impl FnOnce(&Error) + Send + 'static,
    ) -> Result<Pending<R>, Error> {
        let task = self.submit(argument)?;
        task.on_done(|result| match result {
            Ok(result) => callback(result),
            Err(error) => error_callback(error),
        });
        Ok(task)
    }

    /// Runs the function on all items; the results come in their order. Workers take `chunk` items at a time (at least 1): many for
    /// short tasks, few for long or uneven ones.
    ///
    /// # Errors
    ///
    /// That of the first chunk in error; the others run all the same. Else as [`submit`](Self::submit).
    pub fn map(&self, items: impl IntoIterator<Item = A>, chunk: usize) -> Result<Vec<R>, Error> {
        let chunks = self.submit_chunks(items, chunk, frames::all_well);
        let chunks = chunks.collect::<Result<Vec<_>, _>>()?;
        let mut results = Vec::new();
        for (_, task) in chunks {
            results.append(&mut task.result()?);
        }
        Ok(results)
    }

    /// As [`map`](Self::map), but returns after `timeout`: with the results that are there, and an error for each item whose is not.
    /// That is [`Error::TimedOut`] for chunks that run, and go on, and [`Error::Cancelled`] for the others, which will not.
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    /// use support::pool::{Error, ProcessPool};
    ///
    /// let pool = ProcessPool::new(1, |ms: u64| thread::sleep(Duration::from_millis(ms)))?;
    /// let results = pool.map_timeout([1, 10_000, 1], 1, Duration::from_millis(300))?;
    /// assert!(matches!(results[..], [Ok(()), Err(Error::TimedOut { .. }), Err(Error::Cancelled)]));
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub fn map_timeout(
        &self,
        items: impl IntoIterator<Item = A>,
        chunk: usize,
        timeout: Duration,
    ) -> Result<Vec<Result<R, Error>>, Error> {
        let chunks = self.chunks(items, chunk).collect::<Result<Vec<_>, _>>()?;
        Ok(within(chunks, timeout))
    }

    /// As [`map`](Self::map), but takes items only as results are taken: for more items than memory holds, or without end. Four
    /// chunks for each worker are in the pool at most.
    ///
    /// An item in error gives its error in its place, and the others go on. An item that cannot be passed ends it.
    ///
    /// ```
    /// use support::pool::ProcessPool;
    ///
    /// let pool = ProcessPool::new(2, |n: u64| 60 / n)?;
    /// let results: Vec<_> = pool.imap(0.., 1).take(3).collect();
    /// assert!(results[0].is_err());
    /// assert!(matches!(results[1..], [Ok(60), Ok(30)]));
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn imap<'a>(
        &'a self,
        items: impl IntoIterator<Item = A, IntoIter: 'a> + 'a,
        chunk: usize,
    ) -> LazyMap<'a, R> {
        let mut chunks = self.chunks(items, chunk);
        LazyMap::new(4 * self.workers, true, move || chunks.next())
    }

    /// As [`imap`](Self::imap), but gives each chunk's results as soon as they are there.
    ///
    /// ```
    /// use support::pool::ProcessPool;
    ///
    /// let pool = ProcessPool::new(2, |n: u64| n * n)?;
    /// let mut squares: Vec<u64> = pool.imap_unordered(1..=4, 1).collect::<Result<_, _>>()?;
    /// squares.sort();
    /// assert_eq!(squares, [1, 4, 9, 16]);
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn imap_unordered<'a>(
        &'a self,
        items: impl IntoIterator<Item = A, IntoIter: 'a> + 'a,
        chunk: usize,
    ) -> LazyMap<'a, R> {
        let mut chunks = self.chunks(items, chunk);
        LazyMap::new(4 * self.workers, false, move || chunks.next())
    }

    fn chunks<I: IntoIterator<Item = A>>(
        &self,
        items: I,
        chunk: usize,
    ) -> impl Iterator<Item = Result<Chunk<R>, Error>> + use<'_, A, R, I> {
        self.submit_chunks(items, chunk, frames::all)
            .map(|chunk| chunk.map(|(items, task)| Chunk { items, task }))
    }

    /// Submits so many items at a time.
    fn submit_chunks<I: IntoIterator<Item = A>, T: Send + 'static>(
        &self,
        items: I,
        chunk: usize,
        decode: Decode<T>,
    ) -> impl Iterator<Item = Result<(usize, Pending<T>), Error>> + use<'_, A, R, I, T> {
        let most = u32::try_from(chunk.max(1)).unwrap_or(u32::MAX);
        let mut rest = items.into_iter();
        // As many bytes as the chunk before.
        let mut usual = 0;
        std::iter::from_fn(move || {
            let (mut items, mut arguments) = (0, Vec::with_capacity(usual));
            while items < most
                && let Some(item) = rest.next()
            {
                if let Err(error) = self.append(&mut arguments, &item) {
                    return Some(Err(error));
                }
                items += 1;
            }
            usual = arguments.len();
            let send = || Ok((items as usize, self.send(items, arguments, decode)?));
            (items > 0).then(send)
        })
    }

    fn append(&self, arguments: &mut Vec<u8>, argument: &A) -> Result<(), Error> {
        frames::append_argument(arguments, argument, &self.shapes).map_err(|error| Error::Pass {
            what: "argument",
            why: error.to_string(),
        })
    }

    fn send<T: Send + 'static>(
        &self,
        count: u32,
        arguments: Vec<u8>,
        decode: Decode<T>,
    ) -> Result<Pending<T>, Error> {
        self.owner.check()?;
        let slot = Slot::new(self.owner, Some(decode));
        let task = self.core.submit(count, arguments, slot.clone())?;
        let core: Weak<Core> = Arc::downgrade(&self.core);
        let core: Weak<dyn Cancel> = core;
        Ok(Pending::new(slot, Some((core, task))))
    }
}

impl<A, R> ProcessPool<A, R> {
    /// How many workers there are, those being replaced included.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Process ids of the workers: the living ones, as far as their deaths are known.
    /// None in a forked copy of the process.
    pub fn pids(&self) -> Vec<u32> {
        match self.owner.check() {
            Ok(()) => self.core.pids(),
            Err(_) => Vec::new(),
        }
    }

    /// How many tasks, and chunks of maps, are not done yet, their callbacks included.
    /// 0 in a forked copy of the process.
    pub fn unfinished(&self) -> usize {
        match self.owner.check() {
            Ok(()) => self.core.unfinished(),
            Err(_) => 0,
        }
    }

    /// Takes no more tasks. Does nothing in a forked copy of the process.
    pub fn close(&self) {
        if self.owner.check().is_ok() {
            self.core.close();
        }
    }

    /// Waits until all tasks are done, their callbacks included, and ends the workers.
    ///
    /// # Errors
    ///
    /// [`Error::NotClosed`] before [`close`](Self::close) or [`terminate`](Self::terminate), [`Error::InCallback`] in a callback of
    /// this pool, [`Error::NotOwner`] in a forked copy of the process.
    pub fn join(&self) -> Result<(), Error> {
        self.owner.check()?;
        self.core.join()?;
        self.join_reader();
        Ok(())
    }

    /// Ends the workers now, whatever they do. Tasks that are not done fail with [`Error::Terminated`]. Takes some milliseconds, and
    /// 4 seconds at most: callbacks that take longer than one go on. Does nothing in a forked copy of the process.
    pub fn terminate(&self) {
        if self.owner.check().is_ok() {
            self.core.terminate();
            self.join_reader();
        }
    }

    fn join_reader(&self) {
        let reader = self
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(reader) = reader {
            // It runs no code of the user's, and is never who asks here.
            let _ = reader.join();
        }
    }
}

impl<A, R> Drop for ProcessPool<A, R> {
    fn drop(&mut self) {
        if self.owner.check().is_err() {
            return;
        }
        self.terminate();
        // SAFETY: nothing uses them after this.
        unsafe {
            ManuallyDrop::drop(&mut self.core);
            ManuallyDrop::drop(&mut self.reader);
        }
    }
}

impl<A, R> fmt::Debug for ProcessPool<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPool")
            .field("workers", &self.workers)
            .field("unfinished", &self.unfinished())
            .finish_non_exhaustive()
    }
}
