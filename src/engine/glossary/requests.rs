//! What is asked about the termbase and what is answered, in the shapes of the contract's JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{
    ConceptId, ConceptKind, FirstMention, Lang, LaterMention, Marks, NameForm, NameUse, Status,
};

/// One name of a concept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameEntry {
    /// The language it belongs to.
    #[schema(value_type = String, example = "en")]
    pub lang: Lang,
    /// The name, as it is to be written; at most 1,024 characters.
    #[serde(alias = "name")]
    #[schema(max_length = 1024)]
    pub text: String,
    /// `preferred`, `admitted`, `deprecated` or `forbidden`; where it is left out, the first name of a language is
    /// preferred and the others are admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "preferred")]
    pub status: Option<Status>,
    /// `full`, `acronym`, `short`, `spelling` or `transliteration`.
    #[serde(rename = "type", default = "full")]
    #[schema(value_type = String, required = false, example = "full")]
    pub form: NameForm,
    /// The style it has this standing in; the default style where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// What it is for: `first` mention, `later` ones, `headline`; anything where it is left out.
    #[serde(
        rename = "use",
        default = "anything",
        skip_serializing_if = "is_anything"
    )]
    #[schema(value_type = String, required = false)]
    pub usage: NameUse,
    /// How it is to be looked for, words with a space between: `case=exact`, `default`, `loaded`, `pejorative`, `blocker`.
    #[serde(default, skip_serializing_if = "is_plain")]
    #[schema(value_type = String, required = false)]
    pub marks: Marks,
    /// A fact about usage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where the fact is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

fn full() -> NameForm {
    NameForm::Full
}

fn anything() -> NameUse {
    NameUse::Any
}

fn is_anything(usage: &NameUse) -> bool {
    *usage == NameUse::Any
}

fn is_plain(marks: &Marks) -> bool {
    *marks == Marks::default()
}

/// What a concept says, without its id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConceptContent {
    /// The subject field, of ordinary terms above all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Definitions, language tag → text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub definitions: BTreeMap<Lang, String>,
    /// Its names in their order, 1 to 500.
    #[schema(min_items = 1, max_items = 500)]
    pub names: Vec<NameEntry>,
}

/// A concept to make. `POST /v1/concepts`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConcept {
    /// Its id, such as `org:pmoi`: what stands before the colon is its kind.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9:_-]{1,128}$")]
    pub id: ConceptId,
    /// The subject field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Definitions, language tag → text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub definitions: BTreeMap<Lang, String>,
    /// Its names in their order, 1 to 500.
    #[schema(min_items = 1, max_items = 500)]
    pub names: Vec<NameEntry>,
    /// Take names that look like names of other concepts.
    #[serde(default)]
    pub allow_confusable: bool,
}

/// What a concept is to say from now on. `PUT /v1/concepts/{id}`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConceptEdit {
    /// The revision that was read.
    #[schema(value_type = i64, minimum = 1)]
    pub rev: Option<i64>,
    /// The subject field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Definitions, language tag → text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub definitions: BTreeMap<Lang, String>,
    /// Its names in their order, 1 to 500.
    #[schema(min_items = 1, max_items = 500)]
    pub names: Vec<NameEntry>,
    /// Take names that look like names of other concepts.
    #[serde(default)]
    pub allow_confusable: bool,
}

/// A concept as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConceptView {
    #[schema(value_type = String)]
    pub id: ConceptId,
    /// What kind of thing it is.
    #[schema(value_type = String)]
    pub kind: ConceptKind,
    pub rev: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Language tag → text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub definitions: BTreeMap<Lang, String>,
    /// Language → the name to use in it.
    pub preferred: BTreeMap<String, String>,
    pub names: Vec<NameEntry>,
    /// RFC 3339, UTC.
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// RFC 3339, UTC.
    pub changed_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// A concept that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundConcept {
    /// How well it fits what was asked for, in percent: 100 is one of its names; absent when browsing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// The name that fits best; absent when browsing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<String>,
    #[serde(flatten)]
    pub concept: ConceptView,
}

/// Concepts, best first, or in the order of their ids when browsing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConceptPage {
    pub concepts: Vec<FoundConcept>,
    /// Give it back as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A revision of a concept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConceptHistoryEntry {
    pub rev: i64,
    /// RFC 3339, UTC: when this revision was made.
    pub at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What was done: `added`, `updated`, `replaced`, `reverted`, `deleted`, `restored`.
    pub action: String,
    /// The concept as of this revision; absent for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<ConceptView>,
}

