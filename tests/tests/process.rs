//! `support::process` against the real kernel.
//!
//! Each case runs on the main thread of a process of its own, so that its children can be counted exactly. When it ends it must
//! have none left.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::{self, Read as _, Write as _};
use std::panic::panic_any;
use std::time::{Duration, Instant};
use std::{env, fs, mem, process, thread};

use course_tests::ms;
use nix::libc;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use support::process::inspect::{Memory, Snapshot, State, executable, inspect, memory, times};
use support::process::{
    Command, Error, Exit, Process, Run, Stdio, allowed_cores, become_subreaper, nice, pin_to_core,
    set_nice, wait_any,
};

use common::isolated::{Case, cases};

/// Names the program that this process is to be instead.
const FIXTURE: &str = "PROCESS_TEST_FIXTURE";
const KILLED: Exit = Exit::Signal(libc::SIGKILL);

// A minute: one case builds a library.
const CASES: &[Case] = cases![60;
    what_it_returns_is_its_exit_code,
    panic_is_101,
    payload_that_panics_on_drop_is_101,
    exits_say_what_happened,
    output_appears_once,
    join_twice_gives_the_same,
    join_timeout_expires_then_succeeds,
    join_survives_interrupting_signals,
    is_alive_leaves_the_zombie,
    try_join_reaps,
    dropping_a_running_child_kills_and_reaps,
    dropping_a_finished_child_reaps,
    names_and_run,
    child_of_main_thread_dies_with_parent,
    children_of_ended_thread_die_with_parent_not_thread,
    command_dies_with_parent,
    command_of_ended_thread_dies_with_parent_not_thread,
    parent_that_dies_at_once_leaves_nothing,
    orphan_ends_at_its_bound,
    command_ends_at_its_bound,
    detach_needs_a_bound,
    terminate_and_kill,
    grace_runs_out,
    missing_program_is_a_clear_error,
    pipes_of_a_command,
    two_hundred_quick_children,
    fork_while_threads_print,
    children_may_have_threads_that_print,
    nested_children,
    reaped_by_another_is_a_clear_error,
    handle_dropped_in_a_child_kills_nobody,
    gone_is_none,
    threads_are_not_processes,
    busy_child_has_the_processor,
    zombies_say_how_they_ended,
    a_write_makes_memory_private,
    memory_of_a_zombie_and_of_the_gone,
    two_on_one_core_wait_for_each_other,
    sleepers_are_blocked,
    times_of_another_process_are_no_difference,
    tree_of_three_generations,
    one_executable_many_processes,
    orphan_comes_to_the_subreaper,
    subreaper_ends_with_its_guard,
    only_children_are_adopted,
    niceness_is_inherited,
    lowering_niceness_needs_a_right,
    named_children_show_their_name,
    sort_through_pipes,
    pinned_to_an_allowed_core,
    stdin_is_nothing_unless_asked_for,
    what_is_moved_in_is_dropped_here,
    a_drop_that_panics_leaves_no_child,
    the_first_of_several,
    handles_are_descriptors,
    without_descriptors_all_is_as_before,
    values_come_back,
    values_larger_than_a_pipe,
    calls_that_give_no_value,
    a_child_of_a_call_may_hold_the_pipe,
    more_than_a_pipe_on_both_streams,
    input_that_nobody_reads,
    output_in_time,
    commands_as_those_of_std,
    streams_that_stand_in_the_way,
    programs_that_cannot_run_leave_nothing,
    signals_of_a_command_are_the_defaults,
    commands_of_threads_have_their_niceness_and_cores,
    handlers_do_not_run_in_a_command,
    fork_beside_threads_is_told_once,
    panics_beside_panicking_threads_end,
    pools_beside_panicking_threads_start,
    two_copies_do_not_keep_each_others_children,
];

/// Programs that some cases run and observe from outside.
const FIXTURES: &[Case] = cases![20;
    fixture_output,
    fixture_parent_main,
    fixture_parent_thread,
    fixture_parent_command,
    fixture_parent_command_thread,
    fixture_print_storm,
    fixture_stdin,
    fixture_stdin_of_command,
    fixture_warned,
    fixture_panic_storm,
    fixture_pool_storm,
    fixture_two_copies,
];

fn main() {
    let Ok(name) = env::var(FIXTURE) else {
        return common::isolated::main(CASES, || ());
    };
    let fixture = FIXTURES.iter().find(|fixture| fixture.name == name);
    (fixture.unwrap().run)();
    common::isolated::no_children();
}

fn this_program(fixture: &str) -> process::Command {
    let mut command = process::Command::new(env::current_exe().unwrap());
    command.env(FIXTURE, fixture);
    command
}

fn sleeper() -> Process {
    Process::start(|| thread::sleep(ms(60_000))).unwrap()
}

fn wait_for_zombie(pid: u32) {
    while inspect(pid).unwrap().unwrap().state != State::Zombie {
        thread::sleep(ms(1));
    }
}

fn what_it_returns_is_its_exit_code() {
    assert_eq!(exit_of(Process::start(|| ())), Exit::Code(0));
    assert_eq!(exit_of(Process::start(|| 7)), Exit::Code(7));
    assert_eq!(exit_of(Process::start(|| 256 + 7)), Exit::Code(7));
    assert!(
        Process::start(|| Ok::<(), Error>(()))
            .unwrap()
            .join()
            .unwrap()
            .success()
    );
    assert_eq!(
        Process::start(|| Err::<(), _>("broken"))
            .unwrap()
            .join()
            .unwrap(),
        Exit::Code(1)
    );
    assert_eq!(exit_of(Process::start(|| process::exit(3))), Exit::Code(3));
}

fn exit_of(child: Result<Process, Error>) -> Exit {
    child.unwrap().join().unwrap()
}

fn panic_is_101() {
    assert_eq!(
        exit_of(Process::start(|| panic!("on purpose"))),
        Exit::Code(101)
    );
}

fn payload_that_panics_on_drop_is_101() {
    struct Mine;
    impl Drop for Mine {
        fn drop(&mut self) {
            panic!("and again");
        }
    }
    assert_eq!(exit_of(Process::start(|| panic_any(Mine))), Exit::Code(101));
}

fn exits_say_what_happened() {
    let child = sleeper();
    child.kill().unwrap();
    let exit = exit_of(Ok(child));
    assert_eq!(exit, KILLED);
    assert_eq!(exit.to_string(), "killed by signal 9 (SIGKILL)");
    // A real-time signal, which has no name.
    let child = sleeper();
    // SAFETY: two numbers.
    unsafe { libc::kill(child.pid() as i32, 40) };
    assert_eq!(exit_of(Ok(child)).to_string(), "killed by signal 40");
}

fn fixture_output() {
    print!("partial, ");
    let mut child = Process::start(|| print!("child, ")).unwrap();
    child.join().unwrap();
    print!("parent");
}

fn output_appears_once() {
    let output = this_program("fixture_output").output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "partial, child, parent"
    );
}

