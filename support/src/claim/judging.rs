//! From evidence to a verdict.

use std::collections::HashSet;
use std::fmt::Display;

use super::Error;
use super::entry::{Bound, Claim, Expect, Kind};
use super::evidence::{Evidence, Measured, Truth};
use super::record::{Record, VERDICTS_VARIABLE, running_notebook};
use super::verdict::{Condition, Outcome, Verdict, together, wrong};
use crate::measure::python::Answer;

/// Said where a load's client was the limit.
const BOUND: &str = "≥, ≤ or ?: the load's client was the limit, so that its server might do more; what that leaves open is not decided. \
     ≥、≤ 或 ?：负载的客户端是瓶颈，服务端也许还能更快；因此而不确定的，不作判定。";

/// A claim whose evidence is being gathered; made by [`claim`](super::claim()).
#[derive(Debug, Clone)]
#[must_use = "a claim is judged by `.judge()`"]
pub struct Judging {
    claim: Claim,
    own: Found,
    control: Found,
    /// What was found under other conditions, each told in English and Chinese.
    conditions: Vec<([String; 2], Found)>,
    /// A set-up, told in English and Chinese, with what was measured in it for the bound of this name.
    positive: Vec<([String; 2], String, Measured)>,
    /// Where what is added now was read, if it was not found here.
    elsewhere: Option<String>,
    /// Why what is against the notes makes them out of date.
    dated: Option<[String; 2]>,
    notes: Vec<String>,
}

/// Exact evidence, and values for the bounds of these names.
#[derive(Debug, Clone, Default)]
struct Found {
    exact: Vec<Evidence>,
    values: Vec<(String, Value)>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.values.is_empty()
    }
}

/// What a bound is held against.
#[derive(Debug, Clone)]
enum Value {
    Measured(Measured),
    Computed(f64),
    Read(Box<Self>, String),
}

impl Value {
    fn with(self, bound: Bound) -> Evidence {
        match self {
            Self::Measured(value) => Evidence::Measured { value, bound },
            Self::Computed(computed) => Evidence::Computed { computed, bound },
            Self::Read(read, source) => Evidence::Read {
                read: Box::new(read.with(bound)),
                source,
            },
        }
    }
}

impl Judging {
    /// Starts with no evidence. For a claim of the course use [`claim`](super::claim()).
    pub fn new(claim: Claim) -> Self {
        Self {
            claim,
            own: Found::default(),
            control: Found::default(),
            conditions: Vec::new(),
            positive: Vec::new(),
            elsewhere: None,
            dated: None,
            notes: Vec::new(),
        }
    }

    /// Adds what was found, beside what the notes say that it is. Timing claims may have such evidence too: it fails the run
    /// when it is wrong, wherever it stands.
    ///
    /// ```
    /// # fn main() -> Result<(), support::claim::Error> {
    /// use support::claim::{Outcome, claim};
    ///
    /// let (money, after_a_thread) = (100, 666);
    /// let verdict = claim("memory-is-isolated")?
    ///     .exact("money in the parent", money, 100)
    ///     .control_exact("money in the parent", after_a_thread, 100)
    ///     .judge()?;
    /// assert_eq!(verdict.outcome, Outcome::Holds);
    /// # Ok(())
    /// # }
    /// ```
    pub fn exact<G, W>(mut self, what: impl Into<String>, got: G, want: W) -> Self
    where
        G: PartialEq<W> + Display,
        W: Display,
    {
        let piece = self.provenance(exact(what, &got, &want));
        self.now().exact.push(piece);
        self
    }

