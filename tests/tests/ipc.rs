//! `support::ipc` against real processes and real kills. Linux only, as what it tests.
//!
//! # Behaviours that CPython tests
//!
//! What `test_multiprocessing` (CPython 3.11) checks for the same things, and where it is checked here:
//!
//! | CPython | here |
//! |---|---|
//! | **Queue** `test_put` | `queue::put_blocks_when_full` |
//! | `test_get` | `queue::get_blocks_when_empty` |
//! | `test_fork` | `queue::items_put_before_a_fork_are_there_once` |
//! | `test_qsize` | `queue::hints_count` |
//! | `test_timeout` | `queue::timeouts_are_kept` |
//! | `test_no_import_lock_contention` | no such lock exists |
//! | `test_queue_feeder_donot_stop_onexc`, `test_queue_feeder_on_queue_feeder_error` | no feeder: an item that cannot be encoded is the caller's error, and nothing is put: `queue::what_cannot_be_encoded_is_the_callers_error` |
//! | `test_closed_queue_put_get_exceptions` | `queue::closed_queue_gives_the_rest`; dropping the last handle unmaps: `queue::nothing_stays_mapped` |
//! | **JoinableQueue** `test_task_done` | `joinable::join_waits_for_all_tasks` |
//! | `ValueError` of `task_done` | `joinable::once_too_often_is_an_error` |
//! | **Lock** `test_lock` | `locks::lock_excludes`; releasing one that is not held cannot be written: guards do it |
//! | `test_rlock` | not here: chapter 5 builds it; locking twice is an error: `locks::locking_twice_is_an_error` |
//! | `test_lock_context` | `locks::guard_unlocks` |
//! | **Semaphore** `test_semaphore` | `locks::semaphore_counts` |
//! | `test_bounded_semaphore` | a permit is given back once, by its guard; `release` adds one, on purpose: `locks::permits_are_released_without_one` |
//! | `test_timeout` | `locks::semaphore_timeout` |
//! | **Event** `test_event` | `locks::event_sets_and_clears` |
//! | `test_repr` | `locks::debug_says_the_state` |
//! | **Barrier** `test_barrier`, `test_barrier_10` | `locks::barrier_holds_all_in_step` |
//! | `test_wait_return` | `locks::barrier_numbers_all` |
//! | `test_action` | no action: the one that came last knows by its number |
//! | `test_abort` | `locks::barrier_abort` |
//! | `test_reset`, `test_abort_and_reset` | `locks::barrier_reset` |
//! | `test_timeout`, `test_default_timeout` | `locks::barrier_timeout_breaks`; no default |
//! | `test_single_thread` | `locks::barrier_of_one` |
//! | `test_thousand` | `locks::barrier_holds_all_in_step` |
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(target_os = "linux")]
mod common;

#[cfg(target_os = "linux")]
mod ipc {
    pub mod joinable;
    pub mod locks;
    pub mod model;
    pub mod queue;
    pub mod torture;
}

#[cfg(target_os = "linux")]
fn main() {
    use common::isolated::{Case, cases};
    use ipc::{joinable, locks, model, queue, torture};

    const CASES: &[Case] = cases! { 60;
        queue {
            parent_and_child
            child_and_child
            fifo_from_each_producer
            put_blocks_when_full
            get_blocks_when_empty
            timeouts_are_kept
            items_put_before_a_fork_are_there_once
            hints_count
            capacity_of_one
            batches_keep_the_order
            too_large_says_both_sizes
            largest_item_fits_at_every_place
            what_cannot_be_encoded_is_the_callers_error
            what_cannot_be_decoded_is_lost
            batch_tells_what_cannot_be_decoded
            what_kills_in_decode_kills_once
            items_may_use_their_queue
            default_queue_takes_a_megabyte
            closed_queue_gives_the_rest
            close_wakes_all_who_wait
            what_is_put_before_the_close_comes_out
            stream_ends_with_its_producers
            stream_ends_when_its_producers_die
            producers_move_into_children
            moved_producer_keeps_the_stream_open
            uncounted_producers_end_nothing
            endless_timeouts_wait
            capacities_are_checked
            empty_items
            threads_of_one_process
            nothing_stays_mapped
            stopped_process_does_not_stop_the_others
        }
        joinable {
            join_waits_for_all_tasks
            once_too_often_is_an_error
            tasks_are_the_takers
            what_cannot_be_decoded_is_a_task
            close_ends_the_consumers
            join_timeout_expires
            join_names_the_dead
            places_of_the_dead_are_reused
            who_ends_with_all_done_is_not_named
        }
        locks {
            lock_excludes
            locking_twice_is_an_error
            guard_unlocks
            holder_that_panics_is_told_as_one_that_died
            guard_that_moves_into_a_child_stays_taken
            a_wake_up_that_dies_with_its_sleeper_holds_nobody_up
            endless_is_endless
            who_waits_for_long_wakes_rarely
            lock_timeout_expires
            lock_of_the_dead_is_taken_over
            waiting_for_the_dead
            thread_that_ends_with_the_lock
            guard_in_a_child_holds_nothing
            forgotten_guard_is_harmless
            semaphore_counts
            semaphore_timeout
            permits_of_the_dead_come_back
            permit_in_a_child_holds_nothing
            permit_that_moves_into_a_child_stays_taken
            what_moves_twice_stays_taken
            a_drop_that_locks_does_not_lock_for_the_child
            who_dies_at_once_with_a_guard_is_told
            permits_are_released_without_one
            more_holders_die_than_there_are_places
            a_free_permit_is_never_refused
            a_free_permit_is_never_refused_while_others_are_used_up
            barrier_is_for_as_many_as_it_has_places
            event_sets_and_clears
            event_releases_all
            debug_says_the_state
            barrier_holds_all_in_step
            barrier_numbers_all
            barrier_abort
            barrier_reset
            barrier_timeout_breaks
            barrier_of_one
            barrier_breaks_when_one_dies_inside
            shared_value_is_never_half_written
            pipe_ends_are_taken_once
        }
        model { same_as_a_plain_queue }
        torture { kills_500 joinable_kills lock_kills }
    };
    // What takes minutes is there for `make soak` only.
    const SOAK: &[Case] = cases! { 900; torture { kills_10_000 } };
    let soak = std::env::var_os("COURSE_SOAK").is_some();
    common::isolated::main(if soak { SOAK } else { CASES }, common::mappings::none_left);
}

#[cfg(not(target_os = "linux"))]
fn main() {}
