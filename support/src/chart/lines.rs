//! How one number depends on another.

use std::fmt::Write as _;

use super::axis::Axis;
use super::canvas::{Canvas, PAD, Swatch, WIDTH, dash};
use super::palette::Ink;
use crate::order;

use super::{Chart, Error, Interval, check, heading, limit, text};

/// Series of points, joined by lines, with a band where values have a range.
///
/// Series differ in colour, marker and dash. Points are sorted by x.
///
/// ```
/// use support::chart::{Axis, Lines};
/// let chart = Lines::new("Two threads on two cores double the throughput, four do not")
///     .x(Axis::count("threads"))
///     .y(Axis::rate("requests"))
///     .series("thread pool", [(1.0, 900.0), (2.0, 1800.0), (4.0, 1750.0)])
///     .limit("one core", 1000.0)
///     .draw()?;
/// assert!(chart.text().contains("thread pool: 3 points"));
/// # Ok::<(), support::chart::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a chart is drawn by .draw()"]
pub struct Lines {
    title: String,
    note: String,
    x: Axis,
    y: Axis,
    series: Vec<(String, Vec<(f64, Interval)>)>,
    limits: Vec<(String, f64)>,
}

impl Lines {
    /// A chart without series; the title states the finding.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: text::clean(&title.into()),
            note: String::new(),
            x: Axis::new("", ""),
            y: Axis::new("", ""),
            series: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// The line under the title: what is shown.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = text::clean(&note.into());
        self
    }

    /// The horizontal axis.
    pub fn x(mut self, axis: Axis) -> Self {
        self.x = axis;
        self
    }

    /// The vertical axis.
    pub fn y(mut self, axis: Axis) -> Self {
        self.y = axis;
        self
    }

    /// One line.
    pub fn series<V: Into<Interval>>(
        mut self,
        name: impl Into<String>,
        points: impl IntoIterator<Item = (f64, V)>,
    ) -> Self {
        let points = points
            .into_iter()
            .map(|(x, value)| (x, value.into()))
            .collect();
        self.series.push((text::clean(&name.into()), points));
        self
    }

    /// A dashed line at a value of y, named in the legend.
    pub fn limit(mut self, label: impl Into<String>, at: f64) -> Self {
        self.limits.push((text::clean(&label.into()), at));
        self
    }

    /// Draws the chart.
    ///
    /// # Errors
    /// When there is no series or one without points, a value cannot be drawn on its axis, or there are more than 12
    /// series.
    pub fn draw(mut self) -> Result<Chart, Error> {
        if self.series.is_empty() {
            return Err(Error::NoData {
                title: self.title,
                needs: "series",
            });
        }
        limit(self.series.len(), 12, "series")?;
        limit(self.limits.len(), 8, "limits")?;
        for (name, points) in &mut self.series {
            if points.is_empty() {
                return Err(Error::NoData {
                    title: format!("{}: {name}", self.title),
                    needs: "point",
                });
            }
            let what = format!("series {name:?}");
            for (x, value) in points.iter() {
                check(*x, &format!("x of {what}"), &self.x)?;
                value.check(&what, &self.y)?;
            }
            order::sort(points, |point| point.0);
        }
        for (label, at) in &self.limits {
            check(*at, &format!("limit {label:?}"), &self.y)?;
        }

        let mut canvas = Canvas::default();
        let mut top = canvas.header(&self.title, &self.note);
        let mut legend = Vec::new();
        if self.series.len() > 1 || self.series.iter().any(|(name, _)| !name.is_empty()) {
            let names = self
                .series
                .iter()
                .map(|(name, _)| name.as_str())
                .enumerate();
            legend.extend(names.map(|(i, name)| (Swatch::Marker(i), name, String::new())));
        }
        legend.extend(Canvas::limits(&self.y, &self.limits));
        top = canvas.legend(&legend, top);
        top = canvas.y_name(&self.y, top);
        let bottom = top + 260.0;
        let height = self.plot(&mut canvas, top, bottom);
        let text = self.text();
        canvas.finish(self.title, text, height)
    }

    fn plot(&self, canvas: &mut Canvas, top: f64, bottom: f64) -> f64 {
        let points = || self.series.iter().flat_map(|(_, points)| points);
        let ys = points().flat_map(|(_, v)| [v.low, v.high]);
        let y = self.y.scale(
            ys.chain(self.limits.iter().map(|(_, at)| *at)),
            bottom - 4.0,
            top + 6.0,
        );
        let (ticks, tick_width) = Canvas::y_ticks(&self.y, &y, bottom - top);
        let (left, right) = (PAD + tick_width + 10.0, WIDTH - PAD);
        let x = self
            .x
            .scale(points().map(|(x, _)| *x), left + 6.0, right - 6.0);
        let end = canvas.x_axis(&self.x, &x, top, bottom);
        canvas.y_axis(ticks, &y, left, right);
        canvas.line((left, bottom), (right, bottom), Ink::Muted, 1.0);
        for (_, at) in &self.limits {
            canvas.dashed((left, y.at(*at)), (right, y.at(*at)), Ink::Fg, 1.5);
        }
        let most = 1100 / self.series.len();
        let thinned: Vec<Vec<(f64, Interval)>> = self
            .series
            .iter()
            .map(|(_, points)| thin(points, most))
            .collect();
        for (i, points) in thinned.iter().enumerate() {
            if points.iter().any(|(_, value)| value.has_range()) {
                let high = points.iter().map(|(at, v)| (x.at(*at), y.at(v.high)));
                let low = points.iter().rev().map(|(at, v)| (x.at(*at), y.at(v.low)));
                canvas.polygon(high.chain(low).collect(), Ink::Series(i), 0.18);
            }
        }
        for (i, points) in thinned.iter().enumerate() {
            let line = points
                .iter()
                .map(|(at, v)| (x.at(*at), y.at(v.mid)))
                .collect();
            canvas.path(line, Ink::Series(i), 2.0, dash(i));
        }
        let marks = 160 / self.series.len();
        for (i, points) in thinned.iter().enumerate() {
            for (at, value) in points.iter().step_by(points.len().div_ceil(marks)) {
                canvas.marker((x.at(*at), y.at(value.mid)), i);
            }
        }
        end + PAD - 8.0
    }

    fn text(&self) -> String {
        let mut text = heading(&self.title, &self.note);
        for (name, points) in &self.series {
            // Writing to a String cannot fail.
            let _ = write!(text, "{name}: {} points;", points.len());
            let every = points.len().div_ceil(12);
            for (x, value) in points.iter().step_by(every) {
                let _ = write!(
                    text,
                    " {} at {},",
                    value.describe(&self.y),
                    self.x.format(*x)
                );
            }
            text.pop();
            text.push('\n');
        }
        for (label, at) in &self.limits {
            let _ = writeln!(text, "limit, {label}: {}", self.y.format(*at));
        }
        text
    }
}

