//! States: names in their boxes, arrows from box to box.

use super::ends;
use crate::chart::States;
use crate::chart::tests::drawing::{Drawing, Text, near};

pub(super) fn judge(count: usize, start: usize, arrows: &[(usize, usize)]) {
    let mut chart = States::new("t").start(format!("state {start}"));
    for i in 0..count {
        chart = chart.state(format!("state {i}"));
    }
    for (i, (from, to)) in arrows.iter().enumerate() {
        chart = chart.arrow(
            format!("state {from}"),
            format!("state {to}"),
            format!("a{i}"),
        );
    }
    let drawing = Drawing::of(&chart.draw().unwrap());
    let boxes = drawing.boxes();
    assert_eq!(boxes.len(), count);
    for (i, state) in boxes.iter().enumerate() {
        let name = drawing.text(&format!("state {i}"));
        assert!(near(name.at.0, (state.left + state.right) / 2.0));
        assert!((state.top..state.bottom).contains(&name.at.1));
    }
    // On the border of a box: in it when it is made larger, not when it is made smaller.
    let on = |(x, y): (f64, f64), state: usize| {
        let b = &boxes[state];
        let within = |by: f64| {
            (b.left - by..=b.right + by).contains(&x) && (b.top - by..=b.bottom + by).contains(&y)
        };
        within(0.2) && !within(-0.2)
    };
    let lines = drawing.wide(1.5);
    assert_eq!(lines.len(), arrows.len() + 1);
    for (i, (line, (from, to))) in lines.iter().zip(arrows).enumerate() {
        let (first, last) = (line.points[0], line.points[line.points.len() - 1]);
        assert!(
            on(first, *from) && on(last, *to),
            "arrow {i}: {first:?} to {last:?}"
        );
        assert_eq!(
            drawing.fills[i].points[0], last,
            "the head of arrow {} is at its end",
            i
        );
        // What finds no room at its arrow stands below, after the states.
        let (here, below) = (format!("a{i}"), format!(": a{i}"));
        let said = |text: &Text| text.text == here || text.text.ends_with(&below);
        assert!(drawing.texts.iter().any(said), "arrow {i} has no name");
    }
    let [tail, tip] = ends(lines[arrows.len()]);
    assert!(
        on(tip, start) && tail.0 < tip.0,
        "the start leads to {tip:?}"
    );
}
