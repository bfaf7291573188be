//! Export: files out of a memory, as streams, a page of units at a time.

use std::io::Write;

use super::{Caller, Engine, Error, Filter, Role};
use crate::formats::{self, Format, WriteOptions};
use crate::model::{Lang, UnitId};
use crate::store::Deed;

/// Units read from the store at once for an export: a short read transaction each.
const EXPORTED_AT_ONCE: usize = 500;

/// What a file is to be that is written.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its format.
    pub format: Format,
    /// CSV: no cell acts as a formula in a spreadsheet. They are guarded by an apostrophe, which an import takes away.
    pub spreadsheet: bool,
}

impl From<Format> for Shape {
    fn from(format: Format) -> Self {
        Self {
            format,
            spreadsheet: false,
        }
    }
}

/// What an export wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Units in the file.
    pub units: u64,
    /// Units that the format cannot hold, of which the first twenty say why.
    pub skipped: u64,
    /// `unit ID: reason`.
    pub reasons: Vec<String>,
}

impl Engine {
    /// Whether [`Engine::export`] would begin.
    pub fn check_export(
        &self,
        caller: &Caller,
        memory: &str,
        filter: &Filter,
    ) -> Result<(), Error> {
        self.memory_for(caller, Role::Read, memory)?;
        filter.ready("").map(drop)
    }

    /// Streams the units of a memory that a filter takes, in the order they were made. Units that come while it
    /// runs may be in it.
    pub fn export(
        &self,
        caller: &Caller,
        memory: &str,
        shape: impl Into<Shape>,
        filter: &Filter,
        out: &mut dyn Write,
    ) -> Result<Exported, Error> {
        self.export_some(caller, memory, shape, filter, u64::MAX, out)
    }

    /// The same, ending with the page on which so many units have been written.
    pub fn export_some(
        &self,
        caller: &Caller,
        memory: &str,
        shape: impl Into<Shape>,
        filter: &Filter,
        enough: u64,
        out: &mut dyn Write,
    ) -> Result<Exported, Error> {
        let Shape {
            format,
            spreadsheet,
        } = shape.into();
        let bounds = filter.ready("")?;
        let memory = self.memory_for(caller, Role::Read, memory)?;
        self.note(caller, Deed::memory("exported", memory.id, &memory.name));
        let memory = memory.id;
        let langs = self.store.read(|reader| reader.languages(memory))?;
        let langs: Vec<Lang> = langs.into_iter().map(|(lang, _)| lang).collect();
        let options = WriteOptions {
            source: langs.first().cloned(),
            langs: two_at_least(langs),
            context: false,
            spreadsheet_safe: spreadsheet,
        };
        let mut writer = formats::Writer::new(out, format, &options)?;
        let mut exported = Exported::default();
        let mut after = None;
        loop {
            self.must_still_admit(caller.key.as_deref())?;
            let page = self.filtered(memory, &bounds, after, EXPORTED_AT_ONCE)?;
            for unit in &page.units {
                match writer.write_unit(unit)? {
                    formats::Written::Whole => exported.units += 1,
                    formats::Written::Skipped(reason) => exported.skip(unit.id, &reason),
                }
            }
            match page.next {
                Some(next) if exported.units < enough => after = Some(next),
                _ => break,
            }
        }
        writer.finish()?.flush()?;
        Ok(exported)
    }
}

impl Exported {
    fn skip(&mut self, unit: UnitId, reason: &str) {
        self.skipped += 1;
        if self.reasons.len() < 20 {
            self.reasons
                .push(format!("unit {}: {reason}", super::view::unit_id(unit)));
        }
    }
}

/// A table has two columns at least, also that of an empty memory.
fn two_at_least(mut langs: Vec<Lang>) -> Vec<Lang> {
    for tag in ["en", "fa"] {
        let lang = Lang::parse(tag)
            .ok()
            .filter(|lang| langs.len() < 2 && !langs.contains(lang));
        langs.extend(lang);
    }
    langs
}
