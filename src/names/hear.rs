//! Which names are heard at a word: romanised otherwise than the glossary has them, by skeleton and vowels.

use super::build::{How, Part, Spoken, Variant};
use super::letters::{Gap, Word};
use super::lexicon::Lexicon;
use super::mention::Via;
use super::sound::{Sound, stands_for};
use super::walk::{Hit, Walk, both};
use crate::model::ConceptKind;

/// The shortest name, in letters, that is known with a slip in one of its words.
pub(super) const SLIPS_FROM: usize = 11;

impl Walk<'_> {
    /// Appends every name of a part that sounds like the words from `from` on. The hits from `written` on are
    /// those that are written there.
    pub(super) fn sounds(&self, part: &Part, from: usize, written: usize, hits: &mut Vec<Hit>) {
        let reading = self.reading;
        let index = &part.sounds;
        let Some(start) = reading
            .skeleton_starts
            .get(from)
            .map(|start| *start as usize)
        else {
            return;
        };
        let letters = reading.skeletons.get(start..).unwrap_or_default();
        let length = reading.skeleton_end(from) - start;
        let reach = if length == 0 {
            0
        } else {
            index.reach(letters, length)
        };
        if reach == 0 {
            return;
        }
        for to in from..self.page().words.len() {
            let Some(word) = self.word(to) else { return };
            let end = reading.skeleton_end(to) - start;
            let first = reading.skeleton_starts.get(to).map_or(0, |at| *at as usize) - start;
            let broken = || self.page().gap_after(self.text, to - 1) == Gap::Break;
            if first > reach || to > from && (word.is_opaque() || broken()) {
                return;
            }
            if word.is_ezafe() {
                continue;
            }
            if end > reach {
                return;
            }
            let key = letters.get(..end).unwrap_or_default();
            let mut numbers = index.get(key).peekable();
            if numbers.peek().is_none() {
                continue;
            }
            let is_said = |at: &usize| self.word(*at).is_some_and(|word| !word.is_ezafe());
            let words: Vec<usize> = (from..=to).filter(is_said).collect();
            for number in numbers {
                if let Some(variant) = self.variant(number)
                    && !self.is_written(variant, (from, to), hits.get(written..))
                    && let Some(hit) = self.heard(part, &words, number, variant)
                {
                    hits.extend(self.in_context(hit, variant));
                }
            }
        }
    }

    /// The same words are written as another name of the concept, which is the better hit.
    fn is_written(&self, heard: &Variant, words: (usize, usize), hits: Option<&[Hit]>) -> bool {
        hits.unwrap_or_default().iter().any(|hit| {
            hit.words == words
                && hit.via != Via::Transliteration
                && self.variant(hit.variant).is_some_and(|variant| {
                    variant.concept == heard.concept
                        && variant.how != How::Bare
                        && variant.facts.family == heard.facts.family
                })
        })
    }

    /// The hit of a variant whose skeleton is that of some words; none if it does not sound like them, or is
    /// written like them (which is for [`Walk::spelled`] to judge).
    fn heard(&self, part: &Part, words: &[usize], number: u32, variant: &Variant) -> Option<Hit> {
        let (from, to) = (*words.first()?, *words.last()?);
        let start = self.word(from)?.letters as usize;
        let written = self
            .page()
            .letters
            .get(start..self.page().letters_end(to))?;
        let letters = part
            .words(variant)
            .flat_map(|(word, _)| word.letters.bytes());
        let is_written = written.len() == usize::from(variant.facts.length)
            && letters.eq(written.iter().copied());
        if is_written {
            return None;
        }
        let likeness = if words.len() == variant.words.len() {
            self.pairs_sound(words, variant, part.words(variant))?
        } else {
            self.joined_sounds(words, part, variant)?
        };
        if !self.ends_well(from, to)
            || !self.gaps_are_soft(from, to, variant)
            || !self.owns_fit(from, to, variant)
        {
            return None;
        }
        let (start, end) = (self.word(from)?.start as usize, self.word(to)?.end as usize);
        Some(Hit {
            words: (from, to),
            start,
            end,
            core: (start, end),
            variant: number,
            via: Via::Transliteration,
            confidence: (60.0 + 32.0 * likeness) as u8,
        })
    }

    fn pairs_sound<'n>(
        &self,
        words: &[usize],
        variant: &Variant,
        named: impl Iterator<Item = (&'n Spoken, bool)>,
    ) -> Option<f64> {
        let single = words.len() == 1;
        let is_small = |at: &usize| self.word(*at).is_some_and(|word| !word.is_capital());
        let all_small = words.iter().all(is_small);
        let (mut likeness, mut counted) = (0.0, 0usize);
        let mut slips = usize::from(!may_slip(variant));
        for (place, (at, (named, counts))) in words.iter().zip(named).enumerate() {
            let letters = self.page().letters_of(*at);
            let name_word = named.letters.as_bytes();
            counted += usize::from(counts);
            if letters == name_word {
                likeness += 1.0;
                continue;
            }
            let needs_capital = counts && !all_small || variant.facts.exact;
            if needs_capital && is_small(at) && name_word.len() > 3 {
                return None;
            }
            let alike = match counts {
                true if single => sounds_alone(letters, &named.sound),
                true => sounds(letters, &named.sound, place + 1 < words.len()),
                false => same_english(letters, name_word).then_some(1.0),
            };
            likeness += alike.or_else(|| {
                slips += 1;
                slip(letters, name_word).filter(|_| slips == 1)
            })?;
        }
        if all_small && counted < 2 {
            return None;
        }
        Some(likeness / words.len() as f64)
    }

    /// The words are parted otherwise: Pour Mohammadi, Hosseinali. Then all must sound.
    fn joined_sounds(&self, words: &[usize], part: &Part, variant: &Variant) -> Option<f64> {
        let capitals = words
            .iter()
            .all(|at| self.word(*at).is_some_and(Word::is_capital));
        let person = variant.facts.kind == Some(ConceptKind::Person);
        if !person || !capitals || !part.words(variant).all(|(_, counts)| counts) {
            return None;
        }
        let joined: Vec<u8> = words
            .iter()
            .flat_map(|at| self.page().letters_of(*at).iter().copied())
            .collect();
        let name: Vec<u8> = part
            .words(variant)
            .flat_map(|(word, _)| word.letters.bytes())
            .collect();
        let (sound, name_sound) = (Sound::of(&joined), Sound::of(&name));
        let agrees = sound.skeleton.len() >= 4
            && same_consonants(&sound, &name_sound, false)
            && sound.agrees_closely(&name_sound);
        agrees.then(|| sound.likeness(&name_sound))
    }

    fn gaps_are_soft(&self, from: usize, to: usize, variant: &Variant) -> bool {
        let mut bounds = variant.bounds.iter();
        (from..to).all(|at| {
            if self.word(at + 1).is_some_and(Word::is_ezafe) {
                return true;
            }
            let name_gap = bounds.next().map_or(Gap::Space, |(_, gap)| *gap);
            let single = self.page().letters_of(at).len() == 1;
            both(self.page().gap_after(self.text, at), name_gap, single)
        })
    }
}

