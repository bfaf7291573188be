//! Is the best match the most helpful one? `cargo bench --bench usefulness` prints the table of `docs/benchmarks.md`.
//!
//! Whole documents of an English–Persian corpus are held out, their segments looked up in the rest, and the target of
//! the first match compared with the true translation: by chrF (characters) and by words. The rival is character
//! Levenshtein as most servers use it (`1 − edits / length of the longer`), over all segments by brute force. Both
//! show as many matches: their surest 20 % and 40 % of the queries, and as many as the server answers at all (at its
//! least threshold, 30). Significance: 2,000 bootstrap samples of the held-out documents.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench is for people who read its output"
)]

use std::collections::{HashMap, HashSet};
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hamzaban::engine::{Caller, Engine, Format, ImportMode, Lookup, NewMemory, Progress};
use hamzaban::text::fold;
use rapidfuzz::distance::levenshtein;

/// Queries of each direction.
const QUERIES: usize = 2_000;
/// Of a document so many at the most: a few long ones would decide everything.
const OF_A_DOCUMENT: usize = 40;
/// One document of so many is held out.
const HELD_OUT: u64 = 8;
const SAMPLES: usize = 2_000;

fn main() {
    let Some(pairs) = Pair::load() else {
        println!("skipped: the measuring data (shared/data/en_fa.tsv.xz) is not here");
        return;
    };
    let (held, kept): (Vec<Pair>, Vec<Pair>) =
        pairs.into_iter().partition(|pair| pair.is_held_out());
    println!("{} pairs to look in, {} held out", kept.len(), held.len());
    let folder = tempfile::tempdir().unwrap();
    let engine = filled(folder.path(), &kept);
    println!(
        "difference to character Levenshtein, percentage points, at equal coverage 20 / 40 / all answered \
         (* = 95 % interval without 0)"
    );
    for direction in [Direction::EnFa, Direction::FaEn] {
        measure(direction, &engine, &held, &kept);
    }
}

struct Pair {
    en: String,
    fa: String,
    document: String,
}

impl Pair {
    fn load() -> Option<Vec<Self>> {
        let shared = std::env::var_os("HAMZABAN_SHARED").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
            PathBuf::from,
        );
        let file = std::fs::File::open(shared.join("data/en_fa.tsv.xz")).ok()?;
        let mut text = Vec::new();
        lzma_rs::xz_decompress(&mut BufReader::new(file), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let pair = |line: &str| {
            let mut cells = line.split('\t').map(str::to_owned);
            Some(Self {
                en: cells.next()?,
                fa: cells.next()?,
                document: cells.next()?,
            })
        };
        Some(text.lines().filter_map(pair).collect())
    }

    /// By the document's name, so that it is the same every time.
    fn is_held_out(&self) -> bool {
        let hash = self.document.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash >> 32).is_multiple_of(HELD_OUT)
    }
}

#[derive(Clone, Copy)]
enum Direction {
    EnFa,
    FaEn,
}

impl Direction {
    fn langs(self) -> [&'static str; 2] {
        match self {
            Self::EnFa => ["en", "fa"],
            Self::FaEn => ["fa", "en"],
        }
    }

    fn source(self, pair: &Pair) -> &str {
        match self {
            Self::EnFa => &pair.en,
            Self::FaEn => &pair.fa,
        }
    }

    fn target(self, pair: &Pair) -> &str {
        match self {
            Self::EnFa => &pair.fa,
            Self::FaEn => &pair.en,
        }
    }
}

struct Quiet;

impl Progress for Quiet {
    fn advance(&self, _: u64, _: u64) {}
}

fn filled(folder: &Path, pairs: &[Pair]) -> Arc<Engine> {
    let engine = Engine::open(folder, false).unwrap();
    engine.catch_up().unwrap();
    let caller = Caller::local();
    let memory = NewMemory {
        name: "rest".into(),
        ..NewMemory::default()
    };
    engine.create_memory(&caller, &memory).unwrap();
    let id = engine
        .begin_import(&caller, "rest", "rest.tsv", Format::Tsv, ImportMode::Add)
        .unwrap();
    let lines = pairs
        .iter()
        .map(|pair| format!("{}\t{}\n", pair.en, pair.fa));
    let file = Cursor::new(lines.collect::<String>());
    let lang = |tag| hamzaban::model::Lang::parse(tag).unwrap();
    let langs = Some((lang("en"), lang("fa")));
    engine
        .import(&caller, &id, Box::new(file), langs, &Quiet)
        .unwrap();
    engine
}

/// What one method shows for a query.
#[derive(Clone, Copy, Default)]
struct Shown {
    sure: f64,
    chrf: f64,
    words: f64,
}

