//! What is wrong with the verdicts of a notebook that has just run.

use std::fmt;

use super::entry::{Expect, Kind};
use super::ledger::Ledger;
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
                Ok(_) if record.could_not_judge() => {}
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

#[cfg(test)]
mod tests {
    use super::super::evidence::Evidence;
    use super::*;

    fn ledger() -> Ledger {
        let entry = |id, notebook, rest| {
            format!(
                "[[claim]]\nid = \"{id}\"\nnotebook = \"{notebook}\"\nsection = \"节\"\nen = \"So.\"\nzh = \"是。\"\n\
                 expect = \"holds\"\n{rest}\n"
            )
        };
        let exact = "kind = \"exact\"";
        let timing = "kind = \"timing\"\nbounds = [{ what = \"r\", at-most = 1.0, margin = 0.1 }]";
        let text = [
            entry("order", "01-a", exact),
            entry("ratio", "01-a", timing),
            entry("count", "02-b", exact),
        ];
        Ledger::parse(&text.concat()).unwrap()
    }

    fn record(id: &str, notebook: &str, outcome: Outcome) -> Record {
        Record {
            id: id.into(),
            notebook: notebook.into(),
            outcome,
            expected: Expect::Holds,
            kind: Kind::Exact,
            evidence: Vec::new(),
            note: String::new(),
        }
    }

    fn findings(records: &[Record]) -> Vec<String> {
        ledger()
            .audit("01-a", records)
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn a_full_set_has_no_findings() {
        let none: [String; 0] = [];
        // A timing claim may come out any way, and other notebooks are looked at on their own.
        for outcome in [Outcome::Holds, Outcome::Refuted, Outcome::Inconclusive] {
            let records = [
                record("ratio", "01-a", outcome),
                record("order", "01-a", Outcome::Holds),
                record("count", "02-b", Outcome::Refuted),
            ];
            assert_eq!(findings(&records), none);
        }
    }

    #[test]
    fn what_a_machine_cannot_show_is_no_finding_and_what_it_leaves_open_is() {
        let records = |evidence| {
            let order = record("order", "01-a", Outcome::Inconclusive);
            [
                record("ratio", "01-a", Outcome::Holds),
                Record { evidence, ..order },
            ]
        };
        assert_eq!(findings(&records(Vec::new())), [""; 0]);
        let open = Evidence::Exact {
            what: "a".into(),
            got: "1".into(),
            want: "2".into(),
            equal: false,
        };
        assert_eq!(findings(&records(vec![open])).len(), 1);
    }

    #[test]
    fn every_gap_is_found() {
        assert_eq!(
            findings(&[]),
            [
                "`order` is judged in no cell.",
                "`ratio` is judged in no cell."
            ]
        );
        let records = [
            record("ratio", "01-a", Outcome::Holds),
            record("ratio", "01-a", Outcome::Holds),
            record("order", "01-a", Outcome::Refuted),
            record("count", "01-a", Outcome::Holds),
            record("gone", "01-a", Outcome::Holds),
        ];
        assert_eq!(
            findings(&records),
            [
                "`ratio` is judged 2 times; once is enough.",
                "`order` is exact and came out as refuted, expected holds: the chapter or the ledger is wrong.",
                "`count` is judged in 01-a and belongs to 02-b.",
                "`gone` was judged and is not in data/claims.toml.",
            ]
        );
    }
}
