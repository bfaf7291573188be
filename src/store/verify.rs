//! Whether what is stored is still what was written: checksums of units, and the counts of memories.

use rusqlite::Row;

use super::concepts::{CONCEPT, checksum, read_concept};
use super::content::{RawUnit, RawVariant, place};
use super::{Error, Reader};
use crate::model::{MemoryId, UnitId};

/// What a check of one page of units found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SumCheck {
    /// How many units were looked at.
    pub checked: usize,
    /// Those whose checksum does not fit their content.
    pub differ: Vec<UnitId>,
    /// Those that their hashes do not find.
    pub unfindable: Vec<UnitId>,
    /// Where to go on; none at the end.
    pub next: Option<UnitId>,
}

fn read_raw<'r>(row: &'r Row<'_>, variants: Vec<RawVariant>) -> Result<RawUnit<'r>, Error> {
    use super::units::optional_text as text;
    Ok(RawUnit {
        numbers: [
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(4)?,
            row.get(6)?,
            row.get(13)?,
            row.get(14)?,
        ],
        source: row.get(3)?,
        created_by: text(row, 5)?,
        changed_by: text(row, 7)?,
        context: [text(row, 8)?, text(row, 9)?, text(row, 10)?],
        metadata: text(row, 11)?,
        import: row.get(12)?,
        variants,
    })
}

impl Reader<'_> {
    /// The ids of concepts whose checksums do not fit what they say, or that cannot be read.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn differing_concepts(&self) -> Result<Vec<String>, Error> {
        let sql = CONCEPT.replace(" FROM", ", checksum FROM");
        let mut statement = self.conn.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let mut differ = Vec::new();
        while let Some(row) = rows.next()? {
            let written: i64 = row.get(8)?;
            let same = read_concept(self.conn, self.langs, row)
                .and_then(|stored| checksum(&stored))
                .is_ok_and(|now| now == written);
            if !same {
                differ.push(
                    String::from_utf8_lossy(row.get_ref(0)?.as_bytes().unwrap_or_default())
                        .into_owned(),
                );
            }
        }
        Ok(differ)
    }

    /// Recomputes the checksums of the units after `after`, at most `limit`, deleted memories included, and looks
    /// whether each can be found by its hashes.
    ///
    /// # Errors
    /// Those of the database; a unit that cannot be read is not an error but one that differs.
    pub fn check_unit_sums(&self, after: UnitId, limit: usize) -> Result<SumCheck, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, memory_id, rev, source, created_at, created_by, changed_at, changed_by, previous, next,
             context_id, metadata, import_id, source_hash, content_hash, checksum,
             id > (SELECT indexed_to FROM meta) OR EXISTS (SELECT 1 FROM unit_equal e
               WHERE e.memory_id = unit.memory_id AND e.source_hash = unit.source_hash
               AND e.content_hash = unit.content_hash AND e.unit_id = unit.id)
             FROM unit WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let mut rows = statement.query([after.0, place(limit)])?;
        let mut check = SumCheck::default();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            check.checked += 1;
            check.next = Some(UnitId(id));
            let sum = self
                .raw_variants(id)
                .and_then(|variants| read_raw(row, variants))
                .map(|unit| unit.checksum());
            match sum {
                Ok(sum) if sum == row.get::<_, i64>(15)? => {
                    if !row.get::<_, bool>(16)? {
                        check.unfindable.push(UnitId(id));
                    }
                }
                Err(Error::TooLong) => return Err(Error::TooLong),
                _ => check.differ.push(UnitId(id)),
            }
        }
        check.next = check.next.filter(|_| check.checked == limit);
        Ok(check)
    }

    fn raw_variants(&self, id: i64) -> Result<Vec<RawVariant>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT lang, text, tagged, metadata FROM variant WHERE unit_id = ?1 ORDER BY place",
        )?;
        let rows = statement.query_map([id], |row| {
            Ok(RawVariant {
                lang: row.get(0)?,
                text: row.get(1)?,
                tagged: row.get(2)?,
                metadata: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Counts the units of a memory by their hashes, to compare with what [`Reader::memory`] says.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_units(&self, memory: MemoryId) -> Result<i64, Error> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT count(*) FROM (SELECT unit_id FROM unit_equal WHERE memory_id = ?1
                 UNION SELECT id FROM unit WHERE id > (SELECT indexed_to FROM meta) AND memory_id = ?1)",
            )?
            .query_row([memory.0], |row| row.get(0))?)
    }
}
