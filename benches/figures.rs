//! Figures on real data, printed: `cargo bench --bench figures`. What they mean: `docs/benchmarks.md`.
//!
//! Reads the measuring data beside the project (`../shared/data`, or `HAMZABAN_SHARED`/data); without it, it
//! measures on sentences made of random words and says so. Needs some gigabytes in the temporary folder.
//! `cargo bench --bench figures -- lookup http` chooses (of lookup, concordance, http, bulk, backup, load); `-- memory` alone imports a TMX of 1 GB.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench is for people who read its output"
)]

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

mod data;

use data::{Random, Segments};
use hamzaban::engine::{
    Caller, Concordance, Engine, Format, ImportMode, Lookup, NewMemory, Progress,
};
use hamzaban::score::{Segment, compare};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

#[path = "figures/server.rs"]
mod server;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    // In a process of its own: what other figures left behind would be counted.
    if words == ["memory"] {
        return memory(folder.path());
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let segments = Segments::load();
    println!(
        "{} segments, {:.1} MB: {}",
        segments.lines.len(),
        segments.bytes() as f64 / 1e6,
        segments.origin
    );
    let engine = import(folder.path(), &segments);
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

struct Quiet;

impl Progress for Quiet {
    fn advance(&self, _: u64, _: u64) {}
}

/// Imports a TMX of all segments with made-up targets: parse, fold, store, index, durable.
fn import(folder: &Path, segments: &Segments) -> Arc<Engine> {
    let file = folder.join("segments.tmx");
    let mut out = BufWriter::new(File::create(&file).unwrap());
    write_tmx(&mut out, segments.lines.iter().map(String::as_str)).unwrap();
    out.flush().unwrap();
    let engine = Engine::open(folder, false).unwrap();
    engine.catch_up().unwrap();
    let caller = Caller::local();
    engine
        .create_memory(
            &caller,
            &NewMemory {
                name: "m".into(),
                ..NewMemory::default()
            },
        )
        .unwrap();
    for round in ["first import", "same file again"] {
        let id = engine
            .begin_import(&caller, "m", "segments.tmx", Format::Tmx, ImportMode::Add)
            .unwrap();
        let start = Instant::now();
        let input = Box::new(File::open(&file).unwrap());
        let report = engine.import(&caller, &id, input, None, &Quiet).unwrap();
        let took = start.elapsed().as_secs_f64();
        println!(
            "{round}, TMX: {} read, {} added, {} unchanged, {} skipped in {took:.1} s: {:.0} units/s",
            report.read,
            report.added,
            report.unchanged,
            report.skipped,
            report.read as f64 / took
        );
    }
    std::fs::remove_file(file).unwrap();
    engine
}

fn write_tmx<'a>(out: &mut impl Write, lines: impl Iterator<Item = &'a str>) -> io::Result<()> {
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tmx version=\"1.4\"><header creationtool=\"figures\" \
         creationtoolversion=\"1\" segtype=\"sentence\" o-tmf=\"x\" adminlang=\"en\" srclang=\"en\" datatype=\"plaintext\"/><body>"
    )?;
    for (place, line) in lines.enumerate() {
        let text = hamzaban::text::tags::escape(line);
        writeln!(
            out,
            "<tu><tuv xml:lang=\"en\"><seg>{text}</seg></tuv><tuv xml:lang=\"fa\"><seg>ترجمهٔ {place}</seg></tuv></tu>"
        )?;
    }
    writeln!(out, "</body></tmx>")
}

fn index_size(engine: &Engine) {
    let (segments, parts, words, similar) = engine.index_size();
    let each = |bytes: usize| bytes as f64 / segments.max(1) as f64;
    println!(
        "index: {segments} variants, {:.0} B each (segments {:.0}, words {:.0}, similar words {:.0})",
        each(parts + words + similar),
        each(parts),
        each(words),
        each(similar)
    );
}

