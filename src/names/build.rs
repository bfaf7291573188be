//! From concepts to what the finder looks for: every name's letters, the other ways to write the same name,
//! and what is known about it.

use std::sync::Arc;

use hashbrown::HashTable;
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
    /// Its words, for a name that may be found by its sound: the number, and whether the sound counts.
    pub(super) words: Box<[(u32, bool)]>,
}

/// A word of names that are found by their sound, and of given names.
pub(super) struct Spoken {
    pub(super) letters: Box<str>,
    pub(super) sound: Sound,
}

/// The words of all names that are found by their sound. Names share most of their words, and each is listened to
/// once.
#[derive(Default)]
struct Vocabulary {
    words: Vec<Spoken>,
    numbers: HashTable<u32>,
}

impl Vocabulary {
    /// The number of a word, which is entered if it is new.
    fn number(&mut self, letters: &str) -> u32 {
        let hash = |letters: &str| xxhash_rust::xxh3::xxh3_64(letters.as_bytes());
        let words = &self.words;
        let text = |at: u32| words.get(at as usize).map_or("", |word| &word.letters);
        let entry = self.numbers.entry(
            hash(letters),
            |at| text(*at) == letters,
            |at| hash(text(*at)),
        );
        let next = words.len() as u32;
        let number = *entry.or_insert(next).get();
        if number == next {
            self.words.push(Spoken {
                letters: letters.into(),
                sound: Sound::of(letters.as_bytes()),
            });
        }
        number
    }

    fn get(&self, number: u32) -> Option<&Spoken> {
        self.words.get(number as usize)
    }
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
    vocabulary: Vocabulary,
    /// Given names of persons, by concept.
    given: FxHashMap<u32, Box<[u32]>>,
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
            vocabulary: Vocabulary::default(),
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
    pub(super) fn given(&self, concept: u32) -> impl Iterator<Item = &Spoken> {
        let numbers = self.given.get(&concept).into_iter().flatten();
        numbers.filter_map(|number| self.vocabulary.get(*number))
    }

    /// The words of a variant, and whether the sound of each counts.
    pub(super) fn words<'a>(
        &'a self,
        variant: &'a Variant,
    ) -> impl Iterator<Item = (&'a Spoken, bool)> {
        let words = variant.words.iter();
        words.filter_map(|(number, counts)| Some((self.vocabulary.get(*number)?, *counts)))
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
            let given = about.given.iter();
            let given = given.map(|word| self.vocabulary.number(word)).collect();
            self.given.insert(number, given);
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
    cut.count() > 1 && cut.letters.len() >= SLIPS_FROM
}

/// What a concept's names say about each other.
struct About<'a> {
    kind: ConceptKind,
    fulls: Vec<&'a str>,
    /// A person's given names, in letters of both scripts.
    given: Vec<&'a str>,
    /// Bare family names of the full names, in letters.
    families: Vec<&'a str>,
    /// Skeletons of the words of the Persian names. A person's names are romanised anyway.
    romanised: FxHashSet<Vec<u8>>,
    is_given: bool,
    /// A name of it goes on with "of Iran" or the like in a longer one.
    is_elided: bool,
}

impl<'a> About<'a> {
    fn of(concept: &Concept, cuts: &'a [(u32, Cut)]) -> Self {
        let mut about = Self {
            kind: concept.kind(),
            fulls: cuts.iter().map(|(_, cut)| cut.letters.as_str()).collect(),
            given: Vec::new(),
            families: Vec::new(),
            romanised: FxHashSet::default(),
            is_given: false,
            is_elided: false,
        };
        if about.kind == ConceptKind::Person {
            about.add_persons(concept, cuts);
            return about;
        }
        for (_, cut) in cuts.iter().filter(|(_, cut)| cut.arabic) {
            about.add_romanised(cut);
            about.is_given |= about.kind == ConceptKind::Place
                && cut.count() == 1
                && Lexicon::get().is_given(cut.letters.as_bytes());
        }
        let mut long = cuts.iter().filter(|(_, cut)| cut.count() > 1);
        about.is_elided = long.any(|(_, cut)| about.goes_on(cut));
        about
    }

    fn goes_on(&self, cut: &Cut) -> bool {
        let fulls = self.fulls.iter();
        let mut rests = fulls.filter_map(|full| full.strip_prefix(cut.letters.as_str()));
        rests.any(|rest| rest.starts_with("of") || (cut.arabic && rest.starts_with("ایران")))
    }

    fn add_romanised(&mut self, cut: &Cut) {
        for at in 0..cut.count() {
            for end in at + 1..=(at + 2).min(cut.count()) {
                let skeleton = persian(cut.letters_of(at, end));
                if skeleton.len() >= 2 {
                    self.romanised.insert(skeleton);
                }
            }
        }
    }

