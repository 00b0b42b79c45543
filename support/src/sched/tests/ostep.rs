//! What the simulators of OSTEP, `scheduler.py` and `mlfq.py` (of September 2023 or later), gave for random workloads.
//!
//! The traces are in `ostep.txt`, numbers only. The second simulator follows our rules or, switched over, theirs: so each
//! disagreement is put down to one of the differences that [`Mlfq`] lists, and nothing else may be left.

use std::collections::BTreeMap;

use super::reference::{Theirs, Tick, ticks, unrolled};
use super::*;

/// A line is `policy; IO time; arrival:CPU:CPU until each IO (0: none) …; job:start:end:level …`, where a policy is `fcfs`,
/// `sjf`, `rr slice` or `mlfq boost slice:slices in the allotment …`.
struct Case {
    jobs: Vec<Job>,
    policy: Policy,
    trace: Vec<Tick>,
}

fn numbers(fields: &str) -> Vec<u64> {
    fields.split(':').map(|n| n.parse().unwrap()).collect()
}

impl Case {
    fn read(line: &str) -> Self {
        let parts: Vec<_> = line.split("; ").collect();
        let [policy, io, jobs, spans] = parts[..] else {
            panic!("{line:?} has {} parts", parts.len())
        };
        let io = io.parse().unwrap();
        let job = |job: &str| {
            let [arrival, cpu, each] = numbers(job)[..] else {
                panic!("{job:?} is no job")
            };
            let each = if each == 0 { cpu } else { each };
            let rounds = cpu.div_ceil(each);
            let mut job = Job::new("job", arrival, each.min(cpu));
            for round in 1..rounds {
                job = job.then_io(io).then_cpu(each.min(cpu - round * each));
            }
            job
        };
        let words: Vec<_> = policy.split(' ').collect();
        let policy = match words[..] {
            ["fcfs"] => Policy::Fcfs,
            ["sjf"] => Policy::Sjf,
            ["rr", slice] => Policy::RoundRobin {
                slice: slice.parse().unwrap(),
            },
            ["mlfq", boost, ref levels @ ..] => {
                let level = |level: &&str| {
                    let level = numbers(level);
                    (level[0], level[0] * level[1])
                };
                let mlfq = Mlfq::new(levels.iter().map(level));
                match boost.parse().unwrap() {
                    0 => mlfq.into(),
                    period => mlfq.boost_every(period).into(),
                }
            }
            _ => panic!("{policy:?} is no policy"),
        };
        let mut trace = Vec::new();
        for span in spans.split(' ') {
            let span = numbers(span);
            trace.resize(span[1] as usize, None);
            trace.resize(span[2] as usize, Some((span[0] as usize, span[3] as usize)));
        }
        Self {
            jobs: jobs.split(' ').map(job).collect(),
            policy,
            trace,
        }
    }

    /// The fewest of their rules with which ours give their trace.
    fn differences(&self) -> Option<Theirs> {
        let all = [(false, false), (true, false), (false, true), (true, true)];
        let all = all.map(|(arrivals_first, boost_renews_top)| Theirs {
            arrivals_first,
            boost_renews_top,
        });
        all.into_iter()
            .find(|theirs| ticks(&self.jobs, &self.policy, 0, *theirs) == self.trace)
    }
}

#[test]
fn agrees_but_for_the_differences_listed() {
    let mut counts = BTreeMap::new();
    let both = Theirs {
        arrivals_first: true,
        boost_renews_top: true,
    };
    for line in include_str!("ostep.txt").lines() {
        let case = Case::read(line);
        let theirs = case.differences();
        assert!(theirs.is_some(), "by none of the differences: {line}");
        assert_eq!(
            ticks(&case.jobs, &case.policy, 0, both),
            case.trace,
            "{line}"
        );
        let ours = unrolled(&run(&case.jobs, &case.policy));
        assert_eq!(
            ours == case.trace,
            theirs == Some(Theirs::default()),
            "{line}"
        );
        let no_boost = |mlfq: &Mlfq| mlfq.boost.is_none();
        match &case.policy {
            Policy::Mlfq(mlfq) => {
                if theirs.is_some_and(|theirs| theirs.boost_renews_top) {
                    assert!(!no_boost(mlfq), "{line}");
                }
            }
            _ => assert_eq!(theirs, Some(Theirs::default()), "{line}"),
        }
        *counts
            .entry((matches!(case.policy, Policy::Mlfq(_)), theirs))
            .or_insert(0) += 1;
    }
    println!("{counts:#?}");
    // The file shows both, and agreement too.
    assert!(counts.len() >= 4, "{counts:?}");
}
