//! Parts of a whole.

use std::fmt::Write as _;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Label, PAD, SMALL, Swatch, WIDTH};
use super::palette::Ink;
use super::{Chart, Error, check, heading, index_of, limit, text};

const BAR: f64 = 24.0;

/// One lying bar for each row, made of its parts.
///
/// Without [`axis`](Self::axis) every row is drawn as shares of its own sum; with one the values themselves are stacked.
///
/// ```
/// use support::chart::Shares;
/// let chart = Shares::new("The IO-bound process is blocked nine tenths of its life")
///     .row("CPU-bound", [("running", 0.48), ("ready", 0.51), ("blocked", 0.01)])
///     .row("IO-bound", [("running", 0.05), ("ready", 0.05), ("blocked", 0.90)])
///     .draw()?;
/// assert!(chart.text().contains("IO-bound: running 5%, ready 5%, blocked 90%"));
/// # Ok::<(), support::chart::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a chart is drawn by .draw()"]
pub struct Shares {
    title: String,
    note: String,
    axis: Option<Axis>,
    parts: Vec<String>,
    rows: Vec<(String, Vec<(usize, f64)>)>,
}

impl Shares {
    /// A chart without rows; the title states the finding.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: text::clean(&title.into()),
            note: String::new(),
            axis: None,
            parts: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// The line under the title: what is shown.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = text::clean(&note.into());
        self
    }

    /// Stacks the values as they are, on this axis (which is always linear and starts at zero).
    pub fn axis(mut self, axis: Axis) -> Self {
        self.axis = Some(axis);
        self
    }

    /// One row; a part keeps its colour in all rows.
    pub fn row<S: Into<String>>(
        mut self,
        name: impl Into<String>,
        parts: impl IntoIterator<Item = (S, f64)>,
    ) -> Self {
        let mut values = Vec::new();
        for (part, value) in parts {
            values.push((index_of(&mut self.parts, text::clean(&part.into())), value));
        }
        self.rows.push((text::clean(&name.into()), values));
        self
    }

    /// Draws the chart.
    ///
    /// # Errors
    /// When there is no row, a value is negative or not finite, or there are more than 40 rows or 16 parts.
    pub fn draw(mut self) -> Result<Chart, Error> {
        if self.rows.iter().all(|(_, parts)| parts.is_empty()) {
            return Err(Error::NoData {
                title: self.title,
                needs: "row with a part",
            });
        }
        limit(self.rows.len(), 40, "rows")?;
        limit(self.parts.len(), 16, "parts")?;
        let shares = self.axis.is_none();
        let axis = self
            .axis
            .take()
            .unwrap_or_else(|| Axis::percent("share"))
            .linear()
            .from_zero();
        for (name, parts) in &self.rows {
            for &(part, value) in parts {
                let what = format!("part {:?} of row {name:?}", self.parts[part]);
                check(value, &what, &axis)?;
                if value < 0.0 {
                    return Err(Error::Negative { what, value });
                }
            }
        }
        if shares {
            for (_, parts) in &mut self.rows {
                let sum: f64 = parts.iter().map(|(_, value)| value).sum();
                if sum > 0.0 {
                    parts.iter_mut().for_each(|(_, value)| *value /= sum);
                }
            }
        }
        self.paint(&axis)
    }

    fn paint(self, axis: &Axis) -> Result<Chart, Error> {
        let mut canvas = Canvas::default();
        let y = canvas.header(&self.title, &self.note);
        let legend: Vec<_> = self
            .parts
            .iter()
            .enumerate()
            .map(|(i, name)| (Swatch::Block(i), name.as_str(), String::new()))
            .collect();
        let top = canvas.legend(&legend, y);
        let names: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|(name, _)| text::wrap(name, SMALL, false, 200.0, 2))
            .collect();
        let widths = names
            .iter()
            .flatten()
            .map(|line| text::width(line, SMALL, false));
        let left = PAD + widths.fold(0.0, f64::max) + 12.0;
        let sum = |parts: &[(usize, f64)]| parts.iter().map(|(_, value)| value).sum::<f64>();
        let sums = self.rows.iter().map(|(_, parts)| sum(parts));
        let scale = axis.scale(sums, left, WIDTH - PAD - 6.0);
        let bottom = top + self.rows.len() as f64 * (BAR + 12.0);
        let end = canvas.x_axis(axis, &scale, top, bottom);
        let mut runs: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new(); self.parts.len()];
        for (row, (_, parts)) in self.rows.iter().enumerate() {
            let y = top + row as f64 * (BAR + 12.0) + 6.0;
            canvas.row_name(left - 10.0, y + BAR / 2.0, &names[row]);
            let mut before = 0.0;
            for &(part, value) in parts {
                let (from, to) = (scale.at(before), scale.at(before + value));
                before += value;
                // A hair of ground between the parts, where they are wide enough for it.
                let right = if to - from > 4.0 { to - 1.0 } else { to };
                if value > 0.0 {
                    runs[part].push((y, from, right));
                }
                let label = axis.format(value);
                if text::width(&label, SMALL, false) + 8.0 <= to - from {
                    let label = Label::new(
                        (from + to) / 2.0,
                        y + BAR / 2.0 + 4.0,
                        Anchor::Middle,
                        label,
                    );
                    canvas.try_label(label.ink(Ink::On(part)));
                }
            }
        }
        for (part, runs) in runs.into_iter().enumerate() {
            canvas.runs(runs, Ink::Series(part), BAR);
        }
        let mut text = heading(&self.title, &self.note);
        for (name, parts) in &self.rows {
            // Writing to a String cannot fail.
            let _ = write!(text, "{name}:");
            for &(part, value) in parts {
                let _ = write!(text, " {} {},", self.parts[part], axis.format(value));
            }
            text.pop();
            text.push('\n');
        }
        canvas.finish(self.title, text, end + PAD - 8.0)
    }
}
