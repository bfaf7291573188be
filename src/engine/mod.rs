//! The use cases: look up, edit, import, export. The only room that decides; it joins store, index,
//! score and formats, and knows neither HTTP nor a terminal.

mod requests;
mod variants;

pub use requests::{
    BatchLookup, Explanation, Filter, HistoryEntry, ImportMode, ImportState, ImportStatus, Include,
    Lookup, LookupReply, Match, MatchKind, MemoryInfo, MemoryPatch, NewMemory, NewUnit, Segment,
    UnitPage, UnitView, VariantText, WordStanding, WordView, Written,
};

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

pub use crate::formats::Format;

use crate::formats;
use crate::model::{ImportReport, Lang, LangError};

/// What an export wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Units in the file.
    pub units: u64,
    /// Units that the format cannot hold, of which the first twenty say why.
    pub skipped: u64,
    /// `unit ID: reason`.
    pub reasons: Vec<String>,
}

/// Why a request was not done. The message names what and the remedy; HTTP makes the status of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the request is wrong. `code` is one of the contract's stable codes, such as
    /// `empty_segment`, `out_of_range`, `invalid_language`.
    #[error("{field}: {reason}")]
    Invalid {
        /// Stable code.
        code: &'static str,
        /// JSON pointer or parameter name.
        field: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Nothing by that name or id (or the caller may not see it).
    #[error("{what} was not found")]
    NotFound {
        /// Such as `memory "news"`.
        what: String,
    },
    /// The revision given is not the current one.
    #[error("the unit was changed meanwhile: revision {given} was given, {rev} is current")]
    Stale {
        /// What the caller had.
        given: i64,
        /// Its revision now.
        rev: i64,
        /// The unit now; none where it is deleted.
        current: Option<Box<UnitView>>,
    },
    /// There is one by that name already.
    #[error("memory {name} exists already")]
    Exists {
        /// The name.
        name: String,
    },
    /// The memory is marked read-only.
    #[error("memory {name} is read-only: PATCH it with \"read_only\": false first")]
    ReadOnly {
        /// The memory's name.
        name: String,
    },
    /// The same Idempotency-Key came with another body.
    #[error("this Idempotency-Key was used with another body: take a new key for a new request")]
    IdempotencyMismatch,
    /// The disk is full; what was acknowledged is safe.
    #[error("no space left in the data folder: free some and repeat; nothing acknowledged is lost")]
    StorageFull,
    /// Another process holds the database.
    #[error("the database is busy: repeat in a few seconds")]
    Busy,
    /// The index is still being filled.
    #[error("the index is still loading: repeat in a few seconds")]
    Loading,
    /// A file could not be read to its end. The report says what was committed before.
    #[error("{error}")]
    Format {
        /// What and where.
        error: formats::Error,
        /// What was committed.
        report: Box<ImportReport>,
    },
    /// The client's stream broke off.
    #[error("the input broke off: {reason}")]
    Input {
        /// What the reader said.
        reason: String,
        /// What was committed.
        report: Box<ImportReport>,
    },
    /// The output could not be written.
    #[error("the output could not be written: {0}")]
    Output(#[from] std::io::Error),
    /// Anything the store says besides.
    #[error("the store failed: {0}")]
    Store(String),
}

impl From<LangError> for Error {
    fn from(error: LangError) -> Self {
        Error::Invalid {
            code: "invalid_language",
            field: "lang".into(),
            reason: error.to_string(),
        }
    }
}

/// How far the index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Units indexed so far, of about `total`.
    Loading { done: u64, total: u64 },
    /// Caught up once; `lag` changes are committed but not yet visible to look-ups.
    Ready { lag: i64 },
}

/// Who asks, for the record. Rights come with keys.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Shown as `changed_by`.
    pub name: Option<String>,
}

/// Told of an import's progress, often.
pub trait Progress: Send + Sync {
    /// `bytes` of the (packed) input read, `units` read from it.
    fn advance(&self, bytes: u64, units: u64);
}

/// An answer that was given to an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub status: u16,
    pub body: String,
}

/// One data folder, opened: what every command and every request calls. Cheap to share.
pub struct Engine {
    _private: (),
}

/// What to do with one `Idempotency-Key`: name of the key, the route, and a hash of the body.
#[derive(Clone, Debug)]
pub struct Idempotency {
    pub key: String,
    pub route: String,
    pub body_hash: u64,
}

