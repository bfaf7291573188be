//! The feed where time passes, rights differ and memories come back: what HTTP alone cannot bring about.

use std::sync::atomic::Ordering;

use super::feed::{ChangeName, ChangePage, Following};
use super::trial::{World, reader_of};
use super::{Caller, Error};
use crate::store::KEEP_CHANGES;

fn ask(
    world: &World,
    caller: &Caller,
    after: Option<&str>,
    memory: Option<&str>,
) -> Result<ChangePage, Error> {
    let asked = Following {
        after: after.map(str::to_owned),
        memory: memory.map(str::to_owned),
        limit: 100,
    };
    world.engine.changes(caller, &asked)
}

fn read(world: &World, after: Option<&str>) -> ChangePage {
    ask(world, &Caller::local(), after, None).unwrap()
}

fn told(page: &ChangePage) -> Vec<(ChangeName, &str)> {
    let told = |change: &super::feed::ChangeView| change.kind;
    let kinds = page.changes.iter().map(told);
    kinds
        .zip(
            page.changes
                .iter()
                .map(|change| change.memory.as_deref().unwrap_or_default()),
        )
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
    let first = ask(&world, &me, None, None).unwrap();
    assert_eq!(told(&first), [(MemoryPut, "mine"), (UnitPut, "mine")]);
    assert!(!first.more);
    for number in 20..40 {
        world.add("theirs", &number.to_string());
    }
    let second = ask(&world, &me, Some(&first.cursor), None).unwrap();
    assert_eq!((told(&second), second.more), (vec![], false));
    assert_ne!(first.cursor, second.cursor);
    world.add("mine", "two");
    let third = ask(&world, &me, Some(&second.cursor), None).unwrap();
    assert_eq!(told(&third), [(UnitPut, "mine")]);
    // A memory that the caller may not see is like one that never was.
    assert_eq!(code(ask(&world, &me, None, Some("theirs"))), "not_found");
    assert_eq!(code(ask(&world, &me, None, Some("never"))), "not_found");
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
    let cursor = read(&world, Some("head")).cursor;
    world.engine.delete_memory(&local, "news").unwrap();
    let gone = ask(&world, &local, Some(&cursor), Some("news")).unwrap();
    assert_eq!(told(&gone), [(MemoryDeleted, "news")]);
    let back = world
        .engine
        .store
        .write(|tx| tx.undelete_memory("news", None));
    back.unwrap();
    let page = ask(&world, &local, Some(&gone.cursor), Some("news")).unwrap();
    assert_eq!(told(&page), [(MemoryPut, "news")]);
    // Another memory takes the name: who follows the name is told of both.
    world.engine.delete_memory(&local, "news").unwrap();
    world.make("news");
    let page = ask(&world, &local, Some(&page.cursor), Some("news")).unwrap();
    assert_eq!(told(&page), [(MemoryDeleted, "news"), (MemoryPut, "news")]);
}

#[test]
fn who_fell_behind_the_log_is_told_to_start_again_and_how() {
    let world = World::new(&["news"]);
    world.add("news", "one");
    let early = ask(&world, &Caller::local(), None, None).unwrap().cursor;
    world.add("news", "two");
    world.clock.fetch_add(KEEP_CHANGES + 1, Ordering::Relaxed);
    world.add("news", "three");
    while world.engine.store.write(|tx| tx.purge()).unwrap() {}
    for after in [None, Some(early.as_str())] {
        assert_eq!(
            code(ask(&world, &Caller::local(), after, None)),
            "behind_horizon"
        );
    }
    let head = read(&world, Some("head"));
    assert_eq!((told(&head), head.more), (vec![], false));
    world.add("news", "four");
    assert_eq!(told(&read(&world, Some(&head.cursor))), [(UnitPut, "news")]);
    let Err(error) = ask(&world, &Caller::local(), None, None) else {
        panic!("nothing is wrong");
    };
    assert!(error.to_string().contains("after=head"), "{error}");
}

#[test]
fn a_store_that_may_have_gone_backward_sends_its_followers_home() {
    let world = World::new(&["news"]);
    let cursor = read(&world, None).cursor;
    world.engine.store.write(|tx| tx.renew_epoch()).unwrap();
    let again = ask(&world, &Caller::local(), Some(&cursor), None);
    assert_eq!(code(again), "epoch_changed");
    // Of this epoch, but of a place that the log never had.
    let epoch = world.engine.store.epoch();
    let future = super::cursor::of_place(&epoch, crate::model::Seq(1 << 40));
    let again = ask(&world, &Caller::local(), Some(&future), None);
    assert_eq!(code(again), "epoch_changed");
}
