//! How a claim came out.

use serde::{Deserialize, Serialize};

use super::entry::{Claim, Expect, Kind};
use super::evidence::{Evidence, Truth};

/// How a claim came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The evidence bears the notes out.
    Holds,
    /// The evidence is against the notes.
    Refuted,
    /// The evidence is against the notes, which were right once.
    Dated,
    /// The evidence bears the notes out under one condition and is against them under another.
    Depends,
    /// The evidence does not decide.
    Inconclusive,
    /// This machine lacks what the claim needs.
    #[serde(rename = "not applicable")]
    NotApplicable,
}

impl Outcome {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] = [
        Self::Holds,
        Self::Depends,
        Self::Dated,
        Self::Refuted,
        Self::Inconclusive,
        Self::NotApplicable,
    ];

    /// The outcome in one word, lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Refuted => "refuted",
            Self::Dated => "dated",
            Self::Depends => "depends",
            Self::Inconclusive => "inconclusive",
            Self::NotApplicable => "not applicable",
        }
    }

    /// The outcome in one word of Chinese.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Holds => "成立",
            Self::Refuted => "不成立",
            Self::Dated => "已过时",
            Self::Depends => "视情况而定",
            Self::Inconclusive => "无定论",
            Self::NotApplicable => "此机不适用",
        }
    }
}

impl From<Expect> for Outcome {
    fn from(expect: Expect) -> Self {
        match expect {
            Expect::Holds => Self::Holds,
            Expect::Refuted => Self::Refuted,
            Expect::Dated => Self::Dated,
            Expect::Depends => Self::Depends,
        }
    }
}

/// What was found under a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The condition, in English and Chinese: "with 2,000 tasks".
    pub when: [String; 2],
    /// What was found then.
    pub evidence: Vec<Evidence>,
}

/// What pieces of evidence say together.
pub(super) fn together(evidence: &[Evidence]) -> Truth {
    let truths = evidence.iter().map(Evidence::truth);
    truths.fold(Truth::True, Truth::and)
}

/// A judged claim; in a notebook it shows itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// What was judged.
    pub claim: Claim,
    /// How it came out.
    pub outcome: Outcome,
    /// On what: exact evidence in the order given, then measurements in the order of the ledger's bounds.
    pub evidence: Vec<Evidence>,
    /// What was found under other conditions than the claim's own.
    pub conditions: Vec<Condition>,
    /// The same under the control: what must not come out so.
    pub controls: Vec<Evidence>,
    /// Sentences added by the notebook.
    pub notes: Vec<String>,
}

/// Exact evidence that came out otherwise, and a control that did not come out the other way.
pub(super) fn wrong<'a>(
    expect: Expect,
    evidence: &'a [Evidence],
    controls: &'a [Evidence],
) -> (Option<&'a Evidence>, Option<&'a Evidence>) {
    let exact = |piece: &&Evidence| piece.is_exact() && piece.truth() == Truth::False;
    let exact = evidence
        .iter()
        .find(|piece| expect == Expect::Holds && exact(piece));
    let same_way = match expect {
        Expect::Holds => Truth::True,
        // Conditions are controls of each other.
        Expect::Refuted | Expect::Dated | Expect::Depends => Truth::False,
    };
    (
        exact,
        controls.iter().find(|piece| piece.truth() == same_way),
    )
}

/// Whether nothing was decided since a figure was read that another machine measured: no fault of an exact claim.
pub(super) fn was_read(outcome: Outcome, evidence: &[Evidence]) -> bool {
    let read = |piece: &Evidence| matches!(piece, Evidence::Read { .. });
    outcome == Outcome::Inconclusive && evidence.iter().any(read)
}

impl Verdict {
    /// Whether it came out as the ledger expects.
    #[must_use]
    pub fn as_expected(&self) -> bool {
        self.outcome == self.claim.expect.into()
    }

    /// Whether the course has to be mended: an exact claim came out otherwise than expected, exact evidence of any claim is wrong, or a
    /// control shows nothing. Timings never count, since the machine may be to blame; nor does a claim that is not
    /// applicable, or that figures of another machine left open.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        let expect = self.claim.expect;
        let (exact, control) = wrong(expect, &self.evidence, &self.controls);
        self.outcome != Outcome::NotApplicable
            && (self.claim.kind == Kind::Exact
                && !self.as_expected()
                && !was_read(self.outcome, &self.evidence)
                || exact.is_some()
                || control.is_some_and(|control| is_useless(expect, control)))
    }
}

/// Whether a control that came out the same way is the course's fault: it keeps the bound of a claim that holds, or it is exact. One that
/// was only measured, and too slow for a narrow bound, may be the machine's.
pub(super) fn is_useless(expect: Expect, control: &Evidence) -> bool {
    expect == Expect::Holds || control.is_exact()
}
