//! All claims of the ledger beside the verdicts of a run.

use std::fmt::{self, Write as _};
use std::path::Path;

use super::Error;
use super::entry::Claim;
use super::ledger::Ledger;
use super::record::{Record, read_records};
use super::show::surprise;
use super::verdict::Outcome;
use crate::display::{both, emit, escape};

/// For a claim whose chapter was not run, in English and Chinese.
const NOT_RUN: [&str; 2] = ["not run", "未运行"];

/// A claim, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What the notes say.
    pub claim: Claim,
    /// The last verdict on it, unless its chapter was not run.
    pub record: Option<Record>,
}

impl Judged {
    /// The outcome; none if its chapter was not run.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.record.as_ref().map(|record| record.outcome)
    }

    fn word(&self) -> &'static str {
        self.outcome().map_or(NOT_RUN[0], Outcome::name)
    }

    /// Whether it came out otherwise than the ledger expects.
    #[must_use]
    pub fn surprises(&self) -> bool {
        self.surprise().is_some()
    }

    fn surprise(&self) -> Option<[String; 2]> {
        (self.record.as_ref()).and_then(|record| surprise(record.outcome, record.expected))
    }
}

/// All claims, or some, with their verdicts; in a notebook it shows itself as a table.
///
/// ```
/// use support::claim::Overview;
///
/// let nothing_ran = Overview::read("no/such/folder")?;
/// assert!(nothing_ran.rows().iter().all(|row| row.outcome().is_none()));
/// # Ok::<(), support::claim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    rows: Vec<Judged>,
}

impl Overview {
    /// Every claim of the course's ledger in its order, with the verdicts that a run left in `folder`. Of several on one
    /// claim the last counts: a cell that was run again. A folder that does not exist has none.
    ///
    /// # Errors
    /// Those of [`Ledger::course`] and [`read_records`].
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let records = read_records(folder)?;
        let last = |claim: &Claim| records.iter().rev().find(|record| record.id == claim.id);
        let rows = (Ledger::course()?.claims().iter())
            .map(|claim| Judged {
                claim: claim.clone(),
                record: last(claim).cloned(),
            })
            .collect();
        Ok(Self { rows })
    }

    /// The claims, in the order of the ledger.
    #[must_use]
    pub fn rows(&self) -> &[Judged] {
        &self.rows
    }

    /// The names of the notebooks that have claims, in their order.
    #[must_use]
    pub fn notebooks(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.rows.iter().map(|row| &*row.claim.notebook).collect();
        names.dedup();
        names
    }

    /// How many came out so; `None` counts those that were not run.
    #[must_use]
    pub fn count(&self, outcome: impl Into<Option<Outcome>>) -> usize {
        let outcome = outcome.into();
        let so = self.rows.iter().filter(|row| row.outcome() == outcome);
        so.count()
    }

    /// Those for which `keep` is true.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&Judged) -> bool) -> Self {
        Self {
            rows: self.rows.iter().filter(|row| keep(row)).cloned().collect(),
        }
    }

    /// Shows the table as the output of a notebook cell; the evcxr kernel calls it.
    pub fn evcxr_display(&self) {
        emit(&[
            ("text/html", &self.html()),
            ("text/plain", &self.to_string()),
        ]);
    }

    fn html(&self) -> String {
        const CELL: &str = "style=\"text-align:left;vertical-align:top;padding:.4em .8em .4em 0\"";
        let mut html = String::from("<table class=\"course-table verdicts\"><thead><tr>");
        // Writing to a String cannot fail.
        for head in [
            ["Verdict", "判定"],
            ["The notes say", "笔记的说法"],
            ["Measured", "实测"],
        ] {
            let _ = write!(html, "<th scope=\"col\" {CELL}>{}</th>", both(head));
        }
        html.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            let claim = &row.claim;
            let badge = match &row.record {
                Some(record) => record.outcome.badge_html(),
                None => both(NOT_RUN),
            };
            let [id, notebook] = [&claim.id, &claim.notebook].map(|text| escape(text));
            let _ = write!(
                html,
                "<tr data-claim=\"{id}\" data-outcome=\"{}\"><td {CELL}>{badge}<br><a href=\"{notebook}.ipynb#claim-{id}\">{id}</a></td>\
                 <td {CELL}>{}</td><td {CELL}>",
                row.word(),
                both([&claim.en, &claim.zh])
            );
            for evidence in row.record.iter().flat_map(|record| &record.evidence) {
                let _ = write!(html, "<div>{}</div>", escape(&evidence.to_string()));
            }
            let correction =
                (row.record.as_ref()).and_then(|record| claim.correction(record.outcome));
            for said in [correction, row.surprise()].into_iter().flatten() {
                let _ = write!(html, "<div>{}</div>", both(said));
            }
            html.push_str("</td></tr>");
        }
        html.push_str("</tbody></table>");
        html
    }
}

/// A line for each claim: verdict, id, and what the notes say.
impl fmt::Display for Overview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, row) in self.rows.iter().enumerate() {
            let end = if n == 0 { "" } else { "\n" };
            let (outcome, claim) = (row.word(), &row.claim);
            write!(f, "{end}{outcome:12} {:32} {}", claim.id, claim.en)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::judging::Judging;
    use super::*;
    use crate::measure::Samples;

    #[test]
    fn the_last_verdict_counts_and_the_rest_was_not_run() {
        let folder = std::env::temp_dir().join(format!("course-overview-{}", std::process::id()));
        let claims = Ledger::course().unwrap().claims();
        let of_bounds = claims.iter().find(|claim| claim.bounds.len() == 1);
        let of_bounds = of_bounds.unwrap().clone();
        let uncontrolled = Claim {
            control: None,
            ..of_bounds.clone()
        };
        for value in [1e9, 0.25] {
            let verdict = Judging::new(uncontrolled.clone())
                .measured(&of_bounds.bounds[0].what, Samples::new([value; 6]))
                .decide()
                .unwrap();
            Record::new(&verdict, None).append_to(&folder).unwrap();
        }
        let run = Overview::read(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();

        assert_eq!(run.rows().len(), claims.len());
        assert_eq!(run.count(None), claims.len() - 1);
        let one = run.filter(|row| row.record.is_some());
        let [row] = one.rows() else { panic!("{one}") };
        assert_eq!(row.claim, of_bounds);
        let html = one.html();
        assert!(html.contains(": 0.250"), "{html}");
        let link = format!(
            "href=\"{0}.ipynb#claim-{1}\"",
            of_bounds.notebook, of_bounds.id
        );
        assert!(html.contains(&link), "{html}");
        assert_eq!(run.notebooks().first(), Some(&"01-theory"));
    }
}
