//! What was found, in the words of the protocol. Every field that any client reads is always there.

use std::ops::Range;

use serde::Serialize;
use serde_json::{Value, json};

use super::request::{Asked, LANGUAGES};
use super::text::{around, sentences, slice};
use crate::engine::{
    CheckReply, ConceptKind, FindingView, FoundNames, MentionView, PairFinding, PairFindingKind,
    Stretch,
};
use crate::model::ConceptId;

/// Who answers.
pub(super) const NAME: &str = "Hamzaban";
/// Its version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How much of the text around a finding is told on each side, in UTF-16 units.
const CONTEXT: usize = 40;

/// How a finding looks: `LibreOffice` underlines `TYPOS` red, `STYLE` blue and others orange.
#[derive(Clone, Copy)]
enum Category {
    /// Wrong as it is written.
    Typos,
    /// Another name or term is to be used, or something is missing.
    Terminology,
    /// Right elsewhere; this house writes it otherwise.
    Style,
}

impl Category {
    fn id(self) -> &'static str {
        match self {
            Self::Typos => "TYPOS",
            Self::Terminology => "TERMINOLOGY",
            Self::Style => "STYLE",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Typos => "Spelling of names",
            Self::Terminology => "Names and terms",
            Self::Style => "House style",
        }
    }
}

/// A kind of finding.
struct Rule {
    id: &'static str,
    category: Category,
    /// In the words of ITS 2.0.
    issue: &'static str,
    description: &'static str,
}

const fn rule(
    id: &'static str,
    category: Category,
    issue: &'static str,
    description: &'static str,
) -> Rule {
    Rule {
        id,
        category,
        issue,
        description,
    }
}

const FORBIDDEN: Rule = rule(
    "NAME_FORBIDDEN",
    Category::Terminology,
    "terminology",
    "A name that is not to be used",
);
const DEPRECATED: Rule = rule(
    "NAME_DEPRECATED",
    Category::Terminology,
    "terminology",
    "A name that is no longer to be used",
);
const LISTED: Rule = rule(
    "NAME_SPELLING",
    Category::Typos,
    "misspelling",
    "A spelling that the glossary lists as wrong",
);
const UNLISTED: Rule = rule(
    "NAME_SPELLING_UNKNOWN",
    Category::Typos,
    "misspelling",
    "A spelling of a name that the glossary does not know",
);
const LETTERS: Rule = rule(
    "NAME_ARABIC_LETTERS",
    Category::Typos,
    "characters",
    "Arabic letters in a Persian name",
);
const STYLE: Rule = rule(
    "NAME_STYLE",
    Category::Style,
    "style",
    "A name that the house style writes otherwise",
);
const NO_NAME: Rule = rule(
    "NAME_MISSING",
    Category::Terminology,
    "omission",
    "A name of the source is not in the translation",
);
const NO_TERM: Rule = rule(
    "TERM_MISSING",
    Category::Terminology,
    "omission",
    "A term of the source is not in the translation",
);
const BAD_TERM: Rule = rule(
    "TERM_FORBIDDEN",
    Category::Terminology,
    "terminology",
    "A term that is not to be used",
);
const OLD_TERM: Rule = rule(
    "TERM_DEPRECATED",
    Category::Terminology,
    "terminology",
    "A term that is no longer to be used",
);
const NO_NUMBER: Rule = rule(
    "NUMBER_MISSING",
    Category::Terminology,
    "numbers",
    "A number of the source is not in the translation",
);
const ODD_NUMBER: Rule = rule(
    "NUMBER_EXTRA",
    Category::Terminology,
    "numbers",
    "A number that the source does not have",
);

const RULES: [&Rule; 12] = [
    &FORBIDDEN,
    &DEPRECATED,
    &LISTED,
    &UNLISTED,
    &LETTERS,
    &STYLE,
    &NO_NAME,
    &NO_TERM,
    &BAD_TERM,
    &OLD_TERM,
    &NO_NUMBER,
    &ODD_NUMBER,
];

/// All rules, as `configinfo` lists them. Each may also be named for one concept: `NAME_FORBIDDEN_ORG_X`.
pub(super) fn rules() -> Vec<Value> {
    let shown = |rule: &&Rule| {
        json!({
            "ruleId": rule.id,
            "description": rule.description,
            "categoryId": rule.category.id(),
            "categoryName": rule.category.name(),
            "locQualityIssueType": rule.issue,
            "isDefaultOff": false,
            "isDictionaryBasedSpellingRule": false,
        })
    };
    RULES.iter().map(shown).collect()
}

/// Who answers, as replies say it.
pub(super) fn software() -> Value {
    json!({
        "name": NAME, "version": VERSION, "buildDate": "", "apiVersion": 1,
        "premium": false, "premiumHint": "", "status": "",
    })
}

