//! The policies of one queue.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::engine::Rules;

/// First come first served, or round robin: a matter of the slice.
pub(super) struct Fifo {
    slice: u64,
    queue: VecDeque<usize>,
}

impl Fifo {
    pub(super) fn new(slice: u64) -> Self {
        Self {
            slice,
            queue: VecDeque::new(),
        }
    }
}

impl Rules for Fifo {
    fn ready(&mut self, job: usize, _left: u64) {
        self.queue.push_back(job);
    }

    fn pick(&mut self) -> Option<(usize, u64)> {
        Some((self.queue.pop_front()?, self.slice))
    }

    fn ran(&mut self, job: usize, _ticks: u64, left: u64) {
        if left > 0 {
            self.queue.push_back(job);
        }
    }
}

/// Shortest burst first.
pub(super) struct Shortest {
    preemptive: bool,
    heap: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Shortest {
    pub(super) fn new(preemptive: bool) -> Self {
        Self {
            preemptive,
            heap: BinaryHeap::new(),
        }
    }
}

impl Rules for Shortest {
    fn preemptive(&self) -> bool {
        self.preemptive
    }

    fn ready(&mut self, job: usize, left: u64) {
        self.heap.push(Reverse((left, job)));
    }

    fn pick(&mut self) -> Option<(usize, u64)> {
        self.heap.pop().map(|Reverse((_, job))| (job, u64::MAX))
    }

    fn ran(&mut self, job: usize, _ticks: u64, left: u64) {
        if left > 0 {
            self.ready(job, left);
        }
    }
}
