//! Forked processes that run one function. Linux only.

mod core;
mod message;
mod nursery;
mod worker;

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::core::{AHEAD_JOBS, Core, Finish};
use self::nursery::{Nursery, Orders};
use self::worker::{PART_BYTES, encoded};
use super::future::{Future, Slot};
use super::{Error, check_workers};
use crate::ipc::Queue;
use crate::process::Process;

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
/// # When a worker dies
///
/// The task that it had fails with [`Error::WorkerDied`], which names the signal or the exit code, whether the task was just begun or its
/// result half sent. It is not run again: it may be what killed the worker. All other tasks go on, and another worker takes the
/// place. A panic is not a death: the task fails with [`Error::Panicked`], and the worker lives on.
///
/// # The end
///
/// The workers end with the process that made the pool, however that ends, and when the pool is dropped, which is a
/// [`terminate`](Self::terminate). An idle worker is ended by SIGKILL; what it printed is out by then. A thread that submits while
/// the pool ends gets an error, not silence.
///
/// # What a task may do
///
/// The workers are forked from a process that is forked when the pool is made: what holds for
/// [closures of processes](crate::process#what-a-closure-may-do) at that moment holds for tasks. In a program with threads, make
/// pools early. Later replacements are no worse: they are forked by that process, which has no threads.
pub struct ProcessPool<A, R> {
    core: Arc<Core>,
    reader: Mutex<Option<JoinHandle<()>>>,
    owner: u32,
    workers: usize,
    types: PhantomData<fn(A) -> R>,
}

/// What is settled about a pool before it starts; made by [`ProcessPool::builder`].
#[derive(Debug, Clone)]
#[must_use = "no pool is made before `start`"]
pub struct Builder {
    workers: usize,
    tasks: u32,
    bytes: usize,
}

impl Builder {
    /// Has a worker end after so many tasks, or the chunk of a map in which it reaches them, and another one take its place: for
    /// functions that leak. At least 1.
    pub fn tasks_per_worker(mut self, tasks: u32) -> Self {
        self.tasks = tasks.max(1);
        self
    }

    /// The arguments of a task, or of a chunk of a map, may have so many bytes, as `postcard` encodes them; without it, 1 MiB. Results
    /// may have any size.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Forks the workers.
    ///
    /// # Errors
    ///
    /// [`Error::Workers`] for none or more than 256, [`Error::Queue`] if the system gives no memory, [`Error::Process`],
    /// [`Error::Broken`] or [`Error::Thread`] if it makes no process or thread.
    pub fn start<A, R>(self, function: impl FnMut(A) -> R) -> Result<ProcessPool<A, R>, Error>
    where
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + Send + 'static,
    {
        let mut function = encoded(function);
        let (core, reader) = self.start_encoded(&mut function)?;
        Ok(ProcessPool {
            core,
            reader: Mutex::new(Some(reader)),
            owner: std::process::id(),
            workers: self.workers,
            types: PhantomData,
        })
    }

    fn start_encoded(
        &self,
        function: worker::Function<'_>,
    ) -> Result<(Arc<Core>, JoinHandle<()>), Error> {
        check_workers(self.workers, MOST_WORKERS)?;
        // The id, the count and the length of the arguments stand before them.
        let bytes = self.bytes.saturating_add(32);
        let jobs = (0..self.workers)
            .map(|_| Queue::with_bytes(AHEAD_JOBS, bytes))
            .collect::<Result<Vec<_>, _>>()?;
        let reports = Queue::with_bytes(1 << 14, 8 * PART_BYTES)?;
        let (orders, owners_end) = Orders::pipe().map_err(|source| Error::System {
            what: "make a pipe",
            source,
        })?;
        let nursery = Process::builder()
            .name("pool-nursery")
            .beside_threads()
            .start(|| {
                let nursery = Nursery {
                    orders,
                    jobs: &jobs,
                    reports: &reports,
                    tasks: self.tasks,
                    function,
                };
                nursery.run()
            })?;
        let core = Core::new(jobs, reports, owners_end, nursery);
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
    pub fn submit(&self, argument: A) -> Result<Future<R>, Error> {
        let arguments = encode(&argument)?;
        self.send(1, arguments, |results| postcard::from_bytes(results))
    }

    /// Runs the function on one argument and waits: tasks given in this way run one after the other.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit) and [`Future::result`].
    pub fn apply(&self, argument: A) -> Result<R, Error> {
        self.submit(argument)?.result()
    }

    /// As [`submit`](Self::submit), with a callback for the result and one for the error. See [`Future::on_done`] for what they
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
    ) -> Result<Future<R>, Error> {
        let future = self.submit(argument)?;
        future.on_done(|result| match result {
            Ok(result) => callback(result),
            Err(error) => error_callback(error),
        });
        Ok(future)
    }

