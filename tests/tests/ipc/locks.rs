use std::fs;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::thread;
use std::time::Instant;

use course_tests::{SOON, ms};
use support::ipc::{
    Barrier, Error, Event, JoinableQueue, Mutex, Pipe, Queue, Semaphore, Shared, SharedAtomic,
};
use support::process::inspect::State;

use super::queue::{child, comes_to, succeeds, took};

fn timed_out<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::TimedOut { .. })), "{result:?}");
}

fn broken<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Broken { .. })), "{result:?}");
}

pub fn lock_excludes() {
    let lock = Mutex::new(0_u64).unwrap();
    let children: Vec<_> = (0..4)
        .map(|_| {
            child(|| {
                for _ in 0..20_000 {
                    let mut guard = lock.lock().unwrap();
                    let value = *guard;
                    std::hint::black_box(&guard);
                    *guard = value + 1;
                }
            })
        })
        .collect();
    children.into_iter().for_each(succeeds);
    assert_eq!(*lock.lock().unwrap(), 80_000);
}

pub fn locking_twice_is_an_error() {
    let lock = Mutex::new(()).unwrap();
    let guard = lock.lock().unwrap();
    for result in [lock.lock(), lock.try_lock(), lock.lock_timeout(ms(10))] {
        assert!(matches!(result, Err(Error::Deadlock)), "{result:?}");
    }
    drop(guard);
    drop(lock.lock().unwrap());
}

pub fn guard_unlocks() {
    let lock = Mutex::new(1).unwrap();
    drop(lock.lock().unwrap());
    let mut panics = support::process::Process::start(|| {
        let _guard = lock.lock().unwrap();
        panic!("on purpose");
    })
    .unwrap();
    panics.join().unwrap();
    drop(lock.try_lock().unwrap());
}

pub fn holder_that_panics_is_told_as_one_that_died() {
    let lock = Mutex::new(1).unwrap();
    let mut panics = support::process::Process::start(|| {
        let _guard = lock.lock().unwrap();
        panic!("on purpose");
    })
    .unwrap();
    panics.join().unwrap();
    told_until_recovered(&lock, panics.pid());

    let here = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.lock().unwrap();
        resume_unwind(Box::new("on purpose"));
    }));
    assert!(here.is_err());
    told_until_recovered(&lock, std::process::id());

    // Locked and unlocked while something else unwinds: nothing was left half done.
    struct Drops<'a>(&'a Mutex<i32>);
    impl Drop for Drops<'_> {
        fn drop(&mut self) {
            drop(self.0.lock().unwrap());
        }
    }
    let elsewhere = catch_unwind(AssertUnwindSafe(|| {
        let _drops = Drops(&lock);
        resume_unwind(Box::new("on purpose"));
    }));
    assert!(elsewhere.is_err());
    assert!(!lock.lock().unwrap().previous_owner_died());
}

/// Each holder is told, in whatever process, until one says that the value is whole.
fn told_until_recovered(lock: &Mutex<i32>, by: u32) {
    for _ in 0..2 {
        let guard = lock.lock().unwrap();
        assert!(guard.previous_owner_died());
        assert_eq!(guard.previous_owner(), Some(by));
        drop(guard);
        succeeds(child(|| {
            assert!(lock.lock().unwrap().previous_owner_died())
        }));
    }
    succeeds(child(|| lock.lock().unwrap().recovered()));
    let guard = lock.lock().unwrap();
    assert!(!guard.previous_owner_died());
    assert_eq!(guard.previous_owner(), None);
}

