//! What is dropped from the store with time, and memories that go for good, in pieces that no writer waits for long.

use rusqlite::OptionalExtension;

use super::changes::{KEEP_CHANGES, MAX_CHANGES};
use super::memories::UNDELETE_WITHIN;
use super::tx::{Logged, Tx};
use super::{Error, audit, idempotency};
use crate::model::{ChangeKind, MemoryId};

/// How many rows of each kind one call drops: some ten milliseconds.
const PURGE_AT_ONCE: i64 = 2_000;

impl Tx<'_> {
    /// Drops what is past its time: changes, remembered replies, audit entries, memories deleted long ago with their
    /// units. It does a bounded piece of work and says whether there may be more; call it now and then, and again
    /// while it returns true.
    ///
    /// # Errors
    /// Those of the database.
    pub fn purge(&mut self) -> Result<bool, Error> {
        let newest_old = self.ledger.next_change - MAX_CHANGES;
        self.guard(|tx| {
            let dropped = [
                tx.purge_changes(tx.now - KEEP_CHANGES, newest_old)?,
                idempotency::purge(tx.conn, tx.now)?,
                audit::purge(tx.conn, tx.now)?,
                tx.purge_memories(tx.now - UNDELETE_WITHIN)?,
            ];
            Ok(dropped.contains(&true))
        })
    }

    /// Drops from the front of the log, so that it never has holes even when the clock jumped.
    fn purge_changes(&self, before: i64, newest_old: i64) -> Result<bool, Error> {
        let cut: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT max(seq) FROM (SELECT seq, at FROM change ORDER BY seq LIMIT ?3)
                 WHERE at < ?1 OR seq < ?2",
            )?
            .query_row([before, newest_old, PURGE_AT_ONCE], |row| row.get(0))?;
        let Some(cut) = cut else {
            return Ok(false);
        };
        self.conn
            .prepare_cached("DELETE FROM change WHERE seq <= ?1")?
            .execute([cut])?;
        Ok(true)
    }

    fn purge_memories(&mut self, before: i64) -> Result<bool, Error> {
        let found = self
            .conn
            .prepare_cached(
                "SELECT id, first_unit, last_unit FROM memory WHERE deleted_at < ?1 ORDER BY id LIMIT 1",
            )?
            .query_row([before], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
            .optional()?;
        match found {
            Some([memory, first, last]) => {
                self.purge_memory(memory, first, last)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Drops a piece of a memory: its units by their numbers, whose beginning moves on, and then the rest of it.
    fn purge_memory(&mut self, memory: i64, first: i64, last: i64) -> Result<(), Error> {
        self.equals.forget(memory);
        if first <= last {
            let upto = last.min(first + PURGE_AT_ONCE - 1);
            for sql in [
                "DELETE FROM variant WHERE unit_id IN
                 (SELECT id FROM unit WHERE id >= ?2 AND id <= ?3 AND memory_id = ?1)",
                "DELETE FROM unit WHERE id >= ?2 AND id <= ?3 AND memory_id = ?1",
                "DELETE FROM unit_history WHERE unit_id >= ?2 AND unit_id <= ?3 AND memory_id = ?1",
            ] {
                self.conn
                    .prepare_cached(sql)?
                    .execute([memory, first, upto])?;
            }
            self.conn
                .prepare_cached("UPDATE memory SET first_unit = ?2 WHERE id = ?1")?
                .execute([memory, upto + 1])?;
            return Ok(());
        }
        let entries = self
            .conn
            .prepare_cached(
                "DELETE FROM unit_equal WHERE (memory_id, source_hash, content_hash, unit_id) IN
                 (SELECT memory_id, source_hash, content_hash, unit_id FROM unit_equal WHERE memory_id = ?1 LIMIT ?2)",
            )?
            .execute([memory, PURGE_AT_ONCE])?;
        if entries == 0 {
            for sql in [
                "DELETE FROM memory_lang WHERE memory_id = ?1",
                "DELETE FROM activity WHERE memory_id = ?1",
                "DELETE FROM import WHERE memory_id = ?1",
                "DELETE FROM key_memory WHERE memory_id = ?1",
                "DELETE FROM memory WHERE id = ?1",
            ] {
                self.conn.prepare_cached(sql)?.execute([memory])?;
            }
        }
        Ok(())
    }

    /// Deletes a memory, living or deleted, so that it never comes back: [`Tx::purge_doomed`] drops it at once.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn doom_memory(&mut self, id: MemoryId, by: Option<&str>) -> Result<(), Error> {
        let alive: bool = self
            .conn
            .prepare_cached("SELECT deleted_at IS NULL FROM memory WHERE id = ?1")?
            .query_row([id.0], |row| row.get(0))
            .map_err(|error| super::or_not_found(error, "memory"))?;
        self.guard(|tx| {
            if alive {
                tx.flush_memory(id)?;
                tx.forget_counts(id);
                let logged = Logged::memory("memory_deleted", id);
                tx.log(&logged, ChangeKind::MemoryDeleted(id), by)?;
            }
            tx.conn
                .prepare_cached("UPDATE memory SET deleted_at = 0, deleted_by = ?2 WHERE id = ?1")?
                .execute(rusqlite::params![id.0, by])?;
            Ok(())
        })
    }

    /// Drops a piece of a memory that was doomed; says whether there may be more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn purge_doomed(&mut self) -> Result<bool, Error> {
        self.guard(|tx| tx.purge_memories(1))
    }
}
