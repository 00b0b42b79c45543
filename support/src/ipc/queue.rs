use std::borrow::Borrow;
use std::fmt;
use std::iter;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::joinable::Books;
use super::limit::Limit;
use super::ring::{Direct, Frames, Ring};
use super::{Bytes, Error, Producer, buffer};
use crate::wire::{self, Shapes, type_id};

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
/// # The end of the stream
///
/// Any process may [`close`](Self::close) the queue. Then nothing can be put any more; what is in it can be taken, and after that
/// who takes gets [`Error::Closed`], and [`iter`](Self::iter) ends. If the queue is to be closed when the last of several producers
/// has ended, however that ends, count them: [`producer`](Self::producer).
///
/// # When a process is killed
///
/// At any instruction, by any signal, nobody else hangs and nothing is corrupted. What can be lost is the item being put or
/// being taken by the process that died; for [`put_many`](Self::put_many) and [`get_many`](Self::get_many) that is the batch. See
/// [`recoveries`](Self::recoveries). In rare cases, when it dies between putting an item and waking those who wait for it, they
/// notice only when they look again by themselves, a fraction of a second later.
///
/// # The code of the items
///
/// An item is encoded before the queue is locked, and decoded after. So its `Serialize` and `Deserialize` may take their time, use the
/// same queue, and panic: that is [`Error::Encode`], and nothing is put, or [`Error::Decode`], and that item is lost, alone and once.
///
/// # What cannot travel
///
/// The bytes carry no names and no types (`postcard`). A type is got as something else if its serde attributes make what is sent
/// differ from what is got: `skip_serializing_if`, `skip_serializing` or `skip_deserializing` alone, `flatten`, `untagged`, `tag`.
/// That is [`Error::Encode`]: `put` tries each new shape of an item, that is which variants and how many fields it has. `skip` on both
/// sides travels, as the field's default. A `Serialize` or a `serialize_with` that decides by the value alone what it sends is not seen.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use support::ipc::{Error, Queue};
///
/// #[derive(Serialize, Deserialize)]
/// struct Order {
///     #[serde(skip_serializing_if = "Option::is_none")]
///     table: Option<u32>,
///     dishes: Vec<u8>,
/// }
///
/// let orders = Queue::<Order>::new(5)?;
/// let refused = orders.put(&Order { table: None, dishes: vec![1, 9] });
/// assert!(matches!(refused, Err(Error::Encode(_))));
/// # Ok::<(), Error>(())
/// ```
pub struct Queue<T> {
    ring: Ring,
    /// Who has taken what, for a [`JoinableQueue`](super::JoinableQueue).
    books: Option<Books>,
    /// What of the items has been seen to come back as it was sent.
    shapes: Arc<Shapes>,
    item: PhantomData<fn(T) -> T>,
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Queue {
            ring: self.ring.clone(),
            books: self.books.clone(),
            shapes: Arc::clone(&self.shapes),
            item: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
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
        Queue::with_books(capacity, bytes, None)
    }

    pub(super) fn with_books(
        capacity: usize,
        bytes: usize,
        books: Option<Books>,
    ) -> Result<Queue<T>, Error> {
        Ok(Queue {
            ring: Ring::new(capacity, bytes)?,
            books,
            shapes: Arc::default(),
            item: PhantomData,
        })
    }

    /// Has this handle, and its copies from now on, look again so rarely while it waits: for those who learn in another way of a
    /// process that died before it woke them.
    #[cfg(feature = "pool")]
    pub(crate) fn recheck(mut self, recheck: Duration) -> Queue<T> {
        self.ring = self.ring.recheck(recheck);
        self
    }

    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// How many items it holds at most.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// Size of the largest item that it takes, in bytes as `postcard` encodes it.
    pub fn byte_capacity(&self) -> usize {
        self.ring.byte_capacity()
    }

    /// How many items are in it: a hint, which may be wrong by the time it is acted on.
    pub fn len(&self) -> usize {
        self.ring.used().0 as usize
    }

    /// Whether nothing is in it: a hint, as [`len`](Self::len).
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// Whether no item, however small, can be put: a hint, as [`len`](Self::len).
    pub fn is_full(&self) -> bool {
        self.ring.is_full()
    }

    /// How many times a process was found to have died inside the queue, in the middle of putting or taking.
    pub fn recoveries(&self) -> u32 {
        self.ring.recoveries()
    }

