//! What can go wrong with a store that is open, in the terms callers decide on.

use crate::model::Unit;

/// Why a read or a write did not happen. A failed write has changed nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("{what} does not exist")]
    NotFound {
        /// What was looked for: `memory`, `unit`, `revision`, `import`.
        what: &'static str,
    },
    /// The unit has moved on since the caller saw it.
    #[error("the unit is at revision {rev} by now; read it again and repeat the change")]
    Conflict {
        /// Its revision now (that of the deletion, for a deleted unit).
        rev: i64,
        /// The unit now; none when it is deleted.
        current: Option<Box<Unit>>,
    },
    /// A living memory has this name.
    #[error("a memory named `{name}` exists; choose another name")]
    Exists {
        /// The name.
        name: String,
    },
    /// What is to be taken back still runs, or someone takes it back right now.
    #[error("it still runs, or is being taken back right now; wait for its end")]
    Running,
    /// The memory refuses writes.
    #[error("the memory `{name}` is read-only; remove its read-only mark first")]
    ReadOnly {
        /// Its name.
        name: String,
    },
    /// A value that cannot be stored.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which value.
        field: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The followers' place in the log of changes was dropped.
    #[error("changes up to {horizon} were dropped from the log; read everything again")]
    BehindHorizon {
        /// The last dropped place.
        horizon: i64,
    },
    /// The disk (or the file's allowed size) is full. Reads go on; writes work again when there is space.
    #[error("the disk is full; nothing was written, free some space and repeat ({detail})")]
    Full {
        /// `SQLite`'s words.
        detail: String,
    },
    /// The database, or every read connection, was taken for too long.
    #[error("the store is busy; try again in a few seconds ({detail})")]
    Busy {
        /// What was busy.
        detail: String,
    },
    /// A read took longer than it may.
    #[error("the read took too long and was stopped; ask for less at once")]
    TooLong,
    /// The operating system failed to read or write a file.
    #[error("the disk failed; nothing was written ({detail}); look at the system's log")]
    Io {
        /// `SQLite`'s words.
        detail: String,
    },
    /// Nothing can be written to this store as it was opened.
    #[error("the store is read-only: {reason}; make it writable and restart")]
    ReadOnlyStore {
        /// Why.
        reason: String,
    },
    /// The disk failed a write at its last step. Nothing can be known of what is on it until a restart reads it again.
    #[error(
        "the disk failed and the store is read-only until a restart ({detail}); look at the system's log"
    )]
    Failed {
        /// `SQLite`'s words.
        detail: String,
    },
    /// What is stored is not what was written.
    #[error(
        "the store is damaged ({detail}); run `hamzaban verify`, restore a backup if it agrees"
    )]
    Corrupt {
        /// Where and how.
        detail: String,
    },
    /// A job panicked; it was taken back.
    #[error("a write failed inside the program and was taken back ({detail}); please report it")]
    Panicked {
        /// The panic's message.
        detail: String,
    },
    /// The store is closing.
    #[error("the store is closing; nothing was written")]
    Closed,
    /// Anything else that `SQLite` says.
    #[error("SQLite: {detail} (code {code})")]
    Sqlite {
        /// Extended result code, see <https://sqlite.org/rescode.html>; 0 where it comes from the binding.
        code: i32,
        /// Its words.
        detail: String,
    },
}

/// `SQLITE_IOERR_WRITE`, also what a file-size limit (`ulimit -f`) gives.
const IOERR_WRITE: i32 = 778;
/// `SQLITE_IOERR_SHMSIZE`: no room for the WAL's index.
const IOERR_SHMSIZE: i32 = 4874;
impl Error {
    /// Whether the disk failed to make a commit durable. After that the kernel may have dropped the dirty pages and
    /// the next fsync would say "good" wrongly, so nothing may be written until a restart has read the files again.
    /// A full disk is another matter: it says so before anything is lost.
    pub(super) fn forbids_writes(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Corrupt { .. })
    }

    /// Whether it tells of the database's own state, not of what was asked.
    pub(super) fn is_of_the_database(&self) -> bool {
        matches!(
            self,
            Self::Full { .. }
                | Self::Busy { .. }
                | Self::Io { .. }
                | Self::Failed { .. }
                | Self::Corrupt { .. }
                | Self::Sqlite { .. }
        )
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        use rusqlite::ffi;

        let detail = error.to_string();
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::InvalidColumnType(..) => Self::Corrupt { detail },
                _ => Self::Sqlite { code: 0, detail },
            };
        };
        match (failure.code, failure.extended_code) {
            (Code::DiskFull, _) | (_, IOERR_WRITE | IOERR_SHMSIZE) => Self::Full { detail },
            (Code::DatabaseBusy | Code::DatabaseLocked, _) => Self::Busy { detail },
            (Code::OperationInterrupted, _) => Self::TooLong,
            (Code::DatabaseCorrupt | Code::NotADatabase, _) => Self::Corrupt { detail },
            (Code::SystemIoFailure, _) => Self::Io { detail },
            (_, code) => {
                debug_assert_ne!(code, ffi::SQLITE_OK);
                Self::Sqlite { code, detail }
            }
        }
    }
}

impl Error {
    pub(super) fn corrupt(detail: impl Into<String>) -> Self {
        Self::Corrupt {
            detail: detail.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    }

    #[test]
    fn what_sqlite_says_becomes_what_callers_decide_on() {
        assert!(matches!(Error::from(failure(13)), Error::Full { .. }));
        assert!(matches!(Error::from(failure(778)), Error::Full { .. }));
        assert!(matches!(Error::from(failure(5)), Error::Busy { .. }));
        assert!(matches!(Error::from(failure(517)), Error::Busy { .. }));
        assert!(matches!(Error::from(failure(9)), Error::TooLong));
        assert!(matches!(Error::from(failure(11)), Error::Corrupt { .. }));
        assert!(matches!(Error::from(failure(1034)), Error::Io { .. }));
        assert!(matches!(
            Error::from(failure(19)),
            Error::Sqlite { code: 19, .. }
        ));
    }

    #[test]
    fn a_disk_that_fails_forbids_all_further_writes_and_a_full_one_does_not() {
        assert!(Error::from(failure(1034)).forbids_writes());
        assert!(!Error::from(failure(13)).forbids_writes());
        assert!(!Error::from(failure(778)).forbids_writes());
    }
}
