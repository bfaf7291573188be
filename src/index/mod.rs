//! The fuzzy index: which stored segments reach a score, exactly, without comparing all.
//!
//! One [`shard`] for each memory and language, so that a look-up pays only for the memories it names and a
//! memory is deleted at once; one [`vocabulary`] for each language. The index is derived from the store and
//! changes only by applying its [`Change`]s; it holds no text but words.
//!
//! A search gives two kinds of segments: those whose *near hash* is the query's (candidates for 95 and
//! above: verify them against the text), and all others that reach the percentage, with their points.

mod part;
mod query;
mod search;
mod shard;
mod similar;
mod vocabulary;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use rustc_hash::FxHashMap;

use crate::model::{Change, ChangeKind, Lang, LangGroup, MemoryId, UnitId};
use crate::score::{self, weight};
use crate::text::{self, Analysis, Kind};
use part::{Entry, Mark};
use query::Query;
use search::{Best, Budget, Scratch, Search};
use shard::{Shard, State};
use vocabulary::Vocabulary;

/// Steps a look-up may cost (see [`Budget`]): some 50 ms on one of two shared cores.
const BUDGET: u64 = 60_000_000;
/// The most near candidates given of one memory; those of the same text come first.
const MOST_NEAR: usize = 500;
/// Segments whose words are numbered in one go, while look-ups in that language wait.
const INTERNED_AT_ONCE: usize = 64;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The memories to look in, each with the penalty to take off.
    pub memories: &'a [(MemoryId, u8)],
    /// The language of the text.
    pub source: &'a LangGroup,
    /// A language the unit must have.
    pub target: &'a LangGroup,
    /// The segment and its tokens.
    pub text: &'a str,
    /// Its tokens.
    pub analysis: &'a Analysis,
    /// The least percentage after the penalty.
    pub threshold: u8,
    /// How many fuzzy hits to keep at most, the best by score.
    pub keep: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Units whose segment has the near hash of the query: candidates for 95 and above.
    pub near: Vec<(MemoryId, UnitId)>,
    /// Other units that reach the threshold, best first by score.
    pub fuzzy: Vec<Hit>,
    /// The work budget ended the search, or there are more near candidates than are given.
    pub truncated: bool,
}

/// A unit that reaches the threshold by its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its memory.
    pub memory: MemoryId,
    /// Which one.
    pub unit: UnitId,
    /// ⌊100·S⌋, at most 94, penalty not taken off.
    pub percent: u8,
    /// ½(S + A), 0–1: the order in which fuzzy matches are shown.
    pub order: f64,
}

/// See the file's comment. All methods may be called from any thread.
pub struct Index {
    shards: RwLock<FxHashMap<MemoryId, FxHashMap<LangGroup, Arc<Shard>>>>,
    vocabularies: RwLock<FxHashMap<LangGroup, Arc<RwLock<Vocabulary>>>>,
    /// The sets of languages that units have, numbered.
    languages: RwLock<Vec<Vec<LangGroup>>>,
    /// Taken by whoever changes shards: the follower of the log, and the merger when it puts a part in.
    writer: Mutex<()>,
    age: AtomicU64,
    /// Rises with every change, so that the merger knows rest from work.
    changes: AtomicU64,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            shards: RwLock::default(),
            vocabularies: RwLock::default(),
            languages: RwLock::default(),
            writer: Mutex::default(),
            age: AtomicU64::new(1),
            changes: AtomicU64::new(0),
        }
    }
}

/// For each shard, what waits to be put in or taken out.
type AllPending = FxHashMap<(MemoryId, LangGroup), Pending>;

/// Fills an index at the start: all segments of a shard become one part.
pub struct Load<'a> {
    index: &'a Index,
    pending: AllPending,
    /// Units in `pending`.
    waiting: usize,
    entries: FxHashMap<(MemoryId, LangGroup), Vec<Entry>>,
}

/// Units whose words are numbered together.
const LOADED_AT_ONCE: usize = 1_024;

