//! A segment meets a query: what their tokens earn with each other, for the alignment.

use super::vocabulary::WordId;

/// What the tokens of one segment earn with those of a query: scratch space of the alignment.
#[derive(Default)]
pub(super) struct Meeting {
    pub(super) tokens: Vec<(WordId, u32)>,
    /// (query's token, points) of each of the segment's tokens, up to its end.
    pub(super) singles: Vec<(u32, u64)>,
    pub(super) single_ends: Vec<u32>,
    /// (first of two tokens of the query, points).
    pub(super) pairs: Vec<(u32, u64)>,
    pub(super) pair_ends: Vec<u32>,
    /// (first of two tokens of the segment, query's token, points).
    pub(super) together: Vec<(u32, u32, u64)>,
    pub(super) word_before: bool,
}

impl Meeting {
    pub(super) fn clear(&mut self) {
        self.tokens.clear();
        self.singles.clear();
        self.single_ends.clear();
        self.pairs.clear();
        self.pair_ends.clear();
        self.together.clear();
        self.word_before = false;
    }

    /// How many pairs of tokens earn something.
    pub(super) fn earnings(&self) -> usize {
        self.singles.len() + self.pairs.len() + self.together.len()
    }

    /// How many tokens the segment has.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }
}

fn of<'a>(all: &'a [(u32, u64)], ends: &[u32], i: usize) -> &'a [(u32, u64)] {
    let start = if i == 0 { 0 } else { ends[i - 1] as usize };
    &all[start..ends[i] as usize]
}

fn points_at(list: &[(u32, u64)], place: usize) -> u64 {
    list.iter()
        .filter(|(p, _)| *p as usize == place)
        .map(|(_, points)| *points)
        .max()
        .unwrap_or(0)
}

/// The segment's tokens are the rows, the query's the columns.
impl crate::score::align::Earnings for Meeting {
    fn single(&self, i: usize, j: usize) -> u64 {
        points_at(of(&self.singles, &self.single_ends, i), j)
    }

    fn left_pair(&self, i: usize, j: usize) -> u64 {
        let wanted = (i as u32, j as u32);
        let from = self
            .together
            .partition_point(|&(first, ..)| first < wanted.0);
        self.together[from..]
            .iter()
            .take_while(|(first, ..)| *first == wanted.0)
            .filter(|(_, place, _)| *place == wanted.1)
            .map(|(.., points)| *points)
            .max()
            .unwrap_or(0)
    }

    fn right_pair(&self, i: usize, j: usize) -> u64 {
        points_at(of(&self.pairs, &self.pair_ends, i), j)
    }
}
