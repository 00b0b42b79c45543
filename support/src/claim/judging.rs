//! From evidence to a verdict.

use std::collections::HashSet;
use std::fmt::Display;

use super::Error;
use super::entry::{Claim, Expect, Kind};
use super::evidence::{Evidence, Truth};
use super::record::{Record, VERDICTS_VARIABLE, running_notebook};
use super::verdict::{Outcome, Verdict};
use crate::measure::Interval;

/// A claim whose evidence is being gathered; made by [`claim`](super::claim()).
#[derive(Debug, Clone)]
#[must_use = "a claim is judged by `.judge()`"]
pub struct Judging {
    claim: Claim,
    exact: Vec<Evidence>,
    measured: Vec<(String, Interval)>,
    notes: Vec<String>,
}

impl Judging {
    /// Starts with no evidence. For a claim of the course use [`claim`](super::claim()).
    pub fn new(claim: Claim) -> Self {
        Self {
            claim,
            exact: Vec::new(),
            measured: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds what was found, beside what the notes say that it is. Timing claims may have such evidence too.
    ///
    /// ```
    /// # fn main() -> Result<(), support::claim::Error> {
    /// use support::claim::{Outcome, claim};
    ///
    /// let money = 100;
    /// let verdict = claim("memory-is-isolated")?.exact("money in the parent", money, 100).judge()?;
    /// assert_eq!(verdict.outcome, Outcome::Holds);
    /// # Ok(())
    /// # }
    /// ```
    pub fn exact<G, W>(mut self, what: impl Into<String>, got: G, want: W) -> Self
    where
        G: PartialEq<W> + Display,
        W: Display,
    {
        let equal = got == want;
        self.exact.push(Evidence::Exact {
            what: what.into(),
            got: got.to_string(),
            want: want.to_string(),
            equal,
        });
        self
    }

    /// Adds a measurement; `what` is the name of a bound of this claim in the ledger.
    pub fn measured(mut self, what: impl Into<String>, value: impl Into<Interval>) -> Self {
        self.measured.push((what.into(), value.into()));
        self
    }

    /// Adds a sentence that is shown with the verdict.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// The verdict where this machine cannot show it either way: inconclusive, with the reason, and nothing measured counts. It is
    /// recorded as [`judge`](Self::judge) does, and no failure of an exact claim.
    ///
    /// ```
    /// # fn main() -> Result<(), support::claim::Error> {
    /// use support::claim::{Outcome, claim};
    ///
    /// let verdict = claim("select-has-a-limit")?.cannot_judge("only 900 files may be open here")?;
    /// assert_eq!(verdict.outcome, Outcome::Inconclusive);
    /// assert!(!verdict.is_failure());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the verdict cannot be recorded.
    pub fn cannot_judge(self, why: impl Into<String>) -> Result<Verdict, Error> {
        let Self {
            claim, mut notes, ..
        } = self;
        notes.insert(0, format!("This machine cannot show it: {}.", why.into()));
        recorded(Verdict {
            claim,
            outcome: Outcome::Inconclusive,
            evidence: Vec::new(),
            notes,
        })
    }

    /// Judges the claim. If `COURSE_VERDICTS` names a folder, the verdict is recorded there as well; see [`Record`].
    ///
    /// # Errors
    /// If a measurement has no bound in the ledger, a bound no measurement, or an exact claim no exact evidence; if a
    /// measurement is not finite; if the verdict cannot be recorded.
    pub fn judge(self) -> Result<Verdict, Error> {
        recorded(self.decide()?)
    }

    /// Judges without a look at the environment.
    pub(crate) fn decide(self) -> Result<Verdict, Error> {
        let Self {
            claim,
            exact: mut evidence,
            measured,
            notes,
        } = self;
        let id = || claim.id.clone();
        if claim.kind == Kind::Exact && evidence.is_empty() && measured.is_empty() {
            return Err(Error::NoExactEvidence { id: id() });
        }

        let mut seen = HashSet::new();
        for (what, interval) in &measured {
            if !claim.bounds.iter().any(|bound| bound.what == *what) {
                let valid = claim
                    .bounds
                    .iter()
                    .map(|bound| bound.what.clone())
                    .collect();
                return Err(Error::UnknownBound {
                    id: id(),
                    what: what.clone(),
                    valid,
                });
            }
            if !seen.insert(what) {
                return Err(Error::MeasuredTwice {
                    id: id(),
                    what: what.clone(),
                });
            }
            if !interval.is_sound() {
                return Err(Error::BadInterval {
                    id: id(),
                    what: what.clone(),
                    interval: *interval,
                });
            }
        }
        for bound in &claim.bounds {
            let Some((_, value)) = measured.iter().find(|(what, _)| *what == bound.what) else {
                return Err(Error::Unmeasured {
                    id: id(),
                    what: bound.what.clone(),
                });
            };
            evidence.push(Evidence::Measured {
                value: *value,
                bound: bound.clone(),
            });
        }

        let truth = evidence
            .iter()
            .map(Evidence::truth)
            .fold(Truth::True, Truth::and);
        let outcome = match truth {
            Truth::True => Outcome::Holds,
            Truth::False if claim.expect == Expect::Dated => Outcome::Dated,
            Truth::False => Outcome::Refuted,
            Truth::Undecided => Outcome::Inconclusive,
        };
        Ok(Verdict {
            claim,
            outcome,
            evidence,
            notes,
        })
    }
}

fn recorded(verdict: Verdict) -> Result<Verdict, Error> {
    if let Some(folder) = std::env::var_os(VERDICTS_VARIABLE).filter(|folder| !folder.is_empty()) {
        Record::new(&verdict, running_notebook()).append_to(folder.as_ref())?;
    }
    Ok(verdict)
}

#[cfg(test)]
pub(super) mod samples {
    use super::super::entry::{Bound, Limit};
    use super::*;

    pub(in super::super) fn exact(expect: Expect) -> Claim {
        Claim {
            id: "a-claim".into(),
            notebook: "01-theory".into(),
            section: "多道技术".into(),
            en: "1 < 2 & so on.".into(),
            zh: "一小于二。".into(),
            kind: Kind::Exact,
            expect,
            why: (expect != Expect::Holds).then(|| "It is not.".into()),
            why_zh: (expect != Expect::Holds).then(|| "并非如此。".into()),
            bounds: Vec::new(),
        }
    }

    pub(in super::super) fn timing(expect: Expect) -> Claim {
        let bound = |what: &str| Bound {
            what: what.into(),
            limit: Limit::About(1.0),
            margin: 0.25,
        };
        Claim {
            kind: Kind::Timing,
            bounds: vec![bound("a / b"), bound("c / d")],
            ..exact(expect)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{exact, timing};
    use super::*;

    #[test]
    fn exact_evidence_decides() {
        for (expect, got, outcome, failure) in [
            (Expect::Holds, 2, Outcome::Holds, false),
            (Expect::Holds, 3, Outcome::Refuted, true),
            (Expect::Refuted, 2, Outcome::Holds, true),
            (Expect::Refuted, 3, Outcome::Refuted, false),
            (Expect::Dated, 2, Outcome::Holds, true),
            (Expect::Dated, 3, Outcome::Dated, false),
        ] {
            let verdict = Judging::new(exact(expect))
                .exact("order", "A B", String::from("A B"))
                .exact("count", got, 2)
                .decide()
                .unwrap();
            assert_eq!(
                (verdict.outcome, verdict.is_failure()),
                (outcome, failure),
                "{expect:?}, {got}"
            );
            assert_eq!(verdict.as_expected(), !failure);
        }
    }

    #[test]
    fn any_false_is_false_and_all_true_is_true() {
        let judged = |a: f64, c: f64, got: i32| {
            Judging::new(timing(Expect::Holds))
                .measured("c / d", (c, c, c + 0.1))
                .measured("a / b", a)
                .exact("count", got, 1)
                .decide()
                .unwrap()
        };
        assert_eq!(judged(1.0, 1.0, 1).outcome, Outcome::Holds);
        assert_eq!(judged(1.0, 1.2, 1).outcome, Outcome::Inconclusive);
        assert_eq!(judged(3.0, 1.2, 1).outcome, Outcome::Refuted);
        assert_eq!(judged(1.0, 1.2, 2).outcome, Outcome::Refuted);
        assert!(!judged(3.0, 1.0, 1).is_failure(), "timing never is");
    }

    #[test]
    fn missing_or_useless_evidence_is_an_error() {
        let says = |judging: Judging, text: &str| {
            let error = judging.decide().unwrap_err().to_string();
            assert!(
                error.contains("`a-claim`") && error.contains(text),
                "{error}"
            );
        };
        let of = |claim: fn(Expect) -> Claim| Judging::new(claim(Expect::Holds));
        says(of(exact), "add `.exact(what, got, want)`");
        says(of(exact).measured("a / b", 1.0), "it is exact");
        says(
            of(timing).measured("a / b", 1.0),
            "nothing was measured for `c / d`",
        );
        says(
            of(timing).measured("b / a", 1.0),
            "its bounds are `a / b`, `c / d`",
        );
        says(
            of(timing).measured("a / b", 1.0).measured("a / b", 1.0),
            "twice",
        );
        says(of(timing).measured("a / b", f64::NAN), "finite");
        says(
            of(timing).measured("a / b", (2.0, 1.0, 3.0)),
            "low ≤ mid ≤ high",
        );
    }
}