fn same_consonants(written: &Sound, named: &Sound, single: bool) -> bool {
    written.skeleton.len() == named.skeleton.len()
        && written
            .skeleton
            .iter()
            .zip(&named.skeleton)
            .all(|(written, named)| stands_for(*written, *named, single))
}

/// How alike two words sound, of which the written one may have an ezafe.
fn sounds(written: &[u8], named: &Sound, may_go_on: bool) -> Option<f64> {
    let sound = Sound::of(written);
    let agrees = || sound.agrees(named) || (may_go_on && sound.agrees_with_ezafe(named));
    (same_consonants(&sound, named, false) && agrees()).then(|| sound.likeness(named))
}

/// The same for a name of one word, which resembles many: what is left to chance must be less the shorter it is.
fn sounds_alone(written: &[u8], named: &Sound) -> Option<f64> {
    let sound = Sound::of(written);
    let allowed = match sound.skeleton.len() {
        0..=2 => return None,
        3 => 0,
        4 | 5 => 1,
        _ => 2,
    };
    let fits = !Lexicon::get().ordinary.has(written)
        && same_consonants(&sound, named, true)
        && sound.agrees(named)
        && sound.weak_differences(named)? <= allowed;
    fits.then(|| sound.likeness(named))
}

/// Whether one slip in a word leaves no doubt what is meant. Persons' names differ in one letter from others'.
fn may_slip(variant: &Variant) -> bool {
    variant.words.len() > 1
        && usize::from(variant.facts.length) >= SLIPS_FROM
        && variant.facts.kind != Some(ConceptKind::Person)
}

/// How alike a word and the same with one slip are: a letter more, less, other, or two that changed places.
fn slip(written: &[u8], named: &[u8]) -> Option<f64> {
    const SHORTEST: usize = 5;
    let slips = || rapidfuzz::distance::osa::distance(written.iter(), named.iter());
    (named.len() >= SHORTEST && slips() == 1).then_some(0.8)
}

/// One English word in British and American spelling.
fn same_english(a: &[u8], b: &[u8]) -> bool {
    let plain = |word: &[u8]| {
        let word = String::from_utf8_lossy(word);
        let word = word
            .replace("isation", "ization")
            .replace("defence", "defense")
            .replace("centre", "center")
            .replace("labour", "labor")
            .replace("programme", "program");
        word.strip_suffix('s').map(str::to_owned).unwrap_or(word)
    };
    a.len() > 3 && plain(a) == plain(b)
}
