//! How new text is written in each kind of file, so that a reader sees exactly it and no markup comes of it.

use std::borrow::Cow;

use super::OBJECT;

/// How replacements are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style<'a> {
    Plain,
    Markdown,
    Xml,
    /// Spaces that would fold are written as elements with this prefix (with its colon).
    Odf(&'a str),
    /// With `ascii` all other characters become references.
    Html {
        ascii: bool,
    },
}

/// Characters that no replacement may have: they would end the line or cannot be written in XML.
pub(super) fn is_barred(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{FFFE}' | '\u{FFFF}' | OBJECT
        )
}

/// New text as it is written; in a CDATA section that is left for it.
pub(super) fn written(text: &str, style: Style<'_>, cdata: bool) -> String {
    match escape(text, style) {
        text if cdata && !text.is_empty() => format!("]]>{text}<![CDATA["),
        text => text.into_owned(),
    }
}

/// Writes text so that a reader sees it.
fn escape<'a>(text: &'a str, style: Style<'_>) -> Cow<'a, str> {
    match style {
        Style::Plain => Cow::Borrowed(text),
        Style::Markdown => markdown(text),
        Style::Xml => references(text, false),
        Style::Html { ascii } => references(text, ascii),
        Style::Odf(prefix) => spaces(text, prefix),
    }
}

fn references(text: &str, ascii: bool) -> Cow<'_, str> {
    let plain = |c: char| !matches!(c, '&' | '<' | '>') && (c.is_ascii() || !ascii);
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if plain(c) => out.push(c),
            c => out.push_str(&format!("&#x{:X};", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

/// Escapes, and writes spaces at the edges and behind others as elements, since they would fold.
fn spaces<'a>(text: &'a str, prefix: &str) -> Cow<'a, str> {
    let escaped = references(text, false);
    if !escaped.starts_with(' ') && !escaped.ends_with(' ') && !escaped.contains("  ") {
        return escaped;
    }
    let mut out = String::with_capacity(escaped.len() + 32);
    let mut before = ' ';
    let last = escaped.len() - 1;
    for (at, c) in escaped.char_indices() {
        if c == ' ' && (before == ' ' || at == last) {
            out.push_str(&format!("<{prefix}s/>"));
        } else {
            out.push(c);
        }
        before = c;
    }
    Cow::Owned(out)
}

/// Backslashes before what Markdown could take for a mark.
fn markdown(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut digits_only = true;
    let last = text.chars().count().saturating_sub(1);
    for (at, c) in text.chars().enumerate() {
        let mark = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '#' | '$' => true,
            '_' | '!' => at == 0 || at == last,
            '+' | '-' | '=' | ':' => at == 0,
            '.' | ')' => digits_only && at > 0,
            _ => false,
        };
        digits_only &= c.is_ascii_digit();
        if mark {
            out.push('\\');
        }
        out.push(c);
    }
    Cow::Owned(out)
}
