//! Imports: who read what into which memory, and how it went.

use rusqlite::{OptionalExtension, params};

use super::tx::Tx;
use super::{Error, Reader};
use crate::model::{ImportReport, MemoryId};

/// An import's number; opaque outside, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImportId(pub i64);

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// It is being read.
    Running,
    /// It was read to its end.
    Done,
    /// It stopped at an error; what was read before is in the store.
    Failed,
    /// The program ended while it ran; what was read before is in the store.
    Interrupted,
}

impl ImportState {
    /// Its name in the table and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        [Self::Running, Self::Done, Self::Failed, Self::Interrupted]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Error::corrupt(format!("import.state is `{text}`")))
    }
}

/// What is known when an import starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImport {
    /// Where it writes.
    pub memory: MemoryId,
    /// The file's name, a label for people.
    pub file: String,
    /// `tmx`, `tsv`, `csv` …
    pub format: String,
    /// `add`, `update`, `keep`.
    pub mode: String,
    /// Who started it.
    pub by: Option<String>,
}

/// An import and how it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its number.
    pub id: ImportId,
    /// What was known at its start.
    pub start: NewImport,
    /// How far it is.
    pub state: ImportState,
    /// How many bytes of the file are in the store.
    pub bytes_read: u64,
    /// When it began, in seconds since 1970.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// What it has done so far.
    pub report: ImportReport,
}

fn report_json(report: &ImportReport) -> Result<String, Error> {
    serde_json::to_string(report).map_err(|e| Error::Invalid {
        field: "report",
        reason: e.to_string(),
    })
}

fn bytes(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Tx<'_> {
    /// Writes down that an import starts.
    ///
    /// # Errors
    /// [`Error::NotFound`] and [`Error::ReadOnly`] for the memory.
    pub fn start_import(&mut self, start: &NewImport) -> Result<ImportId, Error> {
        self.writable(start.memory)?;
        let report = report_json(&ImportReport::default())?;
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO import (memory_id, file, format, mode, by, state, bytes_read, started_at, report)
                     VALUES (?1, ?2, ?3, ?4, ?5, 'running', 0, ?6, ?7)",
                )?
                .execute(params![
                    start.memory.0,
                    start.file,
                    start.format,
                    start.mode,
                    start.by,
                    tx.now(),
                    report
                ])?;
            Ok(ImportId(tx.conn.last_insert_rowid()))
        })
    }

    /// Writes down how far an import is; do it in the job that puts the units, so that both are true together.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn note_import_progress(
        &mut self,
        id: ImportId,
        bytes_read: u64,
        report: &ImportReport,
    ) -> Result<(), Error> {
        self.write_import(id, ImportState::Running, None, bytes_read, report)
    }

    /// What an import has done so far, as it is in the store.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn import_report(&self, id: ImportId) -> Result<ImportReport, Error> {
        let text: String = self
            .conn
            .prepare_cached("SELECT report FROM import WHERE id = ?1")?
            .query_row([id.0], |row| row.get(0))
            .map_err(|error| super::or_not_found(error, "import"))?;
        serde_json::from_str(&text)
            .map_err(|error| Error::corrupt(format!("report of import {}: {error}", id.0)))
    }

    /// Writes down how an import ended.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn finish_import(
        &mut self,
        id: ImportId,
        state: ImportState,
        bytes_read: u64,
        report: &ImportReport,
    ) -> Result<(), Error> {
        self.write_import(id, state, Some(self.now()), bytes_read, report)
    }

    fn write_import(
        &mut self,
        id: ImportId,
        state: ImportState,
        finished_at: Option<i64>,
        bytes_read: u64,
        report: &ImportReport,
    ) -> Result<(), Error> {
        let report = report_json(report)?;
        let rows = self.guard(|tx| {
            Ok(tx
                .conn
                .prepare_cached(
                    "UPDATE import SET state = ?2, finished_at = ?3, bytes_read = ?4, report = ?5 WHERE id = ?1",
                )?
                .execute(params![
                    id.0,
                    state.as_str(),
                    finished_at,
                    bytes(bytes_read),
                    report
                ])?)
        })?;
        if rows == 0 {
            return Err(Error::NotFound { what: "import" });
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// An import into a living memory.
    ///
    /// # Errors
    /// Those of the database.
    pub fn import(&self, id: ImportId) -> Result<Option<Import>, Error> {
        let import = self
            .conn
            .prepare_cached(
                "SELECT memory_id, file, format, mode, by, state, bytes_read, started_at, finished_at, report
                 FROM import WHERE id = ?1 AND kind = 'import'",
            )?
            .query_row([id.0], |row| {
                let start = NewImport {
                    memory: MemoryId(row.get(0)?),
                    file: row.get(1)?,
                    format: row.get(2)?,
                    mode: row.get(3)?,
                    by: row.get(4)?,
                };
                let state: String = row.get(5)?;
                let report: String = row.get(9)?;
                Ok((start, state, row.get::<_, i64>(6)?, row.get(7)?, row.get(8)?, report))
            })
            .optional()?;
        let Some((start, state, bytes_read, started_at, finished_at, report)) = import else {
            return Ok(None);
        };
        if self.is_dead(start.memory)? {
            return Ok(None);
        }
        Ok(Some(Import {
            id,
            start,
            state: ImportState::parse(&state)?,
            bytes_read: u64::try_from(bytes_read).unwrap_or_default(),
            started_at,
            finished_at,
            report: serde_json::from_str(&report)
                .map_err(|e| Error::corrupt(format!("report of import {}: {e}", id.0)))?,
        }))
    }
}
