//! The tokens of each segment of a part, in order.
//!
//! A token is a number of one to three bytes: the rank of its [`Mark`] among those of the part, the most frequent
//! first. The place of a segment's tokens is kept relative to that of its group of 64.

use rustc_hash::FxHashMap;

use super::packed::Packed;
use super::part::Doc;
use super::postings::{read_varint, write_varint};
use super::vocabulary::{ANY_NUMBER, ANY_PLACEABLE, WordId};

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

    /// The list of its kind that a segment with it is also on.
    pub(super) fn class(self) -> Option<WordId> {
        if self.is_number() {
            Some(ANY_NUMBER)
        } else if self.is_placeable() {
            Some(ANY_PLACEABLE)
        } else {
            None
        }
    }
}

/// Segments that share an absolute place.
const GROUP: usize = 64;

/// See the file's comment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forward {
    /// The marks by rank.
    pub(super) alphabet: Vec<u32>,
    pub(super) bytes: Vec<u8>,
    /// Where the tokens of each group of segments begin.
    pub(super) groups: Vec<u32>,
    /// Where those of each segment begin in its group; one more than there are segments.
    pub(super) starts: Packed,
}

impl Forward {
    /// How often each mark occurs gives the alphabet: marks by rank.
    pub(super) fn alphabet(counts: FxHashMap<Mark, u32>) -> Vec<Mark> {
        let mut marks: Vec<(Mark, u32)> = counts.into_iter().collect();
        marks.sort_unstable_by_key(|&(mark, count)| (std::cmp::Reverse(count), mark));
        marks.into_iter().map(|(mark, _)| mark).collect()
    }

    /// The rank of each token of a segment.
    #[inline]
    pub(super) fn each_rank(&self, doc: Doc, mut visit: impl FnMut(u32)) {
        let mut bytes = self.bytes_of(doc as usize);
        while !bytes.is_empty() {
            visit(read_varint(&mut bytes));
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

    fn bytes_of(&self, doc: usize) -> &[u8] {
        let bytes = self.bytes.get(self.start(doc)..self.start(doc + 1));
        bytes.unwrap_or_default()
    }

    fn start(&self, doc: usize) -> usize {
        let group = self.groups.get(doc / GROUP).copied().unwrap_or_default();
        group as usize + self.starts.get(doc) as usize
    }

    pub(super) fn size(&self) -> usize {
        4 * (self.alphabet.len() + self.groups.len()) + self.bytes.len() + self.starts.bytes().len()
    }
}

/// Tokens on their way into a [`Forward`], segment by segment.
pub(super) struct Writer {
    alphabet: Vec<Mark>,
    bytes: Vec<u8>,
    groups: Vec<u32>,
    starts: Vec<u32>,
}

impl Writer {
    pub(super) fn new(alphabet: Vec<Mark>, segments: usize) -> Self {
        Self {
            alphabet,
            bytes: Vec::new(),
            groups: Vec::with_capacity(segments / GROUP + 1),
            starts: Vec::with_capacity(segments + 1),
        }
    }

    /// Begins the next segment.
    pub(super) fn begin(&mut self) {
        let here = self.bytes.len() as u32;
        if self.starts.len() % GROUP == 0 {
            self.groups.push(here);
        }
        let group = self.groups.last().copied().unwrap_or_default();
        self.starts.push(here - group);
    }

    /// Adds a token to it.
    pub(super) fn push(&mut self, rank: u32) {
        write_varint(rank, &mut self.bytes);
    }

    pub(super) fn finish(mut self) -> Forward {
        self.begin(); // the end of the last
        self.bytes.shrink_to_fit();
        let largest = self.starts.iter().copied().max().unwrap_or_default();
        let starts = self.starts.iter().map(|&start| u64::from(start));
        Forward {
            alphabet: self.alphabet.into_iter().map(|mark| mark.0).collect(),
            starts: Packed::of(u64::from(largest), starts),
            bytes: self.bytes,
            groups: self.groups,
        }
    }
}
