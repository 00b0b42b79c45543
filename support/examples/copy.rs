//! Starts children by the copy of `support` that this library links.

use std::mem;
use std::thread;
use std::time::Duration;

use support::process::{Command, Process};

/// Starts a closure (0) or a command (1) that sleeps, and gives its id.
#[unsafe(no_mangle)]
pub extern "C" fn start(kind: i32) -> i32 {
    let child = match kind {
        0 => Process::builder()
            .beside_threads()
            .start(|| thread::sleep(Duration::from_secs(60))),
        _ => Process::builder().spawn(Command::new("sleep").arg("60")),
    };
    child.map_or(-1, |child| {
        let pid = child.pid() as i32;
        mem::forget(child);
        pid
    })
}
