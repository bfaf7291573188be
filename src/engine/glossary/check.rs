//! What a concept must fulfil to be stored: names that people can see and tell apart, and bounds.

use std::collections::HashSet;

use super::super::edit::check_label;
use super::super::{Error, invalid};
use super::requests::{ConceptContent, NameEntry};
use crate::model::{Concept, ConceptId, Lang, Name, NameUse, Slot, Status};
use crate::store::is_memory_name;
use crate::text::name::{NameFault, check_name};

/// The most names of a concept.
pub(super) const MOST_NAMES: usize = 500;
/// The longest note, source, subject and definition, in characters.
const LONGEST_TEXT: usize = 10_240;

/// A concept of what a client says, checked.
pub(super) fn concept(id: ConceptId, content: &ConceptContent) -> Result<Concept, Error> {
    let mut names: Vec<Name> = Vec::with_capacity(content.names.len().min(MOST_NAMES));
    count(content.names.len())?;
    for (place, entry) in content.names.iter().enumerate() {
        let name = name(entry, &names);
        check_texts(&name).map_err(|error| error.below(&format!("/names/{place}")))?;
        names.push(name);
    }
    let concept = Concept {
        id,
        subject: content.subject.clone(),
        definitions: content.definitions.clone(),
        names,
    };
    check_about(&concept)?;
    if let Some(place) = doubled(&concept) {
        let reason = "the concept has this name in this language, style and use already";
        return Err(invalid(
            "duplicate_name",
            &format!("/names/{place}/text"),
            reason,
        ));
    }
    if let Some(place) = second_preferred(&concept) {
        let reason =
            "one name of each language, style, use and form is preferred; admit the others";
        return Err(invalid(
            "two_preferred",
            &format!("/names/{place}/status"),
            reason,
        ));
    }
    Ok(concept)
}

/// What no file may bring in either; the reason is for the report.
pub(super) fn check_read(concept: &Concept) -> Result<(), String> {
    count(concept.names.len())
        .and_then(|()| concept.names.iter().try_for_each(check_texts))
        .and_then(|()| check_about(concept))
        .map_err(|error| match error {
            Error::Invalid { code, reason, .. } => format!("{code}: {reason}"),
            other => other.to_string(),
        })
}

fn count(names: usize) -> Result<(), Error> {
    if (1..=MOST_NAMES).contains(&names) {
        return Ok(());
    }
    let reason = format!("a concept has 1 to {MOST_NAMES} names, {names} were given");
    Err(invalid("out_of_range", "/names", &reason))
}

/// A name as it is stored; `before` are those before it.
pub(super) fn name(entry: &NameEntry, before: &[Name]) -> Name {
    let group = entry.lang.group();
    let first = !before.iter().any(|other| {
        other.lang.group() == group && other.style == entry.style && other.usage == entry.usage
    });
    Name {
        lang: entry.lang.clone(),
        text: entry.text.clone(),
        status: entry.status.unwrap_or(if first {
            Status::Preferred
        } else {
            Status::Admitted
        }),
        form: entry.form,
        style: entry.style.clone(),
        usage: entry.usage,
        marks: entry.marks,
        note: entry.note.clone(),
        source: entry.source.clone(),
    }
}

fn check_texts(name: &Name) -> Result<(), Error> {
    check_name(&name.text)
        .map_err(|fault: NameFault| invalid(fault.code(), "/text", &fault.to_string()))?;
    if name.text.trim() != name.text {
        let reason = "the name begins or ends with white space; remove it";
        return Err(invalid("spaces_around_name", "/text", reason));
    }
    if let Some(style) = &name.style
        && !is_memory_name(style)
    {
        let reason = "a style's name is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit";
        return Err(invalid("invalid_name", "/style", reason));
    }
    for (text, field) in [(&name.note, "/note"), (&name.source, "/source")] {
        text.as_deref()
            .map_or(Ok(()), |text| check_label(text, LONGEST_TEXT, field))?;
    }
    Ok(())
}

fn check_about(concept: &Concept) -> Result<(), Error> {
    concept
        .subject
        .as_deref()
        .map_or(Ok(()), |text| check_label(text, LONGEST_TEXT, "/subject"))?;
    if concept.definitions.len() > 64 {
        return Err(invalid(
            "out_of_range",
            "/definitions",
            "at most 64 definitions",
        ));
    }
    for (lang, text) in &concept.definitions {
        check_label(text, LONGEST_TEXT, &format!("/definitions/{lang}"))?;
    }
    Ok(())
}

/// The place of the first name that is there twice.
pub(super) fn doubled(concept: &Concept) -> Option<usize> {
    let mut seen: HashSet<(&Lang, &str, Option<&str>, NameUse)> = HashSet::new();
    concept
        .names
        .iter()
        .position(|name| !seen.insert((&name.lang, &name.text, name.style.as_deref(), name.usage)))
}

/// The place of the first name that is preferred where another one is.
pub(super) fn second_preferred(concept: &Concept) -> Option<usize> {
    let mut seen: HashSet<Slot<'_>> = HashSet::new();
    concept
        .names
        .iter()
        .position(|name| name.status == Status::Preferred && !seen.insert(name.slot()))
}
