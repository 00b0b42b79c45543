use serde_json::{Value, json};

use super::*;

fn notebook(cells: &[Value]) -> Notebook {
    let whole = json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells});
    Notebook::parse("03-small", &whole.to_string()).unwrap()
}

fn text(source: &str) -> Value {
    json!({"cell_type": "markdown", "metadata": {}, "source": source})
}

fn code(source: &str) -> Value {
    json!({"cell_type": "code", "metadata": {}, "source": source, "execution_count": 2, "outputs": []})
}

#[test]
fn the_last_value_is_shown() {
    for (cell, want) in [
        ("1 + 1", "show!(1 + 1);"),
        (
            "let n = 1;\n// Why.\nn // so",
            "let n = 1;\n// Why.\nshow!(n); // so",
        ),
        ("{\n    1\n}", "show!({\n    1\n});"),
        ("vec![\"数\"]", "show!(vec![\"数\"]);"),
        ("a(\"数\")\n    .b()?", "show!(a(\"数\")\n    .b()?);"),
    ] {
        assert_eq!(statement(cell).unwrap(), want);
    }
    for cell in [
        "let n = 1;",
        "f()?;",
        "fn f() {}",
        "for _ in 0..3 {};",
        "println!();",
        "// No code.",
    ] {
        assert_eq!(statement(cell).unwrap(), cell);
    }
    assert!(statement("let = 3").is_err());
}

#[test]
fn a_notebook_becomes_a_program() {
    let mut refused = code("let n: i32 = \"1\";");
    refused["metadata"] = json!({"tags": ["raises-exception"]});
    refused["outputs"] =
        json!([{"output_type": "error", "ename": "E", "evalue": "mismatched", "traceback": []}]);
    let mut cells = vec![
        text("# 3 · Small 小\n\nWhat it *says*."),
        code(
            ":cache 500\n:dep support = { path = \"../support\" }\n:dep libc = \"0.2\"\nuse std::fs::{\n    self,\n};\n\
             // Why.\nstart()?;\nuse std::io;",
        ),
        text("## Next"),
        code("struct S;\nlet n = 1_u8;"),
        refused,
        code("n"),
    ];
    let small = notebook(&cells);
    let program = program(&small).unwrap();
    let (head, body) = program.split_once("fn main()").unwrap();
    let want = "//! 3 · Small 小\n//!\n//! Written by `make code` from `notebooks/03-small.ipynb`: change that.\n\n\
                #[macro_use]\nmod show;\n\nuse std::fs::{self};\nuse std::io;\n\n";
    assert_eq!(head, want);
    let (_, cells_alone) = body.split_once("notebooks\")?;\n\n").unwrap();
    let want = "    // # 3 · Small 小
    //
    // What it *says*.

    // Why.
    start()?;

    // ## Next

    struct S;
    let n = 1_u8;

    // Left out, since the compiler refuses it (the notebook shows what it says):
    //
    //     let n: i32 = \"1\";

    show!(n);

    Ok(())
}
";
    assert_eq!(cells_alone, want);

    let manifest = manifest(&small).unwrap();
    assert!(manifest.contains("\nname = \"small\"\n"), "{manifest}");
    let dependencies = format!(
        "support = {{ path = \"{}/support\" }}\nlibc = \"0.2\"\n",
        root().display()
    );
    assert!(manifest.contains(&dependencies), "{manifest}");

    // Only what the compiler refuses is left out: a cell may panic on purpose, and the program ends there.
    cells[4]["outputs"] = json!([]);
    assert!(
        super::program(&notebook(&cells))
            .unwrap()
            .contains("\n    let n: i32 = \"1\";\n")
    );
}

#[test]
fn what_is_not_rust_is_named() {
    let opening = code("use std::io;");
    let bad = notebook(&[opening, code("let = 3")]);
    let why = program(&bad).unwrap_err();
    assert!(why.starts_with("03-small cell 2: "), "{why}");
    assert_eq!(
        program(&notebook(&[])).unwrap_err(),
        "03-small: has no code"
    );
}

#[test]
fn the_workspace_has_our_lints_and_the_kernels_profile() {
    let ours = "[workspace]\nmembers = [\"a\"]\n\n[workspace.package]\nedition = \"2024\"\n\n\
                [workspace.lints.clippy]\nall = \"warn\"\n\n[profile.bench]\ndebug = 1\n";
    let text = workspace(&["01-theory".to_owned()], ours);
    for part in [
        "members = [\"01-theory\"]\n",
        "\n\n[workspace.package]\nedition = \"2024\"\n\n[workspace.lints.clippy]\nall = \"warn\"\n\n",
        "[profile.dev]\nopt-level = 2\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("bench"), "{text}");
}

#[test]
fn text_is_wrapped_below_itself() {
    let markdown = "one two three four\n\n- 进程 and threads\n> quoted words here\n\n| a | table | keeps its lines |\n\
                    |---|---|---|\n\n```text\nso  does the code of a reader\n```\n~~~\nand this\nas it is\n~~~\n\n\
                    10. the tenth of them\n| no table, as it has one line";
    let want = "// one two
// three four
//
// - 进程 and
//   threads
// > quoted
// > words here
//
// | a | table | keeps its lines |
// |---|---|---|
//
// ```text
// so  does the code of a reader
// ```
// ~~~
// and this
// as it is
// ~~~
//
// 10. the
//     tenth of
//     them
// | no table,
// as it has
// one line";
    assert_eq!(text::comment(markdown, 12), want);
}
