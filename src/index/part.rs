//! An immutable piece of the index: some segments of one memory in one language.
//!
//! Segments stand in the order of their weight, so that the length filter of a search, a window of
//! weights, is a stretch of every list. Three views of them: *forward*, the tokens of each segment;
//! *postings*, the segments of each word; and the near hashes, sorted. All of it is bit-packed and flat.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::UnitId;

pub(super) use super::forward::Mark;
use super::forward::{Forward, Writer};
use super::near::Near;
use super::packed::Packed;
use super::postings::{List, Postings};
use super::vocabulary::{ANY_NUMBER, ANY_PLACEABLE, WordId};

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

/// A segment's number in its part.
pub(super) type Doc = u32;

/// Where the lists of words are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Places {
    /// Every word below this number has a list, many of them empty: quick, and small where words are dense,
    /// as they are in a large part.
    Numbered(usize),
    /// The words that have one, sorted.
    Sorted(Vec<WordId>),
}

impl Places {
    fn of(alphabet: &[u32], tokens: usize) -> Self {
        let ids = || alphabet.iter().map(|&mark| Mark(mark).id());
        let numbers = ids().max().unwrap_or_default().max(ANY_PLACEABLE) as usize + 1;
        if numbers <= tokens / 4 {
            return Self::Numbered(numbers);
        }
        let mut words: Vec<WordId> = ids().chain([ANY_NUMBER, ANY_PLACEABLE]).collect();
        words.sort_unstable();
        words.dedup();
        Self::Sorted(words)
    }

