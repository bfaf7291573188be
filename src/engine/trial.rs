//! An engine on a folder of its own with a clock that the test sets, for tests of use cases.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::requests::{NewMemory, NewUnit, VariantText};
use super::{Caller, Engine, Rights, Role};
use crate::model::MemoryId;
use crate::store::OpenOptions;

pub(super) struct World {
    pub(super) engine: Arc<Engine>,
    pub(super) clock: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl World {
    pub(super) fn new(memories: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_000));
        let now = Arc::clone(&clock);
        let options = OpenOptions {
            clock: Arc::new(move || now.load(Ordering::Relaxed)),
            ..OpenOptions::default()
        };
        let engine = Engine::open_store(folder.path(), &options).unwrap();
        engine.catch_up().unwrap();
        let world = Self {
            engine,
            clock,
            _folder: folder,
        };
        memories.iter().for_each(|name| world.make(name));
        world
    }

    pub(super) fn make(&self, name: &str) {
        let new = NewMemory {
            name: name.into(),
            ..NewMemory::default()
        };
        self.engine.create_memory(&Caller::local(), &new).unwrap();
    }

    /// A unit of the same text in two languages; its id.
    pub(super) fn add(&self, memory: &str, text: &str) -> String {
        let variant = |lang: &str| (lang.to_owned(), VariantText::Plain(text.to_owned()));
        let unit = NewUnit {
            variants: vec![variant("en"), variant("fa")],
            ..NewUnit::default()
        };
        let written = self.engine.add_unit(&Caller::local(), memory, &unit);
        written.unwrap().id
    }

    pub(super) fn id(&self, memory: &str) -> MemoryId {
        let found = self.engine.store.read(|reader| reader.memory(memory));
        found.unwrap().unwrap().id
    }
}

/// Somebody who may read one memory.
pub(super) fn reader_of(memory: MemoryId) -> Caller {
    Caller {
        rights: Rights {
            everywhere: None,
            memories: vec![(memory, Role::Read)],
            glossary: None,
        },
        ..Caller::local()
    }
}
