//! What goes wrong around the server: disks that are full, failing or read-only, a lost journal, a process that holds
//! the database, a panic, signals. The numbers are those of the table of faults in `docs/threat-model.md`, which names
//! the test of each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cli::{TSV, folder_with};
use super::helpers::Reply;
use super::load::{Client, TmxStream, pair};
use super::process::{Served, err, hamzaban, out, run, wait_for};

/// A folder with the memory `news` of one unit, which was served before, so that the next start writes nothing.
pub(crate) fn filled() -> (tempfile::TempDir, PathBuf) {
    let folder = folder_with(&[("a.tsv", TSV)]);
    let data = folder.path().join("data");
    fill(&data, &folder.path().join("a.tsv"));
    assert_eq!(Served::start(&data).end().0, 0);
    (folder, data)
}

pub(crate) fn fill(data: &Path, file: &Path) {
    let done = run(
        data,
        &["import", file.to_str().unwrap(), "--memory", "news"],
    );
    assert!(done.status.success(), "{}", err(&done));
}

fn with_fault(data: &Path, fault: &str) -> (Served, Client) {
    let server = Served::start_as(data, |command| {
        command.env("HAMZABAN_FAILPOINT", fault);
    });
    let client = Client::new(&server.address);
    (server, client)
}

pub(crate) fn unit(text: &str) -> Value {
    json!({"variants": {"en": text, "fa": "متن"}})
}

pub(crate) fn add(client: &Client, text: &str) -> Option<Reply> {
    client.try_send("POST", "/v1/memories/news/units", Some(&unit(text)))
}

pub(crate) fn finds(client: &Client, text: &str) -> bool {
    let asked = json!({"source_lang": "en", "target_lang": "fa", "text": text, "threshold": 100});
    let reply = client.post("/v1/lookup", &asked);
    assert_eq!(reply.status, 200, "{}", reply.text);
    !reply.json()["matches"].as_array().unwrap().is_empty()
}