pub fn guard_that_moves_into_a_child_stays_taken() {
    let lock = Mutex::new(0).unwrap();
    for _ in 0..50 {
        let mut guard = lock.lock().unwrap();
        let leave = Event::new().unwrap();
        let here = leave.clone();
        let keeps = child(move || {
            leave.wait();
            *guard += 1;
        });
        timed_out(lock.try_lock());
        timed_out(lock.lock_timeout(ms(1)));
        here.set();
        drop(lock.lock_timeout(SOON).unwrap());
        succeeds(keeps);
        // The child may be done before the parent has dropped what it gave.
        let mut guard = lock.lock().unwrap();
        succeeds(child(move || *guard += 1));
        assert!(!lock.lock_timeout(SOON).unwrap().previous_owner_died());
    }
    assert_eq!(*lock.lock().unwrap(), 100);

    let guard = lock.lock().unwrap();
    let own = Mutex::clone(&lock);
    succeeds(child(move || {
        let _guard = guard;
        assert!(matches!(own.try_lock(), Err(Error::Deadlock)));
    }));

    let guard = lock.lock().unwrap();
    let mut dies = child(move || {
        let _guard = guard;
        std::process::abort();
    });
    let waiter = child(|| assert!(lock.lock_timeout(SOON).unwrap().previous_owner_died()));
    dies.join().unwrap();
    succeeds(waiter);
    told_until_recovered(&lock, dies.pid());
}

/// Unlocking wakes one who waits. It is killed before it can run, while the lock is taken once more: the wake-up is lost with it, and
/// another one sleeps beside a free lock.
pub fn a_wake_up_that_dies_with_its_sleeper_holds_nobody_up() {
    use nix::libc;

    let core = support::process::allowed_cores().unwrap()[0];
    support::process::pin_to_core(core).unwrap();
    for _ in 0..20 {
        let lock = Mutex::new(()).unwrap();
        let guard = lock.lock().unwrap();
        let waiter = || {
            let waiter = child(|| {
                let none = libc::sched_param { sched_priority: 0 };
                // SAFETY: numbers, and a pointer to a parameter that lives. Never preempts who wakes it.
                unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const none) };
                drop(lock.lock().unwrap());
            });
            comes_to(&waiter, State::Sleeping);
            waiter
        };
        let (mut first, second) = (waiter(), waiter());
        drop(guard);
        let again = lock.try_lock();
        first.kill().unwrap();
        first.join().unwrap();
        drop(again);
        succeeds(second);
    }
}

pub fn endless_is_endless() {
    use std::time::Duration;
    let (lock, seats) = (Mutex::new(()).unwrap(), Semaphore::new(0).unwrap());
    let (event, barrier) = (Event::new().unwrap(), Barrier::new(2).unwrap());
    let guard = lock.lock().unwrap();
    let waiters = [
        child(|| drop(lock.lock_timeout(Duration::MAX).unwrap())),
        child(|| drop(seats.acquire_timeout(Duration::MAX).unwrap())),
        child(|| assert!(event.wait_timeout(Duration::MAX))),
        child(|| _ = barrier.wait_timeout(Duration::MAX).unwrap()),
    ];
    for waiter in &waiters {
        comes_to(waiter, State::Sleeping);
    }
    drop(guard);
    seats.release(1).unwrap();
    event.set();
    barrier.wait().unwrap();
    waiters.into_iter().for_each(succeeds);
}

/// Somebody may be measuring beside those who wait.
pub fn who_waits_for_long_wakes_rarely() {
    let (lock, seats) = (Mutex::new(()).unwrap(), Semaphore::new(0).unwrap());
    let (event, barrier) = (Event::new().unwrap(), Barrier::new(2).unwrap());
    let (full, empty) = (Queue::<u32>::new(1).unwrap(), Queue::<u32>::new(1).unwrap());
    let tasks = JoinableQueue::<u32>::new(1).unwrap();
    full.put(&1).unwrap();
    tasks.put(&1).unwrap();
    let _guard = lock.lock().unwrap();
    let waiters = [
        child(|| drop(lock.lock())),
        child(|| drop(seats.acquire())),
        child(|| event.wait()),
        child(|| _ = barrier.wait()),
        child(|| _ = full.put(&2)),
        child(|| _ = empty.get()),
        child(|| _ = tasks.join()),
    ];
    let switches = || {
        waiters.each_ref().map(|waiter| {
            let status = fs::read_to_string(format!("/proc/{}/status", waiter.pid())).unwrap();
            let mut lines = status.lines();
            let count = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            count.unwrap().trim().parse::<u64>().unwrap()
        })
    };
    for waiter in &waiters {
        comes_to(waiter, State::Sleeping);
    }
    thread::sleep(ms(1_000));
    let (start, before) = (Instant::now(), switches());
    thread::sleep(ms(3_000));
    let after = switches();
    let most = 5 * (start.elapsed().as_secs() + 1);
    for (before, after) in before.iter().zip(after) {
        let woken = after - before;
        assert!(woken <= most, "{woken} wake-ups, {most} at most");
    }
}

