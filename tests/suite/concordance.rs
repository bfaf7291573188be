//! The concordance: over a real socket, with good and bad questions, and among real segments against a look at every
//! one of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hamzaban::engine::{Caller, Concordance, ConcordanceHit};
use hamzaban::model::Lang;
use hamzaban::text::{Analysis, Kind, analyse};
use serde_json::{Value, json};

use super::helpers::{Random, Reply, TestServer, shared};
use super::replies::is_problem;

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "%{byte:02X}").unwrap();
        all
    })
}

fn ask(server: &TestServer, query: &str, more: &str) -> Reply {
    server.get(&format!("/v1/concordance?q={}{more}", encoded(query)))
}

fn texts(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reply = reply.json();
    let hits = reply["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["text"].as_str().unwrap().to_owned())
        .collect()
}

fn with_units(units: &[(&str, &str)]) -> TestServer {
    let server = TestServer::start();
    server.post("/v1/memories", r#"{"name":"news"}"#);
    let lines: String = units
        .iter()
        .map(|(en, fa)| format!("{en}\t{fa}\n"))
        .collect();
    let imported = server.import("news", "format=tsv&from=en&to=fa", lines.as_bytes());
    assert_eq!(imported.json()["added"], units.len(), "{}", imported.text);
    server
}

#[test]
fn a_hit_shows_both_sides_and_where_the_words_stand() {
    let server = with_units(&[
        ("The 😀 door is open.", "در 😀 باز است."),
        ("The window is shut.", "پنجره بسته است."),
    ]);
    let page = ask(&server, "OPEN \"door is\"", "&lang=en-GB&target_lang=fa").json();
    let hit = &page["hits"][0];
    assert_eq!(hit["text"], "The 😀 door is open.");
    assert_eq!(
        hit["spans"],
        json!([
            { "start": 6, "end": 13, "start_utf16": 7, "end_utf16": 14 },
            { "start": 14, "end": 18, "start_utf16": 15, "end_utf16": 19 },
        ])
    );
    assert_eq!(
        hit["translations"],
        json!([{ "lang": "fa", "text": "در 😀 باز است." }])
    );
    assert_eq!(
        (&hit["lang"], &hit["memory"], &hit["rev"]),
        (&json!("en"), &json!("news"), &json!(1))
    );
    assert_eq!(
        (&page["truncated"], page.get("cursor")),
        (&json!(false), None)
    );
    // The other side, and Arabic letters for Persian ones.
    let page = ask(&server, "باز", "&memory=news").json();
    assert_eq!(page["hits"][0]["lang"], "fa");
    assert_eq!(
        texts(&ask(&server, "پنجره بسته", "&lang=fa")),
        ["پنجره بسته است."]
    );
    assert_eq!(texts(&ask(&server, "door", "&lang=fa")), [""; 0]);
    assert_eq!(texts(&ask(&server, "door", "&target_lang=de")), [""; 0]);
    assert_eq!(texts(&ask(&server, "is", "")).len(), 2);
    assert_eq!(texts(&ask(&server, "window door", "")), [""; 0]);
}

#[test]
fn pages_follow_each_other_newest_first_and_see_edits() {
    let units: Vec<(String, String)> = (0..25)
        .map(|n| (format!("common word {n}"), format!("متن {n}")))
        .collect();
    let units: Vec<(&str, &str)> = units
        .iter()
        .map(|(en, fa)| (en.as_str(), fa.as_str()))
        .collect();
    let server = with_units(&units);
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let reply = ask(&server, "word common", &format!("&limit=10{cursor}"));
        all.extend(texts(&reply));
        match reply.json()["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        is_problem(&ask(&server, "word", &cursor), 400, "invalid_cursor");
    }
    let expected: Vec<String> = (0..25).rev().map(|n| format!("common word {n}")).collect();
    assert_eq!(all, expected);
    let found = ask(&server, "\"word 7\"", "").json();
    let id = found["hits"][0]["unit_id"].as_str().unwrap();
    let edit = json!({ "rev": 1, "variants": { "en": "rare word", "fa": "متن" } }).to_string();
    server.json("PUT", &format!("/v1/units/{id}"), &edit);
    assert_eq!(texts(&ask(&server, "\"word 7\"", "")), [""; 0]);
    assert_eq!(texts(&ask(&server, "rare", "")), ["rare word"]);
    server.delete(&format!("/v1/units/{id}?rev=2"));
    assert_eq!(texts(&ask(&server, "rare", "")), [""; 0]);
}

#[test]
fn hostile_questions_are_literal_text() {
    let server = with_units(&[
        ("'; DROP TABLE segment;-- near the end {s}:x and ^", "یک"),
        ("nothing of the kind", "دو"),
    ]);
    for (query, hits) in [
        ("'; DROP TABLE segment;--", 1),
        ("NEAR(", 1),
        ("-the", 2),
        ("a* b*", 0),
        ("{s}:x", 1),
        ("^", 0),
        ("\"", 0),
        ("AND", 1),
        ("\"AND", 1),
        ("%_%", 0),
        ("the OR the", 0),
        ("\0the", 2),
        ("\u{202e}the", 2),
        ("*", 0),
        ("\u{200c}", 0),
    ] {
        assert_eq!(texts(&ask(&server, query, "")).len(), hits, "{query:?}");
    }
    let words = "the ".repeat(100);
    assert_eq!(texts(&ask(&server, &words, "")).len(), 2);
    for (query, code) in [
        ("", "empty_query"),
        (" \t", "empty_query"),
        (&"the ".repeat(500), "query_too_long"),
        (&"%_".repeat(10_000), "query_too_long"),
        (&"é".repeat(401), "query_too_long"),
    ] {
        is_problem(&ask(&server, query, ""), 400, code);
    }
    for (query, code) in [
        ("", "missing_field"),
        ("?q=a&limit=0", "out_of_range"),
        ("?q=a&limit=101", "out_of_range"),
        ("?q=a&limit=1e9", "out_of_range"),
        ("?q=a&lang=../x", "invalid_language"),
        ("?q=a&target_lang=", "invalid_language"),
        ("?q=a&cursor=1-00000000", "invalid_cursor"),
        ("?q=a&cursor=", "invalid_cursor"),
        ("?q=a&page=1", "unknown_field"),
        ("?q=a&q=b", "duplicate_field"),
    ] {
        is_problem(&server.get(&format!("/v1/concordance{query}")), 400, code);
    }
    is_problem(&ask(&server, "the", "&memory=none"), 404, "not_found");
    is_problem(&ask(&server, "the", "&memory=../x"), 404, "not_found");
    assert_eq!(texts(&ask(&server, "nothing", "")).len(), 1);
}

const UNITS: usize = 8_000;
const QUERIES: usize = 500;
/// Of longer lists only so many are compared.
const COMPARED: usize = 700;

/// What is asked for: texts that must stand together, the last word perhaps only begun.
type Parts = Vec<(String, bool)>;

/// Whether a part stands in a text from a token on: every way is tried.
fn stands(text: &Analysis, at: usize, part: &Analysis, from: usize, begun: bool) -> bool {
    if from == part.tokens.len() {
        return true;
    }
    let Some(stored) = text.tokens.get(at) else {
        return false;
    };
    let wanted = &part.tokens[from];
    let last = from + 1 == part.tokens.len();
    let alike = |word: &str, wanted: &str| {
        if begun && last {
            word.starts_with(wanted)
        } else {
            word == wanted
        }
    };
    let (word, asked) = (text.word(stored), part.word(wanted));
    let parts = |word: &str| {
        alike(word, asked) || stored.kind == Kind::Word && word.split('\'').any(|w| alike(w, asked))
    };
    if stored.kind == wanted.kind && parts(word) && stands(text, at + 1, part, from + 1, begun) {
        return true;
    }
    let joined = |of: &Analysis, second: usize| {
        let (a, b) = (&of.tokens[second - 1], of.tokens.get(second)?);
        let both = b.glued && a.arabic && b.arabic;
        both.then(|| format!("{}{}", of.word(a), of.word(b)))
    };
    if let Some(two) = joined(text, at + 1)
        && wanted.kind == Kind::Word
        && alike(&two, asked)
        && stands(text, at + 2, part, from + 1, begun)
    {
        return true;
    }
    let Some(two) = joined(part, from + 1) else {
        return false;
    };
    let fits = if begun && from + 2 == part.tokens.len() {
        word.starts_with(&two)
    } else {
        word == two
    };
    fits && stored.kind == Kind::Word && stands(text, at + 1, part, from + 2, begun)
}

fn occurs(text: &Analysis, parts: &[(Analysis, bool)]) -> bool {
    parts
        .iter()
        .all(|(part, begun)| (0..text.tokens.len()).any(|at| stands(text, at, part, 0, *begun)))
}

/// A question as a translator, or somebody wicked, puts it.
fn question(random: &mut Random, segments: &[String], number: usize) -> (String, Parts) {
    let clean = |text: &str| text.replace(['"', '«', '»', '“', '”', '„', '*'], " ");
    let pick = |random: &mut Random| clean(&segments[random.below(segments.len())]);
    let segment = pick(random);
    let words: Vec<&str> = segment.split_whitespace().collect();
    let start = random.below(words.len().max(1));
    let length = 2 + random.below(4);
    let phrase = words[start..words.len().min(start + length)].join(" ");
    let mut word = || words[random.below(words.len())].to_owned();
    let parts: Parts = match number % 10 {
        _ if words.is_empty() => vec![],
        0 => vec![(word(), false)],
        1 => vec![(word(), false), (word(), false)],
        2 | 3 => vec![(phrase, false)],
        4 => vec![(phrase, false), (word(), false)],
        5 => vec![(
            phrase.to_uppercase().replace('ی', "ي").replace('ک', "ك"),
            false,
        )],
        6 => vec![(phrase.replace('\u{200c}', " "), false)],
        7 => vec![(word().replace('\u{200c}', ""), false), (word(), false)],
        8 => {
            let begun: String = word().chars().take(3).collect();
            vec![(begun, true)]
        }
        _ => {
            let other = pick(random);
            vec![
                (phrase, false),
                (
                    other.split_whitespace().next().unwrap_or("x").to_owned(),
                    false,
                ),
            ]
        }
    };
    let query = parts.iter().map(|(text, begun)| {
        let single = !text.contains(char::is_whitespace);
        match (single, begun) {
            (true, true) => format!("{text}* "),
            (true, false) if number.is_multiple_of(2) => format!("{text} "),
            _ => format!("\"{text}\" "),
        }
    });
    let query: String = query.collect();
    (query, parts)
}

/// The ids that all pages give, the first [`COMPARED`] of them at least.
fn found(server: &TestServer, query: &str, lang: &str) -> Vec<ConcordanceHit> {
    let mut asked = Concordance {
        query: query.into(),
        lang: Some(Lang::parse(lang).unwrap()),
        limit: 100,
        ..Concordance::default()
    };
    let mut all = Vec::new();
    loop {
        let page = server.engine.concordance(&Caller::local(), &asked).unwrap();
        assert!(!page.truncated, "{query}");
        all.extend(page.hits);
        asked.cursor = page.cursor;
        if asked.cursor.is_none() || all.len() >= COMPARED {
            return all;
        }
    }
}

fn spans_are_sound(hit: &ConcordanceHit) {
    let (mut end, chars) = (0, hit.text.chars().count());
    assert!(!hit.spans.is_empty());
    for span in &hit.spans {
        assert!(
            end <= span.start && span.start < span.end && span.end <= chars,
            "{hit:?}"
        );
        let before: String = hit.text.chars().take(span.start).collect();
        let inside: String = hit
            .text
            .chars()
            .skip(span.start)
            .take(span.end - span.start)
            .collect();
        assert_eq!(span.start_utf16, before.encode_utf16().count());
        assert_eq!(
            span.end_utf16 - span.start_utf16,
            inside.encode_utf16().count()
        );
        assert!(!analyse(&inside).tokens.is_empty(), "{hit:?}");
        end = span.end;
    }
}

#[test]
fn five_hundred_questions_among_real_segments_give_what_a_look_at_each_gives() {
    let Some(file) = shared("en_fa.tsv.xz") else {
        return;
    };
    let file = String::from_utf8(file).unwrap();
    let mut random = Random(7);
    let mut chosen = BTreeSet::new();
    let lines: Vec<&str> = file.lines().collect();
    while chosen.len() < UNITS {
        chosen.insert(random.below(lines.len()));
    }
    let pair = |line: &str| {
        let mut cells = line.split('\t');
        format!("{}\t{}\n", cells.next().unwrap(), cells.next().unwrap())
    };
    let body: String = chosen.iter().map(|&line| pair(lines[line])).collect();
    let server = TestServer::start();
    server.post("/v1/memories", r#"{"name":"real"}"#);
    let imported = server.import("real", "format=tsv&from=en&to=fa&mode=add", body.as_bytes());
    assert_eq!(imported.status, 200, "{}", imported.text);

    let mut units: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server
            .get(&format!("/v1/memories/real/units?limit=500{cursor}"))
            .json();
        units.extend(page["units"].as_array().unwrap().iter().cloned());
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    units.reverse();
    let sides = ["en", "fa"].map(|lang| {
        let text = |unit: &Value| unit["variants"][lang].as_str().unwrap().to_owned();
        let texts: Vec<String> = units.iter().map(text).collect();
        let analysed: Vec<Analysis> = texts.iter().map(|text| analyse(text)).collect();
        (lang, texts, analysed)
    });
    let (mut hits, mut some, mut many) = (0, 0, 0);
    for number in 0..QUERIES {
        let (lang, texts, segments) = &sides[number / 10 % 2];
        let (query, parts) = question(&mut random, texts, number);
        let analysed = parts.iter().map(|(text, begun)| {
            let part = analyse(text);
            let last = part.tokens.last();
            let begun = *begun
                && last.is_some_and(|last| {
                    last.kind == Kind::Word
                        && last.chars > 1
                        && last.key.end as usize == part.key.len()
                });
            (part, begun)
        });
        let analysed: Vec<_> = analysed
            .filter(|(part, _)| !part.tokens.is_empty())
            .collect();
        if analysed.is_empty() || query.chars().count() > 400 {
            continue;
        }
        let expected = segments
            .iter()
            .zip(&units)
            .filter(|(text, _)| occurs(text, &analysed));
        let expected: Vec<&str> = expected
            .map(|(_, unit)| unit["id"].as_str().unwrap())
            .collect();
        let given = found(&server, &query, lang);
        given.iter().for_each(spans_are_sound);
        let ids: Vec<&str> = given.iter().map(|hit| hit.unit_id.as_str()).collect();
        let compared = if ids.len() >= COMPARED {
            ids.len()
        } else {
            expected.len()
        };
        assert_eq!(ids, expected[..compared.min(expected.len())], "{query:?}");
        hits += ids.len();
        some += usize::from(!ids.is_empty());
        many += usize::from(ids.len() >= COMPARED);
    }
    println!("{QUERIES} questions, {some} with hits, {hits} hits, {many} cut at {COMPARED}");
    assert!(some > QUERIES / 2);
}
