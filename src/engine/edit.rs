//! Memories and units: making, changing, taking back.

use super::requests::{
    HistoryEntry, ImportMode, MemoryInfo, MemoryPatch, NewMemory, NewUnit, UnitPage, UnitView,
    VariantText, Written,
};
use super::{Caller, Engine, Error, Idempotency, Remembered, Role, invalid, view};
use crate::model::{Draft, Lang, MAX_VARIANTS, UnitId, Variant};
use crate::store::{self, Mode, Outcome, Prepared};
use crate::text::tags;

/// The longest title and user-given label, in characters.
const MAX_TITLE: usize = 200;
/// The most units on one page.
const MOST_ON_A_PAGE: usize = 1_000;
/// The longest context text and metadata value, in characters.
const MAX_METADATA: usize = 10_240;

impl Engine {
    /// The memories that the caller may read, by name.
    pub fn memories(&self, caller: &Caller) -> Result<Vec<MemoryInfo>, Error> {
        let infos = self.store.read(|reader| {
            let memories = Self::readable(caller, reader)?.into_iter();
            memories
                .map(|memory| Ok(view::memory(&memory, languages(reader, &memory)?)))
                .collect()
        })?;
        Ok(infos)
    }

    /// One memory.
    pub fn memory(&self, caller: &Caller, name: &str) -> Result<MemoryInfo, Error> {
        let memory = self.memory_for(caller, Role::Read, name)?;
        let langs = self.store.read(|reader| languages(reader, &memory))?;
        Ok(view::memory(&memory, langs))
    }

    /// Makes a memory.
    pub fn create_memory(&self, caller: &Caller, memory: &NewMemory) -> Result<MemoryInfo, Error> {
        self.must_be_ready()?;
        caller.must_be_admin()?;
        if !store::is_memory_name(&memory.name) {
            let reason =
                "a memory's name is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit";
            return Err(invalid("invalid_name", "/name", reason));
        }
        check_penalty(memory.penalty)?;
        let title = memory.title.clone().unwrap_or_else(|| memory.name.clone());
        check_title(&title)?;
        let (new, by) = (memory.clone(), caller.name.clone());
        let made = self.store.write(move |tx| {
            tx.create_memory(&new.name, &title, new.penalty, new.read_only, by.as_deref())
        })?;
        Ok(view::memory(&made, Vec::new()))
    }

    /// Changes what the patch names.
    pub fn change_memory(
        &self,
        caller: &Caller,
        name: &str,
        patch: &MemoryPatch,
    ) -> Result<MemoryInfo, Error> {
        self.must_be_ready()?;
        patch.penalty.map_or(Ok(()), check_penalty)?;
        patch.title.as_deref().map_or(Ok(()), check_title)?;
        let patch = store::MemoryPatch {
            title: patch.title.clone(),
            penalty: patch.penalty,
            read_only: patch.read_only,
        };
        let memory = self.memory_for(caller, Role::Admin, name)?.id;
        let by = caller.name.clone();
        self.store
            .write(move |tx| tx.change_memory(memory, &patch, by.as_deref()))?;
        self.memory(caller, name)
    }

    /// Deletes a memory with all its units; they are kept for 30 days.
    pub fn delete_memory(&self, caller: &Caller, name: &str) -> Result<(), Error> {
        self.must_be_ready()?;
        let memory = self.memory_for(caller, Role::Admin, name)?.id;
        let by = caller.name.clone();
        self.store
            .write(move |tx| tx.delete_memory(memory, by.as_deref()))?;
        Ok(())
    }

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
        let by = caller.name.clone();
        let outcome = self
            .store
            .write(move |tx| tx.put_draft(memory, prepared, mode, by.as_deref(), None))?;
        Ok(Written {
            id: view::unit_id(outcome.id()),
            rev: outcome.rev(),
            created: matches!(outcome, Outcome::Added(..)),
        })
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