    /// What is added from here on was found under another condition, told in English and Chinese; every bound is measured again. Where the
    /// notes hold under one condition and not under another, the claim *depends*.
    ///
    /// ```
    /// # fn main() -> Result<(), support::claim::Error> {
    /// # use support::claim::{Judging, Outcome};
    /// # let mut entry = support::claim::claim("memory-is-isolated")?.into_claim();
    /// # (entry.control, entry.control_zh) = (None, None);
    /// let verdict = Judging::new(entry)
    ///     .exact("money in the parent", 100, 100)
    ///     .when("with shared memory", "用共享内存时")
    ///     .exact("money in the parent", 666, 100)
    ///     .judge()?;
    /// assert_eq!(verdict.outcome, Outcome::Depends);
    /// # Ok(())
    /// # }
    /// ```
    pub fn when(mut self, en: impl Into<String>, zh: impl Into<String>) -> Self {
        self.conditions
            .push(([en.into(), zh.into()], Found::default()));
        self
    }

    /// What is added from here on was found by this Python program. Where there is no interpreter, so that it was read from
    /// `data/python.toml`, it is shown and decides nothing; else the verdict says which interpreter it was.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use std::time::Duration;
    /// # use support::claim::{Outcome, claim};
    /// # use support::measure::python::run_or_reference;
    /// # let limit = Duration::from_secs(10);
    /// let left = run_or_reference::<[i32; 2]>("money-left", "print([93, 0])", &[], limit)?;
    /// let verdict = claim("gil-is-not-your-lock")?
    ///     .in_python(&left)
    ///     .exact("left with a lock of its own, in CPython", left.value[1], 0)
    ///     .judge()?;
    /// assert_eq!(verdict.outcome == Outcome::Holds, left.missing.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_python<T>(mut self, answer: &Answer<T>) -> Self {
        let source = answer.source.clone();
        match answer.missing {
            None => self.notes.push(source),
            Some(_) => self.elsewhere = Some(source),
        }
        self
    }

    fn provenance(&self, piece: Evidence) -> Evidence {
        match self.elsewhere.clone() {
            None => piece,
            Some(source) => Evidence::Read {
                read: Box::new(piece),
                source,
            },
        }
    }

    fn value(&self, value: Value) -> Value {
        match self.elsewhere.clone() {
            None => value,
            Some(source) => Value::Read(Box::new(value), source),
        }
    }

    /// What is added now belongs there.
    fn now(&mut self) -> &mut Found {
        match self.conditions.last_mut() {
            Some((_, found)) => found,
            None => &mut self.own,
        }
    }

    /// Adds a measurement; `what` is the name of a bound of this claim in the ledger. A number alone is none: give the
    /// [`Samples`](crate::measure::Samples), an [`Estimate`](crate::measure::Estimate) or the [`Ratio`](crate::measure::Ratio) of a
    /// comparison in rounds.
    pub fn measured(mut self, what: impl Into<String>, value: impl Into<Measured>) -> Self {
        let value = self.value(Value::Measured(value.into()));
        self.now().values.push((what.into(), value));
        self
    }

    /// Adds a number that is known exactly, such as what a simulation gives; `what` is the name of a bound. It is exact evidence.
    pub fn computed(mut self, what: impl Into<String>, value: f64) -> Self {
        let value = self.value(Value::Computed(value));
        self.now().values.push((what.into(), value));
        self
    }

    /// Adds a number that was read, not measured here; `source` says where it comes from. It is shown and decides nothing.
    pub fn read(mut self, what: impl Into<String>, value: f64, source: impl Into<String>) -> Self {
        let value = Value::Read(Box::new(Value::Computed(value)), source.into());
        self.now().values.push((what.into(), value));
        self
    }

    /// Adds what was found under the control, the opposite set-up: it must differ from what the notes say, or be so where they are
    /// expected to be wrong.
    ///
    /// ```
    /// # fn main() -> Result<(), support::claim::Error> {
    /// # use support::claim::{Claim, Judging};
    /// # let mut entry = support::claim::claim("memory-is-isolated")?.into_claim();
    /// # (entry.control, entry.control_zh) = (Some("a thread instead".into()), Some("改用线程".into()));
    /// let verdict = Judging::new(entry)
    ///     .exact("money in the parent", 100, 100)
    ///     .control_exact("money in the parent", 666, 100)
    ///     .judge()?;
    /// assert!(!verdict.is_failure());
    /// # Ok(())
    /// # }
    /// ```
    pub fn control_exact<G, W>(mut self, what: impl Into<String>, got: G, want: W) -> Self
    where
        G: PartialEq<W> + Display,
        W: Display,
    {
        let piece = self.provenance(exact(what, &got, &want));
        self.control.exact.push(piece);
        self
    }

    /// Adds a measurement under the control: the bound of this name must not be kept there, or must where the notes are expected to be
    /// wrong.
    pub fn control(mut self, what: impl Into<String>, value: impl Into<Measured>) -> Self {
        let value = self.value(Value::Measured(value.into()));
        self.control.values.push((what.into(), value));
        self
    }

    /// Adds a number known exactly under the control.
    pub fn control_computed(mut self, what: impl Into<String>, value: f64) -> Self {
        let value = self.value(Value::Computed(value));
        self.control.values.push((what.into(), value));
        self
    }

    /// Says, in English and Chinese, what here is newer than the notes: what is against them then makes them dated, not refuted.
    pub fn newer(mut self, en: impl Into<String>, zh: impl Into<String>) -> Self {
        self.dated = Some([en.into(), zh.into()]);
        self
    }

    /// Adds a positive control: a set-up, told in English and Chinese, in which the bound of this name is kept wherever the machine can show
    /// it at all. Where it is not kept (a neighbour on one of two cores, say), what is against the notes decides nothing.
    pub fn positive_control(
        mut self,
        set_up: [&str; 2],
        what: impl Into<String>,
        value: impl Into<Measured>,
    ) -> Self {
        let set_up = set_up.map(str::to_owned);
        self.positive.push((set_up, what.into(), value.into()));
        self
    }

    /// The claim, as the ledger has it.
    #[must_use]
    pub fn into_claim(self) -> Claim {
        self.claim
    }

    /// Adds a sentence that is shown with the verdict.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// The verdict where this machine cannot show it either way: not applicable, with the reason, and nothing measured counts. It is
    /// recorded as [`judge`](Self::judge) does, and no failure of an exact claim. What the ledger says that a claim `needs` is looked for
    /// without this.
    ///
    /// ```
    /// # fn main() -> Result<(), support::claim::Error> {
    /// use support::claim::{Outcome, claim};
    ///
    /// let verdict = claim("select-has-a-limit")?.cannot_judge("only 900 files may be open here")?;
    /// assert_eq!(verdict.outcome, Outcome::NotApplicable);
    /// assert!(!verdict.is_failure());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the verdict cannot be recorded.
    pub fn cannot_judge(self, why: impl Into<String>) -> Result<Verdict, Error> {
        let why = why.into();
        recorded(self.not_applicable([format!("This machine cannot show it: {why}.")]))
    }

    fn not_applicable(self, why: impl IntoIterator<Item = String>) -> Verdict {
        Verdict {
            claim: self.claim,
            outcome: Outcome::NotApplicable,
            evidence: Vec::new(),
            conditions: Vec::new(),
            controls: Vec::new(),
            notes: why.into_iter().chain(self.notes).collect(),
        }
    }

    /// Judges the claim. If `COURSE_VERDICTS` names a folder, the verdict is recorded there as well; see [`Record`].
    ///
    /// # Errors
    /// If a measurement has no bound in the ledger, a bound no measurement, or an exact claim no exact evidence; if the ledger names a
    /// control and none was added, or the other way round; if the verdict cannot be recorded.
    pub fn judge(self) -> Result<Verdict, Error> {
        let missing = self.claim.needs.iter().find_map(|need| need.missing());
        recorded(match missing {
            Some([en, zh]) => {
                self.not_applicable([format!("Not applicable here: {en}. 此机不适用：{zh}。")])
            }
            None => self.decide()?,
        })
    }

    /// Judges without a look at the environment.
    pub(crate) fn decide(self) -> Result<Verdict, Error> {
        let Self {
            claim,
            own,
            control,
            conditions,
            positive,
            elsewhere: _,
            dated,
            mut notes,
        } = self;
        let id = || claim.id.clone();
        if claim.kind == Kind::Exact && own.is_empty() {
            return Err(Error::NoExactEvidence { id: id() });
        }
        let evidence = all_held_against(&claim, own)?;
        let conditions = conditions.into_iter().map(|(when, found)| {
            let evidence = all_held_against(&claim, found)?;
            Ok(Condition { when, evidence })
        });
        let conditions = conditions.collect::<Result<Vec<_>, Error>>()?;
        let controls = held_against(&claim, control)?;
        if claim.control.is_some() == controls.is_empty() {
            return Err(match claim.control {
                Some(_) => Error::Uncontrolled { id: id() },
                None => Error::UnknownControl { id: id() },
            });
        }

        let mut truths = vec![together(&evidence)];
        truths.extend(
            conditions
                .iter()
                .map(|condition| together(&condition.evidence)),
        );
        let some = |truth| truths.contains(&truth);
        let outcome = match (
            some(Truth::True),
            some(Truth::False),
            some(Truth::Undecided),
        ) {
            (true, true, _) => Outcome::Depends,
            (true, false, false) => Outcome::Holds,
            (false, true, false) if claim.expect == Expect::Dated || dated.is_some() => {
                Outcome::Dated
            }
            (false, true, false) => Outcome::Refuted,
            _ => Outcome::Inconclusive,
        };
        let mut able = true;
        for ([en, zh], what, value) in positive {
            let bound = claim.bound(&what)?.clone();
            let evidence = Evidence::Measured { value, bound };
            able &= evidence.truth() == Truth::True;
            notes.push(format!("Positive control, {en} 正对照，{zh}: {evidence}."));
        }
        let own = evidence.iter().chain(&controls);
        let under = conditions.iter().flat_map(|condition| &condition.evidence);
        if own.chain(under).any(Evidence::is_bound) {
            notes.push(BOUND.into());
        }
        let against = matches!(
            outcome,
            Outcome::Refuted | Outcome::Dated | Outcome::Depends
        );
        if against && !able {
            notes.push(
                "The machine could not show it at this moment, so that nothing is decided. 此机此刻显示不出来，因此不作判定。"
                    .into(),
            );
        }
        let outcome = if against && !able {
            Outcome::Inconclusive
        } else {
            outcome
        };
        if let (Outcome::Dated, Some([en, zh])) = (outcome, dated) {
            notes.push(format!("{en} {zh}"));
        }
        // What shows the same without what it speaks of shows nothing.
        let (_, kept) = wrong(claim.expect, &evidence, &controls);
        let outcome = if kept.is_some() {
            Outcome::Inconclusive
        } else {
            outcome
        };
        Ok(Verdict {
            claim,
            outcome,
            evidence,
            conditions,
            controls,
            notes,
        })
    }
}

