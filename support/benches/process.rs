//! What it costs to start a process: by `fork` with a closure, and by `exec` of a command.

mod beside;

use std::time::Duration;

use beside::{Bench, Contest, repeat};
use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use support::process::{Command, Process};

const PYTHON_FORK: &str = "
import multiprocessing, time
multiprocessing.set_start_method('fork')
def nothing():
    pass
N = 50
start = time.perf_counter()
for _ in range(N):
    child = multiprocessing.Process(target=nothing)
    child.start()
    child.join()
print((time.perf_counter() - start) / N)
";

const PYTHON_EXEC: &str = "
import subprocess, time
N = 50
start = time.perf_counter()
for _ in range(N):
    subprocess.run(['true'], check=True)
print((time.perf_counter() - start) / N)
";

fn main() {
    let mut bench = Bench::new();
    bench.run(
        Contest::time("a process that does nothing, started and joined")
            .rounds(350)
            .ours("Process::start", 5, start_join)
            .floor("fork and waitpid", 5, fork_waitpid)
            .costs_at_most(1.2)
            .python("multiprocessing.Process", PYTHON_FORK, &[]),
    );
    bench.run(
        Contest::time("a command, started and waited for")
            .ours("Process::builder().spawn", 50, spawn)
            .floor("std::process::Command", 50, command)
            .at_least(0.95)
            .python("subprocess.run", PYTHON_EXEC, &[]),
    );
}

fn start_join(many: u64) -> Duration {
    repeat(many, || {
        Process::start(|| ())
            .and_then(|mut process| process.join())
            .expect("join");
    })
}

fn fork_waitpid(many: u64) -> Duration {
    repeat(many, || {
        // SAFETY: the child only ends.
        match unsafe { fork() }.expect("fork") {
            // SAFETY: ends the process.
            ForkResult::Child => unsafe { libc::_exit(0) },
            ForkResult::Parent { child } => {
                waitpid(child, None).expect("waitpid");
            }
        }
    })
}

fn spawn(many: u64) -> Duration {
    repeat(many, || {
        Process::builder()
            .spawn(Command::new("true"))
            .and_then(|mut process| process.join())
            .expect("join");
    })
}

fn command(many: u64) -> Duration {
    repeat(many, || {
        std::process::Command::new("true").status().expect("status");
    })
}
