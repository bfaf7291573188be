//! Concordance: which units have a segment in which words and phrases occur, the newest first.
//!
//! The postings of the rarest word, met with those of the others, give candidates; of these the newest are kept,
//! and phrases are checked on the tokens of each, newest first, until enough are found. So a page costs one pass
//! over the postings of its rarest word, some nanoseconds each, and the check of few segments.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::Index;
use super::part::{Doc, Mark, Part};
use super::shard::State;
use super::vocabulary::{Vocabulary, WordId};
use crate::model::{LangGroup, MemoryId, UnitId};
use crate::text::Wanted;
use crate::text::wanted::Phrase;

/// What is searched.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// The memories to look in.
    pub memories: &'a [MemoryId],
    /// The language to look in; all where there is none.
    pub lang: Option<&'a LangGroup>,
    /// A language the unit must have.
    pub target: Option<&'a LangGroup>,
    /// What must occur.
    pub wanted: &'a Wanted,
    /// Only units older than this one.
    pub before: Option<UnitId>,
    /// The most units to give.
    pub most: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurring {
    /// The newest first.
    pub units: Vec<UnitId>,
    /// Units older than this one were not looked at; none where all were.
    pub next: Option<UnitId>,
    /// The work budget ended the search before `most` were found.
    pub spent: bool,
}

/// How much work a search may be.
#[derive(Clone, Copy)]
struct Limits {
    /// Candidates kept at first where phrases have to be checked …
    kept_at_first: usize,
    /// … and when those did not do.
    kept_at_most: usize,
    /// Steps that checking phrases may cost, a token each.
    steps: usize,
}

/// A megabyte of candidates, and some 30 ms for checking them.
const LIMITS: Limits = Limits {
    kept_at_first: 1_024,
    kept_at_most: 65_536,
    steps: 6_000_000,
};
/// A unit has no more segments than this.
const MOST_OF_A_UNIT: usize = crate::model::MAX_VARIANTS;
/// What fetching the tokens of a segment costs, in steps.
const FETCH: usize = 32;
/// Lists of more postings than this are united by a set of bits rather than by sorting.
const SORTED: usize = 1_024;

/// Words, sorted; any of them will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ids(Vec<WordId>);

impl Ids {
    fn of(mut ids: Vec<WordId>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }

    fn has(&self, id: WordId) -> bool {
        match self.0.as_slice() {
            [] => false,
            [one] => *one == id,
            many => many.binary_search(&id).is_ok(),
        }
    }
}

/// A token of a phrase: the words that are it, and those that are it and the next one.
struct Element {
    own: Ids,
    with_next: Ids,
}

/// What is wanted, in the words of one language.
struct Compiled {
    /// Of each of these a segment must have one.
    needs: Vec<Ids>,
    /// What remains to be checked on the tokens.
    phrases: Vec<Vec<Element>>,
}

impl Compiled {
    /// None where some word does not exist.
    fn new(wanted: &Wanted, vocabulary: &Vocabulary) -> Option<Self> {
        let mut needs: Vec<Ids> = Vec::new();
        let mut phrases = Vec::new();
        for phrase in wanted.phrases() {
            let elements = elements(phrase, vocabulary);
            for place in 0..elements.len() {
                let before = place.checked_sub(1).and_then(|before| elements.get(before));
                let mut ids = elements[place].own.0.clone();
                ids.extend(&elements[place].with_next.0);
                ids.extend(before.into_iter().flat_map(|before| &before.with_next.0));
                let need = Ids::of(ids);
                if need.0.is_empty() {
                    return None;
                }
                if !needs.contains(&need) {
                    needs.push(need);
                }
            }
            if elements.len() > 1 {
                phrases.push(elements);
            }
        }
        (!needs.is_empty()).then_some(Self { needs, phrases })
    }
}

fn elements(phrase: &Phrase, vocabulary: &Vocabulary) -> Vec<Element> {
    let tokens = phrase.tokens.iter().enumerate();
    tokens
        .map(|(place, token)| Element {
            own: Ids::of(vocabulary.wanted(token)),
            with_next: match phrase.tokens.get(place + 1) {
                Some(next) if token.joins_next => Ids::of(vocabulary.wanted_together(token, next)),
                _ => Ids::default(),
            },
        })
        .collect()
}

/// A part that is searched.
struct Searched<'s> {
    state: &'s State,
    part: &'s Part,
    compiled: &'s Compiled,
}

impl Index {
    /// Units of which a segment has everything that is wanted.
    pub fn occurring(&self, search: &Search) -> Occurring {
        self.occurring_within(search, LIMITS)
    }

