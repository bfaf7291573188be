//! A stretch of text as names are compared: words, each with its place in the text and its bare letters.
//!
//! On top of [`crate::text::fold::key`], which unites Unicode forms, Arabic and Persian letters, case and
//! digits, a name's letters have no accents, apostrophes or vowel marks; the possessive ending stays
//! outside the word; an ezafe that stands as a word (`-e`, `-ye`, ` e `) has no letters at all; and Persian
//! doubled ی, و and ل are one, so that رئیسی is رییسی. The letters of all words stand in a row without
//! anything between, so that joined, spaced and half-spaced writing meet.

use unicode_normalization::UnicodeNormalization;

use crate::text::tokens::Kind;
use crate::text::{Analysis, Token, analyse_into};

/// One word of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// Where it begins in the text, in bytes of the page.
    pub(super) start: u32,
    /// Where it ends, without a possessive ending.
    pub(super) end: u32,
    /// Where it ends with everything that belongs to it.
    pub(super) full_end: u32,
    /// Where its letters begin in [`Page::letters`].
    pub(super) letters: u32,
    flags: u8,
}

const ARABIC: u8 = 1;
const CAPITAL: u8 = 2;
const OPAQUE: u8 = 4;
const EZAFE: u8 = 8;
const NUMBER: u8 = 16;
const GLUED: u8 = 32;

impl Word {
    /// Of the Arabic script.
    pub(super) fn is_arabic(self) -> bool {
        self.flags & ARABIC != 0
    }
    /// Begins with a capital letter.
    pub(super) fn is_capital(self) -> bool {
        self.flags & CAPITAL != 0
    }
    /// A web address or the like: no name begins or ends in it.
    pub(super) fn is_opaque(self) -> bool {
        self.flags & OPAQUE != 0
    }
    /// An ezafe written as a word.
    pub(super) fn is_ezafe(self) -> bool {
        self.flags & EZAFE != 0
    }
    /// A number.
    pub(super) fn is_number(self) -> bool {
        self.flags & NUMBER != 0
    }
    /// Joined to the word before by a ZWNJ.
    pub(super) fn is_glued(self) -> bool {
        self.flags & GLUED != 0
    }
    /// Has `'s` behind it.
    pub(super) fn is_possessive(self) -> bool {
        self.end < self.full_end
    }
}

/// What stands between two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing, or nothing visible.
    Nothing,
    /// White space without an empty line.
    Space,
    /// A hyphen or a short dash, nothing else.
    Hyphen,
    /// A half-space.
    HalfSpace,
    /// A full stop, perhaps with space.
    Dot,
    /// A comma, perhaps with space.
    Comma,
    /// A dash with space around it, or a long one.
    Dash,
    /// Another single sign.
    Sign(char),
    /// An empty line, or several signs: no name goes across.
    Break,
}

/// A stretch of text, cut into words. Reused from stretch to stretch.
#[derive(Debug, Default)]
pub(super) struct Page {
    analysis: Analysis,
    pub(super) words: Vec<Word>,
    /// The letters of all words, in UTF-8, and some zeros.
    pub(super) letters: Vec<u8>,
}

impl Page {
    /// Cuts `text` into words; what was in the page before is gone.
    pub(super) fn read(&mut self, text: &str) {
        let mut analysis = std::mem::take(&mut self.analysis);
        analyse_into(text, &mut analysis);
        self.words.clear();
        self.letters.clear();
        for (at, token) in analysis.tokens.iter().enumerate() {
            let letters = self.letters.len() as u32;
            let before = self.words.last().copied();
            let source = text
                .get(token.source.start as usize..token.source.end as usize)
                .unwrap_or_default();
            let mut word = Word {
                start: token.source.start,
                end: token.source.end,
                full_end: token.source.end,
                letters,
                flags: flags(token, source),
            };
            let key = analysis.word(token);
            if word.is_opaque() {
                // Its letters meet nothing.
                self.letters.push(0xFF);
            } else if is_ezafe(key) && joins(text, before, source, token, &analysis, at) {
                word.flags |= EZAFE;
            } else {
                let bare = match key.as_bytes() {
                    [bare @ .., b'\'', b's'] if !token.arabic => key.get(..bare.len()),
                    _ => None,
                };
                if bare.is_some() {
                    word.end -= possessive_length(source) as u32;
                }
                push_letters(bare.unwrap_or(key), token.arabic, &mut self.letters);
            }
            self.words.push(word);
        }
        self.letters.extend_from_slice(&[0; 16]);
        self.analysis = analysis;
    }

