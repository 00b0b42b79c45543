//! A buffer of the thread's own, kept from one use to the next.

use std::cell::Cell;

/// The most that is kept, in bytes.
const KEPT: usize = 1 << 20;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends the thread's buffer, empty. A use within a use, as by an item that itself puts while it is put, gets another one.
#[inline]
pub(super) fn with<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    // A thread that ends has none any more.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let result = work(&mut buffer);
    if buffer.capacity() <= KEPT {
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
    result
}
