//! Filling the index: the store's changes as they come, and all that is there at the start.

use std::sync::atomic::Ordering;

use rustc_hash::FxHashMap;

use super::Index;
use super::part::{Entry, Mark};
use super::vocabulary::Vocabulary;
use crate::model::{Change, ChangeKind, Lang, LangGroup, MemoryId, UnitId};
use crate::score::{self, weight};
use crate::text::{self, Analysis, Kind};

/// Stands for sets of languages that have no number.
pub(super) const ANY_LANGUAGES: u16 = u16::MAX;

/// Segments whose words are numbered in one go, while look-ups in that language wait.
const INTERNED_AT_ONCE: usize = 64;

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
        self.index.file_words();
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
        let similar = vocabulary.read().new_directory();
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
