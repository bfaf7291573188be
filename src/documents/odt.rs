//! ODT (ISO/IEC 26300): paragraphs and headings of the content, and of headers and footers in the styles.
//!
//! White space folds as in HTML; `text:s` are spaces, `text:tab` and `text:line-break` stay. Foot- and endnotes,
//! comments and text boxes are paragraphs of their own. Left alone: tracked deletions, fields (page numbers,
//! dates, references: they are generated), ruby text, embedded objects and charts, metadata, hidden sections'
//! being hidden is not known.

use std::ops::Range;

use super::archive::Archive;
use super::block::Block;
use super::error::Error;
use super::escape::Style;
use super::parts::Part;
use super::xml::{self, Element, Handler, Space, Text};
use super::{Kind, OBJECT};

const PARTS: [&str; 2] = ["content.xml", "styles.xml"];
const MEDIA_TYPE: &[u8] = b"application/vnd.oasis.opendocument.text";
const TEMPLATE: &[u8] = b"application/vnd.oasis.opendocument.text-template";
const MANIFEST: &str = "META-INF/manifest.xml";

/// The names of the parts with paragraphs.
///
/// # Errors
/// When this is no ODT, or an encrypted one.
pub(super) fn parts(archive: &Archive<'_>) -> Result<Vec<String>, Error> {
    let not_odt = |found| Err(Error::not_of_kind(Kind::Odt, found));
    let Some(entry) = archive.entry("mimetype") else {
        return not_odt(match archive.entry("[Content_Types].xml") {
            Some(_) => "it is a document of Microsoft Office",
            None => "it is another zip archive",
        });
    };
    let media_type = archive.content(entry)?;
    if ![MEDIA_TYPE, TEMPLATE].contains(&media_type.trim_ascii()) {
        return not_odt("its media type is another: a spreadsheet, a drawing or a book");
    }
    if archive.entry("content.xml").is_none() {
        return not_odt("it has no content");
    }
    if let Some(manifest) = archive.entry(MANIFEST) {
        let mut encrypted = Encrypted(false);
        xml::walk(MANIFEST, &archive.content(manifest)?, &mut encrypted)?;
        if encrypted.0 {
            return Err(Error::archive("", "the document is encrypted"));
        }
    }
    Ok(PARTS.map(str::to_owned).to_vec())
}

/// Reads a part and asks for its edits.
///
/// # Errors
/// When it is not well-formed or an edit is wrong.
pub(super) fn read(bytes: &[u8], part: &mut Part<'_, '_, '_>) -> Result<(), Error> {
    let name = part.name;
    let mut body = Body {
        part,
        open: Vec::new(),
        skipped: 0,
        paragraphs: Vec::new(),
    };
    xml::walk(name, bytes, &mut body)
}

/// Whether a manifest speaks of encryption.
struct Encrypted(bool);

impl Handler for Encrypted {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Error> {
        self.0 |= element.space == Space::OdfManifest && element.name == "encryption-data";
        Ok(())
    }

    fn end(&mut self, _: usize) -> Result<(), Error> {
        Ok(())
    }

    fn text(&mut self, _: &Text<'_>, _: Range<usize>) {}
}

/// What an open element means for the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// Its text is the paragraph's.
    Inline,
    Paragraph,
    /// Its text is nobody's, but there may be paragraphs in it.
    Around,
    /// Everything in it is left alone.
    Skipped,
}

/// A paragraph that is being read.
struct OpenParagraph {
    block: Block,
    /// The prefix of its element.
    prefix: String,
}

struct Body<'p, 'a, 's, 'e> {
    part: &'p mut Part<'a, 's, 'e>,
    open: Vec<Open>,
    skipped: usize,
    /// Paragraphs in paragraphs: notes, comments, text boxes.
    paragraphs: Vec<OpenParagraph>,
}

