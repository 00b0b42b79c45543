//! The simulator of a scheduler: 10,000 jobs within a second.

mod beside;

use std::hint::black_box;

use beside::{Bench, Contest, repeat};
use support::sched::{Job, Mlfq, Policy, simulate};

fn main() {
    let jobs: Vec<_> = (0..10_000)
        .map(|at| match at % 4 {
            0 => Job::new("long", at * 20, 200),
            _ => Job::interactive("short", at * 20, 10, 1 + at % 5, 9),
        })
        .collect();
    let mlfq: Policy = Mlfq::new([10, 20, 40]).boost_every(1000).into();
    Bench::new().run(
        Contest::time("10,000 jobs under MLFQ, simulated")
            .ours("sched::simulate", 1, |many| {
                repeat(many, || {
                    black_box(simulate(&jobs, &mlfq, 1).expect("sound jobs"));
                })
            })
            .within("the second that it may take", 1.0),
    );
}
