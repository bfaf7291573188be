//! What the writer keeps counted about each memory, so that nobody has to count rows.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::Error;
use super::tx::Tx;
use crate::model::{Lang, MemoryId, UnitId};

/// What the writer knows about a memory while it writes; stored once per transaction.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) name: String,
    pub(super) read_only: bool,
    pub(super) units: i64,
    first_unit: i64,
    last_unit: i64,
    langs: Vec<LangCount>,
    dirty: bool,
}

#[derive(Clone, Debug)]
struct LangCount {
    lang: Lang,
    units: i64,
    dirty: bool,
}

impl Counts {
    /// Reads what is stored; none for an unknown or deleted memory.
    pub(super) fn load(tx: &Tx<'_>, memory: MemoryId) -> Result<Option<Self>, Error> {
        let row = tx
            .conn
            .prepare_cached(
                "SELECT name, read_only, units, first_unit, last_unit FROM memory
                 WHERE id = ?1 AND deleted_at IS NULL",
            )?
            .query_row([memory.0], |row| {
                Ok(Self {
                    name: row.get(0)?,
                    read_only: row.get(1)?,
                    units: row.get(2)?,
                    first_unit: row.get(3)?,
                    last_unit: row.get(4)?,
                    langs: Vec::new(),
                    dirty: false,
                })
            })
            .optional()?;
        let Some(mut counts) = row else {
            return Ok(None);
        };
        let mut statement = tx.conn.prepare_cached(
            "SELECT lang, units FROM memory_lang WHERE memory_id = ?1 ORDER BY place",
        )?;
        let mut rows = statement.query([memory.0])?;
        while let Some(row) = rows.next()? {
            counts.langs.push(LangCount {
                lang: tx.langs.get(super::units::text(row, 0)?)?,
                units: row.get(1)?,
                dirty: false,
            });
        }
        Ok(Some(counts))
    }

    /// Counts a unit that is there now.
    pub(super) fn unit_came(&mut self, id: UnitId) {
        self.units += 1;
        self.last_unit = self.last_unit.max(id.0);
        self.first_unit = match self.first_unit {
            0 => id.0,
            first => first.min(id.0),
        };
        self.dirty = true;
    }

    /// Counts a unit that is gone.
    pub(super) fn unit_went(&mut self) {
        self.units -= 1;
        self.dirty = true;
    }

    /// Counts one more (or, with -1, one less) unit with a variant in this language.
    pub(super) fn lang(&mut self, lang: &Lang, more: i64) {
        self.dirty = true;
        let known = self.langs.iter_mut().find(|l| l.lang == *lang);
        if let Some(known) = known {
            known.units += more;
            known.dirty = true;
        } else {
            self.langs.push(LangCount {
                lang: lang.clone(),
                units: more,
                dirty: true,
            });
        }
    }

    /// Whether something is to be stored.
    pub(super) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Stores what changed since the last time.
    pub(super) fn flush(&mut self, conn: &Connection, memory: MemoryId) -> Result<(), Error> {
        conn.prepare_cached(
            "UPDATE memory SET units = ?2, first_unit = ?3, last_unit = ?4 WHERE id = ?1",
        )?
        .execute([memory.0, self.units, self.first_unit, self.last_unit])?;
        self.dirty = false;
        for (place, lang) in self.langs.iter_mut().enumerate().filter(|(_, l)| l.dirty) {
            conn.prepare_cached(
                "INSERT INTO memory_lang (memory_id, place, lang, units) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (memory_id, place) DO UPDATE SET units = excluded.units",
            )?
            .execute(params![
                memory.0,
                super::content::place(place),
                lang.lang.as_str(),
                lang.units
            ])?;
            lang.dirty = false;
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// The counts of a living memory.
    pub(super) fn counts(&mut self, memory: MemoryId) -> Result<Arc<Counts>, Error> {
        if let Some(known) = self.ledger.memories.get(&memory.0) {
            return Ok(Arc::clone(known));
        }
        let counts = Counts::load(self, memory)?.ok_or(Error::NotFound { what: "memory" })?;
        let counts = Arc::new(counts);
        self.ledger.memories.insert(memory.0, Arc::clone(&counts));
        Ok(counts)
    }

    /// The same to change them.
    pub(super) fn counts_mut(&mut self, memory: MemoryId) -> Result<&mut Counts, Error> {
        if !self.ledger.memories.contains_key(&memory.0) {
            self.counts(memory)?;
        }
        self.ledger
            .memories
            .get_mut(&memory.0)
            .map(Arc::make_mut)
            .ok_or(Error::NotFound { what: "memory" })
    }

    /// Refuses an unknown, a deleted and a read-only memory.
    pub(super) fn writable(&mut self, memory: MemoryId) -> Result<(), Error> {
        let counts = self.counts_mut(memory)?;
        if counts.read_only {
            return Err(Error::ReadOnly {
                name: counts.name.clone(),
            });
        }
        Ok(())
    }

    pub(super) fn flush_memory(&mut self, memory: MemoryId) -> Result<(), Error> {
        let conn = self.conn;
        self.counts_mut(memory)?.flush(conn, memory)
    }

    pub(super) fn forget_counts(&mut self, memory: MemoryId) {
        self.ledger.memories.remove(&memory.0);
    }
}
