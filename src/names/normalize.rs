//! Rewriting the names of a text to a house style, and nothing else.
//!
//! One round finds what should be written otherwise and rewrites it; rounds go on until nothing is left, which
//! is what makes the whole idempotent. Concepts whose names do not come to rest within [`ROUNDS`] are left as they are.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::find::{Finder, Scope};
use super::judge::{Reason, judge, reads_persian, same_form, style_own};
use super::mention::Mention;
use crate::model::{
    Concept, ConceptKind, FirstMention, Lang, LaterMention, Marks, Name, NameForm, NameUse, Status,
    Style,
};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is in the input, in bytes.
    pub range: Range<usize>,
    /// What stood there.
    pub from: String,
    /// What stands there now.
    pub to: String,
    /// The number of the concept in the finder.
    pub concept: usize,
    /// Why.
    pub reason: Reason,
}

/// A text rewritten to a style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalized {
    /// The text.
    pub text: String,
    /// What was changed, in order, without overlap. Everything else is as it was, byte for byte.
    pub changes: Vec<Change>,
}

/// The most rounds; two are the rule, of which the second finds nothing.
const ROUNDS: usize = 6;

/// Rewrites the names of a text to a style.
pub fn normalize(finder: &Finder, text: &str, lang: Option<&Lang>, style: &Style) -> Normalized {
    let mut restless = HashSet::new();
    loop {
        match settle(finder, text, lang, style, &restless) {
            Ok(normalized) => return normalized,
            Err(concepts) => restless.extend(concepts),
        }
    }
}

/// Rewrites what is not of `restless` concepts until nothing is left to rewrite; else the concepts that go on changing,
/// of which none is in `restless`.
fn settle(
    finder: &Finder,
    text: &str,
    lang: Option<&Lang>,
    style: &Style,
    restless: &HashSet<usize>,
) -> Result<Normalized, Vec<usize>> {
    let mut current = text.to_owned();
    let mut changes: Vec<Change> = Vec::new();
    for left in (0..ROUNDS).rev() {
        let mut edits = round(finder, &current, lang, style);
        edits.retain(|edit| !restless.contains(&edit.concept));
        if edits.is_empty() {
            break;
        }
        if left == 0 {
            return Err(edits.iter().map(|edit| edit.concept).collect());
        }
        changes = compose(text, &current, changes, &edits);
        current = apply(text, &changes);
    }
    Ok(Normalized {
        text: current,
        changes,
    })
}

