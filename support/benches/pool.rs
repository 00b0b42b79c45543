//! `support::pool` beside CPython's pools, loky and rayon: small tasks, each submitted for itself and its result taken.

mod beside;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use beside::{Bench, Contest};
use support::pool::{ProcessPool, ThreadPool};

const TASKS: u64 = 100_000;

/// Its arguments: how many tasks, how many workers, the kind of pool.
const PYTHON: &str = "
import concurrent.futures, multiprocessing, sys, time
multiprocessing.set_start_method('fork')
def task(n):
    return n + 1
tasks, workers, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if kind == 'Pool':
    pool = multiprocessing.Pool(workers)
    submit, result = (lambda n: pool.apply_async(task, (n,))), (lambda task: task.get())
else:
    if kind == 'loky':
        import loky
        pool = loky.ProcessPoolExecutor(workers)
    else:
        pool = getattr(concurrent.futures, kind)(workers)
    submit, result = (lambda n: pool.submit(task, n)), (lambda task: task.result())
with pool:
    result(submit(0))
    start = time.perf_counter()
    futures = [submit(n) for n in range(tasks)]
    for n, future in enumerate(futures):
        assert result(future) == n + 1
    print((time.perf_counter() - start) / tasks)
";

const PYTHON_MAP: &str = "
import multiprocessing, time
def task(n):
    return n + 1
N = 200_000
with multiprocessing.Pool(2) as pool:
    pool.apply(task, (0,))
    start = time.perf_counter()
    results = pool.map(task, range(N), 64)
    print((time.perf_counter() - start) / N)
    assert results == list(range(1, N + 1))
";

fn main() {
    let mut bench = Bench::new();
    bench.run(
        Contest::rate("small tasks through 2 processes, one by one")
            .ours("pool::ProcessPool::submit", TASKS, processes)
            .python(
                "ProcessPoolExecutor",
                PYTHON,
                &["5_000", "2", "ProcessPoolExecutor"],
            )
            .at_least(40.0)
            .python("Pool.apply_async", PYTHON, &["10_000", "2", "Pool"])
            .at_least(15.0)
            .python("loky", PYTHON, &["2_000", "2", "loky"]),
    );
    bench.run(
        Contest::rate("small tasks through 2 processes, 64 at a time")
            .ours("pool::ProcessPool::map", 2 * TASKS, mapped)
            .python("Pool.map", PYTHON_MAP, &[]),
    );
    bench.run(
        Contest::rate("small tasks through 5 threads, one by one")
            .ours("pool::ThreadPool::submit", TASKS, threads)
            .floor("rayon, answers by a channel", TASKS, rayon)
            .python(
                "ThreadPoolExecutor",
                PYTHON,
                &["20_000", "5", "ThreadPoolExecutor"],
            )
            .at_least(15.0),
    );
}

fn processes(many: u64) -> Duration {
    let pool = ProcessPool::new(2, |n: u64| n + 1).expect("pool");
    pool.apply(0).expect("apply");
    let start = Instant::now();
    let tasks: Vec<_> = (0..many).map(|n| pool.submit(n).expect("submit")).collect();
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(task.result().expect("result"), n + 1);
    }
    start.elapsed()
}

fn mapped(many: u64) -> Duration {
    let pool = ProcessPool::new(2, |n: u64| n + 1).expect("pool");
    pool.apply(0).expect("apply");
    let start = Instant::now();
    let results = pool.map(0..many, 64).expect("map");
    let took = start.elapsed();
    assert!(results.into_iter().eq(1..=many));
    took
}

fn threads(many: u64) -> Duration {
    let pool = ThreadPool::new(5).expect("pool");
    let first = pool.submit(|| ()).expect("submit");
    first.result().expect("result");
    let start = Instant::now();
    let tasks: Vec<_> = (0..many)
        .map(|n| pool.submit(move || n + 1).expect("submit"))
        .collect();
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(task.result().expect("result"), n + 1);
    }
    start.elapsed()
}

fn rayon(many: u64) -> Duration {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(5).build();
    let pool = pool.expect("pool");
    pool.install(|| ());
    let start = Instant::now();
    let tasks: Vec<_> = (0..many)
        .map(|n| {
            let (sender, receiver) = mpsc::sync_channel(1);
            pool.spawn(move || sender.send(n + 1).expect("somebody waits"));
            receiver
        })
        .collect();
    for (n, task) in (0..).zip(&tasks) {
        assert_eq!(task.recv().expect("result"), n + 1);
    }
    start.elapsed()
}
