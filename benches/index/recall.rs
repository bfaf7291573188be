//! Is anything lost? `cargo bench --bench index -- recall` (or `recall 500` for fewer queries): every query compared
//! with every segment by the score itself, and at each threshold what the index finds compared with that. Two or
//! three minutes on two cores.
//!
//! English and Persian segments that stand in the data beside each other, twelve thousand of each; queries are
//! segments as they are, edited ones, and halves of two. Only what the length filter proves is left out: weights
//! of which one is less than half the other.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::thread;

use hamzaban::index::{Index, Question};
use hamzaban::model::{Lang, Seq, UnitId};
use hamzaban::score::{self, Segment};
use hamzaban::text;

use super::MEMORY;
use super::data::{Random, Segments, query, shared};

const SEGMENTS: usize = 12_000;
const QUERIES: usize = 2_400;
const THRESHOLDS: [u8; 10] = [50, 55, 60, 65, 70, 75, 80, 85, 90, 95];

/// Prints a row for each language.
pub(crate) fn run(segments: &Segments, queries: Option<usize>) {
    let queries = queries.unwrap_or(QUERIES) / 2;
    println!(
        "| language | segments | queries | thresholds | pairs | reached | lost | wrong | truncated |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let step = segments.lines.len() / SEGMENTS;
    let english = segments.lines.iter().step_by(step.max(1)).take(SEGMENTS);
    row("en", english.cloned().collect(), queries);
    let persian = persian();
    if persian.is_empty() {
        println!("fa is left out: data/en_fa.tsv.xz is not here");
    } else {
        row("fa", persian, queries);
    }
}

/// The second column of the sentence pairs, evenly drawn.
fn persian() -> Vec<String> {
    let Ok(file) = File::open(shared().join("data/en_fa.tsv.xz")) else {
        return Vec::new();
    };
    let mut text = Vec::new();
    lzma_rs::xz_decompress(&mut BufReader::new(file), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split('\t').nth(1))
        .collect();
    let step = (lines.len() / SEGMENTS).max(1);
    let lines = lines.into_iter().step_by(step).take(SEGMENTS);
    lines.map(str::to_owned).collect()
}

/// What was compared, and what was amiss.
#[derive(Default)]
struct Tally {
    pairs: usize,
    reached: usize,
    lost: usize,
    wrong: usize,
    truncated: usize,
}

fn row(lang: &str, lines: Vec<String>, count: usize) {
    let lang = Lang::parse(lang).unwrap();
    let index = Index::default();
    let mut filling = index.fill();
    for (line, id) in lines.iter().zip(0..) {
        filling.add(MEMORY, UnitId(id), [(&lang, line.as_str())].into_iter());
    }
    filling.finish();
    index.has_all_up_to(Seq(lines.len() as i64));
    let segments: Vec<Segment> = lines.iter().map(|line| Segment::plain(line)).collect();
    let queries = queries(&lines, count);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let shares = queries.chunks(queries.len().div_ceil(threads).max(1));
        let running: Vec<_> = shares
            .map(|share| scope.spawn(|| compared(&index, &lang, &segments, share)))
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    println!(
        "| {} | {} | {} | 50–95 by 5 | {} | {} | {} | {} | {} |",
        lang.as_str(),
        segments.len(),
        queries.len(),
        sum(|tally| tally.pairs),
        sum(|tally| tally.reached),
        sum(|tally| tally.lost),
        sum(|tally| tally.wrong),
        sum(|tally| tally.truncated)
    );
}

fn queries(lines: &[String], count: usize) -> Vec<String> {
    let mut random = Random(42);
    let make = |kind| {
        let (one, other) = (random.below(lines.len()), random.below(lines.len()));
        query(kind, &lines[one], &lines[other], &mut random)
    };
    (0..count).map(make).collect()
}

fn compared(index: &Index, lang: &Lang, segments: &[Segment], queries: &[String]) -> Tally {
    let mut tally = Tally::default();
    for query in queries {
        let segment = Segment::plain(query);
        let percents = by_brute_force(&segment, segments);
        for threshold in THRESHOLDS {
            check(index, lang, query, threshold, &percents, &mut tally);
        }
    }
    tally
}

/// The percentage of each segment that may reach the least threshold.
fn by_brute_force(query: &Segment, segments: &[Segment]) -> HashMap<UnitId, u8> {
    let may_reach = |other: &Segment| {
        let (a, b) = (query.weight(), other.weight());
        a.min(b) * 100 >= a.max(b) * u32::from(THRESHOLDS[0])
    };
    let others = (0..).map(UnitId).zip(segments);
    let others = others.filter(|(_, other)| may_reach(other));
    let percents = others.map(|(unit, other)| (unit, score::compare(query, other).percent));
    percents.collect()
}

fn check(
    index: &Index,
    lang: &Lang,
    query: &str,
    threshold: u8,
    percents: &HashMap<UnitId, u8>,
    tally: &mut Tally,
) {
    let (group, analysis) = (lang.group(), text::analyse(query));
    let found = index.search(&Question {
        memories: &[(MEMORY, 0)],
        source: &group,
        target: &group,
        text: query,
        analysis: &analysis,
        threshold,
        keep: usize::MAX,
    });
    tally.truncated += usize::from(found.truncated);
    tally.pairs += percents.len();
    let fuzzy = found.fuzzy.iter().map(|hit| (hit.unit, hit.percent));
    let fuzzy: HashMap<UnitId, u8> = fuzzy.collect();
    let near: HashSet<UnitId> = found.near.iter().map(|&(_, unit)| unit).collect();
    for (unit, &percent) in percents {
        let reaches = percent >= threshold;
        tally.reached += usize::from(reaches);
        tally.lost += usize::from(reaches && !fuzzy.contains_key(unit) && !near.contains(unit));
    }
    let is_wrong = |(unit, percent): &(&UnitId, &u8)| percents.get(unit) != Some(percent);
    tally.wrong += fuzzy.iter().filter(is_wrong).count();
}
