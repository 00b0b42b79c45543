//! `support::sync` beside CPython's `queue` and `threading`, crossbeam and `parking_lot`.

mod beside;

use std::hint::black_box;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use beside::{Bench, Contest, PYTHON_WITH, repeat};
use parking_lot::ReentrantMutex;
use support::sync::deadlock::Watch;
use support::sync::{Event, FifoQueue, LifoQueue, PriorityQueue, Queue, ReentrantLock, Semaphore};

const CAPACITY: usize = 1024;
const ITEMS: u64 = 1_000_000;
const LOCKS: u64 = 1_000_000;

/// One thread puts and one gets.
const PYTHON_QUEUE: &str = "
import queue, sys, threading, time
q = getattr(queue, sys.argv[1])(1024)
items = [i * 2654435761 % 65536 for i in range(100_000)]
def put():
    for item in items: q.put(item)
def get():
    for _ in items: q.get()
threads = [threading.Thread(target=put), threading.Thread(target=get)]
start = time.perf_counter()
for t in threads: t.start()
for t in threads: t.join()
print((time.perf_counter() - start) / len(items))
";

const PYTHON_EVENT: &str = "
import threading, time
N = 10_000
ping, pong = threading.Event(), threading.Event()
def answer():
    for _ in range(N):
        ping.wait(), ping.clear()
        pong.set()
other = threading.Thread(target=answer)
start = time.perf_counter()
other.start()
for _ in range(N):
    ping.set()
    pong.wait(), pong.clear()
print((time.perf_counter() - start) / N)
other.join()
";

fn main() {
    let mut bench = Bench::new();
    bench.run(
        Contest::rate("items to another thread, first in first out")
            .ours("sync::FifoQueue", ITEMS, |many| {
                pass(&FifoQueue::new(CAPACITY), many)
            })
            .floor("crossbeam-channel", ITEMS, crossbeam)
            .python("queue.Queue", PYTHON_QUEUE, &["Queue"])
            .at_least(10.0),
    );
    bench.run(
        Contest::rate("items to another thread, last in first out")
            .ours("sync::LifoQueue", ITEMS, |many| {
                pass(&LifoQueue::new(CAPACITY), many)
            })
            .python("queue.LifoQueue", PYTHON_QUEUE, &["LifoQueue"])
            .at_least(10.0),
    );
    bench.run(
        Contest::rate("items to another thread, least first")
            .ours("sync::PriorityQueue", ITEMS, |many| {
                pass(&PriorityQueue::new(CAPACITY), many)
            })
            .python("queue.PriorityQueue", PYTHON_QUEUE, &["PriorityQueue"])
            .at_least(10.0),
    );
    bench.run(
        Contest::time("permit of a thread, taken and given back")
            .ours("sync::Semaphore", LOCKS, permit)
            .floor("std::sync::Mutex", LOCKS, std_lock)
            .python(
                "threading.Semaphore",
                PYTHON_WITH,
                &["threading", "Semaphore"],
            ),
    );
    bench.run(
        Contest::time("lock that its holder may take again")
            .ours("sync::ReentrantLock", LOCKS, reentrant)
            .floor("parking_lot::ReentrantMutex", LOCKS, bare_reentrant)
            .python("threading.RLock", PYTHON_WITH, &["threading", "RLock"]),
    );
    bench.run(
        Contest::time("lock that knows who waits for it")
            .ours("sync::deadlock::WatchedMutex", LOCKS, watched)
            .floor("std::sync::Mutex", LOCKS, std_lock)
            .python("threading.Lock", PYTHON_WITH, &["threading", "Lock"]),
    );
    bench.run(
        Contest::time("another thread woken, and woken by it")
            .ours("sync::Event", 10_000, events)
            .floor("unpark and park", 10_000, parked)
            .python("threading.Event", PYTHON_EVENT, &[]),
    );
}

/// How long it takes to pass so many items from one thread to another.
fn pass(queue: &(impl Queue<u64> + Sync), many: u64) -> Duration {
    to_another_thread(
        many,
        |item| queue.put(item).expect("it is open"),
        || queue.get().expect("it is open"),
    )
}

fn crossbeam(many: u64) -> Duration {
    let (sender, receiver) = crossbeam_channel::bounded(CAPACITY);
    to_another_thread(
        many,
        |item| sender.send(item).expect("it is open"),
        || receiver.recv().expect("it is open"),
    )
}

fn to_another_thread(
    many: u64,
    put: impl Fn(u64) + Send + Sync,
    get: impl Fn() -> u64,
) -> Duration {
    let start = Instant::now();
    thread::scope(|s| {
        s.spawn(|| (0..many).for_each(|i| put(i * 2_654_435_761 % 65_536)));
        for _ in 0..many {
            black_box(get());
        }
    });
    start.elapsed()
}

fn permit(many: u64) -> Duration {
    let semaphore = Semaphore::new(1);
    repeat(many, || drop(black_box(&semaphore).acquire()))
}

fn std_lock(many: u64) -> Duration {
    let lock = Mutex::new(());
    repeat(many, || drop(black_box(&lock).lock()))
}

fn reentrant(many: u64) -> Duration {
    let lock = ReentrantLock::new(());
    repeat(many, || drop(black_box(&lock).lock()))
}

fn bare_reentrant(many: u64) -> Duration {
    let lock = ReentrantMutex::new(());
    repeat(many, || drop(black_box(&lock).lock()))
}

fn watched(many: u64) -> Duration {
    let lock = Watch::new().mutex("lock");
    repeat(many, || drop(black_box(&lock).lock()))
}

fn events(many: u64) -> Duration {
    let (ping, pong) = (Event::new(), Event::new());
    thread::scope(|s| {
        s.spawn(|| {
            for _ in 0..many {
                ping.wait();
                ping.clear();
                pong.set();
            }
        });
        repeat(many, || {
            ping.set();
            pong.wait();
            pong.clear();
        })
    })
}

fn parked(many: u64) -> Duration {
    use std::sync::atomic::{AtomicBool, Ordering};
    let wait = |turn: &AtomicBool| {
        while !turn.swap(false, Ordering::Acquire) {
            thread::park();
        }
    };
    let (ping, pong) = (AtomicBool::new(false), AtomicBool::new(false));
    let here = thread::current();
    thread::scope(|s| {
        let (ping, pong) = (&ping, &pong);
        let there = s.spawn(move || {
            for _ in 0..many {
                wait(ping);
                pong.store(true, Ordering::Release);
                here.unpark();
            }
        });
        repeat(many, || {
            ping.store(true, Ordering::Release);
            there.thread().unpark();
            wait(pong);
        })
    })
}