pub(crate) fn ready(client: &Client) -> Value {
    let reply = client.get("/v1/ready");
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[test]
fn f2_a_change_that_was_committed_and_not_yet_indexed_is_found_after_the_kill() {
    let (_folder, data) = filled();
    let (server, client) = with_fault(&data, "after_commit:abort");
    assert!(add(&client, "never answered").is_none());
    server.gone();
    let server = Served::start(&data);
    assert!(finds(&Client::new(&server.address), "never answered"));
}

/// Killed between COMMIT and reply: who asks again with the same Idempotency-Key is told what was done, and nothing is
/// done twice. That every route does so says `rights`; here is one of each kind.
#[test]
fn a_request_whose_reply_was_lost_is_answered_by_what_it_did() {
    let (_folder, data) = filled();
    let names = json!([{"lang": "en", "text": "Once Only"}]);
    let suggest = |id: &str| json!({"kind": "concept", "concept": id, "content": {"names": names}});
    let mut server = Served::start(&data);
    let client = Client::new(&server.address);
    for (method, path, body) in [
        (
            "PUT",
            "/v1/units/1",
            json!({"rev": 1, "variants": {"en": "The door is open.", "fa": "باز"}}),
        ),
        ("POST", "/v1/memories", json!({"name": "gone"})),
        ("DELETE", "/v1/memories/gone?confirm=gone", Value::Null),
        ("POST", "/v1/suggestions", suggest("org:yes")),
        ("POST", "/v1/suggestions", suggest("org:no")),
    ] {
        let body = Some(&body).filter(|body| !body.is_null());
        let reply = client.try_send(method, path, body).unwrap();
        assert!(reply.status < 300, "{path}: {}", reply.text);
    }
    let kinds = [
        ("/v1/memories/news/units", unit("written once")),
        ("/v1/memories", json!({"name": "once"})),
        ("/v1/memories/gone/restore", Value::Null),
        ("/v1/units/1/revert", json!({"rev": 2, "to_rev": 1})),
        (
            "/v1/memories/news/bulk/replace",
            json!({"lang": "en", "find": "written", "with": "said"}),
        ),
        (
            "/v1/memories/news/bulk/delete",
            json!({"filter": {"text": "said once"}}),
        ),
        (
            "/v1/memories/once/import?format=tsv",
            "en\tfa\na\tb\n".into(),
        ),
        ("/v1/concepts", json!({"id": "org:once", "names": names})),
        ("/v1/styles", json!({"name": "once"})),
        ("/v1/suggestions", suggest("org:other")),
        (
            "/v1/suggestions/1/accept",
            json!({"allow_confusable": true}),
        ),
        ("/v1/suggestions/2/reject", json!({})),
        (
            "/v1/glossary/import?format=csv",
            "concept,lang,name\norg:in,en,Imported\n".into(),
        ),
        ("/v1/admin/erase", json!({"units": ["1"], "confirm": "1"})),
    ];
    for (path, body) in kinds {
        drop(server);
        let body = match &body {
            Value::Null => String::new(),
            Value::String(file) => file.clone(),
            json => json.to_string(),
        };
        let send = |client: &Client| client.try_once("the same", path, &body);
        let (aborting, client) = with_fault(&data, "reply:abort");
        assert!(send(&client).is_none(), "{path}");
        aborting.gone();
        server = Served::start(&data);
        let client = Client::new(&server.address);
        // Every write leaves something there.
        let log = || client.get("/v1/audit?limit=1").json();
        let before = log();
        let (first, second) = (send(&client).unwrap(), send(&client).unwrap());
        assert!(first.status < 300, "{path}: {}", first.text);
        assert_eq!((first.status, &first.text), (second.status, &second.text));
        assert_eq!(log(), before, "{path}: it was done twice");
    }
}

#[test]
fn f22_signals_end_the_server_in_good_order_and_a_hangup_does_not() {
    let (_folder, data) = filled();
    let server = Served::start(&data);
    let client = Client::new(&server.address);
    server.signal("HUP");
    assert_eq!(add(&client, "after the hangup").unwrap().status, 201);
    let (_held, hold) = mpsc::channel();
    let address = server.address.clone();
    let importing = thread::spawn(move || {
        Client::new(&address).import("news", TmxStream::new(0, 5_000, Some(hold)))
    });
    wait_for("some units", || {
        let memory = client.get("/v1/memories/news").json();
        (memory["units"].as_i64().unwrap() > 1_000).then_some(())
    });
    let (code, took) = server.end();
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(8), "{took:?}");
    drop(_held);
    drop(importing.join());
    assert!(
        fs::metadata(data.join("hamzaban.db-wal")).is_err(),
        "the journal is emptied"
    );

    let server = Served::start(&data);
    let client = Client::new(&server.address);
    let status = client.get("/v1/imports/2").json();
    assert_eq!(status["state"], "interrupted", "{status}");
    let units = client.get("/v1/memories/news").json()["units"]
        .as_i64()
        .unwrap();
    assert_eq!(status["report"]["added"].as_i64().unwrap(), units - 2);
    server.signal("INT");
    server.gone();
    assert!(!data.join("server.json").exists());
}

