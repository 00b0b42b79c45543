//! Distributions: every sample counted in its bin and in the curve, and the median.

use super::{axis, ends};
use crate::chart::Distribution;
use crate::chart::tests::drawing::{Drawing, Line, near};

/// The samples of each series are sorted.
pub(super) fn judge(log: bool, data: &[Vec<f64>]) {
    let mut chart = Distribution::new("t").axis(axis(log).from_zero());
    for (s, samples) in data.iter().enumerate() {
        // Their order says nothing.
        chart = chart.samples(format!("s{s}"), samples.iter().rev().copied());
    }
    let drawing = Drawing::of(&chart.draw().unwrap());
    let (x, y) = (drawing.x_rule(log), drawing.y_rules(false));
    let [upper, lower] = y.as_slice() else {
        panic!("{} vertical axes", y.len())
    };
    assert!(x.is_even() && upper.is_even() && lower.is_even());
    let mut grid = drawing.grid(|from, to| from.0 == to.0);
    grid.sort_by(f64::total_cmp);
    let in_both = |pair: &[f64]| pair.len() == 2 && pair[0] == pair[1];
    assert!(
        grid.chunks(2).all(in_both),
        "the plots have grids of their own"
    );
    let (outlines, curves) = (drawing.wide(1.5), drawing.wide(2.0));
    let (outlines, medians): (Vec<&Line>, Vec<&Line>) =
        outlines.into_iter().partition(|l| l.points.len() > 2);
    let curves = &curves[curves.len() - data.len()..];
    for (s, samples) in data.iter().enumerate() {
        let n = samples.len() as f64;
        for line in [outlines[s], curves[s], medians[s]] {
            assert_eq!(&line.ink, &(s + 1).to_string());
        }
        let middle = (samples[(samples.len() - 1) / 2] + samples[samples.len() / 2]) / 2.0;
        assert!(
            ends(medians[s]).iter().all(|end| near(end.0, x.at(middle))),
            "median of {s}"
        );
        if s == 0 {
            let at = (x.at(middle), lower.at(0.5));
            assert!(
                drawing
                    .circles
                    .iter()
                    .any(|c| near(c.0, at.0) && near(c.1, at.1)),
                "marker"
            );
        }
        let steps = curves[s].points[1..].chunks(2);
        assert_eq!(steps.len(), samples.len());
        for (i, (step, sample)) in steps.zip(samples).enumerate() {
            for (k, point) in step.iter().enumerate() {
                let of = (x.at(*sample), lower.at((i + k) as f64 / n));
                assert!(
                    near(point.0, of.0) && near(point.1, of.1),
                    "{point:?} is not {of:?}"
                );
            }
        }
        let mut counted = 0.0;
        let bins = outlines[s]
            .points
            .windows(2)
            .filter(|pair| pair[0].0 < pair[1].0);
        for bin in bins {
            let (left, right) = (bin[0], bin[1]);
            assert_eq!(left.1, right.1);
            counted += (upper.value(right.1) * n).round();
            let up_to = |x_end: f64| samples.iter().filter(|v| x.at(**v) < x_end).count() as f64;
            let bounds = up_to(right.0 - 1.0)..=up_to(right.0 + 1.0);
            assert!(
                bounds.contains(&counted),
                "{counted} up to {}, not {bounds:?}",
                right.0
            );
        }
        assert_eq!(counted, n);
    }
}