impl Load<'_> {
    /// Adds a unit with its texts.
    pub fn add<'t>(
        &mut self,
        memory: MemoryId,
        unit: UnitId,
        variants: impl Iterator<Item = (&'t Lang, &'t str)>,
    ) {
        self.index.put_in(memory, unit, variants, &mut self.pending);
        self.waiting += 1;
        if self.waiting == LOADED_AT_ONCE {
            self.number();
        }
    }

    fn number(&mut self) {
        self.waiting = 0;
        for (key, pending) in self.pending.drain() {
            let entries = self.index.intern(&key.1, &pending.segments);
            self.entries.entry(key).or_default().extend(entries);
        }
    }

    /// Makes look-ups see it all.
    pub fn finish(mut self) {
        self.number();
        let _writer = self.index.writer.lock();
        for vocabulary in self.index.vocabularies.read().values() {
            let similar = vocabulary.read().build_similar();
            vocabulary.write().set_similar(similar);
        }
        for ((memory, group), entries) in self.entries {
            let age = self.index.age.fetch_add(1, Ordering::Relaxed) + 1;
            self.index.shard(memory, &group).change(age, &[], entries);
        }
    }
}

/// Segments of one memory and language on their way in, and units on their way out.
#[derive(Default)]
struct Pending {
    gone: Vec<UnitId>,
    segments: Vec<Analysed>,
}

/// A segment with its tokens, not yet numbered.
struct Analysed {
    unit: UnitId,
    languages: u16,
    near: u32,
    same: u32,
    analysis: Analysis,
}

impl Index {
    /// Applies changes, in the order of the log. When it returns, look-ups see them.
    pub fn apply(&self, changes: &[Change]) {
        let _writer = self.writer.lock();
        let mut pending = AllPending::default();
        for change in changes {
            match &change.kind {
                ChangeKind::UnitPut(unit) => {
                    if unit.rev > 1 {
                        self.take_out(unit.memory, unit.id, &mut pending);
                    }
                    let variants = unit.variants.iter().map(|v| (&v.lang, v.text.as_str()));
                    self.put_in(unit.memory, unit.id, variants, &mut pending);
                }
                ChangeKind::UnitDeleted { memory, id } => self.take_out(*memory, *id, &mut pending),
                ChangeKind::MemoryDeleted(memory) => {
                    self.shards.write().remove(memory);
                    pending.retain(|(of, _), _| of != memory);
                }
                ChangeKind::MemoryPut(_) => {}
            }
        }
        for ((memory, group), pending) in pending {
            self.bring_in(memory, &group, pending);
        }
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    fn take_out(&self, memory: MemoryId, unit: UnitId, pending: &mut AllPending) {
        for ((of, _), pending) in pending.iter_mut() {
            if *of == memory {
                pending.segments.retain(|segment| segment.unit != unit);
            }
        }
        for group in self
            .shards
            .read()
            .get(&memory)
            .into_iter()
            .flat_map(|shards| shards.keys())
        {
            pending
                .entry((memory, group.clone()))
                .or_default()
                .gone
                .push(unit);
        }
    }

    fn put_in<'t>(
        &self,
        memory: MemoryId,
        unit: UnitId,
        variants: impl Iterator<Item = (&'t Lang, &'t str)>,
        pending: &mut AllPending,
    ) {
        let variants: Vec<(LangGroup, &str)> =
            variants.map(|(lang, text)| (lang.group(), text)).collect();
        let mut groups: Vec<LangGroup> = variants.iter().map(|(group, _)| group.clone()).collect();
        groups.sort_unstable();
        groups.dedup();
        let languages = self.languages_number(&groups);
        for (group, text) in variants {
            let analysis = text::analyse(text);
            pending
                .entry((memory, group))
                .or_default()
                .segments
                .push(Analysed {
                    unit,
                    languages,
                    near: score::near_hash(text, &analysis),
                    same: score::same_hash(text),
                    analysis,
                });
        }
    }

