//! Looking up a segment: index, then the rows of what it found, then the score that is shown.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::filter::{Bounds, Filter};
use super::glossary::{MentionView, mentions};
use super::requests::{
    Explanation, Include, Lookup, LookupReply, Match, MatchKind, WordStanding, WordView,
};
use super::view::{self, Offsets};
use super::{Caller, Engine, Error, Role, invalid};
use crate::index::{Found, Question};
use crate::model::{Context, MemoryId, Style, Unit, UnitId, Variant};
use crate::names::Scope;
use crate::score::{self, Difference, Segment};
use crate::store;
use crate::text::{self, fold};

/// Fuzzy hits whose order is settled by the whole text (½(S + A)), for each match asked for …
const ORDERED_PER_MATCH: usize = 4;
/// … and at least so many.
const ORDERED_AT_LEAST: usize = 20;
/// Texts of together so many pairs of words, some milliseconds, are scored once more before they are shown.
const VERIFIED_CELLS: usize = 40_000;
/// With a filter, hits may fall away afterwards, so more are kept.
const KEPT_WITH_FILTER: usize = 2_000;

impl Engine {
    /// Answers one look-up; see [`Lookup`] for the settings and [`crate::score`] for what a score means.
    pub fn lookup(&self, caller: &Caller, lookup: &Lookup) -> Result<LookupReply, Error> {
        self.must_be_ready()?;
        Asked::new(lookup)?.answer(self, caller)
    }
}

/// A look-up that was found to be in order.
struct Asked<'a> {
    lookup: &'a Lookup,
    segment: Segment<'a>,
    filter: Option<Bounds<'a>>,
}

/// A unit that will be shown, if it is among the best.
struct Shown<'a> {
    unit: &'a Unit,
    memory: &'a store::Memory,
    source: &'a Variant,
    target: &'a Variant,
    percent: u8,
    kind: MatchKind,
    /// Exactly the languages asked for, rather than others of their groups.
    exact: bool,
    order: f64,
}

impl<'a> Asked<'a> {
    fn new(lookup: &'a Lookup) -> Result<Self, Error> {
        check_bounds(lookup.threshold, lookup.limit)?;
        let segment = match &lookup.text_tagged {
            Some(tagged) => tagged_segment(tagged, &lookup.text)?,
            None => Segment::plain(&lookup.text),
        };
        view::check_asked(&segment.text, "/text")?;
        let filter = lookup.filter.as_ref().map(ready).transpose()?;
        Ok(Self {
            lookup,
            segment,
            filter,
        })
    }

    /// The names in the segment, for those who ask for them.
    fn mentions(
        &self,
        engine: &Engine,
        caller: &Caller,
    ) -> Result<Option<Vec<MentionView>>, Error> {
        if !self.lookup.include.contains(&Include::Mentions) {
            return Ok(None);
        }
        caller.must_have_in_glossary(Role::Read)?;
        let scope = Scope {
            lang: Some(&self.lookup.source_lang),
            kinds: None,
        };
        let (live, style) = (engine.live.snapshot(), Style::default());
        let text = &self.segment.text;
        Ok(Some(mentions(&live.finder, text, scope, &style)))
    }

