//! Which interpreter.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::{Error, Python};

const VARIABLE: &str = "COURSE_PYTHON";
/// Long enough for a cold start from a slow disk.
const START: Duration = Duration::from_secs(20);
/// How far up an ancestor may be: kernel, Jupyter, and the shells between them.
const GENERATIONS: usize = 8;

const ABOUT: &str = r#"
import json, platform, sys
gil = getattr(sys, "_is_gil_enabled", lambda: platform.python_implementation() in ("CPython", "PyPy"))()
print(json.dumps({"version": f"{platform.python_implementation()} {platform.python_version()}", "gil": gil}))
"#;

pub(super) fn find() -> Result<Python, Error> {
    let mut tried = Vec::new();
    for (whose, program) in candidates() {
        match start(program.clone()) {
            Ok(python) => return Ok(python),
            Err(error) => tried.push(format!("{whose} ({}): {error}", program.display())),
        }
    }
    Err(Error::Absent { tried })
}

/// Starts the interpreter to ask for its version.
fn start(program: PathBuf) -> Result<Python, Error> {
    #[derive(Deserialize)]
    struct About {
        version: String,
        gil: bool,
    }
    let unknown = Python {
        program,
        version: String::new(),
        gil: true,
    };
    let About { version, gil } = unknown.run(ABOUT, &[], START)?;
    Ok(Python {
        version,
        gil,
        ..unknown
    })
}

/// Interpreters to try, in order, each with a word on where it comes from.
fn candidates() -> Vec<(&'static str, PathBuf)> {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(program) = variable(VARIABLE) {
        return vec![(VARIABLE, program.into())];
    }
    let environment =
        variable("VIRTUAL_ENV").map(|folder| PathBuf::from(folder).join("bin/python3"));
    let mut all = Vec::new();
    all.extend(ancestor().map(|program| ("the program that runs Jupyter", program)));
    all.extend(environment.map(|program| ("VIRTUAL_ENV", program)));
    all.push(("on the PATH", "python3".into()));
    all
}

/// The program of the nearest ancestor that is a Python.
fn ancestor() -> Option<PathBuf> {
    let mut system = System::new().ok()?;
    let what = ProcessRefreshKind::nothing()
        .with_exe(UpdateKind::Always)
        .without_tasks();
    let mut pid = Pid::from_u32(std::process::id());
    for _ in 0..GENERATIONS {
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let process = system.process(pid)?;
        let program = process.exe().filter(|program| {
            let name = program.file_name().unwrap_or_default();
            name.to_string_lossy().to_lowercase().starts_with("python")
        });
        if let Some(program) = program {
            return Some(program.to_owned());
        }
        pid = process.parent()?;
    }
    None
}
