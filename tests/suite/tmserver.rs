//! tmserver and amaGama over a real socket: addresses of all kinds, what is written where, bad requests.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::helpers::{Reply, TOKEN, TestServer};
use super::path_key::key;
use super::protocols::quote;
use super::replies::{goes_on, is_problem};

const OPEN: &str = "/tmserver/en/fa/unit/The%20door%20is%20open.";

fn sources(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(
        reply.header("content-type"),
        "application/json; charset=utf-8"
    );
    let list = reply.json();
    let source = |found: &Value| found["source"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(source).collect()
}

/// A text and its translation, written by the native API.
pub(crate) fn add(server: &TestServer, source: &str, target: &str) {
    let unit = json!({"variants": {"en": source, "fa": target}}).to_string();
    let written = server.post("/v1/memories/news/units", &unit);
    assert!(written.status < 300, "{}", written.text);
}

fn put(server: &TestServer, method: &str, path: &str, body: &str) -> Reply {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    server.send(method, path, &headers, Some(body.as_bytes()))
}

#[test]
fn a_match_has_the_fields_of_both_servers() {
    let server = TestServer::with_a_unit();
    let unit = r#"{"variants":{"en":"The doors are open.","fa":"درها بازند."},"context":{"id":"ui/door"}}"#;
    assert_eq!(server.post("/v1/memories/news/units", unit).status, 201);
    let both = server.get(&format!("{OPEN}?min_similarity=30"));
    insta::assert_snapshot!("tmserver", both.text.replace("},{", "},\n{"));
    let reply = server.get(OPEN);
    assert_eq!(sources(&reply), ["The door is open."]);
    for same in [
        "/amagama/api/v1/en/fa/unit/The%20door%20is%20open.",
        "/amagama/api/v1//en/fa/unit/The%20door%20is%20open.",
        "/tmserver//en/fa/unit/The%20door%20is%20open.?style=gnome&jsoncallback=f&callback=f",
        "/tmserver/en_GB/fa-IR/unit/The%20door%20is%20open.",
        "/tmserver/eng/pes/unit/The%20door%20is%20open.",
        "/tmserver/en/fa/unit/?source=The+door%20is+open.",
        "/amagama/api/v1/en/fa/unit?source=The+door+is+open.&min_similarity=x&max_candidates=",
        "/tmserver/en/fa/unit/The%20door%20is%20open.?memory=news",
    ] {
        let other = server.get(same);
        assert_eq!(other.text, reply.text, "{same}");
        assert!(!other.headers.contains_key("access-control-allow-origin"));
    }
    assert_eq!(
        sources(&server.get(&format!("{OPEN}?max_candidates=1"))).len(),
        1
    );
    assert_eq!(
        sources(&server.get(&format!("{OPEN}?min_similarity=100"))).len(),
        1
    );
    assert_eq!(
        sources(&server.get(&format!("{OPEN}?min_similarity=-1e9&max_candidates=1e9"))).len(),
        2
    );
    let languages = json!({"sourceLanguages": ["en", "fa"], "targetLanguages": ["en", "fa"]});
    for path in ["/tmserver/languages/", "/amagama/api/v1//languages"] {
        assert_eq!(server.get(path).json(), languages);
    }
}

#[test]
fn a_text_in_the_path_is_decoded_once_and_arrives_as_it_is() {
    let server = TestServer::with_a_unit();
    let long = "سلام، دنیای بزرگ! ".repeat(110);
    let texts = [
        "A/B & 50% «سلام»?",
        "a+b = c; d#e",
        "100%25 of %2F and %zz",
        "http://example.org//x/../y/./z",
        "/leading and trailing/",
        "one\ntwo\ttabs \u{1f600} \\ \"quoted\" {x} [y] <z>",
        "unit/and/store/words",
        long.trim(),
    ];
    for (n, text) in texts.iter().enumerate() {
        add(&server, text, &format!("ترجمه {n}"));
    }
    for text in texts {
        let quoted = quote(text);
        let found = server.get(&format!(
            "/tmserver/en/fa/unit/{quoted}?max_candidates=1&min_similarity=100"
        ));
        assert_eq!(sources(&found), [text]);
        // Slashes and pluses may also come as they are.
        let lenient = quoted.replace("%2F", "/").replace("%2B", "+");
        let found = server.get(&format!(
            "/tmserver/en/fa/unit/{lenient}?max_candidates=1&min_similarity=100"
        ));
        assert_eq!(sources(&found), [text]);
    }
    assert!(quote(long.trim()).len() > 9_000);
}

#[test]
fn whoever_asks_for_what_cannot_be_gets_nothing_and_no_error() {
    let server = TestServer::with_a_unit();
    for path in [
        "/tmserver/xx/yy/unit/The%20door%20is%20open.",
        "/tmserver/e/fa/unit/The%20door%20is%20open.",
        "/tmserver/%D9%81%D8%A7/fa/unit/The%20door%20is%20open.",
        "/tmserver/en/en/unit/The%20door%20is%20open.",
        "/tmserver/en/fa/unit/%FF%FE",
        "/tmserver/en/fa/unit/%00",
        "/tmserver/en/fa/unit/?source=",
        &format!("/tmserver/en/fa/unit/{}", "a".repeat(20_000)),
    ] {
        assert_eq!(sources(&server.get(path)), [""; 0], "{path:.80}");
        goes_on(&server);
    }
    let huge = format!(
        "GET /tmserver/en/fa/unit/{} HTTP/1.1\r\n",
        "a".repeat(10 << 20)
    );
    let answer = server.raw(huge.as_bytes());
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
        "{answer:.200}"
    );
    goes_on(&server);
}

