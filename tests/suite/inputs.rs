//! The sixty inputs of which the design says what must come back (`security.md` §2.7), as one table, over a socket to
//! a server in a process of its own. After each of them the server answers, and its memory has not grown by more than
//! 32 MB. Inputs that are one request and one reply stand in `bad_rows`; the others are functions here.

use std::io::Write;

use serde_json::{Value, json};

use super::bad_rows;
use super::helpers::{Reply, TestServer, agent, raw, send};
use super::process::{Served, out, run};
use super::replies::{LOOKUP, is_problem};

/// What memory may grow by, in KiB.
const MOST_GROWTH: u64 = 32 << 10;
const UNITS: &str = "/v1/memories/news/units";
const TMX: &str = "/v1/memories/news/import?format=tmx";

/// A server to which one speaks with a key, or with none.
struct Server {
    _folder: tempfile::TempDir,
    process: Served,
    agent: ureq::Agent,
    key: Option<String>,
}

impl Server {
    /// With the memories `news`, of one unit, and `other`, and the key of an administrator if it is to be closed.
    fn start(closed: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut key = None;
        if closed {
            let made = run(&data, &["key", "create", "--role", "admin"]);
            let said = out(&made);
            let word = said.split_whitespace().find(|word| word.starts_with("hz_"));
            key = Some(word.unwrap_or_else(|| panic!("{said}")).to_owned());
        }
        let server = Server {
            _folder: folder,
            process: Served::start(&data),
            agent: agent(),
            key,
        };
        for name in ["news", "other"] {
            let made = server.post("/v1/memories", &json!({ "name": name }).to_string());
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let unit = r#"{"variants":{"en":"The door is open.","fa":"در باز است."}}"#;
        assert_eq!(server.post(UNITS, unit).status, 201);
        server
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Reply {
        let bearer = self.key.as_ref().map(|key| format!("Bearer {key}"));
        let mut headers = headers.to_vec();
        if let Some(bearer) = &bearer
            && !headers.iter().any(|(name, _)| *name == "Authorization")
        {
            headers.push(("Authorization", bearer));
        }
        send(
            &self.agent,
            &self.process.address,
            method,
            path,
            &headers,
            body,
        )
    }

    /// With this key instead.
    fn with(&self, key: &str, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {key}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        self.send(
            method,
            path,
            &headers,
            Some(body.as_bytes()).filter(|body| !body.is_empty()),
        )
    }

    fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    fn json(&self, method: &str, path: &str, body: &str) -> Reply {
        self.send(
            method,
            path,
            &[("Content-Type", "application/json")],
            Some(body.as_bytes()),
        )
    }

    fn post(&self, path: &str, body: &str) -> Reply {
        self.json("POST", path, body)
    }

    fn import(&self, path: &str, file: &[u8]) -> Reply {
        self.send("POST", path, &[], Some(file))
    }

    fn raw(&self, request: &[u8]) -> String {
        raw(&self.process.address, request)
    }

    /// A new key: its id and itself.
    fn new_key(&self, body: &str) -> (String, String) {
        let made = self.post("/v1/keys", body);
        assert_eq!(made.status, 201, "{}", made.text);
        let text = |field: &str| made.json()[field].as_str().unwrap().to_owned();
        (text("id"), text("key"))
    }

    /// What it has in memory, in KiB.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.pid()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.map(|line| line.trim().trim_end_matches(" kB").parse().unwrap());
        number.unwrap_or(0)
    }

    /// It answers as if nothing had been.
    fn goes_on(&self, input: u8) {
        let found = self.post("/v1/lookup", LOOKUP);
        assert_eq!(found.status, 200, "after input {input}: {}", found.text);
        let matches = found.json()["matches"].as_array().unwrap().clone();
        let door = matches
            .iter()
            .find(|found| found["source"] == "The door is open.");
        assert_eq!(
            door.unwrap()["target"],
            "در باز است.",
            "after input {input}"
        );
    }
}

/// One that has keys, and one that has none and never had.
struct World {
    closed: Server,
    open: Server,
}

type Input = (u8, &'static str, fn(&World));

#[rustfmt::skip]
const INPUTS: &[Input] = &[
    (1, "no Authorization", no_key),
    (2, "a key with one changed character, and (3) an unknown one", strange_keys),
    (4, "keys that were revoked, or whose time is over", dead_keys),
    (5, "a key in the address", key_in_address),
    (6, "a key to read that writes", reader_writes),
    (7, "a foreign memory, and (8) one in a batch, and (9) an import of it", foreign_memory),
    (10, "administration with a key to write", writer_administers),
    (11, "the 101st request of a hundred", too_many_a_minute),
    (18, "JSON that is said to be something else", not_said_to_be_json),
    (19, "bodies that are too large, with a length and without", large_bodies),
    (20, "two lengths", two_lengths),
    (21, "packed bodies, and bombs", packed_bodies),
    (22, "bytes that are not UTF-8", not_utf8),
    (26, "look-ups of 10,240 characters among long segments", monstrous_lookups),
    (27, "two thousand times the commonest word, and (28) nearly nothing", odd_lookups),
    (29, "five hundred rare words, and five thousand marks on a letter, looked up", rare_lookups),
    (31, "ways out of the folder", paths),
    (32, "markup in a title, and (33) in a segment", markup),
    (34, "names that hide or reorder letters, and (36) and (38) look-alikes", hostile_names),
    (35, "marks of direction that end where they should", balanced_marks),
    (37, "half-spaces, and (39) Arabic letters for Persian ones", persian_names),
    (40, "questions that are SQL, (41) operators, (42) endless, (43) wildcards", questions),
    (44, "hostile patterns", patterns),
    (45, "a stale revision", stale_revision),
    (46, "an Idempotency-Key with another body", same_key_other_body),
    (47, "cursors of elsewhere, and forged ones", cursors),
    (48, "entities, (49) system ids, (50) and the DTD that everybody names", doctypes),
    (51, "files cut off at fifty places", cut_files),
    (52, "what is no TMX", not_tmx),
    (53, "a million elements in one another, endless attributes, an endless segment", monstrous_files),
    (54, "characters that are none, in one unit of several", characters),
    (55, "UTF-16, and an encoding that is another", encodings),
    (56, "TBX that refers to other files", references),
    (57, "archives that play tricks", archives),
    (58, "file names that are paths", file_names),
    (59, "cells that are formulas", formulas),
    (60, "other origins and hosts", origins),
];

/// Those that the function of another number sends too, and those of `bad_rows`.
const TOGETHER: [u8; 14] = [3, 8, 9, 12, 28, 33, 36, 38, 39, 41, 42, 43, 49, 50];

#[test]
fn sixty_bad_inputs_get_their_replies_and_the_server_goes_on_and_does_not_grow() {
    let world = World {
        closed: Server::start(true),
        open: Server::start(false),
    };
    let servers = [&world.closed, &world.open];
    let mut seen: std::collections::BTreeSet<u8> = TOGETHER.into();
    let mut after = |input: u8, what: &str, send: &dyn Fn()| {
        let before = servers.map(Server::resident);
        send();
        for (server, before) in servers.into_iter().zip(before) {
            server.goes_on(input);
            let grown = server.resident().saturating_sub(before);
            assert!(
                grown <= MOST_GROWTH,
                "input {input}, {what}: memory has grown by {grown} KiB"
            );
        }
        seen.insert(input);
    };
    for (input, what, send) in INPUTS {
        println!("{input}: {what}");
        after(*input, what, &|| send(&world));
    }
    for row in bad_rows::all() {
        let what = format!("{} {} {:.200}", row.1, row.2, row.3);
        after(row.0, &what, &|| one_row(&world.open, &row));
    }
    // 0 is for rows beyond the sixty.
    let wanted: Vec<u8> = (0..=60).collect();
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        wanted,
        "each of the sixty was sent"
    );
}

fn one_row(server: &Server, (_, method, path, body, status, code, pointer): &bad_rows::Row) {
    let reply = match *method {
        "POST" => server.post(path, body),
        _ => server.send(method, path, &[], None),
    };
    let shown = format!("{method} {path} {body:.200}: {}", reply.text);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (*status, *code),
        "{shown}"
    );
    is_problem(&reply, *status, code);
    let errors = &reply.json()["errors"];
    assert_eq!(
        errors[0]["pointer"].as_str().unwrap_or_default(),
        *pointer,
        "{shown}"
    );
    for echo in ["a", "e"] {
        assert!(!reply.text.contains(&echo.repeat(101)), "{shown}");
    }
}

