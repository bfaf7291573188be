//! Which spellings of a glossary need no row, because the finder finds them without.

use super::find::{Finder, Scope};
use crate::model::{Concept, ConceptKind, NameForm};

/// Places, as (concept, name) numbers, of the names of type `spelling` that are found as their concept without
/// their rows.
pub fn redundant(concepts: &[Concept]) -> Vec<(usize, usize)> {
    let is_spelling = |form: NameForm| form == NameForm::Spelling;
    let mut without = concepts.to_vec();
    for concept in &mut without {
        concept.names.retain(|name| !is_spelling(name.form));
    }
    let finder = Finder::new(&without);
    let mut found = Vec::new();
    for (number, concept) in concepts.iter().enumerate() {
        for (at, name) in concept.names.iter().enumerate() {
            if !is_spelling(name.form) {
                continue;
            }
            let scope = Scope {
                lang: Some(&name.lang),
                kinds: (concept.kind() == ConceptKind::Term).then_some(ConceptKind::ALL),
            };
            let mentions = finder.find(&name.text, scope);
            let whole = |mention: &super::Mention| {
                let same = finder
                    .concept(mention)
                    .is_some_and(|it| it.id == concept.id);
                same && mention.range == (0..name.text.len())
            };
            if mentions.iter().any(whole) {
                found.push((number, at));
            }
        }
    }
    found
}