fn join_twice_gives_the_same() {
    let mut child = Process::start(|| 7).unwrap();
    assert_eq!(child.exit(), None);
    for _ in 0..2 {
        assert_eq!(child.join().unwrap(), Exit::Code(7));
        assert_eq!(child.try_join().unwrap(), Some(Exit::Code(7)));
        assert_eq!(
            child.join_timeout(Duration::ZERO).unwrap(),
            Some(Exit::Code(7))
        );
    }
    assert_eq!(child.exit(), Some(Exit::Code(7)));
    // The id may be another's by now: nothing is sent.
    child.kill().unwrap();
    child.terminate().unwrap();
}

fn join_timeout_expires_then_succeeds() {
    let mut child = Process::start(|| thread::sleep(ms(300))).unwrap();
    let start = Instant::now();
    assert_eq!(child.join_timeout(ms(50)).unwrap(), None);
    assert!(start.elapsed() >= ms(50));
    assert!(child.is_alive());
    assert_eq!(
        child.join_timeout(Duration::MAX).unwrap(),
        Some(Exit::Code(0))
    );
}

fn join_survives_interrupting_signals() {
    extern "C" fn ignore(_: libc::c_int) {}
    let action = SigAction::new(
        SigHandler::Handler(ignore),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.unwrap();
    let parent = Pid::this();
    let mut pest = Process::start(move || {
        for _ in 0..40 {
            thread::sleep(ms(5));
            let _ = kill(parent, Signal::SIGUSR1);
        }
    })
    .unwrap();
    let mut child = sleeper();
    let start = Instant::now();
    assert_eq!(child.join_timeout(ms(100)).unwrap(), None);
    assert!(start.elapsed() >= ms(100));
    assert_eq!(pest.join().unwrap(), Exit::Code(0));
}

fn is_alive_leaves_the_zombie() {
    let mut child = Process::start(|| 7).unwrap();
    wait_for_zombie(child.pid());
    assert!(!child.is_alive());
    assert!(!child.is_alive());
    assert_eq!(inspect(child.pid()).unwrap().unwrap().state, State::Zombie);
    let snapshot = Snapshot::take().unwrap();
    let pids: Vec<_> = snapshot
        .children_of(process::id())
        .iter()
        .map(|info| info.pid)
        .collect();
    assert_eq!(pids, [child.pid()]);
    child.terminate().unwrap();
    assert_eq!(child.join().unwrap(), Exit::Code(7));
}

fn try_join_reaps() {
    let mut child = sleeper();
    assert_eq!(child.try_join().unwrap(), None);
    child.kill().unwrap();
    while child.is_alive() {
        thread::sleep(ms(1));
    }
    assert_eq!(child.try_join().unwrap(), Some(KILLED));
    assert_eq!(inspect(child.pid()).unwrap(), None);
}

fn dropping_a_running_child_kills_and_reaps() {
    let child = sleeper();
    let pid = child.pid();
    assert!(child.is_alive());
    drop(child);
    assert_eq!(inspect(pid).unwrap(), None);
}

fn dropping_a_finished_child_reaps() {
    let child = Process::start(|| ()).unwrap();
    let pid = child.pid();
    wait_for_zombie(pid);
    drop(child);
    assert_eq!(inspect(pid).unwrap(), None);
}

fn names_and_run() {
    struct Quick;
    impl Run for Quick {
        fn run(self) {}
    }
    let mut first = Process::builder().run(Quick).unwrap();
    let second = Process::builder().name("zhao").run(Quick).unwrap();
    let third = Process::start(|| ()).unwrap();
    assert_eq!(
        [first.name(), second.name(), third.name()],
        ["Process-1", "zhao", "Process-2"]
    );
    assert!(first.join().unwrap().success());
}

/// Tells the case which processes to watch, and waits to be killed.
fn report_and_sleep(children: &[&Process]) {
    for child in children {
        println!("{}", child.pid());
    }
    println!("ready");
    thread::sleep(ms(60_000));
}

fn fixture_parent_main() {
    report_and_sleep(&[
        &sleeper(),
        &Process::builder()
            .daemon(true)
            .start(|| loop_forever())
            .unwrap(),
    ]);
}

fn loop_forever() -> ! {
    loop {
        std::hint::black_box(());
    }
}

fn fixture_parent_thread() {
    let start = || thread::spawn(sleeper).join().unwrap();
    let mut children = [start(), start(), start()];
    // One of the main thread, made when the lifeline exists.
    let other = sleeper();
    for child in &mut children {
        assert_eq!(
            child.join_timeout(ms(100)).unwrap(),
            None,
            "died with its thread"
        );
    }
    let [a, b, c] = &children;
    report_and_sleep(&[a, b, c, &other]);
}

fn sleep_command() -> Process {
    let mut command = Command::new("sleep");
    command.arg("60");
    Process::builder().spawn(command).unwrap()
}

fn fixture_parent_command() {
    report_and_sleep(&[&sleep_command()]);
}

fn fixture_parent_command_thread() {
    let mut child = thread::spawn(sleep_command).join().unwrap();
    assert_eq!(
        child.join_timeout(ms(100)).unwrap(),
        None,
        "died with its thread"
    );
    report_and_sleep(&[&child]);
}

/// Kills a parent, and checks that the kernel then kills each child: orphans become ours, so their ends can be read.
fn children_die_with(fixture: &str, count: usize) {
    set_child_subreaper(true).unwrap();
    let mut parent = this_program(fixture)
        .stdout(process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = io::BufRead::lines(io::BufReader::new(parent.stdout.take().unwrap()));
    let lines = lines.map(Result::unwrap).take_while(|line| line != "ready");
    let children: Vec<i32> = lines.map(|line| line.parse().unwrap()).collect();
    assert_eq!(children.len(), count);
    parent.kill().unwrap();
    let start = Instant::now();
    parent.wait().unwrap();
    for pid in children.into_iter().map(Pid::from_raw) {
        assert_eq!(
            waitpid(pid, None),
            Ok(WaitStatus::Signaled(pid, Signal::SIGKILL, false))
        );
    }
    assert!(start.elapsed() < ms(5_000), "took {:?}", start.elapsed());
}

fn child_of_main_thread_dies_with_parent() {
    children_die_with("fixture_parent_main", 2);
}

fn children_of_ended_thread_die_with_parent_not_thread() {
    children_die_with("fixture_parent_thread", 4);
}

fn command_dies_with_parent() {
    children_die_with("fixture_parent_command", 1);
}

fn command_of_ended_thread_dies_with_parent_not_thread() {
    children_die_with("fixture_parent_command_thread", 1);
}

fn parent_that_dies_at_once_leaves_nothing() {
    set_child_subreaper(true).unwrap();
    for round in 0..40 {
        let mut parent = Process::start(|| {
            if round % 2 == 0 {
                mem::forget(sleeper());
            } else {
                thread::spawn(|| mem::forget(sleeper())).join().unwrap();
            }
        })
        .unwrap();
        assert!(parent.join().unwrap().success());
    }
    for _ in 0..40 {
        let status = waitpid(None, None).unwrap();
        assert!(
            matches!(status, WaitStatus::Signaled(_, Signal::SIGKILL, _)),
            "{status:?}"
        );
    }
}

fn orphan_ends_at_its_bound() {
    set_child_subreaper(true).unwrap();
    let start = Instant::now();
    let mut parent = Process::start(|| {
        let bounded = Process::builder().outlive_parent(ms(300));
        bounded
            .start(|| thread::sleep(ms(60_000)))
            .unwrap()
            .detach()
            .map(|_| ())
    })
    .unwrap();
    assert!(parent.join().unwrap().success());
    let status = waitpid(None, None).unwrap();
    assert!(
        matches!(status, WaitStatus::Signaled(_, Signal::SIGALRM, _)),
        "{status:?}"
    );
    assert!(
        start.elapsed() >= ms(300) && start.elapsed() < ms(5_000),
        "{:?}",
        start.elapsed()
    );
}

fn command_ends_at_its_bound() {
    let mut command = Command::new("sleep");
    command.arg("60");
    let child = Process::builder().outlive_parent(ms(100)).spawn(command);
    assert_eq!(exit_of(child), Exit::Signal(libc::SIGALRM));
}

fn detach_needs_a_bound() {
    let child = sleeper();
    let pid = child.pid();
    let error = child.detach().unwrap_err();
    assert!(matches!(error, Error::Unbounded { .. }), "{error}");
    assert_eq!(inspect(pid).unwrap(), None);
}

fn ignoring_sigterm() -> Process {
    let (mut read, write) = io::pipe().unwrap();
    let child = Process::start(|| {
        // SAFETY: no handler is installed.
        unsafe { nix::sys::signal::signal(Signal::SIGTERM, SigHandler::SigIgn) }.unwrap();
        (&write).write_all(b".").unwrap();
        thread::sleep(ms(60_000));
    })
    .unwrap();
    read.read_exact(&mut [0]).unwrap();
    child
}

fn terminate_and_kill() {
    let child = sleeper();
    child.terminate().unwrap();
    assert_eq!(exit_of(Ok(child)), Exit::Signal(libc::SIGTERM));
    let mut child = ignoring_sigterm();
    child.terminate().unwrap();
    assert_eq!(child.join_timeout(ms(100)).unwrap(), None);
    child.kill().unwrap();
    assert_eq!(child.join().unwrap(), KILLED);
}

fn grace_runs_out() {
    assert_eq!(
        sleeper().terminate_within(ms(5_000)).unwrap(),
        Exit::Signal(libc::SIGTERM)
    );
    let start = Instant::now();
    assert_eq!(
        ignoring_sigterm().terminate_within(ms(100)).unwrap(),
        KILLED
    );
    assert!(start.elapsed() >= ms(100));
}

fn missing_program_is_a_clear_error() {
    for from_thread in [false, true] {
        let spawn = || Process::builder().spawn(Command::new("no-such-program"));
        let result = if from_thread {
            thread::spawn(spawn).join().unwrap()
        } else {
            spawn()
        };
        let error = result.unwrap_err().to_string();
        assert!(
            error.contains("no-such-program") && error.contains("No such file"),
            "{error}"
        );
    }
}

fn pipes_of_a_command() {
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut cat = Process::builder().spawn(command).unwrap();
    cat.stdin.take().unwrap().write_all(b"through").unwrap();
    let mut text = String::new();
    cat.stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "through");
    assert!(cat.join().unwrap().success());
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped());
    // The join closes its input.
    assert!(exit_of(Process::builder().spawn(command)).success());
}

