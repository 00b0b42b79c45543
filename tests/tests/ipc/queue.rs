use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use course_tests::{SOON, ms};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_like::Refuses;
use support::ipc::{Bytes, Error, Queue, SharedAtomic};
use support::process::Process;
use support::process::inspect::{State, inspect};

use crate::common::mappings::mappings;

/// Starts a child; what it cannot unwrap becomes its exit code.
pub fn child(work: impl FnOnce()) -> Process {
    Process::start(work).unwrap()
}

pub fn succeeds(mut child: Process) {
    let exit = child.join_timeout(2 * SOON).unwrap();
    assert!(exit.is_some_and(|exit| exit.success()), "{exit:?}");
}

/// Asserts that what began at `start` has not ended before its time, nor hung.
pub fn took(start: Instant, at_least: Duration) {
    let took = start.elapsed();
    assert!((at_least..at_least + SOON).contains(&took), "{took:?}");
}

/// Waits until a child is seen in this state.
pub fn comes_to(child: &Process, state: State) {
    let start = Instant::now();
    while inspect(child.pid()).unwrap().unwrap().state != state {
        assert!(start.elapsed() < SOON, "not {state}");
        thread::sleep(ms(1));
    }
}

fn is_full<T: Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Full { .. })), "{result:?}");
}

fn is_empty<T: Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Empty { .. })), "{result:?}");
}

pub fn parent_and_child() {
    let queue = Queue::<String>::new(1).unwrap();
    let producer = child(|| queue.put("燕子李三").unwrap());
    assert_eq!(queue.get().unwrap(), "燕子李三");
    succeeds(producer);
}

pub fn child_and_child() {
    let queue = Queue::<(u32, String)>::new(1).unwrap();
    let producer = child(|| queue.put(&(3, "bun".to_owned())).unwrap());
    let consumer = child(|| assert_eq!(queue.get().unwrap(), (3, "bun".to_owned())));
    succeeds(producer);
    succeeds(consumer);
}

pub fn fifo_from_each_producer() {
    const EACH: u32 = 5_000;
    let queue = Queue::<(usize, u32)>::new(7).unwrap();
    let producers: Vec<_> = (0..4)
        .map(|producer| child(|| (0..EACH).for_each(|n| queue.put(&(producer, n)).unwrap())))
        .collect();
    let mut next = [0; 4];
    for _ in 0..4 * EACH {
        let (producer, n) = queue.get_timeout(SOON).unwrap();
        assert_eq!(n, next[producer]);
        next[producer] += 1;
    }
    producers.into_iter().for_each(succeeds);
    assert!(queue.is_empty());
}

pub fn put_blocks_when_full() {
    let queue = Queue::<u32>::new(2).unwrap();
    queue.put(&1).unwrap();
    queue.put(&2).unwrap();
    assert!(queue.is_full());
    is_full(queue.try_put(&3));
    is_full(queue.put_timeout(&3, ms(20)));
    let start = Instant::now();
    let consumer = child(|| {
        thread::sleep(ms(100));
        assert_eq!(queue.get().unwrap(), 1);
    });
    queue.put(&3).unwrap();
    took(start, ms(100));
    succeeds(consumer);
    assert_eq!((queue.get().unwrap(), queue.get().unwrap()), (2, 3));
}

pub fn get_blocks_when_empty() {
    let queue = Queue::<u32>::new(2).unwrap();
    assert!(queue.is_empty());
    is_empty(queue.try_get());
    is_empty(queue.get_timeout(ms(20)));
    let start = Instant::now();
    let producer = child(|| {
        thread::sleep(ms(100));
        queue.put(&1).unwrap();
    });
    assert_eq!(queue.get().unwrap(), 1);
    took(start, ms(100));
    succeeds(producer);
}

pub fn timeouts_are_kept() {
    let queue = Queue::<u32>::new(1).unwrap();
    for timeout in [ms(1), ms(30), ms(150)] {
        let start = Instant::now();
        is_empty(queue.get_timeout(timeout));
        is_empty(queue.get_many_timeout(3, timeout));
        took(start, 2 * timeout);
    }
    queue.put_timeout(&1, Duration::MAX).unwrap();
    assert_eq!(queue.get_timeout(Duration::MAX).unwrap(), 1);
}

