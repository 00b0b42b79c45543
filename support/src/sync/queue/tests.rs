//! Every queue against a model, and with several threads.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{FifoQueue, GetError, LifoQueue, PriorityQueue, PutError, Queue};

const SOON: Duration = Duration::from_millis(20);

/// An item; only the first number counts for its order.
#[derive(Debug, Clone, Copy)]
struct Item(u8, u64);

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Put(u8),
    Get,
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        10 => (0..4_u8).prop_map(Step::Put),
        9 => Just(Step::Get),
        1 => Just(Step::Close),
    ];
    prop::collection::vec(step, 0..80)
}

/// Takes the steps on the queue and on a list, of which `next` says which item is due.
fn agrees(
    queue: &dyn Queue<Item>,
    steps: Vec<Step>,
    next: fn(&mut VecDeque<Item>) -> Option<Item>,
) -> Result<(), TestCaseError> {
    let mut model = VecDeque::new();
    let mut open = true;
    for (arrival, step) in (0..).zip(steps) {
        match step {
            Step::Put(urgency) => {
                let item = Item(urgency, arrival);
                let put = if arrival % 2 == 0 {
                    queue.try_put(item)
                } else {
                    queue.put_timeout(item, Duration::ZERO)
                };
                if !open {
                    prop_assert!(matches!(put, Err(PutError::Closed(Item(_, n))) if n == arrival));
                } else if model.len() == queue.capacity() {
                    prop_assert!(matches!(put, Err(PutError::Full(Item(_, n))) if n == arrival));
                } else {
                    prop_assert!(put.is_ok());
                    model.push_back(item);
                }
            }
            Step::Get => {
                let got = if arrival % 2 == 0 {
                    queue.try_get()
                } else {
                    queue.get_timeout(Duration::ZERO)
                };
                let none = if open {
                    GetError::Empty
                } else {
                    GetError::Closed
                };
                let want = next(&mut model).ok_or(none);
                prop_assert_eq!(got.map(|item| item.1), want.map(|item| item.1));
            }
            Step::Close => {
                queue.close();
                open = false;
            }
        }
        prop_assert_eq!(queue.len(), model.len());
        prop_assert_eq!(queue.is_empty(), model.is_empty());
        prop_assert_eq!(queue.is_full(), model.len() == queue.capacity());
        prop_assert_eq!(queue.is_closed(), !open);
    }
    Ok(())
}

proptest! {
    #[test]
    fn fifo_agrees_with_a_list(capacity in 1..6_usize, steps in steps()) {
        agrees(&FifoQueue::new(capacity), steps, VecDeque::pop_front)?;
    }

    #[test]
    fn lifo_agrees_with_a_list(capacity in 1..6_usize, steps in steps()) {
        agrees(&LifoQueue::new(capacity), steps, VecDeque::pop_back)?;
    }

    #[test]
    fn priority_agrees_with_a_list(capacity in 1..6_usize, steps in steps()) {
        agrees(&PriorityQueue::new(capacity), steps, |list| {
            // Of several smallest the first.
            let due = (0..list.len()).min_by_key(|&i| list[i]);
            due.and_then(|i| list.remove(i))
        })?;
    }
}

/// Runs `test` on one queue of each kind.
fn each(capacity: usize, test: impl Fn(&(dyn Queue<u64> + Sync))) {
    test(&FifoQueue::new(capacity));
    test(&LifoQueue::new(capacity));
    test(&PriorityQueue::new(capacity));
}

#[test]
fn every_item_arrives_once() {
    each(3, |queue| {
        let mut all = thread::scope(|s| {
            let getters: Vec<_> = (0..3)
                .map(|_| s.spawn(|| std::iter::from_fn(|| queue.get().ok()).collect::<Vec<_>>()))
                .collect();
            thread::scope(|s| {
                for putter in 0..3 {
                    s.spawn(move || {
                        (0..1000).for_each(|n| queue.put(3 * n + putter).unwrap());
                    });
                }
            });
            queue.close();
            let taken = getters.into_iter().map(|getter| getter.join().unwrap());
            taken.collect::<Vec<_>>().concat()
        });
        all.sort_unstable();
        assert!(all.into_iter().eq(0..3000));
    });
}

#[test]
fn fifo_keeps_the_order_between_threads() {
    let queue = FifoQueue::new(3);
    thread::scope(|s| {
        s.spawn(|| {
            (0..3000).for_each(|n| queue.put(n).unwrap());
            queue.close();
        });
        assert!(std::iter::from_fn(|| queue.get().ok()).eq(0..3000));
    });
}

