//! How a verdict looks, as text and as HTML.

use std::fmt::{self, Write as _};

use super::entry::{Bound, Claim, Expect, Limit};
use super::evidence::Evidence;
use super::figure::figure;
use super::verdict::{Outcome, Verdict};
use crate::display::{BOX, badge, both, emit, escape};

impl Outcome {
    /// Tells the outcome without colour; the dagger is what dictionaries put at an obsolete word.
    fn symbol(self) -> char {
        match self {
            Self::Holds => '✓',
            Self::Refuted => '✗',
            Self::Dated => '†',
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
                write!(f, "{}: {}", bound.what, figure(value.mid))?;
                if value.low < value.high {
                    write!(f, " ({} to {})", figure(value.low), figure(value.high))?;
                }
                write!(f, ", the notes need {bound}")
            }
        }
    }
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
    /// The correction of the notes, in English and Chinese.
    pub(super) fn correction(&self) -> Option<[String; 2]> {
        let [en, zh] = match self.expect {
            Expect::Holds => return None,
            Expect::Refuted => ["Correction", "更正"],
            Expect::Dated => ["Out of date", "已过时"],
        };
        let (why, why_zh) = (self.why.as_ref()?, self.why_zh.as_ref()?);
        Some([format!("{en}: {why}"), format!("{zh}：{why_zh}")])
    }
}

impl Verdict {
    fn html(&self) -> String {
        let claim = &self.claim;
        let (name, id) = (self.outcome.name(), escape(&claim.id));
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
        for evidence in &self.evidence {
            let _ = write!(html, "<li>{}</li>", escape(&evidence.to_string()));
        }
        html.push_str("</ul>");
        for note in &self.notes {
            let _ = write!(html, "<div class=\"verdict-note\">{}</div>", escape(note));
        }
        for (class, said) in [
            ("why", claim.correction()),
            ("surprise", surprise(self.outcome, claim.expect)),
        ] {
            if let Some(said) = said {
                let _ = write!(html, "<div class=\"verdict-{class}\">{}</div>", both(said));
            }
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
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        for line in [claim.correction(), surprise(self.outcome, claim.expect)]
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
    use super::super::judging::samples::{exact, timing};
    use super::*;
    use crate::display::white_on;

    #[test]
    fn the_text_says_everything() {
        let verdict = Judging::new(timing(Expect::Refuted))
            .exact("count", 2, 2)
            .measured("a / b", (1.01, 1.02, 1.04))
            .measured("c / d", 1.0)
            .note("On 2 cores.")
            .decide()
            .unwrap();
        assert_eq!(
            verdict.to_string(),
            "✓ HOLDS a-claim: 1 < 2 & so on.\n\
             一小于二。\n\
             - count: 2, as stated\n\
             - a / b: 1.02 (1.01 to 1.04), the notes need about 1 ± 25%\n\
             - c / d: 1.00, the notes need about 1 ± 25%\n\
             On 2 cores.\n\
             Correction: It is not.\n\
             更正：并非如此。\n\
             Not what we expected: the ledger says refuted.\n\
             与预期不符：台账预期“不成立”。"
        );
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
        ] {
            assert!(white_on(outcome.colour()) >= 4.5, "{outcome:?}");
        }
    }
}
