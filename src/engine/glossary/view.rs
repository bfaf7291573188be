//! Concepts and suggestions in the shapes that are shown.

use std::collections::BTreeMap;

use super::super::view::time;
use super::requests::{
    ConceptContent, ConceptHistoryEntry, ConceptView, NameEntry, NewSuggestion, SuggestionView,
};
use crate::model::{Concept, Lang, Name, Stamp};
use crate::store::{self, ConceptRevision, StoredConcept, StoredSuggestion};

/// A concept as shown.
pub(super) fn concept(stored: &StoredConcept) -> ConceptView {
    shown(
        &stored.concept,
        stored.rev,
        &stored.created,
        &stored.changed,
    )
}

fn shown(concept: &Concept, rev: i64, created: &Stamp, changed: &Stamp) -> ConceptView {
    ConceptView {
        id: concept.id.clone(),
        kind: concept.kind(),
        rev,
        subject: concept.subject.clone(),
        definitions: concept.definitions.clone(),
        preferred: preferred(concept, None),
        names: concept.names.iter().map(name).collect(),
        created_at: time(created.at),
        created_by: created.by.clone(),
        changed_at: time(changed.at),
        changed_by: changed.by.clone(),
    }
}

/// The name to use in each language that has one.
pub(super) fn preferred(concept: &Concept, style: Option<&str>) -> BTreeMap<String, String> {
    // A concept may have many names, but few languages.
    let mut langs: Vec<&Lang> = Vec::new();
    for name in &concept.names {
        if !langs.contains(&&name.lang) {
            langs.push(&name.lang);
        }
    }
    let preferred = |lang: &Lang| {
        let name = concept.preferred(lang, style)?;
        Some((lang.group().as_str().to_owned(), name.text.clone()))
    };
    langs.into_iter().filter_map(preferred).collect()
}

pub(super) fn name(name: &Name) -> NameEntry {
    NameEntry {
        lang: name.lang.clone(),
        text: name.text.clone(),
        status: Some(name.status),
        form: name.form,
        style: name.style.clone(),
        usage: name.usage,
        marks: name.marks,
        note: name.note.clone(),
        source: name.source.clone(),
    }
}

/// The content of a concept, as an edit of it begins.
pub(super) fn content(concept: &Concept) -> ConceptContent {
    ConceptContent {
        subject: concept.subject.clone(),
        definitions: concept.definitions.clone(),
        names: concept.names.iter().map(name).collect(),
    }
}

/// Revisions as shown, the newest first.
pub(super) fn history(revisions: Vec<ConceptRevision>) -> Vec<ConceptHistoryEntry> {
    let created = revisions.last().map(|first| first.stamp.clone());
    let created = created.unwrap_or_default();
    let entry = |revision: ConceptRevision| ConceptHistoryEntry {
        rev: revision.rev,
        at: time(revision.stamp.at),
        by: revision.stamp.by.clone(),
        action: revision.event.as_str().to_owned(),
        concept: revision
            .concept
            .map(|concept| shown(&concept, revision.rev, &created, &revision.stamp)),
    };
    revisions.into_iter().map(entry).collect()
}

/// A suggestion as shown.
pub(super) fn suggestion(stored: &StoredSuggestion) -> Result<SuggestionView, store::Error> {
    let said: NewSuggestion =
        serde_json::from_str(&stored.content).map_err(|e| store::Error::Corrupt {
            detail: format!("suggestion {}: {e}", stored.id),
        })?;
    let (decided_at, decided_by) = match &stored.decided {
        Some(stamp) => (Some(time(stamp.at)), stamp.by.clone()),
        None => (None, None),
    };
    Ok(SuggestionView {
        id: stored.id.to_string(),
        state: stored.state.as_str().to_owned(),
        kind: said.kind,
        concept: said.concept,
        name: said.name,
        content: said.content,
        rev: said.rev,
        comment: stored.comment.clone(),
        created_at: time(stored.created.at),
        created_by: stored.created.by.clone(),
        decided_at,
        decided_by,
        reason: stored.reason.clone(),
        became_rev: stored.rev,
    })
}
