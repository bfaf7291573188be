//! The document around the units: one `tmx` root, limits, and where a `tu` may stand.

use super::attributes::{self, TagFault, is_name};
use super::languages::Languages;
use super::unit::UnitBuilder;
use super::{Element, prolog};
use crate::formats::error::{Error, code, shown};
use crate::formats::{Entry, Place, ReadOptions};

/// The deepest nesting. Real files stay below ten; a damaged one with 3,000 `hi` is still read.
const MAX_DEPTH: usize = 4_096;
/// The longest unit, in bytes of the file.
const MAX_UNIT: u64 = 8 << 20;

/// What has been read of a document.
pub(super) struct Document {
    /// The open elements outside of units; those inside are the unit's.
    open: Vec<Element>,
    depth: usize,
    pub(super) root: Root,
    prolog_seen: bool,
    unit: Option<UnitBuilder>,
    languages: Languages,
}

/// How far the root element has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    Before,
    Inside,
    Behind,
}

impl Document {
    pub(super) fn new(options: &ReadOptions) -> Self {
        Self {
            open: Vec::new(),
            depth: 0,
            root: Root::Before,
            prolog_seen: false,
            unit: None,
            languages: Languages::new(options.source.clone()),
        }
    }

    /// A start tag.
    pub(super) fn start(
        &mut self,
        name: &str,
        attributes: &str,
        place: Place,
    ) -> Result<(), Error> {
        if !is_name(name) {
            return Err(malformed(
                place,
                format!("`<{}` begins no element", shown(name)),
            ));
        }
        let attributes = attributes::split(attributes).map_err(|fault| match fault {
            TagFault::TooManyAttributes => too_many_attributes(place, name),
            TagFault::NotWellFormed(reason) => malformed(place, reason),
        })?;
        let element = Element::of(name);
        match self.root {
            Root::Behind => {
                return Err(malformed(
                    place,
                    format!("`{}` stands behind the end of `tmx`", shown(name)),
                ));
            }
            Root::Before if element != Element::Tmx => {
                let reason = format!("the root element is `{}`, not `tmx`", shown(name));
                return Err(Error::new(code::NOT_TMX, place, reason));
            }
            Root::Before => self.root = Root::Inside,
            Root::Inside => {}
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let reason = format!("elements are nested more than {MAX_DEPTH} deep");
            return Err(Error::new(code::XML_TOO_DEEP, place, reason));
        }
        if let Some(unit) = &mut self.unit {
            unit.start(name, &attributes, place.line, &mut self.languages);
        } else if element == Element::Tu {
            let mut unit = UnitBuilder::new(place, &attributes);
            if self.open.last() != Some(&Element::Body) {
                unit.warn("the `tu` is not in `body`");
            }
            self.unit = Some(unit);
        } else {
            if element == Element::Header {
                self.header(&attributes);
            }
            self.open.push(element);
        }
        Ok(())
    }

    /// Of the header only the source language matters. One that is none, such as `*all*`, says nothing.
    fn header(&mut self, attributes: &[attributes::RawAttribute<'_>]) {
        let srclang = attributes
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("srclang"));
        let tag = srclang.and_then(|(_, raw)| attributes::value(raw).ok());
        self.languages.header = tag.and_then(|tag| tag.trim().parse().ok());
    }

