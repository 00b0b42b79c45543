//! What measurements say of a quantity, and how sure that is.

use std::fmt;
use std::ops::Div;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Interval, Samples};

/// An interval in which the quantity lies with a known probability, from `n` measurements; durations are in seconds.
///
/// Made by [`Samples::median_interval`], by [`Estimate::share`] from a count, or by dividing one by another. A number of which nothing is
/// known but its value is no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The lower end.
    #[serde(deserialize_with = "or_nan")]
    pub low: f64,
    /// The typical value: the median, or the share that was counted.
    #[serde(deserialize_with = "or_nan")]
    pub mid: f64,
    /// The upper end; infinite where something that may be zero was divided by, or where the measurements are lower bounds.
    #[serde(deserialize_with = "or_infinite")]
    pub high: f64,
    /// How many measurements there are.
    pub n: usize,
    /// How many more were not finite and count for nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: usize,
    /// How many of them are lower bounds only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at_least: usize,
    /// How many of them are upper bounds only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at_most: usize,
    /// How often such an interval holds the quantity, at the least: 0 to 1.
    pub confidence: f64,
    /// How it was got.
    pub how: How,
}

/// How an [`Estimate`] was got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The median, between order statistics: no distribution is assumed.
    Median,
    /// A share of all trials, by Wilson's score interval.
    Share,
    /// One estimate divided by another, with the widest spread that theirs allow.
    Quotient,
}

/// What an estimate must have to decide against a claim.
const DECIDES: f64 = 0.95;

/// The quantile of the normal distribution for 95 %, two-sided.
const Z: f64 = 1.959_963_984_540_054;

impl Estimate {
    /// How often something happens that happened `hits` times in `n` trials, by Wilson's score interval of 95 %.
    ///
    /// Source: Wilson, *Probable inference, the law of succession, and statistical inference*, 1927; Brown, Cai and DasGupta, *Interval
    /// estimation for a binomial proportion*, 2001.
    ///
    /// ```
    /// use support::measure::Estimate;
    /// let share = Estimate::share(8, 10);
    /// assert_eq!(share.mid, 0.8);
    /// assert!(0.49 < share.low && share.low < 0.491 && 0.943 < share.high && share.high < 0.944);
    /// ```
    #[must_use]
    pub fn share(hits: usize, n: usize) -> Self {
        let (share, trials) = (hits as f64 / n as f64, n as f64);
        let middle = share + Z * Z / (2.0 * trials);
        let reach = Z * (share * (1.0 - share) / trials + Z * Z / (4.0 * trials * trials)).sqrt();
        let whole = 1.0 + Z * Z / trials;
        Self {
            // At the ends of the scale rounding must not pass them.
            low: if hits == 0 {
                0.0
            } else {
                (middle - reach) / whole
            },
            mid: share,
            high: if hits == n {
                1.0
            } else {
                (middle + reach) / whole
            },
            n,
            lost: 0,
            at_least: 0,
            at_most: 0,
            confidence: if n == 0 { 0.0 } else { 0.95 },
            how: How::Share,
        }
    }

    /// Whether it may decide against a claim: it holds the quantity in 95 of 100 cases. The median of fewer than six measurements
    /// never does.
    #[must_use]
    pub fn decides(&self) -> bool {
        self.confidence >= DECIDES
    }

    /// Whether nothing is known of its upper end, since so many measurements are lower bounds.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        self.at_least > 0 && self.high.is_infinite()
    }

    /// Whether nothing is known of its lower end, since so many measurements are upper bounds.
    #[must_use]
    pub fn is_upper_bound(&self) -> bool {
        self.at_most > 0 && self.low == 0.0
    }

    /// Whether the ends are in ascending order, and none is missing.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.low <= self.mid && self.mid <= self.high
    }
}

/// The median of the samples with its interval.
impl From<&Samples> for Estimate {
    fn from(samples: &Samples) -> Self {
        samples.median_interval()
    }
}

impl From<Samples> for Estimate {
    fn from(samples: Samples) -> Self {
        samples.median_interval()
    }
}

/// To be drawn: an end that is not known is not.
impl From<Estimate> for Interval {
    fn from(estimate: Estimate) -> Self {
        let Estimate { low, mid, high, .. } = estimate;
        Self {
            low: if estimate.is_upper_bound() { mid } else { low },
            mid,
            high: if high.is_infinite() { mid } else { high },
        }
    }
}

/// The ratio of two positive quantities that were measured apart. What was measured in pairs is better divided pair by pair:
/// [`Samples::over`].
///
/// Both intervals hold their quantities at once at least as often as Bonferroni's inequality says, which is less often than either: to
/// decide, take more measurements.
impl Div for Estimate {
    type Output = Self;

