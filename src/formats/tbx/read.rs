//! Reading TBX of both versions: elements by their local names, data categories by `type` or, in DCT style, by the
//! element's own name. What a concept has no place for is named once in a warning.

use std::collections::{BTreeMap, BTreeSet};

use super::{OWN_NOTE, form_of, ids};
use crate::formats::error::{code, shown};
use crate::formats::glossary::made_id;
use crate::formats::xml::attributes::{self, RawAttribute};
use crate::formats::xml::{Document, Expected, local};
use crate::formats::{ConceptEntry, Place};
use crate::model::{Concept, Lang, Marks, Name, NameForm, NameUse, Status};

/// The most names of one concept.
const MAX_NAMES: usize = 500;
/// The longest text that is kept of one element, in bytes.
const MAX_TEXT: usize = 64 << 10;

/// What an element is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Entry,
    Language,
    Name,
    Term,
    /// A data category that is kept.
    Item(Category),
    /// Code inside of a note: not text.
    Code,
    /// Anything else.
    Around,
}

/// The data categories that a concept has a place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Category {
    Status,
    Form,
    Subject,
    Definition,
    Note,
    Style,
    Source,
}

impl Category {
    fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "administrativeStatus" | "normativeAuthorization" => Self::Status,
            "termType" => Self::Form,
            "subjectField" => Self::Subject,
            "definition" => Self::Definition,
            "note" | "usageNote" => Self::Note,
            "customerSubset" => Self::Style,
            "source" => Self::Source,
            _ => return None,
        })
    }
}

/// Gathers concepts.
pub(crate) struct TbxDocument {
    open: Vec<Role>,
    entry: Option<Building>,
}

/// A concept that is being read.
struct Building {
    place: Place,
    id: Option<String>,
    subject: Option<String>,
    definitions: BTreeMap<Lang, String>,
    names: Vec<Name>,
    lang: Option<Lang>,
    /// `xml:lang` of the data category at hand.
    item_lang: Option<Lang>,
    name: Option<Naming>,
    text: String,
    fault: Option<String>,
    warnings: BTreeSet<String>,
}

/// A name that is being read.
struct Naming {
    name: Name,
    text_seen: bool,
    own_note_seen: bool,
}

impl TbxDocument {
    pub(crate) fn new() -> Self {
        Self {
            open: Vec::new(),
            entry: None,
        }
    }
}

impl Document for TbxDocument {
    type Entry = ConceptEntry;

    const KIND: Expected = Expected {
        roots: &["martif", "tbx"],
        dtd: "tbx",
        public: "termbase exchange",
        not_this: code::NOT_TBX,
    };
    const ENTRY: &'static str = "termEntry";

