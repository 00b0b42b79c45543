//! What the closure of a child captures is dropped in the parent after the fork. What must not be given back at that moment, because
//! the child has it now, asks here.

use std::cell::Cell;
use std::process;

thread_local! {
    /// The child, or 0, and who started it: a process forked meanwhile has a copy of this, and drops for nobody.
    static NOW: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// Drops what a child, which has a copy, was given.
pub(super) fn drop_for(child: u32, given: impl Sized) {
    struct Reset((u32, u32));
    impl Drop for Reset {
        fn drop(&mut self) {
            NOW.set(self.0);
        }
    }
    let _reset = Reset(NOW.replace((child, process::id())));
    drop(given);
}

/// When something was made, in terms of this module: what a captured value's own `Drop` makes has not moved into the child.
#[cfg_attr(
    not(all(feature = "ipc", target_os = "linux")),
    allow(dead_code, reason = "for the permits and guards of `ipc`")
)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made {
    during: u32,
}

#[cfg_attr(
    not(all(feature = "ipc", target_os = "linux")),
    allow(dead_code, reason = "for the permits and guards of `ipc`")
)]
impl Made {
    #[inline]
    pub(crate) fn now() -> Made {
        Made {
            during: NOW.get().0,
        }
    }

    /// The child that has got what was made then and is being dropped by this thread at this moment, if one has.
    #[inline]
    pub(crate) fn new_owner(self) -> Option<u32> {
        let (child, parent) = NOW.get();
        let moved = child != self.during && child != 0 && parent == process::id();
        moved.then_some(child)
    }
}
