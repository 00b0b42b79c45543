//! One entry of the file, and how it judges an answer.

use serde::Deserialize;

use super::answer::Answer;
use super::show::{Checked, Outcome};
use super::want::Want;
use crate::data;

/// One exercise of a chapter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Its name, unique in the file.
    pub id: String,
    /// The notebook it stands in, such as `01-theory`.
    pub notebook: String,
    /// Its number there: that of the heading "Exercise 1".
    pub number: u32,
    /// What is right.
    pub answer: Want,
    /// The unit of a number, such as `%`.
    #[serde(default)]
    pub unit: Option<String>,
    /// Why it is right.
    pub right: Words,
    /// For an answer that is neither right nor typical: a push, not the solution.
    pub hint: Words,
    /// Typical wrong answers.
    #[serde(default)]
    pub wrong: Vec<Wrong>,
}

/// The same in both languages; what stands in backticks is code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// A typical wrong answer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// The answer, in any of the forms of the right one.
    pub answer: Want,
    /// What is wrong with it, in English.
    pub en: String,
    /// What is wrong with it, in Chinese.
    pub zh: String,
}

impl Words {
    pub(super) fn new(en: &str, zh: &str) -> Self {
        Self {
            en: en.into(),
            zh: zh.into(),
        }
    }
}

impl Exercise {
    /// Checks an answer: it is right, or typical, or else gets the hint.
    ///
    /// ```
    /// # fn main() -> Result<(), support::exercise::Error> {
    /// use support::exercise::{Exercises, Outcome};
    ///
    /// let exercise = Exercises::course()?.get("three-on-one-core")?;
    /// assert_eq!(exercise.check(&100.into()).outcome(), Outcome::Wrong);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn check(&self, answer: &Answer) -> Checked {
        let (outcome, why) = if *answer == Answer::Unanswered {
            let why = Words::new(
                "Put your answer in place of `()`.",
                "请把 `()` 换成你的答案。",
            );
            (Outcome::Unanswered, why)
        } else if self.answer.accepts(answer) {
            (Outcome::Right, self.right.clone())
        } else {
            (Outcome::Wrong, self.objection(answer))
        };
        let of_its_kind = self.answer.of_its_kind(answer).is_ok();
        let unit = self.unit.as_deref().filter(|_| of_its_kind);
        Checked::new(&self.id, outcome, answer, unit, why)
    }

    fn objection(&self, answer: &Answer) -> Words {
        if let Err(wanted) = self.answer.of_its_kind(answer) {
            return wanted;
        }
        if let Some(x) = answer.not_finite() {
            return Words::new(
                &format!("`{x}` is no finite number: was something divided by zero?"),
                &format!("`{x}` 不是有限的数：是不是除以了零？"),
            );
        }
        match self.wrong.iter().find(|wrong| wrong.answer.accepts(answer)) {
            Some(wrong) => Words::new(&wrong.en, &wrong.zh),
            None => self.hint.clone(),
        }
    }

    /// Whether the entry makes sense; the error says what to write instead.
    pub(super) fn sound(&self) -> Result<(), String> {
        data::filled(&[
            ("id", &self.id),
            ("notebook", &self.notebook),
            ("unit", self.unit.as_deref().unwrap_or("none")),
            ("right.en", &self.right.en),
            ("right.zh", &self.right.zh),
            ("hint.en", &self.hint.en),
            ("hint.zh", &self.hint.zh),
        ])?;
        data::plain(&self.id, &self.notebook)?;
        if self.number == 0 {
            return Err("`number` is that of the heading, as in \"Exercise 1\"".into());
        }
        if self.unit.is_some() && !self.answer.is_of_numbers() {
            return Err("`unit` goes with numbers only".into());
        }
        for (n, wrong) in self.wrong.iter().enumerate() {
            data::filled(&[("en", &wrong.en), ("zh", &wrong.zh)])
                .and_then(|()| self.sound_mistake(&wrong.answer))
                .map_err(|problem| format!("`wrong`, number {}: {problem}", n + 1))?;
        }
        Ok(())
    }

    /// A range may touch what is right, which is looked for first; a value may not be right.
    fn sound_mistake(&self, mistake: &Want) -> Result<(), String> {
        let number = [Answer::Number(0.0)];
        let answers = match mistake {
            Want::Exact(answers) => answers.as_slice(),
            Want::Rounded(answer) => std::slice::from_ref(answer),
            Want::Measured(_) => &number,
        };
        if let Some(Err(wanted)) = answers
            .iter()
            .map(|answer| self.answer.of_its_kind(answer))
            .find(Result::is_err)
        {
            return Err(format!(
                "not of the kind of the right answer: {}",
                wanted.en
            ));
        }
        match mistake {
            Want::Exact(answers) if answers.iter().any(|a| self.answer.accepts(a)) => {
                Err("this answer is right".into())
            }
            _ => Ok(()),
        }
    }
}