fn unauthenticated(reply: &Reply) -> Value {
    is_problem(reply, 401, "unauthenticated");
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    let mut body = reply.json();
    body["request_id"] = Value::Null;
    body
}

fn no_key(world: &World) {
    let address = &world.closed.process.address;
    unauthenticated(&send(&agent(), address, "GET", "/v1/memories", &[], None));
}

fn strange_keys(world: &World) {
    let (_, good) = world.closed.new_key("{}");
    let mut changed = good.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == 'a' { 'b' } else { 'a' });
    let get = |key: &str| unauthenticated(&world.closed.with(key, "GET", "/v1/memories", ""));
    let elsewhere = TestServer::start();
    let unknown = elsewhere.post("/v1/keys", "{}").json();
    assert_eq!(get(&changed), get(unknown["key"].as_str().unwrap()));
}

fn dead_keys(world: &World) {
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
    let expired = super::process::wait_for("the end of the key", || {
        let reply = world.closed.with(&key, "GET", "/v1/me", "");
        (reply.status != 200).then_some(reply)
    });
    is_problem(&expired, 401, "key_expired");
}

fn key_in_address(world: &World) {
    let (_, key) = world.closed.new_key("{}");
    is_problem(
        &world.closed.get(&format!("/v1/memories?api_key={key}")),
        401,
        "key_in_url",
    );
    assert!(!world.closed.process.log().contains(&key));
}

