//! Axes: units, ranges, ticks.

use super::text;

/// What an axis measures and how its numbers are written.
///
/// ```
/// use support::chart::Axis;
/// let latency = Axis::time("latency").log();
/// assert_eq!(latency.format(0.000_25), "250 µs");
/// assert_eq!(Axis::bytes("resident").format(1536.0), "1.5 KiB");
/// assert_eq!(Axis::rate("switches").format(12_000.0), "12 k/s");
/// ```
#[derive(Clone, Debug)]
pub struct Axis {
    label: String,
    unit: Unit,
    log: bool,
    zero: bool,
}

#[derive(Clone, Debug)]
enum Unit {
    Time,
    Bytes,
    Count,
    Percent,
    Rate,
    Other(String),
}

impl Axis {
    fn with(label: impl Into<String>, unit: Unit) -> Self {
        Self {
            label: text::clean(&label.into()),
            unit,
            log: false,
            zero: false,
        }
    }

    /// Durations; values are seconds.
    pub fn time(label: impl Into<String>) -> Self {
        Self::with(label, Unit::Time)
    }

    /// Sizes; values are bytes, written in powers of 1024.
    pub fn bytes(label: impl Into<String>) -> Self {
        Self::with(label, Unit::Bytes)
    }

    /// Numbers of things.
    pub fn count(label: impl Into<String>) -> Self {
        Self::with(label, Unit::Count)
    }

    /// Shares; the value 1 is written as 100%.
    pub fn percent(label: impl Into<String>) -> Self {
        Self::with(label, Unit::Percent)
    }

    /// Events per second.
    pub fn rate(label: impl Into<String>) -> Self {
        Self::with(label, Unit::Rate)
    }

    /// Plain numbers followed by `unit`, which may be empty (years).
    pub fn new(label: impl Into<String>, unit: impl Into<String>) -> Self {
        Self::with(label, Unit::Other(text::clean(&unit.into())))
    }

    /// A log10 scale: every value must be above zero.
    #[must_use]
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    /// The axis starts at zero whatever the values are. Bars and shares always do, unless the axis is logarithmic.
    #[must_use]
    pub fn from_zero(mut self) -> Self {
        self.zero = true;
        self
    }

