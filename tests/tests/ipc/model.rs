//! The same operations on a queue and on a plain model of it.

use std::collections::VecDeque;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use support::ipc::{Bytes, Error, Queue};
use support::process::Process;

#[derive(Debug, Clone)]
enum Step {
    Put(usize),
    PutMany(Vec<usize>),
    Get,
    GetMany(usize),
}

fn steps() -> impl Strategy<Value = (usize, usize, Vec<(usize, Step)>)> {
    let size = || prop_oneof![4 => 0..50_usize, 1 => 0..5_000_usize];
    let step = prop_oneof![
        4 => size().prop_map(Step::Put),
        1 => proptest::collection::vec(size(), 0..5).prop_map(Step::PutMany),
        4 => Just(Step::Get),
        1 => (0..6_usize).prop_map(Step::GetMany),
    ];
    // Processes, capacity, and who does what.
    (1..=8_usize, 1..=20_usize).prop_flat_map(move |(processes, capacity)| {
        let steps = proptest::collection::vec((0..processes, step.clone()), 1..60);
        (Just(processes), Just(capacity), steps)
    })
}

/// A few processes do the steps in turn, each told by a queue of its own, and answer what came out.
pub fn same_as_a_plain_queue() {
    let mut runner = TestRunner::new(Config {
        cases: 150,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&steps(), |(processes, capacity, steps)| {
            run(processes, capacity, &steps)
        })
        .unwrap();
}

type Order = (u8, Vec<Bytes>, usize);
type Answer = (Vec<Bytes>, bool);

fn run(processes: usize, capacity: usize, steps: &[(usize, Step)]) -> Result<(), TestCaseError> {
    let queue = Queue::<Bytes>::with_bytes(capacity, 1).unwrap();
    let orders: Vec<_> = (0..processes)
        .map(|_| Queue::<Order>::new(1).unwrap())
        .collect();
    let answers = Queue::<Answer>::new(1).unwrap();
    let _workers: Vec<_> = orders
        .iter()
        .map(|orders| Process::start(|| work(&queue, orders, &answers)).unwrap())
        .collect();
    let mut model = Model {
        items: VecDeque::new(),
        capacity,
        bytes: queue.byte_capacity() + 4,
    };
    for (number, (process, step)) in steps.iter().enumerate() {
        let item = |&size: &usize| Bytes(vec![number as u8; size]);
        let (order, expected) = match step {
            Step::Put(size) => {
                let item = item(size);
                let fits = model.put(&item);
                ((0, vec![item], 0), (vec![], fits))
            }
            // Only what fits at once: nobody takes meanwhile.
            Step::PutMany(sizes) => {
                let items: Vec<_> = sizes
                    .iter()
                    .map(item)
                    .take_while(|item| model.put(item))
                    .collect();
                ((1, items, 0), (vec![], true))
            }
            Step::Get => {
                let item = model.items.pop_front();
                let found = item.is_some();
                ((2, vec![], 1), (item.into_iter().collect(), found))
            }
            Step::GetMany(_) if model.items.is_empty() => continue,
            Step::GetMany(most) => {
                let count = model.items.len().min(*most);
                (
                    (3, vec![], *most),
                    (model.items.drain(..count).collect(), true),
                )
            }
        };
        orders[*process].put(&order).unwrap();
        let answer = answers.get_timeout(course_tests::SOON).unwrap();
        prop_assert_eq!(answer, expected);
        prop_assert_eq!(queue.len(), model.items.len());
        prop_assert_eq!(queue.is_empty(), model.items.is_empty());
        prop_assert_eq!(queue.is_full(), model.is_full());
    }
    Ok(())
}

fn work(queue: &Queue<Bytes>, orders: &Queue<Order>, answers: &Queue<Answer>) {
    loop {
        let (what, items, most) = orders.get().unwrap();
        let answer = match what {
            0 => match queue.try_put(&items[0]) {
                Ok(()) => (vec![], true),
                Err(Error::Full { .. } | Error::TooLarge { .. }) => (vec![], false),
                Err(error) => panic!("{error}"),
            },
            1 => (vec![], queue.put_many(&items).is_ok()),
            2 => match queue.try_get() {
                Ok(item) => (vec![item], true),
                Err(Error::Empty { .. }) => (vec![], false),
                Err(error) => panic!("{error}"),
            },
            _ => {
                let items = queue.get_many(most).unwrap().into_iter();
                (items.map(Result::unwrap).collect(), true)
            }
        };
        answers.put(&answer).unwrap();
    }
}

struct Model {
    items: VecDeque<Bytes>,
    capacity: usize,
    bytes: usize,
}

impl Model {
    /// A header, the length and the bytes, in steps of four.
    fn space(item: &Bytes) -> usize {
        let length = if item.len() < 128 { 1 } else { 2 };
        4 + (length + item.len()).next_multiple_of(4)
    }

    fn used(&self) -> usize {
        self.items.iter().map(Model::space).sum()
    }

    fn is_full(&self) -> bool {
        self.items.len() == self.capacity || self.bytes - self.used() <= 4
    }

    fn put(&mut self, item: &Bytes) -> bool {
        let fits =
            self.items.len() < self.capacity && self.used() + Model::space(item) <= self.bytes;
        if fits {
            self.items.push_back(item.clone());
        }
        fits
    }
}
