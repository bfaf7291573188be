//! Backup, restore and verify as an administrator uses them, through a server and beside it.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::cli::{TSV, folder_with};
use super::helpers::TestServer;
use super::load::{Client, TmxStream, pair};
use super::process::{Served, err, out, run, wait_for};

fn imported() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = folder_with(&[("a.tsv", TSV)]);
    let data = folder.path().join("data");
    let file = folder.path().join("a.tsv");
    let done = run(
        &data,
        &["import", file.to_str().unwrap(), "--memory", "news"],
    );
    assert!(done.status.success(), "{}", err(&done));
    (folder, data)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The matches of a text, without what a restore may change.
fn matches(client: &Client, text: &str) -> Vec<(i64, String)> {
    let asked = json!({"source_lang": "en", "target_lang": "fa", "text": text});
    let reply = client.post("/v1/lookup", &asked);
    assert_eq!(reply.status, 200, "{}", reply.text);
    let found = reply.json();
    let found = found["matches"].as_array().unwrap().iter();
    let pair = |m: &Value| {
        (
            m["score"].as_i64().unwrap(),
            m["target"].as_str().unwrap().to_owned(),
        )
    };
    found.map(pair).collect()
}

#[test]
fn a_backup_taken_during_an_import_and_restored_elsewhere_is_whole_and_answers_alike() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Served::start(&data);
    let client = Client::new(&server.address);
    assert_eq!(
        client.post("/v1/memories", &json!({"name": "big"})).status,
        201
    );
    let file = folder.path().join("backup.db");
    let address = server.address.clone();
    let importing = &AtomicBool::new(true);
    thread::scope(|scope| {
        scope.spawn(move || {
            let reply = Client::new(&address).import("big", TmxStream::new(0, 30_000, None));
            assert_eq!(reply.unwrap().status, 200);
            importing.store(false, Ordering::Release);
        });
        wait_for("some units", || {
            let memory = client.get("/v1/memories/big").json();
            (memory["units"].as_i64().unwrap() > 2_000).then_some(())
        });
        let made = run(&data, &["backup", text(&file)]);
        assert!(made.status.success(), "{}", err(&made));
        assert!(
            importing.load(Ordering::Acquire),
            "it was taken while the import ran"
        );
    });

    let elsewhere = folder.path().join("elsewhere");
    let restored = run(&elsewhere, &["restore", text(&file)]);
    assert!(restored.status.success(), "{}", err(&restored));
    let verified = run(&elsewhere, &["verify"]);
    assert!(
        verified.status.success(),
        "{}{}",
        out(&verified),
        err(&verified)
    );
    assert!(
        out(&verified).starts_with("all is well: "),
        "{}",
        out(&verified)
    );

    let other = Served::start(&elsewhere);
    let there = Client::new(&other.address);
    let units = there.get("/v1/memories/big").json()["units"]
        .as_u64()
        .unwrap();
    assert!((2_000..30_000).contains(&units), "{units}");
    for n in 0..100 {
        let (source, _) = pair(n * units / 100);
        let (here, there) = (matches(&client, &source), matches(&there, &source));
        assert!(there.first().is_some_and(|m| m.0 >= 100), "{source}");
        assert_eq!(here.first(), there.first(), "{source}");
    }
}

