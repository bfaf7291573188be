//! What a segment must fulfil to be stored, and the codes of what is wrong with one.
//!
//! Persian needs ZWNJ and now and then bidi marks, so these are welcome; refused is what a reader
//! could not see or what would do harm on a page that shows the segment.

use super::fold::same;
use super::pages::entry;

/// The longest segment that is stored, in characters.
pub const LONGEST_SEGMENT: usize = 10_240;

/// The most combining marks on one letter.
pub const MOST_MARKS: usize = 64;

/// Why a segment is not stored. Offsets count characters, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentFault {
    /// A control character, or one that XML cannot carry.
    #[error(
        "character U+{:04X} at character {at} is not allowed in a segment; remove it \
         (tab and line breaks are allowed)",
        u32::from(*.character)
    )]
    InvalidCharacter {
        /// The character.
        character: char,
        /// Where it stands.
        at: usize,
    },
    /// Nothing that a reader would see.
    #[error(
        "the segment is empty: nothing but white space or invisible characters from character 0 on; \
         give some text or leave the segment out"
    )]
    Empty,
    /// Too many characters.
    #[error(
        "the segment has more than {LONGEST_SEGMENT} characters; the part from character {LONGEST_SEGMENT} on is too much: split it"
    )]
    TooLong,
    /// A bidi embedding, override or isolate that is not closed, or closed but not opened.
    #[error(
        "bidi control U+{:04X} at character {at} has no counterpart in the segment; \
         remove it or close what it opens",
        u32::from(*.character)
    )]
    UnbalancedBidi {
        /// The control without its counterpart.
        character: char,
        /// Where it stands.
        at: usize,
    },
    /// More marks on one letter than any language writes.
    #[error(
        "more than {MOST_MARKS} combining marks in a row up to character {at}; remove the superfluous ones"
    )]
    TooManyMarks {
        /// Where the first mark too many stands.
        at: usize,
    },
}

impl SegmentFault {
    /// The stable code of the fault, as the API names it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidCharacter { .. } => "invalid_character",
            Self::Empty => "empty_segment",
            Self::TooLong => "segment_too_long",
            Self::UnbalancedBidi { .. } => "unbalanced_bidi",
            Self::TooManyMarks { .. } => "suspicious_characters",
        }
    }
}

/// Checks a segment that is to be stored; says the first thing that is wrong.
///
/// The same checks hold for imports and for single writes. Linear in the text, and no more than
/// [`LONGEST_SEGMENT`] characters of it are looked at.
pub fn check_segment(text: &str) -> Result<(), SegmentFault> {
    if text.len() > LONGEST_SEGMENT && text.chars().nth(LONGEST_SEGMENT).is_some() {
        return Err(SegmentFault::TooLong);
    }
    if text.is_ascii() {
        check_ascii(text)?;
    } else {
        check_characters(text)?;
    }
    // A letter or digit is seen; only without any does it take the fold to know.
    if !text.chars().any(char::is_alphanumeric) && same(text).is_empty() {
        return Err(SegmentFault::Empty);
    }
    Ok(())
}

fn check_ascii(text: &str) -> Result<(), SegmentFault> {
    match text.bytes().position(|b| is_refused(char::from(b))) {
        Some(at) => Err(SegmentFault::InvalidCharacter {
            character: text.as_bytes().get(at).copied().map_or('\0', char::from),
            at,
        }),
        None => Ok(()),
    }
}

fn check_characters(text: &str) -> Result<(), SegmentFault> {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut marks = 0;
    for (at, character) in text.chars().enumerate() {
        if is_refused(character) {
            return Err(SegmentFault::InvalidCharacter { character, at });
        }
        match character {
            '\u{202A}' | '\u{202B}' | '\u{202D}' | '\u{202E}' | '\u{2066}'..='\u{2068}' => {
                open.push((character, at));
            }
            '\u{202C}' | '\u{2069}' => {
                let isolates = character == '\u{2069}';
                match open.pop() {
                    Some((opener, _)) if (opener >= '\u{2066}') == isolates => {}
                    _ => return Err(SegmentFault::UnbalancedBidi { character, at }),
                }
            }
            _ => {}
        }
        marks = if entry::<false>(character).is_mark() {
            marks + 1
        } else {
            0
        };
        if marks > MOST_MARKS {
            return Err(SegmentFault::TooManyMarks { at });
        }
    }
    match open.last() {
        Some(&(character, at)) => Err(SegmentFault::UnbalancedBidi { character, at }),
        None => Ok(()),
    }
}

/// Controls other than tab, line breaks and U+0085; and the two that are not XML characters, since a
/// segment that holds one could not be exported.
fn is_refused(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'))
        || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        check_segment(text).map_or_else(|fault| fault.code(), |()| "fine")
    }

    #[test]
    fn ordinary_segments_of_all_kinds_are_fine() {
        for text in [
            "Hello.",
            "می‌روم",
            "a\tb\r\nc\u{85}",
            "\u{2067}سلام\u{2069} \u{202B}او\u{202C}",
            "سلام\u{200F}!",
            "\u{202B}\u{2066}x\u{2069}\u{202C}",
            "۱۲",
            ".",
            "👨\u{200D}👩",
        ] {
            assert_eq!(code(text), "fine", "{text:?}");
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        let marks = format!("a{}", "\u{301}".repeat(MOST_MARKS + 1));
        for (text, expected) in [
            ("a\0", "invalid_character"),
            ("\u{1B}[0m", "invalid_character"),
            ("é\u{9B}", "invalid_character"),
            ("a\u{FFFF}", "invalid_character"),
            ("", "empty_segment"),
            (" \u{A0}\n", "empty_segment"),
            ("\u{200C}", "empty_segment"),
            ("\u{200E}\u{2066}\u{2069}", "empty_segment"),
            ("a\u{202E}b", "unbalanced_bidi"),
            ("a\u{202C}b", "unbalanced_bidi"),
            ("a\u{2067}\u{202C}b", "unbalanced_bidi"),
            ("\u{202B}\u{2067}a\u{202C}\u{2069}", "unbalanced_bidi"),
            (&marks, "suspicious_characters"),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_longest_segment_is_fine_and_one_character_more_is_not() {
        for letter in ["a", "ب", "𐎠"] {
            let longest = letter.repeat(LONGEST_SEGMENT);
            assert_eq!(code(&longest), "fine");
            assert_eq!(code(&(longest + letter)), "segment_too_long");
        }
        assert_eq!(code(&"\u{301}".repeat(5_000)), "suspicious_characters");
        assert_eq!(code(&"e\u{301}".repeat(5_000)), "fine");
    }

    #[test]
    fn a_fault_says_what_where_and_what_to_do() {
        let message = check_segment("سلام\u{202E}").unwrap_err().to_string();
        assert!(
            message.contains("U+202E") && message.contains("character 4"),
            "{message}"
        );
        assert!(message.contains("remove"), "{message}");
        let message = check_segment("ab\u{1}").unwrap_err().to_string();
        assert!(message.contains("U+0001 at character 2"), "{message}");
        let message = check_segment(&"a".repeat(20_000)).unwrap_err().to_string();
        assert!(message.contains("10240"), "{message}");
    }
}
