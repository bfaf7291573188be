//! Why a document could not be read: always with its place and with what to do about it.

use std::fmt;

use super::Kind;

/// Codes of [`Error`]; part of the API.
pub mod code {
    /// The file is of another kind than the one it was given as.
    pub const NOT_OF_KIND: &str = "not_of_kind";
    /// A zip archive that is damaged, too large unpacked, encrypted, or plays tricks with names or places.
    pub const ARCHIVE_REJECTED: &str = "archive_rejected";
    /// Bytes that are not UTF-8, or a declaration that says so.
    pub const ENCODING_ERROR: &str = "encoding_error";
    /// Not XML, from some place on.
    pub const XML_NOT_WELL_FORMED: &str = "xml_not_well_formed";
    /// A part of an office document with a DOCTYPE.
    pub const DOCTYPE_NOT_ALLOWED: &str = "doctype_not_allowed";
    /// Elements nested beyond the limit.
    pub const XML_TOO_DEEP: &str = "xml_too_deep";
    /// An element with more attributes, or more namespaces, than the limit.
    pub const TOO_MANY_ATTRIBUTES: &str = "too_many_attributes";
    /// A file beyond the limit of its kind.
    pub const TOO_LARGE: &str = "too_large";
    /// An edit that is not inside of its paragraph or overlaps another: a fault of the caller.
    pub const BAD_EDIT: &str = "bad_edit";
    /// The output could not be written.
    pub const IO: &str = "io";
}

/// Why a document was refused. Unless the code is [`code::IO`], nothing has been written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}{reason}; {}", self.remedy())]
pub struct Error {
    /// One of [`code`].
    pub code: &'static str,
    /// Where, as far as it is known.
    pub place: Place,
    /// What is wrong.
    pub reason: String,
}

/// A place in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The part of an archive, a label only; empty for documents that are one text.
    pub part: String,
    /// Line (from 1) and byte (from 0) in the part.
    pub position: Option<(u64, u64)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.part.is_empty(), self.position) {
            (true, None) => Ok(()),
            (true, Some((line, byte))) => write!(f, "line {line}, byte {byte}: "),
            (false, None) => write!(f, "{}: ", shown(&self.part)),
            (false, Some((line, byte))) => {
                write!(f, "{}, line {line}, byte {byte}: ", shown(&self.part))
            }
        }
    }
}

impl Error {
    /// An error without a place.
    pub(super) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            code,
            place: Place::default(),
            reason: reason.into(),
        }
    }

    /// An error of an entry of an archive.
    pub(super) fn archive(entry: &str, reason: impl Into<String>) -> Self {
        let mut error = Self::new(code::ARCHIVE_REJECTED, reason);
        entry.clone_into(&mut error.place.part);
        error
    }

    /// An error at a byte of a part.
    pub(super) fn at(
        code: &'static str,
        part: &str,
        bytes: &[u8],
        byte: usize,
        reason: impl Into<String>,
    ) -> Self {
        let before = bytes.get(..byte).unwrap_or(bytes);
        let line = before.iter().filter(|b| **b == b'\n').count() as u64 + 1;
        Self {
            code,
            place: Place {
                part: part.to_owned(),
                position: Some((line, byte as u64)),
            },
            reason: reason.into(),
        }
    }

    /// A file that is not what it was given as.
    pub(super) fn not_of_kind(kind: Kind, found: &str) -> Self {
        Self::new(
            code::NOT_OF_KIND,
            format!("this is no {kind} document: {found}"),
        )
    }

    pub(super) fn output(error: &std::io::Error) -> Self {
        Self::new(
            code::IO,
            format!("the document could not be written: {error}"),
        )
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self.code {
            code::NOT_OF_KIND => "name the kind that it is, or save it as that kind",
            code::ARCHIVE_REJECTED => {
                "open it in a word processor, save it anew without a password, and give that file"
            }
            code::ENCODING_ERROR => "save it as UTF-8",
            code::XML_NOT_WELL_FORMED | code::XML_TOO_DEEP | code::TOO_MANY_ATTRIBUTES => {
                "open it in a word processor and save it anew"
            }
            code::DOCTYPE_NOT_ALLOWED => "office documents have none: remove the DOCTYPE",
            code::TOO_LARGE => "split the document",
            code::BAD_EDIT => "this is a fault of the program: please report it",
            _ => "try again",
        }
    }
}

/// A name or text of the file as it may stand in a message: short, on one line, without controls.
pub(super) fn shown(text: &str) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    let mut shown: String = text
        .chars()
        .take(60)
        .map(|c| if hides(c) { '?' } else { c })
        .collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
