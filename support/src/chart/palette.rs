//! Colours: every one is a CSS variable with a fallback.

use std::fmt;

use plotters::style::Color;
use plotters_backend::BackendColor;

/// The values for a dark page, as pairs of a variable's name and its colour.
///
/// A site that puts the SVG inline defines these variables in its dark style; nothing else changes.
/// Every series colour keeps a contrast of at least 3:1 against `--chart-bg`.
pub const DARK: [(&str, &str); 20] = [
    ("--chart-fg", "#e6e6e6"),
    ("--chart-muted", "#a8b0b8"),
    ("--chart-grid", "#33383e"),
    ("--chart-bg", "#16181b"),
    ("--chart-1", "#56b4e9"),
    ("--chart-2", "#e69f00"),
    ("--chart-3", "#cc79a7"),
    ("--chart-4", "#2fc79a"),
    ("--chart-5", "#e8682a"),
    ("--chart-6", "#a5d8f7"),
    ("--chart-7", "#8c8c8c"),
    ("--chart-8", "#f0e442"),
    ("--chart-on-1", "#111111"),
    ("--chart-on-2", "#111111"),
    ("--chart-on-3", "#111111"),
    ("--chart-on-4", "#111111"),
    ("--chart-on-5", "#111111"),
    ("--chart-on-6", "#111111"),
    ("--chart-on-7", "#111111"),
    ("--chart-on-8", "#111111"),
];

/// What something is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Fg,
    Muted,
    Grid,
    Bg,
    /// A series, counted from 0; after the eighth the colours start over.
    Series(usize),
    /// Text on top of a series' colour.
    On(usize),
}

const SERIES: [u32; 8] = [
    0x0072b2, 0xc98200, 0x7a3b69, 0x009e73, 0xb34700, 0x3d9bd1, 0x4d4d4d, 0x9a9000,
];
const ON: [u32; 8] = [
    0xffffff, 0x111111, 0xffffff, 0x111111, 0xffffff, 0x111111, 0xffffff, 0x111111,
];

impl Ink {
    /// The colour on a light page, as `0xRRGGBB`.
    pub(super) fn light(self) -> u32 {
        match self {
            Self::Fg => 0x1f2328,
            Self::Muted => 0x59636e,
            Self::Grid => 0xe3e6ea,
            Self::Bg => 0xffffff,
            Self::Series(i) => SERIES[i % 8],
            Self::On(i) => ON[i % 8],
        }
    }
}

/// The variable with its fallback, ready for an attribute.
impl fmt::Display for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("var(--chart-")?;
        match self {
            Self::Fg => f.write_str("fg"),
            Self::Muted => f.write_str("muted"),
            Self::Grid => f.write_str("grid"),
            Self::Bg => f.write_str("bg"),
            Self::Series(i) => write!(f, "{}", i % 8 + 1),
            Self::On(i) => write!(f, "on-{}", i % 8 + 1),
        }?;
        write!(f, ",#{:06x})", self.light())
    }
}

/// plotters hands three bytes of colour through to the backend. Ours writes variables: for it they are a place in this palette.
impl Color for Ink {
    fn to_backend_color(&self) -> BackendColor {
        let rgb = match *self {
            Self::Fg => (0, 0, 0),
            Self::Muted => (1, 0, 0),
            Self::Grid => (2, 0, 0),
            Self::Bg => (3, 0, 0),
            Self::Series(i) => (4, (i % 8) as u8, 0),
            Self::On(i) => (5, (i % 8) as u8, 0),
        };
        BackendColor { alpha: 1.0, rgb }
    }
}

/// What [`to_backend_color`](Color::to_backend_color) was asked of.
impl From<BackendColor> for Ink {
    fn from(color: BackendColor) -> Self {
        let (kind, series, _) = color.rgb;
        match kind {
            0 => Self::Fg,
            1 => Self::Muted,
            2 => Self::Grid,
            3 => Self::Bg,
            4 => Self::Series(series.into()),
            _ => Self::On(series.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::{contrast, luminance};

    #[test]
    fn plotters_hands_every_ink_through() {
        let series = (0..8).flat_map(|i| [Ink::Series(i), Ink::On(i)]);
        for ink in [Ink::Fg, Ink::Muted, Ink::Grid, Ink::Bg]
            .into_iter()
            .chain(series)
        {
            assert_eq!(Ink::from(ink.to_backend_color()), ink);
            assert_eq!(Ink::from(ink.mix(0.5).to_backend_color()), ink);
        }
    }

    fn dark(name: &str) -> u32 {
        let (_, hex) = DARK.iter().find(|(n, _)| *n == name).unwrap();
        u32::from_str_radix(&hex[1..], 16).unwrap()
    }

    #[test]
    fn light_colours_stand_out() {
        assert!(contrast(Ink::Muted.light(), 0xffffff) >= 4.5);
        for i in 0..8 {
            assert!(
                contrast(Ink::Series(i).light(), 0xffffff) >= 3.0,
                "series {i}"
            );
            assert!(
                contrast(Ink::Series(i).light(), Ink::On(i).light()) >= 4.5,
                "on {i}"
            );
            let next = luminance(Ink::Series(i + 1).light());
            let difference = (luminance(Ink::Series(i).light()) + 0.05) / (next + 0.05);
            assert!(
                !(0.83..1.2).contains(&difference),
                "series {i} is as light as the next"
            );
        }
    }

    #[test]
    fn dark_colours_stand_out() {
        for ground in [dark("--chart-bg"), 0x121212] {
            assert!(contrast(dark("--chart-fg"), ground) >= 7.0);
            assert!(contrast(dark("--chart-muted"), ground) >= 4.5);
            for i in 1..=8 {
                let series = dark(&format!("--chart-{i}"));
                assert!(contrast(series, ground) >= 3.0, "series {i}");
                assert!(
                    contrast(series, dark(&format!("--chart-on-{i}"))) >= 4.5,
                    "on {i}"
                );
            }
        }
    }
}