fn two_hundred_quick_children() {
    let mut children: Vec<_> = (0..200)
        .map(|n| Process::start(move || n).unwrap())
        .collect();
    for (n, child) in children.iter_mut().enumerate() {
        assert_eq!(child.join().unwrap(), Exit::Code(n as i32));
    }
}

fn fixture_print_storm() {
    for thread in 0..3 {
        thread::spawn(move || {
            loop {
                println!("thread {thread}");
                eprintln!("thread {thread}");
            }
        });
    }
    for n in 0..100 {
        let mut child = Process::start(move || {
            println!("child {n}");
            eprintln!("child {n}");
        })
        .unwrap();
        assert_eq!(
            child.join_timeout(ms(5_000)).unwrap(),
            Some(Exit::Code(0)),
            "child {n} hangs"
        );
    }
}

fn fork_while_threads_print() {
    let output = this_program("fixture_print_storm").output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    // Lines on stderr are written piece by piece, so those of several processes mix.
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("child "))
            .count(),
        100
    );
}

fn children_may_have_threads_that_print() {
    let child = Process::start(|| {
        thread::spawn(|| {
            println!("out");
            eprintln!("err");
        })
        .join()
        .unwrap();
    });
    assert_eq!(
        child.unwrap().join_timeout(ms(5_000)).unwrap(),
        Some(Exit::Code(0))
    );
}

fn nested_children() {
    fn nest(depth: i32) -> i32 {
        match depth {
            0 => 7,
            _ => match exit_of(Process::start(|| nest(depth - 1))) {
                Exit::Code(code) => code + 1,
                Exit::Signal(signal) => panic!("signal {signal}"),
            },
        }
    }
    assert_eq!(nest(3), 10);
    assert_eq!(thread::spawn(|| nest(3)).join().unwrap(), 10);
}

fn reaped_by_another_is_a_clear_error() {
    let mut child = Process::start(|| ()).unwrap();
    waitpid(None, None).unwrap();
    assert!(!child.is_alive());
    assert!(matches!(child.join(), Err(Error::NotOurChild { .. })));
    assert!(matches!(
        child.join_timeout(ms(10)),
        Err(Error::NotOurChild { .. })
    ));
    assert!(matches!(child.kill(), Err(Error::NotOurChild { .. })));
}

fn handle_dropped_in_a_child_kills_nobody() {
    let mut slot = Some(sleeper());
    let dropper = Process::start(|| drop(slot.take()));
    assert_eq!(exit_of(dropper), Exit::Code(0));
    assert!(slot.unwrap().is_alive());
}

fn gone_is_none() {
    let mut child = Process::start(|| ()).unwrap();
    child.join().unwrap();
    assert_eq!(inspect(child.pid()).unwrap(), None);
    assert!(Snapshot::take().unwrap().get(child.pid()).is_none());
}

fn threads_are_not_processes() {
    let (send, receive) = std::sync::mpsc::channel();
    let (_stop, stopped) = std::sync::mpsc::channel::<()>();
    thread::spawn(move || {
        send.send(nix::unistd::gettid().as_raw() as u32).unwrap();
        let _ = stopped.recv();
    });
    let tid = receive.recv().unwrap();
    let snapshot = Snapshot::take().unwrap();
    assert!(snapshot.get(tid).is_none());
    assert_eq!(inspect(tid).unwrap(), None);
    assert_eq!(snapshot.get(process::id()).unwrap().threads, Some(2));
}

fn busy_child_has_the_processor() {
    let busy = Process::start(loop_forever).unwrap();
    let idle = sleeper();
    let mine = Snapshot::over(ms(500))
        .unwrap()
        .filter(|info| info.parent == Some(process::id()));
    assert_eq!(mine.by_cpu()[0].pid, busy.pid());
    let share = |child: &Process| mine.get(child.pid()).unwrap().cpu_share.unwrap();
    // Others may keep the cores busy too.
    assert!(
        share(&busy) > 0.02 && share(&busy) < 1.1,
        "{}",
        share(&busy)
    );
    assert!(share(&idle) < 0.05, "{}", share(&idle));
    assert_eq!(mine.table().to_string().lines().count(), 3);
}

