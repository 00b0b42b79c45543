//! The drawing surface: shapes go through plotters, text is laid out here.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use plotters::prelude::{DrawingBackend as _, RGBColor, SVGBackend, ShapeStyle};

use super::axis::{Axis, Scale};
use super::palette::Ink;
use super::text;
use super::{Chart, Error};
use crate::display::escape;

pub(super) const WIDTH: f64 = 720.0;
pub(super) const PAD: f64 = 24.0;
pub(super) const SMALL: f64 = 11.0;
const NOTE: f64 = 12.0;
const TITLE: f64 = 15.0;
const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', \
                     'PingFang SC', 'Microsoft YaHei', sans-serif";
/// plotters draws on whole units: ten of them to a pixel keep curves smooth.
const UNITS: f64 = 10.0;
const MAX_BYTES: usize = 60_000;

pub(super) type Point = (f64, f64);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text; `y` is its baseline.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) ink: Ink,
    pub(super) anchor: Anchor,
    pub(super) text: String,
}

impl Label {
    pub(super) fn new(x: f64, y: f64, anchor: Anchor, text: impl Into<String>) -> Self {
        Self {
            x,
            y,
            size: SMALL,
            bold: false,
            ink: Ink::Fg,
            anchor,
            text: text.into(),
        }
    }

    pub(super) fn ink(mut self, ink: Ink) -> Self {
        self.ink = ink;
        self
    }

    pub(super) fn width(&self) -> f64 {
        text::width(&self.text, self.size, self.bold)
    }

    pub(super) fn area(&self) -> Area {
        let width = self.width();
        let left = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2.0,
            Anchor::End => self.x - width,
        };
        Area {
            left,
            top: self.y - 0.82 * self.size,
            right: left + width,
            bottom: self.y + 0.25 * self.size,
        }
    }
}

enum Shape {
    Line {
        from: Point,
        to: Point,
        ink: Ink,
        width: f64,
        dashed: bool,
    },
    Path {
        points: Vec<Point>,
        ink: Ink,
        width: f64,
        dash: Option<&'static str>,
    },
    Rect {
        area: Area,
        ink: Ink,
        opacity: f64,
        radius: f64,
    },
    Polygon {
        points: Vec<Point>,
        ink: Ink,
        opacity: f64,
    },
    Circle {
        centre: Point,
        radius: f64,
        ink: Ink,
    },
    /// Many rectangles of one row.
    Runs {
        y: f64,
        height: f64,
        ink: Ink,
        runs: Vec<(f64, f64)>,
    },
}

/// What a legend shows before a name.
#[derive(Clone, Copy)]
pub(super) enum Swatch {
    Block(usize),
    Marker(usize),
    Limit,
}

/// The dash of a series' line, in drawing units; the first four series are told apart by their markers alone.
pub(super) fn dash(series: usize) -> Option<&'static str> {
    [None, Some("70 40"), Some("20 35"), Some("110 35 20 35")][series % 4]
}

#[derive(Default)]
pub(super) struct Canvas {
    shapes: Vec<Shape>,
    pub(super) labels: Vec<Label>,
}

impl Canvas {
    pub(super) fn line(&mut self, from: Point, to: Point, ink: Ink, width: f64) {
        self.shapes.push(Shape::Line {
            from,
            to,
            ink,
            width,
            dashed: false,
        });
    }

    pub(super) fn dashed(&mut self, from: Point, to: Point, ink: Ink, width: f64) {
        self.shapes.push(Shape::Line {
            from,
            to,
            ink,
            width,
            dashed: true,
        });
    }

    pub(super) fn path(
        &mut self,
        points: Vec<Point>,
        ink: Ink,
        width: f64,
        dash: Option<&'static str>,
    ) {
        self.shapes.push(Shape::Path {
            points,
            ink,
            width,
            dash,
        });
    }

    pub(super) fn rect(&mut self, area: Area, ink: Ink, radius: f64) {
        self.shapes.push(Shape::Rect {
            area,
            ink,
            opacity: 1.0,
            radius,
        });
    }

    pub(super) fn polygon(&mut self, points: Vec<Point>, ink: Ink, opacity: f64) {
        self.shapes.push(Shape::Polygon {
            points,
            ink,
            opacity,
        });
    }

    pub(super) fn runs(&mut self, y: f64, height: f64, ink: Ink, runs: Vec<(f64, f64)>) {
        self.shapes.push(Shape::Runs {
            y,
            height,
            ink,
            runs,
        });
    }

    /// The marker of a series: its shape tells it apart without its colour.
    pub(super) fn marker(&mut self, (x, y): Point, series: usize) {
        let ink = Ink::Series(series);
        let outline: &[Point] = match series % 4 {
            0 => {
                self.shapes.push(Shape::Circle {
                    centre: (x, y),
                    radius: 3.5,
                    ink,
                });
                return;
            }
            1 => &[(-3.3, -3.3), (3.3, -3.3), (3.3, 3.3), (-3.3, 3.3)],
            2 => &[(0.0, -4.4), (4.2, 3.2), (-4.2, 3.2)],
            _ => &[(0.0, -4.8), (4.8, 0.0), (0.0, 4.8), (-4.8, 0.0)],
        };
        self.polygon(
            outline.iter().map(|(dx, dy)| (x + dx, y + dy)).collect(),
            ink,
            1.0,
        );
    }

