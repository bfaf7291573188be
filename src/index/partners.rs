//! Which words earn with which of a query's tokens, asked for every word of every segment that is looked at.

use rustc_hash::FxHashMap;

use super::vocabulary::WordId;
use crate::score::similarity::Likeness;

/// The partners of words among the query's tokens: places and likenesses. There are hundreds of words, and most
/// have one partner, so those of a word are a chain through one list.
#[derive(Default)]
pub(super) struct Partners {
    first: FxHashMap<WordId, u32>,
    /// Place, likeness, and the next of the same word, counted from 1.
    all: Vec<(u32, Likeness, u32)>,
}

impl Partners {
    pub(super) fn add(&mut self, word: WordId, place: u32, likeness: Likeness) {
        let first = self.first.entry(word).or_default();
        self.all.push((place, likeness, *first));
        *first = self.all.len() as u32;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.first.clear();
        self.all.clear();
    }

    pub(super) fn of(&self, word: WordId) -> impl Iterator<Item = (u32, Likeness)> {
        let mut next = self.first.get(&word).copied().unwrap_or_default();
        std::iter::from_fn(move || {
            let (place, likeness, after) = *self.all.get(next.checked_sub(1)? as usize)?;
            next = after;
            Some((place, likeness))
        })
    }

    pub(super) fn words(&self) -> impl Iterator<Item = WordId> {
        self.first.keys().copied()
    }
}

/// A set that may also say yes to what is not in it: one bit a word, by hash.
pub(super) struct Filter([u64; Filter::BITS / 64]);

impl Default for Filter {
    fn default() -> Self {
        Self([0; Self::BITS / 64])
    }
}

impl Filter {
    /// Half a kilobyte, which stays in the innermost cache; a query has some hundred words.
    const BITS: usize = 4_096;

    fn place(word: WordId) -> (usize, u64) {
        let bit = (word.wrapping_mul(0x9E37_79B1) >> 20) as usize;
        (bit / 64, 1 << (bit % 64))
    }

    pub(super) fn add(&mut self, word: WordId) {
        let (place, bit) = Self::place(word);
        self.0[place] |= bit;
    }

    pub(super) fn may_have(&self, word: WordId) -> bool {
        let (place, bit) = Self::place(word);
        self.0[place] & bit != 0
    }
}
