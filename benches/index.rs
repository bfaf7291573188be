//! Figures of the fuzzy index alone, without store and server: `cargo bench --bench index`.
//!
//! Times are those of the processor for this thread, so that a busy machine does not spoil them much; loading a
//! snapshot is timed by the clock on the wall. `-- 70` looks up at 70 only, `-- growth` and `-- recall` are
//! benches of their own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench is for people who read its output"
)]

#[path = "data/characters.rs"]
mod characters;
mod data;
#[path = "index/growth.rs"]
mod growth;
#[path = "index/recall.rs"]
mod recall;

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::time::{Duration, Instant};

use data::{Random, Segments};
use hamzaban::index::{Found, Index, Question};
use hamzaban::model::{Lang, LangGroup, MemoryId, Seq, UnitId};
use hamzaban::text;
use rustix::time::{ClockId, clock_gettime};

const MEMORY: MemoryId = MemoryId(1);

fn main() {
    let only: Option<usize> = std::env::args().find_map(|word| word.parse().ok());
    let segments = Segments::load();
    if std::env::args().any(|word| word == "growth") {
        return growth::run(&segments, only);
    }
    if std::env::args().any(|word| word == "recall") {
        return recall::run(&segments, only);
    }
    println!(
        "{} segments, {:.1} MB: {}",
        segments.lines.len(),
        segments.bytes() as f64 / 1e6,
        segments.origin
    );
    let index = build(segments.lines.iter().map(String::as_str));
    census(&index);
    let queries = segments.queries(2_000);
    for threshold in [50, 70, 85, 95] {
        if only.is_none_or(|only| only == usize::from(threshold)) {
            lookups(
                &index,
                &format!("search at {threshold}"),
                &queries,
                threshold,
            );
        }
    }
    if only.is_some() {
        return;
    }
    snapshot(&index);
    hard(&index, &segments);
    near_duplicates();
    beside(&index, &segments);
}

/// A look-up that names a small memory pays for that, not for the large one beside it.
fn beside(index: &Index, segments: &Segments) {
    const SMALL: MemoryId = MemoryId(2);
    let en = Lang::parse("en").unwrap();
    let mut filling = index.fill();
    for (line, id) in segments.lines.iter().step_by(88).zip(1_000_000..) {
        filling.add(SMALL, UnitId(id), [(&en, line.as_str())].into_iter());
    }
    filling.finish();
    let mut times: Vec<Duration> = Vec::new();
    for query in segments.queries(2_000) {
        let start = processor();
        search_in(index, &[(SMALL, 0)], &query, 70, 20);
        times.push(processor() - start);
    }
    times.sort_unstable();
    println!(
        "in a memory of {} beside that at 70: p50 {:.3}  p95 {:.3}  p99 {:.3} ms",
        segments.lines.len().div_ceil(88),
        at(&times, 0.5),
        at(&times, 0.95),
        at(&times, 0.99)
    );
}

fn english() -> LangGroup {
    Lang::parse("en").unwrap().group()
}

/// What this thread has had of the processor.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// On one thread, everything included: fold, tokens, numbers, postings, similar words.
fn build<'t>(lines: impl Iterator<Item = &'t str>) -> Index {
    let index = Index::default();
    let en = Lang::parse("en").unwrap();
    let start = processor();
    let mut filling = index.fill();
    let mut count = 0;
    for line in lines {
        count += 1;
        filling.add(MEMORY, UnitId(count), [(&en, line)].into_iter());
    }
    let read = (processor() - start).as_secs_f64();
    filling.finish();
    index.has_all_up_to(Seq(count));
    let took = (processor() - start).as_secs_f64();
    println!(
        "built in {took:.2} s of one core, the last merge and the similar words {:.2} s of it: {:.0} segments/s",
        took - read,
        count as f64 / took
    );
    index
}

fn census(index: &Index) {
    let (segments, parts, words, similar) = index.size();
    let each = |bytes: usize| bytes as f64 / segments as f64;
    print!(
        "{segments} variants, {:.1} B each:",
        each(parts + words + similar)
    );
    for (name, bytes) in index.bytes_by_view() {
        print!(" {name} {:.1}", each(bytes));
    }
    println!();
}

