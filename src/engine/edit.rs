//! Units: making, changing, taking back.

use std::collections::BTreeMap;

use super::bulk::UNITS_AT_ONCE;
use super::requests::{
    BulkOf, HistoryEntry, HistoryPage, ImportMode, NewUnit, UnitView, VariantText, Written,
};
use super::{Caller, Engine, Error, Role, invalid, view};
use crate::model::{Draft, Lang, MAX_VARIANTS, MemoryId, Unit, UnitId, Variant};
use crate::store::{self, Actor, Deed, Mode, Outcome, Prepared, Tx};
use crate::text::tags;

/// The longest context text and metadata value, in characters.
const MAX_METADATA: usize = 10_240;

impl Engine {
    /// Writes a unit; see [`NewUnit`] for what happens where its source is there already.
    pub fn add_unit(
        &self,
        caller: &Caller,
        memory: &str,
        unit: &NewUnit,
    ) -> Result<Written, Error> {
        self.must_be_ready()?;
        let mode = match unit.mode.unwrap_or(ImportMode::Update) {
            ImportMode::Add => Mode::Add,
            ImportMode::Update => Mode::Update,
            ImportMode::Keep => Mode::Keep,
        };
        let memory = self.memory_for(caller, Role::Write, memory)?.id;
        let prepared = Prepared::new(draft(unit)?)?;
        Ok(self.write(caller, move |tx, who| {
            let outcome = tx.put_draft(memory, prepared, mode, who.by.as_deref(), None)?;
            audit_written(tx, who, "unit_changed", memory, outcome)?;
            Ok(Written {
                id: view::unit_id(outcome.id()),
                rev: outcome.rev(),
                created: matches!(outcome, Outcome::Added(..)),
            })
        })?)
    }

    /// One unit.
    pub fn unit(&self, caller: &Caller, id: &str) -> Result<UnitView, Error> {
        let (id, _) = self.unit_for(caller, Role::Read, id)?;
        self.view_of(id)
    }

    fn view_of(&self, id: UnitId) -> Result<UnitView, Error> {
        let view = self.store.read(|reader| {
            let unit = reader
                .unit(id)?
                .ok_or(store::Error::NotFound { what: "unit" })?;
            let memory = reader
                .memory_by_id(unit.memory)?
                .ok_or(store::Error::NotFound { what: "unit" })?;
            Ok(view::unit(&unit, &memory.name))
        })?;
        Ok(view)
    }

    /// Gives a unit other content; `rev` is the revision the caller saw.
    pub fn replace_unit(
        &self,
        caller: &Caller,
        id: &str,
        rev: i64,
        unit: &NewUnit,
    ) -> Result<UnitView, Error> {
        self.must_be_ready()?;
        let (id, memory) = self.unit_for(caller, Role::Write, id)?;
        let draft = draft(unit)?;
        let written = self.write(caller, move |tx, who| {
            let outcome = tx.replace_unit(id, rev, draft, who.by.as_deref())?;
            audit_written(tx, who, "unit_changed", memory.id, outcome)?;
            Ok(view::unit(&tx.unit(id)?, &memory.name))
        });
        written.map_err(|error| self.refused(error, id, rev))
    }

    /// Deletes a unit; its history stays, and it can be brought back.
    pub fn delete_unit(&self, caller: &Caller, id: &str, rev: i64) -> Result<(), Error> {
        self.must_be_ready()?;
        let (id, memory) = self.unit_for(caller, Role::Write, id)?;
        let who = caller.actor();
        let deleted = self.store.write(move |tx| {
            let after = tx.delete_unit(id, rev, who.by.as_deref())?;
            let deed = Deed::unit("unit_deleted", memory.id, id);
            tx.audit(&who, &deed.revised(Some(rev), Some(after)))
        });
        deleted.map_err(|error| self.refused(error, id, rev))?;
        Ok(())
    }

