//! The tokens of each segment of a part, in order.
//!
//! A token is the rank of its [`Mark`] among those of the part, the most frequent first, in a code of eight
//! classes: three bits say how many follow. That is half a bit more than the entropy of English words.
//!
//! Segments stand in groups of 64, which begin at a byte:
//!
//! ```text
//! group: width (6 bits), slope (26 bits), then for each segment where its tokens end, as the difference from
//!        slope · (its number from 1), zigzag, in so many bits as width says; then the tokens
//! ```
//! The segments of a part are sorted by weight, so those of a group are about as long as each other, and the
//! differences are small.

use rustc_hash::FxHashMap;

use super::packed::{bits, bits_at};
use super::part::Doc;
use super::vocabulary::WordId;
use crate::text::Kind;

/// A token of a segment: a word's number and what kind of token it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Mark(pub(super) u32);

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

    pub(super) fn kind(self) -> Kind {
        if self.is_number() {
            Kind::Number
        } else if self.is_placeable() {
            Kind::Placeable
        } else {
            Kind::Word
        }
    }
}

/// Segments of a group.
const GROUP: usize = 64;
/// Bits of a group before the ends.
const HEAD: usize = 32;
/// Bits of a group's head that say how wide an end is.
const WIDTH: usize = 6;
/// Bits that follow each tag, but the last, which has as many as the largest rank takes.
const WIDTHS: [usize; 7] = [2, 4, 6, 8, 9, 11, 13];
/// Bits of a tag.
const TAG: usize = 3;
/// Bytes after the last group, so that numbers are read with one load.
const SLACK: usize = 8;

/// The first rank of each tag.
const FIRST: [u32; 8] = {
    let mut first = [0; 8];
    let mut tag = 0;
    while tag < 7 {
        first[tag + 1] = first[tag] + (1 << WIDTHS[tag]);
        tag += 1;
    }
    first
};

/// How many bits follow each tag, in a part of so many marks.
fn widths(marks: usize) -> [usize; 8] {
    let [a, b, c, d, e, f, g] = WIDTHS;
    [a, b, c, d, e, f, g, bits(marks as u64)]
}

/// See the file's comment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forward {
    pub(super) segments: usize,
    /// The marks by rank.
    pub(super) alphabet: Vec<u32>,
    /// Where each group begins in the bytes.
    pub(super) groups: Vec<u32>,
    pub(super) bytes: Vec<u8>,
}

impl Forward {
    /// How often each mark occurs gives the alphabet: marks by rank, with how often each occurs.
    pub(super) fn alphabet(counts: FxHashMap<Mark, u32>) -> Vec<(Mark, u32)> {
        let mut marks: Vec<(Mark, u32)> = counts.into_iter().collect();
        marks.sort_unstable_by_key(|&(mark, count)| (std::cmp::Reverse(count), mark));
        marks
    }

    /// The rank of each token of a segment; one that there is no mark for only out of damaged bytes.
    #[inline]
    pub(super) fn each_rank(&self, doc: Doc, mut visit: impl FnMut(u32)) {
        let widths = widths(self.alphabet.len());
        let (mut at, end) = self.place(doc as usize);
        while at < end {
            let word = bits_at(&self.bytes, at, 56);
            let tag = (word & 7) as usize;
            let width = widths[tag];
            let more = (word >> TAG) & ((1 << width) - 1);
            visit(FIRST[tag].wrapping_add(more as u32));
            at += TAG + width;
        }
    }

    /// Puts the tokens of a segment in the place of what is in `out`.
    #[inline]
    pub(super) fn marks(&self, doc: Doc, out: &mut Vec<Mark>) {
        out.clear();
        self.each_rank(doc, |rank| out.push(self.mark(rank)));
    }

    pub(super) fn mark(&self, rank: u32) -> Mark {
        Mark(
            self.alphabet
                .get(rank as usize)
                .copied()
                .unwrap_or_default(),
        )
    }

    /// The bits in which the tokens of a segment are.
    fn place(&self, doc: usize) -> (usize, usize) {
        let Some(&start) = self.groups.get(doc / GROUP) else {
            return (0, 0);
        };
        let start = start as usize * 8;
        let ends = GROUP.min(self.segments.saturating_sub(doc / GROUP * GROUP));
        let head = bits_at(&self.bytes, start, HEAD) as usize;
        let (width, slope) = (head & ((1 << WIDTH) - 1), head >> WIDTH);
        let tokens = start + HEAD + ends * width;
        let end_of = |place: usize| {
            let zigzag = bits_at(&self.bytes, start + HEAD + place * width, width.min(56));
            let difference = (zigzag >> 1) as isize ^ -((zigzag & 1) as isize);
            tokens
                .wrapping_add_signed(difference)
                .wrapping_add(slope * (place + 1))
        };
        let place = doc % GROUP;
        let from = if place == 0 {
            tokens
        } else {
            end_of(place - 1)
        };
        // Whatever the bytes are, it ends.
        (from, end_of(place).min(self.bytes.len() * 8))
    }

