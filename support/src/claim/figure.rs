//! Numbers as people read them.

/// A number with three significant digits; thousands are grouped, the very large and very small have an exponent.
pub(super) fn figure(x: f64) -> String {
    // The exponent after rounding: 9.996 becomes 10.0, not 10.00.
    let scientific = format!("{x:.2e}");
    let (Ok(rounded), Some(exponent)) = (
        scientific.parse::<f64>(),
        scientific
            .split_once('e')
            .and_then(|(_, exponent)| exponent.parse::<i32>().ok()),
    ) else {
        return scientific;
    };
    match exponent {
        _ if rounded == 0.0 => "0".into(),
        -4..=2 => format!("{rounded:.*}", (2 - exponent).unsigned_abs() as usize),
        3..=8 => grouped(&format!("{rounded:.0}")),
        _ => scientific,
    }
}

fn grouped(integer: &str) -> String {
    let digits = integer.trim_start_matches('-').len();
    let mut text = String::new();
    for (i, c) in integer.chars().enumerate() {
        let left = integer.len() - i;
        if c != '-' && left < digits && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        for (x, text) in [
            (0.0, "0"),
            (1.0, "1.00"),
            (1.0249, "1.02"),
            (9.996, "10.0"),
            (99.96, "100"),
            (999.6, "1,000"),
            (0.012_345, "0.0123"),
            (-0.5, "-0.500"),
            (32_768.0, "32,800"),
            (-123_456.0, "-123,000"),
            (1_234_567.0, "1,230,000"),
            (1e9, "1.00e9"),
            (0.000_012_34, "1.23e-5"),
        ] {
            assert_eq!(figure(x), text);
        }
    }
}
