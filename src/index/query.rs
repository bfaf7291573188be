//! A segment to be looked up, made ready: for every word that can earn something with it, how much.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::score::similarity::Likeness;
use crate::score::{may_join, near_hash, same_hash, weight};
use crate::text::{Analysis, Kind, Token};

use super::best::Budget;
use super::meeting::Meeting;
use super::part::Mark;
use super::partners::{Filter, Partners};
use super::vocabulary::{Vocabulary, WordId, level};

/// Bounds are counted in fiftieths of a weight, rounded up; needs are rounded down.
const BOUND_UNIT: u64 = weight::POINT / BOUNDS_A_WEIGHT as u64;
/// So many bounds are a weight of one.
pub(super) const BOUNDS_A_WEIGHT: u32 = 50;

/// Points as an upper bound.
pub(super) fn bound(points: u64) -> u32 {
    points.div_ceil(BOUND_UNIT).min(u64::from(u32::MAX)) as u32
}

/// Points that are needed, comparable with bounds.
pub(super) fn need(points: u64) -> u32 {
    (points / BOUND_UNIT).min(u64::from(u32::MAX)) as u32
}

/// A word that some source can earn with, and the most that this source can earn with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lead {
    source: u32,
    pub(super) word: WordId,
    pub(super) bound: u32,
}

/// See the file's comment. It holds for the vocabulary of its moment: segments of words that came later are newer.
/// A thread has one and prepares it for each look-up, as what it takes up is worth keeping.
#[derive(Default)]
pub(super) struct Query {
    /// What each token weighs.
    pub(super) weights: Vec<u32>,
    /// Their sum.
    pub(super) weight: u32,
    pub(super) near: u32,
    pub(super) same: u32,
    /// The places of its numbers, and of its placeables.
    numbers: Vec<u32>,
    placeables: Vec<u32>,
    ids: Vec<Option<WordId>>,
    arabic: Vec<bool>,
    /// Words equal or similar to a token.
    singles: Partners,
    /// Words equal (or similar, where a ZWNJ joins) to a token and the next, written together.
    pairs: Partners,
    /// Two words that written together are a token.
    splits: FxHashMap<(WordId, WordId), Vec<u32>>,
    /// Words that are in none of the three maps, mostly without asking them.
    filter: Filter,
    sources: usize,
    /// The words that each source can earn with, source by source, and where those of each end.
    leads: Vec<Lead>,
    lead_ends: Vec<u32>,
    /// The same of pairs of words that written together are a token.
    split_leads: Vec<(u32, WordId, WordId)>,
}

impl Query {
    /// Forgets what it was, and becomes that of a text.
    pub(super) fn prepare(
        &mut self,
        text: &str,
        analysis: &Analysis,
        vocabulary: &Vocabulary,
        budget: &mut Budget,
    ) {
        self.clear();
        let tokens = &analysis.tokens;
        self.weights.extend(tokens.iter().map(weight::of_token));
        let sum = |sum: u32, &weight: &u32| sum.saturating_add(weight);
        self.weight = self.weights.iter().fold(0, sum);
        self.near = near_hash(text, analysis);
        self.same = same_hash(text);
        self.numbers.extend(places_of(tokens, Kind::Number));
        self.placeables.extend(places_of(tokens, Kind::Placeable));
        let id = |token: &Token| vocabulary.find(token.kind, analysis.word(token));
        self.ids.extend(tokens.iter().map(id));
        self.arabic.extend(tokens.iter().map(|token| token.arabic));
        self.sources = tokens.len();
        self.add_singles(analysis, vocabulary, budget);
        self.add_pairs(analysis, vocabulary, budget);
        self.add_splits(analysis, vocabulary);
        self.tidy_leads();
        for word in self.singles.words().chain(self.pairs.words()) {
            self.filter.add(word);
        }
        for &(_, second) in self.splits.keys() {
            self.filter.add(second);
        }
    }

    fn clear(&mut self) {
        self.weights.clear();
        self.numbers.clear();
        self.placeables.clear();
        self.ids.clear();
        self.arabic.clear();
        self.singles.clear();
        self.pairs.clear();
        self.splits.clear();
        self.filter = Filter::default();
        self.leads.clear();
        self.lead_ends.clear();
        self.split_leads.clear();
    }

