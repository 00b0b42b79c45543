//! How often verdicts flip.

use std::collections::BTreeMap;
use std::{fmt, fs};

use serde::{Deserialize, Serialize};

use super::verdict::Outcome;

/// How often each claim came out how, when all chapters were run many times on one machine; `make repeat` writes it.
///
/// ```
/// use support::claim::{Outcome, Repeated};
///
/// let text = r#"{"runs": 2, "machine": "2 cores", "day": "2026-11-27", "outcomes": {"order": {"holds": 1, "inconclusive": 1}}}"#;
/// let repeated = Repeated::parse(text)?;
/// assert_eq!(repeated.count("order", Outcome::Holds), 1);
/// assert_eq!(repeated.flips().collect::<Vec<_>>(), ["order"]);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    /// How often the chapters were run.
    pub runs: u32,
    /// The machine, as lines of name and value.
    pub machine: String,
    /// The day, as in 2026-11-27.
    pub day: String,
    /// How often each outcome, by claim.
    pub outcomes: BTreeMap<String, BTreeMap<Outcome, u32>>,
    /// How often a chapter did not come to its end.
    #[serde(default)]
    pub broken: BTreeMap<String, u32>,
}

impl Repeated {
    /// Reads what `make repeat` wrote.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|e| format!("no outcomes of repeated runs: {e}"))
    }

    /// What was committed with this course: `data/repeat.json` beside the crate's source, as it is now.
    ///
    /// ```no_run
    /// println!("{}", support::claim::Repeated::committed()?);
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// A sentence that says which file cannot be read, or what is wrong with it.
    pub fn committed() -> Result<Self, String> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/repeat.json");
        let text = fs::read_to_string(file);
        Self::parse(&text.map_err(|e| format!("{file}: {e}; `make repeat` writes it"))?)
    }

    /// How often the claim came out so.
    #[must_use]
    pub fn count(&self, id: &str, outcome: Outcome) -> u32 {
        let of_claim = self.outcomes.get(id);
        of_claim
            .and_then(|counts| counts.get(&outcome))
            .copied()
            .unwrap_or_default()
    }

    /// The claims that did not always come out the same way.
    pub fn flips(&self) -> impl Iterator<Item = &str> {
        let more = self.outcomes.iter().filter(|(_, counts)| counts.len() > 1);
        more.map(|(id, _)| id.as_str())
    }
}

/// A line for each claim that did not always come out the same way.
impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let always = self.outcomes.len() - self.flips().count();
        write!(
            f,
            "{} runs: {always} of {} claims came out the same way each time",
            self.runs,
            self.outcomes.len()
        )?;
        for id in self.flips() {
            write!(f, "\n{id}:")?;
            for outcome in Outcome::ALL {
                match self.count(id, outcome) {
                    0 => {}
                    n => write!(f, " {} {n}", outcome.name())?,
                }
            }
        }
        for (chapter, times) in &self.broken {
            write!(f, "\n{chapter} did not come to its end {times} times")?;
        }
        Ok(())
    }
}
