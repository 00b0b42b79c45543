//! Last in, first out.

use super::super::store::{Shelf, Store};

/// A bounded queue that gives out the newest item first.
///
/// ```
/// use support::sync::{LifoQueue, Queue};
///
/// let queue = LifoQueue::new(3);
/// queue.put(1)?;
/// queue.put(2)?;
/// assert_eq!(queue.get()?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LifoQueue<T>(pub(super) Store<Vec<T>>);

impl<T> Shelf for Vec<T> {
    type Item = T;

    fn place(&self, _: &T) -> usize {
        self.len()
    }

    fn insert(&mut self, item: T, _: usize) {
        self.push(item);
    }

    fn gap(&self) -> usize {
        self.len()
    }

    fn take(&mut self, _: usize) -> Option<T> {
        self.pop()
    }

    fn len(&self) -> usize {
        self.len()
    }
}

impl<T> LifoQueue<T> {
    /// An empty queue.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0: such a queue could never hold anything.
    pub fn new(capacity: usize) -> Self {
        Self(Store::new(Vec::new(), capacity))
    }
}