pub fn items_put_before_a_fork_are_there_once() {
    let queue = Queue::<u32>::new(20).unwrap();
    (0..10).for_each(|n| queue.put(&n).unwrap());
    let producer = child(|| (10..20).for_each(|n| queue.put(&n).unwrap()));
    for n in 0..20 {
        assert_eq!(queue.get().unwrap(), n);
    }
    is_empty(queue.try_get());
    succeeds(producer);
}

pub fn hints_count() {
    let queue = Queue::<u32>::new(3).unwrap();
    for n in 0..3 {
        assert_eq!(
            (queue.len(), queue.is_empty(), queue.is_full()),
            (n, n == 0, false)
        );
        queue.put(&0).unwrap();
    }
    assert_eq!(
        (queue.len(), queue.is_full(), queue.capacity()),
        (3, true, 3)
    );
    queue.get().unwrap();
    assert_eq!((queue.len(), queue.is_full()), (2, false));
    assert_eq!(queue.recoveries(), 0);
}

pub fn capacity_of_one() {
    let queue = Queue::<u64>::new(1).unwrap();
    let producer = child(|| (0..20_000).for_each(|n| queue.put(&n).unwrap()));
    for n in 0..20_000 {
        assert_eq!(queue.get().unwrap(), n);
        assert!(queue.len() <= 1);
    }
    succeeds(producer);
}

pub fn batches_keep_the_order() {
    let queue = Queue::<u64>::new(10).unwrap();
    let all: Vec<u64> = (0..1_000).collect();
    let producer = child(|| {
        queue.put_many::<u64>(&[]).unwrap();
        // Larger than the queue.
        queue.put_many(&all).unwrap();
    });
    assert!(queue.get_many(0).unwrap().is_empty());
    let mut got = Vec::new();
    while got.len() < all.len() {
        let batch = queue.get_many(7).unwrap();
        assert!((1..=7).contains(&batch.len()));
        got.extend(batch.into_iter().map(Result::unwrap));
    }
    assert_eq!(got, all);
    succeeds(producer);
}

pub fn too_large_says_both_sizes() {
    let queue = Queue::<Bytes>::with_bytes(4, 5_000).unwrap();
    let capacity = queue.byte_capacity();
    assert!((5_000..20_000).contains(&capacity));
    // The length takes three bytes.
    let error = queue.put(&Bytes(vec![0; capacity])).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { size, capacity: c } if size == capacity + 2 && c == capacity),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains(&capacity.to_string()) && text.contains(&(capacity + 2).to_string()),
        "{text}"
    );
    assert!(queue.is_empty());
    // In a batch, what stands before it is put.
    let batch = [Bytes(vec![1]), Bytes(vec![0; capacity])];
    queue.put_many(&batch).unwrap_err();
    assert_eq!(queue.try_get().unwrap(), batch[0]);
    is_empty(queue.try_get());
}

pub fn largest_item_fits_at_every_place() {
    let queue = Queue::<Bytes>::with_bytes(4, 1).unwrap();
    let largest = queue.byte_capacity() - 2;
    let producer = child(|| {
        for n in 0..3_000 {
            queue.put(&Bytes(vec![n as u8; n % 40])).unwrap();
            queue.put(&Bytes(vec![n as u8; largest])).unwrap();
        }
    });
    for n in 0..3_000 {
        assert_eq!(queue.get().unwrap(), Bytes(vec![n as u8; n % 40]));
        assert_eq!(queue.get().unwrap(), Bytes(vec![n as u8; largest]));
    }
    succeeds(producer);
}

pub fn what_cannot_be_encoded_is_the_callers_error() {
    let queue = Queue::<Refuses>::new(1).unwrap();
    assert!(matches!(queue.put(&Refuses), Err(Error::Encode(_))));
    assert!(queue.is_empty());
    assert!(matches!(queue.try_get(), Err(Error::Empty { .. })));
}

