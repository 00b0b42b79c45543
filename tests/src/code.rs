//! A chapter as a plain program: its cells in order as the body of `main`, its text as comments.
//!
//! Each program is a member of one cargo workspace, with the versions of our own `Cargo.lock` and our lints. What stands in
//! the notebook stands in the program as it is, but for three things: the kernel's lines become the manifest, the last
//! value of a cell, which a notebook shows, is printed by `show!`, and a cell that the compiler refuses is a comment.

#[cfg(test)]
mod tests;
mod text;

use std::path::{Path, PathBuf};

use syn::spanned::Spanned as _;
use syn::{Block, Item, Stmt};

use crate::files::{read, update};
use crate::{Cell, Notebook, Output, format, root};

/// Gives every program its macro `show!`.
const SHOW: &str = include_str!("code/show.rs");

/// Columns of the text in comments, less `// ` and the indent of `main`'s body.
const COLUMNS: usize = 100 - 7;

/// Writes the notebooks as programs into `folder`, one member of a workspace each, and gives their names. A file that
/// would not change is left alone, so that cargo has nothing to build.
///
/// # Errors
/// A sentence that names the notebook, the cell or the file.
pub fn write_all(notebooks: &[PathBuf], folder: &Path) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for path in notebooks {
        let notebook = Notebook::read(path)?;
        let member = folder.join(&notebook.name);
        update(&member.join("Cargo.toml"), &manifest(&notebook)?)?;
        update(&member.join("src/main.rs"), &program(&notebook)?)?;
        update(&member.join("src/show.rs"), SHOW)?;
        names.push(notebook.name);
    }
    let ours = read(&root().join("Cargo.toml"))?;
    update(&folder.join("Cargo.toml"), &workspace(&names, &ours))?;
    update(
        &folder.join("Cargo.lock"),
        &read(&root().join("Cargo.lock"))?,
    )?;
    // `cargo run` keeps the verdicts here, where the last chapter finds those of the others.
    let environment = "[env]\nCOURSE_VERDICTS = { value = \"verdicts\", relative = true }\n";
    update(&folder.join(".cargo/config.toml"), environment)?;
    Ok(names)
}

/// The cell that begins a notebook, in its parts.
#[derive(Debug)]
pub struct Opening {
    /// What its `:dep` lines say, as lines of a manifest.
    pub dependencies: String,
    /// Its `use` items.
    pub uses: String,
    /// What is left.
    pub rest: String,
}

impl Opening {
    /// Takes the first code cell of a notebook apart.
    ///
    /// # Errors
    /// When there is none, or it is not Rust.
    pub fn of(notebook: &Notebook) -> Result<Self, String> {
        let first = notebook.code().next();
        let first = first.ok_or_else(|| format!("{}: has no code", notebook.name))?;
        // Paths in a notebook start from its folder.
        let up = format!("\"{}/", root().display());
        let dependencies = first
            .source
            .lines()
            .filter_map(|line| line.strip_prefix(":dep "));
        let dependencies = dependencies.map(|line| line.replace("\"../", &up) + "\n");
        let mut rest = rust(&first.source);
        let mut uses = Vec::new();
        for statement in statements(&rest)
            .map_err(|e| format!("{} {}: {e}", notebook.name, first.label))?
            .iter()
            .rev()
        {
            if let Stmt::Item(Item::Use(_)) = statement {
                let at = statement.span().byte_range();
                uses.push(rest[at.clone()].to_owned() + "\n");
                rest.replace_range(at, "");
            }
        }
        uses.reverse();
        Ok(Self {
            dependencies: dependencies.collect(),
            uses: uses.concat(),
            rest: rest.trim().to_owned(),
        })
    }
}

fn workspace(names: &[String], ours: &str) -> String {
    let shared = ours.split("\n\n").filter(|paragraph| {
        ["[workspace.package]", "[workspace.lints."]
            .iter()
            .any(|table| paragraph.starts_with(table))
    });
    format!(
        "# Written by `make code`.\n[workspace]\nmembers = {names:?}\nresolver = \"3\"\n\n{}\n\n\
         # As the notebooks' kernel compiles.\n[profile.dev]\nopt-level = 2\ndebug = \"line-tables-only\"\n",
        shared.collect::<Vec<_>>().join("\n\n")
    )
}

