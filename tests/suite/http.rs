//! Good and bad requests over a real socket. After every bad one the server answers on.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::helpers::{Reply, TOKEN, TestServer};

const LOOKUP: &str = r#"{"source_lang":"en","target_lang":"fa","text":"The door is open."}"#;

fn lookup_with(more: &str) -> String {
    LOOKUP.replace('}', &format!(",{more}}}"))
}

/// The next request works, as after every bad one.
fn goes_on(server: &TestServer) {
    let found = server.post("/v1/lookup", LOOKUP);
    assert_eq!(found.status, 200, "{}", found.text);
    assert_eq!(found.json()["matches"][0]["target"], "در باز است.");
}

/// A problem as all must be, with this code.
fn is_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let body = reply.json();
    assert_eq!(body["code"], code, "{}", reply.text);
    assert_eq!(body["status"], status);
    assert_eq!(body["request_id"], reply.header("x-request-id"));
    assert_eq!(body["type"], format!("urn:hamzaban:problem:{code}"));
    assert!(body["detail"].as_str().unwrap().len() > 10);
    for secret in ["SELECT", "INSERT", "/tmp", "sqlite", "src/"] {
        assert!(!reply.text.contains(secret), "{}", reply.text);
    }
}

#[test]
fn bad_lookups_get_their_codes_and_the_next_one_works() {
    let server = TestServer::with_a_unit();
    let deep = "[".repeat(100_000);
    let long = lookup_with(&format!(r#""text_tagged":"{}""#, "x".repeat(100)));
    let table: Vec<(String, u16, &str)> = vec![
        ("text=a".into(), 400, "invalid_json"),
        (String::new(), 400, "invalid_json"),
        (deep, 400, "invalid_json"),
        (lookup_with(r#""text":"b""#), 400, "duplicate_field"),
        (lookup_with(r#""is_admin":true"#), 400, "unknown_field"),
        (lookup_with(r#""id":5"#), 400, "unknown_field"),
        (lookup_with(r#""limit":1e9"#), 400, "out_of_range"),
        (lookup_with(r#""limit":-1"#), 400, "out_of_range"),
        (lookup_with(r#""limit":0"#), 400, "out_of_range"),
        (lookup_with(r#""limit":1.5"#), 400, "out_of_range"),
        (lookup_with(r#""limit":"10""#), 400, "wrong_type"),
        (lookup_with(r#""threshold":29"#), 400, "out_of_range"),
        (lookup_with(r#""threshold":103"#), 400, "out_of_range"),
        (lookup_with(r#""limit":NaN"#), 400, "invalid_json"),
        (LOOKUP.replace("The", "\\ud800"), 400, "invalid_unicode"),
        (LOOKUP.replace("The", "a\\u0000b"), 400, "invalid_character"),
        (
            LOOKUP.replace("The door is open.", ""),
            422,
            "empty_segment",
        ),
        (
            LOOKUP.replace("The door is open.", " \u{200c} "),
            422,
            "empty_segment",
        ),
        (
            LOOKUP.replace("\"en\"", "\"xx-../../etc\""),
            400,
            "invalid_language",
        ),
        (
            LOOKUP.replace("\"en\"", "\"en\\u0000\""),
            400,
            "invalid_language",
        ),
        (
            LOOKUP.replace("\"en\"", &format!("\"{}\"", "e".repeat(300))),
            400,
            "invalid_language",
        ),
        (lookup_with(r#""memories":["none"]"#), 404, "not_found"),
        (lookup_with(r#""memories":["../etc"]"#), 404, "not_found"),
    ];
    assert_ne!(server.post("/v1/lookup", &long).status, 500);
    for (body, status, code) in table {
        let reply = server.post("/v1/lookup", &body);
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (status, code),
            "{body:.200}"
        );
        is_problem(&reply, status, code);
        goes_on(&server);
    }
    let mut invalid = LOOKUP.as_bytes().to_vec();
    invalid[60] = 0xff;
    let headers = [("Content-Type", "application/json")];
    let reply = server.send("POST", "/v1/lookup", &headers, Some(&invalid));
    is_problem(&reply, 400, "invalid_unicode");
}

#[test]
fn only_json_is_taken_for_json() {
    let server = TestServer::with_a_unit();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "",
    ] {
        let headers = [("Content-Type", content_type)];
        let reply = server.send("POST", "/v1/lookup", &headers, Some(LOOKUP.as_bytes()));
        is_problem(&reply, 415, "unsupported_media_type");
    }
    let headers = [("Content-Type", "application/json; charset=utf-8")];
    assert_eq!(
        server
            .send("POST", "/v1/lookup", &headers, Some(LOOKUP.as_bytes()))
            .status,
        200
    );
}

#[test]
fn large_bodies_are_refused_early_with_a_length_and_without() {
    let server = TestServer::with_a_unit();
    let announced = b"POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2097152\r\n\r\n{";
    let answer = server.raw(announced);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains("too_large") && answer.to_lowercase().contains("connection: close"),
        "{answer}"
    );

    let mut chunked = b"POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..20 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend_from_slice(&[b' '; 0x10000]);
        chunked.extend_from_slice(b"\r\n");
    }
    let answer = server.raw(&chunked);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    goes_on(&server);
}

#[test]
fn packed_bodies_are_unpacked_and_bombs_are_not() {
    let server = TestServer::with_a_unit();
    let pack = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
    ];
    let reply = server.send(
        "POST",
        "/v1/lookup",
        &headers,
        Some(&pack(LOOKUP.as_bytes())),
    );
    assert_eq!(reply.status, 200, "{}", reply.text);
    let bomb = pack(&vec![b' '; 100 << 20]);
    is_problem(
        &server.send("POST", "/v1/lookup", &headers, Some(&bomb)),
        413,
        "too_large",
    );
    goes_on(&server);
}

#[test]
fn a_request_of_two_lengths_is_refused() {
    let server = TestServer::with_a_unit();
    let smuggled = b"POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/memories HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = server.raw(smuggled);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    goes_on(&server);
}

#[test]
fn other_addresses_and_methods_are_problems_too() {
    let server = TestServer::with_a_unit();
    for path in [
        "/v2",
        "/v1",
        "/v1/",
        "/v1/memories/",
        "/v1/memories/none",
        "/v1/memories/NEWS",
        "/v1/memories/..%2f..%2fetc%2fpasswd",
        "/v1/memories/%2e%2e%2f",
        "/v1/memories/news%00",
        "/v1/memories/none/units",
        "/v1/memories/none/export?format=tmx",
        "/v1/units/none",
        "/v1/units/999999999",
        "/v1/units/none/history",
        "/v1/imports/none",
        "/v1/imports/999999999",
    ] {
        is_problem(&server.get(path), 404, "not_found");
    }
    let reply = server.json("PATCH", "/v1/lookup", "{}");
    is_problem(&reply, 405, "method_not_allowed");
    assert_eq!(reply.header("allow"), "POST");
    is_problem(&server.delete("/v1/memories"), 405, "method_not_allowed");
    goes_on(&server);
}

#[test]
fn an_unknown_memory_looks_the_same_whatever_is_asked_of_it() {
    let server = TestServer::with_a_unit();
    let replies = [
        server.get("/v1/memories/none"),
        server.get("/v1/memories/none/units"),
        server.get("/v1/memories/none/export?format=tmx"),
        server.delete("/v1/memories/none?confirm=none"),
        server.delete("/v1/memories/none"),
        server.json("PATCH", "/v1/memories/none", "{}"),
        server.post(
            "/v1/memories/none/units",
            r#"{"variants":{"en":"a","fa":"b"}}"#,
        ),
        server.import("none", "format=tmx", b"<tmx/>"),
        server.post("/v1/lookup", &lookup_with(r#""memories":["none"]"#)),
        server.post("/v1/lookup", &lookup_with(r#""memories":["news","none"]"#)),
    ];
    let mut bodies: Vec<_> = replies.iter().map(Reply::json).collect();
    for body in &mut bodies {
        body["request_id"] = "".into();
    }
    for (reply, body) in replies.iter().zip(&bodies) {
        is_problem(reply, 404, "not_found");
        assert_eq!(body, &bodies[0]);
    }
}

#[test]
fn foreign_hosts_and_origins_are_turned_away() {
    let server = TestServer::with_a_unit();
    for host in [
        "evil.example",
        "evil.example:8640",
        "127.0.0.1.evil.example",
    ] {
        is_problem(
            &server.send("GET", "/v1/memories", &[("Host", host)], None),
            421,
            "misdirected_request",
        );
    }
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let headers = [("Origin", origin), ("Content-Type", "text/plain")];
        let reply = server.send(
            "POST",
            "/v1/memories",
            &headers,
            Some(br#"{"name":"csrf"}"#),
        );
        is_problem(&reply, 403, "forbidden_origin");
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
    let own = format!("http://{}", server.address);
    assert_eq!(
        server
            .send("GET", "/v1/memories", &[("Origin", &own)], None)
            .status,
        200
    );
    assert_eq!(server.get("/v1/memories/csrf").status, 404);
}

#[test]
fn the_token_of_this_run_is_let_in_and_other_keys_are_not() {
    let server = TestServer::with_a_unit();
    let bearer = |key: &str| {
        let value = format!("Bearer {key}");
        server.send("GET", "/v1/memories", &[("Authorization", &value)], None)
    };
    assert_eq!(bearer(TOKEN).status, 200);
    let wrong = bearer("hz_00000000_0");
    is_problem(&wrong, 401, "unauthenticated");
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    is_problem(
        &server.get(&format!("/v1/memories?api_key={TOKEN}")),
        401,
        "key_in_url",
    );
}

#[test]
fn every_reply_carries_its_headers() {
    let server = TestServer::with_a_unit();
    for path in ["/", "/v1/memories", "/v1/none", "/openapi.json", "/docs/"] {
        let reply = server.get(path);
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(
            reply
                .header("content-security-policy")
                .starts_with("default-src 'none'")
        );
        assert_eq!(reply.header("server"), "");
        assert_eq!(reply.header("x-request-id").len(), 32);
    }
    assert_eq!(server.get("/docs").header("location"), "/docs/");
    assert!(server.get("/docs/").text.contains("swagger-ui"));
    assert!(
        server
            .get("/docs/swagger-initializer.js")
            .text
            .contains("/openapi.json")
    );
    assert_eq!(server.get("/openapi.json").json()["openapi"], "3.1.0");
}

#[test]
fn while_the_index_loads_all_but_health_and_documents_ask_to_come_back() {
    let server = TestServer::start_loading();
    assert_eq!(server.get("/v1/health").status, 200);
    assert_eq!(server.get("/openapi.json").status, 200);
    for reply in [
        server.get("/v1/ready"),
        server.get("/v1/memories"),
        server.post("/v1/lookup", LOOKUP),
        server.import("news", "format=tmx", b"<tmx/>"),
    ] {
        is_problem(&reply, 503, "index_loading");
        assert_eq!(reply.header("retry-after"), "1");
    }
    server.engine.catch_up().unwrap();
    assert_eq!(server.get("/v1/ready").json()["lag"], 0);
    assert_eq!(server.get("/v1/memories").status, 200);
}

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

    is_problem(&server.delete(&at("")), 400, "missing_rev");
    is_problem(&server.delete(&at("?rev=x")), 400, "wrong_type");
    is_problem(&server.delete(&at("?rev=2")), 409, "stale_rev");
    assert_eq!(server.delete(&at("?rev=3")).status, 204);
    is_problem(&server.get(&at("")), 404, "not_found");
}

#[test]
fn segments_that_cannot_be_are_refused_on_write() {
    let server = TestServer::with_a_unit();
    let unit = |en: &str| format!(r#"{{"variants":{{"en":"{en}","fa":"ب"}}}}"#);
    let table = [
        (unit(""), 422, "empty_segment"),
        (unit(&"a".repeat(10_241)), 422, "segment_too_long"),
        (unit("a\\u0000b"), 400, "invalid_character"),
        (unit("abc\u{202e}def"), 422, "unbalanced_bidi"),
        (
            r#"{"variants":{"en":5,"fa":"b"}}"#.to_owned(),
            400,
            "wrong_type",
        ),
        (
            r#"{"variants":{"en":"a","en":"b"}}"#.to_owned(),
            400,
            "duplicate_field",
        ),
        (
            r#"{"variants":{"en":"a","xx-../../etc":"b"}}"#.to_owned(),
            400,
            "invalid_language",
        ),
        (
            r#"{"variants":{"en":"a","fa":"b"},"created_by":"root"}"#.to_owned(),
            400,
            "unknown_field",
        ),
    ];
    for (body, status, code) in table {
        let reply = server.post("/v1/memories/news/units", &body);
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (status, code),
            "{body:.200}"
        );
    }
    for text in [
        r"<img src=x onerror=alert(1)>",
        "'; DROP TABLE unit;--",
        "می‌خواهم",
    ] {
        let written = server.post("/v1/memories/news/units", &unit(text));
        assert_eq!(written.status, 201, "{}", written.text);
        let id = written.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(
            server.get(&format!("/v1/units/{id}")).json()["variants"]["en"],
            text
        );
    }
    goes_on(&server);
}

#[test]
fn a_batch_is_answered_in_order() {
    let server = TestServer::with_a_unit();
    let body = r#"{"source_lang":"en","target_lang":"fa","segments":[{"text":"Something else entirely"},{"text":"The door is open."}]}"#;
    let results = server.post("/v1/lookup/batch", body).json()["results"].clone();
    assert_eq!(results[0]["matches"].as_array().unwrap().len(), 0);
    assert_eq!(results[1]["matches"][0]["score"], 100);
    let many = vec![r#"{"text":"a"}"#; 101].join(",");
    let body = format!(r#"{{"source_lang":"en","target_lang":"fa","segments":[{many}]}}"#);
    is_problem(&server.post("/v1/lookup/batch", &body), 400, "out_of_range");
}

const TSV: &str = "en\tfa\nThe window is open.\tپنجره باز است.\nThe door is open.\tدر باز است.\n";

#[test]
fn a_file_goes_in_and_comes_out() {
    let server = TestServer::with_a_unit();
    let imported = server.import(
        "news",
        "format=tsv&name=..%2f..%2fdb.sqlite",
        TSV.as_bytes(),
    );
    assert_eq!(imported.status, 200, "{}", imported.text);
    let report = imported.json();
    assert_eq!(
        (&report["read"], &report["added"], &report["unchanged"]),
        (&2.into(), &1.into(), &1.into())
    );
    let id = imported.header("import-id");
    assert_eq!(report["id"], id);
    let status = server.get(&format!("/v1/imports/{id}")).json();
    assert_eq!(status["state"], "done");
    assert_eq!(status["bytes_read"], TSV.len());

    for (format, needle) in [
        ("tmx", "<seg>The window is open.</seg>"),
        ("tsv", "The window is open.\t"),
        ("csv", "The window is open.,"),
    ] {
        let exported = server.get(&format!("/v1/memories/news/export?format={format}"));
        assert_eq!(exported.status, 200);
        assert!(exported.text.contains(needle), "{}", exported.text);
        assert_eq!(
            exported.header("content-disposition"),
            format!("attachment; filename=\"news.{format}\"")
        );
        let again = server.import(
            "news",
            &format!("format={format}"),
            exported.text.as_bytes(),
        );
        assert_eq!(again.json()["added"], 0, "{}", again.text);
        assert_eq!(again.json()["read"], 2);
    }
    for query in [
        "",
        "format=docx",
        "format=tmx&mode=replace",
        "format=tsv&from=en",
        "format=tmx&x=1",
    ] {
        assert_eq!(server.import("news", query, b"").status, 400, "{query}");
    }
    is_problem(
        &server.get("/v1/memories/news/export"),
        400,
        "missing_field",
    );
}

#[test]
fn files_that_are_not_what_they_claim_say_where() {
    let server = TestServer::with_a_unit();
    for (file, code) in [
        (&b""[..], "not_tmx"),
        (b"<html><body>Not Found</body></html>", "not_tmx"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_tmx"),
        (b"<?xml version=\"1.0\"?><tmx version=\"1.4\"><header srclang=\"en\"/><body><tu><tuv xml:lang=\"en\"><seg>cut", "unexpected_eof"),
        (b"<?xml version=\"1.0\"?><!DOCTYPE tmx [<!ENTITY a \"b\">]><tmx/>", "doctype_not_allowed"),
        (b"<?xml version=\"1.0\"?><!DOCTYPE tmx SYSTEM \"file:///etc/passwd\"><tmx/>", "doctype_not_allowed"),
    ] {
        let reply = server.import("news", "format=tmx", file);
        is_problem(&reply, 422, code);
        let body = reply.json();
        assert!(body["line"].is_u64() && body["byte"].is_u64(), "{body}");
        assert_eq!(body["report"]["added"], 0);
        let id = reply.header("import-id");
        assert_eq!(server.get(&format!("/v1/imports/{id}")).json()["state"], "failed");
        goes_on(&server);
    }
}

#[test]
fn a_client_that_leaves_during_an_upload_leaves_a_failed_import() {
    let server = TestServer::with_a_unit();
    let id: u64 = server
        .import("news", "format=tsv", TSV.as_bytes())
        .header("import-id")
        .parse()
        .unwrap();
    {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let head = "POST /v1/memories/news/import?format=tsv HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(TSV.as_bytes()).unwrap();
    }
    let started = Instant::now();
    loop {
        let status = server.get(&format!("/v1/imports/{}", id + 1));
        if status.status == 200 && status.json()["state"] == "failed" {
            break;
        }
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{}",
            status.text
        );
        std::thread::yield_now();
    }
    goes_on(&server);
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

    let import = |body: &str| {
        let headers = [("Idempotency-Key", "k3")];
        server.send(
            "POST",
            "/v1/memories/news/import?format=tsv",
            &headers,
            Some(body.as_bytes()),
        )
    };
    let (first, second) = (import(TSV), import(TSV));
    assert_eq!((first.status, second.status), (200, 200), "{}", second.text);
    assert_eq!(first.text, second.text);
    is_problem(&import("en\tfa\nx\ty\n"), 422, "idempotency_mismatch");
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
