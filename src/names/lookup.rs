//! Which concept a user means who types a name: misspelt, in other word order, or in the other script.
//!
//! The names' words form a vocabulary. A word of the query meets words of the vocabulary by letters, by skeleton
//! (which Persian and Latin share, see [`super::sound::cross`]) and by trigrams; the rarer a met word, the more
//! it says. The names that meet best are then compared word by word.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::letters::Page;
use super::lexicon::Lexicon;
use super::sound::{Sound, persian};
use crate::model::{Concept, NameForm, NameUse};

/// A concept that a query may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The number of the concept.
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

pub(super) struct Row {
    pub(super) concept: u32,
    pub(super) name: u32,
    pub(super) words: Box<[u32]>,
    is_acronym: bool,
}

#[derive(Default)]
pub(super) struct Word {
    pub(super) letters: Box<[u8]>,
    sound: Sound,
    cross: Vec<u8>,
    pub(super) rows: Vec<u32>,
}

/// Fuzzy, cross-script look-up of concepts. Immutable.
pub struct Lookup {
    pub(super) concepts: Arc<[Concept]>,
    pub(super) rows: Vec<Row>,
    pub(super) words: Vec<Word>,
    /// The numbers of the words, in the order of their letters.
    pub(super) in_order: Vec<u32>,
    pub(super) by_letters: FxHashMap<Box<[u8]>, u32>,
    by_cross: FxHashMap<Vec<u8>, Vec<u32>>,
    by_trigram: FxHashMap<[u8; 4], Vec<u32>>,
    whole: FxHashMap<Box<[u8]>, Vec<u32>>,
}

impl Lookup {
    /// Indexes the names of the concepts; linear in their length.
    pub fn new(concepts: Arc<[Concept]>) -> Self {
        let mut lookup = Self {
            concepts: Arc::clone(&concepts),
            rows: Vec::new(),
            words: Vec::new(),
            in_order: Vec::new(),
            by_letters: FxHashMap::default(),
            by_cross: FxHashMap::default(),
            by_trigram: FxHashMap::default(),
            whole: FxHashMap::default(),
        };
        let mut page = Page::default();
        for (number, concept) in concepts.iter().enumerate() {
            for (at, name) in concept.names.iter().enumerate() {
                if name.usage == NameUse::First && name.text.contains('(') {
                    continue;
                }
                let words: Box<[u32]> = split(&mut page, &name.text)
                    .into_iter()
                    .map(|letters| lookup.word(letters))
                    .collect();
                let row = lookup.rows.len() as u32;
                let letters: Vec<u8> = words
                    .iter()
                    .filter_map(|word| lookup.words.get(*word as usize))
                    .flat_map(|word| word.letters.iter().copied())
                    .collect();
                lookup.whole.entry(letters.into()).or_default().push(row);
                for word in &words {
                    if let Some(word) = lookup.words.get_mut(*word as usize)
                        && word.rows.last() != Some(&row)
                    {
                        word.rows.push(row);
                    }
                }
                lookup.rows.push(Row {
                    concept: number as u32,
                    name: at as u32,
                    words,
                    is_acronym: name.form == NameForm::Acronym,
                });
            }
        }
        let mut in_order: Vec<u32> = lookup.by_letters.values().copied().collect();
        let letters = |word: &u32| lookup.words.get(*word as usize).map(|word| &word.letters);
        in_order.sort_unstable_by(|a, b| letters(a).cmp(&letters(b)));
        lookup.in_order = in_order;
        lookup
    }

    fn word(&mut self, letters: Box<[u8]>) -> u32 {
        if let Some(word) = self.by_letters.get(&letters) {
            return *word;
        }
        let number = self.words.len() as u32;
        let word = Word::of(letters.clone());
        for trigram in trigrams(&letters) {
            self.by_trigram.entry(trigram).or_default().push(number);
        }
        if word.cross.len() >= 2 {
            self.by_cross
                .entry(word.cross.clone())
                .or_default()
                .push(number);
        }
        self.words.push(word);
        self.by_letters.insert(letters, number);
        number
    }

