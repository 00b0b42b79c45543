//! What a run shows of the ledger and the exercises. A changed word is put into what was run; anything else runs the chapter again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use support::chapter::CHAPTERS;
use support::claim::{Claim, Ledger};
use support::display::{escape, with_code};
use support::exercise::{Exercise, Exercises};

use crate::{Notebook, OVERVIEW, Output, files, set_date};

/// What one chapter takes from `data/`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// What a run depends on: bounds, answers, what is expected.
    pub structure: String,
    /// What is only shown, by whose it is and its name.
    texts: BTreeMap<String, String>,
}

/// A text of a claim or an exercise that has changed.
#[derive(Debug, PartialEq)]
struct Change<'a> {
    id: &'a str,
    from: &'a str,
    to: &'a str,
}

impl Content {
    /// What the chapter takes from these.
    pub fn of(chapter: &str, claims: &[Claim], exercises: &[Exercise]) -> Self {
        let mut structure = Vec::new();
        let mut texts = BTreeMap::new();
        for claim in claims {
            let own = claim.notebook == chapter;
            if !own && chapter != OVERVIEW {
                continue;
            }
            let mut bare = claim.clone();
            let some = [
                ("why", &mut bare.why),
                ("why_zh", &mut bare.why_zh),
                ("control", &mut bare.control),
                ("control_zh", &mut bare.control_zh),
                ("uncontrolled", &mut bare.uncontrolled),
                ("uncontrolled_zh", &mut bare.uncontrolled_zh),
            ];
            let some = some
                .into_iter()
                .filter_map(|(name, text)| text.as_mut().map(|text| (name, text)));
            let always = [("en", &mut bare.en), ("zh", &mut bare.zh)];
            for (name, text) in some.chain(always) {
                texts.insert(format!("{} {name}", claim.id), std::mem::take(text));
            }
            if own {
                structure.push(format!("{bare:?}"));
            }
        }
        for exercise in exercises.iter().filter(|e| e.notebook == chapter) {
            let mut bare = exercise.clone();
            let words = [("right", &mut bare.right), ("hint", &mut bare.hint)];
            for (name, words) in words {
                texts.insert(
                    format!("{} {name}.en", bare.id),
                    std::mem::take(&mut words.en),
                );
                texts.insert(
                    format!("{} {name}.zh", bare.id),
                    std::mem::take(&mut words.zh),
                );
            }
            // Who gives a wrong answer is told; a run gives none.
            for wrong in &mut bare.wrong {
                (wrong.en, wrong.zh) = Default::default();
            }
            structure.push(format!("{bare:?}"));
        }
        Self {
            structure: structure.join("\n"),
            texts,
        }
    }

    /// The texts that have changed since then; nothing if more than a text has.
    fn since<'a>(&'a self, then: &'a Self) -> Option<Vec<Change<'a>>> {
        let same = self.structure == then.structure && self.texts.keys().eq(then.texts.keys());
        let changed = self.texts.iter().zip(then.texts.values());
        let changed = changed.filter(|((_, to), from)| to != from);
        let changed = changed.map(|((key, to), from)| Change {
            id: key.split(' ').next().unwrap_or_default(),
            from,
            to,
        });
        same.then(|| changed.collect())
    }
}

/// Puts the new words into the outputs that show them.
fn reword(notebook: &mut Notebook, changes: &[Change<'_>]) {
    let cells = notebook.cells.iter_mut();
    for output in cells.filter_map(|cell| cell.outputs.as_mut()).flatten() {
        let (Output::DisplayData(shown) | Output::ExecuteResult(shown)) = output else {
            continue;
        };
        let mimes = shown.data.keys();
        let all: String = mimes.filter_map(|mime| shown.text(mime)).collect();
        let changes = changes.iter().filter(|change| all.contains(change.id));
        for change in changes {
            for text in shown.texts_mut() {
                text.change(|line| change.made(line));
            }
        }
    }
}

impl Change<'_> {
    /// The line with the new text in place of the old, in the form that stands there.
    fn made(&self, line: &str) -> String {
        let forms: [fn(&str) -> String; 3] = [with_code, escape, ToString::to_string];
        match forms.iter().find(|form| line.contains(&form(self.from))) {
            Some(form) => line.replace(&form(self.from), &form(self.to)),
            None => line.to_owned(),
        }
    }
}

/// Brings what was run up to date with the course's ledger and exercises: `stamps/CHAPTER.needs` is written where a chapter must run
/// again, the words in `executed/CHAPTER.ipynb` where it need not. Says which chapters were reworded.
///
/// # Errors
/// A sentence with the file that cannot be read or written.
pub fn refresh(executed: &Path, stamps: &Path) -> Result<Vec<&'static str>, String> {
    let claims = Ledger::course().map_err(|e| e.to_string())?.claims();
    let exercises = Exercises::course().map_err(|e| e.to_string())?.all();
    let mut reworded = Vec::new();
    for chapter in CHAPTERS {
        let now = Content::of(chapter, claims, exercises);
        let notebook = executed.join(chapter).with_extension("ipynb");
        if bring(&now, &notebook, &stamps.join(chapter))? {
            reworded.push(chapter);
        }
    }
    Ok(reworded)
}

/// Whether words in the notebook were changed.
fn bring(now: &Content, notebook: &Path, stamp: &Path) -> Result<bool, String> {
    let (needs, shown) = (stamp.with_extension("needs"), stamp.with_extension("shown"));
    let then = fs::read(&shown)
        .ok()
        .and_then(|text| serde_json::from_slice::<Content>(&text).ok())
        .filter(|_| needs.exists());
    if then.as_ref() == Some(now) {
        return Ok(false);
    }
    let changes = then.as_ref().and_then(|then| now.since(then));
    let done = match changes {
        Some(changes) if notebook.exists() => {
            let mut now = Notebook::read(notebook)?;
            let before = now.clone();
            reword(&mut now, &changes);
            if now != before {
                // As old as it was: what it measured is.
                let modified = fs::metadata(notebook).and_then(|of| of.modified());
                now.write(notebook)?;
                modified
                    .and_then(|then| set_date(notebook, then))
                    .map_err(|e| format!("cannot date {}: {e}", notebook.display()))?;
            }
            now != before
        }
        Some(_) => false,
        None => {
            files::write(&needs, &now.structure)?;
            false
        }
    };
    let text = serde_json::to_string(now).map_err(|e| e.to_string())?;
    files::write(&shown, &text)?;
    Ok(done)
}

#[cfg(test)]
mod tests;
