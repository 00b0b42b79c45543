use std::thread;
use std::time::Instant;

use course_tests::{SOON, ms};
use support::ipc::{Error, JoinableQueue};

use super::queue::serde_like::Even;
use super::queue::{child, succeeds, took};

pub fn join_waits_for_all_tasks() {
    let queue = JoinableQueue::<u32>::new(3).unwrap();
    let consumers: Vec<_> = (0..3)
        .map(|_| {
            child(|| {
                for _ in 0..4 {
                    queue.get().unwrap();
                    thread::sleep(ms(20));
                    queue.task_done().unwrap();
                }
            })
        })
        .collect();
    let start = Instant::now();
    (0..12).for_each(|n| queue.put(&n).unwrap());
    queue.join().unwrap();
    took(start, ms(80));
    assert_eq!(queue.unfinished(), 0);
    queue.join().unwrap();
    consumers.into_iter().for_each(succeeds);
}

pub fn once_too_often_is_an_error() {
    let queue = JoinableQueue::<u32>::new(3).unwrap();
    assert!(matches!(queue.task_done(), Err(Error::NoOpenTask { .. })));
    queue.put(&1).unwrap();
    assert!(matches!(queue.task_done(), Err(Error::NoOpenTask { .. })));
    queue.get().unwrap();
    queue.task_done().unwrap();
    let error = queue.task_done().unwrap_err();
    assert!(error.to_string().contains(&std::process::id().to_string()));
    queue.join().unwrap();
}

pub fn tasks_are_the_takers() {
    let queue = JoinableQueue::<u32>::new(8).unwrap();
    queue.put_many(&[1, 2, 3]).unwrap();
    let two: Vec<_> = queue
        .get_many(2)
        .unwrap()
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(two, [1, 2]);
    let other = child(|| {
        assert!(matches!(queue.task_done(), Err(Error::NoOpenTask { .. })));
        assert_eq!(queue.get().unwrap(), 3);
        queue.task_done().unwrap();
        assert!(queue.task_done().is_err());
    });
    succeeds(other);
    assert_eq!(queue.unfinished(), 2);
    let clone = queue.clone();
    clone.task_done().unwrap();
    queue.task_done().unwrap();
    queue.join().unwrap();
}

/// It was taken, and so it is to be declared done, once.
pub fn what_cannot_be_decoded_is_a_task() {
    let queue = JoinableQueue::<Even>::new(8).unwrap();
    queue.put(&Even(0)).unwrap();
    queue.get().unwrap();
    queue.task_done().unwrap();
    queue.put_many(&[1, 13, 2, 3].map(Even)).unwrap();
    for _ in 0..2 {
        assert!(matches!(queue.get(), Err(Error::Decode(_))));
        queue.task_done().unwrap();
        assert!(matches!(queue.task_done(), Err(Error::NoOpenTask { .. })));
    }
    let batch = queue.get_many(9).unwrap();
    assert_eq!((batch.len(), queue.unfinished()), (2, 2));
    for _ in &batch {
        queue.task_done().unwrap();
    }
    assert!(queue.task_done().is_err());
    queue.join_timeout(SOON).unwrap();
}

pub fn close_ends_the_consumers() {
    let queue = JoinableQueue::<u32>::new(3).unwrap();
    let consumers: Vec<_> = (0..2)
        .map(|_| {
            child(|| {
                for item in queue.iter() {
                    item.unwrap();
                    queue.task_done().unwrap();
                }
            })
        })
        .collect();
    queue.put_many(&[1, 2, 3, 4, 5, 6, 7]).unwrap();
    queue.close();
    queue.join_timeout(SOON).unwrap();
    assert!(matches!(queue.put(&8), Err(Error::Closed)));
    assert_eq!(queue.unfinished(), 0);
    consumers.into_iter().for_each(succeeds);
}

pub fn join_timeout_expires() {
    let queue = JoinableQueue::<u32>::new(3).unwrap();
    queue.put(&1).unwrap();
    let start = Instant::now();
    let error = queue.join_timeout(ms(60)).unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error:?}");
    took(start, ms(60));
}

pub fn join_names_the_dead() {
    let queue = JoinableQueue::<u32>::new(8).unwrap();
    queue.put_many(&[1, 2, 3, 4]).unwrap();
    let mut dies = child(|| {
        queue.get_many(2).unwrap();
        thread::sleep(ms(60_000));
    });
    while queue.len() > 2 {
        thread::yield_now();
    }
    let killer = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(ms(50));
            dies.kill().unwrap();
        });
        let start = Instant::now();
        // Not reaped: a zombie is dead too.
        let error = queue.join().unwrap_err();
        took(start, ms(0));
        error
    });
    dies.join().unwrap();
    match &killer {
        Error::DeadConsumers {
            dead,
            unfinished: 4,
        } => {
            assert_eq!((dead.len(), dead[0].pid, dead[0].open), (1, dies.pid(), 2));
        }
        other => panic!("{other:?}"),
    }
    assert!(
        killer.to_string().contains(&dies.pid().to_string()),
        "{killer}"
    );
    assert_eq!(queue.write_off().len(), 1);
    for _ in 0..2 {
        queue.get().unwrap();
        queue.task_done().unwrap();
    }
    queue.join().unwrap();
}

pub fn places_of_the_dead_are_reused() {
    let queue = JoinableQueue::<u32>::new(8).unwrap();
    for n in 0..300 {
        queue.put(&n).unwrap();
        succeeds(child(|| {
            queue.get().unwrap();
            queue.task_done().unwrap();
        }));
    }
    queue.join().unwrap();
}

/// It may close its last task and end between two looks at it: that it has something open, and that it is dead.
pub fn who_ends_with_all_done_is_not_named() {
    let queue = JoinableQueue::<u32>::new(8).unwrap();
    for n in 0..300 {
        queue.put(&n).unwrap();
        let consumer = child(|| {
            queue.get().unwrap();
            queue.task_done().unwrap();
        });
        while let Err(error) = queue.join_timeout(ms(0)) {
            assert!(matches!(error, Error::TimedOut { .. }), "{error}");
        }
        succeeds(consumer);
    }
}
