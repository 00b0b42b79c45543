//! `support::ipc` beside what people use today: CPython's `multiprocessing`, the crate `ipc-channel`, raw pipes and semaphores, and
//! the locks of `std`.

mod beside;

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::mem::MaybeUninit;
use std::sync;
use std::thread;
use std::time::{Duration, Instant};

use beside::{Bench, Contest, PYTHON_WITH, repeat};
use nix::libc;
use support::ipc::{Barrier, Bytes, Event, JoinableQueue, Mutex, Pipe, Queue, Semaphore, Shared};
use support::process::Process;

const CAPACITY: usize = 1024;
const MESSAGE: usize = 64 * 1024;

/// Passes so many items through the queue of that name.
const PYTHON_QUEUE: &str = "
import multiprocessing, sys, time
multiprocessing.set_start_method('fork')
def produce(queue, numbers):
    for number in range(numbers):
        queue.put(number)
numbers = 50_000
queue = getattr(multiprocessing, sys.argv[1])(1024)
done = getattr(queue, 'task_done', lambda: None)
producer = multiprocessing.Process(target=produce, args=(queue, numbers + 1))
producer.start()
queue.get(), done()
start = time.perf_counter()
for number in range(1, numbers + 1):
    assert queue.get() == number
    done()
print((time.perf_counter() - start) / numbers)
producer.join()
";

const PYTHON_PIPE: &str = "
import multiprocessing, time
multiprocessing.set_start_method('fork')
N = 10_000
def produce(writer):
    message = bytes(64 * 1024)
    for _ in range(N + 1):
        writer.send_bytes(message)
reader, writer = multiprocessing.Pipe(duplex=False)
producer = multiprocessing.Process(target=produce, args=(writer,))
producer.start()
reader.recv_bytes()
start = time.perf_counter()
for _ in range(N):
    assert len(reader.recv_bytes()) == 64 * 1024
print((time.perf_counter() - start) / N)
producer.join()
";

const PYTHON_VALUE: &str = "
import multiprocessing, time
N = 100_000
def measure(value):
    start = time.perf_counter()
    for _ in range(N):
        with value.get_lock():
            value.value += 1
    return (time.perf_counter() - start) / N
print(measure(multiprocessing.Value('Q', 0)))
";

const PYTHON_EVENT: &str = "
import multiprocessing, time
multiprocessing.set_start_method('fork')
N = 5_000
def answer(ping, pong):
    for _ in range(N):
        ping.wait(), ping.clear()
        pong.set()
ping, pong = multiprocessing.Event(), multiprocessing.Event()
child = multiprocessing.Process(target=answer, args=(ping, pong))
start = time.perf_counter()
child.start()
for _ in range(N):
    ping.set()
    pong.wait(), pong.clear()
print((time.perf_counter() - start) / N)
child.join()
";

const PYTHON_BARRIER: &str = "
import multiprocessing, time
multiprocessing.set_start_method('fork')
N = 2_000
def wait(barrier):
    for _ in range(N + 1):
        barrier.wait()
barrier = multiprocessing.Barrier(2)
child = multiprocessing.Process(target=wait, args=(barrier,))
child.start()
barrier.wait()
start = time.perf_counter()
for _ in range(N):
    barrier.wait()
print((time.perf_counter() - start) / N)
child.join()
";

