//! Where other tools keep the context of a unit: TMX has no place for it, so each has its own `prop`.
//!
//! | tool | where | previous segment | next segment | key | sure? |
//! |---|---|---|---|---|---|
//! | OmegaT (`ProjectTMX.java`) | `tu` | `prev` | `next` | `id` | yes |
//! | memoQ; MateCat and MyMemory on the `tu` | source `tuv` | `x-context-pre` | `x-context-post` | `x-context` | the key is not |
//! | Phrase (Memsource) | source `tuv` | `context_prev` | `context_next` | | from converters |
//! | XTM | `tu` | `x-previous-source-text` | `x-next-source-text` | | from converters |
//! | `GlobalLink`, Wordfast | `tu` | `previousMd5Segment` | `nextMd5Segment` | | from converters |
//! | Trados Studio | `tu` | part 1 of `x-ContextContent` | | `x-IdContext` | see below |
//! | Transifex, Weblate | `tu` | | | `context` | yes (gettext's `msgctxt`) |
//!
//! Trados joins four parts with ` | `: text and tags of the source before, then the same of its translation.
//! Content with another number of parts (the text itself has ` | `) is not guessed at. Its `x-Context` is a pair
//! of hashes, which nothing but Trados can compute; only an `x-context` that is no pair of numbers is a key.
//! A value may be wrapped in `<seg>…</seg>` (memoQ); that and inline elements in it are taken off.
//!
//! OmegaT's three come first, whatever else there is; then the first that says something, in file order.
//! **They are taken out of the props**, because they say nothing beyond the context; the writer puts them back
//! before all other props, so that what is read, written and read again stays one unit with one context.
//! The props of other tools stay among the props, and the writer adds OmegaT's only where they do not already
//! say the same.

use super::seg;
use crate::model::{Context, Metadata, Prop};

/// The props that this program writes, which are OmegaT's.
const PREVIOUS: &str = "prev";
const NEXT: &str = "next";
const ID: &str = "id";

/// Which part of a context a prop holds, and what it says.
enum Part {
    Previous(String),
    Next(String),
    Id(String),
}

/// Takes the context out of the props of a `tu`, looking also at those of its source `tuv`.
pub(super) fn take(unit: &mut Metadata, source: &Metadata) -> Context {
    let mut context = Context {
        previous: take_prop(&mut unit.props, PREVIOUS),
        next: take_prop(&mut unit.props, NEXT),
        id: take_prop(&mut unit.props, ID),
    };
    if !unit.props.is_empty() || !source.props.is_empty() {
        let others = of_others(unit, source);
        context.previous = context.previous.or(others.previous);
        context.next = context.next.or(others.next);
        context.id = context.id.or(others.id);
    }
    context
}

/// The first prop of this type, if it says something.
fn take_prop(props: &mut Vec<Prop>, kind: &str) -> Option<String> {
    let at = props.iter().position(|prop| prop.kind == kind)?;
    let says_all = props[at].lang.is_none() && !props[at].text.trim().is_empty();
    says_all.then(|| props.remove(at).text)
}

/// The props to write before all others: what the props of the unit do not already say.
pub(super) fn to_write<'a>(
    context: &'a Context,
    unit: &Metadata,
    source: &Metadata,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let said = if unit.props.is_empty() && source.props.is_empty() {
        Context::default()
    } else {
        of_others(unit, source)
    };
    let parts = [
        (PREVIOUS, &context.previous, said.previous),
        (NEXT, &context.next, said.next),
        (ID, &context.id, said.id),
    ];
    parts.into_iter().filter_map(|(kind, part, said)| {
        let part = part.as_deref()?;
        (said.as_deref() != Some(part)).then_some((kind, part))
    })
}

/// What the props of other tools say.
fn of_others(unit: &Metadata, source: &Metadata) -> Context {
    let mut context = Context::default();
    for prop in unit.props.iter().chain(&source.props) {
        let (place, text) = match part(prop) {
            Some(Part::Previous(text)) => (&mut context.previous, text),
            Some(Part::Next(text)) => (&mut context.next, text),
            Some(Part::Id(text)) => (&mut context.id, text),
            None => continue,
        };
        if place.is_none() && !text.trim().is_empty() {
            *place = Some(text);
        }
    }
    context
}

