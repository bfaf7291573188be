//! Every route of the OpenAPI document, and those of other programs' protocols, × every kind of key: one table. A route that is not in [`ROUTES`]
//! (`rights_table.rs`) fails the test: add a line there that says who may use it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::helpers::{Reply, TOKEN, TestServer};
use super::rights_table::Need::{self, Everywhere, Glossary, Key, Memory, Nothing};
use super::rights_table::Role::{self, Admin, Read, Write};
use super::rights_table::{AUDITED, PROTOCOLS, QUESTIONS, ROUTES, Row};

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    NoKey,
    Revoked,
    Expired,
    /// Everywhere, the glossary with it.
    Every(Role),
    /// Only in the memory that is asked for; reads the glossary.
    Own(Role),
    /// Administrator of another memory; nothing in the glossary.
    Other,
}
use Class::{Every, Expired, NoKey, Other, Own, Revoked};

const CLASSES: [Class; 10] = [
    NoKey,
    Revoked,
    Expired,
    Every(Read),
    Every(Write),
    Every(Admin),
    Own(Read),
    Own(Write),
    Own(Admin),
    Other,
];

/// The status that must come.
fn expected(need: Need, class: Class, good: u16) -> u16 {
    let enough = |role: Role, needed: Role| if role >= needed { good } else { 403 };
    match (need, class) {
        (Nothing, _) => good,
        (_, NoKey | Revoked | Expired) => 401,
        (Key, _) => good,
        (Everywhere(needed) | Memory(needed) | Glossary(needed), Every(role)) => {
            enough(role, needed)
        }
        (Memory(needed), Own(role)) => enough(role, needed),
        (Memory(_), Other) => 404,
        (Glossary(needed), Own(_)) => enough(Read, needed),
        (Everywhere(_), Own(_) | Other) | (Glossary(_), Other) => 403,
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Read => "read",
        Write => "write",
        Admin => "admin",
    }
}

/// A server with keys that last.
struct World {
    server: TestServer,
    keys: Vec<(Class, String)>,
    scenes: std::cell::Cell<u32>,
    /// The Idempotency-Key of what is sent.
    once: std::cell::Cell<Option<&'static str>>,
}

/// A memory with what can be asked of it.
struct Scene {
    name: String,
    unit: String,
    import: String,
    key: String,
    suggestion: String,
    new: String,
}