    fn add_persons(&mut self, concept: &Concept, cuts: &'a [(u32, Cut)]) {
        let form = |at: u32| concept.names.get(at as usize).map(|name| name.form);
        let shorts: Vec<&Cut> = cuts
            .iter()
            .filter(|(at, _)| form(*at) == Some(NameForm::Short))
            .map(|(_, cut)| cut)
            .collect();
        for (at, cut) in cuts {
            let name = concept.names.get(*at as usize);
            if name.is_some_and(|name| name.form == NameForm::Full && name.status.is_right()) {
                self.add_person(&shorts, cut);
            }
        }
    }

    /// The family name of a full name is what a short form of the glossary has at its end; else the last word.
    fn add_person(&mut self, shorts: &[&Cut], full: &'a Cut) {
        let count = full.count() - full.generation();
        let letters = full.letters_of(0, count);
        let known = shorts
            .iter()
            .filter(|short| short.count() < count && letters.ends_with(&short.letters))
            .map(|short| short.letters.len())
            .min();
        let mut split = count.saturating_sub(1);
        while split > 1 && known.is_some_and(|known| full.letters_of(split, count).len() < known) {
            split -= 1;
        }
        // Half-spaced words are one: احمدی‌نژاد.
        while split > 1 && full.arabic && full.gap_after(split - 1) == Some(Gap::HalfSpace) {
            split -= 1;
        }
        if split == 0 {
            return;
        }
        let seyyed = |word: &str| Lexicon::get().seyyed.has(word.as_bytes());
        let given = (0..split).map(|at| full.letters_of(at, at + 1));
        for word in given.filter(|word| !seyyed(word)) {
            if !self.given.contains(&word) {
                self.given.push(word);
            }
        }
        let family = full.letters_of(split, count);
        if !self.families.contains(&family) {
            self.families.push(family);
        }
    }

    fn facts(&self, name: &Name, cut: &Cut) -> Facts {
        let letters = cut.letters.as_str();
        let person = self.kind == ConceptKind::Person;
        let longer = |full: &&str| full.len() > letters.len() && full.ends_with(letters);
        let single = cut.count() == 1;
        Facts {
            kind: Some(self.kind),
            arabic: cut.arabic,
            acronym: name.form == NameForm::Acronym,
            exact: name.marks.has(Marks::EXACT_CASE),
            family: person
                && (single || self.families.contains(&letters) || self.fulls.iter().any(longer)),
            single,
            elided: self.is_elided
                && !single
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

    fn push(&mut self, cut: &Cut, how: How, words: Box<[(u32, bool)]>) {
        let number = self.part.next_variant();
        self.part.exact.add(cut.letters.as_bytes(), number);
        let mut facts = self.facts;
        facts.length = u16::try_from(cut.letters.len()).unwrap_or(u16::MAX);
        facts.single = cut.count() == 1;
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
    fn add_sound(&mut self, cut: &Cut, number: u32) -> Box<[(u32, bool)]> {
        let person = self.facts.kind == Some(ConceptKind::Person);
        let mut words = Vec::with_capacity(cut.count());
        let (mut key, mut heard) = (Vec::with_capacity(cut.letters.len()), 0);
        let vocabulary = &mut self.part.vocabulary;
        for word in cut.words() {
            let word = vocabulary.number(word);
            let Some(Spoken { sound, .. }) = vocabulary.get(word) else {
                continue;
            };
            let counts = person || self.romanised.contains(&sound.cross());
            if counts {
                heard += sound.skeleton.len();
            }
            key.extend(sound.skeleton.iter().map(|class| coarse(*class)));
            words.push((word, counts));
        }
        if heard < 3 && !may_slip(cut) {
            return Box::default();
        }
        self.part.sounds.add(&key, number);
        words.into()
    }

    /// Without Seyyed, with given names in another order, and the bare family name.
    fn add_people(&mut self, cut: &Cut, about: &About<'_>) {
        let lexicon = Lexicon::get();
        let seyyed = |word: &&str| lexicon.seyyed.has(word.as_bytes());
        let titles = cut.words().take_while(seyyed).count();
        let rest;
        let plain = if (1..cut.count()).contains(&titles) {
            rest = cut.from(titles);
            self.add(&rest, How::Derived);
            &rest
        } else {
            cut
        };
        let count = plain.count();
        if cut.arabic && count > 1 {
            // «سیدعلی» for «سید علی».
            let first = format!("سید{}", plain.letters_of(0, 1));
            let words = std::iter::once(first.as_str()).chain(plain.words().skip(1));
            self.add_letters(&plain.spelled(words), How::Derived);
        }
        let letters = plain.letters.as_str();
        let families = about.families.iter();
        let Some(family) = families
            .filter(|family| letters.ends_with(**family) && family.len() < letters.len())
            .map(|family| family.len())
            .max()
        else {
            return;
        };
        let mut split = count;
        while split > 0 && plain.letters_of(split, count).len() < family {
            split -= 1;
        }
        if split == 2 {
            let order = [1, 0].into_iter().chain(2..count);
            let words = order.map(|at| plain.letters_of(at, at + 1));
            self.add(&plain.spelled(words), How::Derived);
        }
        if (1..count).contains(&split) {
            self.add(&plain.from(split), How::Bare);
        }
    }
}