pub fn what_cannot_be_decoded_is_lost() {
    let queue = serde_like::Even::queue();
    for n in [2, 3, 4, 13, 6] {
        queue.put(&serde_like::Even(n)).unwrap();
    }
    let lost = |why: &str| {
        let error = queue.get_timeout(SOON).unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
    };
    assert_eq!(queue.get().unwrap().0, 2);
    lost("");
    assert_eq!(queue.get().unwrap().0, 4);
    lost("it panicked: cannot stand 13");
    assert_eq!(queue.get().unwrap().0, 6);
    assert_eq!((queue.len(), queue.recoveries()), (0, 0));
}

pub fn batch_tells_what_cannot_be_decoded() {
    let queue = serde_like::Even::queue();
    queue
        .put_many(&[3, 4, 13, 6, 8].map(serde_like::Even))
        .unwrap();
    let batch = queue.get_many(4).unwrap();
    let good: Vec<_> = batch
        .iter()
        .map(|item| item.as_ref().ok().map(|even| even.0))
        .collect();
    assert_eq!(good, [None, Some(4), None, Some(6)]);
    let words: Vec<_> = batch
        .iter()
        .filter_map(|item| item.as_ref().err())
        .collect();
    assert!(words.iter().all(|error| matches!(error, Error::Decode(_))));
    assert!(words[1].to_string().contains("cannot stand 13"));
    assert_eq!(queue.get_many(9).unwrap().remove(0).unwrap().0, 8);
    is_empty(queue.try_get());
}

/// A type that ends its process while it is decoded takes that one item along.
pub fn what_kills_in_decode_kills_once() {
    let queue = serde_like::Even::queue();
    for n in [99, 4] {
        queue.put(&serde_like::Even(n)).unwrap();
    }
    let mut dies = child(|| drop(queue.get()));
    assert!(!dies.join_timeout(SOON).unwrap().unwrap().success());
    assert_eq!(queue.get_timeout(SOON).unwrap().0, 4);
}

/// Neither end is locked while a type's own code runs.
pub fn items_may_use_their_queue() {
    let queue = Queue::<serde_like::Nested>::new(4).unwrap();
    serde_like::Nested::set(Some(&queue));
    // The first of a type is decoded when it is put, to see that it can be.
    queue.put(&serde_like::Nested(7)).unwrap();
    queue.get().unwrap();
    queue.put(&serde_like::Nested(2)).unwrap();
    let put: Vec<u32> = std::iter::from_fn(|| queue.try_get().ok())
        .map(|nested| nested.0)
        .collect();
    // Those put from within came first. Decoding one of them got the next.
    assert_eq!(put, [0, 2]);
    serde_like::Nested::set(None);
}

pub fn capacities_are_checked() {
    const MOST: usize = 1 << 29;
    for (items, bytes) in [
        (0, 10),
        (MOST + 1, 10),
        (usize::MAX, 10),
        (10, MOST + 1),
        (10, usize::MAX),
    ] {
        let error = Queue::<u32>::with_bytes(items, bytes).unwrap_err();
        assert!(matches!(error, Error::Capacity { .. }), "{error:?}");
        assert!(error.to_string().contains(&MOST.to_string()), "{error}");
    }
    assert!(Queue::<u32>::with_bytes(MOST, 0).is_ok());
    let most = Queue::<u32>::with_bytes(1, MOST).unwrap();
    assert!(most.byte_capacity() >= MOST);
}

pub fn default_queue_takes_a_megabyte() {
    const MEGABYTE: usize = 1 << 20;
    // The length takes three bytes.
    let item = Bytes(vec![7; MEGABYTE - 3]);
    let text = "x".repeat(MEGABYTE - 3);
    for capacity in [1, 5] {
        let queue = Queue::<Bytes>::new(capacity).unwrap();
        queue.try_put(&item).unwrap();
        assert_eq!(queue.try_get().unwrap(), item);
        let queue = Queue::<String>::new(capacity).unwrap();
        queue.try_put(&text).unwrap();
        assert_eq!(queue.try_get().unwrap(), text);
    }
}

