//! Tests of the course from outside, and what they share: a small model of a notebook and the rules it must keep,
//! a notebook's cells as a program, all of it as one, and clients that a server must survive.

pub mod cargo;
pub mod cell;
pub mod code;
pub mod content;
pub mod format;
mod random;
pub mod ratios;
pub mod rude;
pub mod rules;
pub mod slides;
pub mod translations;

pub use random::Random;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use serde_json::Value;
use support::chapter::CHAPTERS;

/// A notebook as far as the rules need it.
#[derive(Debug)]
pub struct Notebook {
    /// The file's name without its ending, such as `01-theory`.
    pub name: String,
    /// The format's major version; 4 is the only one we know.
    pub nbformat: u64,
    /// Its cells, in order.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Debug)]
pub struct Cell {
    /// How a finding names it: `cell 7` is the seventh code cell, as everywhere in this project.
    pub label: String,
    /// The id, if there is one.
    pub id: Option<String>,
    /// Whether it is code.
    pub is_code: bool,
    /// Its text.
    pub source: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its place in the run.
    pub execution_count: Option<u64>,
    /// What it put out.
    pub outputs: Vec<Output>,
}

/// One output of a cell.
#[derive(Debug)]
pub enum Output {
    /// Text on stdout or stderr.
    Stream {
        /// `stdout` or `stderr`.
        name: String,
        /// The text.
        text: String,
    },
    /// An error the kernel reported.
    Error(String),
    /// Something shown, as pairs of a mime type and its content.
    Data(Vec<(String, String)>),
}

impl Output {
    /// What it shows in this mime type.
    pub fn shown(&self, mime: &str) -> Option<&str> {
        let Self::Data(shown) = self else {
            return None;
        };
        let found = shown.iter().find(|(of, _)| of == mime);
        found.map(|(_, content)| content.as_str())
    }
}

impl Cell {
    /// Whether the cell carries this tag.
    pub fn tagged(&self, tag: &str) -> bool {
        self.tags.iter().any(|t| t == tag)
    }
}

impl Notebook {
    /// Reads a notebook's file.
    ///
    /// # Errors
    /// A sentence that names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text =
            fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        Self::parse(&name, &text)
    }

    /// Reads a notebook's text.
    ///
    /// # Errors
    /// A sentence that names the notebook, the cell and the key that is missing or has the wrong type.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let json: Value =
            serde_json::from_str(text).map_err(|e| format!("{name}: not JSON: {e}"))?;
        let wrong = |what: &str| format!("{name}: {what}");
        let nbformat = json["nbformat"]
            .as_u64()
            .ok_or_else(|| wrong("`nbformat` is no number"))?;
        for key in ["metadata", "nbformat_minor"] {
            if json[key].is_null() {
                return Err(wrong(&format!("`{key}` is missing")));
            }
        }
        let cells = json["cells"]
            .as_array()
            .ok_or_else(|| wrong("`cells` is no list"))?;
        let mut code_cells = 0;
        let cells = cells
            .iter()
            .map(|cell| {
                let label = if cell["cell_type"] == "code" {
                    code_cells += 1;
                    format!("cell {code_cells}")
                } else {
                    format!("text after cell {code_cells}")
                };
                Cell::parse(cell, &label).map_err(|e| format!("{name} {label}: {e}"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: name.to_owned(),
            nbformat,
            cells,
        })
    }

    /// The code cells, in order.
    pub fn code(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| cell.is_code)
    }
}

impl Cell {
    fn parse(cell: &Value, label: &str) -> Result<Self, String> {
        let kind = cell["cell_type"].as_str().unwrap_or_default();
        if !["code", "markdown", "raw"].contains(&kind) {
            return Err(format!("`cell_type` is {}", cell["cell_type"]));
        }
        if !cell["metadata"].is_object() {
            return Err("`metadata` is missing".to_owned());
        }
        let is_code = kind == "code";
        if is_code && cell.get("execution_count").is_none() {
            return Err("`execution_count` is missing".to_owned());
        }
        let outputs = match cell["outputs"].as_array() {
            Some(outputs) => outputs
                .iter()
                .map(Output::parse)
                .collect::<Result<_, _>>()?,
            None if is_code => return Err("`outputs` is no list".to_owned()),
            None => Vec::new(),
        };
        let tags = cell["metadata"]["tags"].as_array();
        Ok(Self {
            label: label.to_owned(),
            id: cell["id"].as_str().map(str::to_owned),
            is_code,
            source: text(&cell["source"]).ok_or("`source` is no text")?,
            tags: tags.into_iter().flatten().filter_map(text).collect(),
            execution_count: cell["execution_count"].as_u64(),
            outputs,
        })
    }
}

impl Output {
    fn parse(output: &Value) -> Result<Self, String> {
        let lines = |key: &str| text(&output[key]).ok_or(format!("output: `{key}` is no text"));
        match output["output_type"].as_str() {
            Some("stream") => Ok(Self::Stream {
                name: lines("name")?,
                text: lines("text")?,
            }),
            Some("error") => lines("evalue").map(Self::Error),
            Some("display_data" | "execute_result") => {
                let data = output["data"]
                    .as_object()
                    .ok_or("output: `data` is missing")?;
                let shown = data.iter().map(|(mime, content)| {
                    (
                        mime.clone(),
                        text(content).unwrap_or_else(|| content.to_string()),
                    )
                });
                Ok(Self::Data(shown.collect()))
            }
            _ => Err(format!("`output_type` is {}", output["output_type"])),
        }
    }
}

/// The format writes text as one string or as a list of lines.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => lines.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// The columns that a text takes: Chinese takes two a sign.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| if c < '\u{2e80}' { 1 } else { 2 })
        .sum()
}

/// So many milliseconds.
pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What is to happen soon happens within this time even on a busy machine: whatever takes longer hangs.
pub const SOON: Duration = Duration::from_secs(10);

/// The chapter that reads the verdicts of the others.
pub const OVERVIEW: &str = CHAPTERS[CHAPTERS.len() - 1];

/// Gives the file this date: what was only copied or reworded is as old as what it came from.
///
/// # Errors
/// When the file cannot be opened for writing.
pub fn set_date(file: &Path, date: SystemTime) -> io::Result<()> {
    let file = fs::File::options().write(true).open(file)?;
    file.set_modified(date)
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// The notebooks of a folder, sorted.
///
/// # Errors
/// When the folder cannot be read.
pub fn notebooks(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "ipynb"));
    paths.sort();
    Ok(paths)
}
