//! What a reader answers.

use std::fmt;

use super::entry::Words;

/// An answer to an exercise; made from plain values.
///
/// ```
/// use support::exercise::Answer;
///
/// assert_eq!(Answer::from(()), Answer::Unanswered);
/// assert_eq!(Answer::from(8), Answer::Number(8.0));
/// assert_eq!(Answer::from("SRTF"), Answer::Text("SRTF".into()));
/// assert_eq!(Answer::from([1, 2]).to_string(), "[1, 2]");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Not yet: `()` stands where the answer will be.
    Unanswered,
    /// A number; integers above 2⁵³ are rounded.
    Number(f64),
    /// True or false.
    Truth(bool),
    /// A text; case and the space around it do not count.
    Text(String),
    /// Numbers, or texts, whose order matters.
    List(Vec<Answer>),
}

impl Answer {
    /// Whether it is what is wanted: numbers to nine digits, texts but for case and the space around them.
    pub(super) fn is(&self, want: &Self) -> bool {
        match (self, want) {
            (Self::Number(a), Self::Number(b)) => {
                let unit = if *b == 0.0 { 1.0 } else { b.abs() };
                (a - b).abs() <= 1e-9 * unit
            }
            (Self::Text(a), Self::Text(b)) => a.trim().to_lowercase() == b.trim().to_lowercase(),
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is(b))
            }
            _ => self == want,
        }
    }

    /// Whether both are numbers, or texts, or lists of the same …; an empty list is of any kind.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => {
                b.first().is_none_or(|b| a.iter().all(|a| a.is_like(b)))
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// The first number in it that is infinite or not a number.
    pub(super) fn not_finite(&self) -> Option<f64> {
        match self {
            Self::Number(x) => (!x.is_finite()).then_some(*x),
            Self::List(list) => list.iter().find_map(Self::not_finite),
            _ => None,
        }
    }

    /// What to say to whom does not answer with something like this.
    pub(super) fn wanted(&self) -> Words {
        let (en, zh) = match self {
            Self::Truth(_) => ("`true` or `false` is wanted.", "请填 `true` 或 `false`。"),
            Self::Text(_) => (
                "A text is wanted, such as `\"word\"`.",
                "请填文字，例如 `\"word\"`。",
            ),
            Self::List(list) if matches!(list.first(), Some(Self::Text(_))) => (
                "A list of texts is wanted, such as `[\"one\", \"two\"]`.",
                "请填一列文字，例如 `[\"one\", \"two\"]`。",
            ),
            Self::List(_) => (
                "A list of numbers is wanted, such as `[4, 2]`.",
                "请填一列数，例如 `[4, 2]`。",
            ),
            _ => (
                "A number is wanted, such as `4.2`.",
                "请填一个数，例如 `4.2`。",
            ),
        };
        Words::new(en, zh)
    }

    /// The number that a text would be without its quotation marks.
    pub(super) fn in_quotes(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.trim().parse::<f64>().ok().map(|_| text.trim()),
            _ => None,
        }
    }

    /// The same with each number rounded to a whole one.
    pub(super) fn rounded(&self) -> Self {
        match self {
            Self::Number(x) => Self::Number(x.round()),
            Self::List(list) => Self::List(list.iter().map(Self::rounded).collect()),
            other => other.clone(),
        }
    }
}

/// As it would be written in Rust; numbers with at most six digits, unless they are whole.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered => write!(f, "()"),
            Self::Number(x) => number(*x, f),
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(list) => {
                for (i, answer) in list.iter().enumerate() {
                    write!(f, "{}{answer}", if i == 0 { "[" } else { ", " })?;
                }
                write!(f, "{}", if list.is_empty() { "[]" } else { "]" })
            }
        }
    }
}

fn number(x: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let size = x.abs();
    if x.fract() == 0.0 && size < 1e15 || !x.is_finite() {
        return write!(f, "{x}");
    }
    let rounded = format!("{x:.5e}").parse().unwrap_or(x);
    if (1e-4..1e15).contains(&size) {
        write!(f, "{rounded}")
    } else {
        write!(f, "{rounded:e}")
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Self::Unanswered
    }
}

impl From<bool> for Answer {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Answer {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for Answer {
            #[allow(clippy::cast_lossless, reason = "one cast for all widths; the widest are rounded")]
            fn from(number: $number) -> Self {
                Self::Number(number as f64)
            }
        }

