//! Which names stand at a word: walks over the words from there, asks the index at each end, and lets the
//! spelling decide: where words end, capitals, dots, endings.

use super::build::{How, Names, Variant};
use super::letters::{Gap, Page, Word};
use super::lexicon::Lexicon;
use super::mention::Via;
use super::sound::{Sound, coarse};
use crate::model::{ConceptKind, Name};

/// A variant found in the text. Bytes count from the beginning of the page.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// First and last word.
    pub(super) words: (usize, usize),
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) core: (usize, usize),
    pub(super) variant: u32,
    pub(super) via: Via,
    pub(super) confidence: u8,
}

/// Persian endings that are written together with a word, and whether a place may have them: ایرانی is an
/// adjective, not Iran.
const JOINED: [(&str, bool); 6] = [
    ("ها", true),
    ("های", true),
    ("ی", false),
    ("ای", false),
    ("را", true),
    ("هارا", true),
];

/// A page with the skeletons of its words.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) page: Page,
    pub(super) skeletons: Vec<u8>,
    pub(super) skeleton_starts: Vec<u32>,
    sound: Sound,
    /// A text without capitals, as users type: then small words are listened to as well.
    is_small: bool,
}

/// How many small words in a row are listened to behind a capital: Islamic Revolution *of the* …
const SMALL_WORDS: usize = 3;

impl Reading {
    pub(super) fn read(&mut self, text: &str) {
        self.page.read(text);
        self.skeletons.clear();
        self.skeleton_starts.clear();
        self.is_small = !self.page.words.iter().any(|word| word.is_capital());
        let mut heard = 0;
        for at in 0..self.page.words.len() {
            self.skeleton_starts.push(self.skeletons.len() as u32);
            let Some(word) = self.page.words.get(at) else {
                break;
            };
            if word.is_ezafe() {
                continue;
            }
            heard = if word.is_capital() || self.is_small {
                SMALL_WORDS + 1
            } else {
                heard.saturating_sub(1)
            };
            let letters = self.page.letters_of(at);
            if heard == 0 || word.is_arabic() || word.is_opaque() || !letters.is_ascii() {
                self.skeletons.push(0xFF);
            } else {
                self.sound.read(letters);
                self.skeletons
                    .extend(self.sound.skeleton.iter().map(|class| coarse(*class)));
            }
        }
        self.skeleton_starts.push(self.skeletons.len() as u32);
        self.skeletons.extend_from_slice(&[0; 16]);
    }

    pub(super) fn skeleton_end(&self, word: usize) -> usize {
        self.skeleton_starts
            .get(word + 1)
            .map_or(0, |end| *end as usize)
    }
}

