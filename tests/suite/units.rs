//! Memories and units over a real socket: written, read, changed, taken back, written once.

use serde_json::json;

use super::helpers::TestServer;
use super::replies::{goes_on, is_problem};

#[test]
fn memories_are_made_shown_changed_and_deleted() {
    let server = TestServer::start();
    let made = server.post(
        "/v1/memories",
        r#"{"name":"news","title":"<script>alert(1)</script>"}"#,
    );
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.header("content-type"), "application/json");
    is_problem(
        &server.post("/v1/memories", r#"{"name":"news"}"#),
        409,
        "exists",
    );
    for (body, code) in [
        (r#"{}"#, "missing_field"),
        (r#"{"name":5}"#, "wrong_type"),
        (r#"{"name":"a","penalty":-1}"#, "out_of_range"),
        (r#"{"name":"a","units":1}"#, "unknown_field"),
    ] {
        is_problem(&server.post("/v1/memories", body), 400, code);
    }
    for name in ["../x", "A", "", "é", &"a".repeat(65)] {
        let refused = server.post("/v1/memories", &format!(r#"{{"name":"{name}"}}"#));
        assert_eq!(refused.status, 400, "{}", refused.text);
    }
    let changed = server.json("PATCH", "/v1/memories/news", r#"{"read_only":true}"#);
    assert_eq!(changed.json()["read_only"], true, "{}", changed.text);
    assert_eq!(changed.json()["title"], "<script>alert(1)</script>");
    let refused = server.post(
        "/v1/memories/news/units",
        r#"{"variants":{"en":"a","fa":"b"}}"#,
    );
    is_problem(&refused, 403, "read_only");
    server.json("PATCH", "/v1/memories/news", r#"{"read_only":false}"#);

    is_problem(&server.delete("/v1/memories/news"), 400, "confirm_missing");
    is_problem(
        &server.delete("/v1/memories/news?confirm=other"),
        400,
        "confirm_missing",
    );
    is_problem(&server.get("/v1/memories?page=2"), 400, "unknown_field");
    assert_eq!(
        server.get("/v1/memories").json()["memories"][0]["name"],
        "news"
    );
    assert_eq!(server.delete("/v1/memories/news?confirm=news").status, 204);
    is_problem(&server.get("/v1/memories/news"), 404, "not_found");
}

#[test]
fn units_are_written_read_replaced_reverted_and_deleted() {
    let server = TestServer::with_a_unit();
    let page = server.get("/v1/memories/news/units").json();
    let id = page["units"][0]["id"].as_str().unwrap().to_owned();
    let at = |rest: &str| format!("/v1/units/{id}{rest}");
    let same = server.post(
        "/v1/memories/news/units",
        r#"{"variants":{"en":"The door is open.","fa":"در باز است."}}"#,
    );
    assert_eq!(same.status, 200, "{}", same.text);
    assert_eq!(same.json()["id"], id.as_str());

    is_problem(
        &server.json("PUT", &at(""), r#"{"variants":{"en":"a","fa":"b"}}"#),
        400,
        "missing_rev",
    );
    is_problem(
        &server.json(
            "PUT",
            &at(""),
            r#"{"rev":1,"variants":{"en":"a","fa":"b"},"x":1}"#,
        ),
        400,
        "unknown_field",
    );
    let replaced = server.json(
        "PUT",
        &at(""),
        r#"{"rev":1,"variants":{"en":"The door is open.","fa":"در، باز است."}}"#,
    );
    assert_eq!(replaced.json()["rev"], 2, "{}", replaced.text);
    let stale = server.json(
        "PUT",
        &at(""),
        r#"{"rev":1,"variants":{"en":"a","fa":"b"}}"#,
    );
    is_problem(&stale, 409, "stale_rev");
    assert_eq!(stale.json()["current"]["rev"], 2);
    assert_eq!(stale.json()["current"]["variants"]["fa"], "در، باز است.");

    is_problem(
        &server.post(&at("/revert"), r#"{"to_rev":1}"#),
        400,
        "missing_rev",
    );
    is_problem(
        &server.post(&at("/revert"), r#"{"rev":1,"to_rev":1}"#),
        409,
        "stale_rev",
    );
    let reverted = server.post(&at("/revert"), r#"{"rev":2,"to_rev":1}"#);
    assert_eq!(reverted.json()["rev"], 3, "{}", reverted.text);
    goes_on(&server);
    let history = server.get(&at("/history")).json();
    assert_eq!(history["history"].as_array().unwrap().len(), 3, "{history}");
    let first = server.get(&at("/history?limit=2")).json();
    let cursor = first["cursor"].as_str().unwrap();
    let rest = server.get(&at(&format!("/history?cursor={cursor}"))).json();
    assert_eq!(rest["history"], json!([history["history"][2]]));
    assert_eq!(rest.get("cursor"), None);
    for (query, code) in [
        ("limit=0", "out_of_range"),
        ("limit=501", "out_of_range"),
        ("cursor=3-0", "invalid_cursor"),
        ("page=1", "unknown_field"),
    ] {
        is_problem(&server.get(&at(&format!("/history?{query}"))), 400, code);
    }

    is_problem(&server.delete(&at("")), 400, "missing_rev");
    is_problem(&server.delete(&at("?rev=x")), 400, "wrong_type");
    is_problem(&server.delete(&at("?rev=2")), 409, "stale_rev");
    assert_eq!(server.delete(&at("?rev=3")).status, 204);
    is_problem(&server.get(&at("")), 404, "not_found");
}

#[test]
fn a_post_sent_twice_with_one_key_is_done_once() {
    let server = TestServer::with_a_unit();
    let send = |path: &str, key: &str, body: &str| {
        let headers = [
            ("Content-Type", "application/json"),
            ("Idempotency-Key", key),
        ];
        server.send("POST", path, &headers, Some(body.as_bytes()))
    };
    let unit = r#"{"variants":{"en":"Once.","fa":"یک بار."},"mode":"add"}"#;
    let first = send("/v1/memories/news/units", "k1", unit);
    let second = send("/v1/memories/news/units", "k1", unit);
    assert_eq!((first.status, second.status), (201, 201), "{}", second.text);
    assert_eq!(first.text, second.text);
    is_problem(
        &send(
            "/v1/memories/news/units",
            "k1",
            r#"{"variants":{"en":"Other.","fa":"دیگر."}}"#,
        ),
        422,
        "idempotency_mismatch",
    );
    assert_eq!(send("/v1/memories", "k2", r#"{"name":"a"}"#).status, 201);
    assert_eq!(send("/v1/memories", "k2", r#"{"name":"a"}"#).status, 201);
    let long = "k".repeat(201);
    is_problem(
        &send("/v1/memories", &long, r#"{"name":"b"}"#),
        400,
        "invalid_idempotency_key",
    );
}

#[test]
fn two_requests_with_one_key_at_once_write_one_unit() {
    let server = TestServer::with_a_unit();
    let unit = r#"{"variants":{"en":"At once.","fa":"همزمان."},"mode":"add"}"#;
    let headers = [
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "twin"),
    ];
    let send = || {
        server
            .send(
                "POST",
                "/v1/memories/news/units",
                &headers,
                Some(unit.as_bytes()),
            )
            .text
    };
    let replies: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        replies.iter().all(|reply| reply == &replies[0]),
        "{replies:?}"
    );
    assert_eq!(server.get("/v1/memories/news").json()["units"], 2);
}

#[test]
fn hostile_texts_are_kept_as_they_are() {
    let server = TestServer::with_a_unit();
    for text in [
        r"<img src=x onerror=alert(1)>",
        "'; DROP TABLE unit;--",
        "می‌خواهم",
        "a\u{2067}b\u{2069}",
        "...",
        "😀",
    ] {
        let unit = format!(r#"{{"variants":{{"en":"{text}","fa":"ب"}}}}"#);
        let written = server.post("/v1/memories/news/units", &unit);
        assert_eq!(written.status, 201, "{}", written.text);
        let id = written.json()["id"].as_str().unwrap().to_owned();
        let shown = server.get(&format!("/v1/units/{id}")).json();
        assert_eq!(shown["variants"]["en"], text);
    }
    goes_on(&server);
}

#[test]
fn pages_follow_each_other_and_their_cursors_are_good_for_one_memory() {
    let server = TestServer::with_a_unit();
    server.post("/v1/memories", r#"{"name":"other"}"#);
    for n in 0..4 {
        let unit = format!(r#"{{"variants":{{"en":"Number {n}","fa":"ش {n}"}}}}"#);
        assert_eq!(server.post("/v1/memories/news/units", &unit).status, 201);
    }
    let mut path = "/v1/memories/news/units?limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = server.get(&path).json();
        let units = page["units"].as_array().unwrap();
        seen.extend(
            units
                .iter()
                .map(|unit| unit["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["cursor"].as_str() else {
            break;
        };
        is_problem(
            &server.get(&format!("/v1/memories/other/units?cursor={cursor}")),
            400,
            "invalid_cursor",
        );
        path = format!("/v1/memories/news/units?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    seen.dedup();
    assert_eq!(seen.len(), 5);
}