    pub(super) fn label(&mut self, label: Label) {
        if !label.text.is_empty() {
            self.labels.push(label);
        }
    }

    /// Places the label if nothing stands there and it does not leave the chart.
    pub(super) fn try_label(&mut self, label: Label) -> bool {
        let area = label.area();
        let free = area.left >= PAD / 2.0
            && area.right <= WIDTH - PAD / 2.0
            && !self.labels.iter().any(|other| other.area().overlaps(&area));
        if free {
            self.label(label);
        }
        free
    }

    /// Title and note; returns the y below them.
    pub(super) fn header(&mut self, title: &str, note: &str) -> f64 {
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
            y += 17.0;
            self.label(Label {
                size: NOTE,
                ..Label::new(PAD, y - 3.0, Anchor::Start, text).ink(Ink::Muted)
            });
        }
        y + 14.0
    }

    /// Names with their swatches, in as many lines as they need; returns the y below them.
    pub(super) fn legend(&mut self, entries: &[(Swatch, String)], y: f64) -> f64 {
        if entries.is_empty() {
            return y;
        }
        let (mut x, mut baseline) = (PAD, y + 10.0);
        for (swatch, name) in entries {
            let name = text::shorten(name, SMALL, false, 420.0);
            let width = 24.0 + text::width(&name, SMALL, false);
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

    /// Vertical grid lines from `top` to `bottom`, tick labels and the axis' name below; returns the y below them.
    pub(super) fn x_axis(&mut self, axis: &Axis, scale: &Scale, top: f64, bottom: f64) -> f64 {
        let room = (scale.at(scale.hi) - scale.at(scale.lo)).abs();
        let fits = |ticks: &[(f64, String)]| {
            ticks.windows(2).all(|pair| {
                let half = |t: &(f64, String)| text::width(&t.1, SMALL, false) / 2.0;
                scale.at(pair[1].0) - scale.at(pair[0].0) > half(&pair[0]) + half(&pair[1]) + 8.0
            })
        };
        let most = (room / 60.0).clamp(2.0, 9.0) as usize;
        let ticks = (2..=most)
            .rev()
            .map(|n| axis.ticks(scale, n))
            .find(|ticks| fits(ticks))
            .unwrap_or_else(|| axis.ticks(scale, 1));
        for (value, label) in ticks {
            let x = scale.at(value);
            self.line((x, top), (x, bottom), Ink::Grid, 1.0);
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
    pub(super) fn y_ticks(axis: &Axis, scale: &Scale, height: f64) -> (Vec<(f64, String)>, f64) {
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
    pub(super) fn y_axis(
        &mut self,
        ticks: Vec<(f64, String)>,
        scale: &Scale,
        left: f64,
        right: f64,
    ) {
        for (value, label) in ticks {
            let y = scale.at(value);
            self.line((left, y), (right, y), Ink::Grid, 1.0);
            self.try_label(Label::new(left - 8.0, y + 4.0, Anchor::End, label).ink(Ink::Muted));
        }
    }

    /// The name of a vertical axis, above it; returns the y below it.
    pub(super) fn y_name(&mut self, axis: &Axis, y: f64) -> f64 {
        let mut baseline = y;
        for line in text::wrap(axis.label(), SMALL, false, WIDTH - 2.0 * PAD, 2) {
            baseline += 15.0;
            self.label(Label::new(PAD, baseline - 4.0, Anchor::Start, line).ink(Ink::Muted));
        }
        baseline + 10.0
    }

    /// Writes the SVG.
    pub(super) fn finish(self, title: String, text: String, height: f64) -> Result<Chart, Error> {
        let height = height.ceil();
        let body = self.shapes_svg(height)?;
        let mut hasher = DefaultHasher::new();
        (&title, &text, &body).hash(&mut hasher);
        let id = format!("chart-{:016x}", hasher.finish());
        let mut svg = String::with_capacity(body.len() + 8_000);
        let description = text::shorten(&text, 1.0, false, 1500.0);
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"100%\" \
             style=\"max-width:{WIDTH}px;height:auto\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" \
             font-family=\"{FONTS}\" font-size=\"{SMALL}\">\n\
             <title id=\"{id}-t\">{}</title>\n<desc id=\"{id}-d\">{}</desc>\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"10\" fill=\"{}\"/>",
            escape(&title),
            escape(&description),
            Ink::Bg.css(),
        );
        let _ = write!(
            svg,
            "<g transform=\"scale(.1)\" stroke-linejoin=\"round\">\n{body}</g>\n"
        );
        for label in &self.labels {
            let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\"", label.x, label.y);
            if label.size != SMALL {
                let _ = write!(svg, " font-size=\"{}\"", label.size);
            }
            if label.bold {
                svg.push_str(" font-weight=\"600\"");
            }
            svg.push_str(match label.anchor {
                Anchor::Start => "",
                Anchor::Middle => " text-anchor=\"middle\"",
                Anchor::End => " text-anchor=\"end\"",
            });
            let _ = writeln!(
                svg,
                " fill=\"{}\">{}</text>",
                label.ink.css(),
                escape(&label.text)
            );
        }
        svg.push_str("</svg>");
        if svg.len() > MAX_BYTES {
            return Err(Error::TooMuch {
                what: format!("an SVG of {} bytes", svg.len()),
                most: MAX_BYTES,
            });
        }
        #[cfg(test)]
        let areas = self
            .labels
            .iter()
            .map(|l| (l.area(), l.text.clone()))
            .collect();
        Ok(Chart {
            title,
            text,
            svg,
            #[cfg(test)]
            height,
            #[cfg(test)]
            areas,
        })
    }

    /// The shapes as plotters writes them, with colours as variables and without the attributes that say nothing.
    fn shapes_svg(&self, height: f64) -> Result<String, Error> {
        let mut drawn = String::new();
        {
            let size = ((WIDTH * UNITS) as u32, (height * UNITS) as u32);
            let mut backend = SVGBackend::with_string(&mut drawn, size);
            for shape in &self.shapes {
                shape.draw(&mut backend)?;
            }
            backend.present().map_err(|e| Error::Draw(e.to_string()))?;
        }
        let mut body = String::with_capacity(drawn.len());
        let mut lines = drawn.lines().skip(1);
        for shape in &self.shapes {
            if let Shape::Runs {
                y,
                height,
                ink,
                runs,
            } = shape
            {
                write_runs(&mut body, *y, *height, *ink, runs);
                continue;
            }
            let Some(line) = lines.next() else { break };
            let ink = shape.ink();
            let mut line = line
                .replace(
                    &format!("\"#{:06X}\"", ink.rgb()),
                    &format!("\"{}\"", ink.css()),
                )
                .replace(" opacity=\"1\"", "")
                .replace(" stroke=\"none\"", "")
                .replace(" stroke-width=\"1\"", "")
                .replace(" \"/>", "\"/>");
            match shape {
                Shape::Line { dashed: true, .. } => {
                    line = line.replace("/>", " stroke-dasharray=\"50 40\"/>");
                }
                Shape::Path {
                    dash: Some(dash), ..
                } => {
                    line = line.replace("/>", &format!(" stroke-dasharray=\"{dash}\"/>"));
                }
                Shape::Rect { radius, .. } if *radius > 0.0 => {
                    line = line.replace("/>", &format!(" rx=\"{}\"/>", units(*radius)));
                }
                _ => {}
            }
            body.push_str(&line);
            body.push('\n');
        }
        Ok(body)
    }
}

/// plotters would write an element for every rectangle; one path with a thick stroke is a tenth of that.
fn write_runs(body: &mut String, y: f64, height: f64, ink: Ink, runs: &[(f64, f64)]) {
    let Some(&(first, _)) = runs.first() else {
        return;
    };
    let mut at = units(first);
    let _ = write!(
        body,
        "<path fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" d=\"M{at} {}",
        ink.css(),
        units(height),
        units(y + height / 2.0)
    );
    for &(from, to) in runs {
        let (from, to) = (units(from), units(to));
        if from != at {
            let _ = write!(body, "m{} 0", from - at);
        }
        let _ = write!(body, "h{}", (to - from).max(1));
        at = from + (to - from).max(1);
    }
    body.push_str("\"/>\n");
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

impl Shape {
    fn ink(&self) -> Ink {
        match *self {
            Self::Line { ink, .. }
            | Self::Path { ink, .. }
            | Self::Rect { ink, .. }
            | Self::Polygon { ink, .. }
            | Self::Circle { ink, .. }
            | Self::Runs { ink, .. } => ink,
        }
    }

    fn draw(&self, backend: &mut SVGBackend<'_>) -> Result<(), Error> {
        use plotters::style::Color as _;
        let rgb = self.ink().rgb();
        let color = RGBColor((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8);
        let at = |p: &Point| (units(p.0), units(p.1));
        let style = |width: f64, opacity: f64| ShapeStyle {
            color: color.mix(opacity),
            filled: true,
            stroke_width: units(width) as u32,
        };
        let drawn = match self {
            Self::Line {
                from, to, width, ..
            } => backend.draw_line(at(from), at(to), &style(*width, 1.0)),
            Self::Path { points, width, .. } => {
                backend.draw_path(points.iter().map(at), &style(*width, 1.0))
            }
            Self::Rect { area, opacity, .. } => backend.draw_rect(
                at(&(area.left, area.top)),
                at(&(area.right, area.bottom)),
                &style(0.1, *opacity),
                true,
            ),
            Self::Polygon {
                points, opacity, ..
            } => backend.fill_polygon(points.iter().map(at), &style(0.1, *opacity)),
            Self::Circle { centre, radius, .. } => {
                backend.draw_circle(at(centre), units(*radius) as u32, &style(0.1, 1.0), true)
            }
            Self::Runs { .. } => Ok(()),
        };
        drawn.map_err(|e| Error::Draw(e.to_string()))
    }
}
