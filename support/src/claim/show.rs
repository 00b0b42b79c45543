//! How a verdict looks, as text and as HTML.

use std::fmt::{self, Write as _};

use super::entry::{Bound, Claim, Expect, Limit};
use super::evidence::{Evidence, Truth};
use super::figure::figure;
use super::verdict::{Condition, Outcome, Verdict};
use crate::display::{BOX, badge, both, emit, escape};

impl Outcome {
    /// Tells the outcome without colour; the dagger is what dictionaries put at an obsolete word.
    fn symbol(self) -> char {
        match self {
            Self::Holds => '✓',
            Self::Refuted => '✗',
            Self::Dated => '†',
            Self::Depends => '±',
            Self::Inconclusive => '?',
            Self::NotApplicable => '–',
        }
    }

    /// The ground of the badge, dark enough for white text on it.
    fn colour(self) -> &'static str {
        match self {
            Self::Holds => "#1a6b3a",
            Self::Refuted => "#a4262c",
            Self::Dated => "#7a4b00",
            Self::Depends => "#5a3a8a",
            Self::Inconclusive => "#4a5568",
            Self::NotApplicable => "#5b5b66",
        }
    }

    fn words(self) -> [String; 2] {
        [self.name().to_uppercase(), self.name_zh().to_owned()]
    }

    pub(super) fn badge_html(self) -> String {
        let words = format!("{} {}", self.symbol(), both(self.words()));
        badge("verdict-badge", self.colour(), &words)
    }
}

/// What the notes need, as in "about 1 ± 15%".
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            // A percentage to one decimal: 0.07 × 100 is not exactly 7.
            Limit::About(v) => write!(f, "about {v} ± {}%", (self.margin * 1e3).round() / 10.0),
            Limit::AtLeast(v) if self.margin == 0.0 => write!(f, "at least {v}"),
            Limit::AtMost(v) if self.margin == 0.0 => write!(f, "at most {v}"),
            Limit::AtLeast(v) => {
                write!(
                    f,
                    "at least {v} (below {} is against them)",
                    figure(self.floor())
                )
            }
            Limit::AtMost(v) => {
                write!(
                    f,
                    "at most {v} (above {} is against them)",
                    figure(self.ceiling())
                )
            }
        }
    }
}

/// One line: what it was, its value, and what is needed.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact {
                what,
                got,
                equal: true,
                ..
            } => write!(f, "{what}: {got}, as stated"),
            Self::Exact {
                what,
                got,
                want,
                equal: false,
            } => write!(f, "{what}: {got}, stated as {want}"),
            Self::Measured { value, bound } => {
                let estimate = &value.value;
                let [low, high] = [estimate.low, estimate.high].map(figure);
                let (sign, range) = match (estimate.is_lower_bound(), estimate.is_upper_bound()) {
                    (true, false) => ("≥ ", format!("{low} or more; ")),
                    (false, true) => ("≤ ", format!("{high} or less; ")),
                    (true, true) => ("? ", String::new()),
                    _ if estimate.low < estimate.high => ("", format!("{low} to {high}; ")),
                    _ => ("", String::new()),
                };
                write!(f, "{}: {sign}{} ({range}", bound.what, figure(estimate.mid))?;
                write!(f, "{estimate}), the notes need {bound}")?;
                match value.same {
                    Some(same) => write!(
                        f,
                        "; the same against itself: {} to {}",
                        figure(same.low),
                        figure(same.high)
                    ),
                    None => Ok(()),
                }
            }
            Self::Computed { computed, bound } => write!(
                f,
                "{}: {}, computed, the notes need {bound}",
                bound.what,
                figure(*computed)
            ),
            Self::Read { read, source } => write!(
                f,
                "{read}; not measured here but read ({source}), so it decides nothing"
            ),
        }
    }
}

fn condition([en, zh]: &[String; 2]) -> [String; 2] {
    [format!("But {en}:"), format!("但{zh}：")]
}

fn items(html: &mut String, evidence: &[Evidence]) {
    for evidence in evidence {
        let class = match evidence {
            Evidence::Read { .. } => " class=\"verdict-read\" style=\"opacity:.7\"",
            _ => "",
        };
        // Writing to a String cannot fail.
        let _ = write!(html, "<li{class}>{}</li>", escape(&evidence.to_string()));
    }
}

/// Evidence of a control, and whether it came out the other way.
fn under_control(evidence: &Evidence, expect: Expect) -> String {
    let what = match (evidence.truth(), expect) {
        (Truth::True, Expect::Holds) => "KEPT, so that nothing is shown",
        (Truth::False, Expect::Holds) => "not kept, as it has to be",
        (Truth::True, _) => "kept, as it has to be",
        (Truth::False, _) => "NOT KEPT, so that nothing is shown",
        (Truth::Undecided, _) => "undecided",
    };
    format!("{evidence}: {what}")
}

