//! Bad requests, pages of other origins, keys in paths.

use serde_json::{Value, json};

use super::super::helpers::TOKEN;
use super::super::replies::is_problem;
use super::rules::{are_results, is_manifest, text};
use super::{ask, encoded, form, matched, post, small};

#[test]
fn bad_requests_are_told_so_and_break_nothing() {
    let server = small();
    let many = |count: usize| {
        let batch = (0..count).map(|n| (format!("q{n}"), json!({ "query": "MEK" })));
        format!(
            "queries={}",
            encoded(&Value::Object(batch.collect()).to_string())
        )
    };
    let ids = json!({ "ids": vec!["org:x"; 1_001], "properties": [] }).to_string();
    for (body, status, code) in [
        ("queries={".to_owned(), 400, "invalid_json"),
        ("queries=".to_owned(), 400, "invalid_json"),
        ("queries=[]".to_owned(), 400, "wrong_type"),
        (
            format!("queries={}", "[".repeat(10_000)),
            400,
            "invalid_json",
        ),
        (
            "extend=%7B%22ids%22%3A%5B%5D%7D".to_owned(),
            400,
            "wrong_type",
        ),
        ("extend=1;".to_owned(), 400, "invalid_json"),
        (format!("extend={}", encoded(&ids)), 413, "batch_too_large"),
        ("query=MEK".to_owned(), 400, "missing_field"),
        (String::new(), 400, "missing_field"),
        ("{\"queries\":1}".to_owned(), 400, "wrong_type"),
        ("{".to_owned(), 400, "invalid_json"),
        (many(201), 413, "batch_too_large"),
        (
            format!("queries={}", "a".repeat(10 << 20)),
            413,
            "too_large",
        ),
    ] {
        let reply = post(&server, &body);
        is_problem(&reply, status, code);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(
            matched(&ask(&server, json!({ "query": "MEK" }))),
            Some("org:pmoi")
        );
    }
    assert_eq!(
        post(&server, &many(200)).json().as_object().unwrap().len(),
        200
    );
    // A query that says nothing has no results, and the others have theirs.
    let mixed = json!({
        "a": null, "b": "MEK", "c": { "query": ["MEK"] }, "d": { "query": "\u{0}\u{202e}" }, "e": { "limit": -1, "query": "MEK" },
        "f": { "query": "MEK", "type": { "id": "person" }, "limit": 1e300, "properties": "x", "type_strict": 5 },
        "": { "query": 5 },
    });
    let reply = form(&server, "queries", &mixed).json();
    are_results(&reply);
    let lengths = |key: &str| reply[key]["result"].as_array().unwrap().len();
    assert_eq!(
        ["a", "b", "c", "d", "e", "f", ""].map(lengths),
        [0, 0, 0, 0, 1, 1, 0]
    );
    for (path, code) in [
        ("/reconcile?callback=alert(1)", "invalid_callback"),
        ("/reconcile?callback=", "invalid_callback"),
        ("/reconcile?queries=x&callback=cb", "invalid_json"),
    ] {
        is_problem(&server.get(path), 400, code);
    }
    for (method, path) in [
        ("PUT", "/reconcile"),
        ("DELETE", "/reconcile"),
        ("POST", "/reconcile/view"),
    ] {
        let reply = server.send(method, path, &[], Some(b"x"));
        assert!(
            matches!(reply.status, 404 | 405),
            "{method} {path} {}",
            reply.status
        );
    }
}

#[test]
fn pages_of_other_origins_may_read_this_and_nothing_else() {
    let server = small();
    let origin = ("Origin", "http://openrefine.example");
    for path in [
        "/reconcile",
        "/reconcile/suggest/type",
        "/reconcile/properties",
        "/reconcile/none",
    ] {
        let reply = server.send("GET", path, &[origin], None);
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
    }
    let asks = [
        origin,
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    for path in [
        "/reconcile",
        "/reconcile/match",
        "/reconcile/suggest/entity",
    ] {
        let reply = server.send("OPTIONS", path, &asks, None);
        assert_eq!(reply.status, 204);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("access-control-allow-methods"), "GET, POST");
        assert!(
            reply
                .header("access-control-allow-headers")
                .contains("content-type")
        );
    }
    for path in [
        "/v1/concepts",
        "/v1/memories",
        "/",
        "/reconciler",
        "/v1/concepts?callback=cb",
    ] {
        for method in ["GET", "OPTIONS"] {
            let reply = server.send(method, path, &[origin], None);
            is_problem(&reply, 403, "forbidden_origin");
            assert_eq!(reply.header("access-control-allow-origin"), "");
        }
    }
    let plain = server.get("/v1/concepts?q=MEK");
    assert_eq!(plain.header("access-control-allow-origin"), "");
    // Led here by name, a page is refused here, too.
    let misled =
        server.raw(b"GET /reconcile HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert!(misled.starts_with("HTTP/1.1 421"), "{misled}");
    let script = server.get("/reconcile?callback=jQuery1_2");
    assert_eq!(
        script.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    let json = script.text.strip_prefix("/**/jQuery1_2(").unwrap();
    is_manifest(&serde_json::from_str(json.strip_suffix(");").unwrap()).unwrap());
}

#[test]
fn a_key_in_the_path_goes_on_to_every_address() {
    let server = small();
    let made = server
        .ask(Some(TOKEN), "POST", "/v1/keys", r#"{"role":"read"}"#)
        .json();
    let (key, id) = (text(&made["key"]).to_owned(), text(&made["id"]).to_owned());
    is_problem(&server.get("/reconcile"), 401, "unauthenticated");
    assert_eq!(
        server
            .get("/reconcile")
            .header("access-control-allow-origin"),
        "*"
    );
    let manifest = server.get(&format!("/k/{key}/reconcile"));
    is_manifest(&manifest.json());
    let here = format!("http://{}/k/{key}/reconcile", server.address);
    let manifest = manifest.json();
    for url in [
        &manifest["view"]["url"],
        &manifest["preview"]["url"],
        &manifest["suggest"]["entity"]["service_url"],
        &manifest["suggest"]["type"]["flyout_service_url"],
        &manifest["extend"]["propose_properties"]["service_url"],
    ] {
        assert!(text(url).starts_with(&here), "{url}");
        let path = text(url)
            .split(&server.address.to_string())
            .nth(1)
            .unwrap()
            .to_owned();
        let reply = server.get(&path.replace("{{id}}", "org:pmoi"));
        assert_eq!(reply.status, 200, "{path}");
    }
    assert!(!text(&manifest["identifierSpace"]).contains(&key));
    let proxied = [
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "names.example"),
    ];
    let manifest = server
        .send("GET", &format!("/k/{key}/reconcile"), &proxied, None)
        .json();
    assert!(text(&manifest["view"]["url"]).starts_with("https://names.example/k/"));
    server.ask(Some(TOKEN), "DELETE", &format!("/v1/keys/{id}"), "");
    let revoked = server.get(&format!("/k/{key}/reconcile"));
    is_problem(&revoked, 401, "key_revoked");
    assert_eq!(revoked.header("access-control-allow-origin"), "*");
}
