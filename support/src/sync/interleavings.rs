//! The primitives of our own under every interleaving: compiled once more, over loom's lock and condition variable.
//!
//! Loom runs a test again and again, each time with another order of the threads' steps, and reports a deadlock in any of
//! them: a lost wake-up. Two preemptions per run are enough to find nearly all errors (Musuvathi and Qadeer, "Iterative
//! context bounding", 2007) and keep this quick.

#![allow(clippy::duplicate_mod, reason = "that is the idea")]

#[allow(dead_code, reason = "what the tests here do not ask for")]
#[path = "event.rs"]
mod event;
#[path = "gate.rs"]
mod gate;
#[allow(dead_code, reason = "as above")]
#[path = "line.rs"]
mod line;
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
use line::{Line, Ring};
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

    pub(super) use loom::sync::atomic::{AtomicUsize, Ordering, fence};

    /// Loom takes a sequentially consistent access for less: the fence makes it one.
    pub(super) fn after_change() {
        fence(Ordering::SeqCst);
    }

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

    fn place(&self, _: &u32) -> usize {
        self.len()
    }

    fn insert(&mut self, item: u32, _: usize) {
        self.push(item);
    }

    fn gap(&self) -> usize {
        self.len()
    }

    fn take(&mut self, _: usize) -> Option<u32> {
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

#[test]
fn neither_passes_a_rendezvous_before_the_other_has_come() {
    check(|| {
        use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
        type Meeting = [(Semaphore, AtomicBool); 2];
        let place = || (Semaphore::new(0), AtomicBool::new(false));
        let meeting: Arc<Meeting> = Arc::new([place(), place()]);
        let meet = |me: usize| {
            move |meeting: &Meeting| {
                meeting[me].1.store(true, Relaxed);
                meeting[me].0.release(1);
                meeting[1 - me].0.acquire().forget();
                assert!(meeting[1 - me].1.load(Relaxed));
            }
        };
        let other = spawn(&meeting, meet(1));
        meet(0)(&meeting);
        other.join().unwrap();
        assert!(meeting.iter().all(|(came, _)| came.available() == 0));
    });
}

#[test]
fn a_release_of_two_lets_two_in() {
    check(|| {
        let gate = Arc::new(Semaphore::new(0));
        let others = [(); 2].map(|()| spawn(&gate, |gate| gate.acquire().forget()));
        gate.release(2);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(gate.available(), 0);
    });
}

/// A ring of one place, as weakly ordered as can be: 0 is empty.
struct OnePlace(loom::sync::atomic::AtomicUsize);

const CLOSED: usize = 1 << 8;

impl Ring for OnePlace {
    type Item = u32;

    fn push(&self, item: u32) -> Result<(), PutError<u32>> {
        use loom::sync::atomic::Ordering::{Relaxed, Release};
        let put = self.0.compare_exchange(0, item as usize, Release, Relaxed);
        put.map(drop).map_err(|found| match found & CLOSED {
            0 => PutError::Full(item),
            _ => PutError::Closed(item),
        })
    }

    fn pop(&self) -> Result<u32, GetError> {
        use loom::sync::atomic::Ordering::{Acquire, Relaxed};
        let take = |there| (there & !CLOSED != 0).then_some(there & CLOSED);
        match self.0.fetch_update(Acquire, Relaxed, take) {
            Ok(there) => Ok((there & !CLOSED) as u32),
            Err(CLOSED) => Err(GetError::Closed),
            Err(_) => Err(GetError::Empty),
        }
    }

    fn close(&self) {
        self.0
            .fetch_or(CLOSED, loom::sync::atomic::Ordering::AcqRel);
    }
}

fn line() -> Arc<Line<OnePlace>> {
    Arc::new(Line::new(OnePlace(loom::sync::atomic::AtomicUsize::new(0))))
}

#[test]
fn items_pass_one_by_one_through_a_line() {
    check(|| {
        let line = line();
        let putter = spawn(&line, |line| {
            line.put(1, Patience::Endless).unwrap();
            line.put(2, Patience::Endless).unwrap();
        });
        assert_eq!(line.get(Patience::Endless), Ok(1));
        assert_eq!(line.get(Patience::Endless), Ok(2));
        putter.join().unwrap();
    });
}

#[test]
fn two_getters_and_two_putters_of_a_line_all_come_to_an_end() {
    check(|| {
        let line = line();
        let put = |n| move |line: &Line<OnePlace>| line.put(n, Patience::Endless).unwrap();
        let putters = [spawn(&line, put(1)), spawn(&line, put(2))];
        let getter = spawn(&line, |line| line.get(Patience::Endless).unwrap());
        let sum = line.get(Patience::Endless).unwrap() + getter.join().unwrap();
        assert_eq!(sum, 3);
        for putter in putters {
            putter.join().unwrap();
        }
    });
}

#[test]
fn closing_a_line_wakes_all_and_loses_nothing() {
    check(|| {
        let line = line();
        let putter = spawn(&line, |line| {
            let put = |n| u32::from(line.put(n, Patience::Endless).is_ok());
            put(1) + put(2)
        });
        let getter = spawn(&line, |line| {
            std::iter::from_fn(|| line.get(Patience::Endless).ok()).count() as u32
        });
        line.close();
        assert_eq!(putter.join().unwrap(), getter.join().unwrap());
        assert_eq!(line.get(Patience::None), Err(GetError::Closed));
        assert_eq!(line.put(3, Patience::None), Err(PutError::Closed(3)));
    });
}

#[test]
fn a_getter_of_a_line_that_gives_up_leaves_the_item_and_the_wake_up() {
    check(|| {
        let line = line();
        let brief = spawn(&line, |line| {
            line.get(Patience::lasting(Duration::from_secs(1))).is_ok()
        });
        let endless = spawn(&line, |line| line.get(Patience::Endless).unwrap());
        line.put(1, Patience::Endless).unwrap();
        if brief.join().unwrap() {
            line.put(2, Patience::Endless).unwrap();
        }
        endless.join().unwrap();
    });
}
