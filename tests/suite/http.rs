//! Who is let in, what every reply carries, and good look-ups, over a real socket.

use super::helpers::{Reply, TOKEN, TestServer};
use super::replies::{LOOKUP, goes_on, is_problem, lookup_with};

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
