//! From what was drawn to the SVG document.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;

use plotters::drawing::DrawingArea;
use plotters::element::IntoDynElement as _;

use super::svg::{HAIR, Svg};
use super::{Canvas, Element, Label, SMALL, UNITS, WIDTH};
use crate::chart::palette::Ink;
use crate::chart::{Chart, Error, text};
use crate::display::escape;

const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', \
                     'PingFang SC', 'Microsoft YaHei', sans-serif";
const MAX_BYTES: usize = 60_000;

impl Canvas {
    /// Writes the SVG.
    pub(in crate::chart) fn finish(
        self,
        title: String,
        text: String,
        height: f64,
    ) -> Result<Chart, Error> {
        let height = height.ceil();
        #[cfg(test)]
        let areas = self
            .labels
            .iter()
            .map(|label| (label.area(), label.text.clone()))
            .collect();
        let (on, off): (Vec<Label>, Vec<Label>) = self
            .labels
            .into_iter()
            .partition(|label| matches!(label.ink, Ink::On(_)));
        let labels = |labels: Vec<Label>| labels.into_iter().map(|l| l.element().into_dyn());
        let shapes = drawn(self.shapes, height)?;
        let on = drawn(labels(on), height)?;
        let off = drawn(labels(off), height)?;

        let mut hasher = DefaultHasher::new();
        (&title, &text, &shapes).hash(&mut hasher);
        let id = format!("chart-{:016x}", hasher.finish());
        let (name, ground, fg) = (escape(&title), Ink::Bg, Ink::Fg);
        let description = escape(&text::shorten(&text, 1.0, false, 1500.0));
        let mut svg = String::with_capacity(shapes.len() + on.len() + off.len() + 3_000);
        // Writing to a String cannot fail. A rim of the ground's colour keeps text legible where a line passes under it.
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"100%\" \
             style=\"max-width:{WIDTH}px;height:auto\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" \
             font-family=\"{FONTS}\" font-size=\"{SMALL}\">\n\
             <title id=\"{id}-t\">{name}</title>\n<desc id=\"{id}-d\">{description}</desc>\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"10\" fill=\"{ground}\"/>\n\
             <g transform=\"scale({})\" fill=\"none\" stroke-width=\"{HAIR}\" stroke-linejoin=\"round\">\n{shapes}</g>\n{on}\
             <g fill=\"{fg}\" paint-order=\"stroke\" stroke=\"{ground}\" stroke-width=\"3\" stroke-linejoin=\"round\">\n{off}</g>\n</svg>",
            1.0 / UNITS,
        );
        if svg.len() > MAX_BYTES {
            return Err(Error::TooMuch {
                what: format!("an SVG of {} bytes", svg.len()),
                most: MAX_BYTES,
            });
        }
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
}

/// What our backend writes when plotters draws these elements.
fn drawn(elements: impl IntoIterator<Item = Element>, height: f64) -> Result<String, Error> {
    let size = ((WIDTH * UNITS) as u32, (height * UNITS) as u32);
    let svg = Rc::new(RefCell::new(Svg::new(size)));
    let area = DrawingArea::from(&svg);
    for element in elements {
        area.draw(&element)
            .map_err(|e| Error::Draw(e.to_string()))?;
    }
    Ok(svg.take().into_body())
}
