//! What comes of a contest between ours and its rivals: the lines of `ratios.jsonl`, which the benches write and `make bench` shows.

use crate::chart::Axis;
use crate::measure::Interval;
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Where the lines after it were measured.
    Setting {
        /// The machine, as name and value.
        machine: String,
        /// The interpreter of the peers, or why there is none.
        python: String,
    },
    /// What came of one contest.
    Contest(Contest),
}

/// One of ours, and what runs beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contest {
    /// The bench target.
    pub bench: String,
    /// What all of them do.
    pub name: String,
    /// What `ours` and `theirs` are in.
    pub unit: Unit,
    /// What of ours does it.
    pub subject: String,
    /// Median and quartiles of all rounds.
    pub ours: Interval,
    /// The others.
    pub rivals: Vec<Rival>,
    /// Who was left out, and why.
    pub left_out: Vec<String>,
}

/// What runs beside ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rival {
    /// What it is.
    pub name: String,
    /// Why it is here.
    pub kind: Kind,
    /// Median and quartiles of its rounds.
    pub theirs: Interval,
    /// How many times as fast ours is, over pairs of one round: median and quartiles.
    pub ratio: Interval,
    /// The least ratio that will do, if one was set.
    pub bar: Option<f64>,
}

impl Rival {
    /// Whether the ratio reaches the bar; nothing if there is none.
    pub fn holds(&self) -> Option<bool> {
        self.bar.map(|bar| self.ratio.mid >= bar)
    }
}

/// Why a rival is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What ours is made of, or what could do it at the least cost.
    Floor,
    /// What people use today.
    Peer,
    /// No rival: the time that ours may take.
    Bound,
}

/// What is measured; whatever it is, a greater ratio is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds for one: lower is better.
    Seconds,
    /// How many in a second: higher is better.
    PerSecond,
    /// Bytes in a second, of messages of that size: higher is better.
    BytesPerSecond(u32),
}

impl Unit {
    /// What one that takes so many seconds is in this unit.
    pub fn of(self, seconds: f64) -> f64 {
        match self {
            Self::Seconds => seconds,
            Self::PerSecond => 1.0 / seconds,
            Self::BytesPerSecond(size) => f64::from(size) / seconds,
        }
    }

    /// The value with its unit.
    pub fn format(self, value: f64) -> String {
        match self {
            Self::Seconds => Axis::time("").format(value),
            Self::PerSecond => Axis::rate("").format(value),
            Self::BytesPerSecond(_) => format!("{}/s", Axis::bytes("").format(value)),
        }
    }
}

/// A ratio, to about three digits.
pub fn times(ratio: f64) -> String {
    match ratio {
        ..0.1 => format!("{ratio:.4}"),
        ..10.0 => format!("{ratio:.2}"),
        ..100.0 => format!("{ratio:.1}"),
        _ => format!("{ratio:.0}"),
    }
}
