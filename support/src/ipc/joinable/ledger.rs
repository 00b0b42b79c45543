use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};

use super::JoinableQueue;
use crate::ipc::Error;
use crate::ipc::futex::Signal;
use crate::ipc::map::Tenant;
use crate::ipc::ring::{Keeper, Position};
use crate::ipc::who::{Place, Roster, pid};

/// Who has taken how much, and what is done. How much was put says the ring's tail: it counts an item by the store that puts it.
#[repr(C)]
pub(super) struct Ledger {
    pub(super) consumers: Roster,
    /// What a consumer is about to enter into its account: it holds once the head stands at `at`, whether its process still
    /// lives or not.
    intent: Intent,
    /// Those who join wait here.
    pub(super) finished: Signal,
}

#[repr(C)]
struct Intent {
    at: AtomicU64,
    valid: AtomicU32,
    place: AtomicU32,
    taken: AtomicU32,
}

impl Tenant for Ledger {}

/// The ledger in the hands of this process.
pub(super) struct Account<'a> {
    ledger: &'a Ledger,
    mine: &'a AtomicU64,
}

impl<'a> Account<'a> {
    pub(super) fn of<T>(queue: &'a JoinableQueue<T>) -> Account<'a> {
        Account {
            ledger: &queue.ledger,
            mine: &queue.mine,
        }
    }

    pub(super) fn remembered(&self) -> Option<&'a Place> {
        let mine = self.mine.load(Relaxed);
        (mine >> 32 == u64::from(pid())).then(|| self.ledger.consumers.place(mine as u32))
    }

    pub(super) fn find(&self) -> Option<&'a Place> {
        self.ledger.consumers.find()
    }

    fn enrol(&self) -> Result<&'a Place, Error> {
        let place = self.ledger.consumers.enrol()?;
        let number = self.ledger.consumers.number(place);
        self.mine
            .store(u64::from(pid()) << 32 | u64::from(number), Relaxed);
        Ok(place)
    }
}

impl Keeper for Account<'_> {
    fn taking(&self, start: Position, head: Position) -> Result<(), Error> {
        let place = self.remembered().map_or_else(|| self.enrol(), Ok)?;
        let intent = &self.ledger.intent;
        let taken = place
            .taken
            .load(Relaxed)
            .wrapping_add(head.items.wrapping_sub(start.items));
        intent.valid.store(0, Release);
        intent
            .place
            .store(self.ledger.consumers.number(place), Release);
        intent.taken.store(taken, Release);
        intent.at.store(head.to_word(), Release);
        intent.valid.store(1, Release);
        Ok(())
    }

    fn taken(&self, head: Position) {
        // Storing it twice does not matter, so neither does a death right after it.
        let intent = &self.ledger.intent;
        if intent.valid.load(Relaxed) == 1 && intent.at.load(Relaxed) == head.to_word() {
            let place = self.ledger.consumers.place(intent.place.load(Relaxed));
            place.taken.store(intent.taken.load(Relaxed), SeqCst);
        }
    }
}
