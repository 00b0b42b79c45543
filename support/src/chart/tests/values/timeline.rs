//! Timelines, Gantt charts among them: spans, marks, the order of the lanes.

use super::{axis, ends};
use crate::chart::Timeline;
use crate::chart::tests::drawing::{Drawing, Line, near};

/// A lane's spans are each as long as its second number, after a gap of the first, and of a kind; marks have a lane and a time.
pub(super) fn judge(lanes: &[Vec<(u32, u32, usize)>], marks: &[(usize, u32)]) {
    let mut chart = Timeline::new("t").axis(axis(false));
    let mut data: Vec<Vec<(f64, f64, usize)>> = Vec::new();
    // Kinds have their colours by their first use.
    let mut kinds: Vec<usize> = Vec::new();
    for (lane, spans) in lanes.iter().enumerate() {
        let (mut at, mut row) = (0.0, Vec::new());
        for &(gap, length, kind) in spans {
            let start = at + f64::from(gap);
            at = start + f64::from(length);
            row.push((start, at, kind));
            chart = chart.span(format!("lane {lane}"), start, at, format!("kind {kind}"));
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        data.push(row);
    }
    for (lane, at) in marks {
        chart = chart.mark(format!("lane {lane}"), f64::from(*at), "");
    }
    let drawing = Drawing::of(&chart.draw().unwrap());
    let rule = drawing.x_rule(false);
    assert!(rule.is_even());
    let mut last = 0.0;
    for (lane, row) in data.iter().enumerate() {
        let middle = drawing.text(&format!("lane {lane}")).at.1 - 4.0;
        assert!(middle > last, "lane {lane}");
        last = middle;
        let mut drawn = drawing.wide(18.0);
        drawn.retain(|line| near(line.points[0].1, middle));
        drawn.sort_by(|a, b| a.points[0].0.total_cmp(&b.points[0].0));
        assert_eq!(drawn.len(), row.len());
        for (line, (start, end, kind)) in drawn.iter().zip(row) {
            let ink = kinds.iter().position(|k| k == kind).unwrap() + 1;
            assert_eq!(&line.ink, &ink.to_string());
            let [from, to] = ends(line);
            assert!(
                near(from.0, rule.at(*start)) && near(to.0, rule.at(*end)),
                "{start} to {end}"
            );
        }
        for (_, at) in marks.iter().filter(|(of, _)| *of == lane) {
            // Marks within a pixel of each other are one.
            let is_it = |line: &Line| {
                let [top, bottom] = ends(line);
                (top.0 - rule.at(f64::from(*at))).abs() < 1.5
                    && near((top.1 + bottom.1) / 2.0, middle)
            };
            let found = drawing.wide(1.6).into_iter().any(is_it);
            assert!(found, "mark at {at} of lane {lane}");
        }
    }
}
