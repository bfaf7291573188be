//! Answering a question: every part of every shard that is asked, then the order of what was found.

use std::cell::RefCell;
use std::sync::Arc;

use rapidfuzz::distance::levenshtein::BatchComparator;

use super::best::{Best, Budget, Candidate};
use super::part::{Doc, Part};
use super::query::Query;
use super::search::{Scratch, Search};
use super::shard::State;
use super::vocabulary::Vocabulary;
use super::{Found, Hit, Index, Question};
use crate::model::{LangGroup, MemoryId, UnitId};
use crate::score::{self, weight};
use crate::text::analyse;

/// Steps a look-up may cost for the words of its text (see [`Budget`]), some 20 ms, and as much again for
/// comparing, so that a text of a thousand words still gets to be compared …
const BUDGET: u64 = 6_000_000;
/// … and more the more segments it asks: at 50 % it has to read about so much of them.
const BUDGET_A_SEGMENT: u64 = 4;
/// The most near candidates given of one memory; those of the same text come first.
const MOST_NEAR: usize = 500;

thread_local! {
    static SCRATCH: RefCell<(Query, Scratch)> = RefCell::default();
}

/// A memory that is asked: its penalty and its segments as they are now.
struct Asked {
    memory: MemoryId,
    penalty: u8,
    state: Arc<State>,
}

impl Index {
    /// Everything at or above the threshold, of which the best `keep` fuzzy ones, ordered; see [`Found`].
    pub fn search(&self, question: &Question) -> Found {
        // States before vocabulary: so it has all their words.
        let asked = self.asked(question);
        if asked.is_empty() {
            return Found::default();
        }
        let vocabulary = self.vocabulary(question.source);
        let vocabulary = vocabulary.read();
        let segments: usize = asked.iter().map(|asked| asked.state.segments()).sum();
        let budget = Budget::new(BUDGET + BUDGET_A_SEGMENT * segments as u64);
        SCRATCH.with_borrow_mut(|(query, scratch)| {
            let (text, analysis) = (question.text, question.analysis);
            let mut words_budget = Budget::new(BUDGET);
            query.prepare(text, analysis, &vocabulary, &mut words_budget);
            let answer = Answer {
                question,
                has_target: self.sets_with(question.target),
                query,
                vocabulary: &vocabulary,
            };
            let mut found = answer.find(&asked, scratch, budget);
            found.truncated |= words_budget.exhausted;
            found
        })
    }

    /// Every unit of a memory whose segment is nearly the text, however many there are; all with the very text are
    /// among them.
    pub fn alike(&self, memory: MemoryId, source: &LangGroup, text: &str) -> Vec<UnitId> {
        let shards = self.shards.read();
        let shard = shards.get(&memory).and_then(|shards| shards.get(source));
        let Some(state) = shard.map(|shard| shard.state()) else {
            return Vec::new();
        };
        drop(shards);
        let hash = score::near_hash(text, &analyse(text));
        let mut units = Vec::new();
        for part in &state.parts {
            let mut alike = part.near(hash);
            alike.retain(|&doc| state.is_alive(part, doc));
            units.extend(alike.into_iter().map(|doc| part.unit(doc)));
        }
        units.sort_unstable();
        units.dedup();
        units
    }

    fn asked(&self, question: &Question) -> Vec<Asked> {
        let shards = self.shards.read();
        let state = |memory: &MemoryId| Some(shards.get(memory)?.get(question.source)?.state());
        let asked = |(memory, penalty): &(MemoryId, u8)| {
            Some(Asked {
                memory: *memory,
                penalty: *penalty,
                state: state(memory)?,
            })
        };
        question.memories.iter().filter_map(asked).collect()
    }

    /// For each numbered set of languages, whether it has one.
    pub(super) fn sets_with(&self, group: &LangGroup) -> Vec<bool> {
        self.languages
            .read()
            .iter()
            .map(|set| set.contains(group))
            .collect()
    }
}

/// A question on its way to its answer.
struct Answer<'a> {
    question: &'a Question<'a>,
    has_target: Vec<bool>,
    query: &'a Query,
    vocabulary: &'a Vocabulary,
}