    /// Begins to fill an empty index with what the store has.
    pub fn load(&self) -> Load<'_> {
        Load {
            index: self,
            pending: AllPending::default(),
            waiting: 0,
            entries: FxHashMap::default(),
        }
    }

    /// The number of a set of languages. There are few; beyond 65,535 sets the last number stands for
    /// "any", and the engine finds out from the unit.
    fn languages_number(&self, groups: &[LangGroup]) -> u16 {
        let find = |sets: &[Vec<LangGroup>]| sets.iter().position(|set| set == groups);
        if let Some(number) = find(&self.languages.read()) {
            return number as u16;
        }
        let mut sets = self.languages.write();
        if sets.len() >= usize::from(ANY_LANGUAGES) {
            return ANY_LANGUAGES;
        }
        sets.push(groups.to_vec());
        (sets.len() - 1) as u16
    }

    /// Numbers the words of segments.
    fn intern(&self, group: &LangGroup, segments: &[Analysed]) -> Vec<Entry> {
        let vocabulary = self.vocabulary(group);
        let mut entries = Vec::with_capacity(segments.len());
        for segments in segments.chunks(INTERNED_AT_ONCE) {
            let mut vocabulary = vocabulary.write();
            entries.extend(
                segments
                    .iter()
                    .map(|segment| number(segment, &mut vocabulary)),
            );
        }
        entries
    }

    fn bring_in(&self, memory: MemoryId, group: &LangGroup, pending: Pending) {
        let entries = self.intern(group, &pending.segments);
        let vocabulary = self.vocabulary(group);
        let similar = vocabulary.read().new_similar();
        if let Some(similar) = similar {
            vocabulary.write().set_similar(similar);
        }
        let shard = self.shard(memory, group);
        shard.change(
            self.age.fetch_add(1, Ordering::Relaxed) + 1,
            &pending.gone,
            entries,
        );
    }

    fn shard(&self, memory: MemoryId, group: &LangGroup) -> Arc<Shard> {
        self.shards
            .write()
            .entry(memory)
            .or_default()
            .entry(group.clone())
            .or_default()
            .clone()
    }

    fn vocabulary(&self, group: &LangGroup) -> Arc<RwLock<Vocabulary>> {
        if let Some(vocabulary) = self.vocabularies.read().get(group) {
            return vocabulary.clone();
        }
        let mut all = self.vocabularies.write();
        all.entry(group.clone())
            .or_insert_with(|| Arc::new(RwLock::new(Vocabulary::new())))
            .clone()
    }

    /// Merges what is due to be merged; true if there was something. Call it again and again from one
    /// thread of low haste; `at_rest` where no change came for a while.
    pub fn tidy(&self, at_rest: bool) -> bool {
        let shards: Vec<Arc<Shard>> = self
            .shards
            .read()
            .values()
            .flat_map(|s| s.values().cloned())
            .collect();
        let mut done = false;
        for shard in shards {
            let parts = shard.due(at_rest);
            if parts.is_empty() {
                continue;
            }
            let merged = shard.merge(&parts);
            let _writer = self.writer.lock();
            shard.replace(&parts, merged);
            done = true;
        }
        done
    }

    /// How many times changes were applied.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Everything at or above the threshold, of which the best `keep` fuzzy ones, ordered; see [`Found`].
    pub fn search(&self, question: &Question) -> Found {
        let shards: Vec<(MemoryId, u8, Arc<State>)> = {
            let all = self.shards.read();
            let of = |memory: &MemoryId| {
                all.get(memory)
                    .and_then(|shards| shards.get(question.source))
            };
            let memories = question.memories.iter();
            memories
                .filter_map(|(m, penalty)| Some((*m, *penalty, of(m)?.state())))
                .collect()
        };
        let mut found = Found::default();
        if shards.is_empty() {
            return found;
        }
        let targets = self.sets_with(question.target);
        let vocabulary = self.vocabulary(question.source);
        let vocabulary = vocabulary.read();
        let query = Query::new(question.text, question.analysis, &vocabulary);
        let mut best = Best::new(question.keep.max(1));
        let mut budget = Budget::new(BUDGET);
        SCRATCH.with_borrow_mut(|scratch| {
            let mut place = 0;
            for (memory, penalty, state) in &shards {
                let wanted = question.threshold.saturating_add(*penalty);
                let mut near: Vec<(bool, UnitId)> = Vec::new();
                for part in &state.parts {
                    let has_target = |doc| {
                        targets
                            .get(usize::from(part.languages(doc)))
                            .copied()
                            .unwrap_or(true)
                    };
                    let accept = |doc| has_target(doc) && state.is_alive(part, doc);
                    let alike: &[u32] = part.near(query.near);
                    let alike_now = alike.iter().filter(|&&doc| accept(doc));
                    near.extend(
                        alike_now.map(|&doc| (part.same(doc) == query.same, part.unit(doc))),
                    );
                    if wanted <= score::MOST_FUZZY {
                        let (query, vocabulary) = (&query, &*vocabulary);
                        let search = Search {
                            query,
                            vocabulary,
                            memory: *memory,
                            penalty: *penalty,
                            percent: wanted,
                            part,
                            place,
                        };
                        search.run(
                            |doc| accept(doc) && alike.binary_search(&doc).is_err(),
                            &mut best,
                            scratch,
                            &mut budget,
                        );
                    }
                    place += 1;
                }
                // The same text first, then the newest.
                near.sort_unstable_by(|a, b| b.cmp(a));
                near.dedup();
                found.truncated |= near.len() > MOST_NEAR;
                found.near.extend(
                    near.into_iter()
                        .take(MOST_NEAR)
                        .map(|(_, unit)| (*memory, unit)),
                );
            }
        });
        let parts: Vec<&part::Part> = shards
            .iter()
            .flat_map(|(.., state)| &state.parts)
            .map(|part| &**part)
            .collect();
        found.fuzzy = order(best, &query, question, &parts, &vocabulary, &mut budget);
        found.truncated |= budget.exhausted;
        found
    }

    /// For each set of languages, whether it has one.
    fn sets_with(&self, group: &LangGroup) -> Vec<bool> {
        self.languages
            .read()
            .iter()
            .map(|set| set.contains(group))
            .collect()
    }

    /// Segments and bytes of all shards, and bytes of all vocabularies: (segments, parts, words, similar words).
    pub fn size(&self) -> (usize, usize, usize, usize) {
        let shards = self.shards.read();
        let states: Vec<Arc<State>> = shards
            .values()
            .flat_map(|s| s.values().map(|shard| shard.state()))
            .collect();
        let parts = || states.iter().flat_map(|state| state.parts.iter());
        let vocabularies = self.vocabularies.read();
        let words: Vec<(usize, usize)> = vocabularies.values().map(|v| v.read().bytes()).collect();
        (
            parts().map(|part| part.len()).sum(),
            parts().map(|part| part.bytes()).sum(),
            words.iter().map(|w| w.0).sum(),
            words.iter().map(|w| w.1).sum(),
        )
    }
}

