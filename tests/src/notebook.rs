//! A notebook, all of it: what the format says by name, and whatever else stands in the file as it is.
//!
//! It is written as Jupyter writes it, with sorted keys: what Jupyter wrote comes out the same, byte for byte.

#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use text::Text;

use crate::files;
use crate::markdown::{Heading, headings};

/// Keys and values that we need not know.
pub type Fields = Map<String, Value>;

/// A notebook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notebook {
    /// The file's name without its ending, such as `01-theory`.
    #[serde(skip)]
    pub name: String,
    /// Its cells, in order.
    pub cells: Vec<Cell>,
    /// Its kernel, when it was measured.
    pub metadata: Fields,
    /// The format's major version; 4 is the only one we know.
    pub nbformat: u64,
    /// The minor version.
    pub nbformat_minor: u64,
    /// What else there is.
    #[serde(flatten)]
    pub others: Fields,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// How a finding names it: `cell 7` is the seventh code cell, as everywhere in this project.
    #[serde(skip)]
    pub label: String,
    /// What it is.
    pub cell_type: CellType,
    /// The id, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its tags, and how it is shown.
    pub metadata: Fields,
    /// Its text.
    pub source: Text,
    /// Its place in the run, of code that was run. Only code has the key.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub execution_count: Option<Option<u64>>,
    /// What it put out. Only code has the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Vec<Output>>,
    /// What else there is, such as the pictures of a text.
    #[serde(flatten)]
    pub others: Fields,
}

/// What a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellType {
    /// Code, which is run.
    Code,
    /// Text in Markdown.
    Markdown,
    /// What only a converter reads.
    Raw,
}

/// One output of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "output_type", rename_all = "snake_case")]
pub enum Output {
    /// Text on stdout or stderr.
    Stream {
        /// `stdout` or `stderr`.
        name: String,
        /// The text.
        text: Text,
        /// What else there is.
        #[serde(flatten)]
        others: Fields,
    },
    /// An error the kernel reported.
    Error {
        /// What it says.
        evalue: String,
        /// What it shows.
        traceback: Text,
        /// What else there is.
        #[serde(flatten)]
        others: Fields,
    },
    /// Something that the code showed.
    DisplayData(Shown),
    /// The value of a cell.
    ExecuteResult(Shown),
}

/// The same in one or more mime types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Its contents by mime type.
    pub data: BTreeMap<String, Content>,
    /// What else there is.
    #[serde(flatten)]
    pub others: Fields,
}

/// What is shown in one mime type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Text, as for everything in this course.
    Text(Text),
    /// Something else, for other kernels.
    Json(Value),
}

/// Tells a key without a value from one that is not there.
fn given<'de, D: Deserializer<'de>>(count: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(count).map(Some)
}

