//! What a case of `support::ipc` must not leave behind.

use std::fs;

/// Mappings of memory that `support::ipc` has made and this process still has.
pub fn mappings() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .filter(|line| line.contains("/memfd:support-ipc") || line.contains("/dev/zero"))
        .count()
}

pub fn none_left() {
    assert_eq!(mappings(), 0, "shared memory is left");
}
