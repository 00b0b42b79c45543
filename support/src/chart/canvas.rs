//! The drawing surface: what stands where is said here, plotters draws it.

mod document;
mod element;
mod frame;
mod svg;

use plotters::element::{
    Circle, DynElement, IntoDynElement as _, PathElement, Polygon, Rectangle, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontDesc, FontFamily, FontStyle, ShapeStyle, TextStyle};
use plotters_backend::BackendCoord;

use super::palette::Ink;
use super::text;
use element::{Pieces, With};
use svg::Svg;

pub(super) const WIDTH: f64 = 720.0;
pub(super) const PAD: f64 = 24.0;
pub(super) const SMALL: f64 = 11.0;
/// From one line of small text to the next: as high as the boxes of Chinese letters.
pub(super) const LINE: f64 = 14.0;
/// plotters draws on whole units: ten of them to a pixel keep curves smooth.
const UNITS: f64 = 10.0;

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

    /// What the text covers at most: the height is that of the tallest letters of DejaVu Sans, as the width is.
    pub(super) fn area(&self) -> Area {
        let width = self.width();
        let left = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2.0,
            Anchor::End => self.x - width,
        };
        Area {
            left,
            top: self.y - 0.93 * self.size,
            right: left + width,
            bottom: self.y + 0.25 * self.size,
        }
    }

    fn element(self) -> Text<'static, BackendCoord, String> {
        let style = if self.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        let across = match self.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = TextStyle {
            font: FontDesc::new(FontFamily::SansSerif, self.size, style),
            color: self.ink.to_backend_color(),
            pos: Pos::new(across, VPos::Bottom),
        };
        Text::new(self.text, at((self.x, self.y)), style)
    }
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn at((x, y): Point) -> BackendCoord {
    (units(x), units(y))
}

/// The element with an attribute such as ` rx="20"`.
fn with(element: Element, attribute: String) -> Element {
    With { element, attribute }.into_dyn()
}

fn stroke(ink: Ink, width: f64) -> ShapeStyle {
    ink.stroke_width(units(width) as u32)
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

/// What plotters draws, in units.
type Element = DynElement<'static, Svg, BackendCoord>;

#[derive(Default)]
pub(super) struct Canvas {
    shapes: Vec<Element>,
    pub(super) labels: Vec<Label>,
}

impl Canvas {
    pub(super) fn line(&mut self, from: Point, to: Point, ink: Ink, width: f64) {
        self.path(vec![from, to], ink, width, None);
    }

    pub(super) fn dashed(&mut self, from: Point, to: Point, ink: Ink, width: f64) {
        self.path(vec![from, to], ink, width, Some("50 40"));
    }

    pub(super) fn path(
        &mut self,
        points: Vec<Point>,
        ink: Ink,
        width: f64,
        dash: Option<&'static str>,
    ) {
        let points: Vec<_> = points.into_iter().map(at).collect();
        let element = PathElement::new(points, stroke(ink, width)).into_dyn();
        self.shapes.push(match dash {
            Some(dash) => with(element, format!(" stroke-dasharray=\"{dash}\"")),
            None => element,
        });
    }

    pub(super) fn rect(&mut self, area: Area, ink: Ink, radius: f64) {
        let corners = [(area.left, area.top), (area.right, area.bottom)].map(at);
        let element = Rectangle::new(corners, ink.filled()).into_dyn();
        self.shapes.push(match units(radius) {
            0 => element,
            radius => with(element, format!(" rx=\"{radius}\"")),
        });
    }

    pub(super) fn polygon(&mut self, points: Vec<Point>, ink: Ink, opacity: f64) {
        let points: Vec<_> = points.into_iter().map(at).collect();
        let element = Polygon::new(points, ink.mix(opacity));
        self.shapes.push(element.into_dyn());
    }

    /// Many lines of one ink and width, as one element.
    pub(super) fn lines(
        &mut self,
        lines: impl IntoIterator<Item = [Point; 2]>,
        ink: Ink,
        width: f64,
    ) {
        let points: Vec<_> = lines.into_iter().flatten().map(at).collect();
        if !points.is_empty() {
            let style = stroke(ink, width);
            self.shapes.push(Pieces { points, style }.into_dyn());
        }
    }

    /// Many rectangles of one ink and height, each as its top and its ends; a tenth of a pixel wide at least.
    pub(super) fn runs(
        &mut self,
        runs: impl IntoIterator<Item = (f64, f64, f64)>,
        ink: Ink,
        height: f64,
    ) {
        let lines = runs.into_iter().map(|(top, from, to)| {
            let (y, least) = (top + height / 2.0, 1.0 / UNITS);
            [(from, y), (to.max(from + least), y)]
        });
        self.lines(lines, ink, height);
    }

    /// The marker of a series: its shape tells it apart without its colour.
    pub(super) fn marker(&mut self, (x, y): Point, series: usize) {
        let ink = Ink::Series(series);
        let outline: &[Point] = match series % 4 {
            0 => {
                let element = Circle::new(at((x, y)), units(3.5), ink.filled());
                self.shapes.push(element.into_dyn());
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

    /// The name of a row: lines that end at `x`, the middle of them at `y`.
    pub(super) fn row_name(&mut self, x: f64, y: f64, lines: &[String]) {
        let mut baseline = y - lines.len() as f64 * LINE / 2.0 - 3.0;
        for line in lines {
            baseline += LINE;
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
