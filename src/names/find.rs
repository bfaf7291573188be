//! Mentions in running text.
//!
//! The text is read in stretches that end at an empty line, a line or a space, so that memory beyond the
//! mentions is bounded: about 30 bytes for each byte of a stretch, and no stretch is longer than [`STRETCH`].

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::build::{How, Part, Spoken, Variant};
use super::mention::{Mention, Via};
use super::reading::Reading;
use super::walk::{Hit, Walk};
use crate::model::{Concept, ConceptId, ConceptKind, Lang, Marks, Name, NameForm};

/// The longest stretch of text that is read at a time, in bytes. A mention across the end of a stretch is
/// found if the text has an empty line in every stretch's length, which is where stretches then end.
const STRETCH: usize = 128 << 10;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'a> {
    /// The language of the text. Of names that several languages write alike, its own are taken.
    pub lang: Option<&'a Lang>,
    /// Only concepts of these kinds; all but ordinary terms where it is `None`.
    pub kinds: Option<&'a [ConceptKind]>,
}

/// Finds the names of a glossary in running text. Immutable; an edited glossary gets a new one, which shares with
/// the one before what has not changed.
pub struct Finder {
    names: Names,
}

/// What a glossary's concepts have become: another content, or nothing any more.
pub type Changes = BTreeMap<ConceptId, Option<Arc<Concept>>>;

/// Everything a finder looks for: the names of a glossary, and on top of it those of the concepts that are new or
/// other since.
pub(super) struct Names {
    base: Arc<Part>,
    patch: Arc<Part>,
    /// Numbers of the base's concepts that are no more, or other.
    gone: FxHashSet<u32>,
}

impl Names {
    fn new(base: Arc<Part>, changes: &Changes) -> Self {
        let known = |id: &ConceptId| base.concepts.binary_search_by(|it| it.id.cmp(id)).ok();
        let gone = changes.keys().filter_map(known).map(|at| at as u32);
        let gone = gone.collect();
        let patch = changes.values().flatten().cloned().collect();
        Self {
            patch: Arc::new(Part::build(patch, Some(&base))),
            base,
            gone,
        }
    }

    /// What is asked one after the other.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        let patch = Some(&*self.patch).filter(|patch| !patch.concepts.is_empty());
        std::iter::once(&*self.base).chain(patch)
    }

    /// The variants of exactly these letters, also of what is gone.
    pub(super) fn exact(&self, letters: &[u8]) -> impl Iterator<Item = u32> {
        self.parts().flat_map(move |part| part.exact.get(letters))
    }

    fn part_of(&self, concept: u32) -> &Part {
        if concept < self.patch.first_concept {
            &self.base
        } else {
            &self.patch
        }
    }

    /// The variant of a number, unless its concept is gone.
    pub(super) fn variant(&self, number: u32) -> Option<&Variant> {
        let variant = self
            .base
            .variant(number)
            .or_else(|| self.patch.variant(number));
        variant.filter(|variant| self.gone.is_empty() || !self.gone.contains(&variant.concept))
    }

    /// The concept of a number.
    pub(super) fn concept(&self, number: usize) -> Option<&Concept> {
        let part = self.part_of(u32::try_from(number).ok()?);
        part.concept(number).map(|concept| &**concept)
    }

    /// A person's given names.
    pub(super) fn given(&self, concept: u32) -> impl Iterator<Item = &Spoken> {
        self.part_of(concept).given(concept)
    }
}

impl Finder {
    /// Builds a finder, in time linear in the names: 200,000 take well under a second. The concepts are copied.
    pub fn new(concepts: &[Concept]) -> Self {
        Self::shared(concepts.iter().cloned().map(Arc::new).collect())
    }

    /// [`Finder::new`] without a copy.
    pub fn shared(mut concepts: Vec<Arc<Concept>>) -> Self {
        concepts.sort_by(|a, b| a.id.cmp(&b.id));
        let base = Arc::new(Part::build(concepts.into(), None));
        Self {
            names: Names::new(base, &Changes::new()),
        }
    }

    /// A finder of the glossary that this one was first built of, with these changes instead of those that this
    /// one has. It finds what a finder would that is built anew, and takes time linear in the changes.
    pub fn with(&self, changes: &Changes) -> Self {
        Self {
            names: Names::new(Arc::clone(&self.names.base), changes),
        }
    }

    /// The concepts in the order of their ids, each with its number.
    pub fn concepts(&self) -> impl Iterator<Item = (usize, &Arc<Concept>)> {
        let numbered = |part: &'_ Part| part.first_concept as usize..;
        let names = &self.names;
        let is_there = move |(number, _): &(usize, _)| !names.gone.contains(&(*number as u32));
        let mut base = numbered(&names.base)
            .zip(&names.base.concepts)
            .filter(is_there)
            .peekable();
        let mut patch = numbered(&names.patch).zip(&names.patch.concepts).peekable();
        std::iter::from_fn(move || match (base.peek(), patch.peek()) {
            (Some((_, old)), Some((_, new))) if new.id < old.id => patch.next(),
            (None, _) => patch.next(),
            _ => base.next(),
        })
    }

