//! Real files in, looked up, and out again, each with everything that is in it. Skipped where they are absent.

use std::collections::{HashMap, HashSet};

use hamzaban::engine::{Caller, Lookup, Match};
use serde_json::{Value, json};

use super::helpers::{TestServer, shared};
use super::tmx::{self, Tu, assert_same_content};

impl TestServer {
    /// A memory made of this file, and the import's report.
    fn fill(&self, memory: &str, query: &str, file: &[u8]) -> Value {
        let made = self.post("/v1/memories", &json!({ "name": memory }).to_string());
        assert_eq!(made.status, 201, "{}", made.text);
        let imported = self.import(memory, query, file);
        assert_eq!(imported.status, 200, "{}", imported.text);
        imported.json()
    }

    fn export(&self, memory: &str, format: &str) -> String {
        let reply = self.get(&format!("/v1/memories/{memory}/export?format={format}"));
        assert_eq!(reply.status, 200);
        reply.text
    }

    /// What is the same as this text, best first.
    fn same(&self, from: &str, to: &str, text: &str) -> Vec<Match> {
        let lookup = json!({ "source_lang": from, "target_lang": to, "text": text, "threshold": 100, "limit": 5 });
        let lookup: Lookup = serde_json::from_value(lookup).unwrap();
        self.engine
            .lookup(&Caller::local(), &lookup)
            .unwrap()
            .matches
    }
}

fn figures(report: &Value) -> [u64; 5] {
    ["read", "added", "updated", "unchanged", "skipped"].map(|name| report[name].as_u64().unwrap())
}

/// Each text in `from` comes back first, with a target of its own. How many were asked.
fn each_source_comes_back_first(
    server: &TestServer,
    units: &[&Tu],
    [from, to]: [&str; 2],
) -> usize {
    let mut targets: HashMap<&str, HashSet<&str>> = HashMap::new();
    for unit in units {
        targets
            .entry(unit.text(from))
            .or_default()
            .insert(unit.text(to));
    }
    for (source, targets) in &targets {
        let matches = server.same(from, to, source);
        let first = matches
            .first()
            .unwrap_or_else(|| panic!("its own segment finds nothing: {source}"));
        assert!(first.score >= 100);
        assert!(
            targets.contains(first.target.as_str()),
            "{source}: {matches:#?}"
        );
    }
    targets.len()
}

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn every_segment_of_tico19_is_found_and_the_file_comes_out_as_it_went_in() {
    let Some(file) = shared("tico19.en-fa.tmx") else {
        return;
    };
    let server = TestServer::start();
    let report = server.fill("tico", "format=tmx", &file);
    assert_eq!(figures(&report), [3_071, 3_070, 0, 1, 0]);

    let mut units = tmx::read(utf8(&file));
    assert_eq!(units.len(), 3_071);
    let all: Vec<&Tu> = units.iter().collect();
    let sources = each_source_comes_back_first(&server, &all, ["en", "fa"]);
    let mut times: HashMap<&str, usize> = HashMap::new();
    units
        .iter()
        .for_each(|unit| *times.entry(unit.text("fa")).or_default() += 1);
    let unique: Vec<&Tu> = units
        .iter()
        .filter(|unit| times[unit.text("fa")] == 1)
        .collect();
    let persian = each_source_comes_back_first(&server, &unique, ["fa", "en"]);
    println!("{sources} English and {persian} Persian segments looked up");

    let again = server.import("tico", "format=tmx", &file).json();
    assert_eq!(figures(&again), [3_071, 0, 0, 3_071, 0]);
    let mut seen = HashSet::new();
    units.retain(|unit| seen.insert((unit.text("en").to_owned(), unit.text("fa").to_owned())));
    assert_eq!(units.len(), 3_070);
    assert_same_content(&units, &tmx::read(&server.export("tico", "tmx")));
}

#[test]
fn tags_props_notes_dates_and_users_of_the_sample_survive_two_memories() {
    let Some(file) = shared("sample-en-fa.tmx.xz") else {
        return;
    };
    let server = TestServer::start();
    let report = server.fill("first", "format=tmx", &file);
    assert_eq!(figures(&report), [18_427, 18_427, 0, 0, 0]);
    let units = tmx::read(utf8(&file));
    let count = |of: fn(&Tu) -> usize| units.iter().map(of).sum::<usize>();
    println!(
        "{} units, {} tags, {} props, {} notes",
        units.len(),
        count(|unit| unit
            .variants
            .iter()
            .map(|variant| variant.seg.matches("</").count())
            .sum()),
        count(|unit| unit.about.props.len()),
        count(|unit| unit.about.notes.len()),
    );
    let first = server.export("first", "tmx");
    assert_same_content(&units, &tmx::read(&first));
    let report = server.fill("second", "format=tmx", first.as_bytes());
    assert_eq!(figures(&report), [18_427, 18_427, 0, 0, 0]);
    let second = server.export("second", "tmx");
    assert_same_content(&units, &tmx::read(&second));
    assert!(first == second, "two exports of the same content differ");
}