#[test]
fn waiting_ends_with_the_time() {
    each(1, |queue| {
        let start = Instant::now();
        assert_eq!(queue.get_timeout(SOON), Err(GetError::Empty));
        queue.put(1).unwrap();
        assert_eq!(queue.put_timeout(2, SOON), Err(PutError::Full(2)));
        assert!(start.elapsed() >= 2 * SOON);
        assert_eq!(queue.get_timeout(Duration::MAX), Ok(1));
        queue.put_timeout(3, Duration::MAX).unwrap();
    });
}

#[test]
fn waiting_ends_with_an_item_or_with_room() {
    each(1, |queue| {
        thread::scope(|s| {
            let getter = s.spawn(|| queue.get());
            thread::sleep(SOON);
            queue.put(1).unwrap();
            assert_eq!(getter.join().unwrap(), Ok(1));
            queue.put(2).unwrap();
            let putter = s.spawn(|| queue.put(3));
            thread::sleep(SOON);
            assert_eq!(queue.get(), Ok(2));
            assert_eq!(putter.join().unwrap(), Ok(()));
            assert_eq!(queue.get(), Ok(3));
        });
    });
}

#[test]
fn closing_wakes_who_waits() {
    each(1, |queue| {
        thread::scope(|s| {
            let getter = s.spawn(|| queue.get());
            thread::sleep(SOON);
            queue.close();
            assert_eq!(getter.join().unwrap(), Err(GetError::Closed));
        });
        queue.close();
    });
    each(1, |queue| {
        queue.put(1).unwrap();
        thread::scope(|s| {
            let putter = s.spawn(|| queue.put(2));
            thread::sleep(SOON);
            queue.close();
            assert_eq!(putter.join().unwrap(), Err(PutError::Closed(2)));
        });
        assert_eq!(queue.get(), Ok(1));
        assert_eq!(queue.get(), Err(GetError::Closed));
    });
}

#[test]
fn nothing_put_before_the_closing_is_lost() {
    for _ in 0..200 {
        each(2, |queue| {
            let (put, got) = thread::scope(|s| {
                let putter = s.spawn(|| (0..50).take_while(|&n| queue.put(n).is_ok()).count());
                let getter = s.spawn(|| std::iter::from_fn(|| queue.get().ok()).count());
                thread::yield_now();
                queue.close();
                (putter.join().unwrap(), getter.join().unwrap())
            });
            assert_eq!(put, got);
        });
    }
}

#[test]
#[should_panic(expected = "capacity of 1")]
fn a_queue_without_room_is_refused() {
    LifoQueue::<u8>::new(0);
}

#[test]
fn items_that_cannot_be_shown_can_be_reported() {
    struct Opaque;
    let queue = FifoQueue::new(1);
    queue.put(Opaque).unwrap();
    let refused = queue.try_put(Opaque).unwrap_err();
    assert_eq!(format!("{refused:?}"), "Full(..)");
    assert!(refused.to_string().contains("wait longer"));
    let Opaque = refused.into_inner();
    assert_eq!(
        format!("{queue:?}"),
        "FifoQueue { len: 1, capacity: 1, closed: false }"
    );
}

/// Both fall asleep again and again, just as the other puts: a wake-up that is lost would end the patience.
#[test]
fn no_wake_up_is_lost_between_two() {
    const PATIENCE: Duration = Duration::from_secs(30);
    for capacity in [1, 2] {
        let (there, back) = (FifoQueue::new(capacity), FifoQueue::new(capacity));
        thread::scope(|s| {
            s.spawn(|| {
                for n in there.iter() {
                    back.put_timeout(n, PATIENCE).unwrap();
                }
            });
            for n in 0..20_000_u64 {
                there.put_timeout(n, PATIENCE).unwrap();
                // Sometimes the other has gone to sleep by then, sometimes it is about to.
                (0..n % 512).for_each(|_| std::hint::spin_loop());
                let got = back.get_timeout(PATIENCE);
                if got != Ok(n) {
                    there.close();
                }
                assert_eq!(got, Ok(n));
            }
            there.close();
        });
    }
}

#[test]
fn iter_ends_with_the_closing() {
    fn sum(queue: impl Queue<u64> + Sync) -> u64 {
        thread::scope(|s| {
            s.spawn(|| {
                (1..=100).for_each(|n| queue.put(n).unwrap());
                queue.close();
            });
            queue.iter().sum()
        })
    }
    assert_eq!(sum(FifoQueue::new(3)), 5050);
    assert_eq!(sum(LifoQueue::new(3)), 5050);
    assert_eq!(sum(PriorityQueue::new(3)), 5050);
}

