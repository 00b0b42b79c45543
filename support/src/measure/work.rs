//! Work for a processor that takes a known time.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A CPU-bound workload that was calibrated on this machine.
///
/// It does a fixed number of steps, not "spin until the clock says so": whoever shares its core with others takes longer,
/// as real work does. It neither allocates nor calls the system.
///
/// ```
/// use std::time::Duration;
/// use support::measure::Work;
/// let work = Work::calibrate();
/// let chunk = work.lasting(Duration::from_millis(2));
/// chunk.run();
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    steps: u64,
    steps_per_second: f64,
}

impl Work {
    /// Measures how many steps a core of this machine does in a second, in about 40 ms.
    ///
    /// The fastest of twenty short runs counts: whatever else happens on the machine only makes a run slower.
    pub fn calibrate() -> Self {
        const STEPS: u64 = 1 << 20;
        let probe = Self {
            steps: STEPS,
            steps_per_second: f64::NAN,
        };
        let fastest = (0..20)
            .map(|_| {
                let start = Instant::now();
                probe.run();
                start.elapsed()
            })
            .min()
            .unwrap_or_default()
            .max(Duration::from_nanos(1));
        let steps_per_second = STEPS as f64 / fastest.as_secs_f64();
        Self {
            steps: steps_per_second as u64,
            steps_per_second,
        }
    }

    /// The work that takes `time` on a core of its own.
    pub fn lasting(&self, time: Duration) -> Self {
        let steps = (self.steps_per_second * time.as_secs_f64()).max(1.0) as u64;
        Self { steps, ..*self }
    }

    /// How long [`run`](Self::run) takes on a core of its own.
    pub fn nominal(&self) -> Duration {
        Duration::from_secs_f64(self.steps as f64 / self.steps_per_second)
    }

    /// Does the work. The result depends on every step, so that none can be left out.
    pub fn run(&self) -> u64 {
        // The generator of Marsaglia, "Xorshift RNGs" (2003): each step needs the one before.
        let mut x = black_box(0x2545_f491_4f6c_dd1d_u64);
        for _ in 0..self.steps {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }
        black_box(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_time_is_twice_the_steps() {
        let work = Work::calibrate();
        let (one, two) = (
            work.lasting(Duration::from_millis(4)),
            work.lasting(Duration::from_millis(8)),
        );
        assert!(two.steps.abs_diff(2 * one.steps) <= 2);
        assert!(two.nominal().abs_diff(Duration::from_millis(8)) < Duration::from_micros(1));
    }

    #[test]
    fn the_shortest_work_still_does_something() {
        assert_eq!(Work::calibrate().lasting(Duration::ZERO).steps, 1);
    }
}
