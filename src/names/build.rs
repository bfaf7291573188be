//! From concepts to what the finder looks for: every name's letters, the other ways to write the same name,
//! and what is known about it.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::cut::{Cut, other_letters};
use super::hear::SLIPS_FROM;
use super::index::{Index, LETTERS, SOUNDS};
use super::letters::{Gap, Page};
use super::lexicon::Lexicon;
use super::sound::{Sound, coarse, persian};
use crate::model::{Concept, ConceptKind, Marks, Name, NameForm, NameUse};

/// How a variant came from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The name as it stands in the glossary.
    Listed,
    /// Another way to write it: without Seyyed, given names in the other order.
    Derived,
    /// A person's family name, which is in no row: counts after the full name only.
    Bare,
}

/// One way to write a name.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) concept: u32,
    pub(super) name: u32,
    pub(super) how: How,
    /// Where words end within the letters, and what stands there.
    pub(super) bounds: Box<[(u16, Gap)]>,
    pub(super) facts: Facts,
    /// Its words, for a name that may be found by its sound: the letters, and whether the sound counts.
    pub(super) words: Box<[(Box<str>, bool)]>,
}

/// What is known about a variant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    pub(super) kind: Option<ConceptKind>,
    pub(super) arabic: bool,
    pub(super) acronym: bool,
    pub(super) exact: bool,
    /// A person's family name, or a short form of it.
    pub(super) family: bool,
    /// The name has one word.
    pub(super) single: bool,
    /// The full form goes on with "of …": "Islamic Republic".
    pub(super) elided: bool,
    /// A place that is a given name too.
    pub(super) given: bool,
    /// Written without a capital.
    pub(super) small: bool,
    /// Bytes of the letters.
    pub(super) length: u16,
}

/// The names of some concepts, ready to be found. Concepts and variants are counted from a number on, so that
/// several parts can be asked together.
pub(super) struct Part {
    /// In the order of their ids.
    pub(super) concepts: Box<[Arc<Concept>]>,
    pub(super) first_concept: u32,
    variants: Vec<Variant>,
    first_variant: u32,
    /// By letters.
    pub(super) exact: Index,
    /// By skeleton.
    pub(super) sounds: Index,
    /// Given names of persons, by concept.
    given: FxHashMap<u32, Vec<Box<str>>>,
}

impl Part {
    /// Of concepts in the order of their ids, which are counted on behind those of `before`.
    pub(super) fn build(concepts: Box<[Arc<Concept>]>, before: Option<&Self>) -> Self {
        let count: usize = concepts.iter().map(|concept| concept.names.len()).sum();
        let behind = |first: u32, length: usize| first.saturating_add(length as u32);
        let mut part = Self {
            first_concept: before.map_or(0, |it| behind(it.first_concept, it.concepts.len())),
            variants: Vec::with_capacity(count),
            first_variant: before.map_or(0, |it| behind(it.first_variant, it.variants.len())),
            exact: Index::new(count * 2, LETTERS),
            sounds: Index::new(count, SOUNDS),
            given: FxHashMap::default(),
            concepts: Box::default(),
        };
        let mut page = Page::default();
        for (number, concept) in (part.first_concept..).zip(&concepts) {
            part.add_concept(number, concept, &mut page);
        }
        part.concepts = concepts;
        part
    }

    /// The concept of a number, if it is of this part.
    pub(super) fn concept(&self, number: usize) -> Option<&Arc<Concept>> {
        let at = number.checked_sub(self.first_concept as usize)?;
        self.concepts.get(at)
    }

    /// The variant of a number, if it is of this part.
    pub(super) fn variant(&self, number: u32) -> Option<&Variant> {
        let at = number.checked_sub(self.first_variant)?;
        self.variants.get(at as usize)
    }

    /// A person's given names, in letters of both scripts.
    pub(super) fn given(&self, concept: u32) -> Option<&[Box<str>]> {
        self.given.get(&concept).map(Vec::as_slice)
    }

    fn next_variant(&self) -> u32 {
        self.first_variant
            .saturating_add(self.variants.len() as u32)
    }

    fn add_concept(&mut self, number: u32, concept: &Concept, page: &mut Page) {
        let cuts: Vec<(u32, Cut)> = concept
            .names
            .iter()
            .enumerate()
            .filter(|(_, name)| is_searched(name))
            .filter_map(|(at, name)| Some((at as u32, Cut::read(page, &name.text)?)))
            .collect();
        let about = About::of(concept, &cuts);
        if concept.kind() == ConceptKind::Person {
            self.given.insert(number, about.given.clone());
        }
        for (at, cut) in &cuts {
            let Some(name) = concept.names.get(*at as usize) else {
                continue;
            };
            let facts = about.facts(name, cut);
            let mut adder = Adder {
                part: self,
                concept: number,
                name: *at,
                facts,
                romanised: &about.romanised,
                searched_by_sound: !facts.acronym
                    && (!facts.exact || may_slip(cut))
                    && !facts.arabic
                    && concept.kind() != ConceptKind::Term
                    && !name.marks.has(Marks::BLOCKER),
            };
            adder.add(cut, How::Listed);
            for other in other_letters(cut) {
                adder.add(&other, How::Listed);
            }
            if concept.kind() == ConceptKind::Person && !facts.acronym {
                adder.add_people(cut, &about);
            }
        }
    }
}

