//! Finds units with the same source or the same content, without making imports slow.
//!
//! The hashes are random, so every new unit dirties another page of their table; written one by one they cost an
//! import more than everything else together (measured at 200k units: 14 of 22 µs of a unit, and most of the bytes).
//! So the hashes of the newest units stay in memory, in the table's order, and move to the table in large sorted
//! slices. Nothing can be lost: `meta.indexed_to` says up to which id the table is complete, and the rest is read
//! again from `unit` at the next start.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::content::Hashes;
use super::tx::Tx;
use super::{Error, Reader};
use crate::model::{MemoryId, Unit, UnitId};

/// `memory_id, source_hash, content_hash, unit_id`, in the order of the table's key.
type Entry = [i64; 4];

/// Units with their source hashes, and the hash to go on after.
type BySource = (Vec<(i64, UnitId)>, Option<i64>);

/// The hashes of all units, as the writer knows them.
pub(super) struct Equals {
    /// Entries of the units after `indexed_to`.
    recent: BTreeSet<Entry>,
    /// The table has the entries of all units up to this id. Stored in `meta`.
    indexed_to: i64,
    /// A merge that a restart cut off may have brought some entries of units up to this id to the table.
    cut_off_upto: i64,
    merge: Option<Merge>,
    /// What happened to `recent` in this transaction: whether the entry came or went.
    journal: Vec<(bool, Entry)>,
    limit: usize,
    /// How many entries move to the table with one transaction: a few milliseconds.
    slice: usize,
}

/// Entries on their way to the table. Until all are there, they stay in `recent` too.
struct Merge {
    upto: i64,
    entries: Vec<Entry>,
    /// So many are durable in the table,
    done: usize,
    /// and so many will be when the running transaction is.
    written: usize,
}