fn is_closed<T: Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Closed)), "{result:?}");
}

pub fn closed_queue_gives_the_rest() {
    let queue = Queue::<u32>::new(5).unwrap();
    queue.put_many(&[1, 2, 3]).unwrap();
    succeeds(child(|| queue.close()));
    assert!(queue.is_closed() && queue.clone().is_closed());
    is_closed(queue.put(&4));
    is_closed(queue.try_put(&4));
    is_closed(queue.put_timeout(&4, ms(10)));
    is_closed(queue.put_many(&[4, 5]));
    is_closed(queue.producer().map(drop));
    assert_eq!((queue.len(), queue.is_empty()), (3, false));
    assert_eq!(queue.get().unwrap(), 1);
    let rest: Vec<_> = queue.iter().map(Result::unwrap).collect();
    assert_eq!(rest, [2, 3]);
    is_closed(queue.get());
    is_closed(queue.try_get());
    is_closed(queue.get_timeout(Duration::MAX));
    is_closed(queue.get_many(2));
    queue.close();
    assert!(queue.iter().next().is_none());
}

pub fn close_wakes_all_who_wait() {
    let (full, empty) = (Queue::<u32>::new(1).unwrap(), Queue::<u32>::new(1).unwrap());
    full.put(&1).unwrap();
    let waiting = [
        child(|| is_closed(full.put(&2))),
        child(|| is_closed(full.put_timeout(&2, Duration::MAX))),
        child(|| is_closed(full.put_many(&[2, 3]))),
        child(|| is_closed(empty.get())),
        child(|| is_closed(empty.get_many_timeout(2, Duration::MAX))),
        child(|| assert_eq!(empty.iter().count(), 0)),
    ];
    thread::sleep(ms(100));
    full.close();
    empty.close();
    waiting.into_iter().for_each(succeeds);
    assert_eq!(full.get().unwrap(), 1);
    is_closed(full.get());
}

/// Each item whose put succeeded comes out; none comes out whose put did not.
pub fn what_is_put_before_the_close_comes_out() {
    for round in 0..200 {
        let queue = Queue::<u32>::new(1000).unwrap();
        let counts = Queue::<u32>::new(4).unwrap();
        let producers: Vec<_> = (0..2)
            .map(|_| {
                child(|| {
                    let put = (0..u32::MAX).take_while(|n| queue.put(n).is_ok()).count();
                    counts.put(&(put as u32)).unwrap();
                })
            })
            .collect();
        let closer = child(|| {
            thread::sleep(Duration::from_micros(20 * round));
            queue.close();
        });
        let got = queue.iter().map(Result::unwrap).count();
        producers.into_iter().for_each(succeeds);
        succeeds(closer);
        let put: u32 = (0..2).map(|_| counts.get().unwrap()).sum();
        assert_eq!(got, put as usize);
    }
}

pub fn stream_ends_with_its_producers() {
    let queue = Queue::<u32>::new(5).unwrap();
    let first = queue.producer().unwrap();
    let second = queue.clone();
    let second = second.producer().unwrap();
    first.put(&1).unwrap();
    drop(first);
    second.put(&2).unwrap();
    assert!(!queue.is_closed());
    is_empty(
        queue
            .get_timeout(ms(30))
            .and_then(|_| queue.get_timeout(ms(30)))
            .and_then(|_| queue.get_timeout(ms(30))),
    );
    drop(second);
    assert!(queue.is_closed());
    is_closed(queue.get());
}

