//! Deadlocks to look at: locks that know who holds and who waits, and the wait-for graph from them.
//!
//! A deadlock lasts for ever, and so would a notebook that makes one. [`run`] makes it in a child process, which is killed at
//! the time limit; the graph comes back through a pipe.
//!
//! ```
//! use std::thread;
//! use std::time::Duration;
//! use support::sync::Event;
//! use support::sync::deadlock::{self, End};
//!
//! let end = deadlock::run(Duration::from_millis(200), |watch| {
//!     let (a, b) = (watch.mutex("A"), watch.mutex("B"));
//!     let (has_a, has_b) = (Event::new(), Event::new());
//!     thread::scope(|s| {
//!         s.spawn(|| {
//!             let _a = a.lock();
//!             has_a.set();
//!             has_b.wait();
//!             let _b = b.lock();
//!         });
//!         s.spawn(|| {
//!             let _b = b.lock();
//!             has_b.set();
//!             has_a.wait();
//!             let _a = a.lock();
//!         });
//!     });
//! })?;
//! let End::Stuck(graph) = end else { panic!("{end:?}") };
//! assert_eq!(graph.cycle().unwrap().len(), 2);
//! # Ok::<(), support::sync::deadlock::Error>(())
//! ```

mod graph;
mod run;
mod watch;

pub use graph::{Edge, Graph};
pub use run::{End, Error, run};
pub use watch::{Watch, WatchedGuard, WatchedMutex};