impl Equals {
    pub(super) fn load(conn: &Connection, limit: usize) -> Result<Self, Error> {
        let indexed_to = conn.query_row("SELECT indexed_to FROM meta", [], |row| row.get(0))?;
        let mut statement = conn
            .prepare("SELECT memory_id, source_hash, content_hash, id FROM unit WHERE id > ?1")?;
        let rows = statement.query_map([indexed_to], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })?;
        let recent: BTreeSet<Entry> = rows.collect::<Result<_, _>>()?;
        Ok(Self {
            cut_off_upto: recent
                .iter()
                .map(|[_, _, _, id]| *id)
                .max()
                .unwrap_or_default(),
            recent,
            indexed_to,
            merge: None,
            journal: Vec::new(),
            limit: limit.max(1),
            slice: (limit / 32).max(2),
        })
    }

    /// A unit came to have these hashes.
    pub(super) fn came(
        &mut self,
        conn: &Connection,
        unit: &Unit,
        hashes: &Hashes,
    ) -> Result<(), Error> {
        let entry = entry(unit, hashes);
        if self.may_be_in_table(entry) {
            insert(conn, entry)?;
        }
        if unit.id.0 > self.indexed_to && self.recent.insert(entry) {
            self.journal.push((true, entry));
        }
        Ok(())
    }

    /// A unit has these hashes no longer.
    pub(super) fn went(
        &mut self,
        conn: &Connection,
        unit: &Unit,
        hashes: &Hashes,
    ) -> Result<(), Error> {
        let entry = entry(unit, hashes);
        if self.may_be_in_table(entry) {
            conn.prepare_cached(
                "DELETE FROM unit_equal
                 WHERE memory_id = ?1 AND source_hash = ?2 AND content_hash = ?3 AND unit_id = ?4",
            )?
            .execute(entry)?;
        }
        if self.recent.remove(&entry) {
            self.journal.push((false, entry));
        }
        Ok(())
    }

    /// Units that may have the same content, the newest first.
    pub(super) fn same_content(
        &self,
        conn: &Connection,
        memory: MemoryId,
        hashes: &Hashes,
    ) -> Result<Vec<UnitId>, Error> {
        let key = [memory.0, hashes.source, hashes.content];
        let [m, s, c] = key;
        let mut statement = conn.prepare_cached(
            "SELECT unit_id FROM unit_equal WHERE memory_id = ?1 AND source_hash = ?2 AND content_hash = ?3",
        )?;
        let rows = statement.query_map(key, |row| row.get(0))?;
        self.with_recent(rows, [m, s, c, i64::MIN], [m, s, c, i64::MAX])
    }

    /// Units that may have the same source, the newest first.
    pub(super) fn same_source(
        &self,
        conn: &Connection,
        memory: MemoryId,
        hashes: &Hashes,
    ) -> Result<Vec<UnitId>, Error> {
        let (m, s) = (memory.0, hashes.source);
        let mut statement = conn.prepare_cached(
            "SELECT unit_id FROM unit_equal WHERE memory_id = ?1 AND source_hash = ?2",
        )?;
        let rows = statement.query_map([m, s], |row| row.get(0))?;
        self.with_recent(rows, [m, s, i64::MIN, i64::MIN], [m, s, i64::MAX, i64::MAX])
    }

    fn with_recent(
        &self,
        rows: impl Iterator<Item = rusqlite::Result<i64>>,
        from: Entry,
        to: Entry,
    ) -> Result<Vec<UnitId>, Error> {
        let mut ids: Vec<i64> = rows.collect::<Result<_, _>>()?;
        ids.extend(self.recent.range(from..=to).map(|[_, _, _, id]| *id));
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.dedup();
        Ok(ids.into_iter().map(UnitId).collect())
    }

    /// Units by their source hash, those with a larger hash than `after`, from about `limit` units; and the hash to go
    /// on after, none at the end. Of a hash that more than `limit` units have, only some are told.
    pub(super) fn by_source(
        &self,
        conn: &Connection,
        memory: MemoryId,
        after: Option<i64>,
        limit: usize,
    ) -> Result<BySource, Error> {
        let from = match after {
            None => i64::MIN,
            Some(i64::MAX) => return Ok((Vec::new(), None)),
            Some(after) => after + 1,
        };
        let mut statement = conn.prepare_cached(
            "SELECT source_hash, unit_id FROM unit_equal WHERE memory_id = ?1 AND source_hash >= ?2
             ORDER BY source_hash LIMIT ?3",
        )?;
        let rows = statement.query_map([memory.0, from, super::content::place(limit)], |row| {
            Ok((row.get(0)?, UnitId(row.get(1)?)))
        })?;
        let stored: Vec<(i64, UnitId)> = rows.collect::<Result<_, _>>()?;
        let m = memory.0;
        let recent: Vec<(i64, UnitId)> = self
            .recent
            .range([m, from, i64::MIN, i64::MIN]..=[m, i64::MAX, i64::MAX, i64::MAX])
            .take(limit)
            .map(|[_, source, _, id]| (*source, UnitId(*id)))
            .collect();
        // What comes after the last hash of a list that was cut off is not known to be whole.
        let cut = [&stored, &recent]
            .into_iter()
            .filter(|list| list.len() == limit)
            .filter_map(|list| list.last().map(|(hash, _)| *hash))
            .min();
        let mut all = stored;
        all.extend(recent);
        all.sort_unstable();
        all.dedup();
        let Some(cut) = cut else {
            return Ok((all, None));
        };
        if all.first().is_some_and(|(hash, _)| *hash == cut) {
            all.retain(|(hash, _)| *hash == cut);
            return Ok((all, Some(cut)));
        }
        all.retain(|(hash, _)| *hash < cut);
        Ok((all, Some(cut - 1)))
    }

    /// Forgets the recent entries of a memory that is purged.
    pub(super) fn forget(&mut self, memory: i64) {
        let gone: Vec<Entry> = self
            .recent
            .range([memory, i64::MIN, i64::MIN, i64::MIN]..=[memory, i64::MAX, i64::MAX, i64::MAX])
            .copied()
            .collect();
        for entry in gone {
            self.recent.remove(&entry);
            self.journal.push((false, entry));
        }
    }

    fn may_be_in_table(&self, [_, _, _, id]: Entry) -> bool {
        let merging = self.merge.as_ref().map_or(0, |merge| merge.upto);
        id <= self.indexed_to.max(merging).max(self.cut_off_upto)
    }

    /// Writes the next slice, in the transaction that is about to be committed.
    pub(super) fn before_commit(&mut self, conn: &Connection) -> Result<(), Error> {
        let Some(merge) = &mut self.merge else {
            return Ok(());
        };
        merge.written = merge.done;
        for entry in merge.entries.iter().skip(merge.done).take(self.slice) {
            // What went since the merge began is in neither place.
            if self.recent.contains(entry) {
                insert(conn, *entry)?;
            }
            merge.written += 1;
        }
        if merge.written == merge.entries.len() {
            conn.prepare_cached("UPDATE meta SET indexed_to = ?1")?
                .execute([merge.upto])?;
        }
        Ok(())
    }

    /// What was written is durable. `next_unit` is the id of the next unit.
    pub(super) fn committed(&mut self, next_unit: i64) {
        self.journal.clear();
        if let Some(merge) = &mut self.merge {
            merge.done = merge.written;
            if merge.done == merge.entries.len() {
                let upto = merge.upto;
                self.recent.retain(|[_, _, _, id]| *id > upto);
                self.indexed_to = upto;
                self.merge = None;
            }
        } else if self.recent.len() >= self.limit {
            self.merge = Some(Merge {
                upto: next_unit - 1,
                entries: self.recent.iter().copied().collect(),
                done: 0,
                written: 0,
            });
        }
    }

    /// A place in this transaction to come back to.
    pub(super) fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Undoes what happened since a mark, as the database does with its rows.
    pub(super) fn undo_to(&mut self, mark: usize) {
        for (came, entry) in self.journal.drain(mark..).rev() {
            if came {
                self.recent.remove(&entry);
            } else {
                self.recent.insert(entry);
            }
        }
        if let Some(merge) = &mut self.merge {
            merge.written = merge.done;
        }
    }
}