impl Answer<'_> {
    fn find(&self, asked: &[Asked], scratch: &mut Scratch, mut budget: Budget) -> Found {
        let mut found = Found::default();
        let mut best = Best::new(self.question.keep.max(1));
        let mut parts: Vec<&Part> = Vec::new();
        for asked in asked {
            let mut near: Vec<(bool, UnitId)> = Vec::new();
            for part in &asked.state.parts {
                let alike = part.near(self.query.near);
                let alive = alike.iter().filter(|&&doc| self.accepts(asked, part, doc));
                near.extend(alive.map(|&doc| (part.is_same(doc, self.query.same), part.unit(doc))));
                self.search(
                    asked,
                    part,
                    parts.len(),
                    &alike,
                    &mut best,
                    scratch,
                    &mut budget,
                );
                parts.push(part);
            }
            // The same text first, then the newest.
            near.sort_unstable_by(|a, b| b.cmp(a));
            near.dedup();
            found.truncated |= near.len() > MOST_NEAR;
            found.near.extend(
                near.into_iter()
                    .take(MOST_NEAR)
                    .map(|(_, unit)| (asked.memory, unit)),
            );
        }
        found.fuzzy = self.order(best, &parts, &mut budget);
        found.truncated |= budget.exhausted;
        found
    }

    /// Whether a segment is alive and has a translation into the target language.
    fn accepts(&self, asked: &Asked, part: &Part, doc: Doc) -> bool {
        let set = usize::from(part.languages(doc));
        // A set without a number may have any language: the engine looks at the unit.
        self.has_target.get(set).copied().unwrap_or(true) && asked.state.is_alive(part, doc)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what a search reads, and the three things it works on"
    )]
    fn search(
        &self,
        asked: &Asked,
        part: &Part,
        place: usize,
        near: &[Doc],
        best: &mut Best,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) {
        let percent = self.question.threshold.saturating_add(asked.penalty);
        if percent > score::MOST_FUZZY {
            return;
        }
        let search = Search {
            query: self.query,
            vocabulary: self.vocabulary,
            memory: asked.memory,
            penalty: asked.penalty,
            percent,
            part,
            place,
        };
        let accept = |doc| near.binary_search(&doc).is_err() && self.accepts(asked, part, doc);
        search.run(accept, best, scratch, budget);
    }

    /// The kept candidates with the average of S and A, the character similarity of the folded texts.
    fn order(&self, best: Best, parts: &[&Part], budget: &mut Budget) -> Vec<Hit> {
        let analysis = self.question.analysis;
        let words: Vec<&str> = analysis
            .tokens
            .iter()
            .map(|token| analysis.word(token))
            .collect();
        let text: Vec<char> = words.join(" ").chars().collect();
        let comparator = BatchComparator::new(text.iter().copied());
        let hit = |candidate: Candidate| {
            let other = self.text_of(parts[candidate.part], candidate.doc);
            let heavier = self.query.weight.max(candidate.weight);
            let s = candidate.points as f64 / weight::whole(heavier).max(1) as f64;
            // Texts of thousands of characters are compared only while the budget lasts; then S is all there is.
            let a = if budget.spend(text.len() * other.len().div_ceil(64)) {
                comparator.normalized_similarity(other.iter().copied())
            } else {
                s
            };
            let percent = weight::percent(candidate.points, self.query.weight, candidate.weight);
            Hit {
                memory: candidate.memory,
                unit: candidate.unit,
                percent: percent.min(score::MOST_FUZZY),
                order: (s + a) / 2.0,
            }
        };
        best.into_sorted().into_iter().map(hit).collect()
    }

    /// The words of a segment, as the query's are compared with them.
    fn text_of(&self, part: &Part, doc: Doc) -> Vec<char> {
        let mut marks = Vec::new();
        part.marks(doc, &mut marks);
        let tokens = marks.iter().filter(|mark| !mark.is_joined());
        let words: Vec<&str> = tokens.map(|mark| self.vocabulary.text(mark.id())).collect();
        words.join(" ").chars().collect()
    }
}
