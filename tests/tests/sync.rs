//! `support::sync` where processes are made and killed.
//!
//! Each case runs on the main thread of a process of its own, so that what it leaves behind can be counted exactly.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, process, thread};

use course_tests::ms;
use nix::sys::signal::{Signal, raise};
use support::process::{Exit, Process};
use support::sync::deadlock::{self, End, Error, Graph, Watch};
use support::sync::{Event, replace_file};

use common::isolated::{Case, cases};

const CASES: &[Case] = cases![30;
    a_run_without_deadlock_finishes,
    the_graph_of_two_threads,
    a_limit_without_end_is_none,
    a_thread_that_locks_itself_out,
    the_notes_ten_threads_stop_for_good,
    a_holder_that_sleeps_is_no_cycle,
    a_panic_is_no_report,
    a_run_that_is_killed_is_no_report,
    a_process_of_the_run_does_not_hold_the_report_up,
    no_run_leaves_anything,
    the_ticket_file_is_never_torn,
];

fn main() {
    common::isolated::main(CASES, || ());
}

fn stuck(end: Result<End, Error>) -> Graph {
    match end.unwrap() {
        End::Stuck(graph) => graph,
        End::Finished => panic!("it finished"),
    }
}

/// Zhao has A and wants B, Qian has B and wants A.
fn embrace(watch: &Watch) {
    let (a, b) = (watch.mutex("A"), watch.mutex("B"));
    let (has_a, has_b) = (Event::new(), Event::new());
    let named = |name: &str| thread::Builder::new().name(name.to_owned());
    thread::scope(|s| {
        let zhao = || {
            let _a = a.lock();
            has_a.set();
            has_b.wait();
            drop(b.lock());
        };
        let qian = || {
            let _b = b.lock();
            has_b.set();
            has_a.wait();
            drop(a.lock());
        };
        named("zhao").spawn_scoped(s, zhao).unwrap();
        named("qian").spawn_scoped(s, qian).unwrap();
    });
}

fn a_run_without_deadlock_finishes() {
    let start = Instant::now();
    let end = deadlock::run(ms(20_000), |watch| {
        let a = watch.mutex("A");
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| (0..100).for_each(|_| drop(a.lock())));
            }
        });
        assert!(watch.graph().held().next().is_none());
        let _a = a.lock();
        thread::scope(|s| {
            s.spawn(|| assert!(a.try_lock().is_none()));
        });
        assert!(watch.graph().held().eq([("A", "main")]));
    });
    assert_eq!(end.unwrap(), End::Finished);
    assert!(start.elapsed() < ms(5_000));
}

fn a_limit_without_end_is_none() {
    // The last is longer than `poll` takes.
    for limit in [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_secs(90 * 86_400),
    ] {
        let end = deadlock::run(limit, |_| thread::sleep(ms(100)));
        assert_eq!(end.unwrap(), End::Finished, "{limit:?}");
    }
}

fn the_graph_of_two_threads() {
    let start = Instant::now();
    let graph = stuck(deadlock::run(ms(200), embrace));
    assert!(start.elapsed() >= ms(200));
    assert!(graph.held().eq([("A", "zhao"), ("B", "qian")]));
    let mut wanted: Vec<_> = graph.wanted().collect();
    wanted.sort_unstable();
    assert_eq!(wanted, [("qian", "A"), ("zhao", "B")]);
    let cycle = graph.cycle().unwrap();
    assert_eq!(cycle.len(), 2);
    assert_eq!(graph.edges().count(), 2);
    let zhao = cycle.iter().find(|edge| edge.waiter == "zhao").unwrap();
    assert_eq!((zhao.lock, zhao.holder), ("B", "qian"));
}

fn a_thread_that_locks_itself_out() {
    let graph = stuck(deadlock::run(ms(100), |watch| {
        let a = watch.mutex("A");
        let _outer = a.lock();
        drop(a.lock());
    }));
    let cycle = graph.cycle().unwrap();
    assert_eq!(cycle.len(), 1);
    assert_eq!(
        (cycle[0].waiter, cycle[0].lock, cycle[0].holder),
        ("main", "A", "main")
    );
}

fn the_notes_ten_threads_stop_for_good() {
    let graph = stuck(deadlock::run(ms(300), |watch| {
        let (a, b) = (watch.mutex("A"), watch.mutex("B"));
        thread::scope(|s| {
            for _ in 0..10 {
                s.spawn(|| {
                    {
                        let _a = a.lock();
                        let _b = b.lock();
                    }
                    let _b = b.lock();
                    thread::sleep(ms(20));
                    let _a = a.lock();
                });
            }
        });
    }));
    assert_eq!(graph.cycle().unwrap().len(), 2);
    // Everybody who is not on the cycle waits for somebody on it.
    assert!(graph.edges().count() >= 2);
}

