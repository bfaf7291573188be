//! The change feed over a real socket: a copy that follows it is equal to the store, and whoever waits is told.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::helpers::{Random, Reply, TOKEN, TestServer};
use super::replies::is_problem;

/// Memory → unit → the unit as it is shown.
type Content = BTreeMap<String, BTreeMap<String, Value>>;

/// A client that keeps a copy by the rules in the documentation of `/v1/changes`.
#[derive(Default)]
struct Copy {
    content: Content,
    cursor: Option<String>,
}

fn units(server: &TestServer, memory: &str) -> Option<BTreeMap<String, Value>> {
    let (mut units, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let reply = server.get(&format!("/v1/memories/{memory}/units?limit=7{cursor}"));
        if reply.status == 404 {
            return None;
        }
        let page = reply.json();
        for unit in page["units"].as_array().unwrap() {
            units.insert(unit["id"].as_str().unwrap().to_owned(), unit.clone());
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Some(units),
        }
    }
}

fn everything(server: &TestServer) -> Content {
    let memories = server.get("/v1/memories").json();
    let names = memories["memories"].as_array().unwrap().iter();
    names
        .map(|memory| memory["name"].as_str().unwrap().to_owned())
        .filter_map(|name| Some((name.clone(), units(server, &name)?)))
        .collect()
}

impl Copy {
    /// Starts where the log begins no more: the end of the log first, then everything that is there.
    fn from_pages(server: &TestServer) -> Self {
        let head = server.get("/v1/changes?after=head").json();
        Self {
            cursor: head["cursor"].as_str().map(str::to_owned),
            content: everything(server),
        }
    }

    /// Follows to the end of the log; between two pages `meanwhile` happens. How many changes it was told.
    fn follow(&mut self, server: &TestServer, limit: usize, mut meanwhile: impl FnMut()) -> usize {
        let mut told = 0;
        loop {
            let after = self
                .cursor
                .as_ref()
                .map(|cursor| format!("&after={cursor}"));
            let after = after.unwrap_or_default();
            let reply = server.get(&format!("/v1/changes?limit={limit}{after}"));
            assert_eq!(reply.status, 200, "{}", reply.text);
            let page = reply.json();
            for change in page["changes"].as_array().unwrap() {
                self.apply(server, change);
                told += 1;
            }
            self.cursor = page["cursor"].as_str().map(str::to_owned);
            if page["more"] == false {
                return told;
            }
            meanwhile();
        }
    }

    fn apply(&mut self, server: &TestServer, change: &Value) {
        let memory = change["memory"].as_str().unwrap();
        let id = change["id"].as_str().unwrap_or_default();
        let known = self.content.get(memory).and_then(|units| units.get(id));
        let known = known.map_or(0, |unit| unit["rev"].as_i64().unwrap());
        let rev = change["rev"].as_i64().unwrap_or_default();
        match change["kind"].as_str().unwrap() {
            "unit_put" if known < rev => {
                let reply = server.get(&format!("/v1/units/{id}"));
                let units = self.content.entry(memory.to_owned()).or_default();
                if reply.status == 200 {
                    units.insert(id.to_owned(), reply.json());
                } else {
                    units.remove(id);
                }
            }
            "unit_deleted" if known < rev => {
                self.content
                    .entry(memory.to_owned())
                    .or_default()
                    .remove(id);
            }
            "unit_put" | "unit_deleted" => {}
            "memory_deleted" => {
                self.content.remove(memory);
            }
            "memory_put" if self.content.contains_key(memory) => {}
            "memory_put" => {
                if let Some(units) = units(server, memory) {
                    self.content.insert(memory.to_owned(), units);
                }
            }
            other => panic!("{other}"),
        }
    }
}

/// Somebody edits, imports, deletes and takes back at random.
struct Editor {
    random: Random,
}

const MEMORIES: [&str; 3] = ["a", "b", "c"];

