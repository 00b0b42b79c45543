//! Verdicts as lines of JSON, for whoever runs the notebooks unattended and for the last chapter.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;
use super::entry::{Expect, Kind};
use super::evidence::Evidence;
use super::verdict::{Condition, Outcome, Verdict};

/// The environment variable that names the folder in which verdicts are recorded.
pub const VERDICTS_VARIABLE: &str = "COURSE_VERDICTS";

/// The environment variable by which the runner says which notebook it executes, so that a claim judged in the wrong
/// one is seen. Without it, a verdict is recorded for the notebook that the ledger gives.
pub const NOTEBOOK_VARIABLE: &str = "COURSE_NOTEBOOK";

/// A verdict as it is recorded: one line of `<folder>/<notebook>.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The claim.
    pub id: String,
    /// The notebook that judged it.
    pub notebook: String,
    /// How it came out.
    pub outcome: Outcome,
    /// What the ledger expects.
    pub expected: Expect,
    /// What kind of evidence decides it.
    pub kind: Kind,
    /// On what it was judged.
    pub evidence: Vec<Evidence>,
    /// What was found under other conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The same under the control.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Evidence>,
    /// The sentences added by the notebook.
    pub note: String,
}

/// The notebook that the runner says it executes.
pub(crate) fn running_notebook() -> Option<String> {
    std::env::var(NOTEBOOK_VARIABLE)
        .ok()
        .filter(|name| !name.is_empty())
}

impl Record {
    /// The record of a verdict, judged in `notebook` or else in the one that the ledger gives.
    #[must_use]
    pub fn new(verdict: &Verdict, notebook: Option<String>) -> Self {
        let claim = &verdict.claim;
        Self {
            id: claim.id.clone(),
            notebook: notebook.unwrap_or_else(|| claim.notebook.clone()),
            outcome: verdict.outcome,
            expected: claim.expect,
            kind: claim.kind,
            evidence: verdict.evidence.clone(),
            conditions: verdict.conditions.clone(),
            controls: verdict.controls.clone(),
            note: verdict.notes.join(" "),
        }
    }

    /// Adds this record to the file of its notebook; makes the folder if need be.
    ///
    /// The line goes out in one write to a file opened for appending, so that notebooks may run at the same time.
    ///
    /// # Errors
    /// [`Error::Io`], with the path.
    pub fn append_to(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(format!("{}.jsonl", self.notebook));
        let failed = |action, path: &Path| {
            let path = PathBuf::from(path);
            move |source| Error::Io {
                action,
                path,
                source,
            }
        };
        fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
        let mut line = serde_json::to_string(self).map_err(|e| failed("write", &path)(e.into()))?;
        line.push('\n');
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(failed("append to", &path))
    }
}

/// Reads all records of a folder, notebook by notebook, each in the order of its verdicts. A folder that does not
/// exist has none.
///
/// # Errors
/// [`Error::Io`] or [`Error::BadRecord`], with the path.
pub fn read_records(folder: impl AsRef<Path>) -> Result<Vec<Record>, Error> {
    let folder = folder.as_ref();
    let cannot_read = |path: &Path| {
        let path = PathBuf::from(path);
        move |source| Error::Io {
            action: "read",
            path,
            source,
        }
    };
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(cannot_read(folder))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(cannot_read(folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            paths.push(path);
        }
    }
    paths.sort();

    let mut records = Vec::new();
    for path in paths {
        records.extend(read_file(&path)?);
    }
    Ok(records)
}

/// Reads the records of one notebook, in the order of its verdicts. A notebook that was not run has none; what others left behind,
/// perhaps in an earlier edition of the course, is not looked at.
///
/// # Errors
/// [`Error::Io`] or [`Error::BadRecord`], with the path.
pub fn read_notebook(folder: impl AsRef<Path>, notebook: &str) -> Result<Vec<Record>, Error> {
    let path = folder.as_ref().join(format!("{notebook}.jsonl"));
    match read_file(&path) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(Vec::new())
        }
        records => records,
    }
}

fn read_file(path: &Path) -> Result<Vec<Record>, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    let record = |(n, line)| {
        serde_json::from_str(line).map_err(|source| Error::BadRecord {
            path: path.to_owned(),
            line: n + 1,
            source,
        })
    };
    text.lines().enumerate().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::super::judging::Judging;
    use super::super::judging::samples::{controlled, timing};
    use super::*;
    use crate::measure::{Estimate, Samples};

    fn six(value: f64) -> Estimate {
        super::super::judging::samples::six(value).median_interval()
    }

    /// A folder of its own for a test, gone at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("course-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn verdict() -> Verdict {
        Judging::new(controlled(timing(Expect::Refuted)))
            .exact("order", "A\n\"B\"", "主")
            .measured("a / b", Samples::new([0.1, 1.0 / 3.0, f64::NAN, 2.0]))
            .measured("c / d", six(1.5))
            .control("c / d", six(3.0) / six(1.0))
            .note("One.")
            .note("Two.")
            .decide()
            .unwrap()
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        let record = Record::new(&verdict(), None);
        assert_eq!(
            (&*record.notebook, &*record.note),
            ("01-theory", "One. Two.")
        );
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&json["outcome"], &json["expected"]),
            (&"refuted".into(), &"refuted".into())
        );
        assert_eq!(json["evidence"][0]["want"], "主");
        assert_eq!(json["evidence"][1]["lost"], 1);
        assert_eq!(json["controls"][0]["mid"], 3.0);
        assert_eq!(json["evidence"][2]["bound"]["about"], 1.0);
    }

    #[test]
    fn records_are_appended_whole_by_several_at_once() {
        let scratch = Scratch::new("append");
        let folder = scratch.0.join("deep");
        assert_eq!(read_records(&folder).unwrap(), []);
        std::thread::scope(|scope| {
            for notebook in ["01-theory", "01-theory", "02-processes"] {
                let folder = &folder;
                scope.spawn(move || {
                    for _ in 0..50 {
                        Record::new(&verdict(), Some(notebook.into()))
                            .append_to(folder)
                            .unwrap();
                    }
                });
            }
        });
        let records = read_records(&folder).unwrap();
        assert_eq!(records.len(), 150);
        assert!(records.is_sorted_by(|a, b| a.notebook <= b.notebook));
    }

    #[test]
    fn an_error_names_the_path_and_the_line() {
        let scratch = Scratch::new("errors");
        fs::create_dir_all(&scratch.0).unwrap();
        let file = scratch.0.join("01-theory.jsonl");
        let record = Record::new(&verdict(), None);
        record.append_to(&scratch.0).unwrap();
        fs::write(&file, fs::read_to_string(&file).unwrap() + "{}\n").unwrap();
        let error = read_records(&scratch.0).unwrap_err().to_string();
        assert!(error.contains("01-theory.jsonl, line 2"), "{error}");
        assert!(read_notebook(&scratch.0, "01-theory").is_err());
        assert_eq!(read_notebook(&scratch.0, "02-processes").unwrap(), []);

        let error = record.append_to(&file).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot make the folder") && error.contains("01-theory.jsonl"),
            "{error}"
        );
    }
}
