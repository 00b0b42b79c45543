//! From shapes and labels to the SVG document.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use plotters::prelude::{DrawingBackend as _, RGBColor, SVGBackend, ShapeStyle};

use super::{Anchor, Canvas, Label, Point, SMALL, Shape, WIDTH};
use crate::chart::palette::Ink;
use crate::chart::{Chart, Error, text};
use crate::display::escape;

const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', \
                     'PingFang SC', 'Microsoft YaHei', sans-serif";
/// plotters draws on whole units: ten of them to a pixel keep curves smooth.
const UNITS: f64 = 10.0;
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
        let (on, off): (Vec<&Label>, Vec<&Label>) = self
            .labels
            .iter()
            .partition(|label| matches!(label.ink, Ink::On(_)));
        on.iter().for_each(|label| label.write(&mut svg));
        // A rim of the ground's colour keeps text legible where a line passes under it.
        let _ = writeln!(
            svg,
            "<g paint-order=\"stroke\" stroke=\"{}\" stroke-width=\"3\" stroke-linejoin=\"round\">",
            Ink::Bg.css()
        );
        off.iter().for_each(|label| label.write(&mut svg));
        svg.push_str("</g>\n");
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

impl Label {
    fn write(&self, svg: &mut String) {
        // Writing to a String cannot fail.
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\"", self.x, self.y);
        if self.size != SMALL {
            let _ = write!(svg, " font-size=\"{}\"", self.size);
        }
        if self.bold {
            svg.push_str(" font-weight=\"600\"");
        }
        svg.push_str(match self.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        });
        let _ = writeln!(
            svg,
            " fill=\"{}\">{}</text>",
            self.ink.css(),
            escape(&self.text)
        );
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
