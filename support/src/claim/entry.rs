//! One entry of the ledger.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::need::Need;
use crate::data;

/// One statement of the notes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its name, unique in the ledger.
    pub id: String,
    /// The notebook that judges it, such as `01-theory`.
    pub notebook: String,
    /// The heading of the notes under which it stands, in Chinese.
    pub section: String,
    /// What the notes say, in English.
    pub en: String,
    /// What the notes say, in Chinese.
    pub zh: String,
    /// What kind of evidence decides it.
    pub kind: Kind,
    /// The verdict that we expect.
    pub expect: Expect,
    /// The correction, where we expect the notes to be refuted or dated.
    #[serde(default)]
    pub why: Option<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub why_zh: Option<String>,
    /// For a timing claim, what is measured and what the notes need.
    #[serde(default)]
    pub bounds: Vec<Bound>,
    /// What is done otherwise so that it comes out the other way: where the claim holds, the control must not keep its bounds; where it
    /// is wrong, the control must.
    #[serde(default)]
    pub control: Option<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub control_zh: Option<String>,
    /// Why nothing can be done otherwise.
    #[serde(default)]
    pub uncontrolled: Option<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub uncontrolled_zh: Option<String>,
    /// Without what it is not applicable.
    #[serde(default)]
    pub needs: Vec<Need>,
}

/// What kind of evidence decides a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An order, a count, a value: the same on every machine.
    Exact,
    /// A ratio or a bound, with a margin: a machine may be too noisy to tell.
    Timing,
}

/// The verdict that we expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// The notes are right.
    Holds,
    /// The notes are wrong.
    Refuted,
    /// The notes were right once.
    Dated,
    /// The notes are right under one condition and wrong under another.
    Depends,
}

/// A number that a timing claim needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawBound", into = "RawBound")]
pub struct Bound {
    /// The name of the ratio: what is divided by what.
    pub what: String,
    /// What it has to be.
    pub limit: Limit,
    /// The fraction of the limit's value within which `about` is satisfied, or a one-sided limit is left open.
    pub margin: f64,
}

/// What a ratio has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// This, give or take the margin.
    About(f64),
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Limit {
    /// The number in it.
    #[must_use]
    pub fn value(self) -> f64 {
        let (Self::About(v) | Self::AtLeast(v) | Self::AtMost(v)) = self;
        v
    }
}

/// A bound as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawBound {
    what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_least: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
    margin: f64,
}

impl TryFrom<RawBound> for Bound {
    type Error = String;

    fn try_from(
        RawBound {
            what,
            about,
            at_least,
            at_most,
            margin,
        }: RawBound,
    ) -> Result<Self, String> {
        let limit = match (about, at_least, at_most) {
            (Some(v), None, None) => Limit::About(v),
            (None, Some(v), None) => Limit::AtLeast(v),
            (None, None, Some(v)) => Limit::AtMost(v),
            _ => {
                return Err(format!(
                    "bound `{what}` needs exactly one of `about`, `at-least`, `at-most`"
                ));
            }
        };
        if !(limit.value().is_finite() && limit.value() > 0.0) {
            return Err(format!(
                "bound `{what}`: {} is no ratio; write a number above 0",
                limit.value()
            ));
        }
        if !(0.0..1.0).contains(&margin) || (margin == 0.0 && matches!(limit, Limit::About(_))) {
            return Err(format!(
                "bound `{what}`: margin {margin} is no fraction; write 0.15 for 15% (below 1; above 0 for `about`)"
            ));
        }
        Ok(Self {
            what,
            limit,
            margin,
        })
    }
}

impl From<Bound> for RawBound {
    fn from(
        Bound {
            what,
            limit,
            margin,
        }: Bound,
    ) -> Self {
        let mut raw = Self {
            what,
            about: None,
            at_least: None,
            at_most: None,
            margin,
        };
        match limit {
            Limit::About(v) => raw.about = Some(v),
            Limit::AtLeast(v) => raw.at_least = Some(v),
            Limit::AtMost(v) => raw.at_most = Some(v),
        }
        raw
    }
}

impl Claim {
    /// Whether the entry makes sense; the error says what to write instead.
    pub(super) fn check(&self) -> Result<(), String> {
        data::filled(&[
            ("id", &self.id),
            ("notebook", &self.notebook),
            ("section", &self.section),
            ("en", &self.en),
            ("zh", &self.zh),
        ])?;
        data::plain(&self.id, &self.notebook)?;
        match self.kind {
            Kind::Timing if self.bounds.is_empty() => {
                return Err(
                    "a timing claim needs `bounds`: what is measured, and what the notes need"
                        .into(),
                );
            }
            Kind::Exact if !self.bounds.is_empty() => {
                return Err("an exact claim has no `bounds`; is its kind \"timing\"?".into());
            }
            _ => {}
        }
        for (name, text, text_zh) in [
            ("control", &self.control, &self.control_zh),
            ("uncontrolled", &self.uncontrolled, &self.uncontrolled_zh),
        ] {
            if text.is_some() != text_zh.is_some() {
                return Err(format!("`{name}` and `{name}_zh` come together"));
            }
        }
        if self.control.is_some() && self.uncontrolled.is_some() {
            return Err("has a `control` and says that it has none".into());
        }
        if self.expect == Expect::Depends && (self.control.is_some() || self.uncontrolled.is_some())
        {
            return Err("depends on a condition: the other condition is its control".into());
        }
        let mut names = HashSet::new();
        if let Some(twice) = self.bounds.iter().find(|bound| !names.insert(&bound.what)) {
            return Err(format!("two bounds are named `{}`", twice.what));
        }
        for (name, why) in [("why", &self.why), ("why_zh", &self.why_zh)] {
            match (self.expect, why.as_deref().map(str::trim)) {
                (Expect::Holds, Some(_)) => {
                    return Err(format!(
                        "`{name}` is a correction, and a claim that holds needs none"
                    ));
                }
                (Expect::Refuted | Expect::Dated | Expect::Depends, None | Some("")) => {
                    return Err(format!(
                        "not expected to hold: `{name}` has to say what is right, or on what it depends"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