fn main() {
    let mut bench = Bench::new();
    bench.run(
        Contest::rate("numbers to another process, one by one")
            .ours("ipc::Queue<u64>, put and get", 500_000, one_by_one)
            .floor("ipc-channel", 100_000, ipc_channel)
            .at_least(6.0)
            .python("multiprocessing.Queue", PYTHON_QUEUE, &["Queue"])
            .at_least(30.0),
    );
    bench.run(
        Contest::rate("numbers to another process, 64 at a time")
            .ours("ipc::Queue<u64>, put_many and get_many", 1_000_000, batches)
            .floor("ipc-channel", 100_000, ipc_channel)
            .python("multiprocessing.Queue", PYTHON_QUEUE, &["Queue"]),
    );
    bench.run(
        Contest::rate("numbers to another process, each one acknowledged")
            .ours("ipc::JoinableQueue<u64>", 200_000, acknowledged)
            .python(
                "multiprocessing.JoinableQueue",
                PYTHON_QUEUE,
                &["JoinableQueue"],
            ),
    );
    bench.run(
        Contest::bytes("messages of 64 KiB to another process", MESSAGE as u32)
            .ours("ipc::Queue<Bytes>", 10_000, messages)
            .floor("raw pipe", 10_000, raw_pipe)
            .at_least(1.5)
            .python("multiprocessing.Pipe", PYTHON_PIPE, &[]),
    );
    bench.run(
        Contest::time("lock and unlock, nobody else wants it")
            .rounds(35)
            .ours("ipc::Mutex", 500_000, lock)
            .floor("std::sync::Mutex", 500_000, std_lock)
            .costs_at_most(2.5)
            .python(
                "multiprocessing.Lock",
                PYTHON_WITH,
                &["multiprocessing", "Lock"],
            ),
    );
    bench.run(
        Contest::time("permit taken and given back, nobody else wants it")
            .ours("ipc::Semaphore", 500_000, permit)
            .floor("sem_wait and sem_post", 500_000, raw_semaphore)
            .python(
                "multiprocessing.Semaphore",
                PYTHON_WITH,
                &["multiprocessing", "Semaphore"],
            ),
    );
    bench.run(
        Contest::time("shared number, one added under its lock")
            .ours("ipc::Shared<u64>::update", 500_000, shared)
            .floor("std::sync::Mutex", 500_000, std_lock)
            .python("multiprocessing.Value", PYTHON_VALUE, &[]),
    );
    bench.run(
        Contest::time("another process woken, and woken by it")
            .ours("ipc::Event", 5_000, events)
            .floor("one byte through raw pipes", 5_000, pipes)
            .python("multiprocessing.Event", PYTHON_EVENT, &[]),
    );
    bench.run(
        Contest::time("two meet at a barrier")
            .ours("ipc::Barrier", 5_000, barrier)
            .floor("std::sync::Barrier, threads", 5_000, std_barrier)
            .python("multiprocessing.Barrier", PYTHON_BARRIER, &[]),
    );
}

/// How long `there` and `here` take side by side, from the moment that `start` returns.
fn beside_child(there: impl FnOnce(), start: impl FnOnce(), here: impl FnOnce()) -> Duration {
    let mut child = Process::start(there).expect("start");
    start();
    let begin = Instant::now();
    here();
    let took = begin.elapsed();
    child.join().expect("join");
    took
}

fn one_by_one(many: u64) -> Duration {
    let queue = Queue::<u64>::new(CAPACITY).expect("queue");
    let get = |number| assert_eq!(queue.get().expect("get"), number);
    beside_child(
        || (0..=many).for_each(|number| queue.put(&number).expect("put")),
        || get(0),
        || (1..=many).for_each(get),
    )
}

fn batches(many: u64) -> Duration {
    const BATCH: usize = 64;
    let queue = Queue::<u64>::new(CAPACITY).expect("queue");
    beside_child(
        || {
            queue.put(&0).expect("put");
            let numbers: Vec<u64> = (1..=many).collect();
            for batch in numbers.chunks(BATCH) {
                queue.put_many(batch).expect("put");
            }
        },
        || assert_eq!(queue.get().expect("get"), 0),
        || {
            let mut next = 1;
            while next <= many {
                for number in queue.get_many(BATCH).expect("get") {
                    assert_eq!(number.expect("decode"), next);
                    next += 1;
                }
            }
        },
    )
}

fn acknowledged(many: u64) -> Duration {
    let queue = JoinableQueue::<u64>::new(CAPACITY).expect("queue");
    let get = |number| {
        assert_eq!(queue.get().expect("get"), number);
        queue.task_done().expect("taken");
    };
    beside_child(
        || (0..=many).for_each(|number| queue.put(&number).expect("put")),
        || get(0),
        || (1..=many).for_each(get),
    )
}

fn ipc_channel(many: u64) -> Duration {
    let (sender, receiver) = ipc_channel::ipc::channel::<u64>().expect("channel");
    let get = |number| assert_eq!(receiver.recv().expect("receive"), number);
    beside_child(
        || (0..=many).for_each(|number| sender.send(number).expect("send")),
        || get(0),
        || (1..=many).for_each(get),
    )
}

