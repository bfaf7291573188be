//! Copies, what `verify` finds, and the way back.

use std::fs;
use std::time::Duration;

use super::*;
use crate::store::{DB_FILE, Damage, OpenError, RestoreError, check_backup, restore};

fn filled() -> (Fixture, MemoryId) {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    for n in 0..20 {
        let (en, fa) = (format!("segment {n}"), format!("بخش {n}"));
        f.put(memory, draft(&[("en", &en), ("fa", &fa)]), Mode::Add);
    }
    f.write(|tx| tx.delete_unit(UnitId(4), 1, None)).unwrap();
    (f, memory)
}

/// The kinds of damage after `sql`, each once, and the units named.
fn found_after(sql: &'static str) -> (Vec<Damage>, Vec<i64>) {
    let (f, _) = filled();
    assert_eq!(f.check(Duration::MAX).unwrap().findings, []);
    f.write(move |tx| Ok(tx.conn.execute_batch(sql)?)).unwrap();
    let checkup = f.check(Duration::MAX).unwrap();
    assert_eq!(checkup.total, checkup.findings.len() as u64);
    let mut kinds: Vec<Damage> = checkup.findings.iter().map(|f| f.damage).collect();
    kinds.dedup();
    let units = checkup.findings.iter().filter_map(|f| f.unit);
    (kinds, units.map(|id| id.0).collect())
}

#[test]
fn every_kind_of_damage_is_found_and_its_unit_named() {
    for (sql, damage, units) in [
        (
            "UPDATE variant SET text = 'x' WHERE unit_id = 2 AND place = 1",
            &[Damage::Unit][..],
            &[2][..],
        ),
        (
            "UPDATE unit SET changed_at = 7 WHERE id = 3",
            &[Damage::Unit],
            &[3],
        ),
        (
            "DELETE FROM variant WHERE unit_id = 5 AND place = 0",
            &[Damage::Unit, Damage::Count],
            &[5],
        ),
        (
            "DELETE FROM unit_equal WHERE unit_id = 2",
            &[Damage::Equal],
            &[2],
        ),
        (
            "INSERT INTO unit_equal SELECT memory_id, source_hash, content_hash, 999 FROM unit_equal LIMIT 1",
            &[Damage::Equal],
            &[],
        ),
        ("UPDATE memory SET units = 7", &[Damage::Count], &[]),
        ("UPDATE memory SET first_unit = 7", &[Damage::Count], &[]),
        (
            "UPDATE memory_lang SET units = 7 WHERE lang = 'fa'",
            &[Damage::Count],
            &[],
        ),
        (
            "DELETE FROM memory_lang WHERE lang = 'fa'",
            &[Damage::Count],
            &[],
        ),
        (
            "UPDATE meta SET indexed_to = indexed_to, next_unit = next_unit; DELETE FROM change WHERE seq = 5",
            &[Damage::Count],
            &[],
        ),
        (
            "UPDATE unit_history SET state = '{' WHERE unit_id = 4 AND rev = 1",
            &[Damage::History],
            &[4],
        ),
    ] {
        let (kinds, named) = found_after(sql);
        assert_eq!(kinds, damage, "{sql}");
        assert_eq!(named, units, "{sql}");
    }
}

#[test]
fn a_unit_without_its_row_is_found_by_its_texts() {
    let (f, _) = filled();
    let db = f.dir.path().join(DB_FILE);
    let conn = rusqlite::Connection::open(&db).unwrap();
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    conn.execute("DELETE FROM unit WHERE id = 6", []).unwrap();
    let checkup = f.check(Duration::MAX).unwrap();
    let orphan =
        |f: &super::super::Finding| f.damage == Damage::Reference && f.unit == Some(UnitId(6));
    assert!(checkup.findings.iter().any(orphan), "{checkup:?}");
}

