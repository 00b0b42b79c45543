//! Workers killed at random instants. The seed is printed; `COURSE_SEED` sets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use std::thread;
use std::time::Duration;

use course_tests::Random;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::pool::{Error, Pending, ProcessPool};

use super::helpers::{gone, within};

pub fn kills_200() {
    kills(200);
}

pub fn kills_2_000() {
    kills(2000);
}

/// What a task returns: now and then much, so that kills meet results in parts too.
fn answer(n: u64) -> Vec<u64> {
    let length = if n.is_multiple_of(97) { 60_000 } else { n % 9 };
    (0..length).map(|i| n ^ i).collect()
}

/// Kills workers while tasks of 0 to 0.3 ms are submitted without end. Every future resolves, none twice, with the right
/// answer or the death of a worker, and at most one task fails for each death.
fn kills(wanted: u32) {
    let mut random = Random::from_time();
    let pool = ProcessPool::builder(3)
        .tasks_per_worker(5000)
        .start(|n: u64| {
            if n.is_multiple_of(3) {
                thread::sleep(Duration::from_micros(n % 300));
            }
            answer(n)
        })
        .unwrap();
    let (stop, resolved) = (AtomicBool::new(false), Arc::new(AtomicU32::new(0)));
    let (killed, (submitted, failed)) = thread::scope(|s| {
        let submitter = s.spawn(|| submit_until(&stop, &pool, &resolved));
        let mut killed = 0;
        while killed < wanted {
            thread::sleep(Duration::from_micros(random.below(4000)));
            let pids = pool.pids();
            if pids.is_empty() {
                continue;
            }
            let pid = pids[random.below(pids.len() as u64) as usize];
            // The id is a worker's, or was one's a moment ago.
            killed += u32::from(kill(Pid::from_raw(pid as i32), Signal::SIGKILL).is_ok());
        }
        stop.store(true, Relaxed);
        (killed, submitter.join().unwrap())
    });
    let last = pool.pids();
    pool.close();
    pool.join().unwrap();
    assert_eq!(resolved.load(Relaxed), submitted, "callbacks");
    assert!(failed <= killed, "{failed} tasks failed by {killed} kills");
    gone(&last);
    println!("{killed} kills, {submitted} tasks, {failed} failed");
}

fn submit_until(
    stop: &AtomicBool,
    pool: &ProcessPool<u64, Vec<u64>>,
    resolved: &Arc<AtomicU32>,
) -> (u32, u32) {
    const LIMIT: Duration = Duration::from_secs(20);
    let (mut submitted, mut failed) = (0_u32, 0);
    while !stop.load(Relaxed) {
        let tasks: Vec<(u64, Pending<_>)> = (0..200)
            .map(|_| {
                let n = u64::from(submitted);
                let task = pool.submit(n).unwrap();
                let resolved = Arc::clone(resolved);
                task.on_done(move |_| _ = resolved.fetch_add(1, Relaxed));
                submitted += 1;
                (n, task)
            })
            .collect();
        for (n, task) in tasks {
            match within(LIMIT, task) {
                Ok(result) => assert!(result == answer(n), "task {n}"),
                Err(Error::WorkerDied { .. }) => failed += 1,
                Err(error) => panic!("task {n}: {error}"),
            }
        }
    }
    (submitted, failed)
}