#[test]
fn a_backup_never_overwrites_and_is_for_its_owner_only() {
    let (folder, data) = imported();
    let file = folder.path().join("b.db");
    let made = run(&data, &["backup", text(&file)]);
    assert!(made.status.success(), "{}", err(&made));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let before = fs::read(&file).unwrap();
    let again = run(&data, &["backup", text(&file)]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        err(&again).contains("overwrites nothing"),
        "{}",
        err(&again)
    );
    assert_eq!(fs::read(&file).unwrap(), before);
    let nothing = run(
        &folder.path().join("none"),
        &["backup", text(&file.with_extension("x"))],
    );
    assert!(
        err(&nothing).contains("no store to back up"),
        "{}",
        err(&nothing)
    );
    assert!(!folder.path().join("none").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    let bare = super::process::hamzaban(&data)
        .current_dir(folder.path())
        .args(["backup", "bare.db"])
        .output()
        .unwrap();
    assert!(bare.status.success(), "{}", err(&bare));
    assert!(folder.path().join("bare.db").exists());
}

/// Also where it is the disk of the backup that is full, and not that of the store.
#[cfg(unix)]
#[test]
fn a_backup_for_which_there_is_no_room_says_which_place_has_none() {
    let (folder, data) = imported();
    let places = folder.path().join("places");
    fs::create_dir(&places).unwrap();
    let file = places.join("b.db");
    let backup = || {
        // Files may not grow beyond 100 KiB, which the store's own do not.
        let script = "ulimit -f 100; exec \"$0\" \"$@\"";
        let command = super::process::hamzaban(&data);
        let mut limited = std::process::Command::new("bash");
        limited.args(["-c", script]).arg(command.get_program());
        limited.args(command.get_args()).arg("backup").arg(&file);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        limited.output().unwrap()
    };
    for served in [false, true] {
        let _server = served.then(|| Served::start(&data));
        let refused = backup();
        assert_eq!(refused.status.code(), Some(1), "{}", out(&refused));
        let told = err(&refused);
        assert!(told.contains(text(&file)), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert_eq!(fs::read_dir(&places).unwrap().count(), 0);
    }
}

#[test]
fn a_folder_that_is_served_is_not_restored_into_and_a_damaged_backup_nowhere() {
    let (folder, data) = imported();
    let file = folder.path().join("b.db");
    let server = Served::start(&data);
    let made = run(&data, &["backup", text(&file)]);
    assert!(made.status.success(), "{}", err(&made));
    let refused = run(&data, &["restore", text(&file)]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        err(&refused).contains("served already by process"),
        "{}",
        err(&refused)
    );
    assert_eq!(server.end().0, 0);

    let mut damaged = fs::read(&file).unwrap();
    let at = damaged.windows(4).position(|w| w == b"door").unwrap();
    damaged[at] = b'D';
    let bad = folder.path().join("bad.db");
    fs::write(&bad, damaged).unwrap();
    let refused = run(&data, &["restore", text(&bad)]);
    assert!(
        err(&refused).contains("is damaged: unit 1: "),
        "{}",
        err(&refused)
    );
    let shown = run(&data, &["verify", text(&bad)]);
    assert_eq!(shown.status.code(), Some(1));
    assert!(out(&shown).contains("damaged: unit 1") && out(&shown).contains("what to do: "));
    let well = run(&data, &["verify", text(&file), "--json"]);
    let well: Value = serde_json::from_str(&out(&well)).unwrap();
    assert_eq!(well["ok"], true);
    let asked = run(
        &data,
        &["lookup", "The door is open.", "--from", "en", "--to", "fa"],
    );
    assert!(out(&asked).contains("در باز است."), "{}", err(&asked));
}

#[test]
fn damage_is_told_by_unit_with_what_to_do() {
    let (_folder, data) = imported();
    let base = rusqlite::Connection::open(data.join("hamzaban.db")).unwrap();
    base.execute_batch("UPDATE variant SET text = 'نه' WHERE unit_id = 1 AND lang = 'fa'")
        .unwrap();
    drop(base);
    let output = run(&data, &["verify"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        out(&output)
            .contains("damaged: unit 1 in memory news: its content is not what was written"),
        "{}",
        out(&output)
    );
    assert!(out(&output).contains("what to do: the named units are not what was written"));
    assert_eq!(err(&output).lines().count(), 1, "{}", err(&output));
}

#[test]
fn a_restore_cut_off_at_any_step_is_finished_or_undone_by_the_next_start() {
    for (step, restored) in [
        ("restore:copied", false),
        ("restore:whole", true),
        ("restore:aside", true),
        ("restore:journal", true),
    ] {
        let (folder, data) = imported();
        let file = folder.path().join("b.db");
        assert!(run(&data, &["backup", text(&file)]).status.success());
        let more = folder.path().join("more.tsv");
        fs::write(&more, "en\tfa\nlater than that\tپس از آن\n").unwrap();
        let more = run(&data, &["import", text(&more), "--memory", "news"]);
        assert!(more.status.success(), "{}", err(&more));
        let killed = super::process::hamzaban(&data)
            .args(["restore", text(&file)])
            .env("HAMZABAN_FAILPOINT", format!("{step}:abort"))
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "{step}: {}", err(&killed));
        let asked = run(
            &data,
            &["lookup", "later than that", "--from", "en", "--to", "fa"],
        );
        assert!(asked.status.success(), "{step}: {}", err(&asked));
        assert_eq!(out(&asked).contains("پس از آن"), !restored, "{step}");
        assert!(run(&data, &["verify"]).status.success(), "{step}");
        let names = fs::read_dir(&data).unwrap();
        let names: Vec<_> = names
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        let aside = names
            .iter()
            .filter(|n| n.contains(".before-restore-"))
            .count();
        assert_eq!(aside, usize::from(restored), "{step}: {names:?}");
        assert!(!names.iter().any(|n| n.contains(".restored-")), "{names:?}");
    }
}

#[test]
fn an_upgrade_cut_off_at_any_step_leaves_the_old_version_or_the_new_one() {
    let old = include_str!("../fixtures/schema/v1.sql");
    for (step, version) in [
        ("upgrade:copied", 1),
        ("upgrade:step", 1),
        ("upgrade:commit", 1),
        ("upgrade:done", 2),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let db = data.join("hamzaban.db");
        rusqlite::Connection::open(&db)
            .unwrap()
            .execute_batch(old)
            .unwrap();
        let killed = super::process::hamzaban(&data)
            .args(["verify"])
            .env("HAMZABAN_FAILPOINT", format!("{step}:abort"))
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "{step}: {}", err(&killed));
        let copy = rusqlite::Connection::open(data.join("hamzaban.db.v1.backup")).unwrap();
        let of = |base: &rusqlite::Connection| -> (i64, i64) {
            let sql = "SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM unit)";
            base.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap()
        };
        assert_eq!(of(&copy), (1, 7), "{step}");
        let base = rusqlite::Connection::open(&db).unwrap();
        assert_eq!(of(&base), (version, 7), "{step}");
        drop(base);
        let verified = run(&data, &["verify"]);
        assert!(
            verified.status.success(),
            "{step}: {}{}",
            out(&verified),
            err(&verified)
        );
        let asked = run(&data, &["lookup", "Come in.", "--from", "en", "--to", "fa"]);
        assert!(out(&asked).contains("بفرمایید."), "{step}: {}", err(&asked));
    }
}

#[test]
fn over_http_a_backup_is_a_download_and_a_check_a_report() {
    let server = TestServer::with_a_unit();
    let reply = server.send("POST", "/v1/admin/verify", &[], None);
    assert_eq!(reply.status, 200, "{}", reply.text);
    let found = reply.json();
    assert_eq!(
        (&found["ok"], &found["units"], &found["segments"]),
        (&json!(true), &json!(1), &json!(2))
    );
    let url = format!("http://{}/v1/admin/backup", server.address);
    let mut reply = super::helpers::agent().post(&url).send_empty().unwrap();
    assert_eq!(reply.status(), 200);
    let header = |name: &str| reply.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-disposition").starts_with("attachment; filename=\"hamzaban-2"));
    let length: usize = header("content-length").parse().unwrap();
    let file = reply.body_mut().read_to_vec().unwrap();
    assert_eq!(file.len(), length);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.db");
    fs::write(&path, file).unwrap();
    let checked = run(folder.path(), &["verify", text(&path)]);
    assert!(checked.status.success(), "{}", err(&checked));
}

