//! The parts of office documents as XML, with the places of everything, and with the checks that the parser
//! leaves to us: UTF-8, one root that is closed, no DOCTYPE, no entity but the five, a bound on nesting.
//! Nothing recurses.

use std::ops::Range;

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::error::{Error, code, shown};

/// The deepest nesting. A text box in a table in a text box is some 40 deep.
const MAX_DEPTH: usize = 128;
/// Attributes of an element, declarations of namespaces included.
const MAX_ATTRIBUTES: usize = 256;
/// Namespaces in scope. Word declares some 40 on the root.
const MAX_NAMESPACES: usize = 512;

/// The vocabularies that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// `WordprocessingML`, transitional or strict.
    Word,
    /// Placing of drawings in it.
    WordDrawing,
    /// Formulas in it.
    Math,
    /// Markup compatibility: alternatives for older readers.
    Compatibility,
    /// `[Content_Types].xml`.
    ContentTypes,
    /// `OpenDocument` text, drawing, office and the rest of its own.
    OdfText,
    OdfDraw,
    OdfManifest,
    Other,
}

impl Space {
    fn of(uri: &str) -> Self {
        match uri {
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
            | "http://purl.oclc.org/ooxml/wordprocessingml/main" => Self::Word,
            "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
            | "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing" => Self::WordDrawing,
            "http://schemas.openxmlformats.org/officeDocument/2006/math"
            | "http://purl.oclc.org/ooxml/officeDocument/math" => Self::Math,
            "http://schemas.openxmlformats.org/markup-compatibility/2006" => Self::Compatibility,
            "http://schemas.openxmlformats.org/package/2006/content-types" => Self::ContentTypes,
            "urn:oasis:names:tc:opendocument:xmlns:text:1.0" => Self::OdfText,
            "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" => Self::OdfDraw,
            "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" => Self::OdfManifest,
            _ => Self::Other,
        }
    }
}

/// A start tag, or an empty element.
pub(super) struct Element<'a> {
    pub(super) space: Space,
    /// Its local name.
    pub(super) name: &'a str,
    /// Its prefix with the colon, or nothing.
    pub(super) prefix: &'a str,
    /// The tag as it stands in the file.
    pub(super) source: Range<usize>,
    start: &'a BytesStart<'a>,
}

impl Element<'_> {
    /// The value of the attribute with this local name, in whatever namespace; empty without one.
    pub(super) fn attribute(&self, name: &str) -> String {
        self.start
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.local_name().as_ref() == name)
            .and_then(|attribute| {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
                Some(value.into_owned())
            })
            .unwrap_or_default()
    }
}

/// Text of an element.
pub(super) enum Text<'a> {
    /// As it stands there.
    Plain(&'a str),
    /// In a CDATA section; the place is that of the text itself.
    Cdata(&'a str),
    /// A reference.
    Character(char),
}

/// What is told what a part consists of. Empty elements come as start and end.
pub(super) trait Handler {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Error>;
    /// The end of the element that was started last and not ended yet, and where its tag begins.
    fn end(&mut self, at: usize) -> Result<(), Error>;
    fn text(&mut self, text: &Text<'_>, source: Range<usize>);
}

/// Reads a part whole.
///
/// # Errors
/// When the part is not well-formed or beyond a limit, with the place.
pub(super) fn walk(part: &str, bytes: &[u8], handler: &mut dyn Handler) -> Result<(), Error> {
    let text = decoded(part, bytes)?;
    let bom = bytes.len() - text.len();
    let mut walk = Walk {
        part,
        bytes,
        depth: 0,
        root_seen: false,
        at: bom,
    };
    let mut reader = NsReader::from_str(text);
    reader
        .resolver_mut()
        .set_max_namespace_bindings(MAX_NAMESPACES);
    loop {
        // quick-xml counts a byte order mark that it takes itself; here it is taken off before.
        let from = bom + usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        walk.at = from;
        let (space, event) = match reader.read_resolved_event() {
            Ok((ResolveResult::Bound(namespace), event)) => (Space::of(namespace.as_ref()), event),
            Ok((_, event)) => (Space::Other, event),
            Err(error) => return Err(walk.malformed(error.to_string())),
        };
        let to = bom + usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        if matches!(event, Event::Eof) {
            return walk.finish();
        }
        walk.event(space, &event, from..to, handler)?;
    }
}

fn decoded<'a>(part: &str, bytes: &'a [u8]) -> Result<&'a str, Error> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(Error::at(
            code::ENCODING_ERROR,
            part,
            bytes,
            0,
            "the part is UTF-16",
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let byte = error.valid_up_to();
        Error::at(code::ENCODING_ERROR, part, bytes, byte, "this is not UTF-8")
    })?;
    let barred = |b: &u8| *b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r');
    if let Some(byte) = bytes.iter().position(barred) {
        let reason = "a control character cannot stand in XML";
        return Err(Error::at(
            code::XML_NOT_WELL_FORMED,
            part,
            bytes,
            byte,
            reason,
        ));
    }
    // The parser would take off another one without counting it.
    match text.strip_prefix('\u{FEFF}').unwrap_or(text) {
        text if text.starts_with('\u{FEFF}') => Err(Error::at(
            code::XML_NOT_WELL_FORMED,
            part,
            bytes,
            0,
            "there is text outside of the root element",
        )),
        text => Ok(text),
    }
}

