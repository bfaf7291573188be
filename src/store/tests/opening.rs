//! Opening: what is made, what is refused and left as it was, what survives.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::store::schema::{self, Step};
use crate::store::{DB_FILE, ImportState, LOCK_FILE, NewImport, OpenError};

fn sqlite_file(path: &Path, sql: &str) {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch(sql).unwrap();
}

fn refused(dir: &Path) -> OpenError {
    let content = |dir: &Path| -> BTreeMap<PathBuf, Vec<u8>> {
        let files = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let ours = [LOCK_FILE, "hamzaban.db-shm"];
        files
            .filter(|path| !ours.iter().any(|name| path.ends_with(name)))
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect()
    };
    let before = content(dir);
    let error = open(dir).err().expect("it should be refused");
    assert_eq!(content(dir), before, "{error} but something was written");
    let text = error.to_string();
    assert!(
        text.contains(&*dir.to_string_lossy()),
        "the file is not named: {text}"
    );
    error
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join(DB_FILE);
    fs::write(&db, "shopping list").unwrap();
    assert!(matches!(
        refused(dir.path()),
        OpenError::NotADatabase { .. }
    ));
    fs::write(&db, [b'x'; 4_096]).unwrap();
    assert!(matches!(
        refused(dir.path()),
        OpenError::NotADatabase { .. }
    ));
    fs::remove_file(&db).unwrap();
    sqlite_file(
        &db,
        "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)",
    );
    assert!(matches!(
        refused(dir.path()),
        OpenError::Foreign { found: 0, .. }
    ));
    sqlite_file(
        &db,
        "PRAGMA application_id = 0x485A4D42; PRAGMA user_version = 1000",
    );
    assert!(matches!(
        refused(dir.path()),
        OpenError::Newer { found: 1000, .. }
    ));
    fs::remove_file(&db).unwrap();
    fs::create_dir(&db).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, OpenError::NotADatabase { .. }));
}

#[test]
fn a_newer_version_that_is_only_in_the_journal_is_seen_too() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join(DB_FILE);
    open(dir.path()).unwrap().close();
    let conn = rusqlite::Connection::open(&db).unwrap();
    conn.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 7")
        .unwrap();
    // The other process dies: its journal is there, its database file is as before.
    let crashed = tempfile::tempdir().unwrap();
    for name in [DB_FILE, "hamzaban.db-wal"] {
        fs::copy(dir.path().join(name), crashed.path().join(name)).unwrap();
    }
    assert!(matches!(
        refused(crashed.path()),
        OpenError::Newer { found: 7, .. }
    ));
}

#[test]
fn a_journal_without_its_database_is_no_empty_store() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("hamzaban.db-wal"), "something").unwrap();
    assert!(matches!(
        refused(dir.path()),
        OpenError::OrphanJournal { .. }
    ));
}

#[cfg(unix)]
#[test]
fn a_database_by_another_name_is_refused() {
    let elsewhere = tempfile::tempdir().unwrap();
    open(elsewhere.path()).unwrap().close();
    let real = elsewhere.path().join(DB_FILE);
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join(DB_FILE);
    std::os::unix::fs::symlink(&real, &db).unwrap();
    assert!(matches!(
        refused(dir.path()),
        OpenError::Linked {
            what: "symbolic link",
            ..
        }
    ));
    fs::remove_file(&db).unwrap();
    fs::hard_link(&real, &db).unwrap();
    assert!(matches!(refused(dir.path()), OpenError::Linked { .. }));
}

#[test]
fn a_second_server_on_the_same_folder_is_told_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).unwrap();
    let error = open(dir.path()).err().unwrap().to_string();
    assert!(
        error.contains(&format!("process {}", std::process::id())),
        "{error}"
    );
    first.close();
    open(dir.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("deep/data");
    let store = open(&data).unwrap();
    store
        .write(|tx| tx.create_memory("tm", "", 0, false, None))
        .unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for name in [DB_FILE, "hamzaban.db-wal", LOCK_FILE] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
}

#[test]
fn an_empty_file_or_a_half_made_database_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(DB_FILE), "").unwrap();
    fs::write(dir.path().join("hamzaban.db.new"), "half").unwrap();
    let store = open(dir.path()).unwrap();
    assert!(store.is_empty().unwrap());
    assert_eq!(store.head(), crate::model::Seq(0));
    assert!(store.sqlite_version() >= "3.51.3");
    store.close();
    assert!(
        !dir.path().join("hamzaban.db-wal").exists(),
        "closing empties the journal"
    );
}

#[test]
fn a_reopened_store_is_the_same_and_never_gives_an_id_twice() {
    let mut f = Fixture::new();
    let memory = f.memory("tm").id;
    f.put(memory, draft(&[("en", "a"), ("fa", "b")]), Mode::Add);
    f.put(memory, draft(&[("en", "c"), ("fa", "d")]), Mode::Add);
    f.write(|tx| tx.delete_unit(UnitId(2), 1, None)).unwrap();
    let (head, epoch) = (f.head(), f.epoch());
    f.reopen();
    assert_eq!((f.head(), f.epoch()), (head, epoch));
    assert!(f.unit(UnitId(1)).is_some());
    let next = f.put(memory, draft(&[("en", "c"), ("fa", "d")]), Mode::Add);
    assert_eq!(next, Outcome::Added(UnitId(3), 1));
}

#[test]
fn imports_that_ran_when_the_program_ended_are_interrupted() {
    let mut f = Fixture::new();
    let start = NewImport {
        memory: f.memory("tm").id,
        file: "a.tmx".into(),
        format: "tmx".into(),
        mode: "add".into(),
        by: None,
    };
    let id = f.write(move |tx| tx.start_import(&start)).unwrap();
    f.reopen();
    let import = f.read(|r| r.import(id)).unwrap().unwrap();
    assert_eq!(import.state, ImportState::Interrupted);
}

#[test]
fn an_old_database_is_brought_up_to_date_step_by_step_after_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap().close();
    let db = dir.path().join(DB_FILE);
    let mut conn = rusqlite::Connection::open(&db).unwrap();
    let now = schema::user_version(&conn).unwrap();
    let steps = [
        Step {
            to: 101,
            sql: "CREATE TABLE later (x INTEGER) STRICT",
        },
        Step {
            to: 102,
            sql: "INSERT INTO later VALUES (1); INSERT INTO nowhere VALUES (1)",
        },
    ];
    let error = schema::upgrade(&mut conn, &db, &steps).unwrap_err();
    assert!(
        matches!(error, OpenError::Upgrade { to: 102, .. }),
        "{error}"
    );
    assert_eq!(
        schema::user_version(&conn).unwrap(),
        101,
        "the first step is done, the second not at all"
    );
    let rows = |conn: &rusqlite::Connection| {
        conn.query_row("SELECT count(*) FROM later", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(rows(&conn), 0);
    let mended = [Step {
        to: 102,
        sql: "INSERT INTO later VALUES (1)",
    }];
    schema::upgrade(&mut conn, &db, &mended).unwrap();
    assert_eq!(
        (schema::user_version(&conn).unwrap(), rows(&conn)),
        (102, 1)
    );
    schema::upgrade(&mut conn, &db, &mended).unwrap();
    assert_eq!(rows(&conn), 1, "a step runs once");
    let copy = rusqlite::Connection::open(schema::beside(&db, &format!(".v{now}.backup"))).unwrap();
    assert_eq!(schema::user_version(&copy).unwrap(), now);
    assert_eq!(
        schema::application_id(&copy).unwrap(),
        schema::APPLICATION_ID
    );
}
