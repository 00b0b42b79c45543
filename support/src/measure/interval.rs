//! A measured number with its spread.

use std::ops::Div;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A measured number with its spread, in the unit of what was measured (durations in seconds).
///
/// Whoever makes one keeps `low ≤ mid ≤ high`; [`is_sound`](Self::is_sound) says whether that and finiteness hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The typical value, such as the median.
    pub mid: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the three are finite and in ascending order.
    pub fn is_sound(&self) -> bool {
        [self.low, self.mid, self.high]
            .iter()
            .all(|x| x.is_finite())
            && self.low <= self.mid
            && self.mid <= self.high
    }
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

/// The ratio of two positive measurements, with the widest spread that theirs allow.
///
/// ```
/// use support::measure::Interval;
/// let overlapped = Interval::from((4.0, 4.2, 4.4));
/// assert_eq!(overlapped / Interval::from(4.0), Interval::from((1.0, 1.05, 1.1)));
/// ```
impl Div for Interval {
    type Output = Self;

    fn div(self, by: Self) -> Self {
        Self {
            low: self.low / by.high,
            mid: self.mid / by.mid,
            high: self.high / by.low,
        }
    }
}
