//! Pools: a fixed number of workers that take tasks as they come.
//!
//! | pool | a worker is | a task is | like Python's |
//! |---|---|---|---|
//! | [`ThreadPool`] | a thread | any closure | `ThreadPoolExecutor` |
//! | [`ProcessPool`] | a forked process (Linux only) | an argument for the pool's function | `multiprocessing.Pool`, `ProcessPoolExecutor` |
//!
//! Both give a [`Future`] for each task, which says in the end what the task returned, or what became of it: a panic, a worker that
//! was killed. Nobody waits for ever because of either.
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use support::pool::{Error, ProcessPool};
//!
//! let pool = ProcessPool::new(2, |n: u64| if n == 3 { std::process::abort() } else { n * n })?;
//! let tasks = (0..6).map(|n| pool.submit(n)).collect::<Result<Vec<_>, _>>()?;
//! assert_eq!(tasks[5].result()?, 25);
//! assert!(matches!(tasks[3].result(), Err(Error::WorkerDied { .. })));
//! # }
//! # Ok::<(), support::pool::Error>(())
//! ```
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

mod error;
mod future;
mod threads;

#[cfg(target_os = "linux")]
mod processes;

use std::thread;

pub use error::Error;
pub use future::Future;
pub use threads::ThreadPool;

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
