use super::Error;

/// A job: when it arrives and what it does, CPU bursts with IO between them.
///
/// ```
/// use support::sched::Job;
/// let job = Job::new("editor", 100, 1).then_io(9).then_cpu(1);
/// assert_eq!((job.cpu(), job.io()), (2, 9));
/// assert_eq!(job, Job::interactive("editor", 100, 2, 1, 9));
/// ```
///
/// Whether the bursts make sense is checked by [`simulate`](super::simulate).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    name: String,
    arrival: u64,
    /// CPU and IO in turn, CPU first.
    bursts: Vec<u64>,
}

impl Job {
    /// A job that arrives at tick `arrival` and needs the CPU for `cpu` ticks.
    pub fn new(name: impl Into<String>, arrival: u64, cpu: u64) -> Self {
        Self {
            name: name.into(),
            arrival,
            bursts: vec![cpu],
        }
    }

    /// A job of `rounds` bursts of `cpu` ticks, with IO of `io` ticks between them.
    pub fn interactive(
        name: impl Into<String>,
        arrival: u64,
        rounds: usize,
        cpu: u64,
        io: u64,
    ) -> Self {
        let mut bursts = [cpu, io].repeat(rounds);
        bursts.pop();
        Self {
            name: name.into(),
            arrival,
            bursts,
        }
    }

    /// The same, then `io` ticks of IO; right after IO, so much more of it.
    #[must_use = "the job is returned"]
    pub fn then_io(self, io: u64) -> Self {
        self.then(io, 1)
    }

    /// The same, then `cpu` ticks on the CPU; right after a CPU burst, so much more of it.
    #[must_use = "the job is returned"]
    pub fn then_cpu(self, cpu: u64) -> Self {
        self.then(cpu, 0)
    }

    /// The job's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it arrives, in ticks.
    pub fn arrival(&self) -> u64 {
        self.arrival
    }

    /// Its CPU time in all, in ticks.
    pub fn cpu(&self) -> u64 {
        sum(&self.bursts, 0)
    }

    /// Its IO time in all, in ticks.
    pub fn io(&self) -> u64 {
        sum(&self.bursts, 1)
    }

    /// CPU and IO in turn, CPU first, in ticks.
    pub fn bursts(&self) -> &[u64] {
        &self.bursts
    }

    /// `parity` 0 is the CPU's, 1 the IO's place in the list.
    fn then(mut self, ticks: u64, parity: usize) -> Self {
        if self.bursts.len() % 2 == parity {
            self.bursts.push(ticks);
        } else if let Some(last) = self.bursts.last_mut() {
            *last = last.saturating_add(ticks);
        }
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let empty = |at| Error::EmptyBurst {
            job: self.name.clone(),
            burst: at + 1,
        };
        if let Some(at) = self.bursts.iter().position(|&ticks| ticks == 0) {
            return Err(empty(at));
        }
        match self.bursts.len() {
            0 => Err(empty(0)),
            n if n % 2 == 0 => Err(Error::EndsWithIo {
                job: self.name.clone(),
            }),
            _ => Ok(()),
        }
    }
}

fn sum(bursts: &[u64], from: usize) -> u64 {
    bursts
        .iter()
        .skip(from)
        .step_by(2)
        .fold(0, |sum, ticks| sum.saturating_add(*ticks))
}
