//! Finds the words of a vocabulary that are similar to a given one, without comparing it with all.
//!
//! *Pass-Join* (Li, Deng, Wang, Feng, 2011): cut a word into k + 1 pieces; whoever is within k edits of it
//! has at least one piece unchanged, at nearly the same place. Pieces are hashed into a directory of
//! buckets; what a bucket gives is checked with a 64-bit signature of letters and then exactly. How many
//! edits are allowed depends on the longer of two words, so a word is cut for each k that a partner of it
//! can need (two or three).

use std::ops::Range;

use super::packed::Packed;
use crate::score::similarity::{MAX_SIMILAR_CHARS, Pattern, most_edits, similar_lengths};

/// A directory of pieces of the words that were there when it was built.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Similar {
    /// Words known, the first so many of the vocabulary.
    pub(super) words: usize,
    /// Where each bucket starts in `ids`; one more than there are buckets, which are a power of two.
    pub(super) starts: Packed,
    pub(super) ids: Packed,
    pub(super) known: Known,
}

/// The similar words of frequent words, worked out beforehand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The frequent words, sorted, …
    pub(super) words: Vec<u32>,
    /// … where the list of each ends, …
    pub(super) ends: Vec<u32>,
    /// … and the lists: [`EDITS_AT`] has the edits above the word.
    pub(super) lists: Vec<u32>,
}

/// A known similar word has its number below this bit, and the edits from it on.
const EDITS_AT: u32 = 28;
/// Entries of the directory a bucket, about.
const BUCKET: usize = 4;

impl Known {
    /// `lists` of words in ascending order, with the edits of each similar word.
    pub(super) fn of(lists: impl Iterator<Item = (u32, Vec<(u32, u32)>)>) -> Self {
        let mut known = Self::default();
        for (word, list) in lists {
            let fits =
                |&(id, edits): &(u32, u32)| id >> EDITS_AT == 0 && edits >> (32 - EDITS_AT) == 0;
            if list.iter().all(fits) {
                known.words.push(word);
                known
                    .lists
                    .extend(list.iter().map(|(id, edits)| edits << EDITS_AT | id));
                known.ends.push(known.lists.len() as u32);
            }
        }
        known
    }

    /// The similar words of a word with the edits to each, itself not among them, where they were worked out.
    fn find(&self, word: u32) -> Option<impl Iterator<Item = (u32, usize)> + '_> {
        let place = self.words.binary_search(&word).ok()?;
        let start = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        let list = self.lists.get(start..*self.ends.get(place)? as usize)?;
        Some(list.iter().map(|&entry| Self::word(entry)))
    }

    /// The word of an entry, and its edits.
    pub(super) fn word(entry: u32) -> (u32, usize) {
        (entry & ((1 << EDITS_AT) - 1), (entry >> EDITS_AT) as usize)
    }

    fn size(&self) -> usize {
        4 * (self.words.len() + self.ends.len() + self.lists.len())
    }
}

impl Similar {
    /// Builds the directory; `chars(id)` gives a word's characters, or nothing for what is no word.
    pub(super) fn build(words: usize, chars: impl Fn(u32, &mut Vec<char>)) -> Self {
        let mut buffer = Vec::new();
        let mut entries = 0usize;
        let each = |buffer: &mut Vec<char>, mut visit: Box<dyn FnMut(u32, u64) + '_>| {
            for id in 0..words as u32 {
                buffer.clear();
                chars(id, buffer);
                pieces(buffer, |hash| visit(id, hash));
            }
        };
        each(&mut buffer, Box::new(|_, _| entries += 1));
        let buckets = (entries / BUCKET).next_power_of_two().max(2);
        let bucket = |hash: u64| (hash >> 32) as usize & (buckets - 1);
        let mut starts = vec![0u32; buckets + 1];
        each(
            &mut buffer,
            Box::new(|_, hash| starts[bucket(hash) + 1] += 1),
        );
        for i in 0..buckets {
            starts[i + 1] += starts[i];
        }
        let packed = Packed::of(entries as u64, starts.iter().map(|&start| start.into()));
        let mut ids = vec![0u32; entries];
        each(
            &mut buffer,
            Box::new(|id, hash| {
                let place = &mut starts[bucket(hash)];
                ids[*place as usize] = id;
                *place += 1;
            }),
        );
        Self {
            words,
            starts: packed,
            ids: Packed::of(words as u64, ids.iter().map(|&id| id.into())),
            known: Known::default(),
        }
    }

    /// How many words it knows; later ones must be looked at one by one.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The similar words of a word with the edits to each, where they were worked out beforehand.
    pub(super) fn known(&self, word: u32) -> Option<impl Iterator<Item = (u32, usize)> + '_> {
        self.known.find(word)
    }

    /// Whether anything was worked out beforehand.
    pub(super) fn has_known(&self) -> bool {
        !self.known.words.is_empty()
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.starts.bytes().len() + self.ids.bytes().len() + self.known.size()
    }

    /// The word at a place of the directory.
    pub(super) fn id(&self, place: usize) -> u32 {
        self.ids.get(place) as u32
    }

    /// Where in the directory words stand that share a piece with the pattern, and how many edits they may be away: all
    /// similar ones, and others, some twice.
    pub(super) fn candidates(&self, pattern: &Pattern, mut visit: impl FnMut(Range<usize>, usize)) {
        let query = pattern.chars();
        let Some(mask) = self.starts.len().checked_sub(2) else {
            return;
        };
        for length in similar_lengths(query.len()) {
            let edits = most_edits(length, query.len());
            for piece in 0..=edits {
                let (start, end) = cut(length, edits, piece);
                for place in places(query.len(), length, edits, piece) {
                    let Some(part) = query.get(place..place + (end - start)) else {
                        continue;
                    };
                    let bucket = (hash(length, edits, piece, part) >> 32) as usize & mask;
                    let filed = self.starts.get(bucket)..self.starts.get(bucket + 1);
                    visit(filed.start as usize..filed.end as usize, edits);
                }
            }
        }
    }
}