    pub(super) fn size(&self) -> usize {
        4 * (self.alphabet.len() + self.groups.len()) + self.bytes.len()
    }
}

/// Bits one after the other.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    waiting: u64,
    filled: usize,
}

impl Bits {
    /// `width` is at most 56.
    fn push(&mut self, number: u64, width: usize) {
        self.waiting |= number << self.filled;
        self.filled += width;
        while self.filled >= 8 {
            self.bytes.push(self.waiting as u8);
            self.waiting >>= 8;
            self.filled -= 8;
        }
    }

    /// Fills the last byte.
    fn align(&mut self) {
        if self.filled > 0 {
            self.push(0, 8 - self.filled);
        }
    }
}

/// Tokens on their way into a [`Forward`], segment by segment.
pub(super) struct Writer {
    forward: Forward,
    widths: [usize; 8],
    /// The tokens of the group, as (bits, how many), and how many bits there are up to each segment's end.
    tokens: Vec<(u32, u8)>,
    length: usize,
    ends: Vec<usize>,
    begun: bool,
}

impl Writer {
    pub(super) fn new(alphabet: Vec<Mark>) -> Self {
        Self {
            widths: widths(alphabet.len()),
            forward: Forward {
                alphabet: alphabet.into_iter().map(|mark| mark.0).collect(),
                ..Forward::default()
            },
            tokens: Vec::new(),
            length: 0,
            ends: Vec::with_capacity(GROUP),
            begun: false,
        }
    }

    /// Begins the next segment.
    pub(super) fn begin(&mut self) {
        self.end();
        self.begun = true;
        self.forward.segments += 1;
    }

    fn end(&mut self) {
        if self.begun {
            self.ends.push(self.length);
        }
        if self.ends.len() == GROUP {
            self.write();
        }
    }

    /// Adds a token to it.
    #[inline]
    pub(super) fn push(&mut self, rank: u32) {
        let tag = FIRST.partition_point(|&first| first <= rank) - 1;
        let bits = tag as u32 | (rank - FIRST[tag]) << TAG;
        let width = TAG + self.widths[tag];
        self.tokens.push((bits, width as u8));
        self.length += width;
    }

    fn write(&mut self) {
        let slope = self.length / self.ends.len().max(1);
        let zigzag = |(number, &end): (usize, &usize)| {
            let difference = end as i64 - (slope * number) as i64;
            (difference << 1 ^ difference >> 63) as u64
        };
        let ends: Vec<u64> = (1..).zip(&self.ends).map(zigzag).collect();
        let width = bits(ends.iter().copied().max().unwrap_or_default());
        self.forward.groups.push(self.forward.bytes.len() as u32);
        let mut out = Bits {
            bytes: std::mem::take(&mut self.forward.bytes),
            ..Bits::default()
        };
        out.push((slope << WIDTH | width) as u64, HEAD);
        ends.iter().for_each(|&end| out.push(end, width));
        for &(token, width) in &self.tokens {
            out.push(token.into(), width.into());
        }
        out.align();
        self.forward.bytes = out.bytes;
        self.tokens.clear();
        self.ends.clear();
        self.length = 0;
    }

    pub(super) fn finish(mut self) -> Forward {
        self.end();
        if !self.ends.is_empty() {
            self.write();
        }
        self.forward.bytes.extend([0; SLACK]);
        self.forward.bytes.shrink_to_fit();
        self.forward
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tokens_come_back(
            marks in 1u32..60_000,
            segments in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..40), 0..200),
            long in 0usize..3_000,
        ) {
            let mut segments: Vec<Vec<u32>> = segments
                .into_iter()
                .map(|ranks| ranks.into_iter().map(|rank| rank.index(marks as usize) as u32).collect())
                .collect();
            segments.push(vec![marks - 1; long]);
            let mut writer = Writer::new((0..marks).map(Mark).collect());
            for segment in &segments {
                writer.begin();
                segment.iter().for_each(|&rank| writer.push(rank));
            }
            let forward = writer.finish();
            for (doc, segment) in segments.iter().enumerate() {
                let mut found = Vec::new();
                forward.each_rank(doc as Doc, |rank| found.push(rank));
                prop_assert_eq!(&found, segment);
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), groups in prop::collection::vec(0u32..500, 0..4), segments in 0usize..300) {
            let forward = Forward { segments, alphabet: vec![1, 2], groups, bytes };
            let mut marks = Vec::new();
            for doc in 0..300 {
                forward.marks(doc, &mut marks);
            }
        }
    }
}