    /// The concepts that the glossary was first built of, each with its number; also those that are gone.
    pub(super) fn unchanged(&self) -> impl Iterator<Item = (usize, &Arc<Concept>)> {
        self.names.base.concepts.iter().enumerate()
    }

    /// The concepts that changed since the glossary was first built, each with its number.
    pub(super) fn changed(&self) -> impl Iterator<Item = (usize, &Arc<Concept>)> {
        (self.names.patch.first_concept as usize..).zip(&self.names.patch.concepts)
    }

    /// Whether a number is of a concept that is there.
    pub(super) fn has(&self, concept: usize) -> bool {
        u32::try_from(concept).is_ok_and(|number| !self.names.gone.contains(&number))
    }

    /// The concept of a number.
    pub fn concept_at(&self, number: usize) -> Option<&Concept> {
        self.names.concept(number)
    }

    /// The concept of a mention of this finder.
    pub fn concept(&self, mention: &Mention) -> Option<&Concept> {
        self.concept_at(mention.concept)
    }

    /// The name that a mention of this finder was matched with.
    pub fn name(&self, mention: &Mention) -> Option<&Name> {
        self.concept(mention)?.names.get(mention.name)
    }

    /// All mentions, in their order, without overlap; what is inside a mention is nested in it.
    pub fn find(&self, text: &str, scope: Scope<'_>) -> Vec<Mention> {
        let terms = scope
            .kinds
            .is_some_and(|kinds| kinds.contains(&ConceptKind::Term));
        let mut sweep = Sweep {
            names: &self.names,
            scope,
            seen: FxHashMap::default(),
            mentions: Vec::new(),
        };
        let mut reading = Reading::default();
        let mut hits = Vec::new();
        let mut base = 0;
        for stretch in stretches(text) {
            reading.read(stretch);
            let walk = Walk {
                names: &self.names,
                reading: &reading,
                text: stretch,
                terms,
            };
            hits.clear();
            for word in 0..reading.page.words.len() {
                walk.from(word, &mut hits);
            }
            sweep.stretch(&walk, &mut hits, base);
            base += stretch.len();
        }
        sweep.mentions
    }
}

/// The text in pieces of at most [`STRETCH`] bytes.
fn stretches(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at(stretch_end(rest));
        rest = after;
        Some(piece)
    })
}

fn stretch_end(text: &str) -> usize {
    if text.len() <= STRETCH {
        return text.len();
    }
    let mut end = STRETCH;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or(text);
    let after = |found: Option<usize>, length: usize| found.map(|at| at + length);
    after(head.rfind("\n\n"), 2)
        .or_else(|| after(head.rfind('\n'), 1))
        .or_else(|| after(head.rfind(' '), 1))
        .unwrap_or(end)
}

/// Turns hits into mentions, from the beginning of the text to its end.
struct Sweep<'a> {
    names: &'a Names,
    scope: Scope<'a>,
    /// Persons that were named in full, and when last.
    seen: FxHashMap<u32, usize>,
    mentions: Vec<Mention>,
}

