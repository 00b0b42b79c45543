//! Shares: each part as wide as its value, in their order, without a hole.

use super::{axis, ends};
use crate::chart::Shares;
use crate::chart::tests::drawing::{Drawing, Line, near};

pub(super) fn judge(rows: &[Vec<u32>], stacked: bool) {
    let mut chart = Shares::new("t");
    if stacked {
        chart = chart.axis(axis(false));
    }
    for (i, parts) in rows.iter().enumerate() {
        let parts = parts
            .iter()
            .enumerate()
            .map(|(part, value)| (format!("p{part}"), f64::from(*value)));
        chart = chart.row(format!("r{i}"), parts);
    }
    let drawing = Drawing::of(&chart.draw().unwrap());
    let rule = drawing.x_rule(false);
    assert!(rule.is_even());
    for (i, parts) in rows.iter().enumerate() {
        let whole = if stacked {
            1.0
        } else {
            parts.iter().sum::<u32>().max(1).into()
        };
        let middle = drawing.text(&format!("r{i}")).at.1 - 4.0;
        let mut drawn: Vec<&Line> = drawing.wide(24.0);
        drawn.retain(|line| near(line.points[0].1, middle));
        drawn.sort_by(|a, b| a.points[0].0.total_cmp(&b.points[0].0));
        let seen: Vec<(usize, u32)> = parts
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, value)| *value > 0)
            .collect();
        assert_eq!(drawn.len(), seen.len());
        let mut before = 0.0;
        for (line, (part, value)) in drawn.iter().zip(seen) {
            assert_eq!(&line.ink, &(part + 1).to_string());
            let [from, to] = ends(line);
            assert!(
                near(from.0, rule.at(before)),
                "part {part} of row {i} begins at {}",
                from.0
            );
            before += f64::from(value) / whole;
            let end = rule.at(before);
            // Between parts wider than four pixels there is one of ground.
            let wide = end - from.0;
            let ends_well = wide > 3.5 && near(to.0 + 1.0, end) || wide < 4.5 && near(to.0, end);
            assert!(
                ends_well,
                "part {part} of row {i} ends at {}, not {end}",
                to.0
            );
        }
    }
}