/// One walk over a text.
pub(super) struct Walk<'a> {
    pub(super) names: &'a Names,
    pub(super) reading: &'a Reading,
    pub(super) text: &'a str,
    /// Whether ordinary terms are looked for.
    pub(super) terms: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn page(&self) -> &'a Page {
        &self.reading.page
    }

    pub(super) fn word(&self, at: usize) -> Option<Word> {
        self.page().words.get(at).copied()
    }

    /// Emits every name that begins with the word `from`.
    pub(super) fn from(&self, from: usize, emit: &mut impl FnMut(Hit)) {
        let Some(word) = self.word(from) else { return };
        if word.is_opaque() || word.is_ezafe() {
            return;
        }
        let letters = self
            .page()
            .letters
            .get(word.letters as usize..)
            .unwrap_or_default();
        let length = self.page().letters_end(from) - word.letters as usize;
        if self.names.exact.may_start(letters, length) {
            self.exact(from, letters, emit);
        }
        if (word.is_capital() || self.reading.is_small) && !word.is_arabic() && !word.is_number() {
            self.sounds(from, emit);
        }
    }

    fn exact(&self, from: usize, letters: &[u8], emit: &mut impl FnMut(Hit)) {
        let index = &self.names.exact;
        let start = self.page().letters.len() - letters.len();
        for to in from..self.page().words.len() {
            let Some(word) = self.word(to) else { return };
            if to > from
                && (word.is_opaque() || self.page().gap_after(self.text, to - 1) == Gap::Break)
            {
                return;
            }
            if word.letters as usize - start > index.longest() {
                return;
            }
            if word.is_ezafe() {
                continue;
            }
            let end = self.page().letters_end(to) - start;
            let own = end - (word.letters as usize - start);
            self.probe(from, to, letters, end, 0, emit);
            if word.is_arabic() {
                for (ending, of_places) in JOINED {
                    if own >= ending.len() + 4
                        && letters
                            .get(..end)
                            .is_some_and(|l| l.ends_with(ending.as_bytes()))
                    {
                        let places = of_places || ends_in_vowel(letters.get(..end - ending.len()));
                        self.probe_ending(from, to, (letters, end), ending.len(), places, emit);
                    }
                }
            } else if own > 3 && letters.get(end - 1) == Some(&b's') && !word.is_possessive() {
                self.probe(from, to, letters, end - 1, 1, emit);
            }
            if !index.may_continue(letters.get(..end.max(12)).unwrap_or(letters)) && end >= 12 {
                return;
            }
        }
    }

    fn probe_ending(
        &self,
        from: usize,
        to: usize,
        (letters, end): (&[u8], usize),
        cut: usize,
        places: bool,
        emit: &mut impl FnMut(Hit),
    ) {
        let adjective = self.ends_in_double_yeh(to);
        let mut fitting = |hit: Hit| {
            let facts = self.variant(hit.variant).map(|variant| variant.facts);
            // A single «ی» makes an adjective of a place, and another word of a short one.
            let fits = facts.is_some_and(|facts| {
                (places && !adjective) || (facts.kind != Some(ConceptKind::Place) && !facts.single)
            });
            if fits {
                emit(hit);
            }
        };
        self.probe(from, to, letters, end - cut, cut, &mut fitting);
    }

    /// «اروپایی» is an adjective; «اروپای» is اروپا with an ezafe.
    fn ends_in_double_yeh(&self, word: usize) -> bool {
        let source = self
            .word(word)
            .and_then(|word| self.text.get(word.start as usize..word.end as usize));
        source.is_some_and(|source| {
            let mut last = source.chars().rev();
            let yeh = |c: Option<char>| matches!(c, Some('ی' | 'ي' | 'ى' | 'ئ'));
            yeh(last.next()) && yeh(last.next())
        })
    }

    fn probe(
        &self,
        from: usize,
        to: usize,
        letters: &[u8],
        end: usize,
        cut: usize,
        emit: &mut impl FnMut(Hit),
    ) {
        let Some(key) = letters.get(..end) else {
            return;
        };
        for number in self.names.exact.get(key) {
            if let Some(variant) = self.variant(number)
                && let Some(hit) = self.spelled(from, to, cut, number, variant)
            {
                emit(hit);
            }
        }
    }

    pub(super) fn variant(&self, number: u32) -> Option<&'a Variant> {
        self.names.variants.get(number as usize)
    }

    pub(super) fn name(&self, variant: &Variant) -> Option<&'a Name> {
        let concept = self.names.concepts.get(variant.concept as usize)?;
        concept.names.get(variant.name as usize)
    }

    /// The hit of a variant whose letters are those of the words `from` to `to`, but for `cut` bytes at the end;
    /// none if the spelling does not let it be the name.
    fn spelled(
        &self,
        from: usize,
        to: usize,
        cut: usize,
        number: u32,
        variant: &Variant,
    ) -> Option<Hit> {
        let facts = variant.facts;
        if facts.kind == Some(ConceptKind::Term) && !self.terms {
            return None;
        }
        if !self.bounds_fit(from, to, variant) || !self.ends_well(from, to) {
            return None;
        }
        let (start, end) = (self.word(from)?.start as usize, self.end_of(to, cut)?);
        let name = self.name(variant)?;
        let written = self.text.get(start..end)?;
        let listed = variant.how == How::Listed;
        let mut hit = Hit {
            words: (from, to),
            start,
            end,
            core: (start, end),
            variant: number,
            via: Via::Fold,
            confidence: 97,
        };
        if facts.acronym || facts.exact {
            // A plural has a small s; IRNAS is another acronym.
            let last = self.text.get(..self.word(to)?.end as usize)?;
            if cut > 0 && !last.ends_with('s') {
                return None;
            }
            let shouted = facts.exact && from < to && !written.chars().any(char::is_lowercase);
            if !shouted && !same_signs(written, &name.text) {
                return None;
            }
            if facts.acronym {
                hit.via = Via::Acronym;
                hit.confidence = 100;
                self.take_last_dot(&mut hit);
                return Some(hit);
            }
        }
        if written == name.text || same_quotes(written, &name.text) {
            hit.via = Via::Dictionary;
            hit.confidence = 100;
        } else if !facts.arabic && !facts.small && facts.single && !self.word(from)?.is_capital() {
            if Lexicon::get().ordinary.has(self.page().letters_of(from)) {
                return None;
            }
            hit.confidence = 75;
        }
        if !listed {
            hit.via = Via::Fold;
            hit.confidence = hit.confidence.min(92);
        }
        Some(hit)
    }

    /// Words may be parted and joined otherwise than in the glossary, within limits.
    fn bounds_fit(&self, from: usize, to: usize, variant: &Variant) -> bool {
        let first = self.word(from).map_or(0, |word| word.letters as usize);
        let mut bounds = variant.bounds.iter().copied().peekable();
        for at in from..to {
            let Some(next) = self.word(at + 1) else {
                return false;
            };
            if next.is_ezafe() {
                continue;
            }
            let offset = next.letters as usize - first;
            let gap = self.page().gap_after(self.text, at);
            while let Some((_, name_gap)) =
                bounds.next_if(|(bound, _)| usize::from(*bound) < offset)
            {
                if !joins(name_gap, variant) {
                    return false;
                }
            }
            let single = self.page().letters_of(at).len() == 1;
            let fits = match bounds.next_if(|(bound, _)| usize::from(*bound) == offset) {
                Some((_, name_gap)) => both(gap, name_gap, single),
                None => self.splits(gap, at, offset, single, variant),
            };
            if !fits {
                return false;
            }
        }
        bounds.all(|(_, name_gap)| joins(name_gap, variant))
    }

    /// A word of the name is parted in the text.
    fn splits(&self, gap: Gap, at: usize, offset: usize, single: bool, variant: &Variant) -> bool {
        let facts = variant.facts;
        let length = usize::from(facts.length);
        if facts.acronym {
            return gap == Gap::Dot && single;
        }
        let after = self.page().letters_of(at + 1).len();
        if facts.arabic {
            return match gap {
                Gap::HalfSpace | Gap::Nothing => true,
                // Short names glue across words.
                Gap::Space => {
                    length >= 14
                        && offset >= 4
                        && after >= 4
                        && facts.kind != Some(ConceptKind::Place)
                }
                _ => false,
            };
        }
        let capital = |at: usize| self.word(at).is_some_and(Word::is_capital);
        let long = length >= 6 && self.page().letters_of(at).len() >= 2 && after >= 2;
        match gap {
            Gap::Hyphen => long,
            Gap::Space => {
                long && length >= 7
                    && facts.kind == Some(ConceptKind::Person)
                    && capital(at)
                    && capital(at + 1)
            }
            _ => false,
        }
    }

    /// No other word is joined to the end of the name, and it is no part of an address.
    pub(super) fn ends_well(&self, from: usize, to: usize) -> bool {
        if let (Some(next), Some(last)) = (self.word(to + 1), self.word(to))
            && next.is_glued()
            && last.is_arabic()
            && !Lexicon::get().suffixes.has(self.page().letters_of(to + 1))
        {
            return false;
        }
        let (Some(first), Some(last)) = (self.word(from), self.word(to)) else {
            return false;
        };
        let bytes = self.text.as_bytes();
        let before = (first.start as usize)
            .checked_sub(1)
            .and_then(|at| bytes.get(at));
        let after = bytes.get(last.full_end as usize..).unwrap_or_default();
        let small = !first.is_capital();
        let is_handle = matches!(before, Some(b'@'));
        let is_in_path = small && matches!(before, Some(b'.' | b'/'));
        let goes_on = matches!(after, [b'.' | b'@', b'a'..=b'z', b'a'..=b'z', ..]);
        !(is_handle || is_in_path || goes_on)
    }

    /// Where the last word ends without `cut` bytes of its letters.
    fn end_of(&self, to: usize, cut: usize) -> Option<usize> {
        let word = self.word(to)?;
        let end = word.end as usize;
        if cut == 0 {
            return Some(end);
        }
        let letters = self.page().letters_of(to);
        let kept = letters.get(..letters.len().checked_sub(cut)?)?;
        let mut page = Page::default();
        let source = self.text.get(word.start as usize..end)?;
        source.char_indices().rev().take(32).find_map(|(at, _)| {
            page.read(source.get(..at)?);
            (page.words.len() == 1 && page.letters_of(0) == kept)
                .then_some(word.start as usize + at)
        })
    }

    /// `M.E.K.` ends with its dot.
    fn take_last_dot(&self, hit: &mut Hit) {
        let written = self.text.get(hit.start..hit.end).unwrap_or_default();
        let dotted = written.contains('.') && hit.words.0 < hit.words.1;
        if dotted && self.text.as_bytes().get(hit.end) == Some(&b'.') {
            hit.end += 1;
            hit.core.1 += 1;
        }
    }
}

