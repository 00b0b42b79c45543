use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A text, which the format writes as one string or as a list of lines: it is written as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Text {
    whole: String,
    /// How many bytes each line of the list has, if it is one.
    lines: Option<Vec<usize>>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "neither a text nor a list of lines")]
enum Written {
    Whole(String),
    Lines(Vec<String>),
}

impl Text {
    /// Changes each line as it is written.
    pub fn change(&mut self, change: impl Fn(&str) -> String) {
        let lines: Vec<String> = self.written().map(change).collect();
        *self = match self.lines {
            Some(_) => Written::Lines(lines).into(),
            None => Written::Whole(lines.concat()).into(),
        };
    }

    fn written(&self) -> impl Iterator<Item = &str> {
        let whole = [self.whole.len()];
        let lengths = self.lines.clone().unwrap_or_else(|| whole.to_vec());
        let mut at = 0;
        lengths.into_iter().map(move |length| {
            at += length;
            &self.whole[at - length..at]
        })
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.whole
    }
}

impl From<Written> for Text {
    fn from(written: Written) -> Self {
        match written {
            Written::Whole(whole) => Self { whole, lines: None },
            Written::Lines(lines) => Self {
                whole: lines.concat(),
                lines: Some(lines.iter().map(String::len).collect()),
            },
        }
    }
}

impl From<Text> for Written {
    fn from(text: Text) -> Self {
        match text.lines {
            None => Self::Whole(text.whole),
            Some(_) => Self::Lines(text.written().map(str::to_owned).collect()),
        }
    }
}

/// As Jupyter writes it: a list of lines, each with its end.
impl From<String> for Text {
    fn from(whole: String) -> Self {
        let lines = whole.split_inclusive('\n').map(str::len).collect();
        Self {
            whole,
            lines: Some(lines),
        }
    }
}

impl From<&str> for Text {
    fn from(whole: &str) -> Self {
        whole.to_owned().into()
    }
}
