//! Glossary files through the real program and server: what is wrong with one, by line; `OmegaT`'s own; imports that are
//! kept, told and taken back as a whole; files that mean harm.

use std::path::Path;

use serde_json::{Value, json};

use super::cli::folder_with;
use super::helpers::{Reply, TOKEN, TestServer};
use super::process::{err, out, run};
use super::replies::is_problem;

pub(crate) const HEADER: &str =
    "concept,lang,name,status,type,style,use,marks,note,source,subject,definition\n";

fn check(file: &str) -> (Option<i32>, Vec<(u64, String)>) {
    let folder = folder_with(&[("g.csv", file)]);
    let path = folder.path().join("g.csv");
    let told = run(
        &folder.path().join("data"),
        &["glossary", "check", path.to_str().unwrap(), "--json"],
    );
    let faults = out(&told);
    let faults = faults.lines().map(|line| {
        let fault: Value = serde_json::from_str(line).unwrap();
        let line = fault["line"].as_u64().unwrap();
        (line, fault["code"].as_str().unwrap().to_owned())
    });
    (told.status.code(), faults.collect())
}

#[test]
fn every_kind_of_fault_is_named_with_its_line() {
    let fine =
        "org:a,en,Alpha Body,preferred,full,,,,,,,\norg:a,fa,کانون آلفا,preferred,full,,,,,,,\n";
    assert_eq!(check(&format!("{HEADER}{fine}")), (Some(0), vec![]));
    for (rows, line, code) in [
        (
            "org:b,en,Bee Body,preferred,full,,,,,,,\norg:b,en,Bee Body,admitted,full,,,,,,,\n",
            5,
            "duplicate",
        ),
        (
            "org:b,en,Alpha Body,preferred,full,,,,,,,\n",
            4,
            "ambiguous",
        ),
        (
            "org:b,en,Bee Body,preferred,full,,,,,,,\norg:b,en,Cee Body,preferred,full,,,,,,,\n",
            5,
            "two_preferred",
        ),
        ("org:b,en,بدنه,preferred,full,,,,,,,\n", 4, "wrong_script"),
        ("org:b,fa,Body,preferred,full,,,,,,,\n", 4, "wrong_script"),
        (
            "org:b,ru,Аlрhа Воdу,preferred,full,,,,,,,\n",
            4,
            "confusable",
        ),
        ("org:A,en,Bee Body,preferred,full,,,,,,,\n", 4, "unsorted"),
        (
            "org:b,en,Mojahedin-e Khalq,preferred,full,,,,,,,\norg:b,en,Mujahideen-e-Khalq,deprecated,spelling,,,,,,,\norg:b,fa,مجاهدین خلق,preferred,full,,,,,,,\n",
            5,
            "redundant",
        ),
        (
            "org:b,fa,هيات نمونه,preferred,full,,,,,,,\n",
            4,
            "arabic_letter",
        ),
        (
            "org:b,en,Bee Body,admitted,full,,,,,,,\n",
            4,
            "no_preferred",
        ),
        (
            "org:b,en,Bee Body,preferred,full,,,pejorative,,,,\n",
            4,
            "contradiction",
        ),
        (
            "org:b,en,Bee Body,preferred,full,,,,,,law,\norg:b,en,Bee,admitted,full,,,,,,media,\n",
            5,
            "contradiction",
        ),
        (
            "org:b,en,Bee\u{202E} Body,preferred,full,,,,,,,\n",
            4,
            "bidi_control_in_name",
        ),
        (
            "org:b,en,Bee\u{200B} Body,preferred,full,,,,,,,\n",
            4,
            "invisible_character",
        ),
        (
            "org:b,en,Bee\u{E0042} Body,preferred,full,,,,,,,\n",
            4,
            "invisible_character",
        ),
        ("org:b,en,Bee,nice,full,,,,,,,\n", 4, "unknown_value"),
    ] {
        let (code_of_exit, faults) = check(&format!("{HEADER}{fine}{rows}"));
        assert_eq!(code_of_exit, Some(1), "{rows}");
        assert_eq!(faults, [(line, code.to_owned())], "{rows}");
    }
    let long = format!("org:b,en,{},preferred,full,,,,,,,\n", "x".repeat(2_000));
    assert_eq!(
        check(&format!("{HEADER}{long}")).1,
        [(2, "name_too_long".to_owned())]
    );
    // What is known to be ambiguous, and what has one default, is no fault.
    let shared = "org:b,en,Bee Body,preferred,full,,,ambiguous,,,,\norg:c,en,Bee Body,preferred,full,,,ambiguous,,,,\n";
    let default =
        "org:b,en,Bee Body,preferred,full,,,default,,,,\norg:c,en,Bee Body,preferred,full,,,,,,,\n";
    for rows in [shared, default] {
        assert_eq!(
            check(&format!("{HEADER}{rows}")),
            (Some(0), vec![]),
            "{rows}"
        );
    }
}

