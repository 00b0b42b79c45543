//! Measurements of Python from another machine, for where there is none.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Error, Python};

/// What a Python program measured, and where.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer<T> {
    /// What it measured.
    pub value: T,
    /// Who measured: "CPython 3.11.7, this run", or the reference and its machine. Fit for the note of a chart.
    pub source: String,
    /// Why it was not measured here; `None` if it was.
    pub missing: Option<Error>,
}

impl<T> Answer<T> {
    /// The name of a chart's series or row: with a word if what it shows was read, not measured here.
    #[must_use]
    pub fn label(&self, name: &str) -> String {
        match self.missing {
            None => name.to_owned(),
            Some(_) => format!("{name} (read, not measured)"),
        }
    }
}

/// Runs a program as [`Python::run`] does; where there is no interpreter, answers with the measurement `name` of `data/python.toml`.
///
/// # Errors
/// [`Error::Reference`] if the file has no such measurement; those of [`Python::run`]: a program that crashes, hangs or prints something
/// else is no reason to show what another machine measured.
///
/// ```
/// use std::time::Duration;
/// use support::measure::python::run_or_reference;
///
/// let program = "print([93, 0])";
/// let answer = run_or_reference::<[i32; 2]>("money-left", program, &[], Duration::from_secs(10))?;
/// println!("{:?}: {}", answer.value, answer.source);
/// # Ok::<(), support::measure::python::Error>(())
/// ```
pub fn run_or_reference<T: DeserializeOwned>(
    name: &str,
    program: &str,
    args: &[&str],
    limit: Duration,
) -> Result<Answer<T>, Error> {
    let here = Python::find().and_then(|python| {
        let value = python.run(program, args, limit)?;
        Ok((value, format!("{}, this run", python.version())))
    });
    match here {
        Ok((value, source)) => Ok(Answer {
            value,
            source,
            missing: None,
        }),
        Err(missing @ Error::Absent { .. }) => {
            let (value, source) = reference(name)?;
            Ok(Answer {
                value,
                source,
                missing: Some(missing),
            })
        }
        Err(failed) => Err(failed),
    }
}

fn reference<T: DeserializeOwned>(name: &str) -> Result<(T, String), Error> {
    #[derive(Deserialize)]
    struct File {
        python: String,
        machine: String,
        date: String,
        measured: toml::Table,
    }
    let wrong = |problem: String| Error::Reference {
        name: name.to_owned(),
        problem,
    };
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/python.toml"));
    let mut file: File = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let value = file.measured.remove(name).ok_or_else(|| {
        let names: Vec<_> = file.measured.keys().map(String::as_str).collect();
        wrong(format!("it has {}", names.join(", ")))
    })?;
    let value = value
        .try_into()
        .map_err(|e: toml::de::Error| wrong(e.to_string()))?;
    let source = format!(
        "reference, not this machine: {} on {}, {}",
        file.python, file.machine, file.date
    );
    Ok((value, source))
}
