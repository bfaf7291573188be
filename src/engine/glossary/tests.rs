//! The shipped glossary over two versions of the program, and what people do with it in between.

use std::sync::Arc;

use super::{ConceptEdit, NameEntry};
use crate::engine::{Caller, Engine};

const FIRST: &[u8] = b"concept,lang,name,status\n\
    org:a,en,Alpha,preferred\norg:a,en,Alfa,admitted\norg:b,en,Beta,preferred\norg:c,en,Gamma,preferred\norg:d,en,Delta,preferred\n";
const SECOND: &[u8] = b"concept,lang,name,status\n\
    org:a,en,Alpha,preferred\norg:a,en,Alphabet,admitted\norg:b,en,Beta Body,preferred\norg:c,en,Gamma Body,preferred\norg:e,en,Epsilon,preferred\n";

fn names(engine: &Engine, id: &str) -> Option<Vec<String>> {
    let concept = engine.concept(&Caller::local(), id).ok()?;
    Some(concept.names.into_iter().map(|name| name.text).collect())
}

fn name(text: &str) -> NameEntry {
    serde_json::from_value(serde_json::json!({"lang": "en", "text": text})).unwrap()
}

fn edit(engine: &Engine, id: &str, names: &[&str]) {
    let edit = ConceptEdit {
        rev: Some(1),
        subject: None,
        definitions: Default::default(),
        names: names.iter().map(|text| name(text)).collect(),
        allow_confusable: false,
    };
    engine
        .replace_concept(&Caller::local(), id, 1, &edit)
        .unwrap();
}

#[test]
fn a_newer_program_updates_its_own_rows_and_leaves_peoples_edits() {
    let folder = tempfile::tempdir().unwrap();
    let engine: Arc<Engine> = Engine::open(folder.path(), true).unwrap();
    engine.catch_up().unwrap();
    assert_eq!(engine.bring(FIRST).unwrap(), 4);
    assert_eq!(engine.bring(FIRST).unwrap(), 0);
    edit(&engine, "org:a", &["Alpha", "Alfa", "Own"]);
    edit(&engine, "org:c", &["Own Gamma"]);
    engine.delete_concept(&Caller::local(), "org:d", 1).unwrap();
    engine.bring(SECOND).unwrap();
    let of = |id| names(&engine, id);
    // Alfa was the program's own and is shipped no more; Own is people's.
    assert_eq!(of("org:a").unwrap(), ["Alpha", "Own", "Alphabet"]);
    assert_eq!(of("org:b").unwrap(), ["Beta Body"]);
    // Both sides have another name to prefer: people's stands.
    assert_eq!(of("org:c").unwrap(), ["Own Gamma"]);
    assert_eq!(of("org:d"), None);
    assert_eq!(of("org:e").unwrap(), ["Epsilon"]);
    // What people have deleted stays away although it is shipped.
    engine.delete_concept(&Caller::local(), "org:e", 1).unwrap();
    assert_eq!(engine.bring(SECOND).unwrap(), 0);
    assert_eq!(of("org:e"), None);
    engine.close();
}