    fn start(&mut self, name: &str, attributes: &[RawAttribute<'_>], place: Place) {
        let kind = attribute(attributes, "type");
        let role = role_of(local(name), kind.as_deref());
        match (&mut self.entry, role) {
            (entry @ None, Role::Entry) => *entry = Some(Building::new(attributes, place)),
            (Some(entry), role) => entry.start(role, name, kind.as_deref(), attributes),
            (None, _) => {}
        }
        self.open.push(role);
    }

    fn end(&mut self) -> Option<ConceptEntry> {
        let role = self.open.pop()?;
        if role == Role::Entry && !self.open.contains(&Role::Entry) {
            return self.entry.take().map(Building::finish);
        }
        if let Some(entry) = &mut self.entry {
            entry.end(role);
        }
        None
    }

    fn text(&mut self, text: &str, _: Place) {
        if self.open.last() != Some(&Role::Code)
            && let Some(entry) = &mut self.entry
        {
            entry.push(&attributes::unify_line_ends(text));
        }
    }

    fn reference(&mut self, character: Result<char, String>, place: Place) {
        let Some(entry) = &mut self.entry else {
            return;
        };
        match character {
            Ok(c) => entry.push(c.encode_utf8(&mut [0; 4])),
            Err(reason) => entry.fault(format!("line {}: {reason}", place.line)),
        }
    }

    fn entry(&self) -> Option<Place> {
        self.entry.as_ref().map(|entry| entry.place)
    }
}

fn role_of(name: &str, kind: Option<&str>) -> Role {
    match name {
        "termEntry" | "conceptEntry" => Role::Entry,
        "langSet" | "langSec" => Role::Language,
        "tig" | "ntig" | "termSec" => Role::Name,
        "term" => Role::Term,
        "bpt" | "ept" | "ph" | "sc" | "ec" => Role::Code,
        "note" => Role::Item(Category::Note),
        // DCA style says the category by `type`, DCT style by the element's name.
        "termNote" | "descrip" | "admin" => {
            Category::of(kind.unwrap_or_default()).map_or(Role::Around, Role::Item)
        }
        other => Category::of(other).map_or(Role::Around, Role::Item),
    }
}

fn attribute(attributes: &[RawAttribute<'_>], name: &str) -> Option<String> {
    let found = attributes.iter().find(|(found, _)| *found == name);
    found
        .and_then(|(_, raw)| attributes::value(raw).ok())
        .map(|value| value.trim().to_owned())
}

impl Building {
    fn new(attributes: &[RawAttribute<'_>], place: Place) -> Self {
        Self {
            place,
            id: attribute(attributes, "id"),
            subject: None,
            definitions: BTreeMap::new(),
            names: Vec::new(),
            lang: None,
            item_lang: None,
            name: None,
            text: String::new(),
            fault: None,
            warnings: BTreeSet::new(),
        }
    }

    fn start(
        &mut self,
        role: Role,
        name: &str,
        kind: Option<&str>,
        attributes: &[RawAttribute<'_>],
    ) {
        match role {
            Role::Language => self.lang = self.language(attributes),
            Role::Name => {
                self.name = self.lang.clone().map(|lang| Naming {
                    name: Name {
                        status: Status::Admitted,
                        ..Name::new(lang, "")
                    },
                    text_seen: false,
                    own_note_seen: false,
                });
            }
            Role::Term | Role::Item(_) => {
                self.text.clear();
                let given = attribute(attributes, "xml:lang");
                self.item_lang = given.and_then(|tag| tag.parse().ok());
            }
            Role::Entry => self.fault("there is an entry inside of the entry".into()),
            Role::Code => {}
            Role::Around if is_only_around(local(name)) => {}
            Role::Around => {
                let what = kind.unwrap_or_else(|| local(name));
                self.warn(format!("`{}` is not kept", shown(what)));
            }
        }
    }

    fn language(&mut self, attributes: &[RawAttribute<'_>]) -> Option<Lang> {
        let tag = attribute(attributes, "xml:lang").or_else(|| attribute(attributes, "lang"));
        match tag.as_deref().map(str::parse) {
            Some(Ok(lang)) => return Some(lang),
            Some(Err(_)) => {
                let tag = shown(&tag.unwrap_or_default());
                self.fault(format!("`{tag}` is no language tag"));
            }
            None => self.fault("a `langSet` has no language".into()),
        }
        None
    }

    fn end(&mut self, role: Role) {
        match role {
            Role::Term => {
                let text = std::mem::take(&mut self.text);
                if let Some(naming) = &mut self.name {
                    naming.name.text = text.trim_matches(attributes::is_space).to_owned();
                    naming.text_seen = true;
                }
            }
            Role::Item(category) => {
                let text = std::mem::take(&mut self.text);
                self.item(category, text.trim_matches(attributes::is_space));
                self.item_lang = None;
            }
            Role::Name => match self.name.take() {
                Some(naming) if naming.text_seen && !naming.name.text.is_empty() => {
                    self.names.push(naming.name);
                }
                _ => self.fault("a name has no text".into()),
            },
            Role::Language => self.lang = None,
            Role::Entry | Role::Code | Role::Around => {}
        }
    }

    fn item(&mut self, category: Category, text: &str) {
        if text.is_empty() {
            return;
        }
        match (category, &mut self.name) {
            (Category::Status, Some(naming)) => match Status::parse_any(text) {
                Some(status) => naming.name.status = status,
                None => self.warn(format!("the status `{}` is not known", shown(text))),
            },
            (Category::Form, Some(naming)) => match form_of(text) {
                Some(form) => naming.name.form = form,
                None => self.warn(format!("the term type `{}` is not known", shown(text))),
            },
            (Category::Note, Some(naming)) => naming.note(text),
            (Category::Style, Some(naming)) => naming.name.style = Some(text.to_owned()),
            (Category::Source, Some(naming)) => join(&mut naming.name.source, text),
            (Category::Subject, _) => join(&mut self.subject, text),
            (Category::Definition, _) => {
                match self.item_lang.take().or_else(|| self.lang.clone()) {
                    Some(lang) => {
                        let mut definition = self.definitions.remove(&lang);
                        join(&mut definition, text);
                        self.definitions.extend(definition.map(|text| (lang, text)));
                    }
                    None => self.warn("a definition without a language is not kept".into()),
                }
            }
            (Category::Note | Category::Source, None) => {
                self.warn("notes and sources of a whole entry are not kept".into());
            }
            (Category::Status | Category::Form | Category::Style, None) => {}
        }
    }

    fn push(&mut self, text: &str) {
        if self.text.len() + text.len() > MAX_TEXT {
            self.fault(format!("a text has more than {MAX_TEXT} bytes"));
        } else {
            self.text.push_str(text);
        }
    }

    /// The first fault is told.
    fn fault(&mut self, reason: String) {
        self.fault.get_or_insert(reason);
    }

    fn warn(&mut self, warning: String) {
        self.warnings.insert(warning);
    }

    fn finish(mut self) -> ConceptEntry {
        let concept = self.concept();
        ConceptEntry {
            place: self.place,
            concept,
            warnings: self.warnings.into_iter().collect(),
        }
    }

    fn concept(&mut self) -> Result<Concept, String> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let Some(first) = self.names.first() else {
            return Err("it has no name".into());
        };
        if self.names.len() > MAX_NAMES {
            return Err(format!("it has more than {MAX_NAMES} names"));
        }
        let id = match self.id.as_deref().and_then(ids::from_xml) {
            Some((id, false)) => id,
            Some((id, true)) => {
                self.warn(format!("its id became `{id}`"));
                id
            }
            None => made_id(first).map_err(|error| error.to_string())?,
        };
        Ok(Concept {
            id,
            subject: self.subject.take(),
            definitions: std::mem::take(&mut self.definitions),
            names: std::mem::take(&mut self.names),
        })
    }
}

/// Elements that only hold others.
fn is_only_around(name: &str) -> bool {
    matches!(
        name,
        "termGrp" | "descripGrp" | "adminGrp" | "termNoteGrp" | "hi" | "foreign"
    )
}

/// Several of one category are one text.
fn join(text: &mut Option<String>, more: &str) {
    match text {
        Some(text) => {
            text.push_str("; ");
            text.push_str(more);
        }
        None => *text = Some(more.to_owned()),
    }
}

impl Naming {
    fn note(&mut self, text: &str) {
        match text.strip_prefix(OWN_NOTE) {
            Some(own) if !self.own_note_seen => {
                self.own_note_seen = true;
                let mut marks = self.name.marks;
                for word in own.split_whitespace() {
                    if let Some(usage) = word.strip_prefix("use=").and_then(NameUse::parse) {
                        self.name.usage = usage;
                    } else if let Some(status) = Status::parse(word) {
                        self.name.status = status;
                    } else if let Some(form) = NameForm::parse(word) {
                        self.name.form = form;
                    } else if let Ok(mark) = Marks::parse(word) {
                        marks = marks.with(mark);
                    }
                }
                self.name.marks = marks;
            }
            _ => {
                self.own_note_seen = true;
                join(&mut self.name.note, text);
            }
        }
    }
}
