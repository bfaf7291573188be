//! Figures on real data, printed: `cargo bench --bench figures`. What they mean: `docs/benchmarks.md`.
//!
//! Reads the measuring data beside the project (`../shared/data`, or `HAMZABAN_SHARED`/data); without it, it
//! measures on sentences made of random words and says so. Needs some gigabytes in the temporary folder.
//! `cargo bench --bench figures -- lookup http` chooses (of lookup, brute, batch,
//! throughput, concordance, http, bulk, backup, load); `-- memory` alone imports a TMX of 1 GB.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench is for people who read its output"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[path = "figures/brute.rs"]
mod brute;
#[path = "data/characters.rs"]
mod characters;
mod data;
#[path = "figures/made.rs"]
mod made;
#[path = "figures/memory.rs"]
mod memory;
#[path = "figures/server.rs"]
mod server;
#[path = "figures/throughput.rs"]
mod throughput;
#[path = "figures/times.rs"]
mod times;

use data::{Random, Segments};
use hamzaban::engine::{Caller, Concordance, Engine};
use made::{ask, import, index_size, timed};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use times::percentiles;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    // In a process of its own: what other figures left behind would be counted.
    if words == ["memory"] {
        return memory::import(folder.path());
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let segments = Segments::load();
    println!(
        "{} segments, {:.1} MB: {}",
        segments.lines.len(),
        segments.bytes() as f64 / 1e6,
        segments.origin
    );
    let rounds = ["first import", "same file again"];
    let engine = import(folder.path(), &segments, &rounds);
    drop(engine);
    let engine = restarted(folder.path());
    drop(engine);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "snapshot") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let engine = restarted(folder.path());
    index_size(&engine);
    if wanted("lookup") {
        lookups(&engine, &segments);
    }
    if wanted("brute") {
        brute::force(&engine, &segments);
    }
    if wanted("batch") {
        throughput::batches(&engine, &segments);
    }
    if wanted("throughput") {
        throughput::over_http(&engine, &segments, folder.path());
    }
    if wanted("concordance") {
        concordances(&engine, &segments);
    }
    if wanted("http") {
        http(&engine, &segments);
    }
    if wanted("bulk") {
        server::bulk(&engine, &segments, folder.path());
    }
    if wanted("backup") {
        server::backup(&engine, &segments, folder.path());
    }
    if wanted("load") {
        server::under_load(&engine, &segments, folder.path());
    }
}

/// Opens the folder and fills the index, from its snapshot where there is one.
fn restarted(folder: &Path) -> Arc<Engine> {
    let files = std::fs::read_dir(folder).unwrap();
    let snapshots = files
        .filter(|file| {
            file.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|e| e == "snapshot")
        })
        .count();
    let start = Instant::now();
    let engine = Engine::open(folder, false).unwrap();
    let opened = start.elapsed().as_secs_f64();
    engine.catch_up().unwrap();
    println!(
        "start with {snapshots} snapshots of the index: store open after {opened:.2} s, ready after {:.2} s",
        start.elapsed().as_secs_f64()
    );
    engine
}

/// In process, one thread, top 5, whole look-ups with their rows; nothing is cached between queries.
fn lookups(engine: &Engine, segments: &Segments) {
    let queries = segments.queries(2_000);
    for threshold in [50, 70, 85, 95] {
        let (mut times, mut matched, mut truncated) = (Vec::new(), 0, 0);
        for query in &queries {
            let lookup = ask(query, threshold);
            let (reply, time) = timed(|| engine.lookup(&Caller::local(), &lookup));
            times.push(time);
            let reply = reply.unwrap();
            matched += usize::from(!reply.matches.is_empty());
            truncated += usize::from(reply.truncated);
        }
        println!(
            "look-up at {threshold}: {}  ({matched} of 2000 matched, {truncated} truncated)",
            percentiles(times)
        );
    }
}

