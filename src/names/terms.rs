//! What a translator wants to know about a segment: the terms and names in it, also lightly inflected.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::find::{Finder, Scope};
use super::letters::{Gap, Page};
use super::mention::Mention;
use crate::model::{Concept, ConceptKind, Lang};

/// A term or name in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermMatch {
    /// Where it stands, in bytes of the segment.
    pub range: Range<usize>,
    /// The number of the concept in the finder.
    pub concept: usize,
    /// The number of the name that was matched among the concept's.
    pub name: usize,
    /// The word forms of the segment are those of the glossary.
    pub is_exact: bool,
    /// The mention, if it is a name and not an ordinary term.
    pub mention: Option<Mention>,
}

struct Entry {
    stems: Box<[Box<str>]>,
    letters: Box<[u8]>,
    concept: u32,
    name: u32,
}

/// Ordinary terms by their first stem.
#[derive(Default)]
struct ByFirst(FxHashMap<Box<str>, Vec<Entry>>);

impl ByFirst {
    fn of<'a>(concepts: impl Iterator<Item = (usize, &'a Arc<Concept>)>) -> Self {
        let mut by_first = Self::default();
        let mut page = Page::default();
        for (number, concept) in concepts {
            if concept.kind() == ConceptKind::Term {
                by_first.add(&mut page, number as u32, concept);
            }
        }
        by_first
    }

    fn add(&mut self, page: &mut Page, number: u32, concept: &Concept) {
        for (at, name) in concept.names.iter().enumerate() {
            page.read(&name.text);
            let words = words_of(page);
            let stems: Box<[Box<str>]> = words.iter().map(|word| stem(page, *word)).collect();
            if stems.len() > MOST_WORDS {
                continue;
            }
            if let Some(first) = stems.first() {
                let entry = Entry {
                    letters: letters(page, &words),
                    stems: stems.clone(),
                    concept: number,
                    name: at as u32,
                };
                self.0.entry(first.clone()).or_default().push(entry);
            }
        }
    }

    fn get(&self, stem: &str) -> &[Entry] {
        self.0.get(stem).map_or(&[], Vec::as_slice)
    }
}

/// The ordinary terms of a glossary by their stems, and its names by a [`Finder`].
pub struct Terms {
    finder: Arc<Finder>,
    base: Arc<ByFirst>,
    /// Of the concepts that changed since.
    patch: ByFirst,
}

/// The most words of a term.
const MOST_WORDS: usize = 24;

impl Terms {
    /// Indexes the ordinary terms of the finder's concepts.
    pub fn new(finder: Arc<Finder>) -> Self {
        Self {
            base: Arc::new(ByFirst::of(finder.unchanged())),
            patch: ByFirst::of(finder.changed()),
            finder,
        }
    }

    /// The terms of [`Finder::with`] of this one's finder, in time linear in the changes.
    pub fn with(&self, finder: Arc<Finder>) -> Self {
        Self {
            base: Arc::clone(&self.base),
            patch: ByFirst::of(finder.changed()),
            finder,
        }
    }

    /// The finder whose concepts matches count.
    pub fn finder(&self) -> &Finder {
        &self.finder
    }

    /// Terms that begin with a stem, the longest first.
    fn starting(&self, stem: &str) -> Vec<&Entry> {
        let both = self.base.get(stem).iter().chain(self.patch.get(stem));
        let mut entries: Vec<&Entry> = both
            .filter(|entry| self.finder.has(entry.concept as usize))
            .collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.stems.len()));
        entries
    }

    /// The terms and names of a segment, in their order; a longer one before those within it. Of terms that begin at
    /// the same word, the longest; several concepts with the same name are several matches.
    pub fn find(&self, segment: &str, lang: &Lang) -> Vec<TermMatch> {
        let mut found: Vec<TermMatch> = self
            .finder
            .find(
                segment,
                Scope {
                    lang: Some(lang),
                    kinds: None,
                },
            )
            .into_iter()
            .map(|mention| TermMatch {
                range: mention.range.clone(),
                concept: mention.concept,
                name: mention.name,
                is_exact: true,
                mention: Some(mention),
            })
            .collect();
        let mut page = Page::default();
        page.read(segment);
        let words = words_of(&page);
        let stems: Vec<Box<str>> = words.iter().map(|word| stem(&page, *word)).collect();
        for at in 0..words.len() {
            self.terms_at(segment, lang, &page, (&words, &stems), at, &mut found);
        }
        let id = |found: &TermMatch| self.finder.concept_at(found.concept).map(|it| &it.id);
        found.sort_by(|a, b| {
            let places = (a.range.start, b.range.end).cmp(&(b.range.start, a.range.end));
            places.then_with(|| id(a).cmp(&id(b)))
        });
        found
    }

    fn terms_at(
        &self,
        segment: &str,
        lang: &Lang,
        page: &Page,
        (words, stems): (&[usize], &[Box<str>]),
        at: usize,
        found: &mut Vec<TermMatch>,
    ) {
        let mut longest = 0;
        let Some(stem) = stems.get(at) else { return };
        for entry in self.starting(stem) {
            let end = at + entry.stems.len();
            if entry.stems.len() < longest || stems.get(at..end) != Some(&*entry.stems) {
                continue;
            }
            let concept = self.finder.concept_at(entry.concept as usize);
            let Some(name) = concept.and_then(|it| it.names.get(entry.name as usize)) else {
                continue;
            };
            let own = words.get(at..end).unwrap_or_default();
            let soft = |pair: &[usize]| {
                let gap = |word| page.gap_after(segment, word);
                (pair[0]..pair[1])
                    .all(|word| matches!(gap(word), Gap::Space | Gap::Hyphen | Gap::HalfSpace))
            };
            if !name.lang.meets(lang) || !own.windows(2).all(soft) {
                continue;
            }
            let (Some(first), Some(last)) = (
                own.first().and_then(|word| page.words.get(*word)),
                own.last().and_then(|word| page.words.get(*word)),
            ) else {
                continue;
            };
            longest = entry.stems.len();
            let concept = entry.concept as usize;
            let range = first.start as usize..last.end as usize;
            if found
                .iter()
                .any(|other| other.concept == concept && other.range == range)
            {
                continue;
            }
            found.push(TermMatch {
                range,
                concept,
                name: entry.name as usize,
                is_exact: letters(page, own) == entry.letters,
                mention: None,
            });
        }
    }
}

