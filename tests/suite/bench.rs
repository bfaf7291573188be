//! `hamzaban bench`: figures on one's own data, which stays as it is.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::process::{Served, err, hamzaban, out, run};

/// A store of a few hundred units, and a folder for what is temporary.
fn filled() -> (TempDir, TempDir) {
    let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let words = [
        "door", "window", "house", "garden", "street", "city", "river",
    ];
    let line = |number: usize| {
        let word = |step: usize| words[number / step % words.len()];
        let (a, b, c) = (word(1), word(7), word(49));
        format!("The {a} near the {b} of the {c} is number {number}.\tشمارهٔ {number}\n")
    };
    let lines: String = (0..400).map(line).collect();
    let file = temporary.path().join("a.tsv");
    std::fs::write(&file, lines).unwrap();
    let file = file.to_str().unwrap();
    let import = [
        "import", file, "--memory", "m", "--from", "en", "--to", "fa",
    ];
    let imported = run(folder.path(), &import);
    assert!(imported.status.success(), "{}", err(&imported));
    std::fs::remove_file(file).unwrap();
    (folder, temporary)
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read(entry.path()).unwrap())
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}

fn bench(data: &Path, temporary: &Path, arguments: &[&str]) -> std::process::Output {
    hamzaban(data)
        .args(["bench", "--questions", "30"])
        .args(arguments)
        .env("TMPDIR", temporary)
        .output()
        .unwrap()
}

#[test]
fn figures_are_printed_and_the_folder_is_not_touched() {
    let (folder, temporary) = filled();
    let before = files(folder.path());
    let told = bench(folder.path(), temporary.path(), &[]);
    assert!(told.status.success(), "{}", err(&told));
    assert_eq!(files(folder.path()), before);
    assert_eq!(files(temporary.path()), BTreeMap::new());
    let text = out(&told);
    for line in [
        "400 units",
        "index: 800 segments",
        "memory: ",
        "snapshot: ",
        "batches: ",
        "import: 400 units",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let rows = text
        .lines()
        .filter(|line| line.trim_start().starts_with(char::is_numeric));
    assert_eq!(rows.count(), 12, "{text}");
}

#[test]
fn figures_for_machines_hold_what_was_found() {
    let (folder, temporary) = filled();
    let told = bench(
        folder.path(),
        temporary.path(),
        &["--json", "--memory", "m", "--from", "fa", "--to", "en"],
    );
    assert!(told.status.success(), "{}", err(&told));
    let report: Value = serde_json::from_str(&out(&told)).unwrap();
    assert_eq!(
        (&report["from"], &report["to"]),
        (&"fa".into(), &"en".into())
    );
    assert_eq!(report["import"]["units"], 400);
    let lookups = report["lookups"].as_array().unwrap();
    assert_eq!(lookups.len(), 12);
    for block in lookups {
        assert_eq!(
            (&block["questions"], &block["truncated"]),
            (&30.into(), &0.into())
        );
        if block["kind"] == "exact" {
            assert_eq!(block["matched"], 30, "{block}");
        }
    }
}

#[test]
fn a_server_that_holds_the_folder_is_no_hindrance() {
    let (folder, temporary) = filled();
    let server = Served::start(folder.path());
    let database = |folder: &Path| files(folder).remove("hamzaban.db");
    let before = database(folder.path());
    let told = bench(folder.path(), temporary.path(), &[]);
    assert!(told.status.success(), "{}", err(&told));
    assert!(out(&told).contains("400 units"), "{}", out(&told));
    assert_eq!(database(folder.path()), before);
    assert_eq!(server.end().0, 0);
}

#[test]
fn a_folder_without_a_store_is_told_of_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none");
    let told = bench(&none, folder.path(), &[]);
    assert_eq!(told.status.code(), Some(1));
    assert!(err(&told).contains("no store to measure"), "{}", err(&told));
    assert!(!none.exists());
    let there = bench(&none, folder.path(), &["--server", "http://127.0.0.1:1"]);
    assert_eq!(there.status.code(), Some(2), "{}", err(&there));
}
