//! Concepts of the termbase: rows of `concept` and `concept_name`, their former revisions, and what was shipped.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, Row, params};
use xxhash_rust::xxh3::xxh3_64;

use super::concept_history::{deleted_rev, former};
use super::content::place;
use super::history::Event;
use super::tx::{Logged, Tx};
use super::units::{Langs, text};
use super::{Error, Reader};
use crate::model::{
    ChangeKind, Concept, ConceptId, Lang, Marks, Name, NameForm, NameUse, Stamp, Status,
};

/// A concept as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConcept {
    /// What it says.
    pub concept: Arc<Concept>,
    /// How often it was written: 1 for a new one; deletions count too.
    pub rev: i64,
    /// When and by whom it was made.
    pub created: Stamp,
    /// When and by whom it was last changed.
    pub changed: Stamp,
}

/// Which state of a concept a write is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// There is none of that id.
    Nothing,
    /// It is at this revision.
    Rev(i64),
    /// Whatever is there.
    Anything,
}

/// What a write did: the revision now, and whether the concept is new, changed or as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConceptOutcome {
    /// There was none of that id.
    Added(i64),
    /// It got a new revision.
    Updated(i64),
    /// Nothing was written.
    Unchanged(i64),
}

impl ConceptOutcome {
    /// The revision now.
    pub fn rev(self) -> i64 {
        match self {
            Self::Added(rev) | Self::Updated(rev) | Self::Unchanged(rev) => rev,
        }
    }
}

pub(super) const CONCEPT: &str = "SELECT id, rev, subject, definitions, created_at, created_by, changed_at, changed_by FROM concept";
const NAMES: &str = "SELECT lang, text, status, type, style, usage, marks, note, source
    FROM concept_name WHERE concept = ?1 ORDER BY place";

pub(super) fn read_id(row: &Row<'_>, column: usize) -> Result<ConceptId, Error> {
    ConceptId::parse(text(row, column)?).map_err(|e| Error::corrupt(e.to_string()))
}

/// xxh3 of what a concept says, its revision and its stamps, as `verify` works it out again. It depends on the JSON
/// of [`Concept`]: when that changes, a step must renew it.
pub(super) fn checksum(stored: &StoredConcept) -> Result<i64, Error> {
    let (made, changed) = (&stored.created, &stored.changed);
    let said = (
        &*stored.concept,
        stored.rev,
        made.at,
        &made.by,
        changed.at,
        &changed.by,
    );
    let said = serde_json::to_string(&said).map_err(|e| Error::corrupt(e.to_string()))?;
    Ok(xxh3_64(said.as_bytes()) as i64)
}

pub(super) fn read_concept(
    conn: &Connection,
    langs: &Langs,
    row: &Row<'_>,
) -> Result<StoredConcept, Error> {
    let id = read_id(row, 0)?;
    let definitions: Option<String> = row.get(3)?;
    let definitions = definitions
        .map(|json| serde_json::from_str::<BTreeMap<Lang, String>>(&json))
        .transpose()
        .map_err(|e| Error::corrupt(format!("the definitions of {id}: {e}")))?;
    Ok(StoredConcept {
        rev: row.get(1)?,
        created: Stamp {
            at: row.get(4)?,
            by: row.get(5)?,
        },
        changed: Stamp {
            at: row.get(6)?,
            by: row.get(7)?,
        },
        concept: Arc::new(Concept {
            names: read_names(conn, langs, &id)?,
            subject: row.get(2)?,
            definitions: definitions.unwrap_or_default(),
            id,
        }),
    })
}

fn read_names(conn: &Connection, langs: &Langs, id: &ConceptId) -> Result<Vec<Name>, Error> {
    let mut statement = conn.prepare_cached(NAMES)?;
    let mut rows = statement.query([id.as_str()])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        let odd = |what: &str| Error::corrupt(format!("a name of {id} has no known {what}"));
        names.push(Name {
            lang: langs.get(text(row, 0)?)?,
            text: row.get(1)?,
            status: Status::parse(text(row, 2)?).ok_or_else(|| odd("status"))?,
            form: NameForm::parse(text(row, 3)?).ok_or_else(|| odd("type"))?,
            style: row.get(4)?,
            usage: NameUse::parse(text(row, 5)?).ok_or_else(|| odd("use"))?,
            marks: Marks::parse(text(row, 6)?).map_err(|_| odd("mark"))?,
            note: row.get(7)?,
            source: row.get(8)?,
        });
    }
    Ok(names)
}

fn find(conn: &Connection, langs: &Langs, id: &ConceptId) -> Result<Option<StoredConcept>, Error> {
    let mut statement = conn.prepare_cached(&format!("{CONCEPT} WHERE id = ?1"))?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?
        .map(|row| read_concept(conn, langs, row))
        .transpose()
}

pub(super) fn to_json(concept: &Concept) -> Result<String, Error> {
    serde_json::to_string(concept).map_err(|e| Error::corrupt(format!("{}: {e}", concept.id)))
}

