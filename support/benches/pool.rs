//! `support::pool` beside CPython's pools, in one run: small tasks, each submitted for itself and its result taken.
//!
//! The bars: 2 worker processes do 40 times what `ProcessPoolExecutor` does and 15 times what `multiprocessing.Pool.apply_async`
//! does; 5 threads do 15 times what `ThreadPoolExecutor` does. Each round runs all rivals in turn, so that other load on the machine
//! meets all of them; the ratio is that of the medians.

use std::process::Command;
use std::time::Instant;

use support::pool::{ProcessPool, ThreadPool};

const ROUNDS: usize = 5;
const TASKS: u64 = 200_000;

fn main() {
    // `cargo test --benches` only wants to see it start.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    // `cargo bench --bench pool processes` runs these alone.
    let names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for (name, bench) in [
        ("processes", processes_bench as fn()),
        ("threads", threads_bench),
    ] {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            bench();
        }
    }
}

type Rival = (&'static str, fn() -> f64);

/// Runs all in turns; prints and returns the median of each.
fn medians<const N: usize>(rivals: [Rival; N]) -> [f64; N] {
    let mut results = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for ((_, rival), results) in rivals.iter().zip(&mut results) {
            results.push(rival());
        }
    }
    let mut index = 0;
    results.map(|mut results| {
        results.sort_by(f64::total_cmp);
        let median = results[results.len() / 2];
        let name = rivals[index].0;
        index += 1;
        let (low, high) = (results[0], results[results.len() - 1]);
        println!("{name:<32} {median:>10.0} tasks/s  ({low:.0} to {high:.0})");
        median
    })
}

fn verdict(what: &str, ratio: f64, bar: f64) {
    let holds = if ratio >= bar { "holds" } else { "MISSED" };
    println!("    against {what}: {ratio:.1} times (bar: {bar}): {holds}");
}

fn processes_bench() {
    println!("\nsmall tasks through 2 worker processes");
    let [ours, mapped, executor, pool] = medians([
        ("ProcessPool::submit", processes),
        ("ProcessPool::map, chunks of 64", mapped),
        ("CPython ProcessPoolExecutor", python_executor),
        ("CPython Pool.apply_async", python_pool),
    ]);
    verdict("ProcessPoolExecutor", ours / executor, 40.0);
    verdict("Pool.apply_async", ours / pool, 15.0);
    println!("    in chunks: {:.1} times as many again", mapped / ours);
}

fn threads_bench() {
    println!("\nsmall tasks through 5 threads");
    let [ours, executor] = medians([
        ("ThreadPool::submit", threads),
        ("CPython ThreadPoolExecutor", python_threads),
    ]);
    verdict("ThreadPoolExecutor", ours / executor, 15.0);
}

fn processes() -> f64 {
    let pool = ProcessPool::new(2, |n: u64| n + 1).expect("pool");
    pool.apply(0).expect("apply");
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|n| pool.submit(n).expect("submit"))
        .collect();
    for (n, task) in (0..).zip(&tasks) {
        assert_eq!(task.result().expect("result"), n + 1);
    }
    per_second(start)
}

fn mapped() -> f64 {
    let pool = ProcessPool::new(2, |n: u64| n + 1).expect("pool");
    pool.apply(0).expect("apply");
    let start = Instant::now();
    let results = pool.map(0..TASKS, 64).expect("map");
    let speed = per_second(start);
    assert!(results.into_iter().eq(1..=TASKS));
    speed
}

fn threads() -> f64 {
    let pool = ThreadPool::new(5).expect("pool");
    pool.submit(|| ())
        .expect("submit")
        .result()
        .expect("result");
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|n| pool.submit(move || n + 1).expect("submit"))
        .collect();
    for (n, task) in (0..).zip(&tasks) {
        assert_eq!(task.result().expect("result"), n + 1);
    }
    per_second(start)
}

fn per_second(start: Instant) -> f64 {
    TASKS as f64 / start.elapsed().as_secs_f64()
}

fn python_executor() -> f64 {
    python(
        "10_000",
        "concurrent.futures.ProcessPoolExecutor(2)",
        "submit(task, n)",
        "result",
    )
}

fn python_pool() -> f64 {
    python(
        "20_000",
        "multiprocessing.Pool(2)",
        "apply_async(task, (n,))",
        "get",
    )
}

fn python_threads() -> f64 {
    python(
        "50_000",
        "concurrent.futures.ThreadPoolExecutor(5)",
        "submit(task, n)",
        "result",
    )
}

fn python(tasks: &str, pool: &str, submit: &str, result: &str) -> f64 {
    let program = format!(
        "
import concurrent.futures, multiprocessing, time
multiprocessing.set_start_method('fork')
def task(n):
    return n + 1
tasks = {tasks}
with {pool} as pool:
    n = 0
    pool.{submit}.{result}()
    start = time.perf_counter()
    futures = [pool.{submit} for n in range(tasks)]
    for n, future in enumerate(futures):
        assert future.{result}() == n + 1
    print(tasks / (time.perf_counter() - start))
"
    );
    let output = Command::new("python3")
        .args(["-c", &program])
        .output()
        .expect("python3");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().expect("a number from Python")
}