    /// The concepts, in the order that hits count them.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
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
        let mut words = split(&mut page, query);
        let lexicon = Lexicon::get();
        if words.len() > 1 {
            words.retain(|word| !lexicon.titles.has(word));
        }
        words.truncate(QUERY_WORDS);
        let words: Vec<Word> = words.into_iter().map(Word::of).collect();
        let letters: Vec<u8> = words
            .iter()
            .flat_map(|word| word.letters.iter().copied())
            .collect();
        let mut best: HashMap<u32, Hit> = HashMap::new();
        for row in self.whole.get(letters.as_slice()).into_iter().flatten() {
            self.keep(&mut best, *row, |row, name| {
                if row.is_acronym && !name.contains(query.trim()) {
                    96
                } else {
                    100
                }
            });
        }
        for row in self.candidates(&words) {
            self.keep(&mut best, row, |row, _| self.score(&words, &letters, row));
        }
        let mut hits: Vec<Hit> = best
            .into_values()
            .filter(|hit| hit.score >= LEAST)
            .collect();
        hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), hit.concept));
        hits.truncate(limit);
        hits
    }

    fn keep(&self, best: &mut HashMap<u32, Hit>, number: u32, score: impl Fn(&Row, &str) -> u8) {
        let Some(row) = self.rows.get(number as usize) else {
            return;
        };
        let name = self
            .concepts
            .get(row.concept as usize)
            .and_then(|concept| concept.names.get(row.name as usize));
        let score = score(row, name.map(|name| name.text.as_str()).unwrap_or_default());
        let hit = best.entry(row.concept).or_insert(Hit {
            concept: row.concept as usize,
            name: row.name as usize,
            score: 0,
        });
        if score > hit.score {
            (hit.score, hit.name) = (score, row.name as usize);
        }
    }

    /// The rows whose words meet the query's best.
    fn candidates(&self, words: &[Word]) -> Vec<u32> {
        let mut met: Vec<(f32, u32)> = words.iter().flat_map(|word| self.met(word)).collect();
        // Rare words first: when the budget is spent, only what says little is left.
        let rows = |word: u32| {
            self.words
                .get(word as usize)
                .map_or(0, |word| word.rows.len())
        };
        met.sort_by_key(|(_, word)| rows(*word));
        let mut sums: FxHashMap<u32, f32> = FxHashMap::default();
        let mut budget = POSTINGS;
        for (likeness, word) in met {
            let count = rows(word);
            if count > budget {
                break;
            }
            budget -= count;
            let weight = likeness / (1.0 + (count as f32).ln());
            for row in self
                .words
                .get(word as usize)
                .map(|word| &word.rows)
                .into_iter()
                .flatten()
            {
                *sums.entry(*row).or_default() += weight;
            }
        }
        let mut sums: Vec<(u32, f32)> = sums.into_iter().collect();
        let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if sums.len() > COMPARED {
            sums.select_nth_unstable_by(COMPARED - 1, order);
            sums.truncate(COMPARED);
        }
        sums.into_iter().map(|(row, _)| row).collect()
    }

    /// Words of the vocabulary that a word of the query meets.
    fn met(&self, word: &Word) -> Vec<(f32, u32)> {
        let mut met: Vec<(f32, u32)> = Vec::new();
        if let Some(same) = self.by_letters.get(&word.letters) {
            met.push((1.0, *same));
        }
        for other in self
            .by_cross
            .get(&word.cross)
            .into_iter()
            .flatten()
            .take(MET_WORDS * 4)
        {
            let likeness = self
                .words
                .get(*other as usize)
                .map_or(0.0, |other| word.likeness(other));
            if likeness >= 0.6 {
                met.push((likeness, *other));
            }
        }
        let mut counts: FxHashMap<u32, u32> = FxHashMap::default();
        let mut budget = POSTINGS;
        let mut lists: Vec<&Vec<u32>> = trigrams(&word.letters)
            .filter_map(|trigram| self.by_trigram.get(&trigram))
            .collect();
        lists.sort_by_key(|list| list.len());
        let least = (lists.len() as u32 / 3).max(1);
        for list in lists {
            if list.len() > budget {
                break;
            }
            budget -= list.len();
            for other in list {
                *counts.entry(*other).or_default() += 1;
            }
        }
        let mut near: Vec<(u32, u32)> = counts
            .into_iter()
            .filter(|(_, count)| *count >= least)
            .collect();
        near.sort_by_key(|(other, count)| (std::cmp::Reverse(*count), *other));
        for (other, _) in near.into_iter().take(MET_WORDS * 4) {
            let likeness = self
                .words
                .get(other as usize)
                .map_or(0.0, |other| word.likeness(other));
            if likeness >= 0.6 {
                met.push((likeness, other));
            }
        }
        met.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        met.dedup_by_key(|(_, other)| *other);
        met.truncate(MET_WORDS);
        met
    }

    /// How alike the query and a name are, 0–99.
    fn score(&self, words: &[Word], letters: &[u8], row: &Row) -> u8 {
        let own: Vec<&Word> = row
            .words
            .iter()
            .filter_map(|word| self.words.get(*word as usize))
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
}

