//! The benches, beside CPython and its packages, and what they measured.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs, io};

use anstream::println;
use course_tests::ratios::Run;
use course_tests::{files, root};

use crate::setup::done;

/// The order of the table.
const BENCHES: [&str; 7] = [
    "process",
    "inspect",
    "sched",
    "ipc",
    "sync",
    "pool",
    "coroutine",
];
/// What the benches write, and what a table of it depends on.
const RATIOS: &str = "target/bench/ratios.jsonl";
const SOURCES: [&str; 2] = ["support/src", "support/benches"];
/// The run that is committed.
const COMMITTED: &str = "data/bench.jsonl";

/// Measures everything and shows it.
pub fn run() -> Result<String, String> {
    let (ratios, peers) = (root().join(RATIOS), root().join("target/peers"));
    if let Err(e) = install(&peers) {
        println!("{e}: what is not there is left out of the table, which says so");
    }
    let _ = fs::remove_file(&ratios);
    let python = env::var_os("COURSE_PYTHON").unwrap_or(peers.join("bin/python").into());
    for bench in BENCHES {
        done(
            Command::new("cargo")
                .args(["bench", "-q", "-p", "support", "--bench", bench])
                .args(["--", "--quiet"])
                .env("COURSE_PYTHON", &python)
                .current_dir(root()),
            &format!("the bench {bench} failed"),
        )?;
    }
    show(&ratios, &ratios.with_file_name("report.html"))
}

/// Peers that cannot be installed are left out.
fn install(peers: &Path) -> Result<(), String> {
    let list = root().join("support/benches/peers.txt");
    if !peers.join("bin/python").exists() {
        let mut venv = Command::new("python3");
        done(
            venv.args(["-m", "venv"]).arg(peers),
            "no folder for the peers",
        )?;
    }
    let mut pip = Command::new(peers.join("bin/python"));
    pip.args(["-m", "pip", "install", "-q", "-r"]).arg(&list);
    done(
        &mut pip,
        &format!("not all of {} could be installed", list.display()),
    )
}

fn show(ratios: &Path, page: &Path) -> Result<String, String> {
    let run = Run::read(ratios)?;
    println!("{}\npython: {}\n\n{}", run.machine, run.python, run.table());
    files::write(page, &run.page()?)?;
    Ok(page.display().to_string())
}

/// Names what fell since the run that is committed, by figures of this state of the sources.
pub fn check() -> Result<String, String> {
    let (ratios, committed) = (root().join(RATIOS), root().join(COMMITTED));
    let none = |why: &str| format!("no fresh figures: {RATIOS} {why}; `make bench` measures them");
    let measured = fs::metadata(&ratios)
        .and_then(|of| of.modified())
        .map_err(|e| none(&e.to_string()))?;
    for folder in SOURCES {
        let changed = newest(&root().join(folder)).map_err(|e| format!("{folder}: {e}"))?;
        if changed > measured {
            return Err(none(&format!("is older than what is in {folder}")));
        }
    }
    let change = Run::read(&ratios)?.since(&Run::read(&committed)?);
    for what in &change.missing {
        println!("not measured here: {what}");
    }
    if change.fell.is_empty() {
        return Ok(format!(
            "No ratio fell by more than 25 % since {COMMITTED}."
        ));
    }
    Err(format!(
        "fell by more than 25 % since {COMMITTED}:\n{}",
        change.fell.join("\n")
    ))
}

fn newest(path: &Path) -> io::Result<SystemTime> {
    let mut newest = fs::metadata(path)?.modified()?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            newest = newest.max(self::newest(&entry?.path())?);
        }
    }
    Ok(newest)
}