pub fn lock_timeout_expires() {
    let lock = Mutex::new(()).unwrap();
    let expired = Event::new().unwrap();
    let guard = lock.lock().unwrap();
    let waiter = child(|| {
        timed_out(lock.try_lock());
        let start = Instant::now();
        timed_out(lock.lock_timeout(ms(60)));
        took(start, ms(60));
        expired.set();
        drop(lock.lock_timeout(SOON).unwrap());
    });
    expired.wait();
    thread::sleep(ms(30));
    drop(guard);
    succeeds(waiter);
}

pub fn lock_of_the_dead_is_taken_over() {
    let lock = Mutex::new([0_u32; 2]).unwrap();
    let mut dies = child(|| {
        let mut guard = lock.lock().unwrap();
        guard[0] = 1;
        std::process::abort();
    });
    dies.join().unwrap();
    let guard = lock.try_lock().unwrap();
    assert!(guard.previous_owner_died());
    assert_eq!(guard.previous_owner(), Some(dies.pid()));
    assert_eq!(*guard, [1, 0]);
}

pub fn waiting_for_the_dead() {
    let lock = Mutex::new(()).unwrap();
    let inside = Event::new().unwrap();
    let dies = child(|| {
        let _guard = lock.lock().unwrap();
        inside.set();
        thread::sleep(ms(60_000));
    });
    inside.wait();
    let waiters: Vec<_> = (0..3)
        .map(|_| child(|| drop(lock.lock_timeout(SOON).unwrap())))
        .collect();
    thread::sleep(ms(30));
    drop(dies);
    waiters.into_iter().for_each(succeeds);
}

pub fn thread_that_ends_with_the_lock() {
    let lock = Mutex::new(()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| mem::forget(lock.lock().unwrap()));
    });
    let guard = lock.lock().unwrap();
    assert!(guard.previous_owner_died());
    assert_eq!(guard.previous_owner(), Some(std::process::id()));
}

pub fn guard_in_a_child_holds_nothing() {
    let lock = Mutex::new(()).unwrap();
    let guard = lock.lock().unwrap();
    // The closure takes the guard with it; the parent forgets its own.
    let guard = mem::ManuallyDrop::new(guard);
    succeeds(child(|| {
        // SAFETY: this copy is used only once.
        drop(unsafe { std::ptr::read(&raw const *guard) });
    }));
    succeeds(child(|| timed_out(lock.try_lock())));
    drop(mem::ManuallyDrop::into_inner(guard));
    succeeds(child(|| drop(lock.try_lock().unwrap())));
}

/// The lock stays in the list of those that the thread holds, so its memory must stay too.
pub fn forgotten_guard_is_harmless() {
    succeeds(child(|| {
        for _ in 0..3 {
            let lock = Mutex::new(0_u64).unwrap();
            mem::forget(lock.lock().unwrap());
            drop(lock);
        }
        let other = Mutex::new(0_u64).unwrap();
        for _ in 0..100 {
            *other.lock().unwrap() += 1;
        }
    }));
}