fn is_searched(name: &Name) -> bool {
    // A first mention "Full form (A/B)" is found by its parts.
    name.usage != NameUse::First || !name.text.contains('(')
}

/// Whether a name is long enough to be known with a slip in one of its words.
fn may_slip(cut: &Cut) -> bool {
    cut.words.len() > 1 && cut.words.iter().map(|word| word.len()).sum::<usize>() >= SLIPS_FROM
}

/// What a concept's names say about each other.
struct About {
    kind: ConceptKind,
    fulls: Vec<String>,
    /// A person's given names, in letters of both scripts.
    given: Vec<Box<str>>,
    /// Bare family names of the full names, in letters.
    families: FxHashSet<String>,
    /// Skeletons of the words of the Persian names.
    romanised: FxHashSet<Vec<u8>>,
    is_given: bool,
    /// A name of it goes on with "of Iran" or the like in a longer one.
    is_elided: bool,
}

impl About {
    fn of(concept: &Concept, cuts: &[(u32, Cut)]) -> Self {
        let lexicon = Lexicon::get();
        let mut about = Self {
            kind: concept.kind(),
            fulls: Vec::new(),
            given: Vec::new(),
            families: FxHashSet::default(),
            romanised: FxHashSet::default(),
            is_given: false,
            is_elided: false,
        };
        let person = about.kind == ConceptKind::Person;
        for (at, cut) in cuts {
            let Some(name) = concept.names.get(*at as usize) else {
                continue;
            };
            about.fulls.push(cut.letters());
            if cut.arabic {
                about.add_romanised(cut);
                about.is_given |= about.kind == ConceptKind::Place
                    && cut.words.len() == 1
                    && lexicon.is_given(cut.letters().as_bytes());
            }
            if person && name.form == NameForm::Full && name.status.is_right() {
                about.add_person(concept, cuts, cut);
            }
        }
        about.is_elided = !person
            && cuts
                .iter()
                .any(|(_, cut)| cut.words.len() > 1 && about.goes_on(cut));
        about
    }

    fn goes_on(&self, cut: &Cut) -> bool {
        let letters = cut.letters();
        self.fulls.iter().any(|full| {
            full.strip_prefix(letters.as_str()).is_some_and(|rest| {
                rest.starts_with("of") || (cut.arabic && rest.starts_with("ایران"))
            })
        })
    }

    fn add_romanised(&mut self, cut: &Cut) {
        for at in 0..cut.words.len() {
            for end in at + 1..=(at + 2).min(cut.words.len()) {
                let skeleton = persian(&cut.words.get(at..end).unwrap_or_default().concat());
                if skeleton.len() >= 2 {
                    self.romanised.insert(skeleton);
                }
            }
        }
    }

    /// The family name of a full name is what a short form of the glossary has at its end; else the last word.
    fn add_person(&mut self, concept: &Concept, cuts: &[(u32, Cut)], full: &Cut) {
        let full = &full.without_generation();
        let letters = full.letters();
        let shorts = cuts.iter().filter(|(at, cut)| {
            concept
                .names
                .get(*at as usize)
                .is_some_and(|name| name.form == NameForm::Short)
                && cut.words.len() < full.words.len()
        });
        let known = shorts
            .map(|(_, cut)| cut.letters())
            .filter(|short| letters.ends_with(short.as_str()))
            .map(|short| short.len())
            .min();
        let mut family = 1;
        while let Some(known) = known
            && family + 1 < full.words.len()
            && full
                .part(full.words.len() - family, full.words.len())
                .letters()
                .len()
                < known
        {
            family += 1;
        }
        // Half-spaced words are one: احمدی‌نژاد.
        while family + 1 < full.words.len()
            && full.arabic
            && full.gaps.get(full.words.len() - family - 1) == Some(&Gap::HalfSpace)
        {
            family += 1;
        }
        let split = full.words.len().saturating_sub(family);
        if split == 0 {
            return;
        }
        let seyyed = |word: &str| Lexicon::get().seyyed.has(word.as_bytes());
        let given = full.words.iter().take(split);
        for word in given.filter(|word| !seyyed(word)) {
            if !self.given.contains(word) {
                self.given.push(word.clone());
            }
        }
        self.families
            .insert(full.part(split, full.words.len()).letters());
    }

