//! `inspect` of one process beside the floor: the raw reads of the two files of `/proc` that it needs.
//!
//! The bar: at most 3 times the floor. Other load on the machine moves both, and not at the same time; so the ratio is taken over
//! pairs, one batch of each in turn.

use std::fs::File;
use std::hint::black_box;
use std::io::Read as _;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use support::process::Process;
use support::process::inspect::inspect;

fn floor(pid: u32) {
    let mut buffer = [0; 2048];
    for file in ["stat", "statm"] {
        let length = File::open(format!("/proc/{pid}/{file}"))
            .and_then(|mut open| open.read(&mut buffer))
            .expect("read");
        black_box(&buffer[..length]);
    }
}

fn ours(pid: u32) {
    black_box(inspect(pid).expect("look").expect("alive"));
}

fn look_at_one(c: &mut Criterion) {
    let sleeper =
        Process::start(|| std::thread::sleep(Duration::from_secs(600))).expect("a process");
    let pid = sleeper.pid();
    let mut group = c.benchmark_group("inspect");
    group.bench_function("raw_reads", |b| b.iter(|| floor(pid)));
    group.bench_function("inspect", |b| b.iter(|| ours(pid)));
    group.finish();
    let pair = |_| (time(floor, pid), time(ours, pid));
    let (floors, ours): (Vec<_>, Vec<_>) = (0..2000).map(pair).unzip();
    let (floor, ours) = (median(floors), median(ours));
    let ratio = ours.as_secs_f64() / floor.as_secs_f64();
    println!("2000 pairs, medians: floor {floor:?}, ours {ours:?}, ratio {ratio:.3} (bar: 3)");
}

fn time(look: fn(u32), pid: u32) -> Duration {
    const BATCH: u32 = 10;
    let start = Instant::now();
    for _ in 0..BATCH {
        look(pid);
    }
    start.elapsed() / BATCH
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

criterion_group!(benches, look_at_one);
criterion_main!(benches);