pub fn stream_ends_when_its_producers_die() {
    let queue = Queue::<u32>::new(50).unwrap();
    let before = queue.producer().unwrap();
    let came = SharedAtomic::<AtomicU32>::new().unwrap();
    let mut producers: Vec<_> = (0..3)
        .map(|n| {
            child(|| {
                let producer = queue.producer().unwrap();
                producer.put(&n).unwrap();
                came.fetch_add(1, SeqCst);
                if n > 0 {
                    thread::sleep(ms(60_000));
                }
            })
        })
        .collect();
    let consumer = child(|| {
        let mut got: Vec<_> = queue.iter().map(Result::unwrap).collect();
        got.sort();
        assert_eq!(got, [0, 1, 2]);
    });
    while came.load(SeqCst) < 3 || !queue.is_empty() || producers[0].is_alive() {
        thread::sleep(ms(1));
    }
    drop(before);
    thread::sleep(ms(50));
    assert!(!queue.is_closed());
    // Not reaped: a zombie is dead too.
    for producer in &mut producers[1..] {
        kill(Pid::from_raw(producer.pid() as i32), Signal::SIGKILL).unwrap();
    }
    succeeds(consumer);
    assert!(queue.is_closed());
    is_closed(queue.producer().map(drop));
}

pub fn producers_move_into_children() {
    for round in 0..50 {
        let queue = Queue::<u32>::new(3).unwrap();
        let producers: Vec<_> = (0..4).map(|_| queue.producer().unwrap()).collect();
        let children: Vec<_> = producers
            .into_iter()
            .enumerate()
            .map(|(n, producer)| {
                Process::start(move || {
                    let n = n as u32;
                    producer.put_many(&[n, n]).unwrap();
                    if n == 2 {
                        nix::sys::signal::raise(Signal::SIGKILL).unwrap();
                    }
                    if n == 3 && round % 2 == 0 {
                        std::process::exit(0);
                    }
                })
                .unwrap()
            })
            .collect();
        let mut got: Vec<_> = queue.iter().map(Result::unwrap).collect();
        got.sort();
        assert_eq!(got, [0, 0, 1, 1, 2, 2, 3, 3]);
        drop(children);
    }
}

/// It lives as long as the child, which has it, not as long as the parent's copy.
pub fn moved_producer_keeps_the_stream_open() {
    let queue = Queue::<u32>::new(3).unwrap();
    let producer = queue.producer().unwrap();
    let child = Process::start(move || {
        thread::sleep(ms(150));
        producer.put(&1).unwrap();
    })
    .unwrap();
    is_empty(queue.get_timeout(ms(50)));
    assert_eq!(queue.iter().map(Result::unwrap).collect::<Vec<_>>(), [1]);
    succeeds(child);
}

pub fn uncounted_producers_end_nothing() {
    let queue = Queue::<u32>::new(5).unwrap();
    succeeds(child(|| queue.put(&1).unwrap()));
    assert_eq!(queue.get().unwrap(), 1);
    is_empty(queue.get_timeout(ms(60)));
    assert!(!queue.is_closed());
}

pub fn endless_timeouts_wait() {
    let queue = Queue::<u32>::new(1).unwrap();
    let start = Instant::now();
    let other = child(|| {
        thread::sleep(ms(100));
        queue.put(&1).unwrap();
        thread::sleep(ms(100));
        assert_eq!(queue.get().unwrap(), 2);
        thread::sleep(ms(100));
        assert_eq!(queue.get().unwrap(), 3);
    });
    assert_eq!(queue.get_timeout(Duration::MAX).unwrap(), 1);
    queue.put_timeout(&2, Duration::MAX).unwrap();
    queue.put_timeout(&3, Duration::MAX).unwrap();
    took(start, ms(200));
    succeeds(other);
}

pub fn empty_items() {
    let queue = Queue::<()>::new(100_000).unwrap();
    for _ in 0..100_000 {
        queue.try_put(&()).unwrap();
    }
    is_full(queue.try_put(&()));
    let got = queue.get_many(usize::MAX).unwrap();
    assert_eq!(got.len(), 100_000);
    assert!(got.iter().all(Result::is_ok));
    is_empty(queue.try_get());
}

pub fn threads_of_one_process() {
    let queue = Queue::<u64>::new(3).unwrap();
    let sum: u64 = thread::scope(|scope| {
        for _ in 0..3 {
            let queue = queue.clone();
            scope.spawn(move || (1..=1_000).for_each(|n| queue.put(&n).unwrap()));
        }
        let consumers =
            [0; 2].map(|_| scope.spawn(|| (0..1_500).map(|_| queue.get().unwrap()).sum::<u64>()));
        consumers
            .map(|consumer| consumer.join().unwrap())
            .iter()
            .sum()
    });
    assert_eq!(sum, 3 * 500_500);
}

