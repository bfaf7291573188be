//! Changes of many units at once, imports among them: how they stand, and how they are taken back as a whole. Each
//! goes through the memory in bounded transactions, and says in each of them how far it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::not_found;
use super::{Caller, Engine, Error, ImportState, Role, invalid, view};
use crate::model::{BulkReport, MemoryId, UnitId};
use crate::store::{self, Bulk, BulkKind, Deed, ImportId, NewBulk, Reader, Tx, Undone};

/// Units in one transaction.
pub(super) const UNITS_AT_ONCE: usize = 1_000;
/// Numbers of units looked at in one read when the units of a change are sought.
const IDS_AT_ONCE: i64 = 10_000;

/// A change of many units and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkView {
    /// For `GET` and `DELETE /v1/bulk/{id}`.
    pub id: String,
    /// `import`, `replace`, `delete`, `move`, `copy`, `merge`, `undo`.
    pub kind: String,
    /// Where; empty where this key may only see the memory that units came to.
    pub memory: String,
    /// The memory that units were moved or copied to, if this key may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The change that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// What was asked for, of an import the file's name, its format and the mode; only for who may see all memories that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<serde_json::Value>,
    pub state: ImportState,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    pub report: BulkReport,
}

/// A page of changes, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkPage {
    pub bulk: Vec<BulkView>,
    /// Give it back as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Reads a number that was given out as text.
pub(super) fn read_id(id: &str, what: &str) -> Result<ImportId, Error> {
    let number = id.parse().ok();
    number
        .filter(|number: &i64| number.to_string() == id)
        .map(ImportId)
        .ok_or_else(|| not_found(what))
}

impl Engine {
    /// How a change of many units stands.
    pub fn bulk(&self, caller: &Caller, id: &str) -> Result<BulkView, Error> {
        if let Some(bulk) = self.glossary_bulk(caller, id)? {
            return Ok(bulk);
        }
        let bulk = self.bulk_for(caller, Role::Read, id)?;
        Ok(self.store.read(|reader| bulk_view(reader, caller, bulk))?)
    }

