//! How often verdicts flip: the chapters as programs, many times.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anstream::println;
use course_tests::{OVERVIEW, cargo, code, files, notebooks, root};
use support::claim::{Repeated, read_records};
use support::measure::Machine;
use support::process::Command;

use crate::setup::interpreter;

/// For one chapter.
const LIMIT: Duration = Duration::from_secs(400);

/// Runs every chapter so many times, whole rounds one after the other, and writes how often each claim came out how.
pub fn run(times: u32) -> Result<String, String> {
    let folder = root().join("target/code");
    let paths = notebooks(&root().join("notebooks")).map_err(|e| e.to_string())?;
    let names = code::write_all(&paths, &folder)?;
    let programs = cargo::build(&folder, &folder.join("target"))?;
    let mut repeated = Repeated {
        runs: 0,
        machine: Machine::describe().map_err(|e| e.to_string())?.to_string(),
        day: day()?,
        outcomes: BTreeMap::new(),
        broken: BTreeMap::new(),
    };
    let file = root().join("data/repeat.json");
    for round in 1..=times {
        let verdicts = root().join(format!("target/repeat/{round}"));
        let _ = fs::remove_dir_all(&verdicts);
        for name in names.iter().filter(|name| *name != OVERVIEW) {
            let program = programs
                .iter()
                .find(|path| path.ends_with(code::package(name)));
            let program = program.ok_or_else(|| format!("{name}: no program was built"))?;
            if let Err(why) = once(program, name, &verdicts) {
                println!("{round} of {times}, {name}: {why}");
                *repeated.broken.entry(name.clone()).or_default() += 1;
            }
        }
        let records = read_records(&verdicts).map_err(|e| e.to_string())?;
        for record in &records {
            let of_claim = repeated.outcomes.entry(record.id.clone()).or_default();
            *of_claim.entry(record.outcome).or_default() += 1;
        }
        println!("{round} of {times}: {} claims judged", records.len());
        // After each round: an hour's work is not lost when it is cut short.
        repeated.runs = round;
        let json = serde_json::to_string_pretty(&repeated).map_err(|e| e.to_string())?;
        files::write(&file, &(json + "\n"))?;
    }
    Ok(format!("{}\n{repeated}", file.display()))
}

fn once(program: &Path, name: &str, verdicts: &Path) -> Result<(), String> {
    let mut command = Command::new(program);
    command
        .current_dir(std::env::temp_dir())
        .env("COURSE_NOTEBOOK", name)
        .env("COURSE_VERDICTS", verdicts)
        .env("COURSE_PYTHON", interpreter())
        .process_group(0);
    let output = command.output_timeout(LIMIT).map_err(|e| e.to_string())?;
    if output.exit.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{}: {}",
        output.exit,
        said.lines().last().unwrap_or_default()
    ))
}

fn day() -> Result<String, String> {
    let date = Command::new("date")
        .arg("+%F")
        .output()
        .map_err(|e| e.to_string())?;
    Ok(String::from_utf8_lossy(&date.stdout).trim().to_owned())
}