impl Editor {
    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.random.below(from.len())]
    }

    fn text(&mut self) -> String {
        format!("text {}", self.random.below(40))
    }

    /// A unit that is there, with its revision.
    fn unit(&mut self, server: &TestServer) -> Option<(String, i64)> {
        let memory = self.pick(&MEMORIES);
        let units: Vec<Value> = units(server, memory)?.into_values().collect();
        let unit = units.get(self.random.below(units.len().max(1)))?;
        Some((unit["id"].as_str()?.to_owned(), unit["rev"].as_i64()?))
    }

    fn work(&mut self, server: &TestServer) {
        let memory = self.pick(&MEMORIES);
        let variants = json!({ "en": self.text(), "fa": self.text() });
        match self.random.below(20) {
            0 => {
                server.post("/v1/memories", &json!({ "name": memory }).to_string());
            }
            1 if self.random.below(3) == 0 => {
                server.delete(&format!("/v1/memories/{memory}?confirm={memory}"));
            }
            2 => {
                let title = json!({ "title": self.text() }).to_string();
                server.json("PATCH", &format!("/v1/memories/{memory}"), &title);
            }
            3 | 4 => {
                let lines: String = (0..self.random.below(12))
                    .map(|_| format!("{}\t{}\n", self.text(), self.text()))
                    .collect();
                let mode = self.pick(&["add", "update", "keep"]);
                let query = format!("format=tsv&from=en&to=fa&mode={mode}");
                server.import(memory, &query, lines.as_bytes());
            }
            5..=7 => {
                let Some((id, rev)) = self.unit(server) else {
                    return;
                };
                server.delete(&format!("/v1/units/{id}?rev={rev}"));
            }
            8..=10 => {
                let Some((id, rev)) = self.unit(server) else {
                    return;
                };
                let to = 1 + self.random.below(rev as usize);
                let body = json!({ "rev": rev, "to_rev": to }).to_string();
                server.post(&format!("/v1/units/{id}/revert"), &body);
            }
            11..=14 => {
                let Some((id, rev)) = self.unit(server) else {
                    return;
                };
                let body = json!({ "rev": rev, "variants": variants }).to_string();
                server.json("PUT", &format!("/v1/units/{id}"), &body);
            }
            _ => {
                let mode = self.pick(&["add", "update"]);
                let body = json!({ "variants": variants, "mode": mode }).to_string();
                server.post(&format!("/v1/memories/{memory}/units"), &body);
            }
        }
    }
}

#[test]
fn a_client_that_follows_from_zero_ends_with_the_content_of_the_store() {
    let seed = std::env::var("HAMZABAN_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("HAMZABAN_SEED={seed}");
    let mut editor = Editor {
        random: Random(seed),
    };
    let mut server = TestServer::start();
    for memory in MEMORIES {
        server.post("/v1/memories", &json!({ "name": memory }).to_string());
    }
    let (mut always, mut paged, mut told) = (Copy::default(), Copy::from_pages(&server), 0);
    for round in 0..12 {
        for _ in 0..40 {
            editor.work(&server);
        }
        let limit = 1 + editor.random.below(60);
        // It follows while work goes on; the rounds in which nothing happens meanwhile are compared.
        told += always.follow(&server, limit, || editor.work(&server));
        told += always.follow(&server, limit, || ());
        paged.follow(&server, 1_000, || ());
        let mut late = Copy::default();
        late.follow(&server, limit, || ());
        let (content, also) = (everything(&server), Copy::from_pages(&server));
        for copy in [&always, &paged, &late, &also] {
            assert_eq!(copy.content, content, "round {round}");
        }
        if round % 4 == 3 {
            server = server.restart(|_| {});
        }
    }
    println!("{told} changes followed");
    assert!(told > 300);
}

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

#[test]
fn nothing_happens_and_the_wait_ends_with_an_empty_page() {
    let server = TestServer::with_a_unit();
    let cursor = server.get("/v1/changes").json()["cursor"].clone();
    let path = format!("/v1/changes?wait=1&after={}", cursor.as_str().unwrap());
    let started = Instant::now();
    let page = server.get(&path).json();
    assert_eq!(
        page,
        json!({ "changes": [], "cursor": cursor, "more": false })
    );
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