    /// Deletes the units of a memory with this very text in the one language and a text in the other, the very one that
    /// is given if one is. Tells how many there were; one that somebody changes at this moment is left alone.
    pub fn delete_text(
        &self,
        caller: &Caller,
        memory: &str,
        (source_lang, source): (&Lang, &str),
        (target_lang, target): (&Lang, Option<&str>),
    ) -> Result<usize, Error> {
        self.must_be_ready()?;
        let memory = self.memory_for(caller, Role::Write, memory)?.id;
        let (from, to) = (source_lang.group(), target_lang.group());
        let is_meant = |unit: &Unit| {
            let mut sources = unit.variants.iter();
            sources.any(|one| {
                let mut others = unit.variants.iter().filter(|other| other.lang != one.lang);
                one.lang.group() == from
                    && one.text == source
                    && others.any(|other| {
                        other.lang.group() == to && target.is_none_or(|text| other.text == text)
                    })
            })
        };
        let mut deleted = 0;
        for ids in self
            .index
            .alike(memory, &from, source)
            .chunks(UNITS_AT_ONCE)
        {
            let mut units = self.store.read(|reader| reader.units(ids))?;
            units.retain(is_meant);
            let who = caller.actor();
            deleted += self.store.write(move |tx| {
                let mut deleted = 0;
                for Unit { id, rev, .. } in units {
                    let after = match tx.delete_unit(id, rev, who.by.as_deref()) {
                        Err(store::Error::Conflict { .. } | store::Error::NotFound { .. }) => {
                            continue;
                        }
                        after => after?,
                    };
                    let deed = Deed::unit("unit_deleted", memory, id);
                    tx.audit(&who, &deed.revised(Some(rev), Some(after)))?;
                    deleted += 1;
                }
                Ok(deleted)
            })?;
        }
        Ok(deleted)
    }

    /// A page of revisions, the newest first. Also of a deleted unit.
    pub fn history(
        &self,
        caller: &Caller,
        id: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<HistoryPage, Error> {
        let (id, memory) = self.unit_for(caller, Role::Read, id)?;
        let list = format!("history of {}", id.0);
        let before = cursor
            .map(|cursor| view::read_cursor(&list, cursor, "cursor"))
            .transpose()?;
        let (revisions, next, kinds) = self.store.read(|reader| {
            let (revisions, next) = reader.history(id, before, limit)?;
            let mut kinds = BTreeMap::new();
            for bulk in revisions.iter().filter_map(|revision| revision.import) {
                if let Some(kind) = reader.bulk_kind(bulk)? {
                    kinds.insert(bulk, kind);
                }
            }
            Ok((revisions, next, kinds))
        })?;
        let entry = |revision: store::Revision| HistoryEntry {
            rev: revision.rev,
            at: view::time(revision.stamp.at),
            by: revision.stamp.by.clone(),
            action: revision.event.as_str().to_owned(),
            bulk: revision.import.and_then(|bulk| {
                Some(BulkOf {
                    id: bulk.0.to_string(),
                    kind: kinds.get(&bulk)?.as_str().to_owned(),
                })
            }),
            unit: revision
                .unit
                .as_ref()
                .map(|unit| view::unit(unit, &memory.name)),
        };
        Ok(HistoryPage {
            history: revisions.into_iter().map(entry).collect(),
            cursor: next.map(|rev| view::cursor(&list, rev)),
        })
    }

    /// Writes the content of `to_rev` as a new revision; `rev` is the current one (of a deleted unit, that of its deletion).
    pub fn revert_unit(
        &self,
        caller: &Caller,
        id: &str,
        rev: i64,
        to_rev: i64,
    ) -> Result<UnitView, Error> {
        self.must_be_ready()?;
        let (id, memory) = self.unit_for(caller, Role::Write, id)?;
        let reverted = self.write(caller, move |tx, who| {
            let outcome = tx.revert_unit(id, to_rev, rev, who.by.as_deref())?;
            audit_written(tx, who, "unit_reverted", memory.id, outcome)?;
            Ok(view::unit(&tx.unit(id)?, &memory.name))
        });
        reverted.map_err(|error| self.refused(error, id, rev))
    }

    /// A conflict tells what is there now.
    fn refused(&self, error: store::Error, id: UnitId, given: i64) -> Error {
        match error {
            store::Error::Conflict { rev, .. } => match self.view_of(id) {
                Ok(current) => Error::Stale {
                    given,
                    rev,
                    current: Some(Box::new(current)),
                },
                Err(_) => Error::Stale {
                    given,
                    rev,
                    current: None,
                },
            },
            other => other.into(),
        }
    }
}

/// Writes down that a unit was written, unless nothing was; `action` is for one that was there.
fn audit_written(
    tx: &mut Tx<'_>,
    who: &Actor,
    action: &'static str,
    memory: MemoryId,
    outcome: Outcome,
) -> Result<(), store::Error> {
    let (action, before) = match outcome {
        Outcome::Unchanged(..) => return Ok(()),
        Outcome::Added(..) => ("unit_added", None),
        Outcome::Updated(_, rev) => (action, Some(rev - 1)),
    };
    let deed = Deed::unit(action, memory, outcome.id());
    tx.audit(who, &deed.revised(before, Some(outcome.rev())))
}

/// A text that is shown but is no segment: bounded, and without control characters.
pub(super) fn check_label(text: &str, most: usize, field: &str) -> Result<(), Error> {
    if text.chars().count() > most {
        return Err(invalid(
            "out_of_range",
            field,
            &format!("at most {most} characters"),
        ));
    }
    // The last two are no characters of XML: a unit that says such a thing could not be exported.
    let refused = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
    };
    if text.chars().any(refused) {
        return Err(invalid(
            "invalid_character",
            field,
            "control characters are not allowed here",
        ));
    }
    Ok(())
}

