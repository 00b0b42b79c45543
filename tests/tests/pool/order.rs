//! Cancelling, waiting for the first, time limits, lazy maps, initializers.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use course_tests::{SOON, ms};
use nix::sys::signal::Signal;
use support::ipc::SharedAtomic;
use support::pool::{Error, ProcessPool, ThreadPool, as_completed, wait_any, wait_any_timeout};

use super::helpers::{eventually, exists, send, soon};

fn sleeper(workers: usize) -> ProcessPool<u64, u64> {
    ProcessPool::new(workers, |n| {
        thread::sleep(ms(n));
        n
    })
    .unwrap()
}

pub fn cancel_in_processes() {
    let pool = sleeper(1);
    // Short ones first, so that workers are given many ahead.
    pool.map([0; 500], 1).unwrap();
    let running = pool.submit(300).unwrap();
    thread::sleep(ms(50));
    let queued: Vec<_> = (0..100).map(|_| pool.submit(60_000).unwrap()).collect();
    let last = pool.submit(1).unwrap();
    assert!(!running.cancel(), "it runs");
    let calls = Arc::new(AtomicU32::new(0));
    for task in &queued {
        let calls = Arc::clone(&calls);
        task.on_done(move |result| {
            assert!(matches!(result, Err(Error::Cancelled)));
            calls.fetch_add(1, SeqCst);
        });
        assert!(task.cancel());
        assert!(task.cancel(), "it was cancelled before");
    }
    assert_eq!(soon(running).unwrap(), 300);
    assert_eq!(soon(last).unwrap(), 1);
    for task in queued {
        assert!(matches!(soon(task), Err(Error::Cancelled)));
    }
    assert_eq!(calls.load(SeqCst), 100);
    let done = pool.submit(0).unwrap();
    done.wait().unwrap();
    assert!(!done.cancel());
    pool.close();
    pool.join().unwrap();
}

pub fn cancel_in_threads() {
    let pool = ThreadPool::new(1).unwrap();
    let (go, wait) = mpsc::channel();
    let (begun, begins) = mpsc::channel();
    let running = pool
        .submit(move || {
            begun.send(()).unwrap();
            wait.recv().unwrap();
        })
        .unwrap();
    begins.recv().unwrap();
    let ran = Arc::new(AtomicU32::new(0));
    let queued: Vec<_> = (0..10)
        .map(|_| {
            let ran = Arc::clone(&ran);
            pool.submit(move || ran.fetch_add(1, SeqCst)).unwrap()
        })
        .collect();
    assert!(!running.cancel());
    for task in queued.iter().step_by(2) {
        assert!(task.cancel() && task.is_done() && task.cancel());
    }
    go.send(()).unwrap();
    running.result().unwrap();
    pool.shutdown().unwrap();
    assert_eq!(ran.load(SeqCst), 5);
    for (n, task) in queued.into_iter().enumerate() {
        assert_eq!(matches!(task.result(), Err(Error::Cancelled)), n % 2 == 0);
    }
}

pub fn the_first_of_several() {
    let pool = sleeper(3);
    let tasks: Vec<_> = [600, 20, 1200].map(|n| pool.submit(n).unwrap()).into();
    assert_eq!(wait_any_timeout(&tasks, ms(0)), None);
    assert_eq!(wait_any(&tasks), Some(1));
    let rest = [&tasks[0], &tasks[2]];
    assert_eq!(wait_any_timeout(&rest, ms(1)), None);
    assert_eq!(wait_any(&rest), Some(0));
    assert_eq!(wait_any_timeout(&tasks[2..], Duration::MAX), Some(0));
    assert_eq!(wait_any::<u64>(&tasks[..0]), None);
}

pub fn as_they_complete() {
    let threads = ThreadPool::new(3).unwrap();
    let nap = |n: u64| {
        move || {
            thread::sleep(ms(n));
            n
        }
    };
    let tasks: Vec<_> = [400, 10, 200]
        .map(|n| threads.submit(nap(n)).unwrap())
        .into();
    let results: Vec<_> = as_completed(tasks)
        .map(|(place, result)| (place, result.unwrap()))
        .collect();
    assert_eq!(results, [(1, 10), (2, 200), (0, 400)]);

    let pool = sleeper(2);
    let mut done = as_completed([1, 60_000].map(|n| pool.submit(n).unwrap())).within(ms(500));
    assert!(matches!(done.next(), Some((0, Ok(1)))));
    assert!(done.next().is_none());
    let rest = done.rest();
    assert_eq!(rest.len(), 1);
    pool.terminate();
    let (place, task) = rest.into_iter().next().unwrap();
    assert!(place == 1 && matches!(task.result(), Err(Error::Terminated)));
}

pub fn batches_with_a_limit() {
    let pool = sleeper(1);
    let start = Instant::now();
    let results = pool
        .map_timeout([1, 1, 60_000, 1, 1, 1], 2, ms(500))
        .unwrap();
    assert!(start.elapsed() < SOON);
    assert!(matches!(
        results[..],
        [
            Ok(1),
            Ok(1),
            Err(Error::TimedOut { .. }),
            Err(Error::TimedOut { .. }),
            Err(Error::Cancelled),
            Err(Error::Cancelled)
        ]
    ));
    eventually("the rest is cancelled", || pool.unfinished() == 1);
    let pool = sleeper(2);
    assert_eq!(pool.map_timeout(0..5, 1, SOON).unwrap().len(), 5);
}

