//! `export code NOTEBOOK.ipynb … FOLDER` writes chapters as plain programs, a cargo workspace in the folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use course_tests::code;

const USAGE: &str = "usage: export code NOTEBOOK.ipynb … FOLDER";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["code", ref notebooks @ .., folder] if !notebooks.is_empty() => {
            programs(notebooks, folder)
        }
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
