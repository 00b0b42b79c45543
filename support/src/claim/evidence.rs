//! What was seen or measured, and what it says about a claim.

use serde::{Deserialize, Serialize};

use super::entry::{Bound, Limit};
use crate::measure::Interval;

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
    /// Whether a measurement keeps this bound.
    ///
    /// `about v`: true if the whole interval lies within `v·(1 ± margin)`, false if all of it lies outside.
    /// `at-least v`: true from `v` up, false if the whole interval lies below `v·(1 − margin)`.
    /// `at-most v`: true from `v` down, false if the whole interval lies above `v·(1 + margin)`.
    #[must_use]
    pub fn judge(&self, measured: Interval) -> Truth {
        let Interval { low, high, .. } = measured;
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
    /// A number with a bound on it.
    Measured {
        /// What was measured; the bound carries its name.
        #[serde(flatten)]
        value: Interval,
        /// What the notes need.
        bound: Bound,
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
            } => what,
        }
    }

    /// What this piece says about the claim.
    #[must_use]
    pub fn truth(&self) -> Truth {
        match self {
            Self::Exact { equal: true, .. } => Truth::True,
            Self::Exact { equal: false, .. } => Truth::False,
            Self::Measured { value, bound } => bound.judge(*value),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            let measured = Interval {
                low,
                mid: f64::midpoint(low, high),
                high,
            };
            assert_eq!(bound.judge(measured), truth, "{bound:?} of {low} to {high}");
        }
    }

    #[test]
    fn an_unsound_interval_is_seen() {
        assert!(Interval::from(1.0).is_sound());
        for unsound in [
            (f64::NAN, 1.0, 1.0),
            (1.0, 1.0, f64::INFINITY),
            (2.0, 1.0, 3.0),
            (1.0, 4.0, 3.0),
        ] {
            assert!(!Interval::from(unsound).is_sound(), "{unsound:?}");
        }
        assert!(!(Interval::from(1.0) / Interval::from(0.0)).is_sound());
    }

    fn any_bound() -> impl Strategy<Value = Bound> {
        (0..3_usize, 0.01..100.0, 0.01..0.9).prop_map(|(kind, v, margin)| {
            bound(
                [Limit::About(v), Limit::AtLeast(v), Limit::AtMost(v)][kind],
                margin,
            )
        })
    }

    fn any_interval() -> impl Strategy<Value = Interval> {
        (0.0..200.0, 0.0..50.0, 0.0..50.0).prop_map(|(low, up, more)| Interval {
            low,
            mid: low + up,
            high: low + up + more,
        })
    }

    proptest! {
        #[test]
        fn widening_decides_nothing_and_turns_nothing_over(
            bound in any_bound(), x in any_interval(), down in 0.0..10.0, up in 0.0..10.0
        ) {
            let wider = Interval { low: x.low - down, mid: x.mid, high: x.high + up };
            let (before, after) = (bound.judge(x), bound.judge(wider));
            prop_assert!(after == before || after == Truth::Undecided, "{before:?} became {after:?}");
        }

        #[test]
        fn the_unit_does_not_matter(bound in any_bound(), x in any_interval(), power in -8..8) {
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
            let x2 = Interval { low: x.low * s, mid: x.mid * s, high: x.high * s };
            prop_assert_eq!(bound.judge(x), scaled.judge(x2));
        }

        #[test]
        fn a_point_is_undecided_only_in_the_margin_of_a_one_sided_bound(
            bound in any_bound(), x in 0.0..200.0_f64
        ) {
            let truth = bound.judge(Interval::from(x));
            match bound.limit {
                Limit::About(_) => prop_assert_ne!(truth, Truth::Undecided),
                Limit::AtLeast(v) => prop_assert_eq!(truth == Truth::Undecided, bound.floor() <= x && x < v),
                Limit::AtMost(v) => prop_assert_eq!(truth == Truth::Undecided, v < x && x <= bound.ceiling()),
            }
        }
    }
}
