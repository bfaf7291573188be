//! The loop over quick-xml's events, and what its errors mean for a file.

use quick_xml::errors::Error as XmlError;
use quick_xml::events::Event;

use super::frame::{Document, Frame};
use super::{attributes, malformed, too_many_attributes};
use crate::formats::Place;
use crate::formats::error::{Error, code};
use crate::formats::input::Input;

/// The longest tag, text, comment or CDATA section, in bytes of UTF-8.
const MAX_PIECE: usize = 256 << 10;

/// Reads the entries of a document.
pub(in crate::formats) struct XmlReader<D> {
    xml: quick_xml::Reader<Input>,
    /// The bytes of the event at hand.
    buffer: Vec<u8>,
    frame: Frame<D>,
}

impl<D: Document> XmlReader<D> {
    pub(in crate::formats) fn new(input: Input, document: D) -> Self {
        let mut xml = quick_xml::Reader::from_reader(input);
        // A bare `&` costs an entry, not the file.
        xml.config_mut().allow_dangling_amp = true;
        Self {
            xml,
            buffer: Vec::new(),
            frame: Frame::new(document),
        }
    }

    pub(in crate::formats) fn place(&self) -> Place {
        self.xml.get_ref().place()
    }

    /// The next entry; `None` at the end of a complete document.
    pub(in crate::formats) fn next_entry(&mut self) -> Result<Option<D::Entry>, Error> {
        loop {
            let place = self.xml.get_ref().place();
            // The parser looks at the byte behind a text to see its end.
            self.xml.get_mut().allow(MAX_PIECE + 1);
            self.buffer.clear();
            let frame = &mut self.frame;
            frame.check_size(place)?;
            match self.xml.read_event_into(&mut self.buffer) {
                Ok(Event::Start(tag)) => {
                    frame.start(tag.name().as_ref(), tag.attributes_raw(), place)?;
                }
                Ok(Event::Empty(tag)) => {
                    frame.start(tag.name().as_ref(), tag.attributes_raw(), place)?;
                    if let Some(entry) = frame.end() {
                        return Ok(Some(entry));
                    }
                }
                Ok(Event::End(_)) => {
                    if let Some(entry) = frame.end() {
                        return Ok(Some(entry));
                    }
                }
                Ok(Event::Text(text)) => frame.text(&text, place)?,
                Ok(Event::CData(text)) => frame.cdata(&text, place)?,
                Ok(Event::GeneralRef(name)) => frame.reference(&name, place)?,
                Ok(Event::Comment(_) | Event::PI(_)) => frame.aside(),
                Ok(Event::Decl(_)) => frame.declaration(place)?,
                Ok(Event::DocType(doctype)) => frame.doctype(&doctype, place)?,
                Ok(Event::Eof) => {
                    let end = self.xml.get_ref().place();
                    return self.frame.finish(end).map(|()| None);
                }
                Err(error) => return Err(self.explain(&error, place)),
            }
        }
    }

    /// What an error of the parser means for the file.
    fn explain(&mut self, error: &XmlError, place: Place) -> Error {
        let error = match error {
            XmlError::Io(error) => {
                let error = self.xml.get_ref().error(error);
                match error.code {
                    code::TEXT_TOO_LONG => self.too_long(place),
                    code::UNEXPECTED_EOF => Error {
                        reason: format!("{} ({})", self.frame.cut_off(place).reason, error.reason),
                        ..error
                    },
                    _ => error,
                }
            }
            XmlError::Syntax(reason) => {
                if self.xml.get_mut().is_at_end() {
                    let end = self.xml.get_ref().place();
                    return self.frame.cut_off(end);
                }
                malformed(place, reason.to_string())
            }
            XmlError::IllFormed(reason) => malformed(place, reason.to_string()),
            other => malformed(place, other.to_string()),
        };
        // Before there is a root, what is wrong is the kind of the file.
        let kind = [
            code::ENCODING_ERROR,
            code::TEXT_TOO_LONG,
            code::XML_NOT_WELL_FORMED,
        ];
        if self.frame.is_before_root() && kind.contains(&error.code) {
            return Error {
                code: D::KIND.not_this,
                ..error
            };
        }
        error
    }

    /// The parser holds the beginning of what was too long; that tells what it is.
    fn too_long(&self, place: Place) -> Error {
        let begun = String::from_utf8_lossy(&self.buffer);
        if begun.starts_with("<!DOCTYPE") || begun.starts_with("<!doctype") {
            let reason = "the DOCTYPE declares more than its name";
            return Error::new(code::DOCTYPE_NOT_ALLOWED, place, reason);
        }
        let is_tag = begun.starts_with('<') && !begun.starts_with("<!") && !begun.starts_with("<?");
        let many = 2 * attributes::MAX_ATTRIBUTES;
        if is_tag && begun.matches(['"', '\'']).nth(many + 1).is_some() {
            let name = begun.trim_start_matches('<');
            let name = name.split_ascii_whitespace().next().unwrap_or_default();
            return too_many_attributes(place, name);
        }
        let what = if is_tag { "a tag" } else { "a text" };
        let reason = format!("{what} has more than {MAX_PIECE} bytes");
        Error::new(code::TEXT_TOO_LONG, place, reason)
    }
}
