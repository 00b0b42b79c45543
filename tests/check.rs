//! `check EXECUTED.ipynb VERDICTS` says what is wrong with a run; `check --fmt NOTEBOOK.ipynb …` lays out code cells;
//! `check --front EXECUTED.ipynb …` prints the chart of the front page; `check --translations FOLDER` lists what is missing.

use std::path::Path;
use std::process::ExitCode;

use course_tests::{Notebook, format, rules, translations};
use support::claim::{Ledger, read_notebook};
use support::exercise::Exercises;

const USAGE: &str = "usage: check EXECUTED.ipynb VERDICTS-FOLDER\n       check --fmt NOTEBOOK.ipynb …\n       \
                     check --front EXECUTED.ipynb …\n       check --translations FOLDER";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--fmt", ref notebooks @ ..] if !notebooks.is_empty() => lay_out(notebooks),
        ["--front", ref notebooks @ ..] => front(notebooks).map_err(|e| vec![e]),
        ["--translations", folder] => translated(Path::new(folder)),
        [notebook, verdicts] => check(Path::new(notebook), Path::new(verdicts)),
        _ => Err(vec![USAGE.to_owned()]),
    };
    match result {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(findings) => {
            findings.iter().for_each(|finding| eprintln!("{finding}"));
            ExitCode::FAILURE
        }
    }
}

fn lay_out(notebooks: &[&str]) -> Result<String, Vec<String>> {
    let mut lines = Vec::new();
    for path in notebooks {
        let changed = format::rewrite(Path::new(path)).map_err(|e| vec![e])?;
        lines.push(format!("{path}: {changed} cells laid out anew"));
    }
    Ok(lines.join("\n"))
}

/// The first chart of the first cell tagged `front-page`, as SVG.
fn front(notebooks: &[&str]) -> Result<String, String> {
    for path in notebooks {
        let notebook = Notebook::read(Path::new(path))?;
        let cells = notebook.code().filter(|cell| cell.tagged("front-page"));
        let mut outputs = cells.flat_map(|cell| &cell.outputs);
        if let Some(svg) = outputs.find_map(|output| output.shown("image/svg+xml")) {
            return Ok(svg.to_owned());
        }
    }
    Err(format!(
        "no cell of {notebooks:?} has the tag `front-page` and a chart"
    ))
}

fn translated(folder: &Path) -> Result<String, Vec<String>> {
    let catalogues = translations::catalogues(folder).map_err(|e| vec![e])?;
    match translations::lacking(&catalogues) {
        Ok(lacking) if lacking.is_empty() => {
            Ok(format!("{} catalogues, all translated", catalogues.len()))
        }
        Ok(lacking) => Err(lacking),
        Err(e) => Err(vec![e]),
    }
}

fn check(notebook: &Path, verdicts: &Path) -> Result<String, Vec<String>> {
    let notebook = Notebook::read(notebook).map_err(|e| vec![e])?;
    let mut findings = rules::run(&notebook);
    let exercises = Exercises::course().map_err(|e| vec![e.to_string()])?;
    findings.extend(rules::solutions(&notebook, exercises.all()));
    let (judged, wrong) = claims(&notebook.name, verdicts).map_err(|e| vec![e])?;
    findings.extend(
        wrong
            .iter()
            .map(|what| format!("{}: {what}", notebook.name)),
    );
    if !findings.is_empty() {
        return Err(findings);
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
