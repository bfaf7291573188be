//! What is done to many units at once: deleted, moved or copied, merged. Find and replace is in `replace`. Units are
//! chosen a page at a time; one that moves on between being chosen and being written is left alone and counted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bulk::{BulkView, Run, Step};
use super::filter::Filter;
use super::{Caller, Engine, Error, Role, invalid, view};
use crate::model::{Draft, MemoryId, Metadata, Unit, UnitId};
use crate::store::{self, BulkKind, Event, NewBulk, Outcome, Prepared, Tx};
use crate::text::fold;

/// Units that may be merged into one.
const MOST_MERGED: usize = 1_000;

/// Which units to delete. `POST /v1/memories/{name}/bulk/delete`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkDelete {
    /// The units; `GET /v1/memories/{name}/units` shows those that the same filter takes.
    pub filter: Filter,
    /// An empty filter, which takes every unit, must say so.
    #[serde(default)]
    pub all: bool,
}

/// Which units to move or copy, and where to. `POST /v1/memories/{name}/bulk/move`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkMove {
    /// The name of another memory, which the key may write.
    pub to: String,
    /// The units.
    pub filter: Filter,
    /// An empty filter, which takes every unit, must say so.
    #[serde(default)]
    pub all: bool,
    /// Leaves them here, too.
    #[serde(default)]
    pub copy: bool,
}

/// Which units to make one. `POST /v1/memories/{name}/bulk/merge`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkMerge {
    /// The unit that stays. Its texts stay as they are; it gets the languages, props and notes that only the others have.
    pub keep: String,
    /// The units that are deleted: the same source text, in the same memory.
    #[schema(max_items = 1000)]
    pub merge: Vec<String>,
}

impl Engine {
    /// Deletes the units that a filter takes.
    pub fn bulk_delete(
        &self,
        caller: &Caller,
        memory: &str,
        asked: &BulkDelete,
    ) -> Result<BulkView, Error> {
        let memory = self.memory_for(caller, Role::Write, memory)?.id;
        must_say_all(&asked.filter, asked.all)?;
        let run = self.begin_bulk(caller, start(caller, memory, BulkKind::Delete, asked)?)?;
        self.for_each(caller, run, memory, &asked.filter, |tx, (id, rev), step| {
            let by = step.by.as_deref();
            step.report.matched += 1;
            if tx.delete_in_bulk(id, rev, Event::Deleted, step.id, by)? {
                step.report.deleted += 1;
            } else {
                step.report.add_conflict(view::unit_id(id));
            }
            Ok(())
        })
    }

    /// Writes the units that a filter takes into another memory, as new units, and deletes them here unless they are
    /// copied.
    pub fn bulk_move(
        &self,
        caller: &Caller,
        memory: &str,
        asked: &BulkMove,
    ) -> Result<BulkView, Error> {
        let role = if asked.copy { Role::Read } else { Role::Write };
        let memory = self.memory_for(caller, role, memory)?.id;
        let to = self.memory_for(caller, Role::Write, &asked.to)?.id;
        if to == memory {
            return Err(invalid("same_memory", "/to", "name another memory"));
        }
        must_say_all(&asked.filter, asked.all)?;
        let copy = asked.copy;
        let kind = if copy { BulkKind::Copy } else { BulkKind::Move };
        let mut start = start(caller, memory, kind, asked)?;
        start.other = Some(to);
        let run = self.begin_bulk(caller, start)?;
        self.for_each(
            caller,
            run,
            memory,
            &asked.filter,
            move |tx, (id, rev), step| {
                let moved = tx.move_in_bulk((id, rev), (to, copy), step.id, step.by.as_deref())?;
                let report = &mut step.report;
                report.matched += 1;
                match moved {
                    None => report.add_conflict(view::unit_id(id)),
                    Some(outcome) => {
                        report.deleted += u64::from(!copy);
                        match outcome {
                            Outcome::Unchanged(..) => report.unchanged += 1,
                            _ => report.added += 1,
                        }
                    }
                }
                Ok(())
            },
        )
    }

    /// Makes one unit of several with the same source.
    pub fn bulk_merge(
        &self,
        caller: &Caller,
        memory: &str,
        asked: &BulkMerge,
    ) -> Result<BulkView, Error> {
        let memory = self.memory_for(caller, Role::Write, memory)?.id;
        if asked.merge.is_empty() || asked.merge.len() > MOST_MERGED {
            let reason = format!("1 to {MOST_MERGED} units can be merged into another");
            return Err(invalid("out_of_range", "/merge", &reason));
        }
        let ids = std::iter::once(&asked.keep)
            .chain(&asked.merge)
            .map(|id| view::read_unit_id(id))
            .collect::<Result<Vec<UnitId>, _>>()?;
        let mut units = self.store.read(|reader| reader.units(&ids))?;
        let distinct: std::collections::BTreeSet<&UnitId> = ids.iter().collect();
        if distinct.len() != ids.len() {
            return Err(invalid(
                "duplicate_field",
                "/merge",
                "a unit is named twice",
            ));
        }
        if units.len() != ids.len() || units.iter().any(|unit| unit.memory != memory) {
            return Err(super::access::not_found("unit"));
        }
        let others = units.split_off(1);
        let Some(keep) = units.pop() else {
            return Err(super::access::not_found("unit"));
        };
        if !others.iter().all(|other| same_source(&keep, other)) {
            let reason = "only units with the same source text can be merged";
            return Err(invalid("other_source", "/merge", reason));
        }
        let (id, rev) = (keep.id, keep.rev);
        let merged = Prepared::new(merged(keep, &others))?;
        let gone: Vec<(UnitId, i64)> = others.iter().map(|other| (other.id, other.rev)).collect();
        let run = self.begin_bulk(caller, start(caller, memory, BulkKind::Merge, asked)?)?;
        let (step, asks) = (run.step.clone(), caller.clone());
        // The units that go cannot be named again: what is answered is written with them.
        let merged = self.write(caller, move |tx, _| {
            let mut step = step;
            merge(tx, &mut step, (id, rev, merged), gone)?;
            step.end(tx, &asks, store::ImportState::Done)
        });
        match merged {
            Ok(done) => Ok(done),
            Err(error) => self.end_bulk(caller, run, Err(error.into())),
        }
    }

