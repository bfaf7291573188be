//! The arrows of `src/lib.rs` are true: no room uses another that it may not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ARROWS: &[(&str, &[&str])] = &[
    ("cli", &["engine", "http", "config", "telemetry", "model"]),
    (
        "http",
        &["engine", "config", "telemetry", "failpoint", "model"],
    ),
    (
        "engine",
        &[
            "store",
            "index",
            "names",
            "score",
            "formats",
            "documents",
            "text",
            "failpoint",
            "model",
        ],
    ),
    ("names", &["text", "model"]),
    ("index", &["score", "text", "model"]),
    ("score", &["text"]),
    ("store", &["text", "failpoint", "model"]),
    ("formats", &["text", "model"]),
    ("documents", &["text", "model"]),
    ("text", &[]),
    ("config", &[]),
    ("telemetry", &[]),
    ("failpoint", &[]),
    ("model", &[]),
];

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Rooms that a file names after `crate::`, also in braces: `use crate::{a, b::C}`.
fn rooms_used(source: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for after in source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
        .split("crate::")
        .skip(1)
    {
        let name = |text: &str| {
            text.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect::<String>()
        };
        match after.strip_prefix('{') {
            Some(list) => rooms.extend(
                list.split('}')
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .map(|item| name(item.trim())),
            ),
            None => rooms.push(name(after)),
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

#[test]
fn no_room_uses_another_that_it_may_not() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut files = Vec::new();
    source_files(&src, &mut files);
    let mut faults = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let room = inside
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        if room == "lib" || room == "main" {
            continue;
        }
        let allowed = arrows
            .get(room.as_str())
            .unwrap_or_else(|| panic!("{room} is on no map: add it to src/lib.rs and here"));
        for used in rooms_used(&fs::read_to_string(&file).unwrap()) {
            if used != room && !allowed.contains(&used.as_str()) {
                faults.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "arrows that are not on the map: {faults:#?}"
    );
}

#[test]
fn the_map_has_no_cycle() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    fn walk<'a>(room: &'a str, arrows: &BTreeMap<&'a str, &'a [&'a str]>, path: &mut Vec<&'a str>) {
        assert!(!path.contains(&room), "a cycle: {path:?} → {room}");
        path.push(room);
        for next in arrows[room] {
            walk(next, arrows, path);
        }
        path.pop();
    }
    for room in arrows.keys() {
        walk(room, &arrows, &mut Vec::new());
    }
}