    fn answer(&self, engine: &Engine, caller: &Caller) -> Result<LookupReply, Error> {
        let memories = self.memories(engine, caller)?;
        let ids: Vec<(MemoryId, u8)> = memories.values().map(|m| (m.id, m.penalty)).collect();
        let limit = usize::from(self.lookup.limit);
        let found = engine.index.search(&Question {
            memories: &ids,
            source: &self.lookup.source_lang.group(),
            target: &self.lookup.target_lang.group(),
            text: &self.segment.text,
            analysis: &self.segment.analysis,
            threshold: self.lookup.threshold,
            keep: match self.filter {
                Some(_) => KEPT_WITH_FILTER,
                None => (limit * ORDERED_PER_MATCH).max(ORDERED_AT_LEAST),
            },
        });
        let orders: FxHashMap<UnitId, (u8, f64)> = found
            .fuzzy
            .iter()
            .map(|hit| (hit.unit, (hit.percent, hit.order)))
            .collect();
        let near: FxHashSet<UnitId> = found.near.iter().map(|(_, unit)| *unit).collect();
        let units = self.rows(engine, &found)?;
        let mut shown: Vec<Shown> = units
            .iter()
            .filter_map(|unit| {
                let fuzzy = orders.get(&unit.id).copied();
                self.show(
                    unit,
                    memories.get(&unit.memory)?,
                    near.contains(&unit.id),
                    fuzzy,
                )
            })
            .collect();
        shown.sort_by(|a, b| {
            sort_key(b)
                .partial_cmp(&sort_key(a))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let matches = shown
            .iter()
            .filter_map(|shown| self.verified(shown))
            .take(limit)
            .collect();
        Ok(LookupReply {
            mentions: self.mentions(engine, caller)?,
            matches,
            truncated: found.truncated,
        })
    }

    /// The memories asked, by number. One that is named and unknown is an error.
    fn memories(
        &self,
        engine: &Engine,
        caller: &Caller,
    ) -> Result<FxHashMap<MemoryId, store::Memory>, Error> {
        let all = engine
            .store
            .read(|reader| Engine::readable(caller, reader))?;
        let chosen = match &self.lookup.memories {
            None => all,
            Some(names) => {
                let unknown = names
                    .iter()
                    .any(|name| !all.iter().any(|memory| memory.name == *name));
                if unknown {
                    return Err(Error::NotFound {
                        what: "memory".into(),
                    });
                }
                all.into_iter()
                    .filter(|memory| names.contains(&memory.name))
                    .collect()
            }
        };
        Ok(chosen
            .into_iter()
            .map(|memory| (memory.id, memory))
            .collect())
    }

    fn rows(&self, engine: &Engine, found: &Found) -> Result<Vec<Unit>, Error> {
        let mut ids: Vec<UnitId> = found.near.iter().map(|(_, unit)| *unit).collect();
        ids.extend(found.fuzzy.iter().map(|hit| hit.unit));
        ids.sort_unstable_by_key(|id| Reverse(*id));
        ids.dedup();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut units = engine.store.read(|reader| reader.units_and_imports(&ids))?;
        if let Some(filter) = &self.filter {
            units.retain(|(unit, import)| filter.admits(unit, *import));
        }
        Ok(units.into_iter().map(|(unit, _)| unit).collect())
    }

    /// Chooses the variants of a unit and scores them; `None` below the threshold.
    fn show<'u>(
        &self,
        unit: &'u Unit,
        memory: &'u store::Memory,
        near: bool,
        fuzzy: Option<(u8, f64)>,
    ) -> Option<Shown<'u>> {
        let source_group = self.lookup.source_lang.group();
        let target_group = self.lookup.target_lang.group();
        let exact_target = unit
            .variants
            .iter()
            .find(|v| v.lang == self.lookup.target_lang);
        let sources = unit
            .variants
            .iter()
            .filter(|v| v.lang.group() == source_group);
        let shown = sources.filter_map(|source| {
            // A variant is no translation of itself: `en` to `en-GB` needs another one.
            let other = |v: &&Variant| !std::ptr::eq(*v, source) && v.lang.group() == target_group;
            let target = exact_target
                .filter(other)
                .or_else(|| unit.variants.iter().find(other))?;
            let (percent, order) = match (fuzzy, near) {
                // The index knows: it compared the words, and they are not nearly the same.
                (Some(fuzzy), false) => fuzzy,
                _ => {
                    let stored = Segment::tagged(&source.text, source.tagged.as_deref());
                    let percent = score::compare(&self.segment, &stored).percent;
                    (percent, f64::from(percent) / 100.0)
                }
            };
            let percent = if percent == 100 {
                100 + self.agreement(&unit.context)
            } else {
                percent
            };
            let kind = match percent {
                101.. => MatchKind::Context,
                100 => MatchKind::Same,
                score::LEAST_NEAR..=99 => MatchKind::Near,
                _ => MatchKind::Fuzzy,
            };
            let exact =
                source.lang == self.lookup.source_lang && target.lang == self.lookup.target_lang;
            let percent = percent.saturating_sub(memory.penalty);
            let order = order - f64::from(memory.penalty) / 100.0;
            (percent >= self.lookup.threshold).then_some(Shown {
                unit,
                memory,
                source,
                target,
                percent,
                kind,
                exact,
                order,
            })
        });
        shown.max_by_key(|shown| (shown.percent, shown.exact))
    }

