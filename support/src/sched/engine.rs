//! The clock: goes from decision to decision, whatever the policy.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::trace::Recorder;
use super::{Error, Job, Trace};

/// A policy's queues. Jobs are numbered in order of arrival, then of the list: the lower number wins a tie.
pub(super) trait Rules {
    /// Whether to choose anew whenever a job becomes ready or is boosted.
    fn preemptive(&self) -> bool {
        false
    }

    /// Whether the job that ran is queued before those that become ready at the same instant.
    fn expired_first(&self) -> bool {
        false
    }

    /// The job arrived or came back from IO; `left` is its CPU burst.
    fn ready(&mut self, job: usize, left: u64);

    /// The job to run, and for how long at most.
    fn pick(&mut self) -> Option<(usize, u64)>;

    /// The picked job ran for `ticks` and has `left` of its burst; with none left, it is no longer ready.
    fn ran(&mut self, job: usize, ticks: u64, left: u64);

    /// The level at which the job stands.
    fn level(&self, _job: usize) -> usize {
        0
    }

    /// When all jobs move to the top next.
    fn next_boost(&self) -> Option<u64> {
        None
    }

    /// Carries out the boosts up to `now`.
    fn boost_until(&mut self, _now: u64) {}
}

/// What a job still has to do.
struct Progress<'a> {
    job: &'a Job,
    burst: usize,
    left: u64,
}

struct Engine<'a, R> {
    rules: R,
    progress: Vec<Progress<'a>>,
    /// When a job arrives or comes back from IO.
    wakes: BinaryHeap<Reverse<(u64, usize)>>,
}

pub(super) fn run<R: Rules>(jobs: &[Job], rules: R, switch_cost: u64) -> Result<Trace, Error> {
    let mut arrivals: BinaryHeap<_> = (jobs.iter().zip(0..))
        .map(|(job, at)| Reverse((job.arrival(), at)))
        .collect();
    let mut order: Vec<usize> = Vec::with_capacity(jobs.len());
    while let Some(Reverse((_, at))) = arrivals.pop() {
        order.push(at);
    }
    let progress: Vec<_> = order
        .iter()
        .map(|&at| Progress {
            job: &jobs[at],
            burst: 0,
            left: jobs[at].bursts()[0],
        })
        .collect();
    let wakes = progress
        .iter()
        .enumerate()
        .map(|(number, p)| Reverse((p.job.arrival(), number)))
        .collect();
    let mut engine = Engine {
        rules,
        progress,
        wakes,
    };
    let mut recorder = Recorder::new(jobs, switch_cost);
    let mut now = 0;
    let mut last = None;
    loop {
        engine.wake_until(now);
        let Some((number, most)) = engine.rules.pick() else {
            let Some(&Reverse((at, _))) = engine.wakes.peek() else {
                return Ok(recorder.finish());
            };
            now = at;
            continue;
        };
        let switch = last.is_some_and(|last| last != number);
        last = Some(number);
        let start = if switch {
            later(now, switch_cost)?
        } else {
            now
        };
        let end = engine.end_of_run(number, start, most)?;
        engine.wake_until(if engine.rules.expired_first() {
            end - 1
        } else {
            end
        });
        recorder.ran(
            order[number],
            start..end,
            engine.rules.level(number),
            switch,
        );
        engine.charge(number, end, end - start)?;
        now = end;
    }
}

impl<R: Rules> Engine<'_, R> {
    /// All that happens up to and including `limit`, apart from the CPU.
    fn wake_until(&mut self, limit: u64) {
        while let Some(&Reverse((at, number))) = self.wakes.peek()
            && at <= limit
        {
            self.wakes.pop();
            self.rules.boost_until(at);
            self.rules.ready(number, self.progress[number].left);
        }
        self.rules.boost_until(limit);
    }

    /// When the next decision is due; after one tick at the earliest, so that work gets done even if switches take longer
    /// than the time between two events.
    fn end_of_run(&self, number: usize, start: u64, most: u64) -> Result<u64, Error> {
        let end = later(start, self.progress[number].left.min(most))?;
        if !self.rules.preemptive() {
            return Ok(end);
        }
        let wake = self.wakes.peek().map(|&Reverse((at, _))| at);
        let next = wake.into_iter().chain(self.rules.next_boost()).min();
        Ok(next.map_or(end, |next| end.min(next.max(start + 1))))
    }

    fn charge(&mut self, number: usize, now: u64, ticks: u64) -> Result<(), Error> {
        let p = &mut self.progress[number];
        p.left -= ticks;
        self.rules.ran(number, ticks, p.left);
        if p.left == 0
            && let [_, io, cpu, ..] = p.job.bursts()[p.burst..]
        {
            p.burst += 2;
            p.left = cpu;
            self.wakes.push(Reverse((later(now, io)?, number)));
        }
        Ok(())
    }
}

fn later(time: u64, by: u64) -> Result<u64, Error> {
    time.checked_add(by).ok_or(Error::TooLong)
}
