//! Who did what when.

use std::fmt::Write as _;

use super::axis::{Axis, Scale};
use super::canvas::{Anchor, Canvas, Label, PAD, SMALL, Swatch, WIDTH};
use super::palette::Ink;
use crate::order;

use super::{Chart, Error, check, heading, index_of, limit, text};

const BAR: f64 = 18.0;
const LEVEL: f64 = 15.0;

/// Lanes with spans and marks on a common axis.
///
/// ```
/// use support::chart::{Axis, Timeline};
/// let chart = Timeline::new("Boiling overlaps washing and cooking")
///     .axis(Axis::time("since the start"))
///     .label_span("stove", 0.0, 0.040, "waiting", "boiling")
///     .label_span("hands", 0.0, 0.030, "working", "washing")
///     .mark("stove", 0.040, "done")
///     .draw()?;
/// assert!(chart.text().contains("hands"));
/// # Ok::<(), support::chart::Error>(())
/// ```
///
/// Thousands of spans are merged where they are less than a pixel wide or apart; a gap of a pixel or more stays.
/// Labels that find no room are left to the text alternative.
#[derive(Clone, Debug)]
#[must_use = "a chart is drawn by .draw()"]
pub struct Timeline {
    title: String,
    note: String,
    axis: Axis,
    lanes: Vec<String>,
    kinds: Vec<String>,
    spans: Vec<Span>,
    marks: Vec<Mark>,
}

#[derive(Clone, Debug)]
struct Span {
    lane: usize,
    start: f64,
    end: f64,
    kind: usize,
    text: String,
}

#[derive(Clone, Debug)]
struct Mark {
    lane: usize,
    at: f64,
    label: String,
}

