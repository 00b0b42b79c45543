//! What the primitives are built from. Their tests put loom's in this place.

use std::hint;

pub(super) use std::sync::atomic::{AtomicUsize, Ordering, fence};

pub(super) use parking_lot::{Condvar, Mutex, MutexGuard};

/// A change went through a sequentially consistent read-modify-write, and a load of that kind follows: nothing is needed between.
pub(super) fn after_change() {}

/// How often to look again before sleeping. To sleep and be woken costs several microseconds, and whoever fills or empties a
/// queue is often back sooner.
pub(super) const LOOKS: u32 = 12;

/// Passes the time before the next look, longer each time.
pub(super) fn pause(look: u32) {
    for _ in 0..64.min(1 << look) {
        hint::spin_loop();
    }
}
