use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};

use crate::ipc::Error;
use crate::ipc::futex::Signal;
use crate::ipc::map::{Mapped, Tenant};
use crate::ipc::ring::{Keeper, Position};
use crate::ipc::who::{Place, Roster, pid};

/// Who has taken how much, and what is done. How much was put says the ring's tail: it counts an item by the store that puts it.
#[repr(C)]
struct Ledger {
    consumers: Roster,
    /// What a consumer is about to enter into its account: it holds once the head stands at `at`, whether its process still
    /// lives or not.
    intent: Intent,
    /// Those who join wait here.
    finished: Signal,
}

#[repr(C)]
struct Intent {
    at: AtomicU64,
    valid: AtomicU32,
    place: AtomicU32,
    taken: AtomicU32,
}

impl Tenant for Ledger {}

/// The ledger in the hands of a process.
#[derive(Clone)]
pub(in super::super) struct Books {
    ledger: Mapped<Ledger>,
    /// The process that last took something by this handle or a copy, and the number of its place: in a forked child, still the
    /// parent's.
    mine: Arc<AtomicU64>,
}

impl Books {
    pub(super) fn new() -> Result<Books, Error> {
        Ok(Books {
            ledger: Mapped::new(|_| Ok(()))?,
            mine: Arc::default(),
        })
    }

    /// How many items are done, modulo 2³².
    pub(super) fn done(&self) -> u32 {
        let places = self.ledger.consumers.places().iter();
        places.fold(0_u32, |sum, place| {
            sum.wrapping_add(place.done.load(SeqCst))
        })
    }

    /// Those who join wait here.
    pub(super) fn finished(&self) -> &Signal {
        &self.ledger.finished
    }

    /// Dead consumers, and how many items each has open.
    pub(super) fn dead(&self) -> impl Iterator<Item = (&Place, u32)> {
        self.ledger.consumers.dead()
    }

    /// The place of this process, if it has one.
    pub(super) fn place(&self) -> Option<&Place> {
        self.remembered().or_else(|| self.ledger.consumers.find())
    }

    fn remembered(&self) -> Option<&Place> {
        let mine = self.mine.load(Relaxed);
        (mine >> 32 == u64::from(pid())).then(|| self.ledger.consumers.place(mine as u32))
    }

    fn enrol(&self) -> Result<&Place, Error> {
        let place = self.ledger.consumers.enrol()?;
        let number = self.ledger.consumers.number(place);
        self.mine
            .store(u64::from(pid()) << 32 | u64::from(number), Relaxed);
        Ok(place)
    }
}

impl Keeper for Books {
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