struct Walk<'a> {
    part: &'a str,
    bytes: &'a [u8],
    depth: usize,
    root_seen: bool,
    at: usize,
}

impl Walk<'_> {
    fn event(
        &mut self,
        space: Space,
        event: &Event<'_>,
        source: Range<usize>,
        handler: &mut dyn Handler,
    ) -> Result<(), Error> {
        match event {
            Event::Start(start) => self.start(space, start, source, handler),
            Event::Empty(start) => {
                let end = source.end;
                self.start(space, start, source, handler)?;
                self.depth = self.depth.saturating_sub(1);
                handler.end(end)
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                handler.end(source.start)
            }
            Event::Text(text) => {
                // The parser gives a `&` that begins no reference as text.
                if text.contains('&') {
                    return Err(self.malformed("there is a `&` that begins nothing"));
                }
                if self.depth > 0 {
                    handler.text(&Text::Plain(text), source);
                } else if !text.chars().all(|c| c.is_ascii_whitespace()) {
                    return Err(self.malformed("there is text outside of the root element"));
                }
                Ok(())
            }
            Event::CData(text) => {
                self.inside()?;
                let start = source.start + "<![CDATA[".len();
                handler.text(&Text::Cdata(text), start..start + text.len());
                Ok(())
            }
            Event::GeneralRef(name) => {
                self.inside()?;
                let c = reference(name).ok_or_else(|| {
                    self.malformed(format!("`&{};` stands for nothing here", shown(name)))
                })?;
                handler.text(&Text::Character(c), source);
                Ok(())
            }
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(name)) if !name.eq_ignore_ascii_case("utf-8") => {
                    let name = shown(&name);
                    let reason = format!("the part says that it is {name}, not UTF-8");
                    Err(self.error(code::ENCODING_ERROR, reason))
                }
                _ => Ok(()),
            },
            Event::DocType(_) => {
                Err(self.error(code::DOCTYPE_NOT_ALLOWED, "the part has a DOCTYPE"))
            }
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(
        &mut self,
        space: Space,
        start: &BytesStart<'_>,
        source: Range<usize>,
        handler: &mut dyn Handler,
    ) -> Result<(), Error> {
        if self.depth == 0 && self.root_seen {
            return Err(self.malformed("there is a second root element"));
        }
        self.root_seen = true;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let reason = format!("elements are nested more than {MAX_DEPTH} deep");
            return Err(self.error(code::XML_TOO_DEEP, reason));
        }
        for (number, attribute) in start.attributes().with_checks(false).enumerate() {
            if number == MAX_ATTRIBUTES {
                let reason = format!("an element has more than {MAX_ATTRIBUTES} attributes");
                return Err(self.error(code::TOO_MANY_ATTRIBUTES, reason));
            }
            attribute.map_err(|error| self.malformed(error.to_string()))?;
        }
        let name = start.name().into_inner();
        let colon = name.find(':').map_or(0, |at| at + 1);
        let (prefix, local) = name.split_at(colon);
        if local.is_empty() {
            return Err(self.malformed("there is an element without a name"));
        }
        handler.start(&Element {
            space,
            name: local,
            prefix,
            source,
            start,
        })
    }

    fn inside(&self) -> Result<(), Error> {
        match self.depth {
            0 => Err(self.malformed("there is text outside of the root element")),
            _ => Ok(()),
        }
    }

    fn finish(&self) -> Result<(), Error> {
        match (self.depth, self.root_seen) {
            (0, true) => Ok(()),
            (0, false) => Err(self.malformed("the part has no element")),
            _ => Err(self.malformed("the part ends inside of an element")),
        }
    }

    fn malformed(&self, reason: impl Into<String>) -> Error {
        self.error(code::XML_NOT_WELL_FORMED, reason)
    }

    fn error(&self, code: &'static str, reason: impl Into<String>) -> Error {
        Error::at(code, self.part, self.bytes, self.at, reason)
    }
}

/// What stands between `&` and `;`, if it is one of the five or a character of XML.
fn reference(name: &str) -> Option<char> {
    let number = match name.strip_prefix('#') {
        None => {
            return match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                _ => None,
            };
        }
        Some(digits) => match digits.strip_prefix('x') {
            Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
                u32::from_str_radix(hex, 16).ok()?
            }
            None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            _ => return None,
        },
    };
    let c = char::from_u32(number)?;
    let barred =
        (number < 0x20 && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    (!barred).then_some(c)
}
