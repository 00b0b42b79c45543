//! The forms of a chapter beside its page: `export code NOTEBOOK.ipynb … FOLDER` writes chapters as plain programs, a cargo
//! workspace in the folder; `export slides EXECUTED.ipynb SLIDES.ipynb` lays a chapter out as slides; `export twice NOTEBOOK.ipynb
//! TWICE.ipynb` has each cell run twice in place, as readers do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use course_tests::{code, root, slides};
use serde_json::{Value, json};

const USAGE: &str = "usage: export code NOTEBOOK.ipynb … FOLDER\n       export slides EXECUTED.ipynb SLIDES.ipynb\n       export twice NOTEBOOK.ipynb TWICE.ipynb";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["code", ref notebooks @ .., folder] if !notebooks.is_empty() => {
            programs(notebooks, folder)
        }
        ["slides", from, to] => rewrite(from, to, slides::lay_out),
        ["twice", from, to] => rewrite(from, to, twice),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(what) => {
            eprintln!("export: {what}");
            ExitCode::FAILURE
        }
    }
}

fn programs(notebooks: &[&str], folder: &str) -> Result<String, String> {
    let notebooks: Vec<PathBuf> = notebooks.iter().map(PathBuf::from).collect();
    let names = code::write_all(&notebooks, Path::new(folder))?;
    Ok(format!(
        "{folder}: {} programs; to run one: cd {folder} && cargo run -p {}",
        names.len(),
        code::package(&names[0])
    ))
}

fn rewrite(
    from: &str,
    to: &str,
    change: fn(&Value) -> Result<Value, String>,
) -> Result<String, String> {
    let notebook = fs::read(from).map_err(|e| format!("cannot read {from}: {e}"))?;
    let notebook =
        serde_json::from_slice(&notebook).map_err(|e| format!("{from}: not JSON: {e}"))?;
    let changed = change(&notebook).map_err(|e| format!("{from}: {e}"))?;
    fs::write(to, changed.to_string()).map_err(|e| format!("cannot write {to}: {e}"))?;
    Ok(to.to_owned())
}

fn twice(notebook: &Value) -> Result<Value, String> {
    let cells = notebook["cells"].as_array().ok_or("has no cells")?;
    let code = cells.iter().filter(|cell| cell["cell_type"] == "code");
    let again = |cell: &Value| {
        let mut again = cell.clone();
        again["id"] = json!(format!("{}-again", cell["id"].as_str().unwrap_or_default()));
        again
    };
    let mut changed = notebook.clone();
    changed["cells"] = code.flat_map(|cell| [cell.clone(), again(cell)]).collect();
    // Paths in a notebook start from its folder, which the copy is not in.
    let up = json!(format!("\"{}/", root().display())).to_string();
    let text = changed.to_string().replace("\\\"../", up.trim_matches('"'));
    serde_json::from_str(&text).map_err(|e| e.to_string())
}