pub fn semaphore_counts() {
    let seats = Semaphore::new(2).unwrap();
    let first = seats.acquire().unwrap();
    assert_eq!(seats.available(), 1);
    let second = seats.acquire().unwrap();
    assert_eq!(seats.available(), 0);
    timed_out(seats.try_acquire());
    drop(first);
    assert_eq!(seats.available(), 1);
    drop(second);
    assert_eq!(seats.available(), 2);

    let inside = SharedAtomic::<[AtomicU32; 2]>::new().unwrap();
    let children: Vec<_> = (0..8)
        .map(|_| {
            child(|| {
                for _ in 0..50 {
                    let _permit = seats.acquire().unwrap();
                    let now = inside[0].fetch_add(1, SeqCst) + 1;
                    inside[1].fetch_max(now, SeqCst);
                    thread::yield_now();
                    inside[0].fetch_sub(1, SeqCst);
                }
            })
        })
        .collect();
    children.into_iter().for_each(succeeds);
    assert!(inside[1].load(SeqCst) <= 2);
    assert_eq!((seats.available(), seats.recoveries()), (2, 0));
}

pub fn semaphore_timeout() {
    let seats = Semaphore::new(0).unwrap();
    timed_out(seats.try_acquire());
    let start = Instant::now();
    timed_out(seats.acquire_timeout(ms(60)));
    took(start, ms(60));
}

pub fn permits_of_the_dead_come_back() {
    let seats = Semaphore::new(2).unwrap();
    let dies = child(|| {
        let _permits = [seats.acquire().unwrap(), seats.acquire().unwrap()];
        thread::sleep(ms(60_000));
    });
    while seats.available() > 0 {
        thread::yield_now();
    }
    timed_out(seats.acquire_timeout(ms(50)));
    let waiter = child(|| drop(seats.acquire_timeout(SOON).unwrap()));
    thread::sleep(ms(30));
    drop(dies);
    succeeds(waiter);
    assert_eq!((seats.available(), seats.recoveries()), (2, 2));
}

pub fn permit_in_a_child_holds_nothing() {
    let seats = Semaphore::new(1).unwrap();
    let permit = mem::ManuallyDrop::new(seats.acquire().unwrap());
    succeeds(child(|| {
        // SAFETY: this copy is used only once.
        drop(unsafe { std::ptr::read(&raw const *permit) });
    }));
    assert_eq!(seats.available(), 0);
    drop(mem::ManuallyDrop::into_inner(permit));
    assert_eq!(seats.available(), 1);
}

pub fn permit_that_moves_into_a_child_stays_taken() {
    let seats = Semaphore::new(2).unwrap();
    for _ in 0..50 {
        let (permit, leave) = (seats.acquire().unwrap(), Event::new().unwrap());
        let here = leave.clone();
        let keeps = child(move || {
            leave.wait();
            drop(permit);
        });
        assert_eq!(seats.available(), 1);
        here.set();
        succeeds(keeps);
        assert_eq!(seats.available(), 2);
        // The child may be done before the parent has dropped what it gave.
        let permit = seats.acquire().unwrap();
        succeeds(child(move || drop(permit)));
        assert_eq!(seats.available(), 2);
    }
    assert_eq!(seats.recoveries(), 0);

    let permits = [seats.acquire().unwrap(), seats.acquire().unwrap()];
    let dies = child(move || {
        let _permits = permits;
        thread::sleep(ms(60_000));
    });
    timed_out(seats.acquire_timeout(ms(30)));
    drop(dies);
    drop(seats.acquire_timeout(SOON).unwrap());
    assert_eq!((seats.available(), seats.recoveries()), (2, 2));

    // Taken out of a variable that stays the parent's: the child gives back nothing.
    let mut mine = Some(seats.acquire().unwrap());
    succeeds(child(|| drop(mine.take())));
    assert_eq!(seats.available(), 1);
    drop(mine);
    assert_eq!(seats.available(), 2);
}

