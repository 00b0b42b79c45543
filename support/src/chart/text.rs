//! Room for text without font metrics: upper bounds of widths, wrapping, shortening.

/// Makes a name fit for one line of an SVG: no control, direction or non-XML characters, no runs of white space.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !cleaned.is_empty() {
            cleaned.push(' ');
        }
        cleaned.extend(word.chars().map(|c| match c {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                '\u{fffd}'
            }
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        }));
    }
    cleaned
}

/// How much wider bold text is at most.
const BOLD: f64 = 1.12;

/// An upper bound of a character's width in em, for the sans-serif faces of the usual systems. DejaVu Sans, the widest of them, is
/// what Linux shows where nothing else was chosen.
fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' => 0.36,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '\\' | '!' | '-' | '·' => 0.44,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.02,
        'a'..='z' | '0'..='9' | '_' | '"' | '*' | '?' | '{' | '}' | '`' => 0.64,
        'A'..='Z' | '&' | '$' => 0.79,
        '#' | '+' | '=' | '<' | '>' | '~' | '^' => 0.84,
        'µ' | 'à'..='å' | 'è'..='ö' | 'ù'..='ü' => 0.66,
        '\u{300}'..='\u{36f}' => 0.3,
        'Œ' | '‰' => 1.35,
        _ => 1.05,
    }
}

/// An upper bound of the width of `text` in pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    text.chars().map(em).sum::<f64>() * size * if bold { BOLD } else { 1.0 }
}

/// Shortens `text` with an ellipsis until it is at most `room` pixels wide.
pub(super) fn shorten(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let room = room - width("…", size, bold);
    let mut kept = String::new();
    let mut used = 0.0;
    for c in text.chars() {
        used += width(c.encode_utf8(&mut [0; 4]), size, bold);
        if used > room {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// Breaks `text` into at most `lines` lines of at most `room` pixels; the last one is shortened where it must be.
///
/// Lines break at spaces, between CJK characters, and inside a word that is wider than a line.
pub(super) fn wrap(text: &str, size: f64, bold: bool, room: f64, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if wrapped.len() + 1 == lines {
            wrapped.push(shorten(rest, size, bold, room));
            break;
        }
        let (line, tail) = rest.split_at(line_end(rest, size, bold, room));
        wrapped.push(line.trim_end().to_owned());
        rest = tail.trim_start();
    }
    wrapped
}

/// The byte at which the first line of `text` ends; never 0.
fn line_end(text: &str, size: f64, bold: bool, room: f64) -> usize {
    let mut used = 0.0;
    let mut last_break = None;
    let mut previous: Option<char> = None;
    for (at, c) in text.char_indices() {
        if let Some(p) = previous {
            let cjk = |c: char| ('\u{2e80}'..='\u{ffef}').contains(&c);
            let closing = "，。、；：！？）」』”’》…".contains(c);
            if (p == ' ' || cjk(p) || cjk(c)) && c != ' ' && !closing {
                last_break = Some(at);
            }
        }
        used += width(c.encode_utf8(&mut [0; 4]), size, bold);
        if used > room && at > 0 && c != ' ' {
            return last_break.unwrap_or(at);
        }
        previous = Some(c);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_between_cjk() {
        assert_eq!(
            wrap("one two three", 10.0, false, 45.0, 9),
            ["one two", "three"]
        );
        assert_eq!(wrap("进程与线程", 10.0, false, 32.0, 9), ["进程与", "线程"]);
        assert_eq!(wrap("abcdefghij", 10.0, false, 32.0, 2).len(), 2);
        assert!(wrap("", 10.0, false, 32.0, 2).is_empty());
    }

    /// The advances of DejaVu Sans 2.37 and of its bold face, from their tables `hmtx`.
    #[test]
    fn no_usual_face_is_wider() {
        for (text, plain, bold) in [
            ("0123456789", 6.363, 6.959),
            ("bdghnpqu", 5.077, 5.716),
            ("mw", 1.792, 1.966),
            ("WMOQ", 3.426, 3.798),
            ("+<=>^~", 5.028, 5.028),
            ("`{}!", 2.173, 2.38),
            (",.:;", 1.31, 1.56),
            ("rt", 0.803, 0.971),
            ("µ‰Œ", 3.048, 3.343),
        ] {
            assert!(width(text, 10.0, false) >= 10.0 * plain, "{text}");
            assert!(width(text, 10.0, true) >= 10.0 * bold, "{text} in bold");
        }
    }

    #[test]
    fn shortens_with_an_ellipsis() {
        let short = shorten("a rather long name of a lane", 11.0, false, 80.0);
        assert!(short.ends_with('…') && width(&short, 11.0, false) <= 80.0);
    }

    #[test]
    fn cleans_what_xml_cannot_hold() {
        assert_eq!(clean("a\u{0}b\n c\u{ffff}"), "a\u{fffd}b c\u{fffd}");
    }
}
