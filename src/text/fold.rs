//! The three folds: [`same`], [`convention`] and [`key`]. The room's page says which is for what.
//!
//! A text is walked once. Stretches of characters that stay as they are, most of any text, are copied
//! whole; a single change is looked up in [`super::pages`]; and only what normalization may join or
//! reorder goes, cluster by cluster, through `unicode-normalization`. A cluster begins at a character
//! that never combines with what stands before it, so that cluster by cluster gives what the whole
//! text would give (a test holds it against exactly that).

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

pub use super::map::Folded;
use super::map::{LONGEST, Map, Recorder};
use super::pages::{Entry, Kind, compose, entry, page};
use super::tables::{
    Fate, HEH, YEH, ZWJ, ZWNJ, ascii_digit, decompose, fate, is_arabic_letter, is_letter, is_mark,
    is_symbol, is_vowel_mark,
};

/// The text as a reader sees it: two texts with an equal `same` are the same text and score 100.
///
/// Unites Unicode forms (NFC; Arabic presentation forms but for word signs such as ﷲ and ﷼), the
/// Arabic and Persian yeh and kaf, ۀ and ه with hamza; drops tatweel, bidi marks, invisible characters,
/// and a ZWNJ or ZWJ that joins nothing; makes each run of white space one space, none at the ends.
/// Keeps case, punctuation, digits, vowel marks and a ZWNJ inside a word. Idempotent.
pub fn same(text: &str) -> Cow<'_, str> {
    let unchanged = stretch::<false>(text, 0);
    if unchanged == text.len() && !text.ends_with(' ') {
        return Cow::Borrowed(text);
    }
    let folded = same_mapped(text).text;
    if folded == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(folded)
    }
}

/// [`same`] with a map to the original text.
pub fn same_mapped(text: &str) -> Folded {
    let mut folded = Folded::default();
    fold_into::<false>(
        text,
        &mut folded.text,
        &mut folded.map,
        &mut Scratch::default(),
    );
    folded
}

/// The wide fold for retrieval, with a map to the original text.
///
/// On top of what [`same`] unites: NFKC, lower case, all yehs, kafs and hehs, alef with or without
/// hamza or madda, hamza and vowel marks dropped, digits of any script as 0–9, quotes, dashes and
/// Persian signs as ASCII; the ezafe of «خانه‌ی» dropped. ZWNJ stays inside words, as a soft boundary.
/// Latin letters keep their accents. Idempotent.
pub fn key(text: &str) -> Folded {
    let mut folded = Folded::default();
    fold_into::<true>(
        text,
        &mut folded.text,
        &mut folded.map,
        &mut Scratch::default(),
    );
    folded
}

/// The text without spelling conventions: where this is equal but [`same`] is not, a pair scores 99.
///
/// On top of [`same`]: digits of any script as 0–9, ٬ and ٫ between digits as `,` and `.`, Arabic
/// vowel marks dropped, and joined, half-spaced and spaced Arabic-script words made one («آن ها»,
/// «آن‌ها», «آنها»). Nothing else: case, punctuation and آ/ا still differ. Idempotent.
pub fn convention(text: &str) -> String {
    let text = same(text);
    let mut out = String::with_capacity(text.len());
    let mut last: Option<char> = None;
    let mut between: Option<char> = None;
    let mut chars = text.chars().filter(|&c| !is_vowel_mark(c)).peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            ' ' => {
                between = Some(' ');
                continue;
            }
            ZWNJ | ZWJ => {
                between = between.or(Some(c));
                continue;
            }
            '٬' | '٫' if last.is_some_and(|l| l.is_ascii_digit()) && between.is_none() => {
                let digit_follows = chars.peek().is_some_and(|&n| ascii_digit(n).is_some());
                match c {
                    '٬' if digit_follows => ',',
                    '٫' if digit_follows => '.',
                    _ => c,
                }
            }
            _ => ascii_digit(c).unwrap_or(c),
        };
        if let (Some(separator), Some(before)) = (between.take(), last) {
            let one_word = is_arabic_letter(before) && is_arabic_letter(c);
            if !one_word && (separator == ' ' || joins(before, separator, class_of(c))) {
                out.push(separator);
            }
        }
        out.push(c);
        last = Some(c);
    }
    // A mark that is gone can have stood between characters that compose.
    if is_nfc(&out) {
        out
    } else {
        out.nfc().collect()
    }
}

/// Buffers that a fold needs and a next one can use again.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    cluster: Vec<char>,
    pieces: Vec<Fate>,
}

/// Folds `text` into `out`, which is emptied first, and writes the map.
pub(super) fn fold_into<const KEY: bool>(
    text: &str,
    out: &mut String,
    map: &mut Map,
    scratch: &mut Scratch,
) {
    out.clear();
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut folder = Folder::<KEY> {
        text: text.get(..end).unwrap_or(text),
        out,
        map: Recorder::new(map),
        scratch,
        base: None,
        joiner: None,
        ezafe: false,
    };
    folder.walk();
    folder.finish();
}

