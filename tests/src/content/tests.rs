use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::*;

const CLAIM: &str = "[[claim]]\nid = \"order\"\nnotebook = \"01-a\"\nsection = \"节\"\nen = \"One & two.\"\nzh = \"一。\"\n\
     kind = \"exact\"\nexpect = \"holds\"\ncontrol = \"the other way\"\ncontrol_zh = \"反过来\"\n";
const EXERCISE: &str = "[[exercise]]\nid = \"sum\"\nnotebook = \"01-a\"\nnumber = 1\nanswer = { is = 3 }\n\
     right = { en = \"`1 + 2`.\", zh = \"和。\" }\nhint = { en = \"Add.\", zh = \"相加。\" }\n\
     wrong = [{ answer = { is = 4 }, en = \"One less.\", zh = \"少一。\" }]\n";

fn content(chapter: &str, changed: &[(&str, &str)]) -> Content {
    let changed = |text: &str| {
        changed
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let claims = Ledger::parse(&changed(CLAIM)).expect("a ledger");
    let exercises = Exercises::parse(&changed(EXERCISE)).expect("exercises");
    Content::of(chapter, claims.claims(), exercises.all())
}

fn run() -> Value {
    let verdict = "<div data-claim=\"order\"><p>One &amp; two.</p><p lang=\"zh-CN\">一。</p></div>";
    let solution = "<div data-exercise=\"sum\"><code>1 + 2</code>.</div>";
    let shown = |data: Value| {
        let output = json!([{"output_type": "display_data", "metadata": {}, "data": data}]);
        json!({"cell_type": "code", "metadata": {}, "source": "", "execution_count": 1, "outputs": output})
    };
    let mut other = shown(json!({"text/plain": "One & two."}));
    let printed = json!({"output_type": "stream", "name": "stdout", "text": "一。"});
    other["outputs"]
        .as_array_mut()
        .expect("a list")
        .push(printed);
    let cells = json!([
        shown(json!({"text/html": [verdict], "text/plain": ["order: One & two.\n", "一。"]})),
        shown(json!({"text/html": solution})),
        other,
        {"cell_type": "markdown", "metadata": {}, "source": "一。"},
    ]);
    json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
}

struct Folder {
    folder: tempfile::TempDir,
    notebook: std::path::PathBuf,
    before: SystemTime,
}

impl Folder {
    /// A run of an hour ago, by the content as it is.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("writable");
        let notebook = folder.path().join("01-a.ipynb");
        fs::write(&notebook, run().to_string()).expect("writable");
        let before = SystemTime::now() - Duration::from_secs(3600);
        let this = Self {
            folder,
            notebook,
            before,
        };
        assert_eq!(this.bring(&[]), (false, true));
        for file in ["01-a.ipynb", "01-a.needs"] {
            set_date(&this.folder.path().join(file), before).expect("writable");
        }
        this
    }

    fn changed(&self, file: &str) -> bool {
        let of = fs::metadata(self.folder.path().join(file));
        of.and_then(|of| of.modified()).expect("is there") != self.before
    }

    /// Whether words were changed, and whether the chapter must run again.
    fn bring(&self, changed: &[(&str, &str)]) -> (bool, bool) {
        let stamp = self.folder.path().join("01-a");
        let reworded = bring(&content("01-a", changed), &self.notebook, &stamp);
        assert!(!self.changed("01-a.ipynb") || reworded == Ok(false));
        (reworded.expect("readable"), self.changed("01-a.needs"))
    }

    fn read(&self) -> Value {
        serde_json::from_slice(&fs::read(&self.notebook).expect("is there")).expect("JSON")
    }
}

#[test]
fn a_hint_runs_nothing() {
    let folder = Folder::new();
    assert_eq!(
        folder.bring(&[("Add.", "Add them."), ("少一", "少了一")]),
        (false, false)
    );
    assert_eq!(folder.read(), run());
    assert_eq!(folder.bring(&[]), (false, false));
}

#[test]
fn words_are_put_where_they_are_shown() {
    let folder = Folder::new();
    let words = [
        ("One & two.", "One & two. Three."),
        ("zh = \"一。", "zh = \"一是一。"),
        ("`1 + 2`", "`2 + 1`"),
    ];
    assert_eq!(folder.bring(&words), (true, false));
    let now = folder.read().to_string();
    for shown in [
        "<p>One &amp; two. Three.</p>",
        "\"order: One & two. Three.\\n\"",
        "一是一。</p>",
        "<code>2 + 1</code>.",
    ] {
        assert_eq!(now.matches(shown).count(), 1, "{shown} in {now}");
    }
    // What is not of the claim stays.
    assert_eq!(folder.read()["cells"][2], run()["cells"][2]);
    assert_eq!(folder.read()["cells"][3], run()["cells"][3]);
    assert_eq!(folder.bring(&words), (false, false));
    assert_eq!(folder.bring(&[]), (true, false));
    assert_eq!(folder.read(), run());
}

#[test]
fn anything_else_runs_the_chapter_again() {
    for change in [
        (
            "expect = \"holds\"",
            "expect = \"refuted\"\nwhy = \"No.\"\nwhy_zh = \"否。\"",
        ),
        ("is = 3", "is = 5"),
        ("is = 4", "is = 5"),
        ("id = \"order\"", "id = \"orders\""),
    ] {
        assert_eq!(Folder::new().bring(&[change]), (false, true), "{change:?}");
    }
}

#[test]
fn a_chapter_takes_its_own() {
    assert_eq!(
        content("02-b", &[]),
        content("02-b", &[("One", "Two"), ("is = 3", "is = 5")])
    );
    let overview = content(OVERVIEW, &[]);
    assert_eq!(
        overview
            .since(&content(OVERVIEW, &[("One", "Two")]))
            .map(|changes| changes.len()),
        Some(1)
    );
}
