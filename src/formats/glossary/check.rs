//! What is wrong between the rows of a glossary file: what a curator wants to know before it is loaded.
//! (What the finder finds without a row is for `names::redundant` to say.)

use std::collections::HashMap;

use super::write::order;
use super::{Fault, Glossary, Row};
use crate::formats::Place;
use crate::model::{ConceptId, Lang, LangGroup, Marks, NameUse, Slot, Status};
use crate::text::fold;
use crate::text::name::{confusable_skeleton, is_arabic_script, is_latin_script};

/// Every fault of the file, those of [`super::read()`] included, in the order of the lines.
pub fn check(glossary: &Glossary) -> Vec<Fault> {
    let mut faults = glossary.faults.clone();
    order_faults(&glossary.rows, &mut faults);
    for row in &glossary.rows {
        row_faults(row, &mut faults);
    }
    duplicate_faults(&glossary.rows, &mut faults);
    preferred_faults(&glossary.rows, &mut faults);
    ambiguous_faults(&glossary.rows, &mut faults);
    confusable_faults(&glossary.rows, &mut faults);
    contradiction_faults(&glossary.rows, &mut faults);
    faults.sort_by_key(|fault| (fault.place.line, fault.place.byte));
    faults
}

fn order_faults(rows: &[Row], faults: &mut Vec<Fault>) {
    for pair in rows.windows(2) {
        let [before, after] = pair else { continue };
        if (&before.concept, order(&before.name)) > (&after.concept, order(&after.name)) {
            let reason = format!(
                "`{}` belongs before line {} (order: concept, lang, status, name)",
                after.name.text, before.place.line
            );
            faults.push(Fault::minor(after.place, "unsorted", reason));
        }
    }
}

fn row_faults(row: &Row, faults: &mut Vec<Fault>) {
    let name = &row.name;
    let mut fault = |code, reason: String| faults.push(Fault::bad(row.place, code, reason));
    let group = name.lang.group();
    let letters = || name.text.chars().filter(|c| c.is_alphabetic());
    let wrong = match group.as_str() {
        "fa" | "prs" | "ar" | "ur" | "ps" => letters().find(|c| !is_arabic_script(*c)),
        "en" | "de" | "fr" | "es" | "it" | "nl" => letters().find(|c| !is_latin_script(*c)),
        _ => None,
    };
    if let Some(c) = wrong {
        fault(
            "wrong_script",
            format!(
                "`{c}` (U+{:04X}) is not of the script of {}; check the language or the letter",
                u32::from(c),
                name.lang
            ),
        );
    }
    if group.as_str() == "fa"
        && let Some(c) = name.text.chars().find(|c| matches!(c, 'ي' | 'ى' | 'ك'))
    {
        fault(
            "arabic_letter",
            format!(
                "`{c}` (U+{:04X}) is the Arabic letter; write ی or ک",
                u32::from(c)
            ),
        );
    }
    if name.text.trim() != name.text || name.text.contains("  ") {
        fault(
            "spaces",
            "spaces at the ends or doubled; remove them".to_owned(),
        );
    }
    if name.marks.has(Marks::PEJORATIVE) && name.status.is_right() {
        fault(
            "contradiction",
            format!(
                "a pejorative name is not {}; deprecate or forbid it",
                name.status
            ),
        );
    }
}

fn duplicate_faults(rows: &[Row], faults: &mut Vec<Fault>) {
    let mut seen: HashMap<(&ConceptId, &Lang, &str, Option<&str>, NameUse), &Row> = HashMap::new();
    for row in rows {
        let name = &row.name;
        let key = (
            &row.concept,
            &name.lang,
            name.text.as_str(),
            name.style.as_deref(),
            name.usage,
        );
        if let Some(first) = seen.get(&key) {
            let reason = format!(
                "{} has `{}` in line {} already",
                row.concept, name.text, first.place.line
            );
            faults.push(Fault::bad(row.place, "duplicate", reason));
        } else {
            seen.insert(key, row);
        }
    }
}