/// The end of the stretch from `from` in which every character stays as it is (in the key: but for
/// ASCII capitals) and every space is a single one after something else.
fn stretch<const KEY: bool>(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let ascii = page::<KEY>(0);
    let arabic = page::<KEY>(6);
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' if at > from && bytes[at - 1] != b' ' => at += 1,
            0..0x80 if ascii[usize::from(byte)].copies() => at += 1,
            // The two-byte characters of the Arabic block, U+0600–06FF.
            0xD8..=0xDB => {
                let low = bytes.get(at + 1).map_or(0, |low| low & 0x3F);
                if !arabic[usize::from((byte & 3) << 6 | low)].copies() {
                    break;
                }
                at += 2;
            }
            0x80.. => match text.get(at..).and_then(|rest| rest.chars().next()) {
                Some(c) if entry::<KEY>(c).copies() => at += c.len_utf8(),
                _ => break,
            },
            _ => break,
        }
    }
    at
}

/// What stands after a joiner, as far as joining goes.
#[derive(Clone, Copy)]
struct Class {
    letter: bool,
    mark: bool,
    symbol: bool,
}

const NOTHING: Class = Class {
    letter: false,
    mark: false,
    symbol: false,
};

fn class_of(c: char) -> Class {
    Class {
        letter: is_letter(c),
        mark: is_mark(c),
        symbol: is_symbol(c),
    }
}

impl From<Entry> for Class {
    fn from(entry: Entry) -> Self {
        Self {
            letter: entry.is_letter(),
            mark: entry.is_mark(),
            symbol: entry.is_symbol(),
        }
    }
}

/// Whether a joiner joins: a letter (or its marks) to a letter; ZWJ also pictures.
fn joins(before: char, joiner: char, after: Class) -> bool {
    if !after.letter && !(joiner == ZWJ && after.symbol) {
        return false;
    }
    // What counts is the last mark of a composed character.
    let mut last = before;
    if !before.is_ascii() {
        unicode_normalization::char::decompose_canonical(before, |piece| last = piece);
    }
    let wordlike = is_letter(last) || is_mark(last);
    wordlike || (joiner == ZWJ && after.symbol && is_symbol(last))
}

/// Where the last cluster began, in case a mark follows.
struct Base {
    start: usize,
    folded: usize,
}

struct Folder<'t, 'o, const KEY: bool> {
    text: &'t str,
    out: &'o mut String,
    map: Recorder<'o>,
    scratch: &'o mut Scratch,
    base: Option<Base>,
    /// A joiner that waits to see whether a letter follows, and its place.
    joiner: Option<(char, usize)>,
    /// The output ends with heh, ZWNJ, yeh: an ezafe if the word ends here.
    ezafe: bool,
}

impl<const KEY: bool> Folder<'_, '_, KEY> {
    fn walk(&mut self) {
        let mut at = 0;
        loop {
            if self.joiner.is_none() && !self.ezafe {
                at = self.copy_stretch(at);
            }
            let Some(c) = self.text.get(at..).and_then(|rest| rest.chars().next()) else {
                return;
            };
            let next = at + c.len_utf8();
            let entry = entry::<KEY>(c);
            match entry.kind() {
                Kind::One => self.one(entry, at, next),
                Kind::Space => self.space(at, next),
                Kind::Joiner => self.wait_for(c, at),
                Kind::Attached if self.joiner.is_none() => self.map.attach(self.out.len(), next),
                Kind::Attached => {}
                Kind::Mark => {
                    self.joiner = None;
                    self.map.attach(self.out.len(), next);
                }
                Kind::Free => {}
                Kind::Compound => {
                    at = self.cluster(entry, at, next);
                    continue;
                }
            }
            at = next;
        }
    }

    fn copy_stretch(&mut self, from: usize) -> usize {
        let to = stretch::<KEY>(self.text, from);
        let Some(copied) = self.text.get(from..to).filter(|copied| !copied.is_empty()) else {
            return from;
        };
        let folded = self.out.len();
        self.map.continue_at(folded, from);
        self.out.push_str(copied);
        if KEY {
            self.out[folded..].make_ascii_lowercase();
        }
        let last = copied.chars().next_back().map_or(0, char::len_utf8);
        self.base = (!copied.ends_with(' ')).then(|| Base {
            start: to - last,
            folded: self.out.len() - last,
        });
        to
    }

    /// A character that becomes one character.
    fn one(&mut self, entry: Entry, start: usize, end: usize) {
        let before_joiner = self.out.len();
        let joined = self.settle(entry.into());
        let to = entry.to();
        if KEY && joined && to == YEH && self.out[..before_joiner].ends_with(HEH) {
            self.ezafe = true;
        }
        let folded = self.out.len();
        if to.len_utf8() == end - start {
            self.map.continue_at(folded, start);
            self.out.push(to);
        } else {
            self.out.push(to);
            self.map.whole(folded, self.out.len(), start..end);
        }
        self.base = Some(Base { start, folded });
    }