    fn facts(&self, name: &Name, cut: &Cut) -> Facts {
        let letters = cut.letters();
        let person = self.kind == ConceptKind::Person;
        let longer = |full: &String| full.len() > letters.len() && full.ends_with(letters.as_str());
        Facts {
            kind: Some(self.kind),
            arabic: cut.arabic,
            acronym: name.form == NameForm::Acronym,
            exact: name.marks.has(Marks::EXACT_CASE),
            family: person
                && (cut.words.len() == 1
                    || self.families.contains(&letters)
                    || self.fulls.iter().any(longer)),
            single: cut.words.len() == 1,
            elided: self.is_elided
                && cut.words.len() > 1
                && !letters.ends_with("iran")
                && !letters.ends_with("ایران"),
            given: self.is_given,
            small: cut.small,
            length: u16::try_from(letters.len()).unwrap_or(u16::MAX),
        }
    }
}

/// Adds the variants of one name.
struct Adder<'a> {
    part: &'a mut Part,
    concept: u32,
    name: u32,
    facts: Facts,
    romanised: &'a FxHashSet<Vec<u8>>,
    searched_by_sound: bool,
}

impl Adder<'_> {
    fn add(&mut self, cut: &Cut, how: How) {
        let number = self.part.next_variant();
        let words = if self.searched_by_sound {
            self.add_sound(cut, number)
        } else {
            Box::default()
        };
        self.push(cut, how, words);
    }

    /// A variant that only its letters find.
    fn add_letters(&mut self, cut: &Cut, how: How) {
        self.push(cut, how, Box::default());
    }

    fn push(&mut self, cut: &Cut, how: How, words: Box<[(Box<str>, bool)]>) {
        let letters = cut.letters();
        let number = self.part.next_variant();
        self.part.exact.add(letters.as_bytes(), number);
        let mut facts = self.facts;
        facts.length = u16::try_from(letters.len()).unwrap_or(u16::MAX);
        facts.single = cut.words.len() == 1;
        facts.family |= how == How::Bare;
        self.part.variants.push(Variant {
            concept: self.concept,
            name: self.name,
            how,
            bounds: cut.bounds(),
            facts,
            words,
        });
    }

    /// Enters the name under its skeleton, if enough of it is romanised; returns its words.
    fn add_sound(&mut self, cut: &Cut, number: u32) -> Box<[(Box<str>, bool)]> {
        let person = self.facts.kind == Some(ConceptKind::Person);
        let (mut key, mut heard, mut words) = (Vec::new(), 0, Vec::new());
        for word in &cut.words {
            let sound = Sound::of(word.as_bytes());
            let counts = person || self.romanised.contains(&sound.cross());
            if counts {
                heard += sound.skeleton.len();
            }
            key.extend_from_slice(&sound.skeleton);
            words.push((word.clone(), counts));
        }
        if heard < 3 && !may_slip(cut) {
            return Box::default();
        }
        for class in &mut key {
            *class = coarse(*class);
        }
        self.part.sounds.add(&key, number);
        words.into()
    }

    /// Without Seyyed, with given names in another order, and the bare family name.
    fn add_people(&mut self, cut: &Cut, about: &About) {
        let lexicon = Lexicon::get();
        let bare = cut
            .words
            .iter()
            .take_while(|word| lexicon.seyyed.has(word.as_bytes()))
            .count();
        let bare = if bare < cut.words.len() { bare } else { 0 };
        let plain = cut.part(bare, cut.words.len());
        if bare > 0 {
            self.add(&plain, How::Derived);
        }
        if cut.arabic && plain.words.len() > 1 {
            // «سیدعلی» for «سید علی».
            let mut joined = plain.part(0, plain.words.len());
            if let Some(first) = joined.words.first_mut() {
                *first = format!("سید{first}").into();
            }
            self.add_letters(&joined, How::Derived);
        }
        let letters = plain.letters();
        let Some(family) = about
            .families
            .iter()
            .filter(|family| letters.ends_with(family.as_str()) && family.len() < letters.len())
            .max_by_key(|family| family.len())
        else {
            return;
        };
        let mut split = plain.words.len();
        while split > 0 && plain.part(split, plain.words.len()).letters().len() < family.len() {
            split -= 1;
        }
        if split == 2 {
            let mut swapped = plain.part(0, plain.words.len());
            swapped.words.swap(0, 1);
            self.add(&swapped, How::Derived);
        }
        if split > 0 && split < plain.words.len() {
            self.add(&plain.part(split, plain.words.len()), How::Bare);
        }
    }
}
