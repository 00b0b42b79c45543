//! Every chapter on machines of other shapes, and twice in place.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anstream::println;
use course_tests::{files, root};

use crate::export;
use crate::setup::{done, interpreter, python};

/// Some shapes need root. What they say is committed.
pub fn run() -> Result<String, String> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["test", "-q", "--workspace", "--test", "programs"])
        .args(["--", "--include-ignored", ", "])
        .env("COURSE_SHAPES", "1")
        .env("COURSE_PYTHON", interpreter())
        .current_dir(root())
        .stdout(Stdio::piped());
    let mut child = cargo.spawn().map_err(|e| format!("cargo: {e}"))?;
    let mut table = String::new();
    for line in BufReader::new(child.stdout.take().ok_or("cargo has no output")?).lines() {
        let line = line.map_err(|e| format!("cargo: {e}"))?;
        println!("{line}");
        // Such as `test 07-coroutines, one core ... 60 s, 07-coroutines, one core: 12 as expected; …`.
        if let Some((_, said)) = line
            .rsplit_once(" s, ")
            .filter(|_| line.contains(" as expected"))
        {
            table += &format!("{said}\n");
        }
    }
    let well = child.wait().is_ok_and(|status| status.success());
    let file = root().join("data/shapes.txt");
    files::write(&file, &table)?;
    let said = file.display().to_string();
    if well { Ok(said) } else { Err(said) }
}

/// Each cell of each notebook runs twice in place, as readers do.
pub fn twice(notebooks: &[PathBuf]) -> Result<String, String> {
    let folder = root().join("target/twice");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for notebook in notebooks {
        let doubled = folder.join(notebook.file_name().unwrap_or_default());
        export::twice(notebook, &doubled)?;
        done(
            python()
                .arg(root().join("notebooks/execute.py"))
                .args([&doubled, &folder.join("ran.ipynb")])
                .env("COURSE_VERDICTS", folder.join("verdicts"))
                .env("COURSE_SOLUTIONS", "1"),
            &format!("{} does not run twice", notebook.display()),
        )?;
    }
    Ok(format!("{} notebooks, each cell twice", notebooks.len()))
}