    fn div(self, by: Self) -> Self {
        Self {
            low: self.low / by.high,
            mid: self.mid / by.mid,
            high: if by.low > 0.0 {
                self.high / by.low
            } else {
                f64::INFINITY
            },
            n: self.n.min(by.n),
            lost: self.lost + by.lost,
            at_least: self.at_least + by.at_most,
            at_most: self.at_most + by.at_least,
            confidence: (self.confidence + by.confidence - 1.0).max(0.0),
            how: How::Quotient,
        }
    }
}

/// How sure it is, in words, as in "97 %, n = 6".
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.n;
        match self.how {
            How::Share => write!(f, "95 %, {:.0} of {n}", self.mid * n as f64)?,
            _ if self.decides() => {
                write!(f, "{:.0} %, n = {n}", (self.confidence * 100.0).floor())?
            }
            _ => write!(f, "n = {n}: too few to decide against the notes")?,
        }
        for (count, what) in [
            (self.at_least, "× lower bound"),
            (self.at_most, "× upper bound"),
            (self.lost, "not finite"),
        ] {
            if count > 0 {
                write!(f, "; {count} {what}")?;
            }
        }
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(lost: &usize) -> bool {
    *lost == 0
}

/// JSON has no numbers that are not finite: they are written as null.
fn or_nan<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

fn or_infinite<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::super::Reading;
    use super::*;

    /// How often the interval holds what was simulated.
    fn coverage(mut one: impl FnMut() -> Estimate, truth: f64) -> f64 {
        let held = (0..4_000).filter(|_| {
            let estimate = one();
            estimate.low <= truth && truth <= estimate.high
        });
        held.count() as f64 / 4_000.0
    }

    #[test]
    fn an_interval_holds_the_median_as_often_as_it_says() {
        for n in [6, 7, 9, 20, 101] {
            let mut random = fastrand::Rng::with_seed(n as u64);
            // Skewed, as times are.
            let mut confidence = 0.0;
            let held = coverage(
                || {
                    let samples: Samples = (0..n).map(|_| -random.f64().ln()).collect();
                    let estimate = samples.median_interval();
                    confidence = estimate.confidence;
                    assert!(estimate.decides());
                    estimate
                },
                2_f64.ln(),
            );
            // Three standard errors of the simulation.
            assert!(
                (held - confidence).abs() < 0.012,
                "n = {n}: {held} for {confidence}"
            );
        }
    }

    #[test]
    fn below_six_nothing_decides() {
        for n in 0..6 {
            let estimate = Samples::new((0..n).map(f64::from)).median_interval();
            assert!(
                !estimate.decides() && estimate.to_string().contains("too few"),
                "{estimate}"
            );
        }
    }

    #[test]
    fn shares_are_held_as_often_as_they_say_on_average() {
        for (p, n) in [(0.5, 20), (0.9, 30), (0.99, 200)] {
            let mut random = fastrand::Rng::with_seed(n as u64);
            let held = coverage(
                || Estimate::share((0..n).filter(|_| random.f64() < p).count(), n),
                p,
            );
            assert!(held > 0.92, "{p} of {n}: {held}");
        }
        for (hits, end) in [(0, 0.0), (7, 1.0)] {
            let share = Estimate::share(hits, 7);
            assert!(
                share.is_sound() && (share.low == end || share.high == end),
                "{share:?}"
            );
        }
    }

    #[test]
    fn bounds_are_told_and_drawn_without_the_end_that_is_not_known() {
        let held_up = Samples::from_iter([Reading::at_least(2.0); 6]).median_interval();
        let free = Samples::new([3.0; 6]).median_interval();
        assert_eq!(held_up.to_string(), "96 %, n = 6; 6 × lower bound");
        for (estimate, drawn, lower) in [(held_up, 2.0, true), (free / held_up, 1.5, false)] {
            assert_eq!(Interval::from(estimate), Interval::from(drawn));
            assert_eq!(estimate.is_lower_bound(), lower, "{estimate:?}");
            assert_eq!(estimate.is_upper_bound(), !lower, "{estimate:?}");
            let text = serde_json::to_string(&estimate).unwrap();
            assert_eq!(serde_json::from_str::<Estimate>(&text).unwrap(), estimate);
        }
    }

    #[test]
    fn a_quotient_is_less_sure_and_may_be_unbounded() {
        let six = Samples::new((1..=6).map(f64::from)).median_interval();
        let ratio = six / six;
        assert!(six.decides() && !ratio.decides());
        assert_eq!((ratio.low, ratio.mid, ratio.high), (1.0 / 6.0, 1.0, 6.0));
        let from_zero = six / Samples::new((0..6).map(f64::from)).median_interval();
        assert_eq!(from_zero.high, f64::INFINITY);
        assert!(from_zero.is_sound());
        let text = serde_json::to_string(&from_zero).unwrap();
        assert_eq!(serde_json::from_str::<Estimate>(&text).unwrap(), from_zero);
    }
}
