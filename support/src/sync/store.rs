//! A bounded store behind a lock: what the last-in and the priority queue share.

use super::patience::Patience;
use super::prim::{Condvar, LOOKS, Mutex, MutexGuard, pause};
use super::{GetError, PutError};

/// What holds the items, and knows which is next.
pub(super) trait Shelf {
    type Item;

    fn push(&mut self, item: Self::Item);
    fn pop(&mut self) -> Option<Self::Item>;
    fn len(&self) -> usize;
}

/// A shelf with room for `capacity` items.
pub(super) struct Store<S> {
    state: Mutex<State<S>>,
    room: Condvar,
    items: Condvar,
    capacity: usize,
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
        state.shelf.push(item);
        drop(state);
        self.items.notify_one();
        Ok(())
    }

    pub(super) fn get(&self, patience: Patience) -> Result<S::Item, GetError> {
        let mut state = self.when(&self.items, patience, |state| {
            state.closed || state.shelf.len() > 0
        });
        let Some(item) = state.shelf.pop() else {
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
