//! The smallest first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::time::Duration;

use super::super::patience::Patience;
use super::super::store::{Shelf, Store};
use super::{GetError, PutError, Queue};

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
pub struct PriorityQueue<T>(Store<Heap<T>>);

/// A heap gives out its largest; the number of its arrival keeps equal items in order.
struct Heap<T> {
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

impl<T: Ord> Queue<T> for PriorityQueue<T> {
    fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.0.put(item, Patience::Endless)
    }

    fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.0.put(item, Patience::None)
    }

    fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.0.put(item, Patience::lasting(timeout))
    }

    fn get(&self) -> Result<T, GetError> {
        self.0.get(Patience::Endless)
    }

    fn try_get(&self) -> Result<T, GetError> {
        self.0.get(Patience::None)
    }

    fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.0.get(Patience::lasting(timeout))
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }

    fn close(&self) {
        self.0.close();
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl<T: Ord> fmt::Debug for PriorityQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::describe("PriorityQueue", self, f)
    }
}