impl Timeline {
    /// A chart without spans; the title states the finding.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: text::clean(&title.into()),
            note: String::new(),
            axis: Axis::time("time"),
            lanes: Vec::new(),
            kinds: Vec::new(),
            spans: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// The line under the title: what is shown.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = text::clean(&note.into());
        self
    }

    /// The horizontal axis; seconds unless it is set.
    pub fn axis(mut self, axis: Axis) -> Self {
        self.axis = axis;
        self
    }

    /// A lane, which may stay empty. Lanes stand in the order of their first use.
    pub fn lane(mut self, name: impl Into<String>) -> Self {
        self.lane_index(name);
        self
    }

    /// A span in a lane, coloured by its kind.
    pub fn span(
        self,
        lane: impl Into<String>,
        start: f64,
        end: f64,
        kind: impl Into<String>,
    ) -> Self {
        self.label_span(lane, start, end, kind, "")
    }

    /// A span with text in it, or above it where it is too short.
    pub fn label_span(
        mut self,
        lane: impl Into<String>,
        start: f64,
        end: f64,
        kind: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        let lane = self.lane_index(lane);
        let kind = index_of(&mut self.kinds, text::clean(&kind.into()));
        self.spans.push(Span {
            lane,
            start,
            end,
            kind,
            text: text::clean(&text.into()),
        });
        self
    }

    /// An instant in a lane.
    pub fn mark(mut self, lane: impl Into<String>, at: f64, label: impl Into<String>) -> Self {
        let lane = self.lane_index(lane);
        self.marks.push(Mark {
            lane,
            at,
            label: text::clean(&label.into()),
        });
        self
    }

    fn lane_index(&mut self, name: impl Into<String>) -> usize {
        index_of(&mut self.lanes, text::clean(&name.into()))
    }

    /// Draws the chart.
    ///
    /// # Errors
    /// When there is neither span nor mark, a time cannot be drawn on the axis, a span ends before it starts, or there
    /// are more than 40 lanes, 24 kinds or 200 marks.
    pub fn draw(mut self) -> Result<Chart, Error> {
        if self.spans.is_empty() && self.marks.is_empty() {
            return Err(Error::NoData {
                title: self.title,
                needs: "span or mark",
            });
        }
        limit(self.lanes.len(), 40, "lanes")?;
        limit(self.kinds.len(), 24, "kinds")?;
        limit(self.marks.len(), 200, "marks")?;
        for span in &self.spans {
            let what = || format!("a span of lane {:?}", self.lanes[span.lane]);
            for value in [span.start, span.end] {
                check(value, &what(), &self.axis)?;
            }
            if span.end < span.start {
                return Err(Error::Backwards {
                    what: what(),
                    start: span.start,
                    end: span.end,
                });
            }
        }
        for mark in &self.marks {
            check(mark.at, &format!("mark {:?}", mark.label), &self.axis)?;
        }
        order::sort(&mut self.spans, |span| span.start);
        order::sort(&mut self.marks, |mark| mark.at);

        let mut canvas = Canvas::default();
        let y = canvas.header(&self.title, &self.note);
        let legend: Vec<_> = if self.kinds.iter().filter(|kind| !kind.is_empty()).count() > 1 {
            self.kinds
                .iter()
                .enumerate()
                .map(|(i, kind)| (Swatch::Block(i), kind.as_str(), String::new()))
                .collect()
        } else {
            Vec::new()
        };
        let top = canvas.legend(&legend, y);
        let height = self.plot(&mut canvas, top);
        let text = self.text();
        canvas.finish(self.title, text, height)
    }

    fn plot(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let names: Vec<Vec<String>> = self
            .lanes
            .iter()
            .map(|name| text::wrap(name, SMALL, false, 170.0, 2))
            .collect();
        let widths = names
            .iter()
            .flatten()
            .map(|line| text::width(line, SMALL, false));
        let left = PAD + widths.fold(0.0, f64::max) + 12.0;
        let ends = self.spans.iter().flat_map(|s| [s.start, s.end]);
        let scale = self.axis.scale(
            ends.chain(self.marks.iter().map(|m| m.at)),
            left,
            WIDTH - PAD - 6.0,
        );
        let rows: Vec<Row> = (0..self.lanes.len())
            .map(|lane| self.row(lane, &scale, names[lane].len()))
            .collect();
        let bottom = top + rows.iter().map(Row::height).sum::<f64>();
        let end = canvas.x_axis(&self.axis, &scale, top, bottom);
        let grain = if rows.len() > 12 { 2.0 } else { 1.0 };
        let mut y = top;
        for (lane, row) in rows.into_iter().enumerate() {
            let height = row.height();
            let bar = y + height - row.foot - BAR;
            canvas.row_name(left - 10.0, bar + BAR / 2.0, &names[lane]);
            for (kind, runs) in self.runs(lane, &scale, grain) {
                let runs = runs.into_iter().map(|(from, to)| (bar, from, to));
                canvas.runs(runs, Ink::Series(kind), BAR);
            }
            let seams = self.seams(lane, &scale).into_iter();
            canvas.lines(seams.map(|x| [(x, bar), (x, bar + BAR)]), Ink::Bg, 1.0);
            for (x, kind, label) in row.inside {
                let label = Label::new(x, bar + BAR / 2.0 + 4.0, Anchor::Middle, label);
                canvas.try_label(label.ink(Ink::On(kind)));
            }
            for (x, from, level, label) in row.above {
                let baseline = bar - 5.0 - LEVEL * level as f64;
                canvas.line((x, baseline + 2.0), (x, bar), Ink::Muted, 1.0);
                canvas.try_label(Label::new(from, baseline, Anchor::Start, label));
            }
            let mut last = f64::NEG_INFINITY;
            let marks = self.marks.iter().filter(|mark| mark.lane == lane);
            let marks = marks.map(|mark| scale.at(mark.at)).filter(|x| {
                let apart = x - last >= 1.0;
                last = if apart { *x } else { last };
                apart
            });
            canvas.lines(
                marks.map(|x| [(x, bar - 3.0), (x, bar + BAR + 3.0)]),
                Ink::Fg,
                1.6,
            );
            y += height;
        }
        end + PAD - 8.0
    }

    /// Finds a place for every text of a lane: in its span, or above in one of four levels.
    fn row(&self, lane: usize, scale: &Scale, name_lines: usize) -> Row {
        let mut row = Row {
            inside: Vec::new(),
            above: Vec::new(),
            levels: 0,
            foot: 7.0,
        };
        if name_lines > 1 {
            row.foot = 10.0;
        }
        let mut outside: Vec<(f64, &str)> = Vec::new();
        for span in self
            .spans
            .iter()
            .filter(|s| s.lane == lane && !s.text.is_empty())
        {
            let (from, to) = (scale.at(span.start), scale.at(span.end));
            if text::width(&span.text, SMALL, false) + 6.0 <= to - from {
                row.inside
                    .push(((from + to) / 2.0, span.kind, span.text.clone()));
            } else {
                outside.push(((from + to) / 2.0, &span.text));
            }
        }
        let marks = self
            .marks
            .iter()
            .filter(|m| m.lane == lane && !m.label.is_empty());
        outside.extend(marks.map(|m| (scale.at(m.at), m.label.as_str())));
        order::sort(&mut outside, |label| label.0);
        let mut taken = [f64::NEG_INFINITY; 4];
        for (x, label) in outside {
            let label = text::shorten(label, SMALL, false, 260.0);
            let width = text::width(&label, SMALL, false);
            let from = (x - 2.0).min(WIDTH - PAD - width);
            if let Some(level) = taken.iter().position(|end| end + 6.0 <= from) {
                taken[level] = from + width;
                row.levels = row.levels.max(level + 1);
                row.above.push((x, from, level, label));
            }
        }
        row
    }

    /// Where one span ends and the next of its kind begins, both wide enough to be told apart.
    fn seams(&self, lane: usize, scale: &Scale) -> Vec<f64> {
        let spans: Vec<(f64, f64, usize)> = self
            .spans
            .iter()
            .filter(|span| span.lane == lane)
            .map(|span| (scale.at(span.start), scale.at(span.end), span.kind))
            .filter(|(from, to, _)| to - from >= 6.0)
            .collect();
        spans
            .windows(2)
            .filter(|pair| pair[0].2 == pair[1].2 && (pair[1].0 - pair[0].1).abs() < 1.0)
            .map(|pair| pair[1].0)
            .collect()
    }

    /// What to paint in a lane, by kind, in pixels.
    ///
    /// Spans closer than a pixel are taken together until they are `grain` pixels wide, and then have the kind that
    /// most of their time had.
    fn runs(&self, lane: usize, scale: &Scale, grain: f64) -> Vec<(usize, Vec<(f64, f64)>)> {
        let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new(); self.kinds.len()];
        let mut cell: Option<Cell> = None;
        for span in self.spans.iter().filter(|span| span.lane == lane) {
            let (from, to) = (scale.at(span.start), scale.at(span.end));
            let next = match cell.take() {
                Some(mut open)
                    if from - open.to < 1.0
                        && (open.width() < grain
                            || to - from < grain && open.is_only(span.kind)) =>
                {
                    open.add(span.kind, from, to);
                    open
                }
                Some(open) => {
                    open.close(&mut runs, from);
                    Cell::new(self.kinds.len(), span.kind, from, to)
                }
                None => Cell::new(self.kinds.len(), span.kind, from, to),
            };
            cell = Some(next);
        }
        if let Some(open) = cell {
            open.close(&mut runs, f64::INFINITY);
        }
        runs.into_iter()
            .enumerate()
            .filter(|(_, runs)| !runs.is_empty())
            .collect()
    }

    fn text(&self) -> String {
        let mut text = heading(&self.title, &self.note);
        for (lane, name) in self.lanes.iter().enumerate() {
            let _ = write!(text, "{name}:");
            let spans: Vec<&Span> = self.spans.iter().filter(|s| s.lane == lane).collect();
            let range = |start: f64, end: f64| {
                format!("{} to {}", self.axis.format(start), self.axis.format(end))
            };
            // Writing to a String cannot fail.
            if spans.len() <= 12 {
                for span in &spans {
                    let kind = &self.kinds[span.kind];
                    let what = match (kind.as_str(), span.text.as_str()) {
                        (kind, "") => kind.to_owned(),
                        ("", text) => text.to_owned(),
                        (kind, text) => format!("{text} ({kind})"),
                    };
                    let _ = write!(text, " {what} {};", range(span.start, span.end));
                }
            } else {
                for (kind, name) in self.kinds.iter().enumerate() {
                    let of: Vec<&&Span> = spans.iter().filter(|s| s.kind == kind).collect();
                    let Some(first) = of.first() else { continue };
                    let end = of.iter().map(|s| s.end).fold(first.end, f64::max);
                    let total = of.iter().map(|s| s.end - s.start).sum();
                    let _ = write!(
                        text,
                        " {name} {} spans, {} in all, {};",
                        of.len(),
                        self.axis.format(total),
                        range(first.start, end)
                    );
                }
            }
            for mark in self.marks.iter().filter(|mark| mark.lane == lane) {
                let _ = write!(text, " {} at {};", mark.label, self.axis.format(mark.at));
            }
            if text.ends_with(';') {
                text.pop();
            } else {
                text.push_str(" nothing");
            }
            text.push('\n');
        }
        text
    }
}

