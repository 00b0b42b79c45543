use std::sync::atomic::{AtomicU64, Ordering::*};
use std::time::Duration;

use support::ipc::{Bytes, Error, Queue, SharedAtomic};

use super::companion::Companion;
use super::exhaust::{BOUND, Operation, PATIENCE, exhaust, goes, must};

/// A number, and bytes that tell whether it came whole.
pub type Item = (u64, Bytes);

pub fn item(number: u64) -> Item {
    let bytes = (0..24)
        .map(|place| number as u8 ^ place)
        .collect::<Vec<_>>();
    (number, bytes.into())
}

/// The number of what was got, which must be whole.
pub fn number(got: &Item) -> Result<u64, String> {
    must(*got == item(got.0), || format!("torn: {got:?}"))?;
    Ok(got.0)
}

fn with(capacity: usize, numbers: impl IntoIterator<Item = u64>) -> Queue<Item> {
    let queue = Queue::with_bytes(capacity, 1_000).unwrap();
    numbers
        .into_iter()
        .for_each(|number| queue.put(&item(number)).unwrap());
    queue
}

/// Takes all that is in there, and tries what it can hold.
fn rest(queue: &Queue<Item>) -> Result<Vec<u64>, String> {
    let mut numbers = Vec::new();
    while !queue.is_empty() {
        numbers.push(number(&goes("get", queue.get_timeout(BOUND))?)?);
    }
    fills(queue)?;
    Ok(numbers)
}

/// All room of an empty queue can be filled, no more, and comes out again.
fn fills(queue: &Queue<Item>) -> Result<(), String> {
    let all = 0..queue.capacity() as u64;
    for number in all.clone() {
        goes("put", queue.put_timeout(&item(number), BOUND))?;
    }
    let more = queue.try_put(&item(0));
    must(matches!(more, Err(Error::Full { .. })), || {
        format!("more than fits: {more:?}")
    })?;
    for expected in all {
        let got = number(&goes("get", queue.get_timeout(BOUND))?)?;
        must(got == expected, || format!("{got} instead of {expected}"))?;
    }
    must(queue.is_empty(), || "not empty".to_owned())
}

/// Either the one or, once it has had effect, the other is there.
fn either(found: &[u64], without: &[u64], with: &[u64]) -> Result<bool, String> {
    must(found == without || found == with, || {
        format!("found {found:?}, not {without:?} or {with:?}")
    })?;
    Ok(found == with)
}

/// What another process got; 0 for nothing yet.
struct Noted(SharedAtomic<AtomicU64>);

impl Noted {
    fn nothing() -> Noted {
        Noted(SharedAtomic::new().unwrap())
    }

    fn note(&self, got: Result<Item, Error>) -> bool {
        let number = got.map(|got| number(&got));
        number.is_ok_and(|number| {
            number.is_ok_and(|number| {
                self.0.store(number, SeqCst);
                true
            })
        })
    }

    fn number(&self) -> u64 {
        self.0.load(SeqCst)
    }
}

pub fn put() {
    struct Put(Queue<Item>, Item);
    impl Operation for Put {
        fn set_up() -> Self {
            Put(with(4, [1]), item(2))
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            self.0.put(&self.1).unwrap();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            either(&rest(&self.0)?, &[1], &[1, 2])
        }
    }
    exhaust::<Put>();
}

/// So that what a process does at its first call is not met again in each operation; `put_first` and `get_first` meet it.
fn warm() {
    let other = with(1, [1]);
    other.get().unwrap();
}

pub fn put_first() {
    struct Put(Queue<Item>, Item);
    impl Operation for Put {
        fn set_up() -> Self {
            Put(with(4, [1]), item(2))
        }
        fn run(&self) {
            self.0.put(&self.1).unwrap();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            either(&rest(&self.0)?, &[1], &[1, 2])
        }
    }
    exhaust::<Put>();
}

pub fn get() {
    struct Get(Queue<Item>);
    impl Operation for Get {
        fn set_up() -> Self {
            Get(with(4, [1, 2]))
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            self.0.get().unwrap();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            either(&rest(&self.0)?, &[1, 2], &[2])
        }
    }
    exhaust::<Get>();
}

pub fn put_many() {
    struct PutMany(Queue<Item>, Vec<Item>);
    impl Operation for PutMany {
        fn set_up() -> Self {
            PutMany(with(8, [1]), [2, 3, 4].map(item).into())
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            self.0.put_many(&self.1).unwrap();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            either(&rest(&self.0)?, &[1], &[1, 2, 3, 4])
        }
    }
    exhaust::<PutMany>();
}

