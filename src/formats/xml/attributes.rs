//! Tags and references of XML, read strictly: quick-xml leaves both to its caller.

use std::borrow::Cow;

use crate::formats::error::shown;

/// The most attributes of one element.
pub(in crate::formats) const MAX_ATTRIBUTES: usize = 128;
/// The longest name of an element or attribute, in bytes.
const MAX_NAME: usize = 1024;

/// What is wrong with a tag.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::formats) enum TagFault {
    TooManyAttributes,
    NotWellFormed(String),
}

/// Name and raw value, in file order.
pub(in crate::formats) type RawAttribute<'a> = (&'a str, &'a str);

/// Whether this is an XML name. All characters beyond ASCII are let through.
pub(in crate::formats) fn is_name(name: &str) -> bool {
    let start = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b':') || b >= 0x80;
    let inside = |b: u8| start(b) || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    name.len() <= MAX_NAME && name.bytes().next().is_some_and(start) && name.bytes().all(inside)
}

/// Splits what stands behind the name in a start tag.
pub(in crate::formats) fn split(mut rest: &str) -> Result<Vec<RawAttribute<'_>>, TagFault> {
    let mut found: Vec<RawAttribute<'_>> = Vec::new();
    loop {
        let trimmed = rest.trim_start_matches(is_space);
        if trimmed.is_empty() {
            return Ok(found);
        }
        if trimmed.len() == rest.len() {
            return Err(malformed("attributes must be separated by a space", rest));
        }
        let (name, value, behind) = first(trimmed)?;
        if found.len() == MAX_ATTRIBUTES {
            return Err(TagFault::TooManyAttributes);
        }
        if found.iter().any(|(other, _)| *other == name) {
            return Err(malformed("there are two attributes of one name:", name));
        }
        found.push((name, value));
        rest = behind;
    }
}

fn first(text: &str) -> Result<(&str, &str, &str), TagFault> {
    let (name, rest) = text
        .split_once('=')
        .ok_or_else(|| malformed("an attribute has no value:", text))?;
    let name = name.trim_end_matches(is_space);
    if !is_name(name) {
        return Err(malformed("this is no attribute:", name));
    }
    let rest = rest.trim_start_matches(is_space);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let quoted = quote.and_then(|quote| rest.get(1..)?.split_once(quote));
    let (value, behind) =
        quoted.ok_or_else(|| malformed("an attribute's value is not in quotes:", name))?;
    if value.contains('<') {
        return Err(malformed("there is a `<` in the attribute", name));
    }
    Ok((name, value, behind))
}

fn malformed(what: &str, text: &str) -> TagFault {
    TagFault::NotWellFormed(format!("{what} `{}`", shown(text)))
}

pub(in crate::formats) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The value that a raw one stands for: white space becomes spaces, references are resolved.
///
/// # Errors
/// The reason, for a reference that stands for nothing.
pub(in crate::formats) fn value(raw: &str) -> Result<Cow<'_, str>, String> {
    if !raw
        .bytes()
        .any(|b| matches!(b, b'&' | b'\t' | b'\r' | b'\n'))
    {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\r', '\n']) {
        let (before, from) = rest.split_at(at);
        value.push_str(before);
        rest = if let Some(behind) = from.strip_prefix('&') {
            let (name, behind) = behind.split_once(';').ok_or("a `&` that begins nothing")?;
            value.push(reference(name)?);
            behind
        } else {
            value.push(' ');
            let behind = from.strip_prefix("\r\n");
            behind.or_else(|| from.get(1..)).unwrap_or_default()
        };
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}

