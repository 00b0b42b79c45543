//! Lines: their points, bands, markers, limits, the order of their names.

use super::{axis, ends};
use crate::chart::Lines;
use crate::chart::tests::drawing::{Drawing, near};

/// A series: x, and low, middle and high of y.
pub(super) type Series = Vec<(f64, [f64; 3])>;

pub(super) fn judge(log: [bool; 2], data: &[Series], limit: f64) {
    let [log_x, log_y] = log;
    let mut chart = Lines::new("t")
        .x(axis(log_x).from_zero())
        .y(axis(log_y).from_zero());
    for (s, points) in data.iter().enumerate() {
        let points = points
            .iter()
            .map(|(x, [low, mid, high])| (*x, (*low, *mid, *high)));
        // Their order says nothing.
        chart = chart.series(format!("s{s}"), points.rev());
    }
    let drawing = Drawing::of(&chart.limit("limit", limit).draw().unwrap());
    let (x, y) = (drawing.x_rule(log_x), drawing.y_rules(log_y).remove(0));
    assert!(x.is_even() && y.is_even());
    let lines = drawing.wide(2.0);
    let lines = &lines[lines.len() - data.len()..];
    let has_band = |points: &Series| points.iter().any(|(_, v)| v[0] < v[2]);
    let mut bands = drawing.fills.iter().filter(|fill| fill.opacity < 1.0);
    for (s, (line, points)) in lines.iter().zip(data).enumerate() {
        assert_eq!(&line.ink, &(s + 1).to_string());
        assert_eq!(line.points.len(), points.len());
        let stand =
            |at: &(f64, f64), of: (f64, f64)| near(at.0, x.at(of.0)) && near(at.1, y.at(of.1));
        for (drawn, (at, [_, mid, _])) in line.points.iter().zip(points) {
            assert!(
                stand(drawn, (*at, *mid)),
                "{drawn:?} of series {s} for {at}, {mid}"
            );
            if s == 0 {
                assert!(
                    drawing
                        .circles
                        .iter()
                        .any(|centre| stand(centre, (*at, *mid))),
                    "no marker"
                );
            }
        }
        if has_band(points) {
            let band = bands.next().unwrap();
            assert_eq!(&band.ink, &(s + 1).to_string());
            let high = points.iter().map(|(at, v)| (*at, v[2]));
            let low = points.iter().rev().map(|(at, v)| (*at, v[0]));
            assert!(
                band.points
                    .iter()
                    .zip(high.chain(low))
                    .all(|(at, of)| stand(at, of)),
                "band {s}"
            );
        }
    }
    let dashed = drawing
        .wide(1.5)
        .into_iter()
        .rfind(|line| line.dashed && line.ink == "fg")
        .unwrap();
    assert!(ends(dashed).iter().all(|end| near(end.1, y.at(limit))));
    let names: Vec<&str> = drawing
        .texts
        .iter()
        .map(|t| t.text.as_str())
        .filter(|t| t.starts_with('s'))
        .collect();
    assert_eq!(names, ["s0", "s1", "s2", "s3"][..data.len()].to_vec());
}