fn exact<G: PartialEq<W> + Display, W: Display>(
    what: impl Into<String>,
    got: &G,
    want: &W,
) -> Evidence {
    Evidence::Exact {
        what: what.into(),
        got: got.to_string(),
        want: want.to_string(),
        equal: got == want,
    }
}

impl Claim {
    /// Its bound of this name.
    fn bound(&self, what: &str) -> Result<&Bound, Error> {
        let bound = self.bounds.iter().find(|bound| bound.what == what);
        let names = || self.bounds.iter().map(|bound| bound.what.clone());
        bound.ok_or_else(|| Error::UnknownBound {
            id: self.id.clone(),
            what: what.to_owned(),
            valid: names().collect(),
        })
    }
}

/// As [`held_against`]; no bound may be without a value.
fn all_held_against(claim: &Claim, found: Found) -> Result<Vec<Evidence>, Error> {
    let measured = |bound: &&Bound| found.values.iter().any(|(what, _)| *what == bound.what);
    let missing = claim.bounds.iter().find(|bound| !measured(bound)).cloned();
    let held = held_against(claim, found)?;
    match missing {
        None => Ok(held),
        Some(bound) => Err(Error::Unmeasured {
            id: claim.id.clone(),
            what: bound.what,
        }),
    }
}

/// The exact evidence, then the values with their bounds, in the order of the ledger.
fn held_against(claim: &Claim, found: Found) -> Result<Vec<Evidence>, Error> {
    let Found {
        exact: mut held,
        mut values,
    } = found;
    let mut seen = HashSet::new();
    for (what, _) in &values {
        claim.bound(what)?;
        if !seen.insert(what) {
            return Err(Error::MeasuredTwice {
                id: claim.id.clone(),
                what: what.clone(),
            });
        }
    }
    for bound in &claim.bounds {
        if let Some(at) = values.iter().position(|(what, _)| *what == bound.what) {
            held.push(values.swap_remove(at).1.with(bound.clone()));
        }
    }
    Ok(held)
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
            control: None,
            control_zh: None,
            uncontrolled: None,
            uncontrolled_zh: None,
            needs: Vec::new(),
        }
    }

    pub(in super::super) fn controlled(claim: Claim) -> Claim {
        Claim {
            control: Some("the other way round".into()),
            control_zh: Some("反过来".into()),
            ..claim
        }
    }

    /// Six times the same.
    pub(in super::super) fn six(value: f64) -> crate::measure::Samples {
        [value; 6].into_iter().collect()
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
    use super::samples::{controlled, exact, six, timing};
    use super::*;
    use crate::measure::{Reading, Samples};

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
                .measured("c / d", Samples::new([c, c, c, c, c, c + 0.1]))
                .measured("a / b", six(a))
                .exact("count", got, 1)
                .decide()
                .unwrap()
        };
        assert_eq!(judged(1.0, 1.0, 1).outcome, Outcome::Holds);
        assert_eq!(judged(1.0, 1.2, 1).outcome, Outcome::Inconclusive);
        assert_eq!(judged(3.0, 1.2, 1).outcome, Outcome::Refuted);
        assert!(!judged(3.0, 1.0, 1).is_failure(), "timing never is");
        let wrong = judged(1.0, 1.2, 2);
        assert_eq!(wrong.outcome, Outcome::Refuted);
        assert!(wrong.is_failure(), "exact evidence is, wherever it stands");
    }

    /// True under one condition and false under another: it depends. A condition that decides nothing leaves the rest as it is only where
    /// the others differ.
    #[test]
    fn conditions_that_differ_make_it_depend() {
        let judged = |own: f64, other: &[f64]| {
            Judging::new(timing(Expect::Depends))
                .measured("a / b", six(own))
                .measured("c / d", six(1.0))
                .when("later", "晚些时候")
                .measured("a / b", Samples::new(other.iter().copied()))
                .measured("c / d", six(1.0))
                .decide()
                .unwrap()
        };
        let wide = [0.5, 0.6, 1.0, 1.0, 1.4, 1.5];
        for (own, other, outcome) in [
            (1.0, &[3.0; 6][..], Outcome::Depends),
            (3.0, &[1.0; 6], Outcome::Depends),
            (1.0, &[1.0; 6], Outcome::Holds),
            (3.0, &[3.0; 6], Outcome::Refuted),
            (1.0, &wide, Outcome::Inconclusive),
            (3.0, &wide, Outcome::Inconclusive),
            // Too few to be against the notes.
            (1.0, &[3.0], Outcome::Inconclusive),
        ] {
            let verdict = judged(own, other);
            assert_eq!(verdict.outcome, outcome, "{own}, {other:?}");
            assert_eq!(verdict.as_expected(), outcome == Outcome::Depends);
        }
        assert!(
            judged(1.0, &[3.0; 6])
                .to_string()
                .contains("\nBut later:\n但晚些时候：\n- a / b: 3.00")
        );
        let missing = Judging::new(timing(Expect::Depends))
            .measured("a / b", six(1.0))
            .measured("c / d", six(1.0))
            .when("later", "晚些时候")
            .measured("a / b", six(1.0))
            .decide();
        assert!(
            matches!(missing, Err(Error::Unmeasured { .. })),
            "{missing:?}"
        );
        let exactly = Judging::new(exact(Expect::Depends))
            .exact("order", 1, 1)
            .when("later", "晚些时候")
            .exact("order", 2, 1);
        let verdict = exactly.decide().unwrap();
        assert_eq!(
            (verdict.outcome, verdict.is_failure()),
            (Outcome::Depends, false)
        );
    }

    #[test]
    fn what_is_computed_is_exact_and_what_was_read_decides_nothing() {
        let judged = |a: f64| {
            Judging::new(timing(Expect::Holds))
                .measured("c / d", six(1.0))
                .computed("a / b", a)
                .decide()
                .unwrap()
        };
        assert_eq!(judged(1.0).outcome, Outcome::Holds);
        assert!(judged(3.0).is_failure());
        let read = |a: f64| {
            let judging = Judging::new(timing(Expect::Holds)).measured("c / d", six(1.0));
            judging
                .read("a / b", a, "CPython 3.11 on another machine")
                .decide()
                .unwrap()
        };
        for value in [1.0, 3.0] {
            assert_eq!(read(value).outcome, Outcome::Inconclusive);
            assert!(!read(value).is_failure());
        }
    }

    fn answer(missing: bool) -> Answer<i32> {
        let absent = crate::measure::python::Error::Absent {
            tried: vec!["none".into()],
        };
        Answer {
            value: 3,
            source: "CPython 3.11.7".into(),
            missing: missing.then_some(absent),
        }
    }

    /// What an interpreter said elsewhere is shown, and is neither for the claim nor against it, nor the course's fault.
    #[test]
    fn what_python_said_elsewhere_decides_nothing() {
        let exactly = |expect, missing| {
            let answer = answer(missing);
            let judging = Judging::new(exact(expect)).exact("ours", 2, 2);
            let judging = judging.in_python(&answer).exact("theirs", answer.value, 2);
            judging.decide().unwrap()
        };
        for expect in [Expect::Holds, Expect::Dated, Expect::Refuted] {
            let here = exactly(expect, false);
            assert_ne!(here.outcome, Outcome::Inconclusive);
            assert_eq!(here.notes, ["CPython 3.11.7"]);
            let elsewhere = exactly(expect, true);
            assert_eq!(elsewhere.outcome, Outcome::Inconclusive);
            assert!(!elsewhere.is_failure(), "{elsewhere}");
            assert!(
                elsewhere.to_string().contains(
                    "- ours: 2, as stated\n- theirs: 3, stated as 2; not measured here but read (CPython 3.11.7)"
                ),
                "{elsewhere}"
            );
        }
        let timed = |missing| {
            let judging = Judging::new(timing(Expect::Holds)).measured("c / d", six(1.0));
            let judging = judging
                .in_python(&answer(missing))
                .measured("a / b", six(3.0));
            judging.decide().unwrap().outcome
        };
        assert_eq!(timed(false), Outcome::Refuted);
        assert_eq!(timed(true), Outcome::Inconclusive);
        // Wrong exact evidence of ours fails the run all the same.
        let wrong = Judging::new(exact(Expect::Holds)).exact("ours", 3, 2);
        let wrong = wrong.in_python(&answer(true)).exact("theirs", 2, 2);
        assert!(wrong.decide().unwrap().is_failure());
    }

    #[test]
    fn a_load_whose_client_is_the_limit_leaves_it_open_and_says_why() {
        let judged = |of: f64, held_up: [bool; 2]| {
            let reading = |value: f64, held_up: bool| match held_up {
                true => Reading::at_least(value),
                false => value.into(),
            };
            let ratio = reading(of, held_up[0]) / reading(1.0, held_up[1]);
            Judging::new(timing(Expect::Holds))
                .measured("a / b", Samples::from_iter([ratio; 6]))
                .measured("c / d", six(1.0))
                .decide()
                .unwrap()
        };
        for (of, held_up, outcome) in [
            (1.0, [false, false], Outcome::Holds),
            (1.0, [true, false], Outcome::Inconclusive),
            (1.0, [false, true], Outcome::Inconclusive),
            (3.0, [false, false], Outcome::Refuted),
            (3.0, [false, true], Outcome::Inconclusive),
            (3.0, [true, true], Outcome::Inconclusive),
            // More than it may be, and perhaps even more.
            (3.0, [true, false], Outcome::Refuted),
        ] {
            let verdict = judged(of, held_up);
            assert_eq!(verdict.outcome, outcome, "{of}, {held_up:?}");
            let said = verdict.notes == [BOUND];
            assert_eq!(said, held_up != [false, false], "{verdict}");
        }
    }

    #[test]
    fn what_is_newer_than_the_notes_makes_them_dated() {
        let judged = |got: i32| {
            Judging::new(exact(Expect::Holds))
                .exact("n", got, 1)
                .newer("It has no lock.", "它没有锁。")
                .decide()
                .unwrap()
        };
        let [dated, holds] = [judged(2), judged(1)];
        assert_eq!(
            (dated.outcome, holds.outcome),
            (Outcome::Dated, Outcome::Holds)
        );
        assert_eq!((dated.notes.len(), holds.notes.len()), (1, 0));
    }

    /// A busy neighbour is no proof against the notes.
    #[test]
    fn a_machine_that_cannot_show_it_refutes_nothing() {
        let judged = |found: f64, able: f64| {
            Judging::new(timing(Expect::Holds))
                .measured("a / b", six(found))
                .measured("c / d", six(1.0))
                .positive_control(["nothing in the way", "毫无阻碍"], "a / b", six(able))
                .decide()
                .unwrap()
        };
        assert_eq!(judged(3.0, 1.0).outcome, Outcome::Refuted);
        assert_eq!(judged(3.0, 3.0).outcome, Outcome::Inconclusive);
        assert_eq!(judged(1.0, 3.0).outcome, Outcome::Holds);
        let said = judged(3.0, 3.0).notes.concat();
        assert!(
            said.contains("nothing in the way 正对照，毫无阻碍: a / b: 3.00"),
            "{said}"
        );
    }

    #[test]
    fn a_control_must_not_keep_the_bound() {
        let judged = |control: f64| {
            Judging::new(controlled(timing(Expect::Holds)))
                .measured("a / b", six(1.0))
                .measured("c / d", six(1.0))
                .control("a / b", six(control))
                .decide()
                .unwrap()
        };
        assert_eq!(judged(3.0).outcome, Outcome::Holds);
        assert!(!judged(3.0).is_failure());
        assert_eq!(judged(1.0).outcome, Outcome::Inconclusive);
        assert!(judged(1.0).is_failure());
        let exactly = |got: i32| {
            let judging = Judging::new(controlled(exact(Expect::Holds))).exact("count", 1, 1);
            judging
                .control_exact("count", got, 1)
                .decide()
                .unwrap()
                .is_failure()
        };
        assert!(exactly(1) && !exactly(2));
    }

    #[test]
    fn where_something_is_missing_it_is_not_applicable() {
        let verdict = Judging::new(exact(Expect::Holds))
            .exact("count", 2, 1)
            .not_applicable(["no cores".to_owned()]);
        assert_eq!(verdict.outcome, Outcome::NotApplicable);
        assert!(!verdict.is_failure() && verdict.notes == ["no cores"]);
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
        says(of(exact).measured("a / b", six(1.0)), "it is exact");
        says(
            of(timing).measured("a / b", six(1.0)),
            "nothing was measured for `c / d`",
        );
        says(
            of(timing).measured("b / a", six(1.0)),
            "its bounds are `a / b`, `c / d`",
        );
        says(
            of(timing)
                .measured("a / b", six(1.0))
                .computed("a / b", 1.0),
            "twice",
        );
        says(
            of(exact).exact("count", 1, 1).control_exact("count", 1, 1),
            "names no control",
        );
        says(
            Judging::new(controlled(exact(Expect::Holds))).exact("count", 1, 1),
            "add `.control",
        );
    }
}
