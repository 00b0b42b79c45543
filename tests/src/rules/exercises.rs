//! What the exercises of a notebook must keep to: each has a check that waits for an answer, and a solution that waits for that and is
//! right.

use support::exercise::{Exercise, Want};

use crate::{Cell, Notebook};

/// The exercises of a notebook are those of the data, and each is checked in a visible cell, with `()` for the answer, and
/// solved in a folded one.
pub fn checks(notebook: &Notebook, exercises: &[Exercise]) -> Vec<String> {
    let name = &notebook.name;
    let sections = sections(notebook);
    let mut findings = Vec::new();
    for section in &sections {
        let entry = exercises.iter().find(|e| section.is_of(notebook, e));
        let missing = match entry {
            None => vec!["has no entry in data/exercises.toml".to_owned()],
            Some(exercise) => section.missing(&exercise.id),
        };
        let place = format!("{name} {}: Exercise {}", section.label, section.number);
        findings.extend(missing.iter().map(|what| format!("{place} {what}")));
    }
    for exercise in exercises.iter().filter(|e| e.notebook == *name) {
        if !sections.iter().any(|s| s.is_of(notebook, exercise)) {
            let (id, number) = (&exercise.id, exercise.number);
            findings.push(format!(
                "{name}: has no heading \"### Exercise {number}\" for `{id}` of data/exercises.toml"
            ));
        }
    }
    findings
}

/// The solutions show how they came out, and those with an exact answer are right. What is measured may go wrong by bad luck.
pub fn solutions(notebook: &Notebook, exercises: &[Exercise]) -> Vec<String> {
    let mut findings = Vec::new();
    for section in sections(notebook) {
        let Some(Exercise { id, answer, .. }) =
            exercises.iter().find(|e| section.is_of(notebook, e))
        else {
            continue;
        };
        for cell in section.cells.iter().filter(|cell| answers(cell, id)) {
            let shown = shown(cell, id);
            let what = match (shown, answer) {
                (Some(text), _) if text.starts_with('✓') => continue,
                (Some(text), Want::Measured(_)) if text.starts_with('✗') => continue,
                (Some(text), _) => format!("came out wrong: {}", text.replace('\n', " ")),
                (None, _) => {
                    "is not shown: the call of `solution` has to be the cell's last expression"
                        .to_owned()
                }
            };
            let place = format!("{} {}", notebook.name, cell.label);
            findings.push(format!("{place}: the solution of `{id}` {what}"));
        }
    }
    findings
}

/// An exercise as it stands in a notebook: its heading, and the code up to the next.
struct Section<'a> {
    number: u32,
    label: &'a str,
    cells: Vec<&'a Cell>,
}

impl Section<'_> {
    fn is_of(&self, notebook: &Notebook, exercise: &Exercise) -> bool {
        exercise.notebook == notebook.name && exercise.number == self.number
    }

    /// What the exercise lacks.
    fn missing(&self, id: &str) -> Vec<String> {
        let mut missing = Vec::new();
        let waits = self.cells.iter().position(|cell| {
            !cell.tagged("hide-cell")
                && arguments(cell, "check", id)
                    .iter()
                    .any(|a| a.starts_with("())"))
        });
        if waits.is_none() {
            missing.push(format!("has no visible cell with `check(\"{id}\", ())`"));
        }
        let after = &self.cells[waits.map_or(0, |at| at + 1)..];
        if !after.iter().any(|cell| answers(cell, id)) {
            missing.push(format!(
                "has no solution after it, tagged `hide-cell`, with `solution(\"{id}\", || …)`"
            ));
        }
        missing
    }
}

fn sections(notebook: &Notebook) -> Vec<Section<'_>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open = false;
    for cell in &notebook.cells {
        let section = sections.last_mut().filter(|_| open && cell.is_code());
        if let Some(section) = section {
            section.cells.push(cell);
        }
        for heading in cell.headings() {
            let title = heading.text.strip_prefix("Exercise ");
            let number = title.filter(|_| heading.level == 3).and_then(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_digit());
                rest[..end.unwrap_or(rest.len())].parse().ok()
            });
            open = number.is_some();
            sections.extend(number.map(|number| Section {
                number,
                label: &cell.label,
                cells: Vec::new(),
            }));
        }
    }
    sections
}

/// Whether the cell is a solution that waits for the reader's answer, as it must: *Run All* runs it too.
fn answers(cell: &Cell, id: &str) -> bool {
    cell.tagged("hide-cell")
        && arguments(cell, "check", id).is_empty()
        && !arguments(cell, "solution", id).is_empty()
}

/// What follows `check("id", ` in the cell's code, without white space: rustfmt breaks long lines.
fn arguments(cell: &Cell, function: &str, id: &str) -> Vec<String> {
    let lines = cell.source.lines().map(str::trim_start);
    let code: String = lines.filter(|line| !line.starts_with("//")).collect();
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let call = format!("{function}(\"{id}\",");
    code.split(&call).skip(1).map(str::to_owned).collect()
}

/// The text of the check of this exercise among the cell's outputs.
fn shown<'a>(cell: &'a Cell, id: &str) -> Option<&'a str> {
    cell.outputs().iter().find_map(|output| {
        let text = output.shown("text/plain")?;
        let first = text.lines().next().unwrap_or_default();
        first.split(' ').any(|word| word == id).then_some(text)
    })
}
