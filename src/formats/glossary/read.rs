//! Rows from a glossary file.

use std::collections::HashSet;
use std::io::Read;

use super::{COLUMNS, Fault, Glossary, Row};
use crate::formats::encoding::Declares;
use crate::formats::error::{Error, code, shown};
use crate::formats::input::Input;
use crate::formats::table::records::Records;
use crate::formats::{Format, Place};
use crate::model::{ConceptId, Lang, Marks, Name, NameForm, NameUse, Status};
use crate::text::name::check_name;

/// The longest note, source, subject or definition, in characters: as long as the API takes them.
const LONGEST_CELL: usize = 10_240;

/// Reads a glossary file. A row that is not usable is a [`Fault`] with its line, and the others are read.
///
/// # Errors
/// What is wrong with the file as a whole: no text, an unclosed quote, no header with the required columns.
pub fn read(input: impl Read + Send + 'static) -> Result<Glossary, Error> {
    let input = Input::open(Box::new(input), Declares::Nothing)?;
    let mut records = Records::new(input, Format::Csv);
    let mut glossary = Glossary::default();
    let place = records.place();
    let header = records.next()?;
    let cells: Vec<String> = match header {
        Some(_) => records.cells().map(|cell| cell.trim().to_owned()).collect(),
        None => Vec::new(),
    };
    if !["concept", "lang", "name"]
        .iter()
        .all(|column| cells.iter().any(|cell| cell == column))
    {
        let reason = "the first line must name the columns, with concept, lang and name among them";
        return Err(Error::new(code::HEADER_MISSING, place, reason));
    }
    header_faults(place, &cells, &mut glossary.faults);
    let mut seen = HashSet::new();
    while let Some(record) = records.next()? {
        let place = record.place;
        let found: Vec<&str> = records.cells().collect();
        if let Some(fault) = record.fault {
            glossary.faults.push(Fault::bad(place, "quoting", fault));
            continue;
        }
        if found.len() != cells.len() {
            let reason = format!(
                "the row has {} cells, the header {}",
                found.len(),
                cells.len()
            );
            glossary.faults.push(Fault::bad(place, "cells", reason));
            continue;
        }
        let cell = |column: &str| {
            let at = cells.iter().position(|cell| cell == column);
            at.and_then(|at| found.get(at)).copied().unwrap_or_default()
        };
        match row(place, &cell, &mut seen) {
            Ok(row) => glossary.rows.push(row),
            Err(fault) => glossary.faults.push(fault),
        }
    }
    Ok(glossary)
}

fn header_faults(place: Place, cells: &[String], faults: &mut Vec<Fault>) {
    let mut known = HashSet::new();
    for cell in cells {
        if !COLUMNS.contains(&cell.as_str()) {
            let reason = format!(
                "the column `{}` is unknown and is not read; the columns are {}",
                shown(cell),
                COLUMNS.join(", ")
            );
            faults.push(Fault::minor(place, "unknown_column", reason));
        } else if !known.insert(cell) {
            let reason = format!("the column `{cell}` is there twice; the first one is read");
            faults.push(Fault::bad(place, "duplicate_column", reason));
        }
    }
}

fn row<'a>(
    place: Place,
    cell: &impl Fn(&str) -> &'a str,
    seen: &mut HashSet<(ConceptId, Lang)>,
) -> Result<Row, Fault> {
    let bad = |code, reason: String| Fault::bad(place, code, reason);
    let concept =
        ConceptId::parse(cell("concept")).map_err(|error| bad("invalid_id", error.to_string()))?;
    let lang =
        Lang::parse(cell("lang")).map_err(|error| bad("invalid_language", error.to_string()))?;
    let text = cell("name");
    check_name(text).map_err(|fault| bad(fault.code(), fault.to_string()))?;
    let first = seen.insert((concept.clone(), lang.clone()));
    let status = match cell("status") {
        "" if first => Status::Preferred,
        "" => Status::Admitted,
        word => Status::parse_any(word).ok_or_else(|| {
            unknown(
                place,
                "status",
                word,
                Status::ALL.iter().map(|status| status.as_str()),
            )
        })?,
    };
    let form = match cell("type") {
        "" => NameForm::Full,
        word => NameForm::parse(word).ok_or_else(|| {
            unknown(
                place,
                "type",
                word,
                NameForm::ALL.iter().map(|form| form.as_str()),
            )
        })?,
    };
    let usage = NameUse::parse(cell("use")).ok_or_else(|| {
        let known = NameUse::ALL
            .iter()
            .map(|usage| usage.as_str())
            .filter(|word| !word.is_empty());
        unknown(place, "use", cell("use"), known)
    })?;
    let marks = Marks::parse(cell("marks")).map_err(|word| {
        let known = [
            "case=exact",
            "default",
            "loaded",
            "pejorative",
            "blocker",
            "ambiguous",
        ];
        unknown(place, "mark", &word, known.into_iter())
    })?;
    let optional = |column: &'static str| {
        let text = cell(column);
        if text.chars().nth(LONGEST_CELL).is_some() {
            let reason =
                format!("the {column} has more than {LONGEST_CELL} characters; shorten it");
            return Err(bad("too_long", reason));
        }
        if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\t') {
            let reason = format!(
                "the character U+{:04X} in the {column} is not allowed; remove it",
                u32::from(c)
            );
            return Err(bad("invalid_character", reason));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    };
    let style = optional("style")?;
    Ok(Row {
        place,
        concept,
        name: Name {
            lang,
            text: text.to_owned(),
            status,
            form,
            style,
            usage,
            marks,
            note: optional("note")?,
            source: optional("source")?,
        },
        subject: optional("subject")?,
        definition: optional("definition")?,
    })
}

fn unknown<'a>(
    place: Place,
    what: &str,
    word: &str,
    known: impl Iterator<Item = &'a str>,
) -> Fault {
    let known: Vec<&str> = known.collect();
    let reason = format!(
        "`{}` is no {what}; it is one of {}",
        shown(word),
        known.join(", ")
    );
    Fault::bad(place, "unknown_value", reason)
}
