//! Bars, alone or in groups, standing or lying.

use std::fmt::Write as _;

use super::axis::{Axis, Scale};
use super::canvas::{Anchor, Area, Canvas, LINE, Label, PAD, SMALL, Swatch, WIDTH};
use super::palette::Ink;
use super::{Chart, Error, Interval, check, heading, index_of, limit, text};

/// One value for each name, or a group of values.
///
/// Bars stand when their names and values fit beside each other, and lie otherwise.
///
/// ```
/// use support::chart::{Axis, Bars};
/// let chart = Bars::new("A spawned process costs ten times a thread")
///     .axis(Axis::time("start to join"))
///     .group("idle", [("thread", 30e-6), ("process", 310e-6)])
///     .group("loaded", [("thread", 70e-6), ("process", 650e-6)])
///     .limit("one course second", 1e-3)
///     .draw()?;
/// assert!(chart.text().contains("idle, process: 310 µs"));
/// # Ok::<(), support::chart::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a chart is drawn by .draw()"]
pub struct Bars {
    title: String,
    note: String,
    axis: Axis,
    horizontal: bool,
    series: Vec<String>,
    groups: Vec<(String, Vec<(usize, Interval)>)>,
    limits: Vec<(String, f64)>,
}

impl Bars {
    /// A chart without bars; the title states the finding.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: text::clean(&title.into()),
            note: String::new(),
            axis: Axis::new("", ""),
            horizontal: false,
            series: Vec::new(),
            groups: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// The line under the title: what is shown.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = text::clean(&note.into());
        self
    }

    /// The axis of the values; it starts at zero unless it is logarithmic.
    pub fn axis(mut self, axis: Axis) -> Self {
        self.axis = axis;
        self
    }

    /// One bar.
    pub fn bar(self, name: impl Into<String>, value: impl Into<Interval>) -> Self {
        self.group(name, [("", value)])
    }

    /// Bars side by side under one name; a series keeps its colour in all groups.
    pub fn group<S: Into<String>, V: Into<Interval>>(
        mut self,
        name: impl Into<String>,
        bars: impl IntoIterator<Item = (S, V)>,
    ) -> Self {
        let mut values = Vec::new();
        for (series, value) in bars {
            values.push((
                index_of(&mut self.series, text::clean(&series.into())),
                value.into(),
            ));
        }
        self.groups.push((text::clean(&name.into()), values));
        self
    }

    /// Lays the bars down, which leaves room for long names.
    pub fn horizontal(mut self) -> Self {
        self.horizontal = true;
        self
    }

    /// A dashed line at a value, named in the legend.
    pub fn limit(mut self, label: impl Into<String>, at: f64) -> Self {
        self.limits.push((text::clean(&label.into()), at));
        self
    }

    /// Draws the chart.
    ///
    /// # Errors
    /// When there is no bar, a value cannot be drawn on the axis, or there are more than 80 bars.
    pub fn draw(mut self) -> Result<Chart, Error> {
        let bars: usize = self.groups.iter().map(|(_, bars)| bars.len()).sum();
        if bars == 0 {
            return Err(Error::NoData {
                title: self.title,
                needs: "bar",
            });
        }
        limit(bars.max(self.groups.len()), 80, "bars")?;
        limit(self.limits.len(), 8, "limits")?;
        self.axis = self.axis.from_zero();
        for (name, bars) in &self.groups {
            for &(series, value) in bars {
                value.check(&format!("bar {:?}", self.name(name, series)), &self.axis)?;
            }
        }
        for (label, at) in &self.limits {
            check(*at, &format!("limit {label:?}"), &self.axis)?;
        }

        let mut canvas = Canvas::default();
        let mut y = canvas.header(&self.title, &self.note);
        let mut legend = Vec::new();
        if self.series.iter().any(|name| !name.is_empty()) {
            let series = self.series.iter().enumerate();
            legend.extend(series.map(|(i, name)| (Swatch::Block(i), name.as_str(), String::new())));
        }
        legend.extend(Canvas::limits(&self.axis, &self.limits));
        y = canvas.legend(&legend, y);
        let height = if self.horizontal || !self.stands() {
            self.lying(&mut canvas, y)
        } else {
            self.standing(&mut canvas, y)
        };
        let text = self.text();
        canvas.finish(self.title, text, height)
    }

    fn name(&self, group: &str, series: usize) -> String {
        match self.series[series].as_str() {
            "" => group.to_owned(),
            series => format!("{group}, {series}"),
        }
    }

    fn text(&self) -> String {
        let mut text = heading(&self.title, &self.note);
        for (name, bars) in &self.groups {
            for &(series, value) in bars {
                // Writing to a String cannot fail.
                let _ = writeln!(
                    text,
                    "{}: {}",
                    self.name(name, series),
                    value.describe(&self.axis)
                );
            }
        }
        for (label, at) in &self.limits {
            let _ = writeln!(text, "limit, {label}: {}", self.axis.format(*at));
        }
        text
    }

    fn scale(&self, from: f64, to: f64) -> Scale {
        let values = self.groups.iter().flat_map(|(_, bars)| bars);
        let ends = values.flat_map(|(_, v)| [v.low, v.high]);
        self.axis
            .scale(ends.chain(self.limits.iter().map(|(_, at)| *at)), from, to)
    }

    /// The width of a group and of a bar in it, when bars stand on a plot of this width.
    fn slots(&self, width: f64) -> (f64, f64) {
        let most = self
            .groups
            .iter()
            .map(|(_, bars)| bars.len())
            .max()
            .unwrap_or(1)
            .max(1);
        let group = width / self.groups.len() as f64;
        (group, (group * 0.86 / most as f64).min(110.0))
    }

    fn stands(&self) -> bool {
        let (group, bar) = self.slots(WIDTH - 2.0 * PAD - 80.0);
        let names_fit = self.groups.iter().all(|(name, _)| {
            let lines = text::wrap(name, SMALL, false, group - 10.0, 3);
            let words_whole = name
                .split(' ')
                .all(|word| text::width(word, SMALL, false) <= group - 10.0 || !word.is_ascii());
            lines.len() <= 2 && words_whole
        });
        let values = self.groups.iter().flat_map(|(_, bars)| bars);
        let values_fit = values
            .map(|(_, v)| text::width(&self.axis.format(v.mid), SMALL, false))
            .all(|width| width + 4.0 <= bar);
        names_fit && values_fit
    }

    fn standing(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let top = canvas.y_name(&self.axis, top) + 12.0;
        let bottom = top + 220.0;
        let scale = self.scale(bottom, top);
        let (ticks, tick_width) = Canvas::y_ticks(&self.axis, &scale, bottom - top);
        let (left, right) = (PAD + tick_width + 10.0, WIDTH - PAD);
        canvas.y_axis(ticks, &scale, left, right);
        let zero = scale.at(if self.axis.is_log() { scale.lo } else { 0.0 });
        let (slot, width) = self.slots(right - left);
        let gap = if width > 24.0 { 3.0 } else { 1.0 };
        let mut lowest = bottom;
        for (i, (name, bars)) in self.groups.iter().enumerate() {
            let middle = left + slot * (i as f64 + 0.5);
            let start = middle - width * bars.len() as f64 / 2.0;
            for (j, &(series, value)) in bars.iter().enumerate() {
                let x = start + width * j as f64;
                let (a, b) = (scale.at(value.mid).min(zero), scale.at(value.mid).max(zero));
                let area = Area {
                    left: x + gap,
                    top: a,
                    right: x + width - gap,
                    bottom: b.max(a + 1.0),
                };
                canvas.rect(area, Ink::Series(series), 2.0);
                let centre = x + width / 2.0;
                if value.has_range() {
                    let (low, high) = (scale.at(value.low), scale.at(value.high));
                    whisker(canvas, |along, across| (centre + across, along), low, high);
                }
                let above = scale.at(value.high).min(a) - 6.0;
                let label = self.axis.format(value.mid);
                canvas.label(Label::new(centre, above, Anchor::Middle, label));
            }
            let mut y = bottom + 4.0;
            for line in text::wrap(name, SMALL, false, slot - 10.0, 2) {
                y += LINE;
                canvas.label(Label::new(middle, y, Anchor::Middle, line));
            }
            lowest = lowest.max(y);
        }
        canvas.line((left, zero), (right, zero), Ink::Muted, 1.0);
        for (_, at) in &self.limits {
            let y = scale.at(*at);
            canvas.dashed((left, y), (right, y), Ink::Fg, 1.5);
        }
        lowest + PAD
    }

    fn lying(&self, canvas: &mut Canvas, top: f64) -> f64 {
        const BAR: f64 = 20.0;
        let bars = || self.groups.iter().flat_map(|(_, bars)| bars);
        let room_for_values = bars()
            .map(|(_, v)| text::width(&self.axis.format(v.mid), SMALL, false))
            .fold(0.0, f64::max);
        let names: Vec<Vec<String>> = self
            .groups
            .iter()
            .map(|(name, bars)| text::wrap(name, SMALL, false, 210.0, (bars.len() + 1).max(2)))
            .collect();
        let room_for_names = names
            .iter()
            .flatten()
            .map(|line| text::width(line, SMALL, false))
            .fold(0.0, f64::max);
        let left = PAD + room_for_names + 12.0;
        let right = WIDTH - PAD - room_for_values - 10.0;
        let heights: Vec<f64> = self
            .groups
            .iter()
            .zip(&names)
            .map(|((_, bars), name)| (bars.len() as f64 * BAR).max(name.len() as f64 * LINE) + 12.0)
            .collect();
        let bottom = top + heights.iter().sum::<f64>();
        let scale = self.scale(left, right);
        let end = canvas.x_axis(&self.axis, &scale, top, bottom);
        let zero = scale.at(if self.axis.is_log() { scale.lo } else { 0.0 });
        let mut y = top;
        for (((_, bars), name), height) in self.groups.iter().zip(&names).zip(&heights) {
            let middle = y + height / 2.0;
            canvas.row_name(left - 10.0, middle, name);
            let start = middle - bars.len() as f64 * BAR / 2.0;
            for (j, &(series, value)) in bars.iter().enumerate() {
                let bar = start + BAR * j as f64;
                let (a, b) = (scale.at(value.mid).min(zero), scale.at(value.mid).max(zero));
                let area = Area {
                    left: a,
                    top: bar + 1.5,
                    right: b.max(a + 1.0),
                    bottom: bar + BAR - 1.5,
                };
                canvas.rect(area, Ink::Series(series), 2.0);
                let centre = bar + BAR / 2.0;
                if value.has_range() {
                    let (low, high) = (scale.at(value.low), scale.at(value.high));
                    whisker(canvas, |along, across| (along, centre + across), low, high);
                }
                let x = scale.at(value.high).max(b) + 6.0;
                let label = self.axis.format(value.mid);
                canvas.label(Label::new(x, centre + 4.0, Anchor::Start, label));
            }
            y += height;
        }
        canvas.line((zero, top), (zero, bottom), Ink::Muted, 1.0);
        for (_, at) in &self.limits {
            let x = scale.at(*at);
            canvas.dashed((x, top), (x, bottom), Ink::Fg, 1.5);
        }
        end + PAD - 8.0
    }
}

/// A line from low to high with a bar at both ends; `place` turns along and across into a point.
fn whisker(canvas: &mut Canvas, place: impl Fn(f64, f64) -> (f64, f64), low: f64, high: f64) {
    // A rim of the ground's colour sets the whisker off from its bar.
    for (ink, width) in [(Ink::Bg, 3.6), (Ink::Fg, 1.4)] {
        let ends = [low, high].map(|end| [place(end, -4.0), place(end, 4.0)]);
        let stem = [place(low, 0.0), place(high, 0.0)];
        canvas.lines(ends.into_iter().chain([stem]), ink, width);
    }
}
