//! What processes share: queues, locks, values and pipes.
//!
//! Make one before the processes that are to share it: a forked child ([`Process::start`](crate::process::Process::start)) has the
//! same one in its copy of the handle. Threads of one process can share it too, by reference or by a clone.
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use support::ipc::Queue;
//! use support::process::Process;
//!
//! let queue = Queue::<u64>::new(8)?;
//! let mut producer = Process::start(|| queue.put(&111))?;
//! assert_eq!(queue.get()?, 111);
//! producer.join()?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # When a process is killed
//!
//! Whatever a process was doing in here when it died, by whatever signal and at whatever instruction, the others go on:
//!
//! | what | what the death of a process does |
//! |---|---|
//! | [`Queue`] | the item that it was putting or taking can be lost, no other |
//! | [`JoinableQueue`] | the same; `join` says who died with tasks not done |
//! | [`Mutex`] | the next one gets the lock and is told, as after a panic |
//! | [`Semaphore`] | its permits come back |
//! | [`Barrier`] | if it waited in it, the barrier breaks for the others |
//! | [`Event`], [`Shared`], [`SharedAtomic`] | nothing |
//!
//! That rests on robust mutexes between processes, which the kernel releases when their holder dies, on one store that makes each change
//! valid, and on sleeps (`futex(2)`) of 20 to 250 ms at most, after which a sleeper looks again by itself: four times a second while
//! nothing happens for long.
//!
//! # Platforms
//!
//! All of it works on Linux with glibc, and is written to build with musl, where it has not been run. Other systems lack robust mutexes between processes (macOS) or futexes that processes
//! share; there, only [`Pipe`], [`SharedAtomic`], [`Bytes`] and the traits exist.

#[cfg(target_os = "linux")]
mod buffer;
mod bytes;
mod error;
mod map;
mod pipe;
mod plain;
mod shared_atomic;

#[cfg(target_os = "linux")]
mod barrier;
#[cfg(target_os = "linux")]
mod event;
#[cfg(target_os = "linux")]
mod futex;
#[cfg(target_os = "linux")]
mod joinable;
#[cfg(target_os = "linux")]
mod limit;
#[cfg(target_os = "linux")]
mod mutex;
#[cfg(target_os = "linux")]
mod producer;
#[cfg(target_os = "linux")]
mod queue;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod robust;
#[cfg(target_os = "linux")]
mod semaphore;
#[cfg(target_os = "linux")]
mod shared;
#[cfg(target_os = "linux")]
mod who;

pub use bytemuck;

pub use crate::wire::WireError;
pub use bytes::Bytes;
pub use error::{DeadConsumer, Error};
pub use pipe::Pipe;
pub use plain::{Atomic, Plain};
pub use shared_atomic::SharedAtomic;

#[cfg(target_os = "linux")]
pub use {
    barrier::Barrier,
    event::Event,
    joinable::JoinableQueue,
    mutex::{Guard, Mutex},
    producer::Producer,
    queue::Queue,
    semaphore::{Permit, Semaphore},
    shared::Shared,
};
