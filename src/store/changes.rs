//! The log of changes as followers and `GET /v1/changes` read it.

use rusqlite::Row;

use super::content::place;
use super::tx::Tx;
use super::{Error, Reader};
use crate::model::{ConceptId, MemoryId, Seq, Stamp, UnitId};

/// How long a change stays in the log, in seconds: 7 days.
pub const KEEP_CHANGES: i64 = 7 * 24 * 60 * 60;
/// How many changes stay in the log at most.
pub const MAX_CHANGES: i64 = 10_000_000;

/// A row of the log. It names what changed; its content now is read by id, its content then from the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// Its place in the log.
    pub seq: Seq,
    /// When and by whom.
    pub stamp: Stamp,
    /// What happened.
    pub kind: LoggedKind,
    /// The memory; 0 for concepts and styles.
    pub memory: MemoryId,
}

/// What a row of the log tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedKind {
    /// A unit is new or has a new revision.
    UnitPut(UnitId, i64),
    /// A unit was deleted; the number is the deletion's revision.
    UnitDeleted(UnitId, i64),
    /// A memory is new, changed, or back.
    MemoryPut,
    /// A memory was deleted with its units.
    MemoryDeleted,
    /// A concept is new or has a new revision.
    ConceptPut(ConceptId, i64),
    /// A concept was deleted; the number is the deletion's revision.
    ConceptDeleted(ConceptId, i64),
    /// A style is new or has a new revision.
    StylePut(String, i64),
    /// A style was deleted; the number is the deletion's revision.
    StyleDeleted(String, i64),
}

impl LoggedKind {
    /// Its name in the table and in the API.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::UnitPut(..) => "unit_put",
            Self::UnitDeleted(..) => "unit_deleted",
            Self::MemoryPut => "memory_put",
            Self::MemoryDeleted => "memory_deleted",
            Self::ConceptPut(..) => "concept_put",
            Self::ConceptDeleted(..) => "concept_deleted",
            Self::StylePut(..) => "style_put",
            Self::StyleDeleted(..) => "style_deleted",
        }
    }
}

pub(super) fn read_change(row: &Row<'_>) -> Result<LoggedChange, Error> {
    let seq: i64 = row.get(0)?;
    let unit = || -> Result<(UnitId, i64), Error> { Ok((UnitId(row.get(5)?), row.get(6)?)) };
    let concept = || -> Result<(ConceptId, i64), Error> {
        let id = ConceptId::parse(super::units::text(row, 7)?);
        Ok((
            id.map_err(|e| Error::corrupt(format!("change {seq}: {e}")))?,
            row.get(6)?,
        ))
    };
    let style = || -> Result<(String, i64), Error> { Ok((row.get(7)?, row.get(6)?)) };
    let kind = match super::units::text(row, 3)? {
        "unit_put" => unit().map(|(id, rev)| LoggedKind::UnitPut(id, rev))?,
        "unit_deleted" => unit().map(|(id, rev)| LoggedKind::UnitDeleted(id, rev))?,
        "memory_put" => LoggedKind::MemoryPut,
        "memory_deleted" => LoggedKind::MemoryDeleted,
        "concept_put" => concept().map(|(id, rev)| LoggedKind::ConceptPut(id, rev))?,
        "concept_deleted" => concept().map(|(id, rev)| LoggedKind::ConceptDeleted(id, rev))?,
        "style_put" => style().map(|(name, rev)| LoggedKind::StylePut(name, rev))?,
        "style_deleted" => style().map(|(name, rev)| LoggedKind::StyleDeleted(name, rev))?,
        other => return Err(Error::corrupt(format!("change {seq} is of kind `{other}`"))),
    };
    Ok(LoggedChange {
        seq: Seq(seq),
        stamp: Stamp {
            at: row.get(1)?,
            by: row.get(2)?,
        },
        kind,
        memory: MemoryId(row.get(4)?),
    })
}

impl Reader<'_> {
    /// The changes after a place in the log, at most `limit`, in order and without gaps.
    ///
    /// # Errors
    /// [`Error::BehindHorizon`] when some of them were dropped from the log already.
    pub fn changes_after(&self, after: Seq, limit: usize) -> Result<Vec<LoggedChange>, Error> {
        let horizon = self.horizon()?;
        if after < horizon {
            return Err(Error::BehindHorizon { horizon: horizon.0 });
        }
        let mut statement = self.conn.prepare_cached(
            "SELECT seq, at, by, kind, memory_id, unit_id, rev, concept FROM change
             WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        let mut rows = statement.query([after.0, place(limit)])?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(read_change(row)?);
        }
        Ok(list)
    }

    /// The last place that was dropped from the log; 0 when all of it is there.
    ///
    /// # Errors
    /// Those of the database.
    pub fn horizon(&self) -> Result<Seq, Error> {
        let first = self
            .conn
            .prepare_cached(
                "SELECT coalesce((SELECT min(seq) FROM change), (SELECT next_change FROM meta))",
            )?
            .query_row([], |row| row.get::<_, i64>(0))?;
        Ok(Seq(first - 1))
    }

    /// The id of the newest unit that was ever made; 0 where there was none.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_unit(&self) -> Result<i64, Error> {
        let next = self
            .conn
            .prepare_cached("SELECT next_unit FROM meta")?
            .query_row([], |row| row.get::<_, i64>(0))?;
        Ok(next - 1)
    }

    /// The last place in the log, as this read sees it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn head(&self) -> Result<Seq, Error> {
        let next = self
            .conn
            .prepare_cached("SELECT next_change FROM meta")?
            .query_row([], |row| row.get::<_, i64>(0))?;
        Ok(Seq(next - 1))
    }
}

impl Tx<'_> {
    /// Gives the store a new epoch, for when it may have gone backward (a restored backup, a lost journal):
    /// followers' places in the log mean nothing any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn renew_epoch(&mut self) -> Result<String, Error> {
        let epoch = super::schema::random_epoch()?;
        self.guard(|tx| {
            tx.conn
                .prepare_cached("UPDATE meta SET epoch = ?1")?
                .execute([&epoch])?;
            tx.ledger.epoch = epoch.as_str().into();
            Ok(epoch)
        })
    }
}
