//! What a translator carries over unchanged, found in plain text without a pattern engine: URLs,
//! e-mail addresses, format specifiers and other placeholders, entities, XML-like tags.
//!
//! Everything here reads the `key` fold (lower case, plain quotes). Each scan is bounded, or stops at
//! the next place where one could begin, so that the whole stays linear.

use std::ops::Range;

/// The longest name of a placeholder or entity, in bytes.
const LONGEST_NAME: usize = 64;

/// The end of the placeable that begins at `at` with one of `< & % { $`; `before` is the byte before
/// it, or a space if that belongs to another placeable.
pub(super) fn end(key: &str, at: usize, before: u8) -> Option<usize> {
    let rest = key.as_bytes().get(at..)?;
    let length = match *rest.first()? {
        b'<' => tag(rest),
        b'&' => entity(rest),
        b'{' => braces(rest),
        b'%' if before.is_ascii_digit() || before == b'%' => None,
        b'%' => percent(rest),
        b'$' if before.is_ascii_alphanumeric() => None,
        b'$' => dollar(rest),
        _ => None,
    }?;
    Some(at + length)
}

/// `<b>`, `</a>`, `<br/>`, `<a href="…">`, `<1>`: a name, then attributes with values only, so that
/// "a <b and c> d" is none.
fn tag(rest: &[u8]) -> Option<usize> {
    let mut at = if rest.get(1) == Some(&b'/') { 2 } else { 1 };
    let name = run(rest, at, |b| {
        b.is_ascii_alphanumeric() || b":_.-".contains(&b)
    });
    if !rest.get(at)?.is_ascii_alphanumeric() {
        return None;
    }
    at = name;
    loop {
        let next = run(rest, at, |b| b == b' ');
        match rest.get(next)? {
            b'>' => return Some(next + 1),
            b'/' if rest.get(next + 1) == Some(&b'>') => return Some(next + 2),
            _ if next > at => at = attribute(rest, next)?,
            _ => return None,
        }
    }
}

fn attribute(rest: &[u8], at: usize) -> Option<usize> {
    let name = run(rest, at, |b| {
        b.is_ascii_alphanumeric() || b":_.-".contains(&b)
    });
    if name == at || rest.get(name) != Some(&b'=') {
        return None;
    }
    let value = name + 1;
    match *rest.get(value)? {
        quote @ (b'"' | b'\'') => {
            let end = run(rest, value + 1, |b| b != quote && b != b'<');
            (rest.get(end) == Some(&quote)).then_some(end + 1)
        }
        _ => {
            let end = run(rest, value, |b| !b" <>\"'=/".contains(&b));
            (end > value).then_some(end)
        }
    }
}

/// `&name;`, `&#1234;`, `&#x1f;`
fn entity(rest: &[u8]) -> Option<usize> {
    let start = if rest.get(1) == Some(&b'#') { 2 } else { 1 };
    let end = run(bounded(rest), start, |b| b.is_ascii_alphanumeric());
    (end > start && rest.get(end) == Some(&b';')).then_some(end + 1)
}

/// `{0}`, `{}`, `{name}`, `{0:n2}`, `{{name}}`, `{{ user.name }}`
fn braces(rest: &[u8]) -> Option<usize> {
    let rest = bounded(rest);
    let double = rest.get(1) == Some(&b'{');
    let name = run(rest, if double { 2 } else { 1 }, |b| b == b' ');
    let mut at = run(rest, name, is_name_byte);
    if at > name && matches!(rest.get(at), Some(b':' | b',')) {
        at = run(rest, at, |b| !b"{}".contains(&b));
    }
    let end = run(rest, at, |b| b == b' ');
    match (double, rest.get(end)?, rest.get(end + 1)) {
        (true, b'}', Some(b'}')) if at > name => Some(end + 2),
        (false, b'}', _) if at > name || end == 1 => Some(end + 1),
        _ => None,
    }
}

