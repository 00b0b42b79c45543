<<<<<<< HEAD
//! Benches of `process`.
fn main() {}
=======
//! A `Process` that does nothing, started and joined, beside the floor: `fork` and `waitpid` alone.
//!
//! The bar: at most 1.2 times the floor, measured in the same run.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use support::process::Process;

fn start_and_join(c: &mut Criterion) {
    let mut group = c.benchmark_group("process");
    group.bench_function("fork_waitpid", |b| {
        b.iter(|| {
            // SAFETY: the child only ends.
            match unsafe { fork() }.expect("fork") {
                // SAFETY: ends the process.
                ForkResult::Child => unsafe { libc::_exit(0) },
                ForkResult::Parent { child } => black_box(waitpid(child, None).expect("waitpid")),
            }
        });
    });
    group.bench_function("start_join", |b| {
        b.iter(|| {
            black_box(
                Process::start(|| ())
                    .and_then(|mut process| process.join())
                    .expect("join"),
            )
        });
    });
    group.finish();
}

criterion_group!(benches, start_and_join);
criterion_main!(benches);
>>>>>>> f04454baa8d12ca1212fd12c065ca59ef5bcb915
