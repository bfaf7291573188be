//! Memories: making, changing, deleting and listing them, and what the writer keeps counted about each.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::tx::{Logged, Tx};
use super::{Error, Reader};
use crate::model::{ChangeKind, Lang, MemoryId, Stamp, UnitId};

/// How long a deleted memory can come back, in seconds: 30 days.
pub const UNDELETE_WITHIN: i64 = 30 * 24 * 60 * 60;
/// The largest penalty of a memory, in percent.
pub const MAX_PENALTY: u8 = 30;

/// A living translation memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Its number.
    pub id: MemoryId,
    /// Its slug.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// Percent taken off the score of its matches, 0–30.
    pub penalty: u8,
    /// Whether it refuses writes of units.
    pub read_only: bool,
    /// When and by whom it was made.
    pub created: Stamp,
    /// How many units it has.
    pub units: i64,
}

/// A deleted memory that can come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedMemory {
    /// What it was.
    pub memory: Memory,
    /// When and by whom it was deleted.
    pub deleted: Stamp,
}

/// What to change about a memory; none leaves a thing as it is.
#[derive(Clone, Debug, Default)]
pub struct MemoryPatch {
    /// A new title.
    pub title: Option<String>,
    /// A new penalty, 0–30.
    pub penalty: Option<u8>,
    /// A new read-only mark.
    pub read_only: Option<bool>,
}

const COLUMNS: &str = "id, name, title, penalty, read_only, created_at, created_by, units";

fn read_memory(row: &Row<'_>) -> rusqlite::Result<Memory> {
    Ok(Memory {
        id: MemoryId(row.get(0)?),
        name: row.get(1)?,
        title: row.get(2)?,
        penalty: row.get(3)?,
        read_only: row.get(4)?,
        created: Stamp {
            at: row.get(5)?,
            by: row.get(6)?,
        },
        units: row.get(7)?,
    })
}

fn find(conn: &Connection, name: &str) -> Result<Option<Memory>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM memory WHERE name = ?1 AND deleted_at IS NULL");
    Ok(conn
        .prepare_cached(&sql)?
        .query_row([name], read_memory)
        .optional()?)
}

fn by_id(conn: &Connection, id: MemoryId) -> Result<Option<Memory>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM memory WHERE id = ?1 AND deleted_at IS NULL");
    Ok(conn
        .prepare_cached(&sql)?
        .query_row([id.0], read_memory)
        .optional()?)
}

fn check_penalty(penalty: u8) -> Result<(), Error> {
    if penalty <= MAX_PENALTY {
        return Ok(());
    }
    Err(Error::Invalid {
        field: "penalty",
        reason: format!("{penalty} is over {MAX_PENALTY}"),
    })
}

/// Whether a text can be a memory's name: `[a-z0-9][a-z0-9._-]{0,63}`.
pub fn is_memory_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= 64
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|b| plain(b) || b"._-".contains(&b))
}

