//! Concordance: words and phrases in the stored segments, on either side, each hit with its places.
//!
//! The index names units, newest first; what is shown, and that it is a hit, is decided on the rows.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::not_found;
use super::view::{self, Offsets};
use super::{Caller, Engine, Error, invalid};
use crate::index::Search;
use crate::model::{Lang, MemoryId, Unit, UnitId, Variant};
use crate::store::Memory;
use crate::text::{self, Analysis, Wanted};

/// The longest query, in characters.
pub const MAX_QUERY: usize = 400;
/// The most hits on a page.
pub const MOST_HITS: usize = 100;
/// Rows that one page reads at most.
const ROWS: usize = 2_000;

/// What is searched for, and where.
#[derive(Clone, Debug, Default)]
pub struct Concordance {
    /// Words, and phrases in quotes; see [`crate::text::wanted`].
    pub query: String,
    /// The language to search in; all where left out.
    pub lang: Option<Lang>,
    /// Only units that have a text in this language besides; only these texts are shown beside a hit.
    pub target_lang: Option<Lang>,
    /// Only this memory; all that the caller may read where left out.
    pub memory: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// The most hits, 1–100.
    pub limit: usize,
}

/// A page of hits, the newest units first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConcordancePage {
    /// One for each unit.
    pub hits: Vec<ConcordanceHit>,
    /// Give it back as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The work budget ended this page before it was full; `cursor` goes on.
    pub truncated: bool,
}

/// A unit in which everything that was asked for occurs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConcordanceHit {
    pub unit_id: String,
    pub rev: i64,
    /// Its memory.
    pub memory: String,
    /// Language of the text in which it occurs.
    #[schema(value_type = String)]
    pub lang: Lang,
    /// That text.
    pub text: String,
    /// Where it occurs in the text, in order, without overlap.
    pub spans: Vec<Span>,
    /// The unit's other texts.
    pub translations: Vec<ConcordanceText>,
    /// RFC 3339, UTC.
    pub changed_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// Another text of a hit's unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConcordanceText {
    #[schema(value_type = String)]
    pub lang: Lang,
    pub text: String,
}

/// A stretch of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Span {
    /// Code points, end exclusive.
    pub start: usize,
    pub end: usize,
    pub start_utf16: usize,
    pub end_utf16: usize,
}

impl Engine {
    /// Searches; see [`Concordance`].
    ///
    /// # Errors
    /// `empty_query`, `query_too_long`, `out_of_range`, `invalid_cursor`; [`Error::NotFound`] for a memory that is
    /// not there, or not for this caller.
    pub fn concordance(
        &self,
        caller: &Caller,
        asked: &Concordance,
    ) -> Result<ConcordancePage, Error> {
        self.must_be_ready()?;
        check(asked)?;
        let list = list(asked);
        let before = asked
            .cursor
            .as_deref()
            .map(|cursor| view::read_cursor(&list, cursor, "cursor"))
            .transpose()?
            .map(UnitId);
        let memories = self.concordance_memories(caller, asked)?;
        let wanted = Wanted::read(&asked.query);
        let mut page = Collecting {
            asked,
            memories: &memories,
            wanted: &wanted,
            analysis: Analysis::default(),
            hits: Vec::new(),
            last: None,
        };
        let (reached, truncated) = if wanted.is_empty() {
            (None, false)
        } else {
            page.fill(self, before)?
        };
        Ok(ConcordancePage {
            hits: page.hits,
            cursor: reached.map(|unit| view::cursor(&list, unit.0)),
            truncated,
        })
    }

    fn concordance_memories(
        &self,
        caller: &Caller,
        asked: &Concordance,
    ) -> Result<Vec<Memory>, Error> {
        let mut memories = self.store.read(|reader| Self::readable(caller, reader))?;
        if let Some(name) = &asked.memory {
            memories.retain(|memory| memory.name == *name);
            if memories.is_empty() {
                return Err(not_found("memory"));
            }
        }
        Ok(memories)
    }
}

fn check(asked: &Concordance) -> Result<(), Error> {
    if asked.query.trim().is_empty() {
        let reason = "give the words to search for, phrases in \"quotes\"";
        return Err(invalid("empty_query", "q", reason));
    }
    if asked.query.chars().count() > MAX_QUERY {
        let reason = "a query has at most 400 characters: search for less at once";
        return Err(invalid("query_too_long", "q", reason));
    }
    if !(1..=MOST_HITS).contains(&asked.limit) {
        let reason = "1 to 100 hits can be asked for";
        return Err(invalid("out_of_range", "limit", reason));
    }
    Ok(())
}

/// A page that is being filled.
struct Collecting<'a> {
    asked: &'a Concordance,
    memories: &'a [Memory],
    wanted: &'a Wanted,
    analysis: Analysis,
    hits: Vec<ConcordanceHit>,
    /// The unit of the last hit.
    last: Option<UnitId>,
}