/// The text with the changes made.
fn apply(text: &str, changes: &[Change]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for change in changes {
        out.push_str(text.get(at..change.range.start).unwrap_or_default());
        out.push_str(&change.to);
        at = change.range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Earlier changes, and edits of what they made of the text, as changes of the text.
fn compose(text: &str, current: &str, earlier: Vec<Change>, edits: &[Change]) -> Vec<Change> {
    let mut composed = Vec::with_capacity(earlier.len() + edits.len());
    let mut earlier = earlier.into_iter().peekable();
    // How far the current text is ahead of the original, before the next earlier change.
    let mut shift = 0isize;
    let back = |at: usize, shift: isize| usize::try_from(at as isize - shift).unwrap_or(0);
    let ahead = |at: usize, shift: isize| usize::try_from(at as isize + shift).unwrap_or(0);
    let grows = |change: &Change| change.to.len() as isize - change.range.len() as isize;
    for edit in edits {
        while let Some(change) =
            earlier.next_if(|c| ahead(c.range.start, shift) + c.to.len() <= edit.range.start)
        {
            shift += grows(&change);
            composed.push(change);
        }
        // What the edit overlaps becomes one change with it.
        let mut start = back(edit.range.start, shift);
        let mut from = edit.range.start;
        let (mut end, mut to) = (edit.range.end, edit.range.end);
        let mut touched = false;
        while let Some(change) = earlier.next_if(|c| ahead(c.range.start, shift) < edit.range.end) {
            let change_start = ahead(change.range.start, shift);
            if !touched && change_start < edit.range.start {
                start = change.range.start;
                from = change_start;
            }
            to = to.max(change_start + change.to.len());
            shift += grows(&change);
            end = to;
            touched = true;
        }
        let range = start..back(end.max(to), shift);
        let mut replaced = current
            .get(from..edit.range.start)
            .unwrap_or_default()
            .to_owned();
        replaced.push_str(&edit.to);
        replaced.push_str(current.get(edit.range.end..to).unwrap_or_default());
        composed.push(Change {
            from: text.get(range.clone()).unwrap_or_default().to_owned(),
            to: replaced,
            range,
            concept: edit.concept,
            reason: edit.reason,
        });
    }
    composed.extend(earlier);
    composed.retain(|change| change.from != change.to);
    composed
}

/// What is to be changed in a text.
fn round(finder: &Finder, text: &str, lang: Option<&Lang>, style: &Style) -> Vec<Change> {
    let mentions = finder.find(text, Scope { lang, kinds: None });
    let is_persian = reads_persian(text, lang);
    let quotations = if style.leave_quotations {
        quotations(text)
    } else {
        Vec::new()
    };
    let mut seen: HashMap<usize, ()> = HashMap::new();
    let mut changes = Vec::new();
    let mut at = 0;
    while let Some(mention) = mentions.get(at) {
        let members = group_length(finder, text, &mentions, at);
        let group = mentions.get(at..at + members).unwrap_or_default();
        at += members;
        let range = group_range(text, group);
        if quotations
            .iter()
            .any(|quoted| quoted.start <= range.start && range.end <= quoted.end)
        {
            continue;
        }
        let is_first = seen.insert(mention.concept, ()).is_none();
        let Some(concept) = finder.concept(mention) else {
            continue;
        };
        match by_use(finder, concept, mention, group, is_first, style) {
            Some((reason, wanted)) => {
                let old = text.get(range.clone()).unwrap_or_default();
                if old != wanted {
                    changes.push(change(text, range, wanted, mention, reason));
                }
            }
            None => {
                for member in group {
                    let finding = judge(finder, text, member, is_persian, style);
                    if let Some(finding) = finding
                        && let Some(replacement) = finding.replacement
                    {
                        changes.push(change(
                            text,
                            member.core.clone(),
                            replacement,
                            member,
                            finding.reason,
                        ));
                    }
                }
            }
        }
    }
    changes
}

fn change(
    text: &str,
    range: Range<usize>,
    to: String,
    mention: &Mention,
    reason: Reason,
) -> Change {
    Change {
        from: text.get(range.clone()).unwrap_or_default().to_owned(),
        to,
        range,
        concept: mention.concept,
        reason,
    }
}

/// How many mentions from `at` on are one rendering "Full form (A/B)".
fn group_length(finder: &Finder, text: &str, mentions: &[Mention], at: usize) -> usize {
    let Some(first) = mentions.get(at) else {
        return 1;
    };
    let is_acronym = |mention: &Mention| {
        finder
            .name(mention)
            .is_some_and(|name| name.form == NameForm::Acronym)
    };
    if is_acronym(first) {
        return 1;
    }
    let (mut end, mut length) = (first.range.end, 1);
    while let Some(next) = mentions.get(at + length) {
        let between = text.get(end..next.range.start).unwrap_or_default();
        let fits = match length {
            1 => between == " (" || between == "\u{A0}(",
            _ => matches!(between, "/" | " / " | ", " | "، " | " or " | " یا "),
        };
        if !fits || next.concept != first.concept || !is_acronym(next) {
            return 1;
        }
        end = next.range.end;
        length += 1;
        if text.get(end..).is_some_and(|rest| rest.starts_with(')')) {
            return length;
        }
    }
    1
}

fn group_range(text: &str, group: &[Mention]) -> Range<usize> {
    match group {
        [] => 0..0,
        [only] => only.core.clone(),
        [first, .., last] => {
            let closed = text
                .get(last.range.end..)
                .is_some_and(|rest| rest.starts_with(')'));
            first.core.start..last.range.end + usize::from(closed)
        }
    }
}

/// What the style wants for the first or a later mention; `None` if it does not say.
fn by_use(
    finder: &Finder,
    concept: &Concept,
    mention: &Mention,
    group: &[Mention],
    is_first: bool,
    style: &Style,
) -> Option<(Reason, String)> {
    let name = finder.name(mention)?;
    if concept.kind() == ConceptKind::Term || mention.bare {
        return None;
    }
    if is_first {
        let wanted = first_form(concept, &name.lang, style)?;
        return Some((Reason::FirstMention, wanted));
    }
    let later = match style.later {
        LaterMention::AsIs => return None,
        LaterMention::Preferred => concept.preferred(&name.lang, style.key())?,
        LaterMention::Short => short_form(concept, &name.lang, style)?,
        LaterMention::Acronym => {
            let is_right = name.form == NameForm::Acronym && name.status.is_right();
            if is_right && group.len() == 1 {
                return None;
            }
            let acronym = Name {
                form: NameForm::Acronym,
                ..Name::new(name.lang.clone(), "")
            };
            style_own(concept, &acronym, style).or_else(|| acronym_of(concept, &acronym, style))?
        }
    };
    Some((Reason::LaterMention, later.text.clone()))
}

fn acronym_of<'a>(concept: &'a Concept, wanted: &Name, style: &Style) -> Option<&'a Name> {
    let group = wanted.lang.group();
    let own = concept.names.iter().find(|name| {
        name.form == NameForm::Acronym && name.status.is_right() && name.lang.group() == group
    })?;
    same_form(concept, own, style)
}

