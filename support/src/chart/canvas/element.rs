//! Elements of plotters that this backend alone can draw.

use plotters::element::{Drawable, PointCollection};
use plotters::style::ShapeStyle;
use plotters_backend::BackendCoord;

use super::Element;
use super::svg::{Drawn, Svg};

/// An element with an attribute for which plotters has no word.
pub(super) struct With {
    pub(super) element: Element,
    /// Such as ` rx="20"`, with its space before.
    pub(super) attribute: String,
}

impl<'a> PointCollection<'a, BackendCoord> for &'a With {
    type Point = &'a BackendCoord;
    type IntoIter = &'a Vec<BackendCoord>;

    fn point_iter(self) -> Self::IntoIter {
        self.element.point_iter()
    }
}

impl Drawable<Svg> for With {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        points: I,
        svg: &mut Svg,
        size: (u32, u32),
    ) -> Drawn {
        svg.attribute.clone_from(&self.attribute);
        let drawn = self.element.draw(points, svg, size);
        svg.attribute.clear();
        drawn
    }
}

/// Many lines of one style: from the first point to the second, from the third to the fourth, and so on.
///
/// One element for each of them would be ten times as long.
pub(super) struct Pieces {
    pub(super) points: Vec<BackendCoord>,
    pub(super) style: ShapeStyle,
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Pieces {
    type Point = &'a BackendCoord;
    type IntoIter = &'a [BackendCoord];

    fn point_iter(self) -> Self::IntoIter {
        &self.points
    }
}

impl Drawable<Svg> for Pieces {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut points: I,
        svg: &mut Svg,
        _: (u32, u32),
    ) -> Drawn {
        let mut pieces = Vec::with_capacity(self.points.len() / 2);
        while let (Some(from), Some(to)) = (points.next(), points.next()) {
            pieces.push([from, to]);
        }
        svg.pieces(&pieces, &self.style)
    }
}
