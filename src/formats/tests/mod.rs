//! Tests of the room as a whole; those of one part stand beside it.

mod fixtures;
mod hard;
mod laws;
mod limits;
mod real;
mod tables;
mod tmx;
mod units;

use std::io::Cursor;
use std::path::PathBuf;

use super::{Entry, Error, Format, ReadOptions, WriteOptions, Writer, Written, read};
use crate::model::{Draft, Lang, MemoryId, Unit, UnitId};

/// Everything that a file gives.
struct Outcome {
    entries: Vec<Entry>,
    error: Option<Error>,
}

impl Outcome {
    fn units(&self) -> Vec<&Draft> {
        let units = self.entries.iter();
        units.filter_map(|entry| entry.unit.as_ref().ok()).collect()
    }

    fn skipped(&self) -> Vec<&str> {
        let units = self.entries.iter();
        units
            .filter_map(|entry| entry.unit.as_ref().err().map(String::as_str))
            .collect()
    }

    fn warnings(&self) -> Vec<&str> {
        let entries = self.entries.iter();
        entries
            .flat_map(|entry| entry.warnings.iter().map(String::as_str))
            .collect()
    }

    fn code(&self) -> &'static str {
        self.error.as_ref().map_or("", |error| error.code)
    }

    /// Texts of all units, `source | other | …`.
    fn texts(&self) -> Vec<String> {
        let join = |unit: &&Draft| {
            let texts: Vec<&str> = unit.variants.iter().map(|v| v.text.as_str()).collect();
            texts.join(" | ")
        };
        self.units().iter().map(join).collect()
    }
}

fn read_all(bytes: impl Into<Vec<u8>>, format: Format, options: &ReadOptions) -> Outcome {
    let mut outcome = Outcome {
        entries: Vec::new(),
        error: None,
    };
    match read(Cursor::new(bytes.into()), format, options) {
        Ok(reader) => {
            for entry in reader {
                match entry {
                    Ok(entry) => outcome.entries.push(entry),
                    Err(error) => outcome.error = Some(error),
                }
            }
        }
        Err(error) => outcome.error = Some(error),
    }
    outcome
}

fn read_tmx(bytes: impl Into<Vec<u8>>) -> Outcome {
    read_all(bytes, Format::Tmx, &ReadOptions::default())
}

/// A TMX file with this body.
fn tmx(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<tmx version=\"1.4\"><header srclang=\"en\"/><body>\n{body}\n</body></tmx>"
    )
}

/// A unit with these insides of `seg`.
fn tu(en: &str, fa: &str) -> String {
    format!(
        "<tu><tuv xml:lang=\"en\"><seg>{en}</seg></tuv><tuv xml:lang=\"fa\"><seg>{fa}</seg></tuv></tu>"
    )
}

fn lang(tag: &str) -> Lang {
    tag.parse().unwrap()
}

fn write_all(units: &[Unit], format: Format, options: &WriteOptions) -> (String, Vec<String>) {
    let mut writer = Writer::new(Vec::new(), format, options).unwrap();
    let mut skipped = Vec::new();
    for unit in units {
        if let Written::Skipped(reason) = writer.write_unit(unit).unwrap() {
            skipped.push(reason);
        }
    }
    (
        String::from_utf8(writer.finish().unwrap()).unwrap(),
        skipped,
    )
}

/// The unit that a store might make of a draft.
fn unit(draft: &Draft) -> Unit {
    let created = draft.created.clone().unwrap_or_default();
    Unit {
        id: UnitId(1),
        memory: MemoryId(1),
        rev: 1,
        variants: draft.variants.clone(),
        source: draft.source,
        context: draft.context.clone(),
        metadata: draft.metadata.clone(),
        changed: draft.changed.clone().unwrap_or_else(|| created.clone()),
        created,
    }
}

/// The draft that should come back when a unit was written.
fn draft(unit: &Unit) -> Draft {
    let says_it = unit.metadata.attributes.contains_key("changedate");
    Draft {
        variants: unit.variants.clone(),
        source: unit.source,
        context: unit.context.clone(),
        metadata: unit.metadata.clone(),
        created: Some(unit.created.clone()),
        changed: (unit.changed != unit.created || says_it).then(|| unit.changed.clone()),
    }
}

/// A file of `/shared`, which is beside the package while it is developed and nowhere else.
fn shared(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("HAMZABAN_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let file = root.join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        println!(
            "skipped: {} is not there; set HAMZABAN_SHARED",
            file.display()
        );
    }
    bytes
}
