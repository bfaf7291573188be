//! Changes of many units at once: who asked for what, how far it is, and which units it touched. They share their
//! table and their numbers with imports, because a unit's revision says of either which one wrote it.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::content::place;
use super::tx::Tx;
use super::{Error, ImportId, ImportState, Reader};
use crate::model::{BulkReport, MemoryId, UnitId};

/// What kind of change of many units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkKind {
    /// A file was read in.
    Import,
    /// Find and replace.
    Replace,
    /// Deletion.
    Delete,
    /// Deleted here, new there.
    Move,
    /// New there.
    Copy,
    /// Several units became one.
    Merge,
    /// Another one was taken back.
    Undo,
}

impl BulkKind {
    const ALL: [Self; 7] = [
        Self::Import,
        Self::Replace,
        Self::Delete,
        Self::Move,
        Self::Copy,
        Self::Merge,
        Self::Undo,
    ];

    /// Its name in the table and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Move => "move",
            Self::Copy => "copy",
            Self::Merge => "merge",
            Self::Undo => "undo",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::corrupt(format!("import.kind is `{text}`")))
    }
}

/// What is known when a change of many units starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBulk {
    /// Where.
    pub memory: MemoryId,
    /// Of which kind.
    pub kind: BulkKind,
    /// JSON of what was asked; of an import, its file.
    pub asked: Option<String>,
    /// The memory it moves or copies to.
    pub other: Option<MemoryId>,
    /// What it takes back.
    pub undoes: Option<ImportId>,
    /// Who started it.
    pub by: Option<String>,
}

/// A change of many units and how it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// Its number.
    pub id: ImportId,
    /// What was known at its start.
    pub start: NewBulk,
    /// How far it is.
    pub state: ImportState,
    /// When it began, in seconds since 1970.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// What it did so far; of an import [`super::Import`] tells more.
    pub report: BulkReport,
}

const COLUMNS: &str =
    "id, memory_id, kind, asked, other_id, undoes, by, state, started_at, finished_at, report,
     file, format, mode";

fn to_json(report: &BulkReport) -> Result<String, Error> {
    serde_json::to_string(report).map_err(|e| Error::Invalid {
        field: "report",
        reason: e.to_string(),
    })
}

fn read_bulk(row: &Row<'_>) -> Result<Bulk, Error> {
    let id = ImportId(row.get(0)?);
    let kind = BulkKind::parse(super::units::text(row, 2)?)?;
    let report = match kind {
        BulkKind::Import => BulkReport::of_import(
            &serde_json::from_str(super::units::text(row, 10)?)
                .map_err(|e| Error::corrupt(format!("report of import {}: {e}", id.0)))?,
        ),
        _ => serde_json::from_str(super::units::text(row, 10)?)
            .map_err(|e| Error::corrupt(format!("report of import {}: {e}", id.0)))?,
    };
    let asked = match kind {
        BulkKind::Import => {
            let text = |column| super::units::text(row, column);
            let file = json!({"file": text(11)?, "format": text(12)?, "mode": text(13)?});
            Some(file.to_string())
        }
        _ => row.get(3)?,
    };
    Ok(Bulk {
        id,
        start: NewBulk {
            memory: MemoryId(row.get(1)?),
            kind,
            asked,
            other: row.get::<_, Option<i64>>(4)?.map(MemoryId),
            undoes: row.get::<_, Option<i64>>(5)?.map(ImportId),
            by: row.get(6)?,
        },
        state: ImportState::parse(super::units::text(row, 7)?)?,
        started_at: row.get(8)?,
        finished_at: row.get(9)?,
        report,
    })
}

