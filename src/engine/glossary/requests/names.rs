//! Names in texts: findings, and texts that are brought in line with a style.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{ConceptId, ConceptKind, Lang, NameForm, Status};

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
