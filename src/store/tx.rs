//! A write transaction as a job sees it, and what the writer keeps in memory between rows.

use std::sync::Arc;

use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;

use super::activity::{Activity, Deed};
use super::counts::Counts;
use super::equals::Equals;
use super::{Error, Reader};

use super::units::Langs;
use crate::model::{Change, ChangeKind, MemoryId, Seq, UnitId};

/// One job's part of a write transaction. What it writes is kept when the job returns `Ok` and the commit
/// succeeds, and taken back as a whole otherwise.
pub struct Tx<'w> {
    pub(super) conn: &'w Connection,
    pub(super) langs: &'w Langs,
    pub(super) ledger: &'w mut Ledger,
    pub(super) equals: &'w mut Equals,
    pub(super) changes: &'w mut Vec<Change>,
    pub(super) now: i64,
    pub(super) broken: Option<Error>,
}

/// Numbers that are kept here while a transaction runs and stored once at its end. A copy is taken before each job
/// and comes back when the job fails, as the savepoint does for the rows.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) next_unit: i64,
    pub(super) next_change: i64,
    pub(super) epoch: Arc<str>,
    pub(super) memories: FxHashMap<i64, Arc<Counts>>,
    pub(super) activity: Arc<Activity>,
}

/// More memories than this are not kept between transactions.
const MAX_KEPT_MEMORIES: usize = 64;

impl Ledger {
    pub(super) fn load(conn: &Connection) -> Result<Self, Error> {
        Ok(conn.query_row(
            "SELECT next_unit, next_change, epoch FROM meta",
            [],
            |row| {
                Ok(Self {
                    next_unit: row.get(0)?,
                    next_change: row.get(1)?,
                    epoch: row.get(2)?,
                    memories: FxHashMap::default(),
                    activity: Arc::default(),
                })
            },
        )?)
    }

    /// Stores the numbers, within the transaction that they belong to.
    pub(super) fn flush(&mut self, conn: &Connection, before: &Self) -> Result<(), Error> {
        for (id, counts) in &mut self.memories {
            if counts.is_dirty() {
                Arc::make_mut(counts).flush(conn, MemoryId(*id))?;
            }
        }
        if !self.activity.is_empty() {
            Arc::make_mut(&mut self.activity).flush(conn)?;
        }
        if (self.next_unit, self.next_change) != (before.next_unit, before.next_change) {
            conn.prepare_cached("UPDATE meta SET next_unit = ?1, next_change = ?2")?
                .execute([self.next_unit, self.next_change])?;
        }
        if self.memories.len() > MAX_KEPT_MEMORIES {
            self.memories.clear();
        }
        Ok(())
    }
}

/// A row of the log of changes.
pub(super) struct Logged {
    kind: &'static str,
    memory: MemoryId,
    unit: Option<UnitId>,
    /// The concept's id or the style's name.
    named: Option<String>,
    rev: Option<i64>,
}

impl Logged {
    pub(super) fn memory(kind: &'static str, memory: MemoryId) -> Self {
        Self {
            kind,
            memory,
            unit: None,
            named: None,
            rev: None,
        }
    }

    pub(super) fn unit(kind: &'static str, memory: MemoryId, id: UnitId, rev: i64) -> Self {
        Self {
            kind,
            unit: Some(id),
            rev: Some(rev),
            ..Self::memory(kind, memory)
        }
    }

    /// Of a concept or a style.
    pub(super) fn named(kind: &'static str, name: &str, rev: i64) -> Self {
        Self {
            named: Some(name.to_owned()),
            rev: Some(rev),
            ..Self::memory(kind, MemoryId(0))
        }
    }
}

impl Tx<'_> {
    /// The time of this job, in seconds since 1970-01-01 UTC.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Reads what is there now, with what this transaction wrote; but for the numbers of units and languages, which
    /// are stored at its end.
    pub fn reader(&self) -> Reader<'_> {
        Reader::of(self.conn, self.langs, self.now)
    }

    /// Runs the writing part of an operation. A failure there leaves rows half done, so the whole job is taken
    /// back even if the job itself goes on.
    pub(super) fn guard<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let result = write(self);
        if let Err(error) = &result {
            self.broken.get_or_insert_with(|| error.clone());
        }
        result
    }

    /// Adds to the log of changes and to what the follower will be told.
    pub(super) fn log(
        &mut self,
        logged: &Logged,
        kind: ChangeKind,
        by: Option<&str>,
    ) -> Result<(), Error> {
        let seq = self.ledger.next_change;
        self.conn
            .prepare_cached(
                "INSERT INTO change (seq, at, by, kind, memory_id, unit_id, rev, concept)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                seq,
                self.now,
                by,
                logged.kind,
                logged.memory.0,
                logged.unit.map(|id| id.0),
                logged.rev,
                logged.named
            ])?;
        self.ledger.next_change = seq + 1;
        let deed = match (&kind, logged.rev) {
            (ChangeKind::UnitPut(_), Some(1)) => Some(Deed::Added),
            (ChangeKind::UnitPut(_), _) => Some(Deed::Changed),
            (ChangeKind::UnitDeleted { .. }, _) => Some(Deed::Deleted),
            _ => None,
        };
        if let Some(deed) = deed {
            Arc::make_mut(&mut self.ledger.activity).note(logged.memory, self.now, by, deed);
        }
        self.changes.push(Change {
            seq: Seq(seq),
            kind,
        });
        Ok(())
    }
}
