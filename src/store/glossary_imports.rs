//! Glossary files that were read in: who read what, how it went, which concepts it wrote, and taking it back as a
//! whole. A taking back is written down like an import, so that it can be taken back in turn.

use std::sync::Arc;

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::content::place;
use super::history::Event;
use super::tx::Tx;
use super::{ConceptOutcome, Error, Expected, ImportState, Reader, Undone};
use crate::model::ConceptId;

/// The number of a glossary's import; opaque outside, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlossaryImportId(pub i64);

/// What is known when it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewGlossaryImport {
    /// `csv`, `tbx` …; empty where it takes another one back.
    pub format: String,
    /// `add`, `update`, `keep`; empty where it takes another one back.
    pub mode: String,
    /// Who started it.
    pub by: Option<String>,
    /// What it takes back.
    pub undoes: Option<GlossaryImportId>,
}

/// An import of a glossary and how it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlossaryImport {
    /// Its number.
    pub id: GlossaryImportId,
    /// What was known at its start.
    pub start: NewGlossaryImport,
    /// How far it is.
    pub state: ImportState,
    /// How many bytes the (unpacked) file has.
    pub bytes_read: u64,
    /// When it began, in seconds since 1970.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// JSON of what it did so far; [`GlossaryImport::report`] reads it.
    report: String,
}

impl GlossaryImport {
    /// What it did so far.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where the stored report is none.
    pub fn report<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.report)
            .map_err(|e| Error::corrupt(format!("report of glossary import {}: {e}", self.id.0)))
    }
}

/// What an import did to a concept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConceptWritten {
    /// Which.
    pub concept: ConceptId,
    /// Its revision before; none where there was no such concept.
    pub before: Option<i64>,
    /// Its revision after.
    pub after: i64,
}

fn to_json(report: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(report).map_err(|e| Error::Invalid {
        field: "report",
        reason: e.to_string(),
    })
}

