//! How fast names are found and looked up: `cargo bench --bench names`; a word behind `--` chooses a block:
//! `figures`, `edits`, `rivals`. What they mean: `docs/benchmarks.md`.
//!
//! Without the measuring data (`HAMZABAN_SHARED`, else `../shared`) made-up sentences are read, and it says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench tells figures and may panic"
)]

mod edits;
mod made;
mod rivals;
mod texts;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hamzaban::formats::glossary;
use hamzaban::model::Concept;
use hamzaban::names::{Finder, Lookup, Scope, Terms};

use made::Numbers;
use texts::Text;

const MADE: usize = 200_000;

fn shipped() -> Vec<Concept> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/glossary/concepts.csv");
    glossary::read(std::fs::File::open(path).unwrap())
        .unwrap()
        .concepts()
}

/// The shipped concepts, and made-up ones up to [`MADE`] names.
fn large() -> Vec<Concept> {
    let mut concepts = shipped();
    concepts.extend(made::concepts(MADE - names_of(&concepts)));
    concepts.sort_by(|a, b| a.id.cmp(&b.id));
    concepts
}

fn names_of(concepts: &[Concept]) -> usize {
    concepts.iter().map(|concept| concept.names.len()).sum()
}

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let texts = texts::load();
    if wanted("figures") {
        for (title, concepts) in [("shipped", shipped()), ("large", large())] {
            figures(title, concepts, &texts);
        }
    }
    if wanted("edits") {
        for (title, concepts) in [("shipped", shipped()), ("large", large())] {
            edits::measure(title, &concepts);
        }
    }
    if wanted("rivals") {
        rivals::compare(&shipped(), &texts);
    }
}

fn figures(title: &str, concepts: Vec<Concept>, texts: &[Text]) {
    println!(
        "{title} glossary: {} concepts, {} names",
        concepts.len(),
        names_of(&concepts)
    );
    let concepts: Vec<Arc<Concept>> = concepts.into_iter().map(Arc::new).collect();
    let before = resident();
    let finder = Arc::new(Finder::shared(concepts.clone()));
    let of_finder = resident() - before;
    let terms = Terms::new(Arc::clone(&finder));
    let before = resident();
    let lookup = Lookup::new(concepts.clone());
    let of_lookup = resident() - before;
    let built = best_of(3, || {
        black_box(Finder::shared(concepts.clone()));
    });
    let built_lookup = best_of(3, || {
        black_box(Lookup::new(concepts.clone()));
    });
    let built_terms = best_of(3, || {
        black_box(Terms::new(Arc::clone(&finder)));
    });
    drop(terms);
    println!(
        "  built on one core in {:.0?}: finder {built:.0?}, look-up {built_lookup:.0?}, terms {built_terms:.0?}",
        built + built_lookup + built_terms
    );
    println!(
        "  memory beside the concepts: finder {:.1} MB, look-up {:.1} MB",
        of_finder as f64 / 1e6,
        of_lookup as f64 / 1e6
    );
    for text in texts {
        let mut mentions = 0;
        let took = best_of(3, || {
            mentions = finder.find(&text.text, Scope::default()).len();
        });
        println!(
            "  finding in {}: {:.1} MB/s ({mentions} mentions in {:.1} MB)",
            text.title,
            rate(&text.text, took),
            text.text.len() as f64 / 1e6
        );
    }
    look_up(&lookup, &concepts);
}

/// Times of look-ups: names as they are, with a letter left out, and with their words turned round.
fn look_up(lookup: &Lookup, concepts: &[Arc<Concept>]) {
    let mut numbers = Numbers(42);
    let mut times: Vec<Duration> = Vec::new();
    let mut right = 0;
    for round in 0..2_000 {
        let concept = &concepts[numbers.below(concepts.len())];
        let name = &concept.names[numbers.below(concept.names.len())].text;
        let query: String = match round % 3 {
            0 => name.clone(),
            1 => {
                let skipped = numbers.below(name.chars().count());
                let kept = name.chars().enumerate().filter(|(at, _)| *at != skipped);
                kept.map(|(_, c)| c).collect()
            }
            _ => name.split(' ').rev().collect::<Vec<_>>().join(" "),
        };
        let hits = lookup.search(&query, 10);
        right += usize::from(
            hits.iter()
                .any(|hit| lookup.concept_at(hit.concept).unwrap().id == concept.id),
        );
        // Processor time is told by the tick only, so the best of three stands for a quiet machine.
        let passed = (0..3).map(|_| {
            let start = Instant::now();
            black_box(lookup.search(&query, 10));
            start.elapsed()
        });
        times.push(passed.min().unwrap_or_default());
    }
    times.sort_unstable();
    println!(
        "  concept look-up: p50 {:.2?}, p99 {:.2?}, max {:.2?} (the right one among the first ten: {right} of {})",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1],
        times.len()
    );
}

/// The bytes of this process in memory, where the system tells it.
fn resident() -> usize {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = told.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0usize) * 4096
}

/// The time this thread had a processor for, where the system tells it (Linux); else what passed since `start`.
/// On a busy machine only the former says something.
fn busy(start: Instant) -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split(' ').next()?.parse().ok())
        .map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn best_of(times: usize, mut work: impl FnMut()) -> Duration {
    let timed = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        let before = busy(start);
        work();
        busy(start) - before
    };
    (0..times)
        .map(|_| timed(&mut work))
        .min()
        .unwrap_or_default()
}

fn rate(text: &str, took: Duration) -> f64 {
    text.len() as f64 / 1e6 / took.as_secs_f64()
}
