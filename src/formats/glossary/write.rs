//! A glossary file from concepts.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::io::{self, Write};

use super::COLUMNS;
use crate::model::{Concept, Lang, Name, NameForm, NameUse, Status};

/// Writes concepts, sorted as [`super::check()`] wants it: by concept, language, status, name, style and use.
///
/// # Errors
/// As the output's.
pub fn write<C: Borrow<Concept>>(concepts: &[C], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", COLUMNS.join(","))?;
    let mut sorted: Vec<&Concept> = concepts.iter().map(|it| it.borrow()).collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let mut line = String::new();
    for concept in sorted {
        let mut names: Vec<&Name> = concept.names.iter().collect();
        names.sort_by(|a, b| order(a).cmp(&order(b)));
        let mut langs = HashSet::new();
        for (place, name) in names.into_iter().enumerate() {
            let subject = concept.subject.as_deref().filter(|_| place == 0);
            let definition = concept.definitions.get(&name.lang);
            let definition = definition.filter(|_| langs.insert(name.lang.clone()));
            line.clear();
            cell(&mut line, concept.id.as_str());
            for text in [
                name.lang.as_str(),
                &name.text,
                name.status.as_str(),
                name.form.as_str(),
                name.style.as_deref().unwrap_or_default(),
                name.usage.as_str(),
                &name.marks.to_string(),
                name.note.as_deref().unwrap_or_default(),
                name.source.as_deref().unwrap_or_default(),
                subject.unwrap_or_default(),
                definition.map(String::as_str).unwrap_or_default(),
            ] {
                line.push(',');
                cell(&mut line, text);
            }
            line.push('\n');
            out.write_all(line.as_bytes())?;
        }
    }
    Ok(())
}

/// What rows of a concept are sorted by.
pub(super) fn order(name: &Name) -> (&Lang, Status, &str, Option<&str>, NameUse, NameForm) {
    (
        &name.lang,
        name.status,
        &name.text,
        name.style.as_deref(),
        name.usage,
        name.form,
    )
}

fn cell(out: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}
