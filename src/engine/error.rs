//! Why a request was not done: the one error of all use cases.

use super::{ConceptView, Role, UnitView};
use crate::formats;
use crate::model::{ImportReport, LangError};
use crate::store;

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
    /// The revision of a concept given is not the current one.
    #[error("the concept was changed meanwhile: revision {given} was given, {rev} is current")]
    StaleConcept {
        /// What the caller had.
        given: i64,
        /// Its revision now.
        rev: i64,
        /// The concept now; none where it is deleted.
        current: Option<Box<ConceptView>>,
    },
    /// What is there stands against it.
    #[error("{field}: {reason}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// JSON pointer or parameter name.
        field: String,
        /// What stands against it, and the remedy.
        reason: String,
    },
    /// There is one by that name already.
    #[error("memory {name} exists already")]
    Exists {
        /// The name.
        name: String,
    },
    /// The caller may see this, but not do that with it.
    #[error("this key may not do that: the role {} is needed; `hamzaban key list` shows roles", needed.as_str())]
    Forbidden {
        /// The role that would do.
        needed: Role,
    },
    /// What is to be taken back still runs.
    #[error("it still runs, or is being taken back right now: repeat when it has ended")]
    Running,
    /// It was there once and is no more, and asking again does not help. `code` is one of the contract's.
    #[error("{reason}")]
    Gone {
        /// Stable code: `behind_horizon`, `epoch_changed`.
        code: &'static str,
        /// Why, and what to do instead.
        reason: String,
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
    /// The store was opened where nothing can be written.
    #[error("the store is read-only: {reason}")]
    ReadOnlyStore {
        /// Why.
        reason: String,
    },
    /// The disk failed; nothing is written until a restart.
    #[error(
        "the disk failed and the store is read-only until the server is restarted: look at its log"
    )]
    StoreFailed,
    /// The key was revoked, or its time ended, while something ran with it.
    #[error(
        "this key was revoked or its time is over: what was done before stays, the rest was not begun"
    )]
    KeyEnded,
    /// The server is ending.
    #[error("the server is ending: repeat when it is back")]
    Ending,
    /// An import ended early for a reason that is not its file's. The report says what was committed before.
    #[error("{error}")]
    ImportStopped {
        /// Why.
        error: Box<Error>,
        /// What was committed.
        report: Box<ImportReport>,
    },
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
    /// A document that cannot be read.
    #[error("{0}")]
    Document(#[from] crate::documents::Error),
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

/// A field that is wrong.
pub(super) fn invalid(code: &'static str, field: &str, reason: &str) -> Error {
    Error::Invalid {
        code,
        field: field.to_owned(),
        reason: reason.to_owned(),
    }
}

impl Error {
    /// The same for a field that lies deeper.
    pub(super) fn below(self, parent: &str) -> Self {
        match self {
            Error::Invalid {
                code,
                field,
                reason,
            } => Error::Invalid {
                code,
                field: format!("{parent}{field}"),
                reason,
            },
            other => other,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound { what } => Error::NotFound { what: what.into() },
            store::Error::Exists { name } => Error::Exists { name },
            store::Error::Running => Error::Running,
            store::Error::ReadOnly { name } => Error::ReadOnly { name },
            store::Error::Invalid { field, reason } => {
                invalid("invalid_unit", &format!("/{field}"), &reason)
            }
            store::Error::Full { .. } => Error::StorageFull,
            store::Error::ReadOnlyStore { reason } => Error::ReadOnlyStore { reason },
            store::Error::Failed { .. } => Error::StoreFailed,
            store::Error::Busy { .. } | store::Error::TooLong => Error::Busy,
            other => Error::Store(other.to_string()),
        }
    }
}
