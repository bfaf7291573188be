//! How latency, memory, build and start grow: `cargo bench --bench index -- growth` (or `growth 8800000`).
//!
//! *The expansion.* Line `n` comes from line `n·611,953 mod 879,433` of the segments, so that any first so many
//! are a fair sample of them. The first 879,433 are as they are; each later one is edited: 5–30 % of its words,
//! evenly drawn and at least one, each of them three times of five replaced by, once preceded by and once dropped
//! for, a word of some line. So frequent words stay frequent, and each segment has nine relatives in 8.8 million
//! which match it at 60–95 %. The seed of each line is its number: nothing but the segments is kept.
//!
//! *The rival* is every segment compared by characters (`benches/data/characters.rs`), in a block of its own; both
//! without the rows of a store.
//!
//! *False negatives.* The answers at 60 are compared with the score itself, of the query with all relatives of the
//! line it was made of, and with one line in four hundred.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::time::{Duration, Instant};

use hamzaban::index::Index;
use hamzaban::model::{Lang, Seq, UnitId};
use hamzaban::score::{self, Segment};

use super::characters::Characters;
use super::data::{Random, Segments, query};
use super::{MEMORY, at, processor, search};

const SIZES: [usize; 4] = [100_000, 879_433, 3_000_000, 8_800_000];
const STRIDE: usize = 611_953;
/// Lines that are made before the clock goes on.
const MADE_AT_ONCE: usize = 10_000;
const COMPARED_AT: u8 = 60;
/// Queries that the rival answers too.
const RIVAL: usize = 60;

/// See the file's comment.
struct Expansion<'s> {
    lines: &'s [String],
    size: usize,
}

impl Expansion<'_> {
    fn line(&self, n: usize) -> String {
        let line = &self.lines[(n % self.lines.len()) * STRIDE % self.lines.len()];
        if n < self.lines.len() {
            return line.clone();
        }
        let mut random = Random((n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        random.below(2);
        let mut words: Vec<&str> = line.split(' ').collect();
        let edits = (words.len() * (50 + random.below(251))).div_ceil(1_000);
        for _ in 0..edits {
            let other = &self.lines[random.below(self.lines.len())];
            let other = other.split(' ').nth(random.below(12)).unwrap_or("and");
            let place = random.below(words.len());
            match random.below(5) {
                0 => words.insert(place, other),
                1 if words.len() > 1 => drop(words.remove(place)),
                _ => words[place] = other,
            }
        }
        words.join(" ")
    }

    /// The lines made of the same one as line `n`.
    fn relatives(&self, n: usize) -> impl Iterator<Item = usize> {
        (n % self.lines.len()..self.size).step_by(self.lines.len())
    }
}

/// Prints a row for each size.
pub(crate) fn run(segments: &Segments, only: Option<usize>) {
    println!(
        "| segments | build, segments/s | B a variant | search at 70: p50 / p95 / p99 | at 50 | at 85 | truncated | by characters | snapshot | written | loaded | truncated at {COMPARED_AT} | compared | matches | missed |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for size in SIZES {
        if only.is_none_or(|only| only == size) {
            let lines = &segments.lines;
            row(&Expansion { lines, size });
        }
    }
}

fn row(expansion: &Expansion) {
    let (index, built) = build(expansion);
    let (segments, parts, words, similar) = index.size();
    print!(
        "| {segments} | {:.0} | {:.1} |",
        segments as f64 / built.as_secs_f64(),
        (parts + words + similar) as f64 / segments as f64
    );
    let queries = queries(expansion, 2_000);
    let mut truncated = 0;
    for threshold in [70, 50, 85] {
        let mut times: Vec<Duration> = Vec::new();
        for (_, query) in &queries {
            let start = processor();
            truncated += usize::from(search(&index, query, threshold, 20).truncated);
            times.push(processor() - start);
        }
        times.sort_unstable();
        let at = |part| at(&times, part);
        print!(" {:.3} / {:.2} / {:.2} ms |", at(0.5), at(0.95), at(0.99));
    }
    print!(" {truncated} of {} |", 3 * queries.len());
    by_characters(expansion, &index);
    snapshot(&index);
    missed(expansion, &index);
}

/// Only the index is timed, not the making of lines.
fn build(expansion: &Expansion) -> (Index, Duration) {
    let index = Index::default();
    let en = Lang::parse("en").unwrap();
    let mut took = Duration::ZERO;
    let mut filling = index.fill();
    for from in (0..expansion.size).step_by(MADE_AT_ONCE) {
        let some = from..expansion.size.min(from + MADE_AT_ONCE);
        let lines: Vec<String> = some.map(|n| expansion.line(n)).collect();
        let start = processor();
        for (line, n) in lines.iter().zip(from..) {
            let unit = UnitId(n as i64 + 1);
            filling.add(MEMORY, unit, [(&en, line.as_str())].into_iter());
        }
        took += processor() - start;
    }
    let start = processor();
    filling.finish();
    index.has_all_up_to(Seq(expansion.size as i64));
    (index, took + (processor() - start))
}

/// Each with the line it was made of.
fn queries(expansion: &Expansion, count: usize) -> Vec<(usize, String)> {
    let mut random = Random(42);
    let make = |kind| {
        let (n, other) = (random.below(expansion.size), random.below(expansion.size));
        let (one, other) = (expansion.line(n), expansion.line(other));
        (n, query(kind, &one, &other, &mut random))
    };
    (0..count).map(make).collect()
}

/// What the rival takes in the mean, and how many times that is of what the index takes for the same queries.
fn by_characters(expansion: &Expansion, index: &Index) {
    let queries = queries(expansion, RIVAL);
    let mean = |answer: &mut dyn FnMut(&str)| {
        let start = processor();
        queries.iter().for_each(|(_, query)| answer(query));
        (processor() - start).as_secs_f64() * 1e3 / queries.len() as f64
    };
    let ours = mean(&mut |query| drop(search(index, query, 70, 20)));
    let rival = Characters::of((0..expansion.size).map(|n| expansion.line(n)));
    let theirs = mean(&mut |query| drop(rival.best(query, 70, 5)));
    print!(
        " {theirs:.0} ms, {:.0} times our {ours:.3} |",
        theirs / ours
    );
}

fn snapshot(index: &Index) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    let start = Instant::now();
    let mut out = BufWriter::with_capacity(1 << 18, File::create(&path).unwrap());
    index.snapshot().unwrap().write(&mut out, "epoch").unwrap();
    drop(out);
    let written = start.elapsed().as_secs_f64();
    let (start, used) = (Instant::now(), processor());
    let again = Index::default();
    let mut file = BufReader::new(File::open(&path).unwrap());
    again.load(&mut file, "epoch", Seq(i64::MAX)).unwrap();
    print!(
        " {:.0} MB | {written:.2} s | {:.2} s ({:.2} s on the reading thread) |",
        path.metadata().unwrap().len() as f64 / 1e6,
        start.elapsed().as_secs_f64(),
        (processor() - used).as_secs_f64()
    );
}

