//! Each queue with one thread that puts and one that gets, beside CPython's queue of the same kind in the same run.
//!
//! The bar: at least 10 times as many items per second. Other load on the machine moves both; so the ratio is taken over pairs,
//! one run of each in turn. CPython is `python3`, or what `COURSE_PYTHON` names.

use std::env;
use std::hint::black_box;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use support::sync::{Event, FifoQueue, LifoQueue, PriorityQueue, Queue, Semaphore};

const CAPACITY: usize = 1024;
const PAIRS: usize = 9;

const PYTHON: &str = "
import queue, sys, threading, time
q = getattr(queue, sys.argv[1])(int(sys.argv[2]))
items = [i * 2654435761 % 65536 for i in range(int(sys.argv[3]))]
def put():
    for item in items: q.put(item)
def get():
    for _ in items: q.get()
threads = [threading.Thread(target=put), threading.Thread(target=get)]
start = time.perf_counter()
for t in threads: t.start()
for t in threads: t.join()
print(len(items) / (time.perf_counter() - start))
";

/// How long it takes to pass so many items from one thread to another.
fn pass(queue: &(impl Queue<u64> + Sync), items: u64) -> Duration {
    let start = Instant::now();
    thread::scope(|s| {
        s.spawn(|| {
            for i in 0..items {
                queue.put(i * 2_654_435_761 % 65_536).expect("it is open");
            }
        });
        for _ in 0..items {
            black_box(queue.get().expect("it is open"));
        }
    });
    start.elapsed()
}

fn ours(queue: &(impl Queue<u64> + Sync)) -> f64 {
    const ITEMS: u64 = 2_000_000;
    ITEMS as f64 / pass(queue, ITEMS).as_secs_f64()
}

fn pythons(kind: &str) -> Option<f64> {
    let python = env::var("COURSE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python)
        .args(["-c", PYTHON, kind, &CAPACITY.to_string(), "100000"])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn beside(name: &str, kind: &str, queue: &(impl Queue<u64> + Sync)) {
    let pairs: Option<Vec<_>> = (0..PAIRS)
        .map(|_| Some((ours(queue), pythons(kind)?)))
        .collect();
    let Some(pairs) = pairs else {
        println!("{name}: there is no python3 to compare with (set COURSE_PYTHON)");
        return;
    };
    let median = |of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!(
        "{name}: {:.1} M/s, CPython {:.2} M/s, ratio {:.1}, lowest {:.1} (bar: 10)",
        median(|pair| pair.0) / 1e6,
        median(|pair| pair.1) / 1e6,
        median(|pair| pair.0 / pair.1),
        pairs
            .iter()
            .map(|pair| pair.0 / pair.1)
            .fold(f64::INFINITY, f64::min),
    );
}

fn queues(c: &mut Criterion) {
    let (fifo, lifo, priority) = (
        FifoQueue::new(CAPACITY),
        LifoQueue::new(CAPACITY),
        PriorityQueue::new(CAPACITY),
    );
    beside("FifoQueue", "Queue", &fifo);
    beside("LifoQueue", "LifoQueue", &lifo);
    beside("PriorityQueue", "PriorityQueue", &priority);

    let mut group = c.benchmark_group("queue, 2 threads");
    group.throughput(Throughput::Elements(1));
    group.bench_function("fifo", |b| b.iter_custom(|n| pass(&fifo, n)));
    group.bench_function("lifo", |b| b.iter_custom(|n| pass(&lifo, n)));
    group.bench_function("priority", |b| b.iter_custom(|n| pass(&priority, n)));
    group.finish();
}

fn alone(c: &mut Criterion) {
    let (semaphore, event) = (Semaphore::new(1), Event::new());
    event.set();
    let mut group = c.benchmark_group("uncontended");
    group.bench_function("semaphore", |b| b.iter(|| semaphore.acquire()));
    group.bench_function("event_is_set", |b| b.iter(|| event.wait()));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2));
    targets = queues, alone
}
criterion_main!(benches);