        impl From<&$number> for Answer {
            fn from(lent: &$number) -> Self {
                (*lent).into()
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

/// Values that a closure or an iterator lends.
macro_rules! lent {
    ($($plain:ty)*) => {$(
        impl From<&$plain> for Answer {
            fn from(lent: &$plain) -> Self {
                (*lent).into()
            }
        }
    )*};
}

lent!(bool & str);

/// `None` is no answer yet.
impl<T: Into<Answer>> From<Option<T>> for Answer {
    fn from(answer: Option<T>) -> Self {
        answer.map_or(Self::Unanswered, Into::into)
    }
}

/// Several values in round brackets are a list too.
macro_rules! tuples {
    ($($($name:ident)+;)*) => {$(
        impl<$($name: Into<Answer>),+> From<($($name,)+)> for Answer {
            #[allow(non_snake_case, reason = "each value is named as its type")]
            fn from(($($name,)+): ($($name,)+)) -> Self {
                Self::List(vec![$($name.into()),+])
            }
        }
    )*};
}

tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }

impl<T: Into<Answer>> From<Vec<T>> for Answer {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Answer>, const N: usize> From<[T; N]> for Answer {
    fn from(list: [T; N]) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Answer> + Clone> From<&[T]> for Answer {
    fn from(list: &[T]) -> Self {
        Self::List(list.iter().cloned().map(Into::into).collect())
    }
}

impl<T: Into<Answer> + Clone> From<&Vec<T>> for Answer {
    fn from(list: &Vec<T>) -> Self {
        list.as_slice().into()
    }
}

impl<T: Into<Answer> + Clone, const N: usize> From<&[T; N]> for Answer {
    fn from(list: &[T; N]) -> Self {
        list.as_slice().into()
    }
}

const ANSWERS: &str = "an answer is a finite number, a text, true or false, or a list of numbers or of texts, \
     none of them empty";

/// As it stands in the file; the error says what to write.
impl TryFrom<toml::Value> for Answer {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            #[allow(clippy::cast_precision_loss, reason = "as for a reader's integers")]
            toml::Value::Integer(n) => Ok(Self::Number(n as f64)),
            toml::Value::Float(x) if x.is_finite() => Ok(Self::Number(x)),
            toml::Value::Boolean(truth) => Ok(Self::Truth(truth)),
            toml::Value::String(text) if !text.trim().is_empty() => Ok(Self::Text(text)),
            toml::Value::Array(list) => {
                let list = list.into_iter().map(Self::try_from);
                let list = list.collect::<Result<Vec<_>, _>>()?;
                let flat = |answer: &Self| matches!(answer, Self::Number(_) | Self::Text(_));
                match list.first() {
                    Some(first) if flat(first) && list.iter().all(|a| a.is_like(first)) => {
                        Ok(Self::List(list))
                    }
                    _ => Err(ANSWERS.into()),
                }
            }
            _ => Err(ANSWERS.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plain_value_is_an_answer() {
        let three = Answer::Number(3.0);
        for answer in [
            3_u8.into(),
            3_u64.into(),
            3_i128.into(),
            3_usize.into(),
            3_f32.into(),
            3.into(),
            3.0.into(),
        ] {
            assert_eq!(three, answer);
        }
        let list = Answer::List(vec![1.into(), 2.into()]);
        let vec = vec![1, 2];
        for answer in [
            [1, 2].into(),
            (&[1, 2]).into(),
            (&vec).into(),
            vec[..].into(),
            vec.into(),
        ] {
            assert_eq!(list, answer);
        }
        let lent: Vec<Answer> = [3_u64].iter().map(Into::into).collect();
        assert_eq!(lent, std::slice::from_ref(&three));
        for answer in [(1, 2).into(), (1.0, Some(2_u8)).into(), Some([1, 2]).into()] {
            assert_eq!(list, answer);
        }
        assert_eq!(Answer::from((8,)), Answer::List(vec![8.into()]));
        assert_eq!(Answer::from(None::<f64>), Answer::Unanswered);
        let text = String::from("SRTF");
        for answer in ["SRTF".into(), (&text).into(), text.into()] {
            assert_eq!(Answer::Text("SRTF".into()), answer);
        }
        assert_eq!(Answer::from(vec!["a", "b"]).to_string(), "[\"a\", \"b\"]");
        assert_eq!(Answer::from(true), Answer::Truth(true));
    }

    #[test]
    fn numbers_are_shown_short_and_whole_ones_in_full() {
        for (x, shown) in [
            (8.0, "8"),
            (100.0 / 3.0, "33.3333"),
            (1_234_567.0, "1234567"),
            (-0.5, "-0.5"),
            (1.0e-7 / 3.0, "3.33333e-8"),
            (1e300, "1e300"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(Answer::Number(x).to_string(), shown);
        }
        assert_eq!(Answer::from([0; 0]).to_string(), "[]");
    }

    #[test]
    fn comparing_forgives_what_does_not_matter() {
        let is = |a: Answer, b: Answer| a.is(&b);
        assert!(is((0.1 + 0.2).into(), 0.3.into()));
        assert!(is((0.1 + 0.2 - 0.3).into(), 0.into()));
        assert!(is(1e300.into(), 1e300.into()) && !is(1e300.into(), (-1e300).into()));
        assert!(!is(0.300_001.into(), 0.3.into()));
        assert!(is(" srtf\n".into(), "SRTF".into()));
        assert!(is(["A", "b"].into(), ["a", "B"].into()));
        assert!(!is([1, 2].into(), [2, 1].into()));
        assert!(!is([1, 2].into(), [1, 2, 3].into()));
        assert!(!is("3".into(), 3.into()));
        assert!(!is(f64::NAN.into(), f64::NAN.into()));
    }
}
