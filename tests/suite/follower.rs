//! A copy that follows the change feed is equal to the store: units, memories, concepts, styles, whatever was done.

use std::collections::BTreeMap;

use hamzaban::engine::{Caller, ChangeName, Filter, Following, Rights, Role};
use hamzaban::model::MemoryId;
use serde_json::{Value, json};

use super::helpers::{Random, TestServer};

/// Memory → unit → the unit as it is shown; beside the memories [`CONCEPTS`] and [`STYLES`].
type Content = BTreeMap<String, BTreeMap<String, Value>>;

const CONCEPTS: &str = "concepts";
const STYLES: &str = "styles";

/// A client that keeps a copy by the rules in the documentation of `/v1/changes`.
struct Copy {
    content: Content,
    cursor: Option<String>,
}

fn units(server: &TestServer, memory: &str) -> Option<BTreeMap<String, Value>> {
    let (mut units, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let reply = server.get(&format!("/v1/memories/{memory}/units?limit=7{cursor}"));
        if reply.status == 404 {
            return None;
        }
        let page = reply.json();
        for unit in page["units"].as_array().unwrap() {
            units.insert(unit["id"].as_str().unwrap().to_owned(), unit.clone());
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Some(units),
        }
    }
}

fn concepts(server: &TestServer) -> BTreeMap<String, Value> {
    let (mut concepts, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = server.get(&format!("/v1/concepts?limit=7{cursor}")).json();
        for concept in page["concepts"].as_array().unwrap() {
            let id = concept["id"].as_str().unwrap();
            let whole = server.get(&format!("/v1/concepts/{id}"));
            assert_eq!(whole.status, 200, "{}", whole.text);
            concepts.insert(id.to_owned(), whole.json());
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return concepts,
        }
    }
}

/// Those that somebody made or changed.
fn styles(server: &TestServer) -> BTreeMap<String, Value> {
    let styles = server.get("/v1/styles").json();
    let styles = styles["styles"].as_array().unwrap().iter();
    let styles = styles.filter(|style| style["rev"] != 0);
    let named = |style: &Value| (style["name"].as_str().unwrap().to_owned(), style.clone());
    styles.map(named).collect()
}

fn everything(server: &TestServer) -> Content {
    let memories = server.get("/v1/memories").json();
    let names = memories["memories"].as_array().unwrap().iter();
    let mut content: Content = names
        .map(|memory| memory["name"].as_str().unwrap().to_owned())
        .filter_map(|name| Some((name.clone(), units(server, &name)?)))
        .collect();
    content.insert(CONCEPTS.into(), concepts(server));
    content.insert(STYLES.into(), styles(server));
    content
}

impl Copy {
    /// Of nothing: it follows from the beginning.
    fn empty() -> Self {
        let own = [CONCEPTS, STYLES].map(|name| (name.to_owned(), BTreeMap::new()));
        Self {
            content: own.into(),
            cursor: None,
        }
    }

    /// Starts where the log begins no more: the end of the log first, then everything that is there.
    fn from_pages(server: &TestServer) -> Self {
        let head = server.get("/v1/changes?after=head").json();
        Self {
            cursor: head["cursor"].as_str().map(str::to_owned),
            content: everything(server),
        }
    }

    /// Follows to the end of the log; between two pages `meanwhile` happens. How many changes it was told.
    fn follow(&mut self, server: &TestServer, limit: usize, mut meanwhile: impl FnMut()) -> usize {
        let mut told = 0;
        loop {
            let after = self
                .cursor
                .as_ref()
                .map(|cursor| format!("&after={cursor}"));
            let after = after.unwrap_or_default();
            let reply = server.get(&format!("/v1/changes?limit={limit}{after}"));
            assert_eq!(reply.status, 200, "{}", reply.text);
            let page = reply.json();
            for change in page["changes"].as_array().unwrap() {
                self.apply(server, change);
                told += 1;
            }
            self.cursor = page["cursor"].as_str().map(str::to_owned);
            if page["more"] == false {
                return told;
            }
            meanwhile();
        }
    }