pub fn lazy_maps() {
    let pool = ProcessPool::new(2, |n: u64| {
        assert!(n != 7, "not seven");
        n * n
    })
    .unwrap();
    let taken = AtomicU32::new(0);
    let items = (0..).inspect(|_| _ = taken.fetch_add(1, SeqCst));
    let results: Vec<_> = pool.imap(items, 3).take(30).collect();
    assert!(taken.load(SeqCst) <= 30 + 3 * 9, "{taken:?} of 30");
    for (n, result) in (0..).zip(results) {
        match result {
            Ok(square) => assert_eq!(square, n * n),
            Err(Error::Panicked { message }) => assert!(n == 7 && message.contains("seven")),
            Err(error) => panic!("{error}"),
        }
    }
    eventually("the end of what was in flight", || pool.unfinished() == 0);

    let pool = sleeper(2);
    let first = pool.imap_unordered([500, 10, 10, 10], 1).next().unwrap();
    assert_eq!(first.unwrap(), 10);
    // What a dropped one had in flight is cancelled.
    drop(pool.imap([60_000; 100], 1));
    let mut lazy = pool.imap(std::iter::once(1).chain([60_000; 100]), 1);
    assert_eq!(lazy.next().unwrap().unwrap(), 1);
    drop(lazy);
    eventually("what had not begun is cancelled", || pool.unfinished() <= 2);
    pool.close();
    let refused: Vec<_> = pool.imap(0..10, 1).collect();
    assert!(matches!(refused[..], [Err(Error::Closed)]));

    let pool = ThreadPool::new(2).unwrap();
    let squares: Result<Vec<_>, _> = pool.imap(0..100_u64, |n| n * n).collect();
    assert!(squares.unwrap().into_iter().eq((0..100).map(|n| n * n)));
    let mut squares: Vec<_> = pool
        .imap_unordered(0..100_u64, |n| n * n)
        .map(Result::unwrap)
        .collect();
    squares.sort_unstable();
    assert!(squares.into_iter().eq((0..100).map(|n| n * n)));
}

pub fn initializers_of_processes() {
    static STATE: AtomicU32 = AtomicU32::new(0);
    let pool = ProcessPool::builder(2)
        .initializer(|| {
            STATE.fetch_add(5, SeqCst);
            Ok::<_, Error>(())
        })
        .start(|()| (process::id(), STATE.load(SeqCst)))
        .unwrap();
    let runs = pool.map([(); 20], 1).unwrap();
    assert!(runs.iter().all(|(_, state)| *state == 5));
    let (worker, _) = runs[0];
    send(worker, Signal::SIGKILL);
    eventually("the replacement", || {
        pool.pids().len() == 2 && !exists(worker)
    });
    let runs = pool.map([(); 20], 1).unwrap();
    assert!(
        runs.iter()
            .all(|(pid, state)| *pid != worker && *state == 5)
    );
    assert_eq!(STATE.load(SeqCst), 0);
}

/// It fails, panics or ends its process: the pool says so, and does not make workers without end.
pub fn initializers_that_fail() {
    type Way = fn() -> Result<(), String>;
    let ways: [(Way, &str); 4] = [
        (|| Err("no database".into()), "failed: no database"),
        (|| panic!("no table"), "panicked: no table"),
        (|| process::exit(4), "exit code 4"),
        (|| process::abort(), "SIGABRT"),
    ];
    for (way, words) in ways {
        let runs = Arc::new(SharedAtomic::<AtomicU64>::new().unwrap());
        let counted = Arc::clone(&runs);
        let pool = ProcessPool::builder(2)
            .initializer(move || {
                counted.fetch_add(1, SeqCst);
                way()
            })
            .start(|()| ())
            .unwrap();
        let result = pool.submit(()).and_then(soon);
        let Err(error @ Error::Broken { .. }) = result else {
            panic!("{words}: {result:?}")
        };
        assert!(error.to_string().contains(words), "{error}");
        assert!(matches!(pool.submit(()), Err(Error::Broken { .. })));
        thread::sleep(ms(50));
        assert!(runs.load(SeqCst) <= 2, "{runs:?}");
        pool.close();
        pool.join().unwrap();
    }
    for (way, words) in ways.into_iter().take(2) {
        let pool = ThreadPool::builder(2).initializer(way).start().unwrap();
        let result = pool.submit(|| 1).and_then(soon);
        let Err(error @ Error::Broken { .. }) = result else {
            panic!("{words}: {result:?}")
        };
        assert!(error.to_string().contains(words), "{error}");
        pool.shutdown().unwrap();
    }
}

pub fn initializers_of_threads() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let pool = ThreadPool::builder(3)
        .initializer(move || {
            counted.fetch_add(1, SeqCst);
            Ok::<_, Error>(())
        })
        .start()
        .unwrap();
    pool.map(0..50, |n| n).unwrap();
    eventually("all threads", || runs.load(SeqCst) == 3);
}
