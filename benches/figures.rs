//! Figures on real data, printed: `cargo bench --bench figures`. See `docs/benchmarks.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hamzaban::engine::{Caller, Engine, ImportMode, Lookup, NewMemory, Progress};
use hamzaban::formats::Format;
use hamzaban::model::Lang;

struct Quiet;
impl Progress for Quiet {
    fn advance(&self, _: u64, _: u64) {}
}

fn main() {
    let data: PathBuf =
        std::env::var_os("FIGURES_DATA").map_or_else(|| "/tmp/d/data879".into(), PathBuf::from);
    let tsv =
        PathBuf::from(std::env::var_os("FIGURES_TSV").unwrap_or_else(|| "/tmp/d/en879.tsv".into()));
    if !data.exists() {
        import(&data, &tsv);
    }
    let engine = Engine::open(&data, false).unwrap();
    let start = Instant::now();
    engine.catch_up().unwrap();
    println!(
        "full rebuild: {:.1} s; index (segments, parts, words, similar) {:?}",
        start.elapsed().as_secs_f64(),
        engine.index_size()
    );
    lookups(&engine, &tsv);
}

fn import(data: &Path, tsv: &Path) {
    let engine = Engine::open(data, false).unwrap();
    engine.catch_up().unwrap();
    let caller = Caller::default();
    engine
        .create_memory(
            &caller,
            &NewMemory {
                name: "m".into(),
                ..Default::default()
            },
        )
        .unwrap();
    let id = engine
        .begin_import(&caller, "m", "x", Format::Tsv, ImportMode::Add)
        .unwrap();
    let start = Instant::now();
    let file = std::fs::File::open(tsv).unwrap();
    let report = engine
        .import(&caller, &id, Box::new(file), None, &Quiet)
        .unwrap();
    let took = start.elapsed().as_secs_f64();
    println!(
        "import: {} units in {took:.1} s, {:.0} units/s; added {} skipped {} {:?}",
        report.read,
        report.read as f64 / took,
        report.added,
        report.skipped,
        report.problems.first()
    );
}

fn lookups(engine: &Engine, tsv: &Path) {
    let text = std::fs::read_to_string(tsv).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .skip(1)
        .map(|l| l.split('\t').next().unwrap())
        .collect();
    let mut seed = 42u64;
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut queries = Vec::new();
    for i in 0..2000 {
        let line = lines[(next() % lines.len() as u64) as usize];
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        match i % 3 {
            0 => {}
            1 => {
                let n = 1 + words.len() / 8;
                for _ in 0..n {
                    let at = (next() % words.len() as u64) as usize;
                    let other = lines[(next() % lines.len() as u64) as usize];
                    let other: Vec<&str> = other.split(' ').collect();
                    words[at] = other[(next() % other.len() as u64) as usize].to_owned();
                }
            }
            _ => {
                let other = lines[(next() % lines.len() as u64) as usize];
                let half = words.len() / 2;
                words.truncate(half);
                let tail: Vec<String> = other.split(' ').map(str::to_owned).collect();
                let from = tail.len() / 2;
                words.extend_from_slice(&tail[from..]);
            }
        }
        queries.push(words.join(" "));
    }
    for threshold in [50u8, 70, 85] {
        let mut times: Vec<Duration> = Vec::new();
        let (mut hits, mut truncated) = (0, 0);
        for query in &queries {
            let lookup = Lookup {
                source_lang: Lang::parse("en").unwrap(),
                target_lang: Lang::parse("fa").unwrap(),
                text: query.clone(),
                text_tagged: None,
                memories: None,
                threshold,
                limit: 5,
                context: None,
                filter: None,
                include: vec![],
            };
            let start = Instant::now();
            let reply = engine.lookup(&Caller::default(), &lookup);
            times.push(start.elapsed());
            if let Ok(reply) = reply {
                hits += usize::from(!reply.matches.is_empty());
                truncated += usize::from(reply.truncated);
            }
        }
        times.sort();
        let at = |p: f64| times[((times.len() - 1) as f64 * p) as usize].as_secs_f64() * 1e3;
        println!(
            "t={threshold}: p50 {:.3} p95 {:.3} p99 {:.3} max {:.2} ms; {hits} with a match, {truncated} truncated",
            at(0.5),
            at(0.95),
            at(0.99),
            at(1.0)
        );
    }
}
