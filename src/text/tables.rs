//! Which characters a fold changes, drops or treats as space: the tables, and nothing that walks a text.
//!
//! Sources: the table of hazm 0.10's `Normalizer` (Persian letters, digits, half-spaces), the Unicode
//! Character Database through the crates `unicode-normalization` and `unicode-properties`, and the
//! Persian notes of this project, which say where we differ from hazm: a rewrite for *comparison* may
//! be wide, because stored text is never altered.
//!
//! All tables work on *decomposed* characters (ئ is ی + hamza there, é is e + acute), so a letter and
//! its marked forms need one row.

use unicode_normalization::char::{decompose_canonical, decompose_compatible};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Zero-width non-joiner: the half-space inside Persian words.
pub(super) const ZWNJ: char = '\u{200C}';
/// Zero-width joiner.
pub(super) const ZWJ: char = '\u{200D}';
/// Persian yeh, what every yeh becomes.
pub(super) const YEH: char = '\u{6CC}';
/// Heh.
pub(super) const HEH: char = '\u{647}';
/// Arabic yeh: what the precomposed ئ is made of.
pub(super) const ARABIC_YEH: char = '\u{64A}';
/// Arabic letter ae: what the precomposed ۀ is made of.
pub(super) const AE: char = '\u{6D5}';
/// Hamza above, as a combining mark.
pub(super) const HAMZA_ABOVE: char = '\u{654}';

/// What becomes of one decomposed character, whatever stands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays, as this character.
    Keep(char),
    /// It is white space.
    Space,
    /// ZWNJ or ZWJ: kept if it joins something.
    Joiner(char),
    /// Dropped, but part of the character before it (a tatweel).
    Attached,
    /// Dropped in the key only: a mark, or the letter hamza. It too is part of the character before;
    /// and a joiner before it joins nothing, as it does in `same`, where the mark stays.
    Mark,
    /// Dropped, part of nothing (a bidi mark).
    Free,
}

/// Takes a character apart as its fold wants it: `KEY` by NFKD, `same` by NFD, with the Arabic
/// presentation forms by NFKD.
pub(super) fn decompose<const KEY: bool>(c: char, mut emit: impl FnMut(char)) {
    match c {
        // NFKD makes a space and an accent of it, but people type it for an apostrophe.
        '´' if KEY => emit('\''),
        '″' | '‶' if KEY => emit('"'),
        _ if KEY || is_presentation_form(c) => decompose_compatible(c, emit),
        _ => decompose_canonical(c, emit),
    }
}

/// The fate of a decomposed character in the wide fold (`KEY`) or the narrow one (`same`).
pub(super) fn fate<const KEY: bool>(c: char) -> Fate {
    match c {
        '\u{640}' => Fate::Attached,
        ZWJ if KEY => Fate::Free,
        ZWNJ | ZWJ => Fate::Joiner(c),
        _ if is_invisible(c) => Fate::Free,
        _ if c.is_whitespace() => Fate::Space,
        _ if KEY => wide_fate(c),
        ARABIC_YEH | '\u{649}' => Fate::Keep(YEH),
        '\u{643}' => Fate::Keep('\u{6A9}'),
        _ => Fate::Keep(c),
    }
}

fn wide_fate(c: char) -> Fate {
    if is_wide_dropped_mark(c) {
        return Fate::Mark;
    }
    if let Some(letter) = arabic_letter(c).or_else(|| punctuation(c)) {
        return Fate::Keep(letter);
    }
    if let Some(digit) = ascii_digit(c) {
        return Fate::Keep(digit);
    }
    // A decomposed character has one lower-case letter; final sigma has no use in a key.
    match c.to_lowercase().next() {
        Some('ς') => Fate::Keep('σ'),
        Some(lower) => Fate::Keep(lower),
        None => Fate::Keep(c),
    }
}

/// Letters that the key does not tell apart, already without their hamza and madda.
fn arabic_letter(c: char) -> Option<char> {
    Some(match c {
        ARABIC_YEH | '\u{649}' | '\u{6D0}' | '\u{6D2}' => YEH,
        '\u{643}' | '\u{6AA}' => '\u{6A9}',
        '\u{629}' | '\u{6BE}' | '\u{6C1}' | '\u{6C3}' | AE => HEH,
        '\u{671}' => '\u{627}',
        _ => return None,
    })
}

