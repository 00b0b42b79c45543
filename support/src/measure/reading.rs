//! A number, or a bound on it.

use std::ops::Div;

/// A number that was measured, and whether more or less may be true.
///
/// A server's rate is a lower bound where its clients had no time left: it might have answered more. What is divided by a lower bound
/// becomes an upper bound. [`Samples`](super::Samples) of such readings carry that along, up to the verdict.
///
/// ```
/// use support::measure::{Reading, Samples};
///
/// let faster = Reading::at_least(150.0) / Reading::from(100.0);
/// assert_eq!(faster.value(), 1.5);
/// let ratio = Samples::from_iter([faster; 6]).median_interval();
/// assert_eq!((ratio.low, ratio.high), (1.5, f64::INFINITY));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    value: f64,
    low: f64,
    high: f64,
}

impl Reading {
    /// A lower bound of a quantity that is not negative.
    #[must_use]
    pub fn at_least(value: f64) -> Self {
        Self {
            high: f64::INFINITY,
            ..Self::from(value)
        }
    }

    /// An upper bound of a quantity that is not negative.
    #[must_use]
    pub fn at_most(value: f64) -> Self {
        Self {
            low: 0.0,
            ..Self::from(value)
        }
    }

    /// What was measured.
    #[must_use]
    pub fn value(self) -> f64 {
        self.value
    }

    /// The larger of two quantities: a lower bound where either is one.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            value: self.value.max(other.value),
            low: self.low.max(other.low),
            high: self.high.max(other.high),
        }
    }

    /// The least that it may be.
    pub(super) fn low(self) -> f64 {
        self.low
    }

    /// The most that it may be.
    pub(super) fn high(self) -> f64 {
        self.high
    }

    pub(super) fn is_lower_bound(self) -> bool {
        self.high > self.value
    }

    pub(super) fn is_upper_bound(self) -> bool {
        self.low < self.value
    }

    /// Both ends and the value put through a function that grows.
    pub(super) fn map(self, mut f: impl FnMut(f64) -> f64) -> Self {
        Self {
            value: f(self.value),
            low: f(self.low),
            high: f(self.high),
        }
    }
}

/// Neither more nor less.
impl From<f64> for Reading {
    fn from(value: f64) -> Self {
        Self {
            value,
            low: value,
            high: value,
        }
    }
}

/// The ratio of two quantities that are not negative.
impl Div for Reading {
    type Output = Self;

    fn div(self, by: Self) -> Self {
        Self {
            value: self.value / by.value,
            low: self.low / by.high,
            high: self.high / by.low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_below_the_line_is_one_above_it() {
        let (free, held_up) = (Reading::from(3.0), Reading::at_least(2.0));
        for (reading, value, lower, upper) in [
            (free / free, 1.0, false, false),
            (held_up / free, 2.0 / 3.0, true, false),
            (free / held_up, 1.5, false, true),
            (held_up / held_up, 1.0, true, true),
            (Reading::at_most(3.0) / free, 1.0, false, true),
            (free / Reading::at_most(3.0), 1.0, true, false),
            // Whoever is held up may be the larger one.
            (free.max(held_up), 3.0, true, false),
            (free.max(free), 3.0, false, false),
        ] {
            assert_eq!(
                (
                    reading.value(),
                    reading.is_lower_bound(),
                    reading.is_upper_bound()
                ),
                (value, lower, upper),
                "{reading:?}"
            );
        }
    }
}
