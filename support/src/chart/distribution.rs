//! How samples are spread.

use std::fmt::Write as _;

use super::axis::{Axis, Scale};
use super::canvas::{Canvas, PAD, Swatch, WIDTH, dash};
use super::palette::Ink;
use super::{Chart, Error, check, heading, limit, text};
use crate::measure::Samples;

const BINS: usize = 60;

/// A histogram above, the cumulative share below, on a common axis; the median of every series is marked.
///
/// ```
/// use support::chart::{Axis, Distribution};
/// let chart = Distribution::new("Half of the sleeps come back within 60 µs of their time")
///     .axis(Axis::time("late by").log())
///     .samples("idle", [50e-6, 60e-6, 55e-6, 900e-6])
///     .draw()?;
/// assert!(chart.text().contains("idle: 4 samples, median 57.5 µs"));
/// # Ok::<(), support::chart::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a chart is drawn by .draw()"]
pub struct Distribution {
    title: String,
    note: String,
    axis: Axis,
    series: Vec<(String, Samples)>,
}

impl Distribution {
    /// A chart without samples; the title states the finding.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: text::clean(&title.into()),
            note: String::new(),
            axis: Axis::new("", ""),
            series: Vec::new(),
        }
    }

    /// The line under the title: what is shown.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = text::clean(&note.into());
        self
    }

    /// The axis of the samples.
    pub fn axis(mut self, axis: Axis) -> Self {
        self.axis = axis;
        self
    }

    /// The samples of one series, in any order.
    pub fn samples(
        mut self,
        name: impl Into<String>,
        samples: impl IntoIterator<Item = f64>,
    ) -> Self {
        self.series
            .push((text::clean(&name.into()), Samples::new(samples)));
        self
    }

    /// Draws the chart.
    ///
    /// # Errors
    /// When there is no series or one without samples, a sample cannot be drawn on the axis, or there are more than 8
    /// series.
    pub fn draw(self) -> Result<Chart, Error> {
        if self.series.is_empty() {
            return Err(Error::NoData {
                title: self.title,
                needs: "series",
            });
        }
        limit(self.series.len(), 8, "series")?;
        for (name, samples) in &self.series {
            if samples.taken().is_empty() {
                return Err(Error::NoData {
                    title: format!("{}: {name}", self.title),
                    needs: "sample",
                });
            }
            for sample in samples.taken() {
                check(*sample, &format!("a sample of series {name:?}"), &self.axis)?;
            }
        }

        let mut canvas = Canvas::default();
        let top = canvas.header(&self.title, &self.note);
        let legend: Vec<_> = self
            .series
            .iter()
            .enumerate()
            .map(|(i, (name, samples))| {
                let median = self.axis.format(samples.median());
                let separator = if name.is_empty() { "" } else { ": " };
                let said = format!("{separator}median {median}, n = {}", samples.len());
                (Swatch::Marker(i), name.as_str(), said)
            })
            .collect();
        let top = canvas.legend(&legend, top);
        let height = self.plot(&mut canvas, top);
        let text = self.text();
        canvas.finish(self.title, text, height)
    }

    fn plot(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let (left, right) = (PAD + 48.0, WIDTH - PAD);
        let values = self
            .series
            .iter()
            .flat_map(|(_, samples)| samples.sorted().iter().copied());
        let x = self.axis.scale(values, left + 4.0, right - 4.0);
        let upper_top = canvas.y_name(&Axis::percent("share of samples in each bin"), top);
        let upper_bottom = upper_top + 140.0;
        let lower_top = canvas.y_name(
            &Axis::percent("share of samples up to here"),
            upper_bottom + 12.0,
        );
        let lower_bottom = lower_top + 140.0;

        let ticks = Canvas::x_ticks(&self.axis, &x).into_iter();
        let grid = ticks.map(|(value, _)| x.at(value));
        canvas.lines(
            grid.map(|x| [(x, upper_top), (x, upper_bottom)]),
            Ink::Grid,
            1.0,
        );
        let end = canvas.x_axis(&self.axis, &x, lower_top, lower_bottom);

        let share = Axis::percent("").from_zero();
        let histograms: Vec<Vec<f64>> = self
            .series
            .iter()
            .map(|(_, samples)| histogram(samples.sorted(), &x))
            .collect();
        let upper = share.scale(
            histograms.iter().flatten().copied(),
            upper_bottom,
            upper_top + 2.0,
        );
        let (ticks, _) = Canvas::y_ticks(&share, &upper, 140.0);
        canvas.y_axis(ticks, &upper, left, right);
        for (i, bins) in histograms.iter().enumerate() {
            let outline = outline(bins, &x, &upper);
            canvas.polygon(
                outline.clone(),
                Ink::Series(i),
                if histograms.len() > 3 { 0.1 } else { 0.3 },
            );
            canvas.path(outline, Ink::Series(i), 1.5, dash(i));
        }

        let lower = share.scale([0.0, 1.0], lower_bottom, lower_top + 2.0);
        let (ticks, _) = Canvas::y_ticks(&share, &lower, 140.0);
        canvas.y_axis(ticks, &lower, left, right);
        let most = 1600 / self.series.len();
        for (i, (_, samples)) in self.series.iter().enumerate() {
            canvas.path(
                cumulative(samples.sorted(), &x, &lower, most),
                Ink::Series(i),
                2.0,
                dash(i),
            );
        }
        for (i, (_, samples)) in self.series.iter().enumerate() {
            let median = x.at(samples.median());
            canvas.dashed(
                (median, upper_top),
                (median, upper_bottom),
                Ink::Series(i),
                1.5,
            );
            canvas.marker((median, lower.at(0.5)), i);
        }
        let bottoms = [upper_bottom, lower_bottom];
        canvas.lines(bottoms.map(|y| [(left, y), (right, y)]), Ink::Muted, 1.0);
        end + PAD - 8.0
    }

    fn text(&self) -> String {
        let mut text = heading(&self.title, &self.note);
        for (name, samples) in &self.series {
            let at = |q: f64| self.axis.format(samples.quantile(q));
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{name}: {} samples, median {}, quartiles {} and {}, 99% up to {}, from {} to {}",
                samples.len(),
                at(0.5),
                at(0.25),
                at(0.75),
                at(0.99),
                at(0.0),
                at(1.0)
            );
        }
        text
    }
}

