use std::io;
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::limit::Limit;
use crate::wire::WireError;

/// The most items and the most bytes of a queue.
pub(super) const MOST: usize = 1 << 29;

/// What can go wrong between processes, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system gave no shared memory.
    #[error(
        "cannot map {bytes} bytes of shared memory: {source}; ask for less, or see `ulimit -v`"
    )]
    Map {
        /// What was asked for.
        bytes: usize,
        /// The system's reason.
        source: io::Error,
    },
    /// A call of the system failed that does not fail on a healthy one.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A queue was asked for with no room, or with more than there can be.
    #[error(
        "a queue holds 1 to {max} items and items of up to {max} bytes, not {items} items of up to {bytes} bytes",
        max = MOST
    )]
    Capacity {
        /// Items asked for.
        items: usize,
        /// Bytes asked for.
        bytes: usize,
    },
    /// An item can never fit into the queue.
    #[error(
        "an item of {size} bytes does not fit into a queue for items of up to {capacity}: make the queue by `with_bytes`, with more bytes"
    )]
    TooLarge {
        /// Size of the encoded item, in bytes.
        size: usize,
        /// Size of the largest item that the queue takes, in bytes.
        capacity: usize,
    },
    /// The queue had no room for the item. It was not put.
    #[error("no room in the queue {}", within(waited))]
    Full {
        /// The time limit; zero for the forms that do not wait.
        waited: Duration,
    },
    /// The queue had no item.
    #[error("no item in the queue {}", within(waited))]
    Empty {
        /// The time limit; zero for the forms that do not wait.
        waited: Duration,
    },
    /// The queue is closed: nothing can be put any more, and all that was in it has been taken.
    #[error("the queue is closed")]
    Closed,
    /// An item could not be turned into bytes. It was not put.
    #[error("cannot encode the item: {0}")]
    Encode(#[source] WireError),
    /// The bytes of an item do not make a value. It was taken, and is lost; the others are not.
    #[error("cannot decode the item: {0}")]
    Decode(#[source] WireError),
    /// What shared memory says of a queue cannot be: something has written where it must not.
    #[error(
        "the queue's shared memory was overwritten ({why}): look for `unsafe` code that writes out of bounds, and make a new queue"
    )]
    Corrupt {
        /// What cannot be.
        why: &'static str,
    },
    /// The time was over before what was waited for happened.
    #[error("no {what} {}", within(waited))]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// The time limit; zero for the forms that do not wait.
        waited: Duration,
    },
    /// The thread that asks for the lock holds it already, and would wait for itself.
    #[error("this thread already holds the lock: drop its guard first")]
    Deadlock,
    /// A task was declared done that this process has not taken, or has declared done before.
    #[error(
        "`task_done` called once too often: process {pid} has no open task; call it once for each item that the same process took"
    )]
    NoOpenTask {
        /// The calling process.
        pid: u32,
    },
    /// Consumers died with tasks that nobody will ever declare done.
    #[error(
        "tasks not done: {unfinished}, of which {} never will be: {}",
        total(dead),
        names(dead)
    )]
    DeadConsumers {
        /// Who died.
        dead: Vec<DeadConsumer>,
        /// All tasks not done, those of the dead included.
        unfinished: usize,
    },
    /// More processes at once than there are places to keep account of them.
    #[error("{limit} processes use this already, and no more can: let some end first")]
    TooManyProcesses {
        /// The number of places.
        limit: usize,
    },
    /// A barrier was asked for that so many processes cannot meet at.
    #[error("a barrier is for 1 to {limit} processes, not for {parties}")]
    TooManyParties {
        /// Processes asked for.
        parties: u32,
        /// The number of places.
        limit: usize,
    },
    /// A semaphore cannot have so many permits.
    #[error("cannot add {permits} permits to {now}: a semaphore has 2³² - 1 at most")]
    TooManyPermits {
        /// Those it has.
        now: u32,
        /// Those to be added.
        permits: u32,
    },
    /// The barrier is broken: somebody ran out of time or died in it.
    #[error("the barrier is broken: {why}; `reset` makes it whole")]
    Broken {
        /// What broke it.
        why: &'static str,
    },
    /// An end of a pipe was taken before in this process.
    #[error("this process has taken its end of the pipe already: each process takes one end, once")]
    PipeTaken,
}

/// A consumer that died with tasks open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadConsumer {
    /// Its process id.
    pub pid: u32,
    /// How many items it had taken and not declared done.
    pub open: usize,
}

fn within(waited: &Duration) -> String {
    match *waited {
        Duration::ZERO => "at this moment".to_owned(),
        waited => format!("within {waited:?}"),
    }
}

fn total(dead: &[DeadConsumer]) -> usize {
    dead.iter().map(|dead| dead.open).sum()
}

fn names(dead: &[DeadConsumer]) -> String {
    let names: Vec<_> = dead
        .iter()
        .map(|dead| format!("process {} died with {} open", dead.pid, dead.open))
        .collect();
    names.join(", ")
}

impl Error {
    pub(super) fn map(bytes: usize, source: io::Error) -> Error {
        Error::Map { bytes, source }
    }
}

#[cfg(target_os = "linux")]
impl Error {
    pub(super) fn full(limit: &Limit) -> Error {
        let waited = limit.timeout();
        Error::Full { waited }
    }

    pub(super) fn empty(limit: &Limit) -> Error {
        let waited = limit.timeout();
        Error::Empty { waited }
    }

    pub(super) fn timed_out(what: &'static str, limit: &Limit) -> Error {
        let waited = limit.timeout();
        Error::TimedOut { what, waited }
    }
}
