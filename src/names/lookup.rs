//! Which concept a user means who types a name: misspelt, in other word order, or in the other script.
//!
//! The names' words form a vocabulary. A word of the query meets words of the vocabulary by letters, by skeleton
//! (which Persian and Latin share, see [`super::sound::cross`]) and by trigrams; the rarer a met word, the more
//! it says. The names that meet best are then compared word by word.
//!
//! There are two shelves: the glossary as it first was, and what has changed since. What is counted is what a
//! single shelf of the glossary as it is would count, and all ties go by letters and ids, so that the answers
//! are the same.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::find::Changes;
use super::letters::Page;
use super::lexicon::Lexicon;
use super::shelf::{Row, Shelf, Word, likeness_of, trigrams_of, words_of};
use crate::model::{Concept, ConceptId};

/// A concept that a query may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The number of the concept; see [`Lookup::concept_at`].
    pub concept: usize,
    /// The number of the name that met, among the concept's.
    pub name: usize,
    /// 100 for the same letters, 99–95 for another order or case of an acronym, then by likeness. Below
    /// [`LEAST`] nothing is said.
    pub score: u8,
}

/// The lowest score of a hit.
pub const LEAST: u8 = 50;

/// Work bounds of a query: words of it, words of the vocabulary that each meets, names that are compared,
/// postings that are read.
const QUERY_WORDS: usize = 12;
const MET_WORDS: usize = 24;
const COMPARED: usize = 256;
const POSTINGS: usize = 60_000;

/// A row or word of either shelf. Greater is later in the order of a single shelf: one of the base has its number
/// above, and nothing but ones below; one of the patch has above the number of the base's that it stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place(u64);

impl Place {
    const OF_BASE: u64 = u32::MAX as u64;

    fn base(number: u32) -> Self {
        Self(u64::from(number) << 32 | Self::OF_BASE)
    }

    fn patch(before: u32, number: u32) -> Self {
        Self(u64::from(before) << 32 | u64::from(number))
    }

    /// Whether it is of the base, and its number on its shelf.
    fn read(self) -> (bool, u32) {
        let below = self.0 & Self::OF_BASE;
        if below == Self::OF_BASE {
            (true, (self.0 >> 32) as u32)
        } else {
            (false, below as u32)
        }
    }
}

/// Fuzzy, cross-script look-up of concepts. Immutable; an edited glossary gets a new one, which shares with the one
/// before what has not changed.
pub struct Lookup {
    base: Arc<Shelf>,
    patch: Shelf,
    /// Each word of the patch as it is placed: that of the base if the base has it.
    patch_words: Vec<Place>,
    /// The words of the patch that the base has, by their number there.
    in_both: FxHashMap<u32, u32>,
    /// Each concept of the patch: the row of the base that its own stand before.
    patch_rows: Vec<u32>,
    gone: Gone,
}

/// What of the base is no more.
#[derive(Default)]
struct Gone {
    concepts: FxHashSet<u32>,
    /// How many rows of a word.
    rows: FxHashMap<u32, u32>,
    /// Words that no row is left of, neither in the patch.
    words: FxHashSet<u32>,
    /// How often these have three letters in a row.
    trigrams: FxHashMap<u32, u32>,
}

impl Lookup {
    /// Indexes the names of the concepts; linear in their length.
    pub fn new(mut concepts: Vec<Arc<Concept>>) -> Self {
        concepts.sort_by(|a, b| a.id.cmp(&b.id));
        Self::of(Arc::new(Shelf::new(concepts.into())), &Changes::new())
    }

    /// A look-up of the glossary that this one was first built of, with these changes instead of those that this
    /// one has. It answers as one would that is built anew, and takes time linear in the changes.
    pub fn with(&self, changes: &Changes) -> Self {
        Self::of(Arc::clone(&self.base), changes)
    }

    fn of(base: Arc<Shelf>, changes: &Changes) -> Self {
        let patch = Shelf::new(changes.values().flatten().cloned().collect());
        let place = |(number, word): (usize, &Word)| match base.find(&word.letters) {
            Ok(same) => Place::base(same),
            Err(before) => Place::patch(before, number as u32),
        };
        let patch_words: Vec<Place> = patch.words().iter().enumerate().map(place).collect();
        let in_both: FxHashMap<u32, u32> = (0u32..)
            .zip(&patch_words)
            .filter(|(_, place)| place.read().0)
            .map(|(number, place)| (place.read().1, number))
            .collect();
        let place = |id: &ConceptId| base.concepts.binary_search_by(|it| it.id.cmp(id));
        let before = |concept: &Arc<Concept>| {
            let (Ok(at) | Err(at)) = place(&concept.id);
            base.row_start(at)
        };
        let patch_rows = patch.concepts.iter().map(before).collect();
        let known = changes.keys().filter_map(|id| place(id).ok());
        let gone = Gone::of(&base, known.map(|at| at as u32), &in_both);
        Self {
            patch,
            patch_words,
            in_both,
            patch_rows,
            gone,
            base,
        }
    }

