//! The text of documents and its rewriting, with the formatting kept: plain text, Markdown, HTML, DOCX, ODT.
//!
//! A *paragraph* is what a reader sees as one block: its runs joined, references decoded, white space that
//! nobody sees left out. So a name that is half in bold is seen whole. An [`Edit`] replaces bytes of a
//! paragraph's text; where it covers several runs, the replacement takes the formatting of the first and the
//! others lose what was covered. All else in the file stays byte for byte: parts of an archive that are not
//! touched are copied as they are packed, and in a touched part only the edited text differs. Without edits
//! the output is the input.
//!
//! | kind | paragraphs | left alone |
//! |---|---|---|
//! | text | chunks of whole lines, at most 256 KiB; ends at a blank line if there is one | nothing |
//! | Markdown | paragraphs, headings, table cells, list items, footnotes | code, link targets, autolinks, images' texts, HTML, front matter |
//! | HTML | text between block tags; `title` | attributes, comments, `script`, `style`, `pre`, `code`, `kbd`, `samp`, `textarea`, `template`, `svg`, `math`, `del`, `sup`, `rt` |
//! | DOCX | `w:p` in the body, foot- and endnotes, headers, footers, comments; text boxes | deleted and moved-away text, field codes, hidden and superscript text, formulas, charts, properties |
//! | ODT | `text:p`, `text:h` in content and in headers and footers; notes, comments, text boxes | tracked deletions, generated fields, embedded objects, properties |
//!
//! A tab is `\t` in a paragraph's text, a line break `\n`, something that is left alone inside of a line is
//! [`OBJECT`]; an edit that covers one of these is not applied but counted as [`Skipped`]. Marks of notes take
//! no room in the text. A text box comes before the paragraph that it is anchored in.
//!
//! Files are hostile until shown otherwise: see the module `archive` for zips and `xml` for the parts.
//! No name in an archive is ever used as a path, no entity is expanded, nothing outside is opened.

mod archive;
mod block;
mod docx;
mod error;
mod escape;
mod html;
mod kind;
mod markdown;
mod odt;
mod parts;
mod plain;
mod session;
mod xml;

use std::io::Write;
use std::ops::Range;

pub use error::{Error, Place, code};
pub use kind::{Kind, UnknownKind};
use session::Session;

/// Stands in a paragraph's text for something inside of a line that is left alone: an image, code, a field.
pub const OBJECT: char = '\u{FFFC}';

/// A block of text as a reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paragraph<'a> {
    /// Its number, from 0; empty paragraphs are not counted.
    pub number: usize,
    /// The part of a DOCX or ODT that it is in, such as `word/footnotes.xml`; otherwise empty.
    pub part: &'a str,
    /// The line in the file or part on which it begins, from 1.
    pub line: u64,
    /// The byte in the file or part at which it begins, from 0.
    pub byte: u64,
    /// Its text. Never empty or only white space.
    pub text: &'a str,
}

/// A change of a paragraph's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the paragraph's text, on boundaries of characters. May be empty: then text is inserted.
    pub range: Range<usize>,
    /// What stands there afterwards, as a reader sees it: no escapes. May be empty.
    pub replacement: String,
}

/// What has been done to a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Paragraphs with text.
    pub paragraphs: usize,
    /// Edits applied; one that changes nothing is not counted.
    pub edits: usize,
    /// Edits not applied.
    pub skipped: Vec<Skipped>,
}

/// An edit that could not be applied without changing more than the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The number of its paragraph.
    pub paragraph: usize,
    /// Its range.
    pub range: Range<usize>,
    /// Why.
    pub reason: &'static str,
}

/// Gives each paragraph of a document to `each`, in the order of the file.
///
/// # Errors
/// When the file is not of this kind, or is one of those that are refused.
pub fn read(
    kind: Kind,
    input: &[u8],
    each: &mut dyn FnMut(&Paragraph<'_>),
) -> Result<usize, Error> {
    let mut no_edits = |paragraph: &Paragraph<'_>| {
        each(paragraph);
        Vec::new()
    };
    let mut session = Session::new(&mut no_edits);
    run(kind, input, &mut std::io::sink(), &mut session)?;
    Ok(session.summary.paragraphs)
}

/// Rewrites a document: asks `edits` for the changes of each paragraph and writes the result to `output`.
/// The edits of a paragraph may come in any order but must not overlap.
///
/// # Errors
/// As [`read`], and when an edit is not inside of its paragraph or the output cannot be written. Nothing is
/// written before the document has been read to its end, except of plain text, where only a wrong edit or
/// a failing output can end it early.
pub fn rewrite(
    kind: Kind,
    input: &[u8],
    output: &mut dyn Write,
    edits: &mut dyn FnMut(&Paragraph<'_>) -> Vec<Edit>,
) -> Result<Summary, Error> {
    let mut session = Session::new(edits);
    run(kind, input, output, &mut session)?;
    output.flush().map_err(|error| Error::output(&error))?;
    Ok(session.summary)
}

fn run(
    kind: Kind,
    input: &[u8],
    output: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    if input.len() > kind.max_bytes() {
        let reason = format!(
            "the document has {} bytes, {kind} documents may have {}",
            input.len(),
            kind.max_bytes()
        );
        return Err(Error::new(code::TOO_LARGE, reason));
    }
    match kind {
        Kind::Text => plain::run(plain::text(kind, input)?, output, session),
        Kind::Markdown => markdown::run(plain::text(kind, input)?, output, session),
        Kind::Html => html::run(plain::text(kind, input)?, output, session),
        Kind::Docx | Kind::Odt => parts::run(kind, input, output, session),
    }
}

#[cfg(test)]
mod tests;