#[test]
fn the_shipped_glossary_has_no_fault() {
    let shipped = include_str!("../../glossary/concepts.csv");
    assert_eq!(check(shipped), (Some(0), vec![]));
}

#[test]
fn omegats_glossaries_go_out_and_in_on_the_command_line() {
    let csv = format!(
        "{HEADER}org:x,en,Example Body,preferred,full,,,,,,,\norg:x,en,Example Council,admitted,full,,,,,,,\norg:x,en,Example Gang,forbidden,full,,,,,,,\norg:x,fa,کانون نمونه,preferred,full,,,,not a party,,,\nother:y,en,Example Body of Elsewhere,preferred,full,,,blocker,,,,\n"
    );
    let folder = folder_with(&[
        ("g.csv", &csv),
        ("new.txt", "ballot\tبرگه رأی\tas cast\nno tab\n"),
    ]);
    let data = folder.path().join("data");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let glossary = |arguments: &[&str]| {
        let mut all = vec!["glossary"];
        all.extend(arguments);
        run(&data, &all)
    };
    let pair = ["--format", "omegat", "--from", "en", "--to", "fa"];
    assert_eq!(glossary(&["import", &path("g.csv")]).status.code(), Some(0));
    let mut export = vec!["export"];
    export.extend(pair);
    let told = glossary(&export);
    let file = "# -*- coding: utf-8 -*-\nExample Body\tکانون نمونه\tnot a party\nExample Council\tکانون نمونه\tnot a party\n";
    assert_eq!(out(&told), file, "{}", err(&told));
    // The other way round, and into a file.
    let told = glossary(&["export", &path("back.txt"), "--from", "fa", "--to", "en"]);
    assert_eq!(told.status.code(), Some(0), "{}", err(&told));
    let back = std::fs::read_to_string(path("back.txt")).unwrap();
    assert!(back.ends_with("\nکانون نمونه\tExample Body\n"), "{back}");

    // What a translator hands back makes no second concept; what is new comes in, and what is no pair is told.
    std::fs::write(path("same.txt"), file).unwrap();
    let told = glossary(&["import", &path("same.txt"), "--from", "en", "--to", "fa"]);
    assert!(
        out(&told).contains("0 added") && out(&told).contains("4 unchanged"),
        "{}",
        out(&told)
    );
    let told = glossary(&["import", &path("new.txt"), "--from", "en", "--to", "fa"]);
    assert!(out(&told).contains("2 added"), "{}", out(&told));
    assert!(
        out(&told).contains("new.txt:2: skipped: cells"),
        "{}",
        out(&told)
    );
    let told = glossary(&export);
    assert!(
        out(&told).contains("ballot\tبرگه رأی\tas cast\n"),
        "{}",
        out(&told)
    );
    assert_eq!(
        glossary(&["import", &path("new.txt")]).status.code(),
        Some(2)
    );
    assert_eq!(
        glossary(&["export", "--format", "omegat"]).status.code(),
        Some(2)
    );
    let told = glossary(&["check", &path("new.txt"), "--from", "en", "--to", "fa"]);
    assert!(out(&told).contains("new.txt:2: cells"), "{}", out(&told));
}

