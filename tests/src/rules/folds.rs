//! Whose lesson is elsewhere is folded, so that a page shows what it teaches.

use support::chapter::CHAPTERS;
use syn::{Expr, Stmt};

use crate::Notebook;
use crate::code::statements;

/// What a reader can take in at once.
const LINES: usize = 40;

/// Cells that only draw or judge and show their code, and cells that show more than one can read.
pub fn folds(notebook: &Notebook) -> Vec<String> {
    let mut findings = Vec::new();
    let folded = ["hide-input", "hide-cell", "remove-input"];
    for cell in notebook.code() {
        let mut find =
            |what: String| findings.push(format!("{} {}: {what}", notebook.name, cell.label));
        if folded.iter().any(|tag| cell.tagged(tag)) {
            if !cell.folded_in_jupyter() {
                find("is folded on the site only: give it `jupyter.source_hidden` too".to_owned());
            }
            continue;
        }
        if only_shows(&cell.source) {
            find("only draws or judges: fold it by the tag `hide-input`".to_owned());
        }
        let lines = cell.source.lines().count();
        // The other chapters are still to be worked over.
        if lines > LINES && !CHAPTERS[3..].contains(&notebook.name.as_str()) {
            find(format!(
                "shows {lines} lines: at most {LINES}, or fold it by the tag `hide-input`"
            ));
        }
    }
    findings
}

/// Whether the whole cell is one expression that ends with the drawing or the verdict.
fn only_shows(source: &str) -> bool {
    matches!(statements(source).as_deref(), Ok([Stmt::Expr(whole, None)]) if shows(whole))
}

fn shows(whole: &Expr) -> bool {
    match whole {
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(last, None)) => shows(last),
            _ => false,
        },
        Expr::Try(tried) => shows(&tried.expr),
        Expr::MethodCall(call) => call.method == "draw" || call.method == "judge",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_shows_is_told_from_what_teaches() {
        for (source, only) in [
            ("claim(\"a\")?.exact(\"b\", 1, 1).judge()?", true),
            (
                "// A note.\n{\n    let a = 1;\n    Bars::new(\"c\").draw()?\n}",
                true,
            ),
            ("Bars::new(\"c\").draw()?", true),
            ("let times = measure();\nBars::new(\"c\").draw()?", false),
            ("fn f() {}", false),
            ("1 + 1", false),
            (":dep a = \"1\"\nf()?", false),
        ] {
            assert_eq!(only_shows(source), only, "{source}");
        }
    }
}
