//! Look-ups against comparing the query with every segment, by the same score and by characters, as most programs do.
//! The same queries for both sides, each side in a block of its own: neither finds its memory in the other's caches.

use crate::data::Segments;
use crate::made::{ask, timed};
use hamzaban::engine::{Caller, Engine, Lookup};
use hamzaban::score::{Segment, compare};
use hamzaban::text::fold;
use rapidfuzz::distance::levenshtein::{Args, BatchComparator};

const THRESHOLD: u8 = 70;
/// How many matches are wanted.
const TOP: usize = 5;
/// Queries for the one that takes a second each …
const FEW: usize = 6;
/// … and for the one that takes a fraction of that.
const SOME: usize = 999;
/// Look-ups before ours are timed, of other texts: after the rival's minute nothing of ours is at hand, neither in the
/// processor's caches nor of the store's file.
const BEFORE: usize = 200;

pub(crate) fn force(engine: &Engine, segments: &Segments) {
    same_score(engine, segments, FEW);
    characters(engine, segments, SOME);
}

/// The mean of whole look-ups of the first so many queries, with their rows, in seconds.
pub(crate) fn ours(engine: &Engine, segments: &Segments, count: usize) -> f64 {
    let queries = segments.queries(count + BEFORE);
    let queries: Vec<Lookup> = queries.iter().map(|text| ask(text, THRESHOLD)).collect();
    let (queries, before) = queries.split_at(count);
    let look_up = |queries: &[Lookup]| {
        for query in queries {
            std::hint::black_box(engine.lookup(&Caller::local(), query).unwrap());
        }
    };
    look_up(before);
    let ((), took) = timed(|| look_up(queries));
    took.as_secs_f64() / count as f64
}

/// Says how much longer the rival takes, both in seconds a query.
pub(crate) fn tell(rival: &str, theirs: f64, ours: f64) {
    println!(
        "{rival}: mean {:.1} ms a query, one thread; ours {:.3} ms; ratio {:.0}",
        theirs * 1e3,
        ours * 1e3,
        theirs / ours
    );
}

/// The same score with every segment, whose tokens were made before.
fn same_score(engine: &Engine, segments: &Segments, count: usize) {
    let queries = segments.queries(count);
    let ready: Vec<Segment> = segments
        .lines
        .iter()
        .map(|line| Segment::plain(line))
        .collect();
    let ((), took) = timed(|| {
        for query in &queries {
            let query = Segment::plain(query);
            let scores = ready.iter().map(|segment| compare(&query, segment).percent);
            std::hint::black_box(scores.max());
        }
    });
    drop(ready);
    let theirs = took.as_secs_f64() / queries.len() as f64;
    let ours = ours(engine, segments, count);
    tell("brute force, the same score", theirs, ours);
}

/// Normalized Levenshtein of crate `rapidfuzz`, of folded texts; those too long or too short are left out, and the
/// cutoff rises with the fifth best found.
fn characters(engine: &Engine, segments: &Segments, count: usize) {
    let queries = segments.queries(count);
    let folded = |text: &String| fold::key(text).text;
    let folded: Vec<(usize, String)> = segments
        .lines
        .iter()
        .map(folded)
        .map(|text| (text.chars().count(), text))
        .collect();
    let ((), took) = timed(|| {
        for query in &queries {
            std::hint::black_box(best_by_characters(&fold::key(query).text, &folded));
        }
    });
    let theirs = took.as_secs_f64() / queries.len() as f64;
    let rival = "brute force, rapidfuzz's normalized Levenshtein";
    drop(folded);
    tell(rival, theirs, ours(engine, segments, count));
}

/// The best five at or above the threshold, with their places.
fn best_by_characters(query: &str, segments: &[(usize, String)]) -> Vec<(f64, usize)> {
    let comparator = BatchComparator::new(query.chars());
    let length = query.chars().count();
    let mut best: Vec<(f64, usize)> = Vec::new();
    let mut cutoff = f64::from(THRESHOLD) / 100.0;
    for (place, (other, text)) in segments.iter().enumerate() {
        let bound = length.min(*other) as f64 / length.max(*other).max(1) as f64;
        if bound < cutoff {
            continue;
        }
        let args = Args::default().score_cutoff(cutoff);
        let Some(alike) = comparator.normalized_similarity_with_args(text.chars(), &args) else {
            continue;
        };
        let rank = best.partition_point(|(other, _)| *other >= alike);
        best.insert(rank, (alike, place));
        best.truncate(TOP);
        if let [.., (least, _)] = best[..]
            && best.len() == TOP
        {
            cutoff = least;
        }
    }
    best
}