impl Sweep<'_> {
    fn stretch(&mut self, walk: &Walk<'_>, hits: &mut [Hit], base: usize) {
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        let (mut taken, mut nested_taken, mut open) = (0, 0, None);
        let mut at = 0;
        for group in hits.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end)) {
            at += group.len();
            let Some((start, end)) = group.first().map(|hit| (hit.start, hit.end)) else {
                continue;
            };
            if is_cut_short(walk, group, hits.get(at..).unwrap_or_default()) {
                continue;
            }
            let inside = start < taken;
            if inside && (end > taken || start < nested_taken || open.is_none()) {
                continue;
            }
            let Some((mention, blocks)) = self.choose(walk, group, base) else {
                continue;
            };
            if inside {
                nested_taken = end;
                let outer = open.and_then(|at: usize| self.mentions.get_mut(at));
                if let Some(outer) = outer
                    && !blocks
                {
                    outer.nested.push(mention);
                }
                continue;
            }
            taken = end;
            nested_taken = start;
            open = None;
            if blocks {
                continue;
            }
            self.remember(walk, group, &mention);
            if self.is_wanted(&mention) {
                open = Some(self.mentions.len());
                self.mentions.push(mention);
            }
        }
    }

    fn is_wanted(&self, mention: &Mention) -> bool {
        self.scope.kinds.is_none_or(|kinds| {
            let concept = self.names.concept(mention.concept);
            kinds.contains(&concept.map_or(ConceptKind::Other, Concept::kind))
        })
    }

    fn remember(&mut self, walk: &Walk<'_>, group: &[Hit], mention: &Mention) {
        let is_full = group.iter().any(|hit| {
            walk.variant(hit.variant).is_some_and(|variant| {
                variant.concept as usize == mention.concept
                    && variant.facts.kind == Some(ConceptKind::Person)
                    && (!variant.facts.family || hit.start < hit.core.0)
            })
        });
        if is_full && let Ok(concept) = u32::try_from(mention.concept) {
            self.seen.insert(concept, mention.range.start + 1);
        }
    }

    /// The mention of a group of hits on one stretch of text, and whether it is a blocker.
    fn choose(&self, walk: &Walk<'_>, group: &[Hit], base: usize) -> Option<(Mention, bool)> {
        let mut ranked: Vec<(Rank<'_>, &Hit)> = group
            .iter()
            .filter_map(|hit| Some((self.rank(walk, hit)?, hit)))
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        let (best, hit) = ranked.first()?;
        let variant = walk.variant(hit.variant)?;
        let name = walk.name(variant)?;
        let mut ambiguous: Vec<usize> = Vec::new();
        for (rank, other) in ranked.get(1..).unwrap_or_default() {
            let Some(other) = walk.variant(other.variant) else {
                continue;
            };
            let concept = other.concept as usize;
            let rival = other.concept != variant.concept
                && rank.heard == best.heard
                && rank.bare == best.bare;
            if rival && !ambiguous.contains(&concept) {
                ambiguous.push(concept);
            }
        }
        let unsure = !ambiguous.is_empty()
            && best.not_default
            && best.unseen == usize::MAX
            && best.gender == 1;
        let confidence = match variant.how {
            How::Bare => hit.confidence.min(85),
            _ if unsure => hit.confidence.min(60),
            _ if !ambiguous.is_empty() => hit.confidence.min(80),
            _ => hit.confidence,
        };
        let mention = Mention {
            range: base + hit.start..base + hit.end,
            core: base + hit.core.0..base + hit.core.1,
            concept: variant.concept as usize,
            name: variant.name as usize,
            via: hit.via,
            confidence,
            bare: variant.how == How::Bare,
            nested: Vec::new(),
            ambiguous,
        };
        Some((mention, name.marks.has(Marks::BLOCKER)))
    }

    /// How good a hit is, the smaller the better; `None` for a bare family name without the full name before.
    fn rank<'a>(&self, walk: &Walk<'a>, hit: &Hit) -> Option<Rank<'a>> {
        let variant = walk.variant(hit.variant)?;
        let name = walk.name(variant)?;
        let seen = self.seen.get(&variant.concept).copied();
        let bare = variant.how == How::Bare;
        // With a given name or an initial before it, it is no bare family name.
        if bare && seen.is_none() && hit.start == hit.core.0 {
            return None;
        }
        let family = variant.facts.family;
        let said = family.then(|| walk.gender_before(hit)).flatten();
        let is_said = said.is_some() && said == walk.gender_of(variant.concept);
        let other_lang = self.scope.lang.is_some_and(|lang| !lang.meets(&name.lang));
        Some(Rank {
            heard: hit.via == Via::Transliteration,
            core: hit.end - hit.start - (hit.core.1 - hit.core.0),
            bare: bare && seen.is_none(),
            gender: u8::from(!is_said),
            unseen: if family {
                seen.map_or(usize::MAX, |at| usize::MAX - at)
            } else {
                usize::MAX
            },
            not_default: !name.marks.has(Marks::DEFAULT),
            blocks: !name.marks.has(Marks::BLOCKER),
            other_lang,
            how: u8::from(variant.how != How::Listed),
            doubt: 100 - hit.confidence.min(100),
            form: match name.form {
                NameForm::Full => 0,
                NameForm::Acronym => 1,
                NameForm::Short => 2,
                NameForm::Transliteration => 3,
                NameForm::Spelling => 4,
            },
            status: name.status as u8,
            id: walk.names.concept(variant.concept as usize)?.id.as_str(),
            number: hit.variant,
        })
    }
}

/// Whether a longer name of the same person begins inside: of «حاج قاسم سلیمانی», «قاسم سلیمانی» is the name.
fn is_cut_short(walk: &Walk<'_>, group: &[Hit], later: &[Hit]) -> bool {
    let person = |hit: &Hit| {
        let variant = walk.variant(hit.variant)?;
        (variant.facts.kind == Some(ConceptKind::Person)).then_some(variant.concept)
    };
    let [hit, ..] = group else { return false };
    let overlaps = later.iter().take_while(|other| other.start < hit.end);
    overlaps
        .filter(|other| other.start > hit.start && other.end > hit.end)
        .any(|other| {
            person(other).is_some_and(|it| group.iter().any(|own| person(own) == Some(it)))
        })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'a> {
    heard: bool,
    core: usize,
    bare: bool,
    gender: u8,
    unseen: usize,
    not_default: bool,
    blocks: bool,
    other_lang: bool,
    doubt: u8,
    how: u8,
    status: u8,
    form: u8,
    /// What is equal in all this goes by the concepts' order, then by the names'.
    id: &'a str,
    number: u32,
}
