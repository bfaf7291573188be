//! Character references in the text of HTML, as browsers read them (WHATWG HTML, "named character reference
//! state" and the states of numbers). The names are those of the standard, from the crate `entities`.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The longest name, `CounterClockwiseContourIntegral;`.
const LONGEST: usize = 32;
/// The longest name that is read without its semicolon, such as `Aacute`.
const LONGEST_BARE: usize = 6;

/// What the numbers 0x80 to 0x9F mean: the characters of Windows-1252.
const WINDOWS: [u32; 32] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
];

/// A reference at the start of a text.
pub(super) struct Reference {
    /// Its length in bytes.
    pub(super) length: usize,
    /// What it stands for: one or two characters.
    pub(super) text: String,
}

/// The reference that `text`, which begins with `&`, begins with, if it does.
pub(super) fn reference(text: &str) -> Option<Reference> {
    let body = text.strip_prefix('&')?;
    match body.strip_prefix('#') {
        Some(number) => numeric(number),
        None => named(body),
    }
}

fn numeric(body: &str) -> Option<Reference> {
    let (digits, radix, prefix) = match body.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 3),
        None => (body, 10, 2),
    };
    let length = digits
        .bytes()
        .take_while(|b| char::from(*b).is_digit(radix))
        .count();
    if length == 0 {
        return None;
    }
    let semicolon = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    let number = u32::from_str_radix(digits.get(..length)?, radix).unwrap_or(u32::MAX);
    let number = match number.checked_sub(0x80).map(|at| WINDOWS.get(at as usize)) {
        Some(Some(windows)) => *windows,
        _ => number,
    };
    let c = char::from_u32(number)
        .filter(|c| *c != '\0')
        .unwrap_or('\u{FFFD}');
    Some(Reference {
        length: prefix + length + semicolon,
        text: c.to_string(),
    })
}

fn named(body: &str) -> Option<Reference> {
    let end = body
        .bytes()
        .take(LONGEST)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let found = |length: usize| {
        let text = names().get(body.get(..length)?)?;
        Some(Reference {
            length: length + 1,
            text: (*text).to_owned(),
        })
    };
    if body.as_bytes().get(end) == Some(&b';')
        && let Some(reference) = found(end + 1)
    {
        return Some(reference);
    }
    (2..=end.min(LONGEST_BARE)).rev().find_map(found)
}

/// Names, with their semicolon unless they are also read without one, and what they stand for.
fn names() -> &'static HashMap<&'static str, &'static str> {
    static NAMES: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        entities::ENTITIES
            .iter()
            .filter_map(|entity| Some((entity.entity.strip_prefix('&')?, entity.characters)))
            .collect()
    })
}