/// `%s`, `%1$s`, `%-5.2f`, `%ld`, `%(name)s`, `%{name}`, `%1` (Qt; up to 19, so that a percent sign
/// before its number, as in Persian, is none). `%%` is a percent sign.
fn percent(rest: &[u8]) -> Option<usize> {
    let rest = bounded(rest);
    let digit = |b: u8| b.is_ascii_digit();
    let mut at = 1;
    match *rest.get(1)? {
        b'(' => {
            let close = run(rest, 2, is_name_byte);
            if close == 2 || rest.get(close) != Some(&b')') {
                return None;
            }
            at = close + 1;
        }
        b'{' => return braces(rest.get(1..)?).map(|length| length + 1),
        _ => {
            let number = run(rest, 1, digit);
            if number > 1 && rest.get(number) == Some(&b'$') {
                at = number + 1;
            }
        }
    }
    at = run(rest, at, |b| b"-+#0".contains(&b));
    at = run(rest, at, |b| digit(b) || b == b'*');
    if rest.get(at) == Some(&b'.') {
        at = run(rest, at + 1, |b| digit(b) || b == b'*');
    }
    at = run(rest, at, |b| b"hlqzt".contains(&b));
    if rest.get(at).is_some_and(|b| b"diufegxoscp@".contains(b)) {
        return Some(at + 1);
    }
    let number = run(rest, 1, digit);
    let positional = match rest.get(1..number)? {
        [b'1'..=b'9'] | [b'1', _] => {
            !matches!(rest.get(number..), Some([b'.' | b',', b'0'..=b'9', ..]))
        }
        _ => false,
    };
    positional.then_some(number)
}

/// `$name`, `${name}`
fn dollar(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'{') {
        return braces(rest.get(1..)?).map(|length| length + 1);
    }
    let first = *rest.get(1)?;
    (first.is_ascii_alphabetic() || first == b'_')
        .then(|| run(rest, 1, |b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// Where the scheme begins whose `://` is at `at`, not before `floor`.
pub(super) fn scheme_start(key: &str, floor: usize, at: usize) -> Option<usize> {
    let before = key.as_bytes().get(floor..at)?;
    let length = before
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
        .count();
    // A scheme begins with a letter; what stands before that is not its.
    let skipped = before[before.len() - length..]
        .iter()
        .take_while(|b| !b.is_ascii_alphabetic())
        .count();
    (length > skipped).then_some(at - length + skipped)
}

/// The end of a URL whose part after the scheme begins at `from`: to the next space, bracket or quote,
/// without the punctuation of the sentence around it. Letters of all scripts belong to it.
pub(super) fn url_end(key: &str, from: usize) -> Option<usize> {
    let rest = key.get(from..)?;
    let belongs = |c: char| {
        if c.is_ascii() {
            c.is_ascii_graphic() && !"<>\"'{}|\\^".contains(c)
        } else {
            c.is_alphanumeric() || super::tables::is_mark(c)
        }
    };
    let url = rest.split(|c| !belongs(c)).next()?;
    let (mut open, mut close) = (0usize, 0usize);
    for byte in url.bytes() {
        open += usize::from(byte == b'(');
        close += usize::from(byte == b')');
    }
    let mut length = url.len();
    while let Some(&last) = url.as_bytes()[..length].last() {
        match last {
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b']' => {}
            b')' if close > open => close -= 1,
            _ => break,
        }
        length -= 1;
    }
    (length > 0).then_some(from + length)
}

/// The e-mail address around the `@` at `at`, not reaching before `floor`.
pub(super) fn address(key: &str, floor: usize, at: usize) -> Option<Range<usize>> {
    let bytes = key.as_bytes();
    let before = bytes.get(floor..at)?;
    let length = before
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || b"._+-".contains(b))
        .count();
    let local = &before[before.len() - length..];
    let skipped = local
        .iter()
        .take_while(|b| !b.is_ascii_alphanumeric())
        .count();
    if local.len() == skipped {
        return None;
    }
    let mut end = run(bytes, at + 1, |b| {
        b.is_ascii_alphanumeric() || b".-".contains(&b)
    });
    while matches!(bytes.get(end - 1), Some(b'.' | b'-')) {
        end -= 1;
    }
    let domain = bytes.get(at + 1..end)?;
    let dot = domain.iter().rposition(|&b| b == b'.')?;
    let top = &domain[dot + 1..];
    (dot > 0 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic))
        .then_some(at - length + skipped..end)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-[]@#$".contains(&byte)
}

fn bounded(rest: &[u8]) -> &[u8] {
    rest.get(..LONGEST_NAME).unwrap_or(rest)
}

/// The end of the run of bytes from `at` that `belong`.
fn run(bytes: &[u8], at: usize, belong: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&b| belong(b)).count()
}