/// How good what is shown is, 0 to 1.
type Measure = fn(&Shown) -> f64;

/// A query with what both show; nothing where the server has no match.
struct Asked {
    document: usize,
    ours: Option<Shown>,
    rival: Shown,
}

fn measure(direction: Direction, engine: &Engine, held: &[Pair], kept: &[Pair]) {
    let queries = chosen(direction, held, kept);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let part = queries.len().div_ceil(workers);
    let asked: Vec<Asked> = std::thread::scope(|scope| {
        let parts: Vec<_> = queries
            .chunks(part)
            .map(|part| scope.spawn(move || ask(direction, engine, part, kept)))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap())
            .collect()
    });
    let answered = asked.iter().filter(|asked| asked.ours.is_some()).count();
    let n = asked.len();
    println!(
        "{} → {}: {n} queries of {} documents, {answered} answered",
        direction.langs()[0],
        direction.langs()[1],
        asked
            .iter()
            .map(|a| a.document)
            .collect::<HashSet<_>>()
            .len()
    );
    let measures: [(&str, Measure); 2] =
        [("chrF", |shown| shown.chrf), ("words", |shown| shown.words)];
    for (name, measure) in measures {
        let cells =
            [0.2, 0.4, answered as f64 / n as f64].map(|share| cell(&asked, share, measure));
        println!("  {name:<6} {}", cells.join(" / "));
    }
}

/// Held-out pairs whose source is not in the rest as it is: there every method is the same.
fn chosen<'p>(direction: Direction, held: &'p [Pair], kept: &[Pair]) -> Vec<(usize, &'p Pair)> {
    let known: HashSet<&str> = kept.iter().map(|pair| direction.source(pair)).collect();
    let mut documents: HashMap<&str, (usize, usize)> = HashMap::new();
    let mut seen = HashSet::new();
    let mut random = Random(19);
    let mut order: Vec<&Pair> = held.iter().collect();
    for place in (1..order.len()).rev() {
        order.swap(place, random.below(place + 1));
    }
    let mut chosen = Vec::new();
    for pair in order {
        let source = direction.source(pair);
        let words = source.split_whitespace().count();
        if words < 3 || known.contains(source) || !seen.insert(source) {
            continue;
        }
        let next = documents.len();
        let (document, count) = documents.entry(&pair.document).or_insert((next, 0));
        *count += 1;
        if *count <= OF_A_DOCUMENT {
            chosen.push((*document, pair));
        }
        if chosen.len() == QUERIES {
            break;
        }
    }
    chosen
}

fn ask(
    direction: Direction,
    engine: &Engine,
    queries: &[(usize, &Pair)],
    kept: &[Pair],
) -> Vec<Asked> {
    let [from, to] = direction.langs();
    let sources: Vec<(usize, &str)> = kept
        .iter()
        .map(|pair| direction.source(pair))
        .map(|text| (text.chars().count(), text))
        .collect();
    let answer = |(document, pair): &(usize, &Pair)| {
        let (text, truth) = (direction.source(pair), direction.target(pair));
        let lookup: Lookup = serde_json::from_value(serde_json::json!({
            "source_lang": from, "target_lang": to, "text": text, "threshold": 30, "limit": 1
        }))
        .unwrap();
        let reply = engine.lookup(&Caller::local(), &lookup).unwrap();
        let ours = reply.matches.first().map(|best| {
            let sure = order_shown(best.score, text, &best.source);
            shown(sure, &best.target, truth)
        });
        let (sure, best) = most_alike(text, &sources);
        let rival = shown(sure, direction.target(&kept[best]), truth);
        Asked {
            document: *document,
            ours,
            rival,
        }
    };
    queries.iter().map(answer).collect()
}

/// What matches are ordered by: 95 and above by score; below, by the average of it and how alike the characters of
/// the folded texts are.
fn order_shown(score: u8, text: &str, other: &str) -> f64 {
    let s = f64::from(score) / 100.0;
    if score >= 95 {
        return s;
    }
    let [text, other] = [text, other].map(|text| fold::key(text).text);
    (s + levenshtein::normalized_similarity(text.chars(), other.chars())) / 2.0
}

/// The newest of the most alike.
fn most_alike(text: &str, sources: &[(usize, &str)]) -> (f64, usize) {
    let comparator = levenshtein::BatchComparator::new(text.chars());
    let length = text.chars().count();
    let (mut most, mut best) = (0.0, 0);
    for (place, (other, source)) in sources.iter().enumerate() {
        let bound = length.min(*other) as f64 / length.max(*other).max(1) as f64;
        if bound < most {
            continue;
        }
        let args = levenshtein::Args::default().score_cutoff(most);
        if let Some(alike) = comparator.normalized_similarity_with_args(source.chars(), &args) {
            (most, best) = (alike, place);
        }
    }
    (most, best)
}