impl Tx<'_> {
    /// Groups of units of a memory that may have the same source and context (their hash is the same: compare the
    /// texts), in the order of their hashes, those after `after`; and the hash to go on after, none at the end. It
    /// writes nothing: only the writer knows the newest units by their hashes. `looked_at` units are looked at, so a
    /// page may be empty.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the memory.
    pub fn same_source_groups(
        &mut self,
        memory: MemoryId,
        after: Option<i64>,
        looked_at: usize,
    ) -> Result<SourceGroups, Error> {
        self.counts(memory)?;
        let found = self
            .equals
            .by_source(self.conn, memory, after, looked_at.max(1));
        found.map(SourceGroups::of)
    }
}

impl Reader<'_> {
    /// The same where there is no writer to ask: it reads first what the writer has in memory.
    ///
    /// # Errors
    /// Those of the database.
    pub fn same_source_groups(
        &self,
        memory: MemoryId,
        after: Option<i64>,
        looked_at: usize,
    ) -> Result<SourceGroups, Error> {
        let equals = Equals::load(self.conn, 1)?;
        let found = equals.by_source(self.conn, memory, after, looked_at.max(1));
        found.map(SourceGroups::of)
    }
}

/// See [`Tx::same_source_groups`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceGroups {
    /// Hash and units, the oldest first.
    pub groups: Vec<(i64, Vec<UnitId>)>,
    /// Where to go on.
    pub next: Option<i64>,
}

impl SourceGroups {
    fn of((units, next): BySource) -> Self {
        let mut groups: Vec<(i64, Vec<UnitId>)> = Vec::new();
        for (hash, unit) in units {
            match groups.last_mut() {
                Some((last, units)) if *last == hash => units.push(unit),
                _ => groups.push((hash, vec![unit])),
            }
        }
        groups.retain(|(_, units)| units.len() > 1);
        Self { groups, next }
    }
}

fn entry(unit: &Unit, hashes: &Hashes) -> Entry {
    [unit.memory.0, hashes.source, hashes.content, unit.id.0]
}

fn insert(conn: &Connection, entry: Entry) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT OR IGNORE INTO unit_equal (memory_id, source_hash, content_hash, unit_id) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(entry)?;
    Ok(())
}
