//! How fast the inner loops are: `cargo bench --bench kernels`, with criterion, which keeps the last run to compare
//! with. Texts and their folding are in `benches/text.rs`; figures of whole look-ups in `benches/figures.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench is for people who read its output"
)]

mod data;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use data::Segments;
use hamzaban::index::{Index, Question, Search};
use hamzaban::model::{Lang, MemoryId, Seq, UnitId};
use hamzaban::score::similarity::{Pattern, likeness};
use hamzaban::score::{Segment, compare, earned, near_hash, same_hash};
use hamzaban::text::{self, Wanted};

/// Segments of the index that is searched; beyond the caches of one core.
const SEGMENTS: usize = 100_000;
const MEMORY: MemoryId = MemoryId(1);

/// Pairs: the same but for one word, and of the same length with nothing in common.
const PAIRS: [(&str, [&str; 3]); 2] = [
    (
        "english",
        [
            "The committee approved the annual budget of the organization after a long debate.",
            "The committee rejected the annual budget of the organization after a long debate.",
            "Nobody had seen such heavy rain in that small mountain village for many years now.",
        ],
    ),
    (
        "persian",
        [
            "دولت این لایحه را پس از بحث‌های طولانی در نشست روز سه‌شنبهٔ خود تصویب کرد",
            "دولت این لایحه را پس از بحث‌های طولانی در نشست روز سه‌شنبهٔ خود رد کرد",
            "هیچ‌کس در آن روستای کوچک کوهستانی سال‌ها چنین باران تندی ندیده بود و نشنیده بود",
        ],
    ),
];

fn score(criterion: &mut Criterion) {
    for (language, texts) in PAIRS {
        let mut group = criterion.benchmark_group(format!("score {language}"));
        let [one, near, unlike] = texts.map(Segment::plain);
        for (kind, other) in [("one word differs", &near), ("nothing in common", &unlike)] {
            group.bench_function(format!("compare, {kind}"), |b| {
                b.iter(|| compare(black_box(&one), black_box(other)));
            });
            group.bench_function(format!("align, {kind}"), |b| {
                b.iter(|| earned(black_box(&one.analysis), black_box(&other.analysis)));
            });
        }
        group.bench_function("hashes", |b| {
            b.iter(|| (near_hash(&one.text, &one.analysis), same_hash(&one.text)));
        });
        group.finish();
    }
}

fn distances(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("words");
    for (language, [one, other]) in [
        ("english", ["organization", "organisations"]),
        ("persian", ["سازمان‌دهی", "سازماندهی"]),
    ] {
        let pattern = Pattern::new(one).unwrap();
        group.bench_function(format!("distance, {language}"), |b| {
            b.iter(|| pattern.distance(black_box(other)));
        });
        group.bench_function(format!("likeness, {language}"), |b| {
            b.iter(|| likeness(black_box(one), black_box(other)));
        });
    }
    group.finish();
}

fn filled(lines: &[String]) -> Index {
    let (index, en) = (Index::default(), Lang::parse("en").unwrap());
    let mut filling = index.fill();
    for (place, line) in lines.iter().enumerate() {
        filling.add(
            MEMORY,
            UnitId(place as i64 + 1),
            [(&en, line.as_str())].into_iter(),
        );
    }
    filling.finish();
    index.has_all_up_to(Seq(lines.len() as i64));
    index
}

fn index(criterion: &mut Criterion) {
    let mut segments = Segments::load();
    segments.lines.truncate(SEGMENTS);
    println!(
        "{:.1} MB of {}",
        segments.bytes() as f64 / 1e6,
        segments.origin
    );
    let index = filled(&segments.lines);
    let english = Lang::parse("en").unwrap().group();
    let queries = segments.queries(999);
    let mut group = criterion.benchmark_group("index of 100,000");
    for (kind, name) in ["exact", "edited", "unseen"].into_iter().enumerate() {
        let queries: Vec<_> = queries
            .iter()
            .skip(kind)
            .step_by(3)
            .map(|query| (query, text::analyse(query)))
            .collect();
        for threshold in [50, 70, 95] {
            let mut next = queries.iter().cycle();
            group.bench_function(format!("search at {threshold}, {name}"), |b| {
                b.iter(|| {
                    let (query, analysis) = next.next().unwrap();
                    index.search(&Question {
                        memories: &[(MEMORY, 0)],
                        source: &english,
                        target: &english,
                        text: query,
                        analysis,
                        threshold,
                        keep: 20,
                    })
                });
            });
        }
    }
    // Decoding whole lists and meeting them is nearly all of it.
    for (name, words) in [
        ("rare and common", "parliament the"),
        ("two common", "of the"),
    ] {
        let wanted = Wanted::read(words);
        group.bench_function(format!("lists of {name} words"), |b| {
            b.iter(|| {
                index.occurring(&Search {
                    memories: &[MEMORY],
                    lang: Some(&english),
                    target: None,
                    wanted: &wanted,
                    before: None,
                    most: 20,
                })
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("build");
    let few = &segments.lines[..10_000.min(segments.lines.len())];
    group.sample_size(10);
    group.throughput(Throughput::Elements(few.len() as u64));
    group.bench_function("10,000 segments", |b| b.iter(|| filled(few)));
    group.finish();
}

criterion_group!(benches, score, distances, index);
criterion_main!(benches);
