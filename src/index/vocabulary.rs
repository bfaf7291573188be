//! The words of one language in all memories, numbered once and for good while the process lives.

use hashbrown::HashTable;
use rustc_hash::FxHashMap;

use crate::score::similarity::{Likeness, Pattern, most_edits};
use crate::score::weight;
use crate::text::Kind;

use super::similar::{Similar, may_be_within, signature};

/// A word's number.
pub(super) type WordId = u32;

/// Stands for "some number" in the postings of a part: every segment with a number is listed there.
pub(super) const ANY_NUMBER: WordId = 0;
/// The same for placeables.
pub(super) const ANY_PLACEABLE: WordId = 1;

/// Words beyond those that the directory of similar words knows are compared one by one; when there are
/// more than this and than an eighth of the known, a new directory is due.
const MOST_UNFILED: usize = 2_048;

/// All words of a language.
pub(super) struct Vocabulary {
    table: HashTable<WordId>,
    text: String,
    /// Where each word ends in `text`.
    ends: Vec<u32>,
    /// Characters, at most 255 counted.
    chars: Vec<u8>,
    kinds: Vec<Kind>,
    signatures: Vec<u64>,
    /// Words that stand for two tokens which a ZWNJ joins.
    joined: Vec<bool>,
    similar: Similar,
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        let mut vocabulary = Self {
            table: HashTable::new(),
            text: String::new(),
            ends: Vec::new(),
            chars: Vec::new(),
            kinds: Vec::new(),
            signatures: Vec::new(),
            joined: Vec::new(),
            similar: Similar::default(),
        };
        // No token has an empty text, so nothing else can be the same as these two.
        vocabulary.intern(Kind::Number, "");
        vocabulary.intern(Kind::Placeable, "");
        vocabulary
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A word's text in the key fold.
    pub(super) fn text(&self, id: WordId) -> &str {
        let end = self.ends[id as usize] as usize;
        let start = if id == 0 {
            0
        } else {
            self.ends[id as usize - 1] as usize
        };
        &self.text[start..end]
    }

    pub(super) fn weight(&self, id: WordId) -> u32 {
        match self.kinds[id as usize] {
            Kind::Word => weight::of_length(usize::from(self.chars[id as usize])),
            Kind::Number | Kind::Placeable => weight::KIND_WEIGHT,
        }
    }

    /// Whether a pair of tokens joined by ZWNJ is known under this word.
    pub(super) fn is_joined(&self, id: WordId) -> bool {
        self.joined[id as usize]
    }

    fn hash(kind: Kind, word: &str) -> u64 {
        xxhash_rust::xxh3::xxh3_64_with_seed(word.as_bytes(), kind as u64)
    }

    fn is(&self, id: WordId, kind: Kind, word: &str) -> bool {
        self.kinds[id as usize] == kind && self.text(id) == word
    }

    /// The number of a word that is known.
    pub(super) fn find(&self, kind: Kind, word: &str) -> Option<WordId> {
        self.table
            .find(Self::hash(kind, word), |&id| self.is(id, kind, word))
            .copied()
    }

    /// The number of a word, a new one if need be.
    pub(super) fn intern(&mut self, kind: Kind, word: &str) -> WordId {
        if let Some(id) = self.find(kind, word) {
            return id;
        }
        let id = self.ends.len() as WordId;
        self.text.push_str(word);
        self.ends.push(self.text.len() as u32);
        self.chars.push(word.chars().count().min(255) as u8);
        self.kinds.push(kind);
        self.signatures.push(signature(word.chars()));
        self.joined.push(false);
        let Self {
            table,
            text,
            ends,
            kinds,
            ..
        } = self;
        table.insert_unique(Self::hash(kind, word), id, |&id| {
            let start = if id == 0 {
                0
            } else {
                ends[id as usize - 1] as usize
            };
            Self::hash(kinds[id as usize], &text[start..ends[id as usize] as usize])
        });
        id
    }

    /// The same for two tokens that a ZWNJ joins.
    pub(super) fn intern_joined(&mut self, word: &str) -> WordId {
        let id = self.intern(Kind::Word, word);
        self.joined[id as usize] = true;
        id
    }

    /// Words similar to one, itself included if it is known.
    pub(super) fn similar(&self, word: &str, found: &mut FxHashMap<WordId, Likeness>) {
        if let Some(id) = self.find(Kind::Word, word) {
            found.insert(id, Likeness::EQUAL);
        }
        let Some(pattern) = Pattern::new(word) else {
            return;
        };
        let letters = signature(word.chars());
        let chars = pattern.chars().len();
        let mut check = |id: WordId| {
            let (place, length) = (id as usize, usize::from(self.chars[id as usize]));
            let most = most_edits(chars, length);
            if chars.abs_diff(length) <= most
                && may_be_within(letters, self.signatures[place], most)
                && self.kinds[place] == Kind::Word
                && !found.contains_key(&id)
                && let Some(likeness) = pattern.likeness(self.text(id), length)
            {
                found.insert(id, likeness);
            }
        };
        self.similar.candidates(&pattern, &mut check);
        (self.similar.words() as WordId..self.len() as WordId).for_each(&mut check);
    }

    /// A new directory of similar words, if one is due. Takes tenths of a second for a large vocabulary,
    /// so it is made beside and put in with [`Vocabulary::set_similar`].
    pub(super) fn new_similar(&self) -> Option<Similar> {
        let unfiled = self.len() - self.similar.words();
        (unfiled > MOST_UNFILED.max(self.similar.words() / 8)).then(|| self.build_similar())
    }

    /// A directory of all words of now.
    pub(super) fn build_similar(&self) -> Similar {
        Similar::build(self.len(), |id, out| {
            if self.kinds[id as usize] == Kind::Word {
                out.extend(self.text(id).chars());
            }
        })
    }

    pub(super) fn set_similar(&mut self, similar: Similar) {
        self.similar = similar;
    }

    /// Bytes held: the words, and the directory of similar ones.
    pub(super) fn bytes(&self) -> (usize, usize) {
        let words = self.text.capacity()
            + self.ends.capacity() * 4
            + self.chars.capacity() * 3
            + self.signatures.capacity() * 8
            + self.table.capacity() * 5;
        (words, self.similar.bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::similarity::likeness;

    proptest! {
        #[test]
        fn similar_words_are_those_that_a_comparison_with_all_finds(
            words in prop::collection::btree_set("[abد]{1,9}", 1..80),
            query in "[abد]{1,9}",
            filed in 0usize..80,
        ) {
            let mut vocabulary = Vocabulary::new();
            for (place, word) in words.iter().enumerate() {
                vocabulary.intern(Kind::Word, word);
                if place == filed {
                    let similar = vocabulary.build_similar();
                    vocabulary.set_similar(similar);
                }
            }
            vocabulary.intern(Kind::Number, "12");
            let mut found = FxHashMap::default();
            vocabulary.similar(&query, &mut found);
            let found: std::collections::BTreeMap<String, Likeness> =
                found.into_iter().map(|(id, l)| (vocabulary.text(id).to_owned(), l)).collect();
            let expected = words
                .iter()
                .filter_map(|word| likeness(&query, word).map(|l| (word.clone(), l)))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_word_and_a_number_of_the_same_text_are_two() {
        let mut vocabulary = Vocabulary::new();
        let number = vocabulary.intern(Kind::Number, "12");
        assert_ne!(number, vocabulary.intern(Kind::Word, "12"));
        assert_eq!(vocabulary.intern(Kind::Number, "12"), number);
    }
}
