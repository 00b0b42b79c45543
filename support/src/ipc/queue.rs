use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Error;
use super::limit::Limit;
use super::ring::{Keeper, Ring, Taken, Written, hints};

/// Largest item of a queue that was not told otherwise, in bytes.
pub(super) const DEFAULT_BYTES: usize = 1 << 20;

/// A bounded queue between processes: any number of them put, any number take. Linux only.
///
/// Make it before the processes that are to share it. A forked child has the same queue in its copy of the handle; clones are the
/// same queue too, and so it also works between threads.
///
/// Items leave in the order in which they came, and those of one producer in the order in which it put them. Each is taken once.
///
/// ```
/// use support::ipc::Queue;
/// use support::process::Process;
///
/// let queue = Queue::<String>::new(5)?;
/// let mut child = Process::start(|| queue.put("燕子李三"))?;
/// assert_eq!(queue.get()?, "燕子李三");
/// child.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # When a process is killed
///
/// At any instruction, by any signal, nobody else hangs and nothing is corrupted. What can be lost is the item being put or
/// being taken by the process that died; for [`put_many`](Self::put_many) and [`get_many`](Self::get_many) that is the batch. See
/// [`recoveries`](Self::recoveries). In rare cases, when it dies between putting an item and waking those who wait for it, they
/// notice up to 20 ms later.
///
/// # What runs under the lock
///
/// Items are encoded right into shared memory and decoded right from it, so the item's `Serialize` runs while no other
/// producer can put, and its `Deserialize` while no other consumer can take. They must not use the same queue: that is
/// [`Error::Deadlock`].
pub struct Queue<T> {
    ring: Ring,
    item: PhantomData<fn(T) -> T>,
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Queue::on(self.ring.clone())
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

impl<T> Queue<T> {
    /// A queue for so many items, of up to 1 MiB each and together.
    ///
    /// # Errors
    ///
    /// As [`with_bytes`](Self::with_bytes).
    pub fn new(capacity: usize) -> Result<Queue<T>, Error> {
        Queue::with_bytes(capacity, DEFAULT_BYTES)
    }

    /// A queue for so many items whose bytes are so many at most, each and together. Both limits hold; the bytes are rounded up, see
    /// [`byte_capacity`](Self::byte_capacity). An item takes 4 bytes more than its encoding, in steps of 4.
    ///
    /// # Errors
    ///
    /// [`Error::Capacity`] for 0 items or more than 2²⁹ of either, [`Error::Map`] if the system gives no memory.
    pub fn with_bytes(capacity: usize, bytes: usize) -> Result<Queue<T>, Error> {
        Ring::new(capacity, bytes).map(Queue::on)
    }

    /// Has this handle, and its copies from now on, look again so rarely while it waits: for those who learn in another way of a
    /// process that died before it woke them.
    #[cfg(feature = "pool")]
    pub(crate) fn recheck(self, recheck: Duration) -> Queue<T> {
        Queue::on(self.ring.recheck(recheck))
    }

    fn on(ring: Ring) -> Queue<T> {
        Queue {
            ring,
            item: PhantomData,
        }
    }
}

hints!(Queue);

impl<T> Queue<T> {
    /// Puts an item; waits while there is no room. A `Queue<String>` takes a `&str` too.
    ///
    /// While a large item waits, smaller ones of other producers may find room and overtake it.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if it can never fit, [`Error::Encode`] if it cannot be encoded.
    pub fn put<Q>(&self, item: &Q) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        put(&self.ring, item, Limit::NO_LIMIT)
    }

    /// Puts an item if there is room by then.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if not; else as [`put`](Self::put).
    pub fn put_timeout<Q>(&self, item: &Q, timeout: Duration) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        put(&self.ring, item, Limit::after(timeout))
    }

    /// Puts an item if there is room now.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if not, or if another process was busy at this end for 10 ms; else as [`put`](Self::put).
    pub fn try_put<Q>(&self, item: &Q) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        put(&self.ring, item, Limit::NEVER_WAIT)
    }

    /// Puts all items, in this order. Those that fit at once are put by a single store, all or none.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put). The items before the one in error have been put.
    pub fn put_many<Q>(&self, items: &[Q]) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize,
    {
        put_many(&self.ring, items)
    }
}

