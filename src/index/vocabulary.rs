//! The words of one language in all memories, numbered once and for good while the process lives.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashTable;

use crate::score::similarity::{Likeness, Pattern, may_be_within, most_edits, signature};
use crate::score::weight;
use crate::text::Kind;
use crate::text::wanted::WantedToken;

use super::similar::{Known, Similar};

/// A word's number.
pub(super) type WordId = u32;

/// The first so many words stand in the postings of a part for "has a number", "has two" and so on up to
/// [`LEVELS`], and the next so many for placeables: every segment that has as many is listed there.
pub(super) const RESERVED: WordId = 2 * LEVELS;
/// A text of more numbers than this is listed as if it had so many.
pub(super) const LEVELS: WordId = 8;

/// What stands for "has so many of a kind", from 1.
pub(super) fn level(kind: Kind, many: usize) -> WordId {
    let first = if kind == Kind::Number { 0 } else { LEVELS };
    first + (many.clamp(1, LEVELS as usize) as WordId - 1)
}

/// Words beyond those that the directory of similar words knows are compared one by one; when there are
/// more than this and than an eighth of the known, a new directory is due.
const MOST_UNFILED: usize = 2_048;
/// The same where there is time.
const MOST_UNFILED_AT_REST: usize = 256;

/// Frequent words whose similar words are worked out beforehand: they are nine tenths of any text.
const MOST_KNOWN: usize = 16_384;

/// All words of a language.
pub(super) struct Vocabulary {
    table: HashTable<WordId>,
    words: Words,
    /// Words that stand for two tokens which a ZWNJ joins.
    joined: Vec<bool>,
    /// Words of parts that an apostrophe joins.
    parted: Vec<WordId>,
    similar: Arc<Similar>,
}

/// What is known of each word. A copy takes milliseconds, and serves what would hold up others too long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) text: String,
    /// Where each word ends in `text`.
    pub(super) ends: Vec<u32>,
    /// Characters, at most 255 counted.
    pub(super) chars: Vec<u8>,
    pub(super) kinds: Vec<Kind>,
    pub(super) signatures: Vec<u32>,
    /// How often each occurred, deletions not taken off.
    pub(super) counts: Vec<u32>,
}

impl Words {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn text(&self, id: WordId) -> &str {
        &self.text[self.span(id)]
    }

    fn span(&self, id: WordId) -> Range<usize> {
        let start = match id {
            0 => 0,
            _ => self.ends[id as usize - 1] as usize,
        };
        start..self.ends[id as usize] as usize
    }

    fn push(&mut self, kind: Kind, word: &str) -> WordId {
        self.text.push_str(word);
        self.ends.push(self.text.len() as u32);
        self.chars.push(word.chars().count().min(255) as u8);
        self.kinds.push(kind);
        self.signatures.push(signature(word.chars()));
        self.counts.push(1);
        self.ends.len() as WordId - 1
    }

    /// Adds the word to `found` if it is similar to the pattern, of which `letters` is the signature.
    fn compare(
        &self,
        pattern: &Pattern,
        letters: u32,
        id: WordId,
        found: &mut Vec<(WordId, Likeness)>,
    ) {
        let (place, length) = (id as usize, usize::from(self.chars[id as usize]));
        let chars = pattern.chars().len();
        let most = most_edits(chars, length);
        if chars.abs_diff(length) <= most
            && may_be_within(letters, self.signatures[place], most)
            && self.kinds[place] == Kind::Word
            && let Some(likeness) = pattern.likeness(self.text(id), length)
        {
            found.push((id, likeness));
        }
    }

    /// Adds the similar words that a directory knows, some twice.
    fn similar(
        &self,
        pattern: &Pattern,
        letters: u32,
        directory: &Similar,
        found: &mut Vec<(WordId, Likeness)>,
    ) {
        // A signature is one cache miss, and nearly all end there.
        let mut left: Vec<WordId> = Vec::with_capacity(1_024);
        directory.candidates(pattern, |filed, edits| {
            // Without a branch: which of them are left cannot be foretold.
            let mut end = left.len();
            left.resize(end + filed.len(), 0);
            for id in filed.map(|place| directory.id(place)) {
                left[end] = id;
                end += usize::from(may_be_within(letters, self.signatures[id as usize], edits));
            }
            left.truncate(end);
        });
        left.sort_unstable();
        left.dedup();
        // So are the places of the texts, and the texts: step by step the processor waits for many at the same time.
        let spans: Vec<Range<usize>> = left.iter().map(|&id| self.span(id)).collect();
        let first = |span: &Range<usize>| self.text.as_bytes().get(span.start).copied();
        black_box(spans.iter().filter_map(first).fold(0, u8::wrapping_add));
        for (id, span) in left.into_iter().zip(spans) {
            let chars = usize::from(self.chars[id as usize]);
            let likeness = pattern.likeness(&self.text[span], chars);
            found.extend(likeness.map(|likeness| (id, likeness)));
        }
    }

