//! The queue of bytes under [`Queue`](super::Queue) and [`JoinableQueue`](super::JoinableQueue).
//!
//! Two ends, each with a robust lock. A position says how many items and bytes have passed an end, in one word. The producers' end
//! writes an item into free space and then stores the new `tail`: that store is what puts the item. The consumers' end reads an
//! item and then stores the new `head`: that store is what takes it. A process killed before its store has changed nothing that
//! counts, so there is nothing to repair when the next one gets the lock.
//!
//! Under a lock bytes are copied, and nothing else: a type's own code runs before or after.

mod position;
mod step;
#[cfg(test)]
mod tests;

use std::io;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};
use std::time::Duration;

use super::Error;
use super::error::MOST;
use super::futex::{Line, RECHECK, Signal, Waited};
use super::limit::Limit;
use super::map::{Mapped, Pages, Tenant, page_size};
use super::robust::{Locked, RobustMutex};
use super::who::{self, Place, Roster};
pub(super) use position::Position;
use position::{CLOSED, HEADER};
pub(super) use step::{Direct, Frames, Keeper, Writer};

/// How long a form that does not wait puts up with another process in its end: such a stay is a copy long.
pub(super) const GRACE: Duration = Duration::from_millis(10);

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
    /// Who has said that it puts. Changed under the producers' lock, but for those who leave.
    roster: Roster,
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

