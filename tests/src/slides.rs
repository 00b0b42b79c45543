//! A notebook laid out as slides: where its cells say nothing of slides, what they hold decides.
//!
//! Headings of level 1 and 2 start a slide, those of level 3 a slide below it, and so does whatever has no room any
//! more. Text stays with what follows it, long code scrolls, an output that does not fit below its code has a slide of
//! its own. The set-up is left out; a solution comes after its exercise. What a cell says of slides itself wins.

use serde_json::{Value, json};
use support::chapter::CHAPTERS;

use crate::{columns, text};

/// The height of a slide without its margins and the line at its head, in its own pixels: it is 1280 by 720.
const ROOM: usize = 610;
const TEXT_LINE: usize = 36;
const TEXT_SIGNS: usize = 96;
const CODE_LINE: usize = 25;
const HEADING: usize = 70;
/// Code with at least so many lines in sight can be followed while it scrolls.
const CODE_IN_SIGHT: usize = 14;
/// With the margin of its box.
const LINES_OF_A_CALL: usize = 3;
/// Charts are 720 wide and are shown larger, as far as there is room.
const CHART_ZOOM: f64 = 1.3;

/// What a slide is made of: a block of text, the code of a cell, or some of its outputs.
struct Piece {
    kind: Kind,
    /// The height it would like to have.
    height: usize,
    /// Its `slide_type`, if the cell has one.
    given: Option<String>,
    solution: bool,
    cell: Value,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Heading(usize),
    Text,
    Code,
    /// Text that was printed; it may stand under code that scrolls.
    Printed,
    /// A chart, a table, a verdict.
    Shown,
}

impl Kind {
    fn is_text(self) -> bool {
        matches!(self, Kind::Heading(_) | Kind::Text)
    }
}

/// The notebook with its cells cut up for slides, each with a `slide_type`. The first cell of a slide has, as
/// `metadata.section`, the heading under which it stands, unless it is that heading.
///
/// # Errors
/// When it has no cells or a cell has no text.
pub fn lay_out(notebook: &Value) -> Result<Value, String> {
    let cells = notebook["cells"].as_array().ok_or("`cells` is no list")?;
    let mut pieces = Vec::new();
    for (i, cell) in cells.iter().enumerate() {
        let source = text(&cell["source"]).ok_or(format!("cell {i}: `source` is no text"))?;
        pieces.extend(cut(cell, &on_the_site(&source)));
    }
    let mut laid_out = notebook.clone();
    laid_out["cells"] = Value::Array(placed(pieces));
    // Links to notebooks lead to the decks beside this one.
    let text = CHAPTERS.iter().fold(laid_out.to_string(), |text, chapter| {
        text.replace(&format!("{chapter}.ipynb"), &format!("{chapter}.html"))
    });
    serde_json::from_str(&text).map_err(|e| e.to_string())
}

/// Links to words lead to the site, where names are in lower case; for JupyterLab they keep their capitals.
fn on_the_site(source: &str) -> String {
    let mut parts = source.split("(glossary.md#");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_at(part.find(')').unwrap_or(0));
        text += &format!(
            "(../html/glossary.html#{}{rest}",
            name.to_lowercase().replace(',', "")
        );
    }
    text
}

fn cut(cell: &Value, source: &str) -> Vec<Piece> {
    let tagged = |tag: &str| {
        let tags = cell["metadata"]["tags"].as_array();
        tags.is_some_and(|tags| tags.iter().any(|t| t == tag))
    };
    let given = cell["metadata"]["slideshow"]["slide_type"].as_str();
    let set_up = tagged("remove-output") && given.is_none();
    if set_up || tagged("remove-cell") || given == Some("skip") {
        return Vec::new();
    }
    let mut pieces = match cell["cell_type"].as_str() {
        Some("markdown") => blocks(source).map(written).collect(),
        Some("code") => {
            let mut pieces = Vec::new();
            if !tagged("remove-input") && !tagged("hide-input") {
                pieces.push(code(cell, source));
            }
            if !tagged("hide-output") {
                pieces.extend(outputs(cell));
            }
            pieces
        }
        _ => Vec::new(),
    };
    let id = cell["id"].as_str().unwrap_or("cell");
    for (i, piece) in pieces.iter_mut().enumerate() {
        piece.cell["id"] = json!(format!("{id}-{i}"));
        piece.solution = tagged("hide-cell");
        if let Some(given) = given {
            let given = if i == 0 { given } else { "-" };
            piece.given = Some(given.to_owned());
        }
    }
    pieces
}

