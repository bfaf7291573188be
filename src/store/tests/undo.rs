//! Taking back: what nobody touched since is as it was, and what someone did is left alone.

use proptest::prelude::*;

use super::laws::{drafts, follower_agrees};
use super::*;
use crate::model::{BulkReport, Stamp};
use crate::store::{BulkKind, ImportId, ImportState, NewBulk, NewImport, Undone};

fn import(f: &Fixture, memory: MemoryId) -> ImportId {
    let start = NewImport {
        memory,
        file: "a.tmx".into(),
        format: "tmx".into(),
        mode: "update".into(),
        by: None,
    };
    f.write(move |tx| tx.start_import(&start)).unwrap()
}

fn end(f: &Fixture, id: ImportId) {
    f.write(move |tx| tx.note_bulk(id, ImportState::Done, &BulkReport::default()))
        .unwrap();
}

fn start_undo(f: &Fixture, memory: MemoryId, of: ImportId) -> Result<ImportId, Error> {
    let start = NewBulk {
        memory,
        kind: BulkKind::Undo,
        asked: None,
        other: None,
        undoes: Some(of),
        by: Some("undoer".into()),
    };
    f.write(move |tx| tx.start_bulk(&start))
}

/// Undoes in steps of two numbers, as the engine does in larger ones.
fn undo(f: &Fixture, memory: MemoryId, of: ImportId) -> (ImportId, Vec<(UnitId, Undone)>) {
    let undo = start_undo(f, memory, of).unwrap();
    let mut done = Vec::new();
    let mut after = Some(UnitId(0));
    while let Some(place) = after {
        let (units, next) = f.read(|r| r.touched(of, place, 2)).unwrap();
        after = next;
        for unit in units {
            let undone = f.write(move |tx| tx.undo_unit(unit, of, undo, Some("undoer")));
            done.push((unit, undone.unwrap()));
        }
    }
    end(f, undo);
    (undo, done)
}

/// What a unit says, without its dates of change.
fn content(unit: Option<Unit>) -> Option<Unit> {
    unit.map(|unit| Unit {
        rev: 0,
        changed: Stamp::default(),
        ..unit
    })
}

#[derive(Clone, Debug)]
enum Deed {
    Import(Draft, Mode),
    Edit(usize, Draft),
    Delete(usize),
    ImportDeletes(usize),
}

