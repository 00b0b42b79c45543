//! What is wanted of an answer.

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::answer::Answer;
use super::entry::Words;

/// What an answer has to be.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum Want {
    /// One of these, which are of one kind: `is`, `any`.
    Exact(Vec<Answer>),
    /// These numbers, each rounded to a whole one: `rounded`.
    Rounded(Answer),
    /// A number in this range, since it is measured: `between`, `at_least`, `at_most`.
    Measured(RangeInclusive<f64>),
}

impl Want {
    /// Whether the answer is what is wanted.
    pub(super) fn accepts(&self, answer: &Answer) -> bool {
        match self {
            Self::Exact(these) => these.iter().any(|this| answer.is(this)),
            Self::Rounded(these) => answer.rounded().is(these),
            Self::Measured(range) => {
                matches!(answer, Answer::Number(x) if x.is_finite() && range.contains(x))
            }
        }
    }

    /// What the answer lacks to be of the kind that is wanted.
    pub(super) fn of_its_kind(&self, answer: &Answer) -> Result<(), Words> {
        let number = Answer::Number(0.0);
        let kind = match self {
            Self::Exact(these) => these.first().unwrap_or(&number),
            Self::Rounded(these) => these,
            Self::Measured(_) => &number,
        };
        match (answer, kind) {
            _ if !answer.is_like(kind) => Err(match answer.in_quotes() {
                Some(bare) if number.is_like(kind) => Words::new(
                    &format!("A number is wanted: write `{bare}`, without quotation marks."),
                    &format!("请填一个数：写 `{bare}`，不要加引号。"),
                ),
                _ => kind.wanted(),
            }),
            // As many as the question asks for; elsewhere how many there are is part of the answer.
            (Answer::List(given), Answer::List(these))
                if matches!(self, Self::Rounded(_)) && given.len() != these.len() =>
            {
                let (given, these) = (given.len(), these.len());
                Err(Words::new(
                    &format!("{these} values are wanted, and here are {given}."),
                    &format!("应有 {these} 个值，这里是 {given} 个。"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether numbers are wanted, which may have a unit.
    pub(super) fn is_of_numbers(&self) -> bool {
        let number = Answer::Number(0.0);
        let list = Answer::List(vec![number.clone()]);
        self.of_its_kind(&number).is_ok()
            || self.of_its_kind(&list).is_ok()
            || matches!(self, Self::Rounded(_))
    }
}

/// As it stands in the file; the error says what to write.
impl TryFrom<toml::Value> for Want {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let toml::Value::Table(forms) = value else {
            return Ok(Self::Exact(vec![Answer::try_from(value)?]));
        };
        let mut forms = forms.into_iter();
        let (Some((form, value)), None) = (forms.next(), forms.next()) else {
            return Err(
                "`answer` needs exactly one of `is`, `any`, `rounded`, `between`, `at_least`, `at_most`"
                    .into(),
            );
        };
        match form.as_str() {
            "is" => Ok(Self::Exact(vec![Answer::try_from(value)?])),
            "rounded" => Ok(Self::Rounded(Answer::try_from(value)?.rounded())),
            "any" => any(value),
            "between" => between(value),
            "at_least" => Ok(Self::Measured(number(value)?..=f64::INFINITY)),
            "at_most" => Ok(Self::Measured(f64::NEG_INFINITY..=number(value)?)),
            _ => Err(format!(
                "`answer` has no form `{form}`; write `is`, `any`, `rounded`, `between`, `at_least` or `at_most`"
            )),
        }
    }
}

fn any(value: toml::Value) -> Result<Want, String> {
    let problem = "`any` needs a list of answers of one kind, such as [\"SRTF\", \"STCF\"]";
    let toml::Value::Array(list) = value else {
        return Err(problem.into());
    };
    let list = list.into_iter().map(Answer::try_from);
    let list = list.collect::<Result<Vec<_>, _>>()?;
    match list.first() {
        Some(first) if list.iter().all(|answer| answer.is_like(first)) => Ok(Want::Exact(list)),
        _ => Err(problem.into()),
    }
}

fn between(value: toml::Value) -> Result<Want, String> {
    match Answer::try_from(value) {
        Ok(Answer::List(ends)) => match ends[..] {
            [Answer::Number(low), Answer::Number(high)] if low < high => {
                Ok(Want::Measured(low..=high))
            }
            _ => Err(BETWEEN.into()),
        },
        _ => Err(BETWEEN.into()),
    }
}

const BETWEEN: &str = "`between` needs two numbers, the lower first, such as [25, 42]";

fn number(value: toml::Value) -> Result<f64, String> {
    match Answer::try_from(value) {
        Ok(Answer::Number(number)) => Ok(number),
        _ => Err("`at_least` and `at_most` need a number".into()),
    }
}