    /// The changes of many units in a memory, the newest first.
    pub fn bulks(
        &self,
        caller: &Caller,
        memory: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<BulkPage, Error> {
        let memory = self.memory_for(caller, Role::Read, memory)?.id;
        let before = cursor
            .map(|cursor| {
                read_id(cursor, "cursor").map_err(|_| {
                    let reason = "give the cursor of the page before as it was";
                    invalid("invalid_cursor", "cursor", reason)
                })
            })
            .transpose()?;
        let mut list = self
            .store
            .read(|reader| reader.bulks(memory, before, limit + 1))?;
        let more = list.len() > limit;
        list.truncate(limit);
        let cursor = list.last().filter(|_| more).map(|b| b.id.0.to_string());
        let bulk = self.store.read(|reader| {
            let views = list.into_iter();
            views.map(|bulk| bulk_view(reader, caller, bulk)).collect()
        })?;
        Ok(BulkPage { bulk, cursor })
    }

    /// A change, if the caller has the role in its memory and, to write, in the one it moved units to.
    fn bulk_for(&self, caller: &Caller, role: Role, id: &str) -> Result<Bulk, Error> {
        let id = read_id(id, "bulk change")?;
        let bulk = self
            .store
            .read(|reader| reader.bulk(id))?
            .ok_or_else(|| not_found("bulk change"))?;
        let here = match bulk.start.kind {
            BulkKind::Copy => Role::Read,
            _ => role,
        };
        let there = bulk
            .start
            .other
            .map(|other| caller.must_have(Role::Read, other));
        match (caller.must_have(here, bulk.start.memory), there) {
            (Ok(()), _) => {}
            // Who sees only what came of it in the other memory sees that it was, and no more.
            (Err(Error::NotFound { .. }), Some(Ok(()))) if role == Role::Read => return Ok(bulk),
            (Err(Error::NotFound { .. }), Some(Ok(()))) => {
                return Err(Error::Forbidden { needed: role });
            }
            // Who may see neither sees no change of it.
            (Err(Error::NotFound { .. }), _) => return Err(not_found("bulk change")),
            (Err(error), _) => return Err(error),
        }
        if let Some(other) = bulk.start.other.filter(|_| role > Role::Read) {
            caller
                .must_have(role, other)
                .map_err(|_| Error::Forbidden { needed: role })?;
        }
        Ok(bulk)
    }

    /// Takes back what an import added or changed and nobody edited since; see [`Engine::undo_bulk`].
    pub fn undo_import(&self, caller: &Caller, id: &str) -> Result<BulkView, Error> {
        if let Some(undone) = self.undo_glossary_import(caller, id)? {
            return Ok(undone);
        }
        let import = self
            .bulk_for(caller, Role::Write, id)
            .map_err(|error| match error {
                Error::NotFound { .. } => not_found("import"),
                other => other,
            })?;
        if import.start.kind != BulkKind::Import {
            return Err(not_found("import"));
        }
        self.undo(caller, &import)
    }

    /// Takes back what a change did to units that nobody edited since; those that were edited are counted as
    /// conflicts and left alone. What it does is a change of its own, which can be taken back too. When it breaks
    /// off, doing it again finishes.
    pub fn undo_bulk(&self, caller: &Caller, id: &str) -> Result<BulkView, Error> {
        if let Some(undone) = self.undo_glossary_import(caller, id)? {
            return Ok(undone);
        }
        let bulk = self.bulk_for(caller, Role::Write, id)?;
        self.undo(caller, &bulk)
    }

    fn undo(&self, caller: &Caller, bulk: &Bulk) -> Result<BulkView, Error> {
        let mut run = self.begin_bulk(
            caller,
            NewBulk {
                memory: bulk.start.memory,
                kind: BulkKind::Undo,
                asked: None,
                other: bulk.start.other,
                undoes: Some(bulk.id),
                by: caller.name.clone(),
            },
        )?;
        let of = bulk.id;
        let done = run.each_touched(caller, of, move |tx, unit, run| {
            let undone = tx.undo_unit(unit, of, run.id, run.by.as_deref())?;
            run.report.matched += 1;
            match undone {
                Undone::Changed => run.report.changed += 1,
                Undone::Deleted => run.report.deleted += 1,
                Undone::Restored => run.report.restored += 1,
                Undone::Unchanged => run.report.unchanged += 1,
                Undone::Conflict => run.report.add_conflict(view::unit_id(unit)),
            }
            Ok(())
        });
        self.end_bulk(caller, run, done)
    }

    /// Writes down that a change starts.
    pub(super) fn begin_bulk(&self, caller: &Caller, start: NewBulk) -> Result<Run<'_>, Error> {
        self.must_be_ready()?;
        let (by, who) = (start.by.clone(), caller.actor());
        let id = self.store.write(move |tx| {
            let id = tx.start_bulk(&start)?;
            let deed = Deed::new(action(start.kind), "bulk", id.0.to_string());
            tx.audit(&who, &deed.within(start.memory))?;
            Ok(id)
        })?;
        Ok(Run {
            engine: self,
            step: Step {
                id,
                by,
                report: BulkReport::default(),
            },
        })
    }

    /// Asked between two pieces of a change: it ends where it is when the server does, or the caller's key.
    pub(super) fn must_go_on(&self, caller: &Caller) -> Result<(), Error> {
        self.imports.must_not_end()?;
        self.must_still_admit(caller.key.as_deref())
    }

    /// Writes down how it ended, and tells it.
    pub(super) fn end_bulk(
        &self,
        caller: &Caller,
        run: Run<'_>,
        done: Result<(), Error>,
    ) -> Result<BulkView, Error> {
        let (state, asks) = match &done {
            Ok(()) => (store::ImportState::Done, caller.clone()),
            // What failed may be asked for again.
            Err(Error::Ending) => (store::ImportState::Interrupted, caller.without_key()),
            Err(_) => (store::ImportState::Failed, caller.without_key()),
        };
        let (step, sees) = (run.step, caller.clone());
        let ended = self.write(&asks, move |tx, _| step.end(tx, &sees, state));
        done?;
        Ok(ended?)
    }
}