fn deeds() -> impl Strategy<Value = Deed> {
    let modes = prop_oneof![Just(Mode::Add), Just(Mode::Update), Just(Mode::Keep)];
    prop_oneof![
        6 => (drafts(), modes).prop_map(|(d, m)| Deed::Import(d, m)),
        1 => (0..8_usize, drafts()).prop_map(|(u, d)| Deed::Edit(u, d)),
        1 => (0..8_usize).prop_map(Deed::Delete),
        2 => (0..8_usize).prop_map(Deed::ImportDeletes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn taken_back_it_is_as_before_where_nobody_edited_and_taken_back_again_as_after(
        before in proptest::collection::vec(drafts(), 0..5),
        deeds in proptest::collection::vec(deeds(), 1..15),
    ) {
        let f = Fixture::new();
        let memory = f.memory("tm").id;
        for draft in before {
            f.put(memory, draft, Mode::Add);
        }
        let all = || -> BTreeMap<i64, Option<Unit>> {
            (1..30).map(|id| (id, f.unit(UnitId(id)))).collect()
        };
        let at_first = all();
        let import = import(&f, memory);
        let mut edited = Vec::new();
        f.set_clock(2_000);
        for deed in deeds {
            match deed {
                Deed::Import(draft, mode) => {
                    let new = Prepared::new(draft).unwrap();
                    f.write(move |tx| tx.put_draft(memory, new, mode, None, Some(import))).unwrap();
                }
                Deed::Edit(unit, draft) => {
                    let id = UnitId(unit as i64 + 1);
                    if let Some(unit) = f.unit(id) {
                        edited.push(id);
                        f.write(move |tx| tx.replace_unit(id, unit.rev, draft, Some("editor"))).unwrap();
                    }
                }
                Deed::Delete(unit) => {
                    let id = UnitId(unit as i64 + 1);
                    if let Some(unit) = f.unit(id) {
                        edited.push(id);
                        f.write(move |tx| tx.delete_unit(id, unit.rev, Some("editor"))).unwrap();
                    }
                }
                Deed::ImportDeletes(unit) => {
                    let id = UnitId(unit as i64 + 1);
                    if let Some(unit) = f.unit(id) {
                        f.write(move |tx| tx.delete_in_bulk(id, unit.rev, crate::store::Event::Deleted, import, None)).unwrap();
                    }
                }
            }
        }
        end(&f, import);
        let then = all();
        f.set_clock(3_000);
        let (undo_id, done) = undo(&f, memory, import);
        let now = all();
        for (id, unit) in &now {
            if !edited.contains(&UnitId(*id)) {
                prop_assert_eq!(content(unit.clone()), content(at_first[id].clone()), "unit {}", id);
            }
        }
        for (id, undone) in &done {
            let kept = matches!(undone, Undone::Conflict | Undone::Unchanged);
            prop_assert_eq!(kept, now[&id.0] == then[&id.0], "{:?} {:?}", id, undone);
            prop_assert!(*undone != Undone::Conflict || edited.contains(id));
        }
        let (_, again) = undo(&f, memory, import);
        prop_assert!(again.iter().all(|(_, u)| matches!(u, Undone::Conflict | Undone::Unchanged)));
        prop_assert_eq!(all(), now);
        undo(&f, memory, undo_id);
        for (id, unit) in all() {
            prop_assert_eq!(content(unit), content(then[&id].clone()), "unit {}", id);
        }
        follower_agrees(&f);
        let sums = f.read(|r| r.check_unit_sums(UnitId(0), 1_000)).unwrap();
        prop_assert_eq!(sums.differ, vec![]);
    }
}

#[test]
fn taking_back_an_import_leaves_what_people_edited_since() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    f.put(memory, draft(&[("en", "old"), ("fa", "پیش")]), Mode::Add);
    let import = import(&f, memory);
    for (source, target) in [
        ("old", "پس"),
        ("old", "پستر"),
        ("new", "تازه"),
        ("edited", "الف"),
    ] {
        let new = Prepared::new(draft(&[("en", source), ("fa", target)])).unwrap();
        f.write(move |tx| tx.put_draft(memory, new, Mode::Update, None, Some(import)))
            .unwrap();
    }
    f.put(
        memory,
        draft(&[("en", "edited"), ("fa", "ب")]),
        Mode::Update,
    );
    assert!(matches!(
        start_undo(&f, memory, import),
        Err(Error::Running)
    ));
    end(&f, import);
    let (_, done) = undo(&f, memory, import);
    let taken: Vec<Undone> = done.iter().map(|(_, undone)| *undone).collect();
    assert_eq!(taken, [Undone::Changed, Undone::Deleted, Undone::Conflict]);
    assert_eq!(f.unit(UnitId(1)).unwrap().variants[1].text, "پیش");
    assert_eq!(f.unit(UnitId(2)), None);
    assert_eq!(f.unit(UnitId(3)).unwrap().variants[1].text, "ب");
}

#[test]
fn days_of_work_are_counted_as_they_are_written() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    let day = 24 * 60 * 60;
    f.set_clock(3 * day);
    f.put(memory, draft(&[("en", "a"), ("fa", "b")]), Mode::Add);
    f.put(memory, draft(&[("en", "a"), ("fa", "c")]), Mode::Update);
    f.set_clock(4 * day + 1);
    f.write(move |tx| tx.delete_unit(UnitId(1), 2, None))
        .unwrap();
    let days = f.read(|r| r.activity(memory, 0)).unwrap();
    let seen: Vec<_> = days
        .iter()
        .map(|d| (d.day, d.by.as_deref(), d.added, d.changed, d.deleted))
        .collect();
    assert_eq!(seen, [(3, Some("putter"), 1, 1, 0), (4, None, 0, 0, 1)]);
    assert_eq!(f.read(|r| r.activity(memory, 4)).unwrap().len(), 1);
}
