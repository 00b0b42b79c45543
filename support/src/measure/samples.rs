//! Repeated measurements and what they say.

use std::fmt;
use std::time::Duration;

use super::{Estimate, How, Interval, Reading, time};

/// Measurements of one quantity, in one unit (durations are in seconds).
///
/// Quantiles interpolate linearly between the two nearest measurements (Hyndman and Fan's type 7, the default of R and
/// NumPy). Values that are not finite count for nothing, but how many they are is kept; so is the order in which all were taken. Some may be
/// bounds only: collect [`Reading`]s.
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
    taken: Vec<f64>,
    sorted: Vec<f64>,
    /// In the order of `taken`; none where no measurement is a bound.
    readings: Vec<Reading>,
}

/// Two samples that are not of the same rounds: no pairs can be made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} measurements cannot be paired with {1}: take as many of both, in the same rounds")]
pub struct Unpaired(usize, usize);

impl Samples {
    /// Samples from values already taken, in their order.
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let taken: Vec<f64> = values.into_iter().collect();
        let mut sorted: Vec<f64> = taken.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self {
            taken,
            sorted,
            readings: Vec::new(),
        }
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

    /// How many finite measurements there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none. The statistics of no measurements are NaN.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// All measurements in the order in which they were taken, those that are not finite among them.
    pub fn taken(&self) -> &[f64] {
        &self.taken
    }

    /// How many measurements are not finite.
    pub fn lost(&self) -> usize {
        self.taken.len() - self.sorted.len()
    }

    /// The ratio of each measurement to the one of `by` in the same round: what disturbs a round disturbs both.
    ///
    /// ```
    /// use support::measure::Samples;
    /// let (slow, fast) = (Samples::new([2.0, 9.0]), Samples::new([1.0, 3.0]));
    /// assert_eq!(slow.over(&fast)?.taken(), [2.0, 3.0]);
    /// # Ok::<(), support::measure::Unpaired>(())
    /// ```
    ///
    /// # Errors
    /// [`Unpaired`] when they are not equally many.
    pub fn over(&self, by: &Self) -> Result<Self, Unpaired> {
        if self.taken.len() != by.taken.len() {
            return Err(Unpaired(self.taken.len(), by.taken.len()));
        }
        let pairs = self.readings().zip(by.readings());
        Ok(pairs.map(|(value, by)| value / by).collect())
    }

    /// What is known of each, in the order in which they were taken.
    fn readings(&self) -> impl Iterator<Item = Reading> {
        let bounds = self.readings.iter().copied();
        let plain = self.taken.iter().skip(self.readings.len());
        bounds.chain(plain.map(|&value| value.into()))
    }

    /// The finite measurements, smallest first.
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
    /// six measurements cannot give 95 %: then it is the whole range, and its confidence is less. A measurement that is a bound counts
    /// as its value on the one side, and as whatever it may be on the other. Source: Conover, *Practical Nonparametric Statistics*,
    /// section 3.2.
    ///
    /// ```
    /// use support::measure::Samples;
    /// let interval = Samples::new((1..=9).map(f64::from)).median_interval();
    /// assert_eq!((interval.low, interval.mid, interval.high), (2.0, 5.0, 8.0));
    /// ```
    pub fn median_interval(&self) -> Estimate {
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
        let (lost, how) = (self.lost(), How::Median);
        let Some(last) = n.checked_sub(1) else {
            return Estimate {
                low: f64::NAN,
                mid: f64::NAN,
                high: f64::NAN,
                n,
                lost,
                at_least: 0,
                at_most: 0,
                confidence: 0.0,
                how,
            };
        };
        let confidence = match k {
            0 => 1.0 - 2.0 * term,
            _ if n > 1000 => 0.95,
            _ => 1.0 - 2.0 * below,
        };
        let k = k.saturating_sub(1);
        let count = |is: fn(Reading) -> bool| self.known().filter(|&reading| is(reading)).count();
        let (low, high) = if self.readings.is_empty() {
            (self.sorted[k], self.sorted[last - k])
        } else {
            let sorted = |end: fn(Reading) -> f64| {
                let mut ends: Vec<f64> = self.known().map(end).collect();
                ends.sort_unstable_by(f64::total_cmp);
                ends
            };
            (sorted(Reading::low)[k], sorted(Reading::high)[last - k])
        };
        Estimate {
            low,
            mid: self.median(),
            high,
            n,
            lost,
            at_least: count(Reading::is_lower_bound),
            at_most: count(Reading::is_upper_bound),
            confidence,
            how,
        }
    }

