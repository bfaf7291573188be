//! W3C Reconciliation: the services and the pages, with replies as `rules` has them; `matching`: what is matched;
//! `origins`: bad requests and who may ask; `captured`: requests replayed; `clients`: real programs.

mod captured;
mod clients;
mod matching;
mod origins;
mod rules;

use std::fs;

use serde_json::{Value, json};

use super::helpers::{Reply, TestServer};
use super::replies::is_problem;
use rules::{are_results, are_suggestions, is_extension, is_manifest, text};

/// A small glossary, with a name that would act on a page, and a guard.
const GLOSSARY: &str = "concept,lang,name,status,type,marks,note
org:pmoi,en,People's Mojahedin Organization of Iran,preferred,full,,
org:pmoi,en,MEK,admitted,acronym,,
org:pmoi,en,PMOI,admitted,acronym,,
org:pmoi,en,MKO,deprecated,acronym,,used by <others>
org:pmoi,fa,سازمان مجاهدین خلق ایران,preferred,full,,
org:ncri,en,National Council of Resistance of Iran,preferred,full,,
org:ncri,en,NCRI,admitted,acronym,default,
org:ncri,fa,شورای ملی مقاومت ایران,preferred,full,,
person:maryam-rajavi,en,Maryam Rajavi,preferred,full,,
person:maryam-rajavi,en,Rajavi,admitted,short,,
person:maryam-rajavi,fa,مریم رجوی,preferred,full,,
person:massoud-rajavi,en,Massoud Rajavi,preferred,full,,
person:massoud-rajavi,en,Rajavi,admitted,short,,
person:massoud-rajavi,fa,مسعود رجوی,preferred,full,,
person:others,en,Kazem Rajavi,admitted,full,blocker,
place:amnesty,en,Amnesty,preferred,full,,
term:amnesty,en,amnesty,preferred,full,,
term:amnesty,fa,عفو,preferred,full,,
event:hostile,en,\"<script>alert('x')</script> & \"\"Co\"\"\",preferred,full,,
";

fn with_glossary(file: &[u8]) -> TestServer {
    let server = TestServer::start();
    let path = "/v1/glossary/import?format=csv";
    let done = server.send("POST", path, &[], Some(file));
    assert_eq!(done.status, 200, "{}", done.text);
    server
}

fn small() -> TestServer {
    with_glossary(GLOSSARY.as_bytes())
}

fn root(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// With the glossary that ships.
fn shipped() -> TestServer {
    with_glossary(&fs::read(root("glossary/concepts.csv")).unwrap())
}

/// Rows of a fixture: cells of lines that are no comment.
fn fixture(name: &str) -> Vec<Vec<String>> {
    let table = fs::read_to_string(root("tests/fixtures").join(name)).unwrap();
    let rows = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| row.split('\t').map(str::to_owned).collect())
        .collect()
}

fn form(server: &TestServer, field: &str, value: &Value) -> Reply {
    let value = encoded(&value.to_string());
    post(server, &format!("{field}={value}"))
}

fn post(server: &TestServer, body: &str) -> Reply {
    let kind = "application/x-www-form-urlencoded; charset=UTF-8";
    let headers = [("Content-Type", kind)];
    server.send("POST", "/reconcile", &headers, Some(body.as_bytes()))
}

fn encoded(text: &str) -> String {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    let one = |b: u8| {
        if safe(b) {
            char::from(b).to_string()
        } else {
            format!("%{b:02X}")
        }
    };
    text.bytes().map(one).collect()
}

/// The candidates of one query, checked.
fn ask(server: &TestServer, query: Value) -> Vec<Value> {
    let reply = form(server, "queries", &json!({ "q0": query }));
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    let reply = reply.json();
    are_results(&reply);
    reply["q0"]["result"].as_array().unwrap().clone()
}

/// The id of the candidate that is a match.
fn matched(candidates: &[Value]) -> Option<&str> {
    let mut sure = candidates.iter().filter(|found| found["match"] == true);
    let (first, second) = (sure.next(), sure.next());
    assert!(second.is_none(), "{candidates:?}");
    first.map(|found| found["id"].as_str().unwrap())
}

#[test]
fn the_manifest_is_what_clients_need() {
    let server = small();
    for path in ["/reconcile", "/reconcile/", "/reconcile?_=1700000000"] {
        let reply = server.get(path);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "application/json");
        is_manifest(&reply.json());
    }
    let manifest = server.get("/reconcile").text;
    let manifest = manifest.replace(&server.address.to_string(), "HOST");
    let mut manifest: Value = serde_json::from_str(&manifest).unwrap();
    manifest["serviceVersion"] = json!("VERSION");
    insta::assert_json_snapshot!("manifest", manifest);
}

