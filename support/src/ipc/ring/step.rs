use super::Position;
use crate::ipc::Error;

/// What a call of `encode` has done.
pub(in super::super) enum Written {
    /// It wrote an item of this length, and whether that was the last.
    Item { length: usize, last: bool },
    /// It needs this much space for the item.
    Needs(usize),
}

/// What `decode` makes of an item.
pub(in super::super) enum Taken {
    /// It takes it, and wants another.
    More,
    /// It takes it and wants no other.
    Last,
    /// It leaves it where it is, having taken others.
    Not,
}

/// Keeps account of who takes items. Both are called with the consumers' end locked.
pub(in super::super) trait Keeper {
    /// The items from `start` to `head` are about to be taken.
    fn taking(&self, start: Position, head: Position) -> Result<(), Error>;
    /// The head stands here; after the death of a process in here it may be where it was before.
    fn taken(&self, head: Position);
}

/// No account.
impl Keeper for () {
    fn taking(&self, _start: Position, _head: Position) -> Result<(), Error> {
        Ok(())
    }

    fn taken(&self, _head: Position) {}
}