#[test]
fn units_are_stored_changed_and_deleted_in_the_only_memory_that_there_is() {
    let server = TestServer::with_a_unit();
    let path = "/tmserver/en/fa/unit/Good%20morning";
    let body = |target: &str| json!({"source": "Good morning", "target": target}).to_string();
    for (method, target) in [
        ("PUT", "صبح بخیر"),
        ("PUT", "صبح بخیر"),
        ("POST", "بامداد خوش"),
    ] {
        let reply = put(&server, method, path, &body(target));
        assert_eq!((reply.status, reply.text.as_str()), (200, ""));
        let found = server.get(path).json();
        assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found[0]["target"], target);
    }
    // Without a source in the body it is the path's, or the parameter's.
    let reply = put(
        &server,
        "POST",
        "/amagama/api/v1/en/fa/unit/?source=Good+night",
        r#"{"target":"شب خوش"}"#,
    );
    assert_eq!(reply.status, 200, "{}", reply.text);
    let night = server.get("/tmserver/en/fa/unit/Good%20night");
    assert_eq!(night.json()[0]["target"], "شب خوش");
    // Another text is near, and stays.
    let gone = server.delete("/tmserver/en/fa/unit/Good%20Night");
    is_problem(&gone, 404, "not_found");
    let gone = server.delete("/tmserver/en/fa/unit/Good%20night");
    assert_eq!((gone.status, gone.text.as_str()), (200, "deleted 1 units"));
    assert_eq!(
        sources(&server.get("/tmserver/en/fa/unit/Good%20night")),
        [""; 0]
    );
    let units = server.get("/v1/memories/news/units").json();
    assert_eq!(units["units"].as_array().unwrap().len(), 2);
}

#[test]
fn all_units_of_a_source_are_deleted_however_many_and_no_others() {
    let server = TestServer::with_a_unit();
    let mut table = "source,target,context\n".to_owned();
    for place in 0..1_200 {
        writeln!(table, "Yes,بله,{place}").unwrap();
    }
    // Newer, and read as the same: 100 %.
    for place in 0..600 {
        writeln!(table, "Yes\u{200E},بله,mark {place}").unwrap();
    }
    table.push_str("Yes,آری,other\nyes,بله,small\nYes!,بله,loud\n");
    let reply = put(&server, "PUT", "/tmserver/en/fa/store/yes.csv", &table);
    assert_eq!(reply.text, "added 1803 units from `yes.csv`");

    let delete = |rest: &str| server.delete(&format!("/tmserver/en/fa/unit/Yes{rest}"));
    let gone = delete(&format!("?target={}", quote("آری")));
    assert_eq!(gone.text, "deleted 1 units");
    is_problem(&delete("?target=No"), 404, "not_found");
    assert_eq!(delete("").text, "deleted 1200 units");
    is_problem(&delete(""), 404, "not_found");
    let left = server.get("/v1/memories/news").json();
    assert_eq!(left["units"], 1 + 600 + 2);
    // The other language's text is a source, too.
    let back = format!("/tmserver/fa/en/unit/{}", quote("بله"));
    assert_eq!(server.delete(&back).text, "deleted 602 units");
}

