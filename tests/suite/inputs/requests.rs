//! Bodies, texts, names, questions.

use std::io::Write;
use std::time::Duration;

use serde_json::json;

use super::{LOOKUP, UNITS, World, is_problem};

pub(super) fn not_said_to_be_json(world: &World) {
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

pub(super) const HEAD: &str =
    "POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

pub(super) fn large_bodies(world: &World) {
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

pub(super) fn two_lengths(world: &World) {
    let smuggled = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/memories HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = world.open.raw(format!("{HEAD}{smuggled}").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

pub(super) fn packed(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    pieces.for_each(|piece| packer.write_all(&piece).unwrap());
    packer.finish().unwrap()
}

pub(super) fn packed_bodies(world: &World) {
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
    ];
    let lookup = |body: &[u8]| world.open.send("POST", "/v1/lookup", &headers, Some(body));
    assert_eq!(lookup(&packed(std::iter::once(LOOKUP.into()))).status, 200);
    let bomb = packed((0..200).map(|_| vec![b' '; 1 << 20]));
    is_problem(&lookup(&bomb), 413, "too_large");
}

pub(super) fn not_utf8(world: &World) {
    let mut invalid = LOOKUP.as_bytes().to_vec();
    invalid[60] = 0xff;
    let headers = [("Content-Type", "application/json")];
    let reply = world
        .open
        .send("POST", "/v1/lookup", &headers, Some(&invalid));
    is_problem(&reply, 400, "invalid_unicode");
}

pub(super) fn lookup(text: &str) -> String {
    json!({"source_lang": "en", "target_lang": "fa", "text": text, "threshold": 30}).to_string()
}

pub(super) fn unit(en: &str) -> String {
    json!({"variants": {"en": en, "fa": "متن"}}).to_string()
}

pub(super) fn long(first: u64) -> String {
    let mut text = String::new();
    for number in first.. {
        text.push_str(&crate::load::pair(number).0);
        if text.chars().count() >= 10_240 {
            break;
        }
        text.push(' ');
    }
    text.chars().take(10_240).collect()
}

/// Long segments among which is looked up.
const LONG_ONES: u64 = 250;
/// The time to compute that a look-up may take.
const MOST_COMPUTING: Duration = Duration::from_millis(250);
/// What is nearly nothing, or refused, takes no longer.
const A_MOMENT: Duration = Duration::from_millis(50);

pub(super) fn monstrous_lookups(world: &World) {
    for number in 0..LONG_ONES {
        let written = world
            .open
            .post("/v1/memories/other/units", &unit(&long(number * 3)));
        assert_eq!(written.status, 201, "{}", written.text);
    }
    let before = world.open.computed();
    for number in 0..100 {
        let found = world.open.post("/v1/lookup", &lookup(&long(number)));
        assert_eq!(found.status, 200, "{}", found.text);
        assert_eq!(found.json()["truncated"], true, "{number}");
    }
    let took = (world.open.computed() - before) / 100;
    println!("26: {took:?} of computing for each");
    assert!(took <= MOST_COMPUTING, "{took:?} of computing for each");
}

pub(super) fn odd_lookups(world: &World) {
    let words = "the ".repeat(2_000);
    for text in [words.trim_end(), "a", ".", "؟!", "آ"] {
        let before = world.open.computed();
        for _ in 0..10 {
            let found = world.open.post("/v1/lookup", &lookup(text));
            assert_eq!(found.status, 200, "{}", found.text);
        }
        let took = (world.open.computed() - before) / 10;
        println!("27, 28: {took:?} of computing for {text:.10}");
        let most = if text.len() > 9 {
            MOST_COMPUTING
        } else {
            A_MOMENT
        };
        assert!(took <= most, "{text:.10}: {took:?}");
    }
    is_problem(
        &world.open.post("/v1/lookup", &lookup(" ")),
        422,
        "empty_segment",
    );
}

pub(super) fn rare_lookups(world: &World) {
    let rare: Vec<String> = (0..500).map(|n: u32| format!("q{n}zx")).collect();
    let marks = format!("e{}", "\u{301}".repeat(5_000));
    for text in [rare.join(" "), marks] {
        let found = world.open.post("/v1/lookup", &lookup(&text));
        assert_eq!(found.status, 200, "{}", found.text);
    }
}

pub(super) fn paths(world: &World) {
    let seen = world.open.reached_for(|| {
        for path in [
            "/v1/memories/..%2f..%2fetc%2fpasswd",
            "/v1/memories/%2e%2e%2f",
            "/v1/memories/news%00",
            "/docs/..%2f..%2fetc%2fpasswd",
            "/v1/styles/..%2f..%2fetc%2fpasswd",
        ] {
            is_problem(&world.open.get(path), 404, "not_found");
        }
    });
    let seen = seen.unwrap_or_default();
    assert!(!seen.contains("passwd") && !seen.contains("../"), "{seen}");
}

pub(super) fn markup(world: &World) {
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

pub(super) fn concept(id: &str, lang: &str, name: &str) -> String {
    json!({"id": format!("org:{id}"), "names": [{"lang": lang, "text": name}]}).to_string()
}

pub(super) fn hostile_names(world: &World) {
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

pub(super) fn balanced_marks(world: &World) {
    let text = "abc \u{202b}در\u{202c} def";
    let written = world.open.post("/v1/memories/other/units", &unit(text));
    assert_eq!(written.status, 201, "{}", written.text);
    let path = format!("/v1/units/{}", written.json()["id"].as_str().unwrap());
    assert_eq!(world.open.get(&path).json()["variants"]["en"], text);
}

pub(super) fn persian_names(world: &World) {
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

pub(super) fn questions(world: &World) {
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

pub(super) fn patterns(world: &World) {
    for (pattern, status) in [("(a+)+$", 200), (r"(?:\pL{1000}){1000}", 400), ("[", 400)] {
        let asked = json!({"lang": "en", "find": pattern, "with": "x", "regex": true}).to_string();
        let path = "/v1/memories/news/bulk/replace/preview";
        let before = world.open.computed();
        (0..9).for_each(|_| drop(world.open.post(path, &asked)));
        let reply = world.open.post(path, &asked);
        let took = (world.open.computed() - before) / 10;
        println!("44: {took:?} of computing for {pattern}");
        assert!(took <= A_MOMENT, "{pattern}: {took:?}");
        assert_eq!(reply.status, status, "{pattern}: {}", reply.text);
        if status == 400 {
            is_problem(&reply, 400, "invalid_pattern");
        }
    }
}

pub(super) fn stale_revision(world: &World) {
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

pub(super) fn same_key_other_body(world: &World) {
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

pub(super) fn cursors(world: &World) {
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
