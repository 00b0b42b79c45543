//! A bounded store behind a lock: what the last-in and the priority queue share.

use std::mem;

use super::patience::Patience;
use super::prim::{Condvar, LOOKS, Mutex, MutexGuard, pause};
use super::{GetError, PutError};

/// What holds the items, and knows which is next.
pub(super) trait Shelf {
    type Item;

    /// Where the item belongs. This may compare, which is the user's code and may panic.
    fn place(&self, item: &Self::Item) -> usize;
    /// Puts the item there.
    fn insert(&mut self, item: Self::Item, place: usize);
    /// Where the gap ends up that the next item leaves. This may compare.
    fn gap(&self) -> usize;
    /// Takes the next item.
    fn take(&mut self, gap: usize) -> Option<Self::Item>;
    fn len(&self) -> usize;
}

/// A shelf with room for `capacity` items.
pub(super) struct Store<S> {
    state: Mutex<State<S>>,
    room: Condvar,
    items: Condvar,
    capacity: usize,
}

/// Wakes another when a comparison panics: whoever was woken for this room or item, and leaves it, owes that.
struct PassOn<'a>(&'a Condvar);

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

struct State<S> {
    shelf: S,
    closed: bool,
}

impl<S: Shelf> Store<S> {
    /// Panics if `capacity` is 0.
    pub(super) fn new(shelf: S, capacity: usize) -> Self {
        assert!(capacity > 0, "a queue needs a capacity of 1 at least");
        Self {
            state: Mutex::new(State {
                shelf,
                closed: false,
            }),
            room: Condvar::new(),
            items: Condvar::new(),
            capacity,
        }
    }

    #[inline]
    pub(super) fn put(&self, item: S::Item, patience: Patience) -> Result<(), PutError<S::Item>> {
        let mut state = self.when(&self.room, patience, |state| {
            state.closed || state.shelf.len() < self.capacity
        });
        if state.closed {
            return Err(PutError::Closed(item));
        }
        if state.shelf.len() >= self.capacity {
            return Err(PutError::Full(item));
        }
        let passed_on = PassOn(&self.room);
        let place = state.shelf.place(&item);
        mem::forget(passed_on);
        state.shelf.insert(item, place);
        drop(state);
        self.items.notify_one();
        Ok(())
    }

    #[inline]
    pub(super) fn get(&self, patience: Patience) -> Result<S::Item, GetError> {
        let mut state = self.when(&self.items, patience, |state| {
            state.closed || state.shelf.len() > 0
        });
        let passed_on = PassOn(&self.items);
        let gap = state.shelf.gap();
        mem::forget(passed_on);
        let Some(item) = state.shelf.take(gap) else {
            return Err(if state.closed {
                GetError::Closed
            } else {
                GetError::Empty
            });
        };
        drop(state);
        self.room.notify_one();
        Ok(item)
    }

    pub(super) fn len(&self) -> usize {
        self.state.lock().shelf.len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.items.notify_all();
        self.room.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// The state as soon as it is `ready`, or as it is when patience has run out.
    fn when(
        &self,
        changed: &Condvar,
        patience: Patience,
        ready: impl Fn(&State<S>) -> bool,
    ) -> MutexGuard<'_, State<S>> {
        let mut state = self.state.lock();
        let mut patient = !patience.is_none();
        let mut looks = 0;
        while !ready(&state) && patient {
            if looks < LOOKS {
                drop(state);
                pause(looks);
                looks += 1;
                state = self.state.lock();
            } else {
                patient = patience.wait(changed, &mut state);
            }
        }
        state
    }
}
