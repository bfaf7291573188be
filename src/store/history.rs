//! Former revisions of units: kept whole, as JSON, in the transaction that ends them.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::content::{Content, place};
use super::units;
use super::{Error, ImportId, Reader};
use crate::model::{Context, Lang, MemoryId, Metadata, Stamp, Unit, UnitId, Variant};

/// One revision of a unit and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number.
    pub rev: i64,
    /// When and by whom it was written; for the first one what the unit says of its creation.
    pub stamp: Stamp,
    /// How it came about.
    pub event: Event,
    /// The import that wrote it.
    pub import: Option<ImportId>,
    /// The unit as it was then; none for a deletion.
    pub unit: Option<Arc<Unit>>,
}

/// How a revision came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The unit was new.
    Added,
    /// A draft with the same source brought another translation, metadata or dates.
    Updated,
    /// Someone edited it.
    Replaced,
    /// It got the content of an older revision.
    Reverted,
    /// It was deleted.
    Deleted,
    /// It came back after a deletion.
    Restored,
    /// The import or bulk change that had changed it was taken back.
    TakenBack,
    /// A bulk change moved it to another memory: it is deleted here.
    Moved,
    /// A bulk change made it one with another unit.
    Merged,
}

impl Event {
    /// Its name in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Replaced => "replaced",
            Self::Reverted => "reverted",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::TakenBack => "taken_back",
            Self::Moved => "moved",
            Self::Merged => "merged",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        [
            Self::Added,
            Self::Updated,
            Self::Replaced,
            Self::Reverted,
            Self::Deleted,
            Self::Restored,
            Self::TakenBack,
            Self::Moved,
            Self::Merged,
        ]
        .into_iter()
        .find(|event| event.as_str() == text)
        .ok_or_else(|| Error::corrupt(format!("the event of a revision is `{text}`")))
    }
}

/// What ends a revision: the event, its moment and its import.
pub(super) struct Ending<'a> {
    pub(super) event: Event,
    pub(super) at: i64,
    pub(super) by: Option<&'a str>,
    pub(super) import: Option<i64>,
}

/// A whole revision as JSON.
#[derive(Serialize, Deserialize)]
struct State {
    variants: Vec<StateVariant>,
    source: usize,
    #[serde(default, skip_serializing_if = "nothing")]
    context: Context,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    metadata: Metadata,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    changed_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    import: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct StateVariant {
    lang: Lang,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tagged: Option<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    metadata: Metadata,
}

fn nothing(context: &Context) -> bool {
    *context == Context::default()
}

impl State {
    fn of(unit: &Unit, import: Option<i64>) -> Self {
        let content = Content::of(unit);
        let variants = content.variants.into_iter().map(|v| StateVariant {
            lang: v.lang,
            text: v.text,
            tagged: v.tagged,
            metadata: v.metadata,
        });
        Self {
            variants: variants.collect(),
            source: content.source,
            context: content.context,
            metadata: content.metadata,
            created_at: unit.created.at,
            created_by: unit.created.by.clone(),
            changed_at: unit.changed.at,
            changed_by: unit.changed.by.clone(),
            import,
        }
    }

