//! Code of the user's within the pool: decoding, callbacks and drops that panic, block or wait for the pool. Each costs its own task.

use std::panic::panic_any;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use course_tests::{SOON, ms};
use nix::sys::signal::Signal;
use serde::{Deserialize, Deserializer, Serialize};
use support::ipc::Queue;
use support::pool::{Error, Pending, ProcessPool, ThreadPool};

use super::helpers::{eventually, parent, send, soon};

/// Panics when 3 is decoded, with words.
#[derive(Debug, Serialize, PartialEq)]
struct Picky(u32);

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let n = u32::deserialize(deserializer)?;
        assert!(n != 3, "cannot stand {n}");
        Ok(Picky(n))
    }
}

fn is_pass<R: std::fmt::Debug>(result: &Result<R, Error>, what: &str) {
    match result {
        Err(Error::Pass { what: of, why }) => {
            assert!(*of == what && why.contains("cannot stand 3"), "{of}: {why}");
        }
        other => panic!("{other:?}"),
    }
}

pub fn result_whose_decode_panics() {
    let pool = ProcessPool::new(2, Picky).unwrap();
    // What is sent first is tried by who sends it.
    pool.map([0; 8], 1).unwrap();
    let tasks: Vec<_> = (0..20).map(|n| pool.submit(n % 5).unwrap()).collect();
    let (called, calls) = mpsc::channel();
    for (n, task) in tasks.iter().enumerate() {
        let called = called.clone();
        if n % 2 == 0 {
            task.on_done(move |result| called.send((n % 5 == 3, result.is_err())).unwrap());
        }
    }
    for (n, task) in (0..).zip(tasks) {
        match soon(task) {
            Ok(picky) => assert_eq!(picky, Picky(n % 5)),
            error => is_pass(&error, "result"),
        }
    }
    drop(called);
    assert!(calls.iter().all(|(wanted, got)| wanted == got));
    let results = pool.map_timeout(0..6, 6, SOON).unwrap();
    is_pass(&results[3], "result");
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 5);
}

pub fn argument_whose_decode_panics() {
    let pool = ProcessPool::new(1, |n: Picky| (n.0, process::id())).unwrap();
    let worker = pool.pids();
    // What is sent first is tried by who sends it.
    assert!(matches!(pool.submit(Picky(3)), Err(Error::Pass { .. })));
    pool.apply(Picky(1)).unwrap();
    is_pass(&pool.apply(Picky(3)), "argument");
    assert_eq!(pool.apply(Picky(4)).unwrap(), (4, worker[0]), "it lives on");
    // Of one chunk it spoils itself only.
    let results: Vec<_> = pool.imap((0..6).map(Picky), 6).collect();
    is_pass(&results[3], "argument");
    assert_eq!(results.iter().flatten().count(), 5);
    assert!(matches!(
        pool.map((0..6).map(Picky), 6),
        Err(Error::Pass { .. })
    ));
}

/// Reads less than was written.
#[derive(Debug, Serialize, Deserialize)]
struct Short {
    first: u8,
    #[serde(skip_deserializing)]
    second: u8,
}

/// A wrong value is worse than none.
pub fn left_over_bytes_are_an_error() {
    let short = || Short {
        first: 1,
        second: 2,
    };
    let pool = ProcessPool::new(1, |n: Option<Short>| n.map_or(0, |n| n.first)).unwrap();
    let got = pool.apply(Some(short()));
    assert!(matches!(got, Err(Error::Pass { .. })), "{got:?}");
    let pool = ProcessPool::new(1, move |()| short()).unwrap();
    let got = pool.apply(());
    assert!(matches!(got, Err(Error::Pass { .. })), "{got:?}");
    assert!(pool.map([(), ()], 2).is_err());
}

static HOLD: AtomicBool = AtomicBool::new(true);

/// Decoding 3 takes until it is let go.
#[derive(Debug, Serialize)]
struct Slow(u32);

impl<'de> Deserialize<'de> for Slow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let n = u32::deserialize(deserializer)?;
        while n == 3 && HOLD.load(SeqCst) {
            thread::sleep(ms(1));
        }
        Ok(Slow(n))
    }
}

pub fn slow_decode_holds_up_nobody() {
    let gate = Queue::<()>::new(2).unwrap();
    let pool = ProcessPool::new(1, |n: u32| {
        if n == 3 {
            gate.get().unwrap();
        }
        Slow(n)
    })
    .unwrap();
    // What is sent first is tried by who sends it.
    pool.apply(0).unwrap();
    // One is decoded by who asks, one by a callback.
    let slow = pool.submit(3).unwrap();
    let asking = thread::spawn(move || soon(slow).unwrap().0);
    let called = pool.submit(3).unwrap();
    called.on_done(|result| assert_eq!(result.as_ref().unwrap().0, 3));
    // Not done before it has its callback.
    for _ in 0..2 {
        gate.put(&()).unwrap();
    }
    for n in 10..200 {
        let task = pool.submit(n).unwrap();
        let (sender, receiver) = mpsc::channel();
        task.on_done(move |result| sender.send(result.as_ref().unwrap().0).unwrap());
        assert_eq!(receiver.recv_timeout(SOON), Ok(n));
        assert_eq!(soon(task).unwrap().0, n);
    }
    assert!(!asking.is_finished() && !called.is_done());
    HOLD.store(false, SeqCst);
    assert_eq!(asking.join().unwrap(), 3);
    assert_eq!(soon(called).unwrap().0, 3);
}

