//! What is wrong with the verdicts of a notebook that has just run.

use std::fmt;

use super::entry::{Expect, Kind};
use super::evidence::Evidence;
use super::ledger::Ledger;
use super::record::Record;
use super::verdict::{Outcome, is_useless, was_read, wrong};
use crate::chapter::CHAPTERS;

/// Something that a notebook's verdicts lack or have too much of; shown as a sentence.
#[derive(Debug, Clone, PartialEq)]
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
    /// Exact evidence is wrong, in a claim of whatever kind.
    WrongExact {
        /// The claim.
        id: String,
        /// The evidence.
        evidence: Evidence,
    },
    /// The control comes out the same way: the claim shows nothing.
    ControlKept {
        /// The claim.
        id: String,
        /// What was kept.
        evidence: Evidence,
    },
    /// The ledger gives neither a control nor a reason why there is none.
    Uncontrolled {
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
            Self::WrongExact { id, evidence } => {
                write!(f, "`{id}` has exact evidence that is wrong: {evidence}.")
            }
            Self::ControlKept { id, evidence } => write!(
                f,
                "`{id}` comes out the same under its control, so it shows nothing: {evidence}."
            ),
            Self::Uncontrolled { id } => write!(
                f,
                "`{id}` has no control in data/claims.toml: say what is done otherwise (`control`), or why nothing can be (`uncontrolled`)."
            ),
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
            let said = claim.control.is_some()
                || claim.uncontrolled.is_some()
                || claim.expect == Expect::Depends;
            // Chapters 4 to 8 are still to be given theirs.
            if !said && !CHAPTERS[3..8].contains(&notebook) {
                findings.push(Finding::Uncontrolled {
                    id: claim.id.clone(),
                });
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
                Ok(_) if record.outcome == Outcome::NotApplicable => {}
                Ok(claim)
                    if claim.kind == Kind::Exact
                        && record.outcome != claim.expect.into()
                        && !was_read(record.outcome, &record.evidence) =>
                {
                    findings.push(Finding::Unexpected {
                        id,
                        outcome: record.outcome,
                        expected: claim.expect,
                    });
                }
                Ok(claim) => {
                    let (exact, control) = wrong(claim.expect, &record.evidence, &record.controls);
                    if let Some(evidence) = exact.cloned() {
                        findings.push(Finding::WrongExact {
                            id: id.clone(),
                            evidence,
                        });
                    }
                    let control = control.filter(|control| is_useless(claim.expect, control));
                    if let Some(evidence) = control.cloned() {
                        findings.push(Finding::ControlKept { id, evidence });
                    }
                }
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
                 expect = \"holds\"\nuncontrolled = \"Why.\"\nuncontrolled_zh = \"故。\"\n{rest}\n"
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
            conditions: Vec::new(),
            controls: Vec::new(),
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

    fn piece(got: i32) -> Evidence {
        Evidence::Exact {
            what: "count".into(),
            got: got.to_string(),
            want: "2".into(),
            equal: got == 2,
        }
    }

    #[test]
    fn what_a_machine_cannot_show_is_no_finding_and_what_it_leaves_open_is() {
        for (outcome, found) in [(Outcome::NotApplicable, 0), (Outcome::Inconclusive, 1)] {
            let records = [
                record("ratio", "01-a", Outcome::Holds),
                record("order", "01-a", outcome),
            ];
            assert_eq!(findings(&records).len(), found, "{outcome:?}");
        }
    }

    /// A machine without Python is no fault of the course.
    #[test]
    fn what_was_read_leaves_an_exact_claim_open() {
        let read = Evidence::Read {
            read: Box::new(piece(3)),
            source: "CPython 3.11, another machine".into(),
        };
        let order = Record {
            evidence: vec![piece(2), read],
            ..record("order", "01-a", Outcome::Inconclusive)
        };
        let line = serde_json::to_string(&order).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), order);
        let ratio = record("ratio", "01-a", Outcome::Holds);
        assert_eq!(findings(&[order, ratio]), [""; 0]);
    }

    #[test]
    fn a_wrong_exact_value_is_found_in_a_timing_claim_and_a_control_that_keeps_it_too() {
        let with = |evidence: i32, control: i32| {
            let order = record("order", "01-a", Outcome::Holds);
            let ratio = Record {
                evidence: vec![piece(evidence)],
                controls: vec![piece(control)],
                ..record("ratio", "01-a", Outcome::Holds)
            };
            findings(&[order, ratio])
        };
        assert_eq!(with(2, 3), [""; 0]);
        assert_eq!(
            with(1, 3),
            ["`ratio` has exact evidence that is wrong: count: 1, stated as 2."]
        );
        assert_eq!(
            with(2, 2),
            [
                "`ratio` comes out the same under its control, so it shows nothing: count: 2, as stated."
            ]
        );
    }

    #[test]
    fn a_claim_without_control_is_found() {
        let text = "[[claim]]\nid = \"order\"\nnotebook = \"01-a\"\nsection = \"节\"\nen = \"So.\"\nzh = \"是。\"\n\
                    expect = \"holds\"\nkind = \"exact\"\n";
        let ledger = Ledger::parse(text).unwrap();
        let found = ledger.audit("01-a", &[record("order", "01-a", Outcome::Holds)]);
        assert_eq!(found, [Finding::Uncontrolled { id: "order".into() }]);
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
