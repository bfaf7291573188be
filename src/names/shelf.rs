//! The names of some concepts as look-up reads them: rows of words, and the words by letters, by skeleton, and by
//! three letters in a row. All in flat tables that are sorted, so that many names are quickly entered.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::letters::Page;
use super::sound::{Sound, persian};
use crate::model::{Concept, NameForm, NameUse};

/// A name as its words.
pub(super) struct Row {
    /// The number of its concept on the shelf.
    pub(super) concept: u32,
    /// The number of the name among the concept's.
    pub(super) name: u32,
    words: (u32, u32),
    pub(super) is_acronym: bool,
}

/// A word of names.
#[derive(Default)]
pub(super) struct Word {
    pub(super) letters: Box<[u8]>,
    sound: Sound,
    /// Its skeleton as both scripts write it.
    pub(super) cross: Vec<u8>,
}

/// Lists of numbers, one behind the other.
#[derive(Default)]
struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// From pairs of a list and an item, the items of a list in the pairs' order.
    fn of(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; count + 1];
        for (list, _) in pairs.clone() {
            if let Some(next) = starts.get_mut(list as usize + 1) {
                *next += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut items = vec![0; sum as usize];
        let mut next = starts.clone();
        for (list, item) in pairs {
            if let Some(at) = next.get_mut(list as usize) {
                if let Some(place) = items.get_mut(*at as usize) {
                    *place = item;
                }
                *at += 1;
            }
        }
        Self { starts, items }
    }

    fn get(&self, list: usize) -> &[u32] {
        let bounds = (self.starts.get(list), self.starts.get(list + 1));
        let (Some(start), Some(end)) = bounds else {
            return &[];
        };
        self.items
            .get(*start as usize..*end as usize)
            .unwrap_or_default()
    }
}

/// See the module's page.
#[derive(Default)]
pub(super) struct Shelf {
    /// In the order of their ids.
    pub(super) concepts: Box<[Arc<Concept>]>,
    /// In the order of the concepts, and of their names.
    rows: Vec<Row>,
    /// The first row of each concept, and the end.
    row_starts: Vec<u32>,
    row_words: Vec<u32>,
    /// In the order of their letters.
    words: Vec<Word>,
    rows_of: Lists,
    /// Words by their skeleton, then by their letters.
    by_cross: Vec<u32>,
    trigrams: Vec<u32>,
    by_trigram: Lists,
    /// Rows by the hash of their letters.
    whole: Vec<(u64, u32)>,
}

impl Shelf {
    /// Of concepts in the order of their ids.
    pub(super) fn new(concepts: Box<[Arc<Concept>]>) -> Self {
        let mut shelf = Self::default();
        let mut numbers: FxHashMap<Box<[u8]>, u32> = FxHashMap::default();
        let mut page = Page::default();
        for (number, concept) in concepts.iter().enumerate() {
            shelf.row_starts.push(shelf.rows.len() as u32);
            for (at, name) in concept.names.iter().enumerate() {
                if name.usage == NameUse::First && name.text.contains('(') {
                    continue;
                }
                page.read(&name.text);
                let start = shelf.row_words.len() as u32;
                for letters in words_of(&page) {
                    let next = numbers.len() as u32;
                    let known = numbers.get(letters).copied();
                    let word = known.unwrap_or_else(|| {
                        numbers.insert(letters.into(), next);
                        next
                    });
                    shelf.row_words.push(word);
                }
                shelf.rows.push(Row {
                    concept: number as u32,
                    name: at as u32,
                    words: (start, shelf.row_words.len() as u32),
                    is_acronym: name.form == NameForm::Acronym,
                });
            }
        }
        shelf.row_starts.push(shelf.rows.len() as u32);
        shelf.concepts = concepts;
        shelf.put_in_order(numbers);
        shelf.enter_rows();
        shelf.enter_words();
        shelf
    }

    /// Numbers the words by their letters instead of by their coming.
    fn put_in_order(&mut self, numbers: FxHashMap<Box<[u8]>, u32>) {
        let mut words: Vec<(Box<[u8]>, u32)> = numbers.into_iter().collect();
        words.sort_unstable();
        let mut places = vec![0; words.len()];
        for (place, (_, number)) in words.iter().enumerate() {
            if let Some(to) = places.get_mut(*number as usize) {
                *to = place as u32;
            }
        }
        for word in &mut self.row_words {
            *word = places.get(*word as usize).copied().unwrap_or_default();
        }
        self.words = words.into_iter().map(|(it, _)| Word::of(it)).collect();
    }

    fn enter_rows(&mut self) {
        let mut pairs = Vec::with_capacity(self.row_words.len());
        let mut whole = Vec::with_capacity(self.rows.len());
        let (mut words, mut letters) = (Vec::new(), Vec::new());
        for (number, row) in self.rows.iter().enumerate() {
            words.clear();
            words.extend_from_slice(self.words_of_row(row));
            words.sort_unstable();
            words.dedup();
            pairs.extend(words.iter().map(|word| (*word, number as u32)));
            letters.clear();
            self.letters_of(row, &mut letters);
            whole.push((hash(&letters), number as u32));
        }
        whole.sort_unstable();
        self.whole = whole;
        self.rows_of = Lists::of(self.words.len(), pairs.iter().copied());
    }

