//! Filling the index: the store's changes as they come, and all that is there at the start.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::{MutexGuard, RwLock};
use rustc_hash::FxHashMap;

use super::Index;
use super::part::{Entry, Mark, Part};
use super::shard::{LARGEST_AT_REST, Shard, first_within};
use super::vocabulary::Vocabulary;
use crate::model::{Change, ChangeKind, Lang, LangGroup, MemoryId, UnitId};
use crate::score::{self, weight};
use crate::text::{self, Analysis, Kind};

/// Stands for sets of languages that have no number.
pub(super) const ANY_LANGUAGES: u16 = u16::MAX;

/// Segments whose words are numbered in one go, while look-ups in that language wait.
const NUMBERED_AT_ONCE: usize = 64;

/// Tokens (and segments) that wait until a draft is made of them while the index is filled: 8 MB.
const TOKENS_A_PART: usize = 1 << 20;
/// Drafts that are merged into one part: three fifths of it are not its postings.
const LARGEST_DRAFTS: usize = LARGEST_AT_REST / 5 * 3;

/// Segments on their way into the index, and units on their way out.
pub struct Filling<'a> {
    index: &'a Index,
    shards: FxHashMap<(MemoryId, LangGroup), Pending>,
    /// Where nobody waits for what is filled in: drafts are made when there is enough for one, merged at the end.
    at_leisure: Option<MutexGuard<'a, ()>>,
    /// Analyses that can be used again.
    spare: Vec<Analysis>,
}

/// Those of one shard.
#[derive(Default)]
struct Pending {
    gone: Vec<UnitId>,
    analysed: Vec<Analysed>,
    entries: Vec<Entry>,
    /// Tokens and segments among the entries.
    size: usize,
    /// What came before, where nobody waits for it …
    drafts: Vec<Arc<Part>>,
    /// … and made into parts.
    parts: Vec<Part>,
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
        let mut filling = Filling::new(self);
        for change in changes {
            match &change.kind {
                ChangeKind::UnitPut(unit) => {
                    if unit.rev > 1 {
                        filling.take_out(unit.memory, unit.id);
                    }
                    filling.add(
                        unit.memory,
                        unit.id,
                        unit.variants.iter().map(|v| (&v.lang, v.text.as_str())),
                    );
                }
                ChangeKind::UnitDeleted { memory, id } => filling.take_out(*memory, *id),
                ChangeKind::MemoryDeleted(memory) => {
                    self.shards.write().remove(memory);
                    filling.shards.retain(|(of, _), _| of != memory);
                }
                ChangeKind::MemoryPut(_)
                | ChangeKind::ConceptPut(_)
                | ChangeKind::ConceptDeleted(_)
                | ChangeKind::Style => {}
            }
        }
        filling.put_in(file_if_due);
        if let Some(last) = changes.last() {
            self.seq.store(last.seq.0, Ordering::Release);
        }
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins to fill an empty index with what the store has: [`Filling::add`] each unit, then [`Filling::finish`].
    pub fn fill(&self) -> Filling<'_> {
        Filling {
            at_leisure: Some(self.tidying.lock()),
            ..Filling::new(self)
        }
    }

    /// Forgets the units of a memory.
    pub fn forget(&self, memory: MemoryId) {
        let _writer = self.writer.lock();
        self.shards.write().remove(&memory);
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
}

impl<'a> Filling<'a> {
    fn new(index: &'a Index) -> Self {
        Self {
            index,
            shards: FxHashMap::default(),
            at_leisure: None,
            spare: Vec::new(),
        }
    }