fn zombies_say_how_they_ended() {
    let coded = Process::start(|| 7).unwrap();
    let killed = sleeper();
    assert_eq!(inspect(killed.pid()).unwrap().unwrap().exit, None);
    killed.kill().unwrap();
    for (child, exit) in [(coded, Exit::Code(7)), (killed, KILLED)] {
        wait_for_zombie(child.pid());
        let zombie = inspect(child.pid()).unwrap().unwrap();
        assert_eq!(zombie.exit, Some(exit));
        assert_eq!(zombie.parent, Some(process::id()));
        assert_eq!(zombie.memory_bytes, 0);
        let snapshot = Snapshot::take().unwrap();
        assert_eq!(snapshot.get(child.pid()).unwrap().exit, Some(exit));
        let table = snapshot.filter(|info| info.pid == zombie.pid).table();
        assert!(table.to_string().contains(&exit.to_string()), "{table}");
        assert_eq!(exit_of(Ok(child)), exit);
        assert_eq!(zombie.look_again().unwrap(), None);
    }
}

fn a_write_makes_memory_private() {
    const SIZE: u64 = 16 << 20;
    let mut block = vec![1_u8; SIZE as usize];
    let child = Process::start(|| {
        let look = || memory(process::id()).unwrap().unwrap();
        let before = look();
        assert!(before.shared_dirty >= SIZE, "{before:?}");
        block[..SIZE as usize / 2].fill(2);
        let half = look();
        block.fill(3);
        let all = look();
        for (from, to) in [(before, half), (half, all)] {
            let moved = to.private() - from.private();
            assert!(moved.abs_diff(SIZE / 2) < SIZE / 16, "{from:?} {to:?}");
            assert!(to.resident.abs_diff(from.resident) < SIZE / 16);
            assert_eq!(to.resident, to.private() + to.shared());
        }
    });
    assert_eq!(exit_of(child), Exit::Code(0));
}

fn memory_of_a_zombie_and_of_the_gone() {
    let mut child = Process::start(|| ()).unwrap();
    let pid = child.pid();
    wait_for_zombie(pid);
    assert_eq!(memory(pid).unwrap(), Some(Memory::default()));
    assert_eq!(executable(pid).unwrap(), None);
    assert!(times(pid).unwrap().is_some());
    child.join().unwrap();
    assert_eq!(memory(pid).unwrap(), None);
    assert_eq!(executable(pid).unwrap(), None);
    assert_eq!(times(pid).unwrap(), None);
}

fn two_on_one_core_wait_for_each_other() {
    pin_to_core(allowed_cores().unwrap()[0]).unwrap();
    let busy = [
        Process::start(loop_forever).unwrap(),
        Process::start(loop_forever).unwrap(),
    ];
    let look = || {
        busy.each_ref()
            .map(|child| times(child.pid()).unwrap().unwrap())
    };
    thread::sleep(ms(50));
    let before = look();
    thread::sleep(ms(500));
    for (after, before) in look().iter().zip(&before) {
        let spent = after.since(before).unwrap();
        let [running, ready, blocked] = spent.shares();
        // Others may use the core as well.
        assert!(running > 0.02 && running < 0.7, "{spent:?}");
        assert!(ready > 0.3, "{spent:?}");
        assert!(blocked < 0.15, "{spent:?}");
        assert!(spent.slices > 1, "{spent:?}");
        assert!(spent.alive >= ms(500), "{spent:?}");
    }
}

fn sleepers_are_blocked() {
    let (mut read, write) = io::pipe().unwrap();
    let child = Process::start(|| {
        // A thread that has ended takes nothing of the process's time away.
        thread::spawn(|| while inspect(process::id()).unwrap().unwrap().cpu_time < ms(30) {})
            .join()
            .unwrap();
        (&write).write_all(b".").unwrap();
        thread::sleep(ms(60_000));
    })
    .unwrap();
    read.read_exact(&mut [0]).unwrap();
    thread::sleep(ms(50));
    let before = times(child.pid()).unwrap().unwrap();
    thread::sleep(ms(200));
    let spent = times(child.pid()).unwrap().unwrap().since(&before).unwrap();
    let [running, ready, blocked] = spent.shares();
    assert!(running + ready < 0.05 && blocked > 0.95, "{spent:?}");
    assert_eq!(spent.alive, spent.running + spent.ready + spent.blocked());
    let me = inspect(child.pid()).unwrap().unwrap();
    assert!(me.cpu_time >= ms(30), "{me:?}");
    let coarse = me.user_time.unwrap() + me.system_time.unwrap();
    assert!(
        coarse <= me.cpu_time && coarse + ms(20) >= me.cpu_time,
        "{me:?}"
    );
}

fn times_of_another_process_are_no_difference() {
    let children = [sleeper(), sleeper()];
    let [a, b] = children
        .each_ref()
        .map(|child| times(child.pid()).unwrap().unwrap());
    assert_eq!(b.since(&a), None);
}

