//! The fuzzy index: which stored segments reach a score, exactly, without comparing all.
//!
//! One `shard` for each memory and language, so that a look-up pays only for the memories it names and a
//! memory is deleted at once; one `vocabulary` for each language. The index is derived from the store and
//! changes only by applying its changes; it holds no text but words.
//!
//! A search gives two kinds of segments: those whose *near hash* is the query's (candidates for 95 and
//! above: verify them against the text), and all others that reach the percentage, with their points.

mod ask;
mod best;
mod census;
mod concordance;
mod fill;
mod flat;
mod forward;
mod meeting;
mod near;
mod packed;
mod part;
mod partners;
mod postings;
mod query;
mod search;
mod shard;
mod similar;
mod snapshot;
mod stored;
mod vocabulary;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use rustc_hash::FxHashMap;

use crate::model::{LangGroup, MemoryId, Seq, UnitId};
use crate::text::Analysis;
pub use concordance::{Occurring, Search};
pub use fill::Filling;
use shard::{Shard, State};
pub use snapshot::{Refused, Snapshot};
use vocabulary::Vocabulary;

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
    /// Held by whoever merges parts, or fills the index with many.
    tidying: Mutex<()>,
    age: AtomicU64,
    /// The last change of the log that is in.
    seq: AtomicI64,
    /// It was filled with all that the store had.
    complete: AtomicBool,
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
            tidying: Mutex::default(),
            age: AtomicU64::new(1),
            seq: AtomicI64::new(0),
            complete: AtomicBool::new(false),
            changes: AtomicU64::new(0),
        }
    }
}

impl Index {
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

    fn next_age(&self) -> u64 {
        self.age.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Merges parts and files words, where that is due; true if something was. Call it again and again from
    /// one thread of low haste; `at_rest` where no change came for a while.
    pub fn tidy(&self, at_rest: bool) -> bool {
        let tidying = self.tidying.try_lock();
        tidying.is_some() && self.tidy_alone(at_rest)
    }

    /// The same for who holds the lock.
    fn tidy_alone(&self, at_rest: bool) -> bool {
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
        at_rest && self.file_words() || done
    }

    /// Makes the directories of similar words complete, and works out those of frequent words.
    fn file_words(&self) -> bool {
        let vocabularies: Vec<_> = self.vocabularies.read().values().cloned().collect();
        let mut done = false;
        for vocabulary in vocabularies {
            // Made from a copy, so that nobody waits for it.
            let words = vocabulary.read().words_worth_filing();
            if let Some(words) = words {
                let directory = words.best_directory();
                vocabulary.write().set_similar(directory);
                done = true;
            }
        }
        done
    }

    /// Says that all changes up to this one are in.
    pub fn has_all_up_to(&self, seq: Seq) {
        self.seq.store(seq.0, Ordering::Release);
        self.complete.store(true, Ordering::Release);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let _tidying = self.tidying.lock();
        let _writer = self.writer.lock();
        self.shards.write().clear();
        self.vocabularies.write().clear();
        self.languages.write().clear();
        self.seq.store(0, Ordering::Release);
        self.complete.store(false, Ordering::Release);
    }

    /// The last change of the log that is in.
    pub fn seq(&self) -> Seq {
        Seq(self.seq.load(Ordering::Acquire))
    }

    /// Whether it has segments of a memory.
    pub fn has(&self, memory: MemoryId) -> bool {
        self.shards.read().contains_key(&memory)
    }

    /// How many times changes were applied.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Bytes by what they are for: segments, their tokens, the lists of words; the words, and similar ones.
    pub fn bytes_by_view(&self) -> [(&'static str, usize); 5] {
        let mut views = [0; 3];
        for shard in self.shards.read().values().flat_map(|s| s.values()) {
            for part in &shard.state().parts {
                for (view, bytes) in views.iter_mut().zip(part.bytes_by_view()) {
                    *view += bytes;
                }
            }
        }
        let [segments, tokens, lists] = views;
        let (_, _, words, similar) = self.size();
        [
            ("segments", segments),
            ("tokens", tokens),
            ("lists", lists),
            ("words", words),
            ("similar words", similar),
        ]
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

#[cfg(test)]
mod tests;
