//! Processes killed at random instants. The seed is printed; `COURSE_SEED` sets it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::*};
use std::time::{Duration, Instant};
use std::{process, thread};

use course_tests::{SOON, ms, random};
use support::ipc::{Bytes, Error, JoinableQueue, Mutex, Queue, Semaphore, SharedAtomic};
use support::process::Process;

use super::queue::child;

/// How long a call may wait.
const WAIT: Duration = Duration::from_millis(300);
/// Messages that one producer puts at most, a bit for each.
const MESSAGES: usize = 64 * WORDS;
const WORDS: usize = 32;

pub fn kills_500() {
    kills::<600>(500);
}

pub fn kills_10_000() {
    kills::<10_100>(10_000);
}

/// Bytes, all the same, and a checksum. Long copies keep the ends of the queue busy, and little else takes long: so the kills meet
/// them.
type Message = (u32, u32, Bytes, u64);

fn message(producer: u32, number: u32) -> Message {
    let mut random = fastrand::Rng::with_seed(u64::from(producer) << 32 | u64::from(number));
    let length = random.usize(..200_000);
    let bytes = Bytes(vec![random.u8(..); length]);
    let sum = checksum(producer, number, &bytes);
    (producer, number, bytes, sum)
}

/// FNV-1a of all but the bytes after the first, which are the same; of torn ones a wrong one.
fn checksum(producer: u32, number: u32, bytes: &[u8]) -> u64 {
    let same = bytes.is_empty() || bytes[1..] == bytes[..bytes.len() - 1];
    let head = producer
        .to_le_bytes()
        .into_iter()
        .chain(number.to_le_bytes())
        .chain(bytes.len().to_le_bytes());
    head.chain(bytes.first().copied())
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        })
        .wrapping_add(u64::from(!same))
}

/// What all processes write down as they go, each before and after it does something.
struct Books<const N: usize> {
    stop: SharedAtomic<AtomicBool>,
    started: SharedAtomic<[AtomicU32; N]>,
    finished: SharedAtomic<[AtomicU32; N]>,
    got: SharedAtomic<[[AtomicU64; WORDS]; N]>,
    torn: SharedAtomic<AtomicU32>,
    twice: SharedAtomic<AtomicU32>,
    late: SharedAtomic<AtomicU32>,
    received: SharedAtomic<AtomicU64>,
}

fn produce<const N: usize>(queue: &Queue<Message>, books: &Books<N>, id: u32) {
    let mine = id as usize;
    for number in 0..MESSAGES as u32 {
        if books.stop.load(SeqCst) {
            return;
        }
        let message = message(id, number);
        books.started[mine].store(number + 1, SeqCst);
        while let Err(error) = in_time(books, || queue.put_timeout(&message, WAIT)) {
            assert!(matches!(error, Error::Full { .. }), "{error}");
            if books.stop.load(SeqCst) {
                books.started[mine].store(number, SeqCst);
                return;
            }
        }
        books.finished[mine].store(number + 1, SeqCst);
    }
    while !books.stop.load(SeqCst) {
        thread::sleep(ms(1));
    }
}

