//! The glossary that ships with the program. It comes in at the first start. Of each concept the store keeps what was
//! shipped, so that a newer program can tell what people have changed since: that stays, and the rest is brought up to
//! date.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{Engine, Error};
use super::check;
use super::transfer::is_same_row;
use crate::formats::glossary;
use crate::model::{Concept, ConceptId, Name};
use crate::store::{self, Actor, ConceptOutcome, Deed, Event, Expected};

/// See `glossary/README.md`.
const SHIPPED: &[u8] = include_bytes!("../../../glossary/concepts.csv");
/// Who is said to have written it.
const BY: &str = "hamzaban";

impl Engine {
    /// Brings the shipped glossary into the store, or up to date there; how many concepts were written.
    pub(in crate::engine) fn bring_shipped(&self) -> Result<u64, Error> {
        self.bring(SHIPPED)
    }

    pub(in crate::engine) fn bring(&self, file: &'static [u8]) -> Result<u64, Error> {
        let file = glossary::read(file)
            .map_err(|error| Error::Store(format!("the shipped glossary: {error}")))?;
        let concepts = file.concepts().into_iter();
        let mut shipped: BTreeMap<ConceptId, Concept> = concepts
            .map(|concept| (concept.id.clone(), concept))
            .collect();
        // Most starts find all as it was, and then nothing is written.
        if self.store.read(|reader| reader.shipped_concepts())? == shipped {
            return Ok(0);
        }
        let written = self.store.write(move |tx| {
            let before = tx.shipped_concepts()?;
            let mut written = 0;
            for (id, was) in &before {
                if !shipped.contains_key(id) {
                    written += no_longer_shipped(tx, id, was)?;
                }
            }
            shipped.retain(|id, now| before.get(id) != Some(now));
            for (id, now) in shipped {
                written += newly_shipped(tx, before.get(&id), now)?;
            }
            let deed = Deed::new("glossary_shipped", "glossary", written.to_string());
            tx.audit(&Actor::program(), &deed)?;
            Ok(written)
        })?;
        self.live.refresh();
        Ok(written)
    }
}

/// Takes out what is no longer shipped, unless people have made it their own.
fn no_longer_shipped(
    tx: &mut store::Tx<'_>,
    id: &ConceptId,
    was: &Concept,
) -> Result<u64, store::Error> {
    tx.note_shipped(id, None)?;
    match tx.concept(id)? {
        Some(stored) if *stored.concept == *was => {
            tx.delete_concept(id, stored.rev, Some(BY)).map(|_| 1)
        }
        _ => Ok(0),
    }
}

fn newly_shipped(
    tx: &mut store::Tx<'_>,
    was: Option<&Concept>,
    now: Concept,
) -> Result<u64, store::Error> {
    tx.note_shipped(&now.id, Some(&now))?;
    let next = match (tx.concept(&now.id)?, was) {
        // People have deleted it.
        (None, Some(_)) => return Ok(0),
        (None, None) => now,
        (Some(stored), Some(was)) if *stored.concept == *was => now,
        (Some(stored), was) => three_way(was, &stored.concept, now),
    };
    let done = tx.put_concept(
        &Arc::new(next),
        Expected::Anything,
        Event::Updated,
        Some(BY),
    )?;
    Ok(u64::from(!matches!(done, ConceptOutcome::Unchanged(_))))
}

/// People's own names and changes, and whatever else the program ships by now.
fn three_way(was: Option<&Concept>, own: &Concept, now: Concept) -> Concept {
    let in_was = |name: &Name| was.and_then(|was| was.names.iter().find(|n| is_same_row(n, name)));
    let in_now = |name: &Name| now.names.iter().find(|n| is_same_row(n, name));
    let mut names: Vec<Name> = Vec::with_capacity(own.names.len());
    for name in &own.names {
        match in_was(name) {
            Some(before) if before == name => names.extend(in_now(name).cloned()),
            _ => names.push(name.clone()),
        }
    }
    for name in &now.names {
        let there = names.iter().any(|n| is_same_row(n, name));
        // What was shipped before and is not there now was taken out by people.
        if !there && in_was(name).is_none() {
            names.push(name.clone());
        }
    }
    let same_subject = was.is_none_or(|was| was.subject == own.subject);
    let same_definitions = was.is_none_or(|was| was.definitions == own.definitions);
    let next = Concept {
        id: own.id.clone(),
        subject: if same_subject && now.subject.is_some() {
            now.subject
        } else {
            own.subject.clone()
        },
        definitions: if same_definitions && !now.definitions.is_empty() {
            now.definitions
        } else {
            own.definitions.clone()
        },
        names,
    };
    // Where both sides prefer another name, people's choice stands as it is.
    match next.names.is_empty() || check::second_preferred(&next).is_some() {
        true => own.clone(),
        false => next,
    }
}
