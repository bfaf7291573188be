//! Many units at once over a real socket: filtered, taken back, replaced, moved, merged, erased, counted.

use serde_json::Value;

use super::helpers::{Reply, TestServer};
use super::replies::is_problem;

/// A memory `news` of these pairs, imported; the import's id.
fn imported(server: &TestServer, pairs: &[(&str, &str)]) -> String {
    if server.get("/v1/memories/news").status == 404 {
        assert_eq!(
            server.post("/v1/memories", r#"{"name":"news"}"#).status,
            201
        );
    }
    import(server, "news", "add", pairs)
}

fn import(server: &TestServer, memory: &str, mode: &str, pairs: &[(&str, &str)]) -> String {
    let lines: String = pairs
        .iter()
        .map(|(en, fa)| format!("{en}\t{fa}\n"))
        .collect();
    let query = format!("format=tsv&mode={mode}&from=en&to=fa");
    let done = server.import(memory, &query, lines.as_bytes());
    assert_eq!(done.status, 200, "{}", done.text);
    done.json()["id"].as_str().unwrap().to_owned()
}

fn units(server: &TestServer, query: &str) -> Vec<Value> {
    let page = server.get(&format!("/v1/memories/news/units?{query}"));
    assert_eq!(page.status, 200, "{}", page.text);
    page.json()["units"].as_array().unwrap().clone()
}

fn targets(server: &TestServer, query: &str) -> Vec<String> {
    let units = units(server, query);
    let target = |unit: &Value| unit["variants"]["fa"].as_str().unwrap().to_owned();
    units.iter().map(target).collect()
}

fn matches(server: &TestServer, text: &str) -> usize {
    let body =
        format!(r#"{{"source_lang":"en","target_lang":"fa","text":"{text}","threshold":95}}"#);
    let found = server.post("/v1/lookup", &body).json();
    found["matches"].as_array().unwrap().len()
}

fn done(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let value = reply.json();
    assert_eq!(value["state"], "done", "{value}");
    value
}

#[test]
fn an_import_is_taken_back_but_for_what_was_edited_since() {
    let server = TestServer::start();
    imported(&server, &[("one", "یک"), ("two", "دو")]);
    let id = import(
        &server,
        "news",
        "update",
        &[("two", "دوتا"), ("three", "سه"), ("four", "چهار")],
    );
    let four = units(&server, "text=four")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let edit = r#"{"rev":1,"variants":{"en":"four","fa":"چار"}}"#;
    assert_eq!(
        server
            .json("PUT", &format!("/v1/units/{four}"), edit)
            .status,
        200
    );

    let undone = done(&server.delete(&format!("/v1/imports/{id}")));
    let report = &undone["report"];
    assert_eq!(undone["undoes"], id.as_str());
    assert_eq!(
        (&report["changed"], &report["deleted"]),
        (&1.into(), &1.into())
    );
    assert_eq!(report["conflicts"], serde_json::json!([four]));
    assert_eq!(targets(&server, ""), ["یک", "دو", "چار"]);
    assert_eq!(matches(&server, "three"), 0);
    let again = done(&server.delete(&format!("/v1/imports/{id}")));
    assert_eq!(again["report"]["deleted"], 0);

    let undo = undone["id"].as_str().unwrap();
    done(&server.delete(&format!("/v1/bulk/{undo}")));
    assert_eq!(targets(&server, ""), ["یک", "دوتا", "سه", "چار"]);
    assert_eq!(matches(&server, "three"), 1);
    let two = units(&server, "text=two")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let history = server.get(&format!("/v1/units/{two}/history")).json();
    let kinds: Vec<&str> = history["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["bulk"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["undo", "undo", "import", "import"]);
    let list = server.get("/v1/memories/news/bulk").json();
    assert_eq!(list["bulk"].as_array().unwrap().len(), 5, "{list}");
    let file = serde_json::json!({"file": "upload", "format": "tsv", "mode": "update"});
    assert_eq!(list["bulk"][3]["asked"], file, "{list}");
    for id in ["0", "999", "x", "01"] {
        is_problem(
            &server.delete(&format!("/v1/imports/{id}")),
            404,
            "not_found",
        );
    }
    is_problem(
        &server.delete(&format!("/v1/imports/{undo}")),
        404,
        "not_found",
    );
}

#[test]
fn a_deleted_memory_comes_back_and_is_found_again() {
    let server = TestServer::with_a_unit();
    assert_eq!(matches(&server, "The door is open."), 1);
    assert_eq!(server.delete("/v1/memories/news?confirm=news").status, 204);
    assert_eq!(matches(&server, "The door is open."), 0);
    let deleted = server.get("/v1/memories?deleted=true").json();
    assert_eq!(deleted["memories"][0]["name"], "news");
    assert!(deleted["memories"][0]["restorable_until"].is_string());
    let back = server.send("POST", "/v1/memories/news/restore", &[], None);
    assert_eq!(back.status, 200, "{}", back.text);
    assert_eq!(back.json()["units"], 1);
    assert_eq!(matches(&server, "The door is open."), 1);
    is_problem(
        &server.send("POST", "/v1/memories/news/restore", &[], None),
        404,
        "not_found",
    );
    assert_eq!(server.delete("/v1/memories/news?confirm=news").status, 204);
    assert_eq!(
        server.post("/v1/memories", r#"{"name":"news"}"#).status,
        201
    );
    is_problem(
        &server.send("POST", "/v1/memories/news/restore", &[], None),
        409,
        "exists",
    );
    assert_eq!(matches(&server, "The door is open."), 0);
}

#[test]
fn one_filter_holds_for_browsing_exports_look_ups_and_deletions() {
    let server = TestServer::start();
    let id = imported(
        &server,
        &[
            ("A door", "در"),
            ("A window", "پنجره"),
            ("3 keys", "۴ کلید"),
        ],
    );
    let unit = r#"{"variants":{"en":"A wall","de":"Mauer"},"metadata":{"props":[{"type":"client","text":"A B"}]}}"#;
    assert_eq!(server.post("/v1/memories/news/units", unit).status, 201);
    for (query, count) in [
        ("", 4),
        ("text=a%20", 3),
        ("text=A&lang=de", 1),
        ("lang=de", 1),
        ("prop.client=A+B", 1),
        ("prop.client=B", 0),
        ("suspicious=true", 1),
        ("changed_after=2020-01-01T00:00:00Z", 4),
        ("changed_before=2020-01-01T00:00:00Z", 0),
        ("changed_by=nobody", 0),
        (&format!("import={id}"), 3),
    ] {
        assert_eq!(units(&server, query).len(), count, "{query}");
        if query != "prop.client=A+B" && query != "lang=de" && query != "text=A&lang=de" {
            let path = format!("/v1/memories/news/export?format=tmx&{query}");
            let file = server.get(&path).text;
            assert_eq!(
                file.matches("<tu>").count() + file.matches("<tu ").count(),
                count,
                "{query}"
            );
        }
    }
    for (query, code) in [
        ("text=%20", "empty_text"),
        ("changed_after=x", "invalid_time"),
        ("colour=red", "unknown_field"),
    ] {
        is_problem(
            &server.get(&format!("/v1/memories/news/units?{query}")),
            400,
            code,
        );
        let export = format!("/v1/memories/news/export?format=tmx&{query}");
        is_problem(&server.get(&export), 400, code);
    }
    let lookup = |filter: &str| {
        let body = format!(
            r#"{{"source_lang":"en","target_lang":"fa","text":"A door","threshold":95,"filter":{filter}}}"#
        );
        server.post("/v1/lookup", &body).json()["matches"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(lookup(&format!(r#"{{"import":"{id}"}}"#)), 1);
    assert_eq!(lookup(r#"{"import":"77"}"#), 0);
    assert_eq!(lookup(r#"{"text":"window"}"#), 0);

    is_problem(
        &server.post("/v1/memories/news/bulk/delete", r#"{"filter":{}}"#),
        400,
        "empty_filter",
    );
    let deleted = done(&server.post(
        "/v1/memories/news/bulk/delete",
        r#"{"filter":{"text":"door"}}"#,
    ));
    assert_eq!(deleted["report"]["deleted"], 1);
    assert_eq!(matches(&server, "A door"), 0);
    let id = deleted["id"].as_str().unwrap();
    let undone = done(&server.delete(&format!("/v1/bulk/{id}")));
    assert_eq!(undone["report"]["restored"], 1);
    assert_eq!(matches(&server, "A door"), 1);
}

#[test]
fn find_and_replace_is_shown_before_it_is_done_and_taken_back_after() {
    let server = TestServer::start();
    imported(
        &server,
        &[
            ("The colour red", "رنگ سرخ"),
            ("Colour", "رنگ"),
            ("None", "هیچ"),
        ],
    );
    let tagged = r#"{"variants":{"en":{"text_tagged":"colour <ph>colour</ph>&amp; co<hi>lour</hi>"},"fa":"رنگ‌ها"}}"#;
    assert_eq!(server.post("/v1/memories/news/units", tagged).status, 201);
    let asked = r#"{"lang":"en","find":"colour","with":"<color>","ignore_case":true}"#;
    let shown = server
        .post("/v1/memories/news/bulk/replace/preview?limit=2", asked)
        .json();
    assert_eq!(shown["changes"][0]["after"], "The <color> red");
    assert_eq!(shown["changes"][0]["found"][0]["start"], 4);
    assert_eq!(shown["changes"][0]["placed"][0]["end"], 11);
    let cursor = shown["cursor"].as_str().unwrap();
    let path = format!("/v1/memories/news/bulk/replace/preview?cursor={cursor}");
    let rest = server.post(&path, asked).json();
    assert_eq!(
        rest["changes"][0]["after_tagged"],
        "&lt;color&gt; <ph>colour</ph>&amp; co<hi>lour</hi>"
    );
    assert_eq!(rest["changes"].as_array().unwrap().len(), 1);
    assert_eq!(matches(&server, "Colour"), 1);

    let replaced = done(&server.post("/v1/memories/news/bulk/replace", asked));
    assert_eq!(replaced["report"]["changed"], 3);
    assert_eq!(matches(&server, "<color>"), 1);
    let listed = server.get(&format!("/v1/bulk/{}", replaced["id"].as_str().unwrap()));
    assert_eq!(listed.json()["asked"]["find"], "colour");
    done(&server.delete(&format!("/v1/bulk/{}", replaced["id"].as_str().unwrap())));
    assert_eq!(matches(&server, "Colour"), 1);

    let empties = r#"{"lang":"en","find":"^None$","with":"","regex":true}"#;
    let left = done(&server.post("/v1/memories/news/bulk/replace", empties));
    assert_eq!(left["report"]["conflicts_total"], 1, "{left}");
    for (body, code) in [
        (
            r#"{"lang":"en","find":"(","with":"","regex":true}"#,
            "invalid_pattern",
        ),
        (
            r#"{"lang":"en","find":"x*","with":"","regex":true}"#,
            "invalid_pattern",
        ),
        (r#"{"lang":"en","find":"","with":""}"#, "out_of_range"),
        (r#"{"lang":"?","find":"a","with":""}"#, "invalid_language"),
    ] {
        is_problem(
            &server.post("/v1/memories/news/bulk/replace", body),
            400,
            code,
        );
    }
    server.json("PATCH", "/v1/memories/news", r#"{"read_only":true}"#);
    for (call, body) in [
        ("replace", asked),
        ("delete", r#"{"filter":{},"all":true}"#),
        ("merge", r#"{"keep":"1","merge":["1"]}"#),
    ] {
        let refused = server.post(&format!("/v1/memories/news/bulk/{call}"), body);
        assert!([400, 403].contains(&refused.status), "{}", refused.text);
    }
    assert_eq!(units(&server, "").len(), 4);
}

#[test]
fn units_move_to_another_memory_as_new_units_and_back() {
    let server = TestServer::start();
    imported(&server, &[("one", "یک"), ("two", "دو")]);
    assert_eq!(server.post("/v1/memories", r#"{"name":"old"}"#).status, 201);
    let body = r#"{"to":"old","filter":{"text":"one"}}"#;
    let headers = [
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "m1"),
    ];
    let path = "/v1/memories/news/bulk/move";
    let moved = server.send("POST", path, &headers, Some(body.as_bytes()));
    let again = server.send("POST", path, &headers, Some(body.as_bytes()));
    assert_eq!(moved.text, again.text);
    let moved = done(&moved);
    assert_eq!(moved["to"], "old");
    assert_eq!(
        (&moved["report"]["added"], &moved["report"]["deleted"]),
        (&1.into(), &1.into())
    );
    assert_eq!(targets(&server, ""), ["دو"]);
    let there = server.get("/v1/memories/old/units").json();
    assert_ne!(there["units"][0]["id"], "1");
    assert_eq!(server.get("/v1/units/1").status, 404);
    assert_eq!(matches(&server, "one"), 1);
    let undone = done(&server.delete(&format!("/v1/bulk/{}", moved["id"].as_str().unwrap())));
    assert_eq!(
        (&undone["report"]["restored"], &undone["report"]["deleted"]),
        (&1.into(), &1.into())
    );
    assert_eq!(targets(&server, ""), ["یک", "دو"]);
    assert_eq!(
        server.get("/v1/memories/old/units").json()["units"],
        serde_json::json!([])
    );
    let copied = done(&server.post(path, r#"{"to":"old","filter":{},"all":true,"copy":true}"#));
    assert_eq!(
        (&copied["kind"], &copied["report"]["added"]),
        (&"copy".into(), &2.into())
    );
    assert_eq!(targets(&server, "").len(), 2);
    is_problem(
        &server.post(path, r#"{"to":"news","filter":{},"all":true}"#),
        400,
        "same_memory",
    );
    is_problem(
        &server.post(path, r#"{"to":"nowhere","filter":{},"all":true}"#),
        404,
        "not_found",
    );
}

#[test]
fn duplicates_and_contradictions_are_found_and_merged() {
    let server = TestServer::start();
    imported(
        &server,
        &[
            ("one", "یک"),
            ("one ", "يك"),
            ("one", "یکی"),
            ("two", "دو"),
            ("three", "سه"),
        ],
    );
    let groups = |query: &str| {
        server
            .get(&format!("/v1/memories/news/duplicates?{query}"))
            .json()
    };
    let all = groups("");
    assert_eq!(all["groups"].as_array().unwrap().len(), 2, "{all}");
    let same = groups("kind=duplicate");
    assert_eq!(
        same["groups"][0]["units"].as_array().unwrap().len(),
        2,
        "{same}"
    );
    let other = groups("kind=contradiction&limit=1");
    assert_eq!(
        other["groups"][0]["languages"],
        serde_json::json!(["fa"]),
        "{other}"
    );
    assert_eq!(other["groups"][0]["units"].as_array().unwrap().len(), 3);
    is_problem(
        &server.get("/v1/memories/news/duplicates?cursor=5-0"),
        400,
        "invalid_cursor",
    );

    let path = "/v1/memories/news/bulk/merge";
    is_problem(
        &server.post(path, r#"{"keep":"1","merge":["4"]}"#),
        400,
        "other_source",
    );
    is_problem(
        &server.post(path, r#"{"keep":"1","merge":["1"]}"#),
        400,
        "duplicate_field",
    );
    is_problem(
        &server.post(path, r#"{"keep":"1","merge":["99"]}"#),
        404,
        "not_found",
    );
    let merged = done(&server.post(path, r#"{"keep":"1","merge":["2"]}"#));
    assert_eq!(merged["report"]["deleted"], 1);
    assert_eq!(groups("kind=duplicate")["groups"], serde_json::json!([]));
    assert_eq!(matches(&server, "one"), 2);
    done(&server.delete(&format!("/v1/bulk/{}", merged["id"].as_str().unwrap())));
    assert_eq!(matches(&server, "one"), 3);
    let settled = done(&server.post(path, r#"{"keep":"3","merge":["1","2"]}"#));
    assert_eq!(settled["report"]["deleted"], 2);
    assert_eq!(groups("")["groups"], serde_json::json!([]));
    assert_eq!(targets(&server, "text=one"), ["یکی"]);
}

/// Whether a text stands anywhere in the files of a folder.
fn stands_in(folder: &std::path::Path, text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        if bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
        {
            names.push(entry.file_name().into_string().unwrap());
        }
    }
    names
}

#[test]
fn what_is_erased_is_nowhere_in_the_files() {
    let server = TestServer::start();
    imported(
        &server,
        &[("one", "یک"), ("Secret Zebra one", "گورخر"), ("two", "دو")],
    );
    let unit = units(&server, "text=zebra")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let edit = r#"{"rev":1,"variants":{"en":"Secret Zebra two","fa":"گورخرها"}}"#;
    server.json("PUT", &format!("/v1/units/{unit}"), edit);
    let replace = r#"{"lang":"en","find":"Secret Zebra","with":"Secret Zebra!"}"#;
    done(&server.post("/v1/memories/news/bulk/replace", replace));
    assert_ne!(
        stands_in(server.folder(), "Secret Zebra"),
        Vec::<String>::new()
    );
    let ask = |body: &str| server.post("/v1/admin/erase", body);
    for (body, status, code) in [
        (
            format!(r#"{{"units":["{unit}"],"confirm":"yes"}}"#),
            400,
            "confirm_missing",
        ),
        (r#"{"confirm":"x"}"#.into(), 400, "missing_field"),
        (
            r#"{"units":["77"],"confirm":"77"}"#.into(),
            404,
            "not_found",
        ),
        (
            r#"{"memory":"nowhere","confirm":"nowhere"}"#.into(),
            404,
            "not_found",
        ),
    ] {
        is_problem(&ask(&body), status, code);
    }
    let erased = ask(&format!(r#"{{"units":["{unit}"],"confirm":"{unit}"}}"#));
    assert_eq!(erased.status, 200, "{}", erased.text);
    assert_eq!(erased.json()["units"], 1);
    assert_eq!(erased.json()["compacted"], true);
    for text in ["Secret Zebra", "گورخر"] {
        assert_eq!(
            stands_in(server.folder(), text),
            Vec::<String>::new(),
            "{text}"
        );
    }
    assert_eq!(server.get(&format!("/v1/units/{unit}/history")).status, 404);
    assert_eq!(matches(&server, "Secret Zebra! two"), 0);
    assert_eq!(units(&server, "").len(), 2);

    let tmx = r#"<?xml version="1.0"?><tmx version="1.4"><header creationtool="t" creationtoolversion="1" segtype="sentence" o-tmf="t" adminlang="en" srclang="en" datatype="plaintext"/><body><tu creationid="Quirin Quux" creationdate="20200101T000000Z" changeid="Quirin Quux" changedate="20200101T000000Z"><tuv xml:lang="en"><seg>x</seg></tuv><tuv xml:lang="fa" changeid="Quirin Quux"><seg>y</seg></tuv></tu></body></tmx>"#;
    assert_eq!(
        server.import("news", "format=tmx", tmx.as_bytes()).status,
        200
    );
    assert_eq!(units(&server, "created_by=Quirin%20Quux").len(), 1);
    let erased = ask(r#"{"user":"Quirin Quux","confirm":"Quirin Quux"}"#);
    assert_eq!(erased.json()["units"], 1, "{}", erased.text);
    assert_eq!(stands_in(server.folder(), "Quirin"), Vec::<String>::new());
    assert_eq!(units(&server, "created_by=(erased)").len(), 1);

    let erased = ask(r#"{"memory":"news","confirm":"news"}"#);
    assert_eq!(erased.json()["units"], 3, "{}", erased.text);
    assert_eq!(stands_in(server.folder(), "یک"), Vec::<String>::new());
    assert_eq!(
        server.get("/v1/memories?deleted=true").json()["memories"],
        serde_json::json!([])
    );
}

#[test]
fn statistics_count_units_languages_users_and_days() {
    let server = TestServer::start();
    imported(&server, &[("one", "یک"), ("two", "دو")]);
    assert_eq!(server.delete("/v1/units/1?rev=1").status, 204);
    for path in ["/v1/stats", "/v1/memories/news/stats"] {
        let stats = server.get(path).json();
        assert_eq!(
            (&stats["memories"], &stats["units"], &stats["bulk"]),
            (&1.into(), &1.into(), &1.into())
        );
        assert_eq!(stats["languages"][0]["units"], 1, "{stats}");
        for list in ["days", "months", "users"] {
            assert_eq!(stats[list][0]["added"], 2, "{list} {stats}");
            assert_eq!(stats[list][0]["deleted"], 1, "{list} {stats}");
        }
    }
    assert!(server.get("/v1/stats").json()["database_bytes"].as_u64() > Some(4_096));
}
