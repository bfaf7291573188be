//! The search of one part: exact, and without looking at most of it.
//!
//! 1. *Length filter*: a segment can only reach t % of a query of weight W if its weight is in [t·W, W/t].
//! 2. *Prefix filter*: read the postings of so many words that what a segment outside all of them could
//!    still earn is below t·W. Which words: the largest loss of that bound for the fewest postings, first.
//!    For each token its words come in the order of what they can earn, so that reading the first few
//!    leaves the rest of the token bounded by the next.
//! 3. *Bag bound*: for what survives, the sum over the query's tokens of the most each can earn with any
//!    word of the segment.
//! 4. *Best first*: alignments in the order of that bound, until it falls under what is kept already.
//!
//! Bounds are never too low, so nothing at or above the threshold is lost, unless the work budget ends
//! the search; then the reply says so.

use std::cmp::Reverse;
use std::ops::Range;

use super::best::{Best, Budget, Candidate};
use crate::model::MemoryId;
use crate::score::{align, weight};

use super::meeting::Meeting;
use super::part::{Doc, Mark, Part};
use super::postings::{Arena, Head, List};
use super::query::{BOUNDS_A_WEIGHT, Query, bound, need};
use super::vocabulary::Vocabulary;

/// Space that searches of one thread use again and again. No segment is touched between searches.
#[derive(Default)]
pub(super) struct Scratch {
    /// What is known of each segment that is touched.
    slots: Vec<Slot>,
    touched: Vec<Doc>,
    /// A bit for each segment: these stay in the cache where the slots do not.
    is_touched: Vec<u64>,
    bounds: Vec<u32>,
    /// Short lists of the search that is on, decoded.
    few: Vec<Doc>,
    heads: Vec<Head>,
    earning: Vec<(u32, List)>,
    marks: Vec<Mark>,
    pub(super) meeting: Meeting,
    pub(super) rows: Vec<u64>,
}

/// What is known of one segment while lists are read, in four bytes, because reaching it costs more than
/// anything that is done with it: the gain so far, and the last token (from 1) that added to it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Slot(u32);

impl Slot {
    const GAIN_BITS: u32 = 20;
    const MOST_GAIN: u32 = (1 << Self::GAIN_BITS) - 1;
    /// Tokens that have a number; a longer query is more work than any budget allows.
    const MOST_TOKENS: usize = (1 << (32 - Self::GAIN_BITS)) - 2;

    fn last(self) -> u32 {
        self.0 >> Self::GAIN_BITS
    }

    /// The gain; one so large that it did not fit is infinite, as a bound may be too high but never too low.
    fn gain(self) -> u32 {
        match self.0 & Self::MOST_GAIN {
            Self::MOST_GAIN => u32::MAX,
            gain => gain,
        }
    }

    fn add(&mut self, token: u32, gain: u32) {
        let sum = (self.0 & Self::MOST_GAIN)
            .saturating_add(gain)
            .min(Self::MOST_GAIN);
        self.0 = token << Self::GAIN_BITS | sum;
    }
}

/// Looking at a touched segment costs about as much as reading so many postings of touched and other ones.
const DEEPENING_A_SEGMENT: usize = 8;

/// One search of one part.
pub(super) struct Search<'a> {
    pub(super) query: &'a Query,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) memory: MemoryId,
    pub(super) penalty: u8,
    /// The least ⌊100·S⌋ to find, penalty not taken off.
    pub(super) percent: u8,
    pub(super) part: &'a Part,
    /// The part's place among those searched.
    pub(super) place: usize,
}

/// The words that have postings in this part.
struct Lists<'p> {
    /// The most that a token can earn with a word, and where that is; those of a token follow each other, the most
    /// earning first.
    all: Vec<(u32, List)>,
    arena: Arena<'p>,
    tokens: Vec<Token>,
}

/// Where the words of a token are among [`Lists::all`], and where reading may stop.
struct Token {
    from: usize,
    read: usize,
    to: usize,
}

