//! Workers killed at random instants. The seed is printed; `COURSE_SEED` sets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use std::thread;
use std::time::Duration;

use course_tests::random;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::ipc::Queue;
use support::pool::{Error, Pending, ProcessPool};
use support::process::{Exit, Process};

use super::helpers::{ended, eventually, gone, parent, send, within};

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
    let mut random = random();
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
            thread::sleep(Duration::from_micros(random.u64(..4000)));
            let pids = pool.pids();
            if pids.is_empty() {
                continue;
            }
            let pid = pids[random.usize(..pids.len())];
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

/// Kills the nursery, and the whole owner, while tasks are under way: nothing hangs, and no process is left.
pub fn kills_of_others_20() {
    kills_of_others(20);
}

pub fn kills_of_others_200() {
    kills_of_others(200);
}

fn kills_of_others(rounds: u32) {
    let mut random = random();
    for round in 0..rounds {
        let delay = Duration::from_micros(random.u64(..20_000));
        let pids = Queue::<Vec<u32>>::new(1).unwrap();
        let of_nursery = round % 2 == 0;
        let mut owner = Process::start(|| {
            let pool = ProcessPool::new(3, answer).unwrap();
            let workers = pool.pids();
            let nursery = parent(workers[0]);
            pids.put(&[&workers[..], &[nursery]].concat()).unwrap();
            thread::scope(|s| {
                if of_nursery {
                    s.spawn(move || {
                        thread::sleep(delay);
                        send(nursery, Signal::SIGKILL);
                    });
                }
                s.spawn(|| until_it_breaks(&pool));
            });
        })
        .unwrap();
        let theirs = pids.get().unwrap();
        if of_nursery {
            let limit = Duration::from_secs(20);
            assert_eq!(owner.join_timeout(limit).unwrap(), Some(Exit::Code(0)));
        } else {
            thread::sleep(delay);
            owner.kill().unwrap();
            owner.join().unwrap();
        }
        eventually("the end of all", || theirs.iter().all(|pid| ended(*pid)));
    }
}

/// Each task gets an answer, and the last ones that the pool is broken.
fn until_it_breaks(pool: &ProcessPool<u64, Vec<u64>>) {
    for n in 0.. {
        let tasks: Vec<_> = (0..50).map(|_| pool.submit(n)).collect();
        for task in tasks {
            match task.and_then(|task| within(Duration::from_secs(15), task)) {
                Ok(result) => assert!(result == answer(n)),
                // The workers die with the nursery, and one may be seen to die first.
                Err(Error::WorkerDied { .. }) => {}
                Err(Error::Broken { .. }) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }
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
