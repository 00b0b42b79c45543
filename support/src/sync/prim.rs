//! What the primitives are built from. Their tests put loom's in this place.

pub(super) use parking_lot::{Condvar, Mutex, MutexGuard};

/// How often to look again before sleeping, and how long to pause in between at most, in spin-loop hints.
///
/// To sleep and be woken costs several microseconds; whoever fills or empties a queue is often back sooner.
pub(super) const LOOKS: u32 = 12;
pub(super) const LONGEST_PAUSE: u32 = 64;
