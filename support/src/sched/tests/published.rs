//! The examples of OSTEP, with the numbers that the book gives.

use super::*;

fn abc(a: u64, b: u64, c: u64) -> [Job; 3] {
    [
        Job::new("A", 0, a),
        Job::new("B", 0, b),
        Job::new("C", 0, c),
    ]
}

#[test]
fn fifo_and_the_convoy() {
    assert_eq!(run(&abc(10, 10, 10), &Policy::Fcfs).mean_turnaround(), 20.0);
    let convoy = run(&abc(100, 10, 10), &Policy::Fcfs);
    assert_eq!(each(&convoy, Metrics::turnaround), [100, 110, 120]);
    assert_eq!(convoy.mean_turnaround(), 110.0);
}

#[test]
fn sjf_and_its_late_arrivals() {
    let sjf = run(&abc(100, 10, 10), &Policy::Sjf);
    assert_eq!(spans(&sjf), [(1, 0, 10), (2, 10, 20), (0, 20, 120)]);
    assert_eq!(sjf.mean_turnaround(), 50.0);

    let late = [
        Job::new("A", 0, 100),
        Job::new("B", 10, 10),
        Job::new("C", 10, 10),
    ];
    let sjf = run(&late, &Policy::Sjf);
    assert_eq!(each(&sjf, Metrics::turnaround), [100, 100, 110]);
    assert_eq!(format!("{:.2}", sjf.mean_turnaround()), "103.33");

    let stcf = run(&late, &Policy::Srtf);
    assert_eq!(
        spans(&stcf),
        [(0, 0, 10), (1, 10, 20), (2, 20, 30), (0, 30, 120)]
    );
    assert_eq!(each(&stcf, Metrics::turnaround), [120, 10, 20]);
    assert_eq!(stcf.mean_turnaround(), 50.0);
}

#[test]
fn round_robin_responds_early_and_finishes_late() {
    let sjf = run(&abc(5, 5, 5), &Policy::Sjf);
    assert_eq!((sjf.mean_response(), sjf.mean_turnaround()), (5.0, 10.0));
    let rr = run(&abc(5, 5, 5), &Policy::RoundRobin { slice: 1 });
    assert_eq!((rr.mean_response(), rr.mean_turnaround()), (1.0, 14.0));
    assert_eq!(each(&rr, |job| job.completion), [13, 14, 15]);
}

#[test]
fn io_overlaps_when_each_burst_counts_as_a_job() {
    let jobs = [Job::interactive("A", 0, 5, 10, 10), Job::new("B", 0, 50)];
    let stcf = run(&jobs, &Policy::Srtf);
    assert_eq!(each(&stcf, |job| job.completion), [90, 100]);
    assert_eq!(stcf.spans().len(), 10);
    assert!(stcf.spans().iter().all(|span| span.end - span.start == 10));
}

/// `(job, start, end, level)` of each span.
fn levels(trace: &Trace) -> Vec<(usize, u64, u64, usize)> {
    trace
        .spans()
        .iter()
        .map(|s| (s.job, s.start, s.end, s.level))
        .collect()
}

#[test]
fn mlfq_moves_a_long_job_down() {
    let trace = run(&[Job::new("A", 0, 200)], &Mlfq::new([10, 10, 10]).into());
    assert_eq!(
        levels(&trace),
        [(0, 0, 10, 0), (0, 10, 20, 1), (0, 20, 200, 2)]
    );
}

#[test]
fn mlfq_serves_a_short_job_before_a_long_one() {
    let jobs = [Job::new("A", 0, 180), Job::new("B", 100, 20)];
    let trace = run(&jobs, &Mlfq::new([10, 10, 10]).into());
    assert_eq!(
        levels(&trace)[2..],
        [
            (0, 20, 100, 2),
            (1, 100, 110, 0),
            (1, 110, 120, 1),
            (0, 120, 200, 2)
        ]
    );
    assert_eq!(trace.jobs()[1].turnaround(), 20);
}

#[test]
fn mlfq_accounts_for_the_time_before_io() {
    // A job that gives up the CPU just before its slice ends cannot stay at the top.
    let jobs = [
        Job::new("A", 0, 100),
        Job::interactive("gamer", 0, 10, 9, 1),
    ];
    let trace = run(&jobs, &Mlfq::new([10, 10, 10]).into());
    let gamer: Vec<_> = levels(&trace)
        .into_iter()
        .filter(|&(job, ..)| job == 1)
        .collect();
    assert_eq!(
        gamer[..4],
        [
            (1, 10, 19, 0),
            (1, 20, 21, 0),
            (1, 30, 38, 1),
            (1, 39, 41, 1)
        ]
    );
    assert!(gamer[4..].iter().all(|&(.., level)| level == 2));
}

#[test]
fn mlfq_boost_saves_a_starved_job() {
    let mut jobs = vec![Job::new("long", 0, 100)];
    jobs.extend((1..=50).map(|at| Job::new("short", at * 10, 10)));
    let before_500 = |mlfq: Mlfq| -> u64 {
        let trace = run(&jobs, &mlfq.into());
        let long = trace.spans().iter().filter(|span| span.job == 0);
        long.map(|span| span.end.min(500).saturating_sub(span.start))
            .sum()
    };
    let mlfq = Mlfq::new([10, 10, 10]);
    assert_eq!(before_500(mlfq.clone()), 10);
    assert_eq!(before_500(mlfq.boost_every(100)), 50);
}

#[test]
fn mlfq_with_longer_slices_further_down() {
    let jobs = [Job::new("A", 0, 100), Job::new("B", 0, 100)];
    let trace = run(&jobs, &Mlfq::new([(10, 20), (20, 40), (40, 40)]).into());
    let all = [
        (0, 0, 10, 0),
        (1, 10, 20, 0),
        (0, 20, 30, 0),
        (1, 30, 40, 0),
        (0, 40, 60, 1),
        (1, 60, 80, 1),
        (0, 80, 100, 1),
        (1, 100, 120, 1),
        (0, 120, 160, 2),
        (1, 160, 200, 2),
    ];
    assert_eq!(levels(&trace), all);
}
