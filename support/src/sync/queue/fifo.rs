//! First in, first out.

use std::fmt;
use std::time::Duration;

use concurrent_queue::{ConcurrentQueue, PopError, PushError};

use super::super::line::{Line, Ring};
use super::super::patience::Patience;
use super::{GetError, PutError, Queue};

/// A bounded queue that gives out the oldest item first: a [`concurrent_queue`] at which one can wait.
///
/// All its room is allocated when it is made.
///
/// ```
/// use support::sync::{FifoQueue, Queue};
///
/// let queue = FifoQueue::new(3);
/// queue.put(1)?;
/// queue.put(2)?;
/// assert_eq!(queue.get(), Ok(1));
/// # Ok::<(), support::sync::PutError<i32>>(())
/// ```
pub struct FifoQueue<T> {
    line: Line<ConcurrentQueue<T>>,
    capacity: usize,
}

/// Its version is pinned: that 2.5.0 moves `tail` and `head` (`state`, with room for one) by `SeqCst` exchanges, and reads them
/// behind a full fence where it finds itself full or empty, is not in its documentation.
impl<T> Ring for ConcurrentQueue<T> {
    type Item = T;

    #[inline]
    fn push(&self, item: T) -> Result<(), PutError<T>> {
        self.push(item).map_err(|error| match error {
            PushError::Full(item) => PutError::Full(item),
            PushError::Closed(item) => PutError::Closed(item),
        })
    }

    #[inline]
    fn pop(&self) -> Result<T, GetError> {
        self.pop().map_err(|error| match error {
            PopError::Empty => GetError::Empty,
            PopError::Closed => GetError::Closed,
        })
    }

    fn close(&self) {
        self.close();
    }
}

impl<T> FifoQueue<T> {
    /// An empty queue.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0: such a queue could never hold anything.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a queue needs a capacity of 1 at least");
        Self {
            line: Line::new(ConcurrentQueue::bounded(capacity)),
            capacity,
        }
    }
}

impl<T> Queue<T> for FifoQueue<T> {
    fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.line.put(item, Patience::Endless)
    }

    fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.line.put(item, Patience::None)
    }

    fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.line.put(item, Patience::lasting(timeout))
    }

    fn get(&self) -> Result<T, GetError> {
        self.line.get(Patience::Endless)
    }

    fn try_get(&self) -> Result<T, GetError> {
        self.line.get(Patience::None)
    }

    fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.line.get(Patience::lasting(timeout))
    }

    fn len(&self) -> usize {
        self.line.ring().len()
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn close(&self) {
        self.line.close();
    }

    fn is_closed(&self) -> bool {
        self.line.ring().is_closed()
    }
}

impl<T> fmt::Debug for FifoQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::describe("FifoQueue", self, f)
    }
}
