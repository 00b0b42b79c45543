//! The one rule for the layout of code cells: what `rustfmt` makes of the cell as the body of a function.
//!
//! Lines that begin with `:` are the kernel's and stay as they are; so does a cell that is meant not to parse
//! (`raises-exception`). A cell may be 80 columns wide, which is what a page of
//! the site shows without scrolling. Indentation is asked for in tabs, so
//! that taking one level off cannot touch the lines of a string. A `;` at a cell's end, which rustfmt drops after a
//! block, stays: it keeps the kernel from showing `()`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Notebook;

/// The code cells that are not laid out by the rule, as findings.
pub fn findings(notebook: &Notebook) -> Vec<String> {
    let judge = |cell: &crate::Cell| match formatted(&cell.source) {
        Ok(text) if text == *cell.source => None,
        Ok(_) => Some("is not formatted: run `target/debug/course fmt` on it".to_owned()),
        Err(_) if cell.tagged("raises-exception") => None,
        Err(e) => Some(e),
    };
    let cells = notebook.code();
    cells
        .filter_map(|cell| {
            judge(cell).map(|what| format!("{} {}: {what}", notebook.name, cell.label))
        })
        .collect()
}

/// A cell's text laid out by the rule.
///
/// # Errors
/// When rustfmt cannot be started or cannot read the cell; with its first line.
pub fn formatted(cell: &str) -> Result<String, String> {
    let (kernel, rust): (Vec<_>, Vec<_>) = cell.lines().partition(|line| line.starts_with(':'));
    let body = rust.join("\n");
    let laid_out = rustfmt(
        &format!("fn main() {{\n{}\n}}\n", body.trim()),
        "hard_tabs=true,max_width=84",
    )?;
    let mut lines: Vec<String> = kernel.into_iter().map(str::to_owned).collect();
    let inner = laid_out
        .strip_prefix("fn main() {")
        .and_then(|text| text.trim_end().strip_suffix('}'));
    for line in inner.unwrap_or_default().trim_matches('\n').lines() {
        let tabs = line.bytes().take_while(|&b| b == b'\t').count();
        let indent = "    ".repeat(tabs.saturating_sub(1));
        lines.push(indent + &line[tabs..]);
    }
    let mut text = lines.join("\n");
    if body.trim_end().ends_with(';') && !text.ends_with(';') {
        text.push(';');
    }
    Ok(text)
}

/// Lays out a notebook's code cells in its file, and says how many changed.
///
/// # Errors
/// A sentence that names the file and the cell.
pub fn rewrite(path: &Path) -> Result<usize, String> {
    let mut notebook = Notebook::read(path)?;
    let mut changed = 0;
    for cell in notebook.cells.iter_mut().filter(|cell| cell.is_code()) {
        let new = match formatted(&cell.source) {
            Ok(new) => new,
            Err(_) if cell.tagged("raises-exception") => continue,
            Err(e) => return Err(format!("{} {}: {e}", notebook.name, cell.label)),
        };
        if new != *cell.source {
            cell.source = new.into();
            changed += 1;
        }
    }
    if changed > 0 {
        notebook.write(path)?;
    }
    Ok(changed)
}

/// What rustfmt makes of a file's text.
pub(crate) fn rustfmt(source: &str, config: &str) -> Result<String, String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", config, "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot start rustfmt: {e}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(source.as_bytes())
            .map_err(|e| format!("cannot write to rustfmt: {e}"))?;
    }
    let output = child
        .wait_with_output()
        .map_err(|e| format!("rustfmt: {e}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "rustfmt cannot read it: {}",
            errors.lines().next().unwrap_or_default()
        ));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("rustfmt: {e}"))
}

#[cfg(test)]
mod tests {
    use super::formatted;

    /// What a line may hold is said in columns, of which a Chinese sign takes two.
    #[test]
    fn eighty_columns_are_those_on_the_screen() {
        let sum = |signs: usize| format!("let sum = \"{}\".len() + other;", "进".repeat(signs));
        assert_eq!(formatted(&sum(26)).unwrap(), sum(26));
        assert_ne!(formatted(&sum(27)).unwrap(), sum(27));
    }

    #[test]
    fn a_cell_is_laid_out_like_a_body() {
        let cell = ":dep libc\nuse std::fs;\nfor i in 0..3 { println!(\"{i}\n        kept\") };";
        let want = ":dep libc\nuse std::fs;\nfor i in 0..3 {\n    println!(\n        \"{i}\n        kept\"\n    )\n};";
        assert_eq!(formatted(cell).unwrap(), want);
        assert_eq!(formatted(want).unwrap(), want);
        assert_eq!(formatted("1 + 1").unwrap(), "1 + 1");
        assert_eq!(formatted(":help").unwrap(), ":help");
        assert!(formatted("let = 3").is_err());
    }
}