    /// Does something to each unit that a filter takes, and ends the change.
    fn for_each(
        &self,
        caller: &Caller,
        mut run: Run<'_>,
        memory: MemoryId,
        filter: &Filter,
        one: impl Fn(&mut Tx<'_>, (UnitId, i64), &mut Step) -> Result<(), store::Error>
        + Copy
        + Send
        + 'static,
    ) -> Result<BulkView, Error> {
        let done = self.each_page(caller, memory, filter, |units| {
            let chosen = units.iter().map(|unit| (unit.id, unit.rev)).collect();
            run.write(chosen, one)
        });
        self.end_bulk(caller, run, done)
    }

    /// Pages of the units that a filter takes, as long as the server and the caller's key go on.
    pub(super) fn each_page(
        &self,
        caller: &Caller,
        memory: MemoryId,
        filter: &Filter,
        mut each: impl FnMut(Vec<Unit>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let bounds = filter.ready("/filter/")?;
        let mut after = None;
        loop {
            self.must_go_on(caller)?;
            let page = self.filtered(memory, &bounds, after, super::bulk::UNITS_AT_ONCE)?;
            if !page.units.is_empty() {
                each(page.units)?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// Gives the unit that stays its new content, and deletes the others.
fn merge(
    tx: &mut Tx<'_>,
    step: &mut Step,
    (id, rev, merged): (UnitId, i64, Prepared),
    gone: Vec<(UnitId, i64)>,
) -> Result<(), store::Error> {
    let (by, report) = (step.by.as_deref(), &mut step.report);
    report.matched += 1 + gone.len() as u64;
    match tx.replace_in_bulk(id, rev, merged, step.id, by)? {
        // Without the one that stays, the others stay too.
        None => {
            report.add_conflict(view::unit_id(id));
            return Ok(());
        }
        Some(Outcome::Unchanged(..)) => report.unchanged += 1,
        Some(_) => report.changed += 1,
    }
    for (id, rev) in gone {
        if tx.delete_in_bulk(id, rev, Event::Merged, step.id, by)? {
            report.deleted += 1;
        } else {
            report.add_conflict(view::unit_id(id));
        }
    }
    Ok(())
}

/// What is written down at the start.
pub(super) fn start(
    caller: &Caller,
    memory: MemoryId,
    kind: BulkKind,
    asked: &impl Serialize,
) -> Result<NewBulk, Error> {
    let asked = serde_json::to_string(asked).map_err(|error| Error::Store(error.to_string()))?;
    Ok(NewBulk {
        memory,
        kind,
        asked: Some(asked),
        other: None,
        undoes: None,
        by: caller.name.clone(),
    })
}

/// A filter that takes everything is a slip more often than not. What is wrong with it is said before anything starts.
fn must_say_all(filter: &Filter, all: bool) -> Result<(), Error> {
    filter.ready("/filter/")?;
    if filter.is_empty() && !all {
        let reason = "an empty filter takes every unit: say \"all\": true if you mean it";
        return Err(invalid("empty_filter", "/filter", reason));
    }
    Ok(())
}

/// Whether two units translate the same text.
pub(super) fn same_source(one: &Unit, other: &Unit) -> bool {
    let source = |unit: &Unit| unit.variants.get(unit.source).cloned();
    match (source(one), source(other)) {
        (Some(a), Some(b)) => a.lang.meets(&b.lang) && fold::same(&a.text) == fold::same(&b.text),
        _ => false,
    }
}

/// A unit with what only the others have: languages, attributes, props, notes.
fn merged(keep: Unit, others: &[Unit]) -> Draft {
    let (mut variants, mut metadata) = (keep.variants, keep.metadata);
    for other in others {
        for variant in &other.variants {
            let group = variant.lang.group();
            if variants.iter().all(|known| known.lang.group() != group) {
                variants.push(variant.clone());
            }
        }
        add_metadata(&mut metadata, &other.metadata);
    }
    Draft {
        variants,
        source: keep.source,
        context: keep.context,
        metadata,
        created: None,
        changed: None,
    }
}

fn add_metadata(to: &mut Metadata, from: &Metadata) {
    for (name, value) in &from.attributes {
        to.attributes
            .entry(name.clone())
            .or_insert_with(|| value.clone());
    }
    for prop in &from.props {
        if !to.props.contains(prop) {
            to.props.push(prop.clone());
        }
    }
    for note in &from.notes {
        if !to.notes.contains(note) {
            to.notes.push(note.clone());
        }
    }
}
