//! Former revisions of concepts, and the deletions: one row when a revision ends.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::concepts::{StoredConcept, from_json, to_json};
use super::history::Event;
use super::tx::Tx;
use super::units::text;
use super::{Error, Reader};
use crate::model::{Concept, ConceptId, Stamp};

/// One revision of a concept and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConceptRevision {
    /// Its number.
    pub rev: i64,
    /// When and by whom it was written.
    pub stamp: Stamp,
    /// How it came about.
    pub event: Event,
    /// The concept as it was then; none for a deletion.
    pub concept: Option<Arc<Concept>>,
}

/// A revision as the history keeps it. How it came about says the row before it; of the first one, itself does.
fn kept(stored: &StoredConcept) -> Result<String, Error> {
    if stored.rev > 1 {
        return to_json(&stored.concept);
    }
    let first = FirstRevision {
        concept: &stored.concept,
        made: Made {
            at: stored.created.at,
            by: stored.created.by.clone(),
        },
    };
    serde_json::to_string(&first).map_err(|e| Error::corrupt(format!("{}: {e}", stored.concept.id)))
}

#[derive(Serialize)]
struct FirstRevision<'a> {
    #[serde(flatten)]
    concept: &'a Concept,
    made: Made,
}

/// When and by whom a concept was made, beside its first content.
#[derive(Serialize, Deserialize)]
struct Made {
    at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// Who made it, if that was kept with its first content.
fn made(json: &str) -> Option<Stamp> {
    #[derive(Deserialize)]
    struct First {
        made: Option<Made>,
    }
    let made = serde_json::from_str::<First>(json).ok()?.made?;
    Some(Stamp {
        at: made.at,
        by: made.by,
    })
}

/// The revision of the last deletion of a concept that is gone; 0 when it never was.
pub(super) fn deleted_rev(conn: &Connection, id: &ConceptId) -> Result<i64, Error> {
    let last: Option<i64> = conn
        .prepare_cached("SELECT max(rev) FROM concept_history WHERE concept = ?1")?
        .query_row([id.as_str()], |row| row.get(0))?;
    Ok(last.map_or(0, |rev| rev + 1))
}

/// What a former revision said; none for a deletion.
pub(super) fn former(
    conn: &Connection,
    id: &ConceptId,
    rev: i64,
) -> Result<Option<Concept>, Error> {
    let state: Option<Option<String>> = conn
        .prepare_cached("SELECT state FROM concept_history WHERE concept = ?1 AND rev = ?2")?
        .query_row(params![id.as_str(), rev], |row| row.get(0))
        .optional()?;
    state
        .flatten()
        .map(|json| from_json(&json, id.as_str()))
        .transpose()
}

impl Tx<'_> {
    /// Keeps a revision that ends.
    pub(super) fn keep_concept(
        &mut self,
        id: &ConceptId,
        rev: i64,
        state: Option<&StoredConcept>,
        event: Event,
        by: Option<&str>,
    ) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO concept_history (concept, rev, at, by, event, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                id.as_str(),
                rev,
                self.now(),
                by,
                event.as_str(),
                state.map(kept).transpose()?
            ])?;
        Ok(())
    }
}

impl Reader<'_> {
    /// All revisions of a concept, the newest first; a deletion is one of them. Also of a deleted concept.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there never was such a concept.
    pub fn concept_history(&self, id: &ConceptId) -> Result<Vec<ConceptRevision>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT rev, at, by, event, state FROM concept_history WHERE concept = ?1 ORDER BY rev",
        )?;
        let mut rows = statement.query([id.as_str()])?;
        let mut list: Vec<ConceptRevision> = Vec::new();
        let current = self.concept(id)?;
        let first = current.as_ref().map(|c| c.created.clone());
        let mut came = (first.unwrap_or_default(), Event::Added);
        while let Some(row) = rows.next()? {
            let rev = row.get(0)?;
            let state: Option<String> = row.get(4)?;
            if let Some(stamp) = state.as_deref().filter(|_| rev == 1).and_then(made) {
                came.0 = stamp;
            }
            let concept = state
                .map(|json| from_json(&json, id.as_str()))
                .transpose()?;
            let ended = Stamp {
                at: row.get(1)?,
                by: row.get(2)?,
            };
            let (stamp, event) =
                std::mem::replace(&mut came, (ended, Event::parse(text(row, 3)?)?));
            list.push(ConceptRevision {
                rev,
                stamp,
                event,
                concept: concept.map(Arc::new),
            });
        }
        let last = list.last().map_or(0, |revision| revision.rev);
        let (stamp, event) = came;
        match current {
            Some(current) => list.push(ConceptRevision {
                rev: current.rev,
                stamp,
                event,
                concept: Some(current.concept),
            }),
            None if last == 0 => return Err(Error::NotFound { what: "concept" }),
            None => list.push(ConceptRevision {
                rev: last + 1,
                stamp,
                event,
                concept: None,
            }),
        }
        list.reverse();
        Ok(list)
    }
}
