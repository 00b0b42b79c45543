//! Colours: every one is a CSS variable with a fallback.

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
    pub(super) fn rgb(self) -> u32 {
        match self {
            Self::Fg => 0x1f2328,
            Self::Muted => 0x59636e,
            Self::Grid => 0xe3e6ea,
            Self::Bg => 0xffffff,
            Self::Series(i) => SERIES[i % 8],
            Self::On(i) => ON[i % 8],
        }
    }

    /// The variable with its fallback, ready for an attribute.
    pub(super) fn css(self) -> String {
        let name = match self {
            Self::Fg => "fg".to_owned(),
            Self::Muted => "muted".to_owned(),
            Self::Grid => "grid".to_owned(),
            Self::Bg => "bg".to_owned(),
            Self::Series(i) => (i % 8 + 1).to_string(),
            Self::On(i) => format!("on-{}", i % 8 + 1),
        };
        format!("var(--chart-{name},#{:06x})", self.rgb())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(rgb: u32) -> f64 {
        let channel = |shift: u32| {
            let c = f64::from((rgb >> shift) & 0xff) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }

    fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn dark(name: &str) -> u32 {
        let (_, hex) = DARK.iter().find(|(n, _)| *n == name).unwrap();
        u32::from_str_radix(&hex[1..], 16).unwrap()
    }

    #[test]
    fn light_colours_stand_out() {
        assert!(contrast(Ink::Muted.rgb(), 0xffffff) >= 4.5);
        for i in 0..8 {
            assert!(
                contrast(Ink::Series(i).rgb(), 0xffffff) >= 3.0,
                "series {i}"
            );
            assert!(
                contrast(Ink::Series(i).rgb(), Ink::On(i).rgb()) >= 4.5,
                "on {i}"
            );
            let next = luminance(Ink::Series(i + 1).rgb());
            let difference = (luminance(Ink::Series(i).rgb()) + 0.05) / (next + 0.05);
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