    /// The readings whose values count, where some are bounds.
    fn known(&self) -> impl Iterator<Item = Reading> {
        let readings = self.readings.iter().copied();
        readings.filter(|reading| reading.value().is_finite())
    }

    /// These samples with every value put through `f`: a change of unit, or a ratio to something fixed. Where some are bounds, `f` must
    /// grow.
    pub fn map(&self, mut f: impl FnMut(f64) -> f64) -> Self {
        self.readings().map(|reading| reading.map(&mut f)).collect()
    }
}

/// Measurements of which some may be bounds.
impl FromIterator<Reading> for Samples {
    fn from_iter<I: IntoIterator<Item = Reading>>(readings: I) -> Self {
        let readings: Vec<Reading> = readings.into_iter().collect();
        let bound = |reading: &Reading| reading.is_lower_bound() || reading.is_upper_bound();
        let samples = Self::new(readings.iter().map(|reading| reading.value()));
        if readings.iter().any(bound) {
            Self {
                readings,
                ..samples
            }
        } else {
            samples
        }
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
        write!(f, "{mid:.4} ({low:.4} to {high:.4}), n = {}", self.len())?;
        match self.lost() {
            0 => Ok(()),
            lost => write!(f, ", {lost} not finite"),
        }
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
    fn what_is_not_finite_is_counted_and_counts_for_nothing() {
        let samples = Samples::new([f64::NAN, 1.0, f64::INFINITY]);
        assert_eq!((samples.sorted(), samples.lost()), (&[1.0][..], 2));
        assert_eq!(samples.median_interval().lost, 2);
        assert!(
            samples.to_string().ends_with("n = 1, 2 not finite"),
            "{samples}"
        );
    }

    #[test]
    fn pairs_stay_pairs() {
        let (a, b) = (
            Samples::new([3.0, 1.0, 2.0]),
            Samples::new([1.0, f64::NAN, 4.0]),
        );
        let ratio = a.over(&b).unwrap();
        assert_eq!((ratio.sorted(), ratio.lost()), (&[0.5, 3.0][..], 1));
        assert!(a.over(&Samples::new([1.0])).is_err());
    }

    /// Where most are bounds the end is unknown; one of nine moves it by one rank.
    #[test]
    fn bounds_widen_the_interval_on_their_side() {
        let interval = |bounds: usize| {
            let readings = (1..=9).map(|i| {
                let value = f64::from(i);
                match i > 9 - bounds as i32 {
                    true => Reading::at_least(value),
                    false => value.into(),
                }
            });
            readings.collect::<Samples>().median_interval()
        };
        for (bounds, high) in [(0, 8.0), (1, 8.0), (2, f64::INFINITY), (9, f64::INFINITY)] {
            let estimate = interval(bounds);
            assert_eq!(
                (estimate.low, estimate.mid, estimate.high),
                (2.0, 5.0, high)
            );
            assert_eq!((estimate.at_least, estimate.at_most), (bounds, 0));
            assert_eq!(estimate.is_lower_bound(), bounds > 1);
        }
        // One in the middle may be anywhere above: the others move down by a rank, and the second largest is the largest that is known.
        let middle = (1..=9).map(|i| match i {
            5 => Reading::at_least(5.0),
            _ => f64::from(i).into(),
        });
        assert_eq!(middle.collect::<Samples>().median_interval().high, 9.0);
    }

    #[test]
    fn bounds_stay_bounds() {
        let held_up: Samples = [Reading::at_least(2.0); 6].into_iter().collect();
        let free = Samples::new([4.0; 6]);
        let above = held_up.over(&free).unwrap().map(|ratio| 2.0 * ratio);
        let below = free.over(&held_up).unwrap();
        let [above, below] = [above, below].map(|samples| samples.median_interval());
        assert_eq!(
            (above.low, above.mid, above.high),
            (1.0, 1.0, f64::INFINITY)
        );
        assert_eq!((below.low, below.mid, below.high), (0.0, 2.0, 2.0));
        assert!(above.is_lower_bound() && !above.is_upper_bound());
        assert!(below.is_upper_bound() && !below.is_lower_bound());
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
            assert_eq!(interval.decides(), n >= 6, "n = {n}");
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
            let Estimate { low, mid, high, .. } = samples.median_interval();
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
            let (one, other) = (Samples::new(values), Samples::new(reversed));
            prop_assert_eq!(one.sorted(), other.sorted());
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