fn tree_of_three_generations() {
    let (mut read, write) = io::pipe().unwrap();
    let child = Process::builder()
        .name("middle")
        .start(|| {
            let last = Process::builder()
                .name("last")
                .start(|| thread::sleep(ms(60_000)))
                .unwrap();
            let ended = Process::builder().name("ended").start(|| 7).unwrap();
            wait_for_zombie(ended.pid());
            write_all(&write, &[last.pid(), ended.pid()]);
            thread::sleep(ms(60_000));
        })
        .unwrap();
    let [last, ended] = read_pids(&mut read);
    let snapshot = Snapshot::take().unwrap();
    let (me, middle) = (process::id(), child.pid());
    let tree = snapshot.tree(me).to_string();
    let mut lines = tree.lines();
    assert!(lines.next().unwrap().contains(&me.to_string()), "{tree}");
    let expected = [
        format!("└─ middle {middle} sleeping"),
        format!("   ├─ last {last} sleeping"),
        format!("   └─ ended {ended} zombie, exit code 7"),
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    assert_eq!(snapshot.tree(middle).to_string().lines().count(), 3);
    child.kill().unwrap();
    wait_for_zombie(middle);
    let gone = Snapshot::take().unwrap().filter(|info| info.pid != middle);
    assert_eq!(
        gone.tree(middle).to_string(),
        format!("no process {middle}\n")
    );
}

/// Sends process ids through a pipe, four bytes each.
fn write_all(mut pipe: &io::PipeWriter, pids: &[u32]) {
    for pid in pids {
        pipe.write_all(&pid.to_ne_bytes()).unwrap();
    }
}

fn read_pids<const N: usize>(pipe: &mut io::PipeReader) -> [u32; N] {
    std::array::from_fn(|_| {
        let mut pid = [0; 4];
        pipe.read_exact(&mut pid).unwrap();
        u32::from_ne_bytes(pid)
    })
}

fn one_executable_many_processes() {
    let children = [sleeper(), sleeper()];
    let here = env::current_exe().unwrap();
    for child in &children {
        assert_eq!(executable(child.pid()).unwrap(), Some(here.clone()));
    }
    let sleep = sleep_command();
    let path = executable(sleep.pid()).unwrap().unwrap();
    assert_ne!(path, here);
    assert_eq!(inspect(sleep.pid()).unwrap().unwrap().name, "sleep");
}

/// A process that ends at once, and leaves an orphan that lives for a while.
fn leave_an_orphan() -> u32 {
    let (mut read, write) = io::pipe().unwrap();
    let parent = Process::start(|| {
        let bounded = Process::builder().outlive_parent(ms(300));
        let orphan = bounded.start(|| thread::sleep(ms(60_000)))?;
        write_all(&write, &[orphan.pid()]);
        orphan.detach().map(drop)
    });
    assert!(exit_of(parent).success());
    let [orphan] = read_pids(&mut read);
    orphan
}

fn orphan_comes_to_the_subreaper() {
    let _subreaper = become_subreaper().unwrap();
    let mut other = Process::start(|| 7).unwrap();
    let orphan = leave_an_orphan();
    let me = process::id();
    assert_eq!(inspect(orphan).unwrap().unwrap().parent, Some(me));
    let mut adopted = Process::adopt(orphan).unwrap();
    assert!(adopted.is_alive());
    assert_eq!(adopted.join().unwrap(), Exit::Signal(libc::SIGALRM));
    assert_eq!(inspect(orphan).unwrap(), None);
    // A handle dropped kills and reaps, as any other.
    let orphan = leave_an_orphan();
    drop(Process::adopt(orphan).unwrap());
    assert_eq!(inspect(orphan).unwrap(), None);
    assert_eq!(other.join().unwrap(), Exit::Code(7));
}

fn subreaper_ends_with_its_guard() {
    let outer = become_subreaper().unwrap();
    drop(become_subreaper().unwrap());
    let orphan = leave_an_orphan();
    drop(Process::adopt(orphan).unwrap());
    drop(outer);
    let orphan = leave_an_orphan();
    assert!(matches!(
        Process::adopt(orphan),
        Err(Error::NotOurChild { .. })
    ));
    kill(Pid::from_raw(orphan as i32), Signal::SIGKILL).unwrap();
}

fn only_children_are_adopted() {
    let mut child = Process::start(|| ()).unwrap();
    child.join().unwrap();
    for pid in [process::id(), child.pid(), u32::MAX] {
        let error = Process::adopt(pid).unwrap_err();
        assert!(
            matches!(error, Error::NotOurChild { .. } | Error::Wait { .. }),
            "{error}"
        );
    }
}

fn niceness_is_inherited() {
    let higher = nice().unwrap().max(0) + 3;
    set_nice(higher).unwrap();
    let child = sleeper();
    let command = sleep_command();
    for pid in [child.pid(), command.pid()] {
        assert_eq!(inspect(pid).unwrap().unwrap().nice, Some(higher));
    }
    assert_eq!(
        exit_of(Process::start(|| nice().unwrap())),
        Exit::Code(higher)
    );
}

fn lowering_niceness_needs_a_right() {
    let child = Process::start(|| {
        // Root has the right, and loses it when it becomes somebody else.
        // SAFETY: one number.
        unsafe { libc::setuid(65_534) };
        set_nice(5).unwrap();
        let error = set_nice(4).unwrap_err().to_string();
        assert!(
            error.contains("niceness 4") && error.contains("CAP_SYS_NICE"),
            "{error}"
        );
        let error = set_nice(20).unwrap_err().to_string();
        assert!(error.contains("-20 to 19"), "{error}");
        assert_eq!(nice().unwrap(), 5);
    });
    assert_eq!(exit_of(child), Exit::Code(0));
}

fn named_children_show_their_name() {
    let own = inspect(process::id()).unwrap().unwrap().name;
    let (mut read, write) = io::pipe().unwrap();
    for (name, shown) in [
        (Some("zhao"), "zhao"),
        (Some("一二三四五六"), "一二三四五"),
        (Some("a longer name than that"), "a longer name t"),
        (None, own.as_str()),
    ] {
        let mut builder = Process::builder();
        if let Some(name) = name {
            builder = builder.name(name);
        }
        let child = builder.start(|| {
            (&write).write_all(b".").unwrap();
            thread::sleep(ms(60_000));
        });
        read.read_exact(&mut [0]).unwrap();
        let pid = child.as_ref().unwrap().pid();
        assert_eq!(inspect(pid).unwrap().unwrap().name, shown);
    }
}

fn sort_through_pipes() {
    let mut command = Command::new("sort");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut sort = Process::builder().spawn(command).unwrap();
    sort.stdin.take().unwrap().write_all(b"b\nc\na\n").unwrap();
    let mut sorted = String::new();
    let mut complaints = String::new();
    sort.stdout
        .take()
        .unwrap()
        .read_to_string(&mut sorted)
        .unwrap();
    sort.stderr
        .take()
        .unwrap()
        .read_to_string(&mut complaints)
        .unwrap();
    assert_eq!((sorted.as_str(), complaints.as_str()), ("a\nb\nc\n", ""));
    assert!(sort.join().unwrap().success());
}

fn pinned_to_an_allowed_core() {
    let allowed = allowed_cores().unwrap();
    let absent = allowed.last().unwrap() + 1;
    let error = pin_to_core(absent).unwrap_err().to_string();
    assert!(error.contains(&format!("{allowed:?}")), "{error}");
    pin_to_core(allowed[0]).unwrap();
    assert_eq!(allowed_cores().unwrap(), [allowed[0]]);
}

fn fixture_stdin() {
    let text = |n: usize| match n {
        0 => "nothing",
        _ => "something",
    };
    let read = move || println!("child: {}", text(io::stdin().lines().count()));
    assert!(exit_of(Process::start(read)).success());
    assert!(exit_of(thread::spawn(move || Process::start(read)).join().unwrap()).success());
    println!("parent: {}", text(io::stdin().lines().count()));
    // Nothing is left, but it is this very stdin.
    let inherited = Process::builder().stdin_inherited();
    let link = || fs::read_link("/proc/self/fd/0").unwrap();
    let mine = link();
    let same = inherited.start(|| i32::from(link() != mine));
    assert!(exit_of(same).success());
    assert_eq!(
        exit_of(Process::start(|| i32::from(link() != mine))),
        Exit::Code(1)
    );
}

fn fixture_stdin_of_command() {
    let shown = Command::new("cat").output().unwrap();
    assert!(shown.stdout.is_empty());
    let lines = Command::new("cat")
        .stdin(Stdio::inherit())
        .output()
        .unwrap();
    io::stdout().write_all(&lines.stdout).unwrap();
}

fn fed(fixture: &str) -> String {
    let mut parent = Command::new(env::current_exe().unwrap());
    parent.env(FIXTURE, fixture);
    parent.stdin(Stdio::piped()).stdout(Stdio::piped());
    let output = parent.spawn().unwrap();
    let output = output.communicate(b"one\ntwo\n", ms(10_000)).unwrap();
    assert!(output.exit.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn stdin_is_nothing_unless_asked_for() {
    assert_eq!(
        fed("fixture_stdin"),
        "child: nothing\nchild: nothing\nparent: something\n"
    );
    assert_eq!(fed("fixture_stdin_of_command"), "one\ntwo\n");
}

fn what_is_moved_in_is_dropped_here() {
    let first = sleeper();
    let pid = first.pid();
    let child = Process::start(move || first.pid() as i32 & 0x7f);
    assert_eq!(inspect(pid).unwrap(), None);
    assert_eq!(exit_of(child), Exit::Code(pid as i32 & 0x7f));
}

fn a_drop_that_panics_leaves_no_child() {
    struct Bad(u32);
    impl Drop for Bad {
        fn drop(&mut self) {
            assert_ne!(process::id(), self.0, "on purpose");
        }
    }
    let bad = Bad(process::id());
    let result = std::panic::catch_unwind(move || {
        Process::start(move || {
            let _bad = bad;
            thread::sleep(ms(60_000));
        })
    });
    assert!(result.is_err());
    common::isolated::no_children();
}

fn the_first_of_several() {
    let started = Instant::now();
    let mut children: Vec<_> = (0..200_i32)
        .map(|n| {
            Process::start(move || thread::sleep(ms(if n == 150 { 200 } else { 60_000 }))).unwrap()
        })
        .collect();
    assert_eq!(wait_any(&mut children, ms(1)).unwrap(), None);
    assert_eq!(wait_any(&mut children, Duration::MAX).unwrap(), Some(150));
    assert_eq!(children.remove(150).exit(), Some(Exit::Code(0)));
    assert_eq!(wait_any(&mut children, ms(20)).unwrap(), None);
    children[7].kill().unwrap();
    assert_eq!(wait_any(&mut children, ms(10_000)).unwrap(), Some(7));
    // Once more: it has ended.
    assert_eq!(wait_any(&mut children, ms(10_000)).unwrap(), Some(7));
    assert_eq!(wait_any::<Process>(&mut [], Duration::MAX).unwrap(), None);
    let (mut a, mut b) = (sleeper(), Process::start(|| ()).unwrap());
    assert_eq!(
        wait_any(&mut [&mut a, &mut b], ms(10_000)).unwrap(),
        Some(1)
    );
    assert!(started.elapsed() < ms(15_000));
}

fn handles_are_descriptors() {
    use std::os::fd::AsFd as _;
    let child = Process::start(|| ()).unwrap();
    let mut fds = [nix::poll::PollFd::new(
        child.as_fd(),
        nix::poll::PollFlags::POLLIN,
    )];
    assert_eq!(nix::poll::poll(&mut fds, 10_000_u16).unwrap(), 1);
    // Closed on exec, as all of ours: a program has what it had before there was a child.
    let keep = sleeper();
    let ours = Command::new("ls").arg("/proc/self/fd").output().unwrap();
    drop(keep);
    let stds = process::Command::new("ls").arg("/proc/self/fd").output();
    assert_eq!(
        String::from_utf8(ours.stdout).unwrap(),
        String::from_utf8(stds.unwrap().stdout).unwrap()
    );
}

/// Takes all descriptors but so many.
fn use_up_descriptors(but: usize) -> Vec<fs::File> {
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, 64, 64).unwrap();
    let mut all: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
    all.truncate(all.len() - but);
    all
}

fn without_descriptors_all_is_as_before() {
    // The command's path first: it needs the loader's files.
    let files = use_up_descriptors(0);
    let mut child = Process::start(|| 7).unwrap();
    assert!(child.pidfd().is_none());
    assert_eq!(child.join_timeout(ms(10_000)).unwrap(), Some(Exit::Code(7)));
    let mut slow = [sleeper(), Process::start(|| thread::sleep(ms(50))).unwrap()];
    assert_eq!(wait_any(&mut slow, ms(10_000)).unwrap(), Some(1));
    let [slow, _] = slow;
    slow.kill().unwrap();
    assert_eq!(exit_of(Ok(slow)), KILLED);
    // Bound to its parent all the same: the thread looks for it.
    let reader = thread::spawn(|| Process::start(|| thread::sleep(ms(60_000))))
        .join()
        .unwrap();
    assert!(reader.unwrap().is_alive());
    let error = Process::call(|| ()).unwrap_err();
    assert!(
        matches!(&error, Error::Pipe { .. }) && error.to_string().contains("open files"),
        "{error}"
    );
    drop(files);
    assert_eq!(Process::call(|| 7).unwrap(), 7);
}

fn values_come_back() {
    assert_eq!(
        Process::call(|| (7, "seven".to_owned())).unwrap(),
        (7, "seven".to_owned())
    );
    let from_thread = thread::spawn(|| Process::call(|| vec![1_u8; 3]))
        .join()
        .unwrap();
    assert_eq!(from_thread.unwrap(), [1; 3]);
    let theirs = Process::call_timeout(ms(10_000), process::id).unwrap();
    assert_ne!(theirs, process::id());
    let error = Process::call(|| -> u8 { panic!("the words {}", 7) }).unwrap_err();
    let Error::Panicked { message, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        message.starts_with("the words 7 (at ") && message.contains("process.rs"),
        "{message}"
    );
}

fn values_larger_than_a_pipe() {
    let value = Process::call(|| vec![7_u8; 5_000_000]).unwrap();
    assert!(value.len() == 5_000_000 && value.iter().all(|&byte| byte == 7));
}

fn calls_that_give_no_value() {
    let start = Instant::now();
    for (exit, work) in [
        (Exit::Code(3), (|| process::exit(3)) as fn()),
        (Exit::Signal(libc::SIGABRT), || process::abort()),
        (KILLED, || {
            kill(Pid::this(), Signal::SIGKILL).unwrap();
        }),
    ] {
        match Process::call(work) {
            Err(Error::NoValue { exit: found, .. }) => assert_eq!(found, exit),
            other => panic!("{other:?}"),
        }
    }
    let late = Process::call_timeout(ms(100), || thread::sleep(ms(60_000)));
    assert!(matches!(late, Err(Error::TimedOut { .. })), "{late:?}");
    assert!(start.elapsed() < ms(15_000));
}

fn a_child_of_a_call_may_hold_the_pipe() {
    let _subreaper = become_subreaper().unwrap();
    let error = Process::call(|| {
        let bounded = Process::builder().outlive_parent(ms(15_000));
        mem::forget(bounded.start(|| thread::sleep(ms(60_000))));
        process::exit(4)
    });
    assert!(
        matches!(
            error,
            Err::<(), _>(Error::NoValue {
                exit: Exit::Code(4),
                ..
            })
        ),
        "{error:?}"
    );
    let orphan = Snapshot::take().unwrap().children_of(process::id())[0].pid;
    drop(Process::adopt(orphan).unwrap());
}

fn more_than_a_pipe_on_both_streams() {
    let program = "head -c 1500000 /dev/zero >&2 & head -c 2000000 /dev/zero; wait; cat | wc -c";
    let mut sh = Command::new("sh");
    sh.args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let input = vec![b'x'; 3_000_000];
    let output = sh.spawn().unwrap().communicate(&input, ms(15_000)).unwrap();
    assert!(output.exit.success());
    assert_eq!(
        (output.stdout.len(), output.stderr.len()),
        (2_000_000 + 8, 1_500_000)
    );
    assert!(output.stdout.ends_with(b"3000000\n"));
}

fn input_that_nobody_reads() {
    let mut command = Command::new("true");
    command.stdin(Stdio::piped());
    let output = command
        .spawn()
        .unwrap()
        .communicate(&vec![0; 1_000_000], ms(10_000))
        .unwrap();
    assert!(output.exit.success());
}

fn output_in_time() {
    let start = Instant::now();
    let late = Command::new("sleep").arg("60").output_timeout(ms(100));
    assert!(matches!(late, Err(Error::TimedOut { .. })), "{late:?}");
    // Somebody else keeps the pipe.
    let _subreaper = become_subreaper().unwrap();
    let late = Command::new("sh")
        .args(["-c", "sleep 7 & exit 0"])
        .output_timeout(ms(500));
    assert!(matches!(late, Err(Error::TimedOut { .. })), "{late:?}");
    let orphan = Snapshot::take().unwrap().children_of(process::id())[0].pid;
    drop(Process::adopt(orphan).unwrap());
    assert!(start.elapsed() < ms(6_000));
}

fn commands_as_those_of_std() {
    let folder = env::temp_dir().join(format!("course-commands-{}", process::id()));
    fs::create_dir_all(folder.join("bin")).unwrap();
    let script = folder.join("bin/mine");
    fs::write(&script, "#!/bin/sh\necho mine $1 $A $B; pwd\n").unwrap();
    let mut mode = fs::metadata(&script).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    fs::set_permissions(&script, mode).unwrap();
    fs::write(folder.join("bin/closed"), "").unwrap();
    let bin = folder.join("bin");
    macro_rules! both {
        ($program:literal $($set:tt)*) => {{
            let mut ours = Command::new($program);
            let _ = &mut ours $($set)*;
            let ours = ours.output().map(|output| (output.exit.to_string(), output.stdout));
            let mut stds = process::Command::new($program);
            let _ = &mut stds $($set)*;
            let stds = stds.output().map(|output| {
                let code = output.status.code().unwrap();
                (format!("exit code {code}"), output.stdout)
            });
            match (ours, stds) {
                (Ok(ours), Ok(stds)) => assert_eq!(ours, stds),
                (Err(ours), Err(stds)) => assert!(ours.to_string().contains(&stds.to_string()), "{ours} {stds}"),
                (ours, stds) => panic!("{ours:?} {stds:?}"),
            }
        }};
    }
    let path = format!("/nowhere:{}:/usr/bin:/bin", bin.display());
    let run = |from_thread: bool| {
        both!("mine".env("PATH", &path).env("A", "a"));
        both!("mine");
        both!("closed".env("PATH", &path));
        both!("closed/x".current_dir(&bin));
        both!("./mine".current_dir(&bin).env_clear().env("B", "b"));
        both!("mine".current_dir(&bin).env("PATH", ""));
        both!("mine".current_dir(folder.join("nowhere")));
        both!("".arg("x"));
        both!("echo".args(["a", "b c", ""]));
        both!(
            "env"
                .env_remove("HOME")
                .env("COURSE", if from_thread { "1" } else { "2" })
        );
        both!("sh".args(["-c", "exit 9"]));
        let zero = Command::new("echo")
            .arg("a\0b")
            .output()
            .unwrap_err()
            .to_string();
        assert!(zero.contains("zero byte"), "{zero}");
    };
    run(false);
    thread::scope(|scope| scope.spawn(|| run(true)).join().unwrap());
    fs::remove_dir_all(&folder).unwrap();
}

fn streams_that_stand_in_the_way() {
    let child = Process::start(|| {
        // The pipes' ends become 0, 1 and 2 in any order.
        for closed in [
            [0].as_slice(),
            &[1],
            &[2],
            &[0, 1],
            &[1, 2],
            &[0, 2],
            &[0, 1, 2],
        ] {
            let child = Process::start(|| {
                for &fd in closed {
                    // SAFETY: nothing of this child uses it.
                    unsafe { libc::close(fd) };
                }
                let mut sh = Command::new("sh");
                sh.args(["-c", "cat; echo err >&2"]);
                sh.stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped());
                let output = sh.spawn().unwrap().communicate(b"in", ms(10_000)).unwrap();
                i32::from(output.stdout != b"in" || output.stderr != b"err\n")
            });
            assert_eq!(exit_of(child), Exit::Code(0), "{closed:?}");
        }
    });
    assert_eq!(exit_of(child), Exit::Code(0));
    // Swapped: what is 1 here becomes 2 there.
    use std::os::fd::AsFd as _;
    let (mut out, one) = io::pipe().unwrap();
    let swapped = Process::start(move || {
        // SAFETY: both are open.
        unsafe { libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&one), 1) };
        let own = |fd: &dyn std::os::fd::AsFd| fd.as_fd().try_clone_to_owned().unwrap();
        let mut sh = Command::new("sh");
        sh.args(["-c", "echo to 2 >&2"])
            .stderr(own(&io::stdout().as_fd()))
            .stdout(Stdio::null());
        sh.status().unwrap();
    });
    assert_eq!(exit_of(swapped), Exit::Code(0));
    let mut text = String::new();
    out.read_to_string(&mut text).unwrap();
    assert_eq!(text, "to 2\n");
}

