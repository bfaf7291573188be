//! What editors and translators ask of the termbase, over a real socket: findings, normalising, terms, checks,
//! look-up by any spelling, documents, and the feed of changes.

use serde_json::{Value, json};

use super::helpers::TestServer;
use super::replies::is_problem;

/// A body with a deprecated name and a house style, a person, and a term.
fn server() -> TestServer {
    let server = TestServer::start();
    for concept in [
        json!({"id": "org:x", "names": [
            {"lang": "en", "text": "People's Example Organization"},
            {"lang": "en", "text": "PEO", "type": "acronym", "status": "admitted"},
            {"lang": "en", "text": "Example Gang", "status": "forbidden", "marks": "case=exact"},
            {"lang": "en", "text": "PXO", "type": "acronym", "status": "preferred", "style": "house"},
            {"lang": "fa", "text": "سازمان نمونه مردم"}]}),
        json!({"id": "person:khamenei", "names": [
            {"lang": "en", "text": "Ali Khamenei"}, {"lang": "fa", "text": "علی خامنه‌ای"}]}),
        json!({"id": "term:sanction", "subject": "politics", "definitions": {"en": "a penalty"}, "names": [
            {"lang": "en", "text": "sanction"}, {"lang": "fa", "text": "تحریم"}]}),
    ] {
        let made = server.post("/v1/concepts", &concept.to_string());
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let style = server.post("/v1/styles", r#"{"name":"house"}"#);
    assert_eq!(style.status, 201, "{}", style.text);
    server
}

fn ask(server: &TestServer, path: &str, body: &Value) -> Value {
    let reply = server.post(path, &body.to_string());
    assert_eq!(reply.status, 200, "{path} {body}: {}", reply.text);
    reply.json()
}

#[test]
fn a_forbidden_name_is_a_finding_and_is_replaced_once() {
    let server = server();
    let text = "The Example Gang’s report. PEO said nothing.";
    let found = ask(&server, "/v1/names/find", &json!({"text": text}));
    let first = &found["mentions"][0];
    assert_eq!(first["finding"]["reason"], "forbidden", "{found}");
    assert_eq!(
        first["finding"]["replacement"],
        "People's Example Organization"
    );
    assert!(found["mentions"][1]["finding"].is_null());

    let done = ask(&server, "/v1/names/normalize", &json!({"text": text}));
    assert_eq!(
        done["text"],
        "The People's Example Organization’s report. PEO said nothing."
    );
    let change = &done["changes"][0];
    assert_eq!(
        (&change["start"], &change["from"]),
        (&json!(4), &json!("Example Gang")),
        "{done}"
    );
    let again = ask(
        &server,
        "/v1/names/normalize",
        &json!({"text": done["text"]}),
    );
    assert_eq!(
        (&again["text"], &again["changes"]),
        (&done["text"], &json!([]))
    );

    let house = ask(
        &server,
        "/v1/names/normalize",
        &json!({"text": "PEO said.", "style": "house"}),
    );
    assert_eq!(house["text"], "PXO said.");
    is_problem(
        &server.post("/v1/names/normalize", r#"{"text":"a","style":"none"}"#),
        400,
        "unknown_style",
    );
}

#[test]
fn terms_and_checks_are_for_translators() {
    let server = server();
    let pair = |source: &str, target: &str| json!({"source": source, "target": target, "source_lang": "en", "target_lang": "fa"});
    let asked = json!({"text": "PEO wants sanctions.", "source_lang": "en", "target_lang": "fa"});
    let terms = ask(&server, "/v1/terms", &asked)["terms"].clone();
    assert_eq!(terms[0]["preferred"], "سازمان نمونه مردم", "{terms}");
    assert_eq!(terms[1]["concept"], "term:sanction", "{terms}");
    assert_eq!(
        (&terms[1]["text"], &terms[1]["start"]),
        (&json!("sanctions"), &json!(10))
    );
    assert_eq!(terms[1]["definition"], "a penalty");

    let kinds = |body: &Value| -> Vec<String> {
        let findings = ask(&server, "/v1/check", body)["findings"].clone();
        let kind = |finding: &Value| finding["kind"].as_str().unwrap().to_owned();
        findings.as_array().unwrap().iter().map(kind).collect()
    };
    let right = pair(
        "PEO wants 3 sanctions.",
        "سازمان نمونه مردم ۳ تحریم می‌خواهد.",
    );
    assert_eq!(kinds(&right), Vec::<String>::new());
    let lacking = pair("PEO wants 3 sanctions.", "آنها ۴ چیز می‌خواهند.");
    assert_eq!(
        kinds(&lacking),
        [
            "missing_name",
            "missing_term",
            "missing_number",
            "extra_number"
        ]
    );
    let forbidden = json!({"source": "سازمان نمونه مردم گفت.", "target": "The Example Gang said.", "source_lang": "fa", "target_lang": "en"});
    assert_eq!(kinds(&forbidden), ["forbidden_name"]);
    is_problem(
        &server.post(
            "/v1/terms",
            r#"{"text":"","source_lang":"en","target_lang":"fa"}"#,
        ),
        422,
        "empty_segment",
    );
    is_problem(
        &server.post("/v1/check", r#"{"source":"a"}"#),
        400,
        "missing_field",
    );
}

#[test]
fn a_concept_is_looked_up_in_any_spelling_and_script() {
    let server = server();
    for q in [
        "Ali%20Khamenei",
        "ali%20khamenei",
        "Khamenei",
        "%D8%AE%D8%A7%D9%85%D9%86%D9%87%E2%80%8C%D8%A7%DB%8C",
        "Ali%20Khameney",
    ] {
        let found = server.get(&format!("/v1/concepts?q={q}&limit=3")).json();
        assert_eq!(
            found["concepts"][0]["id"], "person:khamenei",
            "{q}: {found}"
        );
        assert!(found["concepts"][0]["score"].as_u64().unwrap() <= 100);
    }
    let exact = server.get("/v1/concepts?q=PEO").json();
    assert_eq!(
        (&exact["concepts"][0]["id"], &exact["concepts"][0]["score"]),
        (&json!("org:x"), &json!(100))
    );
    assert_eq!(
        server.get("/v1/concepts?q=PEO&kind=person").json()["concepts"],
        json!([])
    );
    assert_eq!(
        server
            .get("/v1/concepts?q=%27%3B%20DROP%20TABLE%20concept%3B--")
            .status,
        200
    );
    is_problem(
        &server.get(&format!("/v1/concepts?q={}", "x".repeat(1_025))),
        400,
        "out_of_range",
    );
}

#[test]
fn a_document_comes_back_with_only_its_names_changed() {
    let server = server();
    let page =
        "<!doctype html>\n<p class=\"Example Gang\">The <b>Example</b> Gang &amp; others</p>\n";
    let send = |body: &[u8], kind: &str| {
        server.send(
            "POST",
            "/v1/documents/normalize",
            &[("Content-Type", kind)],
            Some(body),
        )
    };
    let done = send(page.as_bytes(), "text/html");
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.header("changes"), "1");
    assert!(
        done.text.contains("class=\"Example Gang\""),
        "{}",
        done.text
    );
    assert!(
        done.text.contains("<b>People's Example Organization</b>"),
        "{}",
        done.text
    );
    let plain = send("nothing here\r\n".as_bytes(), "text/plain");
    assert_eq!(
        (plain.text.as_str(), plain.header("changes")),
        ("nothing here\r\n", "0")
    );
    let broken = send(b"no zip", "application/vnd.oasis.opendocument.text");
    assert_eq!(broken.status, 422, "{}", broken.text);
    let kind = server.send("POST", "/v1/documents/normalize?kind=pdf", &[], Some(b"a"));
    is_problem(&kind, 400, "invalid_value");
}

#[test]
fn lookups_carry_mentions_and_changes_tell_of_concepts() {
    let server = server();
    server.post("/v1/memories", r#"{"name":"news"}"#);
    let lookup = json!({"source_lang": "en", "target_lang": "fa", "text": "PEO wants sanctions.", "include": ["mentions"]});
    let found = ask(&server, "/v1/lookup", &lookup);
    assert_eq!(found["mentions"][0]["concept"], "org:x", "{found}");
    assert_eq!(
        server.delete("/v1/concepts/person:khamenei?rev=1").status,
        204
    );
    let made = server.post("/v1/styles", r#"{"name":"house"}"#);
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(server.delete("/v1/styles/house?rev=1").status, 204);
    let changes = server.get("/v1/changes").json()["changes"].clone();
    let of = |kind: &str| {
        let list = changes.as_array().unwrap();
        list.iter()
            .filter(|change| change["kind"] == kind)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(of("concept_put").len(), 3, "{changes}");
    let gone = &of("concept_deleted")[0];
    assert_eq!(
        (&gone["id"], &gone["rev"]),
        (&json!("person:khamenei"), &json!(2))
    );
    assert!(gone["memory"].is_null());
    for (kind, rev) in [("style_put", 1), ("style_deleted", 2)] {
        let style = &of(kind)[0];
        assert_eq!(
            (&style["id"], &style["rev"]),
            (&json!("house"), &json!(rev)),
            "{changes}"
        );
    }
}

#[test]
fn texts_of_any_kind_are_answered() {
    let server = server();
    for text in [
        String::new(),
        "\0\u{FFFF}".into(),
        "\u{202E}".repeat(100),
        "PEO ".repeat(50_000),
        "e\u{301}".repeat(50_000),
    ] {
        for path in ["/v1/names/find", "/v1/names/normalize"] {
            ask(&server, path, &json!({"text": text}));
        }
    }
    let surrogate = server.post("/v1/names/find", r#"{"text":"\ud800"}"#);
    is_problem(&surrogate, 400, "invalid_unicode");
    let large = json!({"text": "a".repeat(1 << 20)}).to_string();
    is_problem(&server.post("/v1/names/find", &large), 413, "too_large");
}
