use std::ops::Range;

use super::Job;

/// What ran when, and what came of it.
///
/// ```
/// use support::sched::{Job, Policy, simulate};
/// let jobs = [Job::new("A", 0, 10).then_io(10).then_cpu(10), Job::new("B", 0, 20)];
/// let trace = simulate(&jobs, &Policy::Fcfs, 0)?;
/// for span in trace.spans() {
///     println!("{} {}..{}", trace.jobs()[span.job].name, span.start, span.end);
/// }
/// assert_eq!(trace.jobs()[0].wait(), 10); // ready again at 20, but B runs until 30
/// assert_eq!(trace.end(), 40);
/// # Ok::<(), support::sched::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    spans: Vec<Span>,
    jobs: Vec<Metrics>,
    switch_cost: u64,
}

/// A stretch of time in which a job had the CPU without a break, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The job's place in the workload.
    pub job: usize,
    /// Its first tick.
    pub start: u64,
    /// The tick after its last.
    pub end: u64,
    /// The level of the feedback queue, 0 at the top; 0 under the other policies.
    pub level: usize,
}

/// How a job fared, in ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// The job's name.
    pub name: String,
    /// When it arrived.
    pub arrival: u64,
    /// When it first had the CPU.
    pub first_run: u64,
    /// When it was done.
    pub completion: u64,
    /// Its time on the CPU.
    pub cpu: u64,
    /// Its time in IO.
    pub io: u64,
    /// How often the CPU switched to it.
    pub switches: u64,
}

impl Metrics {
    /// From arrival to the first run.
    pub fn response(&self) -> u64 {
        self.first_run - self.arrival
    }

    /// From arrival to completion.
    pub fn turnaround(&self) -> u64 {
        self.completion - self.arrival
    }

    /// The time in which it was ready and did not run, switches to it included.
    pub fn wait(&self) -> u64 {
        self.turnaround() - self.cpu - self.io
    }

    /// How many times longer it took than alone on the machine: turnaround divided by CPU and IO time; 1 is the best.
    pub fn slowdown(&self) -> f64 {
        self.turnaround() as f64 / (self.cpu + self.io) as f64
    }
}

impl Trace {
    /// Who had the CPU, in order of time. Spans of the same job that touch are one, unless its level differs.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// How each job fared, in the workload's order.
    pub fn jobs(&self) -> &[Metrics] {
        &self.jobs
    }

    /// When the last job was done, in ticks.
    pub fn end(&self) -> u64 {
        self.spans.last().map_or(0, |span| span.end)
    }

    /// How often the CPU switched from one job to another.
    pub fn switches(&self) -> u64 {
        self.jobs.iter().map(|job| job.switches).sum()
    }

    /// The time that the switches took, in ticks.
    pub fn switch_time(&self) -> u64 {
        self.switches() * self.switch_cost
    }

    /// The time in which jobs ran, in ticks.
    pub fn busy(&self) -> u64 {
        self.jobs.iter().map(|job| job.cpu).sum()
    }

    /// The mean time from arrival to the first run, in ticks.
    pub fn mean_response(&self) -> f64 {
        self.mean(|job| job.response() as f64)
    }

    /// The mean time from arrival to completion, in ticks.
    pub fn mean_turnaround(&self) -> f64 {
        self.mean(|job| job.turnaround() as f64)
    }

    /// The mean time that jobs were ready and did not run, in ticks.
    pub fn mean_wait(&self) -> f64 {
        self.mean(|job| job.wait() as f64)
    }

    /// The mean [slowdown](Metrics::slowdown).
    pub fn mean_slowdown(&self) -> f64 {
        self.mean(Metrics::slowdown)
    }

    fn mean(&self, of: impl Fn(&Metrics) -> f64) -> f64 {
        self.jobs.iter().map(of).sum::<f64>() / self.jobs.len() as f64
    }
}

/// Writes a [`Trace`].
pub(super) struct Recorder(Trace);

impl Recorder {
    pub(super) fn new(jobs: &[Job], switch_cost: u64) -> Self {
        let metrics = |job: &Job| Metrics {
            name: job.name().to_owned(),
            arrival: job.arrival(),
            first_run: u64::MAX,
            completion: 0,
            cpu: job.cpu(),
            io: job.io(),
            switches: 0,
        };
        Self(Trace {
            spans: Vec::new(),
            jobs: jobs.iter().map(metrics).collect(),
            switch_cost,
        })
    }

    pub(super) fn ran(&mut self, job: usize, time: Range<u64>, level: usize, switch: bool) {
        let metrics = &mut self.0.jobs[job];
        metrics.first_run = metrics.first_run.min(time.start);
        metrics.completion = time.end;
        metrics.switches += u64::from(switch);
        match self.0.spans.last_mut() {
            Some(last) if (last.job, last.level, last.end) == (job, level, time.start) => {
                last.end = time.end;
            }
            _ => self.0.spans.push(Span {
                job,
                start: time.start,
                end: time.end,
                level,
            }),
        }
    }

    pub(super) fn finish(self) -> Trace {
        self.0
    }
}