    /// Where the letters of a word end.
    pub(super) fn letters_end(&self, word: usize) -> usize {
        self.words
            .get(word + 1)
            .map_or(self.letters.len().saturating_sub(16), |next| {
                next.letters as usize
            })
    }

    /// The letters of one word.
    pub(super) fn letters_of(&self, word: usize) -> &[u8] {
        let start = self.words.get(word).map_or(0, |word| word.letters as usize);
        self.letters
            .get(start..self.letters_end(word))
            .unwrap_or_default()
    }

    /// [`Page::letters_of`] as text.
    pub(super) fn letters_text(&self, word: usize) -> &str {
        std::str::from_utf8(self.letters_of(word)).unwrap_or_default()
    }

    /// What stands between a word and the next.
    pub(super) fn gap_after(&self, text: &str, word: usize) -> Gap {
        match (self.words.get(word), self.words.get(word + 1)) {
            (Some(this), Some(next)) => gap(text
                .get(this.full_end as usize..next.start as usize)
                .unwrap_or_default()),
            _ => Gap::Break,
        }
    }
}

fn flags(token: &Token, source: &str) -> u8 {
    let mut flags = 0;
    for (holds, flag) in [
        (token.arabic, ARABIC),
        (
            source.chars().next().is_some_and(char::is_uppercase),
            CAPITAL,
        ),
        (token.kind == Kind::Placeable, OPAQUE),
        (token.kind == Kind::Number, NUMBER),
        (token.glued, GLUED),
    ] {
        if holds {
            flags |= flag;
        }
    }
    flags
}

fn is_ezafe(key: &str) -> bool {
    matches!(key, "e" | "ye" | "i" | "yi" | "é" | "yé")
}

/// An ezafe stands between two words, behind a space or hyphen, and has no capital but behind a hyphen.
fn joins(
    text: &str,
    before: Option<Word>,
    source: &str,
    token: &Token,
    analysis: &Analysis,
    at: usize,
) -> bool {
    let (Some(before), Some(next)) = (before, analysis.tokens.get(at + 1)) else {
        return false;
    };
    let between =
        |from: u32, to: u32| gap(text.get(from as usize..to as usize).unwrap_or_default());
    let behind = between(before.full_end, token.source.start);
    let ahead = between(token.source.end, next.source.start);
    let capital = source.chars().any(char::is_uppercase);
    let soft = |gap| matches!(gap, Gap::Space | Gap::Hyphen | Gap::HalfSpace);
    let apostrophe = matches!(behind, Gap::Sign('’' | '\'' | '‘' | 'ʼ'));
    (soft(behind) && (!capital || behind == Gap::Hyphen) || apostrophe) && soft(ahead)
}

/// The bytes of `'s` at the end of a word.
fn possessive_length(source: &str) -> usize {
    let mut chars = source.char_indices().rev().skip(1);
    chars.next().map_or(0, |(at, _)| source.len() - at)
}

