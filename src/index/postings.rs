//! For each word of a part the segments that have it, bit-packed.
//!
//! A list is the difference of each segment's number from the one before, in blocks of 128 that share a width
//! (the layout of D. Lemire's *simdcomp*, of the `bitpacking` crate), with the last number of each block before
//! them, so that a search goes straight to its window of weights. What is left over, and short lists as a
//! whole, share a width too. A word of one segment has it in the directory itself.
//!
//! ```text
//! directory, 4 bytes a word: NONE | ONE + segment | where its list begins
//! list: count as varint, last of each block (4 bytes each), width of each block (1 byte each), the blocks,
//!       then for the rest: width (1 byte), differences less one
//! ```

use std::ops::Range;

use bitpacking::{BitPacker, BitPacker4x};

use super::packed::{bits, bits_at, pack};
use super::part::Doc;

const BLOCK: usize = BitPacker4x::BLOCK_LEN;
const NONE: u32 = u32::MAX;
const ONE: u32 = 1 << 31;
/// Bytes after the last list, so that numbers are read with one load.
const SLACK: usize = 8;

/// All lists of a part, by the place of their word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Postings {
    pub(super) directory: Vec<u32>,
    pub(super) bytes: Vec<u8>,
}

/// Where the list of a word begins, and its first bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    entry: u32,
    first: u64,
}

/// The part of a list within a window; what it says is in a [`Arena`].
#[derive(Clone, Copy, Debug)]
pub(super) enum List {
    /// Decoded already: from where, and how many.
    Few(u32, u32),
    /// Blocks to be decoded: which of them, and how many segments at most.
    Many(u32, u32),
}

/// What lists say: short ones decoded, long ones as they stand in the part.
#[derive(Default)]
pub(super) struct Arena<'p> {
    pub(super) few: Vec<Doc>,
    many: Vec<Blocks<'p>>,
}

/// A long list, and the stretch of it that a search reads.
#[derive(Clone, Debug)]
pub(super) struct Blocks<'p> {
    lasts: &'p [u8],
    widths: &'p [u8],
    data: &'p [u8],
    /// Segments after the last whole block.
    rest: usize,
    /// The blocks that touch the window; the rest counts as one more.
    read: Range<usize>,
    window: Range<Doc>,
}

impl List {
    /// How many segments at most are on it, never 0 where there is one.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Few(_, count) | Self::Many(_, count) => count as usize,
        }
    }
}

impl Arena<'_> {
    pub(super) fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }

    /// Goes over the segments of a list in order.
    #[inline]
    pub(super) fn each(&self, list: List, mut visit: impl FnMut(Doc)) {
        match list {
            List::Few(from, count) => {
                let docs = self.few.get(from as usize..from as usize + count as usize);
                docs.unwrap_or_default().iter().copied().for_each(visit);
            }
            List::Many(place, _) => {
                if let Some(blocks) = self.many.get(place as usize) {
                    blocks.each(|docs| docs.iter().for_each(|&doc| visit(doc)));
                }
            }
        }
    }

    /// The list that was decoded since the arena had so many.
    fn few_from(&self, start: usize) -> List {
        List::Few(start as u32, (self.few.len() - start) as u32)
    }
}

impl Postings {
    /// Begins the lists of so many words.
    pub(super) fn with_words(words: usize) -> Self {
        Self {
            directory: Vec::with_capacity(words),
            bytes: Vec::new(),
        }
    }

    /// Adds the list of the next word.
    pub(super) fn push(&mut self, docs: &[Doc]) {
        let entry = match docs {
            [] => NONE,
            [one] => ONE | one,
            _ => {
                let start = self.bytes.len() as u32;
                write(docs, &mut self.bytes);
                start
            }
        };
        self.directory.push(entry);
    }

    /// No more words.
    pub(super) fn finish(&mut self) {
        self.bytes.extend([0; SLACK]);
        self.bytes.shrink_to_fit();
    }

    /// The heads of the lists of words. A list is two cache misses away, and that is most of what a search waits
    /// for. Taken for many words at once, step by step, the processor waits for many at the same time.
    pub(super) fn heads(&self, words: impl Iterator<Item = usize>, heads: &mut Vec<Head>) {
        heads.clear();
        heads.extend(words.map(|word| Head {
            entry: self.directory.get(word).copied().unwrap_or(NONE),
            first: 0,
        }));
        for head in heads {
            // There is nothing where the entry of a word of one segment would be, or of none.
            head.first = bits_at(&self.bytes, head.entry as usize * 8, 64);
        }
    }

