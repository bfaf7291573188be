//! What is asked of the engine and what it answers, in the shapes of the contract's JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Filter;
use super::glossary::MentionView;
use crate::model::{Context, ImportReport, Lang, Metadata};

/// A look-up of one segment. `POST /v1/lookup` reads it as it stands.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Language of `text`, a BCP 47 tag; `fa` finds `fa-IR`, `pes` … too.
    #[schema(value_type = String, example = "en")]
    pub source_lang: Lang,
    /// Language wanted.
    #[schema(value_type = String, example = "fa")]
    pub target_lang: Lang,
    /// The segment, plain text. May be left out where `text_tagged` is given.
    #[serde(default)]
    pub text: String,
    /// The same with TMX 1.4 inline elements; without it tags are not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_tagged: Option<String>,
    /// Names of the memories to ask; all that the key may read where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memories: Option<Vec<String>>,
    /// Lowest score to return, 30–102.
    #[serde(default = "default_threshold")]
    #[schema(minimum = 30, maximum = 102)]
    pub threshold: u8,
    /// Most matches to return, 1–100.
    #[serde(default = "default_limit")]
    #[schema(minimum = 1, maximum = 100)]
    pub limit: u8,
    /// Where the segment stands; needed for scores over 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// Only units that fulfil this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// More to tell: `explain`, `mentions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Include>,
}

/// What a reply may carry besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Include {
    /// Word by word, what matched and what each difference cost.
    Explain,
    /// The names in the segment, as `/v1/names/find` tells them; for those who may read the glossary.
    Mentions,
}

fn default_threshold() -> u8 {
    70
}

fn default_limit() -> u8 {
    5
}

/// Look-ups of many segments with the same settings. `POST /v1/lookup/batch`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchLookup {
    #[schema(value_type = String, example = "en")]
    pub source_lang: Lang,
    #[schema(value_type = String, example = "fa")]
    pub target_lang: Lang,
    /// At most 100 segments.
    #[schema(max_items = 100)]
    pub segments: Vec<Segment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memories: Option<Vec<String>>,
    #[serde(default = "default_threshold")]
    #[schema(minimum = 30, maximum = 102)]
    pub threshold: u8,
    #[serde(default = "default_limit")]
    #[schema(minimum = 1, maximum = 100)]
    pub limit: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Include>,
}

/// One segment of a batch.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_tagged: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// The answer to one look-up.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct LookupReply {
    /// Best first.
    pub matches: Vec<Match>,
    /// The work budget ended the search early: better fuzzy matches than the ones shown may exist.
    /// Depends on the segment and the store only, never on load.
    pub truncated: bool,
    /// The names in the segment, where `include` asked for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Vec<MentionView>>,
}

/// One match.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Match {
    /// Integer percent, rounded down: 102/101 context, 100 the same text, 95–99 the same words, 94 and below fuzzy.
    pub score: u8,
    pub kind: MatchKind,
    /// The stored text in the source language.
    pub source: String,
    /// Its translation.
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_tagged: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_tagged: Option<String>,
    #[schema(value_type = String)]
    pub source_lang: Lang,
    #[schema(value_type = String)]
    pub target_lang: Lang,
    pub memory: String,
    pub unit_id: String,
    pub rev: i64,
    /// RFC 3339, UTC.
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// RFC 3339, UTC.
    pub changed_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explanation>,
}

/// The class of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MatchKind {
    /// 101 and 102.
    Context,
    /// 100.
    Same,
    /// 95–99.
    Near,
    /// 94 and below.
    Fuzzy,
}

/// Why a match has its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The words of the segment looked up.
    pub text: Vec<WordView>,
    /// The words of the stored source.
    pub source: Vec<WordView>,
    /// What the score was made of: `fuzzy` points before caps and penalties, in percent with two decimals.
    pub similarity: f64,
    /// What took points off beyond the words: `case`, `punctuation`, `numbers`, `tags`, `spelling`, `memory penalty`.
    pub differences: Vec<String>,
}

/// One word of an explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WordView {
    pub text: String,
    /// Code points, end exclusive.
    pub start: usize,
    pub end: usize,
    pub start_utf16: usize,
    pub end_utf16: usize,
    pub standing: WordStanding,
    /// Points this word can earn (its weight) …
    pub weight: f64,
    /// … and what it earned.
    pub earned: f64,
}

/// How a word stands in the alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WordStanding {
    /// Found as it is.
    Same,
    /// A similar word stands in its place.
    Similar,
    /// Nothing stands in its place.
    Missing,
}