pub fn blocked_callbacks_hold_up_nobody() {
    let begin = Queue::<()>::new(8).unwrap();
    let pool = ProcessPool::new(2, |n: u32| {
        if n < 8 {
            begin.get().unwrap();
        }
        n
    })
    .unwrap();
    let (go, gates): (Vec<Sender<()>>, Vec<Receiver<()>>) = (0..8).map(|_| mpsc::channel()).unzip();
    let blocked: Vec<_> = (0..)
        .zip(gates)
        .map(|(n, gate)| {
            let task = pool.submit(n).unwrap();
            task.on_done(move |_| gate.recv().unwrap());
            task
        })
        .collect();
    // Not done before they have their callbacks.
    for _ in 0..8 {
        begin.put(&()).unwrap();
    }
    for n in 10..100 {
        let task = pool.submit(n).unwrap();
        task.on_done(|_| {});
        assert_eq!(soon(task).unwrap(), n);
    }
    assert!(blocked.iter().all(|task| !task.is_done()));
    for gate in go {
        gate.send(()).unwrap();
    }
    for (n, task) in (0..).zip(blocked) {
        assert_eq!(soon(task).unwrap(), n);
    }
}

/// Panics when it is dropped, in the process that it says.
#[derive(Debug, Serialize, Deserialize)]
struct Bomb {
    goes_off_in: u32,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        if process::id() == self.goes_off_in {
            panic!("dropped");
        }
    }
}

pub fn drops_that_panic() {
    let owner = process::id();
    let pool = ProcessPool::new(1, move |n: u32| {
        let goes_off_in = if n == 0 { process::id() } else { owner };
        Bomb { goes_off_in }
    })
    .unwrap();
    // The worker's copy of the result.
    let error = pool.apply(0).unwrap_err().to_string();
    assert!(error.contains("dropped"), "{error}");
    // Never decoded, so never dropped; then decoded for a callback, and dropped when nobody has it any more.
    drop(pool.submit(1).unwrap());
    for _ in 0..3 {
        let task = pool.submit(1).unwrap();
        let capture = Bomb { goes_off_in: owner };
        task.on_done(move |_| drop(capture));
        drop(task);
    }
    eventually("the callbacks", || pool.unfinished() == 0);
    // The panic is that of the one who drops it.
    let bomb = pool.apply(1).unwrap();
    assert!(thread::spawn(move || drop(bomb)).join().is_err());

    let pool = ThreadPool::new(1).unwrap();
    let capture = Bomb { goes_off_in: owner };
    let task = pool.submit(move || _ = &capture).unwrap();
    let error = soon(task).unwrap_err().to_string();
    assert!(error.contains("dropped"), "{error}");
    drop(pool.submit(move || Bomb { goes_off_in: owner }).unwrap());
    let task = pool
        .submit(move || panic_any(Bomb { goes_off_in: owner }))
        .unwrap();
    assert!(matches!(soon(task), Err(Error::Panicked { .. })));
    let task = pool.submit(|| 5).unwrap();
    let capture = Bomb { goes_off_in: owner };
    task.on_done(move |_| drop(capture));
    assert_eq!(soon(task).unwrap(), 5);
    pool.shutdown().unwrap();
}

/// What a callback got that waited for another task, in whatever way the pool ends.
pub fn callback_waits_while_the_pool_ends() {
    type Task = Arc<Pending<u64>>;
    type End = fn(&ProcessPool<u64, u64>);
    let ends: [(&str, End, bool); 4] = [
        ("terminate", |pool| pool.terminate(), true),
        ("close", |pool| pool.close(), false),
        (
            "the nursery's death",
            |pool| {
                let nursery = parent(pool.pids()[0]);
                send(nursery, Signal::SIGKILL);
            },
            true,
        ),
        ("nothing", |_| {}, false),
    ];
    for (how, end, fails) in ends {
        let pool = ProcessPool::new(1, |time: u64| {
            thread::sleep(ms(time));
            time
        })
        .unwrap();
        let time = if fails { 60_000 } else { 100 };
        let first = pool.submit(time).unwrap();
        let second: Task = Arc::new(pool.submit(time).unwrap());
        let (sender, receiver) = mpsc::channel();
        let (other, answer) = (Arc::clone(&second), sender.clone());
        first.on_done(move |_| answer.send(other.with(Result::is_err)).unwrap());
        // And back: each when the other is done.
        second.on_done(move |result| sender.send(result.is_err()).unwrap());
        end(&pool);
        for _ in 0..2 {
            assert_eq!(receiver.recv_timeout(SOON), Ok(fails), "{how}");
        }
    }
    // Dropped, by the callback and by another thread.
    for by_callback in [true, false] {
        let gate = Queue::<()>::new(1).unwrap();
        let pool = Arc::new(ProcessPool::new(1, |()| gate.get().unwrap()).unwrap());
        let first = pool.submit(()).unwrap();
        let second = pool.submit(()).unwrap();
        let (sender, receiver) = mpsc::channel();
        let inner = by_callback.then(|| Arc::clone(&pool));
        let go = Arc::new(AtomicBool::new(false));
        let wait = Arc::clone(&go);
        first.on_done(move |_| {
            eventually("the other drop", || !by_callback || wait.load(SeqCst));
            drop(inner);
            sender.send(second.result()).unwrap();
        });
        if by_callback {
            gate.put(&()).unwrap();
        }
        drop(pool);
        go.store(true, SeqCst);
        let got = receiver.recv_timeout(SOON).unwrap();
        assert!(matches!(got, Err(Error::Terminated)), "{got:?}");
    }
}

