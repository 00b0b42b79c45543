//! Bars: where they begin and end, their whiskers, their names.

use super::{axis, ends};
use crate::chart::Bars;
use crate::chart::tests::drawing::{Drawing, near};

pub(super) fn judge(log: bool, values: &[[f64; 3]], lying: bool, in_a_group: usize) {
    let mut chart = Bars::new("t").axis(axis(log));
    for (i, group) in values.chunks(in_a_group).enumerate() {
        let bars = group.iter().enumerate();
        let bars = bars.map(|(s, [low, mid, high])| (format!("s{s}"), (*low, *mid, *high)));
        chart = chart.group(format!("g{i}"), bars);
    }
    if lying {
        chart = chart.horizontal();
    }
    let drawing = Drawing::of(&chart.draw().unwrap());
    let rule = if lying {
        drawing.x_rule(log)
    } else {
        drawing.y_rules(log).remove(0)
    };
    assert!(rule.is_even());
    // Along the bars, then across.
    let turn = |(x, y): (f64, f64)| if lying { (x, y) } else { (y, x) };
    let ground = drawing
        .wide(1.0)
        .into_iter()
        .find(|line| line.ink == "muted")
        .unwrap();
    let ground = turn(ground.points[0]).0;
    if !log {
        assert!(near(ground, rule.at(0.0)));
    }
    let bars = &drawing.boxes()[drawing.boxes().len() - values.len()..];
    let whiskers: Vec<_> = drawing
        .wide(1.4)
        .into_iter()
        .filter(|l| l.ink == "fg")
        .collect();
    let mut whiskers = whiskers.chunks(3);
    let mut last = 0.0;
    for (i, (bar, [low, mid, high])) in bars.iter().zip(values).enumerate() {
        assert_eq!(&bar.ink, &(i % in_a_group + 1).to_string());
        let (start, end) = (turn((bar.left, bar.top)), turn((bar.right, bar.bottom)));
        let (from, to) = (ground.min(rule.at(*mid)), ground.max(rule.at(*mid)));
        assert!(
            near(start.0, from),
            "bar {i} begins at {}, not {from}",
            start.0
        );
        // A bar of nothing is a pixel high.
        assert!(
            near(end.0, to.max(from + 1.0)),
            "bar {i} ends at {}, not {to}",
            end.0
        );
        let middle = (start.1 + end.1) / 2.0;
        assert!(middle > last, "bar {i} comes before the one before it");
        last = middle;
        if low < high {
            let [low_end, high_end, stem] = whiskers.next().unwrap() else {
                panic!("half a whisker")
            };
            let [from, to] = ends(stem).map(turn);
            assert!(
                near(from.0, rule.at(*low)) && near(to.0, rule.at(*high)),
                "whisker {i}"
            );
            assert!(near(from.1, middle) && near(to.1, middle), "whisker {i}");
            for (line, at) in [(low_end, *low), (high_end, *high)] {
                assert!(
                    ends(line).map(turn).iter().all(|p| near(p.0, rule.at(at))),
                    "end of whisker {i}"
                );
            }
        }
        let name = axis(log).format(*mid);
        let mut labels = drawing
            .texts
            .iter()
            .filter(|t| t.text == name && t.ink == "fg");
        let across = |at| turn(at).1 - if lying { 4.0 } else { 0.0 };
        assert!(
            labels.any(|t| near(across(t.at), middle)),
            "no {name} at bar {i}"
        );
    }
    assert!(whiskers.next().is_none());
}