#[test]
fn f26_while_another_process_holds_the_database_writes_are_told_so_and_lookups_go_on() {
    let (_folder, data) = filled();
    let server = Served::start(&data);
    let client = Client::new(&server.address);
    let other = rusqlite::Connection::open(data.join("hamzaban.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let address = server.address.clone();
    let started = Instant::now();
    let writing = thread::spawn(move || add(&Client::new(&address), "held up").unwrap());
    while !writing.is_finished() {
        assert!(finds(&client, "The door is open."));
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    let refused = writing.join().unwrap();
    assert_eq!(
        (refused.status, refused.code()),
        (503, "busy".into()),
        "{}",
        refused.text
    );
    assert!(!refused.header("retry-after").is_empty());
    assert!(started.elapsed() > Duration::from_secs(4));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(add(&client, "held up").unwrap().status, 201);
}

#[test]
fn f28_a_panic_in_a_request_harms_no_other() {
    let (_folder, data) = filled();
    let server = Served::start_as(&data, |command| {
        command.env("HAMZABAN_FAILPOINT", "lookup:panic");
    });
    let client = Client::new(&server.address);
    for _ in 0..3 {
        let asked = json!({"source_lang": "en", "target_lang": "fa", "text": "x"});
        let failed = client.post("/v1/lookup", &asked);
        assert_eq!((failed.status, failed.code()), (500, "internal".into()));
        let id = failed.json()["request_id"].as_str().unwrap().to_owned();
        assert!(server.log().contains(&id), "{}", server.log());
        assert_eq!(add(&client, &format!("beside {id}")).unwrap().status, 201);
    }
}

#[test]
fn f30_a_disk_that_fails_a_commit_leaves_a_store_to_read_until_the_restart() {
    let (_folder, data) = filled();
    let (server, client) = with_fault(&data, "commit:io");
    for _ in 0..2 {
        let refused = add(&client, "lost").unwrap();
        assert_eq!(
            (refused.status, refused.code()),
            (503, "store_failed".into())
        );
    }
    assert!(finds(&client, "The door is open.") && !finds(&client, "lost"));
    let told = ready(&client);
    assert_eq!(
        (&told["degraded"], &told["reason"]),
        (&json!("read_only"), &json!("store_failed"))
    );
    assert!(
        server.log().contains("no more writes until a restart"),
        "{}",
        server.log()
    );
    drop(server);
    let server = Served::start(&data);
    let client = Client::new(&server.address);
    assert!(!finds(&client, "lost"));
    assert_eq!(add(&client, "lost").unwrap().status, 201);
}

#[test]
fn a_full_disk_refuses_an_import_with_what_was_committed() {
    let (_folder, data) = filled();
    let (_server, client) = with_fault(&data, "commit:full");
    let refused = add(&client, "too much").unwrap();
    assert_eq!(
        (refused.status, refused.code()),
        (507, "storage_full".into())
    );
    let told = ready(&client);
    assert_eq!(
        (&told["degraded"], &told["reason"]),
        (&json!("read_only"), &json!("storage_full"))
    );
    assert!(finds(&client, "The door is open."));
}

#[test]
fn an_index_that_lost_touch_makes_the_server_unready_and_says_so() {
    let (_folder, data) = filled();
    let (server, client) = with_fault(&data, "follower:panic");
    assert_eq!(add(&client, "written, not seen").unwrap().status, 201);
    let unready = client.get("/v1/ready");
    assert_eq!(
        (unready.status, unready.code()),
        (503, "index_failed".into())
    );
    assert!(
        server.log().contains("the follower panicked"),
        "{}",
        server.log()
    );
    let found = client.post("/v1/admin/verify", &json!({})).json();
    assert_eq!(found["ok"], false, "{found}");
    assert_eq!(
        (&found["damage"][0]["kind"], &found["damage"][0]["unit_id"]),
        (&json!("index"), &json!("2"))
    );
    drop(server);
    let server = Served::start(&data);
    assert!(finds(&Client::new(&server.address), "written, not seen"));
}

/// A small file system of its own, where this process may mount one; else says why the test is skipped.
struct Small(tempfile::TempDir);

impl Small {
    fn mount(megabytes: u64) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m,mode=0700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Small(folder));
        }
        println!("skipped: it takes root to mount a small disk");
        None
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let done = Command::new("mount")
            .args(["-o", &options])
            .arg(self.0.path())
            .status();
        assert!(done.unwrap().success(), "{options}");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).status());
    }
}