/// The share of the samples in each of [`BINS`] bins of equal width on the scale.
fn histogram(sorted: &[f64], x: &Scale) -> Vec<f64> {
    let mut bins = Vec::with_capacity(BINS);
    let mut below = 0;
    for bin in 1..=BINS {
        let end = if bin == BINS {
            sorted.len()
        } else {
            let edge = x.value(bin as f64 / BINS as f64);
            sorted.partition_point(|sample| *sample < edge)
        };
        bins.push((end - below) as f64 / sorted.len() as f64);
        below = end;
    }
    bins
}

fn outline(bins: &[f64], x: &Scale, y: &Scale) -> Vec<(f64, f64)> {
    let edge = |i: usize| x.at(x.value(i as f64 / BINS as f64));
    let mut points = vec![(edge(0), y.at(0.0))];
    for (i, share) in bins.iter().enumerate() {
        points.push((edge(i), y.at(*share)));
        points.push((edge(i + 1), y.at(*share)));
    }
    points.push((edge(BINS), y.at(0.0)));
    points.dedup_by(|b, a| a == b);
    points
}

/// The steps of the cumulative share, at most about `most` points.
fn cumulative(sorted: &[f64], x: &Scale, y: &Scale, most: usize) -> Vec<(f64, f64)> {
    let every = sorted.len().div_ceil(most / 2);
    let mut points = vec![(x.at(sorted[0]), y.at(0.0))];
    for (i, sample) in sorted.iter().enumerate() {
        if (i + 1) % every == 0 || i + 1 == sorted.len() {
            let at = x.at(*sample);
            let before = points[points.len() - 1].1;
            if every == 1 {
                points.push((at, before));
            }
            points.push((at, y.at((i + 1) as f64 / sorted.len() as f64)));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_in_a_bin() {
        let samples: Vec<f64> = (0..1000).map(f64::from).collect();
        let x = Axis::count("").scale(samples.iter().copied(), 0.0, 600.0);
        assert!((histogram(&samples, &x).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
