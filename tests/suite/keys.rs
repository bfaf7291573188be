//! Keys over their life: rows 1–12 of `security.md` §2.7, what holds when, and what must never be written down.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::Value;

use super::helpers::{Reply, TOKEN, TestServer};
use super::process::{Served, err, hamzaban, out, run, wait_for};
use super::replies::is_problem;

const UNIT: &str = r#"{"variants":{"en":"Good morning","fa":"صبح بخیر"}}"#;

/// Makes a key as the local administrator: (id, key).
fn key(server: &TestServer, body: &str) -> (String, String) {
    let made = server.ask(Some(TOKEN), "POST", "/v1/keys", body);
    assert_eq!(made.status, 201, "{}", made.text);
    let text = |field: &str| made.json()[field].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

fn unauthenticated(reply: &Reply) -> Value {
    is_problem(reply, 401, "unauthenticated");
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    let mut body = reply.json();
    body["request_id"] = Value::Null;
    body
}

#[test]
fn whoever_has_no_good_key_is_refused_in_the_same_words() {
    let server = TestServer::with_a_unit();
    let (id, good) = key(&server, "{}");
    let get = |key: Option<&str>| server.ask(key, "GET", "/v1/memories", "");
    assert_eq!(get(Some(&good)).status, 200);

    let none = unauthenticated(&get(None));
    let mut changed = good.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == 'a' { 'b' } else { 'a' });
    assert_eq!(unauthenticated(&get(Some(&changed))), none);
    // Well-formed, with the right checksum, and of another server; and such a one with our id.
    let elsewhere = TestServer::start();
    let (_, unknown) = key(&elsewhere, "{}");
    assert_eq!(unauthenticated(&get(Some(&unknown))), none);
    for forged in [
        format!("hz_{id}_"),
        format!("hz_{id}"),
        "x".into(),
        "hz_".into(),
    ] {
        assert_eq!(unauthenticated(&get(Some(&forged))), none, "{forged}");
    }
    for header in ["Basic eDp5", "Bearer", ""] {
        let reply = server.send("GET", "/v1/memories", &[("Authorization", header)], None);
        assert_eq!(unauthenticated(&reply), none, "{header}");
    }
    let in_url = server.get(&format!("/v1/memories?api_key={good}"));
    is_problem(&in_url, 401, "key_in_url");
    assert!(!in_url.text.contains(&good));
}