    fn into_unit(self, id: UnitId, memory: MemoryId, rev: i64) -> Unit {
        let variants = self.variants.into_iter().map(|v| Variant {
            lang: v.lang,
            text: v.text,
            tagged: v.tagged,
            metadata: v.metadata,
        });
        Unit {
            id,
            memory,
            rev,
            variants: variants.collect(),
            source: self.source,
            context: self.context,
            metadata: self.metadata,
            created: Stamp {
                at: self.created_at,
                by: self.created_by,
            },
            changed: Stamp {
                at: self.changed_at,
                by: self.changed_by,
            },
        }
    }
}

/// A row of `unit_history`.
pub(super) struct Former {
    pub(super) rev: i64,
    pub(super) memory: MemoryId,
    pub(super) ended: Stamp,
    pub(super) event: Event,
    pub(super) ended_by_import: Option<i64>,
    pub(super) unit: Option<Unit>,
    /// The import that wrote this revision.
    pub(super) import: Option<i64>,
}

/// Keeps a unit as it is before it is changed or deleted.
pub(super) fn keep(
    conn: &Connection,
    unit: &Unit,
    import: Option<i64>,
    ending: &Ending<'_>,
) -> Result<(), Error> {
    let state = serde_json::to_string(&State::of(unit, import))
        .map_err(|e| Error::corrupt(format!("unit {}: {e}", unit.id.0)))?;
    insert(conn, unit.id, unit.rev, unit.memory, Some(&state), ending)
}

/// Keeps the fact that a unit was deleted, when it comes back.
pub(super) fn keep_deletion(
    conn: &Connection,
    id: UnitId,
    rev: i64,
    memory: MemoryId,
    ending: &Ending<'_>,
) -> Result<(), Error> {
    insert(conn, id, rev, memory, None, ending)
}

fn insert(
    conn: &Connection,
    id: UnitId,
    rev: i64,
    memory: MemoryId,
    state: Option<&str>,
    ending: &Ending<'_>,
) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO unit_history (unit_id, rev, memory_id, at, by, event, import_id, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        id.0,
        rev,
        memory.0,
        ending.at,
        ending.by,
        ending.event.as_str(),
        ending.import,
        state
    ])?;
    Ok(())
}

/// One former revision.
pub(super) fn former(conn: &Connection, id: UnitId, rev: i64) -> Result<Option<Former>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT rev, memory_id, at, by, event, import_id, state
         FROM unit_history WHERE unit_id = ?1 AND rev = ?2",
    )?;
    let mut rows = statement.query([id.0, rev])?;
    rows.next()?.map(|row| read_former(id, row)).transpose()
}

/// The last former revision; for a deleted unit its last content.
pub(super) fn last_former(conn: &Connection, id: UnitId) -> Result<Option<Former>, Error> {
    let rev = conn
        .prepare_cached("SELECT max(rev) FROM unit_history WHERE unit_id = ?1")?
        .query_row([id.0], |row| row.get::<_, Option<i64>>(0))
        .optional()?
        .flatten();
    rev.map_or(Ok(None), |rev| former(conn, id, rev))
}

