//! Looking up many segments at once, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, available_parallelism};

use super::lookup::{check_bounds, ready};
use super::requests::{BatchLookup, Lookup, LookupReply, Segment};
use super::{Caller, Engine, Error, invalid};
use crate::store;

/// The most segments of a batch.
const MOST_SEGMENTS: usize = 100;
/// Starting a helper costs as much as some quick look-ups.
const WORTH_A_HELPER: usize = 8;

/// The helpers of all batches together: one fewer than there are cores. A batch works on its caller's thread and takes
/// the helpers that are free, so many batches have about the threads that they would have without, and a single
/// look-up never waits for anything but its share of the processor.
pub(super) struct Helpers(AtomicUsize);

impl Default for Helpers {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self(AtomicUsize::new(cores - 1))
    }
}

/// Helpers that one batch has; they are free again when this is dropped.
struct Taken<'a> {
    of: &'a AtomicUsize,
    count: usize,
}

impl Helpers {
    /// At most `most` of those that are free.
    fn take(&self, most: usize) -> Taken<'_> {
        let rest = |free: usize| Some(free - free.min(most));
        let before = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, rest);
        let count = before.unwrap_or_default().min(most);
        Taken { of: &self.0, count }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.of.fetch_add(self.count, Ordering::AcqRel);
    }
}

/// A segment's place in the batch, and its answer.
type Answer = (usize, Result<LookupReply, Error>);

impl Engine {
    /// Answers many, in order, each as if it were asked alone. One faulty segment fails the batch, naming the first
    /// place. Once the answers are no longer `wanted`, fewer are given.
    pub fn lookup_batch(
        &self,
        caller: &Caller,
        batch: &BatchLookup,
        wanted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<LookupReply>, Error> {
        let count = batch.segments.len();
        if count > MOST_SEGMENTS {
            let reason = format!("at most {MOST_SEGMENTS} segments fit in one batch");
            return Err(invalid("out_of_range", "/segments", &reason));
        }
        // What all segments share is judged once, also where there are none, and by its own name.
        check_bounds(batch.threshold, batch.limit)?;
        batch.filter.as_ref().map(ready).transpose()?;
        let next = AtomicUsize::new(0);
        let work = || -> Vec<Answer> {
            let mut answers = Vec::new();
            while wanted() {
                // Whoever is done with a segment takes the next, as some take a hundred times as long as others.
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(segment) = batch.segments.get(place) else {
                    break;
                };
                let answer = self.lookup(caller, &of_one(batch, segment));
                let failed = answer.is_err();
                answers.push((place, answer));
                // Single look-ups need not wait for more than one of these.
                store::give_way();
                if failed {
                    // All segments before it are answered or being answered: those after it do not matter any more.
                    next.fetch_max(count, Ordering::Relaxed);
                }
            }
            answers
        };
        let helpers = self.helpers.take(count / WORTH_A_HELPER);
        let mut answers = together(helpers.count, &work);
        drop(helpers);
        answers.sort_unstable_by_key(|(place, _)| *place);
        let named = |(place, answer): Answer| {
            answer.map_err(|error| error.below(&format!("/segments/{place}")))
        };
        answers.into_iter().map(named).collect()
    }
}

/// Works here and on so many threads besides.
fn together(helpers: usize, work: &(dyn Fn() -> Vec<Answer> + Sync)) -> Vec<Answer> {
    let span = tracing::Span::current();
    std::thread::scope(|scope| {
        let help = |_| {
            let span = span.clone();
            let thread = Builder::new().name("batch-helper".into());
            // Where no thread can be had, this one does it all.
            thread.spawn_scoped(scope, move || span.in_scope(work)).ok()
        };
        let helping: Vec<_> = (0..helpers).filter_map(help).collect();
        let mut answers = work();
        for helper in helping {
            match helper.join() {
                Ok(more) => answers.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        answers
    })
}

fn of_one(batch: &BatchLookup, segment: &Segment) -> Lookup {
    Lookup {
        source_lang: batch.source_lang.clone(),
        target_lang: batch.target_lang.clone(),
        text: segment.text.clone(),
        text_tagged: segment.text_tagged.clone(),
        memories: batch.memories.clone(),
        threshold: batch.threshold,
        limit: batch.limit,
        context: segment.context.clone(),
        filter: batch.filter.clone(),
        include: batch.include.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::World;
    use super::*;

    fn batch(texts: &[String]) -> BatchLookup {
        let segments: Vec<_> = texts
            .iter()
            .map(|text| serde_json::json!({ "text": text }))
            .collect();
        serde_json::from_value(serde_json::json!({
            "source_lang": "en", "target_lang": "fa", "threshold": 50, "segments": segments
        }))
        .unwrap()
    }

    fn world() -> World {
        let world = World::new(&["m"]);
        for number in 0..60 {
            world.add(
                "m",
                &format!("The committee number {number} met on day {}", number % 7),
            );
        }
        world
    }

    fn texts(count: usize) -> Vec<String> {
        let text = |number: usize| match number % 3 {
            0 => format!("The committee number {number} met on day {}", number % 7),
            1 => format!("A committee with number {number} met"),
            _ => format!("Nothing like it {number}"),
        };
        (0..count).map(text).collect()
    }

    #[test]
    fn a_batch_is_answered_as_its_segments_are_one_by_one_whatever_helpers_there_are() {
        let world = world();
        for helpers in [0, 1, 7] {
            world.engine.helpers.0.store(helpers, Ordering::Relaxed);
            for count in [0, 1, 7, 8, 100] {
                let batch = batch(&texts(count));
                let caller = Caller::local();
                let one = |segment| {
                    world
                        .engine
                        .lookup(&caller, &of_one(&batch, segment))
                        .unwrap()
                };
                let singles: Vec<LookupReply> = batch.segments.iter().map(one).collect();
                let together = world
                    .engine
                    .lookup_batch(&caller, &batch, &|| true)
                    .unwrap();
                assert_eq!(
                    serde_json::to_value(together).unwrap(),
                    serde_json::to_value(singles).unwrap()
                );
            }
        }
    }

    #[test]
    fn the_first_faulty_segment_is_named_and_all_helpers_come_back() {
        let world = world();
        let free = world.engine.helpers.0.load(Ordering::Relaxed);
        for first in [0, 13, 98] {
            let mut texts = texts(100);
            texts[first].clear();
            texts[99].clear();
            let refused = world
                .engine
                .lookup_batch(&Caller::local(), &batch(&texts), &|| true);
            let Err(Error::Invalid { field, .. }) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(field, format!("/segments/{first}/text"));
        }
        assert_eq!(world.engine.helpers.0.load(Ordering::Relaxed), free);
    }

    #[test]
    fn nobody_works_on_for_a_client_that_has_left() {
        let world = world();
        let left = world
            .engine
            .lookup_batch(&Caller::local(), &batch(&texts(100)), &|| false);
        assert!(left.unwrap().is_empty());
    }

    #[test]
    fn helpers_are_shared_and_never_more_than_there_are() {
        let helpers = Helpers(AtomicUsize::new(3));
        let (one, two) = (helpers.take(2), helpers.take(2));
        assert_eq!((one.count, two.count, helpers.take(2).count), (2, 1, 0));
        drop(one);
        assert_eq!(helpers.take(9).count, 2);
    }
}
