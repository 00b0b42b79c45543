//! Instruments and missing primitives for the notebooks of the concurrency course.
//!
//! The cell is the lesson, this crate is the instrument: what a chapter teaches stands in its cells, in plain `std`;
//! here is what every chapter measures, draws and judges with, and what `std` lacks.
//!
//! Each of the modules after the first seven is a feature of its own name, all on by default: a kernel that compiles this
//! crate for a chapter takes those that the chapter uses.
//!
//! | module | what it holds |
//! |---|---|
//! | [`process`] | processes that run a closure, a command or a type; a look at any process of the machine |
//! | [`measure`] | course seconds, samples and their statistics, calibrated work, `getrusage`, the machine, CPython beside us |
//! | [`chart`] | charts as SVG with a text alternative |
//! | [`claim`] | the ledger of what the notes say, and verdicts on it |
//! | [`contest`] | what the benches write of ours beside its rivals |
//! | [`display`] | text as HTML |
//! | [`exercise`] | the exercises of the chapters, and checks of their answers |
//! | [`coroutine`] | coroutines with a stack of their own, switched by hand |
//! | [`ipc`] | queues, locks and values between processes, which survive the death of any of them |
//! | [`net`] | load for servers, from a process of its own |
//! | [`pool`] | workers that take tasks: threads, and processes that may die |
//! | [`sched`] | schedulers of one CPU, simulated |
//! | [`sync`] | semaphore, event, queues, re-entrant lock, deadlocks to look at |

mod caught;
pub mod chapter;
pub mod chart;
pub mod claim;
pub mod contest;
#[cfg(feature = "coroutine")]
pub mod coroutine;
mod data;
pub mod display;
pub mod exercise;
#[cfg(feature = "ipc")]
pub mod ipc;
pub mod measure;
#[cfg(feature = "net")]
pub mod net;
mod order;
#[cfg(feature = "pool")]
pub mod pool;
pub mod process;
#[cfg(feature = "sched")]
pub mod sched;
#[cfg(feature = "sync")]
pub mod sync;
#[cfg(feature = "ipc")]
mod wire;
