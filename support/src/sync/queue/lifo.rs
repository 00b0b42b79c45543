//! Last in, first out.

use std::fmt;
use std::time::Duration;

use super::super::patience::Patience;
use super::super::store::{Shelf, Store};
use super::{GetError, PutError, Queue};

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
pub struct LifoQueue<T>(Store<Vec<T>>);

impl<T> Shelf for Vec<T> {
    type Item = T;

    fn push(&mut self, item: T) {
        self.push(item);
    }

    fn pop(&mut self) -> Option<T> {
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

impl<T> Queue<T> for LifoQueue<T> {
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

impl<T> fmt::Debug for LifoQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::describe("LifoQueue", self, f)
    }
}