impl Tx<'_> {
    /// Makes a memory.
    ///
    /// # Errors
    /// [`Error::Exists`] when a living one has the name; [`Error::Invalid`] for a bad name or penalty.
    pub fn create_memory(
        &mut self,
        name: &str,
        title: &str,
        penalty: u8,
        read_only: bool,
        by: Option<&str>,
    ) -> Result<Memory, Error> {
        check_penalty(penalty)?;
        if !is_memory_name(name) {
            return Err(Error::Invalid {
                field: "name",
                reason:
                    "a memory's name is 1 to 64 of a-z 0-9 . _ - and starts with a letter or digit"
                        .to_owned(),
            });
        }
        if find(self.conn, name)?.is_some() {
            return Err(Error::Exists {
                name: name.to_owned(),
            });
        }
        self.guard(|tx| {
            let now = tx.now();
            tx.conn
                .prepare_cached(
                    "INSERT INTO memory (name, title, penalty, read_only, created_at, created_by)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![name, title, penalty, read_only, now, by])?;
            let id = MemoryId(tx.conn.last_insert_rowid());
            tx.log(
                &Logged::memory("memory_put", id),
                ChangeKind::MemoryPut(id),
                by,
            )?;
            Ok(Memory {
                id,
                name: name.to_owned(),
                title: title.to_owned(),
                penalty,
                read_only,
                created: Stamp {
                    at: now,
                    by: by.map(str::to_owned),
                },
                units: 0,
            })
        })
    }

    /// A living memory by its name, as this transaction sees it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn memory(&mut self, name: &str) -> Result<Option<Memory>, Error> {
        let Some(mut memory) = find(self.conn, name)? else {
            return Ok(None);
        };
        memory.units = self.counts(memory.id)?.units;
        Ok(Some(memory))
    }

    fn living_memory(&mut self, id: MemoryId) -> Result<Memory, Error> {
        let mut memory = by_id(self.conn, id)?.ok_or(Error::NotFound { what: "memory" })?;
        memory.units = self.counts(memory.id)?.units;
        Ok(memory)
    }

    /// Changes a memory's title, penalty or read-only mark.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a bad penalty.
    pub fn change_memory(
        &mut self,
        id: MemoryId,
        patch: &MemoryPatch,
        by: Option<&str>,
    ) -> Result<Memory, Error> {
        patch.penalty.map_or(Ok(()), check_penalty)?;
        let mut memory = self.living_memory(id)?;
        let former = memory.clone();
        memory.title = patch.title.clone().unwrap_or(memory.title);
        memory.penalty = patch.penalty.unwrap_or(memory.penalty);
        memory.read_only = patch.read_only.unwrap_or(memory.read_only);
        if memory == former {
            return Ok(memory);
        }
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "UPDATE memory SET title = ?2, penalty = ?3, read_only = ?4 WHERE id = ?1",
                )?
                .execute(params![
                    memory.id.0,
                    memory.title,
                    memory.penalty,
                    memory.read_only
                ])?;
            tx.counts_mut(memory.id)?.read_only = memory.read_only;
            let logged = Logged::memory("memory_put", memory.id);
            tx.log(&logged, ChangeKind::MemoryPut(memory.id), by)?;
            Ok(memory)
        })
    }

    /// Deletes a memory; its name is free at once, [`Tx::undelete_memory`] brings it back within 30 days.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::ReadOnly`].
    pub fn delete_memory(&mut self, id: MemoryId, by: Option<&str>) -> Result<MemoryId, Error> {
        let memory = self.living_memory(id)?;
        self.writable(memory.id)?;
        self.guard(|tx| {
            tx.flush_memory(memory.id)?;
            tx.conn
                .prepare_cached("UPDATE memory SET deleted_at = ?2, deleted_by = ?3 WHERE id = ?1")?
                .execute(params![memory.id.0, tx.now(), by])?;
            tx.forget_counts(memory.id);
            let logged = Logged::memory("memory_deleted", memory.id);
            tx.log(&logged, ChangeKind::MemoryDeleted(memory.id), by)?;
            Ok(memory.id)
        })
    }

    /// Brings back the memory of this name that was deleted last. Followers get `MemoryPut` and must read its units
    /// anew (they were told to forget them).
    ///
    /// # Errors
    /// [`Error::NotFound`] when none was deleted within 30 days, [`Error::Exists`] when the name is taken again.
    pub fn undelete_memory(&mut self, name: &str, by: Option<&str>) -> Result<Memory, Error> {
        if find(self.conn, name)?.is_some() {
            return Err(Error::Exists {
                name: name.to_owned(),
            });
        }
        let id = self
            .conn
            .prepare_cached(
                "SELECT id FROM memory WHERE name = ?1 AND deleted_at >= ?2
                 ORDER BY deleted_at DESC, id DESC LIMIT 1",
            )?
            .query_row(
                params![name, (self.now() - UNDELETE_WITHIN).max(1)],
                |row| row.get(0),
            )
            .map(MemoryId)
            .map_err(|error| super::or_not_found(error, "memory"))?;
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "UPDATE memory SET deleted_at = NULL, deleted_by = NULL WHERE id = ?1",
                )?
                .execute([id.0])?;
            tx.log(
                &Logged::memory("memory_put", id),
                ChangeKind::MemoryPut(id),
                by,
            )?;
            tx.memory(name)?.ok_or(Error::NotFound { what: "memory" })
        })
    }
}

impl Reader<'_> {
    /// All living memories by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn memories(&self) -> Result<Vec<Memory>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM memory WHERE deleted_at IS NULL ORDER BY name");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map([], read_memory)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Memories that were deleted within 30 days, the last first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn deleted_memories(&self) -> Result<Vec<DeletedMemory>, Error> {
        let sql = format!(
            "SELECT {COLUMNS}, deleted_at, deleted_by FROM memory WHERE deleted_at >= ?1
             ORDER BY deleted_at DESC, id DESC"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map([(self.now - UNDELETE_WITHIN).max(1)], |row| {
            Ok(DeletedMemory {
                memory: read_memory(row)?,
                deleted: Stamp {
                    at: row.get(8)?,
                    by: row.get(9)?,
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A living memory by its name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn memory(&self, name: &str) -> Result<Option<Memory>, Error> {
        find(self.conn, name)
    }

    /// A living memory by its number.
    ///
    /// # Errors
    /// Those of the database.
    pub fn memory_by_id(&self, id: MemoryId) -> Result<Option<Memory>, Error> {
        by_id(self.conn, id)
    }

    /// The memory that a unit is in, or was in when it was deleted; the memory itself may be deleted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn memory_of(&self, unit: UnitId) -> Result<Option<MemoryId>, Error> {
        let sql = "SELECT memory_id FROM unit WHERE id = ?1 UNION ALL
             SELECT memory_id FROM (SELECT memory_id FROM unit_history WHERE unit_id = ?1 ORDER BY rev DESC LIMIT 1)
             LIMIT 1";
        let found = self
            .conn
            .prepare_cached(sql)?
            .query_row([unit.0], |row| row.get(0).map(MemoryId));
        Ok(found.optional()?)
    }

    /// The languages of a memory's units in the order of their first use, with how many units have each.
    ///
    /// # Errors
    /// Those of the database.
    pub fn languages(&self, memory: MemoryId) -> Result<Vec<(Lang, i64)>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT lang, units FROM memory_lang WHERE memory_id = ?1 AND units > 0 ORDER BY place",
        )?;
        let mut rows = statement.query([memory.0])?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push((self.langs.get(super::units::text(row, 0)?)?, row.get(1)?));
        }
        Ok(list)
    }

    /// Whether a memory is deleted; asked once per read.
    pub(super) fn is_dead(&self, memory: MemoryId) -> Result<bool, Error> {
        if let Some(dead) = self.dead.get() {
            return Ok(dead.contains(&memory.0));
        }
        let mut statement = self
            .conn
            .prepare_cached("SELECT id FROM memory WHERE deleted_at IS NOT NULL")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        let dead: Vec<i64> = rows.collect::<Result<_, _>>()?;
        Ok(self.dead.get_or_init(|| dead).contains(&memory.0))
    }
}
