//! What the closure of a child captures is dropped in the parent after the fork. What must not be given back at that moment, because
//! the child has it now, asks here.

use std::cell::Cell;

thread_local! {
    static CHILD: Cell<u32> = const { Cell::new(0) };
}

/// Drops what a child, which has a copy, was given.
pub(super) fn drop_for(child: u32, given: impl Sized) {
    struct Reset(u32);
    impl Drop for Reset {
        fn drop(&mut self) {
            CHILD.set(self.0);
        }
    }
    let _reset = Reset(CHILD.replace(child));
    drop(given);
}

/// The child that has got what is being dropped by this thread at this moment, if one has.
#[cfg_attr(
    not(all(feature = "ipc", target_os = "linux")),
    allow(dead_code, reason = "for the permits and guards of `ipc`")
)]
pub(crate) fn new_owner() -> Option<u32> {
    Some(CHILD.get()).filter(|&child| child != 0)
}
