use std::fmt::{self, Display, Write as _};

use super::Info;
use crate::display;

const HEAD: [&str; 8] = [
    "PID",
    "parent",
    "name",
    "state",
    "exit",
    "memory (MiB)",
    "CPU (cores)",
    "threads",
];
/// Of the columns, name, state and exit are words; the others are numbers and go to the right.
const WORDS: [bool; 8] = [false, false, true, true, true, false, false, false];

/// Processes as a table: HTML in a notebook, text elsewhere. Made by [`Snapshot::table`](super::Snapshot::table), or from any
/// selection in any order:
///
/// ```
/// use support::process::inspect::{Snapshot, Table};
///
/// let snapshot = Snapshot::take()?;
/// let largest: Table = snapshot.by_memory().into_iter().take(5).collect();
/// println!("{largest}");
/// # Ok::<(), support::process::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    rows: Vec<[String; 8]>,
}

impl Table {
    /// Shows the table in a notebook; the kernel calls it for the last expression of a cell.
    pub fn evcxr_display(&self) {
        display::emit(&[
            ("text/html", &self.html()),
            ("text/plain", &self.to_string()),
        ]);
    }

    fn html(&self) -> String {
        let mut html = String::from("<table><thead><tr>");
        for head in HEAD {
            // Writing to a String cannot fail.
            let _ = write!(
                html,
                "<th scope=\"col\" style=\"padding: 0 .6em\">{head}</th>"
            );
        }
        html.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            html.push_str("<tr>");
            for (cell, word) in row.iter().zip(WORDS) {
                let align = if word { "left" } else { "right" };
                let cell = display::escape(cell);
                let _ = write!(
                    html,
                    "<td style=\"padding: 0 .6em; text-align: {align}\">{cell}</td>"
                );
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody></table>");
        html
    }
}

impl<'a> FromIterator<&'a Info> for Table {
    fn from_iter<I: IntoIterator<Item = &'a Info>>(processes: I) -> Table {
        Table {
            rows: processes.into_iter().map(row).collect(),
        }
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = HEAD.map(String::from);
        let lines = || std::iter::once(&head).chain(&self.rows);
        let width = |column: usize| lines().map(|line| line[column].chars().count()).max();
        let widths: [usize; 8] = std::array::from_fn(|column| width(column).unwrap_or(0));
        for line in lines() {
            for (column, cell) in line.iter().enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                let width = widths[column];
                if WORDS[column] {
                    write!(f, "{gap}{cell:<width$}")?;
                } else {
                    write!(f, "{gap}{cell:>width$}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn row(info: &Info) -> [String; 8] {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    [
        info.pid.to_string(),
        or_dash(info.parent.map(|pid| pid.to_string())),
        printable(&info.name),
        info.state.to_string(),
        or_dash(info.exit.map(|exit| exit.to_string())),
        format!("{:.1}", info.memory_bytes as f64 / f64::from(1 << 20)),
        or_dash(info.cpu_share.map(|share| format!("{share:.2}"))),
        or_dash(info.threads.map(|count| count.to_string())),
    ]
}

/// A process chooses its name: a line break in it would break what it is shown in.
pub(super) fn printable(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}
