//! Find and replace in the texts of a memory, with a preview that writes nothing. In tagged text only what stands
//! between tags is searched, so the tags stay as they are.

use std::ops::Range;

use regex::{NoExpand, Regex, RegexBuilder, Replacer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bulk::BulkView;
use super::bulk_actions::start;
use super::filter::Filter;
use super::view::{self, Offsets};
use super::{Caller, Engine, Error, Role, invalid};
use crate::model::{Draft, Lang, Unit, UnitId, Variant};
use crate::store::{BulkKind, Outcome, Prepared};
use crate::text::tags;

/// The longest pattern, in characters.
const MAX_PATTERN: usize = 512;
/// The longest replacement, in characters.
const MAX_WITH: usize = 1_000;
/// What a compiled pattern may take, in bytes.
const PATTERN_BYTES: usize = 1 << 20;
/// The most units on a page of a preview.
const MOST_PREVIEWED: usize = 100;
/// How many times a page of a preview is filled up.
const LOOKS_FOR_A_PAGE: usize = 4;

/// What to find and what to put in its place. `POST /v1/memories/{name}/bulk/replace`, and `…/replace/preview`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkReplace {
    /// The language whose texts are changed; `fa` means `fa-IR` too.
    #[schema(value_type = String)]
    pub lang: Lang,
    /// A text as it stands, or with `regex` a regular expression (of Rust's crate `regex`), at most 512 characters.
    #[schema(min_length = 1, max_length = 512)]
    pub find: String,
    /// What comes in its place; with `regex`, `$1` or `${name}` stand for groups and `$$` for a `$`.
    #[schema(max_length = 1000)]
    pub with: String,
    /// Whether `find` is a regular expression.
    #[serde(default)]
    pub regex: bool,
    /// Whether upper and lower case are the same.
    #[serde(default)]
    pub ignore_case: bool,
    /// Only in these units.
    #[serde(default)]
    pub filter: Filter,
}

/// What a replacement would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplacePreview {
    pub changes: Vec<ReplacedText>,
    /// Give it back as `cursor` for the next page; absent on the last one. A page may be short and have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One text before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplacedText {
    pub id: String,
    pub rev: i64,
    #[schema(value_type = String)]
    pub lang: Lang,
    pub before: String,
    pub after: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_tagged: Option<String>,
    /// What was found, in `before`.
    pub found: Vec<SpanView>,
    /// What stands there instead, in `after`.
    pub placed: Vec<SpanView>,
    /// Why this unit would be left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A stretch of a text, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpanView {
    /// Code points.
    pub start: usize,
    pub end: usize,
    pub start_utf16: usize,
    pub end_utf16: usize,
}

/// A pattern that was found to be good, and what it puts.
struct Pattern<'a> {
    asked: &'a BulkReplace,
    regex: Regex,
}

/// A text with everything found replaced.
struct Replaced {
    text: String,
    tagged: Option<String>,
    found: Vec<Range<usize>>,
    placed: Vec<Range<usize>>,
}

impl<'a> Pattern<'a> {
    fn new(asked: &'a BulkReplace) -> Result<Self, Error> {
        let length = asked.find.chars().count();
        if !(1..=MAX_PATTERN).contains(&length) {
            let reason = format!("1 to {MAX_PATTERN} characters can be looked for");
            return Err(invalid("out_of_range", "/find", &reason));
        }
        if asked.with.chars().count() > MAX_WITH {
            let reason = format!("at most {MAX_WITH} characters");
            return Err(invalid("out_of_range", "/with", &reason));
        }
        asked.filter.ready("/filter/")?;
        let text = match asked.regex {
            true => asked.find.clone(),
            false => regex::escape(&asked.find),
        };
        let regex = RegexBuilder::new(&text)
            .case_insensitive(asked.ignore_case)
            .size_limit(PATTERN_BYTES)
            .dfa_size_limit(PATTERN_BYTES)
            .build()
            .map_err(|error| invalid("invalid_pattern", "/find", &error.to_string()))?;
        if regex.is_match("") {
            let reason = "this pattern finds the empty text, which is everywhere: ask for one character at least";
            return Err(invalid("invalid_pattern", "/find", reason));
        }
        Ok(Self { asked, regex })
    }

    /// A variant with everything found replaced; none where nothing was found.
    fn replaced(&self, variant: &Variant) -> Option<Replaced> {
        let mut done = Replaced {
            text: String::with_capacity(variant.text.len()),
            tagged: None,
            found: Vec::new(),
            placed: Vec::new(),
        };
        let mut before = 0;
        match &variant.tagged {
            None => drop(self.run(&variant.text, &mut before, &mut done)),
            Some(tagged) => {
                let new = tags::map_text(tagged, |text| self.run(text, &mut before, &mut done));
                // What is stored was checked when it came.
                done.tagged = Some(new.ok()?);
            }
        }
        (!done.found.is_empty()).then_some(done)
    }

