//! A `Process` that does nothing, started and joined, beside the floor: `fork` and `waitpid` alone.
//!
//! The bar: at most 1.2 times the floor. Other load on the machine moves both, and not at the same time; so the ratio is taken over
//! pairs, one run of each in turn.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use support::process::Process;

fn floor() {
    // SAFETY: the child only ends.
    match unsafe { fork() }.expect("fork") {
        // SAFETY: ends the process.
        ForkResult::Child => unsafe { libc::_exit(0) },
        ForkResult::Parent { child } => black_box(waitpid(child, None).expect("waitpid")),
    };
}

fn ours() {
    black_box(
        Process::start(|| ())
            .and_then(|mut process| process.join())
            .expect("join"),
    );
}

fn start_and_join(c: &mut Criterion) {
    let mut group = c.benchmark_group("process");
    group.bench_function("fork_waitpid", |b| b.iter(floor));
    group.bench_function("start_join", |b| b.iter(ours));
    group.finish();
    let (floors, ours): (Vec<_>, Vec<_>) = (0..4000).map(|_| (time(floor), time(ours))).unzip();
    let (floor, ours) = (median(floors), median(ours));
    let ratio = ours.as_secs_f64() / floor.as_secs_f64();
    println!("4000 pairs, medians: floor {floor:?}, ours {ours:?}, ratio {ratio:.3} (bar: 1.2)");
}

fn time(run: fn()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

criterion_group!(benches, start_and_join);
criterion_main!(benches);
