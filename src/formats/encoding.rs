//! Which encoding a file is in: byte order mark, then the pattern of UTF-16, then the XML declaration.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::error::shown;

/// Whether the format has a way to declare its encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Declares {
    /// `<?xml … encoding="…"?>`
    Xml,
    /// Only a byte order mark can say something.
    Nothing,
}

/// What was found.
pub(super) struct Found {
    pub(super) encoding: &'static Encoding,
    /// Bytes of the byte order mark.
    pub(super) mark: usize,
}

/// How decoded bytes count in the file.
#[derive(Clone, Copy)]
pub(super) enum Width {
    Utf8,
    Utf16,
    Single,
    /// Chinese and Japanese encodings: places are counted in UTF-8.
    Unknown,
}

/// Finds out the encoding from the first bytes, UTF-8 if nothing says otherwise.
/// A mark is believed before a declaration. Labels are those of the WHATWG Encoding Standard,
/// so `ISO-8859-1` is read as windows-1252; `us-ascii` is read as UTF-8, of which it is a part.
///
/// # Errors
/// The reason, for UTF-32 and unknown labels.
pub(super) fn find(head: &[u8], declares: Declares) -> Result<Found, String> {
    let (encoding, mark) = match head {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            return Err("the file is in UTF-32, which is not read".into());
        }
        [0xEF, 0xBB, 0xBF, ..] => (UTF_8, 3),
        [0xFF, 0xFE, ..] => (UTF_16LE, 2),
        [0xFE, 0xFF, ..] => (UTF_16BE, 2),
        [b'<' | b' ' | b'\t' | b'\r' | b'\n', 0, ..] if declares == Declares::Xml => (UTF_16LE, 0),
        [0, b'<' | b' ' | b'\t' | b'\r' | b'\n', ..] if declares == Declares::Xml => (UTF_16BE, 0),
        _ if declares == Declares::Xml => (declared(head)?, 0),
        _ => (UTF_8, 0),
    };
    Ok(Found { encoding, mark })
}

/// The encoding of the XML declaration, which is readable in every encoding that contains ASCII.
fn declared(head: &[u8]) -> Result<&'static Encoding, String> {
    let Some(label) = label(head) else {
        return Ok(UTF_8);
    };
    match label.to_ascii_lowercase().as_str() {
        "us-ascii" | "ascii" => return Ok(UTF_8),
        _ => {}
    }
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        // The declaration was just read as ASCII, so this is a file that was converted and not corrected.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
        None => Err(format!(
            "the file declares the encoding `{}`, which is not known",
            shown(&label)
        )),
    }
}

fn label(head: &[u8]) -> Option<String> {
    let head = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|two| two == b"?>")?;
    let declaration = std::str::from_utf8(head.get(..end)?).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (label, _) = value.get(1..)?.split_once(quote)?;
    Some(label.trim().to_owned())
}

pub(super) fn width(encoding: &'static Encoding) -> Width {
    if encoding == UTF_8 {
        Width::Utf8
    } else if encoding == UTF_16LE || encoding == UTF_16BE {
        Width::Utf16
    } else if encoding.is_single_byte() {
        Width::Single
    } else {
        Width::Unknown
    }
}

/// How many bytes of the file these decoded ones were.
pub(super) fn original_length(decoded: &[u8], width: Width) -> u64 {
    let characters = || decoded.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    let length = match width {
        Width::Utf8 | Width::Unknown => decoded.len(),
        Width::Single => characters(),
        Width::Utf16 => {
            let astral = decoded.iter().filter(|byte| **byte >= 0xF0).count();
            2 * (characters() + astral)
        }
    };
    length as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(head: &[u8]) -> Result<&'static str, String> {
        find(head, Declares::Xml).map(|found| found.encoding.name())
    }

    #[test]
    fn encodings_are_found_by_mark_pattern_and_declaration() {
        for (head, expected) in [
            (&b""[..], "UTF-8"),
            (b"<", "UTF-8"),
            (b"\xEF\xBB\xBF<?xml encoding='windows-1256'?>", "UTF-8"),
            (b"\xFF\xFE<\0", "UTF-16LE"),
            (b"\xFE\xFF\0<", "UTF-16BE"),
            (b"<\0?\0", "UTF-16LE"),
            (b"\0<\0?", "UTF-16BE"),
            (
                b"<?xml version='1.0' encoding = 'Windows-1256' ?>",
                "windows-1256",
            ),
            (
                b"\n<?xml version='1.0' encoding=\"ISO-8859-6\"?>",
                "ISO-8859-6",
            ),
            (b"<?xml version='1.0' encoding=\"UTF-16\"?>", "UTF-8"),
            (b"<?xml version='1.0' encoding=\"US-ASCII\"?>", "UTF-8"),
            (b"<?xml version='1.0'?><tmx encoding='latin1'>", "UTF-8"),
        ] {
            assert_eq!(name(head), Ok(expected), "{}", head.escape_ascii());
        }
        assert!(
            name(b"<?xml encoding='klingon'?>")
                .unwrap_err()
                .contains("klingon")
        );
        assert!(name(b"\xFF\xFE\0\0<\0\0\0").is_err());
    }
}
