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
//! **Ids.** An XML id has no colon: `org:pmoi` is written `org.pmoi`, see [`ids`]. An id of another program that
//! cannot be a concept's gets `-` for what does not fit; an entry without one gets an id made of its first name.

mod ids;
mod read;
mod write;

pub use write::{TbxWriter, Version};

use std::io::Read;

use super::encoding::Declares;
use super::input::Input;
use super::xml::XmlReader;
use super::{ConceptEntry, Error};
use crate::model::{NameForm, Status};
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