/// In process, one thread, a page of 20 each: words and phrases of the segments, from rare to the most common.
fn concordances(engine: &Engine, segments: &Segments) {
    let mut random = Random(11);
    let mut common: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    for word in segments.lines.iter().flat_map(|line| line.split(' ')) {
        *common.entry(word).or_default() += 1;
    }
    let mut common: Vec<(usize, &str)> = common.into_iter().map(|(word, n)| (n, word)).collect();
    common.sort_unstable_by(|a, b| b.cmp(a));
    let plain = |word: &str| word.replace(['"', '*', '“', '”', '«', '»'], "");
    let common: Vec<String> = common
        .iter()
        .take(200)
        .map(|(_, word)| plain(word))
        .collect();
    let mut cut = |least: usize, most: usize| {
        let line = &segments.lines[random.below(segments.lines.len())];
        let words: Vec<&str> = line.split(' ').collect();
        let length = (least + random.below(most - least + 1)).min(words.len());
        let start = random.below(words.len() - length + 1);
        plain(&words[start..start + length].join(" "))
    };
    let words: Vec<String> = (0..500).map(|_| cut(1, 1)).collect();
    let several: Vec<String> = (0..500).map(|_| cut(2, 5)).collect();
    let phrases: Vec<String> = (0..500).map(|_| format!("\"{}\"", cut(2, 5))).collect();
    let mut two = |pattern: fn(&str, &str) -> String| -> Vec<String> {
        let mut one = || common[random.below(common.len())].clone();
        (0..200).map(|_| pattern(&one(), &one())).collect()
    };
    let frequent = two(|a, b| format!("{a} {b}"));
    let rare_phrases = two(|a, b| format!("\"{a} {b}\""));
    let prefixes: Vec<String> = words
        .iter()
        .take(100)
        .map(|word| word.chars().take(3).collect::<String>() + "*")
        .collect();
    for (kind, queries) in [
        ("words", &words),
        ("2–5 words", &several),
        ("phrases of 2–5 words", &phrases),
        ("two of the 200 commonest words", &frequent),
        ("… as a phrase", &rare_phrases),
        ("three letters and a star", &prefixes),
        (
            "the most common word, 100 times",
            &vec![[common[0].as_str(); 100].join(" ")],
        ),
    ] {
        let (mut times, mut hits, mut truncated) = (Vec::new(), 0, 0);
        for query in queries.iter().filter(|query| !query.trim().is_empty()) {
            let asked = Concordance {
                query: query.clone(),
                limit: 20,
                ..Concordance::default()
            };
            let (page, time) = timed(|| engine.concordance(&Caller::local(), &asked));
            let Ok(page) = page else { continue };
            times.push(time);
            hits += page.hits.len();
            truncated += usize::from(page.truncated);
        }
        let count = times.len();
        println!(
            "concordance, {kind}: {}  ({count} questions, {hits} hits, {truncated} truncated)",
            percentiles(times)
        );
    }
}

/// What HTTP adds: the same look-ups in process and over a kept-alive connection.
fn http(engine: &Arc<Engine>, segments: &Segments) {
    let server = server::Serving::start(engine);
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    let (mut tmserver, mut apertium) = (Vec::new(), Vec::new());
    for query in segments.queries(1_000) {
        let quoted = utf8_percent_encode(&query, NON_ALPHANUMERIC).to_string();
        let lookup = ask(&query, 70);
        inside.push(timed(|| engine.lookup(&Caller::local(), &lookup).unwrap()).1);
        outside.push(server.lookup(&lookup));
        tmserver.push(server.get(&format!("/tmserver/en/fa/unit/{quoted}")));
        let path = format!("/apertium/translate?langpair=en%7Cfa&threshold=70&q={quoted}");
        apertium.push(server.get(&path));
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    let (inside, outside) = (median(inside), median(outside));
    println!(
        "over HTTP: median {outside:.3} ms, in process {inside:.3} ms, HTTP adds {:.3} ms",
        outside - inside
    );
    println!(
        "other protocols: tmserver {:.3} ms, Apertium {:.3} ms",
        median(tmserver),
        median(apertium)
    );
}
