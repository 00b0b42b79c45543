//! Repeated measurements and what they say.

use std::fmt;
use std::time::Duration;

use super::{Interval, time};

/// Measurements of one quantity, in one unit (durations are in seconds).
///
/// Quantiles interpolate linearly between the two nearest measurements (Hyndman and Fan's type 7, the default of R and
/// NumPy). Values that are not finite are dropped when the samples are made.
///
/// ```
/// use support::measure::Samples;
/// let samples = Samples::new([3.0, 1.0, 2.0, 100.0]);
/// assert_eq!(samples.median(), 2.5);
/// assert_eq!(samples.min(), 1.0);
/// assert_eq!(samples.outliers(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    sorted: Vec<f64>,
}

impl Samples {
    /// Samples from values already taken; those that are not finite are dropped.
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { sorted }
    }

    /// Samples from durations, in seconds.
    pub fn from_durations(durations: impl IntoIterator<Item = Duration>) -> Self {
        Self::new(durations.into_iter().map(|d| d.as_secs_f64()))
    }

    /// Runs `f` `warm_up` times unmeasured, then `runs` times, and keeps how long each of those took, in seconds.
    ///
    /// ```
    /// use support::measure::Samples;
    /// let mut calls = 0;
    /// let took = Samples::timed(2, 5, || calls += 1);
    /// assert_eq!((calls, took.len()), (7, 5));
    /// ```
    pub fn timed<T>(warm_up: usize, runs: usize, mut f: impl FnMut() -> T) -> Self {
        for _ in 0..warm_up {
            f();
        }
        // What `f` returns is dropped after the clock has stopped.
        Self::from_durations((0..runs).map(|_| time(&mut f).1))
    }

    /// Runs `f` `warm_up` times for nothing, then `runs` times, and keeps what it returns.
    pub fn of(warm_up: usize, runs: usize, mut f: impl FnMut() -> f64) -> Self {
        for _ in 0..warm_up {
            f();
        }
        Self::new((0..runs).map(|_| f()))
    }

    /// How many measurements there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none. The statistics of no measurements are NaN.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The measurements, smallest first.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// The value below which the share `p` (0 to 1, clamped) of the measurements lies.
    pub fn quantile(&self, p: f64) -> f64 {
        let Some(last) = self.sorted.len().checked_sub(1) else {
            return f64::NAN;
        };
        let at = p.clamp(0.0, 1.0) * last as f64;
        let (below, above) = (
            self.sorted[at.floor() as usize],
            self.sorted[at.ceil() as usize],
        );
        // Written so that two equal neighbours give exactly their value.
        below + (above - below) * at.fract()
    }

    /// The middle measurement.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> f64 {
        self.sorted.iter().sum::<f64>() / self.sorted.len() as f64
    }

    /// The smallest measurement.
    pub fn min(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The largest measurement.
    pub fn max(&self) -> f64 {
        self.quantile(1.0)
    }

    /// The interquartile range: how far the middle half of the measurements is spread.
    pub fn spread(&self) -> f64 {
        self.quantile(0.75) - self.quantile(0.25)
    }

    /// How many measurements lie more than 1.5 interquartile ranges outside the quartiles (Tukey's fences).
    pub fn outliers(&self) -> usize {
        let reach = 1.5 * self.spread();
        let (low, high) = (self.quantile(0.25) - reach, self.quantile(0.75) + reach);
        self.sorted
            .iter()
            .filter(|v| !(low..=high).contains(*v))
            .count()
    }

    /// The median between the two quartiles: what charts draw as whiskers.
    pub fn quartiles(&self) -> Interval {
        Interval {
            low: self.quantile(0.25),
            mid: self.median(),
            high: self.quantile(0.75),
        }
    }

    /// The median with its confidence interval of at least 95 %, from order statistics.
    ///
    /// No distribution is assumed: the number of measurements below the true median is binomial with p = ½. Fewer than
    /// six measurements cannot give 95 %: then it is the whole range. Source: Conover, *Practical Nonparametric
    /// Statistics*, section 3.2.
    ///
    /// ```
    /// use support::measure::Samples;
    /// let interval = Samples::new((1..=9).map(f64::from)).median_interval();
    /// assert_eq!((interval.low, interval.mid, interval.high), (2.0, 5.0, 8.0));
    /// ```
    pub fn median_interval(&self) -> Interval {
        let n = self.sorted.len();
        // The largest k with P(Bin(n, ½) < k) ≤ 2.5 %: the interval runs from the k-th smallest to the k-th largest.
        let mut term = 0.5f64.powi(n.min(1000) as i32);
        let mut below = 0.0;
        let mut k = 0;
        if n <= 1000 {
            while below + term <= 0.025 {
                below += term;
                term *= (n - k) as f64 / (k + 1) as f64;
                k += 1;
            }
        } else {
            // The normal approximation: exact terms would underflow, and the difference is under one rank.
            k = (n as f64 / 2.0 - 0.98 * (n as f64).sqrt()).floor() as usize;
        }
        let Some(last) = n.checked_sub(1) else {
            return Interval {
                low: f64::NAN,
                mid: f64::NAN,
                high: f64::NAN,
            };
        };
        let k = k.saturating_sub(1);
        Interval {
            low: self.sorted[k],
            mid: self.median(),
            high: self.sorted[last - k],
        }
    }

    /// These samples with every value put through `f`: a change of unit, or a ratio to something fixed.
    pub fn map(&self, f: impl FnMut(f64) -> f64) -> Self {
        Self::new(self.sorted.iter().copied().map(f))
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self::new(values)
    }
}

