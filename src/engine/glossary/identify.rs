//! Which concept a cell of somebody's table means, and what somebody who types a name may mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{Caller, Engine, Error, Role, invalid};
use super::live::Snapshot;
use super::view::preferred;
use crate::model::{Concept, ConceptId, ConceptKind, Marks, Name, NameForm};
use crate::names::Guess;
use crate::text::name::LONGEST_NAME;

/// What a concept of another kind than those asked for loses, in percent.
const OTHER_KIND: u8 = 20;
/// What a piece of evidence gives or takes, in percent.
const EVIDENCE: u8 = 4;
/// From here on a look-up of a piece of evidence means a concept, in percent.
const MEANT: u8 = 90;
/// Guesses that are looked at, beyond those that are to be shown.
const SEEN: usize = 20;

/// A text that as a whole names a concept, or should.
#[derive(Clone, Debug, Default)]
pub struct Identify {
    /// The text, or a concept's id. One that is longer than any name is nobody's.
    pub text: String,
    /// The kinds that are expected; any where it is empty.
    pub kinds: Vec<ConceptKind>,
    /// Leave out concepts of other kinds, which otherwise come behind.
    pub only_kinds: bool,
    /// Other names of the same thing.
    pub evidence: Vec<String>,
    /// Most concepts to tell, 1 to 100.
    pub limit: usize,
}

/// A concept in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Its id.
    pub id: ConceptId,
    /// Its kind.
    pub kind: ConceptKind,
    /// Language → the name to use in it.
    pub preferred: BTreeMap<String, String>,
    /// Its acronyms that may be used.
    pub acronyms: Vec<String>,
}

/// A concept that a text may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identified {
    /// The concept.
    pub concept: Brief,
    /// How well it fits, in percent.
    pub score: u8,
    /// The text names it and, with what else is asked for, nothing but it.
    pub sure: bool,
}

impl Engine {
    /// The concepts that each of the texts may mean, best first.
    pub fn identify(
        &self,
        caller: &Caller,
        asked: &[Identify],
    ) -> Result<Vec<Vec<Identified>>, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Read)?;
        let live = self.live.snapshot();
        Ok(asked.iter().map(|asked| one(&live, asked)).collect())
    }

    /// Concepts that somebody may mean who has typed so much of a name or of an id, the likeliest first.
    pub fn complete(
        &self,
        caller: &Caller,
        typed: &str,
        limit: usize,
    ) -> Result<Vec<Brief>, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Read)?;
        if !(1..=100).contains(&limit) {
            let reason = "1 to 100 concepts are told";
            return Err(invalid("out_of_range", "limit", reason));
        }
        if is_too_long(typed) {
            return Ok(Vec::new());
        }
        let live = self.live.snapshot();
        let mut numbers = live.lookup.complete(typed, limit);
        if let Some(number) = by_id(&live, typed) {
            numbers.retain(|other| *other != number);
            numbers.insert(0, number);
        }
        numbers.truncate(limit);
        let told = numbers
            .iter()
            .filter_map(|number| live.lookup.concept_at(*number));
        Ok(told.map(brief).collect())
    }
}

fn one(live: &Arc<Snapshot>, asked: &Identify) -> Vec<Identified> {
    if is_too_long(&asked.text) {
        return Vec::new();
    }
    let is_wanted = |guess: &Guess| {
        let kind = live.lookup.concept_at(guess.concept).map(Concept::kind);
        asked.kinds.is_empty() || kind.is_some_and(|kind| asked.kinds.contains(&kind))
    };
    let mut guesses = guesses(live, asked);
    if asked.only_kinds {
        guesses.retain(is_wanted);
    }
    for guess in guesses.iter_mut().filter(|guess| !is_wanted(guess)) {
        guess.score = guess.score.saturating_sub(OTHER_KIND);
        guess.named = false;
    }
    let sure = weigh(live, &asked.evidence, &mut guesses);
    guesses.sort_by_key(|guess| {
        let first = sure == Some(guess.concept);
        (!first, std::cmp::Reverse(guess.score), guess.concept)
    });
    let told = guesses.iter().take(asked.limit.clamp(1, 100));
    let tell = |guess: &Guess| {
        Some(Identified {
            concept: brief(live.lookup.concept_at(guess.concept)?),
            score: guess.score,
            sure: sure == Some(guess.concept),
        })
    };
    told.filter_map(tell).collect()
}

/// What the text may mean, whatever else is asked for.
fn guesses(live: &Snapshot, asked: &Identify) -> Vec<Guess> {
    if let Some(concept) = by_id(live, &asked.text) {
        return vec![Guess {
            concept,
            score: 100,
            named: true,
        }];
    }
    let search = |most| live.lookup.identify(&live.finder, &asked.text, most);
    let seen = asked.limit.saturating_add(SEEN);
    let found = search(seen);
    let wanted = |guess: &&Guess| {
        let kind = live.lookup.concept_at(guess.concept).map(Concept::kind);
        kind.is_some_and(|kind| asked.kinds.contains(&kind))
    };
    // Those of the kind may stand behind many others.
    let few = found.iter().filter(wanted).count() < asked.limit.min(SEEN);
    if found.len() >= seen && few && !asked.kinds.is_empty() {
        return search(1_000);
    }
    found
}

/// Lets the evidence change the scores, and tells the one concept that is meant for sure.
fn weigh(live: &Snapshot, evidence: &[String], guesses: &mut [Guess]) -> Option<usize> {
    let mut backed = vec![0_i32; guesses.len()];
    for text in evidence {
        let hits = live.lookup.search(text, SEEN);
        let meant: Vec<usize> = hits
            .iter()
            .filter(|hit| hit.score >= MEANT)
            .map(|hit| hit.concept)
            .collect();
        if meant.is_empty() {
            continue;
        }
        for (guess, backed) in guesses.iter_mut().zip(&mut backed) {
            if meant.contains(&guess.concept) {
                *backed += 1;
                guess.score = guess.score.saturating_add(EVIDENCE).min(100);
            } else {
                *backed -= 1;
                guess.score = guess.score.saturating_sub(EVIDENCE);
            }
        }
    }
    let named = || guesses.iter().zip(&backed).filter(|(guess, _)| guess.named);
    let best = named().map(|(_, backed)| *backed).max()?;
    let mut best_named = named().filter(|(_, backed)| **backed == best);
    let (first, second) = (best_named.next(), best_named.next());
    // Evidence for something else is no evidence for it.
    first
        .filter(|_| second.is_none() && best >= 0)
        .map(|(guess, _)| guess.concept)
}

fn is_too_long(text: &str) -> bool {
    text.chars().nth(LONGEST_NAME).is_some()
}

/// The number of the concept with this id.
fn by_id(live: &Snapshot, id: &str) -> Option<usize> {
    let id = ConceptId::parse(id.trim()).ok()?;
    live.lookup.number_of(&id)
}

fn brief(concept: &Concept) -> Brief {
    let is_right = |name: &&Name| name.form == NameForm::Acronym && name.status.is_right();
    let mut acronyms: Vec<&Name> = concept.names.iter().filter(is_right).collect();
    acronyms.sort_by_key(|name| (name.status, !name.marks.has(Marks::DEFAULT)));
    Brief {
        id: concept.id.clone(),
        kind: concept.kind(),
        preferred: preferred(concept, None),
        acronyms: acronyms.iter().map(|name| name.text.clone()).collect(),
    }
}