/// From the child on to a child of its own.
pub fn what_moves_twice_stays_taken() {
    let (seats, lock) = (Semaphore::new(1).unwrap(), Mutex::new(0).unwrap());
    let queue = Queue::<u32>::new(4).unwrap();
    for _ in 0..20 {
        let leave = Event::new().unwrap();
        let here = leave.clone();
        let (permit, mut guard) = (seats.acquire().unwrap(), lock.lock().unwrap());
        let ends = child(move || {
            succeeds(child(move || {
                leave.wait();
                *guard += 1;
                drop(permit);
            }));
        });
        thread::sleep(ms(5));
        timed_out(seats.try_acquire());
        timed_out(lock.try_lock());
        here.set();
        succeeds(ends);
        assert_eq!(seats.available(), 1);
        assert!(!lock.lock_timeout(SOON).unwrap().previous_owner_died());
    }
    assert_eq!(*lock.lock().unwrap(), 20);
    assert_eq!(seats.recoveries(), 0);

    let (permit, guard) = (seats.acquire().unwrap(), lock.lock().unwrap());
    succeeds(child(move || {
        let mut dies = child(move || {
            let _both = (permit, guard);
            std::process::abort();
        });
        dies.join().unwrap();
    }));
    drop(seats.acquire_timeout(SOON).unwrap());
    assert!(lock.lock_timeout(SOON).unwrap().previous_owner_died());

    let producer = queue.producer().unwrap();
    let ends = child(move || {
        succeeds(child(move || {
            thread::sleep(ms(30));
            producer.put(&7).unwrap();
        }));
    });
    assert_eq!(queue.iter().map(Result::unwrap).collect::<Vec<_>>(), [7]);
    succeeds(ends);
}

/// What a captured value takes and gives back while the parent drops it is the parent's.
pub fn a_drop_that_locks_does_not_lock_for_the_child() {
    struct Counted<'a>(&'a Mutex<i32>, &'a Semaphore);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            let _permit = self.1.acquire().unwrap();
            *self.0.lock().unwrap() -= 1;
        }
    }
    let (lock, seats) = (Mutex::new(2).unwrap(), Semaphore::new(1).unwrap());
    let leave = Event::new().unwrap();
    let (counted, here) = (Counted(&lock, &seats), leave.clone());
    let ends = child(move || {
        leave.wait();
        drop(counted);
    });
    assert_eq!(*lock.try_lock().unwrap(), 1);
    drop(seats.try_acquire().unwrap());
    here.set();
    succeeds(ends);
    let guard = lock.try_lock().unwrap();
    assert_eq!((*guard, guard.previous_owner_died()), (0, false));
}

/// The child may have died before the parent has dropped what it gave.
pub fn who_dies_at_once_with_a_guard_is_told() {
    struct Slow;
    impl Drop for Slow {
        fn drop(&mut self) {
            thread::sleep(ms(50));
        }
    }
    let lock = Mutex::new(0).unwrap();
    let both = (Slow, lock.lock().unwrap());
    let mut dies = child(move || {
        let _both = both;
        std::process::abort();
    });
    dies.join().unwrap();
    told_until_recovered(&lock, dies.pid());
}

pub fn permits_are_released_without_one() {
    let seats = Semaphore::new(0).unwrap();
    let waiters = [0; 3].map(|_| child(|| seats.acquire().unwrap().forget()));
    for waiter in &waiters {
        comes_to(waiter, State::Sleeping);
    }
    seats.release(2).unwrap();
    seats.release(1).unwrap();
    waiters.into_iter().for_each(succeeds);
    assert_eq!(seats.available(), 0);
    seats.release(u32::MAX).unwrap();
    let result = seats.release(1);
    assert!(
        matches!(
            result,
            Err(Error::TooManyPermits {
                now: u32::MAX,
                permits: 1
            })
        ),
        "{result:?}"
    );
    assert_eq!(seats.available(), u32::MAX);
}