/// Where piece `piece` of `edits + 1` lies in a word of `length` characters.
fn cut(length: usize, edits: usize, piece: usize) -> (usize, usize) {
    (
        piece * length / (edits + 1),
        (piece + 1) * length / (edits + 1),
    )
}

/// Where that piece of a word of `length` can stand in a query of `query` characters: the paper's
/// *multi-match-aware* window. Left of it at most `piece` edits can have happened, right of it the rest.
fn places(query: usize, length: usize, edits: usize, piece: usize) -> Range<usize> {
    let (start, _) = cut(length, edits, piece);
    let (start, piece, edits) = (start as isize, piece as isize, edits as isize);
    let shift = query as isize - length as isize;
    let from = (start - piece).max(start + shift - (edits - piece)).max(0);
    let to = (start + piece).min(start + shift + (edits - piece));
    from as usize..(to + 1).max(from) as usize
}

/// Hashes of all pieces that a word is filed under.
fn pieces(word: &[char], mut visit: impl FnMut(u64)) {
    let length = word.len();
    if length == 0 || length > MAX_SIMILAR_CHARS {
        return;
    }
    // Similarity is symmetric: these are also the lengths of the words that can ask for this one.
    let longest = *similar_lengths(length).end();
    for edits in most_edits(length, length)..=most_edits(length, longest) {
        for piece in 0..=edits {
            let (start, end) = cut(length, edits, piece);
            visit(hash(length, edits, piece, &word[start..end]));
        }
    }
}

fn hash(length: usize, edits: usize, piece: usize, part: &[char]) -> u64 {
    const PRIME: u64 = 0x9E37_79B9_7F4A_7C15;
    let seed = (length << 16 | edits << 8 | piece) as u64;
    let mixed = part.iter().fold(seed.wrapping_mul(PRIME), |hash, &c| {
        (hash.rotate_left(5) ^ u64::from(c)).wrapping_mul(PRIME)
    });
    mixed ^ (mixed >> 29)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::similarity::{likeness, may_be_within, signature};

    proptest! {
        #[test]
        fn every_similar_word_is_a_candidate(
            words in prop::collection::vec("[abc]{1,14}", 1..60),
            query in "[abc]{1,14}",
        ) {
            let similar = Similar::build(words.len(), |id, out| out.extend(words[id as usize].chars()));
            let pattern = Pattern::new(&query).unwrap();
            let mut found = vec![false; words.len()];
            similar.candidates(&pattern, |filed, edits| for id in filed.map(|place| similar.id(place)) {
                found[id as usize] |= likeness(&query, &words[id as usize]).is_some_and(|l| (l.of - l.kept) as usize <= edits);
            });
            for (word, found) in words.iter().zip(found) {
                if let Some(l) = likeness(&query, word) {
                    prop_assert!(found, "{} {}", query, word);
                    let edits = (l.of - l.kept) as usize;
                    prop_assert!(may_be_within(signature(query.chars()), signature(word.chars()), edits));
                }
            }
        }
    }
}