#[test]
fn f5_a_disk_that_fills_during_an_import_keeps_lookups_and_heals_by_itself() {
    let Some(disk) = Small::mount(14) else { return };
    let (folder, _) = filled();
    let data = disk.0.path().join("data");
    fill(&data, &folder.path().join("a.tsv"));
    let server = Served::start(&data);
    let client = Client::new(&server.address);
    let address = server.address.clone();
    let importing = thread::spawn(move || {
        Client::new(&address)
            .import("news", TmxStream::new(0, 40_000, None))
            .unwrap()
    });
    while !importing.is_finished() {
        assert!(finds(&client, "The door is open."));
    }
    let refused = importing.join().unwrap();
    assert_eq!(
        (refused.status, refused.code()),
        (507, "storage_full".into()),
        "{}",
        refused.text
    );
    let added = refused.json()["report"]["added"].as_u64().unwrap();
    let units = client.get("/v1/memories/news").json()["units"]
        .as_u64()
        .unwrap();
    assert_eq!(units, added + 1, "the report tells what was committed");
    assert!(added == 0 || finds(&client, &pair(added - 1).0));
    assert_eq!(ready(&client)["reason"], "storage_full");
    let status = client.get("/v1/imports/2").json();
    assert_eq!(status["state"], "failed", "{status}");

    disk.remount("size=96m");
    let since = Instant::now();
    wait_for("room", || {
        (ready(&client) == json!({"lag": 0})).then_some(())
    });
    assert!(
        since.elapsed() < Duration::from_secs(5),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(add(&client, "there is room").unwrap().status, 201);
    assert_eq!(server.end().0, 0);
    let verified = run(&data, &["verify"]);
    assert!(
        verified.status.success(),
        "{}{}",
        out(&verified),
        err(&verified)
    );
    let server = Served::start(&data);
    let status = Client::new(&server.address).get("/v1/imports/2").json();
    assert_eq!(
        status["state"], "failed",
        "written down once there was room: {status}"
    );
}

#[test]
fn f6_on_a_full_disk_the_ballast_lets_the_server_start() {
    let Some(disk) = Small::mount(48) else { return };
    let (folder, _) = filled();
    let data = disk.0.path().join("data");
    fill(&data, &folder.path().join("a.tsv"));
    let with_ballast = |command: &mut Command| {
        command.env("HAMZABAN_BALLAST", "8");
    };
    assert_eq!(Served::start_as(&data, with_ballast).end().0, 0);
    assert_eq!(fs::metadata(data.join("ballast")).unwrap().len(), 8 << 20);
    let glut = std::io::copy(
        &mut std::io::repeat(1),
        &mut fs::File::create(disk.0.path().join("glut")).unwrap(),
    );
    assert!(glut.is_err(), "the disk is full");
    let server = Served::start_as(&data, |command| {
        with_ballast(command);
    });
    let client = Client::new(&server.address);
    assert!(server.log().contains("the ballast"), "{}", server.log());
    assert!(finds(&client, "The door is open."));
    let deleted = client
        .try_send("DELETE", "/v1/units/1?rev=1", None)
        .unwrap();
    assert_eq!(deleted.status, 204, "{}", deleted.text);
    // What room there is is not for imports.
    let import = || {
        client
            .try_once("i", "/v1/memories/news/import?format=tsv", TSV)
            .unwrap()
    };
    let refused = import();
    assert_eq!(
        (refused.status, refused.code()),
        (507, "storage_full".into()),
        "{}",
        refused.text
    );
    fs::remove_file(disk.0.path().join("glut")).unwrap();
    let taken = import();
    assert_eq!(taken.status, 200, "{}", taken.text);
}

#[test]
fn f8_a_store_that_cannot_be_written_is_read_all_the_same() {
    let Some(disk) = Small::mount(48) else { return };
    let (folder, _) = filled();
    let data = disk.0.path().join("data");
    fill(&data, &folder.path().join("a.tsv"));
    assert_eq!(Served::start(&data).end().0, 0);
    disk.remount("ro");
    let address_file = folder.path().join("address");
    let log = fs::File::create(&address_file).unwrap();
    let mut child = hamzaban(&data)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(log)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let address = wait_for("readiness", || {
        let said = fs::read_to_string(&address_file).ok()?;
        let address = said.strip_prefix("Listening on http://")?.lines().next()?;
        said.contains("Ready.").then(|| address.to_owned())
    });
    let client = Client::new(&address);
    assert!(finds(&client, "The door is open."));
    let duplicates = client.get("/v1/memories/news/duplicates");
    assert_eq!(duplicates.status, 200, "{}", duplicates.text);
    let refused = add(&client, "no").unwrap();
    assert_eq!(
        (refused.status, refused.code()),
        (403, "read_only_store".into()),
        "{}",
        refused.text
    );
    let told = ready(&client);
    assert_eq!(
        (&told["degraded"], &told["reason"]),
        (&json!("read_only"), &json!("read_only_store"))
    );
    let beside = run(
        &data,
        &["lookup", "The door is open.", "--from", "en", "--to", "fa"],
    );
    assert!(out(&beside).contains("در باز است."), "{}", err(&beside));
    let copy = folder.path().join("copy.db");
    let copied = run(&data, &["backup", copy.to_str().unwrap()]);
    assert!(copied.status.success(), "{}", err(&copied));
    child.kill().unwrap();
    child.wait().unwrap();
}