/// The parts of a text that blank lines and headings divide; a fenced block is one.
fn blocks(source: &str) -> impl Iterator<Item = String> {
    let mut blocks = vec![String::new()];
    let mut fenced = false;
    for line in source.lines() {
        let heading = !fenced && heading(line) > 0;
        fenced ^= line.trim_start().starts_with("```");
        let blank = line.trim().is_empty() && !fenced;
        if heading || blank {
            blocks.push(String::new());
        }
        if blank {
            continue;
        }
        if let Some(block) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
        if heading {
            blocks.push(String::new());
        }
    }
    blocks.retain(|block| !block.trim().is_empty());
    blocks.into_iter()
}

/// The level of the heading that the line is, or 0.
fn heading(line: &str) -> usize {
    let level = line.bytes().take_while(|&sign| sign == b'#').count();
    level * usize::from(line[level..].starts_with(' '))
}

fn written(block: String) -> Piece {
    let level = heading(block.trim_start());
    let by_line = block
        .trim_start()
        .starts_with(['-', '*', '|', '`', '1'])
        .then(|| block.lines().map(width).map(lines).sum());
    let height = by_line.unwrap_or_else(|| lines(width(&block))) * TEXT_LINE + TEXT_LINE / 2;
    let (kind, height) = match level {
        0 => (Kind::Text, height),
        _ => (Kind::Heading(level), HEADING),
    };
    let cell = json!({"cell_type": "markdown", "metadata": {}, "source": block});
    piece(kind, height, cell)
}

fn lines(signs: usize) -> usize {
    signs.div_ceil(TEXT_SIGNS).max(1)
}

fn width(text: &str) -> usize {
    columns(text.trim())
}

fn code(cell: &Value, source: &str) -> Piece {
    let mut code = cell.clone();
    code["metadata"] = json!({});
    code["outputs"] = json!([]);
    piece(Kind::Code, (source.lines().count() + 1) * CODE_LINE, code)
}

/// Prints in a row are one; whatever is shown stands for itself.
fn outputs(cell: &Value) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for output in cell["outputs"].as_array().into_iter().flatten() {
        let (kind, height) = match output["output_type"].as_str() {
            Some("stream" | "error") => (Kind::Printed, printed(output)),
            _ => (Kind::Shown, shown(&output["data"])),
        };
        if let Some(last) = pieces
            .last_mut()
            .filter(|last| last.kind == kind && kind == Kind::Printed)
        {
            last.height += height;
            if let Some(together) = last.cell["outputs"].as_array_mut() {
                together.push(output.clone());
            }
            continue;
        }
        let mut output = output.clone();
        if let Some(data) = output.get_mut("data").and_then(Value::as_object_mut)
            && data.contains_key("image/svg+xml")
        {
            // In the page, and not an image beside it.
            data.remove("text/html");
        }
        let metadata = json!({"transient": {"remove_source": true}});
        let cell = json!({"cell_type": "code", "metadata": metadata, "execution_count": cell["execution_count"],
                          "source": "", "outputs": [output]});
        pieces.push(piece(kind, height, cell));
    }
    pieces
}

fn printed(output: &Value) -> usize {
    let printed = ["text", "traceback"].map(|key| text(&output[key]).unwrap_or_default());
    printed.concat().lines().count() * CODE_LINE
}

