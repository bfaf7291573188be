//! House styles.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{FirstMention, LaterMention};

/// What a house style says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// One revision of a style and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StyleHistoryEntry {
    pub rev: i64,
    /// RFC 3339, UTC: when this revision was made.
    pub at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What the style said; absent for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<StyleSettings>,
}