#[test]
fn what_is_sent_twice_with_one_key_is_stored_once() {
    let server = TestServer::with_a_unit();
    let list = r#"[{"source":"Yes","target":"بله"}]"#;
    let file = "source,target\nYes,بله\n";
    for (key, method, path, body, other) in [
        (
            "a",
            "POST",
            "/tmserver/en/fa/unit/Yes",
            r#"{"target":"بله"}"#,
            r#"{"target":"آری"}"#,
        ),
        (
            "a",
            "PUT",
            "/tmserver/en/fa/unit/Yes",
            r#"{"target":"بله"}"#,
            r#"{"target":"آری"}"#,
        ),
        ("a", "POST", "/tmserver/en/fa/store/a.po", list, "[]"),
        ("b", "PUT", "/tmserver/en/fa/store/a.csv", file, "a,b\n"),
    ] {
        let send = |path: &str, body: &str| {
            let key = [("Idempotency-Key", key)];
            server.send(method, path, &key, Some(body.as_bytes()))
        };
        let first = send(path, body);
        assert_eq!(first.status, 200, "{method} {path}: {}", first.text);
        let units = || server.get("/v1/memories/news").json()["units"].clone();
        assert_eq!(units(), 2, "{method} {path}");
        assert_eq!(server.delete("/tmserver/en/fa/unit/Yes").status, 200);
        // The same again, which does nothing.
        let again = send(path, body);
        assert_eq!(
            (again.status, &again.text),
            (200, &first.text),
            "{method} {path}"
        );
        assert_eq!(units(), 1, "{method} {path}");
        for (path, body) in [(path, other), (format!("{path}?x=y").as_str(), body)] {
            is_problem(&send(path, body), 422, "idempotency_mismatch");
        }
        assert_eq!(units(), 1, "{method} {path}");
    }
}

#[test]
fn lists_and_files_are_stored_like_imports() {
    let server = TestServer::with_a_unit();
    let list = json!([
        {"source": "One, \"two\"", "target": "یک\r\nدو", "context": "a"},
        {"source": "One, \"two\"", "target": "یک", "context": "b", "state": 3},
        {"source": "Untranslated", "target": ""},
        {"source": "=cmd()", "target": "فرمان"},
    ]);
    let reply = put(
        &server,
        "POST",
        "/tmserver/en/fa/store/%2Fwhere%2Fever%2Ffile.po",
        &list.to_string(),
    );
    assert_eq!(
        (reply.status, reply.text.as_str()),
        (200, "added 3 units from `/where/ever/file.po`")
    );
    let found = server
        .get(&format!("/tmserver/en/fa/unit/{}", quote("One, \"two\"")))
        .json();
    assert_eq!(found.as_array().unwrap().len(), 2, "{found}");
    assert!(found.to_string().contains("یک\\r\\nدو"), "{found}");
    assert_eq!(
        sources(&server.get("/tmserver/en/fa/unit/%3Dcmd()")),
        ["=cmd()"]
    );

    let tsv = "The gate\tدروازه\n";
    let tmx = r#"<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body><tu><tuv xml:lang="en"><seg>The wall</seg></tuv><tuv xml:lang="fa"><seg>دیوار</seg></tuv></tu></body></tmx>"#;
    for (name, file) in [("a.tsv", tsv), ("B.TMX", tmx)] {
        let reply = put(
            &server,
            "PUT",
            &format!("/tmserver/en/fa/store/{name}"),
            file,
        );
        assert_eq!(
            (reply.status, reply.text),
            (200, format!("added 1 units from `{name}`"))
        );
    }
    assert_eq!(
        server.get("/tmserver/en/fa/unit/The%20wall").json()[0]["target"],
        "دیوار"
    );
    assert_eq!(
        server.get("/tmserver/en/fa/unit/The%20gate").json()[0]["target"],
        "دروازه"
    );
}