impl Ring {
    pub(super) fn new(items: usize, bytes: usize) -> Result<Ring, Error> {
        let refused = || Error::Capacity { items, bytes };
        if !(1..=MOST).contains(&items) || bytes > MOST {
            return Err(refused());
        }
        let size = (bytes + HEADER as usize).max(page_size());
        let size = u32::try_from(size.next_power_of_two()).map_err(|_| refused())?;
        let items = u32::try_from(items).map_err(|_| refused())?;
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

    #[cfg(feature = "pool")]
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

    #[inline]
    pub(super) fn tail(&self) -> Position {
        Position::from_word(self.shared.tail.0.load(SeqCst))
    }

    #[inline]
    pub(super) fn head(&self) -> Position {
        Position::from_word(self.shared.head.0.load(SeqCst))
    }

    /// Closes the queue for those who put. It takes no lock: a put stores its tail before that or not at all.
    pub(super) fn close(&self) {
        self.shared.tail.0.fetch_or(CLOSED, SeqCst);
        self.shared.filled.notify();
        self.shared.freed.notify();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.shared.tail.0.load(SeqCst) & CLOSED != 0
    }

    /// Puts all that the writer has. What fits at once is put by one store.
    pub(super) fn put(&self, limit: &mut Limit, mut writer: impl Writer) -> Result<(), Error> {
        let shared = &*self.shared;
        loop {
            let Some(end) = self.enter(&shared.producers, limit, || ())? else {
                return Err(Error::full(limit));
            };
            let word = shared.tail.0.load(SeqCst);
            if word & CLOSED != 0 {
                return Err(Error::Closed);
            }
            let start = Position::from_word(word);
            let (tail, result) = self.write(start, &mut writer);
            let put = tail == start
                || shared
                    .tail
                    .0
                    .compare_exchange(word, tail.to_word(), SeqCst, SeqCst)
                    .is_ok();
            drop(end);
            if !put {
                // Nobody else stores a tail: the queue was closed meanwhile.
                return Err(Error::Closed);
            }
            if tail != start {
                shared.filled.notify();
            }
            let Some(need) = result? else {
                return Ok(());
            };
            let ready = || {
                let (tail, head) = (self.tail(), self.head());
                self.fits(tail, head, need).is_some() || self.is_closed()
            };
            if !shared.freed.wait_rechecking(limit, self.recheck, ready) {
                return Err(Error::full(limit));
            }
        }
    }

    /// Writes into free space what fits there: the tail after it, and how large the next item is, if it did not fit.
    fn write(
        &self,
        mut tail: Position,
        writer: &mut impl Writer,
    ) -> (Position, Result<Option<u32>, Error>) {
        let mut need = 0;
        loop {
            let (items, room) = match self.room(tail, need) {
                Ok(Some(room)) => room,
                Ok(None) => return (tail, Ok(Some(need))),
                Err(error) => return (tail, Err(error)),
            };
            let free = (HEADER + room) as usize;
            // SAFETY: free space, no more than the ring's size, which nobody but the holder of this lock touches; shared memory
            // holds bytes of any value.
            let free = unsafe { slice::from_raw_parts_mut(self.at(tail), free) };
            match writer.write(free, items) {
                Ok(written) => {
                    tail = tail.after(written.items, written.bytes);
                    match written.needs {
                        Some(next) => need = next,
                        None => return (tail, Ok(None)),
                    }
                }
                Err(error) => return (tail, Err(error)),
            }
        }
    }

    /// Takes as many items as there are, up to `most`, at least one; `copy` gets the bytes of each. It runs under the lock, so it
    /// runs no code of the user's. All are taken by one store, which `keeper` surrounds.
    pub(super) fn take(
        &self,
        limit: &mut Limit,
        keeper: &impl Keeper,
        most: usize,
        mut copy: impl FnMut(&[u8]),
    ) -> Result<(), Error> {
        let shared = &*self.shared;
        loop {
            let Some(end) = self.enter_to_take(limit, keeper)? else {
                return Err(Error::empty(limit));
            };
            let start = self.head();
            let mut head = start;
            for _ in 0..most {
                match self.item(head) {
                    Ok(Some(item)) => {
                        copy(item);
                        // It is shorter than the ring.
                        head = head.after_item(item.len() as u32);
                    }
                    Ok(None) => break,
                    Err(error) if head == start => return Err(error),
                    // The good ones first; the next call meets this one again.
                    Err(_) => break,
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
            let word = shared.tail.0.load(SeqCst);
            drop(end);
            if Position::from_word(word) != head {
                continue;
            }
            if word & CLOSED != 0 {
                return Err(Error::Closed);
            }
            if !self.wait_for_items(limit) {
                return Err(Error::empty(limit));
            }
        }
    }

    /// Waits until there is something, or will be nothing any more; false if the time was over first.
    fn wait_for_items(&self, limit: &mut Limit) -> bool {
        let ready = || !self.is_empty() || self.is_closed();
        if limit.is_none() {
            return ready() || self.close_if_deserted();
        }
        let filled = &self.shared.filled;
        let deserted = || self.close_if_deserted();
        filled.wait_watching(limit, self.recheck, ready, deserted) != Waited::TimeOver
    }

    /// Counts a producer of this process: the number of its place.
    pub(super) fn enrol(&self) -> Result<u32, Error> {
        let _end = self.enter_endlessly()?;
        if self.is_closed() {
            return Err(Error::Closed);
        }
        let roster = &self.shared.roster;
        let place = roster.enrol_or(Ring::forget)?;
        place.taken.fetch_add(1, SeqCst);
        Ok(roster.number(place))
    }

    /// A producer of this process is gone.
    pub(super) fn leave(&self, place: u32) {
        self.shared.roster.place(place).close();
        self.close_if_deserted();
    }

    /// A producer that has moved into this process from its parent is gone.
    pub(super) fn leave_given(&self) {
        if let Ok(Some(_end)) = self.enter_briefly()
            && let Ok(place) = self.shared.roster.enrol_or(Ring::forget)
        {
            place.close_given();
        }
        self.close_if_deserted();
    }

    /// Makes a producer of this process that of a child, to which it has moved.
    pub(super) fn hand_over(&self, place: u32, child: u32) {
        let roster = &self.shared.roster;
        let place = roster.place(place);
        let given = self.enter_briefly().ok().flatten().and_then(|_end| {
            let start = who::living(child)?;
            let child = roster.enrol_child(child, start, Ring::forget).ok()?;
            place.give(child);
            Some(())
        });
        if given.is_none() {
            place.close();
        }
        // The child may have been quicker.
        self.close_if_deserted();
    }

    /// What dead producers had open is over.
    fn forget(dead: &Place) {
        while dead.close() {}
    }

    /// Closes the queue if there were producers and all are gone. If the producers' end is not free soon, whoever waits for items asks
    /// again.
    fn close_if_deserted(&self) -> bool {
        let places = || self.shared.roster.places().iter();
        let came = || places().any(|place| place.taken.load(SeqCst) != 0);
        let deserted = || came() && places().all(|place| place.open() == 0 || place.is_dead());
        if !deserted() {
            return false;
        }
        // Under the lock nobody enrols.
        let end = self.enter_briefly();
        if !matches!(end, Ok(Some(_))) || !deserted() {
            return false;
        }
        self.close();
        true
    }

    /// Locks the producers' end if it is free soon.
    fn enter_briefly(&self) -> Result<Option<Locked<'_>>, Error> {
        self.enter(&self.shared.producers, &mut { Limit::NEVER_WAIT }, || ())
    }

    fn enter_endlessly(&self) -> Result<Locked<'_>, Error> {
        loop {
            if let Some(end) =
                self.enter(&self.shared.producers, &mut { Limit::NO_LIMIT }, || ())?
            {
                return Ok(end);
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

    /// How many items there is room for and how large the next one may be, if `need` bytes at least are free for it. Looks at the
    /// other end only if it must.
    #[inline]
    fn room(&self, tail: Position, need: u32) -> Result<Option<(u32, u32)>, Error> {
        let seen = &self.shared.producers.seen;
        let head = Position::from_word(seen.load(Relaxed));
        if let Some(room) = self.fits(tail, head, need) {
            return Ok(Some(room));
        }
        let head = self.head();
        seen.store(head.to_word(), Relaxed);
        let (items, bytes) = tail.since(head);
        if items > self.items || bytes > self.size {
            return Err(self.corrupt("more is in it than fits"));
        }
        Ok(self.fits(tail, head, need))
    }

    #[inline]
    fn fits(&self, tail: Position, head: Position, need: u32) -> Option<(u32, u32)> {
        let (items, bytes) = tail.since(head);
        let room = self.size.checked_sub(bytes)?.checked_sub(HEADER)?;
        let items = self.items.checked_sub(items)?;
        (items > 0 && room >= need).then_some((items, room))
    }

    /// The item at the head, if there is one. What shared memory says of its length is believed only within bounds.
    #[inline]
    fn item(&self, head: Position) -> Result<Option<&[u8]>, Error> {
        let seen = &self.shared.consumers.seen;
        let mut tail = Position::from_word(seen.load(Relaxed));
        if tail == head {
            tail = self.tail();
            seen.store(tail.to_word(), Relaxed);
            if tail == head {
                return Ok(None);
            }
        }
        let (_, bytes) = tail.since(head);
        if bytes < HEADER || bytes > self.size {
            return Err(self.corrupt("its ends do not fit together"));
        }
        // SAFETY: positions are multiples of the header's size, and one fits between these two.
        let length = unsafe { self.at(head).cast::<u32>().read() };
        if length > bytes - HEADER {
            return Err(self.corrupt("an item is longer than all that is in it"));
        }
        // SAFETY: an item that was put, within the ring, which nobody overwrites before the head has passed it.
        Ok(Some(unsafe {
            slice::from_raw_parts(self.payload(head), length as usize)
        }))
    }

    #[cold]
    fn corrupt(&self, why: &'static str) -> Error {
        Error::Corrupt { why }
    }

    fn payload(&self, position: Position) -> *mut u8 {
        self.at(position).wrapping_add(HEADER as usize)
    }

    #[inline]
    fn at(&self, position: Position) -> *mut u8 {
        let offset = position.bytes & (self.size - 1);
        self.pages.start().wrapping_add(offset as usize)
    }
}
