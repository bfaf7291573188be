//! `/k/KEY/…`: the same rights and refusals as with the key in `Authorization`, and nothing of it in logs and figures.

use super::helpers::{Reply, TOKEN, TestServer};
use super::process::{Served, err, out, run, wait_for};
use super::replies::is_problem;

const UNIT: &str = r#"{"variants":{"en":"Good morning","fa":"صبح بخیر"}}"#;

/// Makes a key as the local administrator: (id, key).
pub(crate) fn key(server: &TestServer, body: &str) -> (String, String) {
    let made = server.ask(Some(TOKEN), "POST", "/v1/keys", body);
    assert_eq!(made.status, 201, "{}", made.text);
    let text = |field: &str| made.json()[field].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

#[test]
fn a_key_in_the_path_opens_what_it_opens_in_the_header() {
    let server = TestServer::with_a_unit();
    let (_, reads) = key(&server, r#"{"role":"read","memories":["news"]}"#);
    let (id, writes) = key(&server, r#"{"role":"write"}"#);
    let body = r#"{"name":"other"}"#;
    assert_eq!(
        server.ask(Some(TOKEN), "POST", "/v1/memories", body).status,
        201
    );

    is_problem(&server.get("/v1/me"), 401, "unauthenticated");
    for path in ["/v1/me", "/v1/memories", "/v1/memories/news/units?limit=1"] {
        let header = server.ask(Some(&reads), "GET", path, "");
        let in_path = server.get(&format!("/k/{reads}{path}"));
        assert_eq!((in_path.status, &in_path.text), (200, &header.text));
    }
    let add = |key: &str| server.post(&format!("/k/{key}/v1/memories/news/units"), UNIT);
    is_problem(&add(&reads), 403, "forbidden");
    assert_eq!(add(&writes).status, 201);
    is_problem(
        &server.get(&format!("/k/{reads}/v1/memories/other")),
        404,
        "not_found",
    );
    is_problem(&server.get("/k/hz_unknown/v1/me"), 401, "unauthenticated");
    // The token of this run is a key as well.
    assert_eq!(server.get(&format!("/k/{TOKEN}/v1/me")).status, 200);
    let docs = server.get(&format!("/k/{reads}/docs"));
    assert_eq!(docs.header("location"), format!("/k/{reads}/docs/"));

    let revoked = server.ask(Some(TOKEN), "DELETE", &format!("/v1/keys/{id}"), "");
    assert_eq!(revoked.status, 204);
    is_problem(
        &server.get(&format!("/k/{writes}/v1/me")),
        401,
        "key_revoked",
    );
}

#[test]
fn every_protocol_says_in_its_own_way_that_a_key_was_revoked() {
    let server = TestServer::with_a_unit();
    let (id, gone) = key(&server, "{}");
    let path = format!("/v1/keys/{id}");
    assert_eq!(server.ask(Some(TOKEN), "DELETE", &path, "").status, 204);
    let said = "this key was revoked";
    for (path, begins) in [
        ("tmserver/en/fa/unit/a", r#"{"type":"#),
        ("amagama/api/v1//languages/", r#"{"type":"#),
        ("reconcile", r#"{"type":"#),
        ("reconcile/view?id=org:x", r#"{"type":"#),
        (
            "apertium/translate?langpair=en%7Cfa&q=a",
            r#"{"status":"error","code":401"#,
        ),
        ("apertium/listPairs", r#"{"status":"error","code":401"#),
        ("lt/default/v2/check?text=a", "Error: this key"),
        ("v2/words", "Error: this key"),
    ] {
        let reply = server.get(&format!("/k/{gone}/{path}"));
        assert_eq!(reply.status, 401, "{path}: {}", reply.text);
        assert!(
            reply.text.starts_with(begins) && reply.text.contains(said),
            "{path}: {}",
            reply.text
        );
        assert!(!reply.text.contains(&gone), "{path}: {}", reply.text);
    }
}

#[test]
fn a_key_in_the_path_has_its_own_answers_and_its_own_minute() {
    let server = TestServer::with_a_unit();
    let (_, one) = key(&server, r#"{"role":"write","rate_per_minute":3}"#);
    let send = |path: &str, bearer: Option<&str>| {
        let mut headers = vec![
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "once"),
        ];
        headers.extend(bearer.map(|bearer| ("Authorization", bearer)));
        server.send("POST", path, &headers, Some(UNIT.as_bytes()))
    };
    let bearer = format!("Bearer {one}");
    let first = send("/v1/memories/news/units", Some(&bearer));
    assert_eq!(
        (first.status, first.header("ratelimit-remaining")),
        (201, "2")
    );
    let again = send(&format!("/k/{one}/v1/memories/news/units"), None);
    assert_eq!(
        (again.status, again.header("ratelimit-remaining")),
        (201, "1")
    );
    assert_eq!(again.text, first.text);
}

#[test]
fn a_key_in_the_path_is_refused_wherever_it_could_be_mistaken() {
    let server = TestServer::with_a_unit();
    let (_, good) = key(&server, "{}");
    for path in [
        format!("/k/{good}/k/{good}/v1/me"),
        format!("/k/{}/v1/me", good.replace('_', "%5F")),
        format!("/k/{good}%2Fv1/me"),
        format!("//k/{good}/v1/me"),
        format!("/%6b/{good}/v1/me"),
        format!("/k%2F{good}/v1/me"),
        "/k/".to_owned(),
        "/k".to_owned(),
    ] {
        let reply = server.get(&path);
        is_problem(&reply, 400, "invalid_key_path");
        assert!(!reply.text.contains(&good), "{}", reply.text);
    }
    let bearer = format!("Bearer {good}");
    for header in [bearer.as_str(), "Basic eDp5"] {
        let headers = [("Authorization", header)];
        let reply = server.send("GET", &format!("/k/{good}/v1/me"), &headers, None);
        is_problem(&reply, 400, "two_keys");
    }
    let query = server.get(&format!("/k/{good}/v1/me?api_key={good}"));
    is_problem(&query, 401, "key_in_url");
    assert_eq!(server.get(&format!("/k/{good}/v1/me")).status, 200);
}

#[test]
fn a_key_in_the_path_is_never_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let made = run(&data, &["key", "create", "--role", "admin"]);
    assert!(made.status.success(), "{}", err(&made));
    let key = out(&made).trim().to_owned();
    let secret = &key["hz_".len() + 9..];

    let served = Served::start_as(&data, |command| {
        command.args(["--log", "trace"]);
        command.env("HAMZABAN_METRICS_LISTEN", "127.0.0.1:0");
    });
    let agent = super::helpers::agent();
    let get = |path: String| {
        let url = format!("http://{}{path}", served.address);
        Reply::read(agent.get(url).call().unwrap()).unwrap()
    };
    for (path, status) in [
        (format!("/k/{key}/v1/me"), 200),
        (format!("/k/{key}/v1/memories/none"), 404),
        (format!("/k/{key}/nowhere"), 404),
        (format!("/k/{key}/k/{key}/v1/me"), 400),
        (format!("/k/{key}%20/v1/me"), 400),
        (format!("/k/{key}0/v1/me"), 401),
    ] {
        let reply = get(path);
        assert_eq!(reply.status, status, "{}", reply.text);
        assert!(!reply.text.contains(secret), "{}", reply.text);
    }
    let log = wait_for("the log", || {
        let log = served.log();
        (log.matches("answered").count() >= 6).then_some(log)
    });
    let mut lines = served.greeting.lines();
    let address = lines.find_map(|line| line.strip_prefix("Figures at "));
    let figures = Reply::read(agent.get(address.unwrap()).call().unwrap()).unwrap();
    assert!(log.contains("/v1/me") && figures.text.contains("route=\"/v1/me\""));
    assert!(!log.contains(secret), "a key is in the log");
    assert!(!figures.text.contains(secret), "a key is among the figures");
    assert_eq!(served.end().0, 0);
}
