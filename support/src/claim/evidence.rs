//! What was seen or measured, and what it says about a claim.

use serde::{Deserialize, Serialize};

use super::entry::{Bound, Limit};
use crate::measure::{Estimate, Ratio};

/// What evidence says about a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It is as stated.
    True,
    /// It is not.
    False,
    /// The measurement is too coarse, or too close to the limit, to tell.
    Undecided,
}

impl Truth {
    /// All true is true, any false is false.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Undecided, _) | (_, Self::Undecided) => Self::Undecided,
            (Self::True, Self::True) => Self::True,
        }
    }
}

impl Bound {
    /// Whether a quantity between these two keeps this bound.
    ///
    /// `about v`: true if the whole interval lies within `v·(1 ± margin)`, false if all of it lies outside.
    /// `at-least v`: true from `v` up, false if the whole interval lies below `v·(1 − margin)`.
    /// `at-most v`: true from `v` down, false if the whole interval lies above `v·(1 + margin)`.
    #[must_use]
    pub fn judge(&self, low: f64, high: f64) -> Truth {
        let (holds, fails) = match self.limit {
            Limit::About(_) => (
                self.floor() <= low && high <= self.ceiling(),
                high < self.floor() || low > self.ceiling(),
            ),
            Limit::AtLeast(v) => (low >= v, high < self.floor()),
            Limit::AtMost(v) => (high <= v, low > self.ceiling()),
        };
        match (holds, fails) {
            (true, _) => Truth::True,
            (_, true) => Truth::False,
            _ => Truth::Undecided,
        }
    }

    /// The value less the margin.
    pub(crate) fn floor(&self) -> f64 {
        self.limit.value() * (1.0 - self.margin)
    }

    /// The value plus the margin.
    pub(crate) fn ceiling(&self) -> f64 {
        self.limit.value() * (1.0 + self.margin)
    }
}

/// What was measured of a ratio, and what limits its worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What the measurements say.
    #[serde(flatten)]
    pub value: Estimate,
    /// What the same comparison gave where nothing differs: a difference inside it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same: Option<Estimate>,
}

impl Measured {
    /// Whether it keeps the bound, with all that the machine cannot tell from its middle. Too few measurements decide nothing against it.
    fn truth(&self, bound: &Bound) -> Truth {
        let Estimate { low, mid, high, .. } = self.value;
        // Not one times the other: the interval holds the noise of its own ratios already.
        let (down, up) = self.same.map_or((1.0, 1.0), |same| (same.low, same.high));
        match bound.judge(low.min(mid * down), high.max(mid * up)) {
            Truth::False if !self.value.decides() => Truth::Undecided,
            truth => truth,
        }
    }
}

impl<T: Into<Estimate>> From<T> for Measured {
    fn from(value: T) -> Self {
        Self {
            value: value.into(),
            same: None,
        }
    }
}

/// The median of the pairs, beside the comparison of a way with itself.
impl From<&Ratio> for Measured {
    fn from(ratio: &Ratio) -> Self {
        Self {
            value: ratio.estimate(),
            same: Some(ratio.same.median_interval()),
        }
    }
}

impl From<Ratio> for Measured {
    fn from(ratio: Ratio) -> Self {
        Self::from(&ratio)
    }
}

/// One piece of evidence for or against a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evidence {
    /// Something that is equal or not: an order, a count, a value.
    Exact {
        /// What was looked at.
        what: String,
        /// What was found.
        got: String,
        /// What the notes say.
        want: String,
        /// Whether the two were equal as values; their texts may hide a difference.
        equal: bool,
    },
    /// A measurement with a bound on it.
    Measured {
        /// What was measured; the bound carries its name.
        #[serde(flatten)]
        value: Measured,
        /// What the notes need.
        bound: Bound,
    },
    /// A number that is known exactly, such as what a simulation gives, with a bound on it.
    Computed {
        /// The number.
        computed: f64,
        /// What the notes need.
        bound: Bound,
    },
    /// What was not found here but on another machine: it is shown, and decides nothing.
    Read {
        /// What was found there.
        read: Box<Self>,
        /// Where it comes from, with the version of what was measured there.
        source: String,
    },
}

