//! What a pool and its processes say to each other.

use serde::{Deserialize, Serialize};

use crate::ipc::Bytes;
use crate::process::Exit;

/// To a worker: run the function on so many arguments.
#[derive(Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) count: u32,
    /// In [frames](super::frames).
    pub(super) arguments: Bytes,
}

/// From a worker, or about it.
#[derive(Serialize, Deserialize)]
pub(super) struct Report {
    /// The place of the worker.
    pub(super) place: u32,
    pub(super) what: What,
}

#[derive(Serialize, Deserialize)]
pub(super) enum What {
    /// From the nursery: the place has a process.
    Started { pid: u32 },
    /// From the nursery: the place could have none.
    NotStarted { why: String },
    /// From the nursery: the process of the place has ended. All that it reported stands before this in the queue.
    Ended { pid: u32, signal: bool, number: i32 },
    /// From the nursery: it ends.
    NoMore { why: String },
    /// From the owner to itself: nothing comes any more.
    Stop,
    /// From a worker: its initializer has returned; or has failed, and the worker ends.
    Ready { failed: Option<String> },
    /// From a worker: the beginning of results that do not fit into one report.
    Part { results: Bytes },
    /// From a worker: the job is done; in [frames](super::frames) what became of each argument.
    Done { id: u64, nanos: u64, results: Bytes },
}

pub(super) fn ended(pid: u32, exit: Exit) -> What {
    let (signal, number) = match exit {
        Exit::Signal(number) => (true, number),
        Exit::Code(number) => (false, number),
    };
    What::Ended {
        pid,
        signal,
        number,
    }
}

pub(super) fn exit(signal: bool, number: i32) -> Exit {
    if signal {
        Exit::Signal(number)
    } else {
        Exit::Code(number)
    }
}
