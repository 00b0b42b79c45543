use std::fmt;

use super::{Error, Mlfq};

/// Which of the ready jobs gets the CPU, and for how long. The rules of ties are in the [module](super).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// First come, first served (FIFO): the job that has been ready longest, until its burst ends.
    Fcfs,
    /// Shortest job first: when the CPU is free, the job with the shortest CPU burst, until it ends. As in OSTEP, a job
    /// with IO counts as one job for each of its bursts.
    Sjf,
    /// Shortest remaining time first (OSTEP: shortest time to completion first, STCF): at any time the job with the least
    /// left of its CPU burst.
    Srtf,
    /// Round robin: the ready jobs in turn, each until its burst or slice ends. A job whose slice ends goes to the tail of
    /// the queue, behind those that become ready at the same instant. A job back from IO gets a whole slice.
    RoundRobin {
        /// The longest a job runs at a stretch, in ticks.
        slice: u64,
    },
    /// The multilevel feedback queue.
    Mlfq(Mlfq),
}

impl Policy {
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::RoundRobin { slice: 0 } => Err(Error::NoSlice {
                of: "round robin".to_owned(),
            }),
            Self::Mlfq(mlfq) => mlfq.check(),
            Self::Fcfs | Self::Sjf | Self::Srtf | Self::RoundRobin { .. } => Ok(()),
        }
    }
}

/// A name for a chart: "FCFS", "round robin, slice 10".
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fcfs => f.write_str("FCFS"),
            Self::Sjf => f.write_str("SJF"),
            Self::Srtf => f.write_str("SRTF"),
            Self::RoundRobin { slice } => write!(f, "round robin, slice {slice}"),
            Self::Mlfq(mlfq) => mlfq.fmt(f),
        }
    }
}

impl From<Mlfq> for Policy {
    fn from(mlfq: Mlfq) -> Self {
        Self::Mlfq(mlfq)
    }
}
