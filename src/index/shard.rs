//! The segments of one memory in one language: parts, and which of their segments are gone.
//!
//! Readers take the state of a moment and keep it as long as they like; writers put a new state in its
//! place. A change adds a small part; small parts are merged at once, large ones by [`super::Index::tidy`].

use std::sync::Arc;

use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use crate::model::UnitId;

use super::part::{Doc, Entry, Part};

/// Parts of together at most so many segments are merged by the writer itself: some milliseconds.
const MERGED_AT_ONCE: usize = 4_096;
/// So many parts of about the same size are merged while changes come in …
const PARTS_A_TIER: usize = 8;
/// … where sizes are about the same if they share the power of this.
const TIER: f64 = 8.0;

/// While changes come in no merge makes a part of more bytes: a merge needs the room of its result beside what
/// it replaces, and an import must not need much more than its index.
const LARGEST: usize = 16 << 20;
/// At rest: a million segments. Each part costs a search the finding of all its lists.
pub(super) const LARGEST_AT_REST: usize = 64 << 20;

/// As many parts from the first on as make no more than so many bytes.
pub(super) fn first_within(parts: &[Arc<Part>], bytes: usize) -> &[Arc<Part>] {
    let mut sum = 0;
    let fit = parts.iter().take_while(|part| {
        sum += part.bytes();
        sum <= bytes
    });
    &parts[..fit.count()]
}

/// A shard at one moment.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) parts: Vec<Arc<Part>>,
    /// Units that are gone, or stand in a younger part: their segments in parts up to this age don't count.
    dead: Arc<FxHashMap<UnitId, u64>>,
}

impl State {
    /// Whether a segment of a part counts.
    pub(super) fn is_alive(&self, part: &Part, doc: Doc) -> bool {
        self.dead.is_empty()
            || self
                .dead
                .get(&part.unit(doc))
                .is_none_or(|&age| part.age > age)
    }

    pub(super) fn of(parts: Vec<Arc<Part>>, dead: FxHashMap<UnitId, u64>) -> Self {
        Self {
            parts,
            dead: Arc::new(dead),
        }
    }

    /// The tombstones.
    pub(super) fn dead(&self) -> &FxHashMap<UnitId, u64> {
        &self.dead
    }

    /// The part with most dead segments, if any has some.
    fn deadest(&self) -> Option<Arc<Part>> {
        let dead = |part: &Part| {
            (0..part.len() as Doc)
                .filter(|&doc| !self.is_alive(part, doc))
                .count()
        };
        let counted = self.parts.iter().map(|part| (dead(part), part));
        let (most, part) = counted.max_by_key(|(dead, _)| *dead)?;
        (most > 0).then(|| part.clone())
    }

    /// How many it has, dead ones included.
    pub(super) fn segments(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }
}

/// See the file's comment.
#[derive(Default)]
pub(super) struct Shard {
    state: RwLock<Arc<State>>,
}

impl Shard {
    pub(super) fn of(state: State) -> Self {
        Self {
            state: RwLock::new(Arc::new(state)),
        }
    }

    pub(super) fn state(&self) -> Arc<State> {
        self.state.read().clone()
    }

    /// Only one thread at a time changes a shard: see [`super::Index`].
    fn set(&self, state: State) {
        *self.state.write() = Arc::new(state);
    }

    /// Puts segments in and takes units out. `age` is larger than that of all parts there are.
    pub(super) fn change(&self, age: u64, gone: &[UnitId], entries: Vec<Entry>) {
        let mut state = State::clone(&self.state());
        if !gone.is_empty() && !state.parts.is_empty() {
            let dead = Arc::make_mut(&mut state.dead);
            dead.extend(gone.iter().map(|&unit| (unit, age - 1)));
        }
        if !entries.is_empty() {
            let mut newest = Arc::new(Part::build(age, entries));
            // Like carrying in a binary counter: each segment is rebuilt a logarithmic number of times.
            while let Some(last) = state.parts.pop() {
                if last.len() > 2 * newest.len() || last.len() + newest.len() > MERGED_AT_ONCE {
                    state.parts.push(last);
                    break;
                }
                // What is dead in the older one must not get the newer one's age, or it would rise again.
                let alive = |part: &Part, doc| state.is_alive(part, doc);
                newest = Arc::new(Part::merge(age, &[last, newest], alive));
            }
            state.parts.push(newest);
        }
        self.set(state);
    }

    /// Adds a part of segments that are in no other.
    pub(super) fn push(&self, part: Part) {
        let mut state = State::clone(&self.state());
        state.parts.push(Arc::new(part));
        self.set(state);
    }

    /// Parts that should become one: while changes come in, a tier that is full; at rest, all that are small
    /// beside what they make together, and one of which much is dead.
    pub(super) fn due(&self, at_rest: bool) -> Vec<Arc<Part>> {
        let state = self.state();
        if at_rest && state.dead.len() * 10 > state.segments() {
            return state.deadest().into_iter().collect();
        }
        let largest = if at_rest { LARGEST_AT_REST } else { LARGEST };
        let mut small: Vec<Arc<Part>> = state
            .parts
            .iter()
            .filter(|part| part.bytes() < largest / 2)
            .cloned()
            .collect();
        small.sort_by_key(|part| part.bytes());
        if at_rest {
            let few = first_within(&small, largest);
            let others: usize = few.iter().rev().skip(1).map(|part| part.bytes()).sum();
            let worth = few
                .last()
                .is_some_and(|largest| others * 8 > largest.bytes())
                || few.len() >= PARTS_A_TIER;
            return if worth && few.len() > 1 {
                few.to_vec()
            } else {
                Vec::new()
            };
        }
        let tier = |part: &Arc<Part>| (part.bytes().max(1) as f64).log(TIER) as u32;
        let full = small
            .chunk_by(|a, b| tier(a) == tier(b))
            .find(|parts| parts.len() >= PARTS_A_TIER);
        full.map(|parts| first_within(parts, largest).to_vec())
            .unwrap_or_default()
    }

    /// One part of what is alive in several; slow, and needs no lock.
    pub(super) fn merge(&self, parts: &[Arc<Part>]) -> Part {
        let state = self.state();
        let age = parts.iter().map(|part| part.age).max().unwrap_or_default();
        Part::merge(age, parts, |part, doc| state.is_alive(part, doc))
    }

    /// Puts a merged part in the place of its parts, if they are all still there.
    pub(super) fn replace(&self, parts: &[Arc<Part>], merged: Part) {
        let mut state = State::clone(&self.state());
        let before = state.parts.len();
        state
            .parts
            .retain(|part| !parts.iter().any(|old| Arc::ptr_eq(part, old)));
        if before - state.parts.len() != parts.len() {
            return; // a writer merged one of them meanwhile
        }
        if merged.len() > 0 {
            state.parts.push(Arc::new(merged));
        }
        // The oldest first, so that new small parts meet their like.
        state
            .parts
            .sort_by_key(|part| std::cmp::Reverse(part.len()));
        self.forget_the_dead(&mut state);
        self.set(state);
    }

    /// Drops tombstones that concern no segment any more.
    fn forget_the_dead(&self, state: &mut State) {
        if state.dead.is_empty() {
            return;
        }
        let mut needed = FxHashMap::default();
        for part in &state.parts {
            for doc in 0..part.len() as Doc {
                let unit = part.unit(doc);
                if let Some(&age) = state.dead.get(&unit).filter(|&&age| part.age <= age) {
                    needed.insert(unit, age);
                }
            }
        }
        state.dead = Arc::new(needed);
    }
}
