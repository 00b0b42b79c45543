use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::*;

/// The least sum of completion times, whatever the order and with preemption at any tick: by trying everything.
fn least(now: u64, jobs: &[(u64, u64)], known: &mut HashMap<(u64, Vec<u64>), u64>) -> u64 {
    if jobs.iter().all(|&(_, left)| left == 0) {
        return 0;
    }
    let key = (now, jobs.iter().map(|&(_, left)| left).collect());
    if let Some(&sum) = known.get(&key) {
        return sum;
    }
    let mut best = u64::MAX;
    for at in 0..jobs.len() {
        if jobs[at].0 <= now && jobs[at].1 > 0 {
            let mut next = jobs.to_vec();
            next[at].1 -= 1;
            let done = if next[at].1 == 0 { now + 1 } else { 0 };
            best = best.min(done + least(now + 1, &next, known));
        }
    }
    if best == u64::MAX {
        best = least(now + 1, jobs, known);
    }
    known.insert(key, best);
    best
}

/// The least sum of completion times over all orders of jobs that are there from the start and run to their end.
fn least_order(now: u64, rest: &mut Vec<u64>) -> u64 {
    (0..rest.len())
        .map(|at| {
            let cpu = rest.remove(at);
            let sum = now + cpu + least_order(now + cpu, rest);
            rest.insert(at, cpu);
            sum
        })
        .min()
        .unwrap_or(0)
}

fn completions(trace: &Trace) -> u64 {
    each(trace, |job| job.completion).iter().sum()
}

proptest! {
    #[test]
    fn work_is_conserved(jobs in any_jobs(), policy in any_policy(), cost in 0..4u64) {
        let trace = simulate(&jobs, &policy, cost).unwrap();
        let mut cpu = vec![0; jobs.len()];
        for span in trace.spans() {
            prop_assert!(span.start >= jobs[span.job].arrival());
            cpu[span.job] += span.end - span.start;
        }
        prop_assert!(trace.spans().windows(2).all(|w| w[0].end <= w[1].start));
        for ((job, metrics), cpu) in jobs.iter().zip(trace.jobs()).zip(cpu) {
            prop_assert_eq!(cpu, job.cpu());
            prop_assert_eq!(metrics.turnaround(), metrics.wait() + job.cpu() + job.io());
            prop_assert!(metrics.response() <= metrics.wait() && metrics.slowdown() >= 1.0);
        }
        prop_assert_eq!(trace.busy(), jobs.iter().map(Job::cpu).sum::<u64>());
        let hands: Vec<_> = trace.spans().iter().map(|span| span.job).collect();
        let switches = hands.windows(2).filter(|w| w[0] != w[1]).count() as u64;
        prop_assert_eq!(trace.switches(), switches);
        prop_assert!(trace.busy() + trace.switch_time() <= trace.end());
    }

    /// While jobs are there from the start and do no IO, no policy lets the CPU idle.
    #[test]
    fn never_idle_with_work(cpu in prop::collection::vec(1..20u64, 1..8), policy in any_policy()) {
        let jobs: Vec<_> = cpu.iter().map(|&cpu| Job::new("job", 0, cpu)).collect();
        prop_assert_eq!(run(&jobs, &policy).end(), cpu.iter().sum::<u64>());
    }

    #[test]
    fn sjf_is_the_best_order(mut cpu in prop::collection::vec(1..50u64, 1..=7)) {
        let jobs: Vec<_> = cpu.iter().map(|&cpu| Job::new("job", 0, cpu)).collect();
        prop_assert_eq!(completions(&run(&jobs, &Policy::Sjf)), least_order(0, &mut cpu));
    }

    #[test]
    fn srtf_is_the_best_with_arrivals(jobs in prop::collection::vec((0..8u64, 1..5u64), 1..=5)) {
        let workload: Vec<_> =
            jobs.iter().map(|&(arrival, cpu)| Job::new("job", arrival, cpu)).collect();
        let srtf = completions(&run(&workload, &Policy::Srtf));
        prop_assert_eq!(srtf, least(0, &jobs, &mut HashMap::new()));
    }

    /// At any time, two unfinished jobs have had the same CPU time, give or take a slice.
    #[test]
    fn round_robin_is_fair(cpu in prop::collection::vec(1..60u64, 2..8), slice in 1..9u64) {
        let jobs: Vec<_> = cpu.iter().map(|&cpu| Job::new("job", 0, cpu)).collect();
        let mut had = vec![0; jobs.len()];
        for span in run(&jobs, &Policy::RoundRobin { slice }).spans() {
            had[span.job] += span.end - span.start;
            let unfinished = || had.iter().zip(&cpu).filter(|(had, cpu)| had < cpu).map(|(had, _)| had);
            if let (Some(most), Some(least)) = (unfinished().max(), unfinished().min()) {
                prop_assert!(most - least <= slice);
            }
        }
    }

    /// Nobody waits longer than until the next boost and then for one slice of each other job.
    #[test]
    fn mlfq_with_a_boost_starves_nobody(
        others in any_jobs(),
        cpu in 1..60u64,
        mlfq in any_mlfq(),
        boost in 1..30u64,
    ) {
        let mut jobs = others;
        jobs.push(Job::new("watched", 0, cpu));
        let watched = jobs.len() - 1;
        let longest = boost + watched as u64 * mlfq.levels[0].slice;
        let mut since = 0;
        for span in run(&jobs, &mlfq.boost_every(boost).into()).spans() {
            if span.job == watched {
                prop_assert!(span.start - since <= longest);
                since = span.end;
            }
        }
    }
}

