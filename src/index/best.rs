//! What a search keeps, the best so many, and how much work it may be.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::part::Doc;
use crate::model::{MemoryId, UnitId};

/// How much a search may do, in steps of about a nanosecond: postings read, words bounded, cells aligned.
/// Counted, not timed, so that the same question to the same store always gets the same answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    left: u64,
    pub(super) exhausted: bool,
}

impl Budget {
    pub(super) fn new(steps: u64) -> Self {
        Self {
            left: steps,
            exhausted: false,
        }
    }

    /// Whether so many steps may still be done; they are taken off.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        match self.left.checked_sub(steps as u64) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.exhausted = true;
                false
            }
        }
    }
}

/// A segment that reached the threshold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    /// 100·S less the memory's penalty, not rounded.
    pub(super) rank: f64,
    pub(super) unit: UnitId,
    pub(super) memory: MemoryId,
    /// M.
    pub(super) points: u64,
    pub(super) weight: u32,
    /// Which of the parts searched, and where in it.
    pub(super) part: usize,
    pub(super) doc: Doc,
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Higher rank, then newer unit.
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank
            .total_cmp(&other.rank)
            .then(self.unit.cmp(&other.unit))
            .then(self.doc.cmp(&other.doc))
    }
}

/// The best so far, at most so many.
pub(super) struct Best {
    keep: usize,
    heap: BinaryHeap<Reverse<Candidate>>,
}

impl Best {
    pub(super) fn new(keep: usize) -> Self {
        Self {
            keep,
            heap: BinaryHeap::new(),
        }
    }

    /// The rank a candidate must have to be kept.
    pub(super) fn floor(&self) -> f64 {
        match self.heap.peek() {
            Some(Reverse(last)) if self.heap.len() >= self.keep => last.rank,
            _ => f64::NEG_INFINITY,
        }
    }

    pub(super) fn push(&mut self, candidate: Candidate) {
        self.heap.push(Reverse(candidate));
        if self.heap.len() > self.keep {
            self.heap.pop();
        }
    }

    /// Best first.
    pub(super) fn into_sorted(self) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = self.heap.into_iter().map(|Reverse(c)| c).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all
    }
}
