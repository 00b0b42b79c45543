//! Pools: a fixed number of workers that take tasks as they come.
//!
//! | pool | a worker is | a task is | like Python's |
//! |---|---|---|---|
//! | [`ThreadPool`] | a thread | any closure | `ThreadPoolExecutor` |
//! | [`ProcessPool`] | a forked process (Linux only) | an argument for the pool's function | `multiprocessing.Pool`, `ProcessPoolExecutor` |
//!
//! Both give a [`Pending`] for each task, which says in the end what the task returned, or what became of it: a panic, a worker that
//! was killed. Nobody waits for ever because of either.
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use support::pool::{Error, ProcessPool};
//!
//! let pool = ProcessPool::new(2, |n: u64| if n == 3 { std::process::abort() } else { n * n })?;
//! let tasks = (0..6).map(|n| pool.submit(n)).collect::<Result<Vec<_>, _>>()?;
//! let results: Vec<_> = tasks.into_iter().map(|task| task.result()).collect();
//! assert!(matches!(results[5], Ok(25)));
//! assert!(matches!(results[3], Err(Error::WorkerDied { .. })));
//! # }
//! # Ok::<(), support::pool::Error>(())
//! ```
//!
//! # What Python calls it
//!
//! | `concurrent.futures`, `multiprocessing.Pool` | here |
//! |---|---|
//! | `Future.result()`, `exception()`, `AsyncResult.get()` | [`Pending::result`], which takes it; [`Pending::with`] looks at it |
//! | `Future.result(timeout)`, `AsyncResult.wait(timeout)` | [`Pending::wait_timeout`], then `result` |
//! | `Future.done()`, `ready()` | [`Pending::is_done`] |
//! | `Future.cancel()` | [`Pending::cancel`] |
//! | `add_done_callback` | [`Pending::on_done`] |
//! | `wait(…, FIRST_COMPLETED)` | [`wait_any`], [`wait_any_timeout`] |
//! | `as_completed(…, timeout)` | [`as_completed`], [`AsCompleted::within`] |
//! | `Executor.map` | `map` |
//! | `Executor.map(…, timeout)` | `map_timeout`: what is there, an error for each that is not; the rest is cancelled |
//! | `Pool.imap`, `imap_unordered`, `Executor.map(…, buffersize)` of 3.14 | `imap`, `imap_unordered` |
//! | `initializer` | `builder(workers).initializer(…)` |
//! | `maxtasksperchild`, `max_tasks_per_child` | `builder(workers).tasks_per_worker(…)` |
//! | `BrokenProcessPool` | [`Error::Broken`] only if no worker can be had; a dead one costs its task: [`Error::WorkerDied`] |
//! | `shutdown(cancel_futures=True)` | [`Pending::cancel`] of each, or `terminate` |
//!
//! # How many workers?
//!
//! | pool | without a number it has |
//! |---|---|
//! | Python `ThreadPoolExecutor` | `min(32, cores + 4)` since 3.8; `5 × cores` before |
//! | Python `ProcessPoolExecutor`, `multiprocessing.Pool` | one for each core |
//! | Rayon's global pool | one thread for each core |
//! | Tokio | one thread for each core, and up to 512 for what blocks |
//!
//! Here the number is always given. Work that computes wants as many as there are cores
//! ([`default_processes`]). Work that waits wants more, the more the longer it waits ([`default_threads`] is Python's guess).

mod batch;
mod completed;
mod error;
mod initializer;
mod owner;
mod pending;
mod threads;

#[cfg(target_os = "linux")]
mod processes;

use std::thread;

pub use batch::LazyMap;
pub use completed::{AsCompleted, as_completed, wait_any, wait_any_timeout};
pub use error::Error;
pub use pending::Pending;
pub use threads::{ThreadBuilder, ThreadPool};

#[cfg(target_os = "linux")]
pub use processes::{Builder, ProcessPool};

/// More threads than that in one pool are a mistake.
const MOST_WORKERS: usize = 4096;

/// How many threads Python gives a `ThreadPoolExecutor` that was not told: `min(32, cores + 4)`.
pub fn default_threads() -> usize {
    (default_processes() + 4).min(32)
}

/// How many cores this process may use, affinity and cgroup quota considered: Python's choice for a pool of processes.
pub fn default_processes() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn check_workers(workers: usize, most: usize) -> Result<(), Error> {
    if (1..=most).contains(&workers) {
        Ok(())
    } else {
        Err(Error::Workers { workers, most })
    }
}