fn messages(many: u64) -> Duration {
    let queue = Queue::<Bytes>::new(CAPACITY).expect("queue");
    let get = |_| assert_eq!(black_box(queue.get().expect("get")).len(), MESSAGE);
    beside_child(
        || {
            let message = Bytes(vec![7; MESSAGE]);
            (0..=many).for_each(|_| queue.put(&message).expect("put"));
        },
        || get(0),
        || (1..=many).for_each(get),
    )
}

fn raw_pipe(many: u64) -> Duration {
    let pipe = Pipe::new().expect("pipe");
    beside_child(
        || {
            let mut writer = pipe.writer().expect("writer");
            let message = vec![7; MESSAGE];
            (0..many).for_each(|_| writer.write_all(&message).expect("write"));
        },
        || (),
        || {
            let mut reader = pipe.reader().expect("reader");
            let mut message = vec![0; MESSAGE];
            for _ in 0..many {
                reader.read_exact(&mut message).expect("read");
                black_box(&message);
            }
        },
    )
}

fn lock(many: u64) -> Duration {
    let lock = Mutex::new(0_u64).expect("lock");
    repeat(many, || *black_box(&lock).lock().expect("lock") += 1)
}

fn std_lock(many: u64) -> Duration {
    let lock = sync::Mutex::new(0_u64);
    repeat(many, || *black_box(&lock).lock().expect("lock") += 1)
}

fn shared(many: u64) -> Duration {
    let number = Shared::new(0_u64).expect("number");
    repeat(many, || {
        black_box(&number).update(|n| n + 1).expect("update");
    })
}

fn permit(many: u64) -> Duration {
    let semaphore = Semaphore::new(1).expect("semaphore");
    repeat(many, || {
        drop(black_box(&semaphore).acquire().expect("permit"));
    })
}

fn raw_semaphore(many: u64) -> Duration {
    let mut place = MaybeUninit::<libc::sem_t>::uninit();
    let semaphore = place.as_mut_ptr();
    // SAFETY: the place is ours and stays where it is; it is initialised before it is used, and destroyed after.
    unsafe {
        assert_eq!(libc::sem_init(semaphore, 1, 1), 0);
        let took = repeat(many, || {
            libc::sem_wait(black_box(semaphore));
            libc::sem_post(semaphore);
        });
        libc::sem_destroy(semaphore);
        took
    }
}

fn events(many: u64) -> Duration {
    let (ping, pong) = (Event::new().expect("event"), Event::new().expect("event"));
    let [there, here] = [(&ping, &pong), (&pong, &ping)].map(|(mine, other)| {
        move || {
            mine.wait();
            mine.clear();
            other.set();
        }
    });
    beside_child(
        || (0..=many).for_each(|_| there()),
        || {
            ping.set();
            here();
        },
        || {
            (1..many).for_each(|_| here());
            pong.wait();
        },
    )
}

fn pipes(many: u64) -> Duration {
    let (ping, pong) = (Pipe::new().expect("pipe"), Pipe::new().expect("pipe"));
    let pass = |from: &Pipe, to: &Pipe, first: bool, times: u64| {
        let (mut reader, mut writer) = (from.reader().expect("end"), to.writer().expect("end"));
        let mut byte = [0];
        for _ in 0..times {
            if first {
                writer.write_all(&byte).expect("write");
            }
            reader.read_exact(&mut byte).expect("read");
            if !first {
                writer.write_all(&byte).expect("write");
            }
        }
    };
    beside_child(
        || pass(&ping, &pong, false, many),
        || (),
        || pass(&pong, &ping, true, many),
    )
}

fn barrier(many: u64) -> Duration {
    let barrier = Barrier::new(2).expect("barrier");
    let meet = |_| {
        barrier.wait().expect("nobody is dead");
    };
    beside_child(
        || (0..=many).for_each(meet),
        || meet(0),
        || (1..=many).for_each(meet),
    )
}

fn std_barrier(many: u64) -> Duration {
    let barrier = sync::Barrier::new(2);
    thread::scope(|s| {
        let meet = || {
            barrier.wait();
        };
        s.spawn(move || (0..=many).for_each(|_| meet()));
        meet();
        repeat(many, meet)
    })
}
