/// Why a simulation cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The workload is empty.
    #[error("no jobs to schedule: give at least one")]
    NoJobs,
    /// A CPU or IO burst of no ticks, or no burst at all.
    #[error(
        "job {job:?} has an empty burst (number {burst}, counted from 1): give every burst at least one tick"
    )]
    EmptyBurst {
        /// The job's name.
        job: String,
        /// Which of its bursts, CPU and IO together, counted from 1.
        burst: usize,
    },
    /// The last burst is IO.
    #[error("job {job:?} ends with IO: a job ends on the CPU, so add .then_cpu(…)")]
    EndsWithIo {
        /// The job's name.
        job: String,
    },
    /// A slice of no ticks.
    #[error("the slice of {of} is 0: give it at least one tick")]
    NoSlice {
        /// The policy or level.
        of: String,
    },
    /// An allotment of no ticks.
    #[error("the allotment of level {level} is 0: give it at least one tick")]
    NoAllotment {
        /// The level, counted from 0 at the top.
        level: usize,
    },
    /// A feedback queue without levels.
    #[error("a feedback queue without levels: give at least one")]
    NoLevels,
    /// A boost every 0 ticks.
    #[error("a boost every 0 ticks: give at least one tick, or no boost")]
    NoBoostPeriod,
    /// The clock would pass `u64::MAX`.
    #[error("the simulation runs past {} ticks: use a coarser tick", u64::MAX)]
    TooLong,
}
