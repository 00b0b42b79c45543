//! A run as an HTML page that needs no other file.

use std::fmt::Write as _;

use support::chart::{Axis, Bars, Chart, DARK, Error};

use super::{Kind, Run, head, row, times};

const HEAD: [&str; 7] = ["what", "ours", "", "rival", "", "ratio", "bar"];

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  background: var(--chart-bg, #fff); color: var(--chart-fg, #1f2328); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--chart-grid, #e3e6ea); }
.missed { font-weight: 700; color: var(--chart-5, #b34700); }
pre, footer { color: var(--chart-muted, #59636e); }
svg { max-width: 100%; height: auto; }
";

pub(super) fn page(run: &Run) -> Result<String, Error> {
    // Writing to a String cannot fail.
    let mut html = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Ours beside its rivals</title><style>",
    );
    html += STYLE;
    html += "@media (prefers-color-scheme: dark) { :root { color-scheme: dark;";
    for (variable, colour) in DARK {
        let _ = write!(html, " {variable}: {colour};");
    }
    html += " } }</style></head><body>\n<h1>Ours beside its rivals</h1>\n";
    let _ = writeln!(
        html,
        "<pre>{}\npython: {}</pre>",
        escape(&run.machine),
        escape(&run.python)
    );
    html += "<p>How many times as fast ours is: the median over pairs of one round, with quartiles. \
             Floors are what ours is made of, or could cost at the least; peers are what people use today.</p>\n";
    for kind in [Kind::Peer, Kind::Floor] {
        if let Some(chart) = chart(run, kind)? {
            let alternative = escape(chart.text());
            let _ = writeln!(
                html,
                "<figure role=\"img\" aria-label=\"{alternative}\">{}</figure>",
                chart.svg()
            );
        }
    }
    table(&mut html, run);
    for contest in &run.contests {
        for who in &contest.left_out {
            let _ = writeln!(
                html,
                "<p>Left out of “{}”: {}</p>",
                escape(&contest.name),
                escape(who)
            );
        }
    }
    html += "<footer>Written by <code>make bench</code>.</footer></body></html>\n";
    Ok(html)
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

fn table(html: &mut String, run: &Run) {
    *html += "<div class=\"wide\"><table><thead><tr>";
    for cell in HEAD {
        let _ = write!(html, "<th scope=\"col\">{cell}</th>");
    }
    *html += "</tr></thead><tbody>\n";
    for (contest, rival) in run.pairs() {
        let class = match rival.holds() {
            Some(false) => " class=\"missed\"",
            _ => "",
        };
        let _ = write!(html, "<tr{class}>");
        for cell in head(contest).into_iter().chain(row(contest, rival)) {
            let _ = write!(html, "<td>{}</td>", escape(&cell));
        }
        *html += "</tr>\n";
    }
    *html += "</tbody></table></div>\n";
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