/// At most about `most` of the points: of each stretch the one with the lowest and the one with the highest value.
fn thin(points: &[(f64, Interval)], most: usize) -> Vec<(f64, Interval)> {
    if points.len() <= most {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(most);
    for stretch in points.chunks(points.len().div_ceil((most / 2).max(1))) {
        let by = |pick: fn(std::cmp::Ordering) -> bool| {
            (0..stretch.len()).reduce(|best, i| {
                if pick(stretch[i].1.mid.total_cmp(&stretch[best].1.mid)) {
                    i
                } else {
                    best
                }
            })
        };
        let (low, high) = (by(std::cmp::Ordering::is_lt), by(std::cmp::Ordering::is_gt));
        let (low, high) = (low.min(high), low.max(high));
        kept.extend(low.map(|i| stretch[i]));
        kept.extend(high.filter(|_| high != low).map(|i| stretch[i]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_extremes() {
        let mut points: Vec<(f64, Interval)> =
            (0..5000).map(|i| (f64::from(i), 1.0.into())).collect();
        points[1234].1 = 9.0.into();
        points[4321].1 = (-9.0).into();
        let kept = thin(&points, 200);
        assert!(kept.len() <= 200);
        assert!(kept.iter().any(|(_, v)| v.mid == 9.0) && kept.iter().any(|(_, v)| v.mid == -9.0));
    }
}
