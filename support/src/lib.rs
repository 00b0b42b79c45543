//! Instruments and missing primitives for the notebooks of the concurrency course.
//!
//! The cell is the lesson, this crate is the instrument: what a chapter teaches stands in its cells, in plain `std`;
//! here is what every chapter measures, draws and judges with, and what `std` lacks.
//!
//! | module | what it holds |
//! |---|---|
//! | [`process`] | processes that run a closure, a command or a type; a look at any process of the machine |
//! | [`ipc`] | queues, locks and values between processes, which survive the death of any of them |
//! | [`measure`] | course seconds, samples and their statistics, calibrated work, `getrusage`, the machine, CPython beside us |
//! | [`chart`] | charts as SVG with a text alternative |
//! | [`claim`] | the ledger of what the notes say, and verdicts on it |
//! | [`coroutine`] | coroutines with a stack of their own, switched by hand |
//! | [`net`] | load for servers, from a process of its own |
//! | [`pool`] | workers that take tasks: threads, and processes that may die |
//! | [`sched`] | schedulers of one CPU, simulated |
//! | [`sync`] | semaphore, event, queues, re-entrant lock, deadlocks to look at |

pub mod chart;
pub mod claim;
pub mod coroutine;
mod display;
pub mod ipc;
pub mod measure;
pub mod net;
mod order;
pub mod pool;
pub mod process;
pub mod sched;
pub mod sync;