    /// How many tokens it has.
    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }

    /// How many sources of gain there are: first its tokens, then one for each number or placeable.
    ///
    /// Numbers earn with any number, so what they earn together depends on how many a segment has: the first of
    /// the query earns with segments that have one, the second with those that have two, and so on. What is more
    /// about an equal one is a source of its own.
    pub(super) fn sources(&self) -> usize {
        self.sources
    }

    /// How many words all sources together can earn with.
    pub(super) fn leads_count(&self) -> usize {
        self.leads.len()
    }

    fn add_lead(&mut self, source: usize, word: WordId, bound: u32) {
        let source = source as u32;
        self.leads.push(Lead {
            source,
            word,
            bound,
        });
    }

    fn add_singles(&mut self, analysis: &Analysis, vocabulary: &Vocabulary, budget: &mut Budget) {
        let whole = weight::whole(weight::KIND_WEIGHT);
        let some = weight::points(Likeness::OF_KIND, weight::KIND_WEIGHT, weight::KIND_WEIGHT);
        let mut many = [0, 0];
        let mut known: FxHashMap<&str, Vec<(WordId, Likeness)>> = FxHashMap::default();
        for (place, token) in analysis.tokens.iter().enumerate() {
            match token.kind {
                Kind::Word => {
                    let word = analysis.word(token);
                    let similar = known
                        .entry(word)
                        .or_insert_with(|| similar(word, vocabulary, budget));
                    for &(id, likeness) in similar.iter() {
                        self.add_single(place, id, likeness, vocabulary);
                    }
                }
                kind => {
                    let many = &mut many[usize::from(kind == Kind::Placeable)];
                    *many += 1;
                    self.add_lead(place, level(kind, *many), bound(some));
                    if let Some(word) = self.ids[place] {
                        self.add_lead(self.sources, word, bound(whole - some));
                        self.sources += 1;
                    }
                }
            }
        }
    }

    fn add_single(
        &mut self,
        place: usize,
        word: WordId,
        likeness: Likeness,
        vocabulary: &Vocabulary,
    ) {
        let own = self.weights[place];
        let other = vocabulary.weight(word);
        self.singles.add(word, place as u32, likeness);
        // As a joined pair the word can weigh more than by itself.
        let most = if vocabulary.is_joined(word) {
            own
        } else {
            other
        };
        let bound = bound(weight::points(likeness, own, most));
        self.add_lead(place, word, bound);
    }

    fn add_pairs(&mut self, analysis: &Analysis, vocabulary: &Vocabulary, budget: &mut Budget) {
        for (place, two) in analysis.tokens.windows(2).enumerate() {
            if !may_join(&two[0], &two[1]) {
                continue;
            }
            let joined = crate::score::joined(analysis, place);
            let found = match two[1].glued {
                true => similar(&joined, vocabulary, budget),
                false => equal(&joined, vocabulary),
            };
            for (word, likeness) in found {
                self.pairs.add(word, place as u32, likeness);
                for part in [place, place + 1] {
                    let own = self.weights[part];
                    let bound = bound(weight::points(likeness, own, own));
                    self.add_lead(part, word, bound);
                }
            }
        }
    }

    fn add_splits(&mut self, analysis: &Analysis, vocabulary: &Vocabulary) {
        for (place, token) in analysis.tokens.iter().enumerate() {
            if token.kind != Kind::Word || !token.arabic {
                continue;
            }
            let word = analysis.word(token);
            for (cut, _) in word.char_indices().skip(1) {
                let (first, second) = word.split_at(cut);
                let first = vocabulary.find(Kind::Word, first);
                let both = first.zip(vocabulary.find(Kind::Word, second));
                if let Some(both) = both {
                    let place = place as u32;
                    self.splits.entry(both).or_default().push(place);
                    self.split_leads.push((place, both.0, both.1));
                }
            }
        }
    }

    /// Source by source, one lead a word, the highest first.
    fn tidy_leads(&mut self) {
        // Only as a pair a word comes to a source again.
        if !self.pairs.is_empty() {
            self.leads
                .sort_unstable_by_key(|lead| (lead.source, lead.word, Reverse(lead.bound)));
            self.leads.dedup_by_key(|lead| (lead.source, lead.word));
        }
        self.leads
            .sort_unstable_by_key(|lead| (lead.source, Reverse(lead.bound), lead.word));
        let mut end = 0;
        for source in 0..self.sources as u32 {
            let more = self.leads[end..].iter();
            end += more.take_while(|lead| lead.source == source).count();
            self.lead_ends.push(end as u32);
        }
    }

    /// What a source can earn with which word, the highest first.
    pub(super) fn leads(&self, source: usize) -> &[Lead] {
        let from = match source {
            0 => 0,
            _ => self.lead_ends[source - 1] as usize,
        };
        &self.leads[from..self.lead_ends[source] as usize]
    }

    /// Two words that written together are the token: it can earn all its weight with them.
    pub(super) fn split_leads(&self, source: usize) -> &[(u32, WordId, WordId)] {
        let of = |&(place, ..): &(u32, WordId, WordId)| place as usize;
        let from = self.split_leads.partition_point(|lead| of(lead) < source);
        let to = self.split_leads.partition_point(|lead| of(lead) <= source);
        &self.split_leads[from..to]
    }

    /// The words of all leads in their order, those of each source followed by its pairs.
    pub(super) fn lead_words(&self) -> impl Iterator<Item = WordId> {
        (0..self.sources).flat_map(|source| {
            let leads = self.leads(source).iter().map(|lead| lead.word);
            let splits = self.split_leads(source).iter();
            leads.chain(splits.flat_map(|&(_, first, second)| [first, second]))
        })
    }

    /// Tells what the marks of a segment can earn: `visit(token, bound)` for each, some more than once.
    pub(super) fn each_bound(
        &self,
        marks: &[Mark],
        vocabulary: &Vocabulary,
        mut visit: impl FnMut(usize, u32),
    ) {
        let mut before: Option<WordId> = None;
        for &mark in marks {
            let word = mark.id();
            if mark.is_number() || mark.is_placeable() {
                before = None;
                for &place in self.of_kind(mark) {
                    let place = place as usize;
                    visit(place, bound(self.kind_points(place, word)));
                }
                continue;
            }
            if !self.filter.may_have(word) {
                before = if mark.is_joined() { before } else { Some(word) };
                continue;
            }
            for (place, likeness) in self.singles.of(word) {
                let place = place as usize;
                let weight = self.weights[place];
                let most = if mark.is_joined() {
                    weight
                } else {
                    vocabulary.weight(word)
                };
                visit(place, bound(weight::points(likeness, weight, most)));
            }
            if mark.is_joined() {
                continue;
            }
            for (place, likeness) in self.pairs.of(word) {
                for place in [place as usize, place as usize + 1] {
                    let weight = self.weights[place];
                    visit(place, bound(weight::points(likeness, weight, weight)));
                }
            }
            if let Some(before) = before.filter(|_| !self.splits.is_empty()) {
                for &place in self.splits.get(&(before, word)).into_iter().flatten() {
                    visit(
                        place as usize,
                        bound(weight::whole(self.weights[place as usize])),
                    );
                }
            }
            before = Some(word);
        }
    }

    /// The places of tokens of a mark's kind, a number or a placeable.
    fn of_kind(&self, mark: Mark) -> &[u32] {
        if mark.is_number() {
            &self.numbers
        } else {
            &self.placeables
        }
    }

    /// By how much bounds of the query's tokens are too high, each the most that a token can earn with any mark
    /// of a segment: a segment's number earns with one of the query's numbers, not with all.
    pub(super) fn counted_twice(&self, marks: &[Mark], bounds: &[u32]) -> u32 {
        let too_much = |places: &[u32], is: fn(Mark) -> bool| {
            if places.len() < 2 {
                return 0;
            }
            let there = marks.iter().filter(|&&mark| is(mark)).count();
            let most = bound(weight::whole(weight::KIND_WEIGHT)).saturating_mul(there as u32);
            let all = places.iter().map(|&place| bounds[place as usize]);
            all.fold(0, u32::saturating_add).saturating_sub(most)
        };
        too_much(&self.numbers, Mark::is_number)
            .saturating_add(too_much(&self.placeables, Mark::is_placeable))
    }

    /// What a number or placeable of the query earns with another of its kind.
    fn kind_points(&self, place: usize, word: WordId) -> u64 {
        let likeness = if self.ids[place] == Some(word) {
            Likeness::EQUAL
        } else {
            Likeness::OF_KIND
        };
        weight::points(likeness, weight::KIND_WEIGHT, weight::KIND_WEIGHT)
    }

    /// Lays out what a segment's tokens earn with the query's, for the alignment.
    pub(super) fn meet(&self, marks: &[Mark], vocabulary: &Vocabulary, meeting: &mut Meeting) {
        meeting.clear();
        for &mark in marks {
            if mark.is_joined() {
                self.meet_joined(mark.id(), meeting);
                continue;
            }
            let weight = vocabulary.weight(mark.id());
            self.meet_split(mark, weight, meeting);
            meeting.tokens.push((mark.id(), weight));
            self.meet_single(mark, weight, meeting);
            meeting.single_ends.push(meeting.singles.len() as u32);
            meeting.pair_ends.push(meeting.pairs.len() as u32);
            meeting.word_before = !(mark.is_number() || mark.is_placeable());
        }
    }

    fn meet_single(&self, mark: Mark, own: u32, meeting: &mut Meeting) {
        let word = mark.id();
        if mark.is_number() || mark.is_placeable() {
            for &place in self.of_kind(mark) {
                let points = self.kind_points(place as usize, word);
                meeting.singles.push((place, points));
            }
            return;
        }
        for (place, likeness) in self.singles.of(word) {
            let points = weight::points(likeness, self.weights[place as usize], own);
            meeting.singles.push((place, points));
        }
        for (place, likeness) in self.pairs.of(word) {
            let two = self.weights[place as usize] + self.weights[place as usize + 1];
            meeting
                .pairs
                .push((place, weight::points(likeness, two, own)));
        }
    }

    /// The segment's last two tokens are joined by ZWNJ: what they earn as one word.
    fn meet_joined(&self, word: WordId, meeting: &mut Meeting) {
        let [.., (_, first), (_, second)] = meeting.tokens[..] else {
            return;
        };
        let last = meeting.tokens.len() as u32 - 2;
        for (place, likeness) in self.singles.of(word) {
            if self.arabic[place as usize] {
                let points = weight::points(likeness, first + second, self.weights[place as usize]);
                meeting.together.push((last, place, points));
            }
        }
    }

    /// The segment's last token and this one, written together, may be a token of the query.
    fn meet_split(&self, mark: Mark, second: u32, meeting: &mut Meeting) {
        let Some(&(before, first)) = meeting.tokens.last().filter(|_| meeting.word_before) else {
            return;
        };
        if self.splits.is_empty() || mark.is_number() || mark.is_placeable() || mark.is_glued() {
            return;
        }
        let last = meeting.tokens.len() as u32 - 1;
        for &place in self.splits.get(&(before, mark.id())).into_iter().flatten() {
            let points = weight::points(
                Likeness::EQUAL,
                first + second,
                self.weights[place as usize],
            );
            meeting.together.push((last, place, points));
        }
    }
}

fn places_of(tokens: &[Token], kind: Kind) -> impl Iterator<Item = u32> {
    let places = (0..)
        .zip(tokens)
        .filter(move |(_, token)| token.kind == kind);
    places.map(|(place, _)| place)
}

/// Finding the similar words of a word costs about so many steps.
const SIMILAR_WORDS: usize = 8_000;

/// The words similar to one, while the budget lasts; then only itself.
fn similar(word: &str, vocabulary: &Vocabulary, budget: &mut Budget) -> Vec<(WordId, Likeness)> {
    if budget.spend(SIMILAR_WORDS) {
        vocabulary.similar(word)
    } else {
        equal(word, vocabulary)
    }
}

/// The word itself, if it is known.
fn equal(word: &str, vocabulary: &Vocabulary) -> Vec<(WordId, Likeness)> {
    let id = vocabulary.find(Kind::Word, word);
    id.map(|id| (id, Likeness::EQUAL)).into_iter().collect()
}
