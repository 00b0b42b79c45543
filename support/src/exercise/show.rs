//! How a checked answer looks, as text and as HTML.

use std::fmt;

use super::answer::Answer;
use super::entry::Words;
use crate::display::{BOX, badge, both, emit, escape, with_code};

/// How an answer came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is right.
    Right,
    /// It is not.
    Wrong,
    /// There is none yet.
    Unanswered,
}

impl Outcome {
    /// The outcome in one word, lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Unanswered => "unanswered",
        }
    }

    /// Tells the outcome without colour.
    fn symbol(self) -> char {
        match self {
            Self::Right => '✓',
            Self::Wrong => '✗',
            Self::Unanswered => '?',
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Right => ("RIGHT", "正确"),
            Self::Wrong => ("NOT RIGHT", "不正确"),
            Self::Unanswered => ("NOT ANSWERED YET", "尚未作答"),
        }
    }

    /// The ground of the badge, dark enough for white text on it.
    pub(super) fn colour(self) -> &'static str {
        match self {
            Self::Right => "#1a6b3a",
            Self::Wrong => "#a4262c",
            Self::Unanswered => "#4a5568",
        }
    }
}

/// An answer that was checked; in a notebook it shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked {
    id: String,
    outcome: Outcome,
    /// The answer as the reader gave it, with its unit; nothing if there is none.
    answer: String,
    why: Words,
}

impl Checked {
    pub(super) fn new(
        id: &str,
        outcome: Outcome,
        answer: &Answer,
        unit: Option<&str>,
        why: Words,
    ) -> Self {
        let answer = match (answer, unit) {
            (Answer::Unanswered, _) => String::new(),
            (_, Some(unit)) => format!("{answer} {unit}"),
            _ => answer.to_string(),
        };
        Self {
            id: id.into(),
            outcome,
            answer,
            why,
        }
    }

    /// How it came out.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Why, in both languages.
    #[must_use]
    pub fn why(&self) -> &Words {
        &self.why
    }

    pub(super) fn html(&self) -> String {
        let (name, id) = (self.outcome.name(), escape(&self.id));
        let (en, zh) = self.outcome.words();
        let word = format!("{} {}", self.outcome.symbol(), both([en, zh]));
        let answer = if self.answer.is_empty() {
            String::new()
        } else {
            format!(
                " <span class=\"exercise-answer\">{}</span>",
                escape(&self.answer)
            )
        };
        format!(
            "<div class=\"exercise exercise-{name}\" data-exercise=\"{id}\" role=\"group\" aria-label=\"Exercise {id}: {}\" \
             style=\"{BOX}\"><div>{} <code>{id}</code>{answer}</div>\
             <div class=\"exercise-why\" lang=\"en\">{}</div>\
             <div class=\"exercise-why\" lang=\"zh-CN\">{}</div></div>",
            en.to_lowercase(),
            badge("exercise-badge", self.outcome.colour(), &word),
            with_code(&self.why.en),
            with_code(&self.why.zh),
        )
    }

    /// Shows the result as the output of a notebook cell; the evcxr kernel calls it.
    pub fn evcxr_display(&self) {
        emit(&[
            ("text/html", &self.html()),
            ("text/plain", &self.to_string()),
        ]);
    }
}

/// As its text: a cell that forgets the `?` shows it so.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The result in three lines of plain text.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (en, zh) = self.outcome.words();
        write!(f, "{} {en} {zh} {}", self.outcome.symbol(), self.id)?;
        if !self.answer.is_empty() {
            write!(f, " ({})", self.answer)?;
        }
        write!(f, "\n{}\n{}", self.why.en, self.why.zh)
    }
}
