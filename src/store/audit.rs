//! The audit log: who did what, with revisions and the request's id, without texts. A deed is written down in
//! the transaction that does it, so that neither is ever there without the other.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::imports::ImportId;
use super::tx::Tx;
use super::{Error, Reader};
use crate::model::{MemoryId, UnitId};

/// How long an entry is kept, in seconds: 400 days, more than a year of business.
pub const KEEP_AUDIT: i64 = 400 * 24 * 60 * 60;
/// How many old entries one purge drops.
const PURGE_AT_ONCE: i64 = 10_000;
/// How many entries one page looks through at most; a page may be short, or empty, for that.
const SCANNED_AT_ONCE: i64 = 200_000;

/// Who does something, for the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The name shown in units and changes.
    pub by: Option<String>,
    /// The key's id; none for the local administrator.
    pub key: Option<String>,
    /// The request's id; none on the command line.
    pub request: Option<String>,
}

impl Actor {
    /// The program itself, of its own accord.
    pub fn program() -> Self {
        Self {
            by: Some("hamzaban".to_owned()),
            ..Self::default()
        }
    }
}

/// What was done, to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// A word that never changes, such as `unit_added`.
    pub action: &'static str,
    /// What kind of thing: `unit`, `memory`, `import`, `key`, `route` …
    pub object: &'static str,
    /// Which one; never a text of a unit.
    pub id: String,
    /// The memory it is in, or is.
    pub memory: Option<MemoryId>,
    /// Its revision before, where it has one.
    pub before: Option<i64>,
    /// Its revision after.
    pub after: Option<i64>,
}

impl Deed {
    /// Something done to a thing of that kind.
    pub fn new(action: &'static str, object: &'static str, id: impl Into<String>) -> Self {
        Self {
            action,
            object,
            id: id.into(),
            memory: None,
            before: None,
            after: None,
        }
    }

    /// … which is in this memory.
    #[must_use]
    pub fn within(mut self, memory: MemoryId) -> Self {
        self.memory = Some(memory);
        self
    }

    /// … whose revision was `before` and is `after` now.
    #[must_use]
    pub fn revised(mut self, before: Option<i64>, after: Option<i64>) -> Self {
        (self.before, self.after) = (before, after);
        self
    }

    /// Something done to a unit.
    pub fn unit(action: &'static str, memory: MemoryId, unit: UnitId) -> Self {
        Self::new(action, "unit", unit.0.to_string()).within(memory)
    }

    /// Something done to a memory as a whole.
    pub fn memory(action: &'static str, memory: MemoryId, name: &str) -> Self {
        Self::new(action, "memory", name).within(memory)
    }

    /// Something done to or by an import.
    pub fn import(action: &'static str, memory: MemoryId, import: ImportId) -> Self {
        Self::new(action, "import", import.0.to_string()).within(memory)
    }
}

/// A deed that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; larger is later.
    pub id: i64,
    /// When, in seconds since 1970.
    pub at: i64,
    /// By whom.
    pub actor: Actor,
    /// A word that never changes.
    pub action: String,
    /// What kind of thing.
    pub object: String,
    /// Which one.
    pub object_id: String,
    /// The name of the memory it is in, or is; none where there is none, or it is gone for good.
    pub memory: Option<String>,
    /// Its revision before.
    pub before: Option<i64>,
    /// Its revision after.
    pub after: Option<i64>,
}

/// Which entries to show; all conditions given must hold.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The name or the key's id of who did it.
    pub by: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// The name of the memory, also of a deleted one.
    pub memory: Option<String>,
    /// At this time or later, in seconds since 1970.
    pub since: Option<i64>,
    /// Before this time.
    pub until: Option<i64>,
}

/// Some entries, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Where the next, older page begins: `before` of the next call. None: there is nothing older.
    pub next: Option<i64>,
}

const COLUMNS: &str = "id, at, by, key_id, action, object, object_id,
     (SELECT name FROM memory WHERE memory.id = memory_id), before_rev, after_rev, request_id";

fn read_entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: Actor {
            by: row.get(2)?,
            key: row.get(3)?,
            request: row.get(10)?,
        },
        action: row.get(4)?,
        object: row.get(5)?,
        object_id: row.get(6)?,
        memory: row.get(7)?,
        before: row.get(8)?,
        after: row.get(9)?,
    })
}

/// Drops entries from the front that are past their time; says whether there were any.
pub(super) fn purge(conn: &Connection, now: i64) -> Result<bool, Error> {
    let gone = conn
        .prepare_cached(
            "DELETE FROM audit WHERE id IN
             (SELECT id FROM (SELECT id, at FROM audit ORDER BY id LIMIT ?2) WHERE at < ?1)",
        )?
        .execute([now - KEEP_AUDIT, PURGE_AT_ONCE])?;
    Ok(gone > 0)
}

impl Tx<'_> {
    /// Writes down who did what. Call it in the job that does it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn audit(&mut self, actor: &Actor, deed: &Deed) -> Result<(), Error> {
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO audit (at, by, key_id, action, object, object_id, memory_id, before_rev, after_rev, request_id)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?
                .execute(params![
                    tx.now(),
                    actor.by,
                    actor.key,
                    deed.action,
                    deed.object,
                    deed.id,
                    deed.memory.map(|memory| memory.0),
                    deed.before,
                    deed.after,
                    actor.request
                ])?;
            Ok(())
        })
    }
}

impl Reader<'_> {
    /// Entries older than `before` (from the newest one where it is none), the newest first, at most `limit`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn audit(
        &self,
        before: Option<i64>,
        limit: usize,
        filter: &AuditFilter,
    ) -> Result<AuditPage, Error> {
        let before = before.unwrap_or(i64::MAX);
        let oldest: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT min(id) FROM (SELECT id FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2)",
            )?
            .query_row([before, SCANNED_AT_ONCE], |row| row.get(0))?;
        let Some(oldest) = oldest else {
            return Ok(AuditPage::default());
        };
        let (condition, mut values) = conditions(filter);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        values.extend([before, oldest, limit].map(Value::Integer));
        let sql = format!(
            "SELECT {COLUMNS} FROM audit WHERE {condition} id < ? AND id >= ? ORDER BY id DESC LIMIT ?"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), read_entry)?;
        let entries: Vec<AuditEntry> = rows.collect::<Result<_, _>>()?;
        let full = i64::try_from(entries.len()) == Ok(limit);
        let reached = match entries.last() {
            Some(last) if full => last.id,
            _ => oldest,
        };
        let more: bool = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM audit WHERE id < ?1)")?
            .query_row([reached], |row| row.get(0))?;
        Ok(AuditPage {
            entries,
            next: more.then_some(reached),
        })
    }
}

/// What the filter says, as SQL that ends with AND, and its values.
fn conditions(filter: &AuditFilter) -> (String, Vec<Value>) {
    let mut sql = String::new();
    let mut values = Vec::new();
    if let Some(by) = &filter.by {
        sql.push_str("(by = ? OR key_id = ?) AND ");
        values.extend([by.clone().into(), by.clone().into()]);
    }
    for (condition, value) in [
        ("action = ? AND ", filter.action.clone().map(Value::from)),
        (
            "memory_id IN (SELECT id FROM memory WHERE name = ?) AND ",
            filter.memory.clone().map(Value::from),
        ),
        ("at >= ? AND ", filter.since.map(Value::from)),
        ("at < ? AND ", filter.until.map(Value::from)),
    ] {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(value);
        }
    }
    (sql, values)
}