#[test]
fn a_revoked_key_is_refused_at_once_and_the_server_stays_closed() {
    let server = TestServer::with_a_unit();
    let (id, good) = key(&server, r#"{"role":"admin"}"#);
    assert_eq!(server.ask(Some(&good), "GET", "/v1/me", "").status, 200);
    let path = format!("/v1/keys/{id}");
    assert_eq!(server.ask(Some(&good), "DELETE", &path, "").status, 204);
    is_problem(
        &server.ask(Some(&good), "GET", "/v1/me", ""),
        401,
        "key_revoked",
    );
    // Again is no error; another id is.
    assert_eq!(server.ask(Some(TOKEN), "DELETE", &path, "").status, 204);
    let none = server.ask(Some(TOKEN), "DELETE", "/v1/keys/absent00", "");
    is_problem(&none, 404, "not_found");
    is_problem(&server.get("/v1/memories"), 401, "unauthenticated");
    let server = server.restart(|_| {});
    is_problem(&server.get("/v1/memories"), 401, "unauthenticated");
    is_problem(
        &server.ask(Some(&good), "GET", "/v1/me", ""),
        401,
        "key_revoked",
    );
    let list = server.ask(Some(TOKEN), "GET", "/v1/keys", "").json();
    assert!(list["keys"][0]["revoked_at"].is_string(), "{list}");
    assert!(list["keys"][0]["last_used"].is_string(), "{list}");
}

#[test]
fn a_foreign_memory_is_not_there_in_whatever_way_it_is_named() {
    let server = TestServer::with_a_unit();
    for name in ["mine", "theirs"] {
        let body = format!(r#"{{"name":"{name}"}}"#);
        assert_eq!(server.post("/v1/memories", &body).status, 201);
    }
    let imported = server.import(
        "theirs",
        "format=tsv",
        "en\tfa\nThe door.\tدر.\n".as_bytes(),
    );
    let import = imported.json()["id"].as_str().unwrap().to_owned();
    let (_, mine) = key(&server, r#"{"role":"admin","memories":["mine"]}"#);
    let mine = Some(mine.as_str());
    let batch = |memories: &str| {
        let body = format!(
            r#"{{"source_lang":"en","target_lang":"fa","segments":[{{"text":"The door."}}],"memories":{memories}}}"#
        );
        server.ask(mine, "POST", "/v1/lookup/batch", &body)
    };
    assert_eq!(batch(r#"["mine"]"#).status, 200);
    is_problem(&batch(r#"["mine","theirs"]"#), 404, "not_found");
    is_problem(
        &server.ask(mine, "GET", &format!("/v1/imports/{import}"), ""),
        404,
        "not_found",
    );
    // Deleted and made again under the same name, a memory is another one.
    let gone = server.ask(Some(TOKEN), "DELETE", "/v1/memories/mine?confirm=mine", "");
    assert_eq!(gone.status, 204);
    let again = server.ask(Some(TOKEN), "POST", "/v1/memories", r#"{"name":"mine"}"#);
    assert_eq!(again.status, 201);
    is_problem(
        &server.ask(mine, "GET", "/v1/memories/mine", ""),
        404,
        "not_found",
    );
}

#[test]
fn too_small_a_role_is_forbidden_and_attempts_at_administration_are_noted() {
    let server = TestServer::with_a_unit();
    let (_, reads) = key(&server, r#"{"role":"read"}"#);
    let (id, writes) = key(&server, r#"{"role":"write","name":"Ann"}"#);
    let add = |key: &str| server.ask(Some(key), "POST", "/v1/memories/news/units", UNIT);
    is_problem(&add(&reads), 403, "forbidden");
    assert_eq!(add(&writes).status, 201);
    let refused = server.ask(Some(&writes), "POST", "/v1/keys", r#"{"role":"admin"}"#);
    is_problem(&refused, 403, "forbidden");
    let audit = |query: &str| {
        let reply = server.ask(Some(TOKEN), "GET", &format!("/v1/audit?{query}"), "");
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["entries"].as_array().unwrap().clone()
    };
    let entries = audit("action=refused");
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(entries[0]["object_id"], "POST /v1/keys");
    assert_eq!(entries[0]["key"], id.as_str());
    assert_eq!(entries[0]["by"], "Ann");
    assert_eq!(entries[0]["request_id"], refused.header("x-request-id"));
    let entries = audit("by=Ann&memory=news");
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(entries[0]["action"], "unit_added");
    assert_eq!(
        (&entries[0]["before_rev"], &entries[0]["after_rev"]),
        (&Value::Null, &1.into())
    );
    assert!(!Value::from(entries).to_string().contains("morning"));
    is_problem(
        &server.ask(Some(TOKEN), "GET", "/v1/audit?memory=none", ""),
        404,
        "not_found",
    );
    for bad in ["after=x", "limit=0", "since=now", "x=1"] {
        let reply = server.ask(Some(TOKEN), "GET", &format!("/v1/audit?{bad}"), "");
        assert_eq!(reply.status, 400, "{bad}: {}", reply.text);
    }
}

#[test]
fn the_audit_log_is_read_page_by_page() {
    let server = TestServer::with_a_unit();
    for n in 0..5 {
        let body = format!(r#"{{"name":"m{n}"}}"#);
        assert_eq!(server.post("/v1/memories", &body).status, 201);
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/v1/audit?action=memory_created&limit=2{after}"));
        let page = page.json();
        let entries = page["entries"].as_array().unwrap();
        seen.extend(
            entries
                .iter()
                .map(|e| e["object_id"].as_str().unwrap().to_owned()),
        );
        match page["cursor"].as_str() {
            Some(cursor) => after = format!("&after={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["m4", "m3", "m2", "m1", "m0", "news"]);
}

#[test]
fn a_rate_is_kept_and_told() {
    let server = TestServer::with_a_unit();
    let (_, key) = key(&server, r#"{"rate_per_minute":100}"#);
    for n in 1..=100 {
        let reply = server.ask(Some(&key), "GET", "/v1/me", "");
        assert_eq!(reply.status, 200, "request {n}: {}", reply.text);
        assert_eq!(reply.header("ratelimit-limit"), "100");
        assert_eq!(reply.header("ratelimit-remaining"), (100 - n).to_string());
    }
    let reply = server.ask(Some(&key), "GET", "/v1/me", "");
    is_problem(&reply, 429, "rate_limited");
    assert_eq!(reply.header("ratelimit-remaining"), "0");
    let wait: u32 = reply.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(reply.header("ratelimit-reset"), reply.header("retry-after"));
    assert_eq!(server.ask(Some(TOKEN), "GET", "/v1/me", "").status, 200);
}

#[test]
fn twenty_requests_of_a_key_run_at_once() {
    let server = TestServer::with_a_unit();
    let (_, busy) = key(&server, "{}");
    let head = format!(
        "POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {busy}\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    );
    let begin = || {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        (stream, answer == *b"HTTP/1.1 100")
    };
    let running: Vec<_> = (0..20).map(|_| begin()).collect();
    let entered = wait_for("the twenty", || {
        let reply = server.ask(Some(&busy), "GET", "/v1/me", "");
        (reply.status != 200).then_some(reply)
    });
    is_problem(&entered, 429, "too_many_concurrent");
    assert_eq!(entered.header("retry-after"), "1");
    assert_eq!(server.ask(Some(TOKEN), "GET", "/v1/me", "").status, 200);
    drop(running);
    wait_for("a free place", || {
        (server.ask(Some(&busy), "GET", "/v1/me", "").status == 200).then_some(())
    });
}

#[test]
fn keys_are_made_as_asked_and_bad_wishes_are_refused() {
    let server = TestServer::with_a_unit();
    let body = r#"{"name":"Ann","role":"write","memories":["news"],"expires_at":"2999-01-01T00:00:00Z","rate_per_minute":9}"#;
    let (id, ann) = key(&server, body);
    let me = server.ask(Some(&ann), "GET", "/v1/me", "").json();
    let expected = serde_json::json!({
        "id": id, "name": "Ann", "everywhere": null, "memories": [{"memory": "news", "role": "write"}],
        "glossary": "read", "rate_per_minute": 9, "expires_at": "2999-01-01T00:00:00Z",
    });
    assert_eq!(me, expected);
    let written = server
        .ask(Some(&ann), "POST", "/v1/memories/news/units", UNIT)
        .json();
    let unit = format!("/v1/units/{}", written["id"].as_str().unwrap());
    assert_eq!(
        server.ask(Some(&ann), "GET", &unit, "").json()["changed_by"],
        "Ann"
    );
    for (body, status, code) in [
        (r#"{"role":"root"}"#, 400, "invalid_value"),
        (r#"{"memories":[]}"#, 400, "out_of_range"),
        (r#"{"memories":["none"]}"#, 404, "not_found"),
        (
            r#"{"expires_at":"2001-01-01T00:00:00Z"}"#,
            400,
            "out_of_range",
        ),
        (r#"{"expires_at":"soon"}"#, 400, "invalid_time"),
        (r#"{"rate_per_minute":0}"#, 400, "out_of_range"),
        (r#"{"key":"hz_mine"}"#, 400, "unknown_field"),
        ("{\"name\":\"a\u{202e}b\"}", 400, "invalid_character"),
    ] {
        is_problem(
            &server.ask(Some(TOKEN), "POST", "/v1/keys", body),
            status,
            code,
        );
    }
}

#[test]
fn what_one_key_did_under_an_idempotency_key_is_not_anothers_answer() {
    let server = TestServer::with_a_unit();
    let (_, one) = key(&server, r#"{"role":"write"}"#);
    let (_, other) = key(&server, r#"{"role":"write"}"#);
    let send = |key: &str, path: &str, body: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "once"),
        ];
        server.send("POST", path, &headers, Some(body.as_bytes()))
    };
    let path = "/v1/memories/news/units";
    let first = send(&one, path, UNIT);
    assert_eq!(first.status, 201);
    assert_eq!(send(&one, path, UNIT).text, first.text);
    assert_eq!(
        send(&other, path, UNIT).status,
        200,
        "the unit is there already"
    );

    // A key is shown once, also to who asks twice.
    let made = send(TOKEN, "/v1/keys", "{}");
    assert_eq!(made.status, 201);
    let again = send(TOKEN, "/v1/keys", "{}");
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["id"], made.json()["id"]);
    assert_eq!(again.json()["key"], Value::Null);
    let list = server.ask(Some(TOKEN), "GET", "/v1/keys", "").json();
    assert_eq!(list["keys"].as_array().unwrap().len(), 3);
}

/// Every byte that lies in a folder.
fn bytes_of(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

#[test]
fn no_key_is_ever_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let made = run(
        &data,
        &["key", "create", "--role", "admin", "--name", "Ann"],
    );
    assert!(made.status.success(), "{}", err(&made));
    let admin = out(&made).trim().to_owned();
    assert!(admin.starts_with("hz_") && !err(&made).contains(&admin));

    let arguments = ["--log", "trace", "serve", "--listen", "0.0.0.0:0"];
    let served = Served::start_with(&data, &arguments);
    let agent = super::helpers::agent();
    let url = |path: &str| format!("http://{}{path}", served.address);
    let bearer = format!("Bearer {admin}");
    let me = agent.get(url("/v1/me")).header("Authorization", &bearer);
    assert_eq!(me.call().unwrap().status().as_u16(), 200);
    let second = agent
        .post(url("/v1/keys"))
        .header("Authorization", &bearer)
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", "once");
    let second = Reply::read(second.send("{}").unwrap()).unwrap().json();
    let second = second["key"].as_str().unwrap().to_owned();
    let in_url = agent.get(url(&format!("/v1/me?api_key={second}"))).call();
    assert_eq!(in_url.unwrap().status().as_u16(), 401);
    // The command line goes through the server, as its local administrator.
    let listed = run(&data, &["key", "list"]);
    assert!(
        out(&listed).contains("“Ann”, admin everywhere"),
        "{}",
        out(&listed)
    );
    let revoked = run(&data, &["key", "revoke", &second]);
    assert!(revoked.status.success(), "{}", err(&revoked));
    let refused = agent
        .get(url("/v1/me"))
        .header("Authorization", &format!("Bearer {second}"));
    assert_eq!(refused.call().unwrap().status().as_u16(), 401);
    let gone = run(&data, &["key", "revoke", "absent00"]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(err(&gone).contains("no key absent00"), "{}", err(&gone));

    let run_file = std::fs::read_to_string(data.join("server.json")).unwrap();
    let token: Value = serde_json::from_str(&run_file).unwrap();
    let token = token["token"].as_str().unwrap().to_owned();
    let log = served.log();
    assert!(log.contains("/v1/me"), "it logs routes: {log}");
    assert_eq!(served.end().0, 0);
    let stored = bytes_of(&data);
    for secret in [&admin, &second, &token] {
        let secret = secret
            .strip_prefix("hz_")
            .map_or(secret.as_str(), |rest| &rest[9..]);
        assert!(!log.contains(secret), "a key is in the log");
        let found = stored
            .windows(secret.len())
            .any(|piece| piece == secret.as_bytes());
        assert!(!found, "a key is in the data folder");
    }
}

#[test]
fn without_keys_it_listens_on_loopback_only() {
    let folder = tempfile::tempdir().unwrap();
    let output = hamzaban(&folder.path().join("data"))
        .args(["serve", "--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = err(&output);
    assert!(told.contains("hamzaban key create"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn while_it_is_open_only_pages_and_names_of_this_machine_may_ask_and_then_only_keys_count() {
    let server = TestServer::with_a_unit();
    let evil = [("Origin", "https://evil.example")];
    let reply = server.send("GET", "/v1/memories", &evil, None);
    is_problem(&reply, 403, "forbidden_origin");
    assert_eq!(server.get("/v1/me").json()["everywhere"], "admin");
    let (_, key) = key(&server, "{}");
    let bearer = format!("Bearer {key}");
    let reply = server.send("GET", "/v1/memories", &evil, None);
    is_problem(&reply, 401, "unauthenticated");
    let headers = [evil[0], ("Authorization", bearer.as_str())];
    let reply = server.send("GET", "/v1/memories", &headers, None);
    assert_eq!(reply.status, 200);
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
    let raw = format!("GET /v1/me HTTP/1.1\r\nHost: tm.example\r\nAuthorization: {bearer}\r\n\r\n");
    let answer = server.raw(raw.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Who may see one of two memories is told nothing of the other by what was moved from the one to the other.
#[test]
fn what_was_moved_tells_nothing_of_the_memory_that_may_not_be_seen() {
    let server = TestServer::with_a_unit();
    let made = server.post("/v1/memories", r#"{"name":"secret-place"}"#);
    assert_eq!(made.status, 201);
    for text in ["Hidden words.", "Other hidden words."] {
        let unit = format!(r#"{{"variants":{{"en":"{text}","fa":"متن"}}}}"#);
        let written = server.post("/v1/memories/secret-place/units", &unit);
        assert_eq!(written.status, 201);
    }
    let (_, news) = key(&server, r#"{"role":"admin","memories":["news"]}"#);
    let (_, secret) = key(&server, r#"{"role":"admin","memories":["secret-place"]}"#);
    let post = |path: &str, body: &str| {
        let reply = server.ask(Some(TOKEN), "POST", path, body);
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["id"].as_str().unwrap().to_owned()
    };
    let filter = r#""filter":{"text":"hidden words"}"#;
    let here = post(
        "/v1/memories/secret-place/bulk/move",
        &format!(r#"{{"to":"news",{filter}}}"#),
    );
    let away = post(
        "/v1/memories/news/bulk/move",
        &format!(r#"{{"to":"secret-place",{filter}}}"#),
    );
    let shown = |key: &str, path: &str| server.ask(Some(key), "GET", path, "");
    let of_both = [&here, &away];
    for (key, memory) in [(&news, "news"), (&secret, "secret-place")] {
        let list = shown(key, &format!("/v1/memories/{memory}/bulk"));
        let changes = list.json()["bulk"].as_array().unwrap().clone();
        assert_eq!(changes.len(), 2, "{}", list.text);
        let each = of_both.map(|id| shown(key, &format!("/v1/bulk/{id}")));
        let other = if memory == "news" {
            "secret-place"
        } else {
            "\"news\""
        };
        for reply in each.iter().chain([&list]) {
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert!(reply.text.contains(r#""kind":"move""#));
            for told in [other, "idden", "asked"] {
                assert!(!reply.text.contains(told), "{told}: {}", reply.text);
            }
        }
        for id in of_both {
            let undone = server.ask(Some(key), "DELETE", &format!("/v1/bulk/{id}"), "");
            is_problem(&undone, 403, "forbidden");
        }
    }
    let both = shown(TOKEN, &format!("/v1/bulk/{away}")).json();
    assert_eq!(both["asked"]["to"], "secret-place");
    assert_eq!(both["asked"]["filter"]["text"], "hidden words");
}
