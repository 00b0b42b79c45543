use std::io;
use std::time::Duration;

#[cfg(target_os = "linux")]
use crate::ipc;
use crate::process::{self, Exit};

/// What can go wrong with a pool or one of its tasks, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The task panicked. The worker lives on.
    #[error("the task panicked: {message}")]
    Panicked {
        /// What the panic said; from a process also where.
        message: String,
    },
    /// The worker process ended while it had the task. Another one has taken its place.
    #[error("worker {pid} ended while it had this task: {exit}; the task is not run again")]
    WorkerDied {
        /// Process id of the worker.
        pid: u32,
        /// How it ended.
        exit: Exit,
    },
    /// The pool takes no more tasks.
    #[error("the pool is closed and takes no more tasks: submit before `close` or `shutdown`")]
    Closed,
    /// The pool was terminated before the task was done.
    #[error("the pool was terminated before this task was done")]
    Terminated,
    /// The pool cannot have workers any more.
    #[error("the pool has no workers and can get none: {why}; make a new one")]
    Broken {
        /// What happened.
        why: String,
    },
    /// A pool that still takes tasks was to be joined.
    #[error(
        "the pool still takes tasks, and waiting for all of them would never end: call `close` first"
    )]
    NotClosed,
    /// The task was not done in time. It goes on.
    #[error("the task was not done within {waited:?}; it goes on")]
    TimedOut {
        /// The time limit.
        waited: Duration,
    },
    /// The task was cancelled before it began.
    #[error("the task was cancelled before it began")]
    Cancelled,
    /// A task or callback was to wait for what waits for it: its own pool, or its own result.
    #[error(
        "a task or callback waits for the end of its own pool, or a callback takes the result that it looks at: both would never \
         end. Use `on_done` for what comes next, and `with` for the result"
    )]
    InCallback,
    /// A pool was used in a forked copy of the process that made it.
    #[error("this pool belongs to process {owner}: a forked child makes one of its own")]
    NotOwner {
        /// Process id of the owner.
        owner: u32,
    },
    /// A pool with no or too many workers.
    #[error("a pool has 1 to {most} workers, not {workers}")]
    Workers {
        /// Workers asked for.
        workers: usize,
        /// The most there can be.
        most: usize,
    },
    /// The arguments of a task are too large.
    #[error(
        "the arguments of a task have {size} bytes, and this pool takes {capacity}: make it with `builder().bytes(…)`"
    )]
    TooLarge {
        /// Bytes of this task.
        size: usize,
        /// The most that the pool takes.
        capacity: usize,
    },
    /// An argument or a result could not be turned into bytes, or back.
    #[error("cannot pass the {what} between processes: {why}")]
    Pass {
        /// "argument" or "result".
        what: &'static str,
        /// The reason: what `serde`, its format or a panic in between said.
        why: String,
    },
    /// No thread could be started.
    #[error("cannot start a thread of the pool: {0}; let some threads end first (see `ulimit -u`)")]
    Thread(#[source] io::Error),
    /// The process that forks the workers could not be started.
    #[error("cannot start the process that makes workers: {0}")]
    Process(#[from] process::Error),
    /// The queues of the pool could not be made.
    #[cfg(target_os = "linux")]
    #[error("cannot make the queues of the pool: {0}")]
    Queue(#[from] ipc::Error),
    /// A call of the system failed that does not fail on a healthy one.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

impl Error {
    /// The same once more, for the next item of a chunk: what can become of a task.
    pub(super) fn again(&self) -> Error {
        match self {
            Error::Panicked { message } => Error::Panicked {
                message: message.clone(),
            },
            &Error::WorkerDied { pid, exit } => Error::WorkerDied { pid, exit },
            Error::Closed => Error::Closed,
            Error::Terminated => Error::Terminated,
            Error::Cancelled => Error::Cancelled,
            &Error::TimedOut { waited } => Error::TimedOut { waited },
            Error::InCallback => Error::InCallback,
            &Error::NotOwner { owner } => Error::NotOwner { owner },
            Error::Pass { what, why } => Error::Pass {
                what,
                why: why.clone(),
            },
            Error::Broken { why } => Error::Broken { why: why.clone() },
            &Error::TooLarge { size, capacity } => Error::TooLarge { size, capacity },
            other => Error::Broken {
                why: other.to_string(),
            },
        }
    }
}
