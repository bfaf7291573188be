//! The program is killed while it works, again and again on one folder: what was acknowledged is there, and what
//! is found is what is there. `HAMZABAN_KILLS` says how often (20), `HAMZABAN_SEED` when.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::helpers::{Random, Reply};
use super::ledger::{Note, index_equals_store, nothing_is_lost};
use super::load::{Client, EDITS, TmxStream, Writer, ask, pair};
use super::process::{Served, err, out, run, wait_for};

const WRITERS: u64 = 4;
/// Units of each import.
const UNITS: u64 = 30_000;
/// A kill comes so many milliseconds after the load began, early ones as often as late ones.
const KILLS: std::ops::Range<f64> = 50.0..3_000.0;

/// A folder that goes through it all, and what must be in it.
struct Trial {
    _folder: TempDir,
    data: PathBuf,
    random: Random,
    round: u64,
    /// The units of each writer.
    notes: Vec<Vec<Note>>,
    /// Imports known so far: the next one has this number.
    next_import: u64,
    figures: Figures,
}

#[derive(Debug, Default)]
struct Figures {
    imports_interrupted: u64,
    imports_done: u64,
    imported: usize,
    answered: u64,
    slowest_start: Duration,
    checking: Duration,
}

/// What an import is expected to have left: its memory, the number of its first unit, and the reply, if one came.
struct Imported {
    memory: String,
    first: u64,
    reply: Option<Reply>,
}

impl Trial {
    fn new() -> Self {
        let seed = number_from("HAMZABAN_SEED").unwrap_or_else(|| u64::from(std::process::id()));
        println!("HAMZABAN_SEED={seed}");
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let server = Served::launch(&data);
        let client = Client::new(&server.address);
        wait_for("readiness", || {
            (client.get("/v1/ready").status == 200).then_some(())
        });
        let made = client.post("/v1/memories", &json!({ "name": EDITS }));
        assert_eq!(made.status, 201, "{}", made.text);
        server.kill();
        Trial {
            _folder: folder,
            data,
            random: Random(seed),
            round: 0,
            notes: vec![Vec::new(); WRITERS as usize],
            next_import: 1,
            figures: Figures::default(),
        }
    }

    /// Starts, checks what the round before left, works, and is killed.
    fn round(&mut self, before: Option<&Imported>) -> Imported {
        self.round += 1;
        let server = Served::launch(&self.data);
        let address = server.address.clone();
        let ready = &AtomicBool::new(false);
        thread::scope(|scope| {
            let (client, random) = (Client::new(&address), Random(self.random.next()));
            let numbers = [self.first_of_import(), self.first_of_writer(0)];
            let asking = scope.spawn(move || ask(&client, &numbers, ready, random));
            self.wait_until_ready(&server, ready);
            self.check(&address, before);
            let left = self.work_until(&address, |delay| {
                thread::sleep(delay);
                server.kill();
            });
            self.figures.answered += asking.join().unwrap();
            left
        })
    }

    fn wait_until_ready(&mut self, server: &Served, ready: &AtomicBool) {
        let (client, started) = (Client::new(&server.address), Instant::now());
        wait_for("readiness", || {
            (client.get("/v1/ready").status == 200).then_some(())
        });
        ready.store(true, Ordering::Release);
        self.figures.slowest_start = self.figures.slowest_start.max(started.elapsed());
    }

