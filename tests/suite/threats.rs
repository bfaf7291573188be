//! Every claim and every fault of `docs/threat-model.md` names its tests, and each of them is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// The names of all functions that stand below a mark of a test.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = String::new();
    sources(&root.join("src"), &mut all);
    sources(&root.join("tests"), &mut all);
    let mut names = BTreeSet::new();
    let mut marked = false;
    for line in all.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[actix_web::test]") {
            marked = true;
        } else if let Some((_, rest)) = line.split_once("fn ")
            && std::mem::take(&mut marked)
        {
            names.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
        }
    }
    names
}

/// The rows of the page that begin with such a letter and a number, each with the tests that it names, all of which
/// are there.
fn rows(letter: char) -> Vec<String> {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/threat-model.md");
    let text = fs::read_to_string(model).unwrap();
    let tests = tests();
    let mut rows = Vec::new();
    for line in text
        .lines()
        .filter(|line| line.starts_with(&format!("| {letter}")))
    {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, words, named, _] = cells[..] else {
            panic!("a row has its number, its words and its tests: {line}");
        };
        assert!(!words.is_empty());
        let named: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{number} has no test");
        for name in named {
            assert!(tests.contains(name), "{number}: there is no test {name}");
        }
        rows.push(number.to_owned());
    }
    rows
}

#[test]
fn every_claim_has_its_test() {
    let claims = rows('C');
    let wanted: Vec<String> = (1..=claims.len()).map(|n| format!("C{n}")).collect();
    assert_eq!(claims, wanted);
    assert!(claims.len() >= 30);
}

#[test]
fn every_fault_has_its_test() {
    let wanted: Vec<String> = (1..=30).map(|n| format!("F{n}")).collect();
    let faults: Vec<String> = rows('F');
    assert_eq!(faults, wanted);
}
