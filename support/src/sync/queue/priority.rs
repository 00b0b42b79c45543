//! The smallest first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::store::{Shelf, Store};

/// A bounded queue that gives out the smallest item first: the lower the number, the more urgent, as in Python.
///
/// Give it tuples that begin with the priority. Of items that are equal the oldest comes first, which Python does not promise.
///
/// ```
/// use support::sync::{PriorityQueue, Queue};
///
/// let queue = PriorityQueue::new(3);
/// queue.put((10, "111"))?;
/// queue.put((100, "222"))?;
/// queue.put((0, "333"))?;
/// assert_eq!(queue.get()?, (0, "333"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PriorityQueue<T>(pub(super) Store<Heap<T>>);

/// A heap gives out its largest; the number of its arrival keeps equal items in order.
pub(super) struct Heap<T> {
    items: BinaryHeap<Reverse<(T, u64)>>,
    arrivals: u64,
}

impl<T: Ord> Heap<T> {
    fn new() -> Self {
        Self {
            items: BinaryHeap::new(),
            arrivals: 0,
        }
    }
}

impl<T: Ord> Shelf for Heap<T> {
    type Item = T;

    fn push(&mut self, item: T) {
        self.items.push(Reverse((item, self.arrivals)));
        self.arrivals += 1;
    }

    fn pop(&mut self) -> Option<T> {
        self.items.pop().map(|Reverse((item, _))| item)
    }

    fn len(&self) -> usize {
        self.items.len()
    }
}

impl<T: Ord> PriorityQueue<T> {
    /// An empty queue.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0: such a queue could never hold anything.
    pub fn new(capacity: usize) -> Self {
        Self(Store::new(Heap::new(), capacity))
    }
}
