//! How a claim came out.

use serde::{Deserialize, Serialize};

use super::entry::{Claim, Expect, Kind};
use super::evidence::Evidence;

/// How a claim came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The evidence bears the notes out.
    Holds,
    /// The evidence is against the notes.
    Refuted,
    /// The evidence is against the notes, which were right once.
    Dated,
    /// The evidence does not decide.
    Inconclusive,
}

impl Outcome {
    /// The outcome in one word, lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Refuted => "refuted",
            Self::Dated => "dated",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The outcome in one word of Chinese.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Holds => "成立",
            Self::Refuted => "不成立",
            Self::Dated => "已过时",
            Self::Inconclusive => "无定论",
        }
    }
}

impl From<Expect> for Outcome {
    fn from(expect: Expect) -> Self {
        match expect {
            Expect::Holds => Self::Holds,
            Expect::Refuted => Self::Refuted,
            Expect::Dated => Self::Dated,
        }
    }
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
    /// Sentences added by the notebook.
    pub notes: Vec<String>,
}

/// What is inconclusive without evidence is what the machine cannot show.
pub(super) fn could_not_judge(outcome: Outcome, evidence: &[Evidence]) -> bool {
    outcome == Outcome::Inconclusive && evidence.is_empty()
}

impl Verdict {
    /// Whether it came out as the ledger expects.
    #[must_use]
    pub fn as_expected(&self) -> bool {
        self.outcome == self.claim.expect.into()
    }

    /// Whether the course has to be mended: an exact claim came out otherwise than expected. A timing claim never
    /// counts, since the machine may be to blame; nor does one that the machine could not judge.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.claim.kind == Kind::Exact
            && !self.as_expected()
            && !could_not_judge(self.outcome, &self.evidence)
    }
}