pub fn more_holders_die_than_there_are_places() {
    let seats = Semaphore::new(1_000).unwrap();
    for _ in 0..300 {
        let mut dies = child(|| {
            mem::forget(seats.acquire().unwrap());
            std::process::exit(3);
        });
        dies.join().unwrap();
    }
    drop(seats.acquire().unwrap());
    assert_eq!(seats.available() + 300 - seats.recoveries(), 1_000);
}

pub fn a_free_permit_is_never_refused() {
    let seats = Semaphore::new(1_000).unwrap();
    let children = [0; 6].map(|_| {
        child(|| {
            for _ in 0..20_000 {
                drop(seats.try_acquire().unwrap());
            }
        })
    });
    children.into_iter().for_each(succeeds);
}

/// Another one uses up a permit, which is one less of those held and of all.
pub fn a_free_permit_is_never_refused_while_others_are_used_up() {
    let seats = Semaphore::new(0).unwrap();
    let children = [0; 4].map(|_| {
        child(|| {
            for _ in 0..300_000 {
                seats.release(1).unwrap();
                seats.try_acquire().unwrap().forget();
            }
        })
    });
    children.into_iter().for_each(succeeds);
    assert_eq!(seats.available(), 0);
}

pub fn barrier_is_for_as_many_as_it_has_places() {
    for parties in [0, 257, 300, u32::MAX] {
        let refused = Barrier::new(parties);
        assert!(
            matches!(refused, Err(Error::TooManyParties { limit: 256, .. })),
            "{refused:?}"
        );
    }
    let barrier = Barrier::new(256).unwrap();
    let others: Vec<_> = (1..256)
        .map(|_| child(|| _ = barrier.wait().unwrap()))
        .collect();
    barrier.wait_timeout(SOON).unwrap();
    others.into_iter().for_each(succeeds);
}

pub fn event_sets_and_clears() {
    let event = Event::new().unwrap();
    assert!(!event.is_set() && !event.wait_timeout(ms(0)));
    let start = Instant::now();
    assert!(!event.wait_timeout(ms(60)));
    took(start, ms(60));
    event.set();
    event.set();
    assert!(event.is_set() && event.wait_timeout(ms(0)));
    event.wait();
    event.clear();
    event.clear();
    assert!(!event.is_set());
    let setter = child(|| {
        thread::sleep(ms(30));
        event.set();
    });
    event.wait();
    succeeds(setter);
}

pub fn event_releases_all() {
    let event = Event::new().unwrap();
    let waiting = SharedAtomic::<AtomicU32>::new().unwrap();
    let cars: Vec<_> = (0..20)
        .map(|_| {
            child(|| {
                waiting.fetch_add(1, SeqCst);
                event.wait();
            })
        })
        .collect();
    while waiting.load(SeqCst) < 20 {
        thread::yield_now();
    }
    for car in &cars {
        comes_to(car, State::Sleeping);
    }
    // Set and cleared at once: those who wait go all the same.
    event.set();
    event.clear();
    cars.into_iter().for_each(succeeds);
}

pub fn debug_says_the_state() {
    let event = Event::new().unwrap();
    event.set();
    assert_eq!(format!("{event:?}"), "Event { is_set: true }");
    let seats = Semaphore::new(2).unwrap();
    assert!(format!("{seats:?}").contains("available: 2"));
    let barrier = Barrier::new(2).unwrap();
    assert!(format!("{barrier:?}").contains("waiting: 0"));
}

pub fn barrier_holds_all_in_step() {
    const PARTIES: u32 = 5;
    let barrier = Barrier::new(PARTIES).unwrap();
    let arrived = SharedAtomic::<AtomicU32>::new().unwrap();
    let children: Vec<_> = (0..PARTIES)
        .map(|_| {
            child(|| {
                for turn in 1..=1_000 {
                    arrived.fetch_add(1, SeqCst);
                    barrier.wait().unwrap();
                    let all = arrived.load(SeqCst);
                    assert!(
                        (turn * PARTIES..(turn + 1) * PARTIES).contains(&all),
                        "{turn} {all}"
                    );
                }
            })
        })
        .collect();
    children.into_iter().for_each(succeeds);
    assert_eq!(barrier.waiting(), 0);
}

