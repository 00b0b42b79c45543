//! What a claim needs to be judged at all.

use std::thread;

use serde::Deserialize;

use crate::measure::python::Python;

/// Something that a machine may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Two cores that this process may use at the same time.
    TwoCores,
    /// A Python interpreter.
    Python,
}

impl Need {
    /// What is missing here, in English and Chinese.
    pub(super) fn missing(self) -> Option<[String; 2]> {
        match self {
            Self::TwoCores => {
                let granted = thread::available_parallelism().map_or(1, usize::from);
                (granted < 2).then(|| one_core(allowed()))
            }
            Self::Python => Python::find().err().map(|_| {
                [
                    "it needs a Python interpreter, and none was found".to_owned(),
                    "它需要 Python 解释器，而这里没有找到".to_owned(),
                ]
            }),
        }
    }
}

/// How many cores the scheduler may put this thread on.
#[cfg(target_os = "linux")]
fn allowed() -> Option<usize> {
    crate::process::allowed_cores()
        .ok()
        .map(|cores| cores.len())
}

#[cfg(not(target_os = "linux"))]
fn allowed() -> Option<usize> {
    None
}

fn one_core(allowed: Option<usize>) -> [String; 2] {
    match allowed {
        Some(cores @ 2..) => [
            format!(
                "it needs two cores, and of the {cores} here the control group's quota grants the time of one"
            ),
            format!("它需要两个核，而控制组的配额只给了 {cores} 个核中一个核的时间"),
        ],
        _ => [
            "it needs two cores, and this process may use one".to_owned(),
            "它需要两个核，而本进程只能用一个".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_that_was_found_is_named() {
        assert!(one_core(Some(4))[0].contains("of the 4 here the control group's quota"));
        assert!(one_core(Some(1))[0].contains("may use one"));
    }
}
