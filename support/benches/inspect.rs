//! `inspect` of one process beside the raw reads of the two files of `/proc` that it needs.

mod beside;

use std::fs::File;
use std::hint::black_box;
use std::io::Read as _;
use std::time::Duration;

use beside::{Bench, Contest, repeat};
use support::process::Process;
use support::process::inspect::inspect;

const PYTHON: &str = "
import os, time
N = 10000
pid = os.getpid()
start = time.perf_counter()
for _ in range(N):
    for name in ('stat', 'statm'):
        with open(f'/proc/{pid}/{name}', 'rb') as file:
            fields = file.read().rpartition(b')')[2].split()
print((time.perf_counter() - start) / N)
";

fn main() {
    let sleeper =
        Process::start(|| std::thread::sleep(Duration::from_secs(600))).expect("a process");
    let pid = sleeper.pid();
    Bench::new().run(
        Contest::time("one process looked at")
            .rounds(700)
            .ours("inspect", 10, |many| repeat(many, || whole(pid)))
            .floor("raw reads of /proc", 10, |many| repeat(many, || raw(pid)))
            .costs_at_most(3.0)
            .python("the same files read and split", PYTHON, &[]),
    );
}

fn whole(pid: u32) {
    black_box(inspect(pid).expect("look").expect("alive"));
}

fn raw(pid: u32) {
    let mut buffer = [0; 2048];
    for file in ["stat", "statm"] {
        let length = File::open(format!("/proc/{pid}/{file}"))
            .and_then(|mut open| open.read(&mut buffer))
            .expect("read");
        black_box(&buffer[..length]);
    }
}
