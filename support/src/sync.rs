//! What `std` lacks for threads: a semaphore, an event, three bounded queues, a re-entrant lock that can be observed.
//!
//! | item | what it is | Python's |
//! |---|---|---|
//! | [`Semaphore`] | lets in at most so many at a time | `threading.Semaphore` |
//! | [`Event`] | lets everybody pass once it is set | `threading.Event` |
//! | [`FifoQueue`], [`LifoQueue`], [`PriorityQueue`] | bounded queues, used through [`Queue`] | `queue.Queue`, `LifoQueue`, `PriorityQueue` |
//! | [`ReentrantLock`] | its holder may lock it again; holder and count can be seen | `threading.RLock` |
//! | [`deadlock`] | locks that know who holds and who waits | |
//! | [`replace_file`] | a file's new content, whole or not at all | |
//!
//! Everything here is for the threads of one process, and none of it hands out turns in the order of arrival: a thread that
//! comes at the right moment may overtake one that has waited. Locks are not poisoned by a panic.
//!
//! [`parking_lot`] is public so that a cell can use the same version without a `:dep` of its own.

pub mod deadlock;
mod event;
mod file;
mod gate;
mod line;
mod patience;
mod prim;
mod queue;
mod reentrant;
mod semaphore;
mod store;

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;

pub use parking_lot;

pub use event::Event;
pub use file::replace_file;
pub use queue::{FifoQueue, GetError, LifoQueue, PriorityQueue, PutError, Queue};
pub use reentrant::{Held, ReentrantGuard, ReentrantLock};
pub use semaphore::{Permit, Semaphore};
