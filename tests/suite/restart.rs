//! The index comes back from its snapshot, whatever happened meanwhile, and is the same as the store.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::ledger::index_equals_store;
use super::load::Client;
use super::process::{Served, err, hamzaban, run};

const LOADED: &str = "the index was loaded from its snapshot";
const REFUSED: &str = "a snapshot of the index is not used";

/// A folder with a memory of so many units, imported and closed in good order.
fn imported(folder: &Path, units: usize) -> PathBuf {
    let (file, data) = (folder.join("many.tsv"), folder.join("data"));
    let mut tsv = "en\tfa\n".to_owned();
    for n in 0..units {
        writeln!(
            tsv,
            "Report {n} of the committee on item{n}\tگزارش {n} کمیته"
        )
        .unwrap();
    }
    fs::write(&file, tsv).unwrap();
    let file = file.to_str().unwrap();
    let done = run(&data, &["import", file, "--memory", "news"]);
    assert!(done.status.success(), "{}", err(&done));
    data
}

fn start(data: &Path) -> (Served, Client) {
    let server = Served::start_as(data, |command| {
        command.env("HAMZABAN_LOG", "info");
    });
    let client = Client::new(&server.address);
    (server, client)
}

fn snapshots(data: &Path) -> Vec<PathBuf> {
    let path = |n| data.join(format!("index-{n}.snapshot"));
    (0..2).map(path).filter(|path| path.exists()).collect()
}

/// Adds and deletes, and makes a memory; none of it is in the snapshot.
fn change(client: &Client, units: &[Value]) {
    let unit = json!({"variants": {"en": "A new sentence about rain", "fa": "باران"}});
    assert_eq!(client.post("/v1/memories/news/units", &unit).status, 201);
    let path = |unit: &Value| format!("/v1/units/{}?rev=1", unit["id"].as_str().unwrap());
    let deleted = client.try_send("DELETE", &path(&units[3]), None).unwrap();
    assert!(deleted.status < 300, "{}", deleted.text);
    assert_eq!(
        client
            .post("/v1/memories", &json!({"name": "other"}))
            .status,
        201
    );
    assert_eq!(client.post("/v1/memories/other/units", &unit).status, 201);
}

fn same(client: &Client, text: &str) -> usize {
    client.same(&[text])[0].len()
}

fn all_is_there(client: &Client, units: usize) {
    assert_eq!(same(client, "A new sentence about rain"), 2);
    assert_eq!(same(client, "Report 3 of the committee on item3"), 0);
    let stored = client.browse("news");
    assert_eq!(stored.len(), units);
    index_equals_store(client, &stored.iter().step_by(7).collect::<Vec<_>>());
}

#[test]
fn after_a_kill_the_snapshot_and_the_log_make_the_same_index() {
    let folder = tempfile::tempdir().unwrap();
    let data = imported(folder.path(), 2_500);
    assert_eq!(snapshots(&data).len(), 1, "the import left one");
    let (server, client) = start(&data);
    assert!(server.log().contains(LOADED), "{}", server.log());
    let units = client.browse("news");
    change(&client, &units);
    server.kill();

    let (server, client) = start(&data);
    assert!(server.log().contains(LOADED), "{}", server.log());
    all_is_there(&client, 2_500);
    server.kill();
}

#[test]
fn f3_killed_at_any_step_of_writing_a_snapshot_the_next_start_has_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = imported(folder.path(), 2_500);
    for (step, whole) in [
        ("snapshot:written", 1),
        ("snapshot:synced", 1),
        ("snapshot:renamed", 2),
    ] {
        let file = folder.path().join("more.tsv");
        let row = |n| format!("Note {n} after {step}\tیادداشت {n}\n");
        let rows: String = (0..200).map(row).collect();
        fs::write(&file, format!("en\tfa\n{rows}")).unwrap();
        let killed = hamzaban(&data)
            .args(["import", file.to_str().unwrap(), "--memory", "news"])
            .env("HAMZABAN_FAILPOINT", format!("{step}:abort"))
            .output()
            .unwrap();
        assert!(!killed.status.success(), "{step}");
        assert_eq!(snapshots(&data).len(), whole, "{step}");
        let (server, client) = start(&data);
        assert!(server.log().contains(LOADED), "{step}: {}", server.log());
        assert!(!server.log().contains(REFUSED), "{step}: {}", server.log());
        for n in [0, 199] {
            assert_eq!(same(&client, row(n).split('\t').next().unwrap()), 1);
        }
        let stored = client.browse("news");
        index_equals_store(&client, &stored.iter().step_by(7).collect::<Vec<_>>());
        server.kill();
    }
}

#[test]
fn nothing_of_what_is_erased_stays_in_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let data = imported(folder.path(), 2_500);
    let (server, client) = start(&data);
    let id = client.browse("news")[3]["id"].as_str().unwrap().to_owned();
    let erased = client.post("/v1/admin/erase", &json!({"units": [id], "confirm": id}));
    assert_eq!(erased.status, 200, "{}", erased.text);
    assert_eq!(snapshots(&data).len(), 0);
    assert_eq!(server.end().0, 0);
    assert_eq!(snapshots(&data).len(), 0);
    let (server, client) = start(&data);
    assert_eq!(client.browse("news").len(), 2_499);
    server.kill();
}

#[test]
fn a_damaged_or_foreign_snapshot_is_refused_and_the_index_filled_anew() {
    let folder = tempfile::tempdir().unwrap();
    let data = imported(folder.path(), 2_500);
    let (server, client) = start(&data);
    change(&client, &client.browse("news"));
    server.kill();
    let [snapshot] = snapshots(&data).try_into().unwrap();
    let whole = fs::read(&snapshot).unwrap();

    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let torn = whole[..whole.len() / 3].to_vec();
    for (what, bytes) in [
        ("flipped", flipped),
        ("torn", torn),
        ("not ours", vec![7; 999]),
    ] {
        fs::write(&snapshot, bytes).unwrap();
        let (server, client) = start(&data);
        assert!(server.log().contains(REFUSED), "{what}: {}", server.log());
        assert!(!server.log().contains(LOADED), "{what}: {}", server.log());
        all_is_there(&client, 2_500);
        server.kill();
    }
    // The older generation serves where the newer one is torn.
    let other = snapshot.with_file_name("index-1.snapshot");
    fs::write(&other, &whole).unwrap();
    let (server, client) = start(&data);
    assert!(server.log().contains(LOADED), "{}", server.log());
    all_is_there(&client, 2_500);
    server.kill();

    // That of another store, which happens to be as long.
    let stranger = tempfile::tempdir().unwrap();
    let theirs = imported(stranger.path(), 2_500);
    fs::copy(snapshots(&theirs)[0].as_path(), &snapshot).unwrap();
    fs::remove_file(&other).unwrap();
    let (server, client) = start(&data);
    assert!(
        server.log().contains("another life of the store"),
        "{}",
        server.log()
    );
    all_is_there(&client, 2_500);
    server.kill();
}
