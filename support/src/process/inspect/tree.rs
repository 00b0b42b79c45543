use std::fmt::{self, Display, Write as _};

use super::table::printable;
use super::{Info, Snapshot};
use crate::display;

/// A process and what descends from it, drawn with lines: in a notebook and as text. Made by [`Snapshot::tree`].
///
/// ```text
/// zhao 4711 sleeping
/// ├─ qian 4712 running
/// │  └─ sun 4714 sleeping
/// └─ li 4713 zombie, exit code 7
/// ```
#[derive(Debug, Clone)]
pub struct Tree {
    text: String,
}

impl Tree {
    pub(super) fn new(snapshot: &Snapshot, root: u32) -> Tree {
        let mut text = String::new();
        match snapshot.get(root) {
            Some(info) => draw(snapshot, info, "", "", &mut text),
            None => text = format!("no process {root}\n"),
        }
        Tree { text }
    }

    /// Shows the tree in a notebook; the kernel calls it for the last expression of a cell.
    pub fn evcxr_display(&self) {
        let html = format!(
            "<pre style=\"line-height: 1.2\">{}</pre>",
            display::escape(&self.text)
        );
        display::emit(&[("text/html", &html), ("text/plain", &self.text)]);
    }
}

impl Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Writes a process behind `first`, and each line of its descendants behind `rest`.
fn draw(snapshot: &Snapshot, info: &Info, first: &str, rest: &str, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "{first}{} {} {}",
        printable(&info.name),
        info.pid,
        info.state
    );
    if let Some(exit) = info.exit {
        let _ = write!(text, ", {exit}");
    }
    text.push('\n');
    let children = snapshot.children_of(info.pid);
    for (n, child) in children.iter().enumerate() {
        let (branch, below) = if n + 1 < children.len() {
            ("├─ ", "│  ")
        } else {
            ("└─ ", "   ")
        };
        draw(
            snapshot,
            child,
            &format!("{rest}{branch}"),
            &format!("{rest}{below}"),
            text,
        );
    }
}