impl Tx<'_> {
    /// Writes down that an import starts. They run one after another: one that was running has ended, though that could
    /// not be written then.
    ///
    /// # Errors
    /// Those of the database.
    pub fn start_glossary_import(
        &mut self,
        start: &NewGlossaryImport,
        report: &impl Serialize,
    ) -> Result<GlossaryImportId, Error> {
        let undoes = start.undoes.map(|id| id.0);
        let report = to_json(report)?;
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "UPDATE glossary_import SET state = 'interrupted', finished_at = ?1 WHERE state = 'running'",
                )?
                .execute([tx.now()])?;
            tx.conn
                .prepare_cached(
                    "INSERT INTO glossary_import (format, mode, by, state, bytes_read, started_at, report, undoes)
                     VALUES (?1, ?2, ?3, 'running', 0, ?4, ?5, ?6)",
                )?
                .execute(params![start.format, start.mode, start.by, tx.now(), report, undoes])?;
            Ok(GlossaryImportId(tx.conn.last_insert_rowid()))
        })
    }

    /// Writes down how far an import is; do it in the job that writes the concepts, so that both are true together.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn note_glossary_import(
        &mut self,
        id: GlossaryImportId,
        state: ImportState,
        bytes_read: u64,
        report: &impl Serialize,
    ) -> Result<(), Error> {
        let report = to_json(report)?;
        let finished = (state != ImportState::Running).then(|| self.now());
        let bytes = i64::try_from(bytes_read).unwrap_or(i64::MAX);
        let rows = self.guard(|tx| {
            Ok(tx
                .conn
                .prepare_cached(
                    "UPDATE glossary_import SET state = ?2, finished_at = ?3, bytes_read = ?4, report = ?5
                     WHERE id = ?1",
                )?
                .execute(params![id.0, state.as_str(), finished, bytes, report])?)
        })?;
        match rows {
            0 => Err(Error::NotFound { what: "import" }),
            _ => Ok(()),
        }
    }

    /// Writes down that an import wrote a concept, which it does at most once.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note_concept_written(
        &mut self,
        import: GlossaryImportId,
        written: &ConceptWritten,
    ) -> Result<(), Error> {
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "INSERT OR REPLACE INTO glossary_import_concept (import_id, concept, before_rev, after_rev)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    import.0,
                    written.concept.as_str(),
                    written.before,
                    written.after
                ])?;
            Ok(())
        })
    }

    /// Takes back what an import did to a concept, in the name of the import `undo`, unless somebody has edited the
    /// concept since and that was not taken back. Doing it again changes nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn undo_concept(
        &mut self,
        written: &ConceptWritten,
        undo: GlossaryImportId,
        by: Option<&str>,
    ) -> Result<Undone, Error> {
        let id = &written.concept;
        let current = self.concept(id)?;
        let wanted = match written.before {
            Some(rev) => self.former_concept(id, rev)?,
            None => None,
        };
        let rev = self.concept_rev(id)?;
        let is_as_wanted = match (&current, &wanted) {
            (Some(current), Some(wanted)) => *current.concept == *wanted,
            (None, None) => true,
            _ => false,
        };
        if is_as_wanted {
            return Ok(Undone::Unchanged);
        }
        if rev != written.after {
            // Unless what came after it was taken back.
            let left = self.former_concept(id, written.after)?;
            if current.as_ref().map(|current| &*current.concept) != left.as_ref() {
                return Ok(Undone::Conflict);
            }
        }
        let (undone, after) = match wanted {
            None => {
                let after = self.take_out_concept(id, rev, Event::TakenBack, by)?;
                (Undone::Deleted, after)
            }
            Some(wanted) => {
                let wanted = Arc::new(wanted);
                let done = self.put_concept(&wanted, Expected::Anything, Event::TakenBack, by)?;
                match done {
                    ConceptOutcome::Added(rev) => (Undone::Restored, rev),
                    other => (Undone::Changed, other.rev()),
                }
            }
        };
        let done = ConceptWritten {
            concept: id.clone(),
            before: current.map(|current| current.rev),
            after,
        };
        self.note_concept_written(undo, &done)?;
        Ok(undone)
    }
}

impl Reader<'_> {
    /// An import of a glossary.
    ///
    /// # Errors
    /// Those of the database.
    pub fn glossary_import(&self, id: GlossaryImportId) -> Result<Option<GlossaryImport>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT format, mode, by, undoes, state, bytes_read, started_at, finished_at, report
             FROM glossary_import WHERE id = ?1",
        )?;
        let mut rows = statement.query([id.0])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(GlossaryImport {
            id,
            start: NewGlossaryImport {
                format: row.get(0)?,
                mode: row.get(1)?,
                by: row.get(2)?,
                undoes: row.get::<_, Option<i64>>(3)?.map(GlossaryImportId),
            },
            state: ImportState::parse(super::units::text(row, 4)?)?,
            bytes_read: u64::try_from(row.get::<_, i64>(5)?).unwrap_or_default(),
            started_at: row.get(6)?,
            finished_at: row.get(7)?,
            report: row.get(8)?,
        }))
    }

    /// What an import wrote, in the order of the ids, behind `after`, at most `limit` concepts.
    ///
    /// # Errors
    /// Those of the database.
    pub fn concepts_written(
        &self,
        import: GlossaryImportId,
        after: Option<&ConceptId>,
        limit: usize,
    ) -> Result<Vec<ConceptWritten>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT concept, before_rev, after_rev FROM glossary_import_concept
             WHERE import_id = ?1 AND concept > ?2 ORDER BY concept LIMIT ?3",
        )?;
        let after = after.map_or("", ConceptId::as_str);
        let mut rows = statement.query(params![import.0, after, place(limit)])?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(ConceptWritten {
                concept: super::concepts::read_id(row, 0)?,
                before: row.get(1)?,
                after: row.get(2)?,
            });
        }
        Ok(list)
    }
}
