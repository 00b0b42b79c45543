use std::sync::atomic::{AtomicBool, Ordering::*};

use support::ipc::{Event, Guard, Mutex, Semaphore, Shared, SharedAtomic};

use super::companion::{Companion, Gate};
use super::exhaust::{BOUND, Operation, PATIENCE, exhaust, goes, must};
use super::queue::in_vain;

/// Two that are always the same, unless their holder was killed in between.
type Twins = [u64; 2];

fn change(guard: &mut Guard<'_, Twins>) {
    guard[0] += 1;
    guard[1] += 1;
}

/// The lock can be had, also by another process, and tells when what is behind it may be half done.
fn lockable(mutex: &Mutex<Twins>, died_inside: bool) -> Result<u64, String> {
    let mut guard = goes("lock", mutex.lock_timeout(BOUND))?;
    let told = guard.previous_owner_died();
    must(told || guard[0] == guard[1], || {
        format!("torn, but not told: {guard:?}")
    })?;
    must(told || !died_inside, || {
        "it died inside, and nobody is told".to_owned()
    })?;
    let value = guard[1];
    *guard = [0; 2];
    drop(guard);
    for _ in 0..2 {
        change(&mut goes("lock again", mutex.lock_timeout(BOUND))?);
    }
    Companion::start(|| {
        mutex
            .lock_timeout(BOUND)
            .is_ok_and(|guard| *guard == [2; 2])
    })
    .ends("a third process that locks")?;
    Ok(value)
}

pub fn lock() {
    struct Lock {
        mutex: Mutex<Twins>,
        inside: SharedAtomic<AtomicBool>,
    }
    impl Operation for Lock {
        fn set_up() -> Self {
            Lock {
                mutex: Mutex::new([0; 2]).unwrap(),
                inside: SharedAtomic::new().unwrap(),
            }
        }
        fn run(&self) {
            let mut guard = self.mutex.lock().unwrap();
            self.inside.store(true, SeqCst);
            change(&mut guard);
            self.inside.store(false, SeqCst);
            drop(guard);
        }
        fn check(self, _: u32) -> Result<bool, String> {
            let value = lockable(&self.mutex, self.inside.load(SeqCst))?;
            Ok(value == 1)
        }
    }
    exhaust::<Lock>();
}

pub fn unlock_that_wakes() {
    struct Unlock {
        mutex: Mutex<Twins>,
        gate: Gate,
        waiter: Option<Companion>,
    }
    impl Operation for Unlock {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            Unlock {
                mutex: Mutex::new([0; 2]).unwrap(),
                gate: Gate::shut(),
                waiter: None,
            }
        }
        /// The child holds the lock, and sleeps until another waits for it.
        fn run(&self) {
            let mut guard = self.mutex.lock().unwrap();
            self.gate.pass();
            change(&mut guard);
            drop(guard);
        }
        fn help(&mut self) {
            let waiter = Companion::asleep(|| self.mutex.lock_timeout(PATIENCE).is_ok());
            self.waiter = Some(waiter);
            self.gate.open();
        }
        fn check(mut self, _: u32) -> Result<bool, String> {
            if let Some(waiter) = &mut self.waiter {
                waiter.ends("the one that waited for the lock")?;
            }
            // The waiter was told, if anybody was.
            let guard = goes("lock", self.mutex.lock_timeout(BOUND))?;
            Ok(*guard == [1; 2])
        }
    }
    exhaust::<Unlock>();
}

/// The one that the unlock woke dies before it has the lock; a second one waits as well.
pub fn lock_sleeping() {
    struct Lock {
        mutex: Mutex<Twins>,
        holder: Companion,
        release: Event,
        waiter: Option<Companion>,
    }
    impl Operation for Lock {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            let (mutex, release) = (Mutex::new([0; 2]).unwrap(), Event::new().unwrap());
            let holder = Companion::asleep(|| {
                let guard = mutex.lock();
                let released = release.wait_timeout(PATIENCE);
                drop(guard);
                released
            });
            Lock {
                mutex,
                holder,
                release,
                waiter: None,
            }
        }
        fn run(&self) {
            change(&mut self.mutex.lock().unwrap());
        }
        fn help(&mut self) {
            let waiter = Companion::asleep(|| self.mutex.lock_timeout(PATIENCE).is_ok());
            self.waiter = Some(waiter);
            self.release.set();
            self.holder.ends("the holder").unwrap();
        }
        fn check(mut self, _: u32) -> Result<bool, String> {
            self.release.set();
            self.holder.ends("the holder")?;
            if let Some(waiter) = &mut self.waiter {
                waiter.ends("the second one that waited for the lock")?;
            }
            let guard = goes("lock", self.mutex.lock_timeout(BOUND))?;
            Ok(*guard == [1; 2])
        }
    }
    exhaust::<Lock>();
}

