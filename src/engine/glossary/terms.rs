//! Terms and names for translators: what a source segment has, and whether a translation follows.

use std::ops::Range;

use super::super::{Caller, Engine, Error, Role, view as texts};
use super::live::Snapshot;
use super::requests::{
    CheckPair, CheckReply, FindTerms, FoundTerms, PairFinding, PairFindingKind, Stretch, TermView,
};
use super::view;
use crate::model::{Concept, Lang, Status, Style};
use crate::names::{self, Reason, TermMatch, judge, reads_persian};
use crate::text::{self, Kind};

impl Engine {
    /// The terms and names of a segment, with their names in the other language.
    pub fn find_terms(&self, caller: &Caller, asked: &FindTerms) -> Result<FoundTerms, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Read)?;
        texts::check_asked(&asked.text, "/text")?;
        let style = self.style_named(asked.style.as_deref())?;
        let live = self.live.snapshot();
        let found = live.terms.find(&asked.text, &asked.source_lang);
        let ranges: Vec<Range<usize>> = found.iter().map(|term| term.range.clone()).collect();
        let spans = names::spans(&asked.text, &ranges);
        let view = |(term, span): (&TermMatch, &names::Span)| {
            let concept = live.finder.concept_at(term.concept)?;
            let name = concept.names.get(term.name)?;
            let definitions = &concept.definitions;
            let in_lang = |lang: &Lang| {
                let met = definitions.iter().find(|(own, _)| own.meets(lang));
                met.map(|(_, text)| text.clone())
            };
            let of_target = |name: &&crate::model::Name| name.lang.meets(&asked.target_lang);
            let preferred = concept.preferred(&asked.target_lang, style.key());
            Some(TermView {
                start: span.start,
                end: span.end,
                start_utf16: span.start_utf16,
                end_utf16: span.end_utf16,
                text: asked.text.get(term.range.clone())?.to_owned(),
                concept: concept.id.clone(),
                kind: concept.kind(),
                name: name.text.clone(),
                status: name.status,
                subject: concept.subject.clone(),
                definition: in_lang(&asked.source_lang).or_else(|| in_lang(&asked.target_lang)),
                preferred: preferred.map(|name| name.text.clone()),
                targets: concept
                    .names
                    .iter()
                    .filter(of_target)
                    .map(view::name)
                    .collect(),
            })
        };
        Ok(FoundTerms {
            terms: found.iter().zip(&spans).filter_map(view).collect(),
        })
    }

    /// What is to be said about a translation: names and terms that it lacks or should not use, and numbers.
    pub fn check_pair(&self, caller: &Caller, pair: &CheckPair) -> Result<CheckReply, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Read)?;
        texts::check_asked(&pair.source, "/source")?;
        texts::check_asked(&pair.target, "/target")?;
        let style = self.style_named(pair.style.as_deref())?;
        let live = self.live.snapshot();
        let asked = Asked {
            live: &live,
            pair,
            style: &style,
            source: live.terms.find(&pair.source, &pair.source_lang),
            target: live.terms.find(&pair.target, &pair.target_lang),
        };
        let mut findings = asked.missing();
        findings.extend(asked.misused());
        findings.extend(numbers(&pair.source, &pair.target));
        Ok(CheckReply { findings })
    }
}

struct Asked<'a> {
    live: &'a Snapshot,
    pair: &'a CheckPair,
    style: &'a Style,
    source: Vec<TermMatch>,
    target: Vec<TermMatch>,
}

