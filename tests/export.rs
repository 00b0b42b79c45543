//! The forms of a chapter beside its page: `export code NOTEBOOK.ipynb … FOLDER` writes chapters as plain programs, a cargo
//! workspace in the folder; `export slides EXECUTED.ipynb SLIDES.ipynb` lays a chapter out as slides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use course_tests::{code, slides};

const USAGE: &str =
    "usage: export code NOTEBOOK.ipynb … FOLDER\n       export slides EXECUTED.ipynb SLIDES.ipynb";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["code", ref notebooks @ .., folder] if !notebooks.is_empty() => {
            programs(notebooks, folder)
        }
        ["slides", from, to] => lay_out(from, to),
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

fn lay_out(from: &str, to: &str) -> Result<String, String> {
    let notebook = fs::read(from).map_err(|e| format!("cannot read {from}: {e}"))?;
    let notebook =
        serde_json::from_slice(&notebook).map_err(|e| format!("{from}: not JSON: {e}"))?;
    let laid_out = slides::lay_out(&notebook).map_err(|e| format!("{from}: {e}"))?;
    fs::write(to, laid_out.to_string()).map_err(|e| format!("cannot write {to}: {e}"))?;
    Ok(to.to_owned())
}
