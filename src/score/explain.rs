//! The score explained: which words matched, which differ, and what each cost.

use super::align::{Step, steps};
use super::{Segment, Sides, weight};

/// How a word stands in the alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The same word stands on the other side (or the same two words written together).
    Same,
    /// A similar one does.
    Similar,
    /// None does.
    Missing,
}

/// One token of an explained segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Bytes in the text as given.
    pub source: std::ops::Range<usize>,
    /// How it stands.
    pub standing: Standing,
    /// What it weighs.
    pub weight: u32,
    /// What it earned of its weight.
    pub earned: f64,
}

/// Both sides of a comparison, word by word.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// S in percent, before the cap: 100·M / max(W₁, W₂).
    pub similarity: f64,
    /// The words of the first text.
    pub a: Vec<Word>,
    /// The words of the second.
    pub b: Vec<Word>,
}

/// Cells of the alignment table that an explanation may cost, some 15 ms; longer texts have none.
const MOST_CELLS: usize = 100_000;

/// Explains a comparison. `None` for two texts so long that it would cost too much.
pub fn explain(a: &Segment, b: &Segment) -> Option<Explanation> {
    let (n, m) = (a.analysis.tokens.len(), b.analysis.tokens.len());
    if n.saturating_mul(m) > MOST_CELLS {
        return None;
    }
    let sides = Sides {
        a: &a.analysis,
        b: &b.analysis,
    };
    let (earned, steps) = steps(n, m, &sides);
    let (mut left, mut right) = (words(a), words(b));
    for step in steps {
        let (i, j, points) = match step {
            Step::Single(i, j) => (i..i + 1, j..j + 1, super::Earnings::single(&sides, i, j)),
            Step::LeftPair(i, j) => (i..i + 2, j..j + 1, super::Earnings::left_pair(&sides, i, j)),
            Step::RightPair(i, j) => (
                i..i + 1,
                j..j + 2,
                super::Earnings::right_pair(&sides, i, j),
            ),
        };
        let full = weight::whole(total(&left[i.clone()]).min(total(&right[j.clone()])));
        let standing = if points == full {
            Standing::Same
        } else {
            Standing::Similar
        };
        share(&mut left[i], points, standing);
        share(&mut right[j], points, standing);
    }
    let whole = weight::whole(a.weight().max(b.weight())).max(1);
    Some(Explanation {
        similarity: 100.0 * earned as f64 / whole as f64,
        a: left,
        b: right,
    })
}

fn words(segment: &Segment) -> Vec<Word> {
    segment
        .analysis
        .tokens
        .iter()
        .map(|token| Word {
            source: token.source.start as usize..token.source.end as usize,
            standing: Standing::Missing,
            weight: weight::of_token(token),
            earned: 0.0,
        })
        .collect()
}

fn total(words: &[Word]) -> u32 {
    words.iter().map(|word| word.weight).sum()
}

/// Gives each word its share of what they earned together.
fn share(words: &mut [Word], points: u64, standing: Standing) {
    let earned = points as f64 / weight::POINT as f64;
    let total = f64::from(total(words).max(1));
    for word in words {
        word.standing = standing;
        word.earned = earned * f64::from(word.weight) / total;
    }
}
