//! Concepts: making, showing, changing, taking back.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::super::access::not_found;
use super::super::{Answer, Caller, Engine, Error, Role, invalid};
use super::requests::{
    ConceptContent, ConceptEdit, ConceptHistoryEntry, ConceptPage, ConceptQuery, ConceptView,
    FoundConcept, NewConcept,
};
use super::{check, view};
use crate::model::{Concept, ConceptId};
use crate::store::{self, Actor, ConceptOutcome, Deed, Event, Expected, Tx};
use crate::text::name::LONGEST_NAME;

/// Hits that are looked through for those of a kind or language.
const SEEN_WHEN_NARROWED: usize = 1_000;

impl Engine {
    /// Makes a concept.
    pub fn create_concept(&self, caller: &Caller, new: &NewConcept) -> Result<ConceptView, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        let content = ConceptContent {
            subject: new.subject.clone(),
            definitions: new.definitions.clone(),
            names: new.names.clone(),
        };
        let concept = check::concept(new.id.clone(), &content)?;
        let _editing = self.live.edit();
        self.must_be_clear(&concept, None, new.allow_confusable)?;
        self.write_concept(caller, concept, Expected::Nothing, written)
    }

    /// One concept.
    pub fn concept(&self, caller: &Caller, id: &str) -> Result<ConceptView, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        self.view_of_concept(&concept_id(id)?)?
            .ok_or_else(|| not_found("concept"))
    }

    pub(super) fn view_of_concept(&self, id: &ConceptId) -> Result<Option<ConceptView>, Error> {
        let stored = self.store.read(|reader| reader.concept(id))?;
        Ok(stored.as_ref().map(view::concept))
    }

    /// Gives a concept other content as a whole; `rev` is the revision the caller saw.
    pub fn replace_concept(
        &self,
        caller: &Caller,
        id: &str,
        rev: i64,
        edit: &ConceptEdit,
    ) -> Result<ConceptView, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        let id = concept_id(id)?;
        let content = ConceptContent {
            subject: edit.subject.clone(),
            definitions: edit.definitions.clone(),
            names: edit.names.clone(),
        };
        let concept = check::concept(id.clone(), &content)?;
        let _editing = self.live.edit();
        let old = self.store.read(|reader| reader.concept(&id))?;
        let old = old.ok_or_else(|| not_found("concept"))?;
        self.must_be_clear(&concept, Some(&old.concept), edit.allow_confusable)?;
        self.write_concept(caller, concept, Expected::Rev(rev), written)
    }

    /// Deletes a concept; its history stays, and it can be brought back.
    pub fn delete_concept(&self, caller: &Caller, id: &str, rev: i64) -> Result<(), Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        let id = concept_id(id)?;
        let (asked, who) = (id.clone(), caller.actor());
        let deleted = self.store.write(move |tx| {
            let after = tx.delete_concept(&asked, rev, who.by.as_deref())?;
            let deed = Deed::new("concept_deleted", "concept", asked.as_str());
            tx.audit(&who, &deed.revised(Some(rev), Some(after)))
        });
        deleted.map_err(|error| self.concept_refused(error, &id, rev))?;
        self.live.refresh();
        Ok(())
    }

    /// All revisions, the newest first. Also of a deleted concept.
    pub fn concept_history(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Vec<ConceptHistoryEntry>, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        let id = concept_id(id)?;
        let revisions = self.store.read(|reader| reader.concept_history(&id))?;
        Ok(view::history(revisions))
    }

    /// Writes the content of `to_rev` as a new revision; `rev` is the current one (of a deleted concept that of
    /// its deletion).
    pub fn revert_concept(
        &self,
        caller: &Caller,
        id: &str,
        rev: i64,
        to_rev: i64,
    ) -> Result<ConceptView, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        let id = concept_id(id)?;
        let _editing = self.live.edit();
        let asked = id.clone();
        let reverted = self.write(caller, move |tx, who| {
            let done = tx.revert_concept(&asked, to_rev, rev, who.by.as_deref())?;
            let deed = Deed::new("concept_reverted", "concept", asked.as_str());
            tx.audit(who, &deed.revised(Some(rev), Some(done.rev())))?;
            written(tx, who, &asked)
        });
        let reverted = reverted.map_err(|error| self.concept_refused(error, &id, rev))?;
        self.live.refresh();
        Ok(reverted)
    }

    /// Concepts in the order of their ids.
    pub(super) fn browse_concepts(&self, query: &ConceptQuery) -> Result<ConceptPage, Error> {
        let after = query.cursor.as_deref().map(read_cursor).transpose()?;
        let wanted = |concept: &Concept| is_wanted(concept, query);
        let mut ids = self.live.page(after.as_ref(), query.limit + 1, wanted);
        let more = ids.len() > query.limit;
        ids.truncate(query.limit);
        let cursor = ids.last().filter(|_| more).map(cursor);
        let found = self.store.read(|reader| {
            let mut found = Vec::with_capacity(ids.len());
            for id in &ids {
                // It may have gone this very moment.
                found.extend(reader.concept(id)?);
            }
            Ok(found)
        })?;
        let shown = |stored: &store::StoredConcept| FoundConcept {
            score: None,
            matched: None,
            concept: view::concept(stored),
        };
        Ok(ConceptPage {
            concepts: found.iter().map(shown).collect(),
            cursor,
        })
    }

    /// Concepts that fit what is asked, best first, or all of them page by page.
    pub fn concepts(&self, caller: &Caller, query: &ConceptQuery) -> Result<ConceptPage, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        if !(1..=100).contains(&query.limit) {
            let reason = "1 to 100 concepts fit on a page";
            return Err(invalid("out_of_range", "limit", reason));
        }
        match query.q.as_deref() {
            None => self.browse_concepts(query),
            Some(q) if query.cursor.is_some() => {
                let reason = format!("a look-up of {q:.20?} has one page: leave the cursor out");
                Err(invalid("invalid_cursor", "cursor", &reason))
            }
            Some(q) => self.look_up_concepts(q, query),
        }
    }

    fn look_up_concepts(&self, q: &str, query: &ConceptQuery) -> Result<ConceptPage, Error> {
        if q.chars().count() > LONGEST_NAME {
            let reason = format!("at most {LONGEST_NAME} characters are looked up");
            return Err(invalid("out_of_range", "q", &reason));
        }
        let live = self.live.snapshot();
        let narrowed = !query.kinds.is_empty() || query.lang.is_some();
        let most = if narrowed {
            SEEN_WHEN_NARROWED
        } else {
            query.limit
        };
        let mut hits: Vec<(u8, &str, &Concept)> = Vec::new();
        for hit in live.lookup.search(q, most) {
            let Some(concept) = live.lookup.concept_at(hit.concept) else {
                continue;
            };
            let name = concept.names.get(hit.name).map_or("", |name| &name.text);
            if is_wanted(concept, query) && hits.len() < query.limit {
                hits.push((hit.score, name, concept));
            }
        }
        let found = self.store.read(|reader| {
            let mut found = Vec::with_capacity(hits.len());
            for (score, name, concept) in &hits {
                // It may have gone this very moment.
                if let Some(stored) = reader.concept(&concept.id)? {
                    found.push(FoundConcept {
                        score: Some(*score),
                        matched: Some((*name).to_owned()),
                        concept: view::concept(&stored),
                    });
                }
            }
            Ok(found)
        })?;
        Ok(ConceptPage {
            concepts: found,
            cursor: None,
        })
    }

    /// Refuses names that a reader would take for other ones, unless they are wanted or were there before.
    pub(super) fn must_be_clear(
        &self,
        concept: &Concept,
        old: Option<&Concept>,
        allow: bool,
    ) -> Result<(), Error> {
        if allow {
            return Ok(());
        }
        for (place, name) in concept.names.iter().enumerate() {
            let known = old.is_some_and(|old| old.names.iter().any(|n| n.text == name.text));
            if let Some(other) = self.live.look_alike(&name.text).filter(|_| !known) {
                return Err(Error::Conflict {
                    code: "confusable_name",
                    field: format!("/names/{place}/text"),
                    reason: format!(
                        "it looks like a name of {other} and is another one: write it with the right letters, or say \"allow_confusable\": true"
                    ),
                });
            }
        }
        Ok(())
    }

    /// Writes a concept and waits until look-ups see it; `then` writes what belongs to it and gives the answer.
    pub(super) fn write_concept<T: Answer + Send + 'static>(
        &self,
        caller: &Caller,
        concept: Concept,
        expected: Expected,
        then: impl FnOnce(&mut Tx<'_>, &Actor, &ConceptId) -> Result<T, store::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let concept = Arc::new(concept);
        let id = concept.id.clone();
        let written = self.write(caller, move |tx, who| {
            let by = who.by.as_deref();
            let done = tx.put_concept(&concept, expected, Event::Replaced, by)?;
            let (action, before) = match done {
                ConceptOutcome::Added(_) => ("concept_added", None),
                ConceptOutcome::Updated(rev) => ("concept_changed", Some(rev - 1)),
                ConceptOutcome::Unchanged(rev) => ("concept_unchanged", Some(rev)),
            };
            if !matches!(done, ConceptOutcome::Unchanged(_)) {
                let deed = Deed::new(action, "concept", concept.id.as_str());
                tx.audit(who, &deed.revised(before, Some(done.rev())))?;
            }
            then(tx, who, &concept.id)
        });
        let given = match expected {
            Expected::Rev(rev) => rev,
            _ => 0,
        };
        let written = written.map_err(|error| self.concept_refused(error, &id, given))?;
        self.live.refresh();
        Ok(written)
    }

    /// A conflict tells what is there now.
    pub(super) fn concept_refused(&self, error: store::Error, id: &ConceptId, given: i64) -> Error {
        match error {
            store::Error::Conflict { rev, .. } => Error::StaleConcept {
                given,
                rev,
                current: self.view_of_concept(id).ok().flatten().map(Box::new),
            },
            store::Error::Exists { .. } => Error::Conflict {
                code: "exists",
                field: "/id".into(),
                reason: format!("there is a concept {id}: PUT changes it"),
            },
            other => other.into(),
        }
    }
}