    pub(super) fn len(&self) -> usize {
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
    fn of_known(&self, word: WordId) -> u32 {
        self.find(word).unwrap_or_default() as u32
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
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Parts are numbered in the order they came to be; a deletion names the last one it concerns.
    pub(super) age: u64,
    /// Ids of units, less the smallest.
    pub(super) units: Packed,
    pub(super) least_unit: i64,
    /// Each weight that occurs, ascending, and the first segment of it.
    pub(super) weights: Vec<u32>,
    pub(super) weight_starts: Vec<Doc>,
    /// The lowest byte of each segment's hash: it tells the same among the near.
    pub(super) same: Vec<u8>,
    pub(super) languages: Packed,
    pub(super) forward: Forward,
    pub(super) places: Places,
    pub(super) postings: Postings,
    pub(super) near: Near,
}

impl Part {
    pub(super) fn build(age: u64, mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by_key(|entry| Self::order(entry.weight, entry.unit));
        let mut counts: FxHashMap<Mark, u32> = FxHashMap::default();
        for mark in entries.iter().flat_map(|entry| &entry.marks) {
            *counts.entry(*mark).or_default() += 1;
        }
        let alphabet = Forward::alphabet(counts);
        let ranks: FxHashMap<Mark, u32> = alphabet.iter().copied().zip(0..).collect();
        let mut assembly = Assembly::new(alphabet, entries.len());
        for entry in &entries {
            assembly.begin(
                (entry.unit, entry.weight),
                (entry.near, entry.same as u8),
                entry.languages,
            );
            for mark in &entry.marks {
                assembly.push(ranks.get(mark).copied().unwrap_or_default());
            }
        }
        assembly.finish(age)
    }

    /// One part of those segments of others that are alive. Needs little room beside the result.
    pub(super) fn merge(
        age: u64,
        parts: &[Arc<Part>],
        is_alive: impl Fn(&Part, Doc) -> bool,
    ) -> Self {
        // With what they are sorted by: to find a segment's weight takes a search.
        let mut all: Vec<((u32, std::cmp::Reverse<UnitId>), u32, Doc)> =
            Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        let mut counts: FxHashMap<Mark, u32> = FxHashMap::default();
        for (place, part) in (0..).zip(parts) {
            let mut of_rank = vec![0; part.forward.alphabet.len()];
            for doc in (0..part.len() as Doc).filter(|&doc| is_alive(part, doc)) {
                part.forward
                    .each_rank(doc, |rank| of_rank[rank as usize] += 1);
                all.push((Self::order(part.weight(doc), part.unit(doc)), place, doc));
            }
            for (rank, count) in (0..).zip(of_rank).filter(|(_, count)| *count > 0) {
                *counts.entry(part.forward.mark(rank)).or_default() += count;
            }
        }
        // Stable: it makes use of the parts being sorted already.
        all.sort_by_key(|&(order, ..)| order);
        let alphabet = Forward::alphabet(counts);
        let ranks: FxHashMap<Mark, u32> = alphabet.iter().copied().zip(0..).collect();
        let rank_of = |mark: &u32| ranks.get(&Mark(*mark)).copied().unwrap_or_default();
        let new_ranks: Vec<Vec<u32>> = parts
            .iter()
            .map(|part| part.forward.alphabet.iter().map(rank_of).collect())
            .collect();
        let near: Vec<Vec<u32>> = parts.iter().map(|part| part.near.by_doc()).collect();
        let mut assembly = Assembly::new(alphabet, all.len());
        for ((weight, std::cmp::Reverse(unit)), place, doc) in all {
            let (place, at) = (place as usize, doc as usize);
            let part = &parts[place];
            assembly.begin(
                (unit, weight),
                (near[place][at], part.same[at]),
                part.languages(doc),
            );
            let new_ranks = &new_ranks[place];
            part.forward
                .each_rank(doc, |rank| assembly.push(new_ranks[rank as usize]));
        }
        assembly.finish(age)
    }

    /// By weight; newer units first among equals, so that they are met first.
    fn order(weight: u32, unit: UnitId) -> (u32, std::cmp::Reverse<UnitId>) {
        (weight, std::cmp::Reverse(unit))
    }

    /// How many segments it has.
    pub(super) fn len(&self) -> usize {
        self.same.len()
    }

    pub(super) fn unit(&self, doc: Doc) -> UnitId {
        let more = self.units.get(doc as usize) as i64;
        UnitId(self.least_unit.wrapping_add(more))
    }

    pub(super) fn weight(&self, doc: Doc) -> u32 {
        let after = self.weight_starts.partition_point(|&start| start <= doc);
        self.weights
            .get(after.wrapping_sub(1))
            .copied()
            .unwrap_or_default()
    }

    /// Whether the segment is the same text, if it is near.
    pub(super) fn is_same(&self, doc: Doc, same: u32) -> bool {
        self.same.get(doc as usize) == Some(&(same as u8))
    }

    pub(super) fn languages(&self, doc: Doc) -> u16 {
        self.languages.get(doc as usize) as u16
    }

    /// The segment's tokens in order; a joined mark follows each glued Arabic-script token.
    #[inline]
    pub(super) fn marks(&self, doc: Doc, out: &mut Vec<Mark>) {
        self.forward.marks(doc, out);
    }

    /// Segments whose weight is in a range.
    pub(super) fn window(&self, weights: Range<u32>) -> Range<Doc> {
        let first_from = |weight: u32| {
            let place = self.weights.partition_point(|&w| w < weight);
            let start = self.weight_starts.get(place).copied();
            start.unwrap_or(self.len() as Doc)
        };
        first_from(weights.start)..first_from(weights.end)
    }

    /// The segments that have a word, within a window, in order; few are decoded to the end of `arena`.
    pub(super) fn postings(
        &self,
        word: WordId,
        window: &Range<Doc>,
        arena: &mut Vec<Doc>,
    ) -> List<'_> {
        // A word without a place has no list there.
        let place = self.places.find(word).unwrap_or(usize::MAX);
        self.postings.list(place, window, arena)
    }

    /// Adds all segments that have a word.
    pub(super) fn all_postings(&self, word: WordId, out: &mut Vec<Doc>) {
        if let Some(place) = self.places.find(word) {
            self.postings.all(place, out);
        }
    }

    /// Segments with a near hash, in order; newest units not necessarily first.
    pub(super) fn near(&self, hash: u32) -> Vec<Doc> {
        self.near.find(hash)
    }

    /// Bytes held: of segments, their tokens, and the lists of words.
    pub(super) fn bytes_by_view(&self) -> [usize; 3] {
        let segments = self.units.bytes().len()
            + 8 * self.weights.len()
            + self.same.len()
            + self.languages.bytes().len()
            + self.near.size();
        let lists =
            self.postings.bytes.len() + 4 * (self.postings.directory.len() + self.places.words());
        [segments, self.forward.size(), lists]
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes_by_view().iter().sum()
    }
}

/// Postings that are laid out at once while a part is made: 16 MB.
const POSTED_AT_ONCE: usize = 4 << 20;

/// A part in the making: segments come in their order.
struct Assembly {
    units: Vec<i64>,
    weights: Vec<u32>,
    weight_starts: Vec<Doc>,
    same: Vec<u8>,
    languages: Vec<u16>,
    near: Vec<(u32, Doc)>,
    tokens: usize,
    forward: Writer,
}

impl Assembly {
    fn new(alphabet: Vec<Mark>, count: usize) -> Self {
        Self {
            units: Vec::with_capacity(count),
            weights: Vec::new(),
            weight_starts: Vec::new(),
            same: Vec::with_capacity(count),
            languages: Vec::with_capacity(count),
            near: Vec::with_capacity(count),
            tokens: 0,
            forward: Writer::new(alphabet),
        }
    }

