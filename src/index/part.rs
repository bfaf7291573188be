//! An immutable piece of the index: some segments of one memory in one language.
//!
//! Segments stand in the order of their weight, so that the length filter of a search, a window of
//! weights, is a stretch of every list. Three views of them: *forward*, the tokens of each segment;
//! *postings*, the segments of each word; and the near hashes, sorted.

use std::ops::Range;
use std::sync::Arc;

use crate::model::UnitId;

use super::vocabulary::{ANY_NUMBER, ANY_PLACEABLE, WordId};

/// A token of a segment: a word's number and what kind of token it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(u32);

impl Mark {
    const GLUED: u32 = 1 << 31;
    const JOINED: u32 = 1 << 30;
    const NUMBER: u32 = 1 << 29;
    const PLACEABLE: u32 = 1 << 28;
    const WORD: u32 = (1 << 28) - 1;

    pub(super) fn word(id: WordId, glued: bool) -> Self {
        Self(id & Self::WORD | if glued { Self::GLUED } else { 0 })
    }

    /// Follows a glued token: the token before it and it, written as one word.
    pub(super) fn joined(id: WordId) -> Self {
        Self(id & Self::WORD | Self::JOINED)
    }

    pub(super) fn number(id: WordId) -> Self {
        Self(id & Self::WORD | Self::NUMBER)
    }

    pub(super) fn placeable(id: WordId) -> Self {
        Self(id & Self::WORD | Self::PLACEABLE)
    }

    pub(super) fn id(self) -> WordId {
        self.0 & Self::WORD
    }

    pub(super) fn is_glued(self) -> bool {
        self.0 & Self::GLUED != 0
    }

    pub(super) fn is_joined(self) -> bool {
        self.0 & Self::JOINED != 0
    }

    pub(super) fn is_number(self) -> bool {
        self.0 & Self::NUMBER != 0
    }

    pub(super) fn is_placeable(self) -> bool {
        self.0 & Self::PLACEABLE != 0
    }

    /// The list of its kind that a segment with it is also on.
    fn class(self) -> Option<WordId> {
        if self.is_number() {
            Some(ANY_NUMBER)
        } else if self.is_placeable() {
            Some(ANY_PLACEABLE)
        } else {
            None
        }
    }
}

/// A segment on its way into a part.
pub(super) struct Entry {
    pub(super) unit: UnitId,
    /// The sum of its tokens' weights.
    pub(super) weight: u32,
    pub(super) near: u32,
    pub(super) same: u32,
    /// Which languages its unit has; a number of `Index::languages`.
    pub(super) languages: u16,
    pub(super) marks: Box<[Mark]>,
}

/// The same where it lies.
struct Segment<'s> {
    unit: UnitId,
    weight: u32,
    near: u32,
    same: u32,
    languages: u16,
    marks: &'s [Mark],
}

/// A segment's number in its part.
pub(super) type Doc = u32;

/// Where the lists of words are.
enum Places {
    /// Every word below this number has a list, many of them empty: quick, and small where words are dense,
    /// as they are in a large part.
    Numbered(usize),
    /// The words that have one, sorted.
    Sorted(Vec<WordId>),
}

impl Places {
    fn of(marks: &[Mark]) -> Self {
        let most = marks
            .iter()
            .map(|mark| mark.id())
            .max()
            .unwrap_or_default()
            .max(ANY_PLACEABLE);
        let numbers = most as usize + 1;
        if numbers <= marks.len() {
            return Self::Numbered(numbers);
        }
        let mut words: Vec<WordId> = marks.iter().map(|mark| mark.id()).collect();
        words.extend([ANY_NUMBER, ANY_PLACEABLE]);
        words.sort_unstable();
        words.dedup();
        Self::Sorted(words)
    }

    fn len(&self) -> usize {
        match self {
            Self::Numbered(numbers) => *numbers,
            Self::Sorted(words) => words.len(),
        }
    }

