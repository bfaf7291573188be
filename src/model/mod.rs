//! Plain values that every room speaks: languages, units and their parts, concepts and
//! their names, changes, reports.
//! They are parsed once, at the edge, and hold no doubt afterwards; nothing here computes a score
//! or touches a file.

mod concept;
mod lang;
mod report;
mod rights;
mod style;
mod unit;

pub use concept::{
    Concept, ConceptId, ConceptIdError, ConceptKind, MAX_CONCEPT_ID, Marks, Name, NameForm,
    NameUse, Slot, Status,
};
pub use lang::{Lang, LangError, LangGroup};
pub use report::{BulkReport, ImportReport, MAX_CONFLICTS, MAX_PROBLEMS, Problem};
pub use rights::{Rights, Role};
pub use style::{FirstMention, LaterMention, Style};
pub use unit::{
    Change, ChangeKind, Context, Draft, MAX_SEGMENT_CHARS, MAX_VARIANTS, MemoryId, Metadata, Note,
    Prop, Seq, Stamp, Unit, UnitId, Variant,
};
