//! Terms of a segment, and the check of a translation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::concepts::NameEntry;
use crate::model::{ConceptId, ConceptKind, Lang, Status};

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
