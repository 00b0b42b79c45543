//! Schedulers of one CPU, simulated: a workload and a policy make a trace, the same one every time.
//!
//! ```
//! use support::sched::{Job, Policy, simulate};
//!
//! // The convoy: two short jobs behind a long one.
//! let jobs = [Job::new("A", 0, 100), Job::new("B", 0, 10), Job::new("C", 0, 10)];
//! assert_eq!(simulate(&jobs, &Policy::Fcfs, 0)?.mean_turnaround(), 110.0);
//! assert_eq!(simulate(&jobs, &Policy::Sjf, 0)?.mean_turnaround(), 50.0);
//! # Ok::<(), support::sched::Error>(())
//! ```
//!
//! Time is in ticks, whole numbers of any unit, so that results are exact. The policies are those of the book
//! [Operating Systems: Three Easy Pieces](https://pages.cs.wisc.edu/~remzi/OSTEP/) (OSTEP), chapters "CPU Scheduling"
//! and "Multi-Level Feedback Queue".
//!
//! # Rules that all policies share
//! - A tie goes to the job that arrived earlier, then to the one that stands earlier in the list. Jobs that become
//!   ready at the same instant, by arriving or by the end of their IO, queue up in that order.
//! - IO needs no CPU and no queue: every job has a device of its own.
//! - A *switch* is a dispatch of another job than the one that ran last, however long the CPU idled in between. The first
//!   dispatch is none.
//! - A switch takes `switch_cost` ticks before the job runs. It is not interrupted: what happens meanwhile counts from the
//!   job's first tick on, which it always gets.

mod engine;
mod error;
mod job;
mod mlfq;
mod policy;
mod queue;
#[cfg(test)]
mod tests;
mod trace;

pub use error::Error;
pub use job::Job;
pub use mlfq::{Level, Mlfq};
pub use policy::Policy;
pub use trace::{Metrics, Span, Trace};

use mlfq::Levels;
use queue::{Fifo, Shortest};

/// Runs the jobs under the policy until the last one has finished; a switch takes `switch_cost` ticks.
///
/// The effort grows with the number of decisions, so with the CPU time divided by the slice; it does not depend on how
/// many ticks pass between them.
///
/// ```
/// use support::sched::{Job, Policy, simulate};
/// let jobs = [Job::new("A", 0, 5), Job::new("B", 0, 5), Job::new("C", 0, 5)];
/// let trace = simulate(&jobs, &Policy::RoundRobin { slice: 1 }, 0)?;
/// assert_eq!((trace.mean_response(), trace.mean_turnaround()), (1.0, 14.0));
/// assert_eq!(trace.switches(), 14);
/// # Ok::<(), support::sched::Error>(())
/// ```
///
/// # Errors
/// When there are no jobs, a job or the policy makes no sense, or the clock passes `u64::MAX`: see [`Error`].
pub fn simulate(jobs: &[Job], policy: &Policy, switch_cost: u64) -> Result<Trace, Error> {
    if jobs.is_empty() {
        return Err(Error::NoJobs);
    }
    jobs.iter().try_for_each(Job::check)?;
    policy.check()?;
    match policy {
        Policy::Fcfs => engine::run(jobs, Fifo::new(u64::MAX), switch_cost),
        Policy::Sjf => engine::run(jobs, Shortest::new(false), switch_cost),
        Policy::Srtf => engine::run(jobs, Shortest::new(true), switch_cost),
        Policy::RoundRobin { slice } => engine::run(jobs, Fifo::new(*slice), switch_cost),
        Policy::Mlfq(mlfq) => engine::run(jobs, Levels::new(mlfq, jobs.len()), switch_cost),
    }
}
