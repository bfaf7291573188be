//! Names against real data: the annotated articles, spellings nobody listed, and look-alikes, with the shipped glossary.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use hamzaban::formats::glossary;
use hamzaban::names::{Finder, Mention, Scope, spans};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn finder() -> &'static Finder {
    static FINDER: OnceLock<Finder> = OnceLock::new();
    FINDER.get_or_init(|| {
        let file = fs::File::open(root("glossary/concepts.csv")).unwrap();
        Finder::new(&glossary::read(file).unwrap().concepts())
    })
}

fn shared(path: &str) -> Option<PathBuf> {
    let shared = std::env::var("HAMZABAN_SHARED").map_or_else(|_| root("../shared"), PathBuf::from);
    let path = shared.join("data").join(path);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path)
}

fn id(mention: &Mention) -> &'static str {
    finder().concept(mention).unwrap().id.as_str()
}

/// The ids that the measures count.
fn counted() -> Option<BTreeSet<String>> {
    let table = fs::read_to_string(shared("concepts.tsv")?).unwrap();
    let ids = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next());
    Some(ids.map(str::to_owned).collect())
}

#[test]
fn annotated_articles_are_read_as_people_read_them() {
    let (Some(folder), Some(counted)) = (shared("articles"), counted()) else {
        return;
    };
    let (mut right, mut missed, mut wrong) = (0, 0, 0);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for gold in files
        .iter()
        .filter(|path| path.to_string_lossy().ends_with(".gold.jsonl"))
    {
        let text =
            fs::read_to_string(gold.to_string_lossy().replace(".gold.jsonl", ".txt")).unwrap();
        let mentions = finder().find(&text, Scope::default());
        let ranges: Vec<_> = mentions
            .iter()
            .map(|mention| mention.range.clone())
            .collect();
        let mut found: HashMap<(usize, usize), &str> = HashMap::new();
        for (span, mention) in spans(&text, &ranges).iter().zip(&mentions) {
            found.insert((span.start, span.end), id(mention));
        }
        let mut spared = Vec::new();
        for line in fs::read_to_string(gold).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let at = |key: &str| row[key].as_u64().unwrap() as usize;
            let span = (at("start"), at("end"));
            let concept = row["concept"].as_str().unwrap();
            if row["optional"].as_bool() == Some(true) || !counted.contains(concept) {
                spared.push(span);
                continue;
            }
            if found.get(&span) == Some(&concept) {
                found.remove(&span);
                right += 1;
            } else {
                missed += 1;
                println!(
                    "missed {span:?} {} {concept}; found {:?}",
                    row["text"],
                    found.get(&span)
                );
            }
        }
        for (span, concept) in found {
            let spared = spared
                .iter()
                .any(|other| other.0 < span.1 && span.0 < other.1);
            if !spared && counted.contains(concept) {
                wrong += 1;
                let there: String = text.chars().skip(span.0).take(span.1 - span.0).collect();
                println!("wrong {span:?} {there} {concept}");
            }
        }
    }
    let (precision, recall) = (ratio(right, right + wrong), ratio(right, right + missed));
    println!(
        "articles: {right} right, {missed} missed, {wrong} wrong; precision {precision:.3}, recall {recall:.3}"
    );
    assert!(precision >= 0.98 && recall >= 0.98);
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Rows of a fixture: cells of lines that are no comment.
fn fixture(name: &str) -> Vec<Vec<String>> {
    let table = fs::read_to_string(root("tests/fixtures/names").join(name)).unwrap();
    let rows = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| row.split('\t').map(str::to_owned).collect())
        .collect()
}

/// What a text as a whole is said to name, or the longest thing in it.
fn named(text: &str) -> Option<&'static str> {
    let mentions = finder().find(text, Scope::default());
    let longest = mentions.iter().max_by_key(|mention| mention.range.len());
    longest.map(id)
}

#[test]
fn spellings_that_nobody_listed_are_found() {
    let mut tally: HashMap<&str, (usize, usize, usize)> = HashMap::new();
    for row in fixture("variants.tsv") {
        let [concept, spelling] = row.as_slice() else {
            panic!("two cells: {row:?}");
        };
        let lang = if spelling.is_ascii() || spelling.chars().any(|c| c.is_ascii_alphabetic()) {
            "en"
        } else {
            "fa"
        };
        let (total, found, wrong) = tally.entry(lang).or_default();
        *total += 1;
        let whole = finder().find(spelling, Scope::default());
        let covers = whole.iter().any(|mention| {
            mention.range.len() + 8 >= spelling.trim().len() && id(mention) == concept
        });
        match named(spelling) {
            Some(id) if id == concept && covers => *found += 1,
            Some(id) if id != concept => {
                *wrong += 1;
                println!("wrong: {spelling} is {concept}, not {id}");
            }
            other => println!("missed: {spelling} ({concept}) {other:?}"),
        }
    }
    println!("variants, of how many, found, wrong: {tally:?}");
    for (lang, (total, found, wrong)) in tally {
        let least = if lang == "fa" { 1.0 } else { 0.95 };
        assert!(
            total >= 100 && ratio(found, total) >= least && wrong == 0,
            "{lang}"
        );
    }
}

#[test]
fn what_only_looks_like_a_name_is_left_alone() {
    let rows = fixture("hard-negatives.tsv");
    let mut false_positives = 0;
    for row in &rows {
        // A text, and the ids that may be found in it nevertheless.
        let allowed: Vec<&str> = row
            .get(1)
            .map(|ids| ids.split(' ').collect())
            .unwrap_or_default();
        let counted = counted();
        for mention in finder().find(&row[0], Scope::default()) {
            let concept = id(&mention);
            let counts = counted.as_ref().is_none_or(|ids| ids.contains(concept));
            if counts && !allowed.contains(&concept) {
                false_positives += 1;
                println!(
                    "false: {} in {} is no {concept} ({:?})",
                    &row[0][mention.range.clone()],
                    row[0],
                    mention.via
                );
            }
        }
    }
    println!(
        "{false_positives} false positives in {} hard negatives",
        rows.len()
    );
    assert!(rows.len() >= 300 && false_positives * 175 <= 2 * rows.len());
}