#[test]
fn what_is_written_goes_where_it_is_said_or_where_nothing_else_can_be_meant() {
    let server = TestServer::start();
    let body = |text: &str| json!({"source": text, "target": "بله"}).to_string();
    let units = |key: Option<&str>, memory: &str| {
        let reply = server.ask(key, "GET", &format!("/v1/memories/{memory}"), "");
        reply.json()["units"].as_u64()
    };
    is_problem(&server.delete("/tmserver/en/fa/unit/a"), 404, "not_found");
    assert_eq!(server.get("/v1/memories").json()["memories"], json!([]));
    // Without any memory `default` is made; with that alone, and with others, it is used.
    assert_eq!(
        put(&server, "PUT", "/tmserver/en/fa/unit/a", &body("a")).status,
        200
    );
    assert_eq!(units(None, "default"), Some(1));
    for name in ["ann", "bob", "shut"] {
        let body = json!({"name": name, "read_only": name == "shut"}).to_string();
        assert_eq!(server.post("/v1/memories", &body).status, 201);
    }
    assert_eq!(
        put(&server, "PUT", "/tmserver/en/fa/unit/b", &body("b")).status,
        200
    );
    assert_eq!(units(None, "default"), Some(2));
    assert_eq!(
        put(
            &server,
            "PUT",
            "/tmserver/en/fa/unit/b?memory=bob",
            &body("b")
        )
        .status,
        200
    );
    assert_eq!(units(None, "bob"), Some(1));
    is_problem(
        &put(
            &server,
            "PUT",
            "/tmserver/en/fa/unit/b?memory=no",
            &body("b"),
        ),
        404,
        "not_found",
    );
    is_problem(
        &put(
            &server,
            "PUT",
            "/tmserver/en/fa/unit/b?memory=shut",
            &body("b"),
        ),
        403,
        "read_only",
    );

    let (_, ann) = key(&server, r#"{"role":"write","memories":["ann"]}"#);
    let (_, both) = key(&server, r#"{"role":"write","memories":["ann","bob"]}"#);
    let (_, reads) = key(&server, r#"{"role":"read"}"#);
    let write = |key: &str, more: &str| {
        put(
            &server,
            "PUT",
            &format!("/k/{key}/tmserver/en/fa/unit/c{more}"),
            &body("c"),
        )
    };
    assert_eq!(write(&ann, "").status, 200);
    assert_eq!(units(Some(TOKEN), "ann"), Some(1));
    is_problem(&write(&ann, "?memory=bob"), 404, "not_found");
    is_problem(&write(&both, ""), 400, "memory_needed");
    assert_eq!(write(&both, "?memory=bob").status, 200);
    is_problem(&write(&reads, ""), 403, "forbidden");
    // Nobody finds what is in memories of others.
    let found = |key: &str| sources(&server.get(&format!("/k/{key}/tmserver/en/fa/unit/c")));
    assert_eq!((found(&ann).len(), found(&both).len()), (1, 2));
    is_problem(
        &server.get("/tmserver/en/fa/unit/c"),
        401,
        "unauthenticated",
    );
}

#[test]
fn bad_requests_get_their_status_and_the_next_one_works() {
    let server = TestServer::with_a_unit();
    let unit = r#"{"source":"a","target":"b"}"#;
    let big = format!(r#"{{"source":"a","target":"{}"}}"#, "b".repeat(2 << 20));
    let huge = format!(r#"[{{"source":"a","target":"{}"}}]"#, "b".repeat(10 << 20));
    let long = format!(r#"{{"source":"a","target":"{}"}}"#, "b".repeat(20_000));
    for (method, path, body, status, code) in [
        ("GET", "/tmserver/en/fa/unit/", "", 404, "missing_source"),
        ("GET", "/tmserver/en/fa/unit", "", 404, "missing_source"),
        ("GET", "/tmserver/en/fa/units/a", "", 404, "not_found"),
        ("GET", "/tmserver/en/unit/a", "", 404, "not_found"),
        ("GET", "/tmserver", "", 404, "not_found"),
        (
            "GET",
            "/tmserver/en/fa/store/a.po",
            "",
            405,
            "method_not_allowed",
        ),
        (
            "DELETE",
            "/tmserver/en/fa/store/a.po",
            "",
            405,
            "method_not_allowed",
        ),
        (
            "POST",
            "/tmserver/languages/",
            unit,
            405,
            "method_not_allowed",
        ),
        ("PUT", "/tmserver/en/fa/unit/a", "", 400, "invalid_json"),
        ("PUT", "/tmserver/en/fa/unit/a", "{", 400, "invalid_json"),
        ("PUT", "/tmserver/en/fa/unit/a", "[1]", 400, "wrong_type"),
        (
            "PUT",
            "/tmserver/en/fa/unit/a",
            r#"{"source":"a"}"#,
            400,
            "missing_field",
        ),
        (
            "PUT",
            "/tmserver/en/fa/unit/a",
            r#"{"target":7}"#,
            400,
            "wrong_type",
        ),
        (
            "PUT",
            "/tmserver/en/fa/unit/a",
            r#"{"target":""}"#,
            422,
            "empty_segment",
        ),
        (
            "PUT",
            "/tmserver/en/fa/unit/",
            r#"{"target":"b"}"#,
            404,
            "missing_source",
        ),
        (
            "PUT",
            "/tmserver/en/fa/unit/a",
            &long,
            422,
            "segment_too_long",
        ),
        ("PUT", "/tmserver/en/fa/unit/a", &big, 413, "too_large"),
        (
            "PUT",
            "/tmserver/e/fa/unit/a",
            unit,
            400,
            "invalid_language",
        ),
        (
            "PUT",
            "/tmserver/en/eng/unit/a",
            unit,
            400,
            "invalid_language",
        ),
        (
            "DELETE",
            "/tmserver/en/en/unit/a",
            "",
            400,
            "invalid_language",
        ),
        ("DELETE", "/tmserver/en/fa/unit/none", "", 404, "not_found"),
        (
            "POST",
            "/tmserver/en/fa/store/a.po",
            unit,
            400,
            "wrong_type",
        ),
        (
            "POST",
            "/tmserver/en/fa/store/a.po",
            "[{}",
            400,
            "invalid_json",
        ),
        (
            "POST",
            "/tmserver/en/fa/store/a.po",
            &huge,
            413,
            "too_large",
        ),
        (
            "PUT",
            "/tmserver/en/fa/store/a.po",
            "msgid",
            415,
            "unsupported_media_type",
        ),
        (
            "PUT",
            "/tmserver/en/fa/store/a.tmx",
            "<no",
            422,
            "unexpected_eof",
        ),
    ] {
        let reply = match body {
            "" => server.send(method, path, &[], None),
            body => put(&server, method, path, body),
        };
        let got = (reply.status, reply.code());
        assert_eq!(
            got,
            (status, code.to_owned()),
            "{method} {path} {body:.80}: {}",
            reply.text
        );
        is_problem(&reply, status, code);
        goes_on(&server);
    }
}

#[test]
fn pages_of_other_origins_neither_read_nor_write_memories_by_other_protocols() {
    let server = TestServer::with_a_unit();
    let unit = br#"{"target":"b"}"#;
    for (method, path, body) in [
        ("GET", OPEN, None),
        ("POST", "/tmserver/en/fa/unit/a", Some(unit.as_slice())),
        ("PUT", "/amagama/api/v1/en/fa/unit/a", Some(unit.as_slice())),
        ("DELETE", OPEN, None),
    ] {
        // The content type is one for which browsers ask no leave beforehand.
        let evil = [
            ("Origin", "https://evil.example"),
            ("Content-Type", "text/plain"),
        ];
        let reply = server.send(method, path, &evil, body);
        is_problem(&reply, 403, "forbidden_origin");
    }
    let apertium = "/apertium/translate?langpair=en%7Cfa&q=The+door+is+open.&callback=f";
    let evil = [("Origin", "https://evil.example")];
    assert_eq!(server.send("GET", apertium, &evil, None).status, 403);
    // A script element sends no origin: what it gets is no script, and no browser runs it.
    for path in [&format!("{OPEN}?jsoncallback=f&callback=f"), apertium] {
        let reply = server.get(path);
        assert_eq!(reply.status, 200);
        assert!(reply.header("content-type").starts_with("application/json"));
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(
            !reply.text.starts_with('f')
                && !reply.headers.contains_key("access-control-allow-origin")
        );
    }
    goes_on(&server);
}