/// The whole reply to a check.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    software: Value,
    warnings: Value,
    language: Value,
    matches: Vec<Match>,
    sentence_ranges: Vec<(usize, usize)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    message: String,
    short_message: &'static str,
    replacements: Vec<Replacement>,
    offset: usize,
    length: usize,
    context: Context,
    sentence: String,
    #[serde(rename = "type")]
    kind: Value,
    rule: RuleShown,
    ignore_for_incomplete_sentence: bool,
    context_for_sure_match: i32,
}

#[derive(Serialize)]
struct Replacement {
    value: String,
}

#[derive(Serialize)]
struct Context {
    text: String,
    offset: usize,
    length: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleShown {
    id: String,
    description: &'static str,
    issue_type: &'static str,
    category: Value,
}

impl Reply {
    /// Says what was found; `incomplete` tells the client that not everything could be looked at.
    pub(super) fn of(
        asked: &Asked,
        names: &FoundNames,
        pair: &CheckReply,
        incomplete: bool,
    ) -> Self {
        let plain: Vec<u16> = asked.document.plain.encode_utf16().collect();
        let page = Page {
            asked,
            has_pair: asked.pair.is_some() && !incomplete,
            sentences: sentences(&plain),
            plain,
        };
        let mut matches = Vec::new();
        names
            .mentions
            .iter()
            .for_each(|mention| page.name(mention, &mut matches));
        matches.extend(
            pair.findings
                .iter()
                .filter_map(|finding| page.translation(finding)),
        );
        matches.sort_by_key(|found| (found.offset, found.length));
        let shown = |code: &str| {
            let known = LANGUAGES
                .iter()
                .find(|(_, long)| long.eq_ignore_ascii_case(code));
            (
                known.map_or(code, |(name, _)| name).to_owned(),
                code.to_owned(),
            )
        };
        let ((name, code), (look, looks)) = (shown(&asked.code), shown(asked.detected));
        Self {
            software: software(),
            warnings: json!({ "incompleteResults": incomplete }),
            language: json!({
                "name": name, "code": code,
                "detectedLanguage": {"name": look, "code": looks, "confidence": 0.9, "source": "script"},
            }),
            matches,
            sentence_ranges: page
                .sentences
                .iter()
                .map(|range| page.whole(range))
                .collect(),
        }
    }
}

/// What findings are shown with.
struct Page<'a> {
    asked: &'a Asked,
    /// Terms are judged with the source, in all their forms.
    has_pair: bool,
    plain: Vec<u16>,
    sentences: Vec<Range<usize>>,
}