/// Which concepts to show. Without `q` all of them, page by page.
#[derive(Clone, Debug, Default)]
pub struct ConceptQuery {
    /// What to look for: a name in any language and spelling.
    pub q: Option<String>,
    /// Most concepts to show.
    pub limit: usize,
    /// Only concepts of these kinds; all where it is empty.
    pub kinds: Vec<ConceptKind>,
    /// Only concepts with a name in this language.
    pub lang: Option<Lang>,
    /// What the page before said.
    pub cursor: Option<String>,
}

/// What a suggestion proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SuggestionKind {
    /// A concept that is not there: give `content`.
    Concept,
    /// One more name of a concept: give `name`.
    Name,
    /// Another content of a concept: give `content` and the `rev` that was read.
    Change,
}

/// A proposed edit of the termbase. `POST /v1/suggestions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuggestion {
    pub kind: SuggestionKind,
    /// The concept it is about.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9:_-]{1,128}$")]
    pub concept: ConceptId,
    /// The name to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameEntry>,
    /// What the concept is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ConceptContent>,
    /// The concept's revision that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<i64>,
    /// Why, for the editor; at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A suggestion as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SuggestionView {
    pub id: String,
    /// `open`, `accepted` or `rejected`.
    pub state: String,
    pub kind: SuggestionKind,
    #[schema(value_type = String)]
    pub concept: ConceptId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ConceptContent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// RFC 3339, UTC; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What the editor said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The concept's revision that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub became_rev: Option<i64>,
}

/// Suggestions in the order they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SuggestionPage {
    pub suggestions: Vec<SuggestionView>,
    /// Give it back as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// An editor's decision on a suggestion.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What to tell the proposer; at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the concept was changed since: its revision now, to accept the suggestion all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<i64>,
    /// Take names that look like names of other concepts.
    #[serde(default)]
    pub allow_confusable: bool,
}

/// A text to find names in. `POST /v1/names/find`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindNames {
    /// Any text.
    pub text: String,
    /// Its language; both are looked for where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "en")]
    pub lang: Option<Lang>,
    /// The style that says which names to use; `default` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Only concepts of these kinds: `org`, `gov`, `person`, `place`, `media`, `office`, `event`, `term`, `other`. All but ordinary
    /// terms where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub kinds: Option<Vec<ConceptKind>>,
}

/// The mentions of a text, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundNames {
    pub mentions: Vec<MentionView>,
}

/// A stretch of text that names a concept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MentionView {
    /// Code points, end exclusive.
    pub start: usize,
    pub end: usize,
    pub start_utf16: usize,
    pub end_utf16: usize,
    /// The stretch as it stands in the text.
    pub text: String,
    /// The concept that is meant, as far as can be told.
    #[schema(value_type = String)]
    pub concept: ConceptId,
    #[schema(value_type = String)]
    pub kind: ConceptKind,
    /// The name of the glossary that it is.
    pub name: String,
    /// The language of that name.
    #[schema(value_type = String)]
    pub lang: Lang,
    /// The standing of that name.
    #[schema(value_type = String)]
    pub status: Status,
    /// What form of name it is.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub form: NameForm,
    /// Language → the name to use in it.
    pub preferred: BTreeMap<String, String>,
    /// How sure it is, in percent.
    pub confidence: u8,
    /// Why it is a mention: `dictionary`, `acronym`, `fold` or `transliteration`.
    pub via: String,
    /// Why it should be written otherwise; absent where it is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingView>,
    /// Mentions inside this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub nested: Vec<MentionView>,
    /// Other concepts that may be meant, the likelier first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub ambiguous: Vec<ConceptId>,
}

/// What a house style says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StyleSettings {
    /// Any text for people, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the first mention of a concept in a text becomes: `as-is`, `preferred` or `full+acronyms`.
    #[serde(default)]
    #[schema(value_type = String, example = "as-is")]
    pub first_mention: FirstMention,
    /// What later mentions become: `as-is`, `acronym`, `short` or `preferred`.
    #[serde(default)]
    #[schema(value_type = String, example = "as-is")]
    pub later: LaterMention,
    /// Whether quotations are left alone.
    #[serde(default)]
    pub leave_quotations: bool,
}

/// A style to make. `POST /v1/styles`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStyle {
    /// A slug that never changes.
    #[schema(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$")]
    pub name: String,
    /// Any text for people, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the first mention of a concept in a text becomes: `as-is`, `preferred` or `full+acronyms`.
    #[serde(default)]
    #[schema(value_type = String, required = false)]
    pub first_mention: FirstMention,
    /// What later mentions become: `as-is`, `acronym`, `short` or `preferred`.
    #[serde(default)]
    #[schema(value_type = String, required = false)]
    pub later: LaterMention,
    /// Whether quotations are left alone.
    #[serde(default)]
    pub leave_quotations: bool,
}