/// The answer to a write of a concept: as it is now.
fn written(tx: &mut Tx<'_>, _: &Actor, id: &ConceptId) -> Result<ConceptView, store::Error> {
    let stored = tx.concept(id)?;
    stored
        .as_ref()
        .map(view::concept)
        .ok_or(store::Error::NotFound { what: "concept" })
}

/// Whether a concept is of the kinds and has a name in the language that are asked for.
pub(super) fn is_wanted(concept: &Concept, query: &ConceptQuery) -> bool {
    (query.kinds.is_empty() || query.kinds.contains(&concept.kind()))
        && query
            .lang
            .as_ref()
            .is_none_or(|lang| concept.names.iter().any(|name| name.lang.meets(lang)))
}

/// What is no id is not found, like an id that is none's.
pub(super) fn concept_id(id: &str) -> Result<ConceptId, Error> {
    ConceptId::parse(id).map_err(|_| not_found("concept"))
}

/// Where the page after this concept begins, as clients see it.
fn cursor(id: &ConceptId) -> String {
    let check = xxh3_64(format!("concepts after {id}").as_bytes());
    format!("{id}-{:08x}", check >> 32)
}

/// And back.
fn read_cursor(text: &str) -> Result<ConceptId, Error> {
    let id = text.rsplit_once('-').map(|(id, _)| id);
    let id = id.and_then(|id| ConceptId::parse(id).ok());
    id.filter(|id| cursor(id) == text).ok_or_else(|| {
        let reason = "give the cursor of the page before as it was, or none for the first page";
        invalid("invalid_cursor", "cursor", reason)
    })
}