fn make_key(server: &TestServer, body: &str) -> Value {
    let made = server.ask(Some(TOKEN), "POST", "/v1/keys", body);
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl World {
    fn new() -> Self {
        let server = TestServer::start();
        for name in ["own", "other"] {
            let body = format!(r#"{{"name":"{name}"}}"#);
            assert_eq!(server.post("/v1/memories", &body).status, 201);
        }
        let ends = make_key(
            &server,
            r#"{"role":"admin","expires_at":"2999-01-01T00:00:00Z"}"#,
        );
        // Its end comes while the server rests.
        let server = server.restart(|folder| {
            let base = rusqlite::Connection::open(folder.join("hamzaban.db")).unwrap();
            let sql = "UPDATE key SET expires_at = 1000000000 WHERE expires_at IS NOT NULL";
            assert_eq!(base.execute(sql, []).unwrap(), 1);
        });
        let key = |body: &str| text(&make_key(&server, body)["key"]);
        let mut keys = vec![(Expired, text(&ends["key"]))];
        for role in [Read, Write, Admin] {
            let body = format!(r#"{{"role":"{}"}}"#, word(role));
            keys.push((Every(role), key(&body)));
        }
        keys.push((
            Other,
            key(r#"{"role":"admin","memories":["other"],"glossary":"none"}"#),
        ));
        let revoked = make_key(&server, r#"{"role":"admin"}"#);
        let path = format!("/v1/keys/{}", text(&revoked["id"]));
        let gone = server.ask(Some(TOKEN), "DELETE", &path, "");
        assert_eq!(gone.status, 204, "{}", gone.text);
        keys.push((Revoked, text(&revoked["key"])));
        World {
            server,
            keys,
            scenes: std::cell::Cell::new(0),
            once: std::cell::Cell::new(None),
        }
    }

    fn admin(&self, method: &str, path: &str, body: &str) -> Reply {
        let reply = self.server.ask(Some(TOKEN), method, path, body);
        assert!(reply.status < 300, "{method} {path}: {}", reply.text);
        reply
    }

    fn scene(&self, route: &str) -> Scene {
        let number = self.scenes.get() + 1;
        self.scenes.set(number);
        let name = format!("scene-{number}");
        self.admin("POST", "/v1/memories", &format!(r#"{{"name":"{name}"}}"#));
        let body = r#"{"variants":{"en":"One.","fa":"یک."}}"#;
        let unit = self.admin("POST", &format!("/v1/memories/{name}/units"), body);
        let import = self.send(
            Some(TOKEN),
            "POST",
            &format!("/v1/memories/{name}/import?format=tsv"),
            "{file}",
        );
        assert_eq!(import.status, 200, "{}", import.text);
        let key = make_key(&self.server, r#"{"memories":["own"]}"#);
        let suggestion = self.termbase(route, &name);
        Scene {
            suggestion,
            unit: text(&unit.json()["id"]),
            import: text(&import.json()["id"]),
            key: text(&key["id"]),
            new: format!("new-{number}"),
            name,
        }
    }

    /// A scene in which the route has something to do, and the body for that.
    fn scene_to_write(&self, (route, body): (&str, &str)) -> (Scene, String) {
        let scene = self.scene(route);
        let same_source = r#"{"variants":{"en":"One.","fa":"یکی."},"mode":"add"}"#;
        let units = format!("/v1/memories/{}/units", scene.name);
        let other = text(&self.admin("POST", &units, same_source).json()["id"]);
        let body = body.replace(r#"["999999999"]"#, &format!(r#"["{other}"]"#));
        let Some(edited) = route.strip_suffix("/revert") else {
            return (scene, body);
        };
        // There must be something to take back.
        let edited = edited.replace("POST", "PUT");
        let put = ROUTES.iter().find(|row| row.0 == edited).unwrap();
        let put = self.try_row(put, Some(TOKEN), Some(&scene));
        assert_eq!(put.status, 200, "{}", put.text);
        (scene, r#"{"rev":2,"to_rev":1}"#.into())
    }

    /// What of the termbase the route is about: a concept, a style, or a suggestion, whose id it says.
    fn termbase(&self, route: &str, name: &str) -> String {
        let names = format!(r#""names":[{{"lang":"en","text":"Org {name}"}}]"#);
        let concept = format!("org:{name}");
        if route.contains("/concepts/") {
            let body = format!(r#"{{"id":"{concept}","allow_confusable":true,{names}}}"#);
            self.admin("POST", "/v1/concepts", &body);
        }
        if route.contains("/styles/") {
            self.admin("POST", "/v1/styles", &format!(r#"{{"name":"{name}"}}"#));
        }
        if !route.contains("/suggestions/") {
            return String::new();
        }
        let body = format!(r#"{{"kind":"concept","concept":"{concept}","content":{{{names}}}}}"#);
        text(&self.admin("POST", "/v1/suggestions", &body).json()["id"])
    }

    fn delete(&self, scene: &Scene) {
        let path = format!("/v1/memories/{0}?confirm={0}", scene.name);
        self.admin("DELETE", &path, "");
    }

    fn key(&self, class: Class, scene: &Scene) -> Option<String> {
        if let Own(role) = class {
            // `own` is in a batch besides, so that only the scene decides.
            let (role, name) = (word(role), &scene.name);
            let body = format!(r#"{{"role":"{role}","memories":["own","{name}"]}}"#);
            return Some(text(&make_key(&self.server, &body)["key"]));
        }
        let found = self.keys.iter().find(|(of, _)| *of == class);
        found.map(|(_, key)| key.clone())
    }

    fn send(&self, key: Option<&str>, method: &str, path: &str, body: &str) -> Reply {
        let bearer = key.map(|key| format!("Bearer {key}"));
        let mut headers: Vec<(&str, &str)> = Vec::new();
        headers.extend(bearer.iter().map(|value| ("Authorization", value.as_str())));
        headers.extend(self.once.get().map(|key| ("Idempotency-Key", key)));
        let body = match body {
            "" => None,
            "{file}" => Some("en\tfa\nTwo.\tدو.\n"),
            "{glossary}" => Some("concept,lang,name\norg:imported,en,Imported\n"),
            json => {
                headers.push(("Content-Type", "application/json"));
                Some(json)
            }
        };
        self.server
            .send(method, path, &headers, body.map(str::as_bytes))
    }

    /// Sends the row's request about the scene, or about nothing that is there.
    fn try_row(&self, row: &Row, key: Option<&str>, scene: Option<&Scene>) -> Reply {
        let (route, _, _, query, body) = *row;
        self.try_route((route, query, body), key, scene)
    }

    fn try_route(
        &self,
        (route, query, body): (&str, &str, &str),
        key: Option<&str>,
        scene: Option<&Scene>,
    ) -> Reply {
        let (method, path) = route.split_once(' ').unwrap();
        let concept = scene.map(|scene| format!("org:{}", scene.name));
        let id = match (scene, path.split('/').nth(2)) {
            (Some(_), Some("concepts")) => concept.as_deref().unwrap(),
            (Some(scene), Some("suggestions")) => &scene.suggestion,
            (None, Some("keys")) => "absent00",
            (None, _) => "999999999",
            (Some(scene), Some("units")) => &scene.unit,
            (Some(scene), Some("imports" | "bulk")) => &scene.import,
            (Some(scene), Some("keys")) => &scene.key,
            (Some(_), _) if !path.contains("{id}") => "",
            _ => panic!("say in `try_row` what {{id}} is in {path}"),
        };
        // Who sends the same again wants the same answer.
        let restores = path.ends_with("/restore") && self.once.get().is_none();
        if let Some(scene) = scene.filter(|_| restores) {
            self.delete(scene);
        }
        let fill = |text: &str| {
            text.replace("{id}", id)
                .replace("{name}", scene.map_or("absent", |scene| &scene.name))
                .replace("{unit}", scene.map_or("999999999", |scene| &scene.unit))
                .replace("{new}", scene.map_or("new", |scene| &scene.new))
        };
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{}", fill(query))
        };
        self.send(key, method, &format!("{}{query}", fill(path)), &fill(body))
    }
}

/// A reply without what differs from request to request.
fn bare(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let id = reply.header("x-request-id");
    let headers = reply.headers.iter();
    let mut headers: Vec<(String, String)> = headers
        .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"))
        .map(|(name, value)| (name.to_string(), format!("{value:?}")))
        .collect();
    headers.sort();
    (reply.status, headers, reply.text.replace(id, "ID"))
}

/// `METHOD /path` of every operation in the document.
fn documented() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&hamzaban::http::openapi::document()).unwrap();
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    routes
}

#[test]
fn every_route_is_in_the_table_of_rights() {
    let known: BTreeSet<String> = ROUTES.iter().map(|row| row.0.to_owned()).collect();
    let documented = documented();
    let new: Vec<_> = documented.difference(&known).collect();
    assert!(
        new.is_empty(),
        "who may use these? Add a line for each to ROUTES in tests/suite/rights_table.rs: {new:#?}"
    );
    let gone: Vec<_> = known.difference(&documented).collect();
    assert!(gone.is_empty(), "these are in no document: {gone:#?}");
}

#[test]
fn every_route_answers_every_kind_of_key_as_the_table_says() {
    let world = World::new();
    let mut table = String::new();
    let mut wrong = 0;
    let mut note = |what: &str, class: Class, expected: u16, reply: &Reply| {
        let mark = if reply.status == expected { ' ' } else { '✗' };
        let class = format!("{class:?}");
        writeln!(
            table,
            "{mark} {what:<45} {class:<14} expected {expected}, got {}",
            reply.status
        )
        .unwrap();
        if reply.status != expected {
            wrong += 1;
            writeln!(table, "    {:.300}", reply.text).unwrap();
        }
    };
    for row in ROUTES.iter().chain(PROTOCOLS) {
        let (route, need, good, ..) = *row;
        for class in CLASSES {
            let scene = world.scene(route);
            let key = world.key(class, &scene);
            let reply = world.try_row(row, key.as_deref(), Some(&scene));
            note(route, class, expected(need, class, good), &reply);
            if !matches!(need, Memory(_)) || matches!(class, NoKey | Revoked | Expired) {
                continue;
            }
            let absent = world.try_row(row, key.as_deref(), None);
            note(&format!("{route}, absent"), class, 404, &absent);
            if class == Other {
                assert_eq!(
                    bare(&reply),
                    bare(&absent),
                    "{route}: foreign and absent differ"
                );
            }
        }
    }
    assert_eq!(wrong, 0, "{wrong} cells are wrong:\n{table}");
}

#[test]
fn every_route_that_writes_leaves_its_entry_with_who_what_and_the_request() {
    let world = World::new();
    for row in ROUTES.iter().chain(PROTOCOLS) {
        let (route, _, good, query, body) = *row;
        let (scene, body) = world.scene_to_write((route, body));
        let key = world.key(Every(Admin), &scene).unwrap();
        let reply = world.try_route((route, query, &body), Some(&key), Some(&scene));
        let good = if route.ends_with("/merge") { 200 } else { good };
        assert_eq!(reply.status, good, "{route}: {}", reply.text);
        let request = reply.header("x-request-id");
        let left: Vec<Value> = {
            let log = world.admin("GET", "/v1/audit?limit=20", "").json();
            let entries = log["entries"].as_array().unwrap().iter();
            entries
                .filter(|entry| entry["request_id"] == request)
                .cloned()
                .collect()
        };
        let expected: Vec<_> = AUDITED.iter().filter(|entry| entry.0 == route).collect();
        for (_, action, before, after) in &expected {
            let entry = left.iter().find(|entry| entry["action"] == *action);
            let entry = entry.unwrap_or_else(|| panic!("{route}: no {action} in {left:?}"));
            assert_eq!(entry["key"], key.split('_').nth(1).unwrap(), "{entry}");
            assert_eq!(
                (&entry["before_rev"], &entry["after_rev"]),
                (&(*before).into(), &(*after).into()),
                "{entry}"
            );
            let named = entry["object_id"].as_str().unwrap();
            assert!(!named.is_empty() || entry["object"] == "store", "{entry}");
        }
        let silent = route.starts_with("GET ") || QUESTIONS.contains(&route);
        assert!(
            silent || !expected.is_empty(),
            "{route} writes: say in AUDITED (rights_table.rs) what it leaves"
        );
        assert_eq!(expected.is_empty(), left.is_empty(), "{route}: {left:?}");
    }
}

/// The engine itself panics here where a route has written and not remembered its answer in the same transaction.
#[test]
fn every_post_that_writes_is_answered_alike_when_repeated_and_writes_once() {
    let world = World::new();
    let takes_a_key = |route: &str| {
        let document: Value = serde_json::from_str(&hamzaban::http::openapi::document()).unwrap();
        let (_, path) = route.split_once(' ').unwrap();
        let parameters = &document["paths"][path]["post"]["parameters"];
        parameters
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key"))
    };
    let mut tried = 0;
    for (route, _, _, query, body) in ROUTES {
        if !route.starts_with("POST") || QUESTIONS.contains(route) {
            continue;
        }
        // They take along what is there and write nothing.
        let reads = matches!(*route, "POST /v1/admin/backup" | "POST /v1/admin/verify");
        assert_eq!(takes_a_key(route), !reads, "{route}");
        if reads {
            continue;
        }
        let (scene, body) = world.scene_to_write((route, body));
        if route.ends_with("/restore") {
            world.delete(&scene);
        }
        let send = |body: &str| {
            world.once.set(Some(route));
            let reply = world.try_route((route, query, body), Some(TOKEN), Some(&scene));
            world.once.set(None);
            reply
        };
        let state = || {
            let log = world.admin("GET", "/v1/audit?limit=1", "").json();
            (world.server.engine.figures().head, log["entries"].clone())
        };
        let first = send(&body);
        assert!(first.status < 300, "{route}: {}", first.text);
        let before = state();
        let second = send(&body);
        match *route {
            "POST /v1/keys" => assert_eq!(second.json()["id"], first.json()["id"]),
            _ => assert_eq!((second.status, &second.text), (first.status, &first.text)),
        }
        assert_eq!(state(), before, "{route} did it twice");
        if !body.is_empty() {
            let other = match body.as_str() {
                "{file}" => "{glossary}".to_owned(),
                "{glossary}" => "{file}".to_owned(),
                json => format!("{json} "),
            };
            let refused = send(&other);
            assert_eq!(refused.code(), "idempotency_mismatch", "{route}");
            assert_eq!(state(), before, "{route}");
        }
        tried += 1;
    }
    assert_eq!(tried, 18);
}

#[test]
fn what_is_no_api_needs_no_key_and_tells_nothing() {
    let world = World::new();
    for (path, status) in [
        ("/", 200),
        ("/openapi.json", 200),
        ("/docs", 308),
        ("/docs/", 200),
        ("/v1", 404),
        ("/v1/none", 404),
    ] {
        assert_eq!(world.server.get(path).status, status, "{path}");
    }
}

#[test]
fn lists_show_only_what_the_key_may_read() {
    let world = World::new();
    let scene = world.scene("");
    let key = world.key(Own(Write), &scene);
    let names = |key: Option<&str>| {
        let list = world.server.ask(key, "GET", "/v1/memories", "").json();
        let list = list["memories"].as_array().unwrap().clone();
        list.iter()
            .map(|memory| text(&memory["name"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(key.as_deref()), ["own", scene.name.as_str()]);
    let other = world.key(Other, &scene);
    assert_eq!(names(other.as_deref()), ["other"]);
    // A look-up that names no memory asks those that the key may read.
    let body = r#"{"source_lang":"en","target_lang":"fa","text":"One."}"#;
    let found = |key: Option<&str>| {
        let reply = world.server.ask(key, "POST", "/v1/lookup", body).json();
        reply["matches"].as_array().unwrap().len()
    };
    assert_eq!((found(key.as_deref()), found(other.as_deref())), (1, 0));
}

#[test]
fn the_glossary_has_rights_of_its_own() {
    for (needed, class, status) in [
        (Read, NoKey, 401),
        (Read, Every(Read), 200),
        (Write, Every(Read), 403),
        (Write, Every(Write), 200),
        (Read, Own(Admin), 200),
        (Write, Own(Admin), 403),
        (Read, Other, 403),
    ] {
        assert_eq!(expected(Glossary(needed), class, 200), status, "{class:?}");
    }
}
