//! How fast names are found and looked up: `cargo bench --bench names`.
//!
//! Without the measuring data (`HAMZABAN_SHARED`, else `../shared`) made-up sentences are read, and it says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench tells figures and may panic"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hamzaban::formats::glossary;
use hamzaban::model::{Concept, ConceptId, Lang, Name, NameForm};
use hamzaban::names::{Finder, Lookup, Scope};

const SYNTHETIC: usize = 200_000;
const TEXT: usize = 8 << 20;

fn shipped() -> Vec<Concept> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/glossary/concepts.csv");
    glossary::read(std::fs::File::open(path).unwrap())
        .unwrap()
        .concepts()
}

/// A sequence of numbers that is the same in every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

/// The shipped concepts, and made-up ones with names in both scripts up to [`SYNTHETIC`] names.
fn synthetic() -> Vec<Concept> {
    let mut concepts = shipped();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let latin = [
        "ba", "ta", "mo", "khe", "ra", "shi", "ne", "gho", "sa", "li", "va", "dar", "far", "zad",
        "pour", "nia",
    ];
    let persian = [
        "با", "تا", "مو", "خه", "را", "شی", "نه", "قو", "سا", "لی", "وا", "دار", "فر", "زاد",
        "پور", "نیا",
    ];
    let (en, fa) = (Lang::parse("en").unwrap(), Lang::parse("fa").unwrap());
    for number in 0..SYNTHETIC / 2 {
        let (mut english, mut farsi) = (String::new(), String::new());
        for word in 0..2 + numbers.next(2) {
            if word > 0 {
                english.push(' ');
                farsi.push(' ');
            }
            for syllable in 0..2 + numbers.next(3) {
                let at = numbers.next(latin.len());
                let piece = latin[at];
                if syllable == 0 {
                    english.push_str(&piece[..1].to_uppercase());
                    english.push_str(&piece[1..]);
                } else {
                    english.push_str(piece);
                }
                farsi.push_str(persian[at]);
            }
        }
        let kind = if number % 2 == 0 { "person" } else { "org" };
        let mut concept = Concept::new(ConceptId::parse(&format!("{kind}:made-{number}")).unwrap());
        concept.names.push(Name::new(en.clone(), english));
        concept.names.push(Name::new(fa.clone(), farsi));
        concepts.push(concept);
    }
    concepts
}

fn read_xz(name: &str) -> Option<String> {
    let shared = std::env::var("HAMZABAN_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let file = std::fs::File::open(std::path::Path::new(&shared).join("data").join(name)).ok()?;
    let mut content = Vec::new();
    lzma_rs::xz_decompress(&mut std::io::BufReader::new(file), &mut content).ok()?;
    String::from_utf8(content).ok()
}

fn cut(mut text: String, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

fn texts() -> (String, String) {
    let english = read_xz("en_segments.txt.xz").unwrap_or_else(|| {
        println!("(no measuring data: made-up sentences)");
        "The council of the city met in Tehran on Tuesday and said that talks go on.\n"
            .repeat(100_000)
    });
    let persian = read_xz("en_fa.tsv.xz").map(|pairs| {
        let lines: Vec<&str> = pairs
            .lines()
            .filter_map(|line| line.split('\t').nth(1))
            .collect();
        lines.join("\n")
    });
    let persian = persian.unwrap_or_else(|| {
        "شورای شهر روز سه‌شنبه در تهران جلسه داشت و گفت‌وگوها ادامه دارد.\n".repeat(80_000)
    });
    (cut(english, TEXT), cut(persian, TEXT))
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

/// All names as one case-insensitive alternation, longest first: what a script would do.
fn alternation(concepts: &[Concept]) -> regex::Regex {
    let mut names: Vec<String> = concepts
        .iter()
        .flat_map(|concept| &concept.names)
        .filter(|name| name.form != NameForm::Spelling)
        .map(|name| regex::escape(&name.text))
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let pattern = format!(r"(?i)\b(?:{})\b", names.join("|"));
    regex::RegexBuilder::new(&pattern)
        .size_limit(1 << 30)
        .dfa_size_limit(1 << 28)
        .build()
        .expect("the alternation compiles")
}

fn main() {
    let (english, persian) = texts();
    for (title, concepts) in [("shipped", shipped()), ("200,000 made-up", synthetic())] {
        let names: usize = concepts.iter().map(|concept| concept.names.len()).sum();
        let concepts: Arc<[Concept]> = concepts.into();
        let built = best_of(3, || {
            black_box(Finder::shared(Arc::clone(&concepts)));
        });
        let finder = Finder::shared(Arc::clone(&concepts));
        println!("{title}: {names} names, finder built in {built:.0?}");
        for (language, text) in [("English", &english), ("Persian", &persian)] {
            let mut mentions = 0;
            let took = best_of(3, || mentions = finder.find(text, Scope::default()).len());
            println!(
                "  {language}: {:.1} MB/s, {mentions} mentions in {} MB",
                rate(text, took),
                text.len() >> 20
            );
        }
        look_up(&concepts);
    }
    let part = &cut(english.clone(), 1 << 20);
    let (concepts, pattern) = (shipped(), alternation(&shipped()));
    let finder = Finder::new(&concepts);
    let naive = best_of(2, || {
        black_box(pattern.find_iter(part).count());
    });
    let ours = best_of(2, || {
        black_box(finder.find(part, Scope::default()).len());
    });
    println!(
        "a regex alternation: {:.1} MB/s; the finder is {:.1} times as fast in the same run",
        rate(part, naive),
        naive.as_secs_f64() / ours.as_secs_f64()
    );
}

/// Times of look-ups: names as they are, with a letter left out, and with their words turned round.
fn look_up(concepts: &Arc<[Concept]>) {
    let built = best_of(1, || {
        black_box(Lookup::new(Arc::clone(concepts)));
    });
    let lookup = Lookup::new(Arc::clone(concepts));
    let mut numbers = Numbers(42);
    let mut times: Vec<Duration> = Vec::new();
    for round in 0..2_000 {
        let concept = &concepts[numbers.next(concepts.len())];
        let name = &concept.names[numbers.next(concept.names.len())].text;
        let query: String = match round % 3 {
            0 => name.clone(),
            1 => {
                let skipped = numbers.next(name.chars().count());
                let kept = name.chars().enumerate().filter(|(at, _)| *at != skipped);
                kept.map(|(_, c)| c).collect()
            }
            _ => name.split(' ').rev().collect::<Vec<_>>().join(" "),
        };
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
        "  look-up built in {built:.0?}; p50 {:.2?}, p99 {:.2?}, max {:.2?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1]
    );
}