impl Word {
    pub(super) fn of(letters: Box<[u8]>) -> Self {
        let sound = Sound::of(&letters);
        let cross = if letters.first().is_some_and(u8::is_ascii) {
            sound.cross()
        } else {
            persian(std::str::from_utf8(&letters).unwrap_or_default())
        };
        Self {
            letters,
            sound,
            cross,
            rows: Vec::new(),
        }
    }

    fn is_latin(&self) -> bool {
        self.letters.first().is_some_and(u8::is_ascii)
    }

    /// Long words say more; Persian letters have two bytes.
    fn weight(&self) -> f32 {
        let letters = self.letters.len() as f32;
        (if self.is_latin() {
            letters
        } else {
            letters / 1.6
        })
        .sqrt()
    }

    pub(super) fn likeness(&self, other: &Self) -> f32 {
        if self.letters == other.letters {
            return 1.0;
        }
        if self.is_latin() != other.is_latin() {
            // Vowels are not compared across scripts, so the same consonants are all there can be.
            return if self.cross.len() >= 2 && self.cross == other.cross {
                0.9
            } else if self.cross.len() >= 3 {
                likeness_of(&self.cross, &other.cross) * 0.8
            } else {
                0.0
            };
        }
        let heard = self.is_latin()
            && !self.sound.skeleton.is_empty()
            && self.sound.skeleton == other.sound.skeleton
            && self.sound.agrees(&other.sound);
        let written = likeness_of(&self.letters, &other.letters) * 0.97;
        if heard { written.max(0.94) } else { written }
    }
}

fn likeness_of(a: &[u8], b: &[u8]) -> f32 {
    rapidfuzz::distance::levenshtein::normalized_similarity(a.iter().copied(), b.iter().copied())
        as f32
}

/// Three letters in a row, counting the ends; a letter of another script is its last two bytes, mixed.
fn trigrams(letters: &[u8]) -> impl Iterator<Item = [u8; 4]> + '_ {
    let text = std::str::from_utf8(letters).unwrap_or_default();
    let codes: Vec<u16> = std::iter::once(0)
        .chain(text.chars().map(|c| (u32::from(c) & 0x7FF) as u16))
        .chain(std::iter::once(0))
        .collect();
    let count = codes.len().saturating_sub(2);
    (0..count).map(move |at| {
        let code = |offset: usize| u32::from(codes.get(at + offset).copied().unwrap_or(0));
        (code(0) << 21 ^ code(1) << 11 ^ code(2)).to_le_bytes()
    })
}

pub(super) fn split(page: &mut Page, text: &str) -> Vec<Box<[u8]>> {
    page.read(text);
    (0..page.words.len())
        .map(|at| page.letters_of(at))
        .filter(|letters| !letters.is_empty() && letters.len() <= 256)
        .map(Into::into)
        .collect()
}