    /// 1 if both neighbours agree or the id, 2 if all do.
    fn agreement(&self, stored: &Context) -> u8 {
        let Some(asked) = &self.lookup.context else {
            return 0;
        };
        let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => fold::same(a) == fold::same(b),
            (None, None) => true,
            _ => false,
        };
        let neighbours = (asked.previous.is_some() || asked.next.is_some())
            && same(&asked.previous, &stored.previous)
            && same(&asked.next, &stored.next);
        let id = asked.id.is_some() && asked.id == stored.id;
        u8::from(neighbours) + u8::from(id)
    }

    /// The match as it is sent. A fuzzy score is computed once more from the row: between index and row
    /// somebody may have changed the text, and a percentage must be that of the text beside it.
    fn verified(&self, shown: &Shown) -> Option<Match> {
        let stored = Segment::tagged(&shown.source.text, shown.source.tagged.as_deref());
        let mut percent = shown.percent;
        let cells = self.segment.analysis.tokens.len() * stored.analysis.tokens.len();
        if shown.kind == MatchKind::Fuzzy && cells <= VERIFIED_CELLS {
            percent = score::fuzzy(&self.segment, &stored).saturating_sub(shown.memory.penalty);
            if percent < self.lookup.threshold {
                return None;
            }
        }
        let explain = self.lookup.include.contains(&Include::Explain);
        let unit = shown.unit;
        Some(Match {
            score: percent,
            kind: shown.kind,
            source: shown.source.text.clone(),
            target: shown.target.text.clone(),
            source_tagged: shown.source.tagged.clone(),
            target_tagged: shown.target.tagged.clone(),
            source_lang: shown.source.lang.clone(),
            target_lang: shown.target.lang.clone(),
            memory: shown.memory.name.clone(),
            unit_id: view::unit_id(unit.id),
            rev: unit.rev,
            created_at: view::time(unit.created.at),
            created_by: unit.created.by.clone(),
            changed_at: view::time(unit.changed.at),
            changed_by: unit.changed.by.clone(),
            context: (unit.context != Context::default()).then(|| unit.context.clone()),
            metadata: (!unit.metadata.is_empty()).then(|| unit.metadata.clone()),
            explain: explain
                .then(|| self.explanation(&stored, shown.memory.penalty))
                .flatten(),
        })
    }

    fn explanation(&self, stored: &Segment, penalty: u8) -> Option<Explanation> {
        let explained = score::explain(&self.segment, stored)?;
        let mut differences: Vec<String> = score::near(&self.segment, stored)
            .map(|near| {
                near.differences
                    .iter()
                    .map(|d| name_of(*d).to_owned())
                    .collect()
            })
            .unwrap_or_default();
        if penalty > 0 {
            differences.push(format!("memory penalty {penalty}"));
        }
        Some(Explanation {
            text: words(&self.segment.text, &explained.a),
            source: words(stored.text.as_ref(), &explained.b),
            similarity: (explained.similarity * 100.0).floor() / 100.0,
            differences,
        })
    }
}

pub(super) fn check_bounds(threshold: u8, limit: u8) -> Result<(), Error> {
    if !(30..=102).contains(&threshold) {
        let reason = "a threshold is a percentage from 30 to 102";
        return Err(invalid("out_of_range", "/threshold", reason));
    }
    if !(1..=100).contains(&limit) {
        let reason = "1 to 100 matches can be asked for";
        return Err(invalid("out_of_range", "/limit", reason));
    }
    Ok(())
}

/// A segment given with its tags; `text`, if it is not empty, must be its plain text.
fn tagged_segment(tagged: &str, text: &str) -> Result<Segment<'static>, Error> {
    let wrong = |reason: &str| invalid("invalid_tags", "/text_tagged", reason);
    let plain = text::tags::plain(tagged).map_err(|error| wrong(&error.to_string()))?;
    if !text.is_empty() && plain != text {
        return Err(wrong(
            "its plain text is not that of `text`: give one of the two",
        ));
    }
    let tags = Some(text::tags::signature(tagged));
    Ok(Segment {
        analysis: text::analyse(&plain),
        text: plain.into(),
        tags,
    })
}

/// 95 and above by score; below, one band in the order of the whole text; then the exact languages, then the newest.
fn sort_key(shown: &Shown) -> (u8, f64, bool, i64, UnitId) {
    let band = if shown.percent >= score::LEAST_NEAR {
        shown.percent
    } else {
        0
    };
    (
        band,
        shown.order,
        shown.exact,
        shown.unit.changed.at,
        shown.unit.id,
    )
}

fn name_of(difference: Difference) -> &'static str {
    match difference {
        Difference::Convention => "spelling",
        Difference::Case => "case",
        Difference::Letters => "letters",
        Difference::Punctuation => "punctuation",
        Difference::Numbers => "numbers",
        Difference::Placeables => "placeables",
        Difference::Tags => "tags",
    }
}

fn words(text: &str, words: &[score::Word]) -> Vec<WordView> {
    let mut offsets = Offsets::new(text);
    let view = |word: &score::Word| {
        let (start, start_utf16) = offsets.at(word.source.start);
        let (end, end_utf16) = offsets.at(word.source.end);
        WordView {
            text: text.get(word.source.clone()).unwrap_or_default().to_owned(),
            start,
            end,
            start_utf16,
            end_utf16,
            standing: match word.standing {
                score::Standing::Same => WordStanding::Same,
                score::Standing::Similar => WordStanding::Similar,
                score::Standing::Missing => WordStanding::Missing,
            },
            weight: f64::from(word.weight),
            earned: (word.earned * 100.0).round() / 100.0,
        }
    };
    words.iter().map(view).collect()
}

pub(super) fn ready(filter: &Filter) -> Result<Bounds<'_>, Error> {
    filter.ready("/filter/")
}
