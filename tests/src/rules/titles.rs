//! The title of a chart states what was found: a number in it comes from the run, or the next run contradicts it.

use crate::Notebook;

const CHARTS: [&str; 6] = [
    "Bars",
    "Distribution",
    "Lines",
    "Shares",
    "States",
    "Timeline",
];
const UNITS: [&str; 11] = [
    "ns", "µs", "ms", "s", "×", "%", "times", "B", "KiB", "MiB", "GiB",
];

/// Titles that are written with a measured number in them.
pub fn titles(notebook: &Notebook) -> Vec<String> {
    let mut findings = Vec::new();
    for cell in notebook.code() {
        for title in literal_titles(&cell.source).filter(|title| has_measure(title)) {
            findings.push(format!(
                "{} {}: the title \"{title}\" has a number that no run can change: format it from what was measured",
                notebook.name, cell.label
            ));
        }
    }
    findings
}

/// The titles that are a plain string, as in `Bars::new("Threads are cheap")`.
fn literal_titles(source: &str) -> impl Iterator<Item = &str> {
    let calls = CHARTS.iter().flat_map(move |chart| {
        let call = format!("{chart}::new(");
        let ends: Vec<usize> = source
            .match_indices(&call)
            .map(|(at, call)| at + call.len())
            .collect();
        ends
    });
    calls.filter_map(move |at| {
        let literal = source[at..].trim_start().strip_prefix('"')?;
        let end = literal
            .match_indices('"')
            .find(|(end, _)| !literal[..*end].ends_with('\\'))?;
        Some(&literal[..end.0])
    })
}

/// Whether a number with a unit stands in it: "2.5 ms", "3×".
fn has_measure(title: &str) -> bool {
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let words: Vec<&str> = title
        .split(|sign: char| {
            sign.is_whitespace() || matches!(sign, ',' | ';' | ':' | '(' | ')' | '"' | '\\')
        })
        .filter(|word| !word.is_empty())
        .collect();
    let joined = |word: &str| {
        let unit = UNITS.iter().find_map(|unit| word.strip_suffix(unit));
        unit.is_some_and(is_number)
    };
    words.iter().any(|word| joined(word))
        || words
            .windows(2)
            .any(|pair| is_number(pair[0]) && UNITS.contains(&pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_typed_is_found() {
        for (title, found) in [
            ("A switch takes 2.5 ms", true),
            ("Threads are 3× as fast", true),
            ("Half of them, 50 %, wait", true),
            ("Two threads are faster", false),
            ("12 tasks on 2 cores", false),
            ("One goes up to 2 and down again", false),
        ] {
            assert_eq!(has_measure(title), found, "{title}");
        }
        let source = "Bars::new(\n    \"It takes \\\"3 ms\\\"\",\n)\nLines::new(format!(\"{x} ms\"))\nother(\"3 ms\")";
        let titles: Vec<&str> = literal_titles(source).collect();
        assert_eq!(titles, ["It takes \\\"3 ms\\\""]);
    }
}
