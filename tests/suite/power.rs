//! Power cuts and flipped bits. For the cuts, a library between the server and the system records what is written to
//! the database and its journal, and when it is synced (`system.c`); then the disk is made as it may be after a cut
//! at any place of the record: what was synced is there, and of the rest each 512 bytes are there or not.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use hamzaban::engine::{Caller, Engine, Lookup, Verification};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::json;

use super::faults::{add, fill, filled};
use super::helpers::{Random, full};
use super::load::{Client, TmxStream, pair};
use super::process::Served;
use super::strain::between;

/// What was done to a file.
enum Step {
    Write(u64, Vec<u8>),
    Cut(u64),
    Sync,
}

/// What was done to which file, and where in the record it stands.
struct Record {
    at: u64,
    file: u8,
    step: Step,
}

fn read_record(bytes: &[u8]) -> Vec<Record> {
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let mut records = Vec::new();
    let mut at = 0;
    while at + 18 <= bytes.len() {
        let (offset, length) = (number(at + 2), number(at + 10) as usize);
        let (what, file, start) = (bytes[at], bytes[at + 1], at + 18);
        let step = match what {
            b'W' => Step::Write(offset, bytes[start..start + length].to_vec()),
            b'T' => Step::Cut(offset),
            _ => Step::Sync,
        };
        at = start + if what == b'W' { length } else { 0 };
        records.push(Record {
            at: at as u64,
            file,
            step,
        });
    }
    records
}

/// A file on a disk: what is safe, and what may be lost.
#[derive(Clone, Default)]
struct OnDisk {
    safe: Vec<u8>,
    unsafe_yet: Vec<usize>,
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    file.resize(file.len().max(offset + bytes.len()), 0);
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

impl OnDisk {
    fn sync(&mut self, records: &[Record]) {
        for place in std::mem::take(&mut self.unsafe_yet) {
            match &records[place].step {
                Step::Write(offset, bytes) => put(&mut self.safe, *offset as usize, bytes),
                Step::Cut(length) => self.safe.resize(*length as usize, 0),
                Step::Sync => {}
            }
        }
    }

