//! Which names stand at a word: walks over the words from there, asks the index at each end, and lets the
//! spelling decide: where words end, capitals, dots, endings.

use super::build::{Facts, How, Part, Variant};
use super::find::Names;
use super::letters::{Gap, Page, Word};
use super::lexicon::Lexicon;
use super::mention::Via;
use super::reading::Reading;
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
const JOINED: [(&str, bool); 9] = [
    ("ها", true),
    ("های", true),
    ("ی", false),
    ("ای", false),
    ("را", true),
    ("هارا", true),
    ("مان", true),
    ("تان", true),
    ("شان", true),
];

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

    /// Appends every name that begins with the word `from`.
    pub(super) fn from(&self, from: usize, hits: &mut Vec<Hit>) {
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
        let written = hits.len();
        for part in self.names.parts() {
            let reach = part.exact.reach(letters, length);
            if reach > 0 {
                self.exact(part, from, (letters, reach), hits);
            }
        }
        if (word.is_capital() || self.reading.is_small) && !word.is_arabic() && !word.is_number() {
            for part in self.names.parts() {
                self.sounds(part, from, written, hits);
            }
        }
    }

    fn exact(
        &self,
        part: &Part,
        from: usize,
        (letters, reach): (&[u8], usize),
        hits: &mut Vec<Hit>,
    ) {
        let start = self.page().letters.len() - letters.len();
        for to in from..self.page().words.len() {
            let Some(word) = self.word(to) else { return };
            if word.letters as usize - start > reach {
                return;
            }
            if to > from
                && (word.is_opaque() || self.page().gap_after(self.text, to - 1) == Gap::Break)
            {
                return;
            }
            if word.is_ezafe() {
                continue;
            }
            let end = self.page().letters_end(to) - start;
            let own = end - (word.letters as usize - start);
            let Some(read) = letters.get(..end) else {
                return;
            };
            let mut probe = Probe {
                walk: self,
                part,
                words: (from, to),
                hits: &mut *hits,
            };
            if end <= reach {
                probe.at(read, 0);
            }
            if word.is_arabic() {
                for (ending, of_places) in JOINED {
                    if own >= ending.len() + 4
                        && end - ending.len() <= reach
                        && read.ends_with(ending.as_bytes())
                    {
                        probe.before_ending(read, ending.len(), of_places);
                    }
                }
            } else if let [.., b's'] = read
                && own > 3
                && end - 1 <= reach
                && !word.is_possessive()
            {
                probe.at(read, 1);
            }
        }
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

    /// A variant; none of a concept that is no more.
    pub(super) fn variant(&self, number: u32) -> Option<&'a Variant> {
        self.names.variant(number)
    }

    pub(super) fn name(&self, variant: &Variant) -> Option<&'a Name> {
        let concept = self.names.concept(variant.concept as usize)?;
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
        if !self.bounds_fit(from, to, variant)
            || !self.ends_well(from, to)
            || !self.owns_fit(from, to, variant)
        {
            return None;
        }
        let name = self.name(variant)?;
        let (start, mut end) = (self.word(from)?.start as usize, self.end_of(to, cut)?);
        // "Lincoln P. Bloomfield Jr." ends with its dot.
        if name.text.ends_with('.') && self.text.as_bytes().get(end) == Some(&b'.') {
            end += 1;
        }
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

    /// "IRGC's Quds Force" is not the name "IRGC Quds Force": where the rest is a name of its own, its owner stays
    /// outside.
    pub(super) fn owns_fit(&self, from: usize, to: usize, variant: &Variant) -> bool {
        let owns = |at: &usize| self.word(*at).is_some_and(Word::is_possessive);
        let is_name = |at: usize| {
            let start = self.word(at + 1)?.letters as usize;
            let rest = self
                .page()
                .letters
                .get(start..self.page().letters_end(to))?;
            let own = |number| Some(self.variant(number)?.concept == variant.concept);
            let mut numbers = self.names.exact(rest);
            numbers
                .any(|number| own(number) == Some(true))
                .then_some(())
        };
        let has_owner = || self.name(variant)?.text.contains(['\'', '’']).then_some(());
        !(from..to)
            .filter(owns)
            .any(|at| has_owner().is_none() && is_name(at).is_some())
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

/// Asks for names that end with a word.
struct Probe<'w, 'a> {
    walk: &'w Walk<'a>,
    part: &'w Part,
    words: (usize, usize),
    hits: &'w mut Vec<Hit>,
}

impl Probe<'_, '_> {
    /// Names of the letters without the last `cut` bytes.
    fn at(&mut self, letters: &[u8], cut: usize) {
        self.those(letters, cut, |_| true);
    }

    /// Names before an ending.
    fn before_ending(&mut self, letters: &[u8], cut: usize, of_places: bool) {
        let adjective = self.walk.ends_in_double_yeh(self.words.1);
        let places = of_places || ends_in_vowel(letters.get(..letters.len() - cut));
        // A single «ی» makes an adjective of a place, and another word of a short one.
        self.those(letters, cut, |facts| {
            (places && !adjective) || (facts.kind != Some(ConceptKind::Place) && !facts.single)
        });
    }

    fn those(&mut self, letters: &[u8], cut: usize, fits: impl Fn(&Facts) -> bool) {
        let Some(key) = letters.get(..letters.len() - cut) else {
            return;
        };
        let (from, to) = self.words;
        for number in self.part.exact.get(key) {
            if let Some(variant) = self.walk.variant(number)
                && fits(&variant.facts)
                && let Some(hit) = self.walk.spelled(from, to, cut, number, variant)
            {
                self.hits.extend(self.walk.in_context(hit, variant));
            }
        }
    }
}

/// What stands between two words of the text can stand for what stands there in the name.
pub(super) fn both(gap: Gap, name_gap: Gap, single: bool) -> bool {
    match gap {
        Gap::Nothing | Gap::Space | Gap::Hyphen | Gap::HalfSpace => true,
        Gap::Dot => single || name_gap == Gap::Dot,
        Gap::Dash => matches!(name_gap, Gap::Dash | Gap::Hyphen),
        Gap::Sign('/') => matches!(name_gap, Gap::Dash | Gap::Hyphen | Gap::Sign('/')),
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
