//! Signals, as the kernel has them: the C library keeps some for itself and does not block them. Linux only.

use std::ptr;

use nix::libc;

/// While it lives, no signal reaches the thread.
pub(super) struct Blocked(u64);

/// The kernel's `sigset_t` has 64 bits, but for MIPS.
const SIZE: usize = size_of::<u64>();

impl Blocked {
    pub(super) fn all() -> Blocked {
        let mut before = 0_u64;
        // SAFETY: both sets are of the size that is given.
        unsafe { set_mask(&raw const ALL, &raw mut before) };
        Blocked(before)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set is of the size that is given.
        unsafe { set_mask(&raw const self.0, ptr::null_mut()) };
    }
}

static ALL: u64 = u64::MAX;
static NONE: u64 = 0;

/// In a child that is about to run another program: all signals back to their defaults, but for those that are ignored, and none blocked.
/// SIGPIPE, which Rust programs ignore, is set back too, as `std` does.
///
/// # Safety
/// All signals must be blocked.
pub(super) unsafe fn reset() {
    /// As long as any kernel's `struct sigaction`; the handler comes first.
    type Action = [usize; 8];
    let default: Action = [0; 8];
    for signal in 1..=64 {
        let mut now: Action = [0; 8];
        let old = (&raw mut now).cast::<libc::c_void>();
        // SAFETY: both places are large enough, and the default action runs no code.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                ptr::null::<Action>(),
                old,
                SIZE,
            );
            let handled = now[0] != libc::SIG_DFL && now[0] != libc::SIG_IGN;
            if handled || signal == libc::SIGPIPE && now[0] != libc::SIG_DFL {
                let default = &raw const default;
                libc::syscall(
                    libc::SYS_rt_sigaction,
                    signal,
                    default,
                    ptr::null_mut::<Action>(),
                    SIZE,
                );
            }
        }
    }
    // SAFETY: the set is of the size that is given.
    unsafe { set_mask(&raw const NONE, ptr::null_mut()) };
}

unsafe fn set_mask(new: *const u64, old: *mut u64) {
    // SAFETY: as the caller says. With a valid size it does not fail.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, new, old, SIZE) };
}