#[allow(unused_variables)]
impl Engine {
    /// Opens or creates the folder. The index is still empty: call [`Engine::catch_up`].
    pub fn open(
        data: &Path,
        allow_network_fs: bool,
    ) -> Result<Arc<Engine>, crate::store::OpenError> {
        todo!()
    }
    /// Fills the index from the store; blocks (seconds for a million units). Afterwards ready.
    pub fn catch_up(&self) -> Result<(), Error> {
        todo!()
    }
    /// On a folder that never held a memory: loads the shipped sample. Says what it loaded.
    pub fn first_run(&self) -> Result<Option<ImportReport>, Error> {
        todo!()
    }
    pub fn readiness(&self) -> Readiness {
        todo!()
    }
    pub fn lookup(&self, caller: &Caller, lookup: &Lookup) -> Result<LookupReply, Error> {
        todo!()
    }
    pub fn lookup_batch(
        &self,
        caller: &Caller,
        batch: &BatchLookup,
    ) -> Result<Vec<LookupReply>, Error> {
        todo!()
    }
    pub fn memories(&self, caller: &Caller) -> Result<Vec<MemoryInfo>, Error> {
        todo!()
    }
    pub fn memory(&self, caller: &Caller, name: &str) -> Result<MemoryInfo, Error> {
        todo!()
    }
    /// With an [`Idempotency`] the reply is remembered in the same transaction: `reply` makes it from the result.
    pub fn create_memory(&self, caller: &Caller, memory: &NewMemory) -> Result<MemoryInfo, Error> {
        todo!()
    }
    pub fn change_memory(
        &self,
        caller: &Caller,
        name: &str,
        patch: &MemoryPatch,
    ) -> Result<MemoryInfo, Error> {
        todo!()
    }
    pub fn delete_memory(&self, caller: &Caller, name: &str) -> Result<(), Error> {
        todo!()
    }
    pub fn add_unit(
        &self,
        caller: &Caller,
        memory: &str,
        unit: &NewUnit,
    ) -> Result<Written, Error> {
        todo!()
    }
    pub fn unit(&self, caller: &Caller, id: &str) -> Result<UnitView, Error> {
        todo!()
    }
    pub fn units(
        &self,
        caller: &Caller,
        memory: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<UnitPage, Error> {
        todo!()
    }
    pub fn replace_unit(
        &self,
        caller: &Caller,
        id: &str,
        rev: i64,
        unit: &NewUnit,
    ) -> Result<UnitView, Error> {
        todo!()
    }
    pub fn delete_unit(&self, caller: &Caller, id: &str, rev: i64) -> Result<(), Error> {
        todo!()
    }
    pub fn history(&self, caller: &Caller, id: &str) -> Result<Vec<HistoryEntry>, Error> {
        todo!()
    }
    /// Writes the content of `to_rev` as a new revision; `rev` is the current one.
    pub fn revert_unit(
        &self,
        caller: &Caller,
        id: &str,
        rev: i64,
        to_rev: i64,
    ) -> Result<UnitView, Error> {
        todo!()
    }
    /// What an `Idempotency-Key` was answered with before, if it was; another body is an error.
    pub fn remembered(&self, key: &Idempotency) -> Result<Option<Remembered>, Error> {
        todo!()
    }
    /// Remembers an answer for 30 days.
    pub fn remember(&self, key: &Idempotency, answer: &Remembered) -> Result<(), Error> {
        todo!()
    }
    /// Registers an import and gives its id; then call [`Engine::import`] with it.
    pub fn begin_import(
        &self,
        caller: &Caller,
        memory: &str,
        label: &str,
        format: Format,
        mode: ImportMode,
    ) -> Result<String, Error> {
        todo!()
    }
    /// Reads `input` to its end into the memory of import `id`. Blocks.
    pub fn import(
        &self,
        caller: &Caller,
        id: &str,
        input: Box<dyn Read + Send>,
        langs: Option<(Lang, Lang)>,
        progress: &dyn Progress,
    ) -> Result<ImportReport, Error> {
        todo!()
    }
    pub fn import_status(&self, caller: &Caller, id: &str) -> Result<ImportStatus, Error> {
        todo!()
    }
    /// Streams a memory in id order; returns the number of units written.
    pub fn export(
        &self,
        caller: &Caller,
        memory: &str,
        format: Format,
        out: &mut dyn Write,
    ) -> Result<Exported, Error> {
        todo!()
    }
    /// Waits for running writes, checkpoints, lets go of the folder.
    pub fn close(&self) {
        todo!()
    }
}