impl Evidence {
    /// What was looked at or measured.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Self::Exact { what, .. }
            | Self::Measured {
                bound: Bound { what, .. },
                ..
            }
            | Self::Computed {
                bound: Bound { what, .. },
                ..
            } => what,
            Self::Read { read, .. } => read.what(),
        }
    }

    /// What this piece says about the claim.
    #[must_use]
    pub fn truth(&self) -> Truth {
        match self {
            Self::Exact { equal: true, .. } => Truth::True,
            Self::Exact { equal: false, .. } => Truth::False,
            Self::Measured { value, bound } => value.truth(bound),
            Self::Computed { computed, bound } => bound.judge(*computed, *computed),
            Self::Read { .. } => Truth::Undecided,
        }
    }

    /// The number that its bound is held against; a median, if it was measured.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Exact { .. } => None,
            Self::Measured { value, .. } => Some(value.value.mid),
            Self::Computed { computed, .. } => Some(*computed),
            Self::Read { read, .. } => read.number(),
        }
    }

    /// Whether it is a bound only, since a load's client was the limit.
    pub(super) fn is_bound(&self) -> bool {
        match self {
            Self::Measured { value, .. } => {
                value.value.is_lower_bound() || value.value.is_upper_bound()
            }
            Self::Exact { .. } | Self::Computed { .. } | Self::Read { .. } => false,
        }
    }

    /// Whether it is the same on every machine: then it has to be right.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Exact { .. } | Self::Computed { .. })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measure::{Reading, Samples};

    fn bound(limit: Limit, margin: f64) -> Bound {
        Bound {
            what: "a / b".into(),
            limit,
            margin,
        }
    }

    #[test]
    fn a_bound_is_kept_broken_or_open() {
        use Truth::{False, True, Undecided};
        // Numbers that binary floating point holds exactly, so that the ends are met.
        let about = bound(Limit::About(2.0), 0.25);
        let at_least = bound(Limit::AtLeast(2.0), 0.25);
        let at_most = bound(Limit::AtMost(2.0), 0.25);
        for (bound, low, high, truth) in [
            (&about, 1.5, 2.5, True),
            (&about, 1.4, 2.0, Undecided),
            (&about, 2.0, 2.6, Undecided),
            (&about, 1.0, 1.5, Undecided),
            (&about, 2.5, 3.0, Undecided),
            (&about, 1.0, 3.0, Undecided),
            (&about, 1.0, 1.4, False),
            (&about, 2.6, 3.0, False),
            (&at_least, 2.0, 9.0, True),
            (&at_least, 1.9, 9.0, Undecided),
            (&at_least, 1.0, 1.5, Undecided),
            (&at_least, 1.0, 1.4, False),
            (&at_most, 0.1, 2.0, True),
            (&at_most, 0.1, 2.1, Undecided),
            (&at_most, 2.5, 3.0, Undecided),
            (&at_most, 2.6, 3.0, False),
        ] {
            assert_eq!(
                bound.judge(low, high),
                truth,
                "{bound:?} of {low} to {high}"
            );
        }
    }

    fn samples(values: impl IntoIterator<Item = f64>) -> Samples {
        Samples::new(values)
    }

    #[test]
    fn what_is_no_number_decides_nothing() {
        let about = bound(Limit::About(1.0), 0.25);
        for (low, high) in [(f64::NAN, 1.0), (f64::NAN, f64::NAN), (0.5, f64::INFINITY)] {
            assert_eq!(about.judge(low, high), Truth::Undecided, "{low} to {high}");
        }
        let nothing = Measured::from(samples([]));
        assert_eq!(nothing.truth(&about), Truth::Undecided);
    }

    #[test]
    fn few_measurements_decide_for_and_not_against() {
        let about = bound(Limit::About(1.0), 0.25);
        for (value, n, truth) in [
            (1.0, 3, Truth::True),
            (2.0, 5, Truth::Undecided),
            (2.0, 6, Truth::False),
        ] {
            let measured = Measured::from(samples(vec![value; n]));
            assert_eq!(measured.truth(&about), truth, "{value}, {n} times");
        }
    }

    #[test]
    fn a_difference_that_the_machine_cannot_tell_from_none_is_inconclusive() {
        let twice = bound(Limit::AtLeast(1.1), 0.05);
        let ratio = |pair: f64, same: [f64; 2]| Ratio {
            pairs: samples([pair; 8]),
            same: samples([same[0], same[1]].repeat(4)),
        };
        for (pair, same, truth) in [
            (1.2, [1.0, 1.0], Truth::True),
            (1.2, [0.8, 1.25], Truth::Undecided),
            (1.0, [1.0, 1.0], Truth::False),
            (1.0, [0.9, 1.1], Truth::Undecided),
            // A difference far outside it is one, on the most disturbed of machines.
            (3.0, [0.8, 1.25], Truth::True),
        ] {
            let measured = Measured::from(ratio(pair, same));
            assert_eq!(measured.truth(&twice), truth, "{pair} beside {same:?}");
        }
    }

    /// A side whose client was the limit decides only what its bound suffices for.
    #[test]
    fn a_busy_client_decides_only_what_its_bound_suffices_for() {
        use Truth::{False, True, Undecided};
        let (two, held_up) = (Reading::from(2.0), Reading::at_least(2.0));
        let one = Reading::from(1.0);
        let at_least = [1.5, 3.0].map(|v| bound(Limit::AtLeast(v), 0.1));
        let at_most = [1.0, 3.0].map(|v| bound(Limit::AtMost(v), 0.1));
        let about = bound(Limit::About(2.0), 0.1);
        let bounds = at_least.iter().chain(&at_most).chain([&about]);
        let bounds: Vec<&Bound> = bounds.collect();
        for (ratio, truths) in [
            (two / one, [True, False, False, True, True]),
            // The one above the line might have been faster …
            (
                held_up / one,
                [True, Undecided, False, Undecided, Undecided],
            ),
            // … or the one below it, or both.
            (
                two / Reading::at_least(1.0),
                [Undecided, False, Undecided, True, Undecided],
            ),
            (held_up / Reading::at_least(1.0), [Undecided; 5]),
        ] {
            let measured = Measured::from(Samples::from_iter([ratio; 6]));
            let found: Vec<Truth> = bounds.iter().map(|bound| measured.truth(bound)).collect();
            assert_eq!(found, truths, "{ratio:?}");
            // One of six: the interval of six ends with it.
            let one_of_six = Samples::from_iter([[two / one].repeat(5), vec![ratio]].concat());
            let found = bounds
                .iter()
                .map(|bound| Measured::from(one_of_six.clone()).truth(bound));
            assert_eq!(found.collect::<Vec<_>>(), truths, "{ratio:?}");
            // One of nine decides nothing either way.
            let one_of_nine = Samples::from_iter([[two / one].repeat(8), vec![ratio]].concat());
            let found = bounds
                .iter()
                .map(|bound| Measured::from(one_of_nine.clone()).truth(bound));
            assert_eq!(found.collect::<Vec<_>>(), [True, False, False, True, True]);
        }
    }

    /// A comparison of a thing with itself is not refuted as "no difference" more often than in one of a hundred cases.
    #[test]
    fn nothing_is_refuted_that_is_the_same() {
        let mut random = fastrand::Rng::with_seed(19);
        let about = bound(Limit::About(1.0), 0.15);
        // A round of a machine that is disturbed now and then, as ours are: a tenth of the runs takes up to three times as long.
        let mut run = || {
            let quiet = 1.0 + 0.05 * random.f64();
            if random.f64() < 0.1 {
                quiet * (1.0 + 2.0 * random.f64())
            } else {
                quiet
            }
        };
        let refuted = (0..1_000)
            .filter(|_| {
                let [first, second, twin]: [Samples; 3] =
                    std::array::from_fn(|_| (0..8).map(|_| run()).collect());
                let ratio = Ratio {
                    pairs: first.over(&second).unwrap(),
                    same: twin.over(&second).unwrap(),
                };
                Measured::from(ratio).truth(&about) == Truth::False
            })
            .count();
        assert!(refuted <= 10, "{refuted} of 1,000");
    }

    fn any_bound() -> impl Strategy<Value = Bound> {
        (0..3_usize, 0.01..100.0, 0.01..0.9).prop_map(|(kind, v, margin)| {
            bound(
                [Limit::About(v), Limit::AtLeast(v), Limit::AtMost(v)][kind],
                margin,
            )
        })
    }

    fn any_interval() -> impl Strategy<Value = (f64, f64)> {
        (0.0..200.0, 0.0..100.0).prop_map(|(low, up)| (low, low + up))
    }

    proptest! {
        #[test]
        fn widening_decides_nothing_and_turns_nothing_over(
            bound in any_bound(), (low, high) in any_interval(), down in 0.0..10.0, up in 0.0..10.0
        ) {
            let (before, after) = (bound.judge(low, high), bound.judge(low - down, high + up));
            prop_assert!(after == before || after == Truth::Undecided, "{before:?} became {after:?}");
        }

        #[test]
        fn the_unit_does_not_matter(bound in any_bound(), (low, high) in any_interval(), power in -8..8) {
            // A power of two scales without rounding.
            let s = f64::powi(2.0, power);
            let scaled = Bound {
                limit: match bound.limit {
                    Limit::About(v) => Limit::About(v * s),
                    Limit::AtLeast(v) => Limit::AtLeast(v * s),
                    Limit::AtMost(v) => Limit::AtMost(v * s),
                },
                ..bound.clone()
            };
            prop_assert_eq!(bound.judge(low, high), scaled.judge(low * s, high * s));
        }

        #[test]
        fn a_point_is_undecided_only_in_the_margin_of_a_one_sided_bound(
            bound in any_bound(), x in 0.0..200.0_f64
        ) {
            let truth = bound.judge(x, x);
            match bound.limit {
                Limit::About(_) => prop_assert_ne!(truth, Truth::Undecided),
                Limit::AtLeast(v) => prop_assert_eq!(truth == Truth::Undecided, bound.floor() <= x && x < v),
                Limit::AtMost(v) => prop_assert_eq!(truth == Truth::Undecided, v < x && x <= bound.ceiling()),
            }
        }
    }
}