#[test]
fn a_backup_brought_back_is_the_store_it_was_with_a_new_epoch_and_no_id_twice() {
    let (mut f, memory) = filled();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("b.db");
    f.backup(&file).unwrap();
    assert_eq!(check_backup(&file).unwrap().findings, []);
    let kept = f.unit(UnitId(2)).unwrap();
    let epoch = f.epoch();
    f.write(|tx| tx.delete_unit(UnitId(2), 1, None)).unwrap();
    let late = f.put(memory, draft(&[("en", "late"), ("fa", "دیر")]), Mode::Add);
    assert_eq!(late, Outcome::Added(UnitId(21), 1));

    let held = restore(f.dir.path(), &file, &f.options()).unwrap_err();
    assert!(
        matches!(held, RestoreError::Open(OpenError::Served { .. })),
        "{held}"
    );
    f.store = None;
    let restored = restore(f.dir.path(), &file, &f.options()).unwrap();
    assert_eq!(restored.units, 19);
    f.reopen();
    assert_eq!(f.unit(UnitId(2)), Some(kept));
    assert_ne!(f.epoch(), epoch);
    assert_eq!(f.unit(UnitId(21)), None);
    let next = f.put(memory, draft(&[("en", "new"), ("fa", "نو")]), Mode::Add);
    assert_eq!(
        next,
        Outcome::Added(UnitId(22), 1),
        "21 was given away before"
    );
    assert_eq!(f.check(Duration::MAX).unwrap().findings, []);

    // The store before is whole, with what was written after the backup.
    let aside = restored.aside.unwrap();
    let other = tempfile::tempdir().unwrap();
    fs::rename(&aside, other.path().join(DB_FILE)).unwrap();
    let before = open(other.path()).unwrap();
    assert!(before.read(|r| r.unit(UnitId(21))).unwrap().is_some());
}

#[test]
fn a_journal_of_the_old_database_never_meets_the_new_one() {
    let (mut f, _) = filled();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("b.db");
    f.backup(&file).unwrap();
    f.put(
        MemoryId(1),
        draft(&[("en", "late"), ("fa", "دیر")]),
        Mode::Add,
    );
    // As after a kill: part of the old database is in its journal.
    let crashed = tempfile::tempdir().unwrap();
    for name in [DB_FILE, "hamzaban.db-wal"] {
        fs::copy(f.dir.path().join(name), crashed.path().join(name)).unwrap();
    }
    f.store = None;
    let restored = restore(crashed.path(), &file, &f.options()).unwrap();
    assert!(!crashed.path().join("hamzaban.db-wal").exists());
    let aside = restored.aside.unwrap();
    let conn = rusqlite::Connection::open(&aside).unwrap();
    let late: i64 = conn
        .query_row(
            "SELECT count(*) FROM variant WHERE text = 'late'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(late, 1, "the journal went along with its database");
    let store = open(crashed.path()).unwrap();
    assert!(store.read(|r| r.unit(UnitId(21))).unwrap().is_none());
}

#[test]
fn what_is_no_whole_backup_is_refused_and_the_folder_stays_as_it_was() {
    let (mut f, _) = filled();
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    f.backup(&path("good.db")).unwrap();
    let good = fs::read(path("good.db")).unwrap();
    let mut flipped = good.clone();
    let at = good.windows(9).position(|w| w == b"segment 7").unwrap();
    flipped[at + 8] = b'8';
    fs::write(path("flipped.db"), flipped).unwrap();
    fs::write(path("half.db"), &good[..good.len() / 2]).unwrap();
    fs::write(path("letter.db"), "Dear reader".repeat(50)).unwrap();
    fs::write(path("empty.db"), "").unwrap();
    fs::write(path("journal.db"), &good).unwrap();
    fs::write(path("journal.db-wal"), "x").unwrap();
    f.store = None;
    let state = || {
        let names = fs::read_dir(f.dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        (names, fs::read(f.dir.path().join(DB_FILE)).unwrap())
    };
    let before = state();
    for name in [
        "flipped.db",
        "half.db",
        "letter.db",
        "empty.db",
        "journal.db",
        "none.db",
    ] {
        let error = restore(f.dir.path(), &path(name), &f.options()).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        assert!(state() == before, "{name} changed the folder");
    }
    let own = f.dir.path().join(DB_FILE);
    let error = restore(f.dir.path(), &own, &f.options()).unwrap_err();
    assert!(matches!(error, RestoreError::Same { .. }), "{error}");
}

#[test]
fn leftover_copies_are_cleared_away_and_files_in_the_way_are_kept() {
    let mut f = Fixture::new();
    let copy = f.copy().unwrap();
    assert!(copy.open().unwrap().1 > 0);
    drop(copy);
    let names = |f: &Fixture| {
        let entries = fs::read_dir(f.dir.path()).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|n| n.contains("copy")).count()
    };
    assert_eq!(names(&f), 0);
    fs::write(f.dir.path().join("hamzaban.db.copy-00ff"), "half").unwrap();
    f.reopen();
    assert_eq!(names(&f), 0);
    let file = f.dir.path().join("mine");
    fs::write(&file, "mine").unwrap();
    assert!(matches!(f.backup(&file), Err(Error::Invalid { .. })));
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}