    /// The list of a word within a window.
    pub(super) fn list<'p>(
        &'p self,
        head: Head,
        window: &Range<Doc>,
        arena: &mut Arena<'p>,
    ) -> List {
        let start = arena.few.len();
        let entry = head.entry;
        if entry & ONE != 0 {
            if entry != NONE && window.contains(&(entry ^ ONE)) {
                arena.few.push(entry ^ ONE);
            }
            return arena.few_from(start);
        }
        let Some(mut blocks) = self.blocks(head) else {
            return arena.few_from(start);
        };
        if blocks.narrow(window) {
            let list = List::Many(arena.many.len() as u32, blocks.len() as u32);
            arena.many.push(blocks);
            return list;
        }
        blocks.each(|docs| arena.few.extend_from_slice(docs));
        arena.few_from(start)
    }

    /// All segments of a word.
    pub(super) fn all(&self, word: usize, out: &mut Vec<Doc>) {
        let mut arena = Arena::default();
        let list = self.list(self.head(word), &(0..Doc::MAX), &mut arena);
        arena.each(list, |doc| out.push(doc));
    }

    /// The head of one list.
    pub(super) fn head(&self, word: usize) -> Head {
        let mut heads = Vec::new();
        self.heads(std::iter::once(word), &mut heads);
        heads[0]
    }

    fn blocks(&self, head: Head) -> Option<Blocks<'_>> {
        let first = head.first.to_le_bytes();
        let mut rest = first.as_slice();
        let count = read_varint(&mut rest) as usize;
        let start = head.entry as usize + first.len() - rest.len();
        let bytes = self.bytes.get(start..)?;
        let (lasts, bytes) = bytes.split_at_checked(count / BLOCK * 4)?;
        let (widths, data) = bytes.split_at_checked(count / BLOCK)?;
        Some(Blocks {
            lasts,
            widths,
            data,
            rest: count % BLOCK,
            read: 0..count / BLOCK + 1,
            window: 0..Doc::MAX,
        })
    }
}

impl Blocks<'_> {
    fn last(&self, block: usize) -> Doc {
        let four = self
            .lasts
            .get(block * 4..)
            .and_then(<[u8]>::first_chunk::<4>);
        four.map_or(0, |four| Doc::from_le_bytes(*four))
    }

    /// Narrows it to a window; whether more than a block is left.
    fn narrow(&mut self, window: &Range<Doc>) -> bool {
        let whole = self.widths.len();
        let first_not = |limit: Doc| {
            let (mut low, mut high) = (0, whole);
            while low < high {
                let middle = (low + high) / 2;
                if self.last(middle) < limit {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        let from = first_not(window.start);
        let to = first_not(window.end.saturating_sub(1)).max(from);
        self.read = from..to + 1;
        self.window = window.clone();
        to > from
    }

    fn len(&self) -> usize {
        let blocks = self.read.len();
        if self.read.end > self.widths.len() {
            (blocks - 1) * BLOCK + self.rest
        } else {
            blocks * BLOCK
        }
    }

    /// Decodes block by block.
    #[inline]
    fn each(&self, mut visit: impl FnMut(&[Doc])) {
        let packer = BitPacker4x::new();
        let widths = self.widths.get(..self.read.start).unwrap_or_default();
        let mut at = widths.iter().map(|&w| usize::from(w) * BLOCK / 8).sum();
        let mut docs = [0; BLOCK];
        for block in self.read.clone() {
            let before = block.checked_sub(1).map(|before| self.last(before));
            let Some(&width) = self.widths.get(block) else {
                let rest = self.rest(at, before, &mut docs);
                return visit(within(rest, &self.window));
            };
            let size = usize::from(width) * BLOCK / 8;
            let Some(packed) = self.data.get(at..at + size).filter(|_| width <= 32) else {
                return;
            };
            packer.decompress_strictly_sorted(before, packed, &mut docs, width);
            at += size;
            visit(within(&docs, &self.window));
        }
    }

    fn rest<'d>(&self, at: usize, before: Option<Doc>, docs: &'d mut [Doc; BLOCK]) -> &'d [Doc] {
        let data = self.data.get(at..).unwrap_or_default();
        let (Some((&width, data)), true) = (data.split_first(), self.rest > 0) else {
            return &[];
        };
        let mut next = before.map_or(0, |before| before.wrapping_add(1));
        let docs = docs.get_mut(..self.rest).unwrap_or_default();
        for (place, doc) in docs.iter_mut().enumerate() {
            *doc = next
                .wrapping_add(bits_at(data, place * usize::from(width), usize::from(width)) as Doc);
            next = doc.wrapping_add(1);
        }
        docs
    }
}

