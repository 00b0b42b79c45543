//! What is drawn stands where its value stands on the axis beside it, as the labels of that axis say.

mod bars;
mod distribution;
mod lines;
mod shares;
mod states;
mod timeline;

use proptest::collection::vec;
use proptest::prelude::*;

use super::drawing::{Drawing, Line, Rule};
use crate::chart::{Axis, Bars};

/// Low, middle and high, some of them equal; for a logarithmic axis over some decades.
fn ranges(log: bool, count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<[f64; 3]>> {
    let number = move || {
        (-300i32..1000, prop::bool::weighted(0.2)).prop_map(move |(n, fine)| {
            let n = f64::from(n) + if fine { 0.375 } else { 0.0 };
            if log { 10f64.powf(n / 150.0) } else { n }
        })
    };
    let range = [number(), number(), number()].prop_map(|mut range| {
        range.sort_by(f64::total_cmp);
        range
    });
    vec(range, count)
}

/// Ranges of one axis, and whether it is logarithmic.
fn on_an_axis(count: std::ops::Range<usize>) -> impl Strategy<Value = (bool, Vec<[f64; 3]>)> {
    any::<bool>().prop_flat_map(move |log| (Just(log), ranges(log, count.clone())))
}

/// Two labels at least are needed to read an axis that starts at zero or is logarithmic.
fn spread<'a>(log: bool, values: impl Iterator<Item = &'a f64> + Clone) -> bool {
    let low = values.clone().copied().fold(f64::INFINITY, f64::min);
    let high = values.copied().fold(0.0, f64::max);
    if log {
        high / low > 100.0
    } else {
        high - low.min(0.0) > 1.0
    }
}

fn axis(log: bool) -> Axis {
    let axis = Axis::new("", "");
    if log { axis.log() } else { axis }
}

/// The ends of a line that runs straight along or across.
fn ends(line: &Line) -> [(f64, f64); 2] {
    assert_eq!(line.points.len(), 2);
    [line.points[0], line.points[1]]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bars_reach_from_zero_to_their_values(
        (log, values) in on_an_axis(2..7), lying: bool, in_a_group in 1..4usize,
    ) {
        prop_assume!(spread(log, values.iter().flatten()));
        bars::judge(log, &values, lying, in_a_group);
    }

    #[test]
    fn points_stand_at_both_their_values(
        (log_x, xs) in on_an_axis(2..30), (log_y, ys) in on_an_axis(2..30), series in 1..5usize, limit in 0..30usize,
    ) {
        let points: Vec<_> = xs.iter().map(|x| x[1]).zip(ys).collect();
        let each = points.len() / series;
        prop_assume!(each > 0);
        let mut data: Vec<lines::Series> = points.chunks_exact(each).take(series).map(<[_]>::to_vec).collect();
        data.iter_mut().for_each(|points| points.sort_by(|a, b| a.0.total_cmp(&b.0)));
        data.iter_mut().for_each(|points| points.dedup_by(|a, b| a.0 == b.0));
        let drawn = || data.iter().flatten();
        prop_assume!(spread(log_x, drawn().map(|p| &p.0)) && spread(log_y, drawn().flat_map(|p| &p.1)));
        lines::judge([log_x, log_y], &data, data[0][limit % data[0].len()].1[1]);
    }

    #[test]
    fn a_distribution_counts_every_sample_where_it_is((log, values) in on_an_axis(4..40), series in 1..4usize) {
        let samples: Vec<f64> = values.iter().map(|v| v[1]).collect();
        let each = samples.len() / series;
        let mut data: Vec<_> = samples.chunks_exact(each).take(series).map(<[_]>::to_vec).collect();
        data.iter_mut().for_each(|samples| samples.sort_by(f64::total_cmp));
        prop_assume!(spread(log, data.iter().flatten()));
        distribution::judge(log, &data);
    }

    #[test]
    fn shares_fill_their_row_in_order(rows in vec(vec(0..1000u32, 1..6), 1..6), stacked: bool) {
        prop_assume!(rows.iter().flatten().any(|part| *part > 0));
        shares::judge(&rows, stacked);
    }

    #[test]
    fn spans_begin_and_end_at_their_times(
        lanes in vec(vec((5..60u32, 5..60u32, 0..3usize), 1..8), 1..6), marks in vec((0..6usize, 0..400u32), 0..6),
    ) {
        let marks: Vec<_> = marks.into_iter().map(|(lane, at)| (lane % lanes.len(), at)).collect();
        timeline::judge(&lanes, &marks);
    }

    #[test]
    fn arrows_lead_from_state_to_state(
        count in 2..8usize, arrows in vec((0..8usize, 0..8usize), 1..12), start in 0..8usize,
    ) {
        let arrows: Vec<_> = arrows.into_iter().map(|(from, to)| (from % count, to % count)).collect();
        states::judge(count, start % count, &arrows);
    }
}

/// A rule that does not see a wrong axis proves nothing.
#[test]
fn a_crooked_axis_is_seen() {
    let chart = Bars::new("t")
        .axis(Axis::new("", ""))
        .bar("a", 10.0)
        .draw()
        .unwrap();
    let rule: fn(&str) -> Rule = |svg| {
        let document = roxmltree::Document::parse(svg).unwrap();
        assert!(document.root_element().has_children());
        let mut chart = Bars::new("t").bar("a", 10.0).draw().unwrap();
        chart.svg = svg.to_owned();
        Drawing::of(&chart).y_rules(false).remove(0)
    };
    assert!(rule(chart.svg()).is_even());
    assert!(!rule(&chart.svg().replace(">4<", ">5<")).is_even());
}
