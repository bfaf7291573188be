//! Why a file could not be read to its end: always with its place and with what to do about it.

use super::Place;

/// Codes of [`Error`]; part of the API.
pub mod code {
    /// The file is something else: HTML, an archive, a picture, nothing at all.
    pub const NOT_TMX: &str = "not_tmx";
    /// The file is something other than TBX.
    pub const NOT_TBX: &str = "not_tbx";
    /// Bytes that are not text in the encoding the file claims.
    pub const ENCODING_ERROR: &str = "encoding_error";
    /// The file ends before it is complete.
    pub const UNEXPECTED_EOF: &str = "unexpected_eof";
    /// A DOCTYPE that declares something, or points to something other than a TMX DTD.
    pub const DOCTYPE_NOT_ALLOWED: &str = "doctype_not_allowed";
    /// Elements nested beyond the limit.
    pub const XML_TOO_DEEP: &str = "xml_too_deep";
    /// An element with more attributes than the limit.
    pub const TOO_MANY_ATTRIBUTES: &str = "too_many_attributes";
    /// One text, tag, line or unit beyond the limit.
    pub const TEXT_TOO_LONG: &str = "text_too_long";
    /// A gzip file that is damaged or unpacks to a suspicious size.
    pub const ARCHIVE_REJECTED: &str = "archive_rejected";
    /// Not XML, from some place on.
    pub const XML_NOT_WELL_FORMED: &str = "xml_not_well_formed";
    /// A table that does not say which languages its columns are in.
    pub const HEADER_MISSING: &str = "header_missing";
    /// The input could not be read.
    pub const IO: &str = "io";
}

/// Why reading stopped. Entries that came before it are complete and right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, byte {byte}: {reason}; {}", self.remedy())]
pub struct Error {
    /// One of [`code`].
    pub code: &'static str,
    /// Line, from 1.
    pub line: u64,
    /// Byte in the unpacked file, from 0; see [`Place`].
    pub byte: u64,
    /// What is wrong.
    pub reason: String,
}

impl Error {
    pub(super) fn new(code: &'static str, place: Place, reason: impl Into<String>) -> Self {
        Self {
            code,
            line: place.line,
            byte: place.byte,
            reason: reason.into(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self.code {
            code::NOT_TMX => "give a TMX file, or name the format it has",
            code::NOT_TBX => "give a TBX file (martif or tbx), or name the format it has",
            code::ENCODING_ERROR => "save the file as UTF-8, or declare the encoding it is in",
            code::UNEXPECTED_EOF => "the file is cut off: copy or download it again",
            code::DOCTYPE_NOT_ALLOWED => "remove the DOCTYPE; entities must be written out",
            code::XML_TOO_DEEP => "at most 4096 nested elements are read",
            code::TOO_MANY_ATTRIBUTES => "at most 128 attributes are read",
            code::TEXT_TOO_LONG => "split or remove it",
            code::ARCHIVE_REJECTED => "unpack the file and import what is in it",
            code::XML_NOT_WELL_FORMED => "correct the file there, or export it again",
            code::HEADER_MISSING => {
                "name the languages: --from and --to, or a first line of language tags"
            }
            _ => "try again",
        }
    }
}

/// A piece of input as it may appear in a message: short, on one line, without controls.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(40)
        .map(|c| if hides(c) { '?' } else { c })
        .collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

/// Controls, line breaks and bidi marks, which would rearrange a log line.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}
