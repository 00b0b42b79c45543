//! What the notes say, and verdicts on it.
//!
//! The ledger `data/claims.toml` holds every statement of the notes that the course puts to the test. A notebook takes
//! one by its id, adds the evidence that it has just measured, and judges it once:
//!
//! ```
//! # fn main() -> Result<(), support::claim::Error> {
//! use support::claim::claim;
//! use support::measure::Samples;
//!
//! let ratios = Samples::new([1.01, 1.02, 1.02, 1.03, 1.03, 1.04]);
//! let verdict = claim("overlap-takes-the-longest")?
//!     .measured("overlapped / longest", ratios)
//!     .control("overlapped / longest", Samples::new([2.5; 6]))
//!     .judge()?;
//! assert!(verdict.as_expected());
//! # Ok(())
//! # }
//! ```
//!
//! As the last expression of a cell, the [`Verdict`] shows itself as a box with its numbers.

mod audit;
mod entry;
mod evidence;
mod figure;
mod judging;
mod ledger;
mod need;
mod overview;
mod record;
mod repeated;
mod show;
mod verdict;

use std::path::PathBuf;

use crate::data::{did_you_mean, quoted};
pub use audit::Finding;
pub use entry::{Bound, Claim, Expect, Kind, Limit};
pub use evidence::{Evidence, Measured, Truth};
pub use judging::Judging;
pub use ledger::Ledger;
pub use need::Need;
pub use overview::{Judged, Overview};
pub use record::{NOTEBOOK_VARIABLE, Record, VERDICTS_VARIABLE, read_notebook, read_records};
pub use repeated::Repeated;
pub use verdict::{Condition, Outcome, Verdict};

/// Starts the judging of the claim `id` of the course's ledger.
///
/// # Errors
/// [`Error::UnknownClaim`], with the nearest ids, if the ledger has no such claim; the ledger's own errors if someone
/// has broken it.
pub fn claim(id: &str) -> Result<Judging, Error> {
    Ok(Judging::new(Ledger::course()?.get(id)?.clone()))
}

/// What can go wrong with the ledger, a judging, or the records.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The ledger is not TOML, or something else than `[[claim]]` tables.
    #[error("the ledger cannot be read; data/claims.toml holds `[[claim]]` tables only: {0}")]
    Toml(#[from] toml::de::Error),
    /// An entry of the ledger is not sound.
    #[error("claim `{id}` in data/claims.toml: {problem}")]
    Entry {
        /// The id of the entry, or its place in the file if it has none.
        id: String,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// No claim has this id.
    #[error("no claim `{id}` in data/claims.toml{}", did_you_mean(near))]
    UnknownClaim {
        /// The id asked for.
        id: String,
        /// Up to three ids like it, the nearest first.
        near: Vec<String>,
    },
    /// The ledger has no bound of this name for the claim.
    #[error("claim `{id}` has no bound `{what}`; {}", valid_names(valid))]
    UnknownBound {
        /// The claim.
        id: String,
        /// The name given to `measured`.
        what: String,
        /// The names of the claim's bounds.
        valid: Vec<String>,
    },
    /// The same bound was measured twice.
    #[error(
        "claim `{id}`: `{what}` was measured twice; keep one call of `measured` for each bound"
    )]
    MeasuredTwice {
        /// The claim.
        id: String,
        /// The bound.
        what: String,
    },
    /// A bound of the claim has no measurement.
    #[error(
        "claim `{id}`: nothing was measured for `{what}`; add `.measured({what:?}, …)` before `.judge()`"
    )]
    Unmeasured {
        /// The claim.
        id: String,
        /// The bound.
        what: String,
    },
    /// An exact claim has no exact evidence.
    #[error(
        "claim `{id}` is exact and has no evidence; add `.exact(what, got, want)` before `.judge()`"
    )]
    NoExactEvidence {
        /// The claim.
        id: String,
    },
    /// The ledger names a control, and there is none.
    #[error(
        "claim `{id}` has a control in data/claims.toml; add `.control(what, …)` or `.control_exact(what, got, want)` before `.judge()`"
    )]
    Uncontrolled {
        /// The claim.
        id: String,
    },
    /// There is a control that the ledger does not name.
    #[error("claim `{id}` names no control in data/claims.toml: say there what was done otherwise")]
    UnknownControl {
        /// The claim.
        id: String,
    },
    /// A record could not be written or read.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A line of a record file is not a record.
    #[error("{}, line {line} is not the record of a verdict (delete the file and run its notebook again): {source}", path.display())]
    BadRecord {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// Why it cannot be read.
        source: serde_json::Error,
    },
}

fn valid_names(valid: &[String]) -> String {
    if valid.is_empty() {
        "it is exact: use `.exact(what, got, want)`".into()
    } else {
        format!("its bounds are {}", quoted(valid, ", "))
    }
}