#[test]
fn no_line_of_a_large_table_is_lost() {
    let Some(file) = shared("en_fa.tsv.xz") else {
        return;
    };
    let pairs = |text: &str| -> HashSet<(String, String)> {
        let pair = |line: &str| {
            let mut cells = line.split('\t');
            Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
        };
        text.split_terminator('\n')
            .map(|line| pair(line).unwrap())
            .collect()
    };
    let given = pairs(utf8(&file));
    let lines = utf8(&file).split_terminator('\n').count() as u64;
    let server = TestServer::start();
    let report = server.fill("table", "format=tsv&from=en&to=fa", &file);
    let [read, added, updated, unchanged, skipped] = figures(&report);
    assert_eq!((read, updated, skipped), (lines, 0, 0));
    assert_eq!(added + unchanged, lines);
    let mut taken = pairs(&server.export("table", "tsv"));
    assert!(
        taken.remove(&("en".to_owned(), "fa".to_owned())),
        "the header"
    );
    let lost: Vec<_> = given.difference(&taken).take(3).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(taken.len(), given.len());
    println!("{lines} lines, {} pairs", given.len());
}

/// File, status, [read, added, unchanged, skipped], and the code of the problem.
const HARD: [(&str, u16, [u64; 4], &str); 24] = [
    ("01_utf16le_bom", 200, [2, 2, 0, 0], ""),
    ("02_utf16be_bom", 200, [2, 2, 0, 0], ""),
    ("04_utf8_bom", 200, [2, 2, 0, 0], ""),
    (
        "05_declared_utf8_is_cp1256",
        422,
        [0, 0, 0, 0],
        "encoding_error",
    ),
    ("06_cdata", 200, [1, 1, 0, 0], ""),
    ("08_undefined_entity", 200, [2, 1, 0, 1], ""),
    ("09_missing_target_tuv", 200, [3, 2, 0, 1], ""),
    ("11_nested_hi_sub", 200, [1, 1, 0, 0], ""),
    ("13_lang_attr_not_xml", 200, [1, 1, 0, 0], ""),
    ("14_empty_seg", 200, [5, 2, 0, 3], ""),
    ("15_duplicate_tuid", 200, [3, 2, 1, 0], ""),
    ("17_100k_segment", 200, [3, 2, 0, 1], ""),
    ("19_raw_control_chars", 200, [3, 2, 0, 1], ""),
    ("20_allowed_controls", 200, [1, 1, 0, 0], ""),
    (
        "22_billion_laughs_small",
        422,
        [0, 0, 0, 0],
        "doctype_not_allowed",
    ),
    ("24_external_dtd", 200, [2, 2, 0, 0], ""),
    ("25_unclosed_last", 422, [2, 2, 0, 0], "unexpected_eof"),
    ("27_orphan_bpt_ept", 200, [1, 1, 0, 0], ""),
    ("29_tuv_attrs_props", 200, [1, 1, 0, 0], ""),
    ("30_bidi_controls", 200, [1, 1, 0, 0], ""),
    ("32_deep_nesting", 200, [3, 3, 0, 0], ""),
    ("33_empty_file", 422, [0, 0, 0, 0], "not_tmx"),
    ("34_html_not_tmx", 422, [0, 0, 0, 0], "not_tmx"),
    ("35_crlf_ws", 200, [1, 1, 0, 0], ""),
];

#[test]
fn hard_files_get_their_report_or_one_clear_problem_and_the_server_goes_on() {
    let server = TestServer::with_a_unit();
    for (name, status, expected, code) in HARD {
        let Some(file) = shared(&format!("tmx-hard/{name}.tmx")) else {
            return;
        };
        let memory = name.to_owned();
        server.post("/v1/memories", &json!({ "name": memory }).to_string());
        let reply = server.import(&memory, "format=tmx", &file);
        assert_eq!(reply.status, status, "{name}: {}", reply.text);
        let body = reply.json();
        let report = if status == 200 {
            &body
        } else {
            &body["report"]
        };
        let [read, added, _, unchanged, skipped] = figures(report);
        assert_eq!(
            [read, added, unchanged, skipped],
            expected,
            "{name}: {report:#}"
        );
        assert_eq!(body["code"].as_str().unwrap_or_default(), code, "{name}");
        if status == 422 {
            assert!(
                body["line"].is_u64() && body["byte"].is_u64(),
                "{name}: {body:#}"
            );
        }
        let problems = report["problems"].as_array().unwrap();
        assert!(
            problems.len() as u64 >= skipped + u64::from(status == 422),
            "{name}: {report:#}"
        );
        what_was_added_is_found(&server, &memory, added);
        assert_eq!(
            server.same("en", "fa", "The door is open.").len(),
            1,
            "after {name}"
        );
    }
}

/// The memory holds so many units, all of them clean, and look-ups find each.
fn what_was_added_is_found(server: &TestServer, memory: &str, units: u64) {
    let page = server
        .engine
        .units(&Caller::local(), memory, &Default::default(), None, 1_000)
        .unwrap();
    assert_eq!(page.units.len() as u64, units, "{memory}");
    for unit in &page.units {
        let source = &unit.variants[unit.source_lang.as_str()];
        assert!(
            !source.contains(['\0', '\u{7}', '\u{FEFF}', '\u{FFFD}']),
            "{memory}: {source:?}"
        );
        let found = server.same(unit.source_lang.as_str(), "fa", source);
        let is_it = |found: &Match| found.unit_id == unit.id && found.source == *source;
        assert!(found.iter().any(is_it), "{memory}: {source:?}: {found:#?}");
    }
}
