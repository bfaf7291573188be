//! What a mention is, and places in a text as clients count them.

use std::ops::Range;

/// Why a stretch of text is a mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// A name of the glossary, as it is written there.
    Dictionary,
    /// An acronym, by exact case or dotted.
    Acronym,
    /// A name of the glossary in other typography: apostrophes, hyphens, half-spaces, Arabic letters, case.
    Fold,
    /// A romanisation nobody listed, by its sound.
    Transliteration,
}

impl Via {
    /// The word that stands for it in replies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dictionary => "dictionary",
            Self::Acronym => "acronym",
            Self::Fold => "fold",
            Self::Transliteration => "transliteration",
        }
    }
}

/// A stretch of text that names a concept. Numbers refer to the [`super::Finder`] that found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Where it stands, in bytes of the text, on character boundaries.
    pub range: Range<usize>,
    /// The part of `range` that is the name proper: without a Seyyed, "of Iran" or second family name that the glossary's
    /// name does not have.
    pub core: Range<usize>,
    /// The number of the concept; see [`super::Finder::concept`].
    pub concept: usize,
    /// The number of the name among the concept's.
    pub name: usize,
    /// Why.
    pub via: Via,
    /// How sure it is, in percent.
    pub confidence: u8,
    /// The text is a person's bare family name that is in no row, after the full name.
    pub bare: bool,
    /// Mentions inside this one.
    pub nested: Vec<Mention>,
    /// Numbers of other concepts that the text may name, the likelier first.
    pub ambiguous: Vec<usize>,
}

/// A place in a text, counted as clients count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First code point.
    pub start: usize,
    /// Behind the last code point.
    pub end: usize,
    /// First UTF-16 unit.
    pub start_utf16: usize,
    /// Behind the last UTF-16 unit.
    pub end_utf16: usize,
}

/// Turns byte ranges of a text into spans, in one pass over the text. Ranges may overlap and come in any order; ends
/// inside a character count as its beginning, ends beyond the text as its end.
pub fn spans(text: &str, ranges: &[Range<usize>]) -> Vec<Span> {
    let mut bytes: Vec<usize> = ranges
        .iter()
        .flat_map(|range| [range.start, range.end])
        .collect();
    bytes.sort_unstable();
    bytes.dedup();
    let mut places = Vec::with_capacity(bytes.len());
    let (mut at, mut points, mut units) = (0, 0, 0);
    for byte in &bytes {
        let mut end = (*byte).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let between = text.get(at..end).unwrap_or_default();
        points += between.chars().count();
        units += between.chars().map(char::len_utf16).sum::<usize>();
        at = at.max(end);
        places.push((points, units));
    }
    let place = |byte: usize| {
        let found = bytes.binary_search(&byte).ok();
        found
            .and_then(|at| places.get(at).copied())
            .unwrap_or_default()
    };
    ranges
        .iter()
        .map(|range| {
            let ((start, start_utf16), (end, end_utf16)) = (place(range.start), place(range.end));
            Span {
                start,
                end,
                start_utf16,
                end_utf16,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_count_code_points_and_utf16_units() {
        let text = "😀 ایران Iran";
        let at = text.find("ایران").unwrap();
        let ranges = [at..at + "ایران".len(), 0..4];
        let found = spans(text, &ranges);
        assert_eq!((found[0].start, found[0].end), (2, 7));
        assert_eq!((found[0].start_utf16, found[0].end_utf16), (3, 8));
        assert_eq!((found[1].start, found[1].end_utf16), (0, 2));
    }

    proptest! {
        #[test]
        fn spans_are_what_counting_from_the_start_gives(text in ".{0,40}", a in 0usize..60, b in 0usize..60) {
            let cut = |mut at: usize| { at = at.min(text.len()); while !text.is_char_boundary(at) { at -= 1; } at };
            let (a, b) = (cut(a.min(b)), cut(a.max(b)));
            let span = spans(&text, std::slice::from_ref(&(a..b)))[0];
            prop_assert_eq!(span.start, text[..a].chars().count());
            prop_assert_eq!(span.end_utf16, text[..b].encode_utf16().count());
        }
    }
}
