//! `report RATIOS.jsonl PAGE.html` shows what the benches measured; `report --check COMMITTED.jsonl RATIOS.jsonl` names what fell.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use course_tests::ratios::Run;

const USAGE: &str =
    "usage: report RATIOS.jsonl PAGE.html\n       report --check COMMITTED.jsonl RATIOS.jsonl";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--check", committed, ratios] => check(Path::new(committed), Path::new(ratios)),
        [ratios, page] => show(Path::new(ratios), Path::new(page)),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(finding) => {
            eprintln!("{finding}");
            ExitCode::FAILURE
        }
    }
}

fn show(ratios: &Path, page: &Path) -> Result<(), String> {
    let run = Run::read(ratios)?;
    println!("{}\npython: {}\n\n{}", run.machine, run.python, run.table());
    fs::write(page, run.page()?).map_err(|e| format!("cannot write {}: {e}", page.display()))?;
    println!("{}", page.display());
    Ok(())
}

fn check(committed: &Path, ratios: &Path) -> Result<(), String> {
    let change = Run::read(ratios)?.since(&Run::read(committed)?);
    for what in &change.missing {
        println!("not measured here: {what}");
    }
    if change.fell.is_empty() {
        println!(
            "No ratio fell by more than 25 % since {}.",
            committed.display()
        );
        return Ok(());
    }
    Err(format!(
        "fell by more than 25 % since {}:\n{}",
        committed.display(),
        change.fell.join("\n")
    ))
}