fn kind_of(conn: &Connection, id: ImportId) -> Result<Option<BulkKind>, Error> {
    let kind: Option<String> = conn
        .prepare_cached("SELECT kind FROM import WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    kind.map(|kind| BulkKind::parse(&kind)).transpose()
}

impl Tx<'_> {
    /// Writes down that a change of many units starts.
    ///
    /// # Errors
    /// [`Error::NotFound`] and [`Error::ReadOnly`] for its memories (of a copy, the one it copies to);
    /// [`Error::Running`] when what it takes back still runs, or is being taken back already.
    pub fn start_bulk(&mut self, start: &NewBulk) -> Result<ImportId, Error> {
        self.counts(start.memory)?;
        let undone = start
            .undoes
            .map(|id| kind_of(self.conn, id))
            .transpose()?
            .flatten();
        if undone.unwrap_or(start.kind) != BulkKind::Copy {
            self.writable(start.memory)?;
        }
        start.other.map_or(Ok(()), |other| self.writable(other))?;
        if let Some(undoes) = start.undoes {
            let running: bool = self
                .conn
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM import WHERE (id = ?1 OR undoes = ?1) AND state = 'running')",
                )?
                .query_row([undoes.0], |row| row.get(0))?;
            if running {
                return Err(Error::Running);
            }
        }
        let report = to_json(&BulkReport::default())?;
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO import (memory_id, file, format, mode, by, state, bytes_read, started_at, report,
                     kind, asked, other_id, undoes) VALUES (?1, '', '', '', ?2, 'running', 0, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    start.memory.0,
                    start.by,
                    tx.now(),
                    report,
                    start.kind.as_str(),
                    start.asked,
                    start.other.map(|m| m.0),
                    start.undoes.map(|i| i.0)
                ])?;
            Ok(ImportId(tx.conn.last_insert_rowid()))
        })
    }

    /// Writes down how far it is, or with another state than running that it ended; do it in the job that writes
    /// the units, so that both are true together.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn note_bulk(
        &mut self,
        id: ImportId,
        state: ImportState,
        report: &BulkReport,
    ) -> Result<(), Error> {
        let report = to_json(report)?;
        let finished = (state != ImportState::Running).then(|| self.now());
        let rows = self.guard(|tx| {
            Ok(tx
                .conn
                .prepare_cached(
                    "UPDATE import SET state = ?2, finished_at = ?3, report = ?4 WHERE id = ?1",
                )?
                .execute(params![id.0, state.as_str(), finished, report])?)
        })?;
        if rows == 0 {
            return Err(Error::NotFound { what: "import" });
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// A change of many units in a living memory; an import is one of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn bulk(&self, id: ImportId) -> Result<Option<Bulk>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM import WHERE id = ?1");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query([id.0])?;
        let Some(bulk) = rows.next()?.map(read_bulk).transpose()? else {
            return Ok(None);
        };
        if self.is_dead(bulk.start.memory)? {
            return Ok(None);
        }
        Ok(Some(bulk))
    }

    /// The changes of many units in a memory, the newest first, those before `before`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn bulks(
        &self,
        memory: MemoryId,
        before: Option<ImportId>,
        limit: usize,
    ) -> Result<Vec<Bulk>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM import WHERE id < ?2 AND (memory_id = ?1 OR other_id = ?1) ORDER BY id DESC LIMIT ?3"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let before = before.map_or(i64::MAX, |id| id.0);
        let mut rows = statement.query([memory.0, before, place(limit)])?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(read_bulk(row)?);
        }
        Ok(list)
    }

    /// How many imports and other changes of many units a memory has seen.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_bulks(&self, memory: MemoryId) -> Result<i64, Error> {
        let sql = "SELECT count(*) FROM import WHERE memory_id = ?1";
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_row([memory.0], |row| row.get(0))?)
    }

    /// Of which kind a change is, for the history of units.
    ///
    /// # Errors
    /// Those of the database.
    pub fn bulk_kind(&self, id: ImportId) -> Result<Option<BulkKind>, Error> {
        kind_of(self.conn, id)
    }

    /// Units after `after` that have or had a revision which this change wrote, and where to go on; none at the end.
    /// It looks at `ids` numbers of units, so a page may be empty.
    ///
    /// # Errors
    /// Those of the database; [`Error::TooLong`] when `ids` is more than a second's work.
    pub fn touched(
        &self,
        by: ImportId,
        after: UnitId,
        ids: i64,
    ) -> Result<(Vec<UnitId>, Option<UnitId>), Error> {
        let next_unit: i64 = self
            .conn
            .prepare_cached("SELECT next_unit FROM meta")?
            .query_row([], |row| row.get(0))?;
        let upto = after.0.saturating_add(ids);
        // A first revision says in its content which import wrote it; every later one in the row before it.
        let mut statement = self.conn.prepare_cached(
            "SELECT id FROM unit WHERE id > ?1 AND id <= ?2 AND import_id = ?3
             UNION SELECT unit_id FROM unit_history WHERE unit_id > ?1 AND unit_id <= ?2
             AND (import_id = ?3 OR (rev = 1 AND json_extract(state, '$.import') = ?3))
             ORDER BY 1",
        )?;
        let rows = statement.query_map([after.0, upto, by.0], |row| row.get(0).map(UnitId))?;
        let units = rows.collect::<Result<_, _>>()?;
        Ok((units, Some(UnitId(upto)).filter(|_| upto + 1 < next_unit)))
    }
}
