//! Words, numbers and placeables of a text, each with its place in the original.
//!
//! Tokens are read off the [`key`](super::fold::key) fold, so their texts compare directly:
//! * a *word* is a run of letters, marks and digits. A ZWNJ parts it (`glued` marks the second part);
//!   an apostrophe between two letters does not (don't, regime's); everything else does. Arabic-script
//!   letters never share a word with digits or other letters (`۱۲مهر`, `وYouTube`). Scripts without
//!   spaces (Han, kana, Thai, Lao, Khmer, Myanmar) give one token a character, marks included;
//! * a *number* is a run of digits with single `. , / : - '` inside: 12.5, 1,000, 2023-10-04, 12:30.
//!   Digits glued to other letters are part of a word (covid19, 4th);
//! * a *placeable* is what a translator carries over: URLs, e-mail addresses, `%s`,
//!   `{0}`, `$VAR`, `&amp;`, `<b>` and their like.
//!
//! Spaces and all other punctuation are in no token. Time is linear in the text, whatever it is.

use std::ops::Range;

use super::fold::{Scratch, fold_into};
use super::map::Map;
use super::pages::{entry, page};
use super::placeables;
use super::tables::ZWNJ;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Letters, perhaps with digits among them.
    Word,
    /// A number, date or time.
    Number,
    /// A URL, an e-mail address, a format specifier, a tag in plain text …
    Placeable,
}

/// One token. Offsets are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its place in [`Analysis::key`].
    pub key: Range<u32>,
    /// Its place in the original text, with the vowel marks and the like that belong to it.
    pub source: Range<u32>,
    /// Characters of the key.
    pub chars: u32,
    /// Joined to the token before it by a ZWNJ: parts of one written word.
    pub glued: bool,
    /// An Arabic-script word: only these may meet in joined spelling.
    pub arabic: bool,
}

/// A text folded and cut into tokens. Reuse one with [`analyse_into`] to save allocations.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// The [`key`](super::fold::key) fold of the text.
    pub key: String,
    /// The tokens in their order, without overlap.
    pub tokens: Vec<Token>,
    map: Map,
    scratch: Scratch,
}

impl Analysis {
    /// The folded text of one of this analysis's tokens; empty for a token of another.
    pub fn word(&self, token: &Token) -> &str {
        self.key
            .get(token.key.start as usize..token.key.end as usize)
            .unwrap_or_default()
    }
}

/// Folds a text and cuts it into tokens.
pub fn analyse(text: &str) -> Analysis {
    let mut analysis = Analysis::default();
    analyse_into(text, &mut analysis);
    analysis
}

/// [`analyse`] into an analysis that exists, whose content is replaced and whose memory is reused.
pub fn analyse_into(text: &str, out: &mut Analysis) {
    fold_into::<true>(text, &mut out.key, &mut out.map, &mut out.scratch);
    out.tokens.clear();
    let mut cutter = Cutter {
        key: &out.key,
        tokens: &mut out.tokens,
        floor: 0,
    };
    cutter.cut();
    let mut walk = out.map.walk();
    for token in &mut out.tokens {
        token.source = walk.original(token.key.clone());
    }
}

struct Cutter<'k> {
    key: &'k str,
    tokens: &'k mut Vec<Token>,
    /// Where the last placeable ends: a later one does not reach back over it.
    floor: usize,
}