impl Lists<'_> {
    /// What a token can earn at most with words that are not read.
    fn rest(&self, token: &Token) -> u32 {
        self.rest_from(token, token.read)
    }

    /// The same if it were read so far.
    fn rest_from(&self, token: &Token, read: usize) -> u32 {
        let first = self.all[..token.to].get(read);
        first.map_or(0, |(bound, _)| *bound)
    }

    /// What of a token is read.
    fn read(&self, token: &Token) -> &[(u32, List)] {
        &self.all[token.from..token.read]
    }

    /// How many segments all words of a token have.
    fn postings(&self, token: &Token) -> usize {
        let lists = &self.all[token.from..token.to];
        lists.iter().map(|(_, list)| list.len()).sum()
    }

    /// Where to stop reading next, for the largest fall of the bound per posting: (fall, postings, where).
    fn next_step(&self, token: &Token) -> Option<(u32, usize, usize)> {
        let now = self.rest(token);
        let mut postings = 0;
        let mut best: Option<(u32, usize, usize)> = None;
        for read in token.read + 1..=token.to {
            postings += self.all[read - 1].1.len() + 1;
            let fall = now - self.rest_from(token, read);
            let better = best.is_none_or(|(f, p, _)| {
                u64::from(fall) * p as u64 > u64::from(f) * postings as u64
            });
            if fall > 0 && better {
                best = Some((fall, postings, read));
            }
        }
        best
    }

    /// Chooses lists to read until what is left unread is below the need: the rest, or `None` where nothing
    /// in the part can reach it.
    fn choose(&mut self, need: u32) -> Option<u32> {
        let rests = self.tokens.iter().map(|token| self.rest(token));
        let mut rest: u32 = rests.fold(0, u32::saturating_add);
        if rest < need {
            return None;
        }
        let mut steps: Vec<Option<(u32, usize, usize)>> = self
            .tokens
            .iter()
            .map(|token| self.next_step(token))
            .collect();
        while rest >= need {
            let ratio =
                |&(fall, postings, _): &(u32, usize, usize)| f64::from(fall) / postings as f64;
            let best = steps
                .iter()
                .enumerate()
                .filter_map(|(token, step)| step.map(|step| (token, step)))
                .max_by(|a, b| ratio(&a.1).total_cmp(&ratio(&b.1)));
            // Without a step all is read and the rest is 0, which is below any need but 0.
            let Some((token, (fall, _, read))) = best else {
                break;
            };
            self.tokens[token].read = read;
            rest -= fall;
            steps[token] = self.next_step(&self.tokens[token]);
        }
        Some(rest)
    }
}

