//! The drawing surface: shapes go through plotters, text is laid out here.

mod frame;
mod svg;

use super::palette::Ink;
use super::text;

pub(super) const WIDTH: f64 = 720.0;
pub(super) const PAD: f64 = 24.0;
pub(super) const SMALL: f64 = 11.0;

pub(super) type Point = (f64, f64);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn holds(&self, (x, y): Point) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }

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

/// The dash of a series' line, in drawing units: with the marker it tells sixteen series apart.
pub(super) fn dash(series: usize) -> Option<&'static str> {
    [None, Some("70 40"), Some("20 35"), Some("110 35 20 35")][(series + series / 4) % 4]
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

    /// The name of a row: lines that end at `x`, `line_height` apart, the middle of them at `y`.
    pub(super) fn row_name(&mut self, x: f64, y: f64, lines: &[String], line_height: f64) {
        let mut baseline = y - lines.len() as f64 * line_height / 2.0 - 3.0;
        for line in lines {
            baseline += line_height;
            self.label(Label::new(x, baseline, Anchor::End, line.as_str()));
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
}
