//! What is wrong with the verdicts of a notebook that has just run.

use std::fmt;

use super::ledger::{Expect, Kind, Ledger};
use super::record::Record;
use super::verdict::Outcome;

/// Something that a notebook's verdicts lack or have too much of; shown as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// No cell judged this claim.
    NotJudged {
        /// The claim.
        id: String,
    },
    /// More than one cell judged this claim.
    JudgedAgain {
        /// The claim.
        id: String,
        /// How often.
        times: usize,
    },
    /// This claim belongs to another notebook.
    WrongNotebook {
        /// The claim.
        id: String,
        /// Where it was judged.
        judged_in: String,
        /// Where it belongs.
        belongs_to: String,
    },
    /// The ledger has no such claim; the record is older than the ledger.
    Unknown {
        /// The claim.
        id: String,
    },
    /// An exact claim came out otherwise than the ledger expects.
    Unexpected {
        /// The claim.
        id: String,
        /// How it came out.
        outcome: Outcome,
        /// What the ledger expects.
        expected: Expect,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJudged { id } => write!(f, "`{id}` is judged in no cell."),
            Self::JudgedAgain { id, times } => {
                write!(f, "`{id}` is judged {times} times; once is enough.")
            }
            Self::WrongNotebook {
                id,
                judged_in,
                belongs_to,
            } => {
                write!(
                    f,
                    "`{id}` is judged in {judged_in} and belongs to {belongs_to}."
                )
            }
            Self::Unknown { id } => write!(f, "`{id}` was judged and is not in data/claims.toml."),
            Self::Unexpected {
                id,
                outcome,
                expected,
            } => write!(
                f,
                "`{id}` is exact and came out as {}, expected {}: the chapter or the ledger is wrong.",
                outcome.name(),
                Outcome::from(*expected).name()
            ),
        }
    }
}

impl Ledger {
    /// Holds the records of one notebook against the ledger; records of other notebooks are passed over. This is what
    /// is run after a notebook was executed from a clean slate (its old records deleted).
    ///
    /// Which notebook judged a claim is known if the runner sets `COURSE_NOTEBOOK`.
    #[must_use]
    pub fn audit(&self, notebook: &str, records: &[Record]) -> Vec<Finding> {
        let records: Vec<_> = records
            .iter()
            .filter(|record| record.notebook == notebook)
            .collect();
        let mut findings = Vec::new();
        for claim in self
            .claims()
            .iter()
            .filter(|claim| claim.notebook == notebook)
        {
            let id = claim.id.clone();
            match records.iter().filter(|record| record.id == id).count() {
                0 => findings.push(Finding::NotJudged { id }),
                1 => {}
                times => findings.push(Finding::JudgedAgain { id, times }),
            }
        }
        for record in records {
            let id = record.id.clone();
            match self.get(&id) {
                Err(_) => findings.push(Finding::Unknown { id }),
                Ok(claim) if claim.notebook != notebook => findings.push(Finding::WrongNotebook {
                    id,
                    judged_in: notebook.into(),
                    belongs_to: claim.notebook.clone(),
                }),
                Ok(claim) if claim.kind == Kind::Exact && record.outcome != claim.expect.into() => {
                    findings.push(Finding::Unexpected {
                        id,
                        outcome: record.outcome,
                        expected: claim.expect,
                    });
                }
                Ok(_) => {}
            }
        }
        findings
    }
}