    /// An end tag that fits its start tag; the entry, if a unit ends with it.
    pub(super) fn end(&mut self) -> Option<Entry> {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.root = Root::Behind;
        }
        match self.unit.take() {
            Some(mut unit) => {
                if unit.end() {
                    return Some(unit.finish(&mut self.languages));
                }
                self.unit = Some(unit);
            }
            None => {
                self.open.pop();
            }
        }
        None
    }

    /// Text outside of references; a bare `&` comes as a text that begins with it.
    pub(super) fn text(&mut self, text: &str, place: Place) -> Result<(), Error> {
        if let Some(unit) = &mut self.unit {
            if text.starts_with('&') {
                unit.fault(
                    place.line,
                    "there is a `&` that begins nothing; it must be `&amp;`",
                );
            }
            unit.text(text, place.line);
        } else if self.root != Root::Inside && !text.trim_matches(attributes::is_space).is_empty() {
            return Err(self.stray(place, text));
        }
        Ok(())
    }

    /// A CDATA section.
    pub(super) fn cdata(&mut self, text: &str, place: Place) -> Result<(), Error> {
        match &mut self.unit {
            Some(unit) => unit.text(text, place.line),
            None if self.root != Root::Inside => return Err(self.stray(place, text)),
            None => {}
        }
        Ok(())
    }

    /// `&name;`. Outside of units nothing is kept, so there it does not matter what it stands for.
    pub(super) fn reference(&mut self, name: &str, place: Place) -> Result<(), Error> {
        match &mut self.unit {
            Some(unit) => match attributes::reference(name) {
                // Written as a reference, a CR is text.
                Ok('\r') => unit.carriage_return(place.line),
                Ok(c) => unit.text(c.encode_utf8(&mut [0; 4]), place.line),
                Err(reason) => unit.fault(place.line, reason),
            },
            None if self.root != Root::Inside => return Err(self.stray(place, name)),
            None => {}
        }
        Ok(())
    }

    fn stray(&self, place: Place, text: &str) -> Error {
        let text = shown(text.trim());
        if self.root == Root::Before {
            let zip = if text.starts_with("PK") {
                "; it looks like a zip archive"
            } else {
                ""
            };
            let reason = format!("the file does not begin with an element but with `{text}`{zip}");
            return Error::new(code::NOT_TMX, place, reason);
        }
        malformed(
            place,
            format!("there is text behind the end of `tmx`: `{text}`"),
        )
    }

    /// An XML declaration.
    pub(super) fn declaration(&mut self, place: Place) -> Result<(), Error> {
        if self.root != Root::Before {
            return Err(malformed(place, "a second document begins here"));
        }
        self.prolog_seen = true;
        Ok(())
    }

    /// A DOCTYPE.
    pub(super) fn doctype(&mut self, doctype: &str, place: Place) -> Result<(), Error> {
        if self.root != Root::Before {
            return Err(malformed(place, "a DOCTYPE inside of the document"));
        }
        self.prolog_seen = true;
        prolog::judge(doctype).map_err(|(code, reason)| Error::new(code, place, reason))
    }

    /// A comment or processing instruction.
    pub(super) fn aside(&mut self) {
        self.prolog_seen = true;
    }

    /// Whether the end of the file is an end.
    pub(super) fn finish(&self, place: Place) -> Result<(), Error> {
        match (self.root, &self.unit) {
            (Root::Behind, _) => Ok(()),
            (Root::Before, _) if !self.prolog_seen => {
                Err(Error::new(code::NOT_TMX, place, "the file is empty"))
            }
            (_, unit) => Err(cut_off(place, unit.as_ref())),
        }
    }

    /// Checks the size of the unit that is being read.
    pub(super) fn check_unit(&self, place: Place) -> Result<(), Error> {
        match &self.unit {
            Some(unit) if place.byte.saturating_sub(unit.place.byte) > MAX_UNIT => {
                let reason = format!("the `tu` has more than {MAX_UNIT} bytes");
                Err(Error::new(code::TEXT_TOO_LONG, unit.place, reason))
            }
            _ => Ok(()),
        }
    }

    /// The error of a file that ends too early.
    pub(super) fn cut_off(&self, place: Place) -> Error {
        cut_off(place, self.unit.as_ref())
    }
}

fn cut_off(place: Place, unit: Option<&UnitBuilder>) -> Error {
    let reason = match unit {
        Some(unit) => format!(
            "the file ends inside of the `tu` of line {}",
            unit.place.line
        ),
        None => "the file ends before the end of `tmx`".to_owned(),
    };
    Error::new(code::UNEXPECTED_EOF, place, reason)
}

pub(super) fn malformed(place: Place, reason: impl Into<String>) -> Error {
    Error::new(code::XML_NOT_WELL_FORMED, place, reason)
}

pub(super) fn too_many_attributes(place: Place, name: &str) -> Error {
    let reason = format!(
        "`{}` has more than {} attributes",
        shown(name),
        attributes::MAX_ATTRIBUTES
    );
    Error::new(code::TOO_MANY_ATTRIBUTES, place, reason)
}
