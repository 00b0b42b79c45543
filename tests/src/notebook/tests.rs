use serde_json::json;

use super::*;
use crate::{notebooks, root};

fn parsed(cells: Value) -> Result<Notebook, String> {
    let whole = json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells});
    Notebook::parse("09-bad", &whole.to_string())
}

/// One text as it is read and written again.
fn again(written: Value) -> Value {
    let text: Text = serde_json::from_value(written).expect("a text");
    serde_json::to_value(text).expect("JSON")
}

#[test]
fn what_is_committed_comes_out_the_same() {
    let paths = notebooks(&root().join("notebooks")).expect("the folder is there");
    assert_eq!(paths.len(), support::chapter::CHAPTERS.len());
    for path in paths {
        let file = files::read(&path).expect("it can be read");
        let notebook = Notebook::read(&path).unwrap_or_else(|e| panic!("{e}"));
        assert!(notebook.text() == Ok(file), "{}", path.display());
    }
}

#[test]
fn what_we_do_not_know_is_kept() {
    let cells = json!([
        {"cell_type": "markdown", "metadata": {"tags": ["a"], "ours": {"z": 1, "a": [null, 1.5]}}, "source": "![](attachment:a.png)",
         "attachments": {"a.png": {"image/png": "iVBORw0KGgo="}}},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": [], "execution_count": null, "later": true, "outputs": [
            {"output_type": "stream", "name": "stdout", "text": ["one\r", "two\n"], "later": 1},
            {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["one", "two"]},
            {"output_type": "display_data", "metadata": {"wide": true}, "data": {"text/plain": "", "application/json": {"n": [1]}}},
        ]},
        {"cell_type": "raw", "id": "c", "metadata": {}, "source": ""},
    ]);
    let whole = json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {}}, "cells": cells, "later": 1});
    let notebook = Notebook::parse("09-bad", &whole.to_string()).expect("well-formed");
    let written: Value = serde_json::from_str(&notebook.text().expect("JSON")).expect("JSON");
    assert_eq!(written, whole);
    // The keys of Jupyter's files are in order, whatever ours were.
    let text = notebook.text().expect("JSON");
    let at = |key: &str| text.find(key).expect("written");
    assert!(at("attachments") < at("cell_type") && at("\"a\": [") < at("\"z\""));
    assert!(text.starts_with("{\n \"cells\": [\n  {\n   \"attachments\"") && text.ends_with("}\n"));
}

#[test]
fn a_text_keeps_its_form() {
    for written in [
        json!("one\ntwo"),
        json!(["one\n", "two"]),
        json!(["o", "ne\ntwo"]),
        json!([]),
        json!(["数\n", ""]),
    ] {
        assert_eq!(again(written.clone()), written);
    }
    let new = serde_json::to_value(Text::from("数\n\ntwo")).expect("JSON");
    assert_eq!(new, json!(["数\n", "\n", "two"]));
    let mut text: Text = serde_json::from_value(json!(["a a\n", "b a"])).expect("a text");
    text.change(|line| line.replacen('a', "数学", 1));
    assert_eq!(&*text, "数学 a\nb 数学");
    assert_eq!(
        serde_json::to_value(text).expect("JSON"),
        json!(["数学 a\n", "b 数学"])
    );
}

#[test]
fn what_is_malformed_is_named() {
    let code = |key: &str, value: Value| {
        let mut cell = json!({"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [], "source": ""});
        cell[key] = value;
        if cell[key] == "missing" {
            cell.as_object_mut().expect("a map").remove(key);
        }
        parsed(json!([cell])).expect_err(key)
    };
    for key in ["source", "metadata", "execution_count", "outputs"] {
        let said = code(key, json!("missing"));
        assert_eq!(said, format!("09-bad cell 1: missing field `{key}`"));
    }
    let said = code("source", json!(7));
    assert!(
        said.starts_with("09-bad cell 1: ") && said.contains("neither a text"),
        "{said}"
    );
    let said = code("outputs", json!([{"output_type": "pyout"}]));
    assert!(
        said.starts_with("09-bad cell 1: ") && said.contains("pyout"),
        "{said}"
    );
    let said = code("cell_type", json!("heading"));
    assert!(
        said.starts_with("09-bad text after cell 0: ") && said.contains("heading"),
        "{said}"
    );
    for (text, what) in [
        ("[]", "`cells` is no list"),
        ("{\"cells\": {}}", "`cells` is no list"),
        (
            "{\"cells\": [], \"nbformat_minor\": 5, \"metadata\": {}}",
            "missing field `nbformat`",
        ),
        (
            "{\"cells\": [], \"nbformat\": 4, \"nbformat_minor\": 5}",
            "missing field `metadata`",
        ),
        ("{", "not JSON"),
    ] {
        let said = Notebook::parse("09-bad", text).expect_err(text);
        assert!(
            said.starts_with("09-bad: ") && said.contains(what),
            "{said}"
        );
    }
}