/// What to say of an outcome that the ledger does not expect, in English and Chinese.
pub(super) fn surprise(outcome: Outcome, expect: Expect) -> Option<[String; 2]> {
    let expected = Outcome::from(expect);
    (outcome != expected).then(|| {
        let (en, zh) = (expected.name(), expected.name_zh());
        [
            format!("Not what we expected: the ledger says {en}."),
            format!("与预期不符：台账预期“{zh}”。"),
        ]
    })
}

impl Claim {
    /// The correction of the notes, in English and Chinese, where they came out as wrong or out of date.
    pub(super) fn correction(&self, outcome: Outcome) -> Option<[String; 2]> {
        let [en, zh] = match outcome {
            Outcome::Refuted => ["Correction", "更正"],
            Outcome::Dated => ["Out of date", "已过时"],
            Outcome::Depends => ["It depends", "视情况而定"],
            Outcome::Holds | Outcome::Inconclusive | Outcome::NotApplicable => return None,
        };
        let (why, why_zh) = (self.why.as_ref()?, self.why_zh.as_ref()?);
        Some([format!("{en}: {why}"), format!("{zh}：{why_zh}")])
    }
}

impl Verdict {
    fn html(&self) -> String {
        let claim = &self.claim;
        let (name, id) = (self.outcome.name().replace(' ', "-"), escape(&claim.id));
        let mut html = format!(
            "<div class=\"verdict verdict-{name}\" id=\"claim-{id}\" data-claim=\"{id}\" lang=\"en\" role=\"group\" aria-label=\"Verdict on {id}\" \
             style=\"{BOX}\">\
             <div>{} <code>{id}</code></div>\
             <div class=\"verdict-claim\" lang=\"en\">{}</div>\
             <div class=\"verdict-claim\" lang=\"zh-CN\">{}</div>\
             <ul class=\"verdict-evidence\" style=\"margin:.3em 0;padding-left:1.4em\">",
            self.outcome.badge_html(),
            escape(&claim.en),
            escape(&claim.zh),
        );
        items(&mut html, &self.evidence);
        html.push_str("</ul>");
        for Condition { when, evidence } in &self.conditions {
            let _ = write!(
                html,
                "<div class=\"verdict-condition\">{}<ul style=\"margin:.3em 0;padding-left:1.4em\">",
                both(condition(when))
            );
            items(&mut html, evidence);
            html.push_str("</ul></div>");
        }
        if let Some(said) = self.control() {
            let _ = write!(
                html,
                "<div class=\"verdict-control\">{}<ul style=\"margin:.3em 0;padding-left:1.4em\">",
                both(said)
            );
            for evidence in &self.controls {
                let _ = write!(
                    html,
                    "<li>{}</li>",
                    escape(&under_control(evidence, claim.expect))
                );
            }
            html.push_str("</ul></div>");
        }
        for note in &self.notes {
            let _ = write!(html, "<div class=\"verdict-note\">{}</div>", escape(note));
        }
        for (class, said) in [
            ("why", claim.correction(self.outcome)),
            ("surprise", surprise(self.outcome, claim.expect)),
        ] {
            if let Some(said) = said {
                let _ = write!(html, "<div class=\"verdict-{class}\">{}</div>", both(said));
            }
        }
        html.push_str("</div>");
        html
    }