/// Answers that the budget ended, and of the others: pairs compared, those that reach the percentage, and those
/// of them that the index does not find.
fn missed(expansion: &Expansion, index: &Index) {
    let sample: Vec<(usize, String)> = (0..expansion.size)
        .step_by(401)
        .map(|n| (n, expansion.line(n)))
        .collect();
    let sample: Vec<(usize, Segment)> = sample
        .iter()
        .map(|(n, line)| (*n, Segment::plain(line)))
        .collect();
    let (mut compared, mut matches, mut missed, mut truncated) = (0, 0, 0, 0);
    for (n, query) in queries(expansion, 150) {
        let found = search(index, &query, COMPARED_AT, 1_000_000);
        if found.truncated {
            truncated += 1;
            continue;
        }
        let fuzzy = found.fuzzy.iter().map(|hit| (hit.unit, hit.percent));
        let fuzzy: HashMap<UnitId, u8> = fuzzy.collect();
        let segment = Segment::plain(&query);
        let mut compare = |n: usize, other: &Segment| {
            let unit = UnitId(n as i64 + 1);
            let percent = score::compare(&segment, other).percent;
            let there = fuzzy.get(&unit) == Some(&percent)
                || found.near.iter().any(|&(_, near)| near == unit);
            compared += 1;
            matches += usize::from(percent >= COMPARED_AT);
            missed += usize::from(percent >= COMPARED_AT && !there);
        };
        for (n, other) in &sample {
            compare(*n, other);
        }
        for n in expansion.relatives(n) {
            compare(n, &Segment::plain(&expansion.line(n)));
        }
    }
    println!(" {truncated} of 150 | {compared} pairs | {matches} | {missed} |");
}