    /// As it is found after the cut.
    fn after_the_cut(&self, records: &[Record], random: &mut Random) -> Vec<u8> {
        let mut file = self.safe.clone();
        for place in &self.unsafe_yet {
            match &records[*place].step {
                Step::Write(offset, bytes) => {
                    for (number, sector) in bytes.chunks(512).enumerate() {
                        if random.below(2) == 0 {
                            put(&mut file, *offset as usize + number * 512, sector);
                        }
                    }
                }
                Step::Cut(length) if random.below(2) == 0 => file.resize(*length as usize, 0),
                _ => {}
            }
        }
        file
    }
}

/// A write that was acknowledged: when, of which unit, and the revision that it then had.
struct Acknowledged {
    at: u64,
    unit: i64,
    rev: i64,
}

/// Writers, an import that fills the journal several times, and more writers; then the server is killed.
fn work(data: &Path, library: &Path, record: &Path) -> Vec<Acknowledged> {
    let server = Served::start_as(data, |command| {
        command
            .env("LD_PRELOAD", library)
            .env("TEST_RECORD", record);
    });
    let client = Client::new(&server.address);
    let mut acknowledged = Vec::new();
    let mut write = |numbers: std::ops::Range<u64>| {
        for number in numbers {
            let reply = add(&client, &format!("Unit {number}.")).unwrap().json();
            let unit = reply["id"].as_str().unwrap();
            let mut rev = 1;
            if number % 3 == 0 {
                let changed =
                    json!({"rev": 1, "variants": {"en": format!("Unit {number}."), "fa": "دیگر"}});
                let path = format!("/v1/units/{unit}");
                rev = client
                    .try_send("PUT", &path, Some(&changed))
                    .unwrap()
                    .json()["rev"]
                    .as_i64()
                    .unwrap();
            }
            let at = fs::metadata(record).unwrap().len();
            acknowledged.push(Acknowledged {
                at,
                unit: unit.parse().unwrap(),
                rev,
            });
        }
    };
    write(0..60);
    let report = client
        .import("news", TmxStream::new(1 << 32, 6_000, None))
        .unwrap();
    assert_eq!(report.json()["added"], 6_000);
    write(60..120);
    server.kill();
    acknowledged
}

/// What a cut did.
#[derive(Debug, Default)]
struct Loss {
    cuts: usize,
    damaged: usize,
    lost: usize,
}

/// So many cuts; the disk may be one that says that it has synced and has not.
fn cut(
    base: &[u8],
    records: &[Record],
    acknowledged: &[Acknowledged],
    cuts: usize,
    honest: bool,
) -> Loss {
    let mut random = Random(4);
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("hamzaban.db");
    let mut disk = BTreeMap::from([
        (
            b'd',
            OnDisk {
                safe: base.to_vec(),
                ..OnDisk::default()
            },
        ),
        (b'w', OnDisk::default()),
    ]);
    let mut loss = Loss::default();
    let share = cuts as f64 / records.len() as f64;
    for (place, record) in records.iter().enumerate() {
        let file = disk.get_mut(&record.file).unwrap();
        match record.step {
            Step::Sync if honest => file.sync(records),
            Step::Sync => {}
            _ => file.unsafe_yet.push(place),
        }
        if random.below(1_000_000) as f64 / 1e6 > share {
            continue;
        }
        loss.cuts += 1;
        for name in ["hamzaban.db-shm", "hamzaban.db-wal"] {
            let _ = fs::remove_file(folder.path().join(name));
        }
        fs::write(&db, disk[&b'd'].after_the_cut(records, &mut random)).unwrap();
        fs::write(
            folder.path().join("hamzaban.db-wal"),
            disk[&b'w'].after_the_cut(records, &mut random),
        )
        .unwrap();
        let safe = acknowledged.iter().filter(|write| write.at <= record.at);
        match lost(&db, safe) {
            Some(lost) => loss.lost += lost,
            None => loss.damaged += 1,
        }
    }
    loss
}

/// How many of these are not there; none where the store is damaged.
fn lost<'a>(db: &Path, writes: impl Iterator<Item = &'a Acknowledged>) -> Option<usize> {
    let base = Connection::open(db).ok()?;
    let whole: String = base
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .ok()?;
    let mut revision = base.prepare("SELECT rev FROM unit WHERE id = ?1").ok()?;
    let missing = writes.filter(|write| {
        let rev = revision.query_row([write.unit], |row| row.get::<_, i64>(0));
        rev.map_or(true, |rev| rev < write.rev)
    });
    let missing = missing.count();
    drop(revision);
    drop(base);
    let verified = Verification::of_file(db).ok()?;
    (whole == "ok" && verified.ok).then_some(missing)
}

#[test]
fn f4_after_a_power_cut_everything_acknowledged_is_there_and_nothing_is_damaged() {
    let (folder, data) = filled();
    let Some(library) = between(folder.path()) else {
        return;
    };
    let base = fs::read(data.join("hamzaban.db")).unwrap();
    let record = folder.path().join("record");
    let acknowledged = work(&data, &library, &record);
    let records = read_record(&fs::read(&record).unwrap());
    let synced = records
        .iter()
        .filter(|record| matches!(record.step, Step::Sync))
        .count();
    println!(
        "{} writes, {synced} syncs, {} acknowledged",
        records.len() - synced,
        acknowledged.len()
    );
    assert!(synced > 120, "every commit is synced");
    let cuts = if full("500 power cuts instead of 60") {
        500
    } else {
        60
    };
    let loss = cut(&base, &records, &acknowledged, cuts, true);
    println!("{loss:?}");
    assert!(loss.cuts > cuts / 2);
    assert_eq!((loss.damaged, loss.lost), (0, 0), "{loss:?}");
    // On a disk that lies about syncs much is lost: so it would be seen here.
    let lying = cut(&base, &records, &acknowledged, 10, false);
    println!("on a disk that lies: {lying:?}");
    assert!(lying.damaged + lying.lost > 0);
}

