//! Which interpreter.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use serde::Deserialize;
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::{Error, Python};

const VARIABLE: &str = "COURSE_PYTHON";
/// Names a free-threaded interpreter.
const FREE: &str = "COURSE_PYTHON_FT";
const FREE_BUILDS: [&str; 3] = ["python3.15t", "python3.14t", "python3.13t"];
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
    first(candidates(), |_| true)
}

pub(super) fn free_threaded() -> Result<Python, Error> {
    let candidates = match env::var_os(FREE).filter(|value| !value.is_empty()) {
        Some(program) => vec![(FREE, program.into())],
        None => FREE_BUILDS.map(|name| ("on the PATH", name.into())).into(),
    };
    first(candidates, |python| !python.has_gil())
}

/// The first that starts and will do.
fn first(
    candidates: Vec<(&'static str, PathBuf)>,
    will_do: fn(&Python) -> bool,
) -> Result<Python, Error> {
    let mut tried = Vec::new();
    for (whose, program) in candidates {
        match start(program.clone()) {
            Ok(python) if will_do(&python) => return Ok(python),
            Ok(python) => tried.push(format!("{whose} ({python}): it has a GIL")),
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
        .with_cmd(UpdateKind::Always)
        .without_tasks();
    let mut pid = Pid::from_u32(std::process::id());
    for _ in 0..GENERATIONS {
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let process = system.process(pid)?;
        let is_python = |program: &&Path| {
            let name = program.file_name().unwrap_or_default();
            name.to_string_lossy().to_lowercase().starts_with("python")
        };
        if let Some(program) = process.exe().filter(is_python) {
            return Some(link_to(program, process).unwrap_or(program.to_owned()));
        }
        pid = process.parent()?;
    }
    None
}

/// The name by which it was started, if that leads to its program: started by its own link, the interpreter of a virtual
/// environment finds the packages there.
fn link_to(program: &Path, process: &Process) -> Option<PathBuf> {
    let name = process.cmd().first()?;
    let path = env::var_os("PATH").unwrap_or_default();
    // An absolute name stays as it is.
    let mut links = env::split_paths(&path).map(|folder| folder.join(name));
    links.find(|link| fs::canonicalize(link).is_ok_and(|found| found == program))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_program_is_known_by_its_link() -> io::Result<()> {
        let folder = env::temp_dir().join(format!("python-find-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let (program, link) = (fs::canonicalize("/bin/sleep")?, folder.join("sleep"));
        symlink(&program, &link)?;
        let mut child = Command::new(&link).arg("60").spawn()?;
        let pid = Pid::from_u32(child.id());
        let mut system = System::new().map_err(|_| io::Error::other("no process list"))?;
        system.refresh_all();
        let found = system.process(pid).and_then(|it| link_to(&program, it));
        child.kill()?;
        child.wait()?;
        fs::remove_dir_all(folder)?;
        assert_eq!(found, Some(link));
        Ok(())
    }
}
