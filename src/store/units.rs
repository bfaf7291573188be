//! Rows of `unit` and `variant`: reading one, many, or all of them in id order; writing one.

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

/// One page of a memory's units.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its units in id order.
    pub units: Vec<Unit>,
    /// Where the next page starts; none after the last. A page may be short, even empty, and have a next one:
    /// a filter looks at a bounded number of units at a time.
    pub next: Option<UnitId>,
}

/// Which units of a memory are wanted; an empty filter takes all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Last changed by this user or key.
    pub changed_by: Option<String>,
    /// Last changed at this second or later.
    pub changed_from: Option<i64>,
    /// Last changed at this second or earlier.
    pub changed_to: Option<i64>,
    /// Has a variant in a language that meets this one.
    pub lang: Option<Lang>,
    /// The present revision was written by this import.
    pub import: Option<ImportId>,
}

impl Filter {
    fn takes(&self, stored: &Stored) -> bool {
        let unit = &stored.unit;
        self.changed_by
            .as_ref()
            .is_none_or(|by| unit.changed.by.as_ref() == Some(by))
            && self.changed_from.is_none_or(|at| unit.changed.at >= at)
            && self.changed_to.is_none_or(|at| unit.changed.at <= at)
            && self
                .import
                .is_none_or(|import| stored.import == Some(import.0))
            && self
                .lang
                .as_ref()
                .is_none_or(|lang| unit.variants.iter().any(|v| v.lang.meets(lang)))
    }

    fn is_empty(&self) -> bool {
        self.changed_by.is_none()
            && self.changed_from.is_none()
            && self.changed_to.is_none()
            && self.lang.is_none()
            && self.import.is_none()
    }
}

/// A unit as far as an index needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// The memory it is in.
    pub memory: MemoryId,
    /// Its id.
    pub id: UnitId,
    /// Its texts.
    pub variants: Vec<ScannedVariant>,
}

/// A text as far as an index needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedVariant {
    /// Its language.
    pub lang: Lang,
    /// The plain text.
    pub text: String,
    /// Whether it has inline elements.
    pub tagged: bool,
}

/// How many units a filtered page looks at.
const FILTERED_AT_ONCE: usize = 5_000;
/// A memory of at most so many units is paged by its index and a sort, a larger one by walking the ids.
const SORTED_UNITS: i64 = 20_000;

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
        let mut loader = Loader::new(self.conn, self.langs)?;
        let mut units = Vec::with_capacity(ids.len());
        for &id in ids {
            if let Some(stored) = loader.load(id)?
                && !self.is_dead(stored.unit.memory)?
            {
                units.push(stored.unit);
            }
        }
        Ok(units)
    }

    /// Units of a memory in id order, those after `after`.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown or deleted memory.
    pub fn page(
        &self,
        memory: MemoryId,
        after: Option<UnitId>,
        limit: usize,
        filter: &Filter,
    ) -> Result<Page, Error> {
        let looked_at = if filter.is_empty() {
            limit
        } else {
            limit.max(FILTERED_AT_ONCE)
        };
        let ids = self.ids_after(memory, after, looked_at.saturating_add(1))?;
        let mut loader = Loader::new(self.conn, self.langs)?;
        let mut page = Page::default();
        for (place, &id) in ids.iter().enumerate() {
            if page.units.len() == limit || place == looked_at {
                page.next = ids.get(place.wrapping_sub(1)).copied().or(after);
                break;
            }
            if let Some(stored) = loader.load(id)?
                && filter.takes(&stored)
            {
                page.units.push(stored.unit);
            }
        }
        Ok(page)
    }

    fn ids_after(
        &self,
        memory: MemoryId,
        after: Option<UnitId>,
        limit: usize,
    ) -> Result<Vec<UnitId>, Error> {
        let (units, first, last) = self
            .conn
            .prepare_cached(
                "SELECT units, first_unit, last_unit FROM memory WHERE id = ?1 AND deleted_at IS NULL",
            )?
            .query_row([memory.0], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            })
            .map_err(|error| super::or_not_found(error, "memory"))?;
        // Both give the same ids; which is quicker depends on how much else lies between the memory's units.
        let mut statement = self.conn.prepare_cached(if units <= SORTED_UNITS {
            "SELECT unit_id FROM unit_equal WHERE memory_id = ?1 AND unit_id > ?2 AND unit_id <= ?3
             UNION SELECT id FROM unit
             WHERE id > max(?2, (SELECT indexed_to FROM meta)) AND id <= ?3 AND memory_id = ?1
             ORDER BY 1 LIMIT ?4"
        } else {
            "SELECT id FROM unit
             WHERE memory_id = ?1 AND id > ?2 AND id <= ?3 ORDER BY id LIMIT ?4"
        })?;
        let after = after.map_or(0, |id| id.0).max(first.saturating_sub(1));
        let rows = statement.query_map([memory.0, after, last, place(limit)], |row| {
            row.get(0).map(UnitId)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All units of all living memories in id order, those after `after`, at most `limit`; fewer only at the end
    /// or where deleted memories are: the second value is where to go on, none at the end.
    ///
    /// # Errors
    /// Those of the database; [`Error::TooLong`] where `limit` is more than a second's work (1M on a slow machine).
    pub fn scan(
        &self,
        after: UnitId,
        limit: usize,
    ) -> Result<(Vec<Scanned>, Option<UnitId>), Error> {
        let mut units = self
            .conn
            .prepare_cached("SELECT id, memory_id FROM unit WHERE id > ?1 ORDER BY id LIMIT ?2")?;
        let mut variants = self.conn.prepare_cached(
            "SELECT unit_id, lang, text, tagged IS NOT NULL FROM variant
             WHERE unit_id > ?1 ORDER BY unit_id, place",
        )?;
        let mut units = units.query([after.0, place(limit)])?;
        // Both walk their table in the same order, so one pass over each joins them.
        let mut variants = variants.query([after.0])?;
        let mut variant = variants.next()?;
        let mut list = Vec::with_capacity(limit.min(100_000));
        let (mut seen, mut last) = (0, None);
        while let Some(row) = units.next()? {
            let (id, memory) = (row.get::<_, i64>(0)?, MemoryId(row.get(1)?));
            seen += 1;
            last = Some(UnitId(id));
            let mut texts = Vec::with_capacity(2);
            while let Some(row) = variant {
                let owner: i64 = row.get(0)?;
                if owner > id {
                    break;
                }
                if owner == id {
                    texts.push(ScannedVariant {
                        lang: self.langs.get(text(row, 1)?)?,
                        text: text(row, 2)?.to_owned(),
                        tagged: row.get(3)?,
                    });
                }
                variant = variants.next()?;
            }
            if !self.is_dead(memory)? {
                list.push(Scanned {
                    memory,
                    id: UnitId(id),
                    variants: texts,
                });
            }
        }
        Ok((list, last.filter(|_| seen == limit)))
    }
}