fn ask(text: &str, threshold: u8) -> Lookup {
    let lookup = serde_json::json!({
        "source_lang": "en", "target_lang": "fa", "text": text, "threshold": threshold, "limit": 5
    });
    serde_json::from_value(lookup).unwrap()
}

/// The times as p50, p95, p99 and the longest, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    format!(
        "p50 {:.3}  p95 {:.3}  p99 {:.3}  max {:.2} ms",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    )
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
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
    brute_force(engine, segments, &queries);
}

/// The same score over all segments, for the ratio; a few queries, each kind in its own block.
fn brute_force(engine: &Engine, segments: &Segments, queries: &[String]) {
    let some = &queries[..9];
    let (_, brute) = timed(|| {
        for query in some {
            let query = Segment::plain(query);
            let best = segments
                .lines
                .iter()
                .map(|line| compare(&query, &Segment::plain(line)).percent)
                .max();
            std::hint::black_box(best);
        }
    });
    let (_, ours) = timed(|| {
        for query in some {
            std::hint::black_box(engine.lookup(&Caller::local(), &ask(query, 70)).unwrap());
        }
    });
    println!(
        "brute force of the same score, one thread: {:.0} ms a query; ratio {:.0}",
        brute.as_secs_f64() * 1e3 / some.len() as f64,
        brute.as_secs_f64() / ours.as_secs_f64()
    );
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

/// Imports a TMX of 1 GB that is never on the disk; says how much the process grew beyond the index.
fn memory(folder: &Path) {
    let fresh = folder.join("gigabyte");
    let engine = Engine::open(&fresh, false).unwrap();
    engine.catch_up().unwrap();
    let caller = Caller::local();
    engine
        .create_memory(
            &caller,
            &NewMemory {
                name: "g".into(),
                ..NewMemory::default()
            },
        )
        .unwrap();
    let id = engine
        .begin_import(&caller, "g", "gigabyte.tmx", Format::Tmx, ImportMode::Add)
        .unwrap();
    let before = resident();
    let report = engine
        .import(&caller, &id, Box::new(Gigabyte::default()), None, &Quiet)
        .unwrap();
    let after = resident();
    let highest = peak();
    let (_, parts, words, similar) = engine.index_size();
    let index = (parts + words + similar) >> 20;
    println!(
        "1 GB TMX: {} units; resident {before} MB before, {after} MB after, {highest} MB at the most; index {index} MB; \
         beyond the index +{} MB after, +{} MB at the most",
        report.read,
        after.saturating_sub(before + index),
        highest.saturating_sub(before + index)
    );
}

/// A TMX of a gigabyte: long segments of random words, few units.
#[derive(Default)]
struct Gigabyte {
    made: usize,
    waiting: Cursor<Vec<u8>>,
    ended: bool,
}

impl Read for Gigabyte {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.waiting.read(buffer)?;
        if read > 0 || self.ended {
            return Ok(read);
        }
        let mut next = Vec::new();
        if self.made == 0 {
            write_tmx(&mut next, std::iter::empty())?;
            next.truncate(next.len() - "</body></tmx>\n".len());
        }
        let mut random = Random(self.made as u64 + 1);
        for _ in 0..100 {
            let words: Vec<String> = (0..900)
                .map(|_| format!("word{}", random.below(20_000)))
                .collect();
            writeln!(
                next,
                "<tu><tuv xml:lang=\"en\"><seg>{}</seg></tuv><tuv xml:lang=\"fa\"><seg>متن {}</seg></tuv></tu>",
                words.join(" "),
                random.below(1 << 40)
            )?;
        }
        self.made += next.len();
        if self.made > 1_000_000_000 {
            next.extend_from_slice(b"</body></tmx>\n");
            self.ended = true;
        }
        self.waiting = Cursor::new(next);
        self.waiting.read(buffer)
    }
}

/// A line of `/proc/self/status`, in megabytes.
fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok())
        .unwrap_or_default()
        >> 10
}

fn resident() -> usize {
    status("VmRSS")
}

fn peak() -> usize {
    status("VmHWM")
}
