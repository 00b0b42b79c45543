//! A notebook laid out as slides: where its cells say nothing of slides, what they hold decides.
//!
//! Headings of level 1 and 2 start a slide, those of level 3 a slide below it, and so does whatever has no room any
//! more. Text stays with what follows it, long code scrolls, an output that does not fit below its code has a slide of
//! its own. The set-up is left out; a solution comes after its exercise. What a cell says of slides itself wins.

use serde_json::{Value, json};
use support::chapter::CHAPTERS;
use unicode_width::UnicodeWidthStr as _;

use crate::markdown::{self, Block, blocks, with_links};
use crate::notebook::{CellType, Fields, Shown, Text};
use crate::{Cell, Notebook, Output};

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
    cell: Cell,
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
#[must_use]
pub fn lay_out(notebook: &Notebook) -> Notebook {
    let mut cells = placed(notebook.cells.iter().flat_map(cut).collect());
    for cell in &mut cells {
        for output in cell.outputs.iter_mut().flatten() {
            if let Output::DisplayData(shown) | Output::ExecuteResult(shown) = output {
                shown.texts_mut().for_each(|text| text.change(to_decks));
            }
        }
    }
    Notebook {
        cells,
        ..notebook.clone()
    }
}

/// Links to notebooks lead to the decks beside this one.
fn to_decks(text: &str) -> String {
    CHAPTERS.iter().fold(text.to_owned(), |text, chapter| {
        text.replace(&format!("{chapter}.ipynb"), &format!("{chapter}.html"))
    })
}

/// And those to words to the site, where names are in lower case; for JupyterLab they keep their capitals.
fn from_the_deck(to: &str) -> Option<String> {
    let word = to.strip_prefix("glossary.md#").map(str::to_lowercase);
    let word = word.map(|name| format!("../html/glossary.html#{}", name.replace(',', "")));
    Some(word.unwrap_or_else(|| to_decks(to)))
}

fn cut(cell: &Cell) -> Vec<Piece> {
    let given = cell.metadata.get("slideshow");
    let given = given.and_then(|slideshow| slideshow["slide_type"].as_str());
    let set_up = cell.tagged("remove-output") && given.is_none();
    if set_up || cell.tagged("remove-cell") || given == Some("skip") {
        return Vec::new();
    }
    let mut pieces = Vec::new();
    match cell.cell_type {
        CellType::Markdown => {
            let text = with_links(&cell.source, from_the_deck);
            pieces.extend(blocks(&text).into_iter().map(written));
        }
        CellType::Code => {
            if !cell.tagged("remove-input") && !cell.tagged("hide-input") {
                pieces.push(code(cell));
            }
            if !cell.tagged("hide-output") {
                pieces.extend(outputs(cell));
            }
        }
        CellType::Raw => {}
    }
    let id = cell.id.as_deref().unwrap_or("cell");
    for (i, piece) in pieces.iter_mut().enumerate() {
        piece.cell.id = Some(format!("{id}-{i}"));
        piece.solution = cell.tagged("hide-cell");
        if let Some(given) = given {
            let given = if i == 0 { given } else { "-" };
            piece.given = Some(given.to_owned());
        }
    }
    pieces
}

fn written(block: Block) -> Piece {
    let rows = match block.kind {
        markdown::Kind::Lines => block.source.lines().map(width).map(lines).sum(),
        _ => lines(width(&block.source)),
    };
    let (kind, height) = match &block.kind {
        markdown::Kind::Heading(heading) => (Kind::Heading(heading.level), HEADING),
        _ => (Kind::Text, rows * TEXT_LINE + TEXT_LINE / 2),
    };
    piece(kind, height, Cell::markdown(block.source))
}

fn lines(signs: usize) -> usize {
    signs.div_ceil(TEXT_SIGNS).max(1)
}

fn width(text: &str) -> usize {
    text.trim().width()
}

fn code(cell: &Cell) -> Piece {
    let code = Cell {
        metadata: Fields::new(),
        outputs: Some(Vec::new()),
        ..cell.clone()
    };
    let height = (cell.source.lines().count() + 1) * CODE_LINE;
    piece(Kind::Code, height, code)
}

/// Prints in a row are one; whatever is shown stands for itself.
fn outputs(cell: &Cell) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for output in cell.outputs() {
        let mut output = output.clone();
        let (kind, height) = match &mut output {
            Output::Stream { text, .. } => (Kind::Printed, text.lines().count() * CODE_LINE),
            Output::Error { traceback, .. } => {
                (Kind::Printed, traceback.lines().count() * CODE_LINE)
            }
            Output::DisplayData(shown) | Output::ExecuteResult(shown) => {
                let height = height(shown);
                if shown.data.contains_key("image/svg+xml") {
                    // In the page, and not an image beside it.
                    shown.data.remove("text/html");
                }
                (Kind::Shown, height)
            }
        };
        let before = pieces.last_mut().filter(|last| last.kind == kind);
        if let Some(last) = before.filter(|_| kind == Kind::Printed) {
            last.height += height;
            last.cell.outputs.get_or_insert_default().push(output);
            continue;
        }
        let mut alone = Cell {
            source: Text::from(""),
            outputs: Some(vec![output]),
            metadata: Fields::new(),
            ..cell.clone()
        };
        set(&mut alone, "transient", json!({"remove_source": true}));
        pieces.push(piece(kind, height, alone));
    }
    pieces
}

/// The height of a chart follows from its view box, that of a table from its rows, any other from its plain text.
fn height(shown: &Shown) -> usize {
    let get = |mime| shown.text(mime).unwrap_or_default();
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

fn set(cell: &mut Cell, key: &str, value: Value) {
    cell.metadata.insert(key.to_owned(), value);
}

fn piece(kind: Kind, height: usize, cell: Cell) -> Piece {
    Piece {
        kind,
        height: height.min(ROOM),
        given: None,
        solution: false,
        cell,
    }
}

fn placed(pieces: Vec<Piece>) -> Vec<Cell> {
    let mut used = 0;
    let mut section = String::new();
    let mut cells = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let kind = match &piece.given {
            Some(given) => given,
            None => starts(&pieces, i, used),
        };
        let mut cell = piece.cell.clone();
        set(&mut cell, "slideshow", json!({"slide_type": kind}));
        let starts = kind == "slide" || kind == "subslide";
        if let Kind::Heading(1 | 2) = piece.kind {
            let heading = piece.cell.headings().into_iter().next();
            section = heading.map(|heading| heading.text).unwrap_or_default();
        } else if starts {
            set(&mut cell, "section", json!(section));
            set(&mut cell, "solution", json!(piece.solution));
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
