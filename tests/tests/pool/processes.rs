use std::collections::HashSet;
use std::process;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use course_tests::ms;
use support::pool::{Error, ProcessPool};

use super::helpers::gone;

pub fn futures() {
    let pool = ProcessPool::new(2, |n: u64| {
        thread::sleep(ms(n));
        n
    })
    .unwrap();
    let slow = pool.submit(100).unwrap();
    assert!(!slow.is_done());
    assert!(matches!(
        slow.wait_timeout(ms(5)),
        Err(Error::TimedOut { .. })
    ));
    assert_eq!(slow.result().unwrap(), 100);
    assert_eq!(pool.apply(1).unwrap(), 1);
}

pub fn map_keeps_the_order() {
    let pool = ProcessPool::new(3, |n: u64| {
        thread::sleep(Duration::from_micros(100 * (n % 7)));
        n * n
    })
    .unwrap();
    for chunk in [0, 1, 7, 100, usize::MAX] {
        let squares = pool.map(0..100, chunk).unwrap();
        assert!(
            squares.into_iter().eq((0..100).map(|n| n * n)),
            "chunks of {chunk}"
        );
    }
    assert!(pool.map([], 3).unwrap().is_empty());
}

pub fn map_in_error() {
    let pool = ProcessPool::new(2, |n: u64| 60 / n).unwrap();
    let error = pool.map([1, 2, 0, 3], 2).unwrap_err();
    assert!(error.to_string().contains("divide by zero"), "{error}");
    assert_eq!(pool.map([1, 2, 3], 2).unwrap(), [60, 30, 20]);
}

pub fn panic_says_what_and_where() {
    let pool = ProcessPool::new(1, |n: u32| {
        assert!(n != 3, "not {n}");
        process::id()
    })
    .unwrap();
    let before = pool.apply(1).unwrap();
    let message = pool.apply(3).unwrap_err().to_string();
    assert!(
        message.starts_with("the task panicked: not 3 (at "),
        "{message}"
    );
    assert!(message.contains("processes.rs:"), "{message}");
    assert_eq!(pool.apply(2).unwrap(), before, "the worker lives on");
}

pub fn workers_are_reused() {
    let pool = ProcessPool::new(5, |()| {
        thread::sleep(ms(10));
        process::id()
    })
    .unwrap();
    let known: HashSet<_> = pool.pids().into_iter().collect();
    let used: HashSet<_> = pool.map([(); 40], 1).unwrap().into_iter().collect();
    assert_eq!(known.len(), 5);
    assert!(used.is_subset(&known) && used.len() >= 4);
}

pub fn workers_retire() {
    let pool = ProcessPool::builder(2)
        .tasks_per_worker(3)
        .start(|()| process::id())
        .unwrap();
    let ids = pool.map([(); 60], 1).unwrap();
    let mut runs: Vec<_> = ids.clone();
    runs.sort_unstable();
    for of_one in runs.chunk_by(|a, b| a == b) {
        assert!(of_one.len() <= 3);
    }
    drop(pool);
    gone(&ids);
}

pub fn sizes_are_checked() {
    for workers in [0, 257, usize::MAX] {
        let refused = ProcessPool::new(workers, |()| ());
        assert!(matches!(refused, Err(Error::Workers { .. })));
    }
    let refused = ProcessPool::builder(1).bytes(usize::MAX).start(|()| ());
    assert!(matches!(refused, Err(Error::Queue(_))));
}

pub fn many_submitters() {
    const SUBMITTERS: u64 = 8;
    let pool = ProcessPool::new(3, |n: u64| n + 1).unwrap();
    let start = Barrier::new(SUBMITTERS as usize);
    thread::scope(|s| {
        for submitter in 0..SUBMITTERS {
            let (pool, start) = (&pool, &start);
            s.spawn(move || {
                start.wait();
                let mine = submitter * 1_000_000;
                let tasks: Vec<_> = (mine..mine + 2000)
                    .map(|n| pool.submit(n).unwrap())
                    .collect();
                for (n, task) in (mine..).zip(tasks) {
                    assert_eq!(task.result().unwrap(), n + 1);
                }
            });
        }
    });
    pool.close();
    pool.join().unwrap();
    assert_eq!(pool.unfinished(), 0);
}

/// Short tasks make the pool give workers many ahead; then one takes long.
pub fn tasks_behind_a_long_one_go_elsewhere() {
    let pool = ProcessPool::new(2, |time: u64| thread::sleep(ms(time))).unwrap();
    pool.map([0; 2000], 1).unwrap();
    let start = Instant::now();
    let long = pool.submit(3000).unwrap();
    let short: Vec<_> = (0..300).map(|_| pool.submit(0).unwrap()).collect();
    for task in short {
        task.result().unwrap();
    }
    assert!(start.elapsed() < ms(2000), "{:?}", start.elapsed());
    assert!(!long.is_done());
}

pub fn worker_state_is_its_own() {
    let mut calls = 0;
    let pool = ProcessPool::new(1, |()| {
        calls += 1;
        calls
    })
    .unwrap();
    assert_eq!(pool.map([(); 3], 2).unwrap(), [1, 2, 3]);
    drop(pool);
    assert_eq!(calls, 0);
}