fn consume<const N: usize>(queue: &Queue<Message>, books: &Books<N>) {
    loop {
        match in_time(books, || queue.get_timeout(WAIT)) {
            Ok((producer, number, bytes, sum)) => {
                if sum != checksum(producer, number, &bytes) {
                    books.torn.fetch_add(1, SeqCst);
                }
                let bit = 1 << (number % 64);
                let word = &books.got[producer as usize][number as usize / 64];
                if word.fetch_or(bit, SeqCst) & bit != 0 {
                    books.twice.fetch_add(1, SeqCst);
                }
                books.received.fetch_add(1, Relaxed);
            }
            Err(Error::Empty { .. }) if books.stop.load(SeqCst) => return,
            Err(Error::Empty { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn in_time<T, const N: usize>(books: &Books<N>, call: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = call();
    if start.elapsed() > WAIT + SOON {
        books.late.fetch_add(1, SeqCst);
    }
    result
}

fn kills<const N: usize>(kills: u32) {
    const WORKERS: u64 = 8;
    let mut random = random();
    let queue = Queue::<Message>::with_bytes(6, 400_000).unwrap();
    let books = Books::<N> {
        stop: SharedAtomic::new().unwrap(),
        started: SharedAtomic::new().unwrap(),
        finished: SharedAtomic::new().unwrap(),
        got: SharedAtomic::new().unwrap(),
        torn: SharedAtomic::new().unwrap(),
        twice: SharedAtomic::new().unwrap(),
        late: SharedAtomic::new().unwrap(),
        received: SharedAtomic::new().unwrap(),
    };
    let mut producers = 0;
    let mut start = |worker: u64| {
        if worker.is_multiple_of(2) {
            producers += 1;
            child(|| produce(&queue, &books, producers - 1))
        } else {
            child(|| consume(&queue, &books))
        }
    };
    let mut workers: Vec<Process> = (0..WORKERS).map(&mut start).collect();
    let mut dead_consumers = 0;
    let (mut received, mut progress) = (0, Instant::now());
    for _ in 0..kills {
        thread::sleep(Duration::from_micros(random.u64(..2_000)));
        let worker = random.u64(..WORKERS);
        let victim = &mut workers[worker as usize];
        victim.kill().unwrap();
        // What a worker finds wrong by itself ends it with a panic.
        assert_eq!(
            victim.join().unwrap().to_string(),
            "killed by signal 9 (SIGKILL)"
        );
        dead_consumers += worker % 2;
        *victim = start(worker);
        let now = books.received.load(Relaxed);
        if now != received {
            (received, progress) = (now, Instant::now());
        }
        assert!(progress.elapsed() < SOON, "everybody hangs");
    }
    thread::sleep(ms(20));
    books.stop.store(true, SeqCst);
    for worker in &mut workers {
        let exit = worker.join_timeout(2 * SOON).unwrap();
        assert!(exit.is_some_and(|exit| exit.success()), "{exit:?}");
    }
    // What the last producer put when the last consumer had gone.
    consume(&queue, &books);
    let mut missing = 0;
    for id in 0..producers as usize {
        let (started, finished) = (
            books.started[id].load(SeqCst),
            books.finished[id].load(SeqCst),
        );
        assert!(started == finished || started == finished + 1);
        for number in 0..MESSAGES as u32 {
            let got = books.got[id][number as usize / 64].load(SeqCst) >> (number % 64) & 1 == 1;
            assert!(!got || number < started, "a message that nobody put");
            missing += u64::from(!got && number < finished);
        }
    }
    let count = |counter: &AtomicU32| counter.load(SeqCst);
    println!(
        "{kills} kills, {dead_consumers} of them consumers; {} messages received, {missing} lost, {} recoveries",
        books.received.load(SeqCst),
        queue.recoveries(),
    );
    assert_eq!(
        (count(&books.torn), count(&books.twice)),
        (0, 0),
        "torn, twice"
    );
    assert_eq!(count(&books.late), 0, "waits longer than their bounds");
    assert!(missing <= dead_consumers, "{missing} missing");
    assert!(
        queue.recoveries() > 0,
        "no kill has met a process inside the queue"
    );
}

/// Consumers of a `JoinableQueue` are killed. What is written off for them is one task each at most, and then `join` returns.
pub fn joinable_kills() {
    let mut random = random();
    let queue = JoinableQueue::<u64>::new(4).unwrap();
    let done = SharedAtomic::<AtomicU64>::new().unwrap();
    let consumer = || {
        child(|| {
            loop {
                queue.get().unwrap();
                queue.task_done().unwrap();
                done.fetch_add(1, SeqCst);
            }
        })
    };
    let mut consumers: Vec<_> = (0..3).map(|_| consumer()).collect();
    let producer = child(|| {
        for n in 0.. {
            queue.put(&n).unwrap();
        }
    });
    let (mut killed, mut open) = (HashSet::new(), 0);
    for _ in 0..200 {
        thread::sleep(Duration::from_micros(random.u64(..2_000)));
        let victim = &mut consumers[random.usize(..3)];
        victim.kill().unwrap();
        victim.join().unwrap();
        killed.insert(victim.pid());
        open += write_off(&queue, ms(1), &mut killed);
        *victim = consumer();
    }
    drop(producer);
    open += write_off(&queue, SOON, &mut killed);
    queue.join_timeout(SOON).unwrap();
    println!("{} tasks done, {open} left by the dead", done.load(SeqCst));
    assert!(open > 0);
}

/// The tasks of the dead, one each, if there are any: a death in the middle of taking may be seen only when the end is free again.
fn write_off(queue: &JoinableQueue<u64>, patience: Duration, killed: &mut HashSet<u32>) -> usize {
    match queue.join_timeout(patience) {
        Err(Error::DeadConsumers { dead, .. }) => {
            let written_off = queue.write_off();
            assert!(dead.iter().all(|one| written_off.contains(one)));
            for one in &written_off {
                assert!(killed.remove(&one.pid) && one.open == 1, "{one:?}");
            }
            written_off.len()
        }
        Err(Error::TimedOut { .. }) | Ok(()) => 0,
        Err(error) => panic!("{error}"),
    }
}

/// Holders of a lock and of permits are killed.
pub fn lock_kills() {
    let mut random = random();
    let lock = Mutex::new([0_u64; 2]).unwrap();
    let seats = Semaphore::new(2).unwrap();
    let worker = || {
        child(|| {
            loop {
                let _permit = seats.acquire_timeout(SOON).unwrap();
                let mut guard = lock.lock_timeout(SOON).unwrap();
                let [first, second] = *guard;
                if first != second {
                    assert!(guard.previous_owner_died());
                    assert_ne!(guard.previous_owner(), Some(process::id()));
                    guard[1] = first;
                }
                guard[0] += 1;
                std::hint::black_box(&mut guard);
                guard[1] += 1;
            }
        })
    };
    let mut workers: Vec<_> = (0..4).map(|_| worker()).collect();
    for _ in 0..300 {
        thread::sleep(Duration::from_micros(random.u64(..1_500)));
        let victim = &mut workers[random.usize(..4)];
        victim.kill().unwrap();
        assert_eq!(
            victim.join().unwrap().to_string(),
            "killed by signal 9 (SIGKILL)"
        );
        *victim = worker();
    }
    drop(workers);
    let _both = [seats.acquire(), seats.acquire()].map(Result::unwrap);
    drop(lock.lock().unwrap());
    println!("{} permits came back", seats.recoveries());
    assert!(seats.recoveries() > 0);
}
