//! The course second.

use std::env;
use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::time::Duration;

use thiserror::Error;

/// How long a course second may be, in milliseconds.
pub const SECOND_MS: RangeInclusive<u64> = 10..=1000;

const DEFAULT_MS: u64 = 100;
const VARIABLE: &str = "COURSE_SECOND_MS";

/// `COURSE_SECOND_MS` holds something that is not a course second.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{VARIABLE} is {value:?}: it must be a whole number of milliseconds from {} to {} \
     (unset, a course second is {DEFAULT_MS} ms)",
    SECOND_MS.start(),
    SECOND_MS.end()
)]
pub struct SecondError {
    value: String,
}

/// One course second: 100 ms, or what the environment variable `COURSE_SECOND_MS` says.
///
/// The notes sleep for whole seconds. The course keeps their ratios and scales their time: write sleeps and predictions
/// as multiples of this, and they all follow.
///
/// # Errors
/// [`SecondError`] when the variable is not a whole number of milliseconds in [`SECOND_MS`].
///
/// ```
/// let second = support::measure::course_second()?;
/// let nap = 3 * second;
/// assert_eq!(nap.div_duration_f64(second), 3.0);
/// # Ok::<(), support::measure::SecondError>(())
/// ```
pub fn course_second() -> Result<Duration, SecondError> {
    parse(env::var_os(VARIABLE).as_deref())
}

fn parse(value: Option<&OsStr>) -> Result<Duration, SecondError> {
    let Some(value) = value else {
        return Ok(Duration::from_millis(DEFAULT_MS));
    };
    value
        .to_str()
        .and_then(|text| text.parse().ok())
        .filter(|ms| SECOND_MS.contains(ms))
        .map(Duration::from_millis)
        .ok_or_else(|| SecondError {
            value: value.to_string_lossy().into_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_is_a_tenth_of_a_second() {
        assert_eq!(parse(None), Ok(Duration::from_millis(100)));
    }

    #[test]
    fn bounds_are_allowed() {
        for ms in [10, 250, 1000] {
            assert_eq!(
                parse(Some(ms.to_string().as_ref())),
                Ok(Duration::from_millis(ms))
            );
        }
    }

    #[test]
    fn anything_else_is_refused_and_says_what_is_allowed() {
        for bad in [
            "",
            "9",
            "1001",
            "0",
            "-100",
            "100ms",
            "1e2",
            "99.5",
            " 100",
            "18446744073709551616",
        ] {
            let message = parse(Some(bad.as_ref())).unwrap_err().to_string();
            assert!(message.contains(&format!("{bad:?}")), "{message}");
            assert!(message.contains("from 10 to 1000"), "{message}");
        }
    }
}
