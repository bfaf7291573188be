//! Which segments are taken, and how the variants of a unit are gathered; the same in every format.

use super::error::shown;
use crate::model::{Lang, MAX_SEGMENT_CHARS, MAX_VARIANTS, Variant};
use crate::text::check::{SegmentFault, check_segment};
use crate::text::fold::same;

/// The first character that has no business in a text: C0 and C1 controls but TAB, LF, CR and U+0085,
/// DEL, and the two noncharacters that XML forbids; the same as [`check_segment`] refuses, but for everything
/// a unit says and not only its segments.
pub(super) fn forbidden(text: &str) -> Option<char> {
    // The quick test is one pass without branches; 0xC2 leads U+0080 to U+00BF, 0xEF leads U+FFFE.
    let suspicious = text.bytes().fold(false, |found, b| {
        found | (b < 0x20) | (b == 0x7F) | (b == 0xC2) | (b == 0xEF)
    });
    if !suspicious {
        return None;
    }
    text.chars().find(|c| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'))
            || matches!(c, '\u{FFFE}' | '\u{FFFF}')
    })
}

/// What is wrong with a segment.
enum Fault {
    /// It cannot be taken.
    Unusable(String),
    /// It is taken, because files have such and an import must not lose them.
    Odd(String),
}

/// What [`check_segment`] says, with the tolerance of an import: bidi controls without a counterpart and long
/// runs of combining marks are refused when typed, and only reported when they come in a file. A segment of
/// nothing but inline elements (a placeholder, a whole string in native code) is somebody's work and kept too.
fn judge(text: &str, has_tags: bool) -> Result<(), Fault> {
    let unusable = |reason: String| Err(Fault::Unusable(reason));
    match check_segment(text) {
        Ok(()) => Ok(()),
        Err(SegmentFault::Empty) if has_tags => Ok(()),
        Err(SegmentFault::Empty) => unusable("is empty".into()),
        Err(SegmentFault::TooLong) => unusable(format!(
            "has {} characters, more than {MAX_SEGMENT_CHARS}",
            text.chars().count()
        )),
        Err(SegmentFault::InvalidCharacter { character, .. }) => {
            unusable(format!("cannot be taken: {}", named(character)))
        }
        // The check stops at its first finding; marks alone are still nothing to read.
        Err(_) if same(text).is_empty() => unusable("is empty".into()),
        Err(fault) => Err(Fault::Odd(format!("is kept as it is, but {fault}"))),
    }
}

/// The variants of one unit as they come.
#[derive(Default)]
pub(super) struct Variants {
    taken: Vec<Variant>,
    /// Why others were not taken.
    left_out: Vec<String>,
    /// What is odd about those that were taken.
    odd: Vec<String>,
    seen: usize,
}

impl Variants {
    /// Takes a variant if it can be used and its language is new.
    pub(super) fn add(&mut self, variant: Variant) {
        self.seen += 1;
        let lang = &variant.lang;
        match judge(&variant.text, variant.tagged.is_some()) {
            Err(Fault::Unusable(reason)) => {
                self.leave_out(format!("the {lang} segment {reason}"));
                return;
            }
            Err(Fault::Odd(reason)) if self.odd.len() < MAX_VARIANTS => {
                self.odd.push(format!("the {lang} segment {reason}"));
            }
            _ => {}
        }
        if self.taken.iter().any(|taken| taken.lang == *lang) {
            self.leave_out(format!(
                "there is more than one {lang} segment; the first is kept"
            ));
        } else if self.taken.len() < MAX_VARIANTS {
            self.taken.push(variant);
        }
    }

    /// Notes a variant that could not even be read.
    pub(super) fn add_unreadable(&mut self, reason: impl Into<String>) {
        self.seen += 1;
        self.leave_out(reason.into());
    }

    fn leave_out(&mut self, reason: String) {
        if self.left_out.len() < MAX_VARIANTS {
            self.left_out.push(reason);
        }
    }

    /// The usable variants and what to warn about.
    ///
    /// # Errors
    /// The reason to skip the unit: fewer than two usable variants, or too many.
    pub(super) fn finish(mut self) -> Result<(Vec<Variant>, Vec<String>), String> {
        if self.seen > MAX_VARIANTS {
            return Err(format!(
                "the unit has {} variants, more than {MAX_VARIANTS}",
                self.seen
            ));
        }
        match (self.taken.as_slice(), self.left_out.first()) {
            ([_, _, ..], _) => {
                self.left_out.append(&mut self.odd);
                Ok((self.taken, self.left_out))
            }
            (_, Some(reason)) => Err(reason.clone()),
            ([only], None) => Err(format!(
                "the unit has text in one language only, {}",
                only.lang
            )),
            ([], None) => Err("the unit has no text".into()),
        }
    }
}

/// The place of the variant in this language: the exact tag first, else one that meets it.
pub(super) fn find(variants: &[Variant], lang: &Lang) -> Option<usize> {
    let exact = variants.iter().position(|variant| variant.lang == *lang);
    exact.or_else(|| variants.iter().position(|variant| variant.lang.meets(lang)))
}

/// How a forbidden character is named.
pub(super) fn named(c: char) -> String {
    format!("the character U+{:04X} is not allowed", u32::from(c))
}

/// Reads a language tag, or says why it is none.
pub(super) fn language(tag: &str) -> Result<Lang, String> {
    Lang::parse(tag.trim())
        .map_err(|_| format!("`{}` is not a language tag such as en or fa-IR", shown(tag)))
}
