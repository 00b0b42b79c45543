//! Words and numbers in rows.

use std::fmt::{self, Write as _};

use super::text;
use crate::display::{emit, escape};

/// A table that states its finding, as a chart does: what a chapter concludes, with the numbers beside it.
///
/// As the last expression of a cell it shows itself, as HTML; elsewhere it prints as Markdown.
///
/// ```
/// use support::chart::Table;
/// let table = Table::new("A lock costs 50 times what an atomic does", ["to count", "each"])
///     .row(["atomic", "6 ns"])
///     .row(["mutex", "300 ns"]);
/// assert!(table.to_string().contains("| atomic | 6 ns |"));
/// ```
#[derive(Clone, Debug)]
pub struct Table<const COLUMNS: usize> {
    title: String,
    head: [String; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table without rows. The first column names the row.
    pub fn new<S: Into<String>>(title: impl Into<String>, head: [S; COLUMNS]) -> Self {
        Self {
            title: text::clean(&title.into()),
            head: head.map(|cell| text::clean(&cell.into())),
            rows: Vec::new(),
        }
    }

    /// One more row.
    #[must_use]
    pub fn row<S: Into<String>>(mut self, cells: [S; COLUMNS]) -> Self {
        self.rows.push(cells.map(|cell| text::clean(&cell.into())));
        self
    }

    /// Shows the table as the output of a notebook cell; the evcxr kernel calls it.
    pub fn evcxr_display(&self) {
        emit(&[
            ("text/html", &self.html()),
            ("text/plain", &self.to_string()),
        ]);
    }

    fn html(&self) -> String {
        const CELL: &str = "style=\"text-align:left;vertical-align:top;padding:.2em .8em .2em 0\"";
        // Writing to a String cannot fail.
        let mut html = format!(
            "<table class=\"course-table\"><caption style=\"caption-side:top;text-align:left;font-weight:700;color:inherit\">{}</caption>\
             <thead><tr>",
            escape(&self.title)
        );
        for cell in &self.head {
            let _ = write!(html, "<th scope=\"col\" {CELL}>{}</th>", escape(cell));
        }
        html.push_str("</tr></thead><tbody>");
        for cells in &self.rows {
            html.push_str("<tr>");
            for (column, cell) in cells.iter().enumerate() {
                let cell = escape(cell);
                let _ = match column {
                    0 => write!(html, "<th scope=\"row\" {CELL}>{cell}</th>"),
                    _ => write!(html, "<td {CELL}>{cell}</td>"),
                };
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody></table>");
        html
    }
}

/// The table as Markdown, its title above.
impl<const COLUMNS: usize> fmt::Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.title)?;
        let line = |cells: &[String; COLUMNS]| {
            let cells = cells.each_ref().map(|cell| cell.replace('|', "\\|"));
            format!("| {} |", cells.join(" | "))
        };
        write!(f, "{}\n|{}", line(&self.head), "---|".repeat(COLUMNS))?;
        self.rows
            .iter()
            .try_for_each(|row| write!(f, "\n{}", line(row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_hold_every_cell_escaped() {
        let table = Table::new("A < B", ["what", "a | b"]).row(["<script>", "1 | 2"]);
        assert_eq!(
            table.to_string(),
            "A < B\n\n| what | a \\| b |\n|---|---|\n| <script> | 1 \\| 2 |"
        );
        let html = table.html();
        assert!(html.contains("A &lt; B</caption>"), "{html}");
        assert!(
            html.contains(">&lt;script&gt;</th>") && html.contains(">1 | 2</td>"),
            "{html}"
        );
    }
}
