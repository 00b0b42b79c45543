//! `support::pool` against real processes and real kills. Linux only, as pools of processes are.
//!
//! # Behaviours that CPython and loky test
//!
//! What CPython (3.11: `test_concurrent_futures`, `_test_multiprocessing` for `Pool`) and loky (3.4: `tests/test_reusable_executor.py`,
//! `tests/_executor_mixin.py`, `tests/_test_process_executor.py`) check for the same things, and where it is checked here:
//!
//! | CPython, loky | here |
//! |---|---|
//! | **loky** `TestExecutorDeadLock.test_crashes`: in unpickling an argument, in the function, in pickling a result, in unpickling one; by exit, SIGKILL, segmentation fault, exception | `crash::while_running`, `crash::while_reading_the_argument`, `crash::while_sending_the_result`, `values::result_that_makes_no_value`, `users::result_whose_decode_panics` |
//! | `test_in_callback_submit_with_crash` | `callbacks::submit_after_a_crash` |
//! | `test_callback_crash_on_submit` | `callbacks::submit_what_crashes` |
//! | `test_deadlock_kill`, `test_kill_after_resize_call`, `test_crash_races` | `crash::while_idle`, `crash::all_workers_at_once`, `torture::kills_200`; no resize |
//! | `test_crash_non_picklable`, `test_queue_full_deadlock`: bad arguments while the queue is full | `values::argument_that_cannot_be_passed`, `values::more_bytes_than_the_queue_holds` |
//! | `TestTerminateExecutor.test_shutdown_kill`, `test_shutdown_deadlock`, `test_kill_executor_then_wait` | `end::terminate_while_running`, `end::crash_at_shutdown` |
//! | `test_worker_timeout`, `test_max_tasks` (`maxtasksperchild`) | `processes::workers_retire`; no timeouts of idle workers |
//! | `test_sigkill_shutdown_leaks_workers`, `test_interpreter_exit` | `end::workers_end_with_their_owner` |
//! | `test_shutdown_after_fork`, `test_ressources_gced_in_other_process` | `end::a_forked_copy_is_refused`, `system::pools_in_a_forked_child` |
//! | **executor** `test_submit`, `test_submit_keyword` | `threads::futures`, `processes::futures`; closures have no keywords |
//! | `test_map`, `test_map_chunksize`, `test_map_exception`, `test_map_timeout` | `threads::map_keeps_the_order`, `processes::map_keeps_the_order`, `processes::map_in_error`; `order::batches_with_a_limit` |
//! | `test_shutdown_race_issue12456`, `test_run_after_shutdown`, `test_hang_issue12364` | `threads::shutdown_waits`, `end::nothing_after_close` |
//! | `test_no_stale_references` | `threads::nothing_is_kept` |
//! | `test_max_workers_negative`, `_too_large` | `processes::sizes_are_checked` |
//! | `test_free_reference_yielded_by_iterator` | `map` returns a vector: nothing is yielded |
//! | `test_killed_child` | `crash::while_idle`; there the pool is broken, here it goes on |
//! | `test_traceback`, `test_traceback_when_child_process_terminates_abruptly` | `processes::panic_says_what_and_where`, `crash::while_running` |
//! | `test_ressources_gced_in_workers`, `test_saturation` | `values::large_results_and_arguments`, `processes::many_submitters` |
//! | `test_idle_process_reuse_one`, `_multiple` | `processes::workers_are_reused`; all workers are forked at once |
//! | `test_max_tasks_per_child`, `_early_shutdown` | `processes::workers_retire`, `end::join_with_retiring_workers` |
//! | **future** `test_done_callback_with_result`, `_with_exception`, `_raises`, `_already_successful`, `_raises_already_succeeded` | `callbacks::of_a_future` |
//! | `test_result_with_timeout`, `test_result_with_success`, `test_done` | `threads::futures` |
//! | `test_cancel…`, `test_first_completed`, `as_completed` | `order::cancel_in_processes`, `order::cancel_in_threads`, `order::the_first_of_several`, `order::as_they_complete` |
//! | `InitializerMixin.test_initializer`, `FailingInitializerMixin` | `order::initializers_of_processes`, `order::initializers_of_threads`, `order::initializers_that_fail` |
//! | **Pool** `test_apply`, `test_map`, `test_map_unplicklable`, `test_async`, `test_async_timeout`, `test_map_async_callbacks` | `processes::futures`, `callbacks::apply_async_calls_one_of_two` |
//! | `test_map_handle_iterable_exception` | a Rust iterator has no exceptions |
//! | `test_terminate`, `test_empty_iterable`, `test_context` | `end::terminate_while_running`, `processes::map_keeps_the_order`, `end::drop_terminates` |
//! | `test_release_task_refs`, `test_enter`, `test_resource_warning`, `test_del_pool` | `end::drop_terminates`: `Drop` is certain |
//! | `test_pool_worker_lifetime`, `_early_close` | `processes::workers_retire`, `end::join_with_retiring_workers` |
//! | `test_imap`, `test_imap_unordered`, `test_imap_handle_iterable_exception` | `order::lazy_maps`; a Rust iterator has no exceptions, a tuple is one argument |
//! | `test_async_error_callback`, `test_unpickleable_result` | `callbacks::apply_async_calls_one_of_two`, `values::result_that_cannot_be_passed` |
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(target_os = "linux")]
mod common;