    /// Writers and an importer work until `end` has ended the server.
    fn work_until(&mut self, address: &str, end: impl FnOnce(Duration)) -> Imported {
        let memory = format!("import-{}", self.round);
        let made = Client::new(address).post("/v1/memories", &json!({ "name": memory }));
        assert_eq!(made.status, 201, "{}", made.text);
        let first = self.first_of_import();
        let delay = self.delay();
        thread::scope(|scope| {
            let writing: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn({
                        let writer = self.writer(writer, address);
                        || writer.work()
                    })
                })
                .collect();
            let importing = scope
                .spawn(|| Client::new(address).import(&memory, TmxStream::new(first, UNITS, None)));
            end(delay);
            self.notes = writing
                .into_iter()
                .map(|notes| notes.join().unwrap())
                .collect();
            let reply = importing.join().unwrap();
            Imported {
                memory: memory.clone(),
                first,
                reply,
            }
        })
    }

    fn writer(&mut self, writer: u64, address: &str) -> Writer {
        Writer {
            client: Client::new(address),
            random: Random(self.random.next()),
            number: self.first_of_writer(writer),
            notes: std::mem::take(&mut self.notes[writer as usize]),
        }
    }

    fn first_of_import(&self) -> u64 {
        (self.round << 40) + (1 << 39)
    }

    fn first_of_writer(&self, writer: u64) -> u64 {
        (self.round << 40) + (writer << 32)
    }

    fn delay(&mut self) -> Duration {
        let share = self.random.below(1_000_000) as f64 / 1_000_000.0;
        let milliseconds = KILLS.start * (KILLS.end / KILLS.start).powf(share);
        Duration::from_secs_f64(milliseconds / 1_000.0)
    }

    fn check(&mut self, address: &str, imported: Option<&Imported>) {
        let (client, started) = (Client::new(address), Instant::now());
        for notes in &mut self.notes {
            // Older ones again at the very end; but what got no answer is settled now, before its writer goes on.
            let recent = notes.len().saturating_sub(500);
            let (older, recent) = notes.split_at_mut(recent);
            for note in older.iter_mut().filter(|note| note.asked.is_some()) {
                nothing_is_lost(&client, std::slice::from_mut(note));
            }
            nothing_is_lost(&client, recent);
        }
        let units = imported.map(|imported| self.import_is_whole(&client, imported));
        self.sample(&client, &units.unwrap_or_default());
        self.sample(&client, &client.browse(EDITS));
        self.figures.checking += started.elapsed();
    }

    /// A hundred of these units are found.
    fn sample(&mut self, client: &Client, units: &[Value]) {
        if units.is_empty() {
            return;
        }
        let chosen: Vec<&Value> = (0..100)
            .map(|_| &units[self.random.below(units.len())])
            .collect();
        index_equals_store(client, &chosen);
    }

    /// The import says how it ended, and the units of its memory are exactly those that it says it added: the
    /// first ones of the file, in order. Returns them.
    fn import_is_whole(&mut self, client: &Client, imported: &Imported) -> Vec<Value> {
        let units = client.browse(&imported.memory);
        let status = client.get(&format!("/v1/imports/{}", self.next_import));
        if status.status == 404 {
            assert!(imported.reply.is_none() && units.is_empty());
            return units;
        }
        self.next_import += 1;
        let status = status.json();
        let report = &status["report"];
        assert_eq!(report["memory"], imported.memory, "{status}");
        match (&imported.reply, status["state"].as_str().unwrap()) {
            (Some(reply), "done") => assert_eq!((reply.status, &reply.json()), (200, report)),
            (None, "done") => assert_eq!(report["read"], UNITS),
            (None, "interrupted") => self.figures.imports_interrupted += 1,
            (reply, state) => panic!("{state} after {reply:?}"),
        }
        self.figures.imports_done += u64::from(status["state"] == "done");
        self.figures.imported += units.len();
        assert_eq!(
            (&report["added"], &report["read"]),
            (&json!(units.len()), &json!(units.len()))
        );
        let memory = client
            .get(&format!("/v1/memories/{}", imported.memory))
            .json();
        assert_eq!(memory["units"], units.len());
        for (number, unit) in (imported.first..).zip(&units) {
            let (en, fa) = pair(number);
            assert_eq!(unit["variants"], json!({ "en": en, "fa": fa }));
        }
        units
    }

    fn everything_is_there(&mut self, client: &Client) {
        for notes in &mut self.notes {
            nothing_is_lost(client, notes);
        }
    }

    fn tell(&self) {
        let all = || self.notes.iter().flatten();
        let deleted = all().filter(|note| note.target.is_none()).count();
        let revisions: i64 = all().map(|note| note.rev).sum();
        println!(
            "{} kills; {} units of writers with {revisions} acknowledged writes, {deleted} deleted; {:?}",
            self.round,
            all().count(),
            self.figures
        );
    }
}

fn number_from(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// The journal has nothing that the database has not.
fn journal_is_empty(data: &Path) -> bool {
    std::fs::metadata(data.join("hamzaban.db-wal")).map_or(true, |journal| journal.len() == 0)
}

#[test]
fn nothing_acknowledged_is_lost_however_often_the_server_is_killed() {
    let mut trial = Trial::new();
    let mut before = None;
    for _ in 0..number_from("HAMZABAN_KILLS").unwrap_or(20) {
        before = Some(trial.round(before.as_ref()));
    }
    let server = Served::launch(&trial.data);
    trial.wait_until_ready(&server, &AtomicBool::new(false));
    trial.check(&server.address, before.as_ref());
    trial.everything_is_there(&Client::new(&server.address));
    let (code, _) = server.end();
    assert_eq!(code, 0);
    trial.tell();
    the_command_line_works(&trial);
}

/// Without a server, on what the kills left.
fn the_command_line_works(trial: &Trial) {
    assert!(!trial.data.join("server.json").exists());
    assert!(journal_is_empty(&trial.data));
    let exported = out(&run(
        &trial.data,
        &["export", "--memory", EDITS, "--format", "tsv"],
    ));
    let exported: HashSet<&str> = exported.lines().collect();
    for note in trial.notes.iter().flatten() {
        if let Some(target) = &note.target {
            let line = format!("{}\t{target}", note.source);
            assert!(exported.contains(line.as_str()), "{note:?}");
        }
    }
    let last = trial
        .notes
        .iter()
        .flatten()
        .rfind(|note| note.target.is_some());
    let Some(Note { source, target, .. }) = last else {
        return;
    };
    let found = run(
        &trial.data,
        &["lookup", source, "--from", "en", "--to", "fa"],
    );
    assert!(
        out(&found).contains(target.as_deref().unwrap()),
        "{}",
        err(&found)
    );
}

#[test]
fn a_server_that_is_asked_to_end_under_load_finishes_and_leaves_a_tidy_folder() {
    let mut trial = Trial::new();
    trial.round = 1;
    let server = Served::launch(&trial.data);
    trial.wait_until_ready(&server, &AtomicBool::new(false));
    let address = server.address.clone();
    let mut ended = None;
    let left = trial.work_until(&address, |_| {
        thread::sleep(Duration::from_millis(400));
        ended = Some(server.end());
    });
    let (code, took) = ended.unwrap();
    println!(
        "ended in {took:?}; the import got {:?}",
        left.reply.as_ref().map(|reply| reply.status)
    );
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
    the_command_line_works(&trial);
    let server = Served::start(&trial.data);
    trial.everything_is_there(&Client::new(&server.address));
}

#[test]
fn an_import_that_stands_still_does_not_keep_the_server_from_ending() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Served::start(&data);
    let client = Client::new(&server.address);
    assert_eq!(
        client
            .post("/v1/memories", &json!({ "name": "slow" }))
            .status,
        201
    );
    let (release, hold) = mpsc::channel();
    let importing =
        thread::spawn(move || client.import("slow", TmxStream::new(0, 5_000, Some(hold))));
    let watching = Client::new(&server.address);
    let added = || watching.get("/v1/imports/1").json()["report"]["added"].as_u64();
    wait_for("the first batch", || added().filter(|units| *units > 0));
    let (code, took) = server.end();
    println!("ended in {took:?}");
    drop(release);
    let reply = importing.join().unwrap();
    assert!(reply.is_none_or(|reply| reply.status != 200));
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(!data.join("server.json").exists() && journal_is_empty(&data));
    let server = Served::start(&data);
    let client = Client::new(&server.address);
    let status = client.get("/v1/imports/1").json();
    assert_ne!(status["state"], "running");
    assert_ne!(status["state"], "done");
    assert_eq!(status["report"]["added"], client.browse("slow").len());
}

