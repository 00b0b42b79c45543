//! Solutions that wait for the reader's own answer: *Run All* runs every cell, and would show them all.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::answer::Answer;
use super::entry::Words;
use super::exercises::Exercises;
use super::show::{Checked, Outcome};

/// With this in the environment, every solution is shown.
const SHOWN: &str = "COURSE_SOLUTIONS";

/// The kernel's own folder, which `make`'s kernel has for itself as long as it lives. Cells share no statics, so what one leaves for
/// another stands there.
const SESSION: &str = "EVCXR_TMPDIR";

/// Runs a solution of the exercise `id` and checks what it gives, if [`check`](super::check) has had an answer to it in this session of
/// the kernel, or `COURSE_SOLUTIONS` is in the environment. Otherwise nothing runs, and what is shown says how to see it: with a kernel
/// that `make` did not install, by [`reveal`] only.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use support::exercise::{Outcome, solution};
///
/// let checked = solution("three-on-one-core", || Ok(100.0 / 3.0))?;
/// assert_eq!(checked.outcome(), Outcome::Unanswered);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of [`check`](super::check), and those of `solve`.
pub fn solution<A: Into<Answer>>(
    id: &str,
    solve: impl FnOnce() -> Result<A, Box<dyn Error>>,
) -> Result<Checked, Box<dyn Error>> {
    if std::env::var_os(SHOWN).is_some() || was_answered(session().as_deref(), id) {
        return reveal(id, solve);
    }
    let exercise = Exercises::course()?.get(id)?;
    let why = Words::new(
        "The solution waits for your answer: check one above, then run this cell again. To see it without, \
         write `support::exercise::reveal` in place of `solution`.",
        "解答要等你先作答：请在上面检查一个答案，再运行本单元。若想直接查看，请把 `solution` 改成 `support::exercise::reveal`。",
    );
    let waits = Checked::new(
        &exercise.id,
        Outcome::Unanswered,
        &Answer::Unanswered,
        None,
        why,
    );
    Ok(waits)
}

/// Runs a solution of the exercise `id` at once, and checks what it gives.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use support::exercise::{Outcome, reveal};
///
/// assert_eq!(reveal("three-on-one-core", || Ok(100.0 / 3.0))?.outcome(), Outcome::Right);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of [`check`](super::check), and those of `solve`.
pub fn reveal<A: Into<Answer>>(
    id: &str,
    solve: impl FnOnce() -> Result<A, Box<dyn Error>>,
) -> Result<Checked, Box<dyn Error>> {
    let exercise = Exercises::course()?.get(id)?;
    Ok(exercise.check(&solve()?.into()))
}

/// Remembers for this session whether the reader has answered. Where that cannot be written down, solutions stay shut.
pub(super) fn note(id: &str, outcome: Outcome) {
    if let Some(folder) = session() {
        note_in(&folder, id, outcome);
    }
}

fn session() -> Option<PathBuf> {
    std::env::var_os(SESSION).map(|folder| Path::new(&folder).join("answered"))
}

fn note_in(folder: &Path, id: &str, outcome: Outcome) {
    let file = folder.join(id);
    let noted = match outcome {
        Outcome::Unanswered => fs::remove_file(&file).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }),
        _ => fs::create_dir_all(folder).and_then(|()| fs::write(&file, outcome.name())),
    };
    if let Err(error) = noted {
        eprintln!(
            "the solution will not open by itself: cannot write {}: {error}",
            file.display()
        );
    }
}

fn was_answered(folder: Option<&Path>, id: &str) -> bool {
    folder.is_some_and(|folder| folder.join(id).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_opens_its_own_solution_until_it_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("answered");
        let open = |id| was_answered(Some(&folder), id);
        assert!(!open("one"));
        note_in(&folder, "one", Outcome::Unanswered);
        assert!(!open("one"));
        for outcome in [Outcome::Wrong, Outcome::Right] {
            note_in(&folder, "one", outcome);
            assert!(open("one") && !open("two"));
            note_in(&folder, "one", Outcome::Unanswered);
            assert!(!open("one"));
        }
        assert!(!was_answered(None, "one"));
    }

    #[test]
    fn what_is_shut_does_not_run() {
        let shut = solution("three-on-one-core", || -> Result<f64, _> {
            panic!("it runs")
        });
        let shown = shut.unwrap().to_string();
        assert!(
            !shown.contains("RIGHT") && shown.contains("reveal` in place"),
            "{shown}"
        );
        assert!(solution("no-such-exercise", || Ok(1)).is_err());
        assert!(
            reveal("three-on-one-core", || -> Result<f64, _> {
                Err("no".into())
            })
            .is_err()
        );
    }
}
