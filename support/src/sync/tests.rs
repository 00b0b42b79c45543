//! The locks against models, and what they do in time.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Event, ReentrantLock, Semaphore, replace_file};

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

#[test]
fn a_release_needs_no_permit() {
    let semaphore = Semaphore::new(0);
    semaphore.release(0);
    assert!(semaphore.try_acquire().is_none());
    semaphore.release(2);
    semaphore.acquire().forget();
    assert_eq!(semaphore.available(), 1);
    drop(semaphore.acquire());
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn a_release_of_too_many_is_refused_and_changes_nothing() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let semaphore = Semaphore::new(1);
    let permit = semaphore.acquire();
    semaphore.release(usize::MAX);
    let refused = catch_unwind(AssertUnwindSafe(|| semaphore.release(1))).unwrap_err();
    assert!(
        refused
            .downcast_ref::<String>()
            .unwrap()
            .contains("do not fit")
    );
    drop(permit);
    assert_eq!(semaphore.available(), usize::MAX);
}

#[test]
fn a_holder_that_panics_gives_back_what_it_held() {
    let (semaphore, lock) = (Semaphore::new(1), ReentrantLock::new(()));
    let watch = super::deadlock::Watch::new();
    let mutex = watch.mutex("lock");
    let panicked = thread::scope(|s| {
        s.spawn(|| {
            let _held = (semaphore.acquire(), lock.lock(), lock.lock(), mutex.lock());
            panic!("while it holds all");
        })
        .join()
    });
    assert!(panicked.is_err());
    assert_eq!(semaphore.available(), 1);
    assert!(lock.held().is_none() && lock.try_lock().is_some());
    assert_eq!(watch.graph().held().count(), 0);
    assert!(mutex.try_lock().is_some());
}

#[test]
fn a_name_that_panics_leaves_the_watch_as_it_was() {
    struct Bad;
    impl From<Bad> for String {
        fn from(_: Bad) -> Self {
            panic!("no name")
        }
    }
    let watch = super::deadlock::Watch::new();
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| watch.mutex(Bad))).is_err());
    let lock = watch.mutex("A");
    let _held = lock.lock();
    assert_eq!(watch.graph().held().count(), 1);
}

/// A folder of this test alone.
fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("sync-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn threads_that_replace_one_file_do_not_mix() {
    const SIZE: usize = 1 << 18;
    let folder = folder("threads");
    let path = folder.join("file");
    replace_file(&path, vec![b'a'; SIZE]).unwrap();
    thread::scope(|s| {
        let writers: Vec<_> = (b'a'..b'e')
            .map(|byte| {
                let path = &path;
                s.spawn(move || (0..30).for_each(|_| replace_file(path, vec![byte; SIZE]).unwrap()))
            })
            .collect();
        while !writers.iter().all(|writer| writer.is_finished()) {
            let seen = std::fs::read(&path).unwrap();
            assert_eq!(seen.len(), SIZE);
            assert!(seen.iter().all(|byte| *byte == seen[0]));
        }
    });
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_replaced_file_keeps_its_mode_and_a_new_one_has_the_usual() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder("mode");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let (new, usual) = (folder.join("new"), folder.join("usual"));
    fs::write(&usual, "").unwrap();
    replace_file(&new, "1").unwrap();
    assert_eq!(mode(&new), mode(&usual));
    for old in [0o640, 0o444, 0o755] {
        fs::set_permissions(&new, Permissions::from_mode(old)).unwrap();
        replace_file(&new, "2").unwrap();
        assert_eq!(mode(&new), old);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_replacement_that_fails_leaves_nothing_and_names_the_file() {
    let folder = folder("fails");
    // A folder with something in it cannot be replaced.
    let path = folder.join("taken");
    std::fs::create_dir_all(path.join("inside")).unwrap();
    let error = replace_file(&path, "new").unwrap_err();
    assert!(error.to_string().contains("cannot replace"), "{error}");
    assert!(error.to_string().contains("taken"), "{error}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let error = replace_file(folder.join("nowhere/file"), "new").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    assert!(error.to_string().contains("nowhere/file"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}
