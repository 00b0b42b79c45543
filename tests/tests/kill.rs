//! Kills by exhaustion, not by luck: a process is killed after **each** instruction of what it does in `support::ipc` (`make soak`), or
//! after every seventh (`make test`). After each kill the others go on within a bound, nothing is torn, and at most what the dead process
//! had in hand is lost.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    non_local_definitions,
    reason = "an operation stands in the case that kills it"
)]

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod common;

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod kill {
    pub mod barrier;
    pub mod companion;
    pub mod event;
    pub mod exhaust;
    pub mod heap;
    pub mod joinable;
    pub mod locks;
    pub mod queue;
    pub mod traced;
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
fn main() {
    use common::isolated::{Case, cases};
    use kill::{barrier, event, joinable, locks, queue};

    // The longest first: some seconds to two minutes each, seven times as long if all instructions are asked for.
    const CASES: &[Case] = cases! { 1800;
        barrier { wait_last wait_first }
        locks {
            semaphore_sleeping
            lock
            lock_sleeping
            unlock_that_wakes
            semaphore
            semaphore_first
            release_that_wakes
            update
        }
        joinable {
            put
            get
            get_first
            get_many
            task_done
            join_sleeping
        }
        queue {
            put
            put_first
            put_many
            put_many_sleeping
            put_sleeping
            put_that_wakes
            get
            get_many
            get_sleeping
            get_that_wakes
        }
        event { set wait_for_what_is_set wait_sleeping }
    };
    // Much of the time goes by asleep.
    common::isolated::main_at_once(Some(4), CASES, || {});
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
fn main() {}
