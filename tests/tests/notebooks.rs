//! The committed notebooks: well-formed, run, formatted, and ending with exercises; and the rules themselves.

use std::path::PathBuf;

use course_tests::{Notebook, format, markdown, notebooks, root, rules, translations};
use serde_json::{Value, json};
use support::exercise::Exercises;

#[test]
fn every_notebook_keeps_the_rules() {
    let notebooks = committed();
    let findings: Vec<String> = notebooks
        .iter()
        .flat_map(|notebook| {
            [
                rules::form(notebook),
                rules::run(notebook),
                format::findings(notebook),
            ]
        })
        .flatten()
        .collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn every_exercise_is_checked() {
    let exercises = Exercises::course().expect("data/exercises.toml is sound");
    let exercises = exercises.all();
    let notebooks = committed();
    let mut findings: Vec<String> = notebooks
        .iter()
        .flat_map(|notebook| {
            [
                rules::checks(notebook, exercises),
                rules::solutions(notebook, exercises),
            ]
        })
        .flatten()
        .collect();
    for exercise in exercises {
        if !notebooks.iter().any(|n| n.name == exercise.notebook) {
            let (id, notebook) = (&exercise.id, &exercise.notebook);
            findings.push(format!("`{id}`: there is no notebook {notebook}"));
        }
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// The committed notebooks.
fn committed() -> Vec<Notebook> {
    let paths = notebooks(&root().join("notebooks")).expect("the folder `notebooks` is there");
    assert!(!paths.is_empty(), "no notebook is there to be judged");
    let read = |path: &PathBuf| Notebook::read(path).unwrap_or_else(|e| panic!("{e}"));
    paths.iter().map(read).collect()
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

/// Every page has a catalogue, and each catalogue is complete. That it is of the text as it stands, the site's tests see.
#[test]
fn everything_is_translated() {
    let folder = root().join("notebooks/locale/zh_CN/LC_MESSAGES");
    let mut pages = notebooks(&root().join("notebooks")).expect("the folder `notebooks` is there");
    pages.extend(["index", "glossary"].map(|page| folder.join(page)));
    let catalogues = translations::catalogues(&folder).expect("the folder can be read");
    for page in pages {
        let catalogue = folder.join(page.file_stem().unwrap_or_default());
        let catalogue = catalogue.with_extension("po");
        assert!(catalogues.contains(&catalogue), "{}", catalogue.display());
    }
    let lacking = translations::lacking(&catalogues).expect("every catalogue can be read");
    assert!(lacking.is_empty(), "\n{}\n", lacking.join("\n"));
}

/// JupyterLab opens the page of words and goes to the heading whose name, with its capitals, stands in the link.
#[test]
fn links_to_words_lead_there_in_jupyterlab() {
    let folder = root().join("notebooks");
    let words = std::fs::read_to_string(folder.join("glossary.md")).expect("it is there");
    let names: Vec<String> = markdown::headings(&words)
        .into_iter()
        .filter(|heading| heading.level > 1)
        .map(|heading| heading.text.replace(' ', "-"))
        .collect();
    for notebook in committed() {
        let links = notebook
            .texts()
            .flat_map(|cell| markdown::links(&cell.source));
        for link in links {
            let name = link.strip_prefix("glossary.md#");
            let leads = name.is_none_or(|name| names.iter().any(|n| n == name));
            assert!(leads, "{}: `{link}`", notebook.name);
        }
    }
}

#[test]
fn what_is_shown_by_its_fields_is_found() {
    for what in ["Chart", "Verdict", "Checked"] {
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
fn bad_form_is_found() {
    let shown = |data: Value| json!({"output_type": "display_data", "metadata": {}, "data": data});
    // `<svg/>`
    let image = "<img class=\"chart\" alt=\"\" src=\"data:image/svg+xml;base64,PHN2Zy8+\">";
    let text = "what is drawn";
    let chart = json!([
        shown(json!({"text/html": image, "image/svg+xml": "<svg/>"})),
        shown(json!({"text/html": image, "image/svg+xml": "<svg/>", "text/plain": text})),
        shown(json!({"image/svg+xml": "<svg/>", "text/plain": text})),
    ]);
    let notebook = parsed(json!([
        {"cell_type": "code", "id": "a", "source": "1", "metadata": {}, "execution_count": 1, "outputs": chart},
        {"cell_type": "markdown", "id": "a", "source": "## Exercises\n### Exercise 1", "metadata": {}},
        {"cell_type": "markdown", "metadata": {}, "source": "## Next"},
    ]));
    let found = rules::form(&notebook.expect("well-formed"));
    let want = [
        "09-bad cell 1: the chart has no text/plain alternative",
        "09-bad cell 1: the chart's image has no alternative text",
        "09-bad cell 1: the chart is no image in HTML: Jupyter does not show it after a clone",
        "09-bad text after cell 1: the id `a` is taken",
        "09-bad text after cell 1: has no id",
        "09-bad cell 1: must begin with lines that begin `:cache 500`, `:dep support = { path = \"../support\" }`",
        "09-bad text after cell 1: \"Exercise 1\" has no solution tagged `hide-cell`",
    ];
    assert_eq!(found, want);
}

/// The site folds by the tag, Jupyter by `source_hidden`.
#[test]
fn a_cell_that_is_folded_on_the_site_only_is_found() {
    let found = |jupyter: Value| {
        let metadata = json!({"tags": ["hide-input"], "jupyter": jupyter});
        let cells = json!([{"cell_type": "code", "id": "a", "source": "1", "metadata": metadata,
                            "execution_count": 1, "outputs": []}]);
        let found = rules::form(&parsed(cells).expect("well-formed"));
        found
            .iter()
            .any(|finding| finding.contains("folded on the site only"))
    };
    assert!(found(json!({})));
    assert!(found(json!({"source_hidden": false})));
    assert!(!found(json!({"source_hidden": true})));
}

/// A `#` in code heads nothing: it neither is an exercise nor ends one.
#[test]
fn what_looks_like_a_heading_in_code_is_none() {
    let of = |source: &str, below: &str| {
        let cells = json!([
            {"cell_type": "markdown", "id": "a", "source": source, "metadata": {}},
            {"cell_type": "markdown", "id": "b", "source": below, "metadata": {}},
            {"cell_type": "code", "id": "c", "source": WAITS, "metadata": {}, "execution_count": 1, "outputs": []},
            {"cell_type": "code", "id": "d", "source": SOLUTION, "metadata": {"tags": ["hide-cell"]},
             "execution_count": 2, "outputs": []},
        ]);
        let notebook = parsed(cells).expect("well-formed");
        let mut found = rules::form(&notebook);
        found.retain(|finding| finding.contains("xercise") || finding.contains("solution"));
        found.extend(rules::checks(&notebook, exercise(1, "8").all()));
        found
    };
    let none = "09-bad: has no heading that begins with \"Exercise\"";
    let of_the_data =
        "09-bad: has no heading \"### Exercise 1\" for `how-many` of data/exercises.toml";
    for fence in ["```", "~~~~"] {
        let hidden = format!("{fence}python\n### Exercise 1: one\n{fence}");
        assert_eq!(of(&hidden, ""), [none, of_the_data]);
        let code = format!("{fence}python\n# A comment of the program.\n{fence}");
        assert!(of("### Exercise 1: one", &code).is_empty());
        assert!(of("### *Exercise* 1: one", &code).is_empty());
    }
    let unsolved =
        "09-bad text after cell 0: \"Exercise 1: one\" has no solution tagged `hide-cell`";
    let found = of("### Exercise 1: one", "Under a line\n---");
    assert!(found.contains(&unsolved.to_owned()), "{found:?}");
}

#[test]
fn a_chapter_that_does_not_look_what_is_in_the_way_is_found() {
    let begins = |with: &str| {
        let source = format!(":cache 500\n:dep support = {{ path = \"../support\" }}\n{with}");
        let first = json!([{"cell_type": "code", "id": "a", "source": source, "metadata": {},
                            "execution_count": 1, "outputs": []}]);
        let found = rules::form(&parsed(first).expect("well-formed"));
        found.iter().any(|finding| finding.contains("must say"))
    };
    assert!(begins("") && begins("chapter::begin(\"01-theory\")?;"));
    assert!(!begins("chapter::begin(\"09-bad\")?;"));
}

/// A notebook with an exercise: a cell that waits for the answer, and a solution with this code and this output.
fn with_exercise(waits: &str, solution: &str, shown: &str) -> Notebook {
    let output = json!([{"output_type": "execute_result", "metadata": {}, "execution_count": 2,
                         "data": {"text/plain": shown}}]);
    let cells = json!([
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "### Exercise 1: one\nHow many?"},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": waits, "execution_count": 1, "outputs": []},
        {"cell_type": "code", "id": "c", "metadata": {"tags": ["hide-cell"]}, "source": solution,
         "execution_count": 2, "outputs": output},
        {"cell_type": "markdown", "id": "d", "metadata": {}, "source": "## Next"},
    ]);
    parsed(cells).expect("well-formed")
}

fn exercise(number: u32, answer: &str) -> Exercises {
    Exercises::parse(&format!(
        "[[exercise]]\nid = \"how-many\"\nnotebook = \"09-bad\"\nnumber = {number}\nanswer = {answer}\n\
         right = {{ en = \"Yes.\", zh = \"是。\" }}\nhint = {{ en = \"Count.\", zh = \"数数。\" }}"
    ))
    .expect("sound")
}

const WAITS: &str = "// Put your answer in place of `()`.\ncheck(\"how-many\", ())?";
const SOLUTION: &str = "solution(\"how-many\", || {\n    let n = 8;\n    Ok(n)\n})?";
const SHOWN_BY_RUN_ALL: &str = "let n = 8;\ncheck(\n    \"how-many\",\n    n,\n)?";

#[test]
fn an_exercise_without_its_checks_is_found() {
    let exercises = exercise(1, "8");
    let checks =
        |waits, solution| rules::checks(&with_exercise(waits, solution, ""), exercises.all());
    assert!(checks(WAITS, SOLUTION).is_empty());
    let blank =
        "09-bad text after cell 0: Exercise 1 has no visible cell with `check(\"how-many\", ())`";
    let unsolved = "09-bad text after cell 0: Exercise 1 has no solution after it, tagged `hide-cell`, \
                    with `solution(\"how-many\", || …)`";
    assert_eq!(checks("1", SOLUTION), [blank]);
    assert_eq!(checks("// check(\"how-many\", ())", SOLUTION), [blank]);
    assert_eq!(checks("check(\"how-much\", ())?", SOLUTION), [blank]);
    assert_eq!(checks(WAITS, "8"), [unsolved]);
    assert_eq!(checks(WAITS, WAITS), [unsolved]);
    assert_eq!(checks(WAITS, SHOWN_BY_RUN_ALL), [unsolved]);
    assert_eq!(checks("1", "8"), [blank, unsolved]);
}

#[test]
fn exercises_and_their_data_belong_together() {
    let findings = rules::checks(&with_exercise(WAITS, SOLUTION, ""), exercise(2, "8").all());
    assert_eq!(
        findings,
        [
            "09-bad text after cell 0: Exercise 1 has no entry in data/exercises.toml",
            "09-bad: has no heading \"### Exercise 2\" for `how-many` of data/exercises.toml",
        ]
    );
}

#[test]
fn a_solution_that_is_not_right_is_found() {
    let solutions = |answer, shown: String| {
        let exercises = exercise(1, answer);
        rules::solutions(&with_exercise(WAITS, SOLUTION, &shown), exercises.all())
    };
    let shown = |answer, given: f64| {
        let exercises = exercise(1, answer);
        exercises.all()[0].check(&given.into()).to_string()
    };
    let exact = "{ any = [8, 9] }";
    assert!(solutions(exact, shown(exact, 8.0)).is_empty());
    assert_eq!(
        solutions(exact, shown(exact, 7.0)),
        ["09-bad cell 2: the solution of `how-many` came out wrong: \
          ✗ NOT RIGHT 不正确 how-many (7) Count. 数数。"]
    );
    let measured = "{ at_least = 8 }";
    assert!(solutions(measured, shown(measured, 7.0)).is_empty());
    for other in ["", "8", "✓ RIGHT 正确 how-much"] {
        assert_eq!(
            solutions(measured, other.to_owned()),
            [
                "09-bad cell 2: the solution of `how-many` is not shown: the call of `solution` has to be the cell's last expression"
            ]
        );
    }
}