#[cfg(target_os = "linux")]
mod pool {
    pub mod callbacks;
    pub mod crash;
    pub mod end;
    pub mod helpers;
    pub mod order;
    pub mod processes;
    pub mod system;
    pub mod threads;
    pub mod torture;
    pub mod users;
    pub mod values;
}

#[cfg(target_os = "linux")]
fn main() {
    use common::isolated::{Case, cases};
    use pool::{callbacks, crash, end, order, processes, system, threads, torture, users, values};

    const CASES: &[Case] = cases! { 60;
        threads {
            futures
            map_keeps_the_order
            panic_is_an_error
            shutdown_waits
            nothing_is_kept
            workers_are_reused
        }
        processes {
            futures
            map_keeps_the_order
            map_in_error
            panic_says_what_and_where
            workers_are_reused
            workers_retire
            sizes_are_checked
            many_submitters
            tasks_behind_a_long_one_go_elsewhere
            worker_state_is_its_own
        }
        crash {
            while_idle
            while_running
            while_reading_the_argument
            while_sending_the_result
            all_workers_at_once
            the_one_that_makes_workers
            stopped_worker_delays_its_task_only
        }
        callbacks {
            of_a_future
            apply_async_calls_one_of_two
            submit_from_a_callback
            submit_after_a_crash
            submit_what_crashes
            waiting_for_the_pool_is_refused
        }
        values {
            large_results_and_arguments
            more_bytes_than_the_queue_holds
            argument_that_cannot_be_passed
            result_that_cannot_be_passed
            result_that_makes_no_value
        }
        end {
            nothing_after_close
            join_needs_close
            join_with_retiring_workers
            terminate_while_running
            terminate_in_a_callback
            drop_terminates
            crash_at_shutdown
            workers_end_with_their_owner
            a_forked_copy_is_refused
        }
        order {
            cancel_in_processes
            cancel_in_threads
            the_first_of_several
            as_they_complete
            batches_with_a_limit
            lazy_maps
            initializers_of_processes
            initializers_that_fail
            initializers_of_threads
        }
        users {
            result_whose_decode_panics
            argument_whose_decode_panics
            left_over_bytes_are_an_error
            slow_decode_holds_up_nobody
            blocked_callbacks_hold_up_nobody
            drops_that_panic
            callback_waits_while_the_pool_ends
            callback_asks_its_own_task
            owners_look_one_at_a_time
            callbacks_of_threads_wait_for_others
        }
        system {
            pools_in_a_forked_child
            pools_moved_into_a_child
            out_of_descriptors
            out_of_processes
            an_idle_pool_is_quiet
        }
        torture {
            kills_200
            kills_of_others_20
        }
    };
    // What takes minutes is there for `make soak` only.
    const SOAK: &[Case] = cases! { 900;
        system { an_idle_pool_is_quiet_for_long }
        torture {
            kills_2_000
            kills_of_others_200
        }
    };
    let soak = std::env::var_os("COURSE_SOAK").is_some();
    common::isolated::main(if soak { SOAK } else { CASES }, common::mappings::none_left);
}

#[cfg(not(target_os = "linux"))]
fn main() {}