fn read_former(id: UnitId, row: &rusqlite::Row<'_>) -> Result<Former, Error> {
    let (rev, memory) = (row.get(0)?, MemoryId(row.get(1)?));
    let state = row
        .get_ref(6)?
        .as_str_or_null()
        .map_err(rusqlite::Error::from)?
        .map(serde_json::from_str::<State>)
        .transpose()
        .map_err(|e| {
            Error::corrupt(format!(
                "unit_history of unit {}, revision {rev}: {e}",
                id.0
            ))
        })?;
    let import = state.as_ref().and_then(|s| s.import);
    Ok(Former {
        rev,
        memory,
        ended: Stamp {
            at: row.get(2)?,
            by: row.get(3)?,
        },
        event: Event::parse(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?,
        ended_by_import: row.get(5)?,
        unit: state.map(|s| s.into_unit(id, memory, rev)),
        import,
    })
}

/// Puts another name in the place of a user's, in the former revisions of the units after `after` up to `upto`; how
/// many were changed.
pub(super) fn rename_user(
    conn: &Connection,
    (name, to): (&str, &str),
    after: i64,
    upto: i64,
) -> Result<u64, Error> {
    let quoted = serde_json::to_string(name).unwrap_or_default();
    let found: Vec<(i64, i64, String)> = {
        let mut statement = conn.prepare_cached(
            "SELECT unit_id, rev, state FROM unit_history
             WHERE unit_id > ?1 AND unit_id <= ?2 AND instr(state, ?3) > 0",
        )?;
        let rows = statement.query_map(params![after, upto, quoted], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        rows.collect::<Result<_, _>>()?
    };
    let mut changed = 0;
    for (id, rev, json) in found {
        let corrupt = |e: serde_json::Error| {
            Error::corrupt(format!("unit_history of unit {id}, revision {rev}: {e}"))
        };
        let mut state: State = serde_json::from_str(&json).map_err(corrupt)?;
        for by in [&mut state.created_by, &mut state.changed_by] {
            if by.as_deref() == Some(name) {
                *by = Some(to.to_owned());
            }
        }
        rename_in(&mut state.metadata, name, to);
        for variant in &mut state.variants {
            rename_in(&mut variant.metadata, name, to);
        }
        let json = serde_json::to_string(&state).map_err(corrupt)?;
        conn.prepare_cached("UPDATE unit_history SET state = ?3 WHERE unit_id = ?1 AND rev = ?2")?
            .execute(params![id, rev, json])?;
        changed += 1;
    }
    Ok(changed)
}

/// The attributes by which TMX names users; those of them that came without a date are metadata.
pub(super) fn rename_in(metadata: &mut Metadata, name: &str, to: &str) {
    for attribute in ["creationid", "changeid"] {
        if let Some(value) = metadata.attributes.get_mut(attribute)
            && value == name
        {
            *value = to.to_owned();
        }
    }
}

impl Reader<'_> {
    /// Revisions of a unit that are older than `before` (from the newest one where it is none), the newest first, at
    /// most `limit`; a deletion is one of them. And where older ones begin, if there are any. Also of a deleted unit.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there never was such a unit, or its memory is deleted.
    pub fn history(
        &self,
        id: UnitId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<(Vec<Revision>, Option<i64>), Error> {
        match self.memory_of(id)? {
            Some(memory) if !self.is_dead(memory)? => {}
            _ => return Err(Error::NotFound { what: "unit" }),
        }
        let mut statement = self.conn.prepare_cached(
            "SELECT rev, memory_id, at, by, event, import_id, state
             FROM unit_history WHERE unit_id = ?1 AND rev < ?2 ORDER BY rev DESC LIMIT ?3",
        )?;
        // One more says how the oldest one shown came about.
        let last = before.unwrap_or(i64::MAX);
        let mut rows = statement.query(params![id.0, last, place(limit.saturating_add(1))])?;
        let mut formers = Vec::new();
        while let Some(row) = rows.next()? {
            formers.push(read_former(id, row)?);
        }
        formers.reverse();
        // The oldest one read may be a deletion, which is no part of the list while nobody knows how it came about.
        let older = formers.len() > limit;
        let current = match before {
            None => units::load(self.conn, self.langs, id)?,
            Some(_) => None,
        };
        let mut list = revisions(formers, current);
        // What ended the newest of an older page stands on the page before.
        list.retain(|revision| revision.rev < last);
        let more = older || list.len() > limit;
        list.truncate(limit);
        let next = list.last().filter(|_| more).map(|revision| revision.rev);
        Ok((list, next))
    }
}

/// Turns "how each revision ended" into "how each revision came about".
fn revisions(formers: Vec<Former>, current: Option<units::Stored>) -> Vec<Revision> {
    let mut list = Vec::with_capacity(formers.len() + 1);
    let mut came: Option<(Stamp, Event, Option<i64>, i64)> = None;
    let mut push = |unit: Option<Unit>, import, came: Option<(Stamp, Event, Option<i64>, i64)>| {
        let (stamp, event, import, rev) = match (came, &unit) {
            (Some(came), _) => came,
            (None, Some(unit)) => (unit.created.clone(), Event::Added, import, unit.rev),
            (None, None) => return,
        };
        list.push(Revision {
            rev,
            stamp,
            event,
            import: import.map(ImportId),
            unit: unit.map(Arc::new),
        });
    };
    for former in formers {
        push(former.unit, former.import, came);
        came = Some((
            former.ended,
            former.event,
            former.ended_by_import,
            former.rev + 1,
        ));
    }
    let (unit, import) = current.map_or((None, None), |s| (Some(s.unit), s.import));
    push(unit, import, came);
    list.reverse();
    list
}

/// Checks that a revision number from outside is one a unit can have.
pub(super) fn same_rev(unit: Unit, rev: i64) -> Result<Unit, Error> {
    if unit.rev == rev {
        return Ok(unit);
    }
    Err(Error::Conflict {
        rev: unit.rev,
        current: Some(Box::new(unit)),
    })
}