fn manifest(notebook: &Notebook) -> Result<String, String> {
    Ok(format!(
        "[package]\nname = \"{}\"\nversion.workspace = true\nedition.workspace = true\n\
         rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\n\
         [dependencies]\n{}\n[lints]\nworkspace = true\n",
        package(&notebook.name),
        Opening::of(notebook)?.dependencies
    ))
}

/// The package of a notebook, without the number: cargo wants a letter first.
#[must_use]
pub fn package(notebook: &str) -> &str {
    notebook.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
}

/// The text of `main.rs`.
fn program(notebook: &Notebook) -> Result<String, String> {
    let name = &notebook.name;
    let opening = Opening::of(notebook)?;
    let mut body = String::new();
    let mut first = true;
    for cell in &notebook.cells {
        let at = |e| format!("{name} {}: {e}", cell.label);
        let part = if !cell.is_code() {
            text::comment(&cell.source, COLUMNS)
        } else if std::mem::take(&mut first) {
            statement(&opening.rest).map_err(at)?
        } else if refused(cell) {
            let code = cell.source.lines().map(|line| format!("//     {line}"));
            let code = code.collect::<Vec<_>>().join("\n");
            format!(
                "// Left out, since the compiler refuses it (the notebook shows what it says):\n//\n{code}"
            )
        } else {
            statement(&rust(&cell.source)).map_err(at)?
        };
        body.push_str(&part);
        body.push_str("\n\n");
    }
    let notebooks = root().join("notebooks");
    // `::std`, since a chapter that imports the name would be told to write it alone.
    let main = format!(
        "{}\nfn main() -> Result<(), Box<dyn ::std::error::Error>> {{\n\
         show::end_when_nobody_reads();\n\
         // Paths in a notebook start from its folder.\n::std::env::set_current_dir({notebooks:?})?;\n\n\
         {body}Ok(())\n}}\n",
        opening.uses
    );
    let main = format::rustfmt(&main, "max_width=100").map_err(|e| format!("{name}: {e}"))?;
    let mut headings = notebook.texts().flat_map(Cell::headings);
    let title = headings.find(|heading| heading.level == 1);
    let title = title.map_or(name.clone(), |heading| heading.text);
    Ok(format!(
        "//! {title}\n//!\n//! Written by `make code` from `notebooks/{name}.ipynb`: change that.\n\n\
         #[macro_use]\nmod show;\n\n{main}"
    ))
}

/// Whether the notebook shows how the compiler refuses this cell.
fn refused(cell: &Cell) -> bool {
    let mut outputs = cell.outputs().iter();
    cell.tagged("raises-exception") && outputs.any(|output| matches!(output, Output::Error { .. }))
}

/// A cell without the kernel's lines.
fn rust(cell: &str) -> String {
    let lines = cell.lines().filter(|line| !line.starts_with(':'));
    lines.collect::<Vec<_>>().join("\n")
}

/// The cell as it is, but that its last value is shown.
fn statement(cell: &str) -> Result<String, String> {
    let mut text = cell.to_owned();
    let last = statements(cell)?.pop();
    let shown = match &last {
        Some(Stmt::Expr(value, None)) => Some(value.span()),
        Some(Stmt::Macro(value)) if value.semi_token.is_none() => Some(value.span()),
        _ => None,
    };
    if let Some(span) = shown {
        let at = span.byte_range();
        text.insert_str(at.end, ");");
        text.insert_str(at.start, "show!(");
    }
    Ok(text)
}

/// A cell as Rust sees it, without the kernel's own lines.
pub(crate) fn statements(cell: &str) -> Result<Vec<Stmt>, String> {
    use syn::parse::Parser as _;
    Block::parse_within
        .parse_str(cell)
        .map_err(|e| e.to_string())
}