pub fn callback_asks_its_own_task() {
    type Own = Arc<Mutex<Option<Pending<u32>>>>;
    fn asks(task: Pending<u32>, go: impl FnOnce()) {
        let (sender, receiver) = mpsc::channel();
        let own: Own = Arc::default();
        let inner = Arc::clone(&own);
        let taken = sender.clone();
        let task = Arc::new(task);
        let same = Arc::clone(&task);
        task.on_done(move |result| {
            assert_eq!(*result.as_ref().unwrap(), 7);
            assert!(same.is_done());
            same.wait_timeout(ms(0)).unwrap();
            assert_eq!(same.with(|result| *result.as_ref().unwrap()), 7);
            let nested = sender.clone();
            same.on_done(move |result| nested.send(*result.as_ref().unwrap()).unwrap());
            drop(same);
            // Taking it would leave nothing to look at.
            let mine = loop {
                if let Some(mine) = inner.lock().unwrap().take() {
                    break mine;
                }
            };
            assert!(matches!(mine.result(), Err(Error::InCallback)));
            sender.send(8).unwrap();
        });
        go();
        assert_eq!(receiver.recv_timeout(SOON), Ok(7));
        let mut task = Some(task);
        eventually("the only owner", || {
            match Arc::try_unwrap(task.take().unwrap()) {
                Ok(task) => *own.lock().unwrap() = Some(task),
                Err(shared) => task = Some(shared),
            }
            task.is_none()
        });
        assert_eq!(receiver.recv_timeout(SOON), Ok(8));
        drop(taken);
    }
    let threads = ThreadPool::new(1).unwrap();
    let (gate, wait) = mpsc::channel();
    let task = threads.submit(move || {
        wait.recv().unwrap();
        7
    });
    asks(task.unwrap(), || gate.send(()).unwrap());
    let gate = Queue::<()>::new(1).unwrap();
    let processes = ProcessPool::new(1, |n: u32| {
        gate.get().unwrap();
        n
    })
    .unwrap();
    asks(processes.submit(7).unwrap(), || gate.put(&()).unwrap());
}

/// One owner looks while another one waits.
pub fn owners_look_one_at_a_time() {
    let pool = ProcessPool::new(1, |n: u64| vec![n; 1000]).unwrap();
    let task = Arc::new(pool.submit(4).unwrap());
    let inside = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (task, inside) = (Arc::clone(&task), Arc::clone(&inside));
            thread::spawn(move || {
                for _ in 0..50 {
                    task.with(|result| {
                        assert!(!inside.swap(true, SeqCst));
                        assert_eq!(result.as_ref().unwrap().len(), 1000);
                        inside.store(false, SeqCst);
                    });
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    // A look that panics gives it back.
    let looking = Arc::clone(&task);
    let looked = thread::spawn(move || looking.with(|_| panic!("seen")));
    assert!(looked.join().is_err());
    let task = Arc::into_inner(task).unwrap();
    assert_eq!(soon(task).unwrap(), vec![4; 1000]);
}

pub fn callbacks_of_threads_wait_for_others() {
    let pool = Arc::new(ThreadPool::new(2).unwrap());
    let (sender, receiver) = mpsc::channel();
    let inner = Arc::clone(&pool);
    let task = pool.submit(|| thread::sleep(ms(20))).unwrap();
    task.on_done(move |_| {
        let other = inner.submit(|| 5).unwrap();
        sender.send(soon(other).unwrap()).unwrap();
        assert!(matches!(inner.shutdown(), Err(Error::InCallback)));
        sender.send(6).unwrap();
    });
    assert_eq!(receiver.recv_timeout(SOON), Ok(5));
    assert_eq!(receiver.recv_timeout(SOON), Ok(6));
    pool.shutdown().unwrap();
    assert!(task.is_done());
}