/// All rows of the tables in which content stands; an error where they cannot be read. The rest is bookkeeping and
/// history, which is checked by counting.
fn content(db: &Path) -> rusqlite::Result<Vec<(&'static str, Vec<Cell>)>> {
    let base = Connection::open_with_flags(db, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut all = Vec::new();
    for name in ["unit", "variant", "concept", "concept_name"] {
        let mut table = base.prepare(&format!("SELECT * FROM {name}"))?;
        let width = table.column_count();
        let cells = |row: &rusqlite::Row<'_>| {
            let cells = (0..width).map(|n| row.get::<_, Cell>(n));
            cells.collect::<Result<Vec<_>, _>>()
        };
        for row in table.query_map([], cells)? {
            all.push((name, row?));
        }
    }
    Ok(all)
}

/// A store on a damaged file answers what was written, or says what is wrong; it never panics.
fn answers_soundly(bytes: &[u8], said: &BTreeMap<String, String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hamzaban.db"), bytes).unwrap();
    let Ok(engine) = Engine::open(folder.path(), true) else {
        return;
    };
    if engine.catch_up().is_ok() {
        for source in said.keys().step_by(40) {
            let asked =
                json!({"source_lang": "en", "target_lang": "fa", "text": source, "threshold": 100});
            let asked: Lookup = serde_json::from_value(asked).unwrap();
            let Ok(reply) = engine.lookup(&Caller::local(), &asked) else {
                continue;
            };
            for found in reply.matches.iter().filter(|found| &found.source == source) {
                assert_eq!(
                    Some(&found.target),
                    said.get(source),
                    "a wrong answer without a word"
                );
            }
        }
    }
    engine.close();
}

#[test]
fn f10_a_flipped_bit_is_found_or_harmless_and_never_a_wrong_answer() {
    const UNITS: u64 = 1_200;
    let flips = if full("1,000 flipped bits instead of 100") {
        1_000
    } else {
        100
    };
    let (folder, data) = filled();
    let said: BTreeMap<String, String> = (0..UNITS).map(pair).collect();
    let file = folder.path().join("units.tsv");
    let lines: String = said
        .iter()
        .map(|(en, fa)| format!("{en}\t{fa}\n"))
        .collect();
    fs::write(&file, format!("en\tfa\n{lines}")).unwrap();
    fill(&data, &file);
    let db = data.join("hamzaban.db");
    let clean = fs::read(&db).unwrap();
    let before = content(&db).unwrap();
    assert!(before.len() > 2 * UNITS as usize);
    let flipped = folder.path().join("flipped.db");
    let mut random = Random(10);
    let (mut harmful, mut silent) = (0, Vec::new());
    for flip in 0..flips {
        let place = random.below(clean.len() * 8);
        let mut bytes = clean.clone();
        bytes[place / 8] ^= 1 << (place % 8);
        fs::write(&flipped, &bytes).unwrap();
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let named = Verification::of_file(&flipped).map_or(true, |verified| !verified.ok);
            if flip % 4 == 0 {
                answers_soundly(&bytes, &said);
            }
            named
        }));
        let named = judged.unwrap_or_else(|_| panic!("bit {place}"));
        let after = content(&flipped);
        if after.as_ref() == Ok(&before) {
            continue;
        }
        harmful += 1;
        if !named {
            let other = after.map(|after| {
                after
                    .into_iter()
                    .zip(&before)
                    .find(|(now, then)| now != *then)
            });
            silent.push(format!("bit {place}: {other:?}"));
        }
    }
    println!(
        "{flips} bits flipped, {harmful} changed content, {} of these unnoticed",
        silent.len()
    );
    assert!(harmful > flips / 4);
    assert!(silent.len() * 100 <= harmful, "{silent:#?}");
}