fn part(prop: &Prop) -> Option<Part> {
    let text = &prop.text;
    // Trados takes its own names in any case.
    let kind = prop.kind.to_ascii_lowercase();
    Some(match kind.as_str() {
        "x-context-pre" | "context_prev" | "x-previous-source-text" | "previousmd5segment" => {
            Part::Previous(plain(text))
        }
        "x-context-post" | "context_next" | "x-next-source-text" | "nextmd5segment" => {
            Part::Next(plain(text))
        }
        "x-contextcontent" => {
            let mut parts = text.split(" | ");
            let first = parts.next().filter(|_| parts.count() == 3)?;
            Part::Previous(plain(first))
        }
        "x-idcontext" | "context" => Part::Id(text.clone()),
        "x-context" if !is_pair_of_hashes(text) => Part::Id(text.clone()),
        _ => return None,
    })
}

/// The text without `<seg>` around it and inline elements in it.
fn plain(text: &str) -> String {
    let inside = text.trim().strip_prefix("<seg>");
    match inside.and_then(|text| text.strip_suffix("</seg>")) {
        Some(tagged) => seg::parse(tagged).map_or_else(|_| tagged.to_owned(), |seg| seg.text),
        None => text.to_owned(),
    }
}

fn is_pair_of_hashes(text: &str) -> bool {
    text.split_once(',')
        .is_some_and(|(a, b)| a.trim().parse::<i64>().is_ok() && b.trim().parse::<i64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(props: &[(&str, &str)]) -> Metadata {
        let props = props.iter().map(|(kind, text)| Prop {
            kind: (*kind).into(),
            text: (*text).into(),
            lang: None,
        });
        Metadata {
            props: props.collect(),
            ..Metadata::default()
        }
    }

    /// Context from props of the unit and of its source variant, and how many unit props remain.
    fn taken(unit: &[(&str, &str)], source: &[(&str, &str)]) -> (Context, usize) {
        let mut unit = metadata(unit);
        let context = take(&mut unit, &metadata(source));
        (context, unit.props.len())
    }

    fn context(previous: &str, next: &str, id: &str) -> Context {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Context {
            previous: some(previous),
            next: some(next),
            id: some(id),
        }
    }

    #[test]
    fn every_tools_props_are_understood() {
        for (unit, source, expected, remaining) in [
            (
                vec![("file", "a.txt"), ("prev", "p"), ("next", "n"), ("id", "k")],
                vec![],
                context("p", "n", "k"),
                1,
            ),
            (
                vec![("prev", ""), ("next", " ")],
                vec![],
                context("", "", ""),
                2,
            ),
            (
                vec![("prev", "p"), ("prev", "q")],
                vec![],
                context("p", "", ""),
                1,
            ),
            (
                vec![],
                vec![
                    ("x-context-pre", "<seg>a &amp; <ph x=\"1\">b</ph></seg>"),
                    ("x-context-post", "n"),
                ],
                context("a & ", "n", ""),
                0,
            ),
            (
                vec![("x-context-pre", "<seg>a < b</seg>")],
                vec![],
                context("a < b", "", ""),
                1,
            ),
            (
                vec![("x-context", "STR_A")],
                vec![],
                context("", "", "STR_A"),
                1,
            ),
            (
                vec![("x-Context", "3724826454458105209, -8956964337464956188")],
                vec![],
                context("", "", ""),
                1,
            ),
            (
                vec![("x-ContextContent", "before | | پیش | ")],
                vec![],
                context("", "", ""),
                1,
            ),
            (
                vec![("x-ContextContent", "before |  | پیش | ")],
                vec![],
                context("before", "", ""),
                1,
            ),
            (
                vec![("x-ContextContent", "a | b |  | پیش | ")],
                vec![],
                context("", "", ""),
                1,
            ),
            (
                vec![("x-IdContext", "7"), ("context", "8")],
                vec![],
                context("", "", "7"),
                2,
            ),
            (
                vec![("x-previous-source-text", "p"), ("x-next-source-text", "n")],
                vec![],
                context("p", "n", ""),
                2,
            ),
            (
                vec![("x-context-pre", "other"), ("prev", "p")],
                vec![],
                context("p", "", ""),
                1,
            ),
            (
                vec![],
                vec![("context_prev", "p"), ("context_next", "n")],
                context("p", "n", ""),
                0,
            ),
        ] {
            assert_eq!(
                taken(&unit, &source),
                (expected, remaining),
                "{unit:?} {source:?}"
            );
        }
    }

    #[test]
    fn only_what_other_props_do_not_say_is_written() {
        let unit = metadata(&[("x-context-pre", "<seg>p</seg>"), ("x-context-post", "n")]);
        let context = context("p", "other", "k");
        let written: Vec<_> = to_write(&context, &unit, &Metadata::default()).collect();
        assert_eq!(written, [("next", "other"), ("id", "k")]);
    }
}
