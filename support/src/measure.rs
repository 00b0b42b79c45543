//! Time, samples and their statistics, calibrated work, resource usage, and the machine itself.
//!
//! All durations come from the monotonic clock of [`std::time::Instant`] (`CLOCK_MONOTONIC` on Linux).

mod estimate;
mod interval;
mod machine;
pub mod python;
mod reading;
mod rounds;
mod samples;
mod second;
mod usage;
mod work;

pub use estimate::{Estimate, How};
pub use interval::Interval;
pub use machine::Machine;
pub use python::python;
pub use reading::Reading;
pub use rounds::{Compared, Ratio, Rounds};
pub use samples::{Samples, Unpaired};
pub use second::{SECOND_MS, SecondError, course_second};
pub use usage::Usage;
pub use work::Work;

use std::time::{Duration, Instant};

/// Runs `f` once and returns what it returned together with the time it took.
///
/// ```
/// use std::{thread::sleep, time::Duration};
/// let (answer, took) = support::measure::time(|| {
///     sleep(Duration::from_millis(5));
///     42
/// });
/// assert_eq!(answer, 42);
/// assert!(took >= Duration::from_millis(5));
/// ```
pub fn time<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = f();
    (value, start.elapsed())
}
