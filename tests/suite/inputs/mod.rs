//! The sixty inputs of which the design says what must come back (`security.md` §2.7), as one table, over a socket to
//! a server in a process of its own. After each of them the server answers, and its memory has not grown by more than
//! 32 MB. Inputs that are one request and one reply stand in `bad_rows`; the others are functions here.

mod files;
mod keys;
mod requests;

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::bad_rows;
use super::helpers::{Reply, agent, raw, send};
use super::process::{Served, out, run, wait_for};
use super::replies::{LOOKUP, is_problem};

/// What memory may grow by, in KiB.
const MOST_GROWTH: u64 = 32 << 10;
const UNITS: &str = "/v1/memories/news/units";
const TMX: &str = "/v1/memories/news/import?format=tmx";

/// A server to which one speaks with a key, or with none.
struct Server {
    _folder: tempfile::TempDir,
    process: Served,
    agent: ureq::Agent,
    key: Option<String>,
}

impl Server {
    /// With the memories `news`, of one unit, and `other`, and the key of an administrator if it is to be closed.
    fn start(closed: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut key = None;
        if closed {
            let made = run(&data, &["key", "create", "--role", "admin"]);
            let said = out(&made);
            let word = said.split_whitespace().find(|word| word.starts_with("hz_"));
            key = Some(word.unwrap_or_else(|| panic!("{said}")).to_owned());
        }
        let server = Server {
            _folder: folder,
            process: Served::start(&data),
            agent: agent(),
            key,
        };
        for name in ["news", "other"] {
            let made = server.post("/v1/memories", &json!({ "name": name }).to_string());
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let unit = r#"{"variants":{"en":"The door is open.","fa":"در باز است."}}"#;
        assert_eq!(server.post(UNITS, unit).status, 201);
        server
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Reply {
        let bearer = self.key.as_ref().map(|key| format!("Bearer {key}"));
        let mut headers = headers.to_vec();
        if let Some(bearer) = &bearer
            && !headers.iter().any(|(name, _)| *name == "Authorization")
        {
            headers.push(("Authorization", bearer));
        }
        send(
            &self.agent,
            &self.process.address,
            method,
            path,
            &headers,
            body,
        )
    }

    /// With this key instead.
    fn with(&self, key: &str, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {key}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        self.send(
            method,
            path,
            &headers,
            Some(body.as_bytes()).filter(|body| !body.is_empty()),
        )
    }

    fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    fn json(&self, method: &str, path: &str, body: &str) -> Reply {
        self.send(
            method,
            path,
            &[("Content-Type", "application/json")],
            Some(body.as_bytes()),
        )
    }

    fn post(&self, path: &str, body: &str) -> Reply {
        self.json("POST", path, body)
    }

    fn import(&self, path: &str, file: &[u8]) -> Reply {
        self.send("POST", path, &[], Some(file))
    }

    fn raw(&self, request: &[u8]) -> String {
        raw(&self.process.address, request)
    }

    /// A new key: its id and itself.
    fn new_key(&self, body: &str) -> (String, String) {
        let made = self.post("/v1/keys", body);
        assert_eq!(made.status, 201, "{}", made.text);
        let text = |field: &str| made.json()[field].as_str().unwrap().to_owned();
        (text("id"), text("key"))
    }

    /// What it has in memory, in KiB.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.pid()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.map(|line| line.trim().trim_end_matches(" kB").parse().unwrap());
        number.unwrap_or(0)
    }

    /// The time that it has computed for.
    fn computed(&self) -> Duration {
        self.process.computed()
    }

    /// The files it opened and the addresses it called while `send` was answered, as `strace` tells; none where there
    /// is no `strace` or it may not look.
    fn reached_for(&self, send: impl FnOnce()) -> Option<String> {
        let log = self._folder.path().join("trace");
        let calls = "trace=open,openat,openat2,connect";
        let tracer = Command::new("strace")
            .args(["-f", "-qq", "-e", calls, "-p"])
            .arg(self.process.pid().to_string())
            .arg("-o")
            .arg(&log)
            .spawn();
        let Ok(mut tracer) = tracer else {
            println!("skipped: no strace to see what the server opens");
            send();
            return None;
        };
        let tasks = format!("/proc/{}/task", self.process.pid());
        let looks = || {
            let mut tasks = std::fs::read_dir(&tasks).unwrap();
            tasks.all(|task| {
                let status = std::fs::read_to_string(task.unwrap().path().join("status"));
                status.is_ok_and(|status| !status.contains("TracerPid:\t0"))
            })
        };
        let ended = wait_for("strace", || {
            let ended = tracer.try_wait().unwrap().is_some();
            (ended || looks()).then_some(ended)
        });
        send();
        if ended {
            println!("skipped: strace may not look at the server");
            return None;
        }
        // A copy is a file that it must have opened: else nothing was seen.
        assert_eq!(self.post("/v1/admin/backup", "").status, 200);
        let stop = Command::new("kill").arg(tracer.id().to_string()).status();
        assert!(stop.unwrap().success());
        tracer.wait().unwrap();
        let seen = std::fs::read_to_string(log).unwrap();
        assert!(seen.contains("openat("), "{seen}");
        Some(seen)
    }

    /// It answers as if nothing had been.
    fn goes_on(&self, input: u8) {
        let found = self.post("/v1/lookup", LOOKUP);
        assert_eq!(found.status, 200, "after input {input}: {}", found.text);
        let matches = found.json()["matches"].as_array().unwrap().clone();
        let door = matches
            .iter()
            .find(|found| found["source"] == "The door is open.");
        assert_eq!(
            door.unwrap()["target"],
            "در باز است.",
            "after input {input}"
        );
    }
}

/// One that has keys, and one that has none and never had.
struct World {
    closed: Server,
    open: Server,
}

type Input = (u8, &'static str, fn(&World));

#[rustfmt::skip]
const INPUTS: &[Input] = &[
    (1, "no Authorization", keys::no_key),
    (2, "a key with one changed character, and (3) an unknown one", keys::strange_keys),
    (4, "keys that were revoked, or whose time is over", keys::dead_keys),
    (5, "a key in the address", keys::key_in_address),
    (6, "a key to read that writes", keys::reader_writes),
    (7, "a foreign memory, and (8) one in a batch, and (9) an import of it", keys::foreign_memory),
    (10, "administration with a key to write", keys::writer_administers),
    (11, "the 101st request of a hundred", keys::too_many_a_minute),
    (12, "the 21st request of a key at a time", keys::too_many_at_once),
    (18, "JSON that is said to be something else", requests::not_said_to_be_json),
    (19, "bodies that are too large, with a length and without", requests::large_bodies),
    (20, "two lengths", requests::two_lengths),
    (21, "packed bodies, and bombs", requests::packed_bodies),
    (22, "bytes that are not UTF-8", requests::not_utf8),
    (26, "look-ups of 10,240 characters among long segments", requests::monstrous_lookups),
    (27, "two thousand times the commonest word, and (28) nearly nothing", requests::odd_lookups),
    (29, "five hundred rare words, and five thousand marks on a letter, looked up", requests::rare_lookups),
    (31, "ways out of the folder", requests::paths),
    (32, "markup in a title, and (33) in a segment", requests::markup),
    (34, "names that hide or reorder letters, and (36) and (38) look-alikes", requests::hostile_names),
    (35, "marks of direction that end where they should", requests::balanced_marks),
    (37, "half-spaces, and (39) Arabic letters for Persian ones", requests::persian_names),
    (40, "questions that are SQL, (41) operators, (42) endless, (43) wildcards", requests::questions),
    (44, "hostile patterns", requests::patterns),
    (45, "a stale revision", requests::stale_revision),
    (46, "an Idempotency-Key with another body", requests::same_key_other_body),
    (47, "cursors of elsewhere, and forged ones", requests::cursors),
    (48, "entities, (49) system ids, (50) and the DTD that everybody names", files::doctypes),
    (51, "files cut off at fifty places", files::cut_files),
    (52, "what is no TMX", files::not_tmx),
    (53, "a million elements in one another, endless attributes, an endless segment", files::monstrous_files),
    (54, "characters that are none, in one unit of several", files::characters),
    (55, "UTF-16, and an encoding that is another", files::encodings),
    (56, "TBX that refers to other files", files::references),
    (57, "archives that play tricks", files::archives),
    (58, "file names that are paths", files::file_names),
    (59, "cells that are formulas", files::formulas),
    (60, "other origins and hosts", keys::origins),
];

/// Those that the function of another number sends too, and those of `bad_rows`.
const TOGETHER: [u8; 13] = [3, 8, 9, 28, 33, 36, 38, 39, 41, 42, 43, 49, 50];

#[test]
fn sixty_bad_inputs_get_their_replies_and_the_server_goes_on_and_does_not_grow() {
    let world = World {
        closed: Server::start(true),
        open: Server::start(false),
    };
    let servers = [&world.closed, &world.open];
    let mut seen: std::collections::BTreeSet<u8> = TOGETHER.into();
    let mut after = |input: u8, what: &str, send: &dyn Fn()| {
        let before = servers.map(Server::resident);
        send();
        for (server, before) in servers.into_iter().zip(before) {
            server.goes_on(input);
            let grown = server.resident().saturating_sub(before);
            assert!(
                grown <= MOST_GROWTH,
                "input {input}, {what}: memory has grown by {grown} KiB"
            );
        }
        seen.insert(input);
    };
    for (input, what, send) in INPUTS {
        println!("{input}: {what}");
        after(*input, what, &|| send(&world));
    }
    for row in bad_rows::all() {
        let what = format!("{} {} {:.200}", row.1, row.2, row.3);
        after(row.0, &what, &|| one_row(&world.open, &row));
    }
    // 0 is for rows beyond the sixty.
    let wanted: Vec<u8> = (0..=60).collect();
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        wanted,
        "each of the sixty was sent"
    );
}

fn one_row(server: &Server, (_, method, path, body, status, code, pointer): &bad_rows::Row) {
    let reply = match *method {
        "POST" => server.post(path, body),
        _ => server.send(method, path, &[], None),
    };
    let shown = format!("{method} {path} {body:.200}: {}", reply.text);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (*status, *code),
        "{shown}"
    );
    is_problem(&reply, *status, code);
    let errors = &reply.json()["errors"];
    assert_eq!(
        errors[0]["pointer"].as_str().unwrap_or_default(),
        *pointer,
        "{shown}"
    );
    for echo in ["a", "e"] {
        assert!(!reply.text.contains(&echo.repeat(101)), "{shown}");
    }
}
