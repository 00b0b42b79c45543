//! A measured number with its spread.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A measured number with its spread, in the unit of what was measured (durations in seconds).
///
/// It is for drawing; what decides a claim is an [`Estimate`](super::Estimate). Whoever makes one keeps `low ≤ mid ≤ high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The typical value, such as the median.
    pub mid: f64,
    /// The upper end.
    pub high: f64,
}

/// A number without spread.
impl From<f64> for Interval {
    fn from(x: f64) -> Self {
        Self {
            low: x,
            mid: x,
            high: x,
        }
    }
}

/// `(low, mid, high)`.
impl From<(f64, f64, f64)> for Interval {
    fn from((low, mid, high): (f64, f64, f64)) -> Self {
        Self { low, mid, high }
    }
}

/// A time in seconds, without spread.
impl From<Duration> for Interval {
    fn from(time: Duration) -> Self {
        time.as_secs_f64().into()
    }
}