pub fn barrier_numbers_all() {
    let barrier = Barrier::new(5).unwrap();
    let numbers = SharedAtomic::<AtomicU32>::new().unwrap();
    let children: Vec<_> = (0..5)
        .map(|_| child(|| _ = numbers.fetch_or(1 << barrier.wait().unwrap(), SeqCst)))
        .collect();
    children.into_iter().for_each(succeeds);
    assert_eq!(numbers.load(SeqCst), 0b11111);
}

fn waits(barrier: &Barrier, how_many: u32) {
    while barrier.waiting() < how_many {
        thread::yield_now();
    }
}

pub fn barrier_abort() {
    let barrier = Barrier::new(3).unwrap();
    let inside = [0; 2].map(|_| child(|| broken(barrier.wait())));
    waits(&barrier, 2);
    barrier.abort().unwrap();
    inside.into_iter().for_each(succeeds);
    assert!(barrier.is_broken());
    broken(barrier.wait());
}

pub fn barrier_reset() {
    let barrier = Barrier::new(2).unwrap();
    let inside = child(|| broken(barrier.wait()));
    waits(&barrier, 1);
    barrier.reset().unwrap();
    succeeds(inside);
    assert!(!barrier.is_broken());
    barrier.abort().unwrap();
    broken(barrier.wait());
    barrier.reset().unwrap();
    let other = child(|| _ = barrier.wait().unwrap());
    barrier.wait().unwrap();
    succeeds(other);
}

pub fn barrier_timeout_breaks() {
    let barrier = Barrier::new(3).unwrap();
    let patient = child(|| broken(barrier.wait()));
    waits(&barrier, 1);
    let start = Instant::now();
    broken(barrier.wait_timeout(ms(60)));
    took(start, ms(60));
    succeeds(patient);
    assert!(barrier.is_broken());
}

pub fn barrier_of_one() {
    let barrier = Barrier::new(1).unwrap();
    for _ in 0..3 {
        assert_eq!(barrier.wait().unwrap(), 0);
    }
}

pub fn barrier_breaks_when_one_dies_inside() {
    let barrier = Barrier::new(3).unwrap();
    let dies = child(|| _ = barrier.wait());
    let patient = child(|| broken(barrier.wait()));
    waits(&barrier, 2);
    drop(dies);
    succeeds(patient);
    broken(barrier.wait());
    barrier.reset().unwrap();
    let others = [0; 2].map(|_| child(|| _ = barrier.wait().unwrap()));
    barrier.wait().unwrap();
    others.into_iter().for_each(succeeds);
}

pub fn shared_value_is_never_half_written() {
    let shared = Shared::new([0_u64; 64]).unwrap();
    for _ in 0..100 {
        let writer = child(|| {
            for n in 0.. {
                shared.set([n; 64]).unwrap();
            }
        });
        for _ in 0..50 {
            let value = shared.get().unwrap();
            assert!(value.iter().all(|&n| n == value[0]));
        }
        drop(writer);
        let value = shared.get().unwrap();
        assert!(value.iter().all(|&n| n == value[0]));
    }
    assert_eq!(shared.update(|_| [7; 64]).unwrap(), [7; 64]);
}

pub fn pipe_ends_are_taken_once() {
    let pipe = Pipe::new().unwrap();
    let mut writer = child(|| {
        use std::io::Write as _;
        let mut writer = pipe.writer().unwrap();
        assert!(matches!(pipe.writer(), Err(Error::PipeTaken)));
        writer.write_all(b"hello").unwrap();
    });
    let reader = pipe.reader().unwrap();
    assert!(matches!(pipe.reader(), Err(Error::PipeTaken)));
    assert_eq!(std::io::read_to_string(reader).unwrap(), "hello");
    assert!(writer.join().unwrap().success());
}
