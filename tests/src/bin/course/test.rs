//! Every test, in two lanes side by side which take about as long.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anstream::{print, println};
use course_tests::root;

use crate::fetch;
use crate::setup::interpreter;

/// What takes long and bounds no time closely; a kill after each instruction comes out the same on a busy machine.
const LONG: [&str; 3] = ["kill", "programs", "site"];

pub fn run() -> Result<String, String> {
    let axe = &fetch::package(fetch::AXE)?;
    let folder = root().join("tests/tests");
    let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut rest: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| !LONG.contains(&name.as_str()))
        .collect();
    rest.sort();

    cargo(axe, &["-q", "--no-run"])
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    let log = root().join("target/test-long.log");
    let failed = |e: std::io::Error| format!("{}: {e}", log.display());
    let file = File::create(&log).map_err(failed)?;
    let mut beside = cargo(axe, &named(&LONG));
    beside
        .stdout(file.try_clone().map_err(failed)?)
        .stderr(file);
    let mut beside = beside.spawn().map_err(|e| format!("cargo: {e}"))?;

    let mut tally = Tally::default();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    for what in [[&["--lib"][..], &named(&rest)].concat(), vec!["--doc"]] {
        let mut cargo = cargo(axe, &what);
        let mut child = cargo
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cargo: {e}"))?;
        for line in child
            .stdout
            .take()
            .into_iter()
            .flat_map(|out| BufReader::new(out).lines())
        {
            let line = line.map_err(|e| format!("cargo: {e}"))?;
            println!("{line}");
            tally.add(&line);
        }
        tally.ended(child.wait().is_ok_and(|status| status.success()));
    }
    tally.ended(beside.wait().is_ok_and(|status| status.success()));
    let long = fs::read_to_string(&log).map_err(failed)?;
    print!("{long}");
    long.lines().for_each(|line| tally.add(line));
    tally.said()
}

fn named<'a>(tests: &[&'a str]) -> Vec<&'a str> {
    tests.iter().flat_map(|test| ["--test", test]).collect()
}

/// `cargo test` with what the tests need from `make`.
fn cargo(axe: &Path, what: &[&str]) -> Command {
    let target = |path: &str| -> PathBuf { root().join("target").join(path) };
    let mut cargo = Command::new("cargo");
    cargo
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(what)
        .envs([
            ("COURSE_PYTHON", interpreter()),
            ("COURSE_SITE", target("html")),
            ("COURSE_SLIDES", target("slides")),
            ("COURSE_NOTEBOOKS", target("notebooks")),
            ("COURSE_AXE", axe.join("axe.min.js")),
        ])
        .current_dir(root());
    if !what.contains(&"--no-run") {
        cargo.args(["--", "--include-ignored"]);
    }
    cargo
}

/// What the runners say in their closing lines.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    broken: bool,
}

impl Tally {
    /// Such as `test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let words: Vec<&str> = result.split_whitespace().collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else {
                continue;
            };
            match pair[1].trim_end_matches(';') {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }

    fn ended(&mut self, well: bool) {
        self.broken |= !well;
    }

    fn said(&self) -> Result<String, String> {
        let said = format!(
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        );
        if self.broken || self.failed > 0 || self.passed == 0 {
            Err(said)
        } else {
            Ok(said)
        }
    }
}