    /// Replaces in a run of text, which begins at the byte `before` of the whole.
    fn run(&self, text: &str, before: &mut usize, done: &mut Replaced) -> Option<String> {
        let (start, found) = (done.text.len(), done.found.len());
        let mut copied = 0;
        for captures in self.regex.captures_iter(text) {
            let Some(whole) = captures.get(0).filter(|whole| !whole.is_empty()) else {
                continue;
            };
            done.text
                .push_str(text.get(copied..whole.start()).unwrap_or_default());
            let at = done.text.len();
            match self.asked.regex {
                true => captures.expand(&self.asked.with, &mut done.text),
                false => NoExpand(&self.asked.with).replace_append(&captures, &mut done.text),
            }
            done.found
                .push(*before + whole.start()..*before + whole.end());
            done.placed.push(at..done.text.len());
            copied = whole.end();
        }
        done.text.push_str(text.get(copied..).unwrap_or_default());
        *before += text.len();
        (done.found.len() > found).then(|| done.text.get(start..).unwrap_or_default().to_owned())
    }

    /// The texts of a unit in which something was found, by their places.
    fn in_unit(&self, unit: &Unit) -> Vec<(usize, Replaced)> {
        let variants = unit.variants.iter().enumerate();
        variants
            .filter(|(_, variant)| variant.lang.meets(&self.asked.lang))
            .filter_map(|(place, variant)| Some((place, self.replaced(variant)?)))
            .collect()
    }

    fn preview(&self, unit: &Unit) -> Vec<ReplacedText> {
        let texts = self.in_unit(unit).into_iter();
        texts
            .filter_map(|(place, new)| {
                let old = unit.variants.get(place)?;
                Some(ReplacedText {
                    id: view::unit_id(unit.id),
                    rev: unit.rev,
                    lang: old.lang.clone(),
                    found: spans(&old.text, &new.found),
                    placed: spans(&new.text, &new.placed),
                    problem: view::check_text(&new.text, "/text")
                        .err()
                        .map(|error| error.to_string()),
                    before: old.text.clone(),
                    after: new.text,
                    after_tagged: new.tagged,
                })
            })
            .collect()
    }

    /// The unit with everything replaced: none where nothing was found, an error where no segment would come of it.
    fn draft(&self, unit: &Unit) -> Option<Result<Prepared, Error>> {
        let texts = self.in_unit(unit);
        if texts.is_empty() {
            return None;
        }
        let mut draft = Draft {
            variants: unit.variants.clone(),
            source: unit.source,
            context: unit.context.clone(),
            metadata: unit.metadata.clone(),
            created: None,
            changed: None,
        };
        for (place, new) in texts {
            if let Err(error) = view::check_text(&new.text, "/text") {
                return Some(Err(error));
            }
            if let Some(variant) = draft.variants.get_mut(place) {
                variant.text = new.text;
                variant.tagged = new.tagged;
            }
        }
        Some(Prepared::new(draft).map_err(Error::from))
    }
}

fn spans(text: &str, ranges: &[Range<usize>]) -> Vec<SpanView> {
    let mut offsets = Offsets::new(text);
    let span = |range: &Range<usize>| {
        let (start, start_utf16) = offsets.at(range.start);
        let (end, end_utf16) = offsets.at(range.end);
        SpanView {
            start,
            end,
            start_utf16,
            end_utf16,
        }
    };
    ranges.iter().map(span).collect()
}

