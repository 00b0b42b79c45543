//! Markdown as a parser reads it, CommonMark with tables: what the rules and the forms of a chapter need of it. What stands in
//! code is no heading, no link and no list.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

#[cfg(test)]
mod tests;

/// A heading.
#[derive(Debug, PartialEq, Eq)]
pub struct Heading {
    /// From 1 to 6.
    pub level: usize,
    /// What it says, without marks.
    pub text: String,
}

/// A part of a text that stands for itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// Its Markdown, with a line end.
    pub source: String,
}

/// What a block is.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// A heading.
    Heading(Heading),
    /// A paragraph, a quote or HTML: its lines run on.
    Prose,
    /// A list, a table or code: each line begins anew.
    Lines,
}

/// A line of a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The marks of lists and quotes at its start, and its indent.
    pub marks: &'a str,
    /// What follows them.
    pub text: &'a str,
    /// Whether it is of a table or of code, and cannot go on in the next line.
    pub whole: bool,
}

fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
}

/// The headings, in order.
pub fn headings(markdown: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut open: Option<Heading> = None;
    for event in parser(markdown) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                open = Some(Heading {
                    level: level as usize,
                    text: String::new(),
                });
            }
            Event::End(TagEnd::Heading(_)) => headings.extend(open.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut open {
                    heading.text += &text;
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut open {
                    heading.text.push(' ');
                }
            }
            _ => {}
        }
    }
    headings
}

/// Where the links lead, in order.
pub fn links(markdown: &str) -> Vec<String> {
    let destinations = parser(markdown).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    });
    destinations.collect()
}

/// The text with its links led elsewhere, where `to` says so.
pub fn with_links(markdown: &str, to: impl Fn(&str) -> Option<String>) -> String {
    let parser = parser(markdown);
    let definitions = parser.reference_definitions().iter();
    let mut links: Vec<(Range<usize>, String)> = definitions
        .map(|(_, definition)| (definition.span.clone(), definition.dest.to_string()))
        .collect();
    for (event, range) in parser.into_offset_iter() {
        if let Event::Start(Tag::Link { dest_url, .. }) = event {
            links.push((range, dest_url.into_string()));
        }
    }
    // By place: a link that a definition leads is found there, and has no destination of its own.
    let mut changes = BTreeMap::new();
    for (range, destination) in links {
        if let Some(at) = markdown[range.clone()].rfind(&destination)
            && let Some(new) = to(&destination)
        {
            changes.insert(range.start + at, (destination.len(), new));
        }
    }
    let mut text = markdown.to_owned();
    for (at, (length, new)) in changes.into_iter().rev() {
        text.replace_range(at..at + length, &new);
    }
    text
}

/// The blocks of a text, in order. Each has with it the definitions of links that stand anywhere in the text.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let parser = parser(markdown);
    let definitions = parser.reference_definitions().iter();
    let definitions: Vec<&str> = definitions
        .map(|(_, definition)| markdown[definition.span.clone()].trim())
        .collect();
    let mut blocks = Vec::new();
    let mut depth = 0;
    for (event, range) in parser.into_offset_iter() {
        let kind = match &event {
            _ if depth > 0 => None,
            Event::Start(Tag::Paragraph | Tag::BlockQuote(_) | Tag::HtmlBlock) | Event::Rule => {
                Some(Kind::Prose)
            }
            Event::Start(Tag::Heading { .. }) => {
                let heading = headings(&markdown[range.clone()]).into_iter().next();
                heading.map(Kind::Heading)
            }
            Event::Start(_) => Some(Kind::Lines),
            _ => None,
        };
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if let Some(kind) = kind {
            // Indented code begins after its indent.
            let begin = markdown[..range.start].rfind('\n').map_or(0, |at| at + 1);
            let mut source = markdown[begin..range.end].trim_end().to_owned() + "\n";
            if !definitions.is_empty() && !matches!(kind, Kind::Heading(_)) {
                source += &format!("\n{}\n", definitions.join("\n"));
            }
            blocks.push(Block { kind, source });
        }
    }
    blocks
}

/// The lines of a text, in order.
pub fn lines(markdown: &str) -> Vec<Line<'_>> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in markdown.split_inclusive('\n') {
        starts.push(at);
        at += line.len();
    }
    let line_of = |at: usize| starts.partition_point(|&start| start <= at) - 1;
    let mut text_at: Vec<Option<usize>> = vec![None; starts.len()];
    let mut whole = vec![false; starts.len()];
    for (event, range) in parser(markdown).into_offset_iter() {
        match event {
            Event::Start(Tag::List(_) | Tag::Item | Tag::BlockQuote(_)) | Event::End(_) => {}
            Event::Start(Tag::CodeBlock(_) | Tag::Table(_)) => {
                whole[line_of(range.start)..=line_of(range.end - 1)].fill(true);
            }
            _ => {
                text_at[line_of(range.start)].get_or_insert(range.start);
            }
        }
    }
    let lines = starts.iter().zip(text_at).zip(whole);
    lines
        .map(|((&start, text_at), whole)| {
            let line = markdown[start..].lines().next().unwrap_or_default();
            let indent = line.len() - line.trim_start().len();
            let (marks, text) = line.split_at(text_at.map_or(indent, |at| at - start));
            Line { marks, text, whole }
        })
        .collect()
}