struct Row {
    inside: Vec<(f64, usize, String)>,
    /// The point that is named, where the text starts, its level, the text.
    above: Vec<(f64, f64, usize, String)>,
    levels: usize,
    foot: f64,
}

impl Row {
    fn height(&self) -> f64 {
        let head = if self.levels == 0 {
            self.foot
        } else {
            8.0 + LEVEL * self.levels as f64
        };
        head + BAR + self.foot
    }
}

/// Spans that are painted as one.
struct Cell {
    from: f64,
    to: f64,
    weights: Vec<f64>,
}

impl Cell {
    fn new(kinds: usize, kind: usize, from: f64, to: f64) -> Self {
        let mut cell = Self {
            from,
            to,
            weights: vec![0.0; kinds],
        };
        cell.add(kind, from, to);
        cell
    }

    fn add(&mut self, kind: usize, from: f64, to: f64) {
        self.to = self.to.max(to);
        self.weights[kind] += to - from + 1e-9;
    }

    fn width(&self) -> f64 {
        self.to - self.from
    }

    fn is_only(&self, kind: usize) -> bool {
        self.weights
            .iter()
            .enumerate()
            .all(|(k, weight)| k == kind || *weight == 0.0)
    }

    /// Paints the cell, as wide as can be seen if the next one leaves the room for it.
    fn close(self, runs: &mut [Vec<(f64, f64)>], next: f64) {
        let heaviest = self
            .weights
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1));
        let Some((kind, _)) = heaviest else { return };
        let to = self.to.max((self.from + 0.8).min(next - 1.0));
        match runs[kind].last_mut() {
            Some(last) if self.from - last.1 < 0.05 => last.1 = last.1.max(to),
            _ => runs[kind].push((self.from, to)),
        }
    }
}