/// Asked to end or killed while it replaces in many units: what was done is known, and is taken back as a whole.
#[test]
fn a_change_of_many_units_that_was_cut_off_is_taken_back_as_a_whole() {
    const UNITS: u64 = 30_000;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Served::start(&data);
    let client = Client::new(&server.address);
    client.post("/v1/memories", &json!({ "name": "big" }));
    let imported = client.import("big", TmxStream::new(0, UNITS, None));
    assert_eq!(imported.unwrap().status, 200);
    let texts = |client: &Client| -> Vec<Value> {
        let units = client.browse("big").into_iter();
        units.map(|mut unit| unit["variants"].take()).collect()
    };
    let before = texts(&client);
    for kills in [false, true] {
        let address = server.address.clone();
        let replacing = thread::spawn(move || {
            let asked = json!({"lang": "en", "find": "e", "with": "E"});
            let path = "/v1/memories/big/bulk/replace";
            Client::new(&address).try_send("POST", path, Some(&asked))
        });
        let client = Client::new(&server.address);
        let newest = |client: &Client| client.get("/v1/memories/big/bulk").json()["bulk"][0].take();
        wait_for("the first thousand", || {
            let change = newest(&client);
            let changed = change["report"]["changed"].as_u64()?;
            (change["state"] == "running" && changed > 0).then_some(())
        });
        if kills {
            server.kill();
        } else {
            let (code, took) = server.end();
            assert_eq!(code, 0);
            assert!(took < Duration::from_secs(8), "{took:?}");
            assert!(journal_is_empty(&data));
        }
        let reply = replacing.join().unwrap();
        assert!(reply.is_none_or(|reply| reply.code() == "shutting_down"));

        server = Served::start(&data);
        let client = Client::new(&server.address);
        let change = newest(&client);
        assert_eq!(change["state"], "interrupted", "{change}");
        let changed = change["report"]["changed"].as_u64().unwrap();
        let now = texts(&client);
        let differ = now.iter().zip(&before).filter(|(now, then)| now != then);
        assert_eq!(differ.count() as u64, changed);
        assert!((1_000..UNITS).contains(&changed), "{changed}");
        let path = format!("/v1/bulk/{}", change["id"].as_str().unwrap());
        let undone = client.try_send("DELETE", &path, None).unwrap().json();
        let report = &undone["report"];
        assert_eq!(
            (&report["changed"], &report["conflicts_total"]),
            (&json!(changed), &json!(0)),
            "{undone}"
        );
        assert!(texts(&client) == before, "all is as it was");
    }
}

#[test]
fn a_second_server_on_the_folder_ends_at_once_and_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut first = Served::start(&data);
    let started = Instant::now();
    let second = run(&data, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(err(&second).lines().count(), 1, "{}", err(&second));
    assert!(
        err(&second).contains(&format!("process {}", first.pid())),
        "{}",
        err(&second)
    );
    assert!(first.runs());
    assert_eq!(Client::new(&first.address).get("/v1/ready").status, 200);
    assert!(data.join("server.json").exists());
    assert_eq!(first.end().0, 0);
    assert!(!data.join("server.json").exists() && journal_is_empty(&data));
}
