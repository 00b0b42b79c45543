//! A notebook's text as the comments of a program.

/// Markdown as comment lines of at most so many columns, where words allow it. Tables and code keep their lines.
pub(super) fn comment(markdown: &str, columns: usize) -> String {
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if fenced || fence || line.starts_with('|') {
            lines.push(line.to_owned());
        } else {
            lines.extend(wrapped(line, columns));
        }
    }
    let lines = lines.iter().map(|line| format!("// {line}"));
    let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// The line cut at spaces; what follows the first stands below its text, not below the mark of a list or a quote.
fn wrapped(line: &str, columns: usize) -> Vec<String> {
    let indent = line.len() - line.trim_start().len();
    let mark = ["- ", "> ", "1. "]
        .into_iter()
        .find(|mark| line[indent..].starts_with(mark));
    let hang = match mark {
        Some("> ") => format!("{}> ", " ".repeat(indent)),
        mark => " ".repeat(indent + mark.map_or(0, str::len)),
    };
    let mut lines = Vec::new();
    let (mut current, mut used) = (line[..indent].to_owned(), indent);
    for (i, word) in line.split_whitespace().enumerate() {
        let wide = crate::columns(word);
        if i > 0 && used + 1 + wide > columns {
            lines.push(std::mem::replace(&mut current, hang.clone()));
            used = hang.len();
        } else if i > 0 {
            current.push(' ');
            used += 1;
        }
        current.push_str(word);
        used += wide;
    }
    lines.push(current);
    lines
}