fn lookups(index: &Index, what: &str, queries: &[String], threshold: u8) {
    let (mut times, mut found, mut truncated) = (Vec::new(), 0, 0);
    for query in queries {
        let start = processor();
        let answer = search(index, query, threshold, 20);
        times.push(processor() - start);
        found += answer.fuzzy.len() + answer.near.len();
        truncated += usize::from(answer.truncated);
    }
    let mean = times.iter().sum::<Duration>().as_secs_f64() * 1e3 / times.len() as f64;
    times.sort_unstable();
    let at = |part| at(&times, part);
    println!(
        "{what}: mean {mean:.3}  p50 {:.3}  p95 {:.3}  p99 {:.3}  max {:.2} ms  ({} queries, {found} found, {truncated} truncated)",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0),
        queries.len()
    );
}

/// Milliseconds at a place of sorted times.
fn at(times: &[Duration], part: f64) -> f64 {
    times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3
}

fn search(index: &Index, query: &str, threshold: u8, keep: usize) -> Found {
    search_in(index, &[(MEMORY, 0)], query, threshold, keep)
}

fn search_in(
    index: &Index,
    memories: &[(MemoryId, u8)],
    query: &str,
    threshold: u8,
    keep: usize,
) -> Found {
    let analysis = text::analyse(query);
    index.search(&Question {
        memories,
        source: &english(),
        target: &english(),
        text: query,
        analysis: &analysis,
        threshold,
        keep,
    })
}

fn snapshot(index: &Index) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    let start = Instant::now();
    let mut out = BufWriter::new(File::create(&path).unwrap());
    index.snapshot().unwrap().write(&mut out, "epoch").unwrap();
    drop(out);
    let written = start.elapsed();
    let (start, used) = (Instant::now(), processor());
    let again = Index::default();
    let mut file = BufReader::new(File::open(&path).unwrap());
    again.load(&mut file, "epoch", Seq(i64::MAX)).unwrap();
    println!(
        "snapshot of {:.1} MB: written in {:.2} s (without fsync), loaded and checked in {:.2} s, {:.2} s of the processor",
        path.metadata().unwrap().len() as f64 / 1e6,
        written.as_secs_f64(),
        start.elapsed().as_secs_f64(),
        (processor() - used).as_secs_f64()
    );
}

/// Queries that a filter of words is bad at.
fn hard(index: &Index, segments: &Segments) {
    let mut random = Random(5);
    let common = [
        "the", "of", "and", "to", "in", "a", "that", "is", "for", "on", "by", "with",
    ];
    let stop_words = |random: &mut Random| {
        let words: Vec<&str> = (0..12)
            .map(|_| common[random.below(common.len())])
            .collect();
        words.join(" ")
    };
    let numbers = |random: &mut Random| {
        let numbers: Vec<String> = (0..8).map(|_| random.below(2_030).to_string()).collect();
        numbers.join(" ")
    };
    let words: Vec<&str> = segments
        .lines
        .iter()
        .step_by(997)
        .flat_map(|line| line.split(' '))
        .collect();
    let thousand = |random: &mut Random| {
        let words: Vec<&str> = (0..1_000)
            .map(|_| words[random.below(words.len())])
            .collect();
        words.join(" ")
    };
    let mut several = |count: usize, make: &dyn Fn(&mut Random) -> String| -> Vec<String> {
        (0..count).map(|_| make(&mut random)).collect()
    };
    let kinds = [
        ("twelve stop words", several(200, &stop_words)),
        (
            "one common word",
            common.iter().map(|&word| word.to_owned()).collect(),
        ),
        (
            "one word",
            several(500, &|random| words[random.below(words.len())].to_owned()),
        ),
        ("eight numbers", several(200, &numbers)),
        ("a thousand words", several(20, &thousand)),
    ];
    for (kind, queries) in &kinds {
        for threshold in [50, 70] {
            lookups(index, &format!("{kind} at {threshold}"), queries, threshold);
        }
    }
}

/// Ten thousand variants of one sentence: three of its words are others each time.
fn near_duplicates() {
    let sentence = "The committee approved the annual budget of the organization after a long debate in the parliament of the country";
    let mut random = Random(9);
    let mut vary = |count: usize| -> Vec<String> {
        let one = |_| {
            let mut words: Vec<String> = sentence.split(' ').map(str::to_owned).collect();
            for _ in 0..3 {
                let place = random.below(words.len());
                words[place] = format!("word{}", random.below(500));
            }
            words.join(" ")
        };
        (0..count).map(one).collect()
    };
    let (lines, queries) = (vary(10_000), vary(200));
    let index = build(lines.iter().map(String::as_str));
    lookups(&index, "10,000 near-duplicates at 70", &queries, 70);
}
