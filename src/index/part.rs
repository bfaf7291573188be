//! An immutable piece of the index: some segments of one memory in one language.
//!
//! Segments stand in the order of their weight, so that the length filter of a search, a window of
//! weights, is a stretch of every list. Three views of them: *forward*, the tokens of each segment;
//! *postings*, the segments of each word; and the near hashes, sorted. All of it is bit-packed and flat.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::UnitId;
use crate::text::Kind;

pub(super) use super::forward::Mark;
use super::forward::{Forward, Writer};
use super::near::Near;
use super::packed::Packed;
use super::postings::{Head, Postings};
use super::vocabulary::{LEVELS, RESERVED, WordId, level};

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
        let numbers = ids().fold(RESERVED, |most, id| most.max(id + 1)) as usize;
        if numbers <= tokens / 4 {
            return Self::Numbered(numbers);
        }
        let mut words: Vec<WordId> = ids().chain(0..RESERVED).collect();
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
    pub(super) fn build(age: u64, entries: Vec<Entry>) -> Self {
        Self::assembled(entries).finish(age)
    }

    /// A part without postings: nothing is found in it, but it can be merged.
    pub(super) fn draft(entries: Vec<Entry>) -> Self {
        Self::assembled(entries).draft()
    }

    fn assembled(mut entries: Vec<Entry>) -> Assembly {
        entries.sort_unstable_by_key(|entry| Self::order(entry.weight, entry.unit));
        let mut counts: FxHashMap<Mark, u32> = FxHashMap::default();
        for mark in entries.iter().flat_map(|entry| &entry.marks) {
            *counts.entry(*mark).or_default() += 1;
        }
        let alphabet = Forward::alphabet(counts);
        let ranks: FxHashMap<Mark, u32> = alphabet.iter().map(|(mark, _)| *mark).zip(0..).collect();
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
        assembly
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
                give_way(doc as usize);
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
        let ranks: FxHashMap<Mark, u32> = alphabet.iter().map(|(mark, _)| *mark).zip(0..).collect();
        let rank_of = |mark: &u32| ranks.get(&Mark(*mark)).copied().unwrap_or_default();
        let new_ranks: Vec<Vec<u32>> = parts
            .iter()
            .map(|part| part.forward.alphabet.iter().map(rank_of).collect())
            .collect();
        let near: Vec<Vec<u32>> = parts.iter().map(|part| part.near.by_doc()).collect();
        let mut assembly = Assembly::new(alphabet, all.len());
        for ((weight, std::cmp::Reverse(unit)), place, doc) in all {
            give_way(assembly.units.len());
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

    /// Where the lists of words begin.
    pub(super) fn heads(&self, words: impl Iterator<Item = WordId>, heads: &mut Vec<Head>) {
        // A word without a place has no list there.
        let places = words.map(|word| self.places.find(word).unwrap_or(usize::MAX));
        self.postings.heads(places, heads);
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

/// Postings that are laid out at once while a part is made: 32 MB.
const POSTED_AT_ONCE: usize = 8 << 20;

/// A part in the making: segments come in their order.
struct Assembly {
    units: Vec<i64>,
    weights: Vec<u32>,
    weight_starts: Vec<Doc>,
    same: Vec<u8>,
    languages: Vec<u16>,
    near: Vec<(u32, Doc)>,
    /// How often each rank occurs.
    counts: Vec<u32>,
    forward: Writer,
}

impl Assembly {
    fn new(alphabet: Vec<(Mark, u32)>, count: usize) -> Self {
        let (alphabet, counts) = alphabet.into_iter().unzip();
        Self {
            units: Vec::with_capacity(count),
            weights: Vec::new(),
            weight_starts: Vec::new(),
            same: Vec::with_capacity(count),
            languages: Vec::with_capacity(count),
            near: Vec::with_capacity(count),
            counts,
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
    }

    fn finish(self, age: u64) -> Part {
        let counts = self.counts.clone();
        let mut part = self.draft();
        part.age = age;
        let tokens = counts.iter().map(|&count| count as usize).sum();
        part.places = Places::of(&part.forward.alphabet, tokens);
        part.postings = post(&part.forward, &part.places, &counts, part.len() as Doc);
        part
    }

    fn draft(mut self) -> Part {
        self.near.sort_unstable();
        let least_unit = self.units.iter().copied().min().unwrap_or_default();
        let less = |&unit: &i64| unit.wrapping_sub(least_unit) as u64;
        let range = self.units.iter().map(less).max().unwrap_or_default();
        let most_languages = self.languages.iter().copied().max().unwrap_or_default();
        Part {
            age: 0,
            units: Packed::of(range, self.units.iter().map(less)),
            least_unit,
            weights: self.weights,
            weight_starts: self.weight_starts,
            languages: Packed::of(
                most_languages.into(),
                self.languages.iter().map(|&set| set.into()),
            ),
            same: self.same,
            forward: self.forward.finish(),
            places: Places::Sorted(Vec::new()),
            postings: Postings::default(),
            near: Near::build(&self.near),
        }
    }
}

/// Whoever waits for the core may have it after every so many segments: merging takes seconds, and somebody may look
/// something up.
fn give_way(segment: usize) {
    if segment.is_multiple_of(512) {
        std::thread::yield_now();
    }
}

/// Makes the postings of the forward view: fills so many lists at once as fit into [`POSTED_AT_ONCE`], so that
/// each comes out sorted. `counts` says how often each rank occurs: a list has room for that, and for a first
/// entry that is no segment.
fn post(forward: &Forward, places: &Places, counts: &[u32], docs: Doc) -> Postings {
    let of_rank: Vec<(u32, Kind)> = forward
        .alphabet
        .iter()
        .map(|&mark| (places.of_known(Mark(mark).id()), Mark(mark).kind()))
        .collect();
    let levels = [Kind::Number, Kind::Placeable].map(|kind| {
        (1..=LEVELS as usize)
            .map(|many| places.of_known(level(kind, many)))
            .collect::<Vec<u32>>()
    });
    let mut room = vec![1u32; places.len()];
    for (&(place, kind), &count) in of_rank.iter().zip(counts) {
        room[place as usize] += count;
        let levels = levels_of(&levels, kind);
        for &level in levels {
            room[level as usize] += count;
        }
    }
    let mut postings = Postings::with_words(places.len());
    let mut start = 0;
    while start < room.len() {
        let mut sum = 0;
        let fit = room[start..].iter().take_while(|&&room| {
            sum += room as usize;
            sum <= POSTED_AT_ONCE
        });
        let batch = start..start + fit.count().max(1);
        let starts: Vec<u32> = room[batch.clone()]
            .iter()
            .scan(0, |sum, room| Some(std::mem::replace(sum, *sum + room)))
            .collect();
        let mut lists = vec![Doc::MAX; room[batch.clone()].iter().map(|&room| room as usize).sum()];
        let mut ends: Vec<u32> = starts.iter().map(|start| start + 1).collect();
        for doc in 0..docs {
            give_way(doc as usize);
            let mut post = |place: u32| {
                let Some(end) = (place as usize)
                    .checked_sub(start)
                    .and_then(|at| ends.get_mut(at))
                else {
                    return;
                };
                if lists[*end as usize - 1] != doc {
                    lists[*end as usize] = doc;
                    *end += 1;
                }
            };
            let mut many = [0, 0];
            forward.each_rank(doc, |rank| {
                let (place, kind) = of_rank[rank as usize];
                post(place);
                if kind != Kind::Word {
                    let many = &mut many[usize::from(kind == Kind::Placeable)];
                    if let Some(&level) = levels_of(&levels, kind).get(*many) {
                        post(level);
                    }
                    *many += 1;
                }
            });
        }
        for (start, end) in starts.into_iter().zip(ends) {
            postings.push(&lists[start as usize + 1..end as usize]);
        }
        start = batch.end;
    }
    postings.finish();
    postings
}

/// The lists of segments that have one, two, … of a kind.
fn levels_of(levels: &[Vec<u32>; 2], kind: Kind) -> &[u32] {
    match kind {
        Kind::Word => &[],
        Kind::Number => &levels[0],
        Kind::Placeable => &levels[1],
    }
}