    fn occurring_within(&self, search: &Search, limits: Limits) -> Occurring {
        // States before vocabularies: so these have all their words.
        let states = self.states(search);
        let mut languages: Vec<(LangGroup, Option<Compiled>)> = Vec::new();
        for (group, _) in &states {
            if !languages.iter().any(|(known, _)| known == group) {
                let compiled = Compiled::new(search.wanted, &self.vocabulary(group).read());
                languages.push((group.clone(), compiled));
            }
        }
        let mut parts = Vec::new();
        for (group, state) in &states {
            let compiled = languages.iter().find(|(known, _)| known == group);
            if let Some((_, Some(compiled))) = compiled {
                parts.extend(state.parts.iter().map(|part| Searched {
                    state,
                    part,
                    compiled,
                }));
            }
        }
        let has_target = search.target.map(|group| self.sets_with(group));
        let pass = Pass {
            parts,
            has_target,
            most: search.most,
            limits,
        };
        pass.run(search.before.unwrap_or(UnitId(i64::MAX)))
    }

    fn states(&self, search: &Search) -> Vec<(LangGroup, Arc<State>)> {
        let shards = self.shards.read();
        let mut states = Vec::new();
        for memory in search.memories {
            for (group, shard) in shards.get(memory).into_iter().flatten() {
                if search.lang.is_none_or(|lang| lang == group) {
                    states.push((group.clone(), shard.state()));
                }
            }
        }
        states
    }
}

/// A search on its way.
struct Pass<'s> {
    parts: Vec<Searched<'s>>,
    has_target: Option<Vec<bool>>,
    most: usize,
    limits: Limits,
}

impl Pass<'_> {
    fn run(&self, mut before: UnitId) -> Occurring {
        let mut found = Occurring::default();
        let mut budget = self.limits.steps;
        let checks = self
            .parts
            .iter()
            .any(|searched| !searched.compiled.phrases.is_empty());
        let first = if checks { self.limits.kept_at_first } else { 0 };
        for kept in [first, self.limits.kept_at_most] {
            // Of the oldest unit kept, some segments may be lost: it is not looked at.
            let mut newest = Newest::new(kept.max(self.most) + MOST_OF_A_UNIT);
            for (number, searched) in (0..).zip(&self.parts) {
                self.collect(number, searched, before, &mut newest);
            }
            let floor = newest.lost_up_to();
            let mut last = None;
            for candidate in newest.into_sorted() {
                if floor.is_some_and(|floor| candidate.unit <= floor) {
                    break;
                }
                if last != Some(candidate.unit) {
                    // Between two units, so that each is looked at as a whole.
                    if found.units.len() == self.most || budget == 0 {
                        found.next = Some(last.unwrap_or(before));
                        found.spent = found.units.len() < self.most;
                        return found;
                    }
                    last = Some(candidate.unit);
                }
                if found.units.last() != Some(&candidate.unit) && self.fits(&candidate, &mut budget)
                {
                    found.units.push(candidate.unit);
                }
            }
            let Some(floor) = floor else {
                return found;
            };
            before = UnitId(floor.0.saturating_add(1));
        }
        found.next = Some(before);
        found.spent = found.units.len() < self.most;
        found
    }

    /// Adds the segments of a part that have all words.
    fn collect(&self, number: u32, searched: &Searched, before: UnitId, newest: &mut Newest) {
        let part = searched.part;
        let needs = searched.compiled.needs.iter();
        let mut lists: Vec<Vec<Doc>> = needs.map(|ids| postings(part, ids)).collect();
        lists.sort_unstable_by_key(|list| list.len());
        let Some((rarest, others)) = lists.split_first() else {
            return;
        };
        let mut places = vec![0; others.len()];
        'docs: for &doc in rarest.iter() {
            let unit = part.unit(doc);
            if unit >= before || !newest.would_keep(unit) {
                continue;
            }
            for (list, place) in others.iter().zip(&mut places) {
                *place = advance(list, *place, doc);
                match list.get(*place) {
                    None => return,
                    Some(found) if *found != doc => continue 'docs,
                    Some(_) => {}
                }
            }
            if self.accepts(searched, doc) {
                newest.keep(Candidate {
                    unit,
                    part: number,
                    doc,
                });
            }
        }
    }

    /// Whether a segment is alive and its unit has the other language.
    fn accepts(&self, searched: &Searched, doc: Doc) -> bool {
        let set = usize::from(searched.part.languages(doc));
        // A set without a number may have any language: the engine looks at the unit.
        let has = |sets: &Vec<bool>| sets.get(set).copied().unwrap_or(true);
        self.has_target.as_ref().is_none_or(has) && searched.state.is_alive(searched.part, doc)
    }

    /// Whether the phrases stand in the segment, too.
    fn fits(&self, candidate: &Candidate, budget: &mut usize) -> bool {
        let Some(searched) = self.parts.get(candidate.part as usize) else {
            return false;
        };
        let phrases = &searched.compiled.phrases;
        if phrases.is_empty() {
            return true;
        }
        let mut marks = Vec::new();
        searched.part.marks(candidate.doc, &mut marks);
        *budget = budget.saturating_sub(FETCH);
        phrases.iter().all(|phrase| {
            *budget = budget.saturating_sub(marks.len());
            (0..marks.len()).any(|first| stands_at(phrase, &marks, first, budget))
        })
    }
}

