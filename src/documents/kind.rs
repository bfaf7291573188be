//! Which kind of document a file is: by its name, its media type or its first bytes.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Plain text in UTF-8.
    Text,
    /// `CommonMark` with tables, footnotes, task lists, strike-through and front matter.
    Markdown,
    /// HTML as browsers read it.
    Html,
    /// Office Open XML text (ISO/IEC 29500), as Word writes it: `.docx`, `.docm`, `.dotx`, `.dotm`.
    Docx,
    /// `OpenDocument` text (ISO/IEC 26300), as `LibreOffice` writes it: `.odt`, `.ott`.
    Odt,
}

/// A word that names no kind of document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kind of document must be text, markdown, html, docx or odt")]
pub struct UnknownKind;

const MEDIA_TYPES: &[(&str, Kind)] = &[
    ("text/plain", Kind::Text),
    ("text/markdown", Kind::Markdown),
    ("text/x-markdown", Kind::Markdown),
    ("text/html", Kind::Html),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Kind::Docx,
    ),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
        Kind::Docx,
    ),
    (
        "application/vnd.ms-word.document.macroenabled.12",
        Kind::Docx,
    ),
    ("application/vnd.oasis.opendocument.text", Kind::Odt),
    (
        "application/vnd.oasis.opendocument.text-template",
        Kind::Odt,
    ),
];

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Markdown,
        Self::Html,
        Self::Docx,
        Self::Odt,
    ];

    /// The kind that a file's name promises.
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "txt" | "text" => Some(Self::Text),
            "md" | "markdown" | "mdown" | "mkd" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "docx" | "docm" | "dotx" | "dotm" => Some(Self::Docx),
            "odt" | "ott" => Some(Self::Odt),
            _ => None,
        }
    }

    /// The kind of a media type; parameters such as `charset` are not looked at.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let name = media_type.split(';').next().unwrap_or_default().trim();
        MEDIA_TYPES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, kind)| *kind)
    }

    /// The kind that the content shows for certain: DOCX, ODT or HTML. Markdown and plain text show nothing.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"PK\x03\x04") {
            // An ODT says what it is in its first entry, which is stored as it is.
            let head = bytes.get(..512).unwrap_or(bytes);
            if contains(head, b"mimetypeapplication/vnd.oasis.opendocument.text") {
                return Some(Self::Odt);
            }
            // The directory at the end names all parts.
            let tail = bytes.len().saturating_sub(256 << 10);
            let named = |name: &[u8]| {
                contains(head, name) || bytes.get(tail..).is_some_and(|end| contains(end, name))
            };
            return (named(b"[Content_Types].xml") && named(b"word/")).then_some(Self::Docx);
        }
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let start = text.iter().position(|b| !b.is_ascii_whitespace())?;
        let head = text.get(start..)?;
        let begins = |with: &[u8]| {
            head.get(..with.len())
                .is_some_and(|h| h.eq_ignore_ascii_case(with))
        };
        (begins(b"<!doctype html") || begins(b"<html")).then_some(Self::Html)
    }

    /// Its short name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Docx => "docx",
            Self::Odt => "odt",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Odt => "application/vnd.oasis.opendocument.text",
        }
    }

    /// The largest file of this kind that is read, in bytes.
    ///
    /// What is held beside the file itself: of a text one chunk of 256 KiB, of HTML one paragraph and the
    /// changes, of Markdown about ten times the file, of DOCX and ODT the one part that is being read and the
    /// changed parts.
    pub fn max_bytes(self) -> usize {
        match self {
            Self::Text => 512 << 20,
            Self::Markdown => 16 << 20,
            Self::Html => 64 << 20,
            Self::Docx | Self::Odt => 100 << 20,
        }
    }
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        match name.to_ascii_lowercase().as_str() {
            "text" | "txt" | "plain" => Ok(Self::Text),
            "markdown" | "md" => Ok(Self::Markdown),
            "html" => Ok(Self::Html),
            "docx" => Ok(Self::Docx),
            "odt" => Ok(Self::Odt),
            _ => Err(UnknownKind),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