    /// Runs the function on all items; the results come in their order. Workers take `chunk` items at a time (at least 1): many for
    /// short tasks, few for long or uneven ones.
    ///
    /// # Errors
    ///
    /// That of the first chunk in error; the others run all the same. Else as [`submit`](Self::submit).
    pub fn map(&self, items: impl IntoIterator<Item = A>, chunk: usize) -> Result<Vec<R>, Error> {
        let most = u32::try_from(chunk.max(1)).unwrap_or(u32::MAX);
        let mut items = items.into_iter().peekable();
        let mut chunks = Vec::new();
        while items.peek().is_some() {
            let (mut count, mut arguments) = (0, Vec::new());
            while count < most
                && let Some(item) = items.next()
            {
                arguments.append(&mut encode(&item)?);
                count += 1;
            }
            chunks.push(self.send(count, arguments, move |mut results| {
                (0..count)
                    .map(|_| {
                        let (result, rest) = postcard::take_from_bytes(results)?;
                        results = rest;
                        Ok(result)
                    })
                    .collect()
            })?);
        }
        let mut results = Vec::new();
        for chunk in chunks {
            results.append(&mut chunk.result()?);
        }
        Ok(results)
    }

    fn send<T: Send + 'static>(
        &self,
        count: u32,
        arguments: Vec<u8>,
        decode: impl FnOnce(&[u8]) -> Result<T, postcard::Error> + Send + 'static,
    ) -> Result<Future<T>, Error> {
        self.check_owner()?;
        let slot = Slot::new(Some(self.core.reader()));
        let future = Future(Arc::clone(&slot));
        let finish: Finish = Box::new(move |results| {
            slot.fill(results.and_then(|results| {
                decode(&results).map_err(|error| Error::Pass {
                    what: "result",
                    why: error.to_string(),
                })
            }));
        });
        self.core.submit(count, arguments, finish)?;
        Ok(future)
    }
}

impl<A, R> ProcessPool<A, R> {
    /// How many workers there are, those being replaced included.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Process ids of the workers: the living ones, as far as their deaths are known.
    pub fn pids(&self) -> Vec<u32> {
        self.core.pids()
    }

    /// How many tasks, and chunks of maps, are not done yet.
    pub fn unfinished(&self) -> usize {
        self.core.unfinished()
    }

    /// Takes no more tasks.
    pub fn close(&self) {
        self.core.close();
    }

    /// Waits until all tasks are done, their callbacks included, and ends the workers.
    ///
    /// # Errors
    ///
    /// [`Error::NotClosed`] before [`close`](Self::close) or [`terminate`](Self::terminate), [`Error::InCallback`] in a callback of
    /// this pool, [`Error::NotOwner`] in a forked copy of the process.
    pub fn join(&self) -> Result<(), Error> {
        self.check_owner()?;
        self.core.join()?;
        self.join_reader();
        Ok(())
    }

    /// Ends the workers now, whatever they do. Tasks that are not done fail with [`Error::Terminated`]. Takes some milliseconds, and
    /// 3 seconds at most. Does nothing in a forked copy of the process.
    pub fn terminate(&self) {
        if self.check_owner().is_ok() {
            self.core.terminate();
            self.join_reader();
        }
    }

    fn join_reader(&self) {
        if self.core.is_reader() {
            return;
        }
        let reader = self
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(reader) = reader {
            // Callbacks do not let their panics out.
            let _ = reader.join();
        }
    }

    fn check_owner(&self) -> Result<(), Error> {
        let owner = self.owner;
        if std::process::id() == owner {
            Ok(())
        } else {
            Err(Error::NotOwner { owner })
        }
    }
}

impl<A, R> Drop for ProcessPool<A, R> {
    fn drop(&mut self) {
        self.terminate();
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

fn encode(argument: &impl Serialize) -> Result<Vec<u8>, Error> {
    postcard::to_stdvec(argument).map_err(|error| Error::Pass {
        what: "argument",
        why: error.to_string(),
    })
}
