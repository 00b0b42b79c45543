//! How a verdict looks, as text and as HTML.

use std::fmt::{self, Write as _};

use super::evidence::Evidence;
use super::ledger::{Bound, Expect, Limit};
use super::verdict::{Outcome, Verdict};
use crate::display::{emit, escape};

impl Outcome {
    /// Tells the outcome without colour.
    fn symbol(self) -> char {
        match self {
            Self::Holds => '✓',
            Self::Refuted => '✗',
            Self::Dated => '⧗',
            Self::Inconclusive => '?',
        }
    }

    /// The ground of the badge, dark enough for white text on it.
    fn colour(self) -> &'static str {
        match self {
            Self::Holds => "#1a6b3a",
            Self::Refuted => "#a4262c",
            Self::Dated => "#7a4b00",
            Self::Inconclusive => "#4a5568",
        }
    }

    fn badge(self) -> String {
        format!("{} {}", self.symbol(), self.name().to_uppercase())
    }
}

/// A number with three significant digits.
fn figure(x: f64) -> String {
    // Rounding first, so that 9.996 becomes 10.0 and not 10.00.
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    if rounded == 0.0 {
        return "0".into();
    }
    let magnitude = rounded.abs().log10().floor();
    if !(-4.0..9.0).contains(&magnitude) {
        return format!("{x:.2e}");
    }
    let decimals = (2.0 - magnitude).max(0.0) as usize;
    let digits = format!("{rounded:.decimals$}");
    if magnitude < 3.0 {
        return digits;
    }
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", &*digits), |rest| ("-", rest));
    let mut grouped = String::from(sign);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            Limit::About(v) => write!(
                f,
                "about {v} ± {}%",
                figure(self.margin * 100.0).trim_end_matches(".0")
            ),
            Limit::AtLeast(v) => write!(
                f,
                "at least {v} (below {} is against them)",
                figure(self.floor())
            ),
            Limit::AtMost(v) => write!(
                f,
                "at most {v} (above {} is against them)",
                figure(self.ceiling())
            ),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact {
                what,
                got,
                equal: true,
                ..
            } => write!(f, "{what}: {got}, as the notes say"),
            Self::Exact {
                what,
                got,
                want,
                equal: false,
            } => write!(f, "{what}: {got}, the notes say {want}"),
            Self::Measured { value, bound } => {
                write!(f, "{}: {}", bound.what, figure(value.mid))?;
                if value.low < value.high {
                    write!(f, " ({} to {})", figure(value.low), figure(value.high))?;
                }
                write!(f, ", the notes need {bound}")
            }
        }
    }
}

impl Verdict {
    /// The correction of the notes, with its label.
    fn correction(&self) -> Option<(&'static str, &str)> {
        let label = match self.claim.expect {
            Expect::Holds => return None,
            Expect::Refuted => "Correction",
            Expect::Dated => "Out of date",
        };
        Some((label, self.claim.why.as_deref()?))
    }

    fn surprise(&self) -> Option<String> {
        let expected = Outcome::from(self.claim.expect).name();
        (!self.as_expected()).then(|| format!("Not what we expected: the ledger says {expected}."))
    }

    fn html(&self) -> String {
        let claim = &self.claim;
        let (name, id) = (self.outcome.name(), escape(&claim.id));
        let mut html = format!(
            "<div class=\"verdict verdict-{name}\" data-claim=\"{id}\" role=\"group\" aria-label=\"Verdict on {id}\" \
             style=\"color:inherit;border:1px solid #808890;border-left:6px solid #808890;border-radius:4px;\
             padding:.5em .8em;margin:.4em 0;max-width:48em;line-height:1.45\">\
             <div><span class=\"verdict-badge\" style=\"background:{};color:#fff;font-weight:700;font-size:.85em;\
             padding:.15em .55em;border-radius:3px;white-space:nowrap\">{}</span> <code>{id}</code></div>\
             <div class=\"verdict-claim\">{}</div>\
             <div class=\"verdict-claim\" lang=\"zh\" style=\"font-size:.9em\">{}</div>\
             <ul class=\"verdict-evidence\" style=\"margin:.3em 0;padding-left:1.4em\">",
            self.outcome.colour(),
            self.outcome.badge(),
            escape(&claim.en),
            escape(&claim.zh),
        );
        for evidence in &self.evidence {
            let _ = write!(html, "<li>{}</li>", escape(&evidence.to_string()));
        }
        html.push_str("</ul>");
        for note in &self.notes {
            let _ = write!(html, "<div class=\"verdict-note\">{}</div>", escape(note));
        }
        if let Some((label, why)) = self.correction() {
            let _ = write!(
                html,
                "<div class=\"verdict-why\"><strong>{label}:</strong> {}</div>",
                escape(why)
            );
        }
        if let Some(surprise) = self.surprise() {
            let _ = write!(
                html,
                "<div class=\"verdict-surprise\"><strong>{surprise}</strong></div>"
            );
        }
        html.push_str("</div>");
        html
    }

    /// Shows the verdict as the output of a notebook cell; the evcxr kernel calls it.
    pub fn evcxr_display(&self) {
        emit(&[
            ("text/html", &self.html()),
            ("text/plain", &self.to_string()),
        ]);
    }
}

/// The verdict in a few lines of plain text.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claim = &self.claim;
        write!(
            f,
            "{} {}: {}\n{}",
            self.outcome.badge(),
            claim.id,
            claim.en,
            claim.zh
        )?;
        for evidence in &self.evidence {
            write!(f, "\n- {evidence}")?;
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        if let Some((label, why)) = self.correction() {
            write!(f, "\n{label}: {why}")?;
        }
        self.surprise()
            .map_or(Ok(()), |surprise| write!(f, "\n{surprise}"))
    }
}