/// A unit as a client gives it, checked.
fn draft(unit: &NewUnit) -> Result<Draft, Error> {
    if !(2..=MAX_VARIANTS).contains(&unit.variants.len()) {
        let reason = format!(
            "a unit has 2 to {MAX_VARIANTS} languages, {} were given",
            unit.variants.len()
        );
        return Err(invalid("out_of_range", "/variants", &reason));
    }
    let mut variants: Vec<Variant> = Vec::with_capacity(unit.variants.len());
    for (tag, text) in &unit.variants {
        let variant = variant(tag, text)?;
        if variants.iter().any(|given| given.lang == variant.lang) {
            return Err(invalid(
                "duplicate_field",
                "/variants",
                "a language is given twice",
            ));
        }
        variants.push(variant);
    }
    let source = match &unit.source_lang {
        None => 0,
        Some(tag) => {
            let lang = Lang::parse(tag)
                .map_err(|error| invalid("invalid_language", "/source_lang", &error.to_string()))?;
            let place = variants.iter().position(|variant| variant.lang == lang);
            place.ok_or_else(|| {
                invalid(
                    "invalid_language",
                    "/source_lang",
                    "it is none of the languages in variants",
                )
            })?
        }
    };
    let context = &unit.context;
    for (text, field) in [
        (&context.previous, "/context/previous"),
        (&context.next, "/context/next"),
        (&context.id, "/context/id"),
    ] {
        text.as_deref()
            .map_or(Ok(()), |text| check_label(text, MAX_METADATA, field))?;
    }
    check_metadata(unit)?;
    Ok(Draft {
        variants,
        source,
        context: unit.context.clone(),
        metadata: unit.metadata.clone(),
        created: None,
        changed: None,
    })
}

fn check_metadata(unit: &NewUnit) -> Result<(), Error> {
    let metadata = &unit.metadata;
    if metadata.attributes.len() + metadata.props.len() + metadata.notes.len() > 500 {
        return Err(invalid(
            "out_of_range",
            "/metadata",
            "at most 500 attributes, props and notes",
        ));
    }
    let attributes = metadata
        .attributes
        .iter()
        .flat_map(|(name, value)| [name, value]);
    let props = metadata
        .props
        .iter()
        .flat_map(|prop| [&prop.kind, &prop.text]);
    let notes = metadata.notes.iter().map(|note| &note.text);
    let langs = metadata
        .props
        .iter()
        .map(|p| &p.lang)
        .chain(metadata.notes.iter().map(|n| &n.lang))
        .flatten();
    for text in attributes.chain(props).chain(notes).chain(langs) {
        check_label(text, MAX_METADATA, "/metadata")?;
    }
    Ok(())
}

fn variant(tag: &str, text: &VariantText) -> Result<Variant, Error> {
    let field = "/variants";
    let lang =
        Lang::parse(tag).map_err(|error| invalid("invalid_language", field, &error.to_string()))?;
    let field = format!("{field}/{lang}");
    let (text, tagged) = match text {
        VariantText::Plain(text) => (text.clone(), None),
        VariantText::Tagged { text_tagged } => {
            let plain = tags::plain(text_tagged)
                .map_err(|error| invalid("invalid_tags", &field, &error.to_string()))?;
            let has_tags = !tags::signature(text_tagged).is_empty();
            (plain, has_tags.then(|| text_tagged.clone()))
        }
    };
    view::check_text(&text, &field)?;
    Ok(Variant {
        lang,
        text,
        tagged,
        metadata: Default::default(),
    })
}