/// What stands between two words of the text can stand for what stands there in the name.
pub(super) fn both(gap: Gap, name_gap: Gap, single: bool) -> bool {
    match gap {
        Gap::Nothing | Gap::Space | Gap::Hyphen | Gap::HalfSpace => true,
        Gap::Dot => single || name_gap == Gap::Dot,
        Gap::Dash => matches!(name_gap, Gap::Dash | Gap::Hyphen),
        Gap::Comma | Gap::Sign(_) => gap == name_gap,
        Gap::Break => false,
    }
}

/// Two words of the name are joined in the text.
fn joins(name_gap: Gap, variant: &Variant) -> bool {
    let facts = variant.facts;
    if facts.acronym {
        return name_gap == Gap::Dot;
    }
    let long = usize::from(facts.length) >= 7;
    long && !matches!(name_gap, Gap::Comma | Gap::Sign(_))
}

fn ends_in_vowel(letters: Option<&[u8]>) -> bool {
    letters.is_some_and(|l| l.ends_with("ا".as_bytes()) || l.ends_with("و".as_bytes()))
}

/// Equal letters and digits, capitals included.
fn same_signs(a: &str, b: &str) -> bool {
    fn signs(text: &str) -> impl Iterator<Item = char> + '_ {
        text.chars().filter(|c| c.is_alphanumeric())
    }
    signs(a).eq(signs(b))
}

/// Equal but for the kind of apostrophes.
pub(super) fn same_quotes(a: &str, b: &str) -> bool {
    let straight = |c| {
        if matches!(c, '’' | '‘' | 'ʼ') {
            '\''
        } else {
            c
        }
    };
    a.chars().map(straight).eq(b.chars().map(straight))
}
