//! Names in texts: where they are, and what their standing is.

use std::ops::Range;

use super::super::{Caller, Engine, Error, Role};
use super::requests::{
    FindNames, FindingView, FoundNames, MentionView, NameChange, NormalizeNames, NormalizedNames,
};
use super::view::preferred;
use crate::model::{Lang, Style};
use crate::names::{self, Finder, Mention, Scope, Span, judge, normalize, reads_persian};

impl Engine {
    /// All mentions of concepts in a text.
    pub fn find_names(&self, caller: &Caller, asked: &FindNames) -> Result<FoundNames, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Read)?;
        let style = self.style_named(asked.style.as_deref())?;
        let live = self.live.snapshot();
        let scope = Scope {
            lang: asked.lang.as_ref(),
            kinds: asked.kinds.as_deref(),
        };
        Ok(FoundNames {
            mentions: mentions(&live.finder, &asked.text, scope, &style),
        })
    }

    /// A text with its names as a style wants them.
    pub fn normalize_names(
        &self,
        caller: &Caller,
        asked: &NormalizeNames,
    ) -> Result<NormalizedNames, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Read)?;
        let style = self.style_named(asked.style.as_deref())?;
        let live = self.live.snapshot();
        Ok(normalized(
            &live.finder,
            &asked.text,
            asked.lang.as_ref(),
            &style,
        ))
    }
}

/// The mentions of a text as shown.
pub(in crate::engine) fn mentions(
    finder: &Finder,
    text: &str,
    scope: Scope<'_>,
    style: &Style,
) -> Vec<MentionView> {
    let found = finder.find(text, scope);
    let mut ranges = Vec::new();
    found
        .iter()
        .for_each(|mention| collect(mention, &mut ranges));
    let mut spans = names::spans(text, &ranges).into_iter();
    let showing = Showing {
        finder,
        text,
        style,
        persian: reads_persian(text, scope.lang),
    };
    let view = |mention| showing.one(mention, &mut spans);
    found.iter().filter_map(view).collect()
}

/// A text as a style wants it, as shown.
pub(super) fn normalized(
    finder: &Finder,
    text: &str,
    lang: Option<&Lang>,
    style: &Style,
) -> NormalizedNames {
    let done = normalize(finder, text, lang, style);
    let ranges: Vec<Range<usize>> = done.changes.iter().map(|c| c.range.clone()).collect();
    let spans = names::spans(text, &ranges);
    let change = |(change, span): (names::Change, Span)| {
        let concept = finder.concept_at(change.concept)?;
        Some(NameChange {
            start: span.start,
            end: span.end,
            start_utf16: span.start_utf16,
            end_utf16: span.end_utf16,
            from: change.from,
            to: change.to,
            concept: concept.id.clone(),
            reason: change.reason.as_str().to_owned(),
        })
    };
    let changes = done.changes.into_iter().zip(spans);
    NormalizedNames {
        text: done.text,
        changes: changes.filter_map(change).collect(),
    }
}

/// What mentions are shown with.
struct Showing<'a> {
    finder: &'a Finder,
    text: &'a str,
    style: &'a Style,
    persian: bool,
}

fn collect(mention: &Mention, ranges: &mut Vec<Range<usize>>) {
    ranges.extend([mention.range.clone(), mention.core.clone()]);
    mention
        .nested
        .iter()
        .for_each(|inner| collect(inner, ranges));
}

impl Showing<'_> {
    /// The next two spans are this mention's own and that of its core; those of its nested ones follow.
    fn one(
        &self,
        mention: &Mention,
        spans: &mut impl Iterator<Item = Span>,
    ) -> Option<MentionView> {
        let (finder, text) = (self.finder, self.text);
        let (span, core) = (spans.next()?, spans.next()?);
        let mut nested = Vec::with_capacity(mention.nested.len());
        for inner in &mention.nested {
            nested.extend(self.one(inner, spans));
        }
        let (concept, name) = (finder.concept(mention)?, finder.name(mention)?);
        let other = |number: &usize| finder.concept_at(*number).map(|c| c.id.clone());
        let finding = judge(finder, text, mention, self.persian, self.style);
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
            preferred: preferred(concept, self.style.key()),
            confidence: mention.confidence,
            via: mention.via.as_str().to_owned(),
            finding: finding.map(|finding| FindingView {
                reason: finding.reason.as_str().to_owned(),
                replacement: finding.replacement,
                start: core.start,
                end: core.end,
                start_utf16: core.start_utf16,
                end_utf16: core.end_utf16,
            }),
            nested,
            ambiguous: mention.ambiguous.iter().filter_map(other).collect(),
        })
    }
}
