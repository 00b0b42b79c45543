use support::ipc::{DeadConsumer, Error, JoinableQueue};

use super::companion::Companion;
use super::exhaust::{BOUND, Operation, PATIENCE, exhaust, goes, must};
use super::queue::{Item, item, number};

fn with(numbers: impl IntoIterator<Item = u64>) -> JoinableQueue<Item> {
    let queue = JoinableQueue::with_bytes(4, 1_000).unwrap();
    for number in numbers {
        queue.put(&item(number)).unwrap();
    }
    queue
}

/// Takes and does all that is in there.
fn rest(queue: &JoinableQueue<Item>) -> Result<Vec<u64>, String> {
    let mut numbers = Vec::new();
    while !queue.is_empty() {
        numbers.push(number(&goes("get", queue.get_timeout(BOUND))?)?);
        goes("task_done", queue.task_done())?;
    }
    Ok(numbers)
}

/// Takes all, and says how many the dead process `pid` has open: `join` ends, or names just that one. Then all goes on.
fn settle(queue: &JoinableQueue<Item>, pid: u32) -> Result<(Vec<u64>, usize), String> {
    let numbers = rest(queue)?;
    let open = match queue.join_timeout(BOUND) {
        Ok(()) => 0,
        Err(Error::DeadConsumers { dead, unfinished }) => {
            let expected = [DeadConsumer {
                pid,
                open: unfinished,
            }];
            must(dead == expected, || {
                format!("{unfinished} unfinished, of {dead:?}")
            })?;
            queue.write_off();
            unfinished
        }
        Err(error) => return Err(format!("join: {error}")),
    };
    goes("join", queue.join_timeout(BOUND))?;
    for number in 1..=4 {
        goes("put", queue.put_timeout(&item(number), BOUND))?;
    }
    Companion::start(|| {
        queue.get_timeout(BOUND).is_ok_and(|got| got == item(1)) && queue.task_done().is_ok()
    })
    .ends("another consumer")?;
    must(rest(queue)? == [2, 3, 4], || {
        "other items than were put".to_owned()
    })?;
    goes("join", queue.join_timeout(BOUND))?;
    Ok((numbers, open))
}

pub fn put() {
    struct Put(JoinableQueue<Item>, Item);
    impl Operation for Put {
        fn set_up() -> Self {
            Put(with([1]), item(2))
        }
        fn run(&self) {
            self.0.put(&self.1).unwrap();
        }
        fn check(self, pid: u32) -> Result<bool, String> {
            let (numbers, open) = settle(&self.0, pid)?;
            must(open == 0, || format!("{open} open, and it took none"))?;
            must(numbers == [1] || numbers == [1, 2], || {
                format!("found {numbers:?}")
            })?;
            Ok(numbers == [1, 2])
        }
    }
    exhaust::<Put>();
}

/// What the child takes and has not done is open; what it has not taken is there.
fn one_of_two(queue: &JoinableQueue<Item>, pid: u32) -> Result<bool, String> {
    match settle(queue, pid)? {
        (numbers, 0) if numbers == [1, 2] => Ok(false),
        (numbers, 1) if numbers == [2] => Ok(true),
        (numbers, open) => Err(format!("found {numbers:?}, and {open} open")),
    }
}

pub fn get() {
    struct Get(JoinableQueue<Item>);
    impl Operation for Get {
        fn set_up() -> Self {
            Get(with([0, 1, 2]))
        }
        fn warm(&self) {
            self.0.get().unwrap();
            self.0.task_done().unwrap();
        }
        fn run(&self) {
            self.0.get().unwrap();
        }
        fn check(self, pid: u32) -> Result<bool, String> {
            one_of_two(&self.0, pid)
        }
    }
    exhaust::<Get>();
}

/// The first time, a process is entered into the list of consumers.
pub fn get_first() {
    struct Get(JoinableQueue<Item>);
    impl Operation for Get {
        fn set_up() -> Self {
            Get(with([1, 2]))
        }
        fn run(&self) {
            self.0.get().unwrap();
        }
        fn check(self, pid: u32) -> Result<bool, String> {
            one_of_two(&self.0, pid)
        }
    }
    exhaust::<Get>();
}

pub fn get_many() {
    struct Get(JoinableQueue<Item>);
    impl Operation for Get {
        fn set_up() -> Self {
            Get(with([0, 1, 2, 3]))
        }
        fn warm(&self) {
            self.0.get().unwrap();
            self.0.task_done().unwrap();
        }
        fn run(&self) {
            self.0.get_many(2).unwrap();
        }
        fn check(self, pid: u32) -> Result<bool, String> {
            match settle(&self.0, pid)? {
                (numbers, 0) if numbers == [1, 2, 3] => Ok(false),
                (numbers, 2) if numbers == [3] => Ok(true),
                (numbers, open) => Err(format!("found {numbers:?}, and {open} open")),
            }
        }
    }
    exhaust::<Get>();
}

/// The last task, for whose end another process sleeps.
pub fn task_done() {
    struct Done {
        queue: JoinableQueue<Item>,
        joiner: Companion,
    }
    impl Operation for Done {
        fn set_up() -> Self {
            let queue = with([1]);
            let joiner = Companion::asleep(|| {
                matches!(
                    queue.join_timeout(PATIENCE),
                    Ok(()) | Err(Error::DeadConsumers { .. })
                )
            });
            Done { queue, joiner }
        }
        fn warm(&self) {
            self.queue.get().unwrap();
        }
        fn run(&self) {
            self.queue.task_done().unwrap();
        }
        fn check(mut self, pid: u32) -> Result<bool, String> {
            self.joiner.ends("the one that joined")?;
            let (numbers, open) = settle(&self.queue, pid)?;
            must(numbers.is_empty() && open < 2, || {
                format!("found {numbers:?}, {open} open")
            })?;
            Ok(open == 0)
        }
    }
    exhaust::<Done>();
}

pub fn join_sleeping() {
    struct Join(JoinableQueue<Item>);
    impl Operation for Join {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            let queue = with([1]);
            queue.get().unwrap();
            super::queue::in_vain(|moment| queue.join_timeout(moment));
            Join(queue)
        }
        fn run(&self) {
            self.0.join().unwrap();
        }
        fn help(&mut self) {
            self.0.task_done().unwrap();
        }
        fn check(self, pid: u32) -> Result<bool, String> {
            if self.0.unfinished() > 0 {
                goes("task_done", self.0.task_done())?;
            }
            let (numbers, open) = settle(&self.0, pid)?;
            must(numbers.is_empty() && open == 0, || {
                format!("found {numbers:?}, {open} open")
            })?;
            Ok(true)
        }
    }
    exhaust::<Join>();
}
