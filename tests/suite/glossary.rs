//! The termbase over a real socket: concepts with their history, styles, suggestions, files in and out, and
//! names in texts as soon as they are written.

use std::sync::Arc;

use hamzaban::engine::Engine;
use serde_json::{Value, json};

use super::helpers::TestServer;
use super::replies::is_problem;

const MEK: &str = r#"{"id":"org:x","names":[
    {"lang":"en","text":"People's Example Organization"},
    {"lang":"en","text":"PEO","type":"acronym","status":"admitted"},
    {"lang":"fa","text":"سازمان نمونه مردم"}]}"#;

fn with_a_concept() -> TestServer {
    let server = TestServer::start();
    let made = server.post("/v1/concepts", MEK);
    assert_eq!(made.status, 201, "{}", made.text);
    server
}

fn find(server: &TestServer, text: &str) -> Vec<Value> {
    let found = server.post("/v1/names/find", &json!({ "text": text }).to_string());
    assert_eq!(found.status, 200, "{}", found.text);
    found.json()["mentions"].as_array().unwrap().clone()
}

#[test]
fn a_concept_is_made_shown_changed_taken_back_and_brought_back() {
    let server = with_a_concept();
    let shown = server.get("/v1/concepts/org:x").json();
    assert_eq!(shown["rev"], 1);
    assert_eq!(shown["kind"], "org");
    assert_eq!(shown["preferred"]["en"], "People's Example Organization");
    assert_eq!(shown["preferred"]["fa"], "سازمان نمونه مردم");
    assert_eq!(shown["names"][1]["status"], "admitted");
    is_problem(&server.post("/v1/concepts", MEK), 409, "exists");

    let edit = r#"{"rev":1,"subject":"examples","definitions":{"en":"an example"},
        "names":[{"lang":"en","text":"Example Society"}]}"#;
    let changed = server.json("PUT", "/v1/concepts/org:x", edit);
    assert_eq!(
        (changed.status, &changed.json()["rev"]),
        (200, &json!(2)),
        "{}",
        changed.text
    );
    let stale = server.json("PUT", "/v1/concepts/org:x", edit);
    is_problem(&stale, 409, "stale_rev");
    assert_eq!(
        stale.json()["current"]["names"][0]["text"],
        "Example Society"
    );
    let none = r#"{"names":[{"lang":"en","text":"X"}]}"#;
    is_problem(
        &server.json("PUT", "/v1/concepts/org:x", none),
        400,
        "missing_rev",
    );
    is_problem(
        &server.json("PUT", "/v1/concepts/org:none", edit),
        404,
        "not_found",
    );

    let reverted = server.post("/v1/concepts/org:x/revert", r#"{"rev":2,"to_rev":1}"#);
    assert_eq!(reverted.json()["rev"], 3, "{}", reverted.text);
    assert_eq!(reverted.json()["names"].as_array().unwrap().len(), 3);
    assert_eq!(find(&server, "The PEO said so.").len(), 1);

    is_problem(&server.delete("/v1/concepts/org:x"), 400, "missing_rev");
    is_problem(&server.delete("/v1/concepts/org:x?rev=1"), 409, "stale_rev");
    assert_eq!(server.delete("/v1/concepts/org:x?rev=3").status, 204);
    is_problem(&server.get("/v1/concepts/org:x"), 404, "not_found");
    assert!(find(&server, "The PEO said so.").is_empty());

    let back = server.post("/v1/concepts/org:x/revert", r#"{"rev":4,"to_rev":3}"#);
    assert_eq!(
        (back.status, &back.json()["rev"]),
        (200, &json!(5)),
        "{}",
        back.text
    );
    assert_eq!(find(&server, "The PEO said so.").len(), 1);
    let history = server.get("/v1/concepts/org:x/history").json();
    let history = history["history"].as_array().unwrap();
    let actions: Vec<&str> = history
        .iter()
        .map(|h| h["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        ["restored", "deleted", "reverted", "replaced", "added"]
    );
    assert!(history[1]["concept"].is_null());
    // It was deleted since, and who made it first is told all the same.
    let (now, first) = (&history[0]["at"], &history[4]["at"]);
    assert!(first.as_str() >= Some("2020") && first.as_str() <= now.as_str());
    is_problem(
        &server.get("/v1/concepts/org:none/history"),
        404,
        "not_found",
    );
}

#[test]
fn what_is_no_concept_is_refused_with_its_place() {
    let server = with_a_concept();
    let new =
        |name: &str| json!({"id": "org:new", "names": [{"lang": "en", "text": name}]}).to_string();
    for (body, status, code, pointer) in [
        (new("a\u{202E}b"), 422, "bidi_control_in_name", "/names/0/text"),
        (new("a\u{2066}b"), 422, "bidi_control_in_name", "/names/0/text"),
        (new("a\u{200B}b"), 422, "invisible_character", "/names/0/text"),
        (new("a\u{2060}b"), 422, "invisible_character", "/names/0/text"),
        (new("a\u{E0041}b"), 422, "invisible_character", "/names/0/text"),
        (new("РЕО"), 409, "confusable_name", "/names/0/text"),
        (new(&"x".repeat(2_000)), 422, "name_too_long", "/names/0/text"),
        (new("a\0"), 400, "invalid_character", "/names/0/text"),
        (new(" "), 422, "empty_name", "/names/0/text"),
        (new(" a"), 422, "spaces_around_name", "/names/0/text"),
        (r#"{"id":"org:new","names":[]}"#.into(), 400, "out_of_range", "/names"),
        (r#"{"id":"a b","names":[{"lang":"en","text":"x"}]}"#.into(), 400, "invalid_value", "/id"),
        (r#"{"id":"org:new","names":[{"lang":"e","text":"x"}]}"#.into(), 400, "invalid_language", "/names/0/lang"),
        (r#"{"id":"org:new","rev":3,"names":[{"lang":"en","text":"x"}]}"#.into(), 400, "unknown_field", "/rev"),
        (
            r#"{"id":"org:new","names":[{"lang":"en","text":"x"},{"lang":"en","text":"x","status":"admitted"}]}"#.into(),
            422, "duplicate_name", "/names/1/text",
        ),
        (
            r#"{"id":"org:new","names":[{"lang":"en","text":"x"},{"lang":"en","text":"y","status":"preferred"}]}"#.into(),
            422, "two_preferred", "/names/1/status",
        ),
    ] {
        let reply = server.post("/v1/concepts", &body);
        is_problem(&reply, status, code);
        assert_eq!(reply.json()["errors"][0]["pointer"], pointer, "{}", reply.text);
    }
    let many: Vec<Value> = (0..501)
        .map(|n| json!({"lang": "en", "text": format!("n{n}")}))
        .collect();
    let many = json!({"id": "org:new", "names": many}).to_string();
    is_problem(&server.post("/v1/concepts", &many), 400, "out_of_range");
    is_problem(&server.get("/v1/concepts/org:new"), 404, "not_found");
}

#[test]
fn half_spaces_are_kept_and_variants_are_no_look_alikes() {
    let server = with_a_concept();
    let zwnj = r#"{"id":"org:z","names":[{"lang":"fa","text":"مجاهدین‌خلق"}]}"#;
    let made = server.post("/v1/concepts", zwnj);
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["names"][0]["text"], "مجاهدین‌خلق");
    for text in ["مجاهدین‌خلق", "مجاهدین خلق", "مجاهدين خلق"] {
        assert_eq!(find(&server, text)[0]["concept"], "org:z", "{text}");
    }
    let arabic = r#"{"id":"org:a","names":[{"lang":"fa","text":"مجاهدين‌خلق"}]}"#;
    assert_eq!(server.post("/v1/concepts", arabic).status, 201);
    // What looks alike may come in when it is wanted.
    let alike = r#"{"id":"org:b","allow_confusable":true,"names":[{"lang":"en","text":"РЕО"}]}"#;
    assert_eq!(server.post("/v1/concepts", alike).status, 201);
}

#[test]
fn an_edit_is_used_by_the_next_request_and_survives_a_restart() {
    let server = TestServer::start();
    for n in 0..20 {
        let name = format!("Organization of Example {n}");
        assert!(find(&server, &name).is_empty());
        let body = json!({"id": format!("org:n{n}"), "names": [{"lang": "en", "text": name}]});
        assert_eq!(server.post("/v1/concepts", &body.to_string()).status, 201);
        let found = find(&server, &format!("😀 The {name}’s report"));
        assert_eq!(found[0]["concept"], format!("org:n{n}"), "{found:?}");
        let (start, end) = (6, 6 + name.chars().count() as u64);
        assert_eq!(
            (&found[0]["start"], &found[0]["end"]),
            (&json!(start), &json!(end))
        );
        assert_eq!(found[0]["start_utf16"], json!(start + 1));
        assert_eq!(found[0]["text"], name.as_str());
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path(), true).unwrap();
    assert!(engine.start().unwrap().unwrap().concepts > 100);
    engine.close();
    let engine = Engine::open(folder.path(), true).unwrap();
    assert!(engine.start().unwrap().is_none());
    let caller = hamzaban::engine::Caller::local();
    let asked: hamzaban::engine::FindNames =
        serde_json::from_value(json!({"text": "The MEK said", "lang": "en"})).unwrap();
    let found = engine.find_names(&caller, &asked).unwrap();
    assert_eq!(found.mentions[0].concept.as_str(), "org:pmoi");
    engine.close();
}

#[test]
fn concepts_are_browsed_page_by_page() {
    let server = TestServer::start();
    for id in ["org:a", "org:b", "org:c", "person:d", "term:e"] {
        let body = json!({"id": id, "names": [{"lang": "en", "text": format!("Name of {id}")}]});
        assert_eq!(server.post("/v1/concepts", &body.to_string()).status, 201);
    }
    let page = server.get("/v1/concepts?limit=2").json();
    assert_eq!(page["concepts"][1]["id"], "org:b");
    let cursor = page["cursor"].as_str().unwrap();
    let rest = server
        .get(&format!("/v1/concepts?limit=100&cursor={cursor}"))
        .json();
    assert_eq!(rest["concepts"].as_array().unwrap().len(), 3);
    assert!(rest["cursor"].is_null());
    let persons = server.get("/v1/concepts?kind=person").json();
    assert_eq!(persons["concepts"][0]["id"], "person:d");
    assert_eq!(
        server.get("/v1/concepts?lang=fa").json()["concepts"],
        json!([])
    );
    is_problem(&server.get("/v1/concepts?cursor=x"), 400, "invalid_cursor");
    is_problem(&server.get("/v1/concepts?limit=0"), 400, "out_of_range");
    is_problem(&server.get("/v1/concepts?kind=ship"), 400, "invalid_value");
}

#[test]
fn styles_are_made_changed_and_deleted_and_default_is_always_there() {
    let server = TestServer::start();
    let styles = server.get("/v1/styles").json();
    assert_eq!(styles["styles"][0]["name"], "default");
    assert_eq!(server.get("/v1/styles/default").json()["rev"], 0);
    let made = server.post("/v1/styles", r#"{"name":"house","later":"acronym"}"#);
    assert_eq!(made.status, 201, "{}", made.text);
    is_problem(
        &server.post("/v1/styles", r#"{"name":"house"}"#),
        409,
        "exists",
    );
    is_problem(
        &server.post("/v1/styles", r#"{"name":"default"}"#),
        409,
        "exists",
    );
    is_problem(
        &server.post("/v1/styles", r#"{"name":"A"}"#),
        400,
        "invalid_name",
    );
    is_problem(
        &server.post("/v1/styles", r#"{"name":"b","later":"loud"}"#),
        400,
        "invalid_value",
    );
    let changed = server.json(
        "PUT",
        "/v1/styles/house",
        r#"{"rev":1,"leave_quotations":true}"#,
    );
    assert_eq!(changed.json()["rev"], 2, "{}", changed.text);
    assert_eq!(changed.json()["later"], "as-is");
    is_problem(
        &server.json("PUT", "/v1/styles/house", r#"{"rev":1}"#),
        409,
        "stale_rev",
    );
    let first = server.json(
        "PUT",
        "/v1/styles/default",
        r#"{"rev":0,"leave_quotations":true}"#,
    );
    assert_eq!(first.json()["rev"], 1, "{}", first.text);
    is_problem(
        &server.delete("/v1/styles/default?rev=1"),
        409,
        "default_style",
    );
    assert_eq!(server.delete("/v1/styles/house?rev=2").status, 204);
    is_problem(&server.get("/v1/styles/house"), 404, "not_found");
    let find = server.post("/v1/names/find", r#"{"text":"a","style":"house"}"#);
    is_problem(&find, 400, "unknown_style");
}

#[test]
fn a_suggestion_waits_and_becomes_an_edit() {
    let server = with_a_concept();
    let name = r#"{"kind":"name","concept":"org:x","comment":"seen in print",
        "name":{"lang":"en","text":"Popular Example Organization"}}"#;
    let made = server.post("/v1/suggestions", name);
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert!(find(&server, "Popular Example Organization").is_empty());
    let open = server.get("/v1/suggestions").json();
    assert_eq!(open["suggestions"][0]["comment"], "seen in print");

    let accepted = server.post(&format!("/v1/suggestions/{id}/accept"), "{}");
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    assert_eq!(accepted.json()["state"], "accepted");
    assert_eq!(accepted.json()["became_rev"], 2);
    assert_eq!(
        find(&server, "Popular Example Organization")[0]["status"],
        "admitted"
    );
    let again = server.post(&format!("/v1/suggestions/{id}/reject"), "{}");
    is_problem(&again, 409, "already_decided");

    let new =
        r#"{"kind":"concept","concept":"org:y","content":{"names":[{"lang":"en","text":"Why"}]}}"#;
    let new = server.post("/v1/suggestions", new).json();
    let path = format!("/v1/suggestions/{}/reject", new["id"].as_str().unwrap());
    let rejected = server.post(&path, r#"{"reason":"not a body"}"#);
    assert_eq!(rejected.json()["reason"], "not a body", "{}", rejected.text);
    is_problem(&server.get("/v1/concepts/org:y"), 404, "not_found");
    let rejected = server.get("/v1/suggestions?state=rejected").json();
    assert_eq!(rejected["suggestions"].as_array().unwrap().len(), 1);

    // A change of what has moved on meanwhile needs a second look.
    let change = r#"{"kind":"change","concept":"org:x","rev":1,"content":{"names":[{"lang":"en","text":"Other"}]}}"#;
    let change = server.post("/v1/suggestions", change).json();
    let path = format!("/v1/suggestions/{}/accept", change["id"].as_str().unwrap());
    is_problem(&server.post(&path, "{}"), 409, "stale_rev");
    assert_eq!(server.post(&path, r#"{"rev":2}"#).status, 200);
    assert_eq!(server.get("/v1/concepts/org:x").json()["rev"], 3);

    for (body, status, code) in [
        (r#"{"kind":"name","concept":"org:x"}"#, 400, "missing_field"),
        (
            r#"{"kind":"name","concept":"org:none","name":{"lang":"en","text":"a"}}"#,
            404,
            "not_found",
        ),
        (
            r#"{"kind":"concept","concept":"org:x","content":{"names":[{"lang":"en","text":"a"}]}}"#,
            409,
            "exists",
        ),
        (
            r#"{"kind":"change","concept":"org:x","content":{"names":[{"lang":"en","text":"a"}]}}"#,
            400,
            "missing_rev",
        ),
        (
            "{\"kind\":\"name\",\"concept\":\"org:x\",\"name\":{\"lang\":\"en\",\"text\":\"a\u{202E}\"}}",
            422,
            "bidi_control_in_name",
        ),
    ] {
        is_problem(&server.post("/v1/suggestions", body), status, code);
    }
    is_problem(
        &server.post("/v1/suggestions/99/accept", "{}"),
        404,
        "not_found",
    );
}

fn import(server: &TestServer, query: &str, file: &str) -> super::helpers::Reply {
    let path = format!("/v1/glossary/import?format=csv{query}");
    server.send("POST", &path, &[], Some(file.as_bytes()))
}

#[test]
fn the_shipped_glossary_goes_through_tbx_of_both_versions_unchanged() {
    let file = include_str!("../../glossary/concepts.csv");
    let server = TestServer::start();
    assert_eq!(import(&server, "", file).status, 200);
    for format in ["tbx", "tbx3"] {
        let exported = server.get(&format!("/v1/glossary/export?format={format}"));
        assert_eq!(exported.status, 200, "{format}");
        let other = TestServer::start();
        let path = format!("/v1/glossary/import?format={format}&allow_confusable=true");
        let report = other.send("POST", &path, &[], Some(exported.text.as_bytes()));
        assert_eq!(report.status, 200, "{}", report.text);
        let report = report.json();
        assert_eq!(
            (&report["skipped"], &report["added"]),
            (&json!(0), &report["read"])
        );
        let back = other.get("/v1/glossary/export?format=csv");
        assert!(back.text == file, "{format} changed the glossary");
    }
    let broken = server.send(
        "POST",
        "/v1/glossary/import?format=tbx",
        &[],
        Some(b"<html/>"),
    );
    is_problem(&broken, 422, "not_tbx");
}

#[test]
fn the_shipped_glossary_goes_in_and_comes_out_byte_for_byte() {
    let server = TestServer::start();
    let file = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/glossary/concepts.csv"
    ))
    .unwrap();
    let report = import(&server, "", &file);
    assert_eq!(report.status, 200, "{}", report.text);
    let report = report.json();
    assert_eq!(report["read"], json!(file.lines().count() - 1));
    assert_eq!(report["added"], report["read"], "{report}");
    let exported = server.get("/v1/glossary/export?format=csv");
    assert_eq!(exported.status, 200);
    assert!(exported.text == file, "the export differs from the file");
    let again = import(&server, "", &file).json();
    assert_eq!(
        (&again["added"], &again["unchanged"]),
        (&json!(0), &again["read"])
    );
    assert_eq!(find(&server, "The MEK said")[0]["concept"], "org:pmoi");
}

#[test]
fn every_faulty_row_is_told_with_its_line_and_the_others_come_in() {
    let server = with_a_concept();
    let file = "concept,lang,name,status\norg:p,en,Pea,preferred\norg:p,en,a\u{202E}b,admitted\nno id,en,x,\norg:x,en,PEO,forbidden\norg:q,en,РЕО,preferred\norg:p,zz-,x,\n";
    let report = import(&server, "", file);
    assert_eq!(report.status, 200, "{}", report.text);
    let report = report.json();
    assert_eq!(report["read"], 6, "{report}");
    assert_eq!(
        (&report["added"], &report["unchanged"], &report["skipped"]),
        (&json!(1), &json!(1), &json!(4)),
        "{report}"
    );
    let lines: Vec<u64> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["line"].as_u64().unwrap())
        .collect();
    for line in [3, 4, 5, 6, 7] {
        assert!(lines.contains(&line), "line {line} is not told: {report}");
    }
    assert_eq!(
        server.get("/v1/concepts/org:p").json()["names"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let update = "concept,lang,name,status\norg:x,en,PEO,forbidden\n";
    let report = import(&server, "&mode=update", update).json();
    assert_eq!(report["updated"], 1, "{report}");
    let shown = server.get("/v1/concepts/org:x").json();
    assert_eq!(
        (&shown["rev"], &shown["names"][0]["status"]),
        (&json!(2), &json!("forbidden"))
    );
    let keep = "concept,lang,name\norg:x,en,New\norg:new,en,New\n";
    let report = import(&server, "&mode=keep", keep).json();
    assert_eq!(
        (&report["added"], &report["unchanged"]),
        (&json!(1), &json!(1)),
        "{report}"
    );

    is_problem(&import(&server, "", "nothing"), 422, "header_missing");
    is_problem(
        &import(&server, "", "concept,lang,name\norg:r,en,\"open\n"),
        422,
        "unexpected_eof",
    );
    is_problem(&import(&server, "&mode=all", keep), 400, "invalid_value");
    is_problem(&server.get("/v1/concepts/org:r"), 404, "not_found");
}

#[test]
fn an_import_sent_twice_with_one_key_is_done_once() {
    let server = TestServer::start();
    let file = "concept,lang,name\norg:x,en,Example\n";
    let send = |file: &str| {
        let path = "/v1/glossary/import?format=csv";
        server.send(
            "POST",
            path,
            &[("Idempotency-Key", "k")],
            Some(file.as_bytes()),
        )
    };
    let (first, second) = (send(file), send(file));
    assert_eq!((first.status, second.status), (200, 200), "{}", second.text);
    assert_eq!(first.text, second.text);
    is_problem(
        &send("concept,lang,name\norg:y,en,Example\n"),
        422,
        "idempotency_mismatch",
    );
}

#[test]
fn readers_find_while_editors_write() {
    let server = Arc::new(with_a_concept());
    let writer = Arc::clone(&server);
    let writing = std::thread::spawn(move || {
        for n in 0..30 {
            let body = json!({"id": format!("org:w{n}"), "names": [{"lang": "en", "text": format!("Writer Number {n}")}]});
            assert_eq!(writer.post("/v1/concepts", &body.to_string()).status, 201);
        }
    });
    while !writing.is_finished() {
        assert_eq!(find(&server, "The PEO said so.").len(), 1);
    }
    writing.join().unwrap();
}
