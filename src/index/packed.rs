//! Flat arrays of numbers of a fixed width in bits: what most of a part is made of.
//!
//! All are plain bytes, so that a snapshot writes them out and reads them back as they are. Reading is total:
//! whatever the bytes are, a number comes out, so that a damaged snapshot could be wrong but never a panic.

/// Bytes after the last number, so that each is read with one load.
const SLACK: usize = 8;

/// See the file's comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    len: usize,
    width: usize,
    bytes: Vec<u8>,
}

impl Default for Packed {
    fn default() -> Self {
        Self::of(0, std::iter::empty())
    }
}

/// Bits that hold a number.
pub(super) fn bits(number: u64) -> usize {
    let bits = (u64::BITS - number.leading_zeros()) as usize;
    // A wider one would not fit into one load together with its shift.
    if bits > 56 { 64 } else { bits }
}

impl Packed {
    /// Packs numbers, of which none is larger than `largest`.
    pub(super) fn of(largest: u64, numbers: impl ExactSizeIterator<Item = u64>) -> Self {
        let (width, len) = (bits(largest), numbers.len());
        let mut bytes = vec![0; bytes_of(len, width)];
        pack(&mut bytes, width, numbers);
        Self { len, width, bytes }
    }

    /// The same out of a snapshot; `None` where the bytes are not as many as that takes.
    pub(super) fn read(len: usize, width: usize, bytes: Vec<u8>) -> Option<Self> {
        let fits = width <= 56 || width == 64;
        let right = fits && len.checked_mul(width)?.div_ceil(8).checked_add(SLACK)? == bytes.len();
        right.then_some(Self { len, width, bytes })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[inline]
    pub(super) fn get(&self, place: usize) -> u64 {
        bits_at(&self.bytes, place * self.width, self.width)
    }

    /// The first place in a range that does not satisfy what all before it do.
    pub(super) fn partition_point(
        &self,
        range: std::ops::Range<usize>,
        mut before: impl FnMut(u64) -> bool,
    ) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.get(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

fn bytes_of(len: usize, width: usize) -> usize {
    (len * width).div_ceil(8) + SLACK
}

/// Writes numbers of a width one after the other; there must be room for them and eight bytes more.
pub(super) fn pack(bytes: &mut [u8], width: usize, numbers: impl Iterator<Item = u64>) {
    for (place, number) in numbers.enumerate() {
        let (byte, shift) = (place * width / 8, place * width % 8);
        if let Some(eight) = bytes.get_mut(byte..byte + 8) {
            for (byte, more) in eight.iter_mut().zip((number << shift).to_le_bytes()) {
                *byte |= more;
            }
        }
    }
}

/// The number of a width that begins at a bit; what lies behind the end is zero.
#[inline]
pub(super) fn bits_at(bytes: &[u8], bit: usize, width: usize) -> u64 {
    let eight = bytes.get(bit / 8..).and_then(<[u8]>::first_chunk::<8>);
    let word = eight.map_or(0, |eight| u64::from_le_bytes(*eight)) >> (bit % 8);
    if width >= 64 {
        word
    } else {
        word & ((1 << width) - 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(numbers in prop::collection::vec(any::<u64>(), 0..50), shift in 0u32..64) {
            let numbers: Vec<u64> = numbers.into_iter().map(|n| n >> shift).collect();
            let largest = numbers.iter().copied().max().unwrap_or(0);
            let packed = Packed::of(largest, numbers.iter().copied());
            prop_assert_eq!((0..numbers.len()).map(|i| packed.get(i)).collect::<Vec<_>>(), numbers);
            let again = Packed::read(packed.len(), packed.width(), packed.bytes().to_vec());
            prop_assert_eq!(again, Some(packed));
        }

        #[test]
        fn any_bytes_are_refused_or_read(len in any::<usize>(), width in 0usize..70, bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            if let Some(packed) = Packed::read(len, width, bytes) {
                packed.get(packed.len().saturating_sub(1));
                packed.get(1_000);
            }
        }
    }
}