/// Many putters and getters, some with little patience, while the queue closes: each item is taken once or comes back.
#[test]
fn closing_under_load_loses_nothing() {
    for round in 0..40 {
        each(1 + round % 3, |queue| {
            let brief = Duration::from_micros(50);
            let (mut put, mut got) = thread::scope(|s| {
                let putters: Vec<_> = (0..3)
                    .map(|putter| {
                        s.spawn(move || {
                            let items = (0..).map(|n| 3 * n + putter);
                            let mut put = Vec::new();
                            for item in items {
                                match if item % 2 == 0 {
                                    queue.put(item)
                                } else {
                                    queue.put_timeout(item, brief)
                                } {
                                    Ok(()) => put.push(item),
                                    Err(PutError::Full(back)) => assert_eq!(back, item),
                                    Err(PutError::Closed(back)) => {
                                        assert_eq!(back, item);
                                        return put;
                                    }
                                }
                            }
                            put
                        })
                    })
                    .collect();
                let getters: Vec<_> = (0..3)
                    .map(|getter| {
                        s.spawn(move || {
                            let mut got = Vec::new();
                            loop {
                                match if getter == 0 {
                                    queue.get_timeout(brief)
                                } else {
                                    queue.get()
                                } {
                                    Ok(item) => got.push(item),
                                    Err(GetError::Empty) => {}
                                    Err(GetError::Closed) => return got,
                                }
                            }
                        })
                    })
                    .collect();
                thread::sleep(Duration::from_millis(2));
                queue.close();
                let join = |all: Vec<thread::ScopedJoinHandle<'_, Vec<u64>>>| {
                    let all = all.into_iter().map(|one| one.join().unwrap());
                    all.collect::<Vec<_>>().concat()
                };
                (join(putters), join(getters))
            });
            put.sort_unstable();
            got.sort_unstable();
            assert_eq!(put, got);
        });
    }
}

/// An item whose comparison panics when it is told to.
struct Touchy<'a> {
    rank: u32,
    panics: &'a std::cell::Cell<bool>,
}

impl PartialEq for Touchy<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Touchy<'_> {}

impl PartialOrd for Touchy<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Touchy<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        assert!(!self.panics.get(), "no order today");
        self.rank.cmp(&other.rank)
    }
}

#[test]
fn a_comparison_that_panics_loses_only_the_item_being_put() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let panics = std::cell::Cell::new(false);
    let queue = PriorityQueue::new(100);
    let item = |rank| Touchy {
        rank,
        panics: &panics,
    };
    for n in 0..50 {
        queue.put(item(n * 37 % 50)).unwrap();
    }
    panics.set(true);
    for _ in 0..3 {
        let put = catch_unwind(AssertUnwindSafe(|| queue.put(item(0))));
        assert_eq!(put.unwrap_err().downcast_ref(), Some(&"no order today"));
        assert!(catch_unwind(AssertUnwindSafe(|| queue.get())).is_err());
        assert_eq!(queue.len(), 50);
    }
    panics.set(false);
    queue.close();
    assert!(queue.iter().map(|item| item.rank).eq(0..50));
}

thread_local! {
    static COMPARES: std::cell::Cell<bool> = const { std::cell::Cell::new(true) };
}

/// Cannot be compared by a thread that says so.
#[derive(PartialEq, Eq)]
struct Shy(u32);

impl PartialOrd for Shy {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Shy {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        assert!(COMPARES.get(), "not by this thread");
        self.0.cmp(&other.0)
    }
}

#[test]
fn whoever_is_woken_and_panics_wakes_the_next() {
    let queue = PriorityQueue::new(3);
    (0..3).for_each(|n| queue.put(Shy(n)).unwrap());
    thread::scope(|s| {
        // It falls asleep first, and so is woken first.
        let bad = s.spawn(|| {
            COMPARES.set(false);
            queue.put_timeout(Shy(3), Duration::from_secs(30))
        });
        thread::sleep(2 * SOON);
        let good = s.spawn(|| queue.put_timeout(Shy(4), Duration::from_secs(30)));
        thread::sleep(2 * SOON);
        let start = Instant::now();
        assert_eq!(queue.get().unwrap().0, 0);
        assert!(good.join().unwrap().is_ok());
        // Who is not woken looks once more when its time is over.
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "took {took:?}");
        // On a slow machine the good one may have been first; then there is no room for the bad one before this.
        let _ = queue.try_get();
        assert!(bad.join().is_err());
    });
}