/// What a style is to say from now on. `PUT /v1/styles/{name}`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StyleEdit {
    /// The revision that was read; 0 for a `default` style that nobody has changed.
    #[schema(value_type = i64, minimum = 0)]
    pub rev: Option<i64>,
    /// Any text for people, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the first mention of a concept in a text becomes: `as-is`, `preferred` or `full+acronyms`.
    #[serde(default)]
    #[schema(value_type = String, required = false)]
    pub first_mention: FirstMention,
    /// What later mentions become: `as-is`, `acronym`, `short` or `preferred`.
    #[serde(default)]
    #[schema(value_type = String, required = false)]
    pub later: LaterMention,
    /// Whether quotations are left alone.
    #[serde(default)]
    pub leave_quotations: bool,
}

/// A style as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StyleView {
    pub name: String,
    pub rev: i64,
    #[serde(flatten)]
    pub settings: StyleSettings,
    /// RFC 3339, UTC; absent for a `default` style that nobody has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// Why a mention should be written otherwise, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    /// `deprecated`, `forbidden`, `listed_spelling`, `unlisted_spelling`, `arabic_letters` or `style`.
    pub reason: String,
    /// What should stand there; absent where the glossary has nothing better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// Where: the mention without a possessive ending, title or addition that the glossary's name does not have.
    /// Code points, end exclusive.
    pub start: usize,
    pub end: usize,
    pub start_utf16: usize,
    pub end_utf16: usize,
}

/// A text to bring in line with a style. `POST /v1/names/normalize`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NormalizeNames {
    /// Any text.
    pub text: String,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "en")]
    pub lang: Option<Lang>,
    /// The style; `default` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
}

/// A text in line with a style.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NormalizedNames {
    /// The text; byte for byte as it was but for the changes.
    pub text: String,
    /// What was changed, in order.
    pub changes: Vec<NameChange>,
}

/// One name that was written otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameChange {
    /// Code points of the text that was given, end exclusive.
    pub start: usize,
    pub end: usize,
    pub start_utf16: usize,
    pub end_utf16: usize,
    /// What stood there.
    pub from: String,
    /// What stands there now.
    pub to: String,
    #[schema(value_type = String)]
    pub concept: ConceptId,
    /// As in a finding, or `first_mention`, `later_mention`.
    pub reason: String,
}

/// A segment whose terms and names are wanted. `POST /v1/terms`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindTerms {
    /// The segment.
    pub text: String,
    /// Its language.
    #[schema(value_type = String, example = "en")]
    pub source_lang: Lang,
    /// The language that is translated into.
    #[schema(value_type = String, example = "fa")]
    pub target_lang: Lang,
    /// The style; `default` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
}

/// The terms and names of a segment, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundTerms {
    pub terms: Vec<TermView>,
}

/// A term or name in a segment, with what it is called in the other language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TermView {
    /// Code points, end exclusive.
    pub start: usize,
    pub end: usize,
    pub start_utf16: usize,
    pub end_utf16: usize,
    /// The stretch as it stands in the segment.
    pub text: String,
    #[schema(value_type = String)]
    pub concept: ConceptId,
    #[schema(value_type = String)]
    pub kind: ConceptKind,
    /// The name of the glossary that it is.
    pub name: String,
    /// The standing of that name.
    #[schema(value_type = String)]
    pub status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The concept's definition in the segment's language, else in the other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// The name to use in the other language; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<String>,
    /// All its names in the other language.
    pub targets: Vec<NameEntry>,
}

/// A translation to check. `POST /v1/check`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckPair {
    /// The source segment.
    pub source: String,
    /// Its translation.
    pub target: String,
    #[schema(value_type = String, example = "en")]
    pub source_lang: Lang,
    #[schema(value_type = String, example = "fa")]
    pub target_lang: Lang,
    /// The style; `default` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
}

/// What is to be said about a translation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckReply {
    pub findings: Vec<PairFinding>,
}

/// A stretch of one side of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stretch {
    /// Code points, end exclusive.
    pub start: usize,
    pub end: usize,
    pub start_utf16: usize,
    pub end_utf16: usize,
    pub text: String,
}

/// One finding in a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PairFinding {
    pub kind: PairFindingKind,
    /// Where in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Stretch>,
    /// Where in the translation; absent where something is missing there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Stretch>,
    /// The concept; absent for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub concept: Option<ConceptId>,
    /// What would be right, the best first.
    pub expected: Vec<String>,
}

/// What kind of finding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairFindingKind {
    /// The translation lacks a name of what the source names.
    MissingName,
    /// The translation lacks the term.
    MissingTerm,
    /// The translation uses a name that is not to be used.
    ForbiddenName,
    /// The translation uses a name that is not to be used any more.
    DeprecatedName,
    /// The translation writes a name otherwise than the glossary.
    Spelling,
    /// A number of the source is not in the translation.
    MissingNumber,
    /// The translation has a number that the source has not.
    ExtraNumber,
}
