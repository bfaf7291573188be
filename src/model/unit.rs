//! Units, their parts, and the changes that happen to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Concept, ConceptId, Lang};

/// The longest segment that is stored, in characters; longer ones are refused with a reason.
pub const MAX_SEGMENT_CHARS: usize = 10_240;
/// The most languages one unit may have.
pub const MAX_VARIANTS: usize = 64;

/// A unit's number: opaque outside, never reused, larger for newer units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(pub i64);

/// A memory's number inside the store; people use its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemoryId(pub i64);

/// The place of a change in the log: 1, 2, 3 … without gaps within an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(pub i64);

/// One language's text of a unit (TMX `tuv`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its language.
    pub lang: Lang,
    /// Plain text, byte for byte as it was given, without inline elements.
    pub text: String,
    /// The same with TMX 1.4 inline elements as XML (the inside of `<seg>`), when it has any.
    pub tagged: Option<String>,
    /// What the file said about this variant.
    pub metadata: Metadata,
}

/// Where a unit stood in its document; decides scores over 100.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The segment before it, plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The segment after it, plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// A key that names its place (a software string's key, a paragraph's id).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// What a file or a client says about a unit or a variant, beyond text, dates and users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// TMX attributes other than language, dates and users (`tuid`, `usagecount`, `datatype` …).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// TMX `prop` elements in their order; a type may repeat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Prop>,
    /// TMX `note` elements in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A TMX `prop`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prop {
    /// Its `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    pub text: String,
    /// Its `xml:lang`, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// A TMX `note`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Its text.
    pub text: String,
    /// Its `xml:lang`, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

impl Metadata {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.props.is_empty() && self.notes.is_empty()
    }
}

/// When something was done, and by whom where that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds since 1970-01-01 UTC (TMX knows no fractions).
    pub at: i64,
    /// A user's or key's name.
    pub by: Option<String>,
}

/// A unit before the store has it: what a reader or a client hands over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Two or more variants in the order of the file, at most one per language tag.
    pub variants: Vec<Variant>,
    /// Place of the source variant in `variants` (TMX `srclang`; the first one where nothing is said).
    pub source: usize,
    /// Where it stood.
    pub context: Context,
    /// What was said about it.
    pub metadata: Metadata,
    /// When and by whom it was made, if the file says so.
    pub created: Option<Stamp>,
    /// When and by whom it was last changed, if the file says so.
    pub changed: Option<Stamp>,
}

/// A unit as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// The memory it is in.
    pub memory: MemoryId,
    /// How often it was written: 1 for a new one.
    pub rev: i64,
    /// Its texts; see [`Draft::variants`].
    pub variants: Vec<Variant>,
    /// See [`Draft::source`].
    pub source: usize,
    /// Where it stood.
    pub context: Context,
    /// What is known about it.
    pub metadata: Metadata,
    /// When and by whom it was made.
    pub created: Stamp,
    /// When and by whom it was last changed; equal to `created` for a new one.
    pub changed: Stamp,
}

/// Something that happened to the store, as the index and every follower see it.
/// It carries the content, so that a follower needs no second question.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its place in the log.
    pub seq: Seq,
    /// What happened.
    pub kind: ChangeKind,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum ChangeKind {
    /// A unit is new, or has a new revision that replaces the former.
    UnitPut(Arc<Unit>),
    /// A unit is gone.
    UnitDeleted {
        /// The memory it was in.
        memory: MemoryId,
        /// Which one.
        id: UnitId,
    },
    /// A memory is new, or its title, penalty or read-only mark changed.
    MemoryPut(MemoryId),
    /// A memory is gone with all its units.
    MemoryDeleted(MemoryId),
    /// A concept is new, or has a new revision that replaces the former.
    ConceptPut(Arc<Concept>),
    /// A concept is gone.
    ConceptDeleted(ConceptId),
    /// A style is new, changed or gone; who needs it reads it.
    Style,
}