    fn apply(&mut self, server: &TestServer, change: &Value) {
        let id = change["id"].as_str().unwrap_or_default();
        let (what, kind) = change["kind"].as_str().unwrap().split_once('_').unwrap();
        let (place, path) = match what {
            "concept" => (CONCEPTS, format!("/v1/concepts/{id}")),
            "style" => (STYLES, format!("/v1/styles/{id}")),
            _ => (
                change["memory"].as_str().unwrap(),
                format!("/v1/units/{id}"),
            ),
        };
        match (what, kind) {
            ("memory", "deleted") => drop(self.content.remove(place)),
            ("memory", "put") if self.content.contains_key(place) => {}
            ("memory", "put") => {
                let units = units(server, place).map(|units| (place.to_owned(), units));
                self.content.extend(units);
            }
            ("unit" | "concept" | "style", "put" | "deleted") => {
                let all = self.content.entry(place.to_owned()).or_default();
                let known = all.get(id).map_or(0, |one| one["rev"].as_i64().unwrap());
                if known >= change["rev"].as_i64().unwrap() {
                    return;
                }
                let now = (kind == "put").then(|| server.get(&path));
                match now.filter(|reply| reply.status == 200) {
                    Some(reply) => drop(all.insert(id.to_owned(), reply.json())),
                    None => drop(all.remove(id)),
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A client that may read nothing but the first of the memories: of that it has the revision of each unit; none where
/// the memory is gone.
struct Narrow {
    caller: Caller,
    cursor: Option<String>,
    units: Option<BTreeMap<String, i64>>,
}

impl Narrow {
    fn new() -> Self {
        let rights = Rights {
            everywhere: None,
            memories: vec![(MemoryId(1), Role::Read)],
            glossary: None,
        };
        Self {
            caller: Caller {
                rights,
                ..Caller::local()
            },
            cursor: None,
            units: None,
        }
    }

    /// What is there for it.
    fn all(&self, server: &TestServer) -> Option<BTreeMap<String, i64>> {
        let filter = Filter::default();
        let page = server
            .engine
            .units(&self.caller, MEMORIES[0], &filter, None, 1_000);
        let page = page.ok()?;
        assert_eq!(page.cursor, None);
        let units = page.units.into_iter();
        Some(units.map(|unit| (unit.id, unit.rev)).collect())
    }

    fn follow(&mut self, server: &TestServer, limit: usize) {
        loop {
            let asked = Following {
                after: self.cursor.take(),
                limit,
                ..Following::default()
            };
            let page = server.engine.changes(&self.caller, &asked).unwrap();
            for change in page.changes {
                assert_eq!(change.memory.as_deref(), Some(MEMORIES[0]));
                self.apply(
                    server,
                    change.kind,
                    change.id.unwrap_or_default(),
                    change.rev,
                );
            }
            self.cursor = Some(page.cursor);
            if !page.more {
                break;
            }
        }
        assert_eq!(self.units, self.all(server));
    }

    fn apply(&mut self, server: &TestServer, kind: ChangeName, id: String, rev: Option<i64>) {
        match kind {
            ChangeName::MemoryDeleted => self.units = None,
            ChangeName::MemoryPut if self.units.is_some() => {}
            ChangeName::MemoryPut => self.units = self.all(server),
            ChangeName::UnitPut | ChangeName::UnitDeleted => {
                let units = self.units.get_or_insert_default();
                if units.get(&id) >= rev.as_ref() {
                    return;
                }
                match server.engine.unit(&self.caller, &id) {
                    Ok(unit) => drop(units.insert(id, unit.rev)),
                    Err(_) => drop(units.remove(&id)),
                }
            }
            other => panic!("{other:?} is not for it"),
        }
    }
}

/// Somebody edits, imports, deletes, takes back and changes many at a time, at random.
struct Editor {
    random: Random,
}

const MEMORIES: [&str; 3] = ["a", "b", "c"];

impl Editor {
    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.random.below(from.len())]
    }

    fn text(&mut self) -> String {
        format!("text {}", self.random.below(40))
    }

    /// A unit that is there, with its revision.
    fn unit(&mut self, server: &TestServer) -> Option<(String, i64)> {
        let memory = self.pick(&MEMORIES);
        let units: Vec<Value> = units(server, memory)?.into_values().collect();
        let unit = units.get(self.random.below(units.len().max(1)))?;
        Some((unit["id"].as_str()?.to_owned(), unit["rev"].as_i64()?))
    }

    fn work(&mut self, server: &TestServer) {
        let memory = self.pick(&MEMORIES);
        let variants = json!({ "en": self.text(), "fa": self.text() });
        match self.random.below(30) {
            20..=22 => self.change_many(server),
            23..=27 => self.edit_glossary(server),
            28 => self.edit_styles(server),
            0 => {
                server.post("/v1/memories", &json!({ "name": memory }).to_string());
            }
            1 if self.random.below(3) == 0 => {
                server.delete(&format!("/v1/memories/{memory}?confirm={memory}"));
            }
            2 => {
                let title = json!({ "title": self.text() }).to_string();
                server.json("PATCH", &format!("/v1/memories/{memory}"), &title);
            }
            3 | 4 => {
                let lines: String = (0..self.random.below(12))
                    .map(|_| format!("{}\t{}\n", self.text(), self.text()))
                    .collect();
                let mode = self.pick(&["add", "update", "keep"]);
                let query = format!("format=tsv&from=en&to=fa&mode={mode}");
                server.import(memory, &query, lines.as_bytes());
            }
            5..=7 => {
                let Some((id, rev)) = self.unit(server) else {
                    return;
                };
                server.delete(&format!("/v1/units/{id}?rev={rev}"));
            }
            8..=10 => {
                let Some((id, rev)) = self.unit(server) else {
                    return;
                };
                let to = 1 + self.random.below(rev as usize);
                let body = json!({ "rev": rev, "to_rev": to }).to_string();
                server.post(&format!("/v1/units/{id}/revert"), &body);
            }
            11..=14 => {
                let Some((id, rev)) = self.unit(server) else {
                    return;
                };
                let body = json!({ "rev": rev, "variants": variants }).to_string();
                server.json("PUT", &format!("/v1/units/{id}"), &body);
            }
            _ => {
                let mode = self.pick(&["add", "update"]);
                let body = json!({ "variants": variants, "mode": mode }).to_string();
                server.post(&format!("/v1/memories/{memory}/units"), &body);
            }
        }
    }

    fn change_many(&mut self, server: &TestServer) {
        let (memory, other) = (self.pick(&MEMORIES), self.pick(&MEMORIES));
        let filter = json!({ "text": self.random.below(10).to_string() });
        let (call, body) = match self.random.below(7) {
            0 => ("delete", json!({ "filter": filter })),
            1 | 2 => {
                let (find, with) = (self.random.below(10), self.random.below(100));
                let (find, with) = (find.to_string(), with.to_string());
                let lang = self.pick(&["en", "fa"]);
                (
                    "replace",
                    json!({ "lang": lang, "find": find, "with": with }),
                )
            }
            3 | 4 => {
                let copy = self.random.below(2) == 0;
                (
                    "move",
                    json!({ "to": other, "filter": filter, "copy": copy }),
                )
            }
            5 => {
                let path = format!("/v1/memories/{memory}/duplicates");
                let found = server.get(&path).json();
                let units = &found["groups"][0]["units"];
                let (keep, gone) = (&units[0]["id"], &units[1]["id"]);
                ("merge", json!({ "keep": keep, "merge": [gone] }))
            }
            _ => {
                let list = server.get(&format!("/v1/memories/{memory}/bulk")).json();
                let place = self.random.below(6);
                if let Some(id) = list["bulk"][place]["id"].as_str() {
                    server.delete(&format!("/v1/bulk/{id}"));
                }
                server.post(&format!("/v1/memories/{other}/restore"), "");
                return;
            }
        };
        server.post(
            &format!("/v1/memories/{memory}/bulk/{call}"),
            &body.to_string(),
        );
    }

    fn edit_glossary(&mut self, server: &TestServer) {
        let number = self.random.below(12);
        let names = json!([{ "lang": "en", "text": format!("Body {number} {}", self.text()) }]);
        let path = format!("/v1/concepts/org:{number}");
        let history = server.get(&format!("{path}/history")).json();
        let rev = history["history"][0]["rev"].as_i64().unwrap_or_default();
        match self.random.below(6) {
            0 => drop(server.delete(&format!("{path}?rev={rev}"))),
            1 => {
                let to = 1 + self.random.below(rev.max(1) as usize);
                let body = json!({ "rev": rev, "to_rev": to });
                server.post(&format!("{path}/revert"), &body.to_string());
            }
            2 => {
                let body = json!({ "rev": rev, "allow_confusable": true, "names": names });
                server.json("PUT", &path, &body.to_string());
            }
            3 => {
                let file = format!("concept,lang,name\norg:{number},fa,نهاد {number}\n");
                let imported = server.send(
                    "POST",
                    "/v1/glossary/import?format=csv&mode=update",
                    &[],
                    Some(file.as_bytes()),
                );
                let id = imported.json()["id"].as_str().map(str::to_owned);
                if let (Some(id), 0) = (id, self.random.below(3)) {
                    server.delete(&format!("/v1/imports/{id}"));
                }
            }
            _ => {
                let id = format!("org:{number}");
                let body = json!({ "id": id, "allow_confusable": true, "names": names });
                server.post("/v1/concepts", &body.to_string());
            }
        }
    }

    fn edit_styles(&mut self, server: &TestServer) {
        let name = self.pick(&["default", "house", "press"]);
        let path = format!("/v1/styles/{name}");
        let rev = server.get(&path).json()["rev"].as_i64();
        let title = self.text();
        match (rev, self.random.below(3)) {
            (Some(rev), 0) => drop(server.delete(&format!("{path}?rev={rev}"))),
            (Some(rev), _) => {
                let body = json!({ "rev": rev, "title": title });
                server.json("PUT", &path, &body.to_string());
            }
            (None, _) => {
                let body = json!({ "name": name, "title": title });
                server.post("/v1/styles", &body.to_string());
            }
        }
    }
}

#[test]
fn a_client_that_follows_from_zero_ends_with_the_content_of_the_store() {
    let seed = std::env::var("HAMZABAN_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("HAMZABAN_SEED={seed}");
    let mut editor = Editor {
        random: Random(seed),
    };
    let mut server = TestServer::start();
    for memory in MEMORIES {
        server.post("/v1/memories", &json!({ "name": memory }).to_string());
    }
    let (mut always, mut paged, mut told) = (Copy::empty(), Copy::from_pages(&server), 0);
    let mut narrow = Narrow::new();
    let mut rounds = 0..12;
    while let Some(round) = rounds.next() {
        for _ in 0..40 {
            editor.work(&server);
        }
        let limit = 1 + editor.random.below(60);
        // It follows while work goes on; the rounds in which nothing happens meanwhile are compared.
        let mut meanwhile = 40;
        told += always.follow(&server, limit, || {
            // One change of many units is more than a short page.
            if meanwhile > 0 {
                meanwhile -= 1;
                editor.work(&server);
            }
        });
        told += always.follow(&server, limit, || ());
        paged.follow(&server, 1_000, || ());
        narrow.follow(&server, limit);
        Narrow::new().follow(&server, limit);
        let mut late = Copy::empty();
        late.follow(&server, limit, || ());
        let (content, also) = (everything(&server), Copy::from_pages(&server));
        for copy in [&always, &paged, &late, &also] {
            assert_eq!(copy.content, content, "round {round}");
        }
        if rounds.is_empty() && told <= 300 {
            rounds.end += 4;
        }
        if round % 4 == 3 {
            server = server.restart(|_| {});
        }
    }
    println!("{told} changes followed");
}
