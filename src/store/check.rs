//! Looks at everything that is stored and says what is not as it should be: `SQLite`'s own check of pages, indexes
//! and constraints, the checksum of every unit, the counts that the writer keeps, and the tables that point at one
//! another. On a connection of its own, in one read for each question, so that writes go on and the journal can be
//! cut off in between.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Row};

use super::connection::connect_to_read;
use super::units::Langs;
use super::{Error, Reader, Store};
use crate::model::{MemoryId, UnitId};

/// Findings beyond this many are counted and not kept.
const MAX_FINDINGS: usize = 1_000;
/// Units whose checksums are worked out in one read.
const UNITS_AT_ONCE: usize = 5_000;
/// How many instructions of `SQLite`'s machine lie between two looks at the clock.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The file itself: pages, indexes, constraints.
    File,
    /// A unit's content is not what was written.
    Unit,
    /// A unit is not found by its hashes, so that an import would add it once more.
    Equal,
    /// A number that the writer keeps is not the number of rows.
    Count,
    /// A row points at one that is not there.
    Reference,
    /// A former revision cannot be read.
    History,
    /// What a concept says is not what was written.
    Concept,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub damage: Damage,
    /// In which memory, where that is known.
    pub memory: Option<MemoryId>,
    /// Which unit.
    pub unit: Option<UnitId>,
    /// What was found, for people.
    pub detail: String,
}

/// What was looked at, and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkup {
    /// How many units were looked at.
    pub units: u64,
    /// What is wrong, at most 1,000.
    pub findings: Vec<Finding>,
    /// How many things are wrong.
    pub total: u64,
}

impl Checkup {
    fn add(&mut self, finding: Finding) {
        self.total += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    fn about(&mut self, damage: Damage, detail: String) {
        self.add(Finding {
            damage,
            memory: None,
            unit: None,
            detail,
        });
    }
}

impl Store {
    /// Checks the store while it is in use; all of it is there when this returns within `limit`.
    ///
    /// # Errors
    /// [`Error::TooLong`] past the limit. Damage is no error but what the checkup tells of.
    pub fn check(&self, limit: Duration) -> Result<Checkup, Error> {
        check(self.source.connect()?, &Scope::Tables, limit)
    }
}

/// One question to a database, and what was found.
type Step = fn(&Connection, &Scope, &mut Checkup) -> Result<(), Error>;

/// How `SQLite` looks at its file.
pub(super) enum Scope {
    /// Each table by itself, in a short read: what nobody else uses (free pages) is left out.
    Tables,
    /// The whole file at once.
    File,
}

/// Checks a database that nobody writes.
pub(super) fn check_file(db: &Path) -> Result<Checkup, Error> {
    check(connect_to_read(db)?, &Scope::File, Duration::MAX)
}

fn check(mut conn: Connection, scope: &Scope, limit: Duration) -> Result<Checkup, Error> {
    let end = Instant::now().checked_add(limit);
    let over = move || end.is_some_and(|end| Instant::now() > end);
    conn.progress_handler(STEPS_BETWEEN_LOOKS, Some(over))?;
    let mut checkup = Checkup::default();
    let steps: [Step; 8] = [
        pages, references, sums, counts, languages, equals, history, concepts,
    ];
    for step in steps {
        match step(&conn, scope, &mut checkup) {
            Ok(()) => {}
            Err(Error::TooLong) => return Err(Error::TooLong),
            Err(error) => checkup.about(Damage::File, error.to_string()),
        }
    }
    Ok(checkup)
}

fn pages(conn: &Connection, scope: &Scope, found: &mut Checkup) -> Result<(), Error> {
    let whole = "PRAGMA integrity_check(100)".to_owned();
    let pragmas = match scope {
        Scope::File => vec![whole],
        Scope::Tables => {
            let mut names =
                conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
            let names = names.query_map([], |row| row.get::<_, String>(0))?;
            let quoted = |name: String| format!("PRAGMA integrity_check(\"{name}\")");
            names
                .map(|name| name.map(quoted))
                .collect::<Result<_, _>>()?
        }
    };
    for pragma in pragmas {
        let mut statement = conn.prepare(&pragma)?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        for line in lines {
            let line = line?;
            if line != "ok" {
                found.about(Damage::File, line);
            }
        }
    }
    Ok(())
}

fn references(conn: &Connection, _: &Scope, found: &mut Checkup) -> Result<(), Error> {
    let mut statement = conn.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        found.about(
            Damage::Reference,
            format!("a row of {table} belongs to a row of {parent} that is not there"),
        );
    }
    // A variant's table has no rowid by which the above could name it.
    each(
        conn,
        "SELECT DISTINCT unit_id FROM variant WHERE NOT EXISTS (SELECT 1 FROM unit WHERE id = unit_id) LIMIT 1000",
        |row| {
            found.add(Finding {
                damage: Damage::Reference,
                memory: None,
                unit: Some(UnitId(row.get(0)?)),
                detail: "texts without their unit".to_owned(),
            });
            Ok(())
        },
    )
}

fn concepts(conn: &Connection, _: &Scope, found: &mut Checkup) -> Result<(), Error> {
    let langs = Langs::default();
    for id in Reader::of(conn, &langs, 0).differing_concepts()? {
        let detail = format!("the concept {id} is not what was written (the checksum differs)");
        found.about(Damage::Concept, detail);
    }
    Ok(())
}

