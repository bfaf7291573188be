//! Rows of `unit` and `variant`: reading units by id and writing one.

use std::cell::RefCell;

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, Row, params};
use rustc_hash::FxHashMap;

use super::content::{Derived, Hashes, checksum, place};
use super::{Error, ImportId, Reader};
use crate::model::{Context, Lang, MemoryId, Metadata, Stamp, Unit, UnitId, Variant};

/// Language tags seen on a connection, so that each is parsed once.
#[derive(Default)]
pub(super) struct Langs(RefCell<FxHashMap<Box<str>, Lang>>);

/// More tags than any real store has; past it the cache starts again.
const MAX_LANGS: usize = 1_000;

impl Langs {
    pub(super) fn get(&self, tag: &str) -> Result<Lang, Error> {
        let mut known = self.0.borrow_mut();
        if let Some(lang) = known.get(tag) {
            return Ok(lang.clone());
        }
        let lang = Lang::parse(tag).map_err(|e| Error::corrupt(e.to_string()))?;
        if known.len() >= MAX_LANGS {
            known.clear();
        }
        known.insert(tag.into(), lang.clone());
        Ok(lang)
    }
}

/// A unit and what its row says beyond the model.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) unit: Unit,
    pub(super) import: Option<i64>,
    pub(super) hashes: Hashes,
}

const UNIT: &str =
    "SELECT id, memory_id, rev, source, created_at, created_by, changed_at, changed_by,
    previous, next, context_id, metadata, import_id, source_hash, content_hash FROM unit WHERE id = ?1";
const VARIANTS: &str =
    "SELECT lang, text, tagged, metadata FROM variant WHERE unit_id = ?1 ORDER BY place";

/// The two questions behind every unit; prepared once for many units.
pub(super) struct Loader<'c> {
    unit: CachedStatement<'c>,
    variants: CachedStatement<'c>,
    langs: &'c Langs,
}

impl<'c> Loader<'c> {
    pub(super) fn new(conn: &'c Connection, langs: &'c Langs) -> Result<Self, Error> {
        Ok(Self {
            unit: conn.prepare_cached(UNIT)?,
            variants: conn.prepare_cached(VARIANTS)?,
            langs,
        })
    }

    /// One unit, whatever memory it is in.
    pub(super) fn load(&mut self, id: UnitId) -> Result<Option<Stored>, Error> {
        let mut rows = self.unit.query([id.0])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let mut stored = read_unit(row)?;
        drop(rows);
        let mut rows = self.variants.query([id.0])?;
        while let Some(row) = rows.next()? {
            stored.unit.variants.push(Variant {
                lang: self.langs.get(text(row, 0)?)?,
                text: text(row, 1)?.to_owned(),
                tagged: optional_text(row, 2)?.map(str::to_owned),
                metadata: read_metadata(row, 3)?,
            });
        }
        if stored.unit.source >= stored.unit.variants.len() {
            return Err(Error::corrupt(format!("unit {} lacks variants", id.0)));
        }
        Ok(Some(stored))
    }
}

pub(super) fn load(conn: &Connection, langs: &Langs, id: UnitId) -> Result<Option<Stored>, Error> {
    Loader::new(conn, langs)?.load(id)
}

fn read_unit(row: &Row<'_>) -> Result<Stored, Error> {
    let id: i64 = row.get(0)?;
    Ok(Stored {
        unit: Unit {
            id: UnitId(id),
            memory: MemoryId(row.get(1)?),
            rev: row.get(2)?,
            source: usize::try_from(row.get::<_, i64>(3)?)
                .map_err(|_| Error::corrupt(format!("unit {id}: source is negative")))?,
            created: Stamp {
                at: row.get(4)?,
                by: row.get(5)?,
            },
            changed: Stamp {
                at: row.get(6)?,
                by: row.get(7)?,
            },
            context: Context {
                previous: row.get(8)?,
                next: row.get(9)?,
                id: row.get(10)?,
            },
            metadata: read_metadata(row, 11)?,
            variants: Vec::with_capacity(2),
        },
        import: row.get(12)?,
        hashes: Hashes {
            source: row.get(13)?,
            content: row.get(14)?,
        },
    })
}

pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Error> {
    Ok(row
        .get_ref(column)?
        .as_str()
        .map_err(rusqlite::Error::from)?)
}

pub(super) fn optional_text<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>, Error> {
    Ok(row
        .get_ref(column)?
        .as_str_or_null()
        .map_err(rusqlite::Error::from)?)
}

fn read_metadata(row: &Row<'_>, column: usize) -> Result<Metadata, Error> {
    optional_text(row, column)?
        .map_or(Ok(Metadata::default()), serde_json::from_str)
        .map_err(|e| Error::corrupt(format!("metadata is not JSON: {e}")))
}

