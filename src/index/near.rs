//! The near hashes of a part's segments: which segments have a given one.
//!
//! Sorted, so that the upper bits of each are known from its bucket and only the lower ones are kept.

use super::packed::Packed;
use super::part::Doc;

/// Segments a bucket, about.
const BUCKET: usize = 8;

/// See the file's comment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Near {
    /// Where each bucket begins; one more than there are buckets, which are a power of two.
    pub(super) starts: Packed,
    /// The bits of each hash that its bucket does not say, sorted within the bucket.
    pub(super) lows: Packed,
    /// The segment of each; ascending among equal hashes.
    pub(super) docs: Packed,
}

/// How many bits of a hash its bucket says, among so many segments.
pub(super) fn bucket_bits(segments: usize) -> usize {
    ((segments / BUCKET).max(1).ilog2() as usize).min(28)
}

impl Near {
    /// `sorted` by hash, then segment.
    pub(super) fn build(sorted: &[(u32, Doc)]) -> Self {
        let bits = bucket_bits(sorted.len());
        let low_bits = 32 - bits;
        let buckets = 0..(1u64 << bits) + 1;
        let starts: Vec<u64> = buckets
            .map(|bucket| {
                sorted.partition_point(|&(hash, _)| u64::from(hash) >> low_bits < bucket) as u64
            })
            .collect();
        let low = |&(hash, _): &(u32, Doc)| u64::from(hash) & ((1 << low_bits) - 1);
        Self {
            starts: Packed::of(sorted.len() as u64, starts.into_iter()),
            lows: Packed::of((1 << low_bits) - 1, sorted.iter().map(low)),
            docs: Packed::of(
                sorted.len() as u64,
                sorted.iter().map(|&(_, doc)| u64::from(doc)),
            ),
        }
    }

    /// The segments of a hash, in order.
    pub(super) fn find(&self, hash: u32) -> Vec<Doc> {
        let low_bits = 32 - bucket_bits(self.docs.len());
        let bucket = (u64::from(hash) >> low_bits) as usize;
        let low = u64::from(hash) & ((1 << low_bits) - 1);
        let range = self.starts.get(bucket) as usize..self.starts.get(bucket + 1) as usize;
        let from = self.lows.partition_point(range.clone(), |l| l < low);
        let to = self.lows.partition_point(from..range.end, |l| l <= low);
        (from..to)
            .map(|place| self.docs.get(place) as Doc)
            .collect()
    }

    /// The hash of each segment.
    pub(super) fn by_doc(&self) -> Vec<u32> {
        let bits = bucket_bits(self.docs.len());
        let mut hashes = vec![0; self.docs.len()];
        for bucket in 0..1usize << bits {
            for place in self.starts.get(bucket) as usize..self.starts.get(bucket + 1) as usize {
                let hash = (bucket as u64) << (32 - bits) | self.lows.get(place);
                if let Some(known) = hashes.get_mut(self.docs.get(place) as usize) {
                    *known = hash as u32;
                }
            }
        }
        hashes
    }

    pub(super) fn size(&self) -> usize {
        [&self.starts, &self.lows, &self.docs]
            .iter()
            .map(|packed| packed.bytes().len())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_segment_is_found_under_its_hash(hashes in prop::collection::vec(prop_oneof![any::<u32>(), 0u32..9], 0..300), other in any::<u32>()) {
            let mut sorted: Vec<(u32, Doc)> = hashes.iter().copied().zip(0..).collect();
            sorted.sort_unstable();
            let near = Near::build(&sorted);
            for &hash in hashes.iter().chain([&other]) {
                let expected: Vec<Doc> = (0..).zip(&hashes).filter(|(_, h)| **h == hash).map(|(doc, _)| doc).collect();
                prop_assert_eq!(near.find(hash), expected);
            }
            prop_assert_eq!(near.by_doc(), hashes);
        }
    }
}
