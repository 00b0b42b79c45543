//! Charts as SVG, each with a text alternative that says the same.
//!
//! | builder | what it shows |
//! |---|---|
//! | [`Bars`] | one value for each name, or groups of them, with whiskers and a limit |
//! | [`Timeline`] | who did what when: Gantt charts, traces of threads, a history |
//! | [`Lines`] | how one number depends on another, with bands |
//! | [`Distribution`] | many samples: histogram above, cumulative share below |
//! | [`Shares`] | parts of a whole, one row each |
//! | [`States`] | states and what leads from one to the next |
//! | [`Table`] | words and numbers in rows; not drawn, but it states its finding as they do |
//!
//! Every builder ends in `draw`, which refuses data that cannot be drawn and says which bar or series it is in. As a
//! cell's last expression a [`Chart`] shows itself.
//!
//! ```
//! use support::chart::{Axis, Bars};
//!
//! let chart = Bars::new("Started together, three children take as long as the longest")
//!     .note("median of 5 runs, whiskers: fastest and slowest")
//!     .axis(Axis::time("elapsed"))
//!     .bar("one by one", (0.601, 0.604, 0.612))
//!     .bar("together", (0.301, 0.303, 0.309))
//!     .draw()?;
//! assert!(chart.svg().starts_with("<svg"));
//! assert!(chart.text().contains("together: 303 ms"));
//! # Ok::<(), support::chart::Error>(())
//! ```
//!
//! plotters draws, on a backend of this module that writes the SVG as a page wants it.
//!
//! # Colours
//!
//! Every colour in the SVG is a CSS variable with its light value as the fallback. A site that puts the SVG inline can
//! define the variables for dark pages; [`DARK`] holds values that keep the contrast. As an image the chart keeps the
//! light colours, on a ground of its own.
//!
//! | variable | used for | light | dark |
//! |---|---|---|---|
//! | `--chart-fg` | text, whiskers, limits | `#1f2328` | `#e6e6e6` |
//! | `--chart-muted` | notes, ticks, names of axes | `#59636e` | `#a8b0b8` |
//! | `--chart-grid` | grid lines | `#e3e6ea` | `#33383e` |
//! | `--chart-bg` | the ground | `#ffffff` | `#16181b` |
//! | `--chart-1` | series 1 | `#0072b2` | `#56b4e9` |
//! | `--chart-2` | series 2 | `#c98200` | `#e69f00` |
//! | `--chart-3` | series 3 | `#7a3b69` | `#cc79a7` |
//! | `--chart-4` | series 4 | `#009e73` | `#2fc79a` |
//! | `--chart-5` | series 5 | `#b34700` | `#e8682a` |
//! | `--chart-6` | series 6 | `#3d9bd1` | `#a5d8f7` |
//! | `--chart-7` | series 7 | `#4d4d4d` | `#8c8c8c` |
//! | `--chart-8` | series 8 | `#9a9000` | `#f0e442` |
//! | `--chart-on-1` … `--chart-on-8` | text on a series' colour | `#ffffff` or `#111111` | `#111111` |

mod axis;
mod bars;
mod canvas;
mod distribution;
mod lines;
mod palette;
mod shares;
mod states;
mod table;
mod text;
mod timeline;

#[cfg(test)]
mod tests;

use std::fmt;

pub use axis::Axis;
pub use bars::Bars;
pub use distribution::Distribution;
pub use lines::Lines;
pub use palette::DARK;
pub use shares::Shares;
pub use states::States;
pub use table::Table;
pub use timeline::Timeline;

use crate::measure::Interval;