impl Notebook {
    /// Reads a notebook's file.
    ///
    /// # Errors
    /// A sentence that names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::parse(&name, &files::read(path)?)
    }

    /// Reads a notebook's text.
    ///
    /// # Errors
    /// A sentence that names the notebook, the cell and the key that is missing or has the wrong type.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut json: Value =
            serde_json::from_str(text).map_err(|e| format!("{name}: not JSON: {e}"))?;
        // Each by itself, so that an error names the cell.
        let cells = match json.get_mut("cells").map(Value::take) {
            Some(Value::Array(cells)) => cells,
            _ => return Err(format!("{name}: `cells` is no list")),
        };
        json["cells"] = Value::Array(Vec::new());
        let mut notebook: Self =
            serde_json::from_value(json).map_err(|e| format!("{name}: {e}"))?;
        notebook.name = name.to_owned();
        let mut code_cells = 0;
        for cell in cells {
            let label = if cell["cell_type"] == "code" {
                code_cells += 1;
                format!("cell {code_cells}")
            } else {
                format!("text after cell {code_cells}")
            };
            let cell = Cell::parse(cell, &label).map_err(|e| format!("{name} {label}: {e}"))?;
            notebook.cells.push(cell);
        }
        Ok(notebook)
    }

    /// The text of the file, as Jupyter writes it.
    ///
    /// # Errors
    /// When a value has no form in JSON: none that was read.
    pub fn text(&self) -> Result<String, String> {
        let mut json = serde_json::to_value(self).map_err(|e| e.to_string())?;
        json.sort_all_objects();
        let mut text = Vec::new();
        let layout = serde_json::ser::PrettyFormatter::with_indent(b" ");
        let mut writer = serde_json::Serializer::with_formatter(&mut text, layout);
        json.serialize(&mut writer).map_err(|e| e.to_string())?;
        text.push(b'\n');
        String::from_utf8(text).map_err(|e| e.to_string())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        files::write(path, &self.text()?)
    }

    /// The code cells, in order.
    pub fn code(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| cell.is_code())
    }

    /// The texts in Markdown, in order.
    pub fn texts(&self) -> impl Iterator<Item = &Cell> {
        let cells = self.cells.iter();
        cells.filter(|cell| cell.cell_type == CellType::Markdown)
    }
}

impl Cell {
    fn parse(cell: Value, label: &str) -> Result<Self, String> {
        let mut cell: Self = serde_json::from_value(cell).map_err(|e| e.to_string())?;
        label.clone_into(&mut cell.label);
        for (key, is_there) in [
            ("execution_count", cell.execution_count.is_some()),
            ("outputs", cell.outputs.is_some()),
        ] {
            if cell.is_code() && !is_there {
                return Err(format!("missing field `{key}`"));
            }
        }
        Ok(cell)
    }

    /// Text without an id.
    pub fn markdown(source: String) -> Self {
        Self {
            label: String::new(),
            cell_type: CellType::Markdown,
            id: None,
            metadata: Fields::new(),
            source: source.into(),
            execution_count: None,
            outputs: None,
            others: Fields::new(),
        }
    }

    /// The headings of a text; code has none.
    pub fn headings(&self) -> Vec<Heading> {
        match self.cell_type {
            CellType::Markdown => headings(&self.source),
            CellType::Code | CellType::Raw => Vec::new(),
        }
    }

    /// Whether it is code.
    pub fn is_code(&self) -> bool {
        self.cell_type == CellType::Code
    }

    /// Whether it carries this tag.
    pub fn tagged(&self, tag: &str) -> bool {
        let tags = self.metadata.get("tags").and_then(Value::as_array);
        tags.into_iter().flatten().any(|other| other == tag)
    }

    /// Whether Jupyter shows its code only when it is asked for.
    pub fn folded_in_jupyter(&self) -> bool {
        let jupyter = self.metadata.get("jupyter");
        jupyter.and_then(|how| how.get("source_hidden")) == Some(&Value::Bool(true))
    }

    /// Its place in the run, if it was run.
    pub fn number(&self) -> Option<u64> {
        self.execution_count.flatten()
    }

    /// What it put out.
    pub fn outputs(&self) -> &[Output] {
        self.outputs.as_deref().unwrap_or_default()
    }
}

impl Output {
    /// What it shows in this mime type, as text.
    pub fn shown(&self, mime: &str) -> Option<&str> {
        match self {
            Self::DisplayData(shown) | Self::ExecuteResult(shown) => shown.text(mime),
            Self::Stream { .. } | Self::Error { .. } => None,
        }
    }
}

impl Shown {
    /// Its text in this mime type.
    pub fn text(&self, mime: &str) -> Option<&str> {
        match self.data.get(mime)? {
            Content::Text(text) => Some(text),
            Content::Json(_) => None,
        }
    }

    /// Its texts, whatever their mime type.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut Text> {
        self.data.values_mut().filter_map(|content| match content {
            Content::Text(text) => Some(text),
            Content::Json(_) => None,
        })
    }
}
