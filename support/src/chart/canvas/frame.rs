//! What stands around the data: title, legend, axes.

use super::{Anchor, Area, Canvas, Label, PAD, SMALL, Swatch, WIDTH, dash};
use crate::chart::axis::{Axis, Scale};
use crate::chart::palette::Ink;
use crate::chart::text;

const NOTE: f64 = 12.0;
const TITLE: f64 = 15.0;

impl Canvas {
    /// Title and note; returns the y below them.
    pub(in crate::chart) fn header(&mut self, title: &str, note: &str) -> f64 {
        let room = WIDTH - 2.0 * PAD;
        let mut y = PAD - 4.0;
        for text in text::wrap(title, TITLE, true, room, 6) {
            y += 20.0;
            self.label(Label {
                size: TITLE,
                bold: true,
                ..Label::new(PAD, y - 4.0, Anchor::Start, text)
            });
        }
        for text in text::wrap(note, NOTE, false, room, 6) {
            y += 18.0;
            self.label(Label {
                size: NOTE,
                ..Label::new(PAD, y - 3.0, Anchor::Start, text).ink(Ink::Muted)
            });
        }
        y + 14.0
    }

    /// Swatches with their names, and what is said of them, which is kept whole; in as many lines as they need. Returns the y below them.
    pub(in crate::chart) fn legend(&mut self, entries: &[(Swatch, &str, String)], y: f64) -> f64 {
        if entries.is_empty() {
            return y;
        }
        let (mut x, mut baseline) = (PAD, y + 10.0);
        for (swatch, name, said) in entries {
            let room = 420.0 - text::width(said, SMALL, false);
            let name = text::shorten(name, SMALL, false, room) + said;
            let name = name.trim_start();
            let width = 24.0 + text::width(name, SMALL, false);
            if x > PAD && x + width > WIDTH - PAD {
                (x, baseline) = (PAD, baseline + 18.0);
            }
            let middle = baseline - 4.0;
            match *swatch {
                Swatch::Block(i) => {
                    let area = Area {
                        left: x,
                        top: middle - 5.0,
                        right: x + 14.0,
                        bottom: middle + 5.0,
                    };
                    self.rect(area, Ink::Series(i), 2.0);
                }
                Swatch::Marker(i) => {
                    self.path(
                        vec![(x, middle), (x + 18.0, middle)],
                        Ink::Series(i),
                        2.0,
                        dash(i),
                    );
                    self.marker((x + 9.0, middle), i);
                }
                Swatch::Limit => self.dashed((x, middle), (x + 18.0, middle), Ink::Fg, 1.5),
            }
            self.label(Label::new(x + 24.0, baseline, Anchor::Start, name));
            x += width + 18.0;
        }
        baseline + 16.0
    }

    /// What the legend says of limits.
    pub(in crate::chart) fn limits<'a>(
        axis: &Axis,
        limits: &'a [(String, f64)],
    ) -> impl Iterator<Item = (Swatch, &'a str, String)> {
        limits.iter().map(|(name, at)| {
            (
                Swatch::Limit,
                name.as_str(),
                format!(" ({})", axis.format(*at)),
            )
        })
    }

    /// The ticks of a horizontal axis, whose labels stand beside each other.
    pub(in crate::chart) fn x_ticks(axis: &Axis, scale: &Scale) -> Vec<(f64, String)> {
        let room = (scale.at(scale.hi) - scale.at(scale.lo)).abs();
        let fits = |ticks: &[(f64, String)]| {
            ticks.windows(2).all(|pair| {
                let half = |t: &(f64, String)| text::width(&t.1, SMALL, false) / 2.0;
                scale.at(pair[1].0) - scale.at(pair[0].0) > half(&pair[0]) + half(&pair[1]) + 8.0
            })
        };
        let most = (room / 60.0).clamp(2.0, 9.0) as usize;
        (2..=most)
            .rev()
            .map(|n| axis.ticks(scale, n))
            .find(|ticks| fits(ticks))
            .unwrap_or_else(|| axis.ticks(scale, 1))
    }

    /// Vertical grid lines from `top` to `bottom`, tick labels and the axis' name below; returns the y below them.
    pub(in crate::chart) fn x_axis(
        &mut self,
        axis: &Axis,
        scale: &Scale,
        top: f64,
        bottom: f64,
    ) -> f64 {
        let ticks = Self::x_ticks(axis, scale);
        let grid = ticks.iter().map(|(value, _)| scale.at(*value));
        self.lines(grid.map(|x| [(x, top), (x, bottom)]), Ink::Grid, 1.0);
        for (value, label) in ticks {
            let x = scale.at(value);
            let half = text::width(&label, SMALL, false) / 2.0;
            let x = x.clamp(
                PAD / 2.0 + half,
                (WIDTH - PAD / 2.0 - half).max(PAD / 2.0 + half),
            );
            self.try_label(Label::new(x, bottom + 16.0, Anchor::Middle, label).ink(Ink::Muted));
        }
        let mut y = bottom + 22.0;
        let right = scale.at(scale.hi);
        for line in text::wrap(axis.label(), SMALL, false, right - PAD, 2) {
            y += 15.0;
            self.label(Label::new(right, y - 3.0, Anchor::End, line).ink(Ink::Muted));
        }
        y
    }

    /// The ticks of a vertical axis `height` pixels high, and the width of their labels.
    pub(in crate::chart) fn y_ticks(
        axis: &Axis,
        scale: &Scale,
        height: f64,
    ) -> (Vec<(f64, String)>, f64) {
        let mut ticks = axis.ticks(scale, (height / 38.0).clamp(2.0, 8.0) as usize);
        for (_, label) in &mut ticks {
            *label = text::shorten(label, SMALL, false, 110.0);
        }
        let width = ticks
            .iter()
            .map(|(_, l)| text::width(l, SMALL, false))
            .fold(0.0, f64::max);
        (ticks, width)
    }

    /// Horizontal grid lines from `left` to `right` with their labels before them.
    pub(in crate::chart) fn y_axis(
        &mut self,
        ticks: Vec<(f64, String)>,
        scale: &Scale,
        left: f64,
        right: f64,
    ) {
        let grid = ticks.iter().map(|(value, _)| scale.at(*value));
        self.lines(grid.map(|y| [(left, y), (right, y)]), Ink::Grid, 1.0);
        for (value, label) in ticks {
            let y = scale.at(value);
            self.try_label(Label::new(left - 8.0, y + 4.0, Anchor::End, label).ink(Ink::Muted));
        }
    }

    /// The name of a vertical axis, above it; returns the y below it.
    pub(in crate::chart) fn y_name(&mut self, axis: &Axis, y: f64) -> f64 {
        let mut baseline = y;
        for line in text::wrap(axis.label(), SMALL, false, WIDTH - 2.0 * PAD, 2) {
            baseline += 15.0;
            self.label(Label::new(PAD, baseline - 4.0, Anchor::Start, line).ink(Ink::Muted));
        }
        baseline + 10.0
    }
}
