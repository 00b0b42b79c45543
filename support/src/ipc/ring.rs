//! The queue of bytes under [`Queue`](super::Queue) and [`JoinableQueue`](super::JoinableQueue).
//!
//! Two ends, each with a robust lock. A position says how many items and bytes have passed an end, in one word. The producers' end
//! writes an item into free space and then stores the new `tail`: that store is what puts the item. The consumers' end reads an
//! item and then stores the new `head`: that store is what takes it. A process killed before its store has changed nothing that
//! counts, so there is nothing to repair when the next one gets the lock.

mod position;
mod step;

use std::io;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};
use std::time::Duration;

use super::Error;
use super::futex::{Line, RECHECK, Signal};
use super::limit::Limit;
use super::map::{Mapped, Pages, Tenant, page_size};
use super::robust::{Locked, RobustMutex};
use position::HEADER;
pub(super) use position::Position;
pub(super) use step::{Keeper, Taken, Written};

/// How long a form that does not wait puts up with another process in its end: such a stay is a copy long.
const GRACE: Duration = Duration::from_millis(10);

#[repr(C, align(128))]
struct End {
    lock: RobustMutex,
    /// Where the other end was when last looked at; written under the lock. It can only have moved on since.
    seen: AtomicU64,
}

/// What the processes share, beside the bytes.
#[repr(C)]
pub(super) struct Shared {
    producers: End,
    tail: Line<AtomicU64>,
    consumers: End,
    head: Line<AtomicU64>,
    /// Consumers wait here.
    filled: Signal,
    /// Producers wait here.
    freed: Signal,
    recoveries: Line<AtomicU32>,
}

impl Tenant for Shared {}

/// A handle on the queue.
#[derive(Clone)]
pub(super) struct Ring {
    shared: Mapped<Shared>,
    /// The ring, mapped twice in a row.
    pages: Arc<Pages>,
    /// The size of the ring in bytes; a power of two.
    size: u32,
    items: u32,
    /// How long this handle waits without looking again.
    recheck: Duration,
}

/// What is known of a queue on a [`Ring`] from outside.
macro_rules! hints {
    ($queue:ident) => {
        impl<T> $queue<T> {
            /// How many items it holds at most.
            pub fn capacity(&self) -> usize {
                self.ring.capacity()
            }

            /// Size of the largest item that it takes, in bytes as `postcard` encodes it.
            pub fn byte_capacity(&self) -> usize {
                self.ring.byte_capacity()
            }

            #[expect(
                clippy::len_without_is_empty,
                reason = "named as in Python: `empty` and `full`"
            )]
            /// How many items are in it: a hint, which may be wrong by the time it is acted on.
            pub fn len(&self) -> usize {
                self.ring.used().0 as usize
            }

            /// Whether nothing is in it: a hint, as [`len`](Self::len).
            pub fn empty(&self) -> bool {
                self.ring.is_empty()
            }

            /// Whether no item, however small, can be put: a hint, as [`len`](Self::len).
            pub fn full(&self) -> bool {
                self.ring.is_full()
            }

            /// How many times a process was found to have died inside the queue, in the middle of putting or taking.
            pub fn recoveries(&self) -> u32 {
                self.ring.recoveries()
            }
        }
    };
}
pub(super) use hints;

impl Ring {
    pub(super) fn new(items: usize, bytes: usize) -> Result<Ring, Error> {
        let refused = || Error::Capacity { items, bytes };
        let size = bytes
            .checked_add(HEADER as usize)
            .map(|bytes| bytes.max(page_size()).next_power_of_two())
            .filter(|&size| size <= 1 << 30)
            .and_then(|size| u32::try_from(size).ok())
            .ok_or_else(refused)?;
        let items = u32::try_from(items)
            .ok()
            .filter(|items| (1..=1 << 30).contains(items))
            .ok_or_else(refused)?;
        let shared = Mapped::new(|place: *mut Shared| -> io::Result<()> {
            // SAFETY: the mapping is large enough and stays where it is; zero is a valid start for all else.
            unsafe {
                RobustMutex::init(&raw mut (*place).producers.lock)?;
                RobustMutex::init(&raw mut (*place).consumers.lock)
            }
        })?;
        let pages = Pages::mirrored(size as usize)?;
        Ok(Ring {
            shared,
            pages: Arc::new(pages),
            size,
            items,
            recheck: RECHECK,
        })
    }

