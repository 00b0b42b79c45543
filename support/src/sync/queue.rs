//! Bounded queues between threads.

mod fifo;
mod lifo;
mod priority;

pub use fifo::FifoQueue;
pub use lifo::LifoQueue;
pub use priority::PriorityQueue;

#[cfg(test)]
mod tests;

use std::time::Duration;
use std::{fmt, iter};

use super::patience::Patience;

/// What the three queues can do. They differ in which item [`get`](Self::get) takes.
///
/// A queue is shared by reference (`thread::scope`) or in an `Arc`. It holds at most [`capacity`](Self::capacity) items:
/// whoever puts more waits for room, whoever gets from an empty queue waits for an item.
///
/// ```
/// use std::thread;
/// use support::sync::{FifoQueue, GetError, Queue};
///
/// let queue = FifoQueue::new(3);
/// let sum: u64 = thread::scope(|s| {
///     s.spawn(|| {
///         for n in 1..=10 {
///             queue.put(n).unwrap();
///         }
///         queue.close();
///     });
///     queue.iter().sum()
/// });
/// assert_eq!(sum, 55);
/// assert_eq!(queue.get(), Err(GetError::Closed));
/// ```
pub trait Queue<T> {
    /// Puts an item in, waiting for room.
    ///
    /// # Errors
    ///
    /// [`PutError::Closed`], at once or while waiting.
    fn put(&self, item: T) -> Result<(), PutError<T>>;

    /// Puts an item in if there is room now.
    ///
    /// # Errors
    ///
    /// [`PutError::Full`] or [`PutError::Closed`].
    fn try_put(&self, item: T) -> Result<(), PutError<T>>;

    /// Puts an item in, waiting for room no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// [`PutError::Full`] when the time is over, or [`PutError::Closed`].
    fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>>;

    /// Takes the next item, waiting for one.
    ///
    /// # Errors
    ///
    /// [`GetError::Closed`] once the queue is closed and empty.
    fn get(&self) -> Result<T, GetError>;

    /// Takes the next item if there is one now.
    ///
    /// # Errors
    ///
    /// [`GetError::Empty`] or [`GetError::Closed`].
    fn try_get(&self) -> Result<T, GetError>;

    /// Takes the next item, waiting for one no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// [`GetError::Empty`] when the time is over, or [`GetError::Closed`].
    fn get_timeout(&self, timeout: Duration) -> Result<T, GetError>;

    /// How many items are in it at this moment: a hint while other threads use it.
    fn len(&self) -> usize;

    /// How many items it can hold.
    fn capacity(&self) -> usize;

    /// Ends the queue: nothing can be put in any more, what is in it can still be taken, and all who wait find out.
    /// Closing it again does nothing.
    fn close(&self);

    /// Whether it has been closed.
    fn is_closed(&self) -> bool;

    /// The items as they are got, waiting for each, until the queue is closed and empty.
    ///
    /// Several may take from one queue so: each item goes to one of them.
    fn iter(&self) -> impl Iterator<Item = T>
    where
        Self: Sized,
    {
        iter::from_fn(|| self.get().ok())
    }

    /// Whether it is empty at this moment: a hint, as [`len`](Self::len).
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is full at this moment: a hint, as [`len`](Self::len).
    fn is_full(&self) -> bool {
        self.len() >= self.capacity()
    }
}

/// What `Debug` says of a queue, whatever its items are.
fn describe<T>(
    name: &'static str,
    queue: &impl Queue<T>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.debug_struct(name)
        .field("len", &queue.len())
        .field("capacity", &queue.capacity())
        .field("closed", &queue.is_closed())
        .finish()
}

/// A queue that is nothing but a [`Store`](super::store::Store).
macro_rules! stored {
    ($queue:ident<T $(: $bound:ident)?>) => {
        impl<T $(: $bound)?> Queue<T> for $queue<T> {
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

        impl<T $(: $bound)?> fmt::Debug for $queue<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                describe(stringify!($queue), self, f)
            }
        }
    };
}
stored!(LifoQueue<T>);
stored!(PriorityQueue<T: Ord>);

/// Why an item was not put in. It comes back.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PutError<T> {
    /// There is no room.
    #[error("the queue is full: get something from it first, or wait longer")]
    Full(T),
    /// The queue has been closed.
    #[error("the queue is closed: put everything in before `close`")]
    Closed(T),
}

impl<T> PutError<T> {
    /// The item that was not put in.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::Closed(item) => item,
        }
    }
}

/// Leaves the item out, so that an item of any type can be reported.
impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

/// Why there is no item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GetError {
    /// There is none yet.
    #[error("the queue is empty: put something in first, or wait longer")]
    Empty,
    /// The queue has been closed, and everything in it has been taken.
    #[error("the queue is closed and empty: nothing more will come")]
    Closed,
}
