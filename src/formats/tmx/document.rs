//! The elements around the units: where a `tu` may stand, and the header's language.

use super::Element;
use super::languages::Languages;
use super::unit::UnitBuilder;
use crate::formats::error::code;
use crate::formats::xml::attributes::{self, RawAttribute};
use crate::formats::xml::{Document, Expected};
use crate::formats::{Entry, Place, ReadOptions};

/// What has been read of a document.
pub(crate) struct TmxDocument {
    /// The open elements outside of units; those inside are the unit's.
    open: Vec<Element>,
    unit: Option<UnitBuilder>,
    languages: Languages,
}

impl TmxDocument {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        Self {
            open: Vec::new(),
            unit: None,
            languages: Languages::new(options.source.clone()),
        }
    }

    /// Of the header only the source language matters. One that is none, such as `*all*`, says nothing.
    fn header(&mut self, attributes: &[RawAttribute<'_>]) {
        let srclang = attributes
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("srclang"));
        let tag = srclang.and_then(|(_, raw)| attributes::value(raw).ok());
        self.languages.header = tag.and_then(|tag| tag.trim().parse().ok());
    }
}

impl Document for TmxDocument {
    type Entry = Entry;

    const KIND: Expected = Expected {
        roots: &["tmx"],
        dtd: "tmx",
        public: "translation memory exchange",
        not_this: code::NOT_TMX,
    };
    const ENTRY: &'static str = "tu";

    fn start(&mut self, name: &str, attributes: &[RawAttribute<'_>], place: Place) {
        let element = Element::of(name);
        if let Some(unit) = &mut self.unit {
            unit.start(name, attributes, place.line, &mut self.languages);
        } else if element == Element::Tu {
            let mut unit = UnitBuilder::new(place, attributes);
            if self.open.last() != Some(&Element::Body) {
                unit.warn("the `tu` is not in `body`");
            }
            self.unit = Some(unit);
        } else {
            if element == Element::Header {
                self.header(attributes);
            }
            self.open.push(element);
        }
    }

    fn end(&mut self) -> Option<Entry> {
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

    fn text(&mut self, text: &str, place: Place) {
        if let Some(unit) = &mut self.unit {
            unit.text(text, place.line);
        }
    }

    /// Outside of units nothing is kept, so there it does not matter what a reference stands for.
    fn reference(&mut self, character: Result<char, String>, place: Place) {
        let Some(unit) = &mut self.unit else {
            return;
        };
        match character {
            // Written as a reference, a CR is text.
            Ok('\r') => unit.carriage_return(place.line),
            Ok(c) => unit.text(c.encode_utf8(&mut [0; 4]), place.line),
            Err(reason) => unit.fault(place.line, reason),
        }
    }

    fn entry(&self) -> Option<Place> {
        self.unit.as_ref().map(|unit| unit.place)
    }
}
