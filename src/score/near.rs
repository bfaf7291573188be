//! Near matches: the same words, where only numbers, tags, case, punctuation or spelling differ.
//!
//! Decided on tokens, not on the fuzzy score (memoQ's rule for 95–99 %): two texts are near when their
//! *near keys* agree, which have every word in the key fold, `#` for a number and `¤` for a placeable, and
//! no punctuation; Arabic-script words stand without spaces, so that joined and separated spellings agree.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xxhash_rust::xxh3::Xxh3;

use super::Segment;
use crate::text::{Analysis, Kind, fold};

/// A kind of difference that is not one of words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Spelling conventions: ZWNJ, space or joined; vowel marks; digits of another script.
    Convention,
    /// Upper and lower case.
    Case,
    /// Letters that readers take for each other (آ/ا, ئ/ی, ۀ/ه), or presentation forms.
    Letters,
    /// Punctuation.
    Punctuation,
    /// Numbers.
    Numbers,
    /// Placeables in the text: `%s`, `{0}`, URLs, e-mail addresses.
    Placeables,
    /// Inline tags.
    Tags,
}

/// Feeds the near key of a text to `out`, piece by piece.
fn near_key(analysis: &Analysis, mut out: impl FnMut(&str)) {
    let mut joins = true;
    for token in &analysis.tokens {
        let arabic = token.kind == Kind::Word && token.arabic;
        if !(joins && arabic) {
            out(" ");
        }
        joins = arabic;
        match token.kind {
            Kind::Word => out(analysis.word(token)),
            Kind::Number => out("#"),
            Kind::Placeable => out("¤"),
        }
    }
}

/// A number that near texts share. Others share it once in four thousand million: verify with [`super::near()`].
/// Texts without words share it exactly when they are the same text.
pub fn near_hash(text: &str, analysis: &Analysis) -> u32 {
    let mut hash = Xxh3::new();
    if analysis.tokens.is_empty() {
        hash.update(fold::same(text).as_bytes());
    } else {
        near_key(analysis, |piece| hash.update(piece.as_bytes()));
    }
    hash.digest() as u32
}

/// A number that texts share which are the same for a reader.
pub fn same_hash(text: &str) -> u32 {
    xxhash_rust::xxh3::xxh3_64(fold::same(text).as_bytes()) as u32
}

/// How two near texts differ, at least in one way; `None` where they are not near.
pub(super) fn differences(a: &Segment, b: &Segment) -> Option<Vec<Difference>> {
    let key = |segment: &Segment| {
        let mut key = String::new();
        near_key(&segment.analysis, |piece| key.push_str(piece));
        key
    };
    if a.analysis.tokens.is_empty() || key(a) != key(b) {
        return None;
    }
    let (a, b) = (Surface::of(a), Surface::of(b));
    let mut differences = Vec::new();
    if a.numbers != b.numbers {
        differences.push(Difference::Numbers);
    }
    if a.placeables != b.placeables {
        differences.push(Difference::Placeables);
    }
    if a.punctuation != b.punctuation {
        differences.push(Difference::Punctuation);
    }
    if a.words != b.words {
        let case_only = a.words.to_lowercase() == b.words.to_lowercase();
        differences.push(if case_only {
            Difference::Case
        } else {
            Difference::Letters
        });
    }
    if differences.is_empty() {
        differences.push(Difference::Convention);
    }
    Some(differences)
}

/// What a reader sees of a text, sorted by kind, in the spelling that the 99 band takes for equal.
#[derive(Default)]
struct Surface {
    words: String,
    numbers: Vec<String>,
    placeables: Vec<String>,
    /// Each mark with its place, counted in characters of the words before it.
    punctuation: Vec<(u32, String)>,
}

impl Surface {
    fn of(segment: &Segment) -> Self {
        let mut surface = Self::default();
        let (mut end, mut chars) = (0, 0);
        let mut joins = true;
        for token in &segment.analysis.tokens {
            let place = token.source.start as usize..token.source.end as usize;
            surface.add_gap(
                chars,
                segment.text.get(end..place.start).unwrap_or_default(),
            );
            end = place.end;
            if token.kind == Kind::Word {
                chars += token.chars;
            }
            let text = segment.text.get(place).unwrap_or_default();
            let arabic = token.kind == Kind::Word && token.arabic;
            if !(joins && arabic) {
                surface.words.push(' ');
            }
            joins = arabic;
            match token.kind {
                Kind::Word => surface.words.push_str(&fold::convention(text)),
                Kind::Number => surface
                    .numbers
                    .push(segment.analysis.word(token).to_owned()),
                Kind::Placeable => surface.placeables.push(text.to_owned()),
            }
        }
        surface.add_gap(chars, segment.text.get(end..).unwrap_or_default());
        surface
    }

    /// Text between tokens: punctuation, and spaces that say nothing.
    fn add_gap(&mut self, chars: u32, gap: &str) {
        let mut marks = fold::convention(gap);
        marks.retain(|c| !c.is_whitespace());
        if !marks.is_empty() {
            self.punctuation.push((chars, marks));
        }
    }
}
