//! What is wrong with notebooks, and what is taken from notebooks as they were run.

use std::path::{Path, PathBuf};

use course_tests::{Notebook, format, rules};
use support::claim::{Ledger, read_notebook};
use support::exercise::Exercises;

pub fn lay_out(notebooks: &[PathBuf]) -> Result<String, String> {
    let line = |path: &PathBuf| {
        let changed = format::rewrite(path)?;
        Ok(format!("{}: {changed} cells laid out anew", path.display()))
    };
    let lines: Result<Vec<String>, String> = notebooks.iter().map(line).collect();
    Ok(lines?.join("\n"))
}

/// The first chart of the first cell tagged `front-page`, as SVG.
pub fn front(notebooks: &[PathBuf]) -> Result<String, String> {
    for path in notebooks {
        let notebook = Notebook::read(path)?;
        let cells = notebook.code().filter(|cell| cell.tagged("front-page"));
        let mut outputs = cells.flat_map(|cell| cell.outputs());
        if let Some(svg) = outputs.find_map(|output| output.shown("image/svg+xml")) {
            return Ok(svg.to_owned());
        }
    }
    Err(format!(
        "no cell of {notebooks:?} has the tag `front-page` and a chart"
    ))
}

pub fn run(notebook: &Path, verdicts: &Path) -> Result<String, String> {
    let notebook = Notebook::read(notebook)?;
    let mut findings = rules::run(&notebook);
    let exercises = Exercises::course().map_err(|e| e.to_string())?;
    findings.extend(rules::solutions(&notebook, exercises.all()));
    let (judged, wrong) = claims(&notebook.name, verdicts)?;
    findings.extend(
        wrong
            .iter()
            .map(|what| format!("{}: {what}", notebook.name)),
    );
    if !findings.is_empty() {
        return Err(findings.join("\n"));
    }
    let cells = notebook.code().count();
    Ok(format!(
        "{}: {cells} cells, {judged} claims judged",
        notebook.name
    ))
}

/// How many claims the run judged, and what is wrong with the verdicts.
fn claims(notebook: &str, verdicts: &Path) -> Result<(usize, Vec<String>), String> {
    let records = read_notebook(verdicts, notebook).map_err(|e| e.to_string())?;
    let ledger = Ledger::course().map_err(|e| e.to_string())?;
    let findings = ledger.audit(notebook, &records);
    let judged = records
        .iter()
        .filter(|record| record.notebook == notebook)
        .count();
    Ok((judged, findings.iter().map(ToString::to_string).collect()))
}