fn a_holder_that_sleeps_is_no_cycle() {
    let graph = stuck(deadlock::run(ms(100), |watch| {
        let a = watch.mutex("A");
        let _a = a.lock();
        thread::scope(|s| {
            s.spawn(|| drop(a.lock()));
            thread::sleep(ms(60_000));
        });
    }));
    assert_eq!(graph.edges().count(), 1);
    assert_eq!(graph.cycle(), None);
}

fn a_panic_is_no_report() {
    let error = deadlock::run(ms(20_000), |_| panic!("on purpose")).unwrap_err();
    assert!(
        matches!(&error, Error::NoReport { exit } if *exit == Exit::Code(101)),
        "{error}"
    );
}

fn a_run_that_is_killed_is_no_report() {
    let error = deadlock::run(ms(20_000), |_| raise(Signal::SIGKILL).unwrap()).unwrap_err();
    assert!(error.to_string().contains("killed by signal 9"), "{error}");
}

fn a_process_of_the_run_does_not_hold_the_report_up() {
    let start = Instant::now();
    stuck(deadlock::run(ms(100), |_| {
        let mut sleeper = Process::start(|| thread::sleep(ms(60_000))).unwrap();
        sleeper.join().unwrap();
    }));
    assert!(start.elapsed() < ms(5_000), "{:?}", start.elapsed());
}

fn no_run_leaves_anything() {
    let entries = |of: &str| fs::read_dir(of).unwrap().count();
    let count = || (entries("/proc/self/fd"), entries("/proc/self/task"));
    let before = count();
    for _ in 0..5 {
        let start = Instant::now();
        stuck(deadlock::run(ms(50), embrace));
        assert_eq!(deadlock::run(ms(5_000), |_| ()).unwrap(), End::Finished);
        assert!(start.elapsed() < ms(5_000));
        deadlock::run(ms(5_000), |_| panic!("on purpose")).unwrap_err();
        assert_eq!(count(), before);
        common::isolated::no_children();
    }
}

/// A folder that goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("course-{name}-{}", process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tickets(folder: &Path) -> u64 {
    let text = fs::read_to_string(folder.join("tickets.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("the file is torn: {error}: {text:?}"));
    json["ticket_num"].as_u64().unwrap()
}

/// Buys tickets until it is killed, and notes each purchase.
fn buyer(folder: &Path) -> ! {
    let lock = File::open(folder.join("lock")).unwrap();
    let mut sales = OpenOptions::new()
        .append(true)
        .open(folder.join("sales"))
        .unwrap();
    loop {
        lock.lock().unwrap();
        let left = serde_json::json!({ "ticket_num": tickets(folder) - 1 });
        replace_file(folder.join("tickets.json"), left.to_string()).unwrap();
        sales.write_all(b".").unwrap();
        lock.unlock().unwrap();
    }
}

fn the_ticket_file_is_never_torn() {
    const TICKETS: u64 = 100_000_000;
    const KILLS: u64 = 100;
    let folder = Folder::new("tickets");
    let folder = &*folder.0;
    fs::write(folder.join("lock"), "").unwrap();
    fs::write(folder.join("sales"), "").unwrap();
    fs::write(
        folder.join("tickets.json"),
        format!(r#"{{"ticket_num":{TICKETS}}}"#),
    )
    .unwrap();
    let start = || Process::start(|| buyer(folder)).unwrap();
    let mut buyers = [start(), start(), start()];
    let mut left = TICKETS;
    for kill in 0..KILLS {
        // Up to 2 ms, in no order: some hundreds of purchases.
        let nap = Duration::from_micros(kill * 7919 % 2000);
        let until = Instant::now() + nap;
        while Instant::now() < until {
            let now = tickets(folder);
            assert!(now <= left, "{left} tickets became {now}");
            left = now;
        }
        let victim = &mut buyers[kill as usize % 3];
        victim.kill().unwrap();
        assert_eq!(victim.join().unwrap(), Exit::Signal(9));
        *victim = start();
    }
    drop(buyers);
    let sold = TICKETS - tickets(folder);
    let noted = fs::metadata(folder.join("sales")).unwrap().len();
    assert!(noted > KILLS, "only {noted} purchases");
    // A purchase is missing in the notes only if its buyer was killed between the two writes.
    assert!(
        (noted..=noted + KILLS + 3).contains(&sold),
        "{sold} sold, {noted} noted"
    );
}