    fn begin(&mut self, (unit, weight): (UnitId, u32), (near, same): (u32, u8), languages: u16) {
        let doc = self.units.len() as Doc;
        if self.weights.last() != Some(&weight) {
            self.weights.push(weight);
            self.weight_starts.push(doc);
        }
        self.units.push(unit.0);
        self.near.push((near, doc));
        self.same.push(same);
        self.languages.push(languages);
        self.forward.begin();
    }

    fn push(&mut self, rank: u32) {
        self.forward.push(rank);
        self.tokens += 1;
    }

    fn finish(mut self, age: u64) -> Part {
        self.near.sort_unstable();
        let least_unit = self.units.iter().copied().min().unwrap_or_default();
        let less = |&unit: &i64| unit.wrapping_sub(least_unit) as u64;
        let range = self.units.iter().map(less).max().unwrap_or_default();
        let most_languages = self.languages.iter().copied().max().unwrap_or_default();
        let forward = self.forward.finish();
        let places = Places::of(&forward.alphabet, self.tokens);
        Part {
            age,
            units: Packed::of(range, self.units.iter().map(less)),
            least_unit,
            weights: self.weights,
            weight_starts: self.weight_starts,
            languages: Packed::of(
                most_languages.into(),
                self.languages.iter().map(|&set| set.into()),
            ),
            postings: post(&forward, &places, self.same.len() as Doc),
            same: self.same,
            forward,
            places,
            near: Near::build(&self.near),
        }
    }
}

/// Makes the postings of the forward view: counts, then fills so many lists at once as fit into
/// [`POSTED_AT_ONCE`], so that each list comes out sorted.
fn post(forward: &Forward, places: &Places, docs: Doc) -> Postings {
    const NOWHERE: u32 = u32::MAX;
    let of_rank: Vec<[u32; 2]> = forward
        .alphabet
        .iter()
        .map(|&mark| {
            let class = Mark(mark).class();
            let class = class.map_or(NOWHERE, |class| places.of_known(class));
            [places.of_known(Mark(mark).id()), class]
        })
        .collect();
    let mut last = vec![Doc::MAX; places.len()];
    let mut each_posting = |batch: Range<u32>, visit: &mut dyn FnMut(usize, Doc)| {
        last[batch.start as usize..batch.end as usize].fill(Doc::MAX);
        for doc in 0..docs {
            forward.each_rank(doc, |rank| {
                for place in of_rank[rank as usize] {
                    if batch.contains(&place) && last[place as usize] != doc {
                        last[place as usize] = doc;
                        visit(place as usize, doc);
                    }
                }
            });
        }
    };
    let all = places.len() as u32;
    let mut counts = vec![0u32; places.len()];
    each_posting(0..all, &mut |place, _| counts[place] += 1);
    let mut postings = Postings::with_words(places.len());
    let mut start = 0;
    while start < all {
        let (mut end, mut sum) = (start, 0);
        while end < all && (end == start || sum + counts[end as usize] as usize <= POSTED_AT_ONCE) {
            sum += counts[end as usize] as usize;
            end += 1;
        }
        let batch = start as usize..end as usize;
        let mut lists = vec![0; sum];
        // From the start of each list to its end.
        let mut ends: Vec<u32> = counts[batch.clone()]
            .iter()
            .scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count)))
            .collect();
        each_posting(start..end, &mut |place, doc| {
            let place = &mut ends[place - batch.start];
            lists[*place as usize] = doc;
            *place += 1;
        });
        let mut from = 0;
        for end in ends {
            postings.push(&lists[from as usize..end as usize]);
            from = end;
        }
        start = end;
    }
    postings.finish();
    postings
}
