//! Databases of every earlier schema, as their program wrote them, are brought to the present one with nothing lost,
//! and have then the very shape of a new one.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use super::*;
use crate::store::schema::{self, VERSION, beside};
use crate::store::{DB_FILE, ImportId, ImportState};

/// Each earlier schema with a database that has something of everything.
const EARLIER: &[(u32, &str)] = &[(1, include_str!("../../../tests/fixtures/schema/v1.sql"))];

fn folder_with(sql: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let conn = rusqlite::Connection::open(dir.path().join(DB_FILE)).unwrap();
    conn.execute_batch(sql).unwrap();
    dir
}

fn rows(conn: &rusqlite::Connection, sql: &str) -> Vec<Vec<rusqlite::types::Value>> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|c| row.get(c)).collect());
    rows.unwrap().map(Result::unwrap).collect()
}

fn tables(conn: &rusqlite::Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut statement = conn.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

/// All that decides how a database behaves. Its SQL text would not do: a column that is added stands elsewhere in it.
fn shape(conn: &rusqlite::Connection) -> BTreeSet<String> {
    let mut shape = BTreeSet::new();
    let of = |kind: &str| {
        rows(
            conn,
            &format!("SELECT name FROM sqlite_schema WHERE type = '{kind}'"),
        )
        .concat()
    };
    for kind in ["view", "trigger"] {
        shape.extend(of(kind).into_iter().map(|name| format!("{kind} {name:?}")));
    }
    for row in rows(
        conn,
        "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main'",
    ) {
        shape.insert(format!("table {row:?}"));
    }
    for table in tables(conn) {
        // Where a column stands is of no weight: all SQL names its columns.
        let columns = format!(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo('{table}')"
        );
        let keys = format!(
            "SELECT \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list('{table}')"
        );
        let indexes = format!(
            "SELECT l.name, l.\"unique\", l.origin, l.partial, x.seqno, x.name, x.desc, x.coll, x.key
             FROM pragma_index_list('{table}') l, pragma_index_xinfo(l.name) x"
        );
        for sql in [columns, keys, indexes] {
            for row in rows(conn, &sql) {
                shape.insert(format!("{table} {row:?}"));
            }
        }
    }
    shape
}

fn connect(dir: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(dir.join(DB_FILE)).unwrap()
}

#[test]
fn every_earlier_schema_becomes_the_shape_of_a_new_database() {
    let fresh = tempfile::tempdir().unwrap();
    open(fresh.path()).unwrap().close();
    let wanted = shape(&connect(fresh.path()));
    assert!(wanted.len() > 100);
    for (version, sql) in EARLIER {
        let dir = folder_with(sql);
        open(dir.path()).unwrap().close();
        let upgraded = connect(dir.path());
        assert_eq!(schema::user_version(&upgraded).unwrap(), VERSION);
        let has = shape(&upgraded);
        let (lacking, extra): (Vec<_>, Vec<_>) = (
            wanted.difference(&has).collect(),
            has.difference(&wanted).collect(),
        );
        assert!(
            lacking.is_empty() && extra.is_empty(),
            "from {version}: schema.sql has {lacking:#?}, the steps make {extra:#?}"
        );
    }
}

#[test]
fn there_is_a_database_of_every_earlier_schema_and_one_step_for_each() {
    let fixtures: Vec<u32> = EARLIER.iter().map(|(version, _)| *version).collect();
    assert_eq!(fixtures, (1..VERSION).collect::<Vec<_>>());
    let steps: Vec<u32> = schema::STEPS.iter().map(|step| step.to).collect();
    assert_eq!(steps, (2..=VERSION).collect::<Vec<_>>());
}

#[test]
fn an_upgrade_keeps_every_row_and_lays_a_copy_beside() {
    for (version, sql) in EARLIER {
        let dir = folder_with(sql);
        let before = connect(dir.path());
        let old_tables = tables(&before);
        let content = |conn: &rusqlite::Connection| -> Vec<_> {
            let of = |table: &String| {
                let sql = format!("SELECT * FROM \"{table}\"");
                let statement = before.prepare(&sql).unwrap();
                let names: Vec<&str> = statement.column_names().collect();
                let columns = format!("\"{}\"", names.join("\", \""));
                rows(
                    conn,
                    &format!("SELECT {columns} FROM \"{table}\" ORDER BY 1, 2, 3"),
                )
            };
            old_tables.iter().map(of).collect()
        };
        let old = content(&before);
        assert!(old.iter().all(|rows| !rows.is_empty()) || *version == 1);
        open(dir.path()).unwrap().close();
        assert!(content(&connect(dir.path())) == old, "from {version}");
        let copy = beside(&dir.path().join(DB_FILE), &format!(".v{version}.backup"));
        let copy = rusqlite::Connection::open(copy).unwrap();
        assert_eq!(schema::user_version(&copy).unwrap(), *version);
        assert!(content(&copy) == old, "the copy of {version}");
    }
}

#[test]
fn an_upgraded_store_is_well_and_works_as_before() {
    let dir = folder_with(EARLIER[0].1);
    let store = open(dir.path()).unwrap();
    assert_eq!(store.check(Duration::MAX).unwrap().findings, []);
    let read = |name: &str| store.read(|r| r.memory(name)).unwrap();
    let (river, news) = (read("river").unwrap(), read("news").unwrap());
    assert_eq!((river.units, river.read_only, river.penalty), (3, true, 3));
    assert!(read("old").is_none());
    let unit = store.read(|r| r.unit(UnitId(1))).unwrap().unwrap();
    let tagged = unit.variants[0].tagged.as_deref();
    assert_eq!(
        tagged,
        Some("The <bpt i=\"1\">&lt;b&gt;</bpt>river<ept i=\"1\">&lt;/b&gt;</ept> is wide.")
    );
    assert_eq!(unit.created.by.as_deref(), Some("sara"));
    let revisions = store.read(|r| r.history(UnitId(6), None, 9)).unwrap().0;
    assert_eq!(
        revisions.iter().map(|r| r.rev).collect::<Vec<_>>(),
        [3, 2, 1]
    );
    let deleted = store.read(|r| r.history(UnitId(7), None, 9)).unwrap().0;
    assert!(deleted[0].unit.is_none() && deleted[1].unit.is_some());
    let import = store.read(|r| r.import(ImportId(2))).unwrap().unwrap();
    assert_eq!(
        (import.state, import.report.skipped),
        (ImportState::Done, 1)
    );
    let memory = news.id;
    let again =
        Prepared::new(draft(&[("en", "The door is open."), ("fa", "در باز است.")])).unwrap();
    let outcome = store
        .write(move |tx| tx.put_draft(memory, again, Mode::Add, None, None))
        .unwrap();
    assert_eq!(outcome, Outcome::Unchanged(UnitId(4), 1));
    store
        .write(|tx| tx.delete_unit(UnitId(6), 3, None))
        .unwrap();
    assert_eq!(store.check(Duration::MAX).unwrap().findings, []);
}

#[test]
fn an_old_backup_is_restored_as_the_present_schema() {
    let old = folder_with(EARLIER[0].1);
    let dir = tempfile::tempdir().unwrap();
    let file = old.path().join(DB_FILE);
    let restored = crate::store::restore(dir.path(), &file, &OpenOptions::default()).unwrap();
    assert_eq!((restored.units, restored.aside), (7, None));
    assert_eq!(schema::user_version(&connect(dir.path())).unwrap(), VERSION);
    let kept = rusqlite::Connection::open(&file).unwrap();
    assert_eq!(
        schema::user_version(&kept).unwrap(),
        1,
        "the backup is as it was"
    );
    assert!(fs::read_dir(dir.path()).unwrap().count() < 4);
}