impl Collecting<'_> {
    /// Fills it with units older than `before`. Where the next page begins, and whether the budget ended this one.
    fn fill(
        &mut self,
        engine: &Engine,
        mut before: Option<UnitId>,
    ) -> Result<(Option<UnitId>, bool), Error> {
        let memories: Vec<MemoryId> = self.memories.iter().map(|memory| memory.id).collect();
        let lang = self.asked.lang.as_ref().map(Lang::group);
        let target = self.asked.target_lang.as_ref().map(Lang::group);
        let mut rows = 0;
        loop {
            let found = engine.index.occurring(&Search {
                memories: &memories,
                lang: lang.as_ref(),
                target: target.as_ref(),
                wanted: self.wanted,
                before,
                // One more than is shown tells whether there is a next page.
                most: self.asked.limit - self.hits.len() + 1,
            });
            rows += found.units.len();
            let units = engine.store.read(|reader| reader.units(&found.units))?;
            for unit in &units {
                let Some(hit) = self.show(unit) else {
                    continue;
                };
                if self.hits.len() == self.asked.limit {
                    return Ok((self.last, false));
                }
                self.hits.push(hit);
                self.last = Some(unit.id);
            }
            if found.next.is_none() || found.spent || rows >= ROWS {
                return Ok((found.next, found.next.is_some()));
            }
            before = found.next;
        }
    }

    /// The unit as a hit, if it is one.
    fn show(&mut self, unit: &Unit) -> Option<ConcordanceHit> {
        let memory = self.memories.iter().find(|m| m.id == unit.memory)?;
        let asked = self.asked;
        let in_lang = |v: &&Variant| asked.lang.as_ref().is_none_or(|lang| v.lang.meets(lang));
        for variant in unit.variants.iter().filter(in_lang) {
            text::analyse_into(&variant.text, &mut self.analysis);
            let found = self.wanted.occurrences(&self.analysis);
            if found.is_empty() {
                continue;
            }
            let other = |v: &&Variant| {
                let wanted = asked.target_lang.as_ref();
                !std::ptr::eq(*v, variant) && wanted.is_none_or(|lang| v.lang.meets(lang))
            };
            let translations: Vec<ConcordanceText> = unit
                .variants
                .iter()
                .filter(other)
                .map(|v| ConcordanceText {
                    lang: v.lang.clone(),
                    text: v.text.clone(),
                })
                .collect();
            if translations.is_empty() {
                continue;
            }
            let mut offsets = Offsets::new(&variant.text);
            let span = |range: std::ops::Range<usize>| {
                let (start, start_utf16) = offsets.at(range.start);
                let (end, end_utf16) = offsets.at(range.end);
                Span {
                    start,
                    end,
                    start_utf16,
                    end_utf16,
                }
            };
            return Some(ConcordanceHit {
                unit_id: view::unit_id(unit.id),
                rev: unit.rev,
                memory: memory.name.clone(),
                lang: variant.lang.clone(),
                text: variant.text.clone(),
                spans: found.into_iter().map(span).collect(),
                translations,
                changed_at: view::time(unit.changed.at),
                changed_by: unit.changed.by.clone(),
            });
        }
        None
    }
}

/// The list of its hits, for cursors: they are good for this question only.
fn list(asked: &Concordance) -> String {
    let lang = |lang: &Option<Lang>| lang.as_ref().map(|lang| lang.as_str().to_owned());
    format!(
        "concordance of {:?} in {:?} {:?} {:?}",
        asked.query,
        lang(&asked.lang),
        lang(&asked.target_lang),
        asked.memory,
    )
}

#[cfg(test)]
mod tests {
    use super::super::trial::{World, reader_of};
    use super::*;

    fn ask(
        world: &World,
        caller: &Caller,
        query: &str,
        memory: Option<&str>,
    ) -> Result<Vec<String>, Error> {
        let asked = Concordance {
            query: query.into(),
            memory: memory.map(str::to_owned),
            limit: 3,
            ..Concordance::default()
        };
        let page = world.engine.concordance(caller, &asked)?;
        Ok(page.hits.into_iter().map(|hit| hit.text).collect())
    }

    #[test]
    fn only_what_the_caller_may_read_is_found() {
        let world = World::new(&["mine", "theirs"]);
        let me = reader_of(world.id("mine"));
        for number in 0..9 {
            world.add("theirs", &format!("their word {number}"));
        }
        world.add("mine", "my word");
        for number in 0..9 {
            world.add("theirs", &format!("their other word {number}"));
        }
        assert_eq!(ask(&world, &me, "word", None).unwrap(), ["my word"]);
        assert_eq!(ask(&world, &me, "word", Some("mine")).unwrap(), ["my word"]);
        for memory in ["theirs", "never"] {
            let found = ask(&world, &me, "word", Some(memory));
            assert!(matches!(found, Err(Error::NotFound { .. })), "{found:?}");
        }
        let everyone = ask(&world, &Caller::local(), "\"word 8\"", None).unwrap();
        assert_eq!(everyone, ["their other word 8", "their word 8"]);
    }

    #[test]
    fn a_cursor_is_good_for_its_question_only() {
        let asked = |query: &str, memory: Option<&str>| Concordance {
            query: query.into(),
            memory: memory.map(str::to_owned),
            ..Concordance::default()
        };
        let list = |query, memory| list(&asked(query, memory));
        let given = view::cursor(&list("a", None), 255);
        let read = |list: &str, text: &str| view::read_cursor(list, text, "cursor");
        assert_eq!(read(&list("a", None), &given).unwrap(), 255);
        assert!(read(&list("b", None), &given).is_err());
        assert!(read(&list("a", Some("m")), &given).is_err());
    }
}
