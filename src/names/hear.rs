//! Which names are heard at a word: romanised otherwise than the glossary has them, by skeleton and vowels.

use super::build::{Part, Variant};
use super::letters::{Gap, Word};
use super::lexicon::Lexicon;
use super::mention::Via;
use super::sound::{Sound, stands_for};
use super::walk::{Hit, Walk, both};
use crate::model::ConceptKind;

/// The shortest name, in letters, that is known with a slip in one of its words.
pub(super) const SLIPS_FROM: usize = 11;

impl Walk<'_> {
    /// Emits every name of a part that sounds like the words from `from` on.
    pub(super) fn sounds(&self, part: &Part, from: usize, emit: &mut impl FnMut(Hit)) {
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
            for number in index.get(key) {
                if let Some(variant) = self.variant(number)
                    && let Some(hit) = self.heard(from, to, number, variant)
                {
                    emit(hit);
                }
            }
        }
    }

    /// The hit of a variant whose skeleton is that of the words `from` to `to`; none if it does not sound like
    /// it, or is written like it (which is for [`Walk::spelled`] to judge).
    fn heard(&self, from: usize, to: usize, number: u32, variant: &Variant) -> Option<Hit> {
        let page = self.page();
        let start = self.word(from)?.letters as usize;
        let written = page.letters.get(start..page.letters_end(to))?;
        if variant
            .words
            .iter()
            .flat_map(|(word, _)| word.bytes())
            .eq(written.iter().copied())
        {
            return None;
        }
        let words: Vec<usize> = (from..=to)
            .filter(|at| self.word(*at).is_some_and(|word| !word.is_ezafe()))
            .collect();
        let likeness = if words.len() == variant.words.len() {
            self.pairs_sound(&words, variant)?
        } else {
            self.joined_sounds(&words, variant)?
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

    fn pairs_sound(&self, words: &[usize], variant: &Variant) -> Option<f64> {
        let single = words.len() == 1;
        let is_small = |at: &usize| self.word(*at).is_some_and(|word| !word.is_capital());
        let all_small = words.iter().all(is_small);
        let heard = variant.words.iter().filter(|(_, counts)| *counts).count();
        if all_small && heard < 2 {
            return None;
        }
        let mut slips = usize::from(!may_slip(variant));
        let mut likeness = 0.0;
        for (place, (at, (name_word, counts))) in words.iter().zip(&variant.words).enumerate() {
            let letters = self.page().letters_of(*at);
            let named = name_word.as_bytes();
            if letters == named {
                likeness += 1.0;
                continue;
            }
            if is_small(at) && named.len() > 3 && (*counts && !all_small || variant.facts.exact) {
                return None;
            }
            let alike = match counts {
                true if single => sounds_alone(letters, named),
                true => sounds(letters, named, place + 1 < words.len()),
                false => same_english(letters, named).then_some(1.0),
            };
            likeness += alike.or_else(|| {
                slips += 1;
                slip(letters, named).filter(|_| slips == 1)
            })?;
        }
        Some(likeness / words.len() as f64)
    }

    /// The words are parted otherwise: Pour Mohammadi, Hosseinali. Then all must sound.
    fn joined_sounds(&self, words: &[usize], variant: &Variant) -> Option<f64> {
        let capitals = words
            .iter()
            .all(|at| self.word(*at).is_some_and(Word::is_capital));
        let person = variant.facts.kind == Some(ConceptKind::Person);
        if !person || !capitals || !variant.words.iter().all(|(_, counts)| *counts) {
            return None;
        }
        let joined: Vec<u8> = words
            .iter()
            .flat_map(|at| self.page().letters_of(*at).iter().copied())
            .collect();
        let name: Vec<u8> = variant
            .words
            .iter()
            .flat_map(|(word, _)| word.bytes())
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
fn sounds(written: &[u8], named: &[u8], may_go_on: bool) -> Option<f64> {
    let (sound, name_sound) = (Sound::of(written), Sound::of(named));
    let agrees = sound.agrees(&name_sound) || (may_go_on && sound.agrees_with_ezafe(&name_sound));
    (same_consonants(&sound, &name_sound, false) && agrees).then(|| sound.likeness(&name_sound))
}

/// The same for a name of one word, which resembles many: what is left to chance must be less the shorter it is.
fn sounds_alone(written: &[u8], named: &[u8]) -> Option<f64> {
    let (sound, name_sound) = (Sound::of(written), Sound::of(named));
    let allowed = match sound.skeleton.len() {
        0..=2 => return None,
        3 => 0,
        4 | 5 => 1,
        _ => 2,
    };
    let fits = !Lexicon::get().ordinary.has(written)
        && same_consonants(&sound, &name_sound, true)
        && sound.agrees(&name_sound)
        && sound.weak_differences(&name_sound)? <= allowed;
    fits.then(|| sound.likeness(&name_sound))
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
