//! The feed where time passes, rights differ and memories come back: what HTTP alone cannot bring about.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::feed::{ChangeName, ChangePage, Following};
use super::requests::{NewMemory, NewUnit, VariantText};
use super::{Caller, Engine, Error, Rights, Role};
use crate::model::MemoryId;
use crate::store::{KEEP_CHANGES, OpenOptions};

struct World {
    engine: Arc<Engine>,
    clock: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl World {
    fn new(memories: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_000));
        let now = Arc::clone(&clock);
        let options = OpenOptions {
            clock: Arc::new(move || now.load(Ordering::Relaxed)),
            ..OpenOptions::default()
        };
        let engine = Engine::open_with(folder.path(), &options).unwrap();
        engine.catch_up().unwrap();
        let world = Self {
            engine,
            clock,
            _folder: folder,
        };
        memories.iter().for_each(|name| world.make(name));
        world
    }

    fn make(&self, name: &str) {
        let new = NewMemory {
            name: name.into(),
            ..NewMemory::default()
        };
        self.engine.create_memory(&Caller::local(), &new).unwrap();
    }

    fn add(&self, memory: &str, text: &str) -> String {
        let variant = |lang: &str| (lang.to_owned(), VariantText::Plain(text.to_owned()));
        let unit = NewUnit {
            variants: vec![variant("en"), variant("fa")],
            ..NewUnit::default()
        };
        let written = self.engine.add_unit(&Caller::local(), memory, &unit);
        written.unwrap().id
    }

    fn id(&self, memory: &str) -> MemoryId {
        let found = self.engine.store.read(|reader| reader.memory(memory));
        found.unwrap().unwrap().id
    }

    fn ask(
        &self,
        caller: &Caller,
        after: Option<&str>,
        memory: Option<&str>,
    ) -> Result<ChangePage, Error> {
        let asked = Following {
            after: after.map(str::to_owned),
            memory: memory.map(str::to_owned),
            limit: 100,
        };
        self.engine.changes(caller, &asked)
    }

    fn read(&self, after: Option<&str>) -> ChangePage {
        self.ask(&Caller::local(), after, None).unwrap()
    }
}

fn reader_of(memory: MemoryId) -> Caller {
    Caller {
        rights: Rights {
            everywhere: None,
            memories: vec![(memory, Role::Read)],
            glossary: None,
        },
        ..Caller::local()
    }
}

fn told(page: &ChangePage) -> Vec<(ChangeName, &str)> {
    let told = |change: &super::feed::ChangeView| change.kind;
    let kinds = page.changes.iter().map(told);
    kinds
        .zip(page.changes.iter().map(|change| change.memory.as_str()))
        .collect()
}

fn code(result: Result<ChangePage, Error>) -> &'static str {
    match result {
        Err(Error::Gone { code, .. } | Error::Invalid { code, .. }) => code,
        Err(Error::NotFound { .. }) => "not_found",
        other => panic!("{other:?}"),
    }
}

use ChangeName::{MemoryDeleted, MemoryPut, UnitPut};

#[test]
fn what_a_caller_may_not_read_is_not_told_and_its_cursor_moves_on() {
    let world = World::new(&["mine", "theirs"]);
    let me = reader_of(world.id("mine"));
    world.add("mine", "one");
    for number in 0..20 {
        world.add("theirs", &number.to_string());
    }
    let first = world.ask(&me, None, None).unwrap();
    assert_eq!(told(&first), [(MemoryPut, "mine"), (UnitPut, "mine")]);
    assert!(!first.more);
    for number in 20..40 {
        world.add("theirs", &number.to_string());
    }
    let second = world.ask(&me, Some(&first.cursor), None).unwrap();
    assert_eq!((told(&second), second.more), (vec![], false));
    assert_ne!(first.cursor, second.cursor);
    world.add("mine", "two");
    let third = world.ask(&me, Some(&second.cursor), None).unwrap();
    assert_eq!(told(&third), [(UnitPut, "mine")]);
    // A memory that the caller may not see is like one that never was.
    assert_eq!(code(world.ask(&me, None, Some("theirs"))), "not_found");
    assert_eq!(code(world.ask(&me, None, Some("never"))), "not_found");
}

#[test]
fn a_page_that_is_full_says_that_more_follows_only_where_it_does() {
    let world = World::new(&["mine", "theirs"]);
    let me = reader_of(world.id("mine"));
    world.add("mine", "one");
    world.add("theirs", "two");
    let ask = |limit| {
        let asked = Following {
            limit,
            ..Following::default()
        };
        world.engine.changes(&me, &asked)
    };
    assert!(ask(1).unwrap().more);
    assert!(!ask(2).unwrap().more);
    for limit in [0, 1_001] {
        assert_eq!(code(ask(limit)), "out_of_range");
    }
}

#[test]
fn a_memory_that_is_back_is_told_as_put_also_to_who_follows_only_it() {
    let world = World::new(&["news", "other"]);
    world.add("news", "one");
    let local = Caller::local();
    let cursor = world.read(Some("head")).cursor;
    world.engine.delete_memory(&local, "news").unwrap();
    let gone = world.ask(&local, Some(&cursor), Some("news")).unwrap();
    assert_eq!(told(&gone), [(MemoryDeleted, "news")]);
    let back = world
        .engine
        .store
        .write(|tx| tx.undelete_memory("news", None));
    back.unwrap();
    let page = world.ask(&local, Some(&gone.cursor), Some("news")).unwrap();
    assert_eq!(told(&page), [(MemoryPut, "news")]);
    // Another memory takes the name: who follows the name is told of both.
    world.engine.delete_memory(&local, "news").unwrap();
    world.make("news");
    let page = world.ask(&local, Some(&page.cursor), Some("news")).unwrap();
    assert_eq!(told(&page), [(MemoryDeleted, "news"), (MemoryPut, "news")]);
}

#[test]
fn who_fell_behind_the_log_is_told_to_start_again_and_how() {
    let world = World::new(&["news"]);
    world.add("news", "one");
    let early = world.ask(&Caller::local(), None, None).unwrap().cursor;
    world.add("news", "two");
    world.clock.fetch_add(KEEP_CHANGES + 1, Ordering::Relaxed);
    world.add("news", "three");
    while world.engine.store.write(|tx| tx.purge()).unwrap() {}
    for after in [None, Some(early.as_str())] {
        assert_eq!(
            code(world.ask(&Caller::local(), after, None)),
            "behind_horizon"
        );
    }
    let head = world.read(Some("head"));
    assert_eq!((told(&head), head.more), (vec![], false));
    world.add("news", "four");
    assert_eq!(told(&world.read(Some(&head.cursor))), [(UnitPut, "news")]);
    let Err(error) = world.ask(&Caller::local(), None, None) else {
        panic!("nothing is wrong");
    };
    assert!(error.to_string().contains("after=head"), "{error}");
}

#[test]
fn a_store_that_may_have_gone_backward_sends_its_followers_home() {
    let world = World::new(&["news"]);
    let cursor = world.read(None).cursor;
    world.engine.store.write(|tx| tx.renew_epoch()).unwrap();
    let again = world.ask(&Caller::local(), Some(&cursor), None);
    assert_eq!(code(again), "epoch_changed");
    // Of this epoch, but of a place that the log never had.
    let epoch = world.engine.store.epoch();
    let future = super::cursor::of_place(&epoch, crate::model::Seq(1 << 40));
    let again = world.ask(&Caller::local(), Some(&future), None);
    assert_eq!(code(again), "epoch_changed");
}