fn shown(sure: f64, target: &str, truth: &str) -> Shown {
    Shown {
        sure,
        chrf: chrf(target, truth),
        words: words_alike(target, truth),
    }
}

/// The mean of ours less the mean of the rival's, each over its surest queries.
fn cell(asked: &[Asked], share: f64, measure: Measure) -> String {
    let count = (asked.len() as f64 * share).round() as usize;
    let ours: Vec<Option<Shown>> = asked.iter().map(|asked| asked.ours).collect();
    let rival: Vec<Option<Shown>> = asked.iter().map(|asked| Some(asked.rival)).collect();
    let sums = [surest(&ours, count), surest(&rival, count)]
        .map(|chosen| by_document(asked, &chosen, measure));
    let documents: Vec<usize> = sums[0].keys().copied().collect();
    let difference = |chosen: &mut dyn Iterator<Item = usize>| {
        let (mut values, mut counts) = ([0.0; 2], [0.0; 2]);
        for document in chosen {
            for (method, sums) in sums.iter().enumerate() {
                let (value, count) = sums[&document];
                values[method] += value;
                counts[method] += count;
            }
        }
        100.0 * (values[0] / f64::max(counts[0], 1.0) - values[1] / f64::max(counts[1], 1.0))
    };
    let whole = difference(&mut documents.iter().copied());
    let mut random = Random(5);
    let mut samples: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let mut chosen = documents
                .iter()
                .map(|_| documents[random.below(documents.len())]);
            difference(&mut chosen)
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    let (low, high) = (samples[SAMPLES / 40], samples[SAMPLES - 1 - SAMPLES / 40]);
    let star = if low > 0.0 || high < 0.0 { "*" } else { "" };
    format!("{whole:+.1}{star} [{low:+.1}, {high:+.1}]")
}

/// The queries of which a method is surest.
fn surest(shown: &[Option<Shown>], count: usize) -> Vec<(usize, Shown)> {
    let mut all: Vec<(usize, Shown)> = shown
        .iter()
        .enumerate()
        .filter_map(|(place, shown)| Some((place, (*shown)?)))
        .collect();
    all.sort_by(|(_, a), (_, b)| b.sure.total_cmp(&a.sure));
    all.truncate(count);
    all
}

/// Sum and count of each document; all documents are in it.
fn by_document(
    asked: &[Asked],
    chosen: &[(usize, Shown)],
    measure: Measure,
) -> std::collections::BTreeMap<usize, (f64, f64)> {
    let mut sums: std::collections::BTreeMap<usize, (f64, f64)> = asked
        .iter()
        .map(|asked| (asked.document, (0.0, 0.0)))
        .collect();
    for (place, shown) in chosen {
        let sum = sums.entry(asked[*place].document).or_default();
        sum.0 += measure(shown);
        sum.1 += 1.0;
    }
    sums
}

/// chrF with β = 2 and n-grams of 1 to 6 characters, spaces left out (Popović 2015), of one segment.
fn chrf(hypothesis: &str, reference: &str) -> f64 {
    let letters =
        |text: &str| -> Vec<char> { text.chars().filter(|c| !c.is_whitespace()).collect() };
    let (hypothesis, reference) = (letters(hypothesis), letters(reference));
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for n in 1..=6 {
        let count = |text: &[char]| {
            let mut grams: HashMap<Vec<char>, i64> = HashMap::new();
            text.windows(n)
                .for_each(|gram| *grams.entry(gram.to_vec()).or_default() += 1);
            grams
        };
        let (h, r) = (count(&hypothesis), count(&reference));
        let (all_h, all_r): (i64, i64) = (h.values().sum(), r.values().sum());
        if all_h == 0 || all_r == 0 {
            continue;
        }
        let both: i64 = h
            .iter()
            .map(|(gram, n)| *n.min(r.get(gram).unwrap_or(&0)))
            .sum();
        precision += both as f64 / all_h as f64;
        recall += both as f64 / all_r as f64;
        orders += 1.0;
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    let (p, r) = (precision / orders, recall / orders);
    5.0 * p * r / (4.0 * p + r)
}

/// `1 − edits / length of the longer`, in words.
fn words_alike(a: &str, b: &str) -> f64 {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let [a, b] = [a, b].map(|text| {
        let number = |word| {
            let next = numbers.len() as u32;
            *numbers.entry(word).or_insert(next)
        };
        text.split_whitespace().map(number).collect::<Vec<u32>>()
    });
    levenshtein::normalized_similarity(a, b)
}

/// Xorshift: the same numbers every time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
