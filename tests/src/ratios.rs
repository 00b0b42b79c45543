//! What `make bench` says: the ratios of a run as a table and as a page, and what fell since the run that is committed.

mod page;

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use unicode_width::UnicodeWidthStr as _;

pub use support::contest::{Contest, Kind, Line, Rival, Unit, times};

/// The least share of a committed ratio that is no regression.
pub const KEPT: f64 = 0.75;

/// A run of the benches.
#[derive(Debug, Default)]
pub struct Run {
    /// The machine, as lines of name and value; empty if the run does not say.
    pub machine: String,
    /// The interpreter of the peers.
    pub python: String,
    /// What was measured, in the order of the run; of a contest that ran twice, the last.
    pub contests: Vec<Contest>,
}

impl Run {
    /// Reads the lines that the benches wrote.
    ///
    /// # Errors
    /// A sentence with the path, when the file cannot be read or a line is none of ours.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| {
            let cure = match e.kind() {
                io::ErrorKind::NotFound => ": `make bench` writes it",
                _ => "",
            };
            format!("cannot read {}: {e}{cure}", path.display())
        })?;
        Self::parse(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// Reads such lines.
    ///
    /// # Errors
    /// A sentence with the number of the line that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut run = Self::default();
        for (number, text) in (1..).zip(text.lines()) {
            match serde_json::from_str(text).map_err(|e| format!("line {number}: {e}"))? {
                Line::Setting { machine, python } => (run.machine, run.python) = (machine, python),
                Line::Contest(contest) => {
                    let same = |old: &&mut Contest| {
                        (&old.bench, &old.name) == (&contest.bench, &contest.name)
                    };
                    match run.contests.iter_mut().find(same) {
                        Some(old) => *old = contest,
                        None => run.contests.push(contest),
                    }
                }
            }
        }
        Ok(run)
    }

    /// Every pair of ours and a rival.
    pub fn pairs(&self) -> impl Iterator<Item = (&Contest, &Rival)> {
        (self.contests.iter())
            .flat_map(|contest| contest.rivals.iter().map(move |rival| (contest, rival)))
    }

    /// One table of all ratios: a line for each of ours, and under it one for each rival.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for contest in &self.contests {
            let [what, subject, ours] = head(contest);
            // Writing to a String cannot fail.
            let _ = writeln!(table, "{what}: {subject}, {ours}");
            for rival in &contest.rivals {
                let [name, theirs, ratio, bar] = row(contest, rival);
                let name = padded(&name, 38);
                let line = format!("    {name} {theirs:>10}   {ratio:<24} {bar}");
                table = table + line.trim_end() + "\n";
            }
            for who in &contest.left_out {
                let _ = writeln!(table, "    left out: {who}");
            }
        }
        table
    }

    /// The same as a page of its own, with charts.
    ///
    /// # Errors
    /// A sentence, when a chart cannot be drawn or the page cannot be filled in.
    pub fn page(&self) -> Result<String, String> {
        page::page(self)
    }

    /// What has become slower since `committed`.
    pub fn since(&self, committed: &Self) -> Change {
        let mut change = Change::default();
        for (contest, then) in committed.pairs() {
            let here = self.pairs().find(|(other, rival)| {
                (&other.bench, &other.name, &rival.name)
                    == (&contest.bench, &contest.name, &then.name)
            });
            let what = format!(
                "{}, {} against {}",
                contest.name, contest.subject, then.name
            );
            match here {
                None => change.missing.push(what),
                Some((_, now)) if now.ratio.mid < KEPT * then.ratio.mid => {
                    change.fell.push(format!(
                        "{what}: {} ×, was {} ×",
                        times(now.ratio.mid),
                        times(then.ratio.mid)
                    ));
                }
                Some(_) => {}
            }
        }
        change
    }
}

/// How a run differs from the one before.
#[derive(Debug, Default, PartialEq)]
pub struct Change {
    /// Ratios below [`KEPT`] of what they were.
    pub fell: Vec<String>,
    /// Ratios that this run does not have: a contest was not run, or a rival was left out.
    pub missing: Vec<String>,
}

/// The text with spaces up to so many columns: `{text:<38}` counts signs, and a Chinese one takes two columns.
fn padded(text: &str, columns: usize) -> String {
    let spaces = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(spaces))
}

/// What all do, what of ours does it, and how fast.
fn head(contest: &Contest) -> [String; 3] {
    [
        contest.name.clone(),
        contest.subject.clone(),
        contest.unit.format(contest.ours.mid),
    ]
}

/// Who else, how fast, how many times as fast ours is, and what it should be.
fn row(contest: &Contest, rival: &Rival) -> [String; 4] {
    let [low, mid, high] = [rival.ratio.low, rival.ratio.mid, rival.ratio.high].map(times);
    [
        rival.name.clone(),
        contest.unit.format(rival.theirs.mid),
        format!("{mid} × ({low} to {high})"),
        bar(rival),
    ]
}

/// The bar, and whether it is reached.
fn bar(rival: &Rival) -> String {
    match (rival.bar, rival.holds()) {
        (Some(bar), Some(true)) => format!("{} ×: holds", times(bar)),
        (Some(bar), _) => format!("{} ×: MISSED", times(bar)),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests;