/// A switch may take longer than the time between two boosts: work gets done all the same.
#[test]
fn switches_longer_than_the_boost_period() {
    let jobs = [Job::new("A", 0, 20), Job::new("B", 0, 20)];
    let mlfq = Mlfq::new([2, 2, 2]).boost_every(1);
    let trace = simulate(&jobs, &mlfq.into(), 10).unwrap();
    assert_eq!(trace.busy(), 40);
}

#[test]
fn switches_cost_what_they_should() {
    let jobs = [Job::new("A", 0, 4), Job::new("B", 0, 2)];
    let trace = simulate(&jobs, &Policy::RoundRobin { slice: 2 }, 1).unwrap();
    assert_eq!(spans(&trace), [(0, 0, 2), (1, 3, 5), (0, 6, 8)]);
    assert_eq!(
        (trace.switches(), trace.switch_time(), trace.end()),
        (2, 2, 8)
    );
    assert_eq!(each(&trace, |job| job.switches), [1, 1]);
    assert_eq!(each(&trace, Metrics::wait), [4, 3]);
}

#[test]
fn long_times_take_no_longer() {
    let hour = 3_600_000_000_000;
    let jobs = [Job::new("A", hour, hour), Job::new("B", 0, 1)];
    let mlfq = Mlfq::new([hour, hour]).boost_every(1_000_000_000).into();
    assert_eq!(run(&jobs, &mlfq).end(), 2 * hour);
}

#[test]
fn ten_thousand_jobs_take_no_minute() {
    let jobs: Vec<_> = (0..10_000)
        .map(|at| match at % 4 {
            0 => Job::new("long", at * 20, 200),
            _ => Job::interactive("short", at * 20, 10, 1 + at % 5, 9),
        })
        .collect();
    let mlfq = Mlfq::new([10, 20, 40]).boost_every(1000).into();
    let start = Instant::now();
    let trace = simulate(&jobs, &mlfq, 1).unwrap();
    let took = start.elapsed();
    println!("{} spans in {took:?}", trace.spans().len());
    // A second at most on a quiet machine; visiting every job at every boost would take minutes.
    assert!(took < Duration::from_secs(60), "took {took:?}");
}