/// A change as the caller may see it.
fn bulk_view(reader: &Reader<'_>, caller: &Caller, bulk: Bulk) -> Result<BulkView, store::Error> {
    let sees = |id: &MemoryId| caller.must_have(Role::Read, *id).is_ok();
    let name = |id: Option<MemoryId>| {
        let memory = id
            .filter(sees)
            .map_or(Ok(None), |id| reader.memory_by_id(id));
        memory.map(|memory| memory.map(|memory| memory.name))
    };
    let (mut asked, mut report) = (bulk.start.asked, bulk.report);
    // What was asked for names the other memory and quotes texts; the ids may be of either.
    if !sees(&bulk.start.memory) || !bulk.start.other.as_ref().is_none_or(sees) {
        asked = None;
        report.conflicts.clear();
    }
    Ok(BulkView {
        id: bulk.id.0.to_string(),
        kind: bulk.start.kind.as_str().to_owned(),
        memory: name(Some(bulk.start.memory))?.unwrap_or_default(),
        to: name(bulk.start.other)?,
        undoes: bulk.start.undoes.map(|id| id.0.to_string()),
        asked: asked.and_then(|asked| serde_json::from_str(&asked).ok()),
        state: bulk.state.into(),
        by: bulk.start.by,
        started_at: view::time(bulk.started_at),
        finished_at: bulk.finished_at.map(view::time),
        report,
    })
}

/// What the audit log calls it.
fn action(kind: BulkKind) -> &'static str {
    match kind {
        BulkKind::Import => "import_started",
        BulkKind::Replace => "bulk_replace",
        BulkKind::Delete => "bulk_delete",
        BulkKind::Move => "bulk_move",
        BulkKind::Copy => "bulk_copy",
        BulkKind::Merge => "bulk_merge",
        BulkKind::Undo => "bulk_undo",
    }
}

/// A change that runs.
pub(super) struct Run<'e> {
    pub(super) engine: &'e Engine,
    pub(super) step: Step,
}

/// What of it goes into each transaction and comes back out of it.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) id: ImportId,
    pub(super) by: Option<String>,
    pub(super) report: BulkReport,
}

impl Step {
    /// Writes down how the change ended, and tells it.
    pub(super) fn end(
        self,
        tx: &mut Tx<'_>,
        caller: &Caller,
        state: store::ImportState,
    ) -> Result<BulkView, store::Error> {
        tx.note_bulk(self.id, state, &self.report)?;
        let reader = tx.reader();
        let mut bulk = reader.bulk(self.id)?.ok_or(store::Error::NotFound {
            what: "bulk change",
        })?;
        // The caller knows it, and replies are remembered for 30 days: texts are not.
        bulk.start.asked = None;
        bulk_view(&reader, caller, bulk)
    }
}

impl Run<'_> {
    /// Writes some units in one transaction, with the report as it is after them.
    pub(super) fn write<T: Send + 'static>(
        &mut self,
        units: Vec<T>,
        one: impl Fn(&mut Tx<'_>, T, &mut Step) -> Result<(), store::Error> + Send + 'static,
    ) -> Result<(), Error> {
        let mut step = self.step.clone();
        self.step = self.engine.store.write(move |tx| {
            for unit in units {
                one(tx, unit, &mut step)?;
            }
            tx.note_bulk(step.id, store::ImportState::Running, &step.report)?;
            Ok(step)
        })?;
        Ok(())
    }

    fn each_touched(
        &mut self,
        caller: &Caller,
        of: ImportId,
        one: impl Fn(&mut Tx<'_>, UnitId, &mut Step) -> Result<(), store::Error>
        + Clone
        + Send
        + 'static,
    ) -> Result<(), Error> {
        let mut after = Some(UnitId(0));
        while let Some(place) = after {
            let (units, next) = self
                .engine
                .store
                .read(|reader| reader.touched(of, place, IDS_AT_ONCE))?;
            self.engine.must_go_on(caller)?;
            after = next;
            for units in units.chunks(UNITS_AT_ONCE) {
                self.write(units.to_vec(), one.clone())?;
            }
        }
        Ok(())
    }
}

impl From<store::ImportState> for ImportState {
    fn from(state: store::ImportState) -> Self {
        match state {
            store::ImportState::Running => ImportState::Running,
            store::ImportState::Done => ImportState::Done,
            store::ImportState::Failed => ImportState::Failed,
            store::ImportState::Interrupted => ImportState::Interrupted,
        }
    }
}
