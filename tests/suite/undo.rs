//! Changes of many units, whatever they were and in whatever order: taken back one after the other, the newest first,
//! each leaves what was there before it; and what was taken back can be had again.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::helpers::{Random, Reply, TestServer};

const MEMORIES: [&str; 2] = ["a", "b"];
const CHANGES: usize = 40;

/// Memory and id → what the unit says.
type Content = BTreeMap<(String, String), Value>;

fn content(server: &TestServer) -> Content {
    let mut content = Content::new();
    for memory in MEMORIES {
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/memories/{memory}/units?limit=50{cursor}");
            let page = server.get(&path).json();
            for unit in page["units"].as_array().unwrap() {
                let id = unit["id"].as_str().unwrap().to_owned();
                let said = json!([unit["variants"], unit["metadata"], unit["context"]]);
                content.insert((memory.to_owned(), id), said);
            }
            match page["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }
    content
}

/// Asks for some change; its id, if it was done.
fn change(server: &TestServer, random: &mut Random) -> Option<String> {
    let (memory, other) = match random.below(2) {
        0 => ("a", "b"),
        _ => ("b", "a"),
    };
    let digit = |random: &mut Random| random.below(10).to_string();
    let filter = json!({ "text": digit(random) });
    let bulk = |call: &str, body: Value| {
        server.post(
            &format!("/v1/memories/{memory}/bulk/{call}"),
            &body.to_string(),
        )
    };
    let reply: Reply = match random.below(9) {
        0..=2 => {
            let mut text = || format!("text {}", random.below(30));
            let lines: String = (0..12)
                .map(|_| format!("{}\t{}\n", text(), text()))
                .collect();
            let mode = ["add", "update", "keep"][random.below(3)];
            let query = format!("format=tsv&from=en&to=fa&mode={mode}");
            server.import(memory, &query, lines.as_bytes())
        }
        3 => bulk("delete", json!({ "filter": filter })),
        4 | 5 => {
            let lang = ["en", "fa"][random.below(2)];
            let with = random.below(300).to_string();
            bulk(
                "replace",
                json!({ "lang": lang, "find": digit(random), "with": with }),
            )
        }
        6 => bulk("move", json!({ "to": other, "filter": filter })),
        7 => bulk(
            "move",
            json!({ "to": other, "filter": filter, "copy": true }),
        ),
        _ => {
            let path = format!("/v1/memories/{memory}/duplicates");
            let found = server.get(&path).json();
            let units = &found["groups"][0]["units"];
            bulk(
                "merge",
                json!({ "keep": units[0]["id"], "merge": [units[1]["id"]] }),
            )
        }
    };
    let id = (reply.status == 200).then(|| reply.json()["id"].as_str().unwrap().to_owned());
    assert!(id.is_some() || reply.status < 500, "{}", reply.text);
    id
}

/// Takes a change back, with nothing in the way; the id of doing so.
fn undo(server: &TestServer, id: &str) -> String {
    let undone = server.delete(&format!("/v1/bulk/{id}"));
    assert_eq!(undone.status, 200, "{}", undone.text);
    let undone = undone.json();
    assert_eq!(undone["report"]["conflicts_total"], 0, "{undone}");
    undone["id"].as_str().unwrap().to_owned()
}

#[test]
fn changes_of_any_kind_are_taken_back_one_after_the_other_to_the_very_beginning() {
    let seed = std::env::var("HAMZABAN_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("HAMZABAN_SEED={seed}");
    let mut random = Random(seed);
    let server = TestServer::start();
    for memory in MEMORIES {
        server.post("/v1/memories", &json!({ "name": memory }).to_string());
    }
    let mut done: Vec<(String, Content)> = Vec::new();
    while done.len() < CHANGES {
        let before = content(&server);
        if let Some(id) = change(&server, &mut random) {
            done.push((id, before));
        }
    }
    let moved = done.iter().filter(|(_, before)| !before.is_empty()).count();
    assert!(moved > CHANGES / 2);
    while let Some((id, before)) = done.pop() {
        let after = content(&server);
        let mut undone = undo(&server, &id);
        assert_eq!(content(&server), before, "change {id} taken back");
        if random.below(2) == 0 {
            let again = undo(&server, &undone);
            assert_eq!(content(&server), after, "change {id} had again");
            undone = undo(&server, &again);
            assert_eq!(content(&server), before, "{undone}");
        }
    }
    assert!(content(&server).is_empty());
    let verified = server.send("POST", "/v1/admin/verify", &[], None).json();
    assert_eq!(verified["ok"], true, "{verified}");
}

#[test]
fn imports_of_the_glossary_are_taken_back_one_after_the_other_too() {
    let server = TestServer::start();
    let import = |name: &str| {
        let file = format!("concept,lang,name\norg:x,en,{name}\n");
        let path = "/v1/glossary/import?format=csv&mode=update";
        let done = server.send("POST", path, &[], Some(file.as_bytes()));
        assert_eq!(done.status, 200, "{}", done.text);
        done.json()["id"].as_str().unwrap().to_owned()
    };
    let name = || server.get("/v1/concepts/org:x").json()["names"][0]["text"].clone();
    let names = ["First Body", "Second Body", "Third Body"];
    let imports = names.map(import);
    for (place, id) in imports.iter().enumerate().rev() {
        let undone = undo(&server, id);
        let again = undo(&server, &undone);
        assert_eq!(name(), names[place]);
        undo(&server, &again);
        let left = place
            .checked_sub(1)
            .map_or(Value::Null, |place| names[place].into());
        assert_eq!(name(), left);
    }
}
