use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::Exit;

/// What can go wrong with a process, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system made no new process.
    #[error(
        "cannot fork for process {name:?}: {source}; if a limit is reached, wait for some processes first (see `ulimit -u`)"
    )]
    Fork {
        /// Name of the process that was to start.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A command could not be run.
    #[error("cannot run {program:?}: {source}; is it installed, executable and on the PATH?")]
    Spawn {
        /// The program, as given.
        program: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A process had not come to its end in time, and was killed.
    #[error("process {name:?} was killed after {limit:?}: give it less to do, or more time")]
    TimedOut {
        /// Name of the process.
        name: String,
        /// The time it had.
        limit: Duration,
    },
    /// The pipe to or from a process failed.
    #[error("cannot make, read or write the pipes of process {name:?}: {source}")]
    Pipe {
        /// Name of the process.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A closure that was to give a value panicked.
    #[error("process {name:?} panicked: {message}")]
    Panicked {
        /// Name of the process.
        name: String,
        /// What the panic said, and where it was.
        message: String,
    },
    /// A closure that was to give a value gave none.
    #[error(
        "process {name:?} gave no value: {exit}; did it call `exit` or `abort`, or did something kill it?"
    )]
    NoValue {
        /// Name of the process.
        name: String,
        /// How it ended.
        exit: Exit,
    },
    /// The value of a closure cannot travel between processes.
    #[error(
        "the value of process {name:?} cannot travel: {why}; it goes by postcard, which needs a type that knows what it reads"
    )]
    Value {
        /// Name of the process.
        name: String,
        /// The reason.
        why: String,
    },
    /// The process is not a child of the caller, or no longer one.
    #[error(
        "process {pid} is not a child waiting for us: something else reaped it (a `waitpid(-1)`, an ignored SIGCHLD), \
         this handle was copied into a child by a fork, or it was never our child"
    )]
    NotOurChild {
        /// Process id.
        pid: u32,
    },
    /// The system refused to report on a child.
    #[error("cannot wait for process {pid}: {source}")]
    Wait {
        /// Process id.
        pid: u32,
        /// The system's reason.
        source: io::Error,
    },
    /// The system refused to send a signal.
    #[error("cannot send {signal} to process {pid}: {source}")]
    Signal {
        /// Process id.
        pid: u32,
        /// Name of the signal.
        signal: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A process without a time limit was to be left alone; it was killed instead.
    #[error(
        "process {name:?} has no time limit and was killed: only one made with `outlive_parent(bound)` can be detached"
    )]
    Unbounded {
        /// Name of the process.
        name: String,
    },
    /// A thread was to be pinned to a core that it may not use.
    #[error("core {core} is not among the cores this thread may use: {allowed:?}")]
    CoreNotAllowed {
        /// The core that was asked for.
        core: usize,
        /// The cores that may be used.
        allowed: Vec<usize>,
    },
    /// The system refused to read or set the cores of a thread.
    #[error("cannot read or set the cores of this thread: {0}")]
    Affinity(#[source] io::Error),
    /// The processes of this machine cannot be listed.
    #[error("cannot list the processes of this machine; on Linux, is /proc mounted?")]
    NoProcessList,
    /// The system does not show this of a process.
    #[error(
        "cannot look at {what:?} of process {pid}: {source}; much of a process is shown to its user and to root only"
    )]
    Look {
        /// Process id.
        pid: u32,
        /// A file in `/proc/<pid>`, or "clock".
        what: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The system refused to make this process a subreaper.
    #[error("cannot make this process a subreaper, or end that: {0}")]
    Subreaper(#[source] io::Error),
    /// The niceness was not set.
    #[error(
        "cannot set niceness {nice}: {source}; it goes from -20 to 19, and only root (CAP_SYS_NICE, or RLIMIT_NICE) may lower it"
    )]
    SetNice {
        /// The niceness that was asked for.
        nice: i32,
        /// The system's reason.
        source: io::Error,
    },
    /// The niceness is not known.
    #[error("cannot read the niceness of this process: {0}")]
    Nice(#[source] io::Error),
}