/// The short form that can stand alone: the style's, a preferred one, or the default bearer's.
fn short_form<'a>(concept: &'a Concept, lang: &Lang, style: &Style) -> Option<&'a Name> {
    let group = lang.group();
    let shorts = || {
        concept.names.iter().filter(|name| {
            name.form == NameForm::Short
                && name.status.is_right()
                && name.lang.group() == group
                && name.usage != NameUse::First
        })
    };
    let own = |name: &&Name| name.style.is_some() && name.style.as_deref() == style.key();
    let general = |name: &&Name| {
        name.style.is_none() && (name.status == Status::Preferred || name.marks.has(Marks::DEFAULT))
    };
    shorts().find(own).or_else(|| shorts().find(general))
}

/// What a first mention becomes; `None` where the style or the concept says nothing.
fn first_form(concept: &Concept, lang: &Lang, style: &Style) -> Option<String> {
    let preferred = || concept.preferred(lang, style.key());
    match style.first_mention {
        FirstMention::AsIs => None,
        // A bare family name stays: who it is may be clear from a title or a picture.
        FirstMention::Preferred | FirstMention::FullWithAcronyms
            if concept.kind() == ConceptKind::Person =>
        {
            None
        }
        FirstMention::Preferred => Some(preferred()?.text.clone()),
        FirstMention::FullWithAcronyms => {
            let group = lang.group();
            let firsts = || {
                concept.names.iter().filter(|name| {
                    name.usage == NameUse::First
                        && name.status.is_right()
                        && name.lang.group() == group
                })
            };
            let own = |name: &&Name| name.style.is_some() && name.style.as_deref() == style.key();
            let listed = firsts()
                .find(own)
                .or_else(|| firsts().find(|name| name.style.is_none()));
            if let Some(listed) = listed {
                return Some(listed.text.clone());
            }
            let acronyms: Vec<&str> = concept
                .names
                .iter()
                .filter(|name| name.form == NameForm::Acronym && name.status.is_right())
                .filter(|name| name.lang.group() == group && name.style.is_none())
                .map(|name| name.text.as_str())
                .collect();
            let full = preferred().filter(|name| name.form == NameForm::Full)?;
            (!acronyms.is_empty()).then(|| format!("{} ({})", full.text, acronyms.join("/")))
        }
    }
}

/// Quotations: from an opening mark to its closing one within a paragraph.
fn quotations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        match (c, open) {
            ('\n', _) if last == '\n' => open = None,
            ('“' | '«' | '„', None) => open = Some((if c == '«' { '»' } else { '”' }, at)),
            ('"', None) => open = Some(('"', at)),
            (c, Some((close, start)))
                if c == close
                    || (c == '“' && text.get(start..).is_some_and(|t| t.starts_with('„'))) =>
            {
                found.push(start..at + c.len_utf8());
                open = None;
            }
            _ => {}
        }
        last = c;
    }
    found
}
