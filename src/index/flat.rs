//! Plain values as bytes, little-endian, each array after its length: what a section of a snapshot is made of.
//! Reading checks every length against what is there, and gives `None` for anything else.

use super::packed::Packed;

/// Where values are written to, piece by piece.
pub(super) struct Out<'w>(pub(super) &'w mut dyn FnMut(&[u8]));

impl Out<'_> {
    pub(super) fn number(&mut self, number: u64) {
        (self.0)(&number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        (self.0)(bytes);
    }

    pub(super) fn numbers(&mut self, numbers: &[u32]) {
        self.number(numbers.len() as u64);
        let mut buffer = [0; 4096];
        for some in numbers.chunks(buffer.len() / 4) {
            for (number, four) in some.iter().zip(buffer.chunks_exact_mut(4)) {
                four.copy_from_slice(&number.to_le_bytes());
            }
            (self.0)(&buffer[..some.len() * 4]);
        }
    }

    pub(super) fn packed(&mut self, packed: &Packed) {
        self.number(packed.len() as u64);
        self.number(packed.width() as u64);
        self.bytes(packed.bytes());
    }
}

/// What is left to read.
pub(super) struct In<'r>(pub(super) &'r [u8]);

impl<'r> In<'r> {
    pub(super) fn number(&mut self) -> Option<u64> {
        let (eight, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*eight))
    }

    pub(super) fn length(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    pub(super) fn bytes(&mut self) -> Option<&'r [u8]> {
        let length = self.length()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'r str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn numbers(&mut self) -> Option<Vec<u32>> {
        let length = self.length()?;
        let (bytes, rest) = self.0.split_at_checked(length.checked_mul(4)?)?;
        self.0 = rest;
        let (fours, _) = bytes.as_chunks::<4>();
        Some(fours.iter().map(|four| u32::from_le_bytes(*four)).collect())
    }

    pub(super) fn packed(&mut self) -> Option<Packed> {
        let (length, width) = (self.length()?, self.length()?);
        Packed::read(length, width, self.bytes()?.to_vec())
    }

    /// Whether all was read.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether each number is larger than the one before.
pub(super) fn ascend(numbers: &[u32]) -> bool {
    numbers.windows(2).all(|two| two[0] < two[1])
}

/// The same of numbers of which neighbours may be equal, none above `most`.
pub(super) fn ascend_to(mut numbers: impl Iterator<Item = u64>, most: u64) -> bool {
    let last = numbers.try_fold(0, |before, number| (number >= before).then_some(number));
    last.is_some_and(|last| last <= most)
}
