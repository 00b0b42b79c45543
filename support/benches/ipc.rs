//! `support::ipc` beside what people use today, in one run: CPython's `multiprocessing.Queue`, the crate `ipc-channel`, a raw pipe, and
//! the lock of `std`.
//!
//! The bars: a queue of numbers from one process to another 30 times CPython's and 6 times `ipc-channel`'s; messages of 64 KiB
//! at 1.5 times the bytes of a raw pipe; the uncontended lock at most 2.5 times that of `std`. Each round runs all rivals of a bar in
//! turn, so that other load on the machine meets all of them; the ratio is that of the medians.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use support::ipc::{Bytes, Mutex, Pipe, Queue};
use support::process::Process;

const ROUNDS: usize = 9;
const CAPACITY: usize = 1024;
const MESSAGE: usize = 64 * 1024;

fn main() {
    // `cargo test --benches` only wants to see it start.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    // `cargo bench --bench ipc locks` runs these alone.
    let names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for (name, bench) in [
        ("numbers", numbers as fn()),
        ("messages", messages),
        ("locks", locks),
    ] {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            bench();
        }
    }
}

type Rival = (&'static str, fn() -> f64);

/// Runs all in turns; prints and returns the median of each.
fn medians<const N: usize>(unit: &str, rivals: [Rival; N]) -> [f64; N] {
    let mut results = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for ((_, rival), results) in rivals.iter().zip(&mut results) {
            results.push(rival());
        }
    }
    let mut index = 0;
    results.map(|mut results| {
        results.sort_by(f64::total_cmp);
        let median = results[results.len() / 2];
        let name = rivals[index].0;
        index += 1;
        let (low, high) = (results[0], results[results.len() - 1]);
        println!("{name:<40} {median:>12.3} {unit}  ({low:.3} to {high:.3})");
        median
    })
}

fn verdict(what: &str, ratio: f64, bar: f64, holds: bool) {
    let holds = if holds { "holds" } else { "MISSED" };
    println!("    {what}: {ratio:.2} (bar: {bar}): {holds}");
}

fn numbers() {
    println!("\nnumbers from one process to another, millions per second");
    let [one, many, channel, python] = medians(
        "M/s",
        [
            ("Queue<u64>, put and get", one_by_one),
            ("Queue<u64>, put_many and get_many", batches),
            ("ipc-channel", ipc_channel),
            ("CPython multiprocessing.Queue", cpython),
        ],
    );
    for (way, speed) in [("one by one", one), ("batches of 64", many)] {
        verdict(
            &format!("{way}, against CPython"),
            speed / python,
            30.0,
            speed >= 30.0 * python,
        );
        verdict(
            &format!("{way}, against ipc-channel"),
            speed / channel,
            6.0,
            speed >= 6.0 * channel,
        );
    }
}

const NUMBERS: u64 = 1_000_000;

fn one_by_one() -> f64 {
    let queue = Queue::<u64>::new(CAPACITY).expect("queue");
    let mut producer = Process::start(|| {
        for number in 0..NUMBERS {
            queue.put(&number).expect("put");
        }
    })
    .expect("start");
    assert_eq!(queue.get().expect("get"), 0);
    let start = Instant::now();
    for number in 1..NUMBERS {
        assert_eq!(queue.get().expect("get"), number);
    }
    let speed = per_second(NUMBERS - 1, start.elapsed());
    producer.join().expect("join");
    speed
}

fn batches() -> f64 {
    let queue = Queue::<u64>::new(CAPACITY).expect("queue");
    let mut producer = Process::start(|| {
        let numbers: Vec<u64> = (0..NUMBERS).collect();
        for batch in numbers.chunks(64) {
            queue.put_many(batch).expect("put");
        }
    })
    .expect("start");
    let mut next = queue.get_many(64).expect("get").len() as u64;
    let first = next;
    let start = Instant::now();
    while next < NUMBERS {
        for number in queue.get_many(64).expect("get") {
            assert_eq!(number, next);
            next += 1;
        }
    }
    let speed = per_second(NUMBERS - first, start.elapsed());
    producer.join().expect("join");
    speed
}

