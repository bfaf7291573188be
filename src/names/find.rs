//! Mentions in running text.
//!
//! The text is read in stretches that end at an empty line, a line or a space, so that memory beyond the
//! mentions is bounded: about 30 bytes for each byte of a stretch, and no stretch is longer than [`STRETCH`].

use std::collections::HashMap;
use std::sync::Arc;

use super::build::{How, Names};
use super::context::Gender;
use super::mention::{Mention, Via};
use super::walk::{Hit, Reading, Walk};
use crate::model::{Concept, ConceptKind, Lang, Marks, Name, NameForm};

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

/// Finds the names of a glossary in running text. Immutable; an edited glossary gets a new one.
pub struct Finder {
    names: Names,
}

impl Finder {
    /// Builds a finder, in time linear in the names: 200,000 take well under a second. The concepts are copied.
    pub fn new(concepts: &[Concept]) -> Self {
        Self::shared(concepts.into())
    }

    /// [`Finder::new`] without a copy.
    pub fn shared(concepts: Arc<[Concept]>) -> Self {
        Self {
            names: Names::build(concepts),
        }
    }

    /// The concepts, in the order that mentions count them.
    pub fn concepts(&self) -> &[Concept] {
        &self.names.concepts
    }

    /// The concept of a mention of this finder.
    pub fn concept(&self, mention: &Mention) -> Option<&Concept> {
        self.names.concepts.get(mention.concept)
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
            seen: HashMap::new(),
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
                walk.from(word, &mut |hit| hits.extend(walk.in_context(hit)));
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
    seen: HashMap<u32, usize>,
    mentions: Vec<Mention>,
}

impl Sweep<'_> {
    fn stretch(&mut self, walk: &Walk<'_>, hits: &mut [Hit], base: usize) {
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        let (mut taken, mut nested_taken, mut open) = (0, 0, None);
        for group in hits.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end)) {
            let Some((start, end)) = group.first().map(|hit| (hit.start, hit.end)) else {
                continue;
            };
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
        let concept = self.names.concepts.get(mention.concept);
        let kind = concept.map_or(ConceptKind::Other, Concept::kind);
        self.scope.kinds.is_none_or(|kinds| kinds.contains(&kind))
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
        let mut ranked: Vec<(Rank, &Hit)> = group
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
    fn rank(&self, walk: &Walk<'_>, hit: &Hit) -> Option<Rank> {
        let variant = walk.variant(hit.variant)?;
        let name = walk.name(variant)?;
        let seen = self.seen.get(&variant.concept).copied();
        let bare = variant.how == How::Bare;
        // With a given name or an initial before it, it is no bare family name.
        if bare && seen.is_none() && hit.start == hit.core.0 {
            return None;
        }
        let family = variant.facts.family;
        let (said, own) = if family {
            (walk.gender_before(hit), walk.gender_of(variant.concept))
        } else {
            (None, None)
        };
        let other_lang = self.scope.lang.is_some_and(|lang| !lang.meets(&name.lang));
        Some(Rank {
            heard: hit.via == Via::Transliteration,
            core: hit.end - hit.start - (hit.core.1 - hit.core.0),
            bare: bare && seen.is_none(),
            gender: gender_rank(said, own),
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
            number: hit.variant,
        })
    }
}

fn gender_rank(said: Option<Gender>, own: Option<Gender>) -> u8 {
    match (said, own) {
        (Some(said), Some(own)) if said == own => 0,
        _ => 1,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
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
    number: u32,
}