pub(super) fn from_json(json: &str, id: &str) -> Result<Concept, Error> {
    serde_json::from_str(json).map_err(|e| Error::corrupt(format!("a revision of {id}: {e}")))
}

impl Tx<'_> {
    /// A concept as this transaction sees it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn concept(&self, id: &ConceptId) -> Result<Option<StoredConcept>, Error> {
        find(self.conn, self.langs, id)
    }

    /// The revision of a concept, of a deleted one that of its deletion; 0 when it never was.
    pub(super) fn concept_rev(&self, id: &ConceptId) -> Result<i64, Error> {
        match self.concept(id)? {
            Some(stored) => Ok(stored.rev),
            None => deleted_rev(self.conn, id),
        }
    }

    /// What a former revision of a concept said; none for a deletion.
    pub(super) fn former_concept(
        &self,
        id: &ConceptId,
        rev: i64,
    ) -> Result<Option<Concept>, Error> {
        former(self.conn, id, rev)
    }

    /// Writes a concept as a whole. The same content writes nothing.
    ///
    /// # Errors
    /// [`Error::Exists`] where nothing was expected, [`Error::NotFound`] and [`Error::Conflict`] where a revision was.
    pub fn put_concept(
        &mut self,
        concept: &Arc<Concept>,
        expected: Expected,
        event: Event,
        by: Option<&str>,
    ) -> Result<ConceptOutcome, Error> {
        let old = self.concept(&concept.id)?;
        match (expected, &old) {
            (Expected::Nothing, Some(_)) => {
                return Err(Error::Exists {
                    name: concept.id.to_string(),
                });
            }
            (Expected::Rev(rev), old) => same_rev(self.conn, &concept.id, old.as_ref(), rev)?,
            _ => {}
        }
        let Some(old) = old else {
            let gone = deleted_rev(self.conn, &concept.id)?;
            let event = match event {
                Event::TakenBack => event,
                _ => Event::Added,
            };
            return self.add_concept(concept, gone, event, by);
        };
        if old.concept == *concept {
            return Ok(ConceptOutcome::Unchanged(old.rev));
        }
        self.guard(|tx| {
            tx.keep_concept(&concept.id, old.rev, Some(&old), event, by)?;
            tx.conn
                .prepare_cached("DELETE FROM concept_name WHERE concept = ?1")?
                .execute([concept.id.as_str()])?;
            tx.conn
                .prepare_cached(
                    "UPDATE concept SET rev = ?2, subject = ?3, definitions = ?4, changed_at = ?5, changed_by = ?6,
                     checksum = 0 WHERE id = ?1",
                )?
                .execute(params![
                    concept.id.as_str(),
                    old.rev + 1,
                    concept.subject,
                    definitions(concept)?,
                    tx.now().max(old.changed.at),
                    by
                ])?;
            tx.insert_names(concept)?;
            tx.seal_concept(&concept.id)?;
            tx.log_concept(concept, old.rev + 1, by)?;
            Ok(ConceptOutcome::Updated(old.rev + 1))
        })
    }

    /// Makes a concept that is not there; `gone` is the revision of its last deletion, 0 for none.
    fn add_concept(
        &mut self,
        concept: &Arc<Concept>,
        gone: i64,
        event: Event,
        by: Option<&str>,
    ) -> Result<ConceptOutcome, Error> {
        self.guard(|tx| {
            if gone > 0 {
                tx.keep_concept(&concept.id, gone, None, event, by)?;
            }
            let now = tx.now();
            tx.conn
                .prepare_cached(
                    "INSERT INTO concept (id, rev, subject, definitions, created_at, created_by, changed_at, changed_by,
                     checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?6, 0)",
                )?
                .execute(params![
                    concept.id.as_str(),
                    gone + 1,
                    concept.subject,
                    definitions(concept)?,
                    now,
                    by
                ])?;
            tx.insert_names(concept)?;
            tx.seal_concept(&concept.id)?;
            tx.log_concept(concept, gone + 1, by)?;
            Ok(ConceptOutcome::Added(gone + 1))
        })
    }

    /// Deletes a concept; the deletion is its next revision, and [`Tx::revert_concept`] brings it back.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`].
    pub fn delete_concept(
        &mut self,
        id: &ConceptId,
        rev: i64,
        by: Option<&str>,
    ) -> Result<i64, Error> {
        self.take_out_concept(id, rev, Event::Deleted, by)
    }

    pub(super) fn take_out_concept(
        &mut self,
        id: &ConceptId,
        rev: i64,
        event: Event,
        by: Option<&str>,
    ) -> Result<i64, Error> {
        let old = self.concept(id)?;
        same_rev(self.conn, id, old.as_ref(), rev)?;
        let missing = Error::NotFound { what: "concept" };
        let old = old.ok_or(missing)?;
        self.guard(|tx| {
            tx.keep_concept(id, rev, Some(&old), event, by)?;
            for sql in [
                "DELETE FROM concept_name WHERE concept = ?1",
                "DELETE FROM concept WHERE id = ?1",
            ] {
                tx.conn.prepare_cached(sql)?.execute([id.as_str()])?;
            }
            let logged = Logged::named("concept_deleted", id.as_str(), rev + 1);
            tx.log(&logged, ChangeKind::ConceptDeleted(id.clone()), by)?;
            Ok(rev + 1)
        })
    }

    /// Gives a concept the content of a former revision, as a new revision; also brings back a deleted one. `rev` is
    /// its revision now (of a deleted one that of the deletion).
    ///
    /// # Errors
    /// [`Error::NotFound`] for the concept, or when `to_rev` is none of its revisions or a deletion;
    /// [`Error::Conflict`].
    pub fn revert_concept(
        &mut self,
        id: &ConceptId,
        to_rev: i64,
        rev: i64,
        by: Option<&str>,
    ) -> Result<ConceptOutcome, Error> {
        let old = self.concept(id)?;
        same_rev(self.conn, id, old.as_ref(), rev)?;
        if old.is_some() && to_rev == rev {
            return Ok(ConceptOutcome::Unchanged(rev));
        }
        let content = former(self.conn, id, to_rev)?;
        let content = Arc::new(content.ok_or(Error::NotFound { what: "revision" })?);
        match old {
            Some(_) => self.put_concept(&content, Expected::Rev(rev), Event::Reverted, by),
            None => self.add_concept(&content, rev, Event::Restored, by),
        }
    }

    /// Writes down the checksum of a concept as it is now.
    pub(super) fn seal_concept(&mut self, id: &ConceptId) -> Result<(), Error> {
        let stored = self
            .concept(id)?
            .ok_or(Error::NotFound { what: "concept" })?;
        self.conn
            .prepare_cached("UPDATE concept SET checksum = ?2 WHERE id = ?1")?
            .execute(params![id.as_str(), checksum(&stored)?])?;
        Ok(())
    }

    fn insert_names(&mut self, concept: &Concept) -> Result<(), Error> {
        let mut statement = self.conn.prepare_cached(
            "INSERT INTO concept_name (concept, place, lang, text, status, type, style, usage, marks, note, source)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        for (number, name) in concept.names.iter().enumerate() {
            statement.execute(params![
                concept.id.as_str(),
                place(number),
                name.lang.as_str(),
                name.text,
                name.status.as_str(),
                name.form.as_str(),
                name.style,
                name.usage.as_str(),
                name.marks.to_string(),
                name.note,
                name.source
            ])?;
        }
        Ok(())
    }

    fn log_concept(
        &mut self,
        concept: &Arc<Concept>,
        rev: i64,
        by: Option<&str>,
    ) -> Result<(), Error> {
        let logged = Logged::named("concept_put", concept.id.as_str(), rev);
        self.log(&logged, ChangeKind::ConceptPut(Arc::clone(concept)), by)
    }
}