/// What a stretch between two words is.
pub(super) fn gap(between: &str) -> Gap {
    let (mut spaces, mut lines, mut signs) = (false, 0, 0);
    let mut found = Gap::Nothing;
    for c in between.chars() {
        let sign = match c {
            '\n' | '\u{2028}' | '\u{2029}' => {
                lines += 1;
                spaces = true;
                continue;
            }
            _ if c.is_whitespace() => {
                spaces = true;
                continue;
            }
            '\u{200C}' => Gap::HalfSpace,
            '\u{200B}'
            | '\u{200D}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{61C}'
            | '\u{AD}'
            | '\u{FEFF}'
            | '\u{640}' => continue,
            '-' | '\u{2010}'..='\u{2013}' | '\u{2212}' => Gap::Hyphen,
            '\u{2014}' | '\u{2015}' => Gap::Dash,
            '.' => Gap::Dot,
            ',' | '،' => Gap::Comma,
            _ => Gap::Sign(c),
        };
        if sign == Gap::HalfSpace && found == Gap::HalfSpace {
            continue;
        }
        found = sign;
        signs += 1;
    }
    match (found, spaces) {
        _ if lines > 1 || signs > 1 => Gap::Break,
        (Gap::Nothing, true) | (Gap::HalfSpace, true) => Gap::Space,
        (Gap::Sign('’' | '\''), true) => Gap::Space,
        (Gap::Hyphen, true) => Gap::Dash,
        (found, _) => found,
    }
}

/// Words whose hamza is written in two ways that the fold keeps apart, at their beginning.
const HAMZA: [(&str, &str); 4] = [
    ("هیات", "هیئت"),
    ("مسوول", "مسئول"),
    ("مساله", "مسئله"),
    ("جرات", "جرئت"),
];

/// Appends the letters of a word of the key fold.
fn push_letters(key: &str, arabic: bool, out: &mut Vec<u8>) {
    if arabic {
        if let Some((rest, usual)) = HAMZA
            .iter()
            .find_map(|(odd, usual)| Some((key.strip_prefix(odd)?, usual)))
        {
            let usual = crate::text::fold::key(usual).text;
            return push_letters(&format!("{usual}{rest}"), true, out);
        }
        let mut last = '\0';
        let mut buffer = [0; 4];
        for c in key.chars() {
            if c == last && matches!(c, 'ی' | 'و' | 'ل') {
                continue;
            }
            last = c;
            out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
    } else if key.is_ascii() {
        for piece in key.as_bytes().split(|b| *b == b'\'') {
            out.extend_from_slice(piece);
        }
    } else {
        let mut buffer = [0; 4];
        for c in key.nfd().filter(|c| !is_accent(*c)) {
            match plain(c) {
                Some(plain) => out.extend_from_slice(plain.as_bytes()),
                None if c == '\'' => {}
                None => out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
            }
        }
    }
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}')
}

/// Latin letters that do not decompose, and letters that stand for an apostrophe.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        'þ' => "th",
        'ə' => "a",
        '\u{2B9}'..='\u{2BF}' | '\u{2C8}' | '\u{2EE}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut page = Page::default();
        page.read(text);
        (0..page.words.len())
            .map(|word| page.letters_text(word).to_owned())
            .collect()
    }

    #[test]
    fn letters_are_bare_and_endings_stay_outside() {
        for (text, expected) in [
            ("Mojahedin-e Khalq's", vec!["mojahedin", "", "khalq"]),
            ("MUJAHEDIN-E-KHALQ", vec!["mujahedin", "", "khalq"]),
            ("Khamene’i Ra'isi", vec!["khamenei", "raisi"]),
            ("Khāmeneʾi", vec!["khamenei"]),
            ("I am e", vec!["i", "am", "e"]),
            ("رئیسی رییسی رئيسى", vec!["ریسی", "ریسی", "ریسی"]),
            ("روح‌اللّه", vec!["روح", "اله"]),
            ("https://www.iran.ir Iran", vec!["", "iran"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn gaps_tell_what_names_may_cross() {
        for (between, expected) in [
            (" ", Gap::Space),
            ("\u{A0}\n", Gap::Space),
            ("\n \n", Gap::Break),
            ("\u{2011}", Gap::Hyphen),
            (" – ", Gap::Dash),
            ("—", Gap::Dash),
            (". ", Gap::Dot),
            ("’ ", Gap::Space),
            ("/", Gap::Sign('/')),
            (" (", Gap::Sign('(')),
            ("), ", Gap::Break),
            ("\u{200C}", Gap::HalfSpace),
            ("\u{200F} ", Gap::Space),
        ] {
            assert_eq!(gap(between), expected, "{between:?}");
        }
    }
}