impl<T: DeserializeOwned> Queue<T> {
    /// Takes the next item; waits while there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if its bytes make no `T`; it is lost then.
    pub fn get(&self) -> Result<T, Error> {
        get(&self.ring, &(), Limit::NO_LIMIT)
    }

    /// Takes the next item if there is one by then.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] if not; else as [`get`](Self::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        get(&self.ring, &(), Limit::after(timeout))
    }

    /// Takes the next item if there is one now.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] if not, or if another process was busy at this end for 10 ms; else as [`get`](Self::get).
    pub fn try_get(&self) -> Result<T, Error> {
        get(&self.ring, &(), Limit::NEVER_WAIT)
    }

    /// Waits for an item, and takes as many as there are, up to `most`, by a single store. None for `most` 0.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get). If one makes no `T`, nothing is taken but that one, when it is the first.
    pub fn get_many(&self, most: usize) -> Result<Vec<T>, Error> {
        get_many(&self.ring, &(), most, Limit::NO_LIMIT)
    }

    /// As [`get_many`](Self::get_many), if there is an item by then.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] if not; else as [`get_many`](Self::get_many).
    pub fn get_many_timeout(&self, most: usize, timeout: Duration) -> Result<Vec<T>, Error> {
        get_many(&self.ring, &(), most, Limit::after(timeout))
    }
}

pub(super) fn put<Q: Serialize + ?Sized>(
    ring: &Ring,
    item: &Q,
    mut limit: Limit,
) -> Result<(), Error> {
    ring.put(&mut limit, |free| encode(item, free, true))
}

pub(super) fn put_many<Q: Serialize>(ring: &Ring, items: &[Q]) -> Result<(), Error> {
    let mut rest = items;
    if rest.is_empty() {
        return Ok(());
    }
    ring.put(&mut { Limit::NO_LIMIT }, |free| {
        let written = encode(&rest[0], free, rest.len() == 1)?;
        if matches!(written, Written::Item { .. }) {
            rest = &rest[1..];
        }
        Ok(written)
    })
}

fn encode<Q: Serialize + ?Sized>(item: &Q, free: &mut [u8], last: bool) -> Result<Written, Error> {
    match postcard::to_slice(item, free) {
        Ok(bytes) => Ok(Written::Item {
            length: bytes.len(),
            last,
        }),
        Err(postcard::Error::SerializeBufferFull) => postcard::experimental::serialized_size(item)
            .map(Written::Needs)
            .map_err(Error::Encode),
        Err(error) => Err(Error::Encode(error)),
    }
}

pub(super) fn get<T: DeserializeOwned>(
    ring: &Ring,
    keeper: &impl Keeper,
    mut limit: Limit,
) -> Result<T, Error> {
    let mut item = None;
    ring.take(&mut limit, keeper, |bytes| {
        item = Some(postcard::from_bytes(bytes));
        Taken::Last
    })?;
    match item {
        Some(item) => item.map_err(Error::Decode),
        None => Err(Error::empty(&limit)),
    }
}

pub(super) fn get_many<T: DeserializeOwned>(
    ring: &Ring,
    keeper: &impl Keeper,
    most: usize,
    mut limit: Limit,
) -> Result<Vec<T>, Error> {
    let mut items = Vec::new();
    if most == 0 {
        return Ok(items);
    }
    let mut failed = None;
    ring.take(&mut limit, keeper, |bytes| {
        match postcard::from_bytes(bytes) {
            Ok(item) => {
                items.push(item);
                if items.len() < most {
                    Taken::More
                } else {
                    Taken::Last
                }
            }
            // The good ones first; the next call meets this one again.
            Err(_) if !items.is_empty() => Taken::Not,
            Err(error) => {
                failed = Some(error);
                Taken::Last
            }
        }
    })?;
    match failed {
        Some(error) => Err(Error::Decode(error)),
        None => Ok(items),
    }
}
