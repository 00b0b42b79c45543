//! A run as an HTML page that needs no other file.

use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, context};
use support::chart::{Axis, Bars, Chart, DARK, Error};

use super::{Kind, Run, head, row, times};

/// By the name's ending, what is put into it is escaped.
const NAME: &str = "report.html";
const TEMPLATE: &str = include_str!("report.html");

pub(super) fn page(run: &Run) -> Result<String, String> {
    let mut charts = Vec::new();
    for kind in [Kind::Peer, Kind::Floor] {
        let chart = chart(run, kind).map_err(|e| format!("cannot draw the ratios: {e}"))?;
        // The picture is markup of our own.
        charts.extend(chart.map(|chart| {
            let alternative = Value::from(chart.text());
            (alternative, Value::from_safe_string(chart.svg().to_owned()))
        }));
    }
    let rows: Vec<_> = (run.pairs())
        .map(|(contest, rival)| {
            let cells = head(contest).into_iter().chain(row(contest, rival));
            (rival.holds() == Some(false), cells.collect::<Vec<_>>())
        })
        .collect();
    let left_out: Vec<_> = (run.contests.iter())
        .flat_map(|contest| {
            let name = &contest.name;
            contest
                .left_out
                .iter()
                .map(move |who| (name.clone(), who.clone()))
        })
        .collect();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let filled = context! {
        machine => &run.machine,
        python => &run.python,
        dark => DARK.to_vec(),
        charts,
        rows,
        left_out,
    };
    let page = environment.render_named_str(NAME, TEMPLATE, filled);
    page.map_err(|e| format!("cannot write the page of the ratios: {e}"))
}

/// The ratios against rivals of one kind, or nothing if there are none.
fn chart(run: &Run, kind: Kind) -> Result<Option<Chart>, Error> {
    let mut ratios: Vec<_> = (run.pairs())
        .filter(|(_, rival)| rival.kind == kind)
        .collect();
    ratios.sort_by(|(_, a), (_, b)| b.ratio.mid.total_cmp(&a.ratio.mid));
    let (Some((_, most)), Some((_, least))) = (ratios.first(), ratios.last()) else {
        return Ok(None);
    };
    let (who, one) = match kind {
        Kind::Peer => ("what people use today", "as fast as the peer"),
        Kind::Floor => ("the floors", "as fast as the floor"),
        Kind::Bound => ("its bounds", "as long as it may take"),
    };
    let title = format!(
        "Beside {who}, ours is {} to {} times as fast",
        times(least.ratio.mid),
        times(most.ratio.mid)
    );
    let bars = Bars::new(title)
        .note("medians, whiskers: quartiles of the rounds")
        .axis(Axis::new("times as fast", "×").log())
        .horizontal()
        .limit(one, 1.0);
    let bars = ratios.into_iter().fold(bars, |bars, (contest, rival)| {
        let name = format!("{} / {}", contest.subject, rival.name);
        bars.group(name, [(contest.bench.clone(), rival.ratio)])
    });
    bars.draw().map(Some)
}
