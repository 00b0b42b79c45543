//! A notebook's cells as a program of their own: what the reader sees is what is tested.
//!
//! The program gets the dependencies and the `use` lines of the notebook's first cell, the cells that were asked for, and
//! what the test writes around them. Cargo builds it, in the versions of our own `Cargo.lock`:
//!
//! ```no_run
//! use course_tests::cell::Cells;
//!
//! let program = Cells::of("07-coroutines")?
//!     .with("async fn serve(")?
//!     .build("coroutine-server", "fn main() {}")?;
//! # Ok::<(), String>(())
//! ```

use std::env;
use std::path::PathBuf;

use crate::cargo;
use crate::code::Opening;
use crate::files::{read, update};
use crate::{Cell, Notebook, root};

/// Cells of a notebook, on their way to a program.
#[derive(Debug)]
pub struct Cells {
    notebook: Notebook,
    chosen: Vec<String>,
}

impl Cells {
    /// Of the notebook with this name, such as `07-coroutines`: as it was last run where `COURSE_NOTEBOOKS` says, otherwise
    /// as it is committed.
    ///
    /// # Errors
    /// When the notebook cannot be read.
    pub fn of(notebook: &str) -> Result<Self, String> {
        let folder = env::var_os("COURSE_NOTEBOOKS").map_or(root().join("notebooks"), Into::into);
        Ok(Self {
            notebook: Notebook::read(&folder.join(notebook).with_extension("ipynb"))?,
            chosen: Vec::new(),
        })
    }

    /// And the cell in which this text stands, such as `async fn serve(`.
    ///
    /// # Errors
    /// When it stands in none, or in several.
    pub fn with(self, text: &str) -> Result<Self, String> {
        self.choose(text, |cell| cell.source.contains(text))
    }

    /// And the cell that carries this tag.
    ///
    /// # Errors
    /// When none does, or several.
    pub fn tagged(self, tag: &str) -> Result<Self, String> {
        self.choose(tag, |cell| cell.tagged(tag))
    }

    fn choose(mut self, what: &str, which: impl Fn(&Cell) -> bool) -> Result<Self, String> {
        let found: Vec<&Cell> = self.notebook.code().filter(|cell| which(cell)).collect();
        let [cell] = found[..] else {
            let labels: Vec<&str> = found.iter().map(|cell| cell.label.as_str()).collect();
            let name = &self.notebook.name;
            return Err(format!(
                "{name}: one cell must have `{what}`, but {labels:?} have"
            ));
        };
        let source = cell.source.to_string();
        self.chosen.push(source);
        Ok(self)
    }

    /// Builds the program and gives its path. `rest` is what the cells lack: `main` at least.
    ///
    /// The package stays in `target/cells/`, so that the next build has little to do. Two builds at the same time need two
    /// names.
    ///
    /// # Errors
    /// What cargo and rustc say, when it does not build.
    pub fn build(&self, name: &str, rest: &str) -> Result<PathBuf, String> {
        let first = Opening::of(&self.notebook)?;
        let target = cargo::target();
        let package = target.join("cells").join(name);
        let source = format!(
            "#![allow(unused, missing_docs)]\n{}\n{}\n{rest}",
            first.uses,
            self.chosen.join("\n")
        );
        let lock = read(&root().join("Cargo.lock"))?;
        for (file, text) in [
            ("Cargo.toml", manifest(name, &first.dependencies)),
            ("Cargo.lock", lock),
            ("main.rs", source),
        ] {
            update(&package.join(file), &text)?;
        }
        let built = cargo::build(&package, &target);
        let built = built.map_err(|why| format!("{} as a program:\n{why}", self.notebook.name))?;
        built
            .into_iter()
            .next()
            .ok_or_else(|| format!("{name}: no program"))
    }
}

/// The notebook's dependencies in a package of its own.
fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[[bin]]\nname = \"{name}\"\npath = \"main.rs\"\n\n\
         [dependencies]\n{dependencies}\n[profile.dev]\ndebug = \"line-tables-only\"\n\n[workspace]\n"
    )
}
