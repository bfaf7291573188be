//! Data folders that are not ours to open: refused in one line, and left as they are.

use std::collections::BTreeMap;
use std::path::Path;

use super::cli::{TSV, folder_with};
use super::process::{err, out, run};

/// Name → content of everything in a folder but the lock, which says nothing.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: BTreeMap<_, _> = entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    files.remove("lock");
    files
}

/// Whatever is asked of this folder, it ends with 1 and one line that has `reason`, and changes no file.
fn is_refused(data: &Path, reason: &str) {
    let before = files(data);
    let file = data.with_file_name("a.tsv");
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["import", file.to_str().unwrap(), "--memory", "news"],
        &["export", "--memory", "news", "--format", "tmx"],
        &["lookup", "The door is open.", "--from", "en", "--to", "fa"],
    ] {
        let output = run(data, arguments);
        let told = err(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{arguments:?}: {told}");
        assert!(
            told.contains("hamzaban.db") && told.contains(reason),
            "{told}"
        );
        assert_eq!(out(&output), "");
        assert!(files(data) == before, "{arguments:?} changed a file");
    }
}

#[test]
fn folders_of_others_and_of_newer_versions_are_refused_and_left_as_they_are() {
    let folder = folder_with(&[("a.tsv", TSV)]);
    let data = |name: &str| {
        let data = folder.path().join(name);
        std::fs::create_dir_all(&data).unwrap();
        data
    };
    let (letter, foreign, newer) = (data("letter"), data("foreign"), data("newer"));
    std::fs::write(
        letter.join("hamzaban.db"),
        "Dear reader, this is a letter.".repeat(99),
    )
    .unwrap();
    is_refused(&letter, "not an SQLite database");

    let base = rusqlite::Connection::open(foreign.join("hamzaban.db")).unwrap();
    base.execute_batch("CREATE TABLE songs (title); INSERT INTO songs VALUES ('one');")
        .unwrap();
    drop(base);
    is_refused(&foreign, "another program");

    let made = run(
        &newer,
        &["lookup", "nothing yet", "--from", "en", "--to", "fa"],
    );
    assert!(made.status.success(), "{}", err(&made));
    let base = rusqlite::Connection::open(newer.join("hamzaban.db")).unwrap();
    base.pragma_update(None, "user_version", 999).unwrap();
    drop(base);
    is_refused(&newer, "newer hamzaban");
}

#[test]
fn a_database_too_damaged_to_be_opened_says_what_to_do_and_that_helps() {
    let folder = folder_with(&[("a.tsv", TSV)]);
    let (data, file) = (folder.path().join("data"), folder.path().join("a.tsv"));
    let file = file.to_str().unwrap();
    let backup = folder.path().join("b.db");
    let backup = backup.to_str().unwrap();
    for arguments in [
        &["import", file, "--memory", "news"][..],
        &["backup", backup],
    ] {
        let done = run(&data, arguments);
        assert!(done.status.success(), "{}", err(&done));
    }
    let db = data.join("hamzaban.db");
    let mut bytes = std::fs::read(&db).unwrap();
    bytes[100..300].fill(0xff);
    std::fs::write(&db, bytes).unwrap();
    let lookup = ["lookup", "The door is open.", "--from", "en", "--to", "fa"];
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["verify"],
        &lookup,
    ] {
        let output = run(&data, arguments);
        let told = err(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{arguments:?}: {told}");
        for part in ["hamzaban.db: the store is damaged", "hamzaban restore FILE"] {
            assert!(told.contains(part), "{arguments:?}: {told}");
        }
    }
    let restored = run(&data, &["restore", backup]);
    assert!(restored.status.success(), "{}", err(&restored));
    assert!(out(&run(&data, &lookup)).contains("در باز است."));
}