impl Page<'_> {
    fn whole(&self, range: &Range<usize>) -> (usize, usize) {
        let place = self.asked.document.place(range.clone());
        (place.start, place.end)
    }

    /// What is to be said about a mention. An ordinary term that is right hides no name inside it.
    fn name(&self, mention: &MentionView, matches: &mut Vec<Match>) {
        let is_term = mention.kind == ConceptKind::Term;
        let own = mention
            .finding
            .as_ref()
            .filter(|_| !(is_term && self.has_pair));
        let found = own.and_then(|finding| {
            let rule = rule_of(&finding.reason, is_term)?;
            Some((rule, finding))
        });
        match found {
            Some((rule, finding)) => matches.extend(self.finding(mention, rule, finding)),
            None if is_term => mention
                .nested
                .iter()
                .for_each(|inner| self.name(inner, matches)),
            None => {}
        }
    }

    fn finding(
        &self,
        mention: &MentionView,
        rule: &'static Rule,
        finding: &FindingView,
    ) -> Option<Match> {
        let range = finding.start_utf16..finding.end_utf16;
        let written = slice(&self.plain, range.clone());
        // A message begins with a Latin letter: many programs turn one whose first letter is Persian from right to left.
        let mut message = match rule.id {
            "NAME_SPELLING" | "NAME_SPELLING_UNKNOWN" => {
                format!("The glossary spells “{written}” otherwise")
            }
            "NAME_ARABIC_LETTERS" => {
                format!("Arabic letters stand for Persian ones in “{written}”")
            }
            "NAME_STYLE" => format!("The house style does not write “{written}”"),
            "NAME_DEPRECATED" | "TERM_DEPRECATED" => format!("No longer to be used: “{written}”"),
            _ => format!("Not to be used: “{written}”"),
        };
        message.push_str(&match &finding.replacement {
            Some(better) => format!("; write “{better}”."),
            None => format!(" for “{}”.", mention.name),
        });
        let replacements = finding.replacement.iter().cloned().collect();
        self.found(rule, Some(&mention.concept), range, message, replacements)
    }

    /// What is to be said about a translation besides what is said about its names.
    fn translation(&self, finding: &PairFinding) -> Option<Match> {
        let is_term = |id: &ConceptId| id.kind() == ConceptKind::Term;
        let of_term = finding.concept.as_ref().is_some_and(is_term);
        let said = |stretch: &Option<Stretch>| {
            stretch
                .as_ref()
                .map_or_else(String::new, |stretch| stretch.text.clone())
        };
        let (source, expected) = (said(&finding.source), finding.expected.join("” / “"));
        let (rule, message) = match finding.kind {
            PairFindingKind::MissingName => {
                let message = format!(
                    "The source says “{source}”; the translation has no name of it, such as “{expected}”."
                );
                (&NO_NAME, message)
            }
            PairFindingKind::MissingTerm => {
                let message = format!(
                    "The source says “{source}”; the translation lacks the term “{expected}”."
                );
                (&NO_TERM, message)
            }
            PairFindingKind::MissingNumber => (
                &NO_NUMBER,
                format!("The source has the number {source}; the translation lacks it."),
            ),
            PairFindingKind::ExtraNumber => (
                &ODD_NUMBER,
                format!(
                    "The source does not have the number {}.",
                    said(&finding.target)
                ),
            ),
            // Said already, of the text alone.
            _ if !of_term => return None,
            PairFindingKind::DeprecatedName => (
                &OLD_TERM,
                format!("No longer to be used: “{}”.", said(&finding.target)),
            ),
            _ => (
                &BAD_TERM,
                format!("Not to be used: “{}”.", said(&finding.target)),
            ),
        };
        let (range, replacements) = match &finding.target {
            Some(target) => (
                target.start_utf16..target.end_utf16,
                finding.expected.clone(),
            ),
            // What is missing has no place, and no text that could stand for the whole.
            None => (0..self.plain.len(), Vec::new()),
        };
        self.found(rule, finding.concept.as_ref(), range, message, replacements)
    }

    /// The category of a finding. A translator's program has a spelling checker of its own, so it switches `TYPOS` off:
    /// `OmegaT` always does. How a translation spells a name is a matter of terminology.
    fn category(&self, rule: &Rule) -> Category {
        match rule.category {
            Category::Typos if self.asked.pair.is_some() => Category::Terminology,
            own => own,
        }
    }

    fn found(
        &self,
        rule: &'static Rule,
        concept: Option<&ConceptId>,
        range: Range<usize>,
        message: String,
        replacements: Vec<String>,
    ) -> Option<Match> {
        let id = concept.map_or_else(|| rule.id.to_owned(), |concept| rule_id(rule, concept));
        let category = self.category(rule);
        if !self.asked.wanted.takes(rule.id, &id, category.id()) {
            return None;
        }
        let full = &self.asked.document.full;
        let place = self.asked.document.place(range.clone());
        let context = around(full, &place, CONTEXT);
        let after = self
            .sentences
            .partition_point(|sentence| sentence.end <= range.start);
        let sentence = self.sentences.get(after).cloned().unwrap_or_default();
        Some(Match {
            message,
            short_message: rule.description,
            replacements: replacements
                .into_iter()
                .map(|value| Replacement { value })
                .collect(),
            offset: place.start,
            length: place.len(),
            context: Context {
                offset: place.start - context.start,
                length: place.len(),
                // Clients show it as one line.
                text: slice(full, context).replace(['\n', '\r', '\t'], " "),
            },
            sentence: slice(&self.plain, sentence),
            kind: json!({"typeName": "Other"}),
            rule: RuleShown {
                id,
                description: rule.description,
                issue_type: rule.issue,
                category: json!({"id": category.id(), "name": category.name()}),
            },
            ignore_for_incomplete_sentence: false,
            context_for_sure_match: 0,
        })
    }
}

/// The rule of a finding. How ordinary terms are spelt is not ours to say.
fn rule_of(reason: &str, is_term: bool) -> Option<&'static Rule> {
    Some(match (reason, is_term) {
        ("forbidden", false) => &FORBIDDEN,
        ("forbidden", true) => &BAD_TERM,
        ("deprecated", false) => &DEPRECATED,
        ("deprecated", true) => &OLD_TERM,
        ("listed_spelling", _) => &LISTED,
        ("arabic_letters", false) => &LETTERS,
        ("style", _) => &STYLE,
        ("unlisted_spelling", false) => &UNLISTED,
        _ => return None,
    })
}

/// The rule for one concept.
fn rule_id(rule: &Rule, concept: &ConceptId) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let concept: String = concept.as_str().chars().map(plain).collect();
    format!("{}_{concept}", rule.id)
}
