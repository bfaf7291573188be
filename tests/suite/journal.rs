//! A journal that is lost, cut off or flipped: the store goes back to what is whole of it, says so, and serves nothing
//! that is not in it (F9).

use std::fs;
use std::path::Path;

use hamzaban::engine::{Caller, Engine, Lookup, NewMemory};
use serde_json::json;

use super::faults::{add, filled, finds, ready};
use super::helpers::Random;
use super::load::Client;
use super::process::{Served, wait_for};

/// The last change of which the folder's note knows.
fn noted(data: &Path) -> Option<u64> {
    let note = fs::read_to_string(data.join("hamzaban.head")).ok()?;
    note.trim_end().split_once(' ')?.1.parse().ok()
}

#[test]
fn f9_a_lost_journal_is_noticed_and_followers_start_again() {
    let (_folder, data) = filled();
    let before = noted(&data).unwrap();
    let server = Served::start(&data);
    let client = Client::new(&server.address);
    for n in 0..20 {
        assert_eq!(add(&client, &format!("unit {n}")).unwrap().status, 201);
    }
    let cursor = client.get("/v1/changes").json()["cursor"].clone();
    let head = client.get("/v1/ready").json();
    assert_eq!(head, json!({"lag": 0}));
    wait_for("the note", || (noted(&data)? == before + 20).then_some(()));
    server.kill();
    fs::write(data.join("hamzaban.db-wal"), "").unwrap();

    let server = Served::start(&data);
    let client = Client::new(&server.address);
    assert_eq!(ready(&client)["store_rollback"], true);
    assert!(server.log().contains("store_rollback"), "{}", server.log());
    assert!(!finds(&client, "unit 19"), "no stale hit is served");
    let stale = client.get(&format!("/v1/changes?after={}", cursor.as_str().unwrap()));
    assert_eq!(stale.status, 410, "{}", stale.text);
    assert_eq!(add(&client, "unit 19").unwrap().status, 201);
    assert_eq!(server.end().0, 0);
    let server = Served::start(&data);
    assert_eq!(ready(&Client::new(&server.address)), json!({"lag": 0}));
}

/// Units that were acknowledged, each in a transaction of its own.
const UNITS: usize = 40;

fn text(number: usize) -> String {
    format!("The committee took note of report number {number}.")
}

/// Which of them are found.
fn found(engine: &Engine) -> Vec<bool> {
    let is_found = |number| {
        let asked = json!({"source_lang": "en", "target_lang": "fa", "text": text(number), "threshold": 100});
        let asked: Lookup = serde_json::from_value(asked).unwrap();
        let reply = engine.lookup(&Caller::local(), &asked).unwrap();
        !reply.matches.is_empty()
    };
    (0..UNITS).map(is_found).collect()
}

/// The folder of a server that was killed: whose database has the memory, and whose journal the units.
fn killed(data: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let made = Engine::open(data, true).unwrap();
    made.catch_up().unwrap();
    let memory: NewMemory = serde_json::from_value(json!({"name": "news"})).unwrap();
    made.create_memory(&Caller::local(), &memory).unwrap();
    made.close();
    let engine = Engine::open(data, true).unwrap();
    engine.catch_up().unwrap();
    for number in 0..UNITS {
        let unit = json!({"variants": {"en": text(number), "fa": "متن"}});
        let unit = serde_json::from_value(unit).unwrap();
        engine.add_unit(&Caller::local(), "news", &unit).unwrap();
    }
    let head = engine.figures().head;
    wait_for("the note", || (noted(data)? == head).then_some(()));
    let names = ["hamzaban.db", "hamzaban.db-wal", "hamzaban.head"];
    let files = names.map(|name| (name, fs::read(data.join(name)).unwrap()));
    engine.close();
    files.into()
}

#[test]
fn f9_a_journal_cut_or_flipped_anywhere_leaves_a_beginning_of_what_was_written_and_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let files = killed(&folder.path().join("killed"));
    let length = files[1].1.len();
    let mut random = Random(9);
    let cuts = (0..30).map(|n| (length * n / 30, None));
    let flips = (0..30).map(|_| (length, Some(random.below(length))));
    let mut shortened = 0;
    for (number, (end, flipped)) in cuts.chain(flips).enumerate() {
        let data = folder.path().join(number.to_string());
        fs::create_dir(&data).unwrap();
        for (name, bytes) in &files {
            let mut bytes = bytes.clone();
            if *name == "hamzaban.db-wal" {
                bytes.truncate(end);
                if let Some(place) = flipped {
                    bytes[place] ^= 1 << (number % 8);
                }
            }
            fs::write(data.join(name), bytes).unwrap();
        }
        let engine = Engine::open(&data, true).unwrap();
        engine.catch_up().unwrap();
        let found = found(&engine);
        let whole = found.iter().take_while(|found| **found).count();
        let what = format!("cut at {end} of {length}, flipped at {flipped:?}: {found:?}");
        assert!(found[whole..].iter().all(|found| !found), "{what}");
        assert_eq!(engine.was_rolled_back(), whole < UNITS, "{what}");
        let memory = engine.memory(&Caller::local(), "news").unwrap();
        assert_eq!(memory.units, whole as u64, "{what}");
        let checked = engine.verify(&Caller::local()).unwrap();
        assert!(checked.ok, "{what}: {checked:?}");
        shortened += usize::from(whole < UNITS);
        engine.close();
    }
    assert!(shortened >= 45, "{shortened}");
}
