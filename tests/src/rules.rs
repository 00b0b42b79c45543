//! What a notebook must keep to; each rule gives findings such as `01-theory cell 7: …`.

mod exercises;
mod folds;
mod titles;

use std::collections::HashSet;

use anstream::adapter::strip_str;

pub use exercises::{checks, solutions};

use crate::markdown::Heading;
use crate::{Cell, Notebook, Output};

/// The largest chart, in bytes: the repository keeps every version of it.
const CHART_BYTES: usize = 60_000;
const FIRST_LINES: [&str; 2] = [":cache 500", ":dep support = { path = \"../support\" }"];

/// How the run went: every cell in order, none with an error or stderr that it does not announce by a tag.
///
/// A panic, or an `Err` that left a cell, counts as a success for the kernel; what tells is the text on stderr.
pub fn run(notebook: &Notebook) -> Vec<String> {
    let mut findings = Vec::new();
    let mut before = None;
    for cell in notebook.code() {
        let mut find =
            |what: String| findings.push(format!("{} {}: {what}", notebook.name, cell.label));
        match (before, cell.number()) {
            (_, None) => find("was never run".to_owned()),
            (None, Some(n)) if n > 2 => find(format!("is the first but was run as number {n}")),
            (Some(last), Some(n)) if n != last + 1 => {
                find(format!("was run as number {n}, after number {last}"));
            }
            _ => {}
        }
        before = cell.number().or(before);
        for output in cell.outputs() {
            match output {
                Output::Error { evalue: text, .. } if !cell.tagged("raises-exception") => {
                    find(format!("error: {}", first_line(text)));
                }
                Output::Stream { name, text, .. }
                    if name == "stderr"
                        && !cell.tagged("stderr")
                        && !cell.tagged("raises-exception") =>
                {
                    find(first_line(text));
                }
                _ => {}
            }
        }
    }
    findings
}

/// How the notebook is made: its format, its first lines, its charts, its exercises.
pub fn form(notebook: &Notebook) -> Vec<String> {
    let name = &notebook.name;
    let mut findings = Vec::new();
    if notebook.nbformat != 4 {
        findings.push(format!("{name}: nbformat {} is not 4", notebook.nbformat));
    }
    let mut ids = HashSet::new();
    for cell in &notebook.cells {
        let mut find = |what: &str| findings.push(format!("{name} {}: {what}", cell.label));
        match &cell.id {
            None => find("has no id"),
            Some(id) if !ids.insert(id) => find(&format!("the id `{id}` is taken")),
            _ => {}
        }
        for output in cell.outputs() {
            if let Some(what) = chart(output).or_else(|| fields(output)) {
                find(&what);
            }
        }
    }
    match notebook.code().next() {
        Some(first) if begins_well(&first.source) => {
            let begin = format!("chapter::begin(\"{name}\")?;");
            if !first.source.contains(&begin) {
                findings.push(format!("{name} {}: must say `{begin}`", first.label));
            }
        }
        Some(first) => findings.push(format!(
            "{name} {}: must begin with lines that begin `{}`",
            first.label,
            FIRST_LINES.join("`, `")
        )),
        None => findings.push(format!("{name}: has no code")),
    }
    findings.extend(solved(notebook));
    findings.extend(titles::titles(notebook));
    findings.extend(folds::folds(notebook));
    findings
}

fn begins_well(source: &str) -> bool {
    let mut lines = source.lines();
    let mut begins = |with: &str| lines.next().is_some_and(|line| line.starts_with(with));
    FIRST_LINES.iter().all(|with| begins(with))
}

/// The kernel falls back to `Debug` when it has to compile a cell a second time, as for a variable that was moved.
fn fields(output: &Output) -> Option<String> {
    let (Output::DisplayData(shown) | Output::ExecuteResult(shown)) = output else {
        return None;
    };
    let mut mimes = shown.data.keys();
    let (Some(mime), None) = (mimes.next(), mimes.next()) else {
        return None;
    };
    let text = shown.text(mime)?;
    let what = [
        "Chart {",
        "Checked {",
        "Machine {",
        "Overview {",
        "Ran {",
        "Table {",
        "Verdict {",
    ];
    let what = what.iter().find(|what| text.starts_with(**what))?;
    Some(format!(
        "the kernel showed the fields of a {}: put the cell's text in `{{ }}`",
        what.trim_end_matches(" {")
    ))
}

fn chart(output: &Output) -> Option<String> {
    let svg = output.shown("image/svg+xml")?;
    let alternative = output.shown("text/plain");
    if alternative.is_none_or(|text| text.trim().is_empty()) {
        return Some("the chart has no text/plain alternative".to_owned());
    }
    let image = output.shown("text/html").unwrap_or_default();
    if !image.starts_with("<img class=\"chart\"") {
        return Some(
            "the chart is no image in HTML: Jupyter does not show it after a clone".to_owned(),
        );
    }
    if !image.contains("alt=\"") || image.contains("alt=\"\"") {
        return Some("the chart's image has no alternative text".to_owned());
    }
    (svg.len() > CHART_BYTES).then(|| {
        format!(
            "the chart has {} bytes; {CHART_BYTES} are allowed",
            svg.len()
        )
    })
}

/// There is an exercise, and each has a solution, folded by the tag `hide-cell`, before the next heading.
fn solved(notebook: &Notebook) -> Vec<String> {
    let name = &notebook.name;
    let mut open: Option<(String, &Cell)> = None;
    let mut seen = false;
    let mut findings = Vec::new();
    let unsolved = |(title, cell): (String, &Cell)| {
        format!(
            "{name} {}: \"{title}\" has no solution tagged `hide-cell`",
            cell.label
        )
    };
    for cell in &notebook.cells {
        if cell.is_code() && cell.tagged("hide-cell") {
            open = None;
        }
        for Heading { text: title, .. } in cell.headings() {
            let exercise = title.starts_with("Exercise");
            // "Exercises" may stand above the headings of the single ones.
            let group = exercise && open.as_ref().is_some_and(|(above, _)| above == "Exercises");
            if let Some(last) = open.take().filter(|_| !group) {
                findings.push(unsolved(last));
            }
            if exercise {
                seen = true;
                open = Some((title, cell));
            }
        }
    }
    findings.extend(open.map(unsolved));
    if !seen {
        findings.push(format!(
            "{name}: has no heading that begins with \"Exercise\""
        ));
    }
    findings
}

/// The first line that says something, without colours.
fn first_line(text: &str) -> String {
    let plain = strip_str(text).to_string();
    let line = plain.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or("(blank)").to_owned()
}