    /// Closes the queue, in all processes: from now on nothing can be put, also by those who wait for room, and what is in it can
    /// still be taken. Closing it again does nothing.
    ///
    /// ```
    /// use support::ipc::{Error, Queue};
    ///
    /// let queue = Queue::<u32>::new(5)?;
    /// queue.put(&1)?;
    /// queue.close();
    /// assert!(matches!(queue.put(&2), Err(Error::Closed)));
    /// assert_eq!(queue.get()?, 1);
    /// assert!(matches!(queue.get(), Err(Error::Closed)));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn close(&self) {
        self.ring.close();
    }

    /// Whether it is closed. Items may still be in it.
    pub fn is_closed(&self) -> bool {
        self.ring.is_closed()
    }

    /// Counts one producer more, until what this returns is dropped or the process dies. When the last of them is gone, the queue is
    /// [closed](Self::close).
    ///
    /// The queue does not know of producers who do not say so: either all are counted or none. Count them before their processes
    /// start, lest the first one be gone before the second has come: a producer that moves into the closure of a child is that child's.
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use support::ipc::Queue;
    /// use support::process::Process;
    ///
    /// let queue = Queue::<u32>::new(5)?;
    /// let (one, other) = (queue.producer()?, queue.producer()?);
    /// let _ends = Process::start(move || one.put_many(&[1, 2, 3]))?;
    /// let mut hangs = Process::start(move || {
    ///     other.put(&10)?;
    ///     thread::sleep(Duration::from_secs(60));
    ///     other.put(&11)
    /// })?;
    /// let mut got = Vec::new();
    /// for item in queue.iter() {
    ///     got.push(item?);
    ///     if got.len() == 4 {
    ///         hangs.kill()?;
    ///     }
    /// }
    /// got.sort();
    /// assert_eq!(got, [1, 2, 3, 10]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], and [`Error::TooManyProcesses`] if 256 others produce.
    pub fn producer(&self) -> Result<Producer<'_, T>, Error> {
        let place = self.ring.enrol()?;
        Ok(Producer::new(self, place))
    }
}

impl<T: Serialize + DeserializeOwned> Queue<T> {
    /// Puts an item; waits while there is no room. A `Queue<String>` takes a `&str` too.
    ///
    /// While a large item waits, smaller ones of other producers may find room and overtake it.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] at once or while waiting, [`Error::TooLarge`] if it can never fit, [`Error::Encode`] if it cannot be encoded,
    /// [`Error::Corrupt`] if the shared memory was overwritten.
    pub fn put<Q>(&self, item: &Q) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        self.put_limit(item, Limit::NO_LIMIT)
    }

    /// Puts an item if there is room by then. `Duration::MAX` is as [`put`](Self::put).
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if not; else as [`put`](Self::put).
    pub fn put_timeout<Q>(&self, item: &Q, timeout: Duration) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        self.put_limit(item, Limit::after(timeout))
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
        self.put_limit(item, Limit::NEVER_WAIT)
    }

    /// Puts all items, in this order. Those that fit at once are put by a single store, all or none.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put). The items before the one in error have been put, unless the queue was closed meanwhile.
    pub fn put_many<Q>(&self, items: &[Q]) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize,
    {
        if is_known::<T>() && type_id::<Q>() == type_id::<T>() {
            if items.is_empty() {
                return Ok(());
            }
            let items = Direct::new(items.iter(), self.byte_capacity());
            return self.ring.put(&mut { Limit::NO_LIMIT }, items);
        }
        buffer::with(|frames| {
            let mut items = items.iter();
            let encoded = items.try_for_each(|item| self.frame(item, frames));
            if !frames.is_empty() {
                let mut limit = Limit::NO_LIMIT;
                self.ring.put(&mut limit, Frames::of(frames))?;
            }
            encoded
        })
    }

    fn put_limit<Q>(&self, item: &Q, mut limit: Limit) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        if is_known::<T>() && type_id::<Q>() == type_id::<T>() {
            let item = Direct::new(iter::once(item), self.byte_capacity());
            return self.ring.put(&mut limit, item);
        }
        buffer::with(|frame| {
            self.frame(item, frame)?;
            self.ring.put(&mut limit, Frames::of(frame))
        })
    }

    fn frame<Q>(&self, item: &Q, frames: &mut Vec<u8>) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        Frames::add(frames, self.byte_capacity(), |to| self.encode(item, to))
    }

    fn encode<Q>(&self, item: &Q, to: &mut Vec<u8>) -> Result<(), Error>
    where
        T: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        wire::append_proven::<Q, T>(item, to, &self.shapes).map_err(Error::Encode)
    }
}

impl<T: DeserializeOwned> Queue<T> {
    /// Takes the next item; waits while there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if the queue is closed and empty; [`Error::Decode`] if the item's bytes make no `T`: it has been taken then, and
    /// is lost; [`Error::Corrupt`] if the shared memory was overwritten. From a [`JoinableQueue`](super::JoinableQueue) also
    /// [`Error::TooManyProcesses`], if 256 others take from it; nothing is taken then.
    pub fn get(&self) -> Result<T, Error> {
        self.get_limit(Limit::NO_LIMIT)
    }

