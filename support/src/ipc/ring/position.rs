/// The length of an item stands before it.
pub(super) const HEADER: u32 = size_of::<u32>() as u32;

/// Set in the word of the tail once the queue is closed. All positions are multiples of the header's size.
pub(super) const CLOSED: u64 = 1;

/// How many items and bytes have passed an end, both modulo 2³².
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Position {
    pub(in super::super) items: u32,
    pub(super) bytes: u32,
}

impl Position {
    pub(super) fn from_word(word: u64) -> Position {
        Position {
            items: (word >> 32) as u32,
            bytes: word as u32 & !(HEADER - 1),
        }
    }

    pub(in super::super) fn to_word(self) -> u64 {
        u64::from(self.items) << 32 | u64::from(self.bytes)
    }

    pub(super) fn after_item(self, length: u32) -> Position {
        self.after(1, HEADER + length.next_multiple_of(HEADER))
    }

    /// After so many items, which take so many bytes in all.
    pub(super) fn after(self, items: u32, bytes: u32) -> Position {
        Position {
            items: self.items.wrapping_add(items),
            bytes: self.bytes.wrapping_add(bytes),
        }
    }

    /// Items and bytes from there to here.
    pub(super) fn since(self, before: Position) -> (u32, u32) {
        (
            self.items.wrapping_sub(before.items),
            self.bytes.wrapping_sub(before.bytes),
        )
    }
}
