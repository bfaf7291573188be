//! Figures of the fuzzy index alone, without store and server: `cargo bench --bench index`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench is for people who read its output"
)]

mod data;

use std::time::{Duration, Instant};

use data::Segments;
use hamzaban::index::{Index, Question};
use hamzaban::model::{Lang, MemoryId, UnitId};
use hamzaban::text;

const MEMORY: MemoryId = MemoryId(1);

fn main() {
    let segments = Segments::load();
    println!(
        "{} segments, {:.1} MB: {}",
        segments.lines.len(),
        segments.bytes() as f64 / 1e6,
        segments.origin
    );
    let index = build(&segments);
    census(&index);
    let queries = segments.queries(2_000);
    for threshold in [50, 70, 85, 95] {
        lookups(&index, &queries, threshold);
    }
}

/// On one thread, everything included: fold, tokens, numbers, postings, similar words.
fn build(segments: &Segments) -> Index {
    let index = Index::default();
    let en = Lang::parse("en").unwrap();
    let start = Instant::now();
    let mut filling = index.fill();
    for (id, line) in (1..).zip(&segments.lines) {
        filling.add(MEMORY, UnitId(id), [(&en, line.as_str())].into_iter());
    }
    let counted = start.elapsed().as_secs_f64();
    filling.finish();
    let took = start.elapsed().as_secs_f64();
    println!(
        "built in {took:.2} s, {counted:.2} s of it folding and numbering: {:.0} segments/s",
        segments.lines.len() as f64 / took
    );
    index
}

fn census(index: &Index) {
    let (segments, parts, words, similar) = index.size();
    let sum = parts + words + similar;
    print!(
        "{segments} variants, {:.1} B each:",
        sum as f64 / segments as f64
    );
    for (name, bytes) in index.bytes_by_view() {
        print!(" {name} {:.1}", bytes as f64 / segments as f64);
    }
    println!();
}

fn lookups(index: &Index, queries: &[String], threshold: u8) {
    let en = Lang::parse("en").unwrap().group();
    let (mut times, mut found, mut truncated) = (Vec::new(), 0, 0);
    for query in queries {
        let start = Instant::now();
        let analysis = text::analyse(query);
        let answer = index.search(&Question {
            memories: &[(MEMORY, 0)],
            source: &en,
            target: &en,
            text: query,
            analysis: &analysis,
            threshold,
            keep: 20,
        });
        times.push(start.elapsed());
        found += answer.fuzzy.len() + answer.near.len();
        truncated += usize::from(answer.truncated);
    }
    let mean = times.iter().sum::<Duration>().as_secs_f64() * 1e3 / times.len() as f64;
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "search at {threshold}: mean {mean:.3}  p50 {:.3}  p95 {:.3}  p99 {:.3}  max {:.2} ms  ({found} found, {truncated} truncated)",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}