pub fn nothing_stays_mapped() {
    assert_eq!(mappings(), 0);
    let queue = Queue::<u64>::new(3).unwrap();
    let clone = queue.clone();
    assert_eq!(mappings(), 3);
    drop(queue);
    clone.put(&1).unwrap();
    assert_eq!(mappings(), 3);
    let consumer = child(|| {
        assert_eq!(clone.get().unwrap(), 1);
        drop(clone);
    });
    succeeds(consumer);
    assert_eq!(mappings(), 0);
    assert!(std::fs::read_dir("/proc/self/fd").unwrap().count() < 8);
}

/// A process that is stopped while it encodes an item has locked nothing.
pub fn stopped_process_does_not_stop_the_others() {
    let queue = Queue::<serde_like::Stops>::new(3).unwrap();
    // The first of a type is encoded more than once, to see that it comes back.
    queue.put(&serde_like::Stops(false)).unwrap();
    queue.get().unwrap();
    let stopped = child(|| queue.put(&serde_like::Stops(true)).unwrap());
    comes_to(&stopped, State::Stopped);
    queue.try_put(&serde_like::Stops(false)).unwrap();
    queue.try_get().unwrap();
    kill(Pid::from_raw(stopped.pid() as i32), Signal::SIGCONT).unwrap();
    succeeds(stopped);
    assert_eq!(queue.len(), 1);
}

/// Items with a mind of their own.
pub mod serde_like {
    use std::cell::RefCell;

    use nix::sys::signal::{Signal, raise};
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use support::ipc::Queue;

    #[derive(Debug)]
    pub struct Refuses;

    impl Serialize for Refuses {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("no"))
        }
    }

    impl<'de> Deserialize<'de> for Refuses {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(D::Error::custom("no"))
        }
    }

    #[derive(Debug)]
    pub struct Even(pub u32);

    impl Even {
        /// A queue on which a good one has been seen to come back: what is put then is not looked at any more.
        pub fn queue() -> Queue<Even> {
            let queue = Queue::new(5).unwrap();
            queue.put(&Even(0)).unwrap();
            queue.get().unwrap();
            queue
        }
    }

    impl Serialize for Even {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Even {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            match u32::deserialize(deserializer)? {
                13 => panic!("cannot stand 13"),
                99 => std::process::exit(3),
                odd if odd % 2 == 1 => Err(D::Error::custom("odd")),
                even => Ok(Even(even)),
            }
        }
    }

    /// 2 puts 0 and 1 while it is put; 0 takes the next one while it is decoded.
    #[derive(Debug)]
    pub struct Nested(pub u32);

    thread_local! {
        static QUEUE: RefCell<Option<Queue<Nested>>> = const { RefCell::new(None) };
    }

    impl Nested {
        pub fn set(queue: Option<&Queue<Nested>>) {
            QUEUE.set(queue.cloned());
        }

        fn queue() -> Queue<Nested> {
            QUEUE.with_borrow(|queue| queue.clone().unwrap())
        }
    }

    impl Serialize for Nested {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if self.0 == 2 {
                Nested::queue().put(&Nested(0)).unwrap();
                Nested::queue().put_many(&[Nested(1)]).unwrap();
            }
            self.0.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Nested {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let nested = u32::deserialize(deserializer).map(Nested)?;
            if nested.0 == 0 {
                assert_eq!(Nested::queue().get().unwrap().0, 1);
            }
            Ok(nested)
        }
    }

    /// Stops its process while it is being put.
    pub struct Stops(pub bool);

    impl Serialize for Stops {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if self.0 {
                raise(Signal::SIGSTOP).unwrap();
            }
            self.0.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Stops {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            bool::deserialize(deserializer).map(Stops)
        }
    }
}