/// Also in tables that are made one day.
#[test]
fn a_user_who_was_erased_is_named_in_no_table() {
    let server = TestServer::with_a_unit();
    let names = r#""names":[{"lang":"en","text":"A Body"}]"#;
    for (path, body) in [
        ("/v1/concepts", format!(r#"{{"id":"org:a",{names}}}"#)),
        ("/v1/styles", r#"{"name":"house"}"#.into()),
        (
            "/v1/suggestions",
            format!(r#"{{"kind":"concept","concept":"org:b","content":{{{names}}}}}"#),
        ),
        ("/v1/suggestions/1/reject", "{}".into()),
        (
            "/v1/memories/news/bulk/replace",
            r#"{"lang":"en","find":"door","with":"gate"}"#.into(),
        ),
    ] {
        let reply = server.post(path, &body);
        assert!(reply.status < 300, "{path}: {}", reply.text);
    }
    let edited = r#"{"rev":1,"names":[{"lang":"en","text":"Another Body"}]}"#;
    assert_eq!(server.json("PUT", "/v1/concepts/org:a", edited).status, 200);
    let columns = |base: &rusqlite::Connection| {
        let sql = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND (c.name = 'by' OR c.name LIKE '%\\_by' ESCAPE '\\') ORDER BY 1, 2";
        let mut columns = base.prepare(sql).unwrap();
        let columns = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        columns
            .unwrap()
            .collect::<Result<Vec<(String, String)>, _>>()
            .unwrap()
    };
    let server = server.restart(|folder| {
        let base = rusqlite::Connection::open(folder.join("hamzaban.db")).unwrap();
        for (table, column) in columns(&base) {
            let sql = format!("UPDATE OR REPLACE {table} SET {column} = 'Quirin Quux'");
            base.execute(&sql, []).unwrap();
        }
        let made = "UPDATE concept_history SET state = json_set(state, '$.made.by', 'Quirin Quux')";
        assert_eq!(base.execute(made, []).unwrap(), 1);
    });
    let erase = r#"{"user":"Quirin Quux","confirm":"Quirin Quux"}"#;
    let erased = server.post("/v1/admin/erase", erase);
    assert_eq!(erased.status, 200, "{}", erased.text);
    server.restart(|folder| {
        let base = rusqlite::Connection::open(folder.join("hamzaban.db")).unwrap();
        let all = columns(&base);
        assert!(all.len() > 12, "{all:?}");
        for (table, column) in all {
            let sql = format!("SELECT count(*) FROM {table} WHERE {column} = 'Quirin Quux'");
            let left: i64 = base.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(left, 0, "{table}.{column}");
        }
        let sql = "SELECT state FROM concept_history";
        let state: String = base.query_row(sql, [], |row| row.get(0)).unwrap();
        assert!(state.contains(r#""by":"(erased)""#), "{state}");
        assert!(!state.contains("Quirin"), "{state}");
    });
}
