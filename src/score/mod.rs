//! How alike two segments are: the percentage that translators see and are paid by, and why.
//!
//! A function of the two texts alone, symmetric, exact in integers and rounded down once:
//!
//! | score | the two are |
//! |---|---|
//! | 100 | the same text for a reader ([`fold::same`]); 98 if their inline tags are known and differ |
//! | 99 | different in spelling conventions only ([`fold::convention`]): ZWNJ, space or joined, vowel marks, digits |
//! | 95–98 | the same words; one percent off for each *kind* of difference ([`Difference`]) |
//! | ≤ 94 | fuzzy: ⌊100·S⌋, S = M / max(W₁, W₂) |
//!
//! W is the sum of the weights of a text's tokens ([`weight`]), M what the best order-preserving
//! alignment of the tokens earns ([`align`]): a pair earns its likeness times the smaller weight, where
//! equal words have likeness 1, similar ones (normalized Levenshtein ≥ 0.7) that similarity, two numbers
//! or two placeables 0.8. Persian may be written joined or apart: two neighbouring Arabic-script tokens
//! also earn together with one token of the other side, if their concatenation is that token, or, where a
//! ZWNJ makes them one written word, if it is similar to it.
//!
//! Context (101, 102) and penalties are added by the engine, which knows where a segment stands.

pub mod align;
mod explain;
mod near;
pub mod similarity;
pub mod weight;

pub use explain::{Explanation, Standing, Word, explain};
pub use near::{Difference, near_hash, same_hash};

use std::borrow::Cow;

use crate::text::{self, Analysis, Kind, Token, fold};
use align::Earnings;
use similarity::{Likeness, likeness};

/// The best a match can have without being near.
pub const MOST_FUZZY: u8 = 94;
/// The least a near match can have.
pub const LEAST_NEAR: u8 = 95;

/// A segment made ready to be scored.
#[derive(Clone, Debug)]
pub struct Segment<'a> {
    /// The text as given.
    pub text: Cow<'a, str>,
    /// Its inline tags, if they are known: of two segments, tags are compared only where both are.
    pub tags: Option<Vec<text::tags::Tag>>,
    /// Its tokens.
    pub analysis: Analysis,
}

impl<'a> Segment<'a> {
    /// A plain text, with tags unknown.
    pub fn plain(text: &'a str) -> Self {
        Self {
            text: text.into(),
            tags: None,
            analysis: text::analyse(text),
        }
    }

    /// A text together with the same text tagged, where it has tags; without, it is known to have none.
    pub fn tagged(text: &'a str, tagged: Option<&str>) -> Self {
        let tags = tagged.map(text::tags::signature).unwrap_or_default();
        Self {
            text: text.into(),
            tags: Some(tags),
            analysis: text::analyse(text),
        }
    }

    /// The sum of its tokens' weights: W.
    pub fn weight(&self) -> u32 {
        self.analysis
            .tokens
            .iter()
            .map(weight::of_token)
            .fold(0, u32::saturating_add)
    }
}

/// What two segments score, without context and penalties.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Integer percent, 0–100.
    pub percent: u8,
    /// What separates the two, if it is not words; one or more for 95–98.
    pub differences: Vec<Difference>,
}

/// Scores two segments. Costs an alignment of their tokens unless they are near.
pub fn compare(a: &Segment, b: &Segment) -> Score {
    match near(a, b) {
        Some(score) => score,
        None => Score {
            percent: fuzzy(a, b),
            differences: Vec::new(),
        },
    }
}

/// The score of two segments that are the same, or near: 95–100. `None` where they are neither.
pub fn near(a: &Segment, b: &Segment) -> Option<Score> {
    let mut differences = Vec::new();
    if fold::same(&a.text) != fold::same(&b.text) {
        if fold::convention(&a.text) == fold::convention(&b.text) {
            differences.push(Difference::Convention);
        } else {
            differences = near::differences(a, b)?;
        }
    }
    if let (Some(tags_a), Some(tags_b)) = (&a.tags, &b.tags)
        && tags_a != tags_b
    {
        differences.push(Difference::Tags);
    }
    let percent = match differences.as_slice() {
        [] => 100,
        [Difference::Convention] => 99,
        kinds => 99u8.saturating_sub(kinds.len() as u8).max(LEAST_NEAR),
    };
    Some(Score {
        percent,
        differences,
    })
}

/// ⌊100·S⌋, at most 94.
pub fn fuzzy(a: &Segment, b: &Segment) -> u8 {
    let earned = earned(&a.analysis, &b.analysis);
    weight::percent(earned, a.weight(), b.weight()).min(MOST_FUZZY)
}

/// M: the points the best alignment earns.
pub fn earned(a: &Analysis, b: &Analysis) -> u64 {
    let sides = Sides { a, b };
    align::best(a.tokens.len(), b.tokens.len(), &sides, &mut Vec::new())
}

/// How alike two tokens are, if at all.
pub fn tokens_alike(a: (&Token, &str), b: (&Token, &str)) -> Option<Likeness> {
    match (a.0.kind, b.0.kind) {
        (Kind::Word, Kind::Word) => likeness(a.1, b.1),
        (one, other) if one == other => Some(if a.1 == b.1 {
            Likeness::EQUAL
        } else {
            Likeness::OF_KIND
        }),
        _ => None,
    }
}

/// Two texts side by side, as the alignment sees them.
struct Sides<'a> {
    a: &'a Analysis,
    b: &'a Analysis,
}

impl Earnings for Sides<'_> {
    fn single(&self, i: usize, j: usize) -> u64 {
        let (a, b) = (&self.a.tokens[i], &self.b.tokens[j]);
        tokens_alike((a, self.a.word(a)), (b, self.b.word(b))).map_or(0, |l| {
            weight::points(l, weight::of_token(a), weight::of_token(b))
        })
    }

    fn left_pair(&self, i: usize, j: usize) -> u64 {
        pair_points(self.a, i, self.b, j)
    }

    fn right_pair(&self, i: usize, j: usize) -> u64 {
        pair_points(self.b, j, self.a, i)
    }
}

/// What tokens `i`, `i + 1` of `pairs` earn with token `j` of `singles`.
fn pair_points(pairs: &Analysis, i: usize, singles: &Analysis, j: usize) -> u64 {
    let (first, second, single) = (&pairs.tokens[i], &pairs.tokens[i + 1], &singles.tokens[j]);
    let single_may = single.arabic && single.kind == Kind::Word;
    if !(single_may && may_join(first, second)) {
        return 0;
    }
    let word = singles.word(single);
    let joined = joined(pairs, i);
    let alike = if second.glued {
        likeness(&joined, word)
    } else {
        (joined == word).then_some(Likeness::EQUAL)
    };
    let together = weight::of_token(first) + weight::of_token(second);
    alike.map_or(0, |l| weight::points(l, together, weight::of_token(single)))
}

/// Whether two neighbouring tokens may be read as one word: Arabic-script words, which are written
/// joined or apart by habit. A space against nothing in Latin script ("sign up") is a difference.
pub fn may_join(first: &Token, second: &Token) -> bool {
    let word = |t: &Token| t.kind == Kind::Word && t.arabic;
    word(first) && word(second)
}

/// Tokens `i` and `i + 1` written together.
pub fn joined(analysis: &Analysis, i: usize) -> String {
    let (first, second) = (&analysis.tokens[i], &analysis.tokens[i + 1]);
    [analysis.word(first), analysis.word(second)].concat()
}

#[cfg(test)]
mod tests;
