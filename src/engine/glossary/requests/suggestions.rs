//! Suggestions and what is decided about them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::concepts::{ConceptContent, NameEntry};
use crate::model::ConceptId;

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
