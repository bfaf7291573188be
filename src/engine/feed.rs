//! The change feed: what happened in the memories that the caller may read, after a place that the caller knows.
//!
//! The log names what changed; a follower reads the content by id. How one stays equal to the store, from zero and
//! over deletions, restorations and a log that was cut, is told in `http/api/changes.rs` and held by
//! `tests/suite/changes.rs`.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::not_found;
use super::cursor::{self, AGAIN};
use super::{Caller, Engine, Error, invalid, view};
use crate::model::{MemoryId, Seq};
use crate::store::{self, LoggedChange, LoggedKind, Reader};

/// Rows of the log that one call looks at, shown or not.
const LOOKED_AT: usize = 100_000;
/// The most changes of one reply.
pub const MOST_CHANGES: usize = 1_000;
/// Stands for the end of the log in the place of a cursor.
const HEAD: &str = "head";
/// Stands in the log for the memory of what is in none.
const GLOSSARY: MemoryId = MemoryId(0);

/// What a follower asks for.
#[derive(Clone, Debug, Default)]
pub struct Following {
    /// The cursor of the reply before; `head` for the end of the log; none for its beginning.
    pub after: Option<String>,
    /// Only this memory.
    pub memory: Option<String>,
    /// The most changes wanted, 1–1000.
    pub limit: usize,
}

/// Some of what happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangePage {
    /// In the order in which it happened.
    pub changes: Vec<ChangeView>,
    /// Where to go on: give it back as `after`. It moves on also where nothing is shown.
    pub cursor: String,
    /// There is more already: ask again at once.
    pub more: bool,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangeView {
    pub kind: ChangeName,
    /// The unit, concept or style; absent where a memory itself changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its revision after the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<i64>,
    /// The memory's name; absent where a concept or style changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
    /// By whom, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeName {
    /// A unit is new or has a new revision.
    UnitPut,
    /// A unit is gone.
    UnitDeleted,
    /// A memory is new, or back with its units, or its title, penalty or read-only mark changed.
    MemoryPut,
    /// A memory is gone with all its units.
    MemoryDeleted,
    /// A concept is new or has a new revision.
    ConceptPut,
    /// A concept is gone.
    ConceptDeleted,
    /// A style is new or has a new revision.
    StylePut,
    /// A style is gone.
    StyleDeleted,
}

/// What one look at the log gave.
enum Look {
    Page(ChangePage),
    /// The cursor is from another life of the store.
    EpochChanged,
    /// What the follower needs is not in the log any more.
    Cut,
    Unknown(Error),
}

impl Engine {
    /// What happened after a place, in order.
    ///
    /// # Errors
    /// `invalid_cursor`; [`Error::Gone`] where the follower has to start again; [`Error::NotFound`] for a memory that
    /// never was, or not for this caller.
    pub fn changes(&self, caller: &Caller, asked: &Following) -> Result<ChangePage, Error> {
        self.must_be_ready()?;
        if !(1..=MOST_CHANGES).contains(&asked.limit) {
            let reason = "1 to 1000 changes can be asked for";
            return Err(invalid("out_of_range", "limit", reason));
        }
        let look = self
            .store
            .read(|reader| match look(reader, caller, asked) {
                Err(store::Error::BehindHorizon { .. }) => Ok(Look::Cut),
                other => other,
            })?;
        match look {
            Look::Page(page) => Ok(page),
            Look::EpochChanged => Err(cursor::epoch_changed()),
            Look::Unknown(error) => Err(error),
            Look::Cut => Err(Error::Gone {
                code: "behind_horizon",
                reason: format!("the log of changes does not reach back so far any more: {AGAIN}"),
            }),
        }
    }

    /// Has `tell` called after every change that look-ups see from then on, on the follower's thread: be quick.
    pub fn when_changed(&self, tell: impl Fn() + Send + Sync + 'static) {
        self.listeners.write().push(Box::new(tell));
    }
}

fn look(reader: &Reader<'_>, caller: &Caller, asked: &Following) -> Result<Look, store::Error> {
    let epoch = reader.epoch()?;
    let head = reader.head()?;
    let after = match asked.after.as_deref() {
        None => Seq(0),
        Some(HEAD) => head,
        Some(text) => match cursor::read_place(&epoch, text) {
            // The store went backward without anybody saying so.
            Ok(place) if place > head => return Ok(Look::EpochChanged),
            Ok(place) => place,
            Err(error) => return Ok(Look::Unknown(error)),
        },
    };
    let mut only = None;
    if let Some(name) = &asked.memory {
        let mut memories = reader.memories_ever_named(name)?;
        memories.retain(|memory| caller.rights.in_memory(*memory).is_some());
        if memories.is_empty() {
            return Ok(Look::Unknown(not_found("memory")));
        }
        only = Some(memories);
    }
    let wanted = |memory: MemoryId| {
        if memory == GLOSSARY {
            return only.is_none() && caller.rights.glossary.is_some();
        }
        caller.rights.in_memory(memory).is_some()
            && only.as_ref().is_none_or(|only| only.contains(&memory))
    };
    let stretch = reader.changes_among(after, asked.limit, LOOKED_AT, wanted)?;
    let mut names = FxHashMap::default();
    let mut changes = Vec::with_capacity(stretch.changes.len());
    for change in &stretch.changes {
        if change.memory == GLOSSARY {
            changes.push(show(change, None));
            continue;
        }
        let name = match names.get(&change.memory) {
            Some(name) => String::clone(name),
            // Nothing is left of the memory, and its followers know it by its name only.
            None => match reader.memory_name(change.memory)? {
                None => return Ok(Look::Cut),
                Some(name) => names.entry(change.memory).or_insert(name).clone(),
            },
        };
        changes.push(show(change, Some(name)));
    }
    Ok(Look::Page(ChangePage {
        changes,
        cursor: cursor::of_place(&epoch, stretch.reached),
        more: stretch.more,
    }))
}

fn show(change: &LoggedChange, memory: Option<String>) -> ChangeView {
    let (kind, what) = match &change.kind {
        LoggedKind::UnitPut(id, rev) => (ChangeName::UnitPut, Some((view::unit_id(*id), *rev))),
        LoggedKind::UnitDeleted(id, rev) => {
            (ChangeName::UnitDeleted, Some((view::unit_id(*id), *rev)))
        }
        LoggedKind::MemoryPut => (ChangeName::MemoryPut, None),
        LoggedKind::MemoryDeleted => (ChangeName::MemoryDeleted, None),
        LoggedKind::ConceptPut(id, rev) => (ChangeName::ConceptPut, Some((id.to_string(), *rev))),
        LoggedKind::ConceptDeleted(id, rev) => {
            (ChangeName::ConceptDeleted, Some((id.to_string(), *rev)))
        }
        LoggedKind::StylePut(name, rev) => (ChangeName::StylePut, Some((name.clone(), *rev))),
        LoggedKind::StyleDeleted(name, rev) => {
            (ChangeName::StyleDeleted, Some((name.clone(), *rev)))
        }
    };
    let (id, rev) = what.unzip();
    ChangeView {
        kind,
        id,
        rev,
        memory,
        at: view::time(change.stamp.at),
        by: change.stamp.by.clone(),
    }
}