    /// Has this handle, and its copies from now on, look again so rarely while it waits.
    pub(super) fn recheck(mut self, recheck: Duration) -> Ring {
        self.recheck = recheck;
        self
    }

    pub(super) fn capacity(&self) -> usize {
        self.items as usize
    }

    /// The size of the largest item, in bytes.
    pub(super) fn byte_capacity(&self) -> usize {
        (self.size - HEADER) as usize
    }

    pub(super) fn recoveries(&self) -> u32 {
        self.shared.recoveries.0.load(Relaxed)
    }

    /// Items and bytes in the queue.
    pub(super) fn used(&self) -> (u32, u32) {
        // The head first: the tail, read later, is not behind it.
        let head = self.head();
        let (items, bytes) = self.tail().since(head);
        (items.min(self.items), bytes.min(self.size))
    }

    pub(super) fn is_full(&self) -> bool {
        let (items, bytes) = self.used();
        items == self.items || self.size - bytes <= HEADER
    }

    pub(super) fn is_empty(&self) -> bool {
        self.head() == self.tail()
    }

    pub(super) fn tail(&self) -> Position {
        Position::from_word(self.shared.tail.0.load(SeqCst))
    }

    pub(super) fn head(&self) -> Position {
        Position::from_word(self.shared.head.0.load(SeqCst))
    }

    /// Puts what `encode` writes: one item, or several while it has more.
    pub(super) fn put(
        &self,
        limit: &mut Limit,
        mut encode: impl FnMut(&mut [u8]) -> Result<Written, Error>,
    ) -> Result<(), Error> {
        let shared = &*self.shared;
        loop {
            let Some(end) = self.enter(&shared.producers, limit, || ())? else {
                return Err(Error::full(limit));
            };
            let start = self.tail();
            let mut tail = start;
            let mut need = 0;
            let result = loop {
                let Some(room) = self.room(tail, need) else {
                    break Ok(false);
                };
                // SAFETY: free space, which nobody but the holder of this lock touches; shared memory holds bytes of any value.
                let free = unsafe { slice::from_raw_parts_mut(self.payload(tail), room as usize) };
                match encode(free) {
                    Ok(Written::Item { length, last }) => {
                        tail = self.append(tail, length);
                        need = 0;
                        if last {
                            break Ok(true);
                        }
                    }
                    Ok(Written::Needs(size)) if size > self.byte_capacity() => {
                        let capacity = self.byte_capacity();
                        break Err(Error::TooLarge { size, capacity });
                    }
                    Ok(Written::Needs(size)) => need = size as u32,
                    Err(error) => break Err(error),
                }
            };
            if tail != start {
                shared.tail.0.swap(tail.to_word(), SeqCst);
            }
            drop(end);
            if tail != start {
                shared.filled.notify();
            }
            if result? {
                return Ok(());
            }
            let fits = || self.fits(self.tail(), self.head(), need).is_some();
            if !shared.freed.wait_rechecking(limit, self.recheck, fits) {
                return Err(Error::full(limit));
            }
        }
    }