#[test]
fn names_report_shows_every_spelling_of_every_concept_in_every_file() {
    let csv = format!(
        "{HEADER}org:x,en,Example Body,preferred,full,,,,,,,\norg:x,en,Example Gang,forbidden,full,,,,,,,\n"
    );
    let folder = folder_with(&[
        ("g.csv", &csv),
        ("one.txt", "Example Body and Example Gang; Example Body."),
        ("two.md", "*Example Gang*\n"),
    ]);
    let data = folder.path().join("data");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let imported = run(&data, &["glossary", "import", &path("g.csv")]);
    assert!(imported.status.success(), "{}", err(&imported));
    let files = [path("one.txt"), path("two.md")];
    let report = |how: &str| {
        let told = run(&data, &["names", "report", &files[0], &files[1], how]);
        assert!(told.status.success(), "{}", err(&told));
        out(&told)
    };
    let rows: Value = serde_json::from_str(&report("--json")).unwrap();
    let found: Vec<_> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let file = Path::new(row["file"].as_str().unwrap())
                .file_name()
                .unwrap();
            (
                row["spelling"].as_str().unwrap(),
                file.to_str().unwrap(),
                row["count"].as_u64().unwrap(),
                row["better"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("Example Body", "one.txt", 2, ""),
            ("Example Gang", "one.txt", 1, "Example Body"),
            ("Example Gang", "two.md", 1, "Example Body")
        ]
    );
    assert_eq!(report("--csv").lines().count(), 4);
    assert!(
        report("--csv")
            .starts_with("concept,spelling,file,count,standing,better\norg:x,Example Body,")
    );
    assert_eq!(report("--html").matches("<tr>").count(), 4);
}

#[test]
fn names_report_walks_folders_and_reads_the_kinds_it_knows() {
    let folder = folder_with(&[]);
    std::fs::create_dir_all(folder.path().join("press/en/old")).unwrap();
    for (name, text) in [
        ("press/en/one.txt", "The UN met."),
        ("press/en/old/two.md", "The *UN* met again."),
        ("press/page.html", "<p>UN</p><script>UN</script>"),
        ("press/notes.log", "UN UN UN"),
        ("elsewhere.txt", "UN"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    // The folder is new: the glossary that ships is there at once.
    let data = folder.path().join("data");
    let press = folder.path().join("press");
    let told = run(
        &data,
        &["names", "report", press.to_str().unwrap(), "--json"],
    );
    assert!(told.status.success(), "{}", err(&told));
    let rows: Value = serde_json::from_str(&out(&told)).unwrap();
    let rows = rows["rows"].as_array().unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            let file = Path::new(row["file"].as_str().unwrap());
            (file.strip_prefix(&press).unwrap(), row["count"].as_u64())
        })
        .collect();
    let once = |file| (Path::new(file), Some(1));
    assert_eq!(
        found,
        [once("en/old/two.md"), once("en/one.txt"), once("page.html")]
    );
}

pub(crate) fn import(server: &TestServer, query: &str, file: &[u8]) -> Reply {
    let path = format!("/v1/glossary/import?{query}");
    server.send("POST", &path, &[], Some(file))
}

pub(crate) fn exported(server: &TestServer) -> String {
    server.get("/v1/glossary/export?format=csv").text
}

