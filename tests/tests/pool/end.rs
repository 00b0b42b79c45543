use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use course_tests::ms;
use nix::sys::signal::Signal;
use support::ipc::Queue;
use support::pool::{Error, ProcessPool};
use support::process::{Exit, Process};

use super::helpers::{ended, eventually, exists, gone, send, soon};

fn sleeper(workers: usize) -> ProcessPool<u64, u64> {
    ProcessPool::new(workers, |n| {
        thread::sleep(ms(n));
        n
    })
    .unwrap()
}

/// A shutdown takes no longer, whatever happened before.
fn bounded(end: impl FnOnce()) {
    const BOUND: Duration = Duration::from_secs(4);
    let start = Instant::now();
    end();
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
}

pub fn nothing_after_close() {
    let pool = sleeper(2);
    let pids = pool.pids();
    let tasks: Vec<_> = (0..20).map(|n| pool.submit(n).unwrap()).collect();
    pool.close();
    assert!(matches!(pool.submit(0), Err(Error::Closed)));
    assert!(matches!(pool.map([1, 2], 1), Err(Error::Closed)));
    pool.join().unwrap();
    assert!(tasks.iter().all(|task| task.is_done()));
    gone(&pids);
    assert!(matches!(pool.submit(0), Err(Error::Closed)));
    pool.join().unwrap();
    pool.terminate();
}

pub fn join_needs_close() {
    let pool = sleeper(1);
    assert!(matches!(pool.join(), Err(Error::NotClosed)));
    assert_eq!(pool.apply(1).unwrap(), 1);
}

pub fn join_with_retiring_workers() {
    let pool = ProcessPool::builder(3)
        .tasks_per_worker(1)
        .start(|n: u64| n)
        .unwrap();
    let tasks: Vec<_> = (0..30).map(|n| pool.submit(n).unwrap()).collect();
    pool.close();
    pool.join().unwrap();
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(task.result().unwrap(), n);
    }
}

pub fn terminate_while_running() {
    let pool = sleeper(2);
    let pids = pool.pids();
    let tasks: Vec<_> = (0..10).map(|_| pool.submit(60_000).unwrap()).collect();
    thread::sleep(ms(20));
    bounded(|| pool.terminate());
    gone(&pids);
    for task in tasks {
        assert!(matches!(task.result(), Err(Error::Terminated)));
    }
    assert!(matches!(pool.submit(1), Err(Error::Closed)));
    pool.join().unwrap();
}

pub fn terminate_in_a_callback() {
    let pool = Arc::new(sleeper(3));
    let inner = Arc::clone(&pool);
    let rest: Vec<_> = (0..2).map(|_| pool.submit(60_000)).collect();
    let pids = pool.pids();
    pool.submit(0).unwrap().on_done(move |_| inner.terminate());
    eventually("the termination", || !pids.iter().any(|pid| exists(*pid)));
    for task in rest {
        assert!(soon(task.unwrap()).is_err());
    }
    eventually("the end of the callback", || Arc::strong_count(&pool) == 1);
}

pub fn drop_terminates() {
    let pool = sleeper(2);
    let pids = pool.pids();
    let task = pool.submit(60_000).unwrap();
    bounded(|| drop(pool));
    gone(&pids);
    assert!(matches!(task.result(), Err(Error::Terminated)));
}

/// Workers die, stop or do not answer while the pool ends.
pub fn crash_at_shutdown() {
    for round in 0..20 {
        let pool = sleeper(3);
        let pids = pool.pids();
        let tasks: Vec<_> = (0..6).map(|n| pool.submit(n).unwrap()).collect();
        pool.close();
        let victim = pids[round % 3];
        let signal = if round % 2 == 0 {
            Signal::SIGKILL
        } else {
            Signal::SIGABRT
        };
        let killer = thread::spawn(move || {
            thread::sleep(Duration::from_micros(300 * round as u64));
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(victim as i32), signal);
        });
        bounded(|| pool.join().unwrap());
        killer.join().unwrap();
        gone(&pids);
        assert!(tasks.iter().all(|task| task.is_done()));
    }
    let pool = sleeper(2);
    let pids = pool.pids();
    send(pids[0], Signal::SIGSTOP);
    bounded(|| drop(pool));
    gone(&pids);
}

pub fn workers_end_with_their_owner() {
    let pids = Queue::<Vec<u32>>::new(1).unwrap();
    let mut owner = Process::start(|| {
        let pool = sleeper(3);
        for _ in 0..6 {
            pool.submit(60_000).unwrap();
        }
        pids.put(&pool.pids()).unwrap();
        thread::sleep(Duration::from_secs(60));
    })
    .unwrap();
    let workers = pids.get().unwrap();
    owner.kill().unwrap();
    assert_eq!(owner.join().unwrap(), Exit::Signal(9));
    // Orphans by now: whoever adopts them may leave them as zombies, which run no more.
    eventually("the end of the workers", || {
        workers.iter().all(|pid| ended(*pid))
    });
}

pub fn a_forked_copy_is_refused() {
    let pool = sleeper(2);
    let refused = AtomicU32::new(0);
    let mut child = Process::start(|| {
        if matches!(pool.submit(1), Err(Error::NotOwner { .. })) {
            refused.fetch_add(1, SeqCst);
        }
        if matches!(pool.join(), Err(Error::NotOwner { .. })) {
            refused.fetch_add(1, SeqCst);
        }
        // SAFETY: a copy in memory that ends with this process; its drop is what is tested.
        drop(unsafe { std::ptr::read(&pool) });
        refused.load(SeqCst) as i32
    })
    .unwrap();
    assert_eq!(child.join().unwrap(), Exit::Code(2));
    assert_eq!(pool.apply(3).unwrap(), 3, "the owner's pool goes on");
}