impl Cutter<'_> {
    fn cut(&mut self) {
        let mut at = 0;
        while let Some(&byte) = self.key.as_bytes().get(at) {
            at = match byte {
                b'a'..=b'z' | b'0'..=b'9' => self.western(at),
                b'<' | b'&' | b'%' | b'{' | b'$' => self.opening(at),
                b':' => self.url(at),
                b'@' => self.address(at),
                0..0x80 => at + 1,
                0x80.. => self.beyond_ascii(at),
            };
        }
    }

    fn beyond_ascii(&mut self, at: usize) -> usize {
        let Some(c) = self.char_at(at) else {
            return self.key.len();
        };
        let entry = entry::<true>(c);
        let next = at + c.len_utf8();
        if entry.is_arabic() {
            let end = self.arabic_end(next);
            self.push(Kind::Word, at..end, true);
            end
        } else if entry.is_unspaced() {
            let end = self.marks_end(next);
            self.push(Kind::Word, at..end, false);
            end
        } else if entry.is_alphanumeric() || entry.is_mark() {
            self.western(at)
        } else {
            next
        }
    }

    /// A word or number that begins at `at` with a letter, digit or mark; returns its end.
    fn western(&mut self, at: usize) -> usize {
        if let [b'w', b'w', b'w', b'.', ..] = self.key.as_bytes()[at..]
            && let Some(end) = placeables::url_end(self.key, at + 4)
        {
            return self.push_placeable(at, end);
        }
        let (mut end, mut letters, mut digits) = (at, false, false);
        while let Some(&byte) = self.key.as_bytes().get(end) {
            match byte {
                b'a'..=b'z' => letters = true,
                b'0'..=b'9' => digits = true,
                b'\'' if self.is_inner_apostrophe(at, end) => {}
                0..0x80 => break,
                0x80.. => {
                    let Some(c) = self.char_at(end) else { break };
                    let entry = entry::<true>(c);
                    if entry.is_arabic() || entry.is_unspaced() {
                        break;
                    }
                    if entry.is_alphanumeric() {
                        letters = true;
                    } else if !entry.is_mark() {
                        break;
                    }
                    end += c.len_utf8() - 1;
                }
            }
            end += 1;
        }
        if letters || !digits {
            self.push(Kind::Word, at..end, false);
        } else {
            end = self.number_end(end);
            self.push(Kind::Number, at..end, false);
        }
        end
    }

    /// An apostrophe at `at` of a word that began at `start` has letters on both sides.
    fn is_inner_apostrophe(&self, start: usize, at: usize) -> bool {
        let before = self.key[start..at].chars().next_back();
        let after = self.char_at(at + 1);
        before.is_some_and(|c| c.is_alphabetic() || entry::<true>(c).is_mark())
            && after.is_some_and(|c| {
                let entry = entry::<true>(c);
                entry.is_letter() && !entry.is_arabic() && !entry.is_unspaced()
            })
    }

    /// The end of a number whose first digits end at `at`.
    fn number_end(&self, mut at: usize) -> usize {
        let bytes = self.key.as_bytes();
        while let [b'.' | b',' | b'/' | b':' | b'-' | b'\'', b'0'..=b'9', ..] = bytes[at..] {
            at += 2;
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
        }
        at
    }

    fn arabic_end(&self, from: usize) -> usize {
        let bytes = self.key.as_bytes();
        let arabic = page::<true>(6);
        let mut end = from;
        while let Some(&byte) = bytes.get(end) {
            if matches!(byte, 0xD8..=0xDB) {
                let low = bytes.get(end + 1).map_or(0, |low| low & 0x3F);
                let entry = arabic[usize::from((byte & 3) << 6 | low)];
                if !entry.is_arabic() && !entry.is_mark() {
                    break;
                }
                end += 2;
                continue;
            }
            match self.char_at(end) {
                Some(c) if !c.is_ascii() => {
                    let entry = entry::<true>(c);
                    if !entry.is_arabic() && !entry.is_mark() {
                        break;
                    }
                    end += c.len_utf8();
                }
                _ => break,
            }
        }
        end
    }

    fn marks_end(&self, from: usize) -> usize {
        let rest = self.key.get(from..).unwrap_or_default();
        rest.char_indices()
            .find(|&(_, c)| !entry::<true>(c).is_mark())
            .map_or(self.key.len(), |(at, _)| from + at)
    }

    /// A placeable that begins with the sign at `at`, if there is one.
    fn opening(&mut self, at: usize) -> usize {
        let before = if at > self.floor {
            self.key.as_bytes()[at - 1]
        } else {
            b' '
        };
        match placeables::end(self.key, at, before) {
            Some(end) => self.push_placeable(at, end),
            None => at + 1,
        }
    }

    /// A URL whose `://` is at `at`: takes back the tokens of its scheme.
    fn url(&mut self, at: usize) -> usize {
        if !self.key.as_bytes()[at..].starts_with(b"://") {
            return at + 1;
        }
        // The scheme is judged first: reading the rest again and again for nothing would not be linear.
        let Some(start) = placeables::scheme_start(self.key, self.floor, at)
            .filter(|&start| self.kept_before(start).is_some())
        else {
            return at + 3;
        };
        match placeables::url_end(self.key, at + 3) {
            Some(end) if self.take_back(start) => self.push_placeable(start, end),
            _ => at + 3,
        }
    }

    /// An e-mail address whose `@` is at `at`: takes back the tokens of its local part.
    fn address(&mut self, at: usize) -> usize {
        match placeables::address(self.key, self.floor, at) {
            Some(range) if self.take_back(range.start) => {
                self.push_placeable(range.start, range.end)
            }
            _ => at + 1,
        }
    }

    /// Removes the tokens from `start` on; false, and nothing removed, if one lies across it.
    fn take_back(&mut self, start: usize) -> bool {
        let kept = self.kept_before(start);
        self.tokens.truncate(kept.unwrap_or(usize::MAX));
        kept.is_some()
    }

    /// How many tokens end at or before `start`, if none lies across it.
    fn kept_before(&self, start: usize) -> Option<usize> {
        let before = |t: &Token| (t.key.start as usize) < start;
        let Some(last) = self.tokens.iter().rposition(before) else {
            return Some(0);
        };
        let across = self
            .tokens
            .get(last)
            .is_some_and(|t| t.key.end as usize > start);
        (!across).then_some(last + 1)
    }

    fn push_placeable(&mut self, start: usize, end: usize) -> usize {
        self.push(Kind::Placeable, start..end, false);
        self.floor = end;
        end
    }

    fn push(&mut self, kind: Kind, range: Range<usize>, arabic: bool) {
        let glued = range.start >= ZWNJ.len_utf8()
            && self.key.as_bytes()[range.start - 1] == 0x8C
            && self.key[..range.start].ends_with(ZWNJ);
        let word = &self.key[range.clone()];
        let chars = if word.is_ascii() {
            word.len()
        } else {
            word.chars().count()
        };
        // A folded text is shorter than 4 GiB: see `map::LONGEST`.
        let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        self.tokens.push(Token {
            kind,
            key: narrow(range.start)..narrow(range.end),
            source: 0..0,
            chars: narrow(chars),
            glued,
            arabic,
        });
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.key.get(at..)?.chars().next()
    }
}
