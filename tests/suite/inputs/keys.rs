//! Keys and what they may not; other origins and hosts.

use std::io::Write;
use std::net::TcpStream;

use serde_json::Value;

use super::requests::unit;
use super::{Reply, UNITS, World, agent, is_problem, send, wait_for};
use crate::helpers::TestServer;

pub(super) fn unauthenticated(reply: &Reply) -> Value {
    is_problem(reply, 401, "unauthenticated");
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    let mut body = reply.json();
    body["request_id"] = Value::Null;
    body
}

pub(super) fn no_key(world: &World) {
    let address = &world.closed.process.address;
    unauthenticated(&send(&agent(), address, "GET", "/v1/memories", &[], None));
}

pub(super) fn strange_keys(world: &World) {
    let (_, good) = world.closed.new_key("{}");
    let mut changed = good.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == 'a' { 'b' } else { 'a' });
    let get = |key: &str| unauthenticated(&world.closed.with(key, "GET", "/v1/memories", ""));
    let elsewhere = TestServer::start();
    let unknown = elsewhere.post("/v1/keys", "{}").json();
    assert_eq!(get(&changed), get(unknown["key"].as_str().unwrap()));
}

pub(super) fn dead_keys(world: &World) {
    let (id, key) = world.closed.new_key("{}");
    assert_eq!(world.closed.with(&key, "GET", "/v1/me", "").status, 200);
    assert_eq!(
        world
            .closed
            .send("DELETE", &format!("/v1/keys/{id}"), &[], None)
            .status,
        204
    );
    is_problem(
        &world.closed.with(&key, "GET", "/v1/me", ""),
        401,
        "key_revoked",
    );
    // Its time is over within a second or two.
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    let soon = soon.strftime("%Y-%m-%dT%H:%M:%SZ");
    let (_, key) = world
        .closed
        .new_key(&format!(r#"{{"expires_at":"{soon}"}}"#));
    let expired = wait_for("the end of the key", || {
        let reply = world.closed.with(&key, "GET", "/v1/me", "");
        (reply.status != 200).then_some(reply)
    });
    is_problem(&expired, 401, "key_expired");
}

pub(super) fn key_in_address(world: &World) {
    let (_, key) = world.closed.new_key("{}");
    is_problem(
        &world.closed.get(&format!("/v1/memories?api_key={key}")),
        401,
        "key_in_url",
    );
    assert!(!world.closed.process.log().contains(&key));
}

pub(super) fn reader_writes(world: &World) {
    let (_, key) = world.closed.new_key(r#"{"role":"read"}"#);
    let unit = r#"{"variants":{"en":"a","fa":"ب"}}"#;
    is_problem(
        &world.closed.with(&key, "POST", UNITS, unit),
        403,
        "forbidden",
    );
}

pub(super) fn foreign_memory(world: &World) {
    let server = &world.closed;
    let file = b"en\tfa\nForeign.\t\xd8\xa8\n";
    let imported = server.import("/v1/memories/other/import?format=tsv", file);
    let import = imported.header("import-id").to_owned();
    let (_, key) = server.new_key(r#"{"role":"admin","memories":["news"]}"#);
    let same = |method: &str, path: &str, body: &str| {
        let bare = |name: &str| {
            let reply = server.with(
                &key,
                method,
                &path.replace("{}", name),
                &body.replace("{}", name),
            );
            is_problem(&reply, 404, "not_found");
            reply.text.replace(reply.header("x-request-id"), "")
        };
        assert_eq!(bare("other"), bare("absent"), "{method} {path}");
    };
    let unit = r#"{"variants":{"en":"a","fa":"b"}}"#;
    let lookup = r#"{"source_lang":"en","target_lang":"fa","text":"a","memories":["{}"]}"#;
    let batch = r#"{"source_lang":"en","target_lang":"fa","segments":[{"text":"a"}],"memories":["news","{}"]}"#;
    same("GET", "/v1/memories/{}", "");
    same("PATCH", "/v1/memories/{}", r#"{"penalty":1}"#);
    same("DELETE", "/v1/memories/{}?confirm={}", "");
    same("GET", "/v1/memories/{}/export?format=tmx", "");
    same("POST", "/v1/memories/{}/units", unit);
    same("POST", "/v1/lookup", lookup);
    same("POST", "/v1/lookup/batch", batch);
    is_problem(
        &server.with(&key, "GET", &format!("/v1/imports/{import}"), ""),
        404,
        "not_found",
    );
}

pub(super) fn writer_administers(world: &World) {
    let (id, key) = world.closed.new_key(r#"{"role":"write"}"#);
    let refused = world
        .closed
        .with(&key, "POST", "/v1/keys", r#"{"role":"admin"}"#);
    is_problem(&refused, 403, "forbidden");
    let log = world.closed.get("/v1/audit?action=refused&limit=1").json();
    assert_eq!(log["entries"][0]["key"], id);
}

/// One more after the other waits for changes, until there are twenty; they go when they are dropped.
pub(super) fn too_many_at_once(world: &World) {
    let (_, key) = world.closed.new_key("{}");
    let waiting = format!(
        "GET /v1/changes?after=head&wait=30 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let wait = || {
        let mut stream = TcpStream::connect(&world.closed.process.address).unwrap();
        stream.write_all(waiting.as_bytes()).unwrap();
        stream
    };
    let ask = || world.closed.with(&key, "GET", "/v1/me", "");
    let mut all: Vec<TcpStream> = Vec::new();
    // What is asked meanwhile takes a place, too, so that one who waits may find none.
    let refused = wait_for("the twentieth", || {
        all.push(wait());
        Some(ask()).filter(|reply| reply.status != 200)
    });
    assert!(all.len() >= 20, "refused beside {}", all.len());
    is_problem(&refused, 429, "too_many_concurrent");
    assert!(!refused.header("retry-after").is_empty());
    drop(all);
    wait_for("a place", || (ask().status == 200).then_some(()));
}

pub(super) fn too_many_a_minute(world: &World) {
    let (_, key) = world.closed.new_key(r#"{"rate_per_minute":100}"#);
    for _ in 0..100 {
        assert_eq!(world.closed.with(&key, "GET", "/v1/me", "").status, 200);
    }
    let refused = world.closed.with(&key, "GET", "/v1/me", "");
    is_problem(&refused, 429, "rate_limited");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(refused.header("ratelimit-remaining"), "0");
}

pub(super) fn origins(world: &World) {
    let get = |headers: &[(&str, &str)]| world.open.send("GET", "/v1/memories", headers, None);
    for origin in ["https://evil.example", "null"] {
        let reply = get(&[("Origin", origin), ("Cookie", "a=b")]);
        is_problem(&reply, 403, "forbidden_origin");
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
    let evil = world
        .open
        .raw(b"GET /v1/memories HTTP/1.1\r\nHost: evil\r\n\r\n");
    assert!(evil.starts_with("HTTP/1.1 421"), "{evil}");
    let form = [
        ("Content-Type", "text/plain"),
        ("Origin", "https://evil.example"),
    ];
    let reply = world
        .open
        .send("POST", UNITS, &form, Some(unit("Forged.").as_bytes()));
    is_problem(&reply, 403, "forbidden_origin");
    // What GET would have to do to change something is no route.
    is_problem(
        &world.open.get("/v1/memories/news/import?format=tmx"),
        405,
        "method_not_allowed",
    );
    is_problem(
        &world.open.get("/v1/units/1/revert"),
        405,
        "method_not_allowed",
    );
}
