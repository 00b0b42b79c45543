//! How long answers took.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How long answers took: a histogram, exact to a hundredth of each value, from nanoseconds to hours.
///
/// It is Gil Tene's HdrHistogram. A closed loop asks less while a server is stuck: the share of slow answers that a
/// steady stream of clients would see is larger ("coordinated omission").
#[derive(Clone)]
pub struct Latency(Histogram<u64>);

impl Latency {
    pub(super) fn new() -> Self {
        // Two digits are always valid; without an upper bound it grows by itself.
        match Histogram::new(2) {
            Ok(histogram) => Self(histogram),
            Err(_) => unreachable!("two significant digits are within the bounds of 0 to 5"),
        }
    }

    pub(super) fn record(&mut self, took: Duration) {
        self.add(took.as_nanos().try_into().unwrap_or(u64::MAX), 1);
    }

    fn add(&mut self, nanos: u64, count: u64) {
        // Beyond what it could ever hold there is nothing to say but "very long".
        const MOST: u64 = 1 << 60;
        let _ = self.0.record_n(nanos.min(MOST), count);
    }

    /// How many answers there were.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether there were none. The times of no answers are zero.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The time within which the share `p` (0 to 1) of the answers came.
    pub fn quantile(&self, p: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_quantile(p))
    }

    /// The time within which half of the answers came.
    pub fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(self.0.mean() as u64)
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.0.max())
    }

    /// The answers by their time: its middle, and how many took so long. For a chart.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        self.0.iter_recorded().map(|step| {
            let middle = self.0.median_equivalent(step.value_iterated_to());
            (
                Duration::from_nanos(middle),
                step.count_since_last_iteration(),
            )
        })
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latency")
            .field("len", &self.len())
            .field("median", &self.median())
            .field("max", &self.max())
            .finish()
    }
}

/// As pairs of a value and its count.
impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let pairs: Vec<(u64, u64)> = (self.0.iter_recorded())
            .map(|step| (step.value_iterated_to(), step.count_since_last_iteration()))
            .collect();
        pairs.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut latency = Self::new();
        for (nanos, count) in Vec::<(u64, u64)>::deserialize(from)? {
            latency.add(nanos, count);
        }
        Ok(latency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_same_behind_the_pipe(nanos in prop::collection::vec(0..1u64 << 50, 0..200)) {
            let mut latency = Latency::new();
            nanos.iter().for_each(|&n| latency.record(Duration::from_nanos(n)));
            let sent = postcard::to_stdvec(&latency).unwrap();
            let back: Latency = postcard::from_bytes(&sent).unwrap();
            prop_assert_eq!(back.len(), nanos.len() as u64);
            for p in [0.0, 0.5, 0.99, 1.0] {
                prop_assert_eq!(back.quantile(p), latency.quantile(p));
            }
        }

        #[test]
        fn a_quantile_is_a_hundredth_off_at_most(mut nanos in prop::collection::vec(1..1u64 << 40, 1..200)) {
            let mut latency = Latency::new();
            nanos.iter().for_each(|&n| latency.record(Duration::from_nanos(n)));
            nanos.sort_unstable();
            let exact = nanos[(nanos.len() - 1) / 2] as f64;
            let got = latency.median().as_nanos() as f64;
            prop_assert!((got - exact).abs() <= 0.01 * exact + 1.0, "{got} is not {exact}");
        }
    }
}
