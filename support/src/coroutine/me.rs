//! A coroutine, seen from inside.

use std::rc::Rc;

use corosensei::Yielder;

use super::{Error, Peer, Shared};

/// A coroutine, seen from inside: what its closure is given.
pub struct Me<'a, V> {
    yielder: &'a Yielder<(), Peer>,
    shared: &'a Shared<V>,
    name: Rc<str>,
}

impl<'a, V> Me<'a, V> {
    pub(super) fn new(
        yielder: &'a Yielder<(), Peer>,
        shared: &'a Shared<V>,
        name: Rc<str>,
    ) -> Self {
        Self {
            yielder,
            shared,
            name,
        }
    }

    /// Stops here and lets `to` go on with `value`; returns what the next switch to this coroutine gives.
    ///
    /// # Errors
    /// [`Error::Finished`] and [`Error::NotOurs`] if `to` cannot go on: then this coroutine goes on, and the value is
    /// dropped. [`Error::Closing`] while the hub is being dropped.
    #[inline]
    pub fn switch(&self, to: Peer, value: V) -> Result<V, Error> {
        if self.shared.closing.get() {
            return Err(Error::Closing);
        }
        self.shared.value.set(Some(value));
        self.yielder.suspend(to);
        self.shared.received()
    }

    /// The coroutine of this name.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none.
    pub fn peer(&self, name: &str) -> Result<Peer, Error> {
        let peers = self.shared.peers.borrow();
        peers
            .get(name)
            .copied()
            .ok_or_else(|| Error::Unknown { name: name.into() })
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        &self.name
    }
}