fn preferred_faults(rows: &[Row], faults: &mut Vec<Fault>) {
    let mut seen: HashMap<(&ConceptId, Slot<'_>), &Row> = HashMap::new();
    let mut langs: HashMap<(&ConceptId, LangGroup), (bool, Place)> = HashMap::new();
    for row in rows {
        let name = &row.name;
        let plain = name.style.is_none() && name.usage == NameUse::Any;
        let has = langs
            .entry((&row.concept, name.lang.group()))
            .or_insert((false, row.place));
        has.0 |= plain && name.status == Status::Preferred || name.marks.has(Marks::BLOCKER);
        if name.status != Status::Preferred {
            continue;
        }
        let key = (&row.concept, name.slot());
        if let Some(first) = seen.get(&key) {
            let reason = format!(
                "{} prefers `{}` in line {}; admit one of them",
                row.concept, first.name.text, first.place.line
            );
            faults.push(Fault::bad(row.place, "two_preferred", reason));
        } else {
            seen.insert(key, row);
        }
    }
    for ((concept, lang), (has, place)) in langs {
        if !has {
            let reason = format!("{concept} has no preferred name in {}", lang.as_str());
            faults.push(Fault::bad(place, "no_preferred", reason));
        }
    }
}

/// One name of several concepts is ambiguous unless exactly one of them is its default, or all of them say that they
/// know of the others.
fn ambiguous_faults(rows: &[Row], faults: &mut Vec<Fault>) {
    let mut names: HashMap<(LangGroup, String), Vec<&Row>> = HashMap::new();
    for row in rows {
        let exact = row.name.marks.has(Marks::EXACT_CASE)
            || row.name.form == crate::model::NameForm::Acronym;
        let text = if exact {
            row.name.text.clone()
        } else {
            fold::key(&row.name.text).text
        };
        names
            .entry((row.name.lang.group(), text))
            .or_default()
            .push(row);
    }
    for rows in names.values() {
        let Some(first) = rows.first() else { continue };
        let defaults = rows
            .iter()
            .filter(|row| row.name.marks.has(Marks::DEFAULT))
            .count();
        let is_wanted = rows.iter().all(|row| row.name.marks.has(Marks::AMBIGUOUS));
        for row in rows.iter().filter(|row| row.concept != first.concept) {
            if defaults != 1 && !is_wanted {
                let reason = format!(
                    "`{}` is also a name of {} in line {}; mark the one that is meant as default, or all of them as ambiguous",
                    row.name.text, first.concept, first.place.line
                );
                faults.push(Fault::minor(row.place, "ambiguous", reason));
            }
        }
    }
}

/// Names that look the same and are not (UTS #39), such as Cyrillic МЕК beside MEK.
fn confusable_faults(rows: &[Row], faults: &mut Vec<Fault>) {
    let mut seen: HashMap<String, &Row> = HashMap::new();
    for row in rows {
        let skeleton = confusable_skeleton(&row.name.text);
        match seen.get(&skeleton) {
            Some(first) => {
                let same = fold::key(&first.name.text).text == fold::key(&row.name.text).text;
                if !same {
                    let reason = format!(
                        "`{}` looks like `{}` in line {} but has other letters",
                        row.name.text, first.name.text, first.place.line
                    );
                    faults.push(Fault::bad(row.place, "confusable", reason));
                }
            }
            None => {
                seen.insert(skeleton, row);
            }
        }
    }
}

/// Values of the whole concept that rows say differently.
fn contradiction_faults(rows: &[Row], faults: &mut Vec<Fault>) {
    let mut subjects: HashMap<&ConceptId, &Row> = HashMap::new();
    let mut definitions: HashMap<(&ConceptId, &Lang), &Row> = HashMap::new();
    for row in rows {
        if row.subject.is_some() {
            let first = *subjects.entry(&row.concept).or_insert(row);
            if first.subject != row.subject {
                let reason = format!(
                    "another subject than in line {}; the first is kept",
                    first.place.line
                );
                faults.push(Fault::bad(row.place, "contradiction", reason));
            }
        }
        if row.definition.is_some() {
            let key = (&row.concept, &row.name.lang);
            let first = *definitions.entry(key).or_insert(row);
            if first.definition != row.definition {
                let reason = format!(
                    "another definition than in line {}; the first is kept",
                    first.place.line
                );
                faults.push(Fault::bad(row.place, "contradiction", reason));
            }
        }
    }
}
