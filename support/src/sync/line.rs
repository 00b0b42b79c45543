//! A bounded ring without a lock, and the sleep of those who wait for it.

use super::gate::Gate;
use super::patience::Patience;
use super::{GetError, PutError};

/// A bounded queue that never waits. Once closed it takes nothing more: what it has taken before can be got to the last.
///
/// What succeeds goes through a sequentially consistent read-modify-write (`SeqCst`), and whoever tries after that, behind a
/// fence of that kind, sees it: the [`Gate`] counts on it.
pub(super) trait Ring {
    type Item;

    fn push(&self, item: Self::Item) -> Result<(), PutError<Self::Item>>;
    fn pop(&self) -> Result<Self::Item, GetError>;
    fn close(&self);
}

pub(super) struct Line<R> {
    ring: R,
    items: Gate,
    room: Gate,
}

impl<R: Ring> Line<R> {
    pub(super) fn new(ring: R) -> Self {
        Self {
            ring,
            items: Gate::new(),
            room: Gate::new(),
        }
    }

    pub(super) fn ring(&self) -> &R {
        &self.ring
    }

    #[inline]
    pub(super) fn put(&self, item: R::Item, patience: Patience) -> Result<(), PutError<R::Item>> {
        let mut result = self.ring.push(item);
        if !patience.is_none()
            && let Err(PutError::Full(item)) = result
        {
            result = self.wait_for_room(item, patience);
        }
        if result.is_ok() {
            self.items.wake_one();
        }
        result
    }

    #[inline]
    pub(super) fn get(&self, patience: Patience) -> Result<R::Item, GetError> {
        let mut result = self.ring.pop();
        if !patience.is_none() && matches!(result, Err(GetError::Empty)) {
            let item = self.items.wait(patience, || match self.ring.pop() {
                Err(GetError::Empty) => None,
                result => Some(result),
            });
            result = item.unwrap_or(Err(GetError::Empty));
        }
        if result.is_ok() {
            self.room.wake_one();
        }
        result
    }

    pub(super) fn close(&self) {
        self.ring.close();
        self.items.wake_all();
        self.room.wake_all();
    }

    #[cold]
    fn wait_for_room(&self, item: R::Item, patience: Patience) -> Result<(), PutError<R::Item>> {
        let mut refused = Err(PutError::Full(item));
        let _ = self.room.wait(patience, || {
            if let Err(PutError::Full(item)) = std::mem::replace(&mut refused, Ok(())) {
                refused = self.ring.push(item);
            }
            (!matches!(refused, Err(PutError::Full(_)))).then_some(())
        });
        refused
    }
}
