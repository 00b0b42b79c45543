//! The primitives of our own under every interleaving: compiled once more, over loom's lock and condition variable.
//!
//! Loom runs a test again and again, each time with another order of the threads' steps, and reports a deadlock in any of
//! them: a lost wake-up. Two preemptions per run are enough to find nearly all errors (Musuvathi and Qadeer, "Iterative
//! context bounding", 2007) and keep this quick.

#![allow(clippy::duplicate_mod, reason = "that is the idea")]

#[allow(dead_code, reason = "what the tests here do not ask for")]
#[path = "event.rs"]
mod event;
#[path = "patience.rs"]
mod patience;
#[allow(dead_code, reason = "as above")]
#[path = "semaphore.rs"]
mod semaphore;
#[allow(dead_code, reason = "as above")]
#[path = "store.rs"]
mod store;

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::{GetError, PutError};
use event::Event;
use patience::Patience;
use semaphore::Semaphore;
use store::{Shelf, Store};

/// Loom's lock in the shape of `parking_lot`'s.
mod prim {
    use std::ops::{Deref, DerefMut};
    use std::time::Instant;

    /// More looks would be the same steps once more.
    pub(super) const LOOKS: u32 = 1;

    pub(super) fn pause(_look: u32) {}

    #[derive(Debug)]
    pub(super) struct Mutex<T>(loom::sync::Mutex<T>);

    pub(super) struct MutexGuard<'a, T> {
        mutex: &'a Mutex<T>,
        guard: Option<loom::sync::MutexGuard<'a, T>>,
    }

    impl<T> Mutex<T> {
        pub(super) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(super) fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard {
                mutex: self,
                guard: self.0.lock().ok(),
            }
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.guard.as_ref().unwrap()
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.guard.as_mut().unwrap()
        }
    }

    #[derive(Debug)]
    pub(super) struct Condvar(loom::sync::Condvar);

    pub(super) struct TimedOut;

    impl TimedOut {
        pub(super) fn timed_out(&self) -> bool {
            true
        }
    }

    impl Condvar {
        pub(super) fn new() -> Self {
            Self(loom::sync::Condvar::new())
        }

        pub(super) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            guard.guard = self.0.wait(guard.guard.take().unwrap()).ok();
        }

        /// Loom has no clock: the time is always over, after the others have had their chance.
        pub(super) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _: Instant) -> TimedOut {
            drop(guard.guard.take());
            loom::thread::yield_now();
            guard.guard = guard.mutex.0.lock().ok();
            TimedOut
        }

        pub(super) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(super) fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}

impl Shelf for Vec<u32> {
    type Item = u32;

    fn push(&mut self, item: u32) {
        self.push(item);
    }

    fn pop(&mut self) -> Option<u32> {
        self.pop()
    }

    fn len(&self) -> usize {
        self.len()
    }
}

fn check(test: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(test);
}

fn spawn<S: Send + Sync + 'static, R: 'static>(
    shared: &Arc<S>,
    work: impl FnOnce(&S) -> R + 'static,
) -> thread::JoinHandle<R> {
    let shared = shared.clone();
    thread::spawn(move || work(&shared))
}

#[test]
fn permits_are_never_exceeded_and_nobody_sleeps_on() {
    check(|| {
        let seats = Arc::new((Semaphore::new(1), loom::sync::atomic::AtomicUsize::new(0)));
        let work = |seats: &(Semaphore, loom::sync::atomic::AtomicUsize)| {
            use loom::sync::atomic::Ordering::Relaxed;
            let _permit = seats.0.acquire();
            assert_eq!(seats.1.fetch_add(1, Relaxed), 0);
            seats.1.fetch_sub(1, Relaxed);
        };
        let others = [spawn(&seats, work), spawn(&seats, work)];
        work(&seats);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(seats.0.available(), 1);
    });
}

#[test]
fn a_permit_given_back_at_the_last_moment_is_not_lost() {
    check(|| {
        let seat = Arc::new(Semaphore::new(1));
        let brief = |seat: &Semaphore| seat.acquire_timeout(Duration::from_secs(1)).is_some();
        let brief = spawn(&seat, brief);
        let endless = spawn(&seat, |seat| drop(seat.acquire()));
        drop(seat.acquire());
        brief.join().unwrap();
        endless.join().unwrap();
        assert_eq!(seat.available(), 1);
    });
}

#[test]
fn whoever_waits_goes_when_the_event_is_set() {
    check(|| {
        let light = Arc::new(Event::new());
        let endless = spawn(&light, Event::wait);
        let brief = spawn(&light, |light| light.wait_timeout(Duration::from_secs(1)));
        light.set();
        light.clear();
        // For whoever came after the clearing.
        light.set();
        endless.join().unwrap();
        brief.join().unwrap();
    });
}

#[test]
fn items_pass_one_by_one_through_a_queue_of_one() {
    check(|| {
        let store = Arc::new(Store::new(Vec::new(), 1));
        let putter = spawn(&store, |store| {
            store.put(1, Patience::Endless).unwrap();
            store.put(2, Patience::Endless).unwrap();
        });
        assert_eq!(store.get(Patience::Endless), Ok(1));
        assert_eq!(store.get(Patience::Endless), Ok(2));
        putter.join().unwrap();
    });
}

#[test]
fn two_getters_and_two_putters_all_come_to_an_end() {
    check(|| {
        let store = Arc::new(Store::new(Vec::new(), 1));
        let put = |n| move |store: &Store<Vec<u32>>| store.put(n, Patience::Endless).unwrap();
        let get = |store: &Store<Vec<u32>>| store.get(Patience::Endless).unwrap();
        let putters = [spawn(&store, put(1)), spawn(&store, put(2))];
        let getter = spawn(&store, get);
        let sum = get(&store) + getter.join().unwrap();
        assert_eq!(sum, 3);
        putters
            .into_iter()
            .for_each(|putter| putter.join().unwrap());
    });
}

#[test]
fn closing_wakes_all_and_loses_nothing() {
    check(|| {
        let store = Arc::new(Store::new(Vec::new(), 1));
        let putter = spawn(&store, |store| {
            store.put(1, Patience::Endless).is_ok() as u32
                + store.put(2, Patience::Endless).is_ok() as u32
        });
        let getter = spawn(&store, |store| {
            let mut taken = 0;
            while store.get(Patience::Endless).is_ok() {
                taken += 1;
            }
            taken
        });
        store.close();
        assert_eq!(putter.join().unwrap(), getter.join().unwrap());
        assert_eq!(store.get(Patience::None), Err(GetError::Closed));
        assert_eq!(store.put(3, Patience::None), Err(PutError::Closed(3)));
    });
}

#[test]
fn a_getter_that_gives_up_leaves_the_item() {
    check(|| {
        let store = Arc::new(Store::new(Vec::new(), 1));
        let brief = spawn(&store, |store| {
            store.get(Patience::lasting(Duration::from_secs(1))).is_ok()
        });
        let putter = spawn(&store, |store| store.put(1, Patience::Endless).unwrap());
        putter.join().unwrap();
        let taken = brief.join().unwrap();
        assert_eq!(store.get(Patience::None).is_ok(), !taken);
    });
}