    fn find(&self, word: WordId) -> Option<usize> {
        match self {
            Self::Numbered(numbers) => Some(word as usize).filter(|place| place < numbers),
            Self::Sorted(words) => words.binary_search(&word).ok(),
        }
    }

    /// The same for a word of the part.
    fn of_known(&self, word: WordId) -> usize {
        self.find(word).unwrap_or_default()
    }

    /// Words that are held.
    fn words(&self) -> usize {
        match self {
            Self::Numbered(_) => 0,
            Self::Sorted(words) => words.len(),
        }
    }
}

/// See the file's comment.
pub(super) struct Part {
    /// Parts are numbered in the order they came to be; a deletion names the last one it concerns.
    pub(super) age: u64,
    units: Vec<UnitId>,
    weights: Vec<u32>,
    same: Vec<u32>,
    languages: Vec<u16>,
    /// Where each segment's marks end.
    mark_ends: Vec<u32>,
    marks: Vec<Mark>,
    /// Where a word's list is, and where each list ends in the postings.
    places: Places,
    posting_ends: Vec<u32>,
    postings: Vec<Doc>,
    /// Near hashes, sorted, and the segment of each.
    near: Vec<u32>,
    near_docs: Vec<Doc>,
}

impl Part {
    pub(super) fn build(age: u64, mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by_key(|entry| Self::order(entry.weight, entry.unit));
        let marks = entries.iter().map(|entry| entry.marks.len()).sum();
        let segments = entries.iter().map(|entry| Segment {
            unit: entry.unit,
            weight: entry.weight,
            near: entry.near,
            same: entry.same,
            languages: entry.languages,
            marks: &entry.marks,
        });
        Self::of_sorted(age, entries.len(), marks, segments)
    }

    /// One part of those segments of others that are alive.
    pub(super) fn merge(
        age: u64,
        parts: &[Arc<Part>],
        is_alive: impl Fn(&Part, Doc) -> bool,
    ) -> Self {
        let near: Vec<Vec<u32>> = parts.iter().map(|part| part.near_by_doc()).collect();
        let mut all: Vec<(u32, Doc)> =
            Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        let mut marks = 0;
        for (place, part) in (0..).zip(parts) {
            for doc in (0..part.len() as Doc).filter(|&doc| is_alive(part, doc)) {
                marks += part.marks(doc).len();
                all.push((place, doc));
            }
        }
        all.sort_unstable_by_key(|&(place, doc)| {
            let part = &parts[place as usize];
            Self::order(part.weight(doc), part.unit(doc))
        });
        let segments = all.iter().map(|&(place, doc)| {
            let part = &parts[place as usize];
            Segment {
                unit: part.unit(doc),
                weight: part.weight(doc),
                near: near[place as usize][doc as usize],
                same: part.same(doc),
                languages: part.languages(doc),
                marks: part.marks(doc),
            }
        });
        Self::of_sorted(age, all.len(), marks, segments)
    }

    /// By weight; newer units first among equals, so that they are met first.
    fn order(weight: u32, unit: UnitId) -> (u32, std::cmp::Reverse<UnitId>) {
        (weight, std::cmp::Reverse(unit))
    }

