//! What a name of a glossary must fulfil: stricter than a segment, because a name is compared, listed and
//! trusted. ZWNJ is Persian orthography and welcome; what cannot be seen or looks like something else is not.

use unicode_security::GeneralSecurityProfile as _;
use unicode_security::confusable_detection;

use super::fold::key;
use super::pages::entry;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 1_024;
/// The most combining marks on one letter of a name.
const MOST_MARKS: usize = 8;

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing to be seen.
    #[error("the name is empty; give a text or leave it out")]
    Empty,
    /// Too many characters.
    #[error("the name has more than {LONGEST_NAME} characters; shorten it")]
    TooLong,
    /// A bidi embedding, override or isolate.
    #[error("bidi control U+{:04X} in a name is not allowed; remove it", u32::from(*.0))]
    Bidi(char),
    /// A zero-width character, a tag, a byte order mark.
    #[error("invisible character U+{:04X} in a name is not allowed; remove it", u32::from(*.0))]
    Invisible(char),
    /// A control character, line breaks included.
    #[error("character U+{:04X} in a name is not allowed; remove it", u32::from(*.0))]
    Control(char),
    /// More marks on one letter than any language writes.
    #[error("more than {MOST_MARKS} combining marks on one letter; remove the superfluous ones")]
    TooManyMarks,
}

impl NameFault {
    /// The stable code of the fault, as the API names it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_name",
            Self::TooLong => "name_too_long",
            Self::Bidi(_) => "bidi_control_in_name",
            Self::Invisible(_) => "invisible_character",
            Self::Control(_) => "invalid_character",
            Self::TooManyMarks => "suspicious_characters",
        }
    }
}

/// Checks a name that is to be stored; says the first thing that is wrong.
///
/// # Errors
/// What is wrong.
pub fn check_name(text: &str) -> Result<(), NameFault> {
    if text.chars().nth(LONGEST_NAME).is_some() {
        return Err(NameFault::TooLong);
    }
    let mut marks = 0;
    for c in text.chars() {
        match c {
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => return Err(NameFault::Bidi(c)),
            '\u{200C}' | '\u{200E}' | '\u{200F}' | '\u{61C}' => {}
            '\u{200B}'
            | '\u{200D}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206A}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{AD}'
            | '\u{180E}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{E0000}'..='\u{E0FFF}'
            | '\u{34F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{FFA0}' => return Err(NameFault::Invisible(c)),
            _ if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFFE}' | '\u{FFFF}') =>
            {
                return Err(NameFault::Control(c));
            }
            _ => {}
        }
        marks = if entry::<false>(c).is_mark() {
            marks + 1
        } else {
            0
        };
        if marks > MOST_MARKS {
            return Err(NameFault::TooManyMarks);
        }
    }
    let seen = |c: char| {
        !c.is_whitespace() && !matches!(c, '\u{200C}' | '\u{200E}' | '\u{200F}' | '\u{61C}')
    };
    if text.chars().any(seen) {
        Ok(())
    } else {
        Err(NameFault::Empty)
    }
}

/// What a text looks like (UTS #39 skeleton): texts with equal skeletons cannot be told apart by eye.
/// For warnings only, never for matching.
pub fn confusable_skeleton(text: &str) -> String {
    confusable_detection::skeleton(text).collect()
}

/// What a name looks like to a reader, and what it is (the folded key). Two names are confusable when they look
/// the same and are not writings of the same name.
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
            skeleton: confusable_skeleton(name),
            same: key(name).text,
        }
    }

    /// Whether a reader would take one name for the other although they differ.
    pub fn confusable_with(&self, other: &Self) -> bool {
        self.skeleton == other.skeleton && self.same != other.same
    }
}

/// Whether a letter belongs to the Arabic script.
pub fn is_arabic_script(c: char) -> bool {
    entry::<false>(c).is_arabic()
}

/// Whether a letter belongs to the Latin script, and is in ordinary use.
pub fn is_latin_script(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(c, '\u{AA}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' | '\u{2B0}'..='\u{2EE}')
            && (c.identifier_allowed() || matches!(c, '\u{AA}' | '\u{BA}' | '\u{2B0}'..='\u{2EE}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_scripts_are_fine_and_smuggling_is_not() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let marks = format!("a{}", "\u{301}".repeat(9));
        for (name, code) in [
            ("مجاهدین‌خلق", "fine"),
            ("People’s Mojahedin", "fine"),
            ("", "empty_name"),
            (" \u{200C}", "empty_name"),
            ("a\u{202E}b", "bidi_control_in_name"),
            ("a\u{200B}b", "invisible_character"),
            ("a\u{E0041}", "invisible_character"),
            ("a\nb", "invalid_character"),
            (&long, "name_too_long"),
            (&marks, "suspicious_characters"),
        ] {
            let found = check_name(name).map_or_else(|fault| fault.code(), |()| "fine");
            assert_eq!(found, code, "{name:?}");
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

    #[test]
    fn look_alikes_have_one_skeleton() {
        assert_eq!(confusable_skeleton("МЕК"), confusable_skeleton("MEK"));
        assert_ne!(confusable_skeleton("MEK"), confusable_skeleton("MKO"));
        assert!(is_latin_script('é') && !is_latin_script('М') && is_arabic_script('ی'));
    }
}
