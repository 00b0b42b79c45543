//! What a case of `support::ipc` must not leave behind.

use std::time::{Duration, Instant};
use std::{fs, thread};

/// Mappings of memory that `support::ipc` has made and this process still has.
pub fn mappings() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux has it");
    maps.lines()
        .filter(|line| line.contains("/memfd:support-ipc") || line.contains("/dev/zero"))
        .count()
}

/// A thread that has just done its last work may let go of the memory a moment later.
pub fn none_left() {
    let end = Instant::now() + Duration::from_secs(5);
    while mappings() > 0 && Instant::now() < end {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(mappings(), 0, "shared memory is left");
}