/// The height of a chart follows from its view box, that of a table from its rows, any other from its plain text.
fn shown(data: &Value) -> usize {
    let get = |mime| text(&data[mime]).unwrap_or_default();
    let svg = get("image/svg+xml");
    let chart = svg.split_once("viewBox=\"0 0 720 ");
    let chart = chart.and_then(|(_, rest)| rest.split('"').next()?.parse::<f64>().ok());
    let rows = get("text/html").matches("<tr").count();
    match chart {
        Some(height) => (height * CHART_ZOOM) as usize,
        None if rows > 0 => rows * 40,
        None => {
            50 + get("text/plain")
                .lines()
                .map(width)
                .map(lines)
                .sum::<usize>()
                * 32
        }
    }
}

fn piece(kind: Kind, height: usize, cell: Value) -> Piece {
    Piece {
        kind,
        height: height.min(ROOM),
        given: None,
        solution: false,
        cell,
    }
}

fn placed(pieces: Vec<Piece>) -> Vec<Value> {
    let mut used = 0;
    let mut section = String::new();
    let mut cells = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let kind = match &piece.given {
            Some(given) => given,
            None => starts(&pieces, i, used),
        };
        let mut cell = piece.cell.clone();
        cell["metadata"]["slideshow"] = json!({"slide_type": kind});
        let starts = kind == "slide" || kind == "subslide";
        if let Kind::Heading(1 | 2) = piece.kind {
            let heading = text(&piece.cell["source"]).unwrap_or_default();
            section = heading.trim_start_matches('#').trim().to_owned();
        } else if starts {
            cell["metadata"]["section"] = json!(section);
            cell["metadata"]["solution"] = json!(piece.solution);
        }
        if starts {
            used = 0;
        }
        used += piece.height;
        cells.push(cell);
    }
    cells
}

/// The `slide_type` of a piece after those before it, which use so much of their slide.
fn starts(pieces: &[Piece], i: usize, used: usize) -> &'static str {
    let (before, piece, after) = (&pieces[..i], &pieces[i], &pieces[i + 1..]);
    let Some(last) = before.last() else {
        return "slide";
    };
    let title = matches!(
        before,
        [
            ..,
            Piece {
                kind: Kind::Heading(1),
                ..
            },
            _
        ]
    );
    let stays = match piece.kind {
        Kind::Heading(1 | 2) => return "slide",
        Kind::Heading(3) => matches!(last.kind, Kind::Heading(_)),
        _ if title || (piece.solution && !last.solution) => false,
        _ if matches!(last.kind, Kind::Heading(_)) => true,
        Kind::Code if last.kind == Kind::Code || last.kind.is_text() => {
            // A line or two are nothing without what they show.
            let shown = after
                .first()
                .filter(|_| piece.height <= LINES_OF_A_CALL * CODE_LINE);
            let shown = shown.filter(|next| next.kind == Kind::Shown);
            used + piece.least() + shown.map_or(0, |next| next.height) <= ROOM
        }
        Kind::Code => false,
        Kind::Printed if last.kind == Kind::Code => {
            used - last.height + last.least() + piece.height <= ROOM
        }
        Kind::Printed | Kind::Shown => used + piece.height <= ROOM,
        // Text that closes a section may stay under what it is about.
        _ if !last.kind.is_text() => {
            let more = after.iter().take_while(|next| next.kind == Kind::Text);
            let more: Vec<_> = more.collect();
            let closes = after.get(more.len()).is_none_or(|next| next.kind.is_text());
            let height: usize = more.iter().map(|text| text.height).sum();
            closes && used + piece.height + height <= ROOM
        }
        _ => {
            let next = after.first().filter(|next| !next.kind.is_text());
            used + piece.height + next.map_or(0, Piece::least) <= ROOM
        }
    };
    if stays { "-" } else { "subslide" }
}

impl Piece {
    /// The height that it can do with.
    fn least(&self) -> usize {
        match self.kind {
            Kind::Code if self.height == ROOM => CODE_IN_SIGHT * CODE_LINE,
            Kind::Code => self.height * 4 / 5,
            _ => self.height,
        }
    }
}

#[cfg(test)]
mod tests;