impl Asked<'_> {
    fn concept(&self, number: usize) -> Option<&Concept> {
        self.live.finder.concept_at(number)
    }

    /// Names and terms of the source that have a name in the target's language, none of which is in the target.
    fn missing(&self) -> Vec<PairFinding> {
        let mut findings = Vec::new();
        let mut told: Vec<usize> = Vec::new();
        let mut reached = 0;
        for group in self.source.chunk_by(|a, b| a.range == b.range) {
            let Some(first) = group.first() else { continue };
            // What is inside a longer name is said with it.
            if first.range.end <= reached {
                continue;
            }
            reached = first.range.end;
            let meant: Vec<usize> = group.iter().flat_map(meant_by).collect();
            let there = |number: &usize| {
                self.target
                    .iter()
                    .any(|found| meant_by(found).contains(number))
            };
            if told.contains(&first.concept) || meant.iter().any(there) {
                continue;
            }
            let Some(concept) = self.concept(first.concept) else {
                continue;
            };
            let expected = self.expected(concept);
            if expected.is_empty() {
                continue;
            }
            told.push(first.concept);
            findings.push(PairFinding {
                kind: match first.mention {
                    Some(_) => PairFindingKind::MissingName,
                    None => PairFindingKind::MissingTerm,
                },
                source: stretch(&self.pair.source, &first.range),
                target: None,
                concept: Some(concept.id.clone()),
                expected,
            });
        }
        findings
    }

    /// Right names in the target's language, the preferred one first.
    fn expected(&self, concept: &Concept) -> Vec<String> {
        let lang = &self.pair.target_lang;
        let preferred = concept.preferred(lang, self.style.key());
        let mut expected: Vec<String> = preferred
            .map(|name| name.text.clone())
            .into_iter()
            .collect();
        for name in &concept.names {
            let right = name.status.is_right() && name.style.is_none() && name.lang.meets(lang);
            if right && !expected.contains(&name.text) {
                expected.push(name.text.clone());
            }
        }
        expected
    }

    /// Names in the target that should be others.
    fn misused(&self) -> Vec<PairFinding> {
        let (text, lang) = (&self.pair.target, &self.pair.target_lang);
        let persian = reads_persian(text, Some(lang));
        let one = |found: &TermMatch| {
            let concept = self.concept(found.concept)?;
            let (kind, replacement) = match &found.mention {
                Some(mention) => {
                    let judged = judge(&self.live.finder, text, mention, persian, self.style)?;
                    (kind_of(judged.reason), judged.replacement)
                }
                None => match concept.names.get(found.name)?.status {
                    Status::Forbidden => (PairFindingKind::ForbiddenName, None),
                    Status::Deprecated => (PairFindingKind::DeprecatedName, None),
                    _ => return None,
                },
            };
            let mut expected = self.expected(concept);
            if let Some(replacement) = replacement {
                expected.retain(|name| *name != replacement);
                expected.insert(0, replacement);
            }
            Some(PairFinding {
                kind,
                source: None,
                target: stretch(text, &found.range),
                concept: Some(concept.id.clone()),
                expected,
            })
        };
        self.target.iter().filter_map(one).collect()
    }
}

/// The concepts that a match may mean.
fn meant_by(found: &TermMatch) -> Vec<usize> {
    let others = found
        .mention
        .iter()
        .flat_map(|mention| mention.ambiguous.iter().copied());
    let inside = found
        .mention
        .iter()
        .flat_map(|mention| mention.nested.iter().map(|m| m.concept));
    std::iter::once(found.concept)
        .chain(others)
        .chain(inside)
        .collect()
}

fn kind_of(reason: Reason) -> PairFindingKind {
    match reason {
        Reason::Forbidden => PairFindingKind::ForbiddenName,
        Reason::Deprecated => PairFindingKind::DeprecatedName,
        _ => PairFindingKind::Spelling,
    }
}

fn stretch(text: &str, range: &Range<usize>) -> Option<Stretch> {
    let spans = names::spans(text, std::slice::from_ref(range));
    let span = spans.first()?;
    Some(Stretch {
        start: span.start,
        end: span.end,
        start_utf16: span.start_utf16,
        end_utf16: span.end_utf16,
        text: text.get(range.clone())?.to_owned(),
    })
}

/// Numbers that only one side has, each as often as it is missing on the other.
fn numbers(source: &str, target: &str) -> Vec<PairFinding> {
    let (ours, mut theirs) = (numbers_of(source), numbers_of(target));
    let mut findings = Vec::new();
    let mut finding = |kind, text: &str, range: &Range<usize>, expected: Vec<String>| {
        let place = stretch(text, range);
        let (source, target) = match kind {
            PairFindingKind::MissingNumber => (place, None),
            _ => (None, place),
        };
        findings.push(PairFinding {
            kind,
            source,
            target,
            concept: None,
            expected,
        });
    };
    for (number, range) in &ours {
        match theirs.iter().position(|(other, _)| other == number) {
            Some(place) => drop(theirs.remove(place)),
            None => finding(
                PairFindingKind::MissingNumber,
                source,
                range,
                vec![number.clone()],
            ),
        }
    }
    for (_, range) in &theirs {
        finding(PairFindingKind::ExtraNumber, target, range, Vec::new());
    }
    findings
}

/// Numbers in ASCII digits, without the signs between thousands.
fn numbers_of(text: &str) -> Vec<(String, Range<usize>)> {
    let analysis = text::analyse(text);
    let numbers = analysis
        .tokens
        .iter()
        .filter(|token| token.kind == Kind::Number);
    let plain = |token: &text::Token| {
        let digits: String = analysis.word(token).chars().filter(|c| *c != ',').collect();
        (
            digits,
            token.source.start as usize..token.source.end as usize,
        )
    };
    numbers.map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_both_scripts_are_the_same() {
        assert_eq!(
            numbers("In 1988, 30,000 died", "در سال ۱۹۸۸، ۳۰٬۰۰۰ تن"),
            []
        );
        let found = numbers("In 1988", "در ۱۹۸۹");
        let kinds: Vec<PairFindingKind> = found.iter().map(|f| f.kind).collect();
        assert_eq!(
            kinds,
            [PairFindingKind::MissingNumber, PairFindingKind::ExtraNumber]
        );
        assert_eq!(found[0].source.as_ref().unwrap().text, "1988");
        assert_eq!(found[1].target.as_ref().unwrap().text, "۱۹۸۹");
    }
}