/// Writes a unit that is new, or is back.
pub(super) fn insert(
    conn: &Connection,
    unit: &Unit,
    derived: &Derived,
    import: Option<i64>,
) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO unit (id, memory_id, rev, source, created_at, created_by, changed_at, changed_by,
         previous, next, context_id, metadata, import_id, source_hash, content_hash, checksum)
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)",
    )?
    .execute(unit_row(unit, derived, import)?)?;
    insert_variants(conn, unit, derived)
}

/// Writes a new revision over the former one.
pub(super) fn update(
    conn: &Connection,
    unit: &Unit,
    derived: &Derived,
    import: Option<i64>,
) -> Result<(), Error> {
    conn.prepare_cached(
        "UPDATE unit SET memory_id=?2, rev=?3, source=?4, created_at=?5, created_by=?6, changed_at=?7,
         changed_by=?8, previous=?9, next=?10, context_id=?11, metadata=?12, import_id=?13,
         source_hash=?14, content_hash=?15, checksum=?16 WHERE id=?1",
    )?
    .execute(unit_row(unit, derived, import)?)?;
    delete_variants(conn, unit.id)?;
    insert_variants(conn, unit, derived)
}

/// Removes the rows of a unit.
pub(super) fn delete(conn: &Connection, id: UnitId) -> Result<(), Error> {
    delete_variants(conn, id)?;
    conn.prepare_cached("DELETE FROM unit WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

fn delete_variants(conn: &Connection, id: UnitId) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM variant WHERE unit_id = ?1")?
        .execute([id.0])?;
    Ok(())
}

fn unit_row<'u>(
    unit: &'u Unit,
    derived: &'u Derived,
    import: Option<i64>,
) -> Result<impl rusqlite::Params + 'u, Error> {
    use rusqlite::types::ToSqlOutput;
    let optional = |text: &'u Option<String>| {
        ToSqlOutput::Borrowed(
            text.as_deref()
                .map_or(ValueRef::Null, |t| ValueRef::Text(t.as_bytes())),
        )
    };
    let number = |n: i64| ToSqlOutput::Borrowed(ValueRef::Integer(n));
    Ok(rusqlite::params_from_iter([
        number(unit.id.0),
        number(unit.memory.0),
        number(unit.rev),
        number(place(unit.source)),
        number(unit.created.at),
        optional(&unit.created.by),
        number(unit.changed.at),
        optional(&unit.changed.by),
        optional(&unit.context.previous),
        optional(&unit.context.next),
        optional(&unit.context.id),
        optional(&derived.metadata),
        import.map_or(ToSqlOutput::Borrowed(ValueRef::Null), number),
        number(derived.hashes.source),
        number(derived.hashes.content),
        number(checksum(unit, derived, import)),
    ]))
}

fn insert_variants(conn: &Connection, unit: &Unit, derived: &Derived) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO variant (unit_id, place, lang, text, tagged, metadata) VALUES (?1,?2,?3,?4,?5,?6)",
    )?;
    for (at, (variant, metadata)) in unit
        .variants
        .iter()
        .zip(&derived.variant_metadata)
        .enumerate()
    {
        statement.execute(params![
            unit.id.0,
            place(at),
            variant.lang.as_str(),
            variant.text,
            variant.tagged,
            metadata
        ])?;
    }
    Ok(())
}

impl Reader<'_> {
    /// One unit of a living memory.
    ///
    /// # Errors
    /// Those of the database.
    pub fn unit(&self, id: UnitId) -> Result<Option<Unit>, Error> {
        match load(self.conn, self.langs, id)? {
            Some(stored) if !self.is_dead(stored.unit.memory)? => Ok(Some(stored.unit)),
            _ => Ok(None),
        }
    }

    /// Those of the units that exist in living memories, in the order of `ids`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn units(&self, ids: &[UnitId]) -> Result<Vec<Unit>, Error> {
        let units = self.units_and_imports(ids)?.into_iter();
        Ok(units.map(|(unit, _)| unit).collect())
    }

    /// The same, each with the import or bulk change that wrote its present revision.
    ///
    /// # Errors
    /// Those of the database.
    pub fn units_and_imports(
        &self,
        ids: &[UnitId],
    ) -> Result<Vec<(Unit, Option<ImportId>)>, Error> {
        let mut loader = Loader::new(self.conn, self.langs)?;
        let mut units = Vec::with_capacity(ids.len());
        for &id in ids {
            if let Some(stored) = loader.load(id)?
                && !self.is_dead(stored.unit.memory)?
            {
                units.push((stored.unit, stored.import.map(ImportId)));
            }
        }
        Ok(units)
    }
}
