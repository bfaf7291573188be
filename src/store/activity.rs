//! What was written on each day and by whom, counted as it is written, so that statistics never count rows of units.

use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;

use super::{Error, Reader};
use crate::model::MemoryId;

const DAY: i64 = 24 * 60 * 60;

/// What was done to a unit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Added,
    Changed,
    Deleted,
}

/// What a transaction did so far: (memory, day) → user → units added, changed, deleted.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity(FxHashMap<(i64, i64), FxHashMap<Box<str>, [i64; 3]>>);

impl Activity {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn note(&mut self, memory: MemoryId, at: i64, by: Option<&str>, deed: Deed) {
        let users = self.0.entry((memory.0, at.div_euclid(DAY))).or_default();
        let by = by.unwrap_or_default();
        let [added, changed, deleted] = match users.get_mut(by) {
            Some(counts) => counts,
            None => users.entry(by.into()).or_default(),
        };
        match deed {
            Deed::Added => *added += 1,
            Deed::Changed => *changed += 1,
            Deed::Deleted => *deleted += 1,
        }
    }

    /// Stores what was noted, and begins again.
    pub(super) fn flush(&mut self, conn: &Connection) -> Result<(), Error> {
        let mut statement = conn.prepare_cached(
            "INSERT INTO activity (memory_id, day, by, added, changed, deleted) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (memory_id, day, by) DO UPDATE SET added = added + excluded.added,
             changed = changed + excluded.changed, deleted = deleted + excluded.deleted",
        )?;
        for ((memory, day), users) in self.0.drain() {
            for (by, [added, changed, deleted]) in users {
                statement.execute(params![memory, day, by, added, changed, deleted])?;
            }
        }
        Ok(())
    }
}

/// Units written on one day by one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayOfWork {
    /// Days since 1970-01-01 UTC.
    pub day: i64,
    /// By whom, where that is known.
    pub by: Option<String>,
    /// New units.
    pub added: i64,
    /// New revisions of units.
    pub changed: i64,
    /// Deletions.
    pub deleted: i64,
}

impl Reader<'_> {
    /// What was written in a memory on that day or later, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn activity(&self, memory: MemoryId, from_day: i64) -> Result<Vec<DayOfWork>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT day, nullif(by, ''), added, changed, deleted FROM activity
             WHERE memory_id = ?1 AND day >= ?2 ORDER BY day, by",
        )?;
        let rows = statement.query_map([memory.0, from_day], |row| {
            Ok(DayOfWork {
                day: row.get(0)?,
                by: row.get(1)?,
                added: row.get(2)?,
                changed: row.get(3)?,
                deleted: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
