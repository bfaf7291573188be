//! The protocol of `LanguageTool`: what is found and where, what is refused and how; rules, markup, sources, keys, words.
//! Real clients are in `languagetool_clients`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::helpers::{Reply, TOKEN, TestServer};

/// A body with names of every standing, a person, terms, and the styles `house`, which writes MEK, and `client`, which writes PMOI.
pub(crate) fn server() -> TestServer {
    let server = TestServer::start();
    for concept in [
        json!({"id": "org:pmoi", "names": [
            {"lang": "en", "text": "People's Mojahedin Organization of Iran", "status": "preferred"},
            {"lang": "en", "text": "MEK", "type": "acronym", "status": "admitted"},
            {"lang": "en", "text": "PMOI", "type": "acronym", "status": "preferred"},
            {"lang": "en", "text": "MKO", "type": "acronym", "status": "forbidden"},
            {"lang": "en", "text": "Mojahedin-e Khalq", "status": "admitted"},
            {"lang": "en", "text": "Mujahedin-e Khalq", "type": "spelling"},
            {"lang": "en", "text": "MEK", "type": "acronym", "status": "preferred", "style": "house"},
            {"lang": "en", "text": "PMOI", "type": "acronym", "status": "preferred", "style": "client"},
            {"lang": "fa", "text": "سازمان مجاهدین خلق ایران", "status": "preferred"},
            {"lang": "fa", "text": "گروهک نمونه", "status": "forbidden"}]}),
        json!({"id": "person:khamenei", "names": [
            {"lang": "en", "text": "Ali Khamenei"}, {"lang": "fa", "text": "علی خامنه‌ای"}]}),
        json!({"id": "term:sanction", "names": [
            {"lang": "en", "text": "sanction"}, {"lang": "en", "text": "embargo", "status": "deprecated"},
            {"lang": "fa", "text": "تحریم"}]}),
    ] {
        let made = server.post("/v1/concepts", &concept.to_string());
        assert_eq!(made.status, 201, "{}", made.text);
    }
    for style in ["house", "client"] {
        let made = server.post("/v1/styles", &json!({ "name": style }).to_string());
        assert_eq!(made.status, 201, "{}", made.text);
    }
    server
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(byte.into()),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

fn form(fields: &[(&str, &str)]) -> String {
    let field = |(name, value): &(&str, &str)| format!("{name}={}", encoded(value));
    fields.iter().map(field).collect::<Vec<_>>().join("&")
}

fn post(server: &TestServer, path: &str, body: &str) -> Reply {
    // What they say the type is counts for nothing.
    let headers = [("Content-Type", "application/json")];
    server.send("POST", path, &headers, Some(body.as_bytes()))
}

pub(crate) fn check(server: &TestServer, path: &str, fields: &[(&str, &str)]) -> Value {
    let reply = post(server, path, &form(fields));
    assert_eq!(reply.status, 200, "{path} {fields:?}: {}", reply.text);
    reply.json()
}

pub(crate) fn slice(text: &str, found: &Value) -> String {
    let number = |name: &str| found[name].as_u64().unwrap() as usize;
    let units: Vec<u16> = text.encode_utf16().collect();
    let (start, length) = (number("offset"), number("length"));
    String::from_utf16(&units[start..start + length]).unwrap()
}

/// `written → replacement RULE CATEGORY` of every match, in order.
fn summary(text: &str, reply: &Value) -> Vec<String> {
    let matches = reply["matches"].as_array().unwrap().iter();
    matches
        .map(|found| {
            let rule = &found["rule"];
            let replacement = found["replacements"][0]["value"].as_str().unwrap_or("-");
            let words = |value: &Value| value.as_str().unwrap().to_owned();
            let (id, category) = (words(&rule["id"]), words(&rule["category"]["id"]));
            format!("{} → {replacement} {id} {category}", slice(text, found))
        })
        .collect()
}

/// What a server answers to these bytes: the status and the body.
pub(crate) fn answer(server: &TestServer, request: &str) -> (u16, String) {
    let reply = server.raw(request.as_bytes());
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

#[test]
fn a_reply_has_every_field() {
    let server = server();
    let text = "😀 The MKO met. Mujahedin-e Khalq’s\nPMOI, embargo & Ali Khamenei.";
    let reply = check(
        &server,
        "/lt/house/v2/check",
        &[("text", text), ("language", "en-US")],
    );
    let shown = serde_json::to_string_pretty(&reply).unwrap();
    let shown = shown.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!("languagetool_check", shown);
    assert_eq!(
        summary(text, &reply),
        [
            "MKO → MEK NAME_FORBIDDEN_ORG_PMOI TERMINOLOGY",
            "Mujahedin-e Khalq → Mojahedin-e Khalq NAME_SPELLING_ORG_PMOI TYPOS",
            "PMOI → MEK NAME_STYLE_ORG_PMOI STYLE",
            "embargo → sanction TERM_DEPRECATED_TERM_SANCTION TERMINOLOGY",
        ]
    );
}

#[test]
fn every_address_leads_to_its_style() {
    let server = server();
    let fields = [("text", "The PMOI met."), ("language", "en-US")];
    for (path, findings) in [
        ("/v2/check", 0),
        ("/v2//check", 0),
        ("/lt/default/v2/check", 0),
        ("/lt/client/check", 0),
        ("/lt/house/check", 1),
        ("/lt/house//check", 1),
        ("/lt/house/v2/check", 1),
        ("/lt/house/v2//check", 1),
        // LTeX, where the address that is set ends in a slash.
        ("/lt/house//v2/check", 1),
    ] {
        let reply = check(&server, path, &fields);
        assert_eq!(
            reply["matches"].as_array().unwrap().len(),
            findings,
            "{path}"
        );
        let got = server.get(&format!("{path}?{}", form(&fields)));
        assert_eq!(got.json(), reply, "{path} by GET");
    }
    for (call, expected) in [
        ("maxtextlength", "100000"),
        ("healthcheck", "OK"),
        ("languages", r#""longCode":"fa-IR""#),
        ("info", r#""premium":false"#),
        ("configinfo?language=en-US", r#""ruleId":"NAME_FORBIDDEN""#),
        ("words", r#"{"words":[]}"#),
    ] {
        for base in ["/v2/", "/v2//", "/lt/house/v2/", "/lt/house/"] {
            let reply = server.get(&format!("{base}{call}"));
            assert_eq!(reply.status, 200, "{base}{call}");
            assert!(
                reply.text.contains(expected),
                "{base}{call}: {}",
                reply.text
            );
        }
    }
}

#[test]
fn what_is_not_encoded_is_read_as_it_stands() {
    let server = server();
    for text in [
        "😀😀 The MKO said 100%25 a+b. Is MKO %26 ok?",
        "AT&T, R&D & the MKO\nand &language=fa MKO",
        "سازمان MKO و گروهک نمونه؛ ۵۰٪ & 50%25 😀 MKO",
    ] {
        let body = format!("text={text}&language=en-US");
        let length = body.len();
        let (status, reply) = answer(
            &server,
            &format!(
                "POST /lt/house/v2/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}"
            ),
        );
        assert_eq!(status, 200, "{reply}");
        let reply: Value = serde_json::from_str(&reply).unwrap();
        let found = summary(text, &reply);
        assert!(found.len() >= 2, "{text}: {found:?}");
        assert!(
            found
                .iter()
                .all(|line| line.starts_with("MKO → MEK") || line.starts_with("گروهک نمونه →")),
            "{found:?}"
        );
    }
}

#[test]
fn places_count_the_markup() {
    let server = server();
    let data = json!({"annotation": [
        {"text": "😀 "}, {"markup": "<b>"}, {"text": "MKO"}, {"markup": "</b>", "interpretAs": ""},
        {"text": " and People's"}, {"markup": "&nbsp;", "interpretAs": " "}, {"text": "Mojahedin Organisation of Iran"}]});
    let fields = [("data", data.to_string()), ("language", "en-US".to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let reply = check(&server, "/v2/check", &fields);
    let whole = "😀 <b>MKO</b> and People's&nbsp;Mojahedin Organisation of Iran";
    assert_eq!(
        summary(whole, &reply),
        [
            "MKO → PMOI NAME_FORBIDDEN_ORG_PMOI TERMINOLOGY",
            "People's&nbsp;Mojahedin Organisation of Iran → People's Mojahedin Organization of Iran \
             NAME_SPELLING_UNKNOWN_ORG_PMOI TYPOS",
        ]
    );
    let context = reply["matches"][0]["context"]["text"].as_str().unwrap();
    assert_eq!(
        context,
        &whole[..whole.find("ation").unwrap()],
        "40 units behind it"
    );
    assert_eq!(
        reply["matches"][0]["sentence"],
        "😀 MKO and People's Mojahedin Organisation of Iran"
    );
}

#[test]
fn a_translation_is_checked_with_its_source() {
    let server = server();
    let source = "The MEK met in 1988 under a sanction.";
    let text = "گروهک نمونه در ۱۹۸۹ جلسه داشت.";
    let fields = [
        ("text", text),
        ("language", "fa-IR"),
        ("srctext", source),
        ("motherTongue", "en-US"),
        ("disabledCategories", "FOO"),
    ];
    let found = summary(text, &check(&server, "/v2/check", &fields));
    assert_eq!(
        found,
        [
            "گروهک نمونه → سازمان مجاهدین خلق ایران NAME_FORBIDDEN_ORG_PMOI TERMINOLOGY".to_owned(),
            format!("{text} → - TERM_MISSING_TERM_SANCTION TERMINOLOGY"),
            format!("{text} → - NUMBER_MISSING TERMINOLOGY"),
            "۱۹۸۹ → - NUMBER_EXTRA TERMINOLOGY".to_owned(),
        ]
    );
    // Languages that nobody said are known by their letters.
    let bare = [("text", text), ("srctext", source)];
    assert_eq!(summary(text, &check(&server, "/v2/check", &bare)), found);
    // A source that cannot be compared is no reason to check nothing.
    let long = "a ".repeat(60_000);
    let fields = [("text", text), ("srctext", long.as_str())];
    let reply = check(&server, "/v2/check", &fields);
    assert_eq!(
        reply["warnings"]["incompleteResults"], true,
        "{}",
        reply["warnings"]
    );
    assert_eq!(summary(text, &reply).len(), 1);
}

#[test]
fn rules_and_categories_are_switched_off_and_on() {
    let server = server();
    let text = "MKO, PMOI, Mujahedin-e Khalq, embargo";
    for (name, value, expected) in [
        (
            "disabledRules",
            "NAME_FORBIDDEN,NAME_STYLE_ORG_OTHER",
            "PMOI Mujahedin-e Khalq embargo",
        ),
        (
            "disabledRules",
            "NAME_STYLE_ORG_PMOI",
            "MKO Mujahedin-e Khalq embargo",
        ),
        (
            "disabledCategories",
            "TERMINOLOGY",
            "PMOI Mujahedin-e Khalq",
        ),
        ("enabledRules", "FOO", "MKO PMOI Mujahedin-e Khalq embargo"),
        (
            "enabledOnly=true&enabledCategories",
            "STYLE,TYPOS",
            "PMOI Mujahedin-e Khalq",
        ),
        (
            "enabledOnly=true&enabledRules",
            "TERM_DEPRECATED",
            "embargo",
        ),
    ] {
        let fields = [("text", text), ("language", "en-US"), (name, value)];
        let reply = check(&server, "/lt/house/v2/check", &fields);
        let matches = reply["matches"].as_array().unwrap();
        let found: Vec<String> = matches.iter().map(|found| slice(text, found)).collect();
        assert_eq!(found.join(" "), expected, "{name}={value}");
    }
}

#[test]
fn what_is_wrong_is_said_in_plain_text() {
    let server = server();
    let long = format!("text={}", "a ".repeat(5 << 20));
    let page = format!("text={}", "a+".repeat(60_000));
    let twice = form(&[("text", "a"), ("data", "{}")]);
    let broken = form(&[("data", r#"{"annotation":[{"text":"a"}"#)]);
    let odd = form(&[("data", r#"{"annotation":[{"text":"a","markup":"b"}]}"#)]);
    for (path, body, status, said) in [
        ("/v2/check", "", 400, "`text` is missing"),
        ("/v2/check", "language=en-US", 400, "`text` is missing"),
        ("/v2/check", &twice, 400, "both `text` and `data`"),
        ("/v2/check", &broken, 400, "`data` cannot be read"),
        ("/v2/check", &odd, 400, "`annotation` number 0"),
        ("/v2/check", &long, 413, "bytes"),
        ("/v2/check", &page, 413, "100000 may be sent at once"),
        (
            "/lt/wrong/v2/check",
            "text=a",
            404,
            "there is no style `wrong`",
        ),
        ("/lt/WRONG%3Cb%3E/check", "text=a", 404, "GET /v1/styles"),
        ("/lt/wrong/v2/words/add", "word=a", 404, "there is no style"),
        ("/v2/words/add", "", 400, "`word` is missing"),
        ("/v2/none", "", 404, "nothing here"),
        ("/lt/house/v2/languages", "", 405, "Allow"),
    ] {
        let reply = post(&server, path, body);
        assert_eq!(reply.status, status, "{path}: {}", reply.text);
        assert!(reply.text.starts_with("Error: "), "{path}: {}", reply.text);
        assert!(reply.text.contains(said), "{path}: {}", reply.text);
        assert_eq!(
            reply.header("content-type"),
            "text/plain; charset=utf-8",
            "{path}"
        );
    }
    let latin = server.send("POST", "/v2/check", &[], Some(b"text=caf\xE9"));
    assert_eq!(latin.status, 400);
    assert!(latin.text.contains("UTF-8"), "{}", latin.text);
}

#[test]
fn no_language_makes_a_client_fail() {
    let server = server();
    for (language, code) in [
        ("xx", "xx"),
        ("de-DE-x-simple-language", "de-DE-x-simple-language"),
        ("not a language!", "not a language!"),
        ("auto", "en-US"),
        ("", "en-US"),
    ] {
        let fields = [("text", "The MKO met."), ("language", language)];
        let reply = check(&server, "/v2/check", &fields);
        assert_eq!(reply["language"]["code"], code);
        assert_eq!(
            reply["matches"][0]["replacements"][0]["value"], "PMOI",
            "{language}"
        );
    }
    for text in ["", " ", "\u{FEFF}\u{200F}\0", "\u{301}\u{301}"] {
        check(
            &server,
            "/v2/check",
            &[
                ("text", text),
                ("srctext", "The MEK"),
                ("language", "en-US"),
            ],
        );
    }
}

#[test]
fn a_key_comes_in_the_head_or_in_the_form() {
    let server = server();
    // While no key exists, what stands there is another server's.
    let fields = [
        ("text", "MKO"),
        ("language", "en"),
        ("username", "u@x"),
        ("apiKey", "k"),
    ];
    check(&server, "/v2/check", &fields);
    let make = |role: &str| {
        let body = json!({ "role": role }).to_string();
        server.ask(Some(TOKEN), "POST", "/v1/keys", &body).json()
    };
    let (good, revoked) = (make("read"), make("read"));
    let path = format!("/v1/keys/{}", revoked["id"].as_str().unwrap());
    assert_eq!(server.ask(Some(TOKEN), "DELETE", &path, "").status, 204);
    let good = good["key"].as_str().unwrap();
    let revoked = revoked["key"].as_str().unwrap();
    for (name, value, status, said) in [
        ("apiKey", good, 200, "matches"),
        ("username", good, 200, "matches"),
        ("apiKey", revoked, 401, "Error: this key was revoked"),
        ("apiKey", "k", 401, "Error: "),
        ("username", "u@x", 401, "Error: "),
        ("api_key", good, 401, "Error: "),
    ] {
        for base in ["/v2", "/lt/house/v2"] {
            let reply = post(
                &server,
                &format!("{base}/check"),
                &form(&[("text", "MKO"), (name, value)]),
            );
            assert_eq!(reply.status, status, "{name}: {}", reply.text);
            assert!(reply.text.contains(said), "{name}: {}", reply.text);
        }
    }
    let head = server.ask(Some(good), "POST", "/v2/check", "text=MKO&apiKey=k");
    assert_eq!(head.status, 200, "the head counts before the form");
    let path = format!("/k/{good}/lt/house/v2/check");
    assert_eq!(post(&server, &path, "text=MKO").status, 200);
    let path = format!("/k/{revoked}/lt/house/v2/check");
    let refused = post(&server, &path, "text=MKO");
    assert!(
        refused.status == 401 && refused.text.starts_with("Error: "),
        "{}",
        refused.text
    );
    let address = server.get(&format!("/v2/check?text=MKO&apiKey={good}"));
    assert_eq!(address.status, 401, "an address is no place for a key");
    for call in ["languages", "info", "maxtextlength", "healthcheck"] {
        assert_eq!(
            server.get(&format!("/lt/any/v2/{call}")).status,
            200,
            "{call} needs no key"
        );
    }
}

#[test]
fn a_word_that_is_added_waits_for_an_editor() {
    let server = server();
    let open = || server.get("/v1/suggestions").json()["suggestions"].clone();
    let say = |call: &str, word: &str| {
        let reply = post(
            &server,
            &format!("/lt/house/v2/words/{call}"),
            &form(&[("word", word)]),
        );
        assert_eq!(reply.status, 200, "{call} {word}: {}", reply.text);
        reply.text
    };
    assert_eq!(say("add", "Mojahedeen-e Khalq"), r#"{"added":true}"#);
    assert_eq!(
        say("add", "Mojahedeen-e Khalq"),
        r#"{"added":false}"#,
        "once is enough"
    );
    assert_eq!(
        say("add", "Ali Khamenei"),
        r#"{"added":false}"#,
        "it is right already"
    );
    assert_eq!(say("add", "روزبه تازه"), r#"{"added":true}"#);
    let waiting = open();
    assert_eq!(waiting.as_array().unwrap().len(), 2, "{waiting}");
    assert_eq!(waiting[0]["concept"], "org:pmoi");
    assert_eq!(waiting[0]["name"]["text"], "Mojahedeen-e Khalq");
    assert_eq!(waiting[1]["content"]["names"][0]["lang"], "fa", "{waiting}");

    let text = "Mojahedeen-e Khalq";
    let found = || summary(text, &check(&server, "/v2/check", &[("text", text)])).len();
    assert_eq!(found(), 1, "as before");
    let path = format!(
        "/v1/suggestions/{}/accept",
        waiting[0]["id"].as_str().unwrap()
    );
    let accepted = server.post(&path, "{}");
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    assert_eq!(found(), 0);

    assert_eq!(say("delete", "روزبه تازه"), r#"{"deleted":true}"#);
    assert_eq!(say("delete", "روزبه تازه"), r#"{"deleted":false}"#);
    assert_eq!(open().as_array().unwrap().len(), 0);
    // By GET nothing is changed.
    assert_eq!(server.get("/v2/words/add?word=x").status, 405);
}

#[test]
fn pages_of_other_origins_may_check_and_change_nothing() {
    let server = server();
    let page = ("Origin", "https://editor.example");
    for (method, path, status) in [
        ("GET", "/v2/languages", 200),
        ("POST", "/lt/house/v2/check", 200),
        ("POST", "/lt/wrong/v2/check", 404),
        ("OPTIONS", "/lt/house/v2/check", 204),
    ] {
        let reply = server.send(method, path, &[page], Some(b"text=a"));
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text);
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
    }
    for (method, path) in [
        ("POST", "/v2/words/add"),
        ("POST", "/lt/house/v2/w%6Frds/add"),
        ("POST", "/v2//words/delete"),
        ("GET", "/v2/words"),
        ("OPTIONS", "/v2/words/add"),
        ("POST", "/v1/names/find"),
    ] {
        let reply = server.send(method, path, &[page], Some(b"word=a"));
        assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text);
        assert!(
            !reply.headers.contains_key("access-control-allow-origin"),
            "{path}"
        );
    }
    // Names that lead here by a trick of the name service are none of this machine's.
    let (status, said) = answer(
        &server,
        "GET /v2/languages HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    );
    assert_eq!((status, said.starts_with("Error: ")), (421, true));
}