fn sums(conn: &Connection, _: &Scope, found: &mut Checkup) -> Result<(), Error> {
    let langs = Langs::default();
    let reader = Reader::of(conn, &langs, 0);
    let mut after = Some(UnitId(i64::MIN));
    while let Some(place) = after {
        let page = reader.check_unit_sums(place, UNITS_AT_ONCE)?;
        found.units += page.checked as u64;
        for (damage, units, detail) in [
            (
                Damage::Unit,
                page.differ,
                "its content is not what was written (the checksum differs)",
            ),
            (
                Damage::Equal,
                page.unfindable,
                "it is missing in the table that finds equal units",
            ),
        ] {
            for unit in units {
                found.add(Finding {
                    damage,
                    memory: reader.memory_of(unit).ok().flatten(),
                    unit: Some(unit),
                    detail: detail.to_owned(),
                });
            }
        }
        after = page.next;
    }
    Ok(())
}

/// The units of each memory, and the numbers from which new ids are taken.
fn counts(conn: &Connection, _: &Scope, found: &mut Checkup) -> Result<(), Error> {
    each(
        conn,
        "SELECT m.id, m.units, coalesce(u.units, 0), m.first_unit, m.last_unit, u.first, u.last
         FROM memory m LEFT JOIN
           (SELECT memory_id, count(*) AS units, min(id) AS first, max(id) AS last FROM unit GROUP BY memory_id) u
           ON u.memory_id = m.id
         WHERE m.deleted_at IS NULL AND
           (m.units <> coalesce(u.units, 0) OR u.first < m.first_unit OR u.last > m.last_unit)",
        |row| {
            let (kept, real): (i64, i64) = (row.get(1)?, row.get(2)?);
            let detail = if kept == real {
                format!(
                    "its units are said to lie in {}–{} and lie in {}–{}",
                    row.get::<_, i64>(3)?,
                    row.get::<_, i64>(4)?,
                    row.get::<_, i64>(5)?,
                    row.get::<_, i64>(6)?
                )
            } else {
                format!("it is said to have {kept} units and has {real}")
            };
            found.add(in_memory(Damage::Count, row, detail)?);
            Ok(())
        },
    )?;
    each(
        conn,
        "SELECT next_unit, (SELECT max(id) FROM unit), next_change, (SELECT max(seq) FROM change) FROM meta
         WHERE next_unit <= coalesce((SELECT max(id) FROM unit), 0)
         OR next_change <= coalesce((SELECT max(seq) FROM change), 0)",
        |_| {
            found.about(
                Damage::Count,
                "the number of the next unit or change is in use already".to_owned(),
            );
            Ok(())
        },
    )?;
    each(
        conn,
        "SELECT max(seq) - min(seq) + 1 - count(*) AS missing FROM change HAVING missing <> 0",
        |row| {
            let missing: i64 = row.get(0)?;
            found.about(
                Damage::Count,
                format!("the log of changes lacks {missing} rows in its midst"),
            );
            Ok(())
        },
    )
}

fn languages(conn: &Connection, _: &Scope, found: &mut Checkup) -> Result<(), Error> {
    each(
        conn,
        "WITH real AS (SELECT u.memory_id, v.lang, count(*) AS units FROM variant v JOIN unit u ON u.id = v.unit_id
           GROUP BY u.memory_id, v.lang)
         SELECT m.id, l.lang, l.units, coalesce(r.units, 0) FROM memory m JOIN memory_lang l ON l.memory_id = m.id
           LEFT JOIN real r ON r.memory_id = m.id AND r.lang = l.lang
           WHERE m.deleted_at IS NULL AND l.units <> coalesce(r.units, 0)
         UNION ALL
         SELECT m.id, r.lang, 0, r.units FROM memory m JOIN real r ON r.memory_id = m.id
           WHERE m.deleted_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM memory_lang l WHERE l.memory_id = m.id AND l.lang = r.lang)",
        |row| {
            let (lang, kept, real): (String, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let detail = format!("it is said to have {kept} units with {lang} and has {real}");
            found.add(in_memory(Damage::Count, row, detail)?);
            Ok(())
        },
    )
}

/// Entries of `unit_equal` that no unit has. Where a memory is being purged they go a little later than the units.
fn equals(conn: &Connection, _: &Scope, found: &mut Checkup) -> Result<(), Error> {
    each(
        conn,
        "SELECT e.memory_id, count(*), min(e.unit_id) FROM unit_equal e
         WHERE EXISTS (SELECT 1 FROM memory m WHERE m.id = e.memory_id AND m.deleted_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM unit u WHERE u.id = e.unit_id AND u.memory_id = e.memory_id
           AND u.source_hash = e.source_hash AND u.content_hash = e.content_hash)
         GROUP BY e.memory_id",
        |row| {
            let (entries, first): (i64, i64) = (row.get(1)?, row.get(2)?);
            let detail = format!(
                "{entries} entries of the table that finds equal units lead nowhere, the first to unit {first}"
            );
            found.add(in_memory(Damage::Equal, row, detail)?);
            Ok(())
        },
    )
}

fn history(conn: &Connection, _: &Scope, found: &mut Checkup) -> Result<(), Error> {
    each(
        conn,
        "SELECT memory_id, unit_id, rev FROM unit_history
         WHERE (state IS NOT NULL AND NOT json_valid(state)) OR rev < 1 LIMIT 1000",
        |row| {
            let rev: i64 = row.get(2)?;
            found.add(Finding {
                unit: Some(UnitId(row.get(1)?)),
                ..in_memory(
                    Damage::History,
                    row,
                    format!("its revision {rev} cannot be read"),
                )?
            });
            Ok(())
        },
    )
}

fn in_memory(damage: Damage, row: &Row<'_>, detail: String) -> Result<Finding, Error> {
    Ok(Finding {
        damage,
        memory: Some(MemoryId(row.get(0)?)),
        unit: None,
        detail,
    })
}

fn each(
    conn: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}
