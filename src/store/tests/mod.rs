//! Tests of the store as a whole.

mod audit;
mod backup;
mod durability;
mod laws;
mod model;
mod opening;
mod undo;
mod upgrading;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use super::{Error, Memory, Mode, OpenOptions, Outcome, Prepared, Store};
use crate::model::{
    Change, ChangeKind, Context, Draft, Lang, MemoryId, Metadata, Unit, UnitId, Variant,
};

/// A store in a folder of its own, with a clock that the test sets and a follower that keeps what it was told.
struct Fixture {
    store: Option<Store>,
    dir: tempfile::TempDir,
    clock: Arc<AtomicI64>,
    told: Arc<Mutex<Vec<Change>>>,
}

impl Fixture {
    fn new() -> Self {
        let mut fixture = Self {
            store: None,
            dir: tempfile::tempdir().unwrap(),
            clock: Arc::new(AtomicI64::new(1_000)),
            told: Arc::default(),
        };
        fixture.reopen();
        fixture
    }

    fn options(&self) -> OpenOptions {
        let clock = Arc::clone(&self.clock);
        OpenOptions {
            clock: Arc::new(move || clock.load(Ordering::Relaxed)),
            // So few that every test moves hashes to their table.
            unindexed_units: 3,
            ..OpenOptions::default()
        }
    }

    fn reopen(&mut self) {
        self.store = None;
        let told = Arc::clone(&self.told);
        let follower = Box::new(move |changes: &[Change]| {
            told.lock().unwrap().extend_from_slice(changes);
        });
        self.store = Some(Store::open(self.dir.path(), &self.options(), follower).unwrap());
    }

    fn set_clock(&self, at: i64) {
        self.clock.store(at, Ordering::Relaxed);
    }

    fn memory(&self, name: &'static str) -> Memory {
        self.write(move |tx| tx.create_memory(name, "A memory", 0, false, Some("maker")))
            .unwrap()
    }

    fn put(&self, memory: MemoryId, draft: Draft, mode: Mode) -> Outcome {
        let prepared = Prepared::new(draft).unwrap();
        self.write(move |tx| tx.put_draft(memory, prepared, mode, Some("putter"), None))
            .unwrap()
    }

    fn unit(&self, id: UnitId) -> Option<Unit> {
        self.read(|r| r.unit(id)).unwrap()
    }
}

impl std::ops::Deref for Fixture {
    type Target = Store;
    fn deref(&self) -> &Store {
        self.store.as_ref().unwrap()
    }
}

fn nobody() -> super::Follower {
    Box::new(|_| {})
}

fn open(dir: &Path) -> Result<Store, super::OpenError> {
    Store::open(dir, &OpenOptions::default(), nobody())
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

fn variant(tag: &str, text: &str) -> Variant {
    Variant {
        lang: lang(tag),
        text: text.to_owned(),
        tagged: None,
        metadata: Metadata::default(),
    }
}

fn draft(texts: &[(&str, &str)]) -> Draft {
    Draft {
        variants: texts.iter().map(|(tag, text)| variant(tag, text)).collect(),
        source: 0,
        context: Context::default(),
        metadata: Metadata::default(),
        created: None,
        changed: None,
    }
}

fn noted(key: &str) -> Metadata {
    Metadata {
        attributes: BTreeMap::from([("tuid".to_owned(), key.to_owned())]),
        ..Metadata::default()
    }
}