    /// The concept of a hit's number.
    pub fn concept_at(&self, number: usize) -> Option<&Concept> {
        let base = self.base.concepts.get(number);
        let patch = || {
            let at = number.checked_sub(self.base.concepts.len())?;
            self.patch.concepts.get(at)
        };
        base.or_else(patch).map(|concept| &**concept)
    }

    /// The number of the concept with this id.
    pub fn number_of(&self, id: &ConceptId) -> Option<usize> {
        let place = |shelf: &Shelf| shelf.concepts.binary_search_by(|it| it.id.cmp(id)).ok();
        let is_there = |at: &usize| !self.gone.concepts.contains(&(*at as u32));
        let base = place(&self.base).filter(is_there);
        base.or_else(|| Some(place(&self.patch)? + self.base.concepts.len()))
    }

    /// Both shelves, with the number of the first concept of each.
    pub(super) fn shelves(&self) -> [(usize, &Shelf); 2] {
        [(0, &*self.base), (self.base.concepts.len(), &self.patch)]
    }

    /// Whether a concept's number is of one that is there.
    pub(super) fn has(&self, concept: usize) -> bool {
        u32::try_from(concept).is_ok_and(|number| !self.gone.concepts.contains(&number))
    }

    /// The words of each name of a concept.
    pub(super) fn names_of(&self, concept: usize) -> Vec<Vec<&Word>> {
        let [(_, base), (first, patch)] = self.shelves();
        let (shelf, at) = match concept.checked_sub(first) {
            Some(at) => (patch, at),
            None => (base, concept),
        };
        let rows = shelf
            .rows_of_concept(at as u32)
            .filter_map(|row| shelf.row(row));
        let words = |row: &Row| {
            let words = shelf.words_of_row(row).iter();
            words.filter_map(|word| shelf.word(*word)).collect()
        };
        rows.map(words).collect()
    }

