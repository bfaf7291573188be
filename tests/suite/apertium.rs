//! Apertium's protocol over a real socket, as OmegaT and Weblate speak it. (Weblate's own class asks in `tmserver_clients`.)

use serde_json::{Value, json};

use super::helpers::{Reply, TOKEN, TestServer};
use super::path_key::key;
use super::protocols::{overhead, quote, split, with_many_units};
use super::replies::goes_on;

fn translated(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(
        reply.header("content-type"),
        "application/json; charset=utf-8"
    );
    let body = reply.json();
    let text = body["responseData"]["translatedText"].as_str().unwrap();
    let whole = json!({
        "responseData": {"translatedText": text}, "responseDetails": null, "responseStatus": 200,
    });
    assert_eq!(body, whole);
    text.to_owned()
}

/// A refusal in the protocol's own form, its code and what it says.
fn refused(reply: &Reply) -> (u16, String) {
    let body = reply.json();
    assert_eq!(
        reply.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(body["status"], "error", "{body}");
    assert_eq!(body["code"], reply.status);
    assert_eq!(body["responseStatus"], reply.status);
    assert_eq!(body["responseData"], Value::Null);
    assert_eq!(body["responseDetails"], body["explanation"]);
    assert_eq!(body["request_id"], reply.header("x-request-id"));
    assert!(body["message"].as_str().unwrap().len() > 3);
    (
        reply.status,
        body["explanation"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn omegat_and_weblate_get_the_best_match() {
    let server = TestServer::with_a_unit();
    // What OmegaT 5.8 sends, but for the text.
    let omegat = "GET /apertium/translate?q=The+door+is+open.&markUnknown=no&langpair=en_US|fa&key= HTTP/1.1\r\nUser-Agent: OmegaT 5.8.0 Java/17.0.15\r\nHost: 127.0.0.1:8639\r\nAccept: text/html, image/gif, image/jpeg, */*; q=0.2\r\nConnection: keep-alive\r\n\r\n";
    let (status, _, body) = split(&server.raw(omegat.as_bytes()));
    assert_eq!(status, 200, "{body}");
    insta::assert_snapshot!("apertium", body);
    for same in [
        "/apertium/translate?langpair=eng%7Cpes&q=The%20door%20is%20open.&markUnknown=no",
        "/apertium/translate?langpair=en_US%7Cfa_IR&q=The+door+is+open.",
        "/apertium//translate?langpair=en%7Cfa&q=The+door+is+open.&memory=news",
        "/apertium/translate?langpair=en%7Cfa&q=The+door+is+open.&key=bwux+VwSJ8",
        "/apertium/translate?langpair=en%7Cfa&q=The+door+is+open.&threshold=100",
    ] {
        assert_eq!(translated(&server.get(same)), "در باز است.", "{same}");
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = b"langpair=en|fa&q=The+door+is+open.";
    let posted = server.send("POST", "/apertium/translate", &form, Some(body));
    assert_eq!(translated(&posted), "در باز است.");
    let back = format!(
        "/apertium/translate?langpair=pes%7Ceng&q={}",
        quote("در باز است.")
    );
    assert_eq!(translated(&server.get(&back)), "The door is open.");

    let near = "/apertium/translate?langpair=en%7Cfa&q=The+door+was+open.";
    assert_eq!(
        translated(&server.get(&format!("{near}&threshold=50"))),
        "در باز است."
    );
    assert_eq!(translated(&server.get(&format!("{near}&threshold=99"))), "");
}

#[test]
fn where_nothing_is_there_nothing_is_made_up() {
    let server = TestServer::with_a_unit();
    for (pair, text) in [
        ("en|fa", "Something+else+entirely"),
        ("en|fa", ""),
        ("en|fa", "%00%FF"),
        ("en|de", "The+door+is+open."),
        ("xx|yy", "The+door+is+open."),
        ("en|en", "The+door+is+open."),
        ("en|fa", &"long+".repeat(5_000)),
    ] {
        let path = format!("/apertium/translate?langpair={}&q={text}", quote(pair));
        assert_eq!(translated(&server.get(&path)), "", "{pair} {text:.40}");
    }
}

#[test]
fn pairs_are_those_that_some_memory_has() {
    let server = TestServer::start();
    let pairs = |path: &str| server.get(path).json()["responseData"].clone();
    assert_eq!(pairs("/apertium/listPairs"), json!([]));
    for (name, variants) in [
        ("news", json!({"en-GB": "a", "fa-IR": "b", "pt-BR": "c"})),
        ("more", json!({"fa": "a", "prs": "b"})),
    ] {
        let body = json!({"name": name}).to_string();
        assert_eq!(server.post("/v1/memories", &body).status, 201);
        let unit = json!({"variants": variants}).to_string();
        assert_eq!(
            server
                .post(&format!("/v1/memories/{name}/units"), &unit)
                .status,
            201
        );
    }
    let pair = |(source, target)| json!({"sourceLanguage": source, "targetLanguage": target});
    let all = [
        ("eng", "pes"),
        ("eng", "por"),
        ("pes", "eng"),
        ("pes", "por"),
        ("pes", "prs"),
        ("por", "eng"),
        ("por", "pes"),
        ("prs", "pes"),
    ];
    assert_eq!(
        pairs("/apertium/listPairs"),
        Value::from(all.map(pair).to_vec())
    );
    let (_, more) = key(&server, r#"{"role":"read","memories":["more"]}"#);
    let own = [("pes", "prs"), ("prs", "pes")];
    for path in [
        format!("/apertium/listPairs?key={more}"),
        format!("/k/{more}/apertium/listPairs"),
    ] {
        assert_eq!(pairs(&path), Value::from(own.map(pair).to_vec()));
    }
}

#[test]
fn a_refusal_has_the_protocols_own_form() {
    let server = TestServer::with_a_unit();
    for (path, status, words) in [
        ("/apertium/translate", 400, "langpair"),
        (
            "/apertium/translate?langpair=en%7Cfa",
            400,
            "missing argument q",
        ),
        ("/apertium/translate?q=a", 400, "langpair"),
        ("/apertium/translate?q=a&langpair=enfa", 400, "eng|pes"),
        (
            "/apertium/translate?q=a&langpair=%7C",
            400,
            "pair is invalid",
        ),
        (
            "/apertium/translate?q=a&langpair=en%7Cfa&memory=none",
            404,
            "nothing here",
        ),
        ("/apertium/identifyLang?q=a", 404, "nothing here"),
        ("/apertium", 404, "nothing here"),
        ("/apertium/listPairs?key=hz_unknown", 401, "key"),
    ] {
        let (got, told) = refused(&server.get(path));
        assert_eq!(got, status, "{path}: {told}");
        assert!(told.contains(words), "{path}: {told}");
        goes_on(&server);
    }
    assert_eq!(refused(&server.delete("/apertium/translate")).0, 405);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("langpair=en|fa&q={}", "a".repeat(10 << 20));
    let large = server.send("POST", "/apertium/translate", &form, Some(body.as_bytes()));
    assert_eq!(refused(&large).0, 413);
    goes_on(&server);
}

#[test]
fn a_key_is_a_parameter_and_counts_as_one_in_the_header() {
    let server = TestServer::with_a_unit();
    let (id, good) = key(
        &server,
        r#"{"role":"read","memories":["news"],"rate_per_minute":50}"#,
    );
    let ask = |more: &str| {
        server.get(&format!(
            "/apertium/translate?langpair=en%7Cfa&q=The+door+is+open.{more}"
        ))
    };
    assert_eq!(refused(&ask("")).0, 401);
    assert_eq!(translated(&ask(&format!("&key={good}"))), "در باز است.");
    // What is no key of ours counts as none.
    assert_eq!(refused(&ask(&format!("&key={TOKEN}"))).0, 401);
    let (status, told) = refused(&ask(&format!("&key={good}&key={good}")));
    assert!(status == 400 && !told.contains(&good));
    assert_eq!(refused(&ask("&key=hz_%0A")).0, 400);
    let gone = server.ask(Some(TOKEN), "DELETE", &format!("/v1/keys/{id}"), "");
    assert_eq!(gone.status, 204);
    let (status, told) = refused(&ask(&format!("&key={good}")));
    assert!(status == 401 && told.contains("revoked"), "{told}");
    // Elsewhere `key` is a parameter like any other, and unknown ones are refused.
    assert_eq!(server.get(&format!("/v1/me?key={TOKEN}")).status, 401);
}

#[test]
fn a_translation_takes_hardly_longer_than_a_native_look_up() {
    let server = with_many_units();
    let added = overhead(&server, |text| {
        format!("/apertium/translate?langpair=en%7Cfa&q={}", quote(text))
    });
    println!("apertium adds {added:?}");
    assert!(added.as_micros() <= 300, "{added:?}");
}
