//! The forms of a chapter beside its page.

use std::fs;
use std::path::{Path, PathBuf};

use course_tests::{code, root, slides};
use serde_json::{Value, json};

pub fn code(notebooks: &[PathBuf], folder: &Path) -> Result<String, String> {
    let names = code::write_all(notebooks, folder)?;
    let (folder, first) = (folder.display(), code::package(&names[0]));
    Ok(format!(
        "{folder}: {} programs; to run one: cd {folder} && cargo run -p {first}",
        names.len()
    ))
}

pub fn slides(from: &Path, to: &Path) -> Result<String, String> {
    rewrite(from, to, slides::lay_out)
}

pub fn twice(from: &Path, to: &Path) -> Result<String, String> {
    rewrite(from, to, each_twice)
}

fn rewrite(
    from: &Path,
    to: &Path,
    change: fn(&Value) -> Result<Value, String>,
) -> Result<String, String> {
    let (source, target) = (from.display(), to.display());
    let notebook = fs::read(from).map_err(|e| format!("cannot read {source}: {e}"))?;
    let notebook =
        serde_json::from_slice(&notebook).map_err(|e| format!("{source}: not JSON: {e}"))?;
    let changed = change(&notebook).map_err(|e| format!("{source}: {e}"))?;
    fs::write(to, changed.to_string()).map_err(|e| format!("cannot write {target}: {e}"))?;
    Ok(target.to_string())
}

fn each_twice(notebook: &Value) -> Result<Value, String> {
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