/// The character of `&name;`: one of the five of XML, or a number. Nothing else is ever looked up.
///
/// # Errors
/// The reason, with the name.
pub(in crate::formats) fn reference(name: &str) -> Result<char, String> {
    let number = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => match name.strip_prefix('#') {
            None => return Err(format!("the entity `&{};` is not defined", shown(name))),
            Some(number) => number,
        },
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let plain = digits.bytes().all(|b| b.is_ascii_alphanumeric());
    u32::from_str_radix(digits, radix)
        .ok()
        .filter(|_| plain)
        .and_then(char::from_u32)
        .filter(|c| is_xml_char(*c))
        .ok_or_else(|| format!("`&{};` is not a character of XML", shown(name)))
}

/// `Char` of XML 1.0.
pub(in crate::formats) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// Line ends as XML has them: LF.
pub(in crate::formats) fn unify_line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Adds text with everything escaped that would not come back as it is.
pub(in crate::formats) fn push_text(out: &mut String, text: &str) {
    push_escaped(out, text, |b| matches!(b, b'&' | b'<' | b'>' | b'\r'));
}

/// Adds the value of an attribute in double quotes, escaped likewise.
pub(in crate::formats) fn push_value(out: &mut String, value: &str) {
    push_escaped(out, value, |b| {
        matches!(b, b'&' | b'<' | b'>' | b'"' | b'\t' | b'\n' | b'\r')
    });
}

fn push_escaped(out: &mut String, text: &str, special: impl Fn(u8) -> bool) {
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| special(*byte)) {
        out.push_str(&text[done..at]);
        out.push_str(match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\t' => "&#9;",
            b'\n' => "&#10;",
            _ => "&#13;",
        });
        done = at + 1;
    }
    out.push_str(&text[done..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_written_value_is_read_back(text in "[\\PC\t\n\r]{0,40}") {
            let mut raw = String::new();
            push_value(&mut raw, &text);
            prop_assert_eq!(value(&raw).unwrap(), text);
        }

        #[test]
        fn any_tag_is_split_or_refused(tag in "[a-c=\"' <&;\t]{0,30}|\\PC{0,20}") {
            for (_, raw) in split(&tag).unwrap_or_default() {
                let _ = value(raw);
            }
        }
    }

    #[test]
    fn attributes_come_in_file_order_with_raw_values() {
        let found = split(" b=\"1\"\n a = '&lt;\"'\t").unwrap();
        assert_eq!(found, [("b", "1"), ("a", "&lt;\"")]);
        assert_eq!(split(""), Ok(vec![]));
    }

    #[test]
    fn broken_tags_are_refused() {
        for tag in [
            " a",
            " a=",
            " a=1",
            " a=\"1",
            " a='1\"",
            " a=\"<\"",
            " a=\"1\"b=\"2\"",
            " =\"1\"",
            " a=\"1\" a=\"2\"",
            " 1=\"1\"",
            "a=\"1\"",
            " a b=\"1\"",
            " /",
        ] {
            assert!(
                matches!(split(tag), Err(TagFault::NotWellFormed(_))),
                "{tag}"
            );
        }
    }

    #[test]
    fn the_129th_attribute_is_too_many() {
        let tag = |count: usize| (0..count).map(|i| format!(" a{i}=''")).collect::<String>();
        assert_eq!(split(&tag(128)).unwrap().len(), 128);
        assert_eq!(split(&tag(129)), Err(TagFault::TooManyAttributes));
    }

    #[test]
    fn only_five_entities_and_real_characters_are_known() {
        for (name, expected) in [
            ("amp", '&'),
            ("#x6a9", 'ک'),
            ("#1705", 'ک'),
            ("#x1F600", '😀'),
            ("#9", '\t'),
        ] {
            assert_eq!(reference(name), Ok(expected));
        }
        for name in [
            "nbsp",
            "",
            "#",
            "#x",
            "#0",
            "#xD800",
            "#x110000",
            "#7",
            "#xFFFE",
            "#-1",
            "#+9",
            "#x+9",
            "#X41",
            "lol",
            "#99999999999999999999",
            " amp",
        ] {
            assert!(reference(name).is_err(), "{name}");
        }
    }
}