    fn of_sorted<'s>(
        age: u64,
        count: usize,
        marks: usize,
        segments: impl Iterator<Item = Segment<'s>>,
    ) -> Self {
        let mut part = Self {
            age,
            units: Vec::with_capacity(count),
            weights: Vec::with_capacity(count),
            same: Vec::with_capacity(count),
            languages: Vec::with_capacity(count),
            mark_ends: Vec::with_capacity(count),
            marks: Vec::with_capacity(marks),
            places: Places::Numbered(0),
            posting_ends: Vec::new(),
            postings: Vec::new(),
            near: Vec::new(),
            near_docs: Vec::new(),
        };
        let mut near: Vec<(u32, Doc)> = Vec::with_capacity(count);
        for (doc, segment) in (0..).zip(segments) {
            part.units.push(segment.unit);
            part.weights.push(segment.weight);
            part.same.push(segment.same);
            part.languages.push(segment.languages);
            part.marks.extend_from_slice(segment.marks);
            part.mark_ends.push(part.marks.len() as u32);
            near.push((segment.near, doc));
        }
        near.sort_unstable();
        (part.near, part.near_docs) = near.into_iter().unzip();
        part.post();
        part
    }

    /// The near hash of each segment.
    fn near_by_doc(&self) -> Vec<u32> {
        let mut near = vec![0; self.len()];
        for (&hash, &doc) in self.near.iter().zip(&self.near_docs) {
            near[doc as usize] = hash;
        }
        near
    }

    /// Makes the postings of the forward view: counts, then fills, so that each list comes out sorted.
    fn post(&mut self) {
        let places = Places::of(&self.marks);
        let mut last = vec![Doc::MAX; places.len()];
        let mut ends = vec![0u32; places.len() + 1];
        self.each_posting(|doc, id| {
            let place = places.of_known(id);
            if last[place] != doc {
                last[place] = doc;
                ends[place + 1] += 1;
            }
        });
        for place in 0..places.len() {
            ends[place + 1] += ends[place];
        }
        let mut postings = vec![0; ends.last().copied().unwrap_or_default() as usize];
        last.fill(Doc::MAX);
        self.each_posting(|doc, id| {
            let place = places.of_known(id);
            if last[place] != doc {
                last[place] = doc;
                postings[ends[place] as usize] = doc;
                ends[place] += 1; // from the start of this list to its end
            }
        });
        ends.pop();
        self.posting_ends = ends;
        self.postings = postings;
        self.places = places;
    }

    fn each_posting(&self, mut visit: impl FnMut(Doc, WordId)) {
        for doc in 0..self.len() as Doc {
            for mark in self.marks(doc) {
                visit(doc, mark.id());
                if let Some(class) = mark.class() {
                    visit(doc, class);
                }
            }
        }
    }

    /// How many segments it has.
    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    pub(super) fn unit(&self, doc: Doc) -> UnitId {
        self.units[doc as usize]
    }

    pub(super) fn weight(&self, doc: Doc) -> u32 {
        self.weights[doc as usize]
    }

    pub(super) fn same(&self, doc: Doc) -> u32 {
        self.same[doc as usize]
    }

    pub(super) fn languages(&self, doc: Doc) -> u16 {
        self.languages[doc as usize]
    }

    /// The segment's tokens in order; a joined mark follows each glued Arabic-script token.
    pub(super) fn marks(&self, doc: Doc) -> &[Mark] {
        let doc = doc as usize;
        let start = if doc == 0 {
            0
        } else {
            self.mark_ends[doc - 1] as usize
        };
        &self.marks[start..self.mark_ends[doc] as usize]
    }

    /// Segments whose weight is in a range.
    pub(super) fn window(&self, weights: Range<u32>) -> Range<Doc> {
        let from = self.weights.partition_point(|&w| w < weights.start);
        let to = self.weights.partition_point(|&w| w < weights.end);
        from as Doc..to as Doc
    }

    /// The segments that have a word, within a window, in order.
    pub(super) fn postings(&self, word: WordId, window: &Range<Doc>) -> &[Doc] {
        let Some(place) = self.places.find(word) else {
            return &[];
        };
        let start = if place == 0 {
            0
        } else {
            self.posting_ends[place - 1] as usize
        };
        let list = &self.postings[start..self.posting_ends[place] as usize];
        let from = list.partition_point(|&doc| doc < window.start);
        let to = list.partition_point(|&doc| doc < window.end);
        &list[from..to]
    }

    /// Segments with a near hash, newest units not necessarily first.
    pub(super) fn near(&self, hash: u32) -> &[Doc] {
        let from = self.near.partition_point(|&h| h < hash);
        let to = self.near.partition_point(|&h| h <= hash);
        &self.near_docs[from..to]
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.units.len() * (8 + 4 + 4 + 2 + 4 + 4 + 4)
            + 4 * (self.marks.len()
                + self.postings.len()
                + self.posting_ends.len()
                + self.places.words())
    }
}