impl Search<'_> {
    /// Adds what reaches the percentage to `best`; `accept` says which segments may be found at all.
    pub(super) fn run(
        &self,
        accept: impl Fn(Doc) -> bool,
        best: &mut Best,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) {
        let whole = self.query.weight;
        if whole == 0 {
            return;
        }
        if self.query.sources() > Slot::MOST_TOKENS {
            budget.exhausted = true;
            return;
        }
        let percent = u32::from(self.percent.max(1));
        let lightest = (whole.saturating_mul(percent)).div_ceil(100);
        let heaviest = whole.saturating_mul(100) / percent;
        let window = self.part.window(lightest..heaviest.saturating_add(1));
        if window.is_empty() {
            return;
        }
        // Finding a list costs some cache misses, and choosing goes over all tokens again and again.
        let leads = self.query.leads_count();
        if !budget.spend(leads * 16 + self.query.len() * self.query.len() / 4) {
            return;
        }
        let mut lists = self.lists(&window, scratch);
        // Short lists are decoded.
        budget.spend(lists.arena.few.len() * 2);
        self.read(&mut lists, &accept, best, scratch, budget);
        scratch.few = lists.arena.few;
        scratch.earning = lists.all;
    }

    fn read(
        &self,
        lists: &mut Lists,
        accept: &impl Fn(Doc) -> bool,
        best: &mut Best,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) {
        let Some(rest) = lists.choose(need(weight::needed(self.percent, self.query.weight))) else {
            return;
        };
        let read = lists.tokens.iter().flat_map(|token| lists.read(token));
        let read: usize = read.map(|(_, list)| list.len()).sum();
        if budget.spend(read * 4) {
            self.gather(lists, scratch);
            let rest = self.deepen(lists, rest, scratch, budget);
            let candidates = self.bounded(rest, accept, scratch, budget);
            self.align(candidates, best, scratch, budget);
        }
    }

    /// The words of all tokens that have postings; what they take up comes from the scratch.
    fn lists(&self, window: &Range<Doc>, scratch: &mut Scratch) -> Lists<'_> {
        let mut all = std::mem::take(&mut scratch.earning);
        all.clear();
        let mut arena = Arena::default();
        arena.few = std::mem::take(&mut scratch.few);
        arena.few.clear();
        self.part.heads(self.query.lead_words(), &mut scratch.heads);
        let mut heads = scratch.heads.iter();
        let mut next = || match heads.next() {
            Some(head) => self.part.postings.list(*head, window, &mut arena),
            None => List::Few(0, 0),
        };
        let mut tokens = Vec::with_capacity(self.query.sources());
        for source in 0..self.query.sources() {
            let from = all.len();
            for lead in self.query.leads(source) {
                all.extend(Some((lead.bound, next())).filter(|(_, list)| list.len() > 0));
            }
            for _ in self.query.split_leads(source) {
                let whole = bound(weight::whole(self.query.weights[source]));
                // Segments with both have each: the shorter list holds them all.
                let (first, second) = (next(), next());
                let shorter = if first.len() < second.len() {
                    first
                } else {
                    second
                };
                all.extend(Some((whole, shorter)).filter(|(_, list)| list.len() > 0));
            }
            all[from..].sort_unstable_by_key(|(bound, list)| (Reverse(*bound), list.len()));
            tokens.push(Token {
                from,
                read: from,
                to: all.len(),
            });
        }
        Lists { all, arena, tokens }
    }

    /// Sums what the lists that are read say of each segment: its gain over the rest that all could earn.
    fn gather(&self, lists: &Lists, scratch: &mut Scratch) {
        if scratch.slots.len() < self.part.len() {
            scratch.slots.resize(self.part.len(), Slot::default());
            scratch.is_touched.resize(self.part.len().div_ceil(64), 0);
        }
        let Scratch {
            slots,
            touched,
            is_touched,
            ..
        } = scratch;
        for (number, token) in (1..).zip(&lists.tokens) {
            let rest = lists.rest(token);
            for &(bound, list) in lists.read(token) {
                lists.arena.each(list, |doc| {
                    let place = doc as usize;
                    let (Some(bits), Some(slot)) =
                        (is_touched.get_mut(place / 64), slots.get_mut(place))
                    else {
                        return;
                    };
                    let bit = 1 << (doc % 64);
                    if *bits & bit == 0 {
                        // What is in its slot is of another search, and not waited for.
                        *bits |= bit;
                        *slot = Slot::default();
                        slot.add(number, bound - rest);
                        touched.push(doc);
                    } else if slot.last() != number {
                        // Otherwise a list of the same token that earns more has been here.
                        slot.add(number, bound - rest);
                    }
                });
            }
        }
    }

    /// Lowers the bounds of what is touched: reads whole tokens that were not read at all, those that lower
    /// the rest most for the fewest postings, as long as that costs less than looking at the segments.
    fn deepen(
        &self,
        lists: &mut Lists,
        mut rest: u32,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) -> u32 {
        let mut unread: Vec<(usize, usize)> = lists
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.read == token.from && token.from < token.to)
            .map(|(place, token)| (lists.postings(token), place))
            .collect();
        unread.sort_by(|a, b| {
            let ratio = |&(postings, place): &(usize, usize)| {
                f64::from(lists.rest(&lists.tokens[place])) / postings as f64
            };
            ratio(b).total_cmp(&ratio(a))
        });
        let mut worth = scratch.touched.len() * DEEPENING_A_SEGMENT;
        for (postings, place) in unread {
            let Some(left) = worth.checked_sub(postings) else {
                break;
            };
            worth = left;
            if !budget.spend(postings * 2) {
                break;
            }
            let number = place as u32 + 1;
            rest -= lists.rest(&lists.tokens[place]);
            lists.tokens[place].read = lists.tokens[place].to;
            let Scratch {
                slots, is_touched, ..
            } = &mut *scratch;
            for &(bound, list) in lists.read(&lists.tokens[place]) {
                lists.arena.each(list, |doc| {
                    let bits = is_touched.get(doc as usize / 64);
                    if bits.is_some_and(|bits| bits >> (doc % 64) & 1 != 0)
                        && let Some(slot) = slots.get_mut(doc as usize)
                        && slot.last() != number
                    {
                        slot.add(number, bound);
                    }
                });
            }
        }
        rest
    }

    /// What may reach the percentage by its bag bound, and that bound; clears the scratch.
    fn bounded(
        &self,
        rest: u32,
        accept: &impl Fn(Doc) -> bool,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) -> Vec<(u32, Doc)> {
        let mut candidates = Vec::new();
        let least = need(weight::needed(self.percent, self.query.weight));
        let touched = std::mem::take(&mut scratch.touched);
        for &doc in &touched {
            let gain = scratch.slots[doc as usize].gain();
            scratch.is_touched[doc as usize / 64] = 0;
            let most = rest.saturating_add(gain);
            if most < least || most < self.need(doc) || !accept(doc) {
                continue;
            }
            self.part.marks(doc, &mut scratch.marks);
            if !budget.spend(scratch.marks.len() * 8) {
                continue; // go on clearing
            }
            let (bound, looked_at) = self.bag_bound(&scratch.marks, &mut scratch.bounds);
            budget.spend(looked_at);
            if bound >= self.need(doc) {
                candidates.push((bound, doc));
            }
        }
        scratch.touched = touched;
        scratch.touched.clear();
        candidates
    }

    fn need(&self, doc: Doc) -> u32 {
        need(weight::needed(
            self.percent,
            self.query.weight.max(self.part.weight(doc)),
        ))
    }

    /// The bound, and how much was looked at for it: a word that the query has a thousand times counts so often.
    fn bag_bound(&self, marks: &[Mark], bounds: &mut Vec<u32>) -> (u32, usize) {
        bounds.clear();
        bounds.resize(self.query.len(), 0);
        let (mut sum, mut looked_at) = (0u32, bounds.len() / 16);
        self.query
            .each_bound(marks, self.vocabulary, |token, bound| {
                looked_at += 1;
                let known = &mut bounds[token];
                if bound > *known {
                    sum = sum.saturating_add(bound - *known);
                    *known = bound;
                }
            });
        (
            sum.saturating_sub(self.query.counted_twice(marks, bounds)),
            looked_at,
        )
    }

    fn align(
        &self,
        mut candidates: Vec<(u32, Doc)>,
        best: &mut Best,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) {
        let rank = |points: f64, doc: Doc| {
            let whole = f64::from(self.query.weight.max(self.part.weight(doc)));
            100.0 * points / whole - f64::from(self.penalty)
        };
        let rank_of_bound =
            |&(bound, doc): &(u32, Doc)| rank(f64::from(bound) / f64::from(BOUNDS_A_WEIGHT), doc);
        candidates.sort_unstable_by(|a, b| {
            rank_of_bound(b)
                .total_cmp(&rank_of_bound(a))
                .then(a.1.cmp(&b.1))
        });
        for candidate in candidates {
            // A little slack: the floor is a rounded quotient too.
            if rank_of_bound(&candidate) + 1e-9 < best.floor() {
                break;
            }
            let doc = candidate.1;
            self.part.marks(doc, &mut scratch.marks);
            self.query
                .meet(&scratch.marks, self.vocabulary, &mut scratch.meeting);
            let cells = self.query.len() * scratch.meeting.len();
            if !budget.spend(cells + scratch.meeting.earnings() * 8) {
                break;
            }
            let points = align::best(
                scratch.meeting.len(),
                self.query.len(),
                &scratch.meeting,
                &mut scratch.rows,
            );
            let weight = self.part.weight(doc);
            if weight::percent(points, self.query.weight, weight) >= self.percent {
                best.push(Candidate {
                    rank: rank(points as f64 / weight::POINT as f64, doc),
                    unit: self.part.unit(doc),
                    memory: self.memory,
                    points,
                    weight,
                    part: self.place,
                    doc,
                });
            }
        }
    }
}
