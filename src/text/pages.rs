//! What a fold does with each character, worked out once a page of 256 and remembered.
//!
//! The rules live in [`super::tables`]; asking them for every character of every import would be
//! slow, so the answers are kept, page by page, when a page is first met.

use std::sync::OnceLock;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::tables::{
    AE, ARABIC_YEH, Fate, HAMZA_ABOVE, HEH, YEH, decompose, fate, is_arabic_letter, is_letter,
    is_mark, is_symbol, is_unspaced_letter,
};

/// What becomes of a character that stands alone: not followed by marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It becomes one character, [`Entry::to`].
    One,
    /// White space.
    Space,
    /// ZWNJ or ZWJ.
    Joiner,
    /// Dropped, part of the character before.
    Attached,
    /// Dropped, as [`Fate::Mark`].
    Mark,
    /// Dropped.
    Free,
    /// A mark, an expansion, or a letter that may join the one before: goes through normalization.
    Compound,
}

/// A remembered answer, packed: 21 bits of character, 3 bits of kind, flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry(u32);

const COPIES: u32 = 1 << 24;
const LETTER: u32 = 1 << 25;
const MARK: u32 = 1 << 26;
const ARABIC: u32 = 1 << 27;
const UNSPACED: u32 = 1 << 28;
const BOUNDARY: u32 = 1 << 29;
const SYMBOL: u32 = 1 << 30;
const ALPHANUMERIC: u32 = 1 << 31;

impl Entry {
    /// What the character becomes, for [`Kind::One`].
    pub(super) fn to(self) -> char {
        char::from_u32(self.0 & 0x1F_FFFF).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// What kind of change it is.
    pub(super) fn kind(self) -> Kind {
        match (self.0 >> 21) & 7 {
            0 => Kind::One,
            1 => Kind::Space,
            2 => Kind::Joiner,
            3 => Kind::Attached,
            4 => Kind::Free,
            5 => Kind::Mark,
            _ => Kind::Compound,
        }
    }

    /// It stays as it is (or, in the key, is an ASCII capital): whole stretches of these are copied.
    pub(super) fn copies(self) -> bool {
        self.0 & COPIES != 0
    }

    /// Normalization before this character does not depend on what follows.
    pub(super) fn is_boundary(self) -> bool {
        self.0 & BOUNDARY != 0
    }

    /// A letter that a joiner can join.
    pub(super) fn is_letter(self) -> bool {
        self.0 & LETTER != 0
    }

    /// A combining mark.
    pub(super) fn is_mark(self) -> bool {
        self.0 & MARK != 0
    }

    /// A symbol that a ZWJ can join.
    pub(super) fn is_symbol(self) -> bool {
        self.0 & SYMBOL != 0
    }

    /// A letter of the Arabic script.
    pub(super) fn is_arabic(self) -> bool {
        self.0 & ARABIC != 0
    }

    /// A letter of a script without spaces.
    pub(super) fn is_unspaced(self) -> bool {
        self.0 & UNSPACED != 0
    }

    /// A letter or a number, of any kind.
    pub(super) fn is_alphanumeric(self) -> bool {
        self.0 & ALPHANUMERIC != 0
    }

    fn work_out<const KEY: bool>(c: char) -> Self {
        let kind_of = |kind: u32| Self(kind << 21 | flags(c));
        let mut kept = Vec::new();
        let (mut dropped, mut spaces) = (None, false);
        decompose::<KEY>(c, |piece| match fate::<KEY>(piece) {
            Fate::Keep(to) => kept.push(to),
            Fate::Space => {
                spaces = true;
                kept.push(' ');
            }
            Fate::Joiner(_) => dropped = Some(2),
            Fate::Attached => dropped = dropped.or(Some(3)),
            Fate::Mark => dropped = Some(5),
            Fate::Free => dropped = dropped.or(Some(4)),
        });
        let Some(&first) = kept.first() else {
            return kind_of(dropped.unwrap_or(4));
        };
        if !starts_afresh(first) {
            return kind_of(6);
        }
        if spaces {
            let kind = if kept.len() == 1 { 1 } else { 6 };
            return Self(kind_of(kind).0 | BOUNDARY);
        }
        let class = |c| flags(c) & (LETTER | MARK | SYMBOL);
        compose::<KEY>(&mut kept);
        match kept[..] {
            [to] if class(to) == class(first) => {
                let copies = to == c || (KEY && c.is_ascii() && to == c.to_ascii_lowercase());
                let copies = if copies { COPIES } else { 0 };
                Self(u32::from(to) | flags(to) | BOUNDARY | copies)
            }
            _ => Self(kind_of(6).0 | BOUNDARY),
        }
    }
}

fn flags(c: char) -> u32 {
    let mut flags = 0;
    for (holds, flag) in [
        (is_letter(c), LETTER),
        (is_mark(c), MARK),
        (is_symbol(c), SYMBOL),
        (is_arabic_letter(c), ARABIC),
        (is_unspaced_letter(c), UNSPACED),
        (c.is_alphanumeric() && !is_mark(c), ALPHANUMERIC),
    ] {
        if holds {
            flags |= flag;
        }
    }
    flags
}

/// A decomposed character that never joins or reorders with what stands before it.
fn starts_afresh(c: char) -> bool {
    canonical_combining_class(c) == 0 && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes
}

/// Composes decomposed, folded characters in place. In `same`, yeh and heh that carry a hamza first
/// become the letters that the precomposed ئ and ۀ are made of, so that all spellings of these meet.
pub(super) fn compose<const KEY: bool>(chars: &mut Vec<char>) {
    if !KEY {
        for at in 0..chars.len() {
            let with_hamza = match chars[at] {
                YEH => ARABIC_YEH,
                HEH => AE,
                _ => continue,
            };
            // Only the first mark above the letter composes with it.
            let above = chars[at + 1..]
                .iter()
                .take_while(|&&mark| canonical_combining_class(mark) != 0)
                .find(|&&mark| canonical_combining_class(mark) == 230);
            if above == Some(&HAMZA_ABOVE) {
                chars[at] = with_hamza;
            }
        }
    }
    let composed: Vec<char> = chars.iter().copied().nfc().collect();
    *chars = composed;
}

type Page = [Entry; 256];
const PAGES: usize = 0x1100;
static KEY_PAGES: [OnceLock<Box<Page>>; PAGES] = [const { OnceLock::new() }; PAGES];
static SAME_PAGES: [OnceLock<Box<Page>>; PAGES] = [const { OnceLock::new() }; PAGES];

/// The answers for the characters `number * 256 ..`; `number` under 0x1100.
pub(super) fn page<const KEY: bool>(number: usize) -> &'static Page {
    let pages = if KEY { &KEY_PAGES } else { &SAME_PAGES };
    // Every char is under 0x11_0000, so the remainder changes nothing; it keeps the index in bounds.
    pages[number % PAGES].get_or_init(|| {
        Box::new(std::array::from_fn(|low| {
            u32::try_from(number * 256 + low)
                .ok()
                .and_then(char::from_u32)
                .map_or(Entry(4 << 21), Entry::work_out::<KEY>)
        }))
    })
}

/// What the fold does with a character.
pub(super) fn entry<const KEY: bool>(c: char) -> Entry {
    let code = c as usize;
    page::<KEY>(code >> 8)[code & 0xFF]
}
