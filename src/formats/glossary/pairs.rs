//! Pairs of terms, as OmegaT keeps its glossaries: one pair a line, `source TAB target TAB comment`, UTF-8, no
//! quoting, `#` begins a comment line. What a pair cannot say (status, form, ids …) is not in the file, so this is
//! for handing terms over, not for keeping them.

use std::borrow::Borrow;
use std::io::{self, Read, Write};

use super::{Fault, Glossary, Row, made_id};
use crate::formats::encoding::Declares;
use crate::formats::error::Error;
use crate::formats::input::Input;
use crate::formats::table::records::Records;
use crate::formats::{Format, Place};
use crate::model::{Concept, Lang, Marks, Name, NameUse, Status};
use crate::text::name::check_name;

/// Reads pairs; each source term becomes an ordinary term (`term:…`), and further targets of it are admitted names.
///
/// # Errors
/// As [`super::read()`]; there is no header.
pub fn read(
    input: impl Read + Send + 'static,
    source: &Lang,
    target: &Lang,
) -> Result<Glossary, Error> {
    let input = Input::open(Box::new(input), Declares::Nothing)?;
    let mut records = Records::new(input, Format::Tsv);
    let mut glossary = Glossary::default();
    while let Some(record) = records.next()? {
        let place = record.place;
        let mut cells = records.cells().map(str::trim);
        let from = cells.next().unwrap_or_default();
        if from.starts_with('#') {
            continue;
        }
        let to = cells.next().unwrap_or_default();
        let comment = cells.next().unwrap_or_default();
        match pair(place, (source, from), (target, to), comment) {
            Ok(rows) => glossary.rows.extend(rows),
            Err(fault) => glossary.faults.push(fault),
        }
    }
    settle(&mut glossary.rows);
    Ok(glossary)
}

fn pair(
    place: Place,
    (source, from): (&Lang, &str),
    (target, to): (&Lang, &str),
    comment: &str,
) -> Result<[Row; 2], Fault> {
    if from.is_empty() || to.is_empty() {
        let reason = "a line is a term, a tab, its translation and, if wanted, a tab and a comment";
        return Err(Fault::bad(place, "cells", reason));
    }
    for text in [from, to] {
        check_name(text).map_err(|fault| Fault::bad(place, fault.code(), fault.to_string()))?;
    }
    let name = Name::new(source.clone(), from);
    let concept =
        made_id(&name).map_err(|error| Fault::bad(place, "invalid_id", error.to_string()))?;
    let row = |name: Name| Row {
        place,
        concept: concept.clone(),
        name,
        subject: None,
        definition: None,
    };
    let note = (!comment.is_empty()).then(|| comment.to_owned());
    Ok([
        row(name),
        row(Name {
            note,
            ..Name::new(target.clone(), to)
        }),
    ])
}

/// Leaves one row for each name of a concept, of which the first in a language is the preferred one.
fn settle(rows: &mut Vec<Row>) {
    let mut names = std::collections::HashSet::new();
    let mut langs = std::collections::HashSet::new();
    rows.retain_mut(|row| {
        let lang = (row.concept.clone(), row.name.lang.clone());
        if !names.insert((lang.clone(), row.name.text.clone())) {
            return false;
        }
        if !langs.insert(lang) {
            row.name.status = Status::Admitted;
        }
        true
    });
}

/// Writes a line for each right name of a concept in `source`, with the preferred name in `target` and the note.
/// Concepts without a name in both are left out; the number of lines comes back.
///
/// # Errors
/// As the output's.
pub fn write<C: Borrow<Concept>>(
    concepts: &[C],
    source: &Lang,
    target: &Lang,
    out: &mut impl Write,
) -> io::Result<u64> {
    writeln!(out, "# -*- coding: utf-8 -*-")?;
    let mut lines = 0;
    for concept in concepts {
        let concept: &Concept = concept.borrow();
        let Some(to) = concept.preferred(target, None) else {
            continue;
        };
        let right = |name: &&Name| {
            name.lang.group() == source.group()
                && name.status.is_right()
                && name.style.is_none()
                && name.usage == NameUse::Any
                && !name.marks.has(Marks::BLOCKER)
        };
        for from in concept.names.iter().filter(right) {
            let note = to.note.as_deref().unwrap_or_default();
            let cells =
                [&from.text, &to.text, note].map(|cell| cell.replace(['\t', '\n', '\r'], " "));
            writeln!(out, "{}", cells.join("\t").trim_end_matches('\t'))?;
            lines += 1;
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn langs() -> (Lang, Lang) {
        (Lang::parse("en").unwrap(), Lang::parse("fa").unwrap())
    }

    fn pairs(text: &str) -> Glossary {
        let (en, fa) = langs();
        read(io::Cursor::new(text.to_owned()), &en, &fa).unwrap()
    }

    #[test]
    fn what_omegat_writes_is_read_and_written_again() {
        let file = "# -*- coding: utf-8 -*-\nceasefire\tآتش‌بس\tnot a truce\nballot\tبرگه رأی\n";
        let glossary = pairs(file);
        assert_eq!(glossary.faults, []);
        let (en, fa) = langs();
        let mut out = Vec::new();
        assert_eq!(write(&glossary.concepts(), &en, &fa, &mut out).unwrap(), 2);
        assert_eq!(String::from_utf8(out).unwrap(), file);
    }

    #[test]
    fn a_second_translation_is_an_admitted_name_of_the_same_term() {
        let concepts = pairs("ballot\tبرگه رأی\nballot\tرأی\nballot\tرأی\n").concepts();
        assert_eq!(concepts.len(), 1);
        let names: Vec<_> = concepts[0]
            .names
            .iter()
            .map(|name| (name.text.as_str(), name.status))
            .collect();
        assert_eq!(
            names,
            [
                ("ballot", Status::Preferred),
                ("برگه رأی", Status::Preferred),
                ("رأی", Status::Admitted)
            ]
        );
    }

    #[test]
    fn lines_that_are_no_pairs_are_named() {
        let glossary = pairs("a\n\tb\nc\t\n# x\ny\u{202E}\tz\nok\tخوب\n");
        let lines: Vec<u64> = glossary
            .faults
            .iter()
            .map(|fault| fault.place.line)
            .collect();
        assert_eq!(lines, [1, 2, 3, 5]);
        assert_eq!(glossary.rows.len(), 2);
    }
}