/// All permits can be had, no more, and come back.
fn permits(semaphore: &Semaphore, all: u32) -> Result<(), String> {
    for _ in 0..2 {
        let held = (0..all).map(|_| goes("acquire", semaphore.acquire_timeout(BOUND)));
        let held = held.collect::<Result<Vec<_>, _>>()?;
        must(semaphore.try_acquire().is_err(), || {
            "a permit too many".to_owned()
        })?;
        drop(held);
        let available = semaphore.available();
        must(available == all, || {
            format!("{available} of {all} available")
        })?;
    }
    Companion::start(|| semaphore.acquire_timeout(BOUND).is_ok())
        .ends("a third process that acquires")
}

struct Acquire(Semaphore);

impl Acquire {
    fn new() -> Acquire {
        Acquire(Semaphore::new(2).unwrap())
    }

    fn all(&self) -> Result<bool, String> {
        permits(&self.0, 2)?;
        // Acquired and given back is nothing to be seen.
        Ok(true)
    }
}

pub fn semaphore() {
    struct Warm(Acquire);
    impl Operation for Warm {
        fn set_up() -> Self {
            Warm(Acquire::new())
        }
        fn warm(&self) {
            drop(self.0.0.acquire().unwrap());
        }
        fn run(&self) {
            drop(self.0.0.acquire().unwrap());
        }
        fn check(self, _: u32) -> Result<bool, String> {
            self.0.all()
        }
    }
    exhaust::<Warm>();
}

/// The first time, a process is entered into the list of holders.
pub fn semaphore_first() {
    impl Operation for Acquire {
        fn set_up() -> Self {
            Acquire::new()
        }
        fn run(&self) {
            drop(self.0.acquire().unwrap());
        }
        fn check(self, _: u32) -> Result<bool, String> {
            self.all()
        }
    }
    exhaust::<Acquire>();
}

pub fn semaphore_sleeping() {
    struct Sleeping {
        semaphore: Semaphore,
        holder: Companion,
        release: Event,
    }
    impl Operation for Sleeping {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            let (semaphore, release) = (Semaphore::new(1).unwrap(), Event::new().unwrap());
            let holder = Companion::asleep(|| {
                let permit = semaphore.acquire();
                let released = release.wait_timeout(PATIENCE);
                drop(permit);
                released
            });
            in_vain(|moment| semaphore.acquire_timeout(moment).map(drop));
            Sleeping {
                semaphore,
                holder,
                release,
            }
        }
        fn run(&self) {
            drop(self.semaphore.acquire().unwrap());
        }
        fn help(&mut self) {
            self.release.set();
            self.holder.ends("the holder").unwrap();
        }
        fn check(mut self, _: u32) -> Result<bool, String> {
            self.release.set();
            let _ = self.holder.ends("the holder");
            permits(&self.semaphore, 1)?;
            Ok(true)
        }
    }
    exhaust::<Sleeping>();
}

pub fn release_that_wakes() {
    struct Release {
        semaphore: Semaphore,
        gate: Gate,
        waiter: Option<Companion>,
    }
    impl Operation for Release {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            Release {
                semaphore: Semaphore::new(1).unwrap(),
                gate: Gate::shut(),
                waiter: None,
            }
        }
        fn warm(&self) {
            drop(self.semaphore.acquire().unwrap());
        }
        /// The child holds the permit, and sleeps until another waits for it.
        fn run(&self) {
            let permit = self.semaphore.acquire().unwrap();
            self.gate.pass();
            drop(permit);
        }
        fn help(&mut self) {
            let waiter = Companion::asleep(|| self.semaphore.acquire_timeout(PATIENCE).is_ok());
            self.waiter = Some(waiter);
            self.gate.open();
        }
        fn check(mut self, _: u32) -> Result<bool, String> {
            if let Some(waiter) = &mut self.waiter {
                waiter.ends("the one that waited for a permit")?;
            }
            permits(&self.semaphore, 1)?;
            Ok(true)
        }
    }
    exhaust::<Release>();
}

pub fn update() {
    struct Update(Shared<[u64; 8]>);
    impl Operation for Update {
        fn set_up() -> Self {
            Update(Shared::new([1; 8]).unwrap())
        }
        fn run(&self) {
            self.0.update(|value| value.map(|n| 2 * n)).unwrap();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            let value = goes("get", self.0.get())?;
            must([[1; 8], [2; 8]].contains(&value), || {
                format!("torn: {value:?}")
            })?;
            let tripled = goes("update", self.0.update(|value| value.map(|n| 3 * n)))?;
            must(tripled == value.map(|n| 3 * n), || {
                format!("{value:?} became {tripled:?}")
            })?;
            Ok(value == [2; 8])
        }
    }
    exhaust::<Update>();
}
