//! DOCX (ISO/IEC 29500): which parts have paragraphs, and how runs make a paragraph.
//!
//! Read are the main document, foot- and endnotes, headers, footers and comments, by their content types.
//! Of a paragraph: `w:t`, tabs, breaks, hyphens, results of fields, hyperlinks, insertions, content controls,
//! text boxes (each a paragraph of its own; the copy in `mc:Fallback` gets the same edits and is not counted).
//! Left alone: `w:del`, `w:moveFrom`, field codes, runs that are hidden or superscript, ruby text, formulas,
//! charts and `SmartArt`, building blocks, document properties. Not known here: hiding by a style, text that
//! Word will fill in anew (content controls bound to data, fields when they are updated).

mod body;
mod runs;

use std::ops::Range;

use super::Kind;
use super::archive::Archive;
use super::error::Error;
use super::parts::Part;
use super::xml::{self, Element, Handler, Space, Text};

const CONTENT_TYPES: &str = "[Content_Types].xml";

/// Endings of the content types of parts with paragraphs, in the order in which they are read.
const READ: &[&str] = &[
    ".footnotes+xml",
    ".endnotes+xml",
    ".header+xml",
    ".footer+xml",
    ".comments+xml",
];

/// The names of the parts with paragraphs, the main document first.
///
/// # Errors
/// When this is no DOCX.
pub(super) fn parts(archive: &Archive<'_>) -> Result<Vec<String>, Error> {
    let not_docx = |found| Err(Error::not_of_kind(Kind::Docx, found));
    let Some(entry) = archive.entry(CONTENT_TYPES) else {
        return not_docx(match archive.entry("mimetype") {
            Some(_) => "it is an OpenDocument or an EPUB",
            None => "it is another zip archive",
        });
    };
    let mut types = ContentTypes::default();
    xml::walk(CONTENT_TYPES, &archive.content(entry)?, &mut types)?;
    let is_main = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        kind.contains("word") && kind.ends_with("main+xml")
    };
    let main: Vec<String> = types.of(is_main).collect();
    if !main.iter().any(|name| archive.entry(name).is_some()) {
        return not_docx("it has no main document of Word");
    }
    let others = READ.iter().flat_map(|ending| {
        types.of(move |kind| kind.contains("wordprocessingml") && kind.ends_with(ending))
    });
    let mut names: Vec<String> = Vec::new();
    for name in main.into_iter().chain(others) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Reads a part and asks for its edits.
///
/// # Errors
/// When it is not well-formed or an edit is wrong.
pub(super) fn read(bytes: &[u8], part: &mut Part<'_, '_, '_>) -> Result<(), Error> {
    let name = part.name;
    xml::walk(name, bytes, &mut body::Body::new(part))
}

/// Part names and their content types.
#[derive(Default)]
struct ContentTypes(Vec<(String, String)>);

impl ContentTypes {
    fn of<'a>(&'a self, fits: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = String> + 'a {
        self.0
            .iter()
            .filter(move |(_, kind)| fits(kind))
            .map(|(name, _)| name.clone())
    }
}

impl Handler for ContentTypes {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Error> {
        if element.space == Space::ContentTypes && element.name == "Override" {
            let name = element.attribute("PartName");
            let name = name.strip_prefix('/').unwrap_or(&name).to_owned();
            self.0.push((name, element.attribute("ContentType")));
        }
        Ok(())
    }

    fn end(&mut self, _: usize) -> Result<(), Error> {
        Ok(())
    }

    fn text(&mut self, _: &Text<'_>, _: Range<usize>) {}
}
