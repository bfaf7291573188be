//! Look-ups among real segments give exactly what comparing with every one of them gives.

use std::collections::{BTreeMap, BTreeSet};

use hamzaban::engine::{Caller, Lookup};
use hamzaban::score::{self, Segment};
use serde_json::json;

use super::helpers::{Random, TestServer, shared};

const UNITS: usize = 3_000;
const QUERIES: usize = 60;
const THRESHOLDS: [u8; 6] = [50, 60, 70, 80, 90, 95];
/// The most matches that a look-up gives.
const LIMIT: usize = 100;

/// Real pairs: those of the memory, and as many others.
struct Pairs {
    random: Random,
    stored: Vec<[String; 2]>,
    unseen: Vec<[String; 2]>,
}

impl Pairs {
    fn draw() -> Option<Self> {
        let file = String::from_utf8(shared("en_fa.tsv.xz")?).unwrap();
        let mut random = Random(20_261_122);
        let lines: Vec<&str> = file.lines().collect();
        let mut chosen = BTreeSet::new();
        while chosen.len() < 2 * UNITS {
            chosen.insert(random.below(lines.len()));
        }
        let pair = |line: usize| {
            let mut cells = lines[line].split('\t').map(str::to_owned);
            [cells.next().unwrap(), cells.next().unwrap()]
        };
        let (mut stored, mut unseen) = (Vec::new(), Vec::new());
        for (place, line) in chosen.into_iter().enumerate() {
            let side = if place % 2 == 0 {
                &mut stored
            } else {
                &mut unseen
            };
            side.push(pair(line));
        }
        Some(Pairs {
            random,
            stored,
            unseen,
        })
    }

    /// What a translator may meet: the same segment, one that differs a little, or another.
    fn query(&mut self, side: usize, number: usize) -> String {
        let stored = self.stored[self.random.below(self.stored.len())][side].clone();
        let unseen = self.unseen[self.random.below(self.unseen.len())][side].clone();
        let mut words: Vec<&str> = stored.split(' ').collect();
        let mut others = unseen.split(' ');
        let place = self.random.below(words.len());
        match number % 10 {
            0 => return stored,
            1 => return unseen,
            2 => words[place] = others.next().unwrap(),
            3 => drop(words.remove(place)),
            4 => words.insert(place, others.next_back().unwrap()),
            5 => words.swap(place, 0),
            6 => {
                words.rotate_left(place);
                words.truncate(words.len().div_ceil(2));
            }
            7 => return stored.to_uppercase().replace('\u{200c}', ""),
            8 => return stored.replace(['.', ',', '،', '؟'], "") + "!",
            _ => return stored.replace(['1', '2', '۱', '۲'], "7").replace('ی', "ي"),
        }
        words.join(" ")
    }
}

/// Everything that reaches the threshold: unit → score.
type Scores = BTreeMap<String, u8>;

fn looked_up(server: &TestServer, langs: [&str; 2], query: &str, threshold: u8) -> Scores {
    let lookup = json!({ "source_lang": langs[0], "target_lang": langs[1], "text": query,
        "threshold": threshold, "limit": LIMIT });
    let lookup: Lookup = serde_json::from_value(lookup).unwrap();
    let reply = server.engine.lookup(&Caller::local(), &lookup).unwrap();
    assert!(!reply.truncated, "{query}");
    let matches = reply.matches.into_iter();
    matches.map(|found| (found.unit_id, found.score)).collect()
}

/// The stored segments of one language, ready to be compared with.
fn segments(server: &TestServer, lang: &str) -> Vec<(String, String)> {
    let mut segments = Vec::new();
    let mut cursor = None;
    loop {
        let page = server
            .engine
            .units(
                &Caller::local(),
                "real",
                &Default::default(),
                cursor.as_deref(),
                1_000,
            )
            .unwrap();
        let text = |unit: hamzaban::engine::UnitView| (unit.id, unit.variants[lang].clone());
        segments.extend(page.units.into_iter().map(text));
        match page.cursor {
            Some(next) => cursor = Some(next),
            None => return segments,
        }
    }
}

#[test]
fn look_ups_among_real_segments_give_what_brute_force_gives() {
    let Some(mut pairs) = Pairs::draw() else {
        return;
    };
    let server = TestServer::start();
    server.post("/v1/memories", r#"{"name":"real"}"#);
    let lines: String = pairs
        .stored
        .iter()
        .map(|[en, fa]| format!("{en}\t{fa}\n"))
        .collect();
    let imported = server.import("real", "format=tsv&from=en&to=fa", lines.as_bytes());
    assert_eq!(imported.json()["added"], UNITS, "{}", imported.text);

    let (mut compared, mut found, mut too_many) = (0, 0, 0);
    for (side, langs) in [["en", "fa"], ["fa", "en"]].into_iter().enumerate() {
        let stored = segments(&server, langs[0]);
        let stored: Vec<(&String, Segment)> = stored
            .iter()
            .map(|(id, text)| (id, Segment::tagged(text, None)))
            .collect();
        for number in 0..QUERIES {
            let query = pairs.query(side, number);
            let asked = Segment::plain(&query);
            if hamzaban::text::check::check_segment(&query).is_err() {
                continue;
            }
            let all: Scores = stored
                .iter()
                .map(|(id, segment)| ((*id).clone(), score::compare(&asked, segment).percent))
                .collect();
            for threshold in THRESHOLDS {
                let mut expected = all.clone();
                expected.retain(|_, percent| *percent >= threshold);
                if expected.len() >= LIMIT {
                    too_many += 1;
                    continue;
                }
                let given = looked_up(&server, langs, &query, threshold);
                assert_eq!(given, expected, "{query:?} at {threshold}");
                compared += 1;
                found += expected.len();
            }
        }
    }
    println!(
        "{compared} look-ups compared, {found} matches, {too_many} left out for their many matches"
    );
    assert!(compared > 600 && found > 300);
}
