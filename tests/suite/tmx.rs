//! A small reader of TMX that shares nothing with the program's own: what a file says, to be compared.

use std::collections::BTreeMap;

use quick_xml::XmlVersion;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

pub(crate) type Attributes = BTreeMap<String, String>;

/// A `tu`, or one of its `tuv`s.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    /// Dates, users and `tuid` among them.
    pub(crate) attributes: Attributes,
    /// Each with its attributes and text, in their order.
    pub(crate) props: Vec<(Attributes, String)>,
    pub(crate) notes: Vec<(Attributes, String)>,
    /// The inside of `seg` as canonical XML: attributes sorted, references in one form.
    pub(crate) seg: String,
    /// Its text alone.
    pub(crate) text: String,
}

/// A `tu`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tu {
    pub(crate) about: Node,
    pub(crate) variants: Vec<Node>,
}

impl Tu {
    /// The text in this language.
    pub(crate) fn text(&self, lang: &str) -> &str {
        let is_it = |variant: &&Node| variant.attributes["xml:lang"] == lang;
        &self.variants.iter().find(is_it).unwrap().text
    }

    /// By what it is found again in another file.
    fn key(&self) -> (Option<&String>, Vec<&str>) {
        let segs = self.variants.iter().map(|variant| variant.seg.as_str());
        (self.about.attributes.get("tuid"), segs.collect())
    }
}

/// Where text belongs.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Nowhere,
    Prop,
    Note,
    Seg,
}

struct State {
    units: Vec<Tu>,
    place: Place,
    in_body: bool,
}

/// All units of a file.
pub(crate) fn read(file: &str) -> Vec<Tu> {
    let mut state = State {
        units: Vec::new(),
        place: Place::Nowhere,
        in_body: false,
    };
    let mut reader = Reader::from_str(file);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => state.start(&start),
            Event::Empty(start) => {
                state.start(&start);
                state.end(start.name().as_ref());
            }
            Event::End(end) => state.end(end.name().as_ref()),
            Event::Text(text) => state.text(&text.xml10_content()),
            Event::CData(text) => state.text(&text.xml10_content()),
            Event::GeneralRef(name) => match name.resolve_char_ref().unwrap() {
                Some(c) => state.text(c.encode_utf8(&mut [0; 4])),
                None => state.text(resolve_predefined_entity(&name).unwrap()),
            },
            Event::Eof => return state.units,
            _ => {}
        }
    }
}

fn attributes(start: &BytesStart) -> Attributes {
    let pair = |attribute: quick_xml::events::attributes::Attribute| {
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap();
        (attribute.key.as_ref().to_owned(), value.into_owned())
    };
    start
        .attributes()
        .map(|attribute| pair(attribute.unwrap()))
        .collect()
}

impl State {
    /// The innermost of `tu` and `tuv` that is open.
    fn node(&mut self) -> &mut Node {
        let unit = self.units.last_mut().unwrap();
        unit.variants.last_mut().unwrap_or(&mut unit.about)
    }

    fn start(&mut self, start: &BytesStart) {
        let attributes = attributes(start);
        match (self.place, start.name().as_ref()) {
            (Place::Seg, name) => {
                let told: String = attributes
                    .iter()
                    .map(|(name, value)| format!(" {name}=\"{}\"", escape(value)))
                    .collect();
                self.node().seg += &format!("<{name}{told}>");
            }
            (_, "body") => self.in_body = true,
            _ if !self.in_body => {}
            (_, "tu") => {
                self.units.push(Tu::default());
                self.node().attributes = attributes;
            }
            (_, "tuv") => {
                let variant = Node {
                    attributes,
                    ..Node::default()
                };
                self.units.last_mut().unwrap().variants.push(variant);
            }
            (_, "prop") => {
                self.node().props.push((attributes, String::new()));
                self.place = Place::Prop;
            }
            (_, "note") => {
                self.node().notes.push((attributes, String::new()));
                self.place = Place::Note;
            }
            (_, "seg") => self.place = Place::Seg,
            (_, name) => panic!("unknown element {name}"),
        }
    }

    fn end(&mut self, name: &str) {
        match (self.place, name) {
            (Place::Seg, "seg") | (Place::Prop, _) | (Place::Note, _) => {
                self.place = Place::Nowhere
            }
            (Place::Seg, name) => self.node().seg += &format!("</{name}>"),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        match self.place {
            Place::Nowhere => {}
            Place::Prop => self.node().props.last_mut().unwrap().1 += text,
            Place::Note => self.node().notes.last_mut().unwrap().1 += text,
            Place::Seg => {
                let node = self.node();
                node.seg += &escape(text);
                node.text += text;
            }
        }
    }
}

/// The units of two files are the same in whatever order; but where the first one does not say when a unit was
/// made, the second may.
pub(crate) fn assert_same_content(first: &[Tu], second: &[Tu]) {
    let sorted = |units: &[Tu]| {
        let mut units = units.to_vec();
        units.sort_by(|a, b| a.key().cmp(&b.key()));
        units
    };
    assert_eq!(first.len(), second.len());
    for (first, mut second) in sorted(first).into_iter().zip(sorted(second)) {
        if !first.about.attributes.contains_key("creationdate") {
            second.about.attributes.remove("creationdate");
        }
        assert_eq!(first, second);
    }
}
