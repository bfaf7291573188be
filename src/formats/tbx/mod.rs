//! TBX, the exchange format of termbases: v2 (`martif`, ISO 30042:2008, what OmegaT and translate-toolkit read)
//! and v3 (`tbx`, ISO 30042:2019, DCA style). Both are read, also v3 in DCT style; either is written.
//!
//! | concept | v2 | v3 |
//! |---|---|---|
//! | concept, id | `termEntry id` | `conceptEntry id` |
//! | subject, definition | `descrip type="subjectField"`, `"definition"` | the same |
//! | names of a language | `langSet` / `tig` | `langSec` / `termSec` |
//! | status, form | `termNote type="administrativeStatus"`, `"termType"` | the same |
//! | style, source | `admin type="customerSubset"`, `"source"` | the same |
//! | note | `note` | `note` |
//!
//! What TBX has no category for (a name's use, its marks, the statuses and forms it does not tell apart) stands in
//! a first `note` that begins with `hamzaban:`, so that reading what was written gives the same concepts.
//!
//! **Ids.** An XML id has no colon: `org:pmoi` is written `org.pmoi`, see `ids`. An id of another program that
//! cannot be a concept's gets `-` for what does not fit; an entry without one gets an id made of its first name.

mod ids;
mod read;
mod write;

pub use write::{TbxWriter, Version};

use std::borrow::Borrow;
use std::io::{self, Read, Write};

use super::encoding::Declares;
use super::glossary::{Fault, Glossary, Row};
use super::input::Input;
use super::xml::XmlReader;
use super::{ConceptEntry, Error, Place};
use crate::model::{Concept, NameForm, Status};
use crate::text::name::check_name;
use read::TbxDocument;

/// A stream of concepts in file order. After an error it ends.
pub struct TbxReader {
    xml: XmlReader<TbxDocument>,
    ended: bool,
}

/// Begins to read a file.
///
/// # Errors
/// When already the first bytes are wrong, or the input cannot be read.
pub fn read<R: Read + Send + 'static>(input: R) -> Result<TbxReader, Error> {
    let input = Input::open(Box::new(input), Declares::Xml)?;
    Ok(TbxReader {
        xml: XmlReader::new(input, TbxDocument::new()),
        ended: false,
    })
}

impl Iterator for TbxReader {
    type Item = Result<ConceptEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = self.xml.next_entry();
        self.ended = !matches!(entry, Ok(Some(_)));
        entry.transpose()
    }
}

/// What a note begins with that holds what TBX has no category for.
const OWN_NOTE: &str = "hamzaban:";

/// Reads a file whole, as rows of a glossary; each name has the line of its entry.
///
/// # Errors
/// As [`read()`], and when the file breaks off.
pub fn glossary<R: Read + Send + 'static>(input: R) -> Result<Glossary, Error> {
    let mut glossary = Glossary::default();
    for entry in read(input)? {
        let entry = entry?;
        let place = entry.place;
        let faults = &mut glossary.faults;
        faults.extend(
            entry
                .warnings
                .into_iter()
                .map(|warning| Fault::minor(place, "not_kept", warning)),
        );
        match entry.concept {
            Ok(concept) => rows(concept, place, &mut glossary),
            Err(reason) => faults.push(Fault::bad(place, "entry", reason)),
        }
    }
    Ok(glossary)
}

/// The names of a concept as rows; subject and definitions stand on the first that can hold them.
fn rows(mut concept: Concept, place: Place, glossary: &mut Glossary) {
    for name in concept.names {
        if let Err(fault) = check_name(&name.text) {
            let fault = Fault::bad(place, fault.code(), fault.to_string());
            glossary.faults.push(fault);
            continue;
        }
        glossary.rows.push(Row {
            place,
            concept: concept.id.clone(),
            subject: concept.subject.take(),
            definition: concept.definitions.remove(&name.lang),
            name,
        });
    }
    for lang in concept.definitions.keys() {
        let reason = format!("its definition in `{lang}` is not kept: it has no name there");
        glossary
            .faults
            .push(Fault::minor(place, "not_kept", reason));
    }
}

/// Writes a whole file. A concept that TBX cannot hold (no stored one is such) ends it.
///
/// # Errors
/// As the output's; `InvalidInput` for such a concept.
pub fn write<C: Borrow<Concept>>(
    concepts: &[C],
    version: Version,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut text = String::new();
    let writer = TbxWriter::begin(&mut text, version);
    for concept in concepts {
        writer
            .concept(&mut text, concept.borrow())
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    writer.end(&mut text);
    out.write_all(text.as_bytes())
}

/// The word for a status among the values of `administrativeStatus`, and whether our note must tell more.
fn admin_status(status: Status) -> (&'static str, bool) {
    match status {
        Status::Preferred => ("preferredTerm-admn-sts", false),
        Status::Admitted => ("admittedTerm-admn-sts", false),
        Status::Deprecated => ("supersededTerm-admn-sts", false),
        Status::Forbidden => ("deprecatedTerm-admn-sts", true),
    }
}

/// The word for a form among the values of `termType`, and whether our note must tell more.
fn term_type(form: NameForm) -> (&'static str, bool) {
    match form {
        NameForm::Full => ("fullForm", false),
        NameForm::Acronym => ("acronym", false),
        NameForm::Short => ("shortForm", false),
        NameForm::Spelling => ("variant", false),
        NameForm::Transliteration => ("variant", true),
    }
}

/// The form that a value of `termType` stands for; any other is a full form.
fn form_of(term_type: &str) -> Option<NameForm> {
    Some(match term_type {
        "fullForm"
        | "entryTerm"
        | "phrase"
        | "phraseologicalUnit"
        | "internationalScientificTerm"
        | "commonName"
        | "formula" => NameForm::Full,
        "acronym" | "initialism" | "abbreviation" => NameForm::Acronym,
        "shortForm" | "clippedTerm" => NameForm::Short,
        "variant" | "spellingVariant" => NameForm::Spelling,
        "transliteratedForm" | "transcribedForm" => NameForm::Transliteration,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