    /// The value with its unit, to three significant digits (plain numbers to four).
    pub fn format(&self, value: f64) -> String {
        let (factor, suffix) = self.unit.scale(value.abs());
        let scaled = value / factor;
        let digits = if matches!(self.unit, Unit::Other(_) | Unit::Count) {
            4
        } else {
            3
        };
        format!("{}{suffix}", significant(scaled, digits))
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn linear(mut self) -> Self {
        self.log = false;
        self
    }

    pub(super) fn is_log(&self) -> bool {
        self.log
    }

    /// The scale that holds all `values`, on the pixels from `from` to `to`.
    pub(super) fn scale(&self, values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Scale {
        let (mut lo, mut hi) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|v| !self.log || *v > 0.0) {
            lo = lo.min(value);
            hi = hi.max(value);
        }
        if lo > hi {
            (lo, hi) = if self.log { (1.0, 10.0) } else { (0.0, 1.0) };
        }
        if self.log {
            // Room for the marks: a tenth of a decade, and never less than half a decade in all.
            let spread = (hi / lo).log10();
            let room = if spread < 0.5 { 0.25 } else { 0.05 * spread };
            (lo, hi) = (lo * 10f64.powf(-room), hi * 10f64.powf(room));
        } else {
            if self.zero {
                (lo, hi) = (lo.min(0.0), hi.max(0.0));
            }
            let magnitude = lo.abs().max(hi.abs());
            if hi - lo <= magnitude * 1e-9 {
                let room = if magnitude == 0.0 {
                    1.0
                } else {
                    magnitude * 0.5
                };
                // What cannot be negative is not drawn below zero.
                let floor = if lo >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
                (lo, hi) = ((lo - room).max(floor), hi + room);
            }
        }
        Scale {
            lo,
            hi,
            log: self.log,
            from,
            to,
        }
    }

    /// Ticks for at most `most` labels, in ascending order.
    pub(super) fn ticks(&self, scale: &Scale, most: usize) -> Vec<(f64, String)> {
        if scale.log {
            self.log_ticks(scale, most)
        } else {
            self.linear_ticks(scale, most)
        }
    }

    fn linear_ticks(&self, scale: &Scale, most: usize) -> Vec<(f64, String)> {
        let (factor, suffix) = self.unit.scale(scale.lo.abs().max(scale.hi.abs()));
        let (lo, hi) = (scale.lo / factor, scale.hi / factor);
        let rough = (hi - lo) / most.max(1) as f64;
        let step = if matches!(self.unit, Unit::Bytes) && rough > 1.0 {
            2f64.powf(rough.log2().ceil())
        } else {
            let decade = 10f64.powf(rough.log10().floor());
            [1.0, 2.0, 5.0]
                .map(|m| m * decade)
                .into_iter()
                .find(|s| *s >= rough * 0.999)
                .unwrap_or(10.0 * decade)
        };
        let decimals = (-(step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize;
        let first = (lo / step - 1e-6).ceil();
        (0..=most + 1)
            .map(|i| (first + i as f64) * step)
            .take_while(|at| *at <= hi + step * 1e-6)
            .map(|at| {
                let at = if at.abs() < step * 1e-6 { 0.0 } else { at };
                let number = if at.abs() >= 1e7 || (step < 1e-6 && at != 0.0) {
                    significant(at, 6)
                } else {
                    format!("{at:.decimals$}")
                };
                (at * factor, format!("{number}{suffix}"))
            })
            .collect()
    }

    fn log_ticks(&self, scale: &Scale, most: usize) -> Vec<(f64, String)> {
        let within = |at: &f64| *at >= scale.lo * 0.9999 && *at <= scale.hi * 1.0001;
        let exponents =
            |base: f64| scale.lo.log(base).floor() as i32..=scale.hi.log(base).ceil() as i32;
        let powers = |base: f64, step: i32| -> Vec<f64> {
            let chosen = exponents(base).filter(|e| e.rem_euclid(step) == 0);
            chosen.map(|e| base.powi(e)).filter(within).collect()
        };
        let multiples = |of: &[f64]| -> Vec<f64> {
            let all = exponents(10.0).flat_map(|e| of.iter().map(move |m| m * 10f64.powi(e)));
            all.filter(within).collect()
        };
        let fits = |ticks: &Vec<f64>| (2..=most).contains(&ticks.len());
        // Sizes are written in powers of two; counts of threads and of clients are mostly swept in them.
        let doublings = match self.unit {
            Unit::Bytes => 1..61,
            Unit::Count if scale.lo >= 0.5 => 1..2,
            _ => 1..1,
        };
        let fine: [&[f64]; 3] = [
            &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
            &[1.0, 2.0, 5.0],
            &[1.0, 3.0],
        ];
        let ticks = doublings
            .map(|step| powers(2.0, step))
            .chain(fine.into_iter().map(multiples))
            .chain((1..=40).map(|step| powers(10.0, step)))
            .find(fits)
            .unwrap_or_else(|| vec![(scale.lo * scale.hi).sqrt()]);
        ticks.into_iter().map(|at| (at, self.format(at))).collect()
    }
}

impl Unit {
    /// What to divide a value of this magnitude by, and what to write after it.
    fn scale(&self, magnitude: f64) -> (f64, String) {
        // Just below a unit's start a value would be rounded up to 1000 of the smaller one.
        let pick = |steps: &[(f64, &str)]| {
            let (factor, name) = steps
                .iter()
                .find(|(factor, _)| magnitude >= factor * 0.999_5)
                .or(steps.last())
                .copied()
                .unwrap_or((1.0, ""));
            (factor, name.to_owned())
        };
        match self {
            Self::Time if magnitude == 0.0 => (1.0, " s".into()),
            Self::Time => pick(&[(1.0, " s"), (1e-3, " ms"), (1e-6, " µs"), (1e-9, " ns")]),
            Self::Bytes => pick(&[
                (1024f64.powi(4), " TiB"),
                (1024f64.powi(3), " GiB"),
                (1024f64.powi(2), " MiB"),
                (1024.0, " KiB"),
                (1.0, " B"),
            ]),
            // Counts below ten thousand are written in full.
            Self::Count if magnitude < 9_999.5 => (1.0, String::new()),
            Self::Count => pick(&[(1e9, " G"), (1e6, " M"), (1e3, " k")]),
            Self::Rate => pick(&[(1e9, " G/s"), (1e6, " M/s"), (1e3, " k/s"), (1.0, " /s")]),
            Self::Percent => (0.01, "%".into()),
            Self::Other(unit) if unit.is_empty() => (1.0, String::new()),
            Self::Other(unit) => (1.0, format!(" {unit}")),
        }
    }
}

/// `value` to so many significant digits, without trailing zeros.
fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let exponent = value.abs().log10().floor();
    if !(-4.0..9.0).contains(&exponent) {
        return format!("{value:.2e}");
    }
    let decimals = (digits as f64 - 1.0 - exponent).max(0.0) as usize;
    let number = format!("{value:.decimals$}");
    if number.contains('.') {
        number
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    } else {
        number
    }
}

/// Where values lie in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) lo: f64,
    pub(super) hi: f64,
    log: bool,
    from: f64,
    to: f64,
}

impl Scale {
    /// The pixel of a value; values off the scale are moved to its edge.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.max(self.lo) / self.lo).log10() / (self.hi / self.lo).log10()
        } else {
            (value - self.lo) / (self.hi - self.lo)
        };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// The value at a share (0 to 1) of the way along the scale.
    pub(super) fn value(&self, share: f64) -> f64 {
        if self.log {
            self.lo * (self.hi / self.lo).powf(share)
        } else {
            self.lo + share * (self.hi - self.lo)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, lo: f64, hi: f64) -> Vec<String> {
        let scale = axis.scale([lo, hi], 0.0, 500.0);
        axis.ticks(&scale, 5)
            .into_iter()
            .map(|(_, label)| label)
            .collect()
    }

    #[test]
    fn ticks_carry_units() {
        assert_eq!(
            labels(&Axis::time("t"), 0.0, 0.01),
            ["0 ms", "2 ms", "4 ms", "6 ms", "8 ms", "10 ms"]
        );
        assert_eq!(
            labels(&Axis::percent("p"), 0.0, 1.0),
            ["0%", "20%", "40%", "60%", "80%", "100%"]
        );
        assert_eq!(
            labels(&Axis::bytes("b"), 0.0, 4096.0),
            ["0 KiB", "1 KiB", "2 KiB", "3 KiB", "4 KiB"]
        );
        assert_eq!(
            labels(&Axis::new("year", ""), 1950.0, 1990.0),
            ["1950", "1960", "1970", "1980", "1990"]
        );
        let threads = labels(&Axis::count("threads").log(), 1.0, 16.0);
        assert_eq!(threads, ["1", "2", "4", "8", "16"]);
        assert_eq!(labels(&Axis::bytes("b").log(), 4096.0, 1e6)[0], "4 KiB");
        assert_eq!(
            labels(&Axis::time("t").log(), 1e-6, 1e-3),
            ["1 µs", "10 µs", "100 µs", "1 ms"]
        );
    }

    #[test]
    fn values_carry_units() {
        assert_eq!(Axis::time("").format(0.99999), "1 s");
        assert_eq!(Axis::time("").format(2.5e-9), "2.5 ns");
        assert_eq!(Axis::rate("").format(10_000.0), "10 k/s");
        assert_eq!(Axis::count("").format(1_500_000.0), "1.5 M");
        assert_eq!(Axis::count("").format(9_999.0), "9999");
        assert_eq!(Axis::percent("").format(0.3333), "33.3%");
    }

    #[test]
    fn a_single_value_gets_a_range() {
        let scale = Axis::time("t").scale([5.0, 5.0], 0.0, 100.0);
        assert!(scale.lo < 5.0 && scale.hi > 5.0);
    }
}
