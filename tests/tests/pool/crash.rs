//! Workers that die, and what becomes of the tasks.

use std::fmt;
use std::process;
use std::thread;

use course_tests::ms;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getppid};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};
use support::pool::{Error, ProcessPool};
use support::process::Exit;

use super::helpers::{eventually, exists, send, soon};

/// More than once: the handler that `std` has for SIGSEGV only puts the default back, for the next one.
fn die(signal: Signal) -> ! {
    loop {
        let _ = kill(Pid::this(), signal);
        thread::sleep(ms(1));
    }
}

pub fn while_idle() {
    let pool = ProcessPool::new(2, |n: u64| n).unwrap();
    for _ in 0..10 {
        let pids = pool.pids();
        send(pids[0], Signal::SIGKILL);
        eventually("the replacement", || {
            pool.pids().len() == 2 && !pool.pids().contains(&pids[0])
        });
        assert!(!exists(pids[0]));
        assert_eq!(pool.map(0..8, 1).unwrap().len(), 8);
    }
}

/// Every way to die is named, and costs its own task only.
pub fn while_running() {
    let pool = ProcessPool::new(2, |how: u32| -> u32 {
        match how {
            0 => how,
            1 => process::exit(3),
            2 => process::exit(0),
            3 => process::abort(),
            4 => die(Signal::SIGKILL),
            5 => die(Signal::SIGSEGV),
            _ => die(Signal::SIGTERM),
        }
    })
    .unwrap();
    let ways = [
        Exit::Code(3),
        Exit::Code(0),
        Exit::Signal(6),
        Exit::Signal(9),
        Exit::Signal(11),
        Exit::Signal(15),
    ];
    let tasks: Vec<_> = (0..140).map(|n| pool.submit(n % 7).unwrap()).collect();
    for (n, task) in (0..).zip(tasks) {
        match soon(task) {
            Ok(_) => assert_eq!(n % 7, 0),
            Err(Error::WorkerDied { exit, pid }) => {
                assert_eq!(exit, ways[n % 7 - 1]);
                assert!(pid > 1);
            }
            Err(error) => panic!("task {n}: {error}"),
        }
    }
    let error = pool.apply(4).unwrap_err().to_string();
    assert!(error.contains("killed by signal 9 (SIGKILL)"), "{error}");
}

/// Kills the process that decodes it.
#[derive(Debug)]
struct DeadlyToRead(bool);

impl Serialize for DeadlyToRead {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(self.0)
    }
}

impl<'de> Deserialize<'de> for DeadlyToRead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? {
            die(Signal::SIGKILL);
        }
        Ok(DeadlyToRead(false))
    }
}

pub fn while_reading_the_argument() {
    let pool = ProcessPool::new(2, |_: DeadlyToRead| ()).unwrap();
    // The first one is tried here.
    for deadly in [false, true, false, true] {
        match soon(pool.submit(DeadlyToRead(deadly)).unwrap()) {
            Ok(()) => assert!(!deadly),
            Err(Error::WorkerDied { exit, .. }) => assert!(deadly && exit == Exit::Signal(9)),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Kills the process that encodes it, in the middle.
#[derive(Deserialize)]
struct DeadlyToWrite;

impl fmt::Debug for DeadlyToWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadly")
    }
}

impl Serialize for DeadlyToWrite {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        die(Signal::SIGKILL)
    }
}

pub fn while_sending_the_result() {
    let pool = ProcessPool::new(2, |_: ()| DeadlyToWrite).unwrap();
    for task in [(); 10].map(|()| pool.submit(()).unwrap()) {
        let error = soon(task).unwrap_err();
        assert!(
            matches!(
                error,
                Error::WorkerDied {
                    exit: Exit::Signal(9),
                    ..
                }
            ),
            "{error}"
        );
    }
    // In the middle of results that go in parts.
    let pool = ProcessPool::new(2, |mega: usize| vec![mega as u8; mega << 20]).unwrap();
    for round in 0..5 {
        let large = pool.submit(64).unwrap();
        thread::sleep(ms(10 + 10 * round));
        for pid in pool.pids() {
            let _ = kill(Pid::from_raw(pid as i32), Signal::SIGKILL);
        }
        match soon(large) {
            Ok(bytes) => assert_eq!(bytes.len(), 64 << 20),
            Err(error) => assert!(matches!(error, Error::WorkerDied { .. }), "{error}"),
        }
        assert_eq!(soon(pool.submit(1).unwrap()).unwrap(), vec![1; 1 << 20]);
    }
}

pub fn all_workers_at_once() {
    let pool = ProcessPool::new(4, |n: u64| {
        thread::sleep(ms(200));
        n
    })
    .unwrap();
    let tasks: Vec<_> = (0..12).map(|n| pool.submit(n).unwrap()).collect();
    thread::sleep(ms(50));
    for pid in pool.pids() {
        send(pid, Signal::SIGKILL);
    }
    let results: Vec<_> = tasks.into_iter().map(soon).collect();
    for (n, result) in results.iter().enumerate() {
        match result {
            Ok(result) => assert!(n >= 4 && *result == n as u64),
            Err(error) => assert!(
                n < 4 && matches!(error, Error::WorkerDied { .. }),
                "{n}: {error}"
            ),
        }
    }
}

/// The one process that is not replaced: its end breaks the pool, and says so.
pub fn the_one_that_makes_workers() {
    let pool = ProcessPool::new(2, |wait: u64| {
        thread::sleep(ms(wait));
        getppid().as_raw()
    })
    .unwrap();
    let nursery = pool.apply(0).unwrap();
    let tasks = [(); 6].map(|()| pool.submit(60_000).unwrap());
    send(nursery as u32, Signal::SIGKILL);
    for task in tasks {
        let error = soon(task).unwrap_err();
        assert!(matches!(error, Error::Broken { .. }), "{error}");
        assert!(error.to_string().contains("SIGKILL"), "{error}");
    }
    assert!(matches!(pool.submit(0), Err(Error::Broken { .. })));
    pool.close();
    pool.join().unwrap();
}

pub fn stopped_worker_delays_its_task_only() {
    let pool = ProcessPool::new(2, |n: u64| {
        thread::sleep(ms(n));
        process::id()
    })
    .unwrap();
    let slow = pool.submit(200).unwrap();
    thread::sleep(ms(50));
    let busy: Vec<_> = pool.pids();
    let quick = pool.apply(0).unwrap();
    let stopped = *busy.iter().find(|pid| **pid != quick).unwrap();
    send(stopped, Signal::SIGSTOP);
    for _ in 0..50 {
        let task = pool.submit(0).unwrap();
        assert_eq!(soon(task).unwrap(), quick);
    }
    assert!(!slow.is_done());
    send(stopped, Signal::SIGCONT);
    assert_eq!(soon(slow).unwrap(), stopped);
}