    /// What was done otherwise, or why nothing can be, in English and Chinese.
    fn control(&self) -> Option<[String; 2]> {
        let claim = &self.claim;
        if self.outcome == Outcome::NotApplicable {
            return None;
        }
        match (
            &claim.control,
            &claim.control_zh,
            &claim.uncontrolled,
            &claim.uncontrolled_zh,
        ) {
            (Some(en), Some(zh), ..) => Some([format!("Control, {en}:"), format!("对照，{zh}：")]),
            (.., Some(en), Some(zh)) => {
                Some([format!("No control: {en}"), format!("没有对照：{zh}")])
            }
            _ => None,
        }
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
            "{} {} {}: {}\n{}",
            self.outcome.symbol(),
            self.outcome.words()[0],
            claim.id,
            claim.en,
            claim.zh
        )?;
        for evidence in &self.evidence {
            write!(f, "\n- {evidence}")?;
        }
        for Condition { when, evidence } in &self.conditions {
            for line in condition(when) {
                write!(f, "\n{line}")?;
            }
            for evidence in evidence {
                write!(f, "\n- {evidence}")?;
            }
        }
        for line in self.control().into_iter().flatten() {
            write!(f, "\n{line}")?;
        }
        for evidence in &self.controls {
            write!(f, "\n- {}", under_control(evidence, claim.expect))?;
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        for line in [
            claim.correction(self.outcome),
            surprise(self.outcome, claim.expect),
        ]
        .into_iter()
        .flatten()
        .flatten()
        {
            write!(f, "\n{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::judging::Judging;
    use super::super::judging::samples::{controlled, exact, six, timing};
    use super::*;
    use crate::display::white_on;
    use crate::measure::{Ratio, Reading, Samples};

    #[test]
    fn the_text_says_everything() {
        let verdict = Judging::new(timing(Expect::Refuted))
            .exact("count", 2, 2)
            .measured("a / b", Samples::new([1.01, 1.02, 1.02, 1.02, 1.03, 1.04]))
            .measured("c / d", Samples::new([1.0]))
            .note("On 2 cores.")
            .decide()
            .unwrap();
        assert_eq!(
            verdict.to_string(),
            "✓ HOLDS a-claim: 1 < 2 & so on.\n\
             一小于二。\n\
             - count: 2, as stated\n\
             - a / b: 1.02 (1.01 to 1.04; 96 %, n = 6), the notes need about 1 ± 25%\n\
             - c / d: 1.00 (n = 1: too few to decide against the notes), the notes need about 1 ± 25%\n\
             On 2 cores.\n\
             Not what we expected: the ledger says refuted.\n\
             与预期不符：台账预期“不成立”。"
        );
    }

    /// Where the bound of a dated claim is kept, nothing is out of date.
    #[test]
    fn a_correction_stands_only_where_it_corrects() {
        let text = |got: i32| {
            Judging::new(exact(Expect::Dated))
                .exact("n", got, 1)
                .decide()
                .unwrap()
                .to_string()
        };
        assert!(text(2).contains("Out of date: ") && !text(1).contains("Out of date: "));
        assert!(text(1).contains("Not what we expected"));
    }

    #[test]
    fn a_verdict_shows_its_control_and_what_else_it_rests_on() {
        let ratio = Ratio {
            pairs: six(1.0),
            same: Samples::new([0.98, 0.99, 1.0, 1.0, 1.01, 1.02]),
        };
        let verdict = Judging::new(controlled(timing(Expect::Holds)))
            .measured("a / b", ratio)
            .read("c / d", 1.5, "CPython 3.11, another machine")
            .control("a / b", Samples::from_iter([Reading::at_least(3.0); 6]))
            .decide()
            .unwrap();
        let text = verdict.to_string();
        for part in [
            "the same against itself: 0.980 to 1.02",
            "not measured here but read (CPython 3.11, another machine)",
            "Control, the other way round:\n对照，反过来：\n- a / b: ≥ 3.00 (3.00 or more; 96 %, n = 6; 6 × lower bound)",
            "not kept, as it has to be",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(verdict.html().contains("class=\"verdict-control\""));
    }

    #[test]
    fn one_sided_bounds_say_where_they_break() {
        let bound = |limit, margin| {
            Bound {
                what: "r".into(),
                limit,
                margin,
            }
            .to_string()
        };
        assert_eq!(
            bound(Limit::AtLeast(1.5), 0.1),
            "at least 1.5 (below 1.35 is against them)"
        );
        assert_eq!(
            bound(Limit::AtMost(0.5), 0.1),
            "at most 0.5 (above 0.550 is against them)"
        );
        assert_eq!(bound(Limit::AtLeast(2.0), 0.0), "at least 2");
        assert_eq!(bound(Limit::About(2.75), 0.03), "about 2.75 ± 3%");
        assert_eq!(bound(Limit::About(2.0), 0.125), "about 2 ± 12.5%");
    }

    #[test]
    fn html_is_escaped_and_can_be_styled() {
        let html = Judging::new(exact(Expect::Dated))
            .exact("<b>what</b>", "<script>", "\"&\"")
            .note("<i>")
            .decide()
            .unwrap()
            .html();
        for part in [
            "class=\"verdict verdict-dated\" id=\"claim-a-claim\" data-claim=\"a-claim\"",
            "† <span lang=\"en\">DATED</span> <span lang=\"zh-CN\">已过时</span>",
            "1 &lt; 2 &amp; so on.",
            "lang=\"zh-CN\">一小于二。<",
            "<li>&lt;b&gt;what&lt;/b&gt;: &lt;script&gt;, stated as &quot;&amp;&quot;</li>",
            "&lt;i&gt;",
            "<span lang=\"en\">Out of date: It is not.</span> <span lang=\"zh-CN\">已过时：并非如此。</span>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("Not what we expected"));
        assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
    }

    #[test]
    fn badges_can_be_read() {
        for outcome in [
            Outcome::Holds,
            Outcome::Refuted,
            Outcome::Dated,
            Outcome::Inconclusive,
            Outcome::NotApplicable,
        ] {
            assert!(white_on(outcome.colour()) >= 4.5, "{outcome:?}");
        }
    }
}
