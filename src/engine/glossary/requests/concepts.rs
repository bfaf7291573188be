//! Concepts and their names, as they are written and shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{ConceptId, ConceptKind, Lang, Marks, NameForm, NameUse, Status};

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
    /// How it is to be looked for, words with a space between: `case=exact`, `default`, `loaded`, `pejorative`, `blocker`, `ambiguous`.
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
    /// What was done: `added`, `updated`, `replaced`, `reverted`, `deleted`, `restored`, `taken_back`.
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