/// Numbers of the words that count: no ezafe, no Persian ending behind a half-space.
fn words_of(page: &Page) -> Vec<usize> {
    let endings = &super::lexicon::Lexicon::get().suffixes;
    (0..page.words.len())
        .filter(|at| {
            page.words.get(*at).is_some_and(|word| {
                let ending = word.is_glued() && *at > 0 && endings.has(page.letters_of(*at));
                !word.is_ezafe() && !word.is_opaque() && !ending
            })
        })
        .collect()
}

fn letters(page: &Page, words: &[usize]) -> Box<[u8]> {
    words
        .iter()
        .flat_map(|word| page.letters_of(*word).iter().copied())
        .collect()
}

/// A word without its light endings: English plural, -ed and -ing; Persian plural, ezafe and enclitics.
fn stem(page: &Page, word: usize) -> Box<str> {
    let letters = page.letters_text(word);
    let arabic = page.words.get(word).is_some_and(|word| word.is_arabic());
    if arabic {
        let glued = page.words.get(word).is_some_and(|word| word.is_glued());
        persian_stem(letters, if glued { 2 } else { 3 }).to_owned()
    } else {
        english_stem(letters)
    }
    .into()
}

/// Without an ending, if at least so many letters are left.
fn persian_stem(word: &str, least: usize) -> &str {
    const ENDINGS: [&str; 9] = ["هایشان", "هایی", "هایش", "های", "ها", "یی", "ای", "را", "ی"];
    let kept = |rest: &&str| rest.chars().count() >= least;
    ENDINGS
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(kept))
        .unwrap_or(word)
}

fn english_stem(word: &str) -> String {
    let long = |rest: &str, least: usize| rest.len() >= least;
    let undoubled = |rest: &str| {
        let mut chars = rest.chars().rev();
        let doubled = chars.next() == chars.next() && !rest.ends_with(['l', 's', 'e', 'o']);
        let bare = if doubled {
            rest.get(..rest.len() - 1).unwrap_or(rest)
        } else {
            rest
        };
        bare.strip_suffix('e').unwrap_or(bare).to_owned()
    };
    if !word.is_ascii() {
        return word.to_owned();
    }
    for (ending, with) in [("ies", "y"), ("ied", "y")] {
        if let Some(rest) = word.strip_suffix(ending).filter(|rest| long(rest, 2)) {
            return format!("{rest}{with}");
        }
    }
    for ending in ["sses", "shes", "ches", "xes", "zes"] {
        if word.ends_with(ending) {
            return word.strip_suffix("es").unwrap_or(word).to_owned();
        }
    }
    for ending in ["ing", "ed"] {
        let vowel = |rest: &&str| rest.contains(['a', 'e', 'i', 'o', 'u', 'y']) && long(rest, 3);
        if let Some(rest) = word.strip_suffix(ending).filter(vowel) {
            return undoubled(rest);
        }
    }
    let plural = word
        .strip_suffix('s')
        .filter(|rest| long(rest, 3) && !rest.ends_with(['s', 'u', 'i']));
    undoubled_e(plural.unwrap_or(word))
}

/// The silent e, which -ed and -ing swallow.
fn undoubled_e(word: &str) -> String {
    word.strip_suffix('e')
        .filter(|rest| rest.len() >= 3)
        .unwrap_or(word)
        .to_owned()
}
