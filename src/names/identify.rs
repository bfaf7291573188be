//! Which concept a whole text names, as a cell of a table does: the finder's verdict where it has one, the same
//! letters, or a slip of the pen. And names that begin with what somebody has typed so far.

use std::cmp::Reverse;
use std::collections::HashMap;

use rapidfuzz::distance::osa;

use super::find::{Finder, Scope};
use super::letters::Page;
use super::lexicon::Lexicon;
use super::lookup::{Hit, Lookup};
use super::mention::Via;
use super::shelf::{Row, Shelf, Word, words_of};
use crate::model::{Concept, ConceptKind, Marks, Status};

/// Hits that are looked at.
const SEEN: usize = 16;
/// What is less alike is nobody's name, in percent.
const LIKELY: u8 = 60;
/// A slip is believed only where the next concept is this much less alike, in percent.
const MARGIN: u8 = 5;
/// The fewest letters of a word that may have a slip, and of one in a person's name.
const LONG: usize = 5;
const LONG_IN_PERSON: usize = 6;
/// Words that sound the same are this much alike at least.
const HEARD: f32 = 0.94;
/// Rows that are read for what is being typed.
const COMPLETED: usize = 20_000;

/// A concept that a text may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The number of the concept.
    pub concept: usize,
    /// As [`Hit::score`].
    pub score: u8,
    /// The text as a whole names it, and not merely something like it. Of several such concepts the text does not
    /// say which is meant.
    pub named: bool,
}

impl Lookup {
    /// The concepts that a text as a whole may name, best first. `finder` is of the same concepts.
    pub fn identify(&self, finder: &Finder, text: &str, limit: usize) -> Vec<Guess> {
        let hits = self.search(text, limit.max(SEEN));
        let guess = |hit: &Hit| Guess {
            concept: hit.concept,
            score: hit.score,
            named: false,
        };
        let mut guesses: Vec<Guess> = hits.iter().map(guess).collect();
        for (concept, score) in self.named(finder, text, &hits) {
            match guesses.iter_mut().find(|guess| guess.concept == concept) {
                Some(guess) => (guess.score, guess.named) = (guess.score.max(score), true),
                None => guesses.push(Guess {
                    concept,
                    score,
                    named: true,
                }),
            }
        }
        guesses.retain(|guess| {
            (guess.named || guess.score >= LIKELY) && !self.is_guard(guess.concept)
        });
        guesses.sort_by_key(|guess| {
            let id = self.concept_at(guess.concept).map(|concept| &concept.id);
            (Reverse(guess.named), Reverse(guess.score), id)
        });
        guesses.truncate(limit);
        guesses
    }

    /// What the text names, with a score for each.
    fn named(&self, finder: &Finder, text: &str, hits: &[Hit]) -> Vec<(usize, u8)> {
        if let Some(found) = whole(finder, text) {
            return found;
        }
        // Made of ordinary words, and without its capitals: the finder would have found it with them.
        let ordinary = |hit: &&Hit| {
            let names = self.concept_at(hit.concept).map(|concept| &concept.names);
            let name = names.and_then(|names| names.get(hit.name));
            name.is_some_and(|name| name.marks.has(Marks::EXACT_CASE))
        };
        let same = hits.iter().filter(|hit| hit.score == 100 && !ordinary(hit));
        let same: Vec<(usize, u8)> = same.map(|hit| (hit.concept, 100)).collect();
        let guarded = |(concept, _): &(usize, u8)| self.is_guard(*concept);
        if same.iter().any(guarded) {
            return Vec::new();
        }
        if !same.is_empty() {
            return same;
        }
        let rival = hits.get(1).map_or(0, |hit| hit.score);
        let slip = |hit: &&Hit| hit.score >= rival + MARGIN && self.is_slip(text, hit.concept);
        let slip = hits.first().filter(slip);
        slip.map(|hit| (hit.concept, hit.score))
            .into_iter()
            .collect()
    }

    /// A concept that is there only to keep its names from being taken for others'.
    fn is_guard(&self, concept: usize) -> bool {
        let concept = self.concept_at(concept);
        concept.is_none_or(|concept| {
            let mut marks = concept.names.iter().map(|name| name.marks);
            marks.all(|marks| marks.has(Marks::BLOCKER))
        })
    }

    /// Whether the text is a name of the concept with one slip of the pen in one long word.
    fn is_slip(&self, text: &str, concept: usize) -> bool {
        let words: Vec<Word> = split(text).into_iter().map(Word::of).collect();
        let person = self.concept_at(concept).map(Concept::kind) == Some(ConceptKind::Person);
        let slip = |own: &Vec<&Word>| differ_by_a_slip(&words, own, person);
        words.len() > 1 && self.names_of(concept).iter().any(slip)
    }

    /// Concepts with a name that begins with `typed`, or has words that do, the likeliest first; and behind
    /// them those that the look-up finds.
    pub fn complete(&self, typed: &str, limit: usize) -> Vec<usize> {
        let mut found = self.completed(typed);
        found.truncate(limit);
        if found.len() < limit {
            for hit in self.search(typed, limit) {
                let new = !found.contains(&hit.concept) && !self.is_guard(hit.concept);
                if found.len() < limit && new {
                    found.push(hit.concept);
                }
            }
        }
        found
    }