fn programs_that_cannot_run_leave_nothing() {
    for _ in 0..20 {
        assert!(Command::new("/no/such/program").spawn().is_err());
        assert!(Command::new("/etc/passwd").spawn().is_err());
        thread::spawn(|| assert!(Command::new("no-such-program").spawn().is_err()))
            .join()
            .unwrap();
    }
    common::isolated::no_children();
}

fn signals_of_a_command_are_the_defaults() {
    extern "C" fn nothing(_: libc::c_int) {}
    let action = SigAction::new(
        SigHandler::Handler(nothing),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.unwrap();
    SigSet::from(Signal::SIGUSR2).thread_block().unwrap();
    let status = Command::new("cat")
        .arg("/proc/self/status")
        .output()
        .unwrap()
        .stdout;
    let status = String::from_utf8(status).unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap()
    };
    assert_eq!((field("SigBlk"), field("SigCgt")), (0, 0), "{status}");
    assert_eq!(field("SigIgn") & (1 << (libc::SIGPIPE - 1)), 0, "{status}");
    // And this thread's mask is what it was.
    assert!(SigSet::thread_get_mask().unwrap().contains(Signal::SIGUSR2));
}

fn handlers_do_not_run_in_a_command() {
    use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
    static ELSEWHERE: AtomicI32 = AtomicI32::new(0);
    static ME: AtomicI32 = AtomicI32::new(0);
    extern "C" fn note(_: libc::c_int) {
        // SAFETY: no memory is touched.
        let pid = unsafe { libc::getpid() };
        if pid != ME.load(Relaxed) {
            ELSEWHERE.store(pid, Relaxed);
        }
    }
    ME.store(process::id() as i32, Relaxed);
    let action = SigAction::new(
        SigHandler::Handler(note),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler makes one system call and uses atomics.
    unsafe { sigaction(Signal::SIGWINCH, &action) }.unwrap();
    // A group of our own, of which every member gets it.
    nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0)).unwrap();
    let me = Pid::this();
    let pest = Process::start(move || {
        loop {
            let _ = nix::sys::signal::killpg(me, Signal::SIGWINCH);
        }
    });
    for _ in 0..200 {
        assert!(Command::new("true").status().unwrap().success());
    }
    drop(pest.unwrap());
    assert_eq!(ELSEWHERE.load(Relaxed), 0);
}