/// A memory to make. `POST /v1/memories`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMemory {
    /// A slug `[a-z0-9][a-z0-9._-]{0,63}` that never changes.
    #[schema(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$")]
    pub name: String,
    /// Any text for people, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Percent taken off every match from this memory, 0–30.
    #[serde(default)]
    #[schema(maximum = 30)]
    pub penalty: u8,
    /// Whether writes are refused.
    #[serde(default)]
    pub read_only: bool,
}

/// Changes to a memory; what is left out stays. `PATCH /v1/memories/{name}`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 30)]
    pub penalty: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
}

/// A memory as shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MemoryInfo {
    pub name: String,
    pub title: String,
    pub penalty: u8,
    pub read_only: bool,
    /// Units in it.
    pub units: u64,
    /// Tags of the languages in it.
    pub languages: Vec<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Of a deleted memory: when. RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// … and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_by: Option<String>,
    /// … and until when it can come back. RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restorable_until: Option<String>,
}

/// A unit to write. `POST /v1/memories/{name}/units`, and `PUT /v1/units/{id}` with `rev` beside it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    /// Language tag → plain text, or text with TMX 1.4 inline elements as `{"text_tagged": "…"}`; two or more.
    #[serde(deserialize_with = "super::variants::in_order")]
    #[schema(value_type = BTreeMap<String, VariantText>)]
    pub variants: Vec<(String, VariantText)>,
    /// Which of the languages is the source; the first one where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_lang: Option<String>,
    #[serde(default)]
    pub context: Context,
    #[serde(default)]
    pub metadata: Metadata,
    /// `update` (default): the same source and context with another target becomes a new revision of that unit;
    /// `add`: a rival beside it; `keep`: what is there stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ImportMode>,
}

/// A variant's text, plain or tagged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum VariantText {
    /// Plain text.
    Plain(String),
    /// With TMX 1.4 inline elements; the plain text follows from it.
    Tagged {
        /// The inside of a TMX `seg`.
        text_tagged: String,
    },
}

/// What a write does where the same source is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportMode {
    /// Keeps another translation of the same source beside the old one.
    #[default]
    Add,
    /// Replaces it; the former revision stays in the history.
    Update,
    /// Leaves what is there.
    Keep,
}

impl ImportMode {
    /// Its name in the API and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Keep => "keep",
        }
    }
}

/// A unit was written, or was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Written {
    pub id: String,
    pub rev: i64,
    /// Whether it is new (201) or was there (200).
    #[serde(skip)]
    pub created: bool,
}

/// A unit as shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnitView {
    pub id: String,
    pub rev: i64,
    pub memory: String,
    /// Language tag → plain text.
    pub variants: BTreeMap<String, String>,
    /// Language tag → text with inline elements, for those that have any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants_tagged: BTreeMap<String, String>,
    #[schema(value_type = String)]
    pub source_lang: Lang,
    #[serde(default)]
    pub context: Context,
    #[serde(default)]
    pub metadata: Metadata,
    /// RFC 3339, UTC.
    pub created_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// RFC 3339, UTC.
    pub changed_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// A page of units in the order they were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnitPage {
    pub units: Vec<UnitView>,
    /// Give it back as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A page of a unit's revisions, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = History)]
pub struct HistoryPage {
    pub history: Vec<HistoryEntry>,
    /// Give it back as `cursor` for older ones; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A revision of a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    pub rev: i64,
    /// RFC 3339, UTC: when this revision was made.
    pub at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What was done: `added`, `updated`, `replaced`, `reverted`, `deleted`, `restored`, `taken_back`,
    /// `moved`, `merged`.
    pub action: String,
    /// The import or change of many units that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk: Option<BulkOf>,
    /// The unit as of this revision; absent for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitView>,
}

/// What changed many units at once, this one among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkOf {
    /// For `GET /v1/bulk/{id}`.
    pub id: String,
    /// `import`, `replace`, `delete`, `move`, `copy`, `merge`, `undo`.
    pub kind: String,
}

/// How an import stands. `GET /v1/imports/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportStatus {
    pub id: String,
    pub state: ImportState,
    /// Bytes of the (packed) input read so far.
    pub bytes_read: u64,
    /// What was committed so far.
    pub report: ImportReport,
}

/// Where an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    Running,
    Done,
    Failed,
    /// The server ended before the import did.
    Interrupted,
}