#[test]
fn suggestions_complete_what_is_typed() {
    let server = small();
    let suggest = |what: &str, query: &str| {
        let reply = server.get(&format!("/reconcile/suggest/{what}?{query}"));
        assert_eq!(reply.status, 200, "{}", reply.text);
        are_suggestions(&reply.json());
        let reply = reply.json();
        let ids = reply["result"].as_array().unwrap().iter();
        ids.map(|found| text(&found["id"]).to_owned())
            .collect::<Vec<_>>()
    };
    let rajavis = ["person:maryam-rajavi", "person:massoud-rajavi"];
    assert_eq!(
        suggest(
            "entity",
            "prefix=PMO&spell=always&exact=false&prefixed=true"
        ),
        ["org:pmoi"]
    );
    assert_eq!(suggest("entity", "prefix=raj"), rajavis);
    assert_eq!(suggest("entity", "prefix=raj&cursor=1"), rajavis[1..]);
    assert_eq!(suggest("entity", "prefix=maryam%20r")[0], rajavis[0]);
    assert_eq!(
        suggest("entity", &format!("prefix={}", encoded("مريم")))[0],
        rajavis[0]
    );
    assert_eq!(suggest("entity", "prefix=org:ncri")[0], "org:ncri");
    assert_eq!(suggest("entity", "prefix=kazem"), [""; 0]);
    for nothing in [
        "",
        "prefix=",
        "prefix=%00",
        "prefix=raj&cursor=999999999999",
    ] {
        assert_eq!(suggest("entity", nothing), [""; 0], "{nothing}");
    }
    assert_eq!(suggest("type", "prefix=per"), ["person"]);
    assert_eq!(suggest("type", "").len(), 7);
    assert_eq!(
        suggest("property", "prefix=canon"),
        ["canonical_en", "canonical_fa"]
    );
    for (what, id) in [
        ("entity", "org:pmoi"),
        ("type", "person"),
        ("property", "status"),
    ] {
        let flyout = server
            .get(&format!("/reconcile/flyout/{what}?id={id}"))
            .json();
        assert_eq!(flyout["id"], id);
        assert!(text(&flyout["html"]).contains("</"));
    }
    for path in [
        "entity?id=org:none",
        "type?id=x",
        "things?id=person",
        "entity",
        "entity?id=a/b",
    ] {
        is_problem(
            &server.get(&format!("/reconcile/flyout/{path}")),
            404,
            "not_found",
        );
    }
}

#[test]
fn data_are_extended_by_every_property() {
    let server = small();
    let proposed = server
        .get("/reconcile/properties?type=person&limit=2")
        .json();
    assert_eq!(
        (&proposed["type"], &proposed["limit"]),
        (&json!("person"), &json!(2))
    );
    assert_eq!(proposed["properties"].as_array().unwrap().len(), 2);
    let proposed = server.get("/reconcile/properties?type=Q5").json();
    let ids: Vec<&str> = proposed["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| text(&p["id"]))
        .collect();
    assert_eq!(
        ids,
        [
            "canonical_en",
            "canonical_fa",
            "names",
            "status",
            "acronyms"
        ]
    );
    let mut properties: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    properties.push(json!({ "id": "population" }));
    let asked = json!({ "ids": ["org:pmoi", "term:amnesty", "org:none", "org:pmoi", "a b"], "properties": properties });
    let reply = form(&server, "extend", &asked).json();
    is_extension(&reply);
    insta::assert_json_snapshot!("extension", reply);
    let limited = json!({ "ids": ["org:pmoi"], "properties": [{ "id": "names", "settings": { "limit": "1" } }] });
    let path = format!("/reconcile?extend={}", encoded(&limited.to_string()));
    let names = server.get(&path).json();
    assert_eq!(
        names["rows"]["org:pmoi"]["names"],
        json!([{ "str": "People's Mojahedin Organization of Iran" }])
    );
}

#[test]
fn pages_show_names_in_their_direction_and_only_as_text() {
    let server = small();
    for path in ["preview", "view"] {
        let page = server.get(&format!("/reconcile/{path}?id=org:pmoi"));
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("script"));
        let framed = if path == "preview" {
            "frame-ancestors *"
        } else {
            "frame-ancestors 'none'"
        };
        assert!(policy.contains(framed), "{policy}");
        assert_eq!(page.header("x-frame-options"), "");
        assert!(
            page.text
                .contains("<h1 lang=\"fa\" dir=\"rtl\">سازمان مجاهدین خلق ایران</h1>")
        );
        assert!(
            page.text
                .contains("<h1 lang=\"en\" dir=\"ltr\">People&#39;s Mojahedin")
        );
        assert_eq!(
            page.text.matches("MKO").count(),
            usize::from(path == "view")
        );
        assert!(!page.text.contains("<others>"));
        let hostile = server
            .get(&format!("/reconcile/{path}?id=event:hostile"))
            .text;
        assert!(
            !hostile.contains("<script") && hostile.contains("&lt;script&gt;"),
            "{hostile}"
        );
        is_problem(
            &server.get(&format!("/reconcile/{path}?id=org:none")),
            404,
            "not_found",
        );
        is_problem(&server.get(&format!("/reconcile/{path}")), 404, "not_found");
        // Every element that is opened is closed.
        let mut open = Vec::new();
        for token in html5gum::Tokenizer::new(&page.text) {
            match token.unwrap() {
                html5gum::Token::StartTag(tag) if tag.name.as_slice() != b"meta" => {
                    open.push(tag.name)
                }
                html5gum::Token::EndTag(tag) => assert_eq!(open.pop(), Some(tag.name)),
                _ => {}
            }
        }
        assert!(open.is_empty());
    }
    let view = server.get("/reconcile/view?id=org:pmoi").text;
    assert!(view.contains("<li class=\"deprecated\">") && view.contains("used by &lt;others&gt;"));
}
