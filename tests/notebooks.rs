//! The committed notebooks: well-formed, run, formatted, and ending with exercises; and the rules themselves.

use course_tests::{Notebook, format, notebooks, root, rules, translations};
use serde_json::{Value, json};

#[test]
fn every_notebook_keeps_the_rules() {
    let paths = notebooks(&root().join("notebooks")).expect("the folder `notebooks` is there");
    assert!(!paths.is_empty(), "no notebook is there to be judged");
    let mut findings = Vec::new();
    for path in paths {
        match Notebook::read(&path) {
            Ok(notebook) => {
                findings.extend(rules::form(&notebook));
                findings.extend(rules::run(&notebook));
                findings.extend(format::findings(&notebook));
            }
            Err(e) => findings.push(e),
        }
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// The site's style sheet has the colours that the charts need on a dark page.
#[test]
fn the_site_knows_the_dark_colours_of_charts() {
    let path = root().join("notebooks/_static/course.css");
    let css = std::fs::read_to_string(&path).expect("the style sheet is there");
    for (variable, colour) in support::chart::DARK {
        let line = format!("{variable}: {colour};");
        assert!(css.contains(&line), "{} lacks `{line}`", path.display());
    }
}

/// Every page has a catalogue, and each is complete. That it is of the text as it stands, the site's tests see.
#[test]
fn everything_is_translated() {
    let folder = root().join("notebooks/locale/zh_CN/LC_MESSAGES");
    let mut pages = notebooks(&root().join("notebooks")).expect("the folder `notebooks` is there");
    pages.extend(["index", "glossary"].map(|page| folder.join(page)));
    let mut lacking = Vec::new();
    for page in pages {
        let catalogue = folder.join(page.file_stem().unwrap_or_default());
        match translations::lacking(&catalogue.with_extension("po")) {
            Ok(found) => lacking.extend(found),
            Err(e) => lacking.push(e),
        }
    }
    assert!(lacking.is_empty(), "\n{}\n", lacking.join("\n"));
}

#[test]
fn what_is_shown_by_its_fields_is_found() {
    for what in ["Chart", "Verdict"] {
        let shown = format!("{what} {{ title: \"…");
        let output = json!([{"output_type": "execute_result", "data": {"text/plain": shown},
                             "metadata": {}, "execution_count": 2}]);
        let findings = rules::form(&made(&[(&[], json!(2), output)]));
        let want = format!("the fields of a {what}: put the cell's text in `{{ }}`");
        assert!(findings.iter().any(|f| f.contains(&want)), "{findings:?}");
    }
}

/// A notebook of code cells: tags, execution count, outputs.
fn made(cells: &[(&[&str], Value, Value)]) -> Notebook {
    let cells: Vec<Value> = cells
        .iter()
        .enumerate()
        .map(|(i, (tags, count, outputs))| {
            json!({"cell_type": "code", "id": format!("c{i}"), "source": "1", "metadata": {"tags": tags},
                   "execution_count": count, "outputs": outputs})
        })
        .collect();
    parsed(json!(cells)).expect("well-formed")
}

fn parsed(cells: Value) -> Result<Notebook, String> {
    let whole = json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells});
    Notebook::parse("09-bad", &whole.to_string())
}

#[test]
fn a_panic_is_found() {
    let stderr = json!([{"output_type": "stream", "name": "stderr",
                         "text": ["\n", "\u{1b}[31mthread 'main' panicked at\u{1b}[0m src\n", "more"]}]);
    let notebook = made(&[(&[], json!(2), stderr.clone())]);
    assert_eq!(
        rules::run(&notebook),
        ["09-bad cell 1: thread 'main' panicked at src"]
    );
    for tag in ["stderr", "raises-exception"] {
        assert!(rules::run(&made(&[(&[tag], json!(2), stderr.clone())])).is_empty());
    }
}

#[test]
fn an_err_that_left_the_cell_is_found() {
    let stderr = json!([{"output_type": "stream", "name": "stderr", "text": "No such file"}]);
    let notebook = made(&[(&[], json!(1), json!([])), (&[], json!(2), stderr)]);
    assert_eq!(rules::run(&notebook), ["09-bad cell 2: No such file"]);
}

#[test]
fn an_untagged_error_is_found() {
    let error =
        json!([{"output_type": "error", "ename": "E", "evalue": "borrowed", "traceback": []}]);
    let notebook = made(&[(&[], json!(1), error.clone())]);
    assert_eq!(rules::run(&notebook), ["09-bad cell 1: error: borrowed"]);
    // The tag for stderr does not cover an error.
    assert_eq!(
        rules::run(&made(&[(&["stderr"], json!(1), error.clone())])).len(),
        1
    );
    assert!(rules::run(&made(&[(&["raises-exception"], json!(1), error)])).is_empty());
}

#[test]
fn a_gap_in_the_numbering_is_found() {
    let run = |counts: &[Value]| {
        let cells: Vec<_> = counts
            .iter()
            .map(|n| (&[][..], n.clone(), json!([])))
            .collect();
        rules::run(&made(&cells))
    };
    assert!(run(&[json!(1), json!(2)]).is_empty());
    assert!(run(&[json!(2), json!(3)]).is_empty());
    assert_eq!(
        run(&[json!(2), json!(4)]),
        ["09-bad cell 2: was run as number 4, after number 2"]
    );
    assert_eq!(
        run(&[json!(3)]),
        ["09-bad cell 1: is the first but was run as number 3"]
    );
    assert_eq!(
        run(&[json!(1), json!(null)]),
        ["09-bad cell 2: was never run"]
    );
}

#[test]
fn a_malformed_cell_is_named() {
    let cell = json!([{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": []}]);
    assert_eq!(
        parsed(cell).unwrap_err(),
        "09-bad cell 1: `source` is no text"
    );
}

#[test]
fn bad_form_is_found() {
    let chart = json!([{"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": "<svg/>"}}]);
    let notebook = parsed(json!([
        {"cell_type": "code", "id": "a", "source": "1", "metadata": {}, "execution_count": 1, "outputs": chart},
        {"cell_type": "markdown", "id": "a", "source": "## Exercises\n### Exercise 1", "metadata": {}},
        {"cell_type": "markdown", "metadata": {}, "source": "## Next"},
    ]));
    let found = rules::form(&notebook.expect("well-formed"));
    let want = [
        "09-bad cell 1: the chart has no text/plain alternative",
        "09-bad text after cell 1: the id `a` is taken",
        "09-bad text after cell 1: has no id",
        "09-bad cell 1: must begin with lines that begin `:cache 500`, `:dep support = { path = \"../support\", default-features = false`",
        "09-bad text after cell 1: \"Exercise 1\" has no solution tagged `hide-cell`",
    ];
    assert_eq!(found, want);
}