fn ipc_channel() -> f64 {
    const NUMBERS: u64 = 100_000;
    let (sender, receiver) = ipc_channel::ipc::channel::<u64>().expect("channel");
    let mut producer = Process::start(|| {
        for number in 0..NUMBERS {
            sender.send(number).expect("send");
        }
    })
    .expect("start");
    assert_eq!(receiver.recv().expect("receive"), 0);
    let start = Instant::now();
    for number in 1..NUMBERS {
        assert_eq!(receiver.recv().expect("receive"), number);
    }
    let speed = per_second(NUMBERS - 1, start.elapsed());
    producer.join().expect("join");
    speed
}

fn cpython() -> f64 {
    const PROGRAM: &str = "
import multiprocessing, time
multiprocessing.set_start_method('fork')
def produce(queue, numbers):
    for number in range(numbers):
        queue.put(number)
numbers = 50_000
queue = multiprocessing.Queue(1024)
producer = multiprocessing.Process(target=produce, args=(queue, numbers))
producer.start()
queue.get()
start = time.perf_counter()
for number in range(1, numbers):
    assert queue.get() == number
print((numbers - 1) / (time.perf_counter() - start) / 1e6)
producer.join()
";
    let output = Command::new("python3")
        .args(["-c", PROGRAM])
        .output()
        .expect("python3");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().expect("a number from Python")
}

fn per_second(items: u64, time: Duration) -> f64 {
    items as f64 / time.as_secs_f64() / 1e6
}

fn messages() {
    println!("\nmessages of 64 KiB from one process to another, GiB per second");
    let [ours, pipe] = medians(
        "GiB/s",
        [("Queue<Bytes>", big_messages), ("raw pipe", raw_pipe)],
    );
    verdict("against the pipe", ours / pipe, 1.5, ours >= 1.5 * pipe);
}

const MESSAGES: usize = 20_000;

fn big_messages() -> f64 {
    let queue = Queue::<Bytes>::new(CAPACITY).expect("queue");
    let mut producer = Process::start(|| {
        let message = Bytes(vec![7; MESSAGE]);
        for _ in 0..MESSAGES {
            queue.put(&message).expect("put");
        }
    })
    .expect("start");
    black_box(queue.get().expect("get"));
    let start = Instant::now();
    for _ in 1..MESSAGES {
        assert_eq!(black_box(queue.get().expect("get")).len(), MESSAGE);
    }
    let speed = gib_per_second(start.elapsed());
    producer.join().expect("join");
    speed
}

fn raw_pipe() -> f64 {
    let pipe = Pipe::new().expect("pipe");
    let mut producer = Process::start(|| {
        let mut writer = pipe.writer().expect("writer");
        let message = vec![7; MESSAGE];
        for _ in 0..MESSAGES {
            writer.write_all(&message).expect("write");
        }
    })
    .expect("start");
    let mut reader = pipe.reader().expect("reader");
    let mut message = vec![0; MESSAGE];
    reader.read_exact(&mut message).expect("read");
    let start = Instant::now();
    for _ in 1..MESSAGES {
        reader.read_exact(&mut message).expect("read");
        black_box(&message);
    }
    let speed = gib_per_second(start.elapsed());
    producer.join().expect("join");
    speed
}

fn gib_per_second(time: Duration) -> f64 {
    ((MESSAGES - 1) * MESSAGE) as f64 / f64::from(1 << 30) / time.as_secs_f64()
}

fn locks() {
    println!("\nlock and unlock, nobody else wants it, nanoseconds");
    let [ours, std] = medians(
        "ns",
        [("ipc::Mutex", our_lock), ("std::sync::Mutex", std_lock)],
    );
    verdict("against std", ours / std, 2.5, ours <= 2.5 * std);
}

const LOCKS: u32 = 2_000_000;

fn our_lock() -> f64 {
    let lock = Mutex::new(0_u64).expect("lock");
    let start = Instant::now();
    for _ in 0..LOCKS {
        *black_box(&lock).lock().expect("lock") += 1;
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(LOCKS)
}

fn std_lock() -> f64 {
    let lock = std::sync::Mutex::new(0_u64);
    let start = Instant::now();
    for _ in 0..LOCKS {
        *black_box(&lock).lock().expect("lock") += 1;
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(LOCKS)
}
