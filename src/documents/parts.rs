//! What DOCX and ODT have in common: an archive, some of whose parts have paragraphs.

use std::collections::BTreeMap;
use std::io::Write;

use super::archive::Archive;
use super::block::{Splice, spliced};
use super::error::Error;
use super::session::{Lines, Session};
use super::{Kind, docx, odt};

/// A part that is being read, and the changes that it will get.
pub(super) struct Part<'a, 's, 'e> {
    pub(super) name: &'a str,
    /// The whole part; empty where it is not UTF-8, which ends the reading.
    pub(super) text: &'a str,
    pub(super) lines: Lines<'a>,
    pub(super) session: &'s mut Session<'e>,
    pub(super) splices: Vec<Splice>,
}

pub(super) fn run(
    kind: Kind,
    input: &[u8],
    output: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    if !input.starts_with(b"PK") {
        return Err(Error::not_of_kind(kind, found_instead(input)));
    }
    let archive = Archive::open(input)?;
    let names = match kind {
        Kind::Odt => odt::parts(&archive)?,
        _ => docx::parts(&archive)?,
    };
    let mut changed = BTreeMap::new();
    for name in names {
        let Some(entry) = archive.entry(&name) else {
            continue;
        };
        let content = archive.content(entry)?;
        let text = std::str::from_utf8(&content).unwrap_or_default();
        let mut part = Part {
            name: &entry.name,
            text,
            lines: Lines::new(text.as_bytes()),
            session,
            splices: Vec::new(),
        };
        match kind {
            Kind::Odt => odt::read(&content, &mut part)?,
            _ => docx::read(&content, &mut part)?,
        }
        let mut splices = part.splices;
        if !splices.is_empty() {
            // Of text boxes, the changes come before those of the paragraph around them.
            splices.sort_by_key(|splice| splice.source.start);
            changed.insert(entry.name.clone(), spliced(text, &splices));
        }
    }
    archive.write(&changed, output)
}

fn found_instead(input: &[u8]) -> &'static str {
    if input.is_empty() {
        "the file is empty"
    } else if input.starts_with(b"\xD0\xCF\x11\xE0") {
        "it is a Word 97–2003 document, or one with a password"
    } else if input.starts_with(b"{\\rtf") {
        "it is RTF"
    } else if input.starts_with(b"%PDF-") {
        "it is a PDF"
    } else {
        "it is no zip archive"
    }
}