    /// Takes one item, or several while `decode` wants more and there are more. All are taken by one store, which
    /// `keeper` surrounds.
    pub(super) fn take(
        &self,
        limit: &mut Limit,
        keeper: &impl Keeper,
        mut decode: impl FnMut(&[u8]) -> Taken,
    ) -> Result<(), Error> {
        let shared = &*self.shared;
        loop {
            let Some(end) = self.enter_to_take(limit, keeper)? else {
                return Err(Error::empty(limit));
            };
            let start = self.head();
            let mut head = start;
            while self.has_item(head) {
                let (item, length) = self.item(head);
                // SAFETY: an item that was put, which nobody overwrites before the head has passed it.
                let taken = decode(unsafe { slice::from_raw_parts(item, length as usize) });
                if matches!(taken, Taken::More | Taken::Last) {
                    head = head.after_item(length);
                }
                if matches!(taken, Taken::Last | Taken::Not) {
                    break;
                }
            }
            if head != start {
                keeper.taking(start, head)?;
                shared.head.0.swap(head.to_word(), SeqCst);
                keeper.taken(head);
                drop(end);
                shared.freed.notify();
                return Ok(());
            }
            drop(end);
            let filled = || !self.is_empty();
            if !shared.filled.wait_rechecking(limit, self.recheck, filled) {
                return Err(Error::empty(limit));
            }
        }
    }

    /// Locks the consumers' end.
    pub(super) fn enter_to_take(
        &self,
        limit: &mut Limit,
        keeper: &impl Keeper,
    ) -> Result<Option<Locked<'_>>, Error> {
        self.enter(&self.shared.consumers, limit, || keeper.taken(self.head()))
    }

    /// Locks an end. If the last process in it died there, `repair` comes first.
    fn enter<'a>(
        &'a self,
        end: &'a End,
        limit: &mut Limit,
        repair: impl FnOnce(),
    ) -> Result<Option<Locked<'a>>, Error> {
        let locked = if limit.is_none() {
            end.lock.lock(&mut Limit::after(GRACE))?
        } else {
            end.lock.lock(limit)?
        };
        if let Some(locked) = &locked
            && locked.owner_died
        {
            // Killed from here on, this process is one more that died inside.
            self.shared.recoveries.0.fetch_add(1, Relaxed);
            repair();
            locked.recover();
        }
        Ok(locked)
    }

    /// How large the next item may be, if `need` bytes at least are free for it. Looks at the other end only if it must.
    fn room(&self, tail: Position, need: u32) -> Option<u32> {
        let seen = &self.shared.producers.seen;
        let head = Position::from_word(seen.load(Relaxed));
        self.fits(tail, head, need).or_else(|| {
            let head = self.head();
            seen.store(head.to_word(), Relaxed);
            self.fits(tail, head, need)
        })
    }

    fn fits(&self, tail: Position, head: Position, need: u32) -> Option<u32> {
        let (items, bytes) = tail.since(head);
        let room = self.size.checked_sub(bytes)?.checked_sub(HEADER)?;
        (items < self.items && room >= need).then_some(room)
    }

    fn has_item(&self, head: Position) -> bool {
        let seen = &self.shared.consumers.seen;
        if seen.load(Relaxed) != head.to_word() {
            return true;
        }
        let tail = self.tail().to_word();
        seen.store(tail, Relaxed);
        tail != head.to_word()
    }

    fn append(&self, tail: Position, length: usize) -> Position {
        // It was written into room of that size, which is less than the ring's.
        let length = length as u32;
        // SAFETY: free space, and positions are multiples of the header's size.
        unsafe { self.at(tail).cast::<u32>().write(length) };
        tail.after_item(length)
    }

    fn item(&self, head: Position) -> (*const u8, u32) {
        // SAFETY: there is an item at `head`; positions are multiples of the header's size.
        let length = unsafe { self.at(head).cast::<u32>().read() };
        (self.payload(head), length)
    }

    fn payload(&self, position: Position) -> *mut u8 {
        self.at(position).wrapping_add(HEADER as usize)
    }

    fn at(&self, position: Position) -> *mut u8 {
        let offset = position.bytes & (self.size - 1);
        self.pages.start().wrapping_add(offset as usize)
    }
}