    /// The concepts that a query may mean, best first, each once.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        // A name has at most 1,024 characters, and no query need be longer.
        let end = query
            .char_indices()
            .nth(1_024)
            .map_or(query.len(), |(at, _)| at);
        let query = query.get(..end).unwrap_or_default();
        let mut page = Page::default();
        page.read(query);
        let mut words: Vec<&[u8]> = words_of(&page).collect();
        let lexicon = Lexicon::get();
        if words.len() > 1 {
            words.retain(|word| !lexicon.titles.has(word));
        }
        words.truncate(QUERY_WORDS);
        let letters: Vec<u8> = words.concat();
        let words: Vec<Word> = words.into_iter().map(|it| Word::of(it.into())).collect();
        let mut best: HashMap<usize, (Hit, Place)> = HashMap::new();
        for place in self.whole(&letters) {
            self.keep(&mut best, place, |_, row, name| {
                if row.is_acronym && !name.contains(query.trim()) {
                    96
                } else {
                    100
                }
            });
        }
        for place in self.candidates(&words) {
            self.keep(&mut best, place, |shelf, row, _| {
                score(&words, &letters, shelf, row)
            });
        }
        let hits = best.into_values().map(|(hit, _)| hit);
        let mut hits: Vec<Hit> = hits.filter(|hit| hit.score >= LEAST).collect();
        let id = |hit: &Hit| self.concept_at(hit.concept).map(|concept| &concept.id);
        hits.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| id(a).cmp(&id(b))));
        hits.truncate(limit);
        hits
    }

    /// Rows of exactly these letters.
    fn whole(&self, letters: &[u8]) -> Vec<Place> {
        let base = self.base.whole(letters).filter(|row| self.is_there(*row));
        let patch = self.patch.whole(letters).map(|row| self.patch_row(row));
        base.map(Place::base).chain(patch).collect()
    }

    /// Whether a row of the base still is.
    fn is_there(&self, row: u32) -> bool {
        let concept = || self.base.row(row).map(|row| row.concept);
        self.gone.concepts.is_empty()
            || concept().is_some_and(|concept| !self.gone.concepts.contains(&concept))
    }

    fn patch_row(&self, number: u32) -> Place {
        let concept = self.patch.row(number).map_or(0, |row| row.concept as usize);
        Place::patch(
            self.patch_rows.get(concept).copied().unwrap_or_default(),
            number,
        )
    }

    fn keep(
        &self,
        best: &mut HashMap<usize, (Hit, Place)>,
        place: Place,
        score: impl Fn(&Shelf, &Row, &str) -> u8,
    ) {
        let (of_base, number) = place.read();
        let shelf = if of_base { &*self.base } else { &self.patch };
        let Some(row) = shelf.row(number) else { return };
        let concept = shelf.concepts.get(row.concept as usize);
        let name = concept.and_then(|concept| concept.names.get(row.name as usize));
        let score = score(shelf, row, name.map_or("", |name| &name.text));
        let first = if of_base { 0 } else { self.base.concepts.len() };
        let hit = Hit {
            concept: first + row.concept as usize,
            name: row.name as usize,
            score,
        };
        let known = best.entry(hit.concept).or_insert((hit.clone(), place));
        // Of equal ones the first name.
        if (hit.score, Reverse(place)) > (known.0.score, Reverse(known.1)) {
            *known = (hit, place);
        }
    }

    /// The number of rows that have a word.
    fn count_rows(&self, word: Place) -> usize {
        let (of_base, number) = word.read();
        if !of_base {
            return self.patch.rows_with(number).len();
        }
        let gone = self.gone.rows.get(&number).copied().unwrap_or_default();
        let new = self.in_both.get(&number);
        self.base.rows_with(number).len() - gone as usize
            + new.map_or(0, |word| self.patch.rows_with(*word).len())
    }

    /// Does something with each row that has a word.
    fn each_row(&self, word: Place, mut each: impl FnMut(Place)) {
        let (of_base, number) = word.read();
        let mut new = Some(number);
        if of_base {
            let rows = self.base.rows_with(number).iter();
            let there = rows.filter(|row| self.is_there(**row));
            there.for_each(|row| each(Place::base(*row)));
            new = self.in_both.get(&number).copied();
        }
        let rows = new.map_or(&[][..], |word| self.patch.rows_with(word));
        rows.iter().for_each(|row| each(self.patch_row(*row)));
    }

    /// The rows whose words meet the query's best.
    fn candidates(&self, words: &[Word]) -> Vec<Place> {
        let met = words.iter().flat_map(|word| self.met(word));
        let mut met: Vec<(f32, Place, usize)> = met
            .map(|(likeness, word)| (likeness, word, self.count_rows(word)))
            .collect();
        // Rare words first: when the budget is spent, only what says little is left.
        met.sort_by_key(|(_, _, count)| *count);
        let mut sums: FxHashMap<Place, f32> = FxHashMap::default();
        let mut budget = POSTINGS;
        for (likeness, word, count) in met {
            if count > budget {
                break;
            }
            budget -= count;
            let weight = likeness / (1.0 + (count as f32).ln());
            self.each_row(word, |row| *sums.entry(row).or_default() += weight);
        }
        let mut sums: Vec<(Place, f32)> = sums.into_iter().collect();
        let order = |a: &(Place, f32), b: &(Place, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if sums.len() > COMPARED {
            sums.select_nth_unstable_by(COMPARED - 1, order);
            sums.truncate(COMPARED);
        }
        sums.into_iter().map(|(row, _)| row).collect()
    }

    /// The word as it is placed, if a row of it is left.
    fn living(&self, base: u32) -> Option<Place> {
        (!self.gone.words.contains(&base)).then_some(Place::base(base))
    }

    /// The word of the patch as it is placed, unless the base has it.
    fn own(&self, patch: u32) -> Option<Place> {
        let place = self.patch_words.get(patch as usize)?;
        (!place.read().0).then_some(*place)
    }

    fn likeness(&self, word: &Word, place: Place) -> f32 {
        let (of_base, number) = place.read();
        let shelf = if of_base { &*self.base } else { &self.patch };
        shelf.word(number).map_or(0.0, |other| word.likeness(other))
    }

    /// Words of the vocabulary that a word of the query meets.
    fn met(&self, word: &Word) -> Vec<(f32, Place)> {
        let same = match self.base.find(&word.letters) {
            Ok(same) => self.living(same),
            Err(_) => (self.patch.find(&word.letters).ok()).and_then(|same| self.own(same)),
        };
        let mut met: Vec<(f32, Place)> = same.map(|same| (1.0, same)).into_iter().collect();
        let base = self.base.words_across(&word.cross).iter();
        let patch = self.patch.words_across(&word.cross).iter();
        // The first ones of each shelf are among the first ones of both.
        let base = base.filter_map(|it| self.living(*it)).take(MET_WORDS * 4);
        let mut across: Vec<Place> = base.chain(patch.filter_map(|it| self.own(*it))).collect();
        across.sort_unstable();
        across.truncate(MET_WORDS * 4);
        for other in across.into_iter().chain(self.near(word)) {
            let likeness = self.likeness(word, other);
            if likeness >= 0.6 {
                met.push((likeness, other));
            }
        }
        met.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        met.dedup_by_key(|(_, other)| *other);
        met.truncate(MET_WORDS);
        met
    }

    /// The words that have the most trigrams in common with a word.
    fn near(&self, word: &Word) -> Vec<Place> {
        let mut lists: Vec<(usize, u32)> = trigrams_of(&word.letters)
            .map(|trigram| (self.count_words(trigram), trigram))
            .filter(|(count, _)| *count > 0)
            .collect();
        lists.sort_by_key(|(count, _)| *count);
        let least = (lists.len() as u32 / 3).max(1);
        let mut counts: FxHashMap<Place, u32> = FxHashMap::default();
        let mut budget = POSTINGS;
        for (count, trigram) in lists {
            if count > budget {
                break;
            }
            budget -= count;
            let base = self.base.words_having(trigram).iter();
            let base = base.filter_map(|it| self.living(*it));
            let patch = self.patch.words_having(trigram).iter();
            for place in base.chain(patch.filter_map(|it| self.own(*it))) {
                *counts.entry(place).or_default() += 1;
            }
        }
        let mut near: Vec<(Reverse<u32>, Place)> = counts
            .into_iter()
            .filter(|(_, count)| *count >= least)
            .map(|(place, count)| (Reverse(count), place))
            .collect();
        if near.len() > MET_WORDS * 4 {
            near.select_nth_unstable(MET_WORDS * 4 - 1);
            near.truncate(MET_WORDS * 4);
        }
        near.into_iter().map(|(_, place)| place).collect()
    }

    /// How often words have three letters in a row.
    fn count_words(&self, trigram: u32) -> usize {
        let gone = self.gone.trigrams.get(&trigram).copied();
        let patch = self.patch.words_having(trigram).iter();
        self.base.words_having(trigram).len() - gone.unwrap_or_default() as usize
            + patch.filter(|it| self.own(**it).is_some()).count()
    }
}

