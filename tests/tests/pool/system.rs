//! What the pool takes of the machine: descriptors, processes, wake-ups; and copies in forked processes.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use course_tests::{SOON, ms};
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use support::pool::{Error, ProcessPool, ThreadPool, as_completed, wait_any};
use support::process::{Exit, Process};

use super::helpers::parent;

/// The child's copy of each pool does nothing, and nothing of the parent's comes to harm.
pub fn pools_in_a_forked_child() {
    let threads = ThreadPool::new(2).unwrap();
    let processes = ProcessPool::new(1, |n: u64| {
        thread::sleep(ms(n));
        n
    })
    .unwrap();
    let busy = threads.submit(|| thread::sleep(ms(500))).unwrap();
    let task = processes.submit(500).unwrap();
    let mut child = Process::start(|| {
        let start = Instant::now();
        let refused = |what: &str, result: Result<(), Error>| {
            assert!(
                matches!(result, Err(Error::NotOwner { .. })),
                "{what}: {result:?}"
            );
        };
        refused("submit", threads.submit(|| ()).map(drop));
        refused("map", threads.map([1], |n| n).map(drop));
        refused("imap", threads.imap([1], |n| n).next().unwrap().map(drop));
        refused("shutdown", threads.shutdown());
        refused("wait", busy.wait());
        assert!(!busy.cancel());
        refused("submit", processes.submit(1).map(drop));
        refused("map", processes.map([1], 1).map(drop));
        refused("join", processes.join());
        refused("wait", task.wait());
        refused(
            "with",
            task.with(|result| match result {
                Err(Error::NotOwner { owner }) => Err(Error::NotOwner { owner: *owner }),
                _ => Ok(()),
            }),
        );
        assert!(!task.cancel());
        assert_eq!(wait_any(&[&task]), None);
        processes.close();
        processes.terminate();
        assert!(processes.pids().is_empty() && processes.unfinished() == 0);
        // SAFETY: copies in memory that end with this process; their drop is what is tested.
        unsafe {
            drop(std::ptr::read(&threads));
            drop(std::ptr::read(&processes));
            let (_, result) = as_completed([std::ptr::read(&task)]).next().unwrap();
            refused("as_completed", result.map(drop));
        }
        // Nothing was waited for.
        i32::from(start.elapsed() > ms(400))
    })
    .unwrap();
    assert_eq!(child.join_timeout(SOON).unwrap(), Some(Exit::Code(0)));
    assert_eq!(task.result().unwrap(), 500);
    busy.result().unwrap();
    assert_eq!(processes.apply(1).unwrap(), 1);
    assert_eq!(threads.submit(|| 2).unwrap().result().unwrap(), 2);
}

/// What moves into a child's closure: the parent's copy is shut down there, the child's is nothing.
pub fn pools_moved_into_a_child() {
    let threads = ThreadPool::new(1).unwrap();
    let task = threads.submit(|| thread::sleep(ms(100))).unwrap();
    let processes = ProcessPool::new(1, |n: u64| n).unwrap();
    let mut child = Process::start(move || {
        drop(threads);
        drop(processes);
    })
    .unwrap();
    assert!(task.is_done());
    assert_eq!(child.join_timeout(SOON).unwrap(), Some(Exit::Code(0)));
}

fn descriptors() -> u64 {
    fs::read_dir("/proc/self/fd").unwrap().count() as u64 - 1
}

/// With so few descriptors, a pool is made, or the error says why not; stderr has nothing to add.
pub fn out_of_descriptors() {
    let mut outcomes = [0, 0];
    for spare in 0..12 {
        let mut child = Process::start(|| {
            let few = descriptors() + spare;
            setrlimit(Resource::RLIMIT_NOFILE, few, few).unwrap();
            let made = ProcessPool::new(2, |n: u64| n);
            match made {
                Ok(pool) => {
                    assert_eq!(pool.apply(3).unwrap(), 3);
                    0
                }
                Err(error) => {
                    let error = error.to_string();
                    // In the words of `std` or of `nix`.
                    let why = ["os error 24", "EMFILE"];
                    assert!(why.iter().any(|why| error.contains(why)), "{error}");
                    1
                }
            }
        })
        .unwrap();
        match child.join_timeout(SOON).unwrap() {
            Some(Exit::Code(code @ 0..=1)) => outcomes[code as usize] += 1,
            other => panic!("{spare} descriptors: {other:?}"),
        }
    }
    assert!(outcomes[0] > 0 && outcomes[1] > 0, "{outcomes:?}");
}

/// Root has no limit of processes: another user's is reached at once, as there is nobody else.
pub fn out_of_processes() {
    // SAFETY: it only asks.
    if unsafe { libc::getuid() } != 0 {
        println!("skipped: only root can become a user with a limit of its own");
        return;
    }
    let mut reasons = 0;
    for most in 1..7 {
        let mut child = Process::start(|| {
            // SAFETY: a number goes in.
            assert_eq!(unsafe { libc::setuid(48_123) }, 0);
            setrlimit(Resource::RLIMIT_NPROC, most, most).unwrap();
            match ProcessPool::new(2, |n: u64| n) {
                Ok(pool) => {
                    let task = pool.submit(3).unwrap();
                    // No thread for callbacks may be had: that must not keep the end.
                    task.wait_timeout(SOON).unwrap();
                    assert_eq!(task.result().unwrap(), 3);
                    0
                }
                Err(error) => {
                    let error = error.to_string();
                    let why = ["os error 11", "EAGAIN"];
                    assert!(why.iter().any(|why| error.contains(why)), "{error}");
                    1
                }
            }
        })
        .unwrap();
        match child.join_timeout(SOON).unwrap() {
            Some(Exit::Code(code @ 0..=1)) => reasons += code,
            other => panic!("{most} processes: {other:?}"),
        }
    }
    assert!(reasons > 0);
}

/// How often the threads of these processes gave up the CPU by themselves.
fn switches(pids: &[u32]) -> u64 {
    let of_thread = |status: String| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|count| count.trim().parse::<u64>().ok())
            .unwrap_or(0)
    };
    let mut sum = 0;
    for pid in pids {
        let own = *pid == std::process::id();
        for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten() {
            // The one that measures.
            let name = task.file_name();
            if own && name.to_string_lossy() == pid.to_string() {
                continue;
            }
            sum += fs::read_to_string(task.path().join("status")).map_or(0, of_thread);
        }
    }
    sum
}

fn idle_for(time: Duration, most: u64) {
    let pool = ProcessPool::new(2, |n: u64| n).unwrap();
    // With callbacks, so that there is their thread.
    let task = pool.submit(1).unwrap();
    task.on_done(|_| {});
    task.result().unwrap();
    pool.map(0..1000, 10).unwrap();
    thread::sleep(Duration::from_secs(1));
    let mut pids = pool.pids();
    pids.extend([parent(pids[0]), std::process::id()]);
    let before = switches(&pids);
    thread::sleep(time);
    let woken = switches(&pids) - before;
    println!("{woken} wake-ups in {time:?}");
    assert!(woken <= most, "{woken} wake-ups in {time:?}");
}

/// At most 50 in 10 seconds, all processes and threads of the pool together.
pub fn an_idle_pool_is_quiet() {
    idle_for(Duration::from_secs(3), 15);
}

pub fn an_idle_pool_is_quiet_for_long() {
    idle_for(Duration::from_secs(10), 50);
}
