//! What was run goes into `notebooks/`, ready to be committed.

use std::fs;
use std::path::{Path, PathBuf};

use course_tests::{root, set_date};

pub fn run(notebooks: &[PathBuf]) -> Result<String, String> {
    let mut updated = Vec::new();
    for notebook in notebooks {
        let ran = Path::new("target").join(notebook);
        let date = |path: &Path| {
            let of = fs::metadata(path).and_then(|of| of.modified());
            of.map_err(|e| format!("{}: {e}", path.display()))
        };
        let then = date(&ran)?;
        if date(notebook)? > then {
            return Err(format!(
                "{} was changed meanwhile: run make notebooks again",
                notebook.display()
            ));
        }
        let adopt = || -> std::io::Result<bool> {
            if fs::read(&ran)? == fs::read(notebook)? {
                return Ok(false);
            }
            fs::copy(&ran, notebook)?;
            // As old as what was run, which is up to date so.
            set_date(notebook, then)?;
            Ok(true)
        };
        if adopt().map_err(|e| format!("{}: {e}", notebook.display()))? {
            updated.push(format!("updated {}", notebook.display()));
        }
    }
    let picture = root().join("notebooks/_static/front.svg");
    fs::copy(root().join("target/notebooks/front.svg"), &picture)
        .map_err(|e| format!("{}: {e}", picture.display()))?;
    Ok(updated.join("\n"))
}