#[test]
fn an_import_has_an_id_is_told_later_and_is_taken_back_as_a_whole() {
    let server = TestServer::start();
    let first = format!(
        "{HEADER}org:a,en,Alpha,preferred,full,,,,,,,\norg:b,en,Beta,preferred,full,,,,,,,\n"
    );
    assert_eq!(import(&server, "format=csv", first.as_bytes()).status, 200);
    let before = exported(&server);
    let second = format!(
        "{HEADER}org:a,en,Alpha,preferred,full,,,,,,,\norg:a,en,Alfa,admitted,full,,,,,,,\norg:b,en,Bee,preferred,full,,,,,,,\norg:c,en,Gamma,preferred,full,,,,,,,\norg:d,en,Delta,preferred,full,,,,,,,\n"
    );
    let done = import(&server, "format=csv", second.as_bytes());
    assert_eq!(done.status, 200, "{}", done.text);
    let report = done.json();
    let id = report["id"].as_str().unwrap().to_owned();
    assert_eq!(done.header("import-id"), id);
    // Bee would be a second preferred name.
    assert_eq!(
        (&report["read"], &report["added"], &report["skipped"]),
        (&json!(5), &json!(3), &json!(1)),
        "{report}"
    );
    let problem = &report["problems"][0];
    assert!(
        problem["reason"]
            .as_str()
            .unwrap()
            .contains("two_preferred"),
        "{report}"
    );
    assert_eq!(problem["line"], 4);
    assert_eq!(problem["byte"], second.find("org:b").unwrap());
    let kept = server.get(&format!("/v1/imports/{id}")).json();
    assert_eq!((&kept["state"], &kept["report"]), (&json!("done"), &report));
    assert_eq!(kept["bytes_read"], second.len());

    // Somebody edits what the import made: that stays.
    let edit = r#"{"rev":1,"names":[{"lang":"en","text":"Delta Own"}]}"#;
    assert_eq!(server.json("PUT", "/v1/concepts/org:d", edit).status, 200);
    let undone = server.delete(&format!("/v1/imports/{id}"));
    assert_eq!(undone.status, 200, "{}", undone.text);
    let undone = undone.json();
    assert_eq!(
        (&undone["kind"], &undone["undoes"]),
        (&json!("undo"), &json!(id)),
        "{undone}"
    );
    assert_eq!(
        (
            &undone["report"]["changed"],
            &undone["report"]["deleted"],
            &undone["report"]["conflicts"]
        ),
        (&json!(1), &json!(1), &json!(["org:d"])),
        "{undone}"
    );
    let after = exported(&server);
    assert_eq!(
        after.replace("org:d,en,Delta Own,preferred,full,,,,,,,\n", ""),
        before
    );
    let history = server.get("/v1/concepts/org:a/history").json();
    assert_eq!(history["history"][0]["action"], "taken_back", "{history}");
    let found = server
        .post("/v1/names/find", r#"{"text":"Gamma came."}"#)
        .json();
    assert_eq!(found["mentions"], json!([]));

    // Again changes nothing; the taking back can be taken back.
    let again = server.delete(&format!("/v1/imports/{id}")).json();
    assert_eq!(
        (&again["report"]["changed"], &again["report"]["deleted"]),
        (&json!(0), &json!(0))
    );
    let undo = undone["id"].as_str().unwrap();
    assert_eq!(
        server.get(&format!("/v1/bulk/{undo}")).json()["report"],
        undone["report"]
    );
    let redone = server.delete(&format!("/v1/bulk/{undo}"));
    assert_eq!(redone.status, 200, "{}", redone.text);
    assert!(exported(&server).contains("org:c,en,Gamma") && exported(&server).contains("Alfa"));

    for id in ["g99", "g01", "g", "gx"] {
        is_problem(&server.get(&format!("/v1/imports/{id}")), 404, "not_found");
        is_problem(
            &server.delete(&format!("/v1/imports/{id}")),
            404,
            "not_found",
        );
    }
    let broken = import(
        &server,
        "format=csv",
        b"concept,lang,name\norg:z,en,\"open\n",
    );
    is_problem(&broken, 422, "unexpected_eof");
    let id = broken.json()["report"]["id"].as_str().unwrap().to_owned();
    let kept = server.get(&format!("/v1/imports/{id}")).json();
    assert_eq!(
        (&kept["state"], &kept["report"]["added"]),
        (&json!("failed"), &json!(0)),
        "{kept}"
    );
}

#[test]
fn an_import_and_its_taking_back_are_those_of_a_named_editor_and_of_nobody_else() {
    let server = TestServer::start();
    let made = server.post("/v1/memories", r#"{"name":"news"}"#);
    assert_eq!(made.status, 201);
    let key = |body: Value| {
        let made = server.ask(Some(TOKEN), "POST", "/v1/keys", &body.to_string());
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["key"].as_str().unwrap().to_owned()
    };
    let reader = key(json!({"name": "rana", "role": "read"}));
    let writer = key(json!({"name": "wim", "role": "write"}));
    let stranger =
        key(json!({"name": "sam", "role": "admin", "memories": ["news"], "glossary": "none"}));
    let path = "/v1/glossary/import?format=csv";
    let file = format!("{HEADER}org:a,en,Alpha,preferred,full,,,,,,,\n");
    for (key, status) in [(&reader, 403), (&stranger, 403), (&writer, 200)] {
        let reply = server.ask(Some(key), "POST", path, &file);
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    let shown = server
        .ask(Some(&reader), "GET", "/v1/concepts/org:a", "")
        .json();
    assert_eq!(shown["changed_by"], "wim", "{shown}");
    for (key, method, status) in [
        (&stranger, "GET", 404),
        (&stranger, "DELETE", 404),
        (&reader, "GET", 200),
        (&reader, "DELETE", 403),
        (&writer, "DELETE", 200),
    ] {
        let reply = server.ask(Some(key), method, "/v1/imports/g1", "");
        assert_eq!(reply.status, status, "{method} {}", reply.text);
    }
    // Suggestions, styles and imports: each deed has its row, with who did it.
    let suggestion = r#"{"kind":"concept","concept":"org:s","content":{"names":[{"lang":"en","text":"Sigma"}]}}"#;
    for _ in 0..2 {
        assert_eq!(
            server
                .ask(Some(&reader), "POST", "/v1/suggestions", suggestion)
                .status,
            201
        );
    }
    assert_eq!(
        server
            .ask(Some(&writer), "POST", "/v1/suggestions/1/accept", "{}")
            .status,
        200
    );
    assert_eq!(
        server
            .ask(Some(&writer), "POST", "/v1/suggestions/2/reject", "{}")
            .status,
        200
    );
    assert_eq!(
        server
            .ask(Some(&writer), "POST", "/v1/styles", r#"{"name":"house"}"#)
            .status,
        201
    );
    assert_eq!(
        server
            .ask(Some(&writer), "DELETE", "/v1/styles/house?rev=1", "")
            .status,
        204
    );
    assert_eq!(
        server
            .ask(
                Some(&writer),
                "POST",
                "/v1/styles",
                r#"{"name":"house","title":"Two"}"#
            )
            .status,
        201
    );
    let history = server
        .ask(Some(&reader), "GET", "/v1/styles/house/history", "")
        .json();
    let history = history["history"].as_array().unwrap();
    assert_eq!(history.len(), 3, "{history:?}");
    assert_eq!(
        (
            &history[0]["rev"],
            &history[0]["settings"]["title"],
            &history[0]["by"]
        ),
        (&json!(3), &json!("Two"), &json!("wim"))
    );
    assert!(history[1]["settings"].is_null());
    let audit = server
        .ask(Some(TOKEN), "GET", "/v1/audit?limit=100", "")
        .json();
    let rows: Vec<(String, String)> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let cell = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            (cell("action"), cell("by"))
        })
        .collect();
    for (action, by) in [
        ("glossary_import_started", "wim"),
        ("glossary_import_done", "wim"),
        ("glossary_import_undone", "wim"),
        ("suggestion_made", "rana"),
        ("suggestion_accepted", "wim"),
        ("suggestion_rejected", "wim"),
        ("style_changed", "wim"),
        ("style_deleted", "wim"),
    ] {
        assert!(
            rows.contains(&(action.to_owned(), by.to_owned())),
            "{action} {by}: {rows:?}"
        );
    }
}
