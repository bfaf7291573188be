//! The first run: a folder that never held a memory gets a small sample, so that there is something to ask.

use super::requests::{ImportMode, NewMemory};
use super::{Caller, Engine, Error, Progress};
use crate::formats::Format;
use crate::model::{ImportReport, Lang};

/// About 330 news and report sentences, written for this project; see `glossary/README.md`.
const SAMPLE: &str = include_str!("../../glossary/sample-memory.tsv");
/// The name of the memory it goes into.
const SAMPLE_MEMORY: &str = "sample";

/// Nobody watches.
struct Unwatched;

impl Progress for Unwatched {
    fn advance(&self, _bytes: u64, _units: u64) {}
}

impl Engine {
    /// On a folder that never held a memory: loads the shipped sample. Says what it loaded.
    pub fn first_run(&self) -> Result<Option<ImportReport>, Error> {
        if !self.store.is_empty()? {
            return Ok(None);
        }
        let caller = Caller {
            name: Some("hamzaban".into()),
        };
        let memory = NewMemory {
            name: SAMPLE_MEMORY.into(),
            title: Some("Sample: news and report sentences".into()),
            ..NewMemory::default()
        };
        self.create_memory(&caller, &memory)?;
        let id = self.begin_import(
            &caller,
            SAMPLE_MEMORY,
            "sample-memory.tsv",
            Format::Tsv,
            ImportMode::Add,
        )?;
        let langs = (Lang::parse("en")?, Lang::parse("fa")?);
        self.import(
            &caller,
            &id,
            Box::new(SAMPLE.as_bytes()),
            Some(langs),
            &Unwatched,
        )
        .map(Some)
    }
}
