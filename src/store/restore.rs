//! Bringing a backup back. The new database is made whole beside the old one, checked, and given a new epoch; then a
//! single rename says that it is to take the place, and what is left to do can be done again and again, also by the
//! next start: `hamzaban.db.restored-TIME` in the folder means "move the old database with its journal aside to
//! `hamzaban.db.before-restore-TIME`, and me to `hamzaban.db`". Old and new files are never side by side under names
//! by which one would take the other's journal for its own.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::check::{Checkup, check_file};
use super::open::{self, DB_FILE, OpenError, OpenOptions};
use super::schema::{self, STEPS, beside};
use super::{Error, connection};
use crate::failpoint;

/// The file that takes the database's place: this and the time.
const RESTORED: &str = "hamzaban.db.restored-";
/// What the database before is called then: this and the time.
const BEFORE: &str = "hamzaban.db.before-restore-";
/// A copy of the backup that is not yet whole.
const DRAFT: &str = "hamzaban.db.restore-draft";

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How many units the store has now, those of deleted memories included.
    pub units: u64,
    /// Where the database before lies; none if there was none.
    pub aside: Option<PathBuf>,
}

/// Why a backup was not brought back. The folder's database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The folder is in use or cannot be used, or the file is no database of this program.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file is the database that would be replaced.
    #[error("{path} is the database of this folder itself; give a backup of it")]
    Same {
        /// The file.
        path: PathBuf,
    },
    /// A file with a journal is no finished copy.
    #[error(
        "{path} has a journal beside it ({journal}), so it is no finished backup and the journal may hold part of it; make one with `hamzaban backup FILE`"
    )]
    Journal {
        /// The file.
        path: PathBuf,
        /// Its journal.
        journal: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged: {first} ({total} findings, `hamzaban verify {path}` shows them); restore another backup"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first finding.
        first: String,
        /// How many there are.
        total: u64,
    },
}

/// Puts a backup in the place of a folder's database, which is moved aside. Nobody may hold the folder.
///
/// # Errors
/// [`RestoreError`]; whatever it is, the folder's database is as it was.
pub fn restore(dir: &Path, file: &Path, options: &OpenOptions) -> Result<Restored, RestoreError> {
    must_be_ours(file)?;
    for suffix in ["-wal", "-journal"] {
        let journal = beside(file, suffix);
        if fs::metadata(&journal).is_ok_and(|meta| meta.len() > 0) {
            return Err(RestoreError::Journal {
                path: file.to_owned(),
                journal,
            });
        }
    }
    let _lock = open::take_folder(dir, options)?;
    finish(dir)?;
    let db = dir.join(DB_FILE);
    if let (Ok(one), Ok(other)) = (file.canonicalize(), db.canonicalize())
        && one == other
    {
        return Err(RestoreError::Same { path: one });
    }
    let draft = Draft::copy(file, dir)?;
    failpoint::hit("restore:copied");
    let units = draft.prepare(file, &db)?;
    let time = jiff::Timestamp::from_second((options.clock)()).unwrap_or_default();
    let time = time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let aside = draft.keep(dir, &time)?;
    failpoint::hit("restore:whole");
    finish(dir)?;
    Ok(Restored {
        units,
        aside: aside.exists().then_some(aside),
    })
}

/// Checks a file that nobody uses, such as a backup.
///
/// # Errors
/// [`OpenError`] when it is no database of this program. Damage is no error but what the checkup tells of.
pub fn check_backup(file: &Path) -> Result<Checkup, OpenError> {
    must_be_ours(file)?;
    check_file(file).map_err(|error| OpenError::store(file, error))
}

/// Refuses what is not there, and what is no database of this program or one of the future.
fn must_be_ours(file: &Path) -> Result<(), OpenError> {
    fs::metadata(file).map_err(|error| OpenError::io(file, error))?;
    if open::check_file(file)? {
        return Ok(());
    }
    Err(OpenError::NotADatabase {
        path: file.to_owned(),
    })
}

/// Does what a restore left to do, if one was cut off. Called with the folder's lock held.
pub(super) fn finish(dir: &Path) -> Result<(), OpenError> {
    let Some((restored, time)) = find(dir)? else {
        return Ok(());
    };
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenError::Io {
            path,
            source: error,
        }
    };
    let (db, aside) = (dir.join(DB_FILE), dir.join(format!("{BEFORE}{time}")));
    // The database first: its journal alone is an error to every version of this program, while the database
    // alone would be opened without the writes of its journal.
    if db.exists() {
        if aside.exists() {
            let taken = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(OpenError::io(&aside, taken));
        }
        fs::rename(&db, &aside).map_err(io(&db))?;
        schema::sync_folder_of(&db).map_err(io(&db))?;
    }
    failpoint::hit("restore:aside");
    let journal = beside(&db, "-wal");
    if fs::metadata(&journal).is_ok_and(|meta| meta.len() > 0) {
        fs::rename(&journal, beside(&aside, "-wal")).map_err(io(&journal))?;
    }
    // An empty journal says nothing, and the other file is only ever made from the journal.
    for leftover in [journal, beside(&db, "-shm")] {
        match fs::remove_file(&leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::io(&leftover, error));
            }
            _ => {}
        }
    }
    schema::sync_folder_of(&db).map_err(io(&db))?;
    failpoint::hit("restore:journal");
    fs::rename(&restored, &db)
        .and_then(|()| schema::sync_folder_of(&db))
        .map_err(io(&db))?;
    tracing::warn!(
        aside = %aside.display(),
        "a restored backup is in place; the database before was moved aside"
    );
    Ok(())
}

