//! A heap that takes the same way in each child: `malloc` depends on what its parent has left, and so would the count of instructions.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

#[global_allocator]
static HEAP: Heap = Heap;

struct Heap;

/// What a child may use for its one operation.
const SIZE: usize = 1 << 20;

#[repr(align(64))]
struct Arena(UnsafeCell<[u8; SIZE]>);

// SAFETY: `USED` gives each byte away once.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new([0; SIZE]));
static USED: AtomicUsize = AtomicUsize::new(0);
static STILL: AtomicBool = AtomicBool::new(false);

/// From now on memory is cut off the arena, and none comes back.
pub fn still() {
    STILL.store(true, Relaxed);
}

// SAFETY: what is given is either the system's or a piece of the arena of its own, large enough and aligned.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !STILL.load(Relaxed) {
            // SAFETY: as the caller says.
            return unsafe { System.alloc(layout) };
        }
        let size = layout.size().next_multiple_of(64);
        let start = USED.fetch_add(size, Relaxed);
        if layout.align() > 64 || start + size > SIZE {
            return ptr::null_mut();
        }
        // SAFETY: within the arena.
        unsafe { ARENA.0.get().cast::<u8>().add(start) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if !STILL.load(Relaxed) {
            // SAFETY: as the caller says; nobody is still before the arena is in use.
            unsafe { System.dealloc(memory, layout) }
        }
    }
}
