//! What a word can earn. Longer words carry more of a sentence's sense, but not in proportion: the
//! square root was the best of the weights measured (see `docs/matching.md`).

use crate::text::{Kind, Token};

use super::similarity::Likeness;

/// A score is counted in fractions of this, the least common multiple of 1 … 25, so that the similarity
/// of words of up to 25 characters is an integer: percentages are rounded once, at the end.
pub const POINT: u64 = 26_771_144_400;

/// What a number or a placeable weighs, whatever its length.
pub const KIND_WEIGHT: u32 = 8;

/// round(4·√n) for n = 0 … 25 characters.
const BY_LENGTH: [u8; 26] = [
    0, 4, 6, 7, 8, 9, 10, 11, 11, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19, 19, 20,
    20,
];

/// The weight of a word of so many characters.
pub fn of_length(chars: usize) -> u32 {
    u32::from(BY_LENGTH[chars.min(25)])
}

/// The weight of a token.
pub fn of_token(token: &Token) -> u32 {
    match token.kind {
        Kind::Word => of_length(token.chars as usize),
        Kind::Number | Kind::Placeable => KIND_WEIGHT,
    }
}

/// What two tokens earn together: their likeness times the smaller weight, in [`POINT`]s.
pub fn points(likeness: Likeness, a: u32, b: u32) -> u64 {
    POINT * u64::from(a.min(b)) * u64::from(likeness.kept) / u64::from(likeness.of.max(1))
}

/// Points of a total weight.
pub fn whole(weight: u32) -> u64 {
    POINT * u64::from(weight)
}

/// ⌊100·points / the larger of two weights⌋; two texts without words score 0.
pub fn percent(points: u64, a: u32, b: u32) -> u8 {
    let whole = whole(a.max(b));
    if whole == 0 {
        return 0;
    }
    (u128::from(points) * 100 / u128::from(whole)).min(100) as u8
}

/// The fewest points that reach a percentage at a weight.
pub fn needed(percent: u8, weight: u32) -> u64 {
    whole(weight)
        .saturating_mul(u64::from(percent))
        .div_ceil(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_four_times_the_root_rounded() {
        for (chars, &weight) in BY_LENGTH.iter().enumerate() {
            assert_eq!(f64::from(weight), (4.0 * (chars as f64).sqrt()).round());
        }
    }

    #[test]
    fn a_point_is_divisible_by_every_short_word_length() {
        for length in 1..=25 {
            assert_eq!(POINT % length, 0);
        }
    }

    #[test]
    fn needed_is_the_least_that_reaches_the_percentage() {
        for weight in [1, 7, 84, 1000] {
            for wanted in [30, 50, 70, 94] {
                let needed = needed(wanted, weight);
                assert_eq!(percent(needed, weight, 1), wanted);
                assert!(percent(needed - 1, weight, 1) < wanted);
            }
        }
    }
}