    fn completed(&self, typed: &str) -> Vec<usize> {
        let mut words = split(typed);
        let Some(last) = words.pop() else {
            return Vec::new();
        };
        let mut best: HashMap<usize, (bool, bool, usize)> = HashMap::new();
        for (first, shelf) in self.shelves() {
            self.complete_on(shelf, (&words, &last), |row, rank| {
                let concept = first + row.concept as usize;
                if self.has(concept) && !self.is_guard(concept) {
                    let known = best.entry(concept).or_insert(rank);
                    *known = rank.min(*known);
                }
            });
        }
        let mut found: Vec<(_, usize)> = best.into_iter().map(|(c, rank)| (rank, c)).collect();
        let id = |concept: usize| self.concept_at(concept).map(|concept| &concept.id);
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| id(a.1).cmp(&id(b.1))));
        found.into_iter().map(|(_, concept)| concept).collect()
    }

    /// The rows of a shelf that have the words before, and one that begins like the last, with their ranks.
    fn complete_on(
        &self,
        shelf: &Shelf,
        (words, last): (&[Box<[u8]>], &[u8]),
        mut each: impl FnMut(&Row, (bool, bool, usize)),
    ) {
        let before: Result<Vec<u32>, u32> = words.iter().map(|word| shelf.find(word)).collect();
        let Ok(before) = before else { return };
        let (Ok(start) | Err(start)) = shelf.find(last);
        let mut budget = COMPLETED;
        for number in start.. {
            let begins = |word: &Word| word.letters.starts_with(last);
            let rows = shelf.rows_with(number);
            if !shelf.word(number).is_some_and(begins) || rows.len() > budget {
                return;
            }
            budget -= rows.len();
            for row in rows.iter().filter_map(|row| shelf.row(*row)) {
                let own = shelf.words_of_row(row);
                if !before.iter().all(|word| own.contains(word)) {
                    continue;
                }
                let typed = before.iter().chain([&number]);
                let begins = typed.eq(own.iter().take(before.len() + 1));
                let concept = shelf.concepts.get(row.concept as usize);
                let name = concept.and_then(|concept| concept.names.get(row.name as usize));
                let right = name.is_some_and(|name| name.status <= Status::Admitted);
                each(row, (!begins, !right, own.len()));
            }
        }
    }
}

/// What the finder says that the whole text names; `None` if there is more in it than one thing's names.
fn whole(finder: &Finder, text: &str) -> Option<Vec<(usize, u8)>> {
    let scope = Scope {
        lang: None,
        kinds: Some(ConceptKind::ALL),
    };
    let mentions = finder.find(text, scope);
    let first = mentions.first()?;
    let mut at = 0;
    for mention in &mentions {
        if mention.concept != first.concept || !says_nothing(text.get(at..mention.range.start)?) {
            return None;
        }
        at = mention.range.end;
    }
    if !says_nothing(text.get(at..)?) {
        return None;
    }
    let score = mentions.iter().map(|mention| match mention.via {
        Via::Dictionary | Via::Acronym => 100,
        Via::Fold => 99,
        Via::Transliteration => 97,
    });
    let score = score.max().unwrap_or_default();
    let mut named = vec![(first.concept, score)];
    // The glossary may say who is meant by a name of several.
    let is_default = |name: &crate::model::Name| name.marks.has(Marks::DEFAULT);
    let settled = |mention: &super::Mention| {
        mention.ambiguous.is_empty() || finder.name(mention).is_some_and(is_default)
    };
    if !mentions.iter().any(settled) {
        named.extend(first.ambiguous.iter().map(|concept| (*concept, score)));
    }
    Some(named)
}

/// Whether the words are a name's, but for one slip.
fn differ_by_a_slip(words: &[Word], name: &[&Word], person: bool) -> bool {
    if words.len() != name.len() {
        return false;
    }
    let mut slips = 0;
    for (word, own) in words.iter().zip(name) {
        if word.letters == own.letters {
            continue;
        }
        slips += 1;
        let slip = is_slip(&word.letters, &own.letters, person);
        let heard = !person && word.letters.len() >= LONG && word.likeness(own) >= HEARD;
        if slips > 1 || !(slip || heard) {
            return false;
        }
    }
    slips == 1
}

/// Nothing but signs, and titles of persons.
fn says_nothing(rest: &str) -> bool {
    let titles = &Lexicon::get().titles;
    let mut words = split(rest).into_iter();
    words.all(|word| titles.has(&word))
}

/// One wrong, missing or superfluous letter, or two that changed places. Persons' names often differ by a vowel or
/// an ending, so that of theirs only an inner letter may be missing or superfluous.
fn is_slip(a: &[u8], b: &[u8], person: bool) -> bool {
    let (Ok(a), Ok(b)) = (std::str::from_utf8(a), std::str::from_utf8(b)) else {
        return false;
    };
    let (x, y) = (a.chars().count(), b.chars().count());
    let least = if person { LONG_IN_PERSON } else { LONG };
    if x.min(y) < least || osa::distance(a.chars(), b.chars()) != 1 {
        return false;
    }
    if !person {
        return true;
    }
    if x == y {
        // Letters that changed places, none that is another.
        let (mut a, mut b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        a.sort_unstable();
        b.sort_unstable();
        return a == b;
    }
    a.chars().next() == b.chars().next() && a.chars().last() == b.chars().last()
}

fn split(text: &str) -> Vec<Box<[u8]>> {
    let mut page = Page::default();
    page.read(text);
    words_of(&page).map(Into::into).collect()
}
