//! Glossary files: one name a row, CSV (RFC 4180), UTF-8, a header line with the names of the columns.
//!
//! `concept,lang,name,status,type,style,use,marks,note,source,subject,definition`. The first three are required;
//! columns may stand in any order, and what a missing one would say has its default: `preferred` for the first
//! name of a concept in a language and `admitted` for others, `full`, the default style, any use. `subject` belongs
//! to the concept, `definition` to the concept in the row's language; both are written on the first such row.
//!
//! [`read()`] says what is wrong with single rows, [`check()`] what is wrong between them. A file that [`check()`] has
//! nothing against is, byte for byte, what [`write()`] makes of its concepts.

mod check;
pub mod pairs;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use check::check;
pub use read::read;
pub use write::write;

use xxhash_rust::xxh3::xxh3_64;

use crate::formats::Place;
use crate::model::{Concept, ConceptId, ConceptIdError, Name};

/// The columns, in the order they are written.
pub const COLUMNS: [&str; 12] = [
    "concept",
    "lang",
    "name",
    "status",
    "type",
    "style",
    "use",
    "marks",
    "note",
    "source",
    "subject",
    "definition",
];

/// One row of a glossary file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it begins.
    pub place: Place,
    /// The concept.
    pub concept: ConceptId,
    /// The name.
    pub name: Name,
    /// The concept's subject field, if the row says it.
    pub subject: Option<String>,
    /// The concept's definition in the name's language, if the row says it.
    pub definition: Option<String>,
}

/// Something that is wrong with a glossary file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}: {reason}", place.line)]
pub struct Fault {
    /// Where the row begins.
    pub place: Place,
    /// A stable word for the kind of fault.
    pub code: &'static str,
    /// What is wrong, and what to do about it.
    pub reason: String,
    /// The row is usable nevertheless.
    pub is_minor: bool,
}

impl Fault {
    pub(in crate::formats) fn bad(
        place: Place,
        code: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            place,
            code,
            reason: reason.into(),
            is_minor: false,
        }
    }

    pub(in crate::formats) fn minor(
        place: Place,
        code: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            is_minor: true,
            ..Self::bad(place, code, reason)
        }
    }
}

/// An id for a concept whose file has none: made of one name, so that the same file gives the same ids again.
pub(in crate::formats) fn made_id(name: &Name) -> Result<ConceptId, ConceptIdError> {
    let hash = xxh3_64(format!("{}\n{}", name.lang, name.text).as_bytes());
    ConceptId::parse(&format!("term:{hash:016x}"))
}

/// A glossary file as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glossary {
    /// The usable rows, in file order.
    pub rows: Vec<Row>,
    /// What is wrong with the file and with rows that are not usable.
    pub faults: Vec<Fault>,
}

impl Glossary {
    /// The concepts, in the order of their first rows.
    pub fn concepts(&self) -> Vec<Concept> {
        let mut places = std::collections::HashMap::new();
        let mut concepts: Vec<Concept> = Vec::new();
        for row in &self.rows {
            let place = *places.entry(&row.concept).or_insert_with(|| {
                concepts.push(Concept::new(row.concept.clone()));
                concepts.len() - 1
            });
            let Some(concept) = concepts.get_mut(place) else {
                continue;
            };
            if concept.subject.is_none() {
                concept.subject.clone_from(&row.subject);
            }
            if let Some(definition) = &row.definition {
                let lang = row.name.lang.clone();
                concept
                    .definitions
                    .entry(lang)
                    .or_insert_with(|| definition.clone());
            }
            concept.names.push(row.name.clone());
        }
        concepts
    }
}