/// Quotes, dashes and the Persian signs as ASCII.
fn punctuation(c: char) -> Option<char> {
    Some(match c {
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '`' | '′' | '‵' | '\u{2B9}' | '\u{2BB}'..='\u{2BF}' => {
            '\''
        }
        '“' | '”' | '„' | '‟' | '«' | '»' | '〝' | '〞' | '〟' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{5BE}' | '\u{2E3A}' | '\u{2E3B}' => {
            '-'
        }
        '،' | '٬' => ',',
        '٫' => '.',
        '؛' => ';',
        '؟' => '?',
        '٪' => '%',
        '\u{2044}' => '/',
        _ => return None,
    })
}

/// The value of a decimal digit of any script as an ASCII digit. Unicode promises that the digits of
/// a script stand in ascending runs of ten (UAX #44, `Nd`), so the place in the run is the value.
pub(super) fn ascii_digit(c: char) -> Option<char> {
    if c.is_ascii_digit() {
        return Some(c);
    }
    if c.is_ascii() || c.general_category() != GeneralCategory::DecimalNumber {
        return None;
    }
    let before = (1u32..100)
        .take_while(|back| {
            char::from_u32(u32::from(c).saturating_sub(*back))
                .is_some_and(|b| b.general_category() == GeneralCategory::DecimalNumber)
        })
        .count();
    char::from_digit(u32::try_from(before % 10).ok()?, 10)
}

/// Marks that are dropped in the key: harakat, superscript alef, hamza and madda as marks, Quranic
/// signs; the hamza letter too, which is written or left out at will; and marks that only choose a
/// style (variation selectors, grapheme joiner).
fn is_wide_dropped_mark(c: char) -> bool {
    matches!(c,
        '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{621}' | '\u{674}' | '\u{610}'..='\u{61A}'
        | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}' | '\u{6E7}' | '\u{6E8}'
        | '\u{6EA}'..='\u{6ED}' | '\u{34F}' | '\u{180B}'..='\u{180D}' | '\u{180F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Arabic vowel marks, whose absence is a spelling convention. Hamza and madda are letters' parts.
pub(super) fn is_vowel_mark(c: char) -> bool {
    matches!(c, '\u{64B}'..='\u{652}' | '\u{670}')
}

/// Bidi controls and invisible characters that no reader sees: dropped by every fold.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{61C}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}' | '\u{FEFF}' | '\u{AD}' | '\u{180E}')
}

/// Arabic presentation forms, except the word signs (ﷲ, ﷺ, ﷼ …), which are a choice of the writer.
fn is_presentation_form(c: char) -> bool {
    matches!(c, '\u{FB50}'..='\u{FDEF}' | '\u{FE70}'..='\u{FEFF}')
}

/// A combining mark.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark
}

/// A letter that a ZWNJ or ZWJ can join.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_mark(c)
}

/// A picture that a ZWJ can join to another (emoji sequences), or its skin colour.
pub(super) fn is_symbol(c: char) -> bool {
    !c.is_ascii()
        && matches!(
            c.general_category(),
            GeneralCategory::OtherSymbol | GeneralCategory::ModifierSymbol
        )
}

/// A letter of the Arabic script.
pub(super) fn is_arabic_letter(c: char) -> bool {
    matches!(c,
        '\u{620}'..='\u{6FF}' | '\u{750}'..='\u{77F}' | '\u{870}'..='\u{8FF}'
        | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}' | '\u{10EC0}'..='\u{10EFF}')
        && is_letter(c)
}

/// A letter of a script that writes no spaces between words: each is a token.
pub(super) fn is_unspaced_letter(c: char) -> bool {
    matches!(c,
        '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{19E0}'..='\u{19FF}' | '\u{2E80}'..='\u{2FDF}' | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}' | '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{A9E0}'..='\u{A9FF}'
        | '\u{AA60}'..='\u{AA7F}' | '\u{F900}'..='\u{FAFF}' | '\u{1B000}'..='\u{1B16F}'
        | '\u{20000}'..='\u{3FFFF}')
        && (is_letter(c) || c == '\u{3007}')
}
