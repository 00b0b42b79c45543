mod errors;
mod ostep;
mod properties;
mod published;
mod reference;

use proptest::prelude::*;

use super::{Job, Level, Metrics, Mlfq, Policy, Trace, simulate};

fn run(jobs: &[Job], policy: &Policy) -> Trace {
    simulate(jobs, policy, 0).unwrap()
}

/// `(job, start, end)` of each span.
fn spans(trace: &Trace) -> Vec<(usize, u64, u64)> {
    trace
        .spans()
        .iter()
        .map(|s| (s.job, s.start, s.end))
        .collect()
}

fn each(trace: &Trace, of: impl Fn(&Metrics) -> u64) -> Vec<u64> {
    trace.jobs().iter().map(of).collect()
}

/// Small numbers, so that much happens at the same instant.
fn any_job() -> impl Strategy<Value = Job> {
    let rounds = prop::collection::vec((1..6u64, 1..8u64), 0..4);
    (0..20u64, 1..12u64, rounds).prop_map(|(arrival, cpu, rounds)| {
        rounds
            .into_iter()
            .fold(Job::new("job", arrival, cpu), |job, (io, cpu)| {
                job.then_io(io).then_cpu(cpu)
            })
    })
}

fn any_jobs() -> impl Strategy<Value = Vec<Job>> {
    prop::collection::vec(any_job(), 1..7)
}

fn any_mlfq() -> impl Strategy<Value = Mlfq> {
    let level = (1..6u64, 1..9u64).prop_map(|(slice, allotment)| Level { slice, allotment });
    (
        prop::collection::vec(level, 1..4),
        prop::option::of(1..30u64),
    )
        .prop_map(|(levels, boost)| Mlfq { levels, boost })
}

fn any_policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::Fcfs),
        Just(Policy::Sjf),
        Just(Policy::Srtf),
        (1..6u64).prop_map(|slice| Policy::RoundRobin { slice }),
        any_mlfq().prop_map(Policy::Mlfq),
        any_mlfq().prop_map(Policy::Mlfq),
    ]
}
