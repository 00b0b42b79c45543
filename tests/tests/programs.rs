//! Every chapter as a plain program: written as `make code` does, built, run, and its verdicts held against the ledger. Then again on
//! machines of other shapes: a few by `make test`, all by `make shapes`.
//!
//! The chapters measure, so they run one after the other; the last one reads the verdicts of the others.

mod common;
mod programs {
    pub mod shapes;
}

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, id};
use std::time::{Duration, Instant};
use std::{env, fs};

use common::isolated::{GRACE, bounded, within};
use course_tests::{cargo, code, notebooks, root};
use libtest_mimic::{Arguments, Failed, Trial};
use support::claim::{Ledger, read_records};

const LIMIT: Duration = Duration::from_secs(400);

/// Marks all processes of this run, whatever group or session they go to.
const MARK: &str = "COURSE_PROGRAMS";

fn main() -> ExitCode {
    let mut args = Arguments::from_args();
    args.test_threads = Some(1);
    let trials = if args.list || !(args.include_ignored || args.ignored) {
        vec![Trial::test("programs", || Ok(())).with_ignored_flag(true)]
    } else {
        trials().unwrap_or_else(|e| vec![Trial::test("programs", || Err(e.into()))])
    };
    libtest_mimic::run(&args, trials).exit_code()
}

fn trials() -> Result<Vec<Trial>, String> {
    let folder = cargo::target().join("code");
    let paths = notebooks(&root().join("notebooks")).map_err(|e| e.to_string())?;
    let names = code::write_all(&paths, &folder)?;
    let programs = cargo::build(&folder, &folder.join("target"))?;
    let verdicts = folder.join("verdicts");
    if verdicts.exists() {
        fs::remove_dir_all(&verdicts).map_err(|e| format!("{}: {e}", verdicts.display()))?;
    }
    let program = |name: &String| {
        let is_it = |path: &&PathBuf| path.ends_with(code::package(name));
        let found = programs.iter().find(is_it).cloned();
        found.ok_or_else(|| format!("{name}: no program was built"))
    };
    let mut trials = Vec::new();
    for name in &names {
        let (name, program, verdicts) = (name.clone(), program(name)?, verdicts.clone());
        trials.push(Trial::test(name.clone(), move || {
            run(&name, Command::new(program), LIMIT, &verdicts)
        }));
    }
    let first = program(&names[0])?;
    trials.push(Trial::test("output that is cut", move || cut(&first)));
    for (shape, chapters) in programs::shapes::wanted() {
        for name in names
            .iter()
            .filter(|name| chapters.is_none_or(|some| some.contains(&&***name)))
        {
            let (name, program) = (name.clone(), program(name)?);
            let verdicts = verdicts.join(shape.folder());
            trials.push(Trial::test(format!("{name}, {}", shape.name), move || {
                run(
                    &name,
                    shape.command(&program),
                    programs::shapes::LIMIT,
                    &verdicts,
                )?;
                shape.report(&name, &verdicts)
            }));
        }
    }
    Ok(trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(true))
        .collect())
}

fn run(name: &str, mut command: Command, limit: Duration, verdicts: &Path) -> Result<(), Failed> {
    command.current_dir(env::temp_dir());
    command
        .env("COURSE_NOTEBOOK", name)
        .env("COURSE_VERDICTS", verdicts)
        .env("COURSE_SOLUTIONS", "1");
    command.env(MARK, id().to_string());
    let began = Instant::now();
    let output = bounded(command, limit)?;
    print!("{:.0} s, ", began.elapsed().as_secs_f64());
    // A thread that panics does not end the program; the kernel's marks are for the kernel.
    let panicked = |line: &&str| line.starts_with("thread '") && line.contains("panicked at");
    let marked_up = |line: &&str| line.starts_with("EVCXR_");
    if let Some(line) = output
        .lines()
        .find(|line| panicked(line) || marked_up(line))
    {
        return Err(format!("in the output: {line}").into());
    }
    if within(GRACE, || marked().is_empty().then_some(())).is_none() {
        return Err(format!("processes are left: {:?}", marked()).into());
    }
    let findings = Ledger::course()?.audit(name, &read_records(verdicts)?);
    match findings.as_slice() {
        [] => Ok(()),
        _ => Err(findings
            .iter()
            .map(|finding| format!("{finding}\n"))
            .collect::<String>()
            .into()),
    }
}

/// As in `program | head`.
fn cut(program: &Path) -> Result<(), Failed> {
    let mut shell = Command::new("sh");
    shell.args(["-c", "{ \"$0\" 2>&1; echo \"exit $?\" >&2; } | head -n 1"]);
    shell.arg(program);
    let output = bounded(shell, LIMIT)?;
    if output.lines().count() != 2 || !output.contains("exit 0") {
        return Err(output.into());
    }
    Ok(())
}

/// The processes that inherited our mark. Where there is no /proc, none is seen.
fn marked() -> Vec<PathBuf> {
    let mark = format!("{MARK}={}", id());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let paths = processes.map(|process| process.path());
    let has_mark = |path: &PathBuf| {
        fs::read(path.join("environ")).is_ok_and(|text| {
            text.split(|&byte| byte == 0)
                .any(|pair| pair == mark.as_bytes())
        })
    };
    paths.filter(has_mark).collect()
}
