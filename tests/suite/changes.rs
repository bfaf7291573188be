//! The change feed over a real socket: pages, bad questions, and whoever waits is told. That a copy which follows it is
//! equal to the store says `follower`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::helpers::{Reply, TOKEN, TestServer};
use super::replies::is_problem;

#[test]
fn one_memory_can_be_followed_alone_and_pages_end_where_the_limit_says() {
    let server = TestServer::with_a_unit();
    server.post("/v1/memories", r#"{"name":"other"}"#);
    let all = server.get("/v1/changes").json();
    let kinds: Vec<&str> = all["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["memory_put", "unit_put", "memory_put"]);
    let unit = &all["changes"][1];
    assert_eq!(
        (&unit["memory"], &unit["id"], &unit["rev"]),
        (&json!("news"), &json!("1"), &json!(1))
    );
    assert!(unit["at"].as_str().unwrap().ends_with('Z'));
    let one = server.get("/v1/changes?limit=1&memory=other").json();
    assert_eq!(one["changes"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&one["changes"][0]["memory"], &one["more"]),
        (&json!("other"), &json!(false))
    );
    let first = server.get("/v1/changes?limit=1").json();
    assert_eq!(first["more"], true);
}

#[test]
fn bad_questions_get_their_answers() {
    let server = TestServer::with_a_unit();
    let other = TestServer::with_a_unit();
    for (query, code) in [
        ("after=", "invalid_cursor"),
        ("after=1", "invalid_cursor"),
        ("after=HEAD", "invalid_cursor"),
        ("after=%00", "invalid_cursor"),
        ("limit=0", "out_of_range"),
        ("limit=1001", "out_of_range"),
        ("limit=-1", "out_of_range"),
        ("wait=61", "out_of_range"),
        ("wait=1e9", "out_of_range"),
        ("wait=soon", "wrong_type"),
        ("since=1", "unknown_field"),
        ("limit=1&limit=1", "duplicate_field"),
    ] {
        is_problem(&server.get(&format!("/v1/changes?{query}")), 400, code);
    }
    is_problem(&server.get("/v1/changes?memory=none"), 404, "not_found");
    is_problem(&server.get("/v1/changes?memory=../x"), 404, "not_found");
    let cursor = other.get("/v1/changes").json()["cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let elsewhere = server.get(&format!("/v1/changes?wait=60&after={cursor}"));
    is_problem(&elsewhere, 410, "epoch_changed");
    assert!(elsewhere.text.contains("after=head"), "{}", elsewhere.text);
}

/// A request that waits for what happens after now, on a connection of its own.
fn waiting(server: &TestServer) -> TcpStream {
    let cursor = server.get("/v1/changes?after=head").json()["cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let head = format!(
        "GET /v1/changes?wait=60&after={cursor} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> Value {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{text}");
    serde_json::from_str(body).unwrap()
}

#[test]
fn many_may_wait_while_others_are_answered_and_one_change_tells_them_all() {
    let server = TestServer::with_a_unit();
    // More than may be in flight; each is asked for only after another request was answered.
    let waiting: Vec<TcpStream> = (0..150).map(|_| waiting(&server)).collect();
    let written: Reply = server.post(
        "/v1/memories/news/units",
        r#"{"variants":{"en":"News.","fa":"خبر."}}"#,
    );
    assert_eq!(written.status, 201, "{}", written.text);
    let started = Instant::now();
    for stream in waiting {
        let page = answer(stream);
        assert_eq!(page["changes"][0]["kind"], "unit_put", "{page}");
        assert_eq!(page["changes"][0]["id"], written.json()["id"]);
    }
    assert!(started.elapsed() < Duration::from_secs(15));
}

/// Also where others write all the while: waiting is one request, however often the server looks for it.
#[test]
fn whoever_waits_counts_as_one_request_and_is_sent_away_when_the_key_is_revoked() {
    let server = TestServer::with_a_unit();
    server.post("/v1/memories", r#"{"name":"mine"}"#);
    let asked = r#"{"memories":["mine"],"rate_per_minute":2}"#;
    let made = server.post("/v1/keys", asked).json();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    let (key, id) = (text("key"), text("id"));
    let write = |text: &str| {
        let body = json!({ "variants": { "en": text, "fa": "خبر" } }).to_string();
        let path = "/v1/memories/news/units";
        let written = server.ask(Some(TOKEN), "POST", path, &body);
        assert_eq!(written.status, 201, "{}", written.text);
    };
    let wait = |seconds: u8| {
        let path = format!("/v1/changes?after=head&wait={seconds}");
        server.ask(Some(&key), "GET", &path, "")
    };
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(2));
        let mut number = 0;
        while !waiting.is_finished() {
            number += 1;
            write(&format!("News {number}."));
        }
        let reply = waiting.join().unwrap();
        assert_eq!(reply.status, 200, "after {number} changes: {}", reply.text);
        assert_eq!(reply.json()["changes"], json!([]));
        assert_eq!(reply.header("ratelimit-remaining"), "1");

        let waiting = scope.spawn(|| wait(60));
        let mut number = 0;
        while !waiting.is_finished() {
            // The first words may come before it waits.
            number += 1;
            write(&format!("More news {number}."));
            if number == 3 {
                let gone = server.ask(Some(TOKEN), "DELETE", &format!("/v1/keys/{id}"), "");
                assert_eq!(gone.status, 204);
            }
        }
        is_problem(&waiting.join().unwrap(), 401, "key_revoked");
    });
}

#[test]
fn nothing_happens_and_the_wait_ends_with_an_empty_page() {
    let server = TestServer::with_a_unit();
    let cursor = server.get("/v1/changes").json()["cursor"].clone();
    let path = format!("/v1/changes?wait=1&after={}", cursor.as_str().unwrap());
    let started = Instant::now();
    let page = server.get(&path).json();
    assert_eq!(
        (&page["changes"], &page["more"]),
        (&json!([]), &json!(false))
    );
    // Whether others did something where this key may not look, it does not tell.
    assert_ne!(page["cursor"], cursor);
    let path = format!("/v1/changes?after={}", page["cursor"].as_str().unwrap());
    assert_eq!(server.get(&path).json()["changes"], json!([]));
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_server_that_ends_answers_whoever_waits() {
    let server = TestServer::with_a_unit();
    let waiting: Vec<TcpStream> = (0..5).map(|_| waiting(&server)).collect();
    server.get("/v1/memories");
    let started = Instant::now();
    drop(server);
    for mut stream in waiting {
        let mut text = String::new();
        // One whose request had not been read yet is merely closed.
        if stream.read_to_string(&mut text).is_ok() && !text.is_empty() {
            assert!(text.contains(r#""changes":[]"#), "{text}");
        }
    }
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_client_that_leaves_is_not_waited_for() {
    let server = TestServer::with_a_unit();
    let mut stream = waiting(&server);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let started = Instant::now();
    let mut left = Vec::new();
    let _ = stream.read_to_end(&mut left);
    assert!(left.is_empty(), "{}", String::from_utf8_lossy(&left));
    assert!(started.elapsed() < Duration::from_secs(10));
}