fn definitions(concept: &Concept) -> Result<Option<String>, Error> {
    if concept.definitions.is_empty() {
        return Ok(None);
    }
    let json = serde_json::to_string(&concept.definitions);
    json.map(Some)
        .map_err(|e| Error::corrupt(format!("{}: {e}", concept.id)))
}

/// Checks that a concept is at the revision that a write is made for; that of a deleted one is its deletion.
fn same_rev(
    conn: &Connection,
    id: &ConceptId,
    old: Option<&StoredConcept>,
    rev: i64,
) -> Result<(), Error> {
    let current = match old {
        Some(old) => old.rev,
        None => deleted_rev(conn, id)?,
    };
    match current {
        0 => Err(Error::NotFound { what: "concept" }),
        current if current == rev => Ok(()),
        current => Err(Error::Conflict {
            rev: current,
            current: None,
        }),
    }
}

impl Reader<'_> {
    /// A concept.
    ///
    /// # Errors
    /// Those of the database.
    pub fn concept(&self, id: &ConceptId) -> Result<Option<StoredConcept>, Error> {
        find(self.conn, self.langs, id)
    }

    /// Concepts behind an id (from the first where it is none), in the order of their ids, at most `limit`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn concepts(
        &self,
        after: Option<&ConceptId>,
        limit: usize,
    ) -> Result<Vec<StoredConcept>, Error> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("{CONCEPT} WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
        let after = after.map_or("", ConceptId::as_str);
        let mut rows = statement.query(params![after, place(limit)])?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(read_concept(self.conn, self.langs, row)?);
        }
        Ok(list)
    }

    /// Whether no concept was ever there.
    ///
    /// # Errors
    /// Those of the database.
    pub fn never_had_concepts(&self) -> Result<bool, Error> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM concept) AND NOT EXISTS (SELECT 1 FROM concept_history)";
        Ok(self
            .conn
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?)
    }
}
