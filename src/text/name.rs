//! What a name in the termbase may be. Stricter than for segments: a name is an identity, and what a reader
//! cannot see in it, or takes for another letter, is how identities are forged.

use unicode_normalization::char::is_combining_mark;
use unicode_security::skeleton;

use super::fold::key;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 1_024;
/// The most combining marks on one letter.
const MOST_MARKS: usize = 8;

/// Why a text is no name. Offsets count characters, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing that a reader would see.
    #[error("the name is empty; give at least one letter")]
    Empty,
    /// Too long.
    #[error("the name has {length} characters; at most {LONGEST_NAME} are taken")]
    TooLong {
        /// Its characters.
        length: usize,
    },
    /// A mark that turns the direction of text.
    #[error(
        "U+{:04X} at character {at} turns the direction of text, which a name must not; remove it",
        u32::from(*.character)
    )]
    BidiControl {
        /// The character.
        character: char,
        /// Where it stands.
        at: usize,
    },
    /// A character that nobody sees.
    #[error(
        "U+{:04X} at character {at} is invisible; remove it (the half-space U+200C is allowed)",
        u32::from(*.character)
    )]
    Invisible {
        /// The character.
        character: char,
        /// Where it stands.
        at: usize,
    },
    /// Marks heaped on a letter.
    #[error("at character {at} more than {MOST_MARKS} marks stand on one letter; remove them")]
    TooManyMarks {
        /// Where the first one too many stands.
        at: usize,
    },
    /// White space at an end.
    #[error("the name begins or ends with white space; remove it")]
    Spaced,
}

impl NameFault {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty_name",
            Self::TooLong { .. } => "name_too_long",
            Self::BidiControl { .. } => "bidi_control_in_name",
            Self::Invisible { .. } => "invisible_character",
            Self::TooManyMarks { .. } => "suspicious_characters",
            Self::Spaced => "spaces_around_name",
        }
    }
}

/// Checks a name.
///
/// # Errors
/// The first fault, by weight and then by place.
pub fn check_name(name: &str) -> Result<(), NameFault> {
    let length = name.chars().count();
    if length > LONGEST_NAME {
        return Err(NameFault::TooLong { length });
    }
    let mut marks = 0;
    for (at, character) in name.chars().enumerate() {
        if matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}') {
            return Err(NameFault::BidiControl { character, at });
        }
        if is_invisible(character) {
            return Err(NameFault::Invisible { character, at });
        }
        marks = if is_combining_mark(character) {
            marks + 1
        } else {
            0
        };
        if marks > MOST_MARKS {
            return Err(NameFault::TooManyMarks { at });
        }
    }
    let seen = |c: char| !c.is_whitespace() && !matches!(c, '\u{200C}' | '\u{200D}');
    if !name.chars().any(seen) {
        return Err(NameFault::Empty);
    }
    if name.trim().len() != name.len() {
        return Err(NameFault::Spaced);
    }
    Ok(())
}

/// Controls, zero-width characters other than the joiners that writing needs, tags, and what is no character at all.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
                | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}'
                | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0D}'
                | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFC}' | '\u{FFFE}' | '\u{FFFF}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// What a name looks like to a reader (UTS #39 skeleton), and what it is (the folded key). Two names are
/// confusable when they look the same and are not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looks {
    /// Equal for names that look alike.
    pub skeleton: String,
    /// Equal for writings of the same name: Arabic and Persian letters, case, apostrophes, hyphens.
    pub same: String,
}

impl Looks {
    /// The looks of a name.
    pub fn of(name: &str) -> Self {
        Self {
            skeleton: skeleton(name).collect(),
            same: key(name).text.to_string(),
        }
    }

    /// Whether a reader would take one name for the other although they differ.
    pub fn confusable_with(&self, other: &Self) -> bool {
        self.skeleton == other.skeleton && self.same != other.same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_no_part_of_a_name() {
        for (name, code) in [
            ("a\u{202E}b", "bidi_control_in_name"),
            ("a\u{2066}b", "bidi_control_in_name"),
            ("a\u{200B}b", "invisible_character"),
            ("a\u{2060}b", "invisible_character"),
            ("a\u{E0041}", "invisible_character"),
            ("a\0", "invisible_character"),
            ("a\u{AD}b", "invisible_character"),
            ("", "empty_name"),
            (" \u{200C} ", "empty_name"),
            (" a", "spaces_around_name"),
            (&"\u{301}".repeat(9), "suspicious_characters"),
            (&"x".repeat(LONGEST_NAME + 1), "name_too_long"),
        ] {
            assert_eq!(
                check_name(name).map_err(NameFault::code),
                Err(code),
                "{name:?}"
            );
        }
        for name in [
            "مجاهدین‌خلق",
            "PMOI/MEK",
            "Nadžíb",
            &"x".repeat(LONGEST_NAME),
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn look_alikes_are_told_from_variants() {
        let confusable = |one: &str, other: &str| Looks::of(one).confusable_with(&Looks::of(other));
        assert!(confusable("МЕК", "MEK"));
        assert!(!confusable("MEK", "MEK"));
        assert!(!confusable("علي", "علی"));
        assert!(!confusable("Khamene’i", "Khamene'i"));
        assert!(!confusable("MEK", "PMOI"));
    }
}
