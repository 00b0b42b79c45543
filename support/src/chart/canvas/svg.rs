//! A backend of plotters that writes SVG as a page wants it: colours are variables, text is text, and little is said twice.

use std::fmt::{self, Write as _};

use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle,
};

use super::{SMALL, UNITS};
use crate::chart::palette::Ink;
use crate::display::escape;

/// The width of a line that says nothing of its width, in units: one pixel.
pub(super) const HAIR: u32 = UNITS as u32;

pub(super) type Drawn = Result<(), DrawingErrorKind<fmt::Error>>;

/// What was drawn, one element a line.
///
/// Shapes are in units and belong into a group that is scaled to pixels, with `fill="none"` and strokes of [`HAIR`]. Text is in
/// pixels, stands on its `y`, and belongs into one that fills with [`Ink::Fg`].
#[derive(Default)]
pub(super) struct Svg {
    size: (u32, u32),
    body: String,
    /// What the next elements have besides: see [`With`](super::element::With).
    pub(super) attribute: String,
}

impl Svg {
    /// An empty drawing of this size in units.
    pub(super) fn new(size: (u32, u32)) -> Self {
        Self {
            size,
            ..Self::default()
        }
    }

    /// The elements.
    pub(super) fn into_body(self) -> String {
        self.body
    }

    /// Lines that do not touch each other, as one element.
    pub(super) fn pieces(
        &mut self,
        pieces: &[[BackendCoord; 2]],
        style: &impl BackendStyle,
    ) -> Drawn {
        self.stroke(&path(pieces.iter().copied()), style)
    }

    fn stroke(&mut self, geometry: &str, style: &impl BackendStyle) -> Drawn {
        let width = match style.stroke_width() {
            HAIR => String::new(),
            width => format!(" stroke-width=\"{width}\""),
        };
        self.element(geometry, "stroke", style.color(), &width)
    }

    fn shape(&mut self, geometry: &str, style: &impl BackendStyle, fill: bool) -> Drawn {
        if fill {
            self.element(geometry, "fill", style.color(), "")
        } else {
            self.stroke(geometry, style)
        }
    }

    fn element(&mut self, geometry: &str, paint: &str, color: BackendColor, more: &str) -> Drawn {
        let opacity = match color.alpha {
            0.0 => return Ok(()),
            1.0 => String::new(),
            alpha => format!(" opacity=\"{alpha}\""),
        };
        let (ink, attribute) = (Ink::from(color), &self.attribute);
        writeln!(
            self.body,
            "<{geometry} {paint}=\"{ink}\"{more}{opacity}{attribute}/>"
        )
        .map_err(DrawingErrorKind::DrawingError)
    }
}

impl DrawingBackend for Svg {
    type ErrorType = fmt::Error;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.pieces(&[[from, to]], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (width, height) = (right - left, bottom - top);
        let geometry =
            format!("rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"");
        self.shape(&geometry, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        self.stroke(&path([points]), style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let geometry = format!("circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"");
        self.shape(&geometry, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        self.shape(&path([points]), style, true)
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        let pixels = |units: i32| f64::from(units) / UNITS;
        let size = match style.size() {
            SMALL => String::new(),
            size => format!(" font-size=\"{size}\""),
        };
        let weight = match style.style() {
            FontStyle::Bold => " font-weight=\"600\"",
            _ => "",
        };
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let fill = match Ink::from(style.color()) {
            Ink::Fg => String::new(),
            ink => format!(" fill=\"{ink}\""),
        };
        let (x, y, text) = (pixels(x), pixels(y), escape(text));
        writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\"{size}{weight}{anchor}{fill}>{text}</text>"
        )
        .map_err(DrawingErrorKind::DrawingError)
    }
}

/// Lines, each from its first point through the others. Steps are half as long as places.
fn path<I: IntoIterator<Item = BackendCoord>>(lines: impl IntoIterator<Item = I>) -> String {
    let mut path = "path d=\"".to_owned();
    let mut at: Option<BackendCoord> = None;
    for line in lines {
        let mut first = true;
        for (x, y) in line {
            // Writing to a String cannot fail.
            let _ = match (at, first) {
                (None, _) => write!(path, "M{x} {y}"),
                (Some((from_x, from_y)), true) if (x, y) == (from_x, from_y) => Ok(()),
                (Some((from_x, from_y)), true) => write!(path, "m{} {}", x - from_x, y - from_y),
                (Some((from_x, from_y)), false) if y == from_y => write!(path, "h{}", x - from_x),
                (Some((from_x, from_y)), false) if x == from_x => write!(path, "v{}", y - from_y),
                (Some((from_x, from_y)), false) => write!(path, "l{} {}", x - from_x, y - from_y),
            };
            (at, first) = (Some((x, y)), false);
        }
    }
    path.push('"');
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_in_steps() {
        let lines = [
            vec![(10, 20), (30, 20), (30, 5), (31, 4)],
            vec![(50, 4), (60, 4)],
        ];
        assert_eq!(path(lines), "path d=\"M10 20h20v-15l1 -1m19 0h10\"");
        let touching = [[(0, 0), (5, 0)], [(5, 0), (9, 0)]];
        assert_eq!(path(touching), "path d=\"M0 0h5h4\"");
    }
}