    /// Adds a unit with its texts.
    pub fn add<'t>(
        &mut self,
        memory: MemoryId,
        unit: UnitId,
        variants: impl Iterator<Item = (&'t Lang, &'t str)>,
    ) {
        let variants: Vec<(LangGroup, &str)> =
            variants.map(|(lang, text)| (lang.group(), text)).collect();
        let mut groups: Vec<LangGroup> = variants.iter().map(|(group, _)| group.clone()).collect();
        groups.sort_unstable();
        groups.dedup();
        let languages = self.index.languages_number(&groups);
        // Between two units, whoever waits for the core may have it.
        std::thread::yield_now();
        for (group, text) in variants {
            let mut analysis = self.spare.pop().unwrap_or_default();
            text::analyse_into(text, &mut analysis);
            let (near, same) = (score::near_hash(text, &analysis), score::same_hash(text));
            let pending = self.shards.entry((memory, group.clone())).or_default();
            pending.analysed.push(Analysed {
                unit,
                languages,
                near,
                same,
                analysis,
            });
            if pending.analysed.len() == NUMBERED_AT_ONCE {
                pending.number(self.index, &group, &mut self.spare);
                if self.at_leisure.is_some() && pending.size > TOKENS_A_PART {
                    pending.draft();
                }
            }
        }
    }

    /// Takes a unit out, in whichever languages it was there before this filling began, or is in it.
    pub fn take_out(&mut self, memory: MemoryId, unit: UnitId) {
        for ((_, group), pending) in self.shards.iter_mut().filter(|((of, _), _)| *of == memory) {
            if !pending.drafts.is_empty() {
                pending.merge();
                let _writer = self.index.writer.lock();
                pending.put_in(self.index, &self.index.shard(memory, group));
            }
            pending.analysed.retain(|segment| segment.unit != unit);
            pending.entries.retain(|entry| entry.unit != unit);
        }
        let shards = self.index.shards.read();
        for group in shards
            .get(&memory)
            .into_iter()
            .flat_map(|shards| shards.keys())
        {
            self.shards
                .entry((memory, group.clone()))
                .or_default()
                .gone
                .push(unit);
        }
    }

    /// Makes look-ups see it all, with the words filed as well as can be.
    pub fn finish(mut self) {
        let index = self.index;
        let _alone = self.at_leisure.take();
        self.merge_drafts();
        let writer = index.writer.lock();
        self.put_in(|_| ());
        drop(writer);
        while index.tidy_alone(true) {}
    }

    /// Makes look-ups see it all, and leaves it to [`Index::tidy`] to make it compact.
    pub fn finish_soon(mut self) {
        let index = self.index;
        self.merge_drafts();
        let _writer = index.writer.lock();
        self.put_in(file_if_due);
    }

    /// Makes look-ups see it all; `file` looks after the words of each language before.
    fn put_in(mut self, file: impl Fn(&RwLock<Vocabulary>)) {
        for ((memory, group), mut pending) in self.shards.drain() {
            pending.number(self.index, &group, &mut self.spare);
            file(&self.index.vocabulary(&group));
            pending.put_in(self.index, &self.index.shard(memory, &group));
        }
    }

    /// Makes parts of all drafts, and of what came after them.
    fn merge_drafts(&mut self) {
        for ((_, group), pending) in &mut self.shards {
            if !pending.drafts.is_empty() {
                pending.number(self.index, group, &mut self.spare);
                pending.draft();
                pending.merge();
            }
        }
    }
}

impl Pending {
    fn draft(&mut self) {
        self.size = 0;
        let entries = std::mem::take(&mut self.entries);
        self.drafts.push(Arc::new(Part::draft(entries)));
    }

    /// Makes parts of the drafts, each as large as may be.
    fn merge(&mut self) {
        while !self.drafts.is_empty() {
            let some = first_within(&self.drafts, LARGEST_DRAFTS).len().max(1);
            let drafts: Vec<Arc<Part>> = self.drafts.drain(..some).collect();
            self.parts.push(Part::merge(0, &drafts, |_, _| true));
        }
    }

    /// Takes out what is gone, then puts in what is new. For whom holds the writer's lock.
    fn put_in(&mut self, index: &Index, shard: &Shard) {
        let (gone, entries) = (
            std::mem::take(&mut self.gone),
            std::mem::take(&mut self.entries),
        );
        shard.change(index.next_age(), &gone, entries);
        for mut part in self.parts.drain(..) {
            part.age = index.next_age();
            shard.push(part);
        }
    }

    /// Numbers the words of what is analysed.
    fn number(&mut self, index: &Index, group: &LangGroup, spare: &mut Vec<Analysis>) {
        let vocabulary = index.vocabulary(group);
        let mut vocabulary = vocabulary.write();
        for segment in self.analysed.drain(..) {
            let entry = number(&segment, &mut vocabulary);
            self.size += entry.marks.len() + 4;
            self.entries.push(entry);
            spare.push(segment.analysis);
        }
    }
}

/// Makes a directory of similar words where too many words are in none.
fn file_if_due(vocabulary: &RwLock<Vocabulary>) {
    let directory = vocabulary.read().new_directory();
    if let Some(directory) = directory {
        vocabulary.write().set_similar(directory);
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
