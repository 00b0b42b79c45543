//! The locks against models, and what they do in time.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Event, ReentrantLock, Semaphore};

const SOON: Duration = Duration::from_millis(20);

proptest! {
    #[test]
    fn semaphore_counts_like_a_number(total in 0..5_usize, steps in prop::collection::vec(any::<bool>(), 0..40)) {
        let semaphore = Semaphore::new(total);
        let mut inside = Vec::new();
        for enter in steps {
            if enter {
                let permit = semaphore.try_acquire();
                prop_assert_eq!(permit.is_some(), inside.len() < total);
                inside.extend(permit);
            } else {
                inside.pop();
            }
            prop_assert_eq!(semaphore.available(), total - inside.len());
        }
    }

    #[test]
    fn event_is_a_flag(steps in prop::collection::vec(any::<bool>(), 0..40)) {
        let event = Event::new();
        let mut flag = false;
        for set in steps {
            if set { event.set() } else { event.clear() }
            flag = set;
            prop_assert_eq!(event.is_set(), flag);
            prop_assert_eq!(event.wait_timeout(Duration::ZERO), flag);
        }
        prop_assert_eq!(event.is_set(), flag);
    }

    #[test]
    fn reentrant_lock_counts_and_shuts_out_the_others(steps in prop::collection::vec(any::<bool>(), 0..20)) {
        let lock = ReentrantLock::new(());
        let mut guards = Vec::new();
        for enter in steps {
            if enter { guards.push(lock.lock()) } else { drop(guards.pop()) }
            prop_assert_eq!(lock.count(), guards.len());
            let mine = lock.held().map(|held| held.by.id());
            prop_assert_eq!(mine, (!guards.is_empty()).then(|| thread::current().id()));
            let other = thread::scope(|s| s.spawn(|| lock.try_lock().is_some()).join().unwrap());
            prop_assert_eq!(other, guards.is_empty());
        }
    }
}

#[test]
fn at_most_five_of_twenty_are_inside() {
    let (seats, inside, most) = (Semaphore::new(5), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..20 {
            s.spawn(|| {
                for _ in 0..50 {
                    let _seat = seats.acquire();
                    let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(seats.available(), 5);
    assert!((1..=5).contains(&most.into_inner()));
}

#[test]
fn waiting_ends_with_the_time() {
    let (semaphore, event) = (Semaphore::new(0), Event::new());
    let start = Instant::now();
    assert!(semaphore.acquire_timeout(SOON).is_none());
    assert!(!event.wait_timeout(SOON));
    assert!(start.elapsed() >= 2 * SOON);
    event.set();
    assert!(event.wait_timeout(Duration::MAX));
}

#[test]
fn all_who_waited_go_even_if_the_event_is_cleared_at_once() {
    let event = Event::new();
    thread::scope(|s| {
        let waiters: Vec<_> = (0..20)
            .map(|_| s.spawn(|| event.wait_timeout(Duration::from_secs(10))))
            .collect();
        thread::sleep(2 * SOON);
        event.set();
        event.clear();
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
    });
    assert!(!event.wait_timeout(Duration::ZERO));
}

#[test]
fn a_permit_may_be_returned_by_another_thread() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.acquire();
    thread::scope(|s| {
        s.spawn(|| {
            thread::sleep(SOON);
            drop(permit);
        });
        drop(semaphore.acquire());
    });
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn reentrant_lock_keeps_a_sum_right() {
    let money = ReentrantLock::new(Cell::new(0));
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| {
                for _ in 0..1000 {
                    let outer = money.lock();
                    let before = outer.get();
                    money.lock().set(before + 1);
                }
            });
        }
    });
    assert_eq!(money.lock().get(), 8000);
    assert_eq!(money.count(), 0);
}