fn reader_writes(world: &World) {
    let (_, key) = world.closed.new_key(r#"{"role":"read"}"#);
    let unit = r#"{"variants":{"en":"a","fa":"ب"}}"#;
    is_problem(
        &world.closed.with(&key, "POST", UNITS, unit),
        403,
        "forbidden",
    );
}

fn foreign_memory(world: &World) {
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

fn writer_administers(world: &World) {
    let (id, key) = world.closed.new_key(r#"{"role":"write"}"#);
    let refused = world
        .closed
        .with(&key, "POST", "/v1/keys", r#"{"role":"admin"}"#);
    is_problem(&refused, 403, "forbidden");
    let log = world.closed.get("/v1/audit?action=refused&limit=1").json();
    assert_eq!(log["entries"][0]["key"], id);
}

/// … and the 21st at the same time, which `twenty_requests_of_a_key_run_at_once` shows.
fn too_many_a_minute(world: &World) {
    let (_, key) = world.closed.new_key(r#"{"rate_per_minute":100}"#);
    for _ in 0..100 {
        assert_eq!(world.closed.with(&key, "GET", "/v1/me", "").status, 200);
    }
    let refused = world.closed.with(&key, "GET", "/v1/me", "");
    is_problem(&refused, 429, "rate_limited");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(refused.header("ratelimit-remaining"), "0");
}

fn not_said_to_be_json(world: &World) {
    let lookup = |said: &str| {
        let headers = [("Content-Type", said)];
        world
            .open
            .send("POST", "/v1/lookup", &headers, Some(LOOKUP.as_bytes()))
    };
    for said in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "",
    ] {
        is_problem(&lookup(said), 415, "unsupported_media_type");
    }
    assert_eq!(lookup("application/json; charset=utf-8").status, 200);
}

const HEAD: &str =
    "POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

fn large_bodies(world: &World) {
    let answer = world
        .open
        .raw(format!("{HEAD}Content-Length: 2097152\r\n\r\n{{").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains("too_large") && answer.to_lowercase().contains("connection: close"),
        "{answer}"
    );
    let mut chunked = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for _ in 0..20 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend_from_slice(&[b' '; 0x10000]);
        chunked.extend_from_slice(b"\r\n");
    }
    let answer = world.open.raw(&chunked);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

fn two_lengths(world: &World) {
    let smuggled = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/memories HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = world.open.raw(format!("{HEAD}{smuggled}").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

fn packed(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    pieces.for_each(|piece| packer.write_all(&piece).unwrap());
    packer.finish().unwrap()
}

fn packed_bodies(world: &World) {
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
    ];
    let lookup = |body: &[u8]| world.open.send("POST", "/v1/lookup", &headers, Some(body));
    assert_eq!(lookup(&packed(std::iter::once(LOOKUP.into()))).status, 200);
    let bomb = packed((0..200).map(|_| vec![b' '; 1 << 20]));
    is_problem(&lookup(&bomb), 413, "too_large");
}

fn not_utf8(world: &World) {
    let mut invalid = LOOKUP.as_bytes().to_vec();
    invalid[60] = 0xff;
    let headers = [("Content-Type", "application/json")];
    let reply = world
        .open
        .send("POST", "/v1/lookup", &headers, Some(&invalid));
    is_problem(&reply, 400, "invalid_unicode");
}

fn lookup(text: &str) -> String {
    json!({"source_lang": "en", "target_lang": "fa", "text": text, "threshold": 30}).to_string()
}

fn unit(en: &str) -> String {
    json!({"variants": {"en": en, "fa": "متن"}}).to_string()
}

fn long(first: u64) -> String {
    let mut text = String::new();
    for number in first.. {
        text.push_str(&super::load::pair(number).0);
        if text.chars().count() >= 10_240 {
            break;
        }
        text.push(' ');
    }
    text.chars().take(10_240).collect()
}

fn monstrous_lookups(world: &World) {
    for number in 0..3 {
        let written = world
            .open
            .post("/v1/memories/other/units", &unit(&long(number * 3)));
        assert_eq!(written.status, 201, "{}", written.text);
    }
    for number in 0..10 {
        let found = world.open.post("/v1/lookup", &lookup(&long(number)));
        assert_eq!(found.status, 200, "{}", found.text);
    }
}

fn odd_lookups(world: &World) {
    let words = "the ".repeat(2_000);
    for text in [words.trim_end(), "a", ".", "؟!", "آ"] {
        let found = world.open.post("/v1/lookup", &lookup(text));
        assert_eq!(found.status, 200, "{}", found.text);
    }
    is_problem(
        &world.open.post("/v1/lookup", &lookup(" ")),
        422,
        "empty_segment",
    );
}

fn rare_lookups(world: &World) {
    let rare: Vec<String> = (0..500).map(|n: u32| format!("q{n}zx")).collect();
    let marks = format!("e{}", "\u{301}".repeat(5_000));
    for text in [rare.join(" "), marks] {
        let found = world.open.post("/v1/lookup", &lookup(&text));
        assert_eq!(found.status, 200, "{}", found.text);
    }
}

fn paths(world: &World) {
    for path in [
        "/v1/memories/..%2f..%2fetc%2fpasswd",
        "/v1/memories/%2e%2e%2f",
        "/v1/memories/news%00",
        "/docs/..%2f..%2fetc%2fpasswd",
        "/v1/styles/..%2f..%2fetc%2fpasswd",
    ] {
        is_problem(&world.open.get(path), 404, "not_found");
    }
}

fn markup(world: &World) {
    let script = "<script>alert(1)</script>";
    let made = world.open.post(
        "/v1/memories",
        &json!({"name": "markup", "title": script}).to_string(),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["title"], script);
    assert!(made.header("content-type").starts_with("application/json"));
    assert!(
        made.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let image = "<img src=x onerror=alert(1)>";
    let written = world.open.post("/v1/memories/markup/units", &unit(image));
    assert_eq!(written.status, 201, "{}", written.text);
    let exported = world.open.get("/v1/memories/markup/export?format=tmx");
    assert!(exported.text.contains("&lt;img src=x"), "{}", exported.text);
    assert!(
        exported
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(exported.header("x-content-type-options"), "nosniff");
}

fn concept(id: &str, lang: &str, name: &str) -> String {
    json!({"id": format!("org:{id}"), "names": [{"lang": lang, "text": name}]}).to_string()
}

fn hostile_names(world: &World) {
    let add = |id: &str, name: &str| world.open.post("/v1/concepts", &concept(id, "en", name));
    assert_eq!(add("peo", "PEOX").status, 201);
    for (name, status, code) in [
        ("a\u{202E}b", 422, "bidi_control_in_name"),
        ("a\u{2066}b", 422, "bidi_control_in_name"),
        ("a\u{200B}b", 422, "invisible_character"),
        ("a\u{2060}b", 422, "invisible_character"),
        ("a\u{E0041}b", 422, "invisible_character"),
        ("РЕОХ", 409, "confusable_name"),
    ] {
        is_problem(&add("bad", name), status, code);
    }
}

fn balanced_marks(world: &World) {
    let text = "abc \u{202b}در\u{202c} def";
    let written = world.open.post("/v1/memories/other/units", &unit(text));
    assert_eq!(written.status, 201, "{}", written.text);
    let path = format!("/v1/units/{}", written.json()["id"].as_str().unwrap());
    assert_eq!(world.open.get(&path).json()["variants"]["en"], text);
}

fn persian_names(world: &World) {
    let name = "انجمن‌نمونه";
    let made = world
        .open
        .post("/v1/concepts", &concept("zwnj", "fa", name));
    assert_eq!(
        (made.status, &made.json()["names"][0]["text"]),
        (201, &name.into())
    );
    for text in [name, "انجمن نمونه"] {
        let found = world
            .open
            .post("/v1/names/find", &json!({"text": text}).to_string());
        assert!(found.text.contains("org:zwnj"), "{text}: {}", found.text);
    }
    assert_eq!(
        world
            .open
            .post("/v1/concepts", &concept("yk", "fa", "ایکسکی"))
            .status,
        201
    );
    let variant = world
        .open
        .post("/v1/concepts", &concept("yk2", "fa", "ايكسكي"));
    assert_eq!(variant.status, 201, "{}", variant.text);
}

fn questions(world: &World) {
    let ask = |query: &str| {
        let query: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        world
            .open
            .get(&format!("/v1/concordance?lang=en&q={query}"))
    };
    for query in [
        "'; DROP TABLE segment;--",
        "\"",
        "NEAR(",
        "-the",
        "a* b*",
        "{s}:x",
        "^",
        "AND",
        "%_%",
    ] {
        let reply = ask(query);
        assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    }
    for query in ["the OR ".repeat(500), "%_".repeat(10_000)] {
        let reply = ask(&query);
        assert!(
            reply.status == 414 || reply.code() == "query_too_long",
            "{}",
            reply.text
        );
    }
}

fn patterns(world: &World) {
    for (pattern, status) in [("(a+)+$", 200), (r"(?:\pL{1000}){1000}", 400), ("[", 400)] {
        let asked = json!({"lang": "en", "find": pattern, "with": "x", "regex": true}).to_string();
        let reply = world
            .open
            .post("/v1/memories/news/bulk/replace/preview", &asked);
        assert_eq!(reply.status, status, "{pattern}: {}", reply.text);
        if status == 400 {
            is_problem(&reply, 400, "invalid_pattern");
        }
    }
}

fn stale_revision(world: &World) {
    let written = world
        .open
        .post("/v1/memories/other/units", &unit("Once."))
        .json();
    let path = format!("/v1/units/{}", written["id"].as_str().unwrap());
    let body = r#"{"rev":7,"variants":{"en":"Twice.","fa":"متن"}}"#;
    let refused = world.open.json("PUT", &path, body);
    is_problem(&refused, 409, "stale_rev");
    assert!(refused.text.contains("\"rev\":1"), "{}", refused.text);
}

fn same_key_other_body(world: &World) {
    let add = |en: &str| {
        let headers = [
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "sixty"),
        ];
        world.open.send(
            "POST",
            "/v1/memories/other/units",
            &headers,
            Some(unit(en).as_bytes()),
        )
    };
    assert_eq!(add("A first body.").status, 201);
    is_problem(&add("A second body."), 422, "idempotency_mismatch");
}

fn cursors(world: &World) {
    let elsewhere = world.closed.get("/v1/changes").json()["cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    is_problem(
        &world.open.get(&format!("/v1/changes?after={elsewhere}")),
        410,
        "epoch_changed",
    );
    for forged in ["1", "%00", "AAAAAAAAAAAAAAAA"] {
        is_problem(
            &world.open.get(&format!("/v1/changes?after={forged}")),
            400,
            "invalid_cursor",
        );
        is_problem(
            &world.open.get(&format!("{UNITS}?cursor={forged}")),
            400,
            "invalid_cursor",
        );
    }
}

const HEADER: &str = r#"<header creationtool="t" creationtoolversion="1" segtype="sentence" o-tmf="t" adminlang="en" srclang="en" datatype="plaintext"/>"#;

fn tu(en: &str) -> String {
    format!(
        r#"<tu><tuv xml:lang="en"><seg>{en}</seg></tuv><tuv xml:lang="fa"><seg>متن</seg></tuv></tu>"#
    )
}

fn tmx(doctype: &str, units: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>{doctype}<tmx version="1.4">{HEADER}<body>{units}</body></tmx>"#
    )
}

fn doctypes(world: &World) {
    let import = |doctype: &str| {
        world
            .open
            .import(TMX, tmx(doctype, &tu("A text.")).as_bytes())
    };
    let mut laughs = "<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..10 {
        let inner = format!("&a{};", level - 1).repeat(10);
        laughs += &format!("<!ENTITY a{level} \"{inner}\">");
    }
    for doctype in [
        format!("<!DOCTYPE tmx [{laughs}]>"),
        "<!DOCTYPE tmx SYSTEM \"file:///etc/passwd\">".into(),
        format!(
            "<!DOCTYPE tmx SYSTEM \"http://{}/x.dtd\">",
            world.closed.process.address
        ),
    ] {
        is_problem(&import(&doctype), 422, "doctype_not_allowed");
    }
    let usual = import("<!DOCTYPE tmx SYSTEM \"tmx14.dtd\">");
    assert_eq!(usual.status, 200, "{}", usual.text);
}

fn cut_files(world: &World) {
    let units: String = (0..20).map(|n| tu(&format!("Cut {n}."))).collect();
    let file = tmx("", &units);
    for part in 1..50 {
        let mut end = file.len() * part / 50;
        while !file.is_char_boundary(end) {
            end -= 1;
        }
        let reply = world.open.import(TMX, &file.as_bytes()[..end]);
        let code = if end < 30 {
            "not_tmx"
        } else {
            "unexpected_eof"
        };
        assert_eq!(reply.status, 422, "{end}: {}", reply.text);
        assert!(
            [code, "unexpected_eof"].contains(&reply.code().as_str()),
            "{end}: {}",
            reply.text
        );
        let body = reply.json();
        assert!(
            body["byte"].is_u64() && body["report"]["added"].is_u64(),
            "{body}"
        );
    }
}

fn not_tmx(world: &World) {
    let random: Vec<u8> = (0..4_096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for file in [
        &b""[..],
        b"<html><body>Not Found</body></html>",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        &random,
    ] {
        is_problem(&world.open.import(TMX, file), 422, "not_tmx");
    }
}

fn monstrous_files(world: &World) {
    let nested = format!("{}{}", "<sub>".repeat(1_000_000), "x");
    let attributes: String = (0..300_000).map(|n| format!(" a{n}=\"\"")).collect();
    let endless = "x".repeat(200 << 20);
    for (units, code) in [
        (tu(&nested), "xml_too_deep"),
        (format!("<tu{attributes}/>"), "too_many_attributes"),
        (tu(&endless), "text_too_long"),
    ] {
        let reply = world.open.import(TMX, tmx("", &units).as_bytes());
        is_problem(&reply, 422, code);
    }
}

fn characters(world: &World) {
    let units: String = ["&#0;", "&#xD800;", "&unknown;", "A good one."]
        .map(tu)
        .concat();
    let reply = world.open.import(TMX, tmx("", &units).as_bytes());
    let report = reply.json();
    assert_eq!(
        (reply.status, &report["skipped"], &report["added"]),
        (200, &3.into(), &1.into()),
        "{}",
        reply.text
    );
    assert!(report["problems"][0]["line"].is_u64(), "{report}");
}

fn encodings(world: &World) {
    let file = tmx("", &tu("In sixteen bits: در."));
    let file = file.replace("?>", " encoding=\"UTF-16\"?>");
    let little: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(file.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(file.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    for bytes in [little, big] {
        let reply = world.open.import(TMX, &bytes);
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let found = world
        .open
        .post("/v1/lookup", &lookup("In sixteen bits: در."));
    assert_eq!(found.json()["matches"][0]["score"], 100, "{}", found.text);
    let mut arabic = tmx("", &tu("@@@")).into_bytes();
    let place = arabic.windows(3).position(|bytes| bytes == b"@@@").unwrap();
    arabic[place..place + 3].copy_from_slice(&[0xcf, 0xd1, 0x20]);
    is_problem(&world.open.import(TMX, &arabic), 422, "encoding_error");
}

fn references(world: &World) {
    let address = &world.closed.process.address;
    let tbx = format!(
        r#"<?xml version="1.0"?><?xml-stylesheet href="http://{address}/x.xsl"?><martif type="TBX-Basic" xml:lang="en" xmlns:xi="http://www.w3.org/2001/XInclude"><martifHeader><fileDesc><sourceDesc><p>x</p></sourceDesc></fileDesc></martifHeader><text><body><termEntry id="org:tbx"><xref target="file:///etc/passwd"/><langSet xml:lang="en"><tig><term>Referring Body</term></tig></langSet></termEntry></body></text></martif>"#
    );
    let reply = world
        .open
        .import("/v1/glossary/import?format=tbx", tbx.as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json()["added"], 1, "{}", reply.text);
}

/// A zip archive with these entries.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn archives(world: &World) {
    let kind = ("mimetype", &b"application/vnd.oasis.opendocument.text"[..]);
    let many: Vec<String> = (0..2_000).map(|n| format!("n{n}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let bomb = vec![b' '; 100 << 20];
    let odt = |entries: &[(&str, &[u8])]| {
        let file = zip(&[&[kind], entries].concat());
        world
            .open
            .send("POST", "/v1/documents/normalize?kind=odt", &[], Some(&file))
    };
    let content = ("content.xml", &b"<a/>"[..]);
    for entries in [
        &[("../../x", &b"x"[..]), content][..],
        &[("/etc/x", b"x"), content],
        &many,
        &[("content.xml", &bomb)],
    ] {
        is_problem(&odt(entries), 422, "archive_rejected");
    }
    let lines = format!("{}\n", " ".repeat(1_000)).repeat(100);
    let head = tmx("", "").replace("</body></tmx>", "").into_bytes();
    let units = (0..400).map(|_| format!("<tu>{lines}</tu>").into_bytes());
    let reply = world
        .open
        .import(TMX, &packed(std::iter::once(head).chain(units)));
    is_problem(&reply, 422, "archive_rejected");
}

fn file_names(world: &World) {
    let long = "x".repeat(5_000);
    for name in [
        "..%2f..%2fdb.sqlite",
        "CON",
        long.as_str(),
        "a%0d%0aX-Evil:%201",
    ] {
        let file = tmx("", &tu("A text."));
        let reply = world
            .open
            .import(&format!("{TMX}&name={name}"), file.as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("x-evil"), "");
    }
}

fn formulas(world: &World) {
    let cells = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "＝1"];
    for cell in cells {
        world.open.post("/v1/memories/markup/units", &unit(cell));
    }
    let exported = world.open.get("/v1/memories/markup/export?format=csv");
    assert!(
        exported
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(exported.header("x-content-type-options"), "nosniff");
    let again = world.open.import(
        "/v1/memories/markup/import?format=csv",
        exported.text.as_bytes(),
    );
    assert_eq!(
        again.json()["added"],
        0,
        "it comes back as it was: {}",
        again.text
    );
}

fn origins(world: &World) {
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