    fn enter_words(&mut self) {
        let words = &self.words;
        let mut trigrams: Vec<u64> = Vec::with_capacity(words.len() * 10);
        for (number, word) in words.iter().enumerate() {
            // A word that has three letters twice is met twice.
            let own = trigrams_of(&word.letters);
            trigrams.extend(own.map(|it| u64::from(it) << 32 | number as u64));
        }
        trigrams.sort_unstable();
        let list = |pair: &u64| (pair >> 32) as u32;
        self.trigrams = trigrams.iter().map(list).collect();
        self.trigrams.dedup();
        let mut at = 0;
        let kinds = &self.trigrams;
        let pairs: Vec<(u32, u32)> = trigrams
            .iter()
            .map(|pair| {
                while kinds.get(at).is_some_and(|kind| *kind < list(pair)) {
                    at += 1;
                }
                (at as u32, *pair as u32)
            })
            .collect();
        self.by_trigram = Lists::of(kinds.len(), pairs.iter().copied());
        let cross = |word: &u32| words.get(*word as usize).map(|it| it.cross.as_slice());
        self.by_cross = (0..words.len() as u32)
            .filter(|word| cross(word).is_some_and(|cross| cross.len() >= 2))
            .collect();
        self.by_cross
            .sort_unstable_by(|a, b| cross(a).cmp(&cross(b)).then(a.cmp(b)));
    }

    pub(super) fn row(&self, number: u32) -> Option<&Row> {
        self.rows.get(number as usize)
    }

    pub(super) fn word(&self, number: u32) -> Option<&Word> {
        self.words.get(number as usize)
    }

    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    pub(super) fn words_of_row(&self, row: &Row) -> &[u32] {
        let range = row.words.0 as usize..row.words.1 as usize;
        self.row_words.get(range).unwrap_or_default()
    }

    /// Appends the letters of a row's words.
    pub(super) fn letters_of(&self, row: &Row, out: &mut Vec<u8>) {
        for word in self.words_of_row(row) {
            out.extend_from_slice(self.word(*word).map_or(&[][..], |word| &word.letters));
        }
    }

    /// The rows of a concept.
    pub(super) fn rows_of_concept(&self, concept: u32) -> Range<u32> {
        let start = |at: u32| self.row_starts.get(at as usize).copied();
        start(concept).unwrap_or(0)..start(concept + 1).unwrap_or(0)
    }

    /// The first row of the concept at this place; behind the last concept, the number of rows.
    pub(super) fn row_start(&self, concept: usize) -> u32 {
        let all = self.rows.len() as u32;
        self.row_starts.get(concept).copied().unwrap_or(all)
    }

    /// The word of these letters, or else the place where it would be.
    pub(super) fn find(&self, letters: &[u8]) -> Result<u32, u32> {
        self.words
            .binary_search_by(|word| (*word.letters).cmp(letters))
            .map(|at| at as u32)
            .map_err(|at| at as u32)
    }

    /// The rows that have a word.
    pub(super) fn rows_with(&self, word: u32) -> &[u32] {
        self.rows_of.get(word as usize)
    }

    /// The words of a skeleton.
    pub(super) fn words_across(&self, skeleton: &[u8]) -> &[u32] {
        let cross = |word: &u32| self.word(*word).map_or(&[][..], |word| &word.cross);
        let start = self.by_cross.partition_point(|word| cross(word) < skeleton);
        let rest = self.by_cross.get(start..).unwrap_or_default();
        let length = rest.partition_point(|word| cross(word) <= skeleton);
        rest.get(..length).unwrap_or_default()
    }

    /// The words that have three letters in a row.
    pub(super) fn words_having(&self, trigram: u32) -> &[u32] {
        match self.trigrams.binary_search(&trigram) {
            Ok(list) => self.by_trigram.get(list),
            Err(_) => &[],
        }
    }

    /// The rows of exactly these letters.
    pub(super) fn whole<'a>(&'a self, letters: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
        let wanted = hash(letters);
        let start = self.whole.partition_point(|(hash, _)| *hash < wanted);
        let rest = self.whole.get(start..).unwrap_or_default();
        let alike = rest.iter().take_while(move |(hash, _)| *hash == wanted);
        alike.map(|(_, row)| *row).filter(move |number| {
            let mut own = Vec::new();
            if let Some(row) = self.row(*number) {
                self.letters_of(row, &mut own);
            }
            own == letters
        })
    }
}

impl Word {
    /// The word of some letters.
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
        }
    }

    fn is_latin(&self) -> bool {
        self.letters.first().is_some_and(u8::is_ascii)
    }

    /// Long words say more; Persian letters have two bytes.
    pub(super) fn weight(&self) -> f32 {
        let letters = self.letters.len() as f32;
        (if self.is_latin() {
            letters
        } else {
            letters / 1.6
        })
        .sqrt()
    }

    /// How alike two words are, 0 to 1.
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

/// Normalised Levenshtein of bytes, 0 to 1.
pub(super) fn likeness_of(a: &[u8], b: &[u8]) -> f32 {
    rapidfuzz::distance::levenshtein::normalized_similarity(a.iter().copied(), b.iter().copied())
        as f32
}

/// Three letters in a row, counting the ends, mixed.
pub(super) fn trigrams_of(letters: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let text = std::str::from_utf8(letters).unwrap_or_default();
    let codes = text.chars().map(|c| u32::from(c) & 0x7FF);
    let mut last = (0, 0);
    let mut seen = 0;
    codes.chain(std::iter::once(0)).filter_map(move |code| {
        let trigram = last.0 << 21 ^ last.1 << 11 ^ code;
        last = (last.1, code);
        seen += 1;
        (seen > 1).then_some(trigram)
    })
}

/// The words of a page that look-up counts.
pub(super) fn words_of(page: &Page) -> impl Iterator<Item = &[u8]> {
    (0..page.words.len())
        .map(move |at| page.letters_of(at))
        .filter(|letters| !letters.is_empty() && letters.len() <= 256)
}

fn hash(letters: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(letters)
}
