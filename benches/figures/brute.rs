//! Look-ups against comparing the query with every segment, by the same score and by characters, as most programs do.
//! The same queries for both sides, each side in a block of its own: neither finds its memory in the other's caches.

use crate::characters::Characters;
use crate::data::Segments;
use crate::made::{ask, timed};
use hamzaban::engine::{Caller, Engine, Lookup};
use hamzaban::score::{Segment, compare};

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

fn characters(engine: &Engine, segments: &Segments, count: usize) {
    let queries = segments.queries(count);
    let rival = Characters::of(segments.lines.iter().map(String::as_str));
    let ((), took) = timed(|| {
        for query in &queries {
            std::hint::black_box(rival.best(query, THRESHOLD, TOP));
        }
    });
    drop(rival);
    let theirs = took.as_secs_f64() / queries.len() as f64;
    let rival = "brute force, rapidfuzz's normalized Levenshtein";
    tell(rival, theirs, ours(engine, segments, count));
}
