mod ledger;

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::futex::RECHECK;
use super::limit::Limit;
use super::map::Mapped;
use super::queue::{self, DEFAULT_BYTES};
use super::ring::{Ring, hints};
use super::who::{Place, pid};
use super::{DeadConsumer, Error};
use ledger::{Account, Ledger};

/// A [`Queue`](super::Queue) that can also be waited for until everything put has been *done*. Linux only.
///
/// Whoever takes an item declares it done afterwards, by [`task_done`](Self::task_done) in the same process.
/// [`join`](Self::join) waits until everything is. If a consumer dies with an item that is not done, `join` says so.
///
/// ```
/// use support::ipc::JoinableQueue;
/// use support::process::Process;
///
/// let queue = JoinableQueue::<u32>::new(5)?;
/// let _consumer = Process::start(|| {
///     loop {
///         let bun = queue.get()?;
///         println!("eaten: {bun}");
///         queue.task_done()?;
///     }
///     #[allow(unreachable_code)]
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
    ring: Ring,
    ledger: Mapped<Ledger>,
    /// The process that last took something here, and the number of its place: in a forked child, still the parent's.
    mine: AtomicU64,
    item: PhantomData<fn(T) -> T>,
}

impl<T> JoinableQueue<T> {
    /// As [`Queue::new`](super::Queue::new).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn new(capacity: usize) -> Result<JoinableQueue<T>, Error> {
        JoinableQueue::with_bytes(capacity, DEFAULT_BYTES)
    }

    /// As [`Queue::with_bytes`](super::Queue::with_bytes).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn with_bytes(capacity: usize, bytes: usize) -> Result<JoinableQueue<T>, Error> {
        Ok(JoinableQueue {
            ring: Ring::new(capacity, bytes)?,
            ledger: Mapped::new(|_| Ok(()))?,
            mine: AtomicU64::new(0),
            item: PhantomData,
        })
    }

    /// How many items have been put and not declared done: a hint while others put and work.
    pub fn unfinished(&self) -> usize {
        let done = self
            .ledger
            .consumers
            .places()
            .iter()
            .fold(0_u32, |sum, place| {
                sum.wrapping_add(place.done.load(SeqCst))
            });
        // The tail last: each done was put before.
        self.ring.tail().items.wrapping_sub(done) as usize
    }

    /// Declares one item done that this process has taken.
    ///
    /// # Errors
    ///
    /// [`Error::NoOpenTask`] if it has none that is not done already.
    pub fn task_done(&self) -> Result<(), Error> {
        let account = Account::of(self);
        if !account
            .remembered()
            .or_else(|| account.find())
            .is_some_and(Place::close)
        {
            return Err(Error::NoOpenTask { pid: pid() });
        }
        if self.ledger.finished.is_awaited() && self.unfinished() == 0 {
            self.ledger.finished.notify();
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
        let dead = self.ledger.consumers.dead();
        dead.map(|(place, open)| DeadConsumer {
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
            // One that died in the middle of taking is entered into the ledger by the next one who comes: that may be us.
            drop(
                self.ring
                    .enter_to_take(&mut { Limit::NEVER_WAIT }, &Account::of(self))?,
            );
            let dead: Vec<_> = self
                .ledger
                .consumers
                .dead()
                .map(|(place, open)| DeadConsumer {
                    pid: place.pid(),
                    open: open as usize,
                })
                .collect();
            if !dead.is_empty() {
                return Err(Error::DeadConsumers { dead, unfinished });
            }
            if limit.left() == Some(Duration::ZERO) {
                return Err(Error::timed_out("end of all tasks", &limit));
            }
            let mut nap = Limit::after(limit.left().unwrap_or(RECHECK).min(RECHECK));
            self.ledger
                .finished
                .wait(&mut nap, || self.unfinished() == 0);
        }
    }
}

hints!(JoinableQueue);

impl<T> JoinableQueue<T> {
    /// As [`Queue::put`](super::Queue::put).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn put<Q>(&self, item: &Q) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        queue::put(&self.ring, item, Limit::NO_LIMIT)
    }

    /// As [`Queue::put_timeout`](super::Queue::put_timeout).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn put_timeout<Q>(&self, item: &Q, timeout: Duration) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        queue::put(&self.ring, item, Limit::after(timeout))
    }

    /// As [`Queue::try_put`](super::Queue::try_put).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn try_put<Q>(&self, item: &Q) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        queue::put(&self.ring, item, Limit::NEVER_WAIT)
    }

    /// As [`Queue::put_many`](super::Queue::put_many).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn put_many<Q>(&self, items: &[Q]) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize,
    {
        queue::put_many(&self.ring, items)
    }
}

impl<T: DeserializeOwned> JoinableQueue<T> {
    /// As [`Queue::get`](super::Queue::get); declare the item done afterwards.
    ///
    /// # Errors
    ///
    /// As there, and [`Error::TooManyProcesses`] if 256 others take from the queue.
    pub fn get(&self) -> Result<T, Error> {
        queue::get(&self.ring, &Account::of(self), Limit::NO_LIMIT)
    }

    /// As [`Queue::get_timeout`](super::Queue::get_timeout); declare the item done afterwards.
    ///
    /// # Errors
    ///
    /// As there and as [`get`](Self::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        queue::get(&self.ring, &Account::of(self), Limit::after(timeout))
    }

    /// As [`Queue::try_get`](super::Queue::try_get); declare the item done afterwards.
    ///
    /// # Errors
    ///
    /// As there and as [`get`](Self::get).
    pub fn try_get(&self) -> Result<T, Error> {
        queue::get(&self.ring, &Account::of(self), Limit::NEVER_WAIT)
    }

    /// As [`Queue::get_many`](super::Queue::get_many); declare each item done afterwards.
    ///
    /// # Errors
    ///
    /// As there and as [`get`](Self::get).
    pub fn get_many(&self, most: usize) -> Result<Vec<T>, Error> {
        queue::get_many(&self.ring, &Account::of(self), most, Limit::NO_LIMIT)
    }
}

impl<T> Clone for JoinableQueue<T> {
    fn clone(&self) -> Self {
        JoinableQueue {
            ring: self.ring.clone(),
            ledger: self.ledger.clone(),
            mine: AtomicU64::new(self.mine.load(Relaxed)),
            item: PhantomData,
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