    /// Units of a memory in the order they were made; `cursor` is that of the page before.
    pub fn units(
        &self,
        caller: &Caller,
        memory: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<UnitPage, Error> {
        if !(1..=MOST_ON_A_PAGE).contains(&limit) {
            return Err(invalid(
                "out_of_range",
                "limit",
                "1 to 1000 units fit on a page",
            ));
        }
        let memory = self.memory_for(caller, Role::Read, memory)?;
        let after = cursor
            .map(|cursor| view::read_cursor(memory.id, cursor))
            .transpose()?;
        let page = self
            .store
            .read(|reader| reader.page(memory.id, after, limit, &store::Filter::default()))?;
        let units = page.units.iter();
        Ok(UnitPage {
            units: units.map(|unit| view::unit(unit, &memory.name)).collect(),
            cursor: page.next.map(|unit| view::cursor(memory.id, unit)),
        })
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
        let (id, _) = self.unit_for(caller, Role::Write, id)?;
        let (draft, by) = (draft(unit)?, caller.name.clone());
        let written = self
            .store
            .write(move |tx| tx.replace_unit(id, rev, draft, by.as_deref()));
        written.map_err(|error| self.refused(error, id, rev))?;
        self.view_of(id)
    }

    /// Deletes a unit; its history stays, and it can be brought back.
    pub fn delete_unit(&self, caller: &Caller, id: &str, rev: i64) -> Result<(), Error> {
        self.must_be_ready()?;
        let (id, _) = self.unit_for(caller, Role::Write, id)?;
        let by = caller.name.clone();
        let deleted = self
            .store
            .write(move |tx| tx.delete_unit(id, rev, by.as_deref()));
        deleted.map_err(|error| self.refused(error, id, rev))?;
        Ok(())
    }

    /// All revisions, the newest first. Also of a deleted unit.
    pub fn history(&self, caller: &Caller, id: &str) -> Result<Vec<HistoryEntry>, Error> {
        let (id, memory) = self.unit_for(caller, Role::Read, id)?;
        let revisions = self.store.read(|reader| reader.history(id))?;
        let entry = |revision: store::Revision| HistoryEntry {
            rev: revision.rev,
            at: view::time(revision.stamp.at),
            by: revision.stamp.by.clone(),
            action: revision.event.as_str().to_owned(),
            unit: revision
                .unit
                .as_ref()
                .map(|unit| view::unit(unit, &memory.name)),
        };
        Ok(revisions.into_iter().map(entry).collect())
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
        let (id, _) = self.unit_for(caller, Role::Write, id)?;
        let by = caller.name.clone();
        let reverted = self
            .store
            .write(move |tx| tx.revert_unit(id, to_rev, rev, by.as_deref()));
        reverted.map_err(|error| self.refused(error, id, rev))?;
        self.view_of(id)
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

    /// What an `Idempotency-Key` was answered with before, if it was; another body is an error.
    pub fn remembered(&self, key: &Idempotency) -> Result<Option<Remembered>, Error> {
        let found = self
            .store
            .read(|reader| reader.remembered(&key.key, &key.route))?;
        match found {
            Some(found) if found.body_hash != key.body_hash as i64 => {
                Err(Error::IdempotencyMismatch)
            }
            Some(found) => Ok(Some(Remembered {
                status: found.status,
                body: String::from_utf8_lossy(&found.reply).into_owned(),
            })),
            None => Ok(None),
        }
    }

    /// Remembers an answer for 30 days.
    pub fn remember(&self, key: &Idempotency, answer: &Remembered) -> Result<(), Error> {
        let sent = store::Remembered {
            body_hash: key.body_hash as i64,
            status: answer.status,
            reply: answer.body.clone().into_bytes(),
        };
        let (name, route) = (key.key.clone(), key.route.clone());
        Ok(self
            .store
            .write(move |tx| tx.remember(&name, &route, &sent))?)
    }
}

fn languages(reader: &store::Reader, memory: &store::Memory) -> Result<Vec<String>, store::Error> {
    Ok(reader
        .languages(memory.id)?
        .into_iter()
        .map(|(lang, _)| lang.to_string())
        .collect())
}

fn check_penalty(penalty: u8) -> Result<(), Error> {
    if penalty > store::MAX_PENALTY {
        return Err(invalid(
            "out_of_range",
            "/penalty",
            "a penalty is a percentage from 0 to 30",
        ));
    }
    Ok(())
}

fn check_title(title: &str) -> Result<(), Error> {
    check_label(title, MAX_TITLE, "/title")
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