impl Gone {
    fn of(
        base: &Shelf,
        concepts: impl Iterator<Item = u32>,
        in_both: &FxHashMap<u32, u32>,
    ) -> Self {
        let mut gone = Self {
            concepts: concepts.collect(),
            ..Self::default()
        };
        for concept in &gone.concepts {
            for row in base.rows_of_concept(*concept) {
                let mut words = base
                    .row(row)
                    .map_or(&[][..], |row| base.words_of_row(row))
                    .to_vec();
                words.sort_unstable();
                words.dedup();
                for word in words {
                    *gone.rows.entry(word).or_default() += 1;
                }
            }
        }
        for (word, rows) in &gone.rows {
            if base.rows_with(*word).len() == *rows as usize && !in_both.contains_key(word) {
                gone.words.insert(*word);
                let letters = base.word(*word).map_or(&[][..], |word| &word.letters);
                for trigram in trigrams_of(letters) {
                    *gone.trigrams.entry(trigram).or_default() += 1;
                }
            }
        }
        gone
    }
}

/// How alike the query and a name are, 0–99.
fn score(words: &[Word], letters: &[u8], shelf: &Shelf, row: &Row) -> u8 {
    let own: Vec<&Word> = shelf
        .words_of_row(row)
        .iter()
        .filter_map(|word| shelf.word(*word))
        .collect();
    if row.is_acronym {
        return 0;
    }
    let mut taken = vec![false; own.len()];
    let (mut met, mut ordered) = (0.0, true);
    let mut last = 0;
    for word in words {
        let mut best = (0.0, 0);
        for (at, other) in own.iter().enumerate() {
            let likeness = if taken.get(at) == Some(&false) {
                word.likeness(other)
            } else {
                0.0
            };
            if likeness > best.0 {
                best = (likeness, at);
            }
        }
        if best.0 >= 0.5 {
            if let Some(taken) = taken.get_mut(best.1) {
                *taken = true;
            }
            ordered &= best.1 >= last;
            last = best.1;
            met += best.0 * word.weight();
            met += best.0 * own.get(best.1).map_or(0.0, |other| other.weight());
        }
    }
    let whole: f32 = words
        .iter()
        .chain(own.iter().copied())
        .map(Word::weight)
        .sum();
    let by_words = met / whole.max(1.0) - if ordered { 0.0 } else { 0.03 };
    let joined: Vec<u8> = own
        .iter()
        .flat_map(|word| word.letters.iter().copied())
        .collect();
    let by_letters = likeness_of(letters, &joined) * 0.97;
    (by_words.max(by_letters).clamp(0.0, 0.99) * 100.0) as u8
}