    /// A directory of all words.
    fn directory(&self) -> Similar {
        Similar::build(self.len(), |id, out| {
            if self.kinds[id as usize] == Kind::Word {
                out.extend(self.text(id).chars());
            }
        })
    }

    /// A directory of all words, with the similar words of frequent words worked out: a second or two for
    /// a large vocabulary.
    pub(super) fn best_directory(&self) -> Similar {
        let mut directory = self.directory();
        let is_frequent =
            |id: &WordId| self.kinds[*id as usize] == Kind::Word && self.counts[*id as usize] > 1;
        let mut frequent: Vec<WordId> = (0..self.len() as WordId).filter(is_frequent).collect();
        frequent.sort_unstable_by_key(|&id| std::cmp::Reverse(self.counts[id as usize]));
        frequent.truncate(MOST_KNOWN);
        frequent.sort_unstable();
        let similar = |id: WordId| {
            let pattern = Pattern::new(self.text(id))?;
            let mut found = Vec::new();
            let letters = self.signatures[id as usize];
            self.similar(&pattern, letters, &directory, &mut found);
            let others = found.iter().filter(|(other, _)| *other != id);
            let mut others: Vec<(WordId, u32)> =
                others.map(|(id, l)| (*id, l.of - l.kept)).collect();
            others.sort_unstable();
            others.dedup();
            Some((id, others))
        };
        directory.known = Known::of(frequent.into_iter().filter_map(similar));
        directory
    }
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        let mut vocabulary = Self {
            table: HashTable::new(),
            words: Words::default(),
            joined: Vec::new(),
            parted: Vec::new(),
            similar: Arc::default(),
        };
        // No token has an empty text, so nothing finds these.
        for id in 0..RESERVED {
            let kind = if id < LEVELS {
                Kind::Number
            } else {
                Kind::Placeable
            };
            vocabulary.words.push(kind, "");
            vocabulary.joined.push(false);
        }
        vocabulary
    }

    /// A word's text in the key fold.
    pub(super) fn text(&self, id: WordId) -> &str {
        self.words.text(id)
    }

    pub(super) fn weight(&self, id: WordId) -> u32 {
        match self.words.kinds[id as usize] {
            Kind::Word => weight::of_length(usize::from(self.words.chars[id as usize])),
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

    /// The number of a word that is known.
    pub(super) fn find(&self, kind: Kind, word: &str) -> Option<WordId> {
        let is =
            |id: &WordId| self.words.kinds[*id as usize] == kind && self.words.text(*id) == word;
        self.table.find(Self::hash(kind, word), is).copied()
    }

    /// The number of a word, a new one if need be.
    pub(super) fn intern(&mut self, kind: Kind, word: &str) -> WordId {
        if let Some(id) = self.find(kind, word) {
            let count = &mut self.words.counts[id as usize];
            *count = count.saturating_add(1);
            return id;
        }
        let id = self.words.push(kind, word);
        self.joined.push(false);
        if kind == Kind::Word && word.contains('\'') {
            self.parted.push(id);
        }
        let words = &self.words;
        let hash_of = |id: &WordId| Self::hash(words.kinds[*id as usize], words.text(*id));
        self.table
            .insert_unique(Self::hash(kind, word), id, hash_of);
        id
    }

    /// The same for two tokens that a ZWNJ joins.
    pub(super) fn intern_joined(&mut self, word: &str) -> WordId {
        let id = self.intern(Kind::Word, word);
        self.joined[id as usize] = true;
        id
    }

    /// The words that are what a search asks for.
    pub(super) fn wanted(&self, token: &WantedToken) -> Vec<WordId> {
        if token.prefix {
            return self.words_that(|word| token.is(Kind::Word, word));
        }
        let mut ids: Vec<WordId> = self.find(token.kind, &token.text).into_iter().collect();
        if token.kind == Kind::Word {
            let parted = self.parted.iter().copied();
            ids.extend(parted.filter(|&id| token.is(Kind::Word, self.text(id))));
        }
        ids
    }

    /// The words that are two tokens of a search, written together.
    pub(super) fn wanted_together(&self, first: &WantedToken, second: &WantedToken) -> Vec<WordId> {
        if second.prefix {
            return self.words_that(|word| first.is_with(second, word));
        }
        let together = [first.text.as_str(), &second.text].concat();
        self.find(Kind::Word, &together).into_iter().collect()
    }

    /// All of them are asked: some milliseconds for half a million.
    fn words_that(&self, are: impl Fn(&str) -> bool) -> Vec<WordId> {
        let words = (0..self.words.len() as WordId)
            .filter(|&id| self.words.kinds[id as usize] == Kind::Word);
        words.filter(|&id| are(self.words.text(id))).collect()
    }

    /// Words similar to one, in order, itself included if it is known.
    pub(super) fn similar(&self, word: &str) -> Vec<(WordId, Likeness)> {
        let id = self.find(Kind::Word, word);
        let mut found = Vec::new();
        if let Some(pattern) = Pattern::new(word) {
            self.add_similar(word, id, &pattern, &mut found);
        }
        found.retain(|(other, _)| Some(*other) != id);
        found.extend(id.map(|id| (id, Likeness::EQUAL)));
        found.sort_unstable_by_key(|(id, _)| *id);
        found.dedup_by_key(|(id, _)| *id);
        found
    }

    fn add_similar(
        &self,
        word: &str,
        id: Option<WordId>,
        pattern: &Pattern,
        found: &mut Vec<(WordId, Likeness)>,
    ) {
        let letters = signature(word.chars());
        match id.and_then(|id| self.similar.known(id)) {
            Some(known) => {
                let chars = pattern.chars().len();
                found.extend(known.map(|(id, edits)| {
                    let of = chars.max(usize::from(self.words.chars[id as usize]));
                    let kept = of.saturating_sub(edits) as u32;
                    (
                        id,
                        Likeness {
                            kept,
                            of: of as u32,
                        },
                    )
                }));
            }
            None => self.words.similar(pattern, letters, &self.similar, found),
        }
        for id in self.similar.words() as WordId..self.words.len() as WordId {
            self.words.compare(pattern, letters, id, found);
        }
    }

    /// A new directory of similar words, if one is due. Takes tenths of a second for a large vocabulary.
    pub(super) fn new_directory(&self) -> Option<Similar> {
        let unfiled = self.words.len() - self.similar.words();
        (unfiled > MOST_UNFILED.max(self.similar.words() / 8)).then(|| self.words.directory())
    }

    /// A copy of the words, if the best directory would serve look-ups noticeably better than what is there.
    pub(super) fn words_worth_filing(&self) -> Option<Words> {
        let unfiled = self.words.len() - self.similar.words();
        let worth = unfiled > MOST_UNFILED_AT_REST || (unfiled > 0 && !self.similar.has_known());
        worth.then(|| self.words.clone())
    }

    /// Puts a directory in, unless there is one that knows more.
    pub(super) fn set_similar(&mut self, similar: Similar) {
        if similar.words() >= self.similar.words() {
            self.similar = Arc::new(similar);
        }
    }

    /// A copy of what a snapshot keeps.
    pub(super) fn written(&self) -> Written {
        Written {
            words: self.words.clone(),
            joined: self.joined.clone(),
            parted: self.parted.clone(),
            similar: self.similar.clone(),
        }
    }

    /// The same again, out of a snapshot that was checked.
    pub(super) fn of_written(written: Written) -> Self {
        let Written {
            words,
            joined,
            parted,
            similar,
        } = written;
        let hash_of = |id: &WordId| Self::hash(words.kinds[*id as usize], words.text(*id));
        let mut table = HashTable::with_capacity(words.len());
        for id in RESERVED..words.len() as WordId {
            table.insert_unique(hash_of(&id), id, hash_of);
        }
        Self {
            table,
            words,
            joined,
            parted,
            similar,
        }
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Bytes held: the words, and the directory of similar ones.
    pub(super) fn bytes(&self) -> (usize, usize) {
        let each = 4 + 1 + 1 + 4 + 4 + 1;
        let words = self.words.text.len()
            + each * self.words.len()
            + self.table.capacity() * 5
            + self.parted.len() * 4;
        (words, self.similar.bytes())
    }
}

/// What of a vocabulary a snapshot keeps; the rest follows from it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) words: Words,
    pub(super) joined: Vec<bool>,
    pub(super) parted: Vec<WordId>,
    pub(super) similar: Arc<Similar>,
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
                vocabulary.intern(Kind::Word, word);
                if place == filed {
                    let words = vocabulary.words.clone();
                    let similar = if filed % 2 == 0 { words.directory() } else { words.best_directory() };
                    vocabulary.set_similar(similar);
                }
            }
            vocabulary.intern(Kind::Number, "12");
            let found = vocabulary.similar(&query);
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
