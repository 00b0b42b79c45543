//! How a value becomes the output of a notebook cell.

use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// The kernel sets it for the process that runs the cells; what that starts inherits it.
const IN_KERNEL: &str = "EVCXR_IS_RUNTIME";

/// Prints one cell output that carries the same content in several MIME types, richest first. Outside of the kernel that is
/// its plain text.
///
/// This is the protocol of the evcxr kernel: blocks in a row make one output, and the client picks the type it shows.
pub(crate) fn emit(contents: &[(&str, &str)]) {
    let text = output(contents, env::var_os(IN_KERNEL).is_some());
    let mut out = io::stdout().lock();
    // A kernel that closed our output is gone: there is nobody left to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn output(contents: &[(&str, &str)], in_kernel: bool) -> String {
    let mut text = String::new();
    for (mime, content) in contents {
        // Writing to a String cannot fail.
        let _ = match *mime {
            _ if in_kernel => writeln!(
                text,
                "EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT"
            ),
            "text/plain" => writeln!(text, "{}", content.trim_end()),
            _ => Ok(()),
        };
    }
    text
}

/// Escaped text in English and in Chinese, of which the site shows the one that is its page's language.
pub(crate) fn both([en, zh]: [impl AsRef<str>; 2]) -> String {
    format!(
        "<span lang=\"en\">{}</span> <span lang=\"zh-CN\">{}</span>",
        escape(en.as_ref()),
        escape(zh.as_ref())
    )
}

/// Escapes a sentence; what stands in backticks becomes code.
///
/// ```
/// assert_eq!(support::display::with_code("`a < b`?"), "<code>a &lt; b</code>?");
/// ```
#[must_use]
pub fn with_code(sentence: &str) -> String {
    let mut html = String::new();
    for (i, part) in sentence.split('`').enumerate() {
        if i % 2 == 0 {
            html.push_str(&escape(part));
        } else {
            html.push_str("<code>");
            html.push_str(&escape(part));
            html.push_str("</code>");
        }
    }
    html
}

/// Escapes text for use in HTML or SVG, attributes included.
///
/// ```
/// assert_eq!(support::display::escape("a < b"), "a &lt; b");
/// ```
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML 1.0 has no way to write the other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The style of the box that a verdict or a checked answer stands in.
pub(crate) const BOX: &str = "color:inherit;border:1px solid #808890;border-left:6px solid #808890;border-radius:4px;\
     padding:.5em .8em;margin:.4em 0;max-width:48em;line-height:1.45";

/// A word in white on a ground, as HTML; the word is HTML already.
pub(crate) fn badge(class: &str, ground: &str, word: &str) -> String {
    format!(
        "<span class=\"{class}\" style=\"background:{ground};color:#fff;font-weight:700;font-size:.85em;\
         padding:.15em .55em;border-radius:3px;white-space:nowrap\">{word}</span>"
    )
}

/// The relative luminance of WCAG 2 of a colour such as `0x1a6b3a`: 0 is black, 1 is white.
#[cfg(test)]
pub(crate) fn luminance(rgb: u32) -> f64 {
    let channel = |shift: u32| {
        let c = f64::from((rgb >> shift) & 0xff) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

/// The contrast ratio of WCAG 2 of two colours; 4.5 is what text needs.
#[cfg(test)]
pub(crate) fn contrast(a: u32, b: u32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The contrast of white text on a ground such as `#1a6b3a`.
#[cfg(test)]
pub(crate) fn white_on(ground: &str) -> f64 {
    contrast(0xffffff, u32::from_str_radix(&ground[1..], 16).unwrap())
}

#[cfg(test)]
mod tests {
    use super::output;

    #[test]
    fn outside_of_the_kernel_a_value_is_its_plain_text() {
        let contents = [("text/html", "<b>3</b>"), ("text/plain", "3\n")];
        assert_eq!(output(&contents, false), "3\n");
        let marked = "EVCXR_BEGIN_CONTENT text/html\n<b>3</b>\nEVCXR_END_CONTENT\n\
                      EVCXR_BEGIN_CONTENT text/plain\n3\n\nEVCXR_END_CONTENT\n";
        assert_eq!(output(&contents, true), marked);
    }
}
