use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

use course_tests::{SOON, ms};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_like::Refuses;
use support::ipc::{Bytes, Error, Queue};
use support::process::Process;
use support::process::inspect::{State, inspect};

use super::mappings::mappings;

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
    assert!(queue.empty());
}

pub fn put_blocks_when_full() {
    let queue = Queue::<u32>::new(2).unwrap();
    queue.put(&1).unwrap();
    queue.put(&2).unwrap();
    assert!(queue.full());
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
    assert!(queue.empty());
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
            (queue.len(), queue.empty(), queue.full()),
            (n, n == 0, false)
        );
        queue.put(&0).unwrap();
    }
    assert_eq!((queue.len(), queue.full(), queue.capacity()), (3, true, 3));
    queue.get().unwrap();
    assert_eq!((queue.len(), queue.full()), (2, false));
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
        got.extend(batch);
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
    assert!(queue.empty());
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
    assert!(queue.empty());
    assert!(matches!(queue.try_get(), Err(Error::Empty { .. })));
}

pub fn what_cannot_be_decoded_is_lost() {
    let queue = Queue::<serde_like::Even>::new(4).unwrap();
    for n in [2, 3, 4] {
        queue.put(&serde_like::Even(n)).unwrap();
    }
    assert_eq!(queue.get().unwrap().0, 2);
    assert!(matches!(queue.get(), Err(Error::Decode(_))));
    assert_eq!(queue.get().unwrap().0, 4);
}

pub fn batch_stops_before_what_cannot_be_decoded() {
    let queue = Queue::<serde_like::Even>::new(4).unwrap();
    for n in [2, 3, 4] {
        queue.put(&serde_like::Even(n)).unwrap();
    }
    assert_eq!(queue.get_many(9).unwrap().len(), 1);
    assert!(matches!(queue.get_many(9), Err(Error::Decode(_))));
    assert_eq!(queue.get_many(9).unwrap().len(), 1);
}

pub fn using_the_queue_from_within_is_an_error() {
    let queue = Queue::<serde_like::Nested>::new(4).unwrap();
    let item = serde_like::Nested(queue.clone());
    let error = queue.put(&item).unwrap_err();
    assert!(matches!(error, Error::Encode(_)), "{error:?}");
    assert!(queue.empty());
}

pub fn capacities_are_checked() {
    for (items, bytes) in [(0, 10), (usize::MAX, 10), (10, usize::MAX), (10, 1 << 30)] {
        let error = Queue::<u32>::with_bytes(items, bytes).unwrap_err();
        assert!(matches!(error, Error::Capacity { .. }), "{error:?}");
    }
    assert!(Queue::<u32>::with_bytes(1 << 29, 0).is_ok());
}

pub fn empty_items() {
    let queue = Queue::<()>::new(100_000).unwrap();
    for _ in 0..100_000 {
        queue.try_put(&()).unwrap();
    }
    is_full(queue.try_put(&()));
    let got = queue.get_many(usize::MAX).unwrap();
    assert_eq!(got.len(), 100_000);
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

/// A process that is stopped in the middle of an end is not dead: the lock stays with it. Who does not wait must not wait for it.
pub fn stopped_process_does_not_stop_those_who_do_not_wait() {
    let queue = Queue::<serde_like::Stops>::new(3).unwrap();
    let stopped = child(|| queue.put(&serde_like::Stops(true)).unwrap());
    comes_to(&stopped, State::Stopped);
    let start = Instant::now();
    is_full(queue.try_put(&serde_like::Stops(false)));
    is_full(queue.put_timeout(&serde_like::Stops(false), ms(50)));
    is_empty(queue.try_get().map(|_| ()));
    took(start, ms(50));
    kill(Pid::from_raw(stopped.pid() as i32), Signal::SIGCONT).unwrap();
    succeeds(stopped);
    assert_eq!(queue.len(), 1);
}

/// Items with a mind of their own.
mod serde_like {
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

    impl Serialize for Even {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Even {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            match u32::deserialize(deserializer)? {
                odd if odd % 2 == 1 => Err(D::Error::custom("odd")),
                even => Ok(Even(even)),
            }
        }
    }

    /// Puts itself into the queue that it is being put into.
    pub struct Nested(pub Queue<Nested>);

    impl Serialize for Nested {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            let error = self.0.put(self).unwrap_err();
            assert!(matches!(error, support::ipc::Error::Deadlock));
            Err(S::Error::custom(error))
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
