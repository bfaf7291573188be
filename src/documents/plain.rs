//! Plain text: chunks of whole lines, so that a text of any size needs only one chunk beside itself.

use std::io::Write;

use super::error::{Error, code};
use super::session::{Lines, Session};
use super::{Edit, Kind};

/// The longest chunk, in bytes. A name that lies across the end of one is not seen; ends are at blank lines
/// where there are any, then at line ends, then between words.
const CHUNK: usize = 256 << 10;

/// The bytes as text.
///
/// # Errors
/// When they are not UTF-8, or show that they are no text at all.
pub(super) fn text(kind: Kind, bytes: &[u8]) -> Result<&str, Error> {
    for (magic, what) in [
        (&b"PK\x03\x04"[..], "it is a zip archive"),
        (b"%PDF-", "it is a PDF"),
        (b"{\\rtf", "it is RTF"),
        (
            b"\xD0\xCF\x11\xE0",
            "it is a Word 97–2003 document or an encrypted one",
        ),
    ] {
        if bytes.starts_with(magic) {
            return Err(Error::not_of_kind(kind, what));
        }
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(Error::new(code::ENCODING_ERROR, "the document is UTF-16"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let byte = error.valid_up_to();
        Error::at(code::ENCODING_ERROR, "", bytes, byte, "this is not UTF-8")
    })?;
    match text.find('\0') {
        None => Ok(text),
        Some(byte) => {
            let mut error = Error::at(code::NOT_OF_KIND, "", bytes, byte, "");
            error.reason = format!("this is no {kind} document: there is a NUL");
            Err(error)
        }
    }
}

/// A byte order mark is no text.
pub(super) const BOM: char = '\u{FEFF}';

pub(super) fn run(
    text: &str,
    output: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    let mut lines = Lines::new(text.as_bytes());
    let mut write = |text: &str| {
        output
            .write_all(text.as_bytes())
            .map_err(|error| Error::output(&error))
    };
    let mut rest = text.strip_prefix(BOM).unwrap_or(text);
    let mut at = text.len() - rest.len();
    write(text.get(..at).unwrap_or_default())?;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(end_of_chunk(rest));
        if chunk.chars().all(char::is_whitespace) {
            write(chunk)?;
        } else {
            let edits = session.ask("", &mut lines, at, chunk)?;
            session.summary.edits += edits.len();
            write_edited(chunk, &edits, &mut write)?;
        }
        at += chunk.len();
        rest = behind;
    }
    Ok(())
}

fn write_edited(
    chunk: &str,
    edits: &[Edit],
    write: &mut dyn FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut done = 0;
    for edit in edits {
        write(chunk.get(done..edit.range.start).unwrap_or_default())?;
        write(&edit.replacement)?;
        done = edit.range.end;
    }
    write(chunk.get(done..).unwrap_or_default())
}

fn end_of_chunk(text: &str) -> usize {
    if text.len() <= CHUNK {
        return text.len();
    }
    let boundary = (0..=CHUNK).rev().find(|at| text.is_char_boundary(*at));
    let window = text.get(..boundary.unwrap_or(text.len())).unwrap_or(text);
    let blank = [
        window.rfind("\n\n").map(|at| at + 2),
        window.rfind("\n\r\n").map(|at| at + 3),
    ];
    blank
        .into_iter()
        .flatten()
        .max()
        .or_else(|| window.rfind('\n').map(|at| at + 1))
        .or_else(|| {
            let (at, c) = window.char_indices().rfind(|(_, c)| c.is_whitespace())?;
            Some(at + c.len_utf8())
        })
        .unwrap_or(window.len())
}
