//! Opening a store where nothing can be written: a read-only file system, or a folder or database of someone else.
//! Look-ups and exports work as ever.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::connection::Source;
use super::open::{self, DB_FILE, LOCK_FILE, OpenError, Opened, Writing};
use super::schema::{self, VERSION, beside};

/// Why nothing can be written to a folder that has a database; none where all can.
#[cfg(unix)]
pub(super) fn reason(dir: &Path) -> Option<String> {
    use rustix::fs::{Access, access};
    let db = dir.join(DB_FILE);
    if !db.exists() {
        return None;
    }
    let says = |path: &Path| {
        let error = access(path, Access::WRITE_OK).err()?;
        Some(format!("{} cannot be written ({error})", path.display()))
    };
    says(dir).or_else(|| says(&db))
}

#[cfg(not(unix))]
pub(super) fn reason(_: &Path) -> Option<String> {
    None
}

/// Opens the database of such a folder.
pub(super) fn open(dir: &Path, reason: String) -> Result<Opened, OpenError> {
    let lock = share(dir)?;
    let db = dir.join(DB_FILE);
    let has_journal = std::fs::metadata(beside(&db, "-wal")).is_ok_and(|meta| meta.len() > 0);
    let journal = |reason: &str| OpenError::ReadOnlyJournal {
        path: db.clone(),
        reason: reason.to_owned(),
    };
    match open::check_file(&db) {
        Err(OpenError::Store { .. }) if has_journal => return Err(journal(&reason)),
        checked => checked?,
    };
    // Without a journal nothing but the file itself is needed; with one, SQLite may need to lay a file beside it.
    let source = Source {
        db: db.clone(),
        immutable: !has_journal,
    };
    let conn = match source.connect() {
        Err(_) if has_journal => return Err(journal(&reason)),
        other => other.map_err(|error| OpenError::store(&db, error))?,
    };
    open::check_identity(&conn, &db)?;
    let found = schema::user_version(&conn).map_err(|error| OpenError::store(&db, error))?;
    if found < VERSION {
        return Err(OpenError::ReadOnlyOld {
            path: db,
            found,
            reason,
        });
    }
    Ok(Opened {
        lock,
        source,
        writer: Writing::No(reason),
    })
}

/// Keeps those out who write, beside others who read. Where there is no lock file, nobody has written here.
pub(super) fn share(dir: &Path) -> Result<Option<File>, OpenError> {
    let path = dir.join(LOCK_FILE);
    let Ok(mut file) = File::open(&path) else {
        return Ok(None);
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::Served {
            path: dir.to_owned(),
            pid: open::read_pid(&mut file),
        }),
        Err(TryLockError::Error(error)) => Err(OpenError::io(&path, error)),
    }
}