fn commands_of_threads_have_their_niceness_and_cores() {
    let cores = allowed_cores().unwrap();
    let started = |higher: i32, core: usize| {
        thread::spawn(move || {
            set_nice(higher).unwrap();
            pin_to_core(core).unwrap();
            let output = Command::new("sh")
                .args(["-c", "nice; grep Cpus_allowed_list /proc/self/status"])
                .output();
            String::from_utf8(output.unwrap().stdout).unwrap()
        })
        .join()
        .unwrap()
    };
    let first = nice().unwrap().max(0) + 3;
    for higher in [first + 2, first, first + 1, first] {
        for &core in [cores[0], *cores.last().unwrap()].iter() {
            let shown = started(higher, core);
            assert!(
                shown.starts_with(&format!("{higher}\n")),
                "{higher} {shown}"
            );
            assert!(
                shown.trim_end().ends_with(&format!("\t{core}")),
                "{core} {shown}"
            );
        }
    }
}

fn fixture_warned() {
    let quiet = Process::start(|| ());
    assert!(exit_of(quiet).success());
    let (stop, end) = std::sync::mpsc::channel::<()>();
    let beside = thread::spawn(move || end.recv().is_err());
    assert!(exit_of(Process::builder().beside_threads().start(|| ())).success());
    // Commands are no copies.
    assert!(Command::new("true").status().unwrap().success());
    drop(stop);
    assert!(beside.join().unwrap());
    // The kernel takes a thread away after it was joined.
    for _ in 0..200 {
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| ());
            }
        });
        assert!(exit_of(Process::start(|| ())).success());
    }
    let (stop, end) = std::sync::mpsc::channel::<()>();
    let beside = thread::spawn(move || end.recv().is_err());
    eprintln!("now");
    for _ in 0..3 {
        assert!(exit_of(Process::start(|| ())).success());
    }
    drop(stop);
    assert!(beside.join().unwrap());
}