    /// Takes the next item if there is one by then. `Duration::MAX` is as [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] if not; else as [`get`](Self::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.get_limit(Limit::after(timeout))
    }

    /// Takes the next item if there is one now.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] if not, or if another process was busy at this end for 10 ms; else as [`get`](Self::get).
    pub fn try_get(&self) -> Result<T, Error> {
        self.get_limit(Limit::NEVER_WAIT)
    }

    /// Waits for an item, and takes as many as there are, up to `most`, by a single store. None for `most` 0.
    ///
    /// Each is an item or, if its bytes make no `T`, its [`Error::Decode`]: what cannot be decoded is lost alone.
    ///
    /// ```
    /// use support::ipc::Queue;
    ///
    /// let queue = Queue::<u32>::new(5)?;
    /// queue.put_many(&[1, 2, 3])?;
    /// let sum: u32 = queue.get_many(10)?.into_iter().sum::<Result<_, _>>()?;
    /// assert_eq!(sum, 6);
    /// # Ok::<(), support::ipc::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), but for [`Error::Decode`].
    pub fn get_many(&self, most: usize) -> Result<Vec<Result<T, Error>>, Error> {
        self.get_many_limit(most, Limit::NO_LIMIT)
    }

    /// As [`get_many`](Self::get_many), if there is an item by then.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] if not; else as [`get_many`](Self::get_many).
    pub fn get_many_timeout(
        &self,
        most: usize,
        timeout: Duration,
    ) -> Result<Vec<Result<T, Error>>, Error> {
        self.get_many_limit(most, Limit::after(timeout))
    }

    /// The items as they are got, waiting for each, until the queue is [closed](Self::close) and empty.
    ///
    /// Several may take from one queue so: each item goes to one of them. An item that cannot be decoded is an error in its place, and
    /// the others follow; after any other error nothing follows.
    ///
    /// ```
    /// use support::ipc::{Error, Queue};
    /// use support::process::Process;
    ///
    /// let queue = Queue::<u64>::new(5)?;
    /// let _producer = Process::start(|| {
    ///     (1..=10).try_for_each(|n| queue.put(&n))?;
    ///     queue.close();
    ///     Ok::<(), Error>(())
    /// })?;
    /// assert_eq!(queue.iter().sum::<Result<u64, _>>()?, 55);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = Result<T, Error>> + '_ {
        let mut ended = false;
        iter::from_fn(move || {
            if ended {
                return None;
            }
            let item = self.get();
            ended = !matches!(item, Ok(_) | Err(Error::Decode(_)));
            (!matches!(item, Err(Error::Closed))).then_some(item)
        })
    }

    fn get_limit(&self, mut limit: Limit) -> Result<T, Error> {
        if is_known::<T>() {
            let mut item = None;
            let decode = |bytes: &[u8]| item = Some(decode(bytes));
            self.ring.take(&mut limit, &self.books, 1, decode)?;
            return item.unwrap_or_else(|| Err(Error::empty(&limit)));
        }
        buffer::with(|buffer| {
            let copy = |bytes: &[u8]| buffer.extend_from_slice(bytes);
            self.ring.take(&mut limit, &self.books, 1, copy)?;
            decode(buffer)
        })
    }

    fn get_many_limit(
        &self,
        most: usize,
        mut limit: Limit,
    ) -> Result<Vec<Result<T, Error>>, Error> {
        if most == 0 {
            return Ok(Vec::new());
        }
        if is_known::<T>() {
            let mut items = Vec::with_capacity(most.min(self.len()));
            let decode = |bytes: &[u8]| items.push(decode(bytes));
            self.ring.take(&mut limit, &self.books, most, decode)?;
            return Ok(items);
        }
        buffer::with(|buffer| {
            let mut count = 0;
            self.ring.take(&mut limit, &self.books, most, |bytes| {
                buffer.extend_from_slice(&bytes.len().to_ne_bytes());
                buffer.extend_from_slice(bytes);
                count += 1;
            })?;
            let mut items = Vec::with_capacity(count);
            let mut rest = &buffer[..];
            while let Some((length, after)) = rest.split_first_chunk() {
                let (item, after) = after.split_at(usize::from_ne_bytes(*length));
                items.push(decode(item));
                rest = after;
            }
            Ok(items)
        })
    }
}

#[inline]
fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    if is_known::<T>() {
        return postcard::from_bytes(bytes).map_err(|error| Error::Decode(error.into()));
    }
    wire::decode(bytes).map_err(Error::Decode)
}

/// Whether it is [`Bytes`] or a plain value. They have no code of a user's: they are encoded and decoded under the lock, in place,
/// which is a copy less. And what is put comes back as it was, without a proof.
#[inline]
fn is_known<T: ?Sized>() -> bool {
    macro_rules! is_one_of {
        ($($known:ty),*) => { $(type_id::<T>() == type_id::<$known>())||* };
    }
    is_one_of!(
        Bytes,
        (),
        bool,
        char,
        u8,
        u16,
        u32,
        u64,
        u128,
        usize,
        i8,
        i16,
        i32,
        i64,
        i128,
        isize,
        f32,
        f64
    )
}