/// Why a chart was not drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to draw.
    #[error("chart {title:?} has no data: give it at least one {needs} before draw()")]
    NoData {
        /// The chart's title.
        title: String,
        /// What it needs one of.
        needs: &'static str,
    },
    /// A value is not a number, infinite, or so large that no axis holds it.
    #[error("{what} has the value {value}: charts draw finite numbers below 1e18 in magnitude")]
    NotFinite {
        /// The bar, series or span.
        what: String,
        /// Its value.
        value: f64,
    },
    /// A value has no place on a logarithmic axis.
    #[error(
        "{what} has the value {value}: a logarithmic axis needs values above zero (use a linear axis, or leave it out)"
    )]
    NotPositive {
        /// The bar, series or span.
        what: String,
        /// Its value.
        value: f64,
    },
    /// A part of a whole is below zero.
    #[error("{what} has the value {value}: a part of a whole cannot be negative")]
    Negative {
        /// The row and the part.
        what: String,
        /// Its value.
        value: f64,
    },
    /// The low, middle and high values, or the start and the end, are in the wrong order.
    #[error("{what} goes from {start} to {end}: the end must not come before the start")]
    Backwards {
        /// The bar, series or span.
        what: String,
        /// Where it starts.
        start: f64,
        /// Where it ends.
        end: f64,
    },
    /// An arrow or a start names a state that was not given.
    #[error("no state {name:?}: name it with .state({name:?}) first")]
    NoState {
        /// The name.
        name: String,
    },
    /// More than one chart can show legibly.
    #[error(
        "{what} is too much for one chart (at most {most}): leave some out, group them or draw several charts"
    )]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// How much would do.
        most: usize,
    },
    /// The drawing library failed.
    #[error("cannot draw the chart: {0}")]
    Draw(String),
}

impl Interval {
    fn check(self, what: &str, axis: &Axis) -> Result<Self, Error> {
        // An interval that reaches zero runs off a logarithmic axis; its middle must stand on it.
        let runs_off = axis.is_log() && self.low.is_finite() && self.low <= 0.0;
        let low = if runs_off { self.mid } else { self.low };
        for value in [low, self.mid, self.high] {
            check(value, what, axis)?;
        }
        for (start, end) in [(self.low, self.mid), (self.mid, self.high)] {
            if end < start {
                return Err(Error::Backwards {
                    what: what.to_owned(),
                    start,
                    end,
                });
            }
        }
        Ok(self)
    }

    fn has_range(self) -> bool {
        self.low < self.high
    }

    fn describe(self, axis: &Axis) -> String {
        let mid = axis.format(self.mid);
        if self.has_range() {
            format!(
                "{mid} ({} to {})",
                axis.format(self.low),
                axis.format(self.high)
            )
        } else {
            mid
        }
    }
}

/// Refuses what the axis cannot hold.
fn check(value: f64, what: &str, axis: &Axis) -> Result<(), Error> {
    if !value.is_finite() || value.abs() >= 1e18 {
        return Err(Error::NotFinite {
            what: what.to_owned(),
            value,
        });
    }
    if axis.is_log() && value <= 1e-18 {
        return Err(Error::NotPositive {
            what: what.to_owned(),
            value,
        });
    }
    Ok(())
}

/// Refuses more than `most` of something.
fn limit(count: usize, most: usize, what: &str) -> Result<(), Error> {
    if count > most {
        return Err(Error::TooMuch {
            what: format!("{count} {what}"),
            most,
        });
    }
    Ok(())
}

/// The place of `name` in `names`, where it is put if it is new.
fn index_of(names: &mut Vec<String>, name: String) -> usize {
    names
        .iter()
        .position(|known| *known == name)
        .unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
}

/// The first lines of a text alternative.
fn heading(title: &str, note: &str) -> String {
    if note.is_empty() {
        format!("{title}\n")
    } else {
        format!("{title}\n{note}\n")
    }
}

/// A chart that is drawn: an SVG and the text that says the same.
///
/// Shows itself when it is a cell's last expression; `Display` is the text.
#[derive(Clone, Debug)]
pub struct Chart {
    title: String,
    svg: String,
    text: String,
    #[cfg(test)]
    height: f64,
    #[cfg(test)]
    areas: Vec<(canvas::Area, String)>,
}

impl Chart {
    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The SVG document: one root element, no XML declaration, fit for inline use, at most 60 kB.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The text alternative: title, note, and the data in full names and numbers, in several lines.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Shows the chart as the output of a notebook cell; the kernel calls it.
    pub fn evcxr_display(&self) {
        crate::display::emit(&[
            ("text/html", &self.image()),
            ("image/svg+xml", &self.svg),
            ("text/plain", &self.text),
        ]);
    }

    /// The chart as an image within HTML. Jupyter shows it in a notebook that it does not trust yet, as each is after a clone, and with
    /// its alternative text; it shows no `image/svg+xml` there.
    fn image(&self) -> String {
        use base64::Engine as _;

        format!(
            "<img class=\"chart\" width=\"{}\" alt=\"{}\" src=\"data:image/svg+xml;base64,{}\">",
            canvas::WIDTH,
            crate::display::escape(self.text.trim()),
            base64::prelude::BASE64_STANDARD.encode(&self.svg)
        )
    }
}

impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
