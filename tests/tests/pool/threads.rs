use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use course_tests::ms;
use support::pool::{Error, ThreadPool};

pub fn futures() {
    let pool = ThreadPool::new(2).unwrap();
    let slow = pool
        .submit(|| {
            thread::sleep(ms(100));
            "slow"
        })
        .unwrap();
    assert!(!slow.is_done());
    let early = slow.wait_timeout(ms(5));
    assert!(matches!(early, Err(Error::TimedOut { waited }) if waited == ms(5)));
    slow.wait_timeout(Duration::MAX).unwrap();
    assert!(slow.is_done());
    assert_eq!(slow.result().unwrap(), "slow");
}

pub fn map_keeps_the_order() {
    let pool = ThreadPool::new(4).unwrap();
    let squares = pool
        .map(0..100_u64, |n| {
            thread::sleep(Duration::from_micros(100 * (n % 7)));
            n * n
        })
        .unwrap();
    assert!(squares.into_iter().eq((0..100).map(|n| n * n)));
    assert!(pool.map([0; 0], |n| n).unwrap().is_empty());
}

pub fn panic_is_an_error() {
    let pool = ThreadPool::new(1).unwrap();
    let bad = pool.submit(|| -> u8 { panic!("number {}", 7) }).unwrap();
    let good = pool.submit(|| 8).unwrap();
    assert_eq!(
        bad.result().unwrap_err().to_string(),
        "the task panicked: number 7"
    );
    assert_eq!(good.result().unwrap(), 8);
    let odd = pool.submit(|| std::panic::panic_any(5)).unwrap();
    assert!(odd.result().unwrap_err().to_string().ends_with("(no text)"));
    let mapped = pool.map([1, 0, 2], |n| 10 / n);
    assert!(matches!(mapped, Err(Error::Panicked { message }) if message.contains("zero")));
}

pub fn shutdown_waits() {
    let pool = ThreadPool::new(3).unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..20 {
        let done = Arc::clone(&done);
        let task = pool.submit(|| thread::sleep(ms(5))).unwrap();
        task.on_done(move |_| _ = done.fetch_add(1, SeqCst));
    }
    pool.shutdown().unwrap();
    assert_eq!(done.load(SeqCst), 20);
    assert!(matches!(pool.submit(|| ()), Err(Error::Closed)));
    pool.shutdown().unwrap();
}

/// Neither the pool nor a future keeps what a task held.
pub fn nothing_is_kept() {
    let pool = ThreadPool::new(2).unwrap();
    let held = Arc::new(());
    let task = pool
        .submit({
            let held = Arc::clone(&held);
            move || drop(held)
        })
        .unwrap();
    task.result().unwrap();
    pool.shutdown().unwrap();
    assert_eq!(Arc::strong_count(&held), 1);
}

pub fn workers_are_reused() {
    let pool = ThreadPool::new(5).unwrap();
    let ids = pool.map(0..20, |_| {
        thread::sleep(ms(10));
        thread::current().id()
    });
    let ids: HashSet<_> = ids.unwrap().into_iter().collect();
    assert_eq!(ids.len(), 5);
    assert_eq!(pool.workers(), 5);
}