/// Those of a sorted block that are in a window.
#[inline]
fn within<'d>(docs: &'d [Doc], window: &Range<Doc>) -> &'d [Doc] {
    let (Some(&first), Some(&last)) = (docs.first(), docs.last()) else {
        return docs;
    };
    if first >= window.start && last < window.end {
        return docs;
    }
    let from = docs.partition_point(|&doc| doc < window.start);
    let to = docs.partition_point(|&doc| doc < window.end);
    docs.get(from..to).unwrap_or_default()
}

fn write(docs: &[Doc], out: &mut Vec<u8>) {
    let packer = BitPacker4x::new();
    write_varint(docs.len() as u32, out);
    let (blocks, rest) = docs.as_chunks::<BLOCK>();
    out.extend(
        blocks
            .iter()
            .flat_map(|block| block[BLOCK - 1].to_le_bytes()),
    );
    let mut before = None;
    let widths = out.len();
    out.resize(widths + blocks.len(), 0);
    for (place, block) in blocks.iter().enumerate() {
        let width = packer.num_bits_strictly_sorted(before, block);
        let start = out.len();
        out.resize(start + usize::from(width) * BLOCK / 8, 0);
        packer.compress_strictly_sorted(before, block, &mut out[start..], width);
        out[widths + place] = width;
        before = Some(block[BLOCK - 1]);
    }
    if rest.is_empty() {
        return;
    }
    let mut next = before.map_or(0, |before| before + 1);
    let differences: Vec<u64> = rest
        .iter()
        .map(|&doc| {
            let difference = doc - next;
            next = doc + 1;
            u64::from(difference)
        })
        .collect();
    let width = bits(differences.iter().copied().max().unwrap_or_default());
    out.push(width as u8);
    let (start, size) = (out.len(), (rest.len() * width).div_ceil(8));
    out.resize(start + size + SLACK, 0);
    pack(&mut out[start..], width, differences.into_iter());
    out.truncate(start + size);
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
pub(super) fn write_varint(mut number: u32, out: &mut Vec<u8>) {
    while number >= 128 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads one, and takes it off; what is behind the end is 0.
#[inline]
pub(super) fn read_varint(bytes: &mut &[u8]) -> u32 {
    let (mut number, mut shift) = (0, 0);
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u32::from(byte & 127).unbounded_shl(shift);
        if byte < 128 {
            break;
        }
        shift += 7;
    }
    number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lists() -> impl Strategy<Value = Vec<Vec<Doc>>> {
        let docs = prop::collection::btree_set(0u32..3_000, 0..600);
        let wide = prop::collection::btree_set(0u32..1 << 30, 0..300);
        prop::collection::vec(prop_oneof![docs, wide], 0..6).prop_map(|sets| {
            sets.into_iter()
                .map(|set| set.into_iter().collect())
                .collect()
        })
    }

    proptest! {
        #[test]
        fn lists_come_back_within_any_window(lists in lists(), from in 0u32..3_000, length in 0u32..4_000) {
            let mut postings = Postings::with_words(lists.len());
            lists.iter().for_each(|list| postings.push(list));
            postings.finish();
            for (word, docs) in lists.iter().enumerate() {
                for window in [from..from + length, 0..Doc::MAX] {
                    let expected: Vec<Doc> = docs.iter().copied().filter(|doc| window.contains(doc)).collect();
                    let mut arena = Arena { few: vec![7, 7], ..Arena::default() };
                    let list = postings.list(postings.head(word), &window, &mut arena);
                    let mut found = Vec::new();
                    arena.each(list, |doc| found.push(doc));
                    prop_assert!(list.len() >= found.len());
                    prop_assert_eq!(found, expected);
                }
                let mut all = Vec::new();
                postings.all(word, &mut all);
                prop_assert_eq!(&all, docs);
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), start in 0u32..400) {
            let postings = Postings { directory: vec![start], bytes };
            let mut arena = Arena::default();
            let list = postings.list(postings.head(0), &(3..1_000), &mut arena);
            arena.each(list, |_| ());
        }
    }
}