fn fork_beside_threads_is_told_once() {
    let output = this_program("fixture_warned").output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("now\n"), "{text}");
    assert_eq!(text.matches("beside_threads").count(), 1, "{text}");
}

fn storm() {
    for _ in 0..3 {
        thread::spawn(|| {
            loop {
                let _ = std::panic::catch_unwind(|| panic!("storm"));
            }
        });
    }
}

fn fixture_pool_storm() {
    storm();
    for n in 0..20_u64 {
        let pool = support::pool::ProcessPool::new(1, |n: u64| n + 1).unwrap();
        assert_eq!(pool.map([n], 1).unwrap(), [n + 1]);
    }
    process::exit(0);
}

fn pools_beside_panicking_threads_start() {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .env(FIXTURE, "fixture_pool_storm")
        .env("RUST_BACKTRACE", "1");
    let output = command.output_timeout(ms(50_000)).unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.exit.success(),
        "{}",
        &text[text.len().saturating_sub(2_000)..]
    );
}

fn fixture_panic_storm() {
    storm();
    for round in 0..50 {
        let builder = Process::builder().beside_threads();
        let mut child = builder
            .start(|| panic!("child's own words {}", 7))
            .unwrap_or_else(|error: Error| panic!("{error}"));
        assert_eq!(
            child.join_timeout(ms(10_000)).unwrap(),
            Some(Exit::Code(101)),
            "round {round}"
        );
        let called = Process::builder()
            .beside_threads()
            .call_timeout(ms(10_000), || -> u8 { panic!("called") });
        assert!(matches!(called, Err(Error::Panicked { .. })), "{called:?}");
    }
    process::exit(0);
}

fn panics_beside_panicking_threads_end() {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .env(FIXTURE, "fixture_panic_storm")
        .env("RUST_BACKTRACE", "1");
    let output = command.output_timeout(ms(120_000)).unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.exit.success(),
        "{}",
        &text[text.len().saturating_sub(2_000)..]
    );
    // Pieces of other threads' lines may stand between.
    assert!(text.matches("child's own words 7").count() >= 40);
}

/// Builds a library that links this crate, and gives two files of it: two files are two libraries, each with its own statics.
fn two_copies(folder: &std::path::Path) -> [std::path::PathBuf; 2] {
    let mut cargo = Command::new(env!("CARGO"));
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../support/Cargo.toml");
    cargo.args([
        "build",
        "--quiet",
        "--offline",
        // With what the tests are built with, so that little is left to build.
        "--workspace",
        "--manifest-path",
        manifest,
        "--example",
        "copy",
        "--message-format",
        "json",
    ]);
    let built = cargo.output_timeout(ms(200_000)).unwrap();
    assert!(
        built.exit.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let said = String::from_utf8(built.stdout).unwrap();
    let messages = said
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let library = messages
        .filter(|message| message["target"]["name"] == "copy")
        .find_map(|message| Some(message["filenames"][0].as_str()?.to_owned()))
        .unwrap();
    ["a", "b"].map(|name| {
        let copy = folder.join(format!("lib{name}.so"));
        fs::copy(&library, &copy).unwrap();
        copy
    })
}

fn fixture_two_copies() {
    let folder = env::var_os("COURSE_COPIES").unwrap();
    let start = ["a", "b"].map(|name| {
        let path = std::path::Path::new(&folder).join(format!("lib{name}.so"));
        let path = std::ffi::CString::new(path.into_os_string().into_encoded_bytes()).unwrap();
        // SAFETY: the library's start does nothing; the function is the one that it exports.
        unsafe {
            let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
            assert!(!library.is_null(), "no library");
            let start = libc::dlsym(library, c"start".as_ptr());
            assert!(!start.is_null(), "no function");
            mem::transmute::<*mut libc::c_void, extern "C" fn(i32) -> i32>(start)
        }
    });
    assert_ne!(start[0] as usize, start[1] as usize);
    // A closure and a command of each, from threads that end, in turns: each has what the others have left open.
    for _ in 0..2 {
        for start in start {
            for kind in [0, 1] {
                println!("{}", thread::spawn(move || start(kind)).join().unwrap());
            }
        }
    }
    println!("ready");
    thread::sleep(ms(60_000));
}

fn two_copies_do_not_keep_each_others_children() {
    let folder = env::temp_dir().join(format!("course-copies-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    two_copies(&folder);
    // SAFETY: this process has one thread.
    unsafe { env::set_var("COURSE_COPIES", &folder) };
    children_die_with("fixture_two_copies", 8);
    fs::remove_dir_all(&folder).unwrap();
}
