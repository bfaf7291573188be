//! Making a database and bringing an older one up to date. `schema.sql` is the whole truth for a new one; for older
//! ones there is a list of numbered steps that is only ever added to.

use std::fs::{self, File, OpenOptions as FileOptions};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};

use super::Error;
use super::open::OpenError;
use crate::failpoint;

/// `application_id`: "HZMB".
pub(super) const APPLICATION_ID: u32 = 0x485A_4D42;
/// `user_version` of `schema.sql`.
pub(super) const VERSION: u32 = 2;
const SCHEMA: &str = include_str!("../../schema.sql");

/// One step from the version before.
pub(super) struct Step {
    /// The version it leads to.
    pub(super) to: u32,
    /// What it does, in one transaction.
    pub(super) sql: &'static str,
}

/// All steps since version 1, in order, none ever changed once released.
pub(super) const STEPS: &[Step] = &[Step {
    to: 2,
    sql: include_str!("steps/2.sql"),
}];

/// Makes a new database beside its place and moves it there whole, so that no half-made one is ever found.
pub(super) fn create(db: &Path, now: i64) -> Result<(), OpenError> {
    let draft = beside(db, ".new");
    let draft_journal = beside(db, ".new-journal");
    for leftover in [&draft, &draft_journal] {
        if leftover.exists() {
            fs::remove_file(leftover).map_err(|e| OpenError::io(leftover, e))?;
        }
    }
    private_file(&draft)?;
    write_schema(&draft, now).map_err(|e| OpenError::store(&draft, e))?;
    let move_in = || {
        File::open(&draft)?.sync_all()?;
        fs::rename(&draft, db)?;
        sync_folder_of(db)
    };
    move_in().map_err(|e| OpenError::io(db, e))
}

/// An empty file that only its owner can read.
pub(super) fn private_file(path: &Path) -> Result<(), OpenError> {
    let mut options = FileOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|e| OpenError::io(path, e))
}

fn write_schema(path: &Path, now: i64) -> Result<(), Error> {
    let mut conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let transaction = conn.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute(
        "INSERT INTO meta (one, epoch, created_at, next_unit, next_change, indexed_to)
         VALUES (1, ?1, ?2, 1, 1, 0)",
        params![random_epoch()?, now],
    )?;
    transaction.commit()?;
    conn.close().map_err(|(_, error)| error.into())
}

/// A name for one life of the store.
pub(super) fn random_epoch() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| Error::Io {
        detail: format!("no random numbers: {e}"),
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Runs the steps that an older database lacks, each in one transaction, after a copy was laid beside it.
/// Its version is that of the database on return. Nothing happens to one that is up to date.
pub(super) fn upgrade(conn: &mut Connection, db: &Path, steps: &[Step]) -> Result<(), OpenError> {
    let version = user_version(conn).map_err(|e| OpenError::store(db, e))?;
    let mut missing = steps.iter().filter(|step| step.to > version).peekable();
    if missing.peek().is_none() {
        return Ok(());
    }
    let copy = beside(db, &format!(".v{version}.backup"));
    let draft = beside(db, ".backup.new");
    if draft.exists() {
        fs::remove_file(&draft).map_err(|e| OpenError::io(&draft, e))?;
    }
    private_file(&draft)?;
    copy_into(conn, &draft).map_err(|e| OpenError::store(&draft, e))?;
    fs::rename(&draft, &copy)
        .and_then(|()| sync_folder_of(db))
        .map_err(|e| OpenError::io(&copy, e))?;
    failpoint::hit("upgrade:copied");
    for step in missing {
        run(conn, step).map_err(|source| OpenError::Upgrade {
            path: db.to_owned(),
            to: step.to,
            backup: copy.clone(),
            source,
        })?;
    }
    Ok(())
}

/// The same for a database that is a copy itself.
pub(super) fn upgrade_without_copy(
    conn: &mut Connection,
    db: &Path,
    steps: &[Step],
) -> Result<(), OpenError> {
    let version = user_version(conn).map_err(|e| OpenError::store(db, e))?;
    let mut missing = steps.iter().filter(|step| step.to > version);
    missing
        .try_for_each(|step| run(conn, step))
        .map_err(|e| OpenError::store(db, e))
}

/// Both the step and the new version are there after the commit, or neither.
fn run(conn: &mut Connection, step: &Step) -> Result<(), Error> {
    let transaction = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(step.sql)?;
    failpoint::hit("upgrade:step");
    transaction.pragma_update(None, "user_version", step.to)?;
    failpoint::hit("upgrade:commit");
    transaction.commit()?;
    failpoint::hit("upgrade:done");
    Ok(())
}

/// A consistent copy into an empty file, on the disk when this returns.
pub(super) fn copy_into(conn: &Connection, file: &Path) -> Result<(), Error> {
    let Some(name) = file.to_str() else {
        return Err(Error::Invalid {
            field: "backup file",
            reason: "its path is not UTF-8".to_owned(),
        });
    };
    conn.execute("VACUUM INTO ?1", [name])?;
    File::open(file)
        .and_then(|file| file.sync_all())
        .map_err(|e| Error::Io {
            detail: format!("{name}: {e}"),
        })
}

pub(super) fn user_version(conn: &Connection) -> Result<u32, Error> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

pub(super) fn application_id(conn: &Connection) -> Result<u32, Error> {
    Ok(conn.pragma_query_value(None, "application_id", |row| row.get(0))?)
}

/// The path with something added to the file's name.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes a rename durable. Not every platform can open a folder; where it cannot, nothing can be done.
pub(super) fn sync_folder_of(file: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        // A bare name has an empty parent, which nobody can open.
        let here = folder.as_os_str().is_empty();
        let folder = if here { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
