//! The log of changes as a client of the feed reads it: only some memories, memories by their names, and also
//! those that are deleted.

use rusqlite::OptionalExtension;

use super::changes::{LoggedChange, read_change};
use super::{Error, Reader};
use crate::model::{MemoryId, Seq};

/// A stretch of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The changes that were wanted, in order.
    pub changes: Vec<LoggedChange>,
    /// Where to go on: everything up to here was looked at.
    pub reached: Seq,
    /// Whether something that was wanted, or that nobody looked at yet, follows.
    pub more: bool,
}

impl Reader<'_> {
    /// The changes after a place in the log whose memories are wanted (those of concepts have memory 0), at most `limit`. At most `look_at` rows are
    /// read, wanted or not: 100,000 take some 50 ms.
    ///
    /// # Errors
    /// [`Error::BehindHorizon`] when some of them were dropped from the log already.
    pub fn changes_among(
        &self,
        after: Seq,
        limit: usize,
        look_at: usize,
        mut wanted: impl FnMut(MemoryId) -> bool,
    ) -> Result<Stretch, Error> {
        let horizon = self.horizon()?;
        if after < horizon {
            return Err(Error::BehindHorizon { horizon: horizon.0 });
        }
        let mut statement = self.conn.prepare_cached(
            "SELECT seq, at, by, kind, memory_id, unit_id, rev, concept
             FROM change WHERE seq > ?1 ORDER BY seq",
        )?;
        let mut rows = statement.query([after.0])?;
        let mut stretch = Stretch {
            changes: Vec::new(),
            reached: after,
            more: false,
        };
        let mut looked_at = 0;
        while let Some(row) = rows.next()? {
            let is_wanted = wanted(MemoryId(row.get(4)?));
            stretch.more = looked_at == look_at || (is_wanted && stretch.changes.len() == limit);
            if stretch.more {
                break;
            }
            looked_at += 1;
            stretch.reached = Seq(row.get(0)?);
            if is_wanted {
                stretch.changes.push(read_change(row)?);
            }
        }
        Ok(stretch)
    }

    /// The epoch: see [`super::Store::epoch`].
    ///
    /// # Errors
    /// Those of the database.
    pub fn epoch(&self) -> Result<String, Error> {
        Ok(self
            .conn
            .prepare_cached("SELECT epoch FROM meta")?
            .query_row([], |row| row.get(0))?)
    }

    /// The name of a memory, also of one that is deleted; none once nothing of it is left.
    ///
    /// # Errors
    /// Those of the database.
    pub fn memory_name(&self, memory: MemoryId) -> Result<Option<String>, Error> {
        Ok(self
            .conn
            .prepare_cached("SELECT name FROM memory WHERE id = ?1")?
            .query_row([memory.0], |row| row.get(0))
            .optional()?)
    }

    /// The memories that have a name, the deleted ones that had it included.
    ///
    /// # Errors
    /// Those of the database.
    pub fn memories_ever_named(&self, name: &str) -> Result<Vec<MemoryId>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id FROM memory WHERE name = ?1 ORDER BY id")?;
        let rows = statement.query_map([name], |row| row.get(0).map(MemoryId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
