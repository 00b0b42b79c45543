mod ledger;

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use super::futex::{RECHECK, Waited};
use super::limit::Limit;
use super::queue::DEFAULT_BYTES;
use super::ring::GRACE;
use super::who::{Place, pid};
use super::{DeadConsumer, Error, Queue};
pub(super) use ledger::Books;

/// A [`Queue`] that can also be waited for until everything put has been *done*. Linux only.
///
/// All that a [`Queue`] can do, it can do too: `put`, `get`, `close` and the others are those of [`Queue`].
///
/// Whoever takes an item declares it done afterwards, by [`task_done`](Self::task_done) in the same process, once for each item. One
/// that could not be decoded ([`Error::Decode`]) was taken, and counts. [`join`](Self::join) waits until everything is done. If a
/// consumer dies with an item that is not done, `join` says so.
///
/// ```
/// use support::ipc::JoinableQueue;
/// use support::process::Process;
///
/// let queue = JoinableQueue::<u32>::new(5)?;
/// let _consumer = Process::start(|| {
///     for bun in queue.iter() {
///         println!("eaten: {}", bun?);
///         queue.task_done()?;
///     }
///     Ok::<(), support::ipc::Error>(())
/// })?;
/// for bun in 0..10 {
///     queue.put(&bun)?;
/// }
/// queue.join()?;
/// assert_eq!(queue.unfinished(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JoinableQueue<T> {
    queue: Queue<T>,
    books: Books,
}

impl<T> JoinableQueue<T> {
    /// As [`Queue::new`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn new(capacity: usize) -> Result<JoinableQueue<T>, Error> {
        JoinableQueue::with_bytes(capacity, DEFAULT_BYTES)
    }

    /// As [`Queue::with_bytes`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn with_bytes(capacity: usize, bytes: usize) -> Result<JoinableQueue<T>, Error> {
        let books = Books::new()?;
        let queue = Queue::with_books(capacity, bytes, Some(books.clone()))?;
        Ok(JoinableQueue { queue, books })
    }

    /// How many items have been put and not declared done: a hint while others put and work.
    pub fn unfinished(&self) -> usize {
        let done = self.books.done();
        // The tail last: each done was put before.
        self.queue.ring().tail().items.wrapping_sub(done) as usize
    }

    /// Declares one item done that this process has taken, whether it could be decoded or not.
    ///
    /// ```
    /// use support::ipc::JoinableQueue;
    ///
    /// let queue = JoinableQueue::<u32>::new(5)?;
    /// queue.put(&1)?;
    /// let taken = queue.get();
    /// queue.task_done()?;
    /// assert_eq!(taken?, 1);
    /// # Ok::<(), support::ipc::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NoOpenTask`] if it has none that is not done already.
    pub fn task_done(&self) -> Result<(), Error> {
        if !self.books.place().is_some_and(Place::close) {
            return Err(Error::NoOpenTask { pid: pid() });
        }
        let finished = self.books.finished();
        if finished.is_awaited() && self.unfinished() == 0 {
            finished.notify();
        }
        Ok(())
    }

    /// Waits until every item that was put is done.
    ///
    /// # Errors
    ///
    /// [`Error::DeadConsumers`] as soon as it is seen that a process died with items not done: see
    /// [`write_off`](Self::write_off). Items that wait in the queue and find no consumer are not an error: see
    /// [`join_timeout`](Self::join_timeout).
    pub fn join(&self) -> Result<(), Error> {
        self.join_limit(Limit::NO_LIMIT)
    }

    /// Waits until every item that was put is done, but not longer.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if the time was over first; else as [`join`](Self::join).
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), Error> {
        self.join_limit(Limit::after(timeout))
    }

    /// Declares done what dead consumers have left, and says what that was. After that, [`join`](Self::join) waits for the rest.
    pub fn write_off(&self) -> Vec<DeadConsumer> {
        self.books
            .dead()
            .map(|(place, open)| DeadConsumer {
                pid: place.pid(),
                open: (0..open).filter(|_| place.close()).count(),
            })
            .collect()
    }

    fn join_limit(&self, mut limit: Limit) -> Result<(), Error> {
        loop {
            let unfinished = self.unfinished();
            if unfinished == 0 {
                return Ok(());
            }
            let dead = self.dead(&mut limit)?;
            if !dead.is_empty() {
                return Err(Error::DeadConsumers { dead, unfinished });
            }
            let same = limit;
            let waited = self.books.finished().wait_watching(
                &mut limit,
                RECHECK,
                || self.unfinished() == 0,
                || !matches!(self.dead(&mut { same }), Ok(dead) if dead.is_empty()),
            );
            if waited == Waited::TimeOver {
                return Err(Error::timed_out("end of all tasks", &limit));
            }
        }
    }

    /// Who has died with items not done.
    fn dead(&self, limit: &mut Limit) -> Result<Vec<DeadConsumer>, Error> {
        // One that died in the middle of taking is entered into the ledger by the next one who comes: that may be us.
        let left = limit.left().unwrap_or(GRACE).min(GRACE);
        let end = self
            .queue
            .ring()
            .enter_to_take(&mut Limit::after(left), &self.books)?;
        drop(end);
        let dead = self.books.dead().map(|(place, open)| DeadConsumer {
            pid: place.pid(),
            open: open as usize,
        });
        Ok(dead.collect())
    }
}

impl<T> Deref for JoinableQueue<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.queue
    }
}

impl<T> Clone for JoinableQueue<T> {
    fn clone(&self) -> Self {
        JoinableQueue {
            queue: self.queue.clone(),
            books: self.books.clone(),
        }
    }
}

impl<T> fmt::Debug for JoinableQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinableQueue")
            .field("len", &self.len())
            .field("unfinished", &self.unfinished())
            .finish_non_exhaustive()
    }
}
