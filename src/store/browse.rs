//! Walking through units in id order: pages of a memory for people and exports, all texts for an index.

use std::time::{Duration, Instant};

use super::content::place;
use super::units::{Loader, text};
use super::{Error, ImportId, Reader};
use crate::model::{Lang, MemoryId, Unit, UnitId};

/// One page of a memory's units.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its units in id order.
    pub units: Vec<Unit>,
    /// Where the next page starts; none after the last. A page may be short, even empty, and have a next one:
    /// a filter looks at a bounded number of units at a time.
    pub next: Option<UnitId>,
}

/// Says which units are wanted, from a unit and the import or bulk change that wrote its present revision.
pub type Takes<'f> = &'f dyn Fn(&Unit, Option<ImportId>) -> bool;

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

/// How many units a filtered page looks at,
const FILTERED_AT_ONCE: usize = 5_000;
/// and for how long: a read ends within a second.
const FILTERED_FOR: Duration = Duration::from_millis(300);
/// A memory of at most so many units is paged by its index and a sort, a larger one by walking the ids.
const SORTED_UNITS: i64 = 20_000;

impl Reader<'_> {
    /// Units of a memory in id order, those after `after`; with `takes`, those that it takes.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown or deleted memory.
    pub fn page(
        &self,
        memory: MemoryId,
        after: Option<UnitId>,
        limit: usize,
        takes: Option<Takes<'_>>,
    ) -> Result<Page, Error> {
        let looked_at = match takes {
            None => limit,
            Some(_) => limit.max(FILTERED_AT_ONCE),
        };
        self.page_of(memory, after, (limit, looked_at), takes, false)
    }

    /// Units of a memory in id order, those after `after`, also of a deleted one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown memory.
    pub fn page_of_deleted(
        &self,
        memory: MemoryId,
        after: Option<UnitId>,
        limit: usize,
    ) -> Result<Page, Error> {
        self.page_of(memory, after, (limit, limit), None, true)
    }

    fn page_of(
        &self,
        memory: MemoryId,
        after: Option<UnitId>,
        (limit, looked_at): (usize, usize),
        takes: Option<Takes<'_>>,
        deleted: bool,
    ) -> Result<Page, Error> {
        let started = Instant::now();
        let ids = self.ids_after(memory, after, looked_at.saturating_add(1), deleted)?;
        let mut loader = Loader::new(self.conn, self.langs)?;
        let mut page = Page::default();
        for (place, &id) in ids.iter().enumerate() {
            let late = place > 0 && place % 64 == 0 && started.elapsed() > FILTERED_FOR;
            if page.units.len() == limit || place == looked_at || late {
                page.next = ids.get(place.wrapping_sub(1)).copied().or(after);
                break;
            }
            if let Some(stored) = loader.load(id)?
                && takes.is_none_or(|takes| takes(&stored.unit, stored.import.map(ImportId)))
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
        deleted: bool,
    ) -> Result<Vec<UnitId>, Error> {
        let (units, first, last) = self
            .conn
            .prepare_cached(
                "SELECT units, first_unit, last_unit FROM memory WHERE id = ?1 AND (deleted_at IS NULL OR ?2)",
            )?
            .query_row(rusqlite::params![memory.0, deleted], |row| {
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