fn find(dir: &Path) -> Result<Option<(PathBuf, String)>, OpenError> {
    let entries = fs::read_dir(dir).map_err(|error| OpenError::io(dir, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| OpenError::io(dir, error))?;
        if let Some(time) = entry
            .file_name()
            .to_str()
            .and_then(|n| n.strip_prefix(RESTORED))
        {
            return Ok(Some((entry.path(), time.to_owned())));
        }
    }
    Ok(None)
}

/// The copy that becomes the database; gone with this unless it is kept.
struct Draft {
    path: PathBuf,
    kept: bool,
}

impl Draft {
    fn copy(file: &Path, dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(DRAFT);
        for leftover in ["", "-journal", "-wal", "-shm"].map(|suffix| beside(&path, suffix)) {
            if leftover.exists() {
                fs::remove_file(&leftover).map_err(|e| OpenError::io(&leftover, e))?;
            }
        }
        schema::private_file(&path)?;
        let draft = Self {
            path: path.clone(),
            kept: false,
        };
        let copy = || {
            let mut to = fs::OpenOptions::new().write(true).open(&path)?;
            io::copy(&mut File::open(file)?, &mut to)?;
            to.sync_all()
        };
        copy().map_err(|error| OpenError::io(&path, error))?;
        Ok(draft)
    }

    /// Brings the copy up to date and checks it. How many units it has.
    fn prepare(&self, file: &Path, db: &Path) -> Result<u64, RestoreError> {
        let failed = |error: Error| OpenError::store(file, error);
        let mut conn = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|error| failed(error.into()))?;
        // Without a journal file of its own from here on; what it is in use, its first opening decides.
        conn.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
            .map_err(|error| failed(error.into()))?;
        schema::upgrade_without_copy(&mut conn, &self.path, STEPS)?;
        drop(conn);
        let checkup = check_file(&self.path).map_err(failed)?;
        if let Some(first) = checkup.findings.first() {
            return Err(RestoreError::Damaged {
                path: file.to_owned(),
                first: match first.unit {
                    Some(unit) => format!("unit {}: {}", unit.0, first.detail),
                    None => first.detail.clone(),
                },
                total: checkup.total,
            });
        }
        self.begin_anew(db).map_err(failed)?;
        Ok(checkup.units)
    }

    /// Gives the store another epoch, and leaves out ids that the database before has given away, where that can
    /// still be read.
    fn begin_anew(&self, db: &Path) -> Result<(), Error> {
        let conn = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.execute("UPDATE meta SET epoch = ?1", [schema::random_epoch()?])?;
        // Who has the folder did it: no key can.
        conn.execute(
            "INSERT INTO audit (at, action, object, object_id) VALUES (unixepoch(), 'store_restored', 'store', '')",
            [],
        )?;
        match ids_given_away(db) {
            Ok((unit, rows)) => {
                conn.execute("UPDATE meta SET next_unit = max(next_unit, ?1)", [unit])?;
                for (name, seq) in rows {
                    conn.execute(
                        "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",
                        rusqlite::params![name, seq],
                    )?;
                }
            }
            Err(error) if db.exists() => {
                tracing::warn!(%error, "the database before cannot be read: ids of units made after the backup may be given again");
            }
            Err(_) => {}
        }
        conn.close().map_err(|(_, error)| Error::from(error))
    }

    fn keep(mut self, dir: &Path, time: &str) -> Result<PathBuf, OpenError> {
        let restored = dir.join(format!("{RESTORED}{time}"));
        File::open(&self.path)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.path, &restored))
            .and_then(|()| schema::sync_folder_of(&restored))
            .map_err(|error| OpenError::io(&restored, error))?;
        self.kept = true;
        Ok(dir.join(format!("{BEFORE}{time}")))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // The next restore would clear it away as well.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// The number of the next unit, and the last numbers of other tables by name.
fn ids_given_away(db: &Path) -> Result<(i64, Vec<(String, i64)>), Error> {
    let conn = connection::connect_to_read(db)?;
    let unit = conn.query_row("SELECT next_unit FROM meta", [], |row| row.get(0))?;
    let mut names = conn.prepare("SELECT name, seq FROM sqlite_sequence")?;
    let rows = names.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((unit, rows.collect::<Result<_, _>>()?))
}