pub fn get_many() {
    struct GetMany(Queue<Item>);
    impl Operation for GetMany {
        fn set_up() -> Self {
            GetMany(with(4, [1, 2, 3, 4]))
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            assert_eq!(self.0.get_many(3).unwrap().len(), 3);
        }
        fn check(self, _: u32) -> Result<bool, String> {
            either(&rest(&self.0)?, &[1, 2, 3, 4], &[4])
        }
    }
    exhaust::<GetMany>();
}

/// A batch that is larger than the queue goes in by parts, and sleeps in between.
pub fn put_many_sleeping() {
    struct PutMany(Queue<Item>, Vec<Item>);
    impl Operation for PutMany {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            let queue = with(2, [1, 2]);
            in_vain(|moment| queue.put_timeout(&item(0), moment));
            queue.get().unwrap();
            PutMany(queue, [3, 4].map(item).into())
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            self.0.put_many(&self.1).unwrap();
        }
        fn help(&mut self) {
            assert_eq!(self.0.get().unwrap(), item(2));
        }
        fn check(self, _: u32) -> Result<bool, String> {
            let found = rest(&self.0)?;
            // What the child can have put by then, as far as it has not been taken.
            let fine = [&[2][..], &[2, 3], &[3], &[3, 4]].contains(&&found[..]);
            must(fine, || format!("found {found:?}"))?;
            Ok(found == [3, 4])
        }
    }
    exhaust::<PutMany>();
}

/// One that has waited in vain so often spins for a shorter time before it sleeps: less of the same to step through.
pub fn in_vain<T>(wait: impl Fn(Duration) -> T) {
    for _ in 0..9 {
        wait(Duration::from_micros(100));
    }
}

pub fn put_that_wakes() {
    struct Put {
        queue: Queue<Item>,
        item: Item,
        consumer: Companion,
        got: Noted,
    }
    impl Operation for Put {
        fn set_up() -> Self {
            let (queue, got) = (with(4, []), Noted::nothing());
            let consumer = Companion::asleep(|| got.note(queue.get_timeout(PATIENCE)));
            let item = item(1);
            Put {
                queue,
                item,
                consumer,
                got,
            }
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            self.queue.put(&self.item).unwrap();
        }
        fn check(mut self, _: u32) -> Result<bool, String> {
            if self.queue.is_empty() {
                goes("put", self.queue.put_timeout(&item(2), BOUND))?;
            }
            self.consumer.ends("the consumer that slept")?;
            let found = [vec![self.got.number()], rest(&self.queue)?].concat();
            must([&[1][..], &[1, 2], &[2]].contains(&&found[..]), || {
                format!("found {found:?}")
            })?;
            Ok(found[0] == 1)
        }
    }
    exhaust::<Put>();
}

pub fn get_that_wakes() {
    struct Get {
        queue: Queue<Item>,
        producer: Companion,
    }
    impl Operation for Get {
        fn set_up() -> Self {
            let queue = with(1, [1]);
            let producer = Companion::asleep(|| queue.put_timeout(&item(2), PATIENCE).is_ok());
            Get { queue, producer }
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            self.queue.get().unwrap();
        }
        fn check(mut self, _: u32) -> Result<bool, String> {
            let mut found = vec![number(&goes("get", self.queue.get_timeout(BOUND))?)?];
            self.producer.ends("the producer that slept")?;
            found.extend(rest(&self.queue)?);
            either(&found, &[1, 2], &[2])
        }
    }
    exhaust::<Get>();
}

pub fn get_sleeping() {
    struct Get(Queue<Item>);
    impl Operation for Get {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            let queue = with(4, []);
            in_vain(|moment| queue.get_timeout(moment));
            Get(queue)
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            assert_eq!(self.0.get().unwrap(), item(1));
        }
        fn help(&mut self) {
            self.0.put(&item(1)).unwrap();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            let found = rest(&self.0)?;
            must([&[][..], &[1]].contains(&&found[..]), || {
                format!("found {found:?}")
            })?;
            // Before the help there is nothing to be lost.
            Ok(true)
        }
    }
    exhaust::<Get>();
}

pub fn put_sleeping() {
    struct Put(Queue<Item>, Item);
    impl Operation for Put {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            let queue = with(1, [1]);
            in_vain(|moment| queue.put_timeout(&item(0), moment));
            Put(queue, item(2))
        }
        fn warm(&self) {
            warm();
        }
        fn run(&self) {
            self.0.put(&self.1).unwrap();
        }
        fn help(&mut self) {
            self.0.get().unwrap();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            let found = rest(&self.0)?;
            must([&[][..], &[1], &[2]].contains(&&found[..]), || {
                format!("found {found:?}")
            })?;
            Ok(found == [2])
        }
    }
    exhaust::<Put>();
}