    fn space(&mut self, start: usize, end: usize) {
        self.joiner = None;
        self.settle(NOTHING);
        self.base = None;
        let folded = self.out.len();
        if self.out.ends_with(' ') {
            self.map.attach(folded, end);
        } else if folded > 0 {
            self.out.push(' ');
            self.map.whole(folded, folded + 1, start..end);
        }
    }

    /// Remembers a joiner; of a run of them, the first ZWNJ, else the first ZWJ.
    fn wait_for(&mut self, joiner: char, place: usize) {
        if !matches!(self.joiner, Some((waiting, _)) if waiting == ZWNJ || joiner == ZWJ) {
            self.joiner = Some((joiner, place));
        }
    }

    /// Decides what waited for the next character: drops a finished ezafe, writes or drops the
    /// joiner. True if a joiner was written.
    fn settle(&mut self, next: Class) -> bool {
        if std::mem::take(&mut self.ezafe) && !next.letter && !next.mark {
            self.joiner = None;
            self.drop_ezafe();
        }
        let Some((joiner, place)) = self.joiner.take() else {
            return false;
        };
        let joined = self
            .out
            .chars()
            .next_back()
            .is_some_and(|before| joins(before, joiner, next));
        if joined {
            self.map.continue_at(self.out.len(), place);
            self.out.push(joiner);
        }
        joined
    }

    fn drop_ezafe(&mut self) {
        let end = self.map.end(self.out.len());
        let folded = self.out.len() - ZWNJ.len_utf8() - YEH.len_utf8();
        self.out.truncate(folded);
        self.map.roll_back(folded, end);
        self.map.attach(folded, end);
    }

    /// A cluster that needs normalization: from `start`, or from the character before if the one at
    /// `start` may join it, to the next character that begins afresh. Returns its end.
    fn cluster(&mut self, first: Entry, start: usize, next: usize) -> usize {
        let mut from = start;
        if !first.is_boundary()
            && let Some(base) = self.base.take()
        {
            from = base.start;
            self.out.truncate(base.folded);
            self.map.roll_back(base.folded, base.start);
            self.joiner = None;
            self.ezafe = false;
        }
        let more = self.text.get(next..).unwrap_or_default();
        let end = more
            .char_indices()
            .find(|&(_, c)| entry::<KEY>(c).is_boundary())
            .map_or(self.text.len(), |(at, _)| next + at);
        self.base = None;
        self.scratch.cluster.clear();
        let mut folded = self.out.len();
        let mut covered = from;
        let mut pieces = std::mem::take(&mut self.scratch.pieces);
        for (at, c) in self.text.get(from..end).unwrap_or_default().char_indices() {
            let place = from + at;
            pieces.clear();
            decompose::<KEY>(c, |piece| pieces.push(fate::<KEY>(piece)));
            for &piece in &pieces {
                if self.scratch.cluster.is_empty() && self.settle_first(piece) {
                    folded = self.out.len();
                }
                self.add_piece(piece, place);
                if self.joiner.is_none() && piece != Fate::Free {
                    covered = place + c.len_utf8();
                }
            }
        }
        self.scratch.pieces = pieces;
        compose::<KEY>(&mut self.scratch.cluster);
        self.out.extend(self.scratch.cluster.iter());
        if self.out.len() > folded {
            self.map.whole(folded, self.out.len(), from..covered);
        } else {
            self.map.attach(folded, covered);
        }
        end
    }

    /// Settles what waited before a cluster, at its first piece that stays. True if it was one.
    fn settle_first(&mut self, piece: Fate) -> bool {
        match piece {
            Fate::Keep(c) => self.settle(class_of(c)),
            Fate::Space => {
                self.joiner = None;
                self.settle(NOTHING)
            }
            _ => return false,
        };
        true
    }

    fn add_piece(&mut self, piece: Fate, place: usize) {
        let cluster = &mut self.scratch.cluster;
        match piece {
            Fate::Keep(c) => {
                if let (Some((joiner, _)), Some(&before)) = (self.joiner.take(), cluster.last())
                    && joins(before, joiner, class_of(c))
                {
                    cluster.push(joiner);
                }
                cluster.push(c);
            }
            Fate::Space => {
                self.joiner = None;
                let before = cluster
                    .last()
                    .copied()
                    .or_else(|| self.out.chars().next_back());
                if before.is_some_and(|before| before != ' ') {
                    cluster.push(' ');
                }
            }
            Fate::Joiner(joiner) => self.wait_for(joiner, place),
            Fate::Mark => self.joiner = None,
            Fate::Attached | Fate::Free => {}
        }
    }

    fn finish(mut self) {
        self.joiner = None;
        self.settle(NOTHING);
        if self.out.ends_with(' ') {
            let folded = self.out.len() - 1;
            self.out.truncate(folded);
            self.map.roll_back(folded, self.text.len());
        }
        self.map.finish(self.out.len());
    }
}
