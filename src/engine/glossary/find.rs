//! Names in texts: where they are, and what their standing is.

use std::ops::Range;

use super::super::{Caller, Engine, Error, Role};
use super::requests::{FindNames, FoundNames, MentionView};
use super::view::preferred;
use crate::names::{self, Finder, Mention, Scope, Span};

impl Engine {
    /// All mentions of concepts in a text.
    pub fn find_names(&self, caller: &Caller, asked: &FindNames) -> Result<FoundNames, Error> {
        self.must_be_ready()?;
        caller.in_glossary(Role::Read)?;
        let style = self.style_named(asked.style.as_deref())?;
        let finder = self.live.finder();
        let scope = Scope {
            lang: asked.lang.as_ref(),
            kinds: asked.kinds.as_deref(),
        };
        let mentions = finder.find(&asked.text, scope);
        Ok(FoundNames {
            mentions: shown(&finder, &asked.text, &mentions, style.key()),
        })
    }
}

/// Mentions as shown.
pub(super) fn shown(
    finder: &Finder,
    text: &str,
    mentions: &[Mention],
    style: Option<&str>,
) -> Vec<MentionView> {
    let mut ranges = Vec::new();
    mentions
        .iter()
        .for_each(|mention| collect(mention, &mut ranges));
    let spans = names::spans(text, &ranges);
    let mut spans = spans.into_iter();
    let view = |mention| one(finder, text, mention, style, &mut spans);
    mentions.iter().filter_map(view).collect()
}

fn collect(mention: &Mention, ranges: &mut Vec<Range<usize>>) {
    ranges.push(mention.range.clone());
    mention
        .nested
        .iter()
        .for_each(|inner| collect(inner, ranges));
}

/// The next span is this mention's own; those of its nested ones follow.
fn one(
    finder: &Finder,
    text: &str,
    mention: &Mention,
    style: Option<&str>,
    spans: &mut impl Iterator<Item = Span>,
) -> Option<MentionView> {
    let span = spans.next()?;
    let nested = mention.nested.iter();
    let nested = nested
        .filter_map(|inner| one(finder, text, inner, style, spans))
        .collect();
    let (concept, name) = (finder.concept(mention)?, finder.name(mention)?);
    let other = |number: &usize| finder.concepts().get(*number).map(|c| c.id.clone());
    Some(MentionView {
        start: span.start,
        end: span.end,
        start_utf16: span.start_utf16,
        end_utf16: span.end_utf16,
        text: text
            .get(mention.range.clone())
            .unwrap_or_default()
            .to_owned(),
        concept: concept.id.clone(),
        kind: concept.kind(),
        name: name.text.clone(),
        lang: name.lang.clone(),
        status: name.status,
        form: name.form,
        preferred: preferred(concept, style),
        confidence: mention.confidence,
        via: mention.via.as_str().to_owned(),
        nested,
        ambiguous: mention.ambiguous.iter().filter_map(other).collect(),
    })
}