impl Body<'_, '_, '_, '_> {
    fn meaning(&mut self, element: &Element<'_>) -> Open {
        let inside = matches!(self.open.last(), Some(Open::Inline | Open::Paragraph));
        match (element.space, element.name) {
            (Space::OdfText, "tracked-changes" | "ruby-text" | "note-citation") => Open::Skipped,
            (Space::OdfText, "p" | "h") => {
                self.paragraphs.push(OpenParagraph {
                    block: Block::default(),
                    prefix: element.prefix.to_owned(),
                });
                Open::Paragraph
            }
            _ if !inside => Open::Around,
            (Space::OdfText, name) => self.in_line(name, element),
            (Space::OdfDraw, _) if element.attribute("anchor-type") == "as-char" => {
                self.fixed(element, OBJECT);
                Open::Around
            }
            _ => Open::Around,
        }
    }

    fn in_line(&mut self, name: &str, element: &Element<'_>) -> Open {
        match name {
            "span" | "a" | "meta" | "ruby" | "ruby-base" => return Open::Inline,
            "tab" => self.fixed(element, '\t'),
            "line-break" => self.fixed(element, '\n'),
            "s" => self.spaces(element),
            // Marks of places take no room; a note's body has paragraphs.
            "note" | "soft-page-break" => {}
            name if name.starts_with("bookmark-") && name.ends_with("-ref") => {
                self.fixed(element, OBJECT);
            }
            name if ["bookmark", "reference-mark", "change", "toc-mark"]
                .iter()
                .any(|mark| name.starts_with(mark))
                || name.ends_with("-mark-start")
                || name.ends_with("-mark-end") => {}
            _ => {
                self.fixed(element, OBJECT);
                return Open::Skipped;
            }
        }
        Open::Around
    }

    fn fixed(&mut self, element: &Element<'_>, what: char) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.block.fixed(element.source.clone(), what);
        }
    }

    /// Spaces that do not fold. More than a line of them is none of a name.
    fn spaces(&mut self, element: &Element<'_>) {
        let count = element.attribute("c").parse().unwrap_or(1_usize);
        if let Some(paragraph) = self.paragraphs.last_mut() {
            match count {
                0 => {}
                1..=200 => {
                    // The end of an empty element is the end of its tag; one with an end tag is left alone.
                    let empty = self.part.text.get(element.source.clone());
                    if empty.is_some_and(|tag| tag.ends_with("/>")) {
                        let spaces = " ".repeat(count);
                        paragraph.block.atom(element.source.clone(), &spaces);
                        paragraph.block.see();
                    } else {
                        paragraph.block.fixed(element.source.clone(), ' ');
                    }
                }
                _ => paragraph.block.fixed(element.source.clone(), '\t'),
            }
        }
    }

    fn end_paragraph(&mut self) -> Result<(), Error> {
        let Some(OpenParagraph { block, prefix }) = self.paragraphs.pop() else {
            return Ok(());
        };
        if block.has_text() {
            let part = &mut *self.part;
            let edits = part
                .session
                .ask(part.name, &mut part.lines, block.start(), &block.text)?;
            let splices = part.session.splices(&block, &edits, Style::Odf(&prefix));
            part.splices.extend(splices);
        }
        Ok(())
    }
}

impl Handler for Body<'_, '_, '_, '_> {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Error> {
        let meaning = match self.skipped {
            0 => self.meaning(element),
            _ => Open::Skipped,
        };
        if meaning == Open::Skipped {
            self.skipped += 1;
        }
        self.open.push(meaning);
        Ok(())
    }

    fn end(&mut self, _: usize) -> Result<(), Error> {
        match self.open.pop() {
            Some(Open::Skipped) => self.skipped -= 1,
            Some(Open::Paragraph) => self.end_paragraph()?,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &Text<'_>, source: Range<usize>) {
        if !matches!(self.open.last(), Some(Open::Inline | Open::Paragraph)) {
            return;
        }
        let Some(OpenParagraph { block, .. }) = self.paragraphs.last_mut() else {
            return;
        };
        match text {
            Text::Plain(text) => block.folded(source.start, text),
            Text::Cdata(text) => block.in_cdata(|block| block.folded(source.start, text)),
            Text::Character(c) => block.folding_atom(source, *c),
        }
    }
}