impl Engine {
    /// What [`Engine::bulk_replace`] would do, a page of units at a time.
    pub fn preview_replace(
        &self,
        caller: &Caller,
        memory: &str,
        asked: &BulkReplace,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<ReplacePreview, Error> {
        if !(1..=MOST_PREVIEWED).contains(&limit) {
            let reason = format!("1 to {MOST_PREVIEWED} units are shown at once");
            return Err(invalid("out_of_range", "limit", &reason));
        }
        let memory = self.memory_for(caller, Role::Read, memory)?.id;
        let pattern = Pattern::new(asked)?;
        let bounds = asked.filter.ready("/filter/")?;
        let mut after = cursor
            .map(|cursor| view::read_cursor(&view::units_of(memory), cursor, "cursor"))
            .transpose()?
            .map(UnitId);
        let (mut changes, mut units) = (Vec::new(), 0);
        'pages: for _ in 0..LOOKS_FOR_A_PAGE {
            let page = self.filtered(memory, &bounds, after, super::bulk::UNITS_AT_ONCE)?;
            for unit in &page.units {
                let mut shown = pattern.preview(unit);
                after = Some(unit.id);
                if !shown.is_empty() {
                    changes.append(&mut shown);
                    units += 1;
                    if units == limit {
                        break 'pages;
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(ReplacePreview {
            changes,
            cursor: after.map(|unit| view::cursor(&view::units_of(memory), unit.0)),
        })
    }

    /// Finds and replaces in the texts of a memory.
    pub fn bulk_replace(
        &self,
        caller: &Caller,
        memory: &str,
        asked: &BulkReplace,
    ) -> Result<BulkView, Error> {
        let memory = self.memory_for(caller, Role::Write, memory)?.id;
        let pattern = Pattern::new(asked)?;
        let mut run = self.begin_bulk(caller, start(caller, memory, BulkKind::Replace, asked)?)?;
        let done = self.each_page(caller, memory, &asked.filter, |units| {
            let mut chosen = Vec::new();
            for unit in units {
                match pattern.draft(&unit) {
                    None => continue,
                    Some(Ok(new)) => chosen.push((unit.id, unit.rev, new)),
                    Some(Err(_)) => run.step.report.add_conflict(view::unit_id(unit.id)),
                }
                run.step.report.matched += 1;
            }
            if chosen.is_empty() {
                return Ok(());
            }
            run.write(chosen, |tx, (id, rev, new), step| {
                match tx.replace_in_bulk(id, rev, new, step.id, step.by.as_deref())? {
                    None => step.report.add_conflict(view::unit_id(id)),
                    Some(Outcome::Unchanged(..)) => step.report.unchanged += 1,
                    Some(_) => step.report.changed += 1,
                }
                Ok(())
            })
        });
        self.end_bulk(caller, run, done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(find: &str, with: &str, regex: bool, ignore_case: bool) -> BulkReplace {
        BulkReplace {
            lang: Lang::parse("en").unwrap(),
            find: find.into(),
            with: with.into(),
            regex,
            ignore_case,
            filter: Filter::default(),
        }
    }

    fn variant(text: &str, tagged: Option<&str>) -> Variant {
        Variant {
            lang: Lang::parse("en").unwrap(),
            text: text.into(),
            tagged: tagged.map(str::to_owned),
            metadata: Default::default(),
        }
    }

    #[test]
    fn what_is_found_is_replaced_and_told_where() {
        for (find, with, regex, ignore_case, text, after) in [
            ("a.c", "$0", false, false, "a.c abc", Some("$0 abc")),
            ("A", "x", false, true, "aA\u{1F600}a", Some("xx\u{1F600}x")),
            (
                r"(\d+) km",
                "${1} kilometres",
                true,
                false,
                "5 km",
                Some("5 kilometres"),
            ),
            ("b", "x", false, false, "ac", None),
        ] {
            let asked = asked(find, with, regex, ignore_case);
            let pattern = Pattern::new(&asked).unwrap();
            let new = pattern.replaced(&variant(text, None));
            assert_eq!(new.as_ref().map(|new| new.text.as_str()), after, "{find}");
            for (found, placed) in new.iter().flat_map(|new| new.found.iter().zip(&new.placed)) {
                assert!(text.get(found.clone()).is_some());
                assert!(after.unwrap().get(placed.clone()).is_some());
            }
        }
        for (find, regex) in [
            ("", false),
            ("(", true),
            ("x*", true),
            ("(a{999}){999}", true),
        ] {
            assert!(
                Pattern::new(&asked(find, "", regex, false)).is_err(),
                "{find}"
            );
        }
        assert!(Pattern::new(&asked(&"x".repeat(513), "", false, false)).is_err());
    }

    #[test]
    fn tags_stay_as_they_are() {
        let asked = asked("ph", "<b>", false, false);
        let pattern = Pattern::new(&asked).unwrap();
        let tagged = r#"a ph<ph type="ph">ph</ph>graph p<hi>h</hi>"#;
        let old = variant(&tags::plain(tagged).unwrap(), Some(tagged));
        let new = pattern.replaced(&old).unwrap();
        assert_eq!(
            new.tagged.as_deref(),
            Some(r#"a &lt;b&gt;<ph type="ph">ph</ph>gra&lt;b&gt; p<hi>h</hi>"#)
        );
        assert_eq!(
            new.text,
            tags::plain(new.tagged.as_deref().unwrap()).unwrap()
        );
        for (found, placed) in new.found.iter().zip(&new.placed) {
            assert_eq!(&old.text[found.clone()], "ph");
            assert_eq!(&new.text[placed.clone()], "<b>");
        }
    }
}