impl FromIterator<Duration> for Samples {
    fn from_iter<I: IntoIterator<Item = Duration>>(durations: I) -> Self {
        Self::from_durations(durations)
    }
}

/// `median (first quartile to third quartile), n = count`, in the unit of the samples.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Interval { low, mid, high } = self.quartiles();
        write!(f, "{mid:.4} ({low:.4} to {high:.4}), n = {}", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-1e9..1e9f64, 1..60)
    }

    #[test]
    fn nothing_measured_is_not_a_number() {
        let none = Samples::new([]);
        assert!(none.is_empty() && none.median().is_nan() && none.mean().is_nan());
        assert!(none.median_interval().low.is_nan());
        assert_eq!(none.outliers(), 0);
    }

    #[test]
    fn what_is_not_finite_is_dropped() {
        assert_eq!(Samples::new([f64::NAN, 1.0, f64::INFINITY]).sorted(), [1.0]);
    }

    #[test]
    fn quantiles_agree_with_numpy() {
        let samples = Samples::new([15.0, 20.0, 35.0, 40.0, 50.0]);
        assert_eq!(samples.quantile(0.4), 29.0);
        assert_eq!(samples.quantile(0.25), 20.0);
        assert_eq!(samples.quantile(1.0), 50.0);
    }

    /// Ranks from the table of the binomial distribution: n, rank of the lower end counted from 1.
    #[test]
    fn median_interval_has_the_ranks_of_the_tables() {
        for (n, rank) in [
            (1, 1),
            (5, 1),
            (6, 1),
            (8, 1),
            (9, 2),
            (10, 2),
            (15, 4),
            (20, 6),
            (30, 10),
            (100, 40),
        ] {
            let interval = Samples::new((1..=n).map(f64::from)).median_interval();
            assert_eq!(interval.low, f64::from(rank), "n = {n}");
            assert_eq!(interval.high, f64::from(n + 1 - rank), "n = {n}");
        }
    }

    #[test]
    fn median_interval_has_no_step_where_the_approximation_begins() {
        let width = |n: i32| {
            let i = Samples::new((1..=n).map(f64::from)).median_interval();
            i.high - i.low
        };
        assert!((width(1001) - width(1000)).abs() <= 3.0);
    }

    proptest! {
        #[test]
        fn statistics_stay_within_the_data(values in values(), p in 0.0..1.0f64) {
            let samples = Samples::new(values);
            let inside = samples.min()..=samples.max();
            for v in [samples.quantile(p), samples.median(), samples.quartiles().low, samples.quartiles().high] {
                prop_assert!(inside.contains(&v));
            }
            let Interval { low, mid, high } = samples.median_interval();
            prop_assert!(low <= mid && mid <= high && inside.contains(&low) && inside.contains(&high));
        }

        #[test]
        fn quantiles_grow(values in values(), p in 0.0..1.0f64, q in 0.0..1.0f64) {
            let samples = Samples::new(values);
            prop_assert!(samples.quantile(p.min(q)) <= samples.quantile(p.max(q)));
        }

        #[test]
        fn order_does_not_matter(values in values()) {
            let reversed: Vec<f64> = values.iter().rev().copied().collect();
            prop_assert_eq!(Samples::new(values), Samples::new(reversed));
        }

        #[test]
        fn a_shift_moves_the_middle_and_keeps_the_spread(values in values(), by in -1e3..1e3f64) {
            let (before, after) = (Samples::new(values.clone()), Samples::new(values).map(|v| v + by));
            prop_assert!((after.median() - before.median() - by).abs() < 1e-5);
            prop_assert!((after.spread() - before.spread()).abs() < 1e-5);
        }

        #[test]
        fn half_of_the_data_lies_on_either_side_of_the_median(values in values()) {
            let samples = Samples::new(values);
            let m = samples.median();
            let half = samples.len().div_ceil(2);
            prop_assert!(samples.sorted().iter().filter(|v| **v <= m).count() >= half);
            prop_assert!(samples.sorted().iter().filter(|v| **v >= m).count() >= half);
        }
    }
}
