//! A notebook's text as the comments of a program.

use textwrap::{Options, WordSeparator, WordSplitter, wrap};

use crate::markdown::lines;

/// Markdown as comment lines of at most so many columns, where words allow it. Tables and code keep their lines; what goes on stands
/// below the text before it, not below the mark of a list.
pub(super) fn comment(markdown: &str, columns: usize) -> String {
    let mut comment = Vec::new();
    for line in lines(markdown) {
        if line.whole {
            comment.push(format!("// {}{}", line.marks, line.text));
            continue;
        }
        let quote = |mark| if mark == '>' { mark } else { ' ' };
        let below: String = line.marks.chars().map(quote).collect();
        let options = Options::new(columns)
            .initial_indent(line.marks)
            .subsequent_indent(&below)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        let wrapped = wrap(line.text, options);
        comment.extend(wrapped.iter().map(|line| format!("// {line}")));
    }
    let lines = comment.iter().map(|line| line.trim_end());
    lines.collect::<Vec<_>>().join("\n")
}
