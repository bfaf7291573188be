//! How alike two words are: the normalized Levenshtein of `strsim`, computed bit-parallel.
//!
//! The algorithm is Hyyrö's form of Myers' bit vectors (G. Myers, *A fast bit-vector algorithm for
//! approximate string matching*, 1999; H. Hyyrö 2001), one machine word wide, so it serves words of at
//! most [`MAX_SIMILAR_CHARS`] characters. `strsim` is the oracle in the tests.

/// Longer "words" (base64, paths, scraped noise) are compared for equality only.
pub const MAX_SIMILAR_CHARS: usize = 64;

/// How alike two words are, exactly: `kept` of `of` characters. At least 7 of 10, or the words count as different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Likeness {
    /// Length of the longer word less the edit distance.
    pub kept: u32,
    /// Length of the longer word.
    pub of: u32,
}

impl Likeness {
    /// The same word.
    pub const EQUAL: Likeness = Likeness { kept: 1, of: 1 };
    /// Two different numbers, or two different placeables: eight tenths, by rule.
    pub const OF_KIND: Likeness = Likeness { kept: 4, of: 5 };
}

/// The most edits between two words of these lengths that still leaves them similar (0.7 and up).
pub fn most_edits(a: usize, b: usize) -> usize {
    3 * a.max(b) / 10
}

/// The lengths a word similar to one of `chars` characters can have.
pub fn similar_lengths(chars: usize) -> std::ops::RangeInclusive<usize> {
    (7 * chars).div_ceil(10)..=(10 * chars / 7).min(MAX_SIMILAR_CHARS)
}

/// The letters of a word, counted up to two, in one of 16 pairs of bits each by hash: one edit takes one
/// letter away, or puts one in, or both, so it changes at most two bits. Of some hundred multipliers this one lets
/// the fewest words pass that are not similar, in English and Persian: a third less than most.
pub fn signature(chars: impl Iterator<Item = char>) -> u32 {
    chars.fold(0, |bits, c| {
        let once = 1 << ((u32::from(c).wrapping_mul(0xDF15_82B1) >> 28) * 2);
        if bits & once == 0 {
            bits | once
        } else {
            bits | once << 1
        }
    })
}

/// Whether two signatures allow so few edits.
pub fn may_be_within(a: u32, b: u32, edits: usize) -> bool {
    (a ^ b).count_ones() as usize <= 2 * edits
}

/// A word made ready to be compared with many others.
#[derive(Clone, Debug)]
pub struct Pattern {
    chars: Vec<char>,
    /// Bits of the places where an ASCII character stands in the word …
    ascii: [u64; 128],
    /// … and those of the others, few enough to be walked.
    others: Vec<(char, u64)>,
}

impl Pattern {
    /// Prepares a word; `None` where it is empty or too long to be similar to anything.
    pub fn new(word: &str) -> Option<Self> {
        let chars: Vec<char> = word.chars().collect();
        if chars.is_empty() || chars.len() > MAX_SIMILAR_CHARS {
            return None;
        }
        let mut pattern = Self {
            ascii: [0; 128],
            others: Vec::new(),
            chars: Vec::new(),
        };
        for (place, &c) in chars.iter().enumerate() {
            let bit = 1u64 << place;
            if c.is_ascii() {
                pattern.ascii[c as usize] |= bit;
            } else if let Some((_, mask)) = pattern.others.iter_mut().find(|(o, _)| *o == c) {
                *mask |= bit;
            } else {
                pattern.others.push((c, bit));
            }
        }
        pattern.chars = chars;
        Some(pattern)
    }

    /// Its characters.
    pub fn chars(&self) -> &[char] {
        &self.chars
    }

    fn places(&self, c: char) -> u64 {
        if c.is_ascii() {
            return self.ascii[c as usize];
        }
        self.others
            .iter()
            .find(|(o, _)| *o == c)
            .map_or(0, |(_, mask)| *mask)
    }

    /// The edit distance to a word.
    pub fn distance(&self, word: &str) -> usize {
        if word.is_ascii() {
            self.distance_by(word.bytes().map(|c| self.ascii[usize::from(c & 127)]))
        } else {
            self.distance_by(word.chars().map(|c| self.places(c)))
        }
    }

    /// The same, of the places in the pattern where each character of the word stands. Without a branch: whether the
    /// distance rises or falls cannot be foretold.
    fn distance_by(&self, word: impl Iterator<Item = u64>) -> usize {
        let last = self.chars.len() - 1;
        let (mut plus, mut minus) = (u64::MAX, 0u64);
        let mut distance = self.chars.len();
        for equal in word {
            let x = equal | minus;
            let d0 = (((x & plus).wrapping_add(plus)) ^ plus) | x;
            let up = minus | !(d0 | plus);
            let down = plus & d0;
            distance += (up >> last & 1) as usize;
            distance -= (down >> last & 1) as usize;
            let up = (up << 1) | 1;
            let down = down << 1;
            plus = down | !(d0 | up);
            minus = up & d0;
        }
        distance
    }

    /// How alike a word of `chars` characters is, if it is similar at all.
    pub fn likeness(&self, word: &str, chars: usize) -> Option<Likeness> {
        let of = self.chars.len().max(chars);
        if chars > MAX_SIMILAR_CHARS || self.chars.len().abs_diff(chars) > most_edits(of, of) {
            return None;
        }
        let edits = self.distance(word);
        (edits <= most_edits(of, of)).then(|| Likeness {
            kept: (of - edits) as u32,
            of: of as u32,
        })
    }
}

/// How alike two words are, if they are similar at all (see [`Likeness`]).
pub fn likeness(a: &str, b: &str) -> Option<Likeness> {
    if a == b {
        return Some(Likeness::EQUAL);
    }
    // Most words are told apart by their lengths or letters, for less than a pattern costs.
    let lengths = [a, b].map(|word| word.chars().count());
    let most = most_edits(lengths[0], lengths[1]);
    let letters = [a, b].map(|word| signature(word.chars()));
    if lengths[0].abs_diff(lengths[1]) > most || !may_be_within(letters[0], letters[1], most) {
        return None;
    }
    Pattern::new(a)?.likeness(b, lengths[1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_distance_is_strsims(a in "[abcدسی‌é]{1,64}", b in "[abcدسی‌é]{0,70}") {
            let pattern = Pattern::new(&a).unwrap();
            prop_assert_eq!(pattern.distance(&b), strsim::levenshtein(&a, &b));
        }

        #[test]
        fn words_are_similar_exactly_when_strsim_says_seven_tenths(a in "[abcد]{1,12}", b in "[abcد]{1,12}") {
            let ours = likeness(&a, &b);
            let theirs = strsim::normalized_levenshtein(&a, &b);
            prop_assert_eq!(ours.is_some(), theirs >= 0.7 - 1e-12, "{}", theirs);
            if let Some(l) = ours {
                prop_assert!((f64::from(l.kept) / f64::from(l.of) - theirs).abs() < 1e-12);
            }
            prop_assert_eq!(ours, likeness(&b, &a));
        }

        #[test]
        fn similar_words_have_the_lengths_promised(a in "[ab]{1,40}", b in "[ab]{1,60}") {
            if likeness(&a, &b).is_some() {
                prop_assert!(similar_lengths(a.len()).contains(&b.len()));
            }
        }
    }

    #[test]
    fn very_long_words_are_equal_or_nothing() {
        let long = "x".repeat(65);
        assert_eq!(likeness(&long, &long), Some(Likeness::EQUAL));
        assert_eq!(likeness(&long, &"x".repeat(64)), None);
    }
}