/// Stands for sets of languages that have no number.
const ANY_LANGUAGES: u16 = u16::MAX;

thread_local! {
    static SCRATCH: std::cell::RefCell<Scratch> = std::cell::RefCell::default();
}

/// A segment's tokens as numbers.
fn number(segment: &Analysed, vocabulary: &mut Vocabulary) -> Entry {
    let analysis = &segment.analysis;
    let mut marks = Vec::with_capacity(analysis.tokens.len());
    let mut total = 0u32;
    for (place, token) in analysis.tokens.iter().enumerate() {
        let id = vocabulary.intern(token.kind, analysis.word(token));
        total = total.saturating_add(weight::of_token(token));
        match token.kind {
            Kind::Number => marks.push(Mark::number(id)),
            Kind::Placeable => marks.push(Mark::placeable(id)),
            Kind::Word => {
                marks.push(Mark::word(id, token.glued));
                let before = place.checked_sub(1).filter(|_| token.glued);
                if let Some(before) =
                    before.filter(|&b| score::may_join(&analysis.tokens[b], token))
                {
                    marks.push(Mark::joined(
                        vocabulary.intern_joined(&score::joined(analysis, before)),
                    ));
                }
            }
        }
    }
    Entry {
        unit: segment.unit,
        weight: total,
        near: segment.near,
        same: segment.same,
        languages: segment.languages,
        marks: marks.into(),
    }
}

/// The kept candidates with the average of S and A, the character similarity of the folded texts.
fn order(
    best: Best,
    query: &Query,
    question: &Question,
    parts: &[&part::Part],
    vocabulary: &Vocabulary,
    budget: &mut Budget,
) -> Vec<Hit> {
    let words: Vec<&str> = question
        .analysis
        .tokens
        .iter()
        .map(|t| question.analysis.word(t))
        .collect();
    let text: Vec<char> = words.join(" ").chars().collect();
    let comparator = rapidfuzz::distance::levenshtein::BatchComparator::new(text.iter().copied());
    let hits = best.into_sorted().into_iter().map(|candidate| {
        let marks = parts[candidate.part].marks(candidate.doc);
        let words: Vec<&str> = marks
            .iter()
            .filter(|mark| !mark.is_joined())
            .map(|mark| vocabulary.text(mark.id()))
            .collect();
        let other: Vec<char> = words.join(" ").chars().collect();
        // A text of thousands of characters is compared only while the budget lasts; its order is then by S.
        let s = candidate.points as f64
            / weight::whole(query.weight.max(candidate.weight)).max(1) as f64;
        let cost = text.len() * other.len().div_ceil(64);
        let a = if budget.spend(cost) {
            comparator.normalized_similarity(other.iter().copied())
        } else {
            s
        };
        Hit {
            memory: candidate.memory,
            unit: candidate.unit,
            percent: weight::percent(candidate.points, query.weight, candidate.weight)
                .min(score::MOST_FUZZY),
            order: (s + a) / 2.0,
        }
    });
    hits.collect()
}

#[cfg(test)]
mod tests;
