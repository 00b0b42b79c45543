//! First in, first out.

use std::fmt;
use std::time::Duration;

use crossbeam_channel::{
    Receiver, RecvTimeoutError, Select, Sender, TryRecvError, TrySendError, bounded,
};
use parking_lot::{Mutex, RwLock};

use super::super::patience::Patience;
use super::super::prim::{LOOKS, pause};
use super::{GetError, PutError, Queue};

/// A bounded queue that gives out the oldest item first: a [`crossbeam_channel`] that can be closed.
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
    /// Taken out by `close`; a channel without senders is what its receivers see as closed.
    sender: OwnLine<RwLock<Option<Sender<T>>>>,
    receiver: Receiver<T>,
    /// Dropped by `close`, for those who wait for room and hold the lock meanwhile.
    open: Mutex<Option<Sender<()>>>,
    closed: Receiver<()>,
    capacity: usize,
}

/// A cache line to itself: those who put change it, and would take its neighbours away from those who get.
#[repr(align(64))]
struct OwnLine<T>(T);

impl<T> FifoQueue<T> {
    /// An empty queue.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0: such a queue could never hold anything.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a queue needs a capacity of 1 at least");
        let (sender, receiver) = bounded(capacity);
        let (open, closed) = bounded(0);
        Self {
            sender: OwnLine(RwLock::new(Some(sender))),
            receiver,
            open: Mutex::new(Some(open)),
            closed,
            capacity,
        }
    }

    fn put_within(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        let sender = self.sender.0.read();
        let Some(sender) = &*sender else {
            return Err(PutError::Closed(item));
        };
        match sender.try_send(item) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(item)) if !patience.is_none() => {
                self.wait_for_room(sender, item, patience)
            }
            Err(TrySendError::Full(item)) => Err(PutError::Full(item)),
            Err(TrySendError::Disconnected(item)) => Err(PutError::Closed(item)),
        }
    }

    #[cold]
    fn wait_for_room(
        &self,
        sender: &Sender<T>,
        item: T,
        patience: Patience,
    ) -> Result<(), PutError<T>> {
        let mut item = item;
        for look in 0..LOOKS {
            pause(look);
            match sender.try_send(item) {
                Err(TrySendError::Full(refused)) => item = refused,
                result => return result.map_err(|refused| PutError::Closed(refused.into_inner())),
            }
        }
        let mut select = Select::new();
        let room = select.send(sender);
        select.recv(&self.closed);
        let ready = match patience {
            Patience::Until(deadline) => match select.select_deadline(deadline) {
                Ok(ready) => ready,
                Err(_) => return Err(PutError::Full(item)),
            },
            _ => select.select(),
        };
        if ready.index() == room {
            return ready
                .send(sender, item)
                .map_err(|refused| PutError::Closed(refused.0));
        }
        // Nothing is ever sent on it: it is closed.
        let _ = ready.recv(&self.closed);
        Err(PutError::Closed(item))
    }
}

impl<T> Queue<T> for FifoQueue<T> {
    fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_within(item, Patience::Endless)
    }

    fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_within(item, Patience::None)
    }

    fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_within(item, Patience::lasting(timeout))
    }

    fn get(&self) -> Result<T, GetError> {
        self.receiver.recv().map_err(|_| GetError::Closed)
    }

    fn try_get(&self) -> Result<T, GetError> {
        self.receiver.try_recv().map_err(|error| match error {
            TryRecvError::Empty => GetError::Empty,
            TryRecvError::Disconnected => GetError::Closed,
        })
    }

    fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.receiver
            .recv_timeout(timeout)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => GetError::Empty,
                RecvTimeoutError::Disconnected => GetError::Closed,
            })
    }

    fn len(&self) -> usize {
        self.receiver.len()
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn close(&self) {
        // First those who wait for room, as they keep the sender from being taken out.
        drop(self.open.lock().take());
        drop(self.sender.0.write().take());
    }

    fn is_closed(&self) -> bool {
        self.open.lock().is_none()
    }
}

impl<T> fmt::Debug for FifoQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::describe("FifoQueue", self, f)
    }
}