/// Whether a phrase stands in a segment from this mark on; as [`Wanted::occurrences`] sees it.
fn stands_at(phrase: &[Element], marks: &[Mark], first: usize, budget: &mut usize) -> bool {
    if marks.get(first).is_none_or(|mark| mark.is_joined()) {
        return false;
    }
    let (mut at, mut wanted) = (first, 0);
    while let Some(element) = phrase.get(wanted) {
        let Some(mark) = marks.get(at) else {
            return false;
        };
        let (next, joined) = after(marks, at);
        if element.own.has(mark.id()) {
            at = next;
        } else if joined.is_some_and(|joined| element.own.has(joined)) {
            at = after(marks, next).0;
        } else if element.with_next.has(mark.id()) {
            at = next;
            wanted += 1;
        } else {
            return false;
        }
        wanted += 1;
        *budget = budget.saturating_sub(1);
    }
    true
}

/// Where the next token is, and the word that this one and the next are together.
fn after(marks: &[Mark], at: usize) -> (usize, Option<WordId>) {
    let is_joined = |place: usize| marks.get(place).filter(|mark| mark.is_joined());
    // The mark of a pair follows its second token.
    let next = at + 1 + usize::from(is_joined(at + 1).is_some());
    (next, is_joined(next + 1).map(|mark| mark.id()))
}

/// The segments that have any of the words, in order.
fn postings(part: &Part, ids: &Ids) -> Vec<Doc> {
    let mut docs = Vec::new();
    if let [one] = ids.0.as_slice() {
        part.all_postings(*one, &mut docs);
        return docs;
    }
    let (mut few, mut bits) = (Vec::new(), Vec::new());
    for &id in &ids.0 {
        docs.clear();
        part.all_postings(id, &mut docs);
        if bits.is_empty() && few.len() + docs.len() <= SORTED {
            few.extend_from_slice(&docs);
            continue;
        }
        bits.resize(part.len().div_ceil(64), 0u64);
        for doc in docs.drain(..).chain(few.drain(..)) {
            if let Some(word) = bits.get_mut(doc as usize / 64) {
                *word |= 1 << (doc % 64);
            }
        }
    }
    few.sort_unstable();
    few.dedup();
    for (place, mut word) in (0..).zip(bits) {
        while word != 0 {
            few.push(place * 64 + word.trailing_zeros());
            word &= word - 1;
        }
    }
    few
}

/// The first place from `from` on whose segment is not before `doc`; near ones are found quickest.
fn advance(list: &[Doc], from: usize, doc: Doc) -> usize {
    let (mut low, mut step) = (from, 1);
    while list.get(low + step).is_some_and(|&found| found < doc) {
        low += step;
        step *= 2;
    }
    let rest = list.get(low..list.len().min(low + step + 1));
    low + rest
        .unwrap_or_default()
        .partition_point(|&found| found < doc)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    unit: UnitId,
    part: u32,
    doc: Doc,
}

/// The newest candidates, so many at most.
struct Newest {
    heap: BinaryHeap<Reverse<Candidate>>,
    most: usize,
    /// Of these and older units some were not kept.
    lost: Option<UnitId>,
}

impl Newest {
    fn new(most: usize) -> Self {
        Self {
            heap: BinaryHeap::new(),
            most,
            lost: None,
        }
    }

    /// Whether a unit is among the newest so far; remembers those that are not.
    fn would_keep(&mut self, unit: UnitId) -> bool {
        if self.heap.len() < self.most {
            return true;
        }
        let keep = self.heap.peek().is_none_or(|oldest| unit > oldest.0.unit);
        if !keep {
            self.lost = self.lost.max(Some(unit));
        }
        keep
    }

    fn keep(&mut self, candidate: Candidate) {
        if self.heap.len() == self.most
            && let Some(Reverse(oldest)) = self.heap.pop()
        {
            self.lost = self.lost.max(Some(oldest.unit));
        }
        self.heap.push(Reverse(candidate));
    }

    /// The newest unit that is not, or not in all its segments, among those kept.
    fn lost_up_to(&self) -> Option<UnitId> {
        self.lost
    }

    fn into_sorted(self) -> Vec<Candidate> {
        // Reversed, so ascending is the newest first.
        let sorted = self.heap.into_sorted_vec();
        sorted
            .into_iter()
            .map(|Reverse(candidate)| candidate)
            .collect()
    }
}

#[cfg(test)]
#[path = "concordance_tests.rs"]
mod tests;
