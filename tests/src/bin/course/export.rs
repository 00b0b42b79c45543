//! The forms of a chapter beside its page.

use std::path::{Path, PathBuf};

use course_tests::{Notebook, code, root, slides};

pub fn code(notebooks: &[PathBuf], folder: &Path) -> Result<String, String> {
    let names = code::write_all(notebooks, folder)?;
    let (folder, first) = (folder.display(), code::package(&names[0]));
    Ok(format!(
        "{folder}: {} programs; to run one: cd {folder} && cargo run -p {first}",
        names.len()
    ))
}

pub fn slides(from: &Path, to: &Path) -> Result<(), String> {
    slides::lay_out(&Notebook::read(from)?).write(to)
}

pub fn twice(from: &Path, to: &Path) -> Result<(), String> {
    each_twice(&Notebook::read(from)?).write(to)
}

fn each_twice(notebook: &Notebook) -> Notebook {
    // Paths in a notebook start from its folder, which the copy is not in.
    let up = format!("\"{}/", root().display());
    let mut cells = Vec::new();
    for cell in notebook.code() {
        let mut cell = cell.clone();
        cell.source.change(|line| line.replace("\"../", &up));
        let mut again = cell.clone();
        again.id = Some(format!("{}-again", cell.id.as_deref().unwrap_or_default()));
        cells.extend([cell, again]);
    }
    Notebook {
        cells,
        ..notebook.clone()
    }
}
