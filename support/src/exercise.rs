//! Exercises whose checks run.
//!
//! `data/exercises.toml` holds the exercises of the chapters: what is right and why, a hint, and the typical wrong answers
//! with their reasons, in English and Chinese. A cell checks an answer:
//!
//! ```
//! # fn main() -> Result<(), support::exercise::Error> {
//! use support::exercise::{Outcome, check};
//!
//! let unanswered = check("three-on-one-core", ())?;
//! assert_eq!(unanswered.outcome(), Outcome::Unanswered);
//!
//! let right = check("three-on-one-core", 33.3)?;
//! assert_eq!(right.outcome(), Outcome::Right);
//! assert!(right.to_string().starts_with("✓ RIGHT 正确 three-on-one-core (33.3 %)\n"));
//!
//! let half = check("three-on-one-core", 50)?;
//! assert_eq!(half.outcome(), Outcome::Wrong);
//! # Ok(())
//! # }
//! ```
//!
//! As the last expression of a cell, [`Checked`] shows itself as a box with the reason in both languages. A [`solution`] runs once there
//! was an answer.

mod answer;
mod entry;
mod exercises;
mod show;
mod solution;
#[cfg(test)]
mod tests;
mod want;

use crate::data::did_you_mean;

pub use answer::Answer;
pub use entry::{Exercise, Words, Wrong};
pub use exercises::Exercises;
pub use show::{Checked, Outcome};
pub use solution::{reveal, solution};
pub use want::Want;

/// Checks an answer to the exercise `id` of the course: `()` as long as there is none, a number, a text, `true` or `false`,
/// or a list of numbers or of texts.
///
/// An answer of the wrong kind is no error but not right, and the reason says what is wanted:
///
/// ```
/// # fn main() -> Result<(), support::exercise::Error> {
/// let checked = support::exercise::check("three-on-one-core", "a third")?;
/// assert!(checked.to_string().contains("A number is wanted, such as `4.2`."));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Unknown`], with the nearest ids, if the course has no such exercise; the file's own errors if someone has
/// broken it.
pub fn check(id: &str, answer: impl Into<Answer>) -> Result<Checked, Error> {
    let checked = Exercises::course()?.get(id)?.check(&answer.into());
    solution::note(id, checked.outcome());
    Ok(checked)
}

/// What can go wrong with an exercise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is not TOML, or something else than `[[exercise]]` tables.
    #[error(
        "the exercises cannot be read; data/exercises.toml holds `[[exercise]]` tables only: {0}"
    )]
    Toml(#[from] toml::de::Error),
    /// An entry of the file is not sound.
    #[error("exercise `{id}` in data/exercises.toml: {problem}")]
    Entry {
        /// The id of the entry, or its place in the file if it has none.
        id: String,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// No exercise has this id.
    #[error("no exercise `{id}` in data/exercises.toml{}", did_you_mean(near))]
    Unknown {
        /// The id asked for.
        id: String,
        /// Up to three ids like it, the nearest first.
        near: Vec<String>,
    },
}
