//! Copies of a store in use. They take as long as they take, on a connection of their own.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::connection::Source;
use super::open::{self, DB_FILE, OpenError};
use super::{Error, Store, read_only, schema};

/// What copies are called until they are whole or handed out.
const COPY: &str = "hamzaban.db.copy-";

impl Store {
    /// Writes a consistent copy to a new file, readable by its owner only, while writes go on; it is there whole and
    /// durable, or not at all. `hamzaban restore` brings it back.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the file exists or cannot be made; [`Error::Full`].
    pub fn backup(&self, to: &Path) -> Result<(), Error> {
        let invalid = |reason: String| Error::Invalid {
            field: "backup file",
            reason,
        };
        let taken = || {
            invalid(format!(
                "{} is there already; give another name",
                to.display()
            ))
        };
        if fs::symlink_metadata(to).is_ok() {
            return Err(taken());
        }
        let copy = self.copy_to(schema::beside(to, &format!(".part-{}", std::process::id())));
        let copy = copy.map_err(|error| match error {
            // Not that of the store.
            Error::Full { .. } => invalid(format!(
                "there is no space left for {}; free some, or give another place",
                to.display()
            )),
            other => other,
        })?;
        // Unlike a rename, this never takes the place of a file that came meanwhile.
        match fs::hard_link(&copy.path, to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken()),
            Err(_) => fs::rename(&copy.path, to).map_err(|e| invalid(e.to_string()))?,
            Ok(()) => {}
        }
        drop(copy);
        schema::sync_folder_of(to).map_err(|e| invalid(e.to_string()))
    }

    /// A consistent copy to read from, with its length in bytes. Its file has no name any more, or loses it when
    /// this is dropped.
    ///
    /// # Errors
    /// [`Error::Full`], and those of the database.
    pub fn copy(&self) -> Result<Copy, Error> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| Error::Io {
            detail: format!("no random numbers: {error}"),
        })?;
        let name = format!("{COPY}{:016x}", u64::from_be_bytes(random));
        self.copy_to(self.source.db.with_file_name(name))
    }

    fn copy_to(&self, path: PathBuf) -> Result<Copy, Error> {
        copy(&self.source, path)
    }

    /// Bytes of the database and its journal on the disk.
    pub fn disk_bytes(&self) -> u64 {
        self.database_bytes() + self.journal_bytes()
    }

    /// Copies that upgrades left beside the database: they hold what was stored then.
    pub fn copies_of_upgrades(&self) -> Vec<String> {
        let folder = self
            .source
            .db
            .parent()
            .and_then(|folder| folder.read_dir().ok());
        let names = folder
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name());
        names
            .filter_map(|name| name.into_string().ok())
            .filter(|name| name.ends_with(".backup"))
            .collect()
    }
}

/// A consistent copy of a folder's database, with its length in bytes, in a file of its own. Of the folder nothing is
/// written and nothing held: somebody else may write it meanwhile.
///
/// # Errors
/// [`OpenError`]: where there is no database, or none of this program.
pub fn copy_of(dir: &Path, to: &Path) -> Result<Copy, OpenError> {
    let db = dir.join(DB_FILE);
    if !open::check_file(&db)? {
        let error = io::Error::new(io::ErrorKind::NotFound, "there is no store in it");
        return Err(OpenError::io(dir, error));
    }
    // Nobody who writes can come while this is held; without a journal the file then is all there is to read.
    let alone = read_only::share(dir);
    let has_journal = fs::symlink_metadata(schema::beside(&db, "-wal")).is_ok();
    let source = Source {
        immutable: alone.is_ok() && !has_journal,
        db,
    };
    copy(&source, to.to_owned()).map_err(|error| OpenError::store(&source.db, error))
}

fn copy(source: &Source, path: PathBuf) -> Result<Copy, Error> {
    schema::private_file(&path).map_err(|error| Error::Invalid {
        field: "backup file",
        reason: error.to_string(),
    })?;
    let copy = Copy { path };
    let conn = source.connect()?;
    // It forbids writing any file; that this one stays as it is, its open mode sees to.
    conn.pragma_update(None, "query_only", false)?;
    schema::copy_into(&conn, &copy.path)?;
    Ok(copy)
}

/// A copy of the store, gone when this is dropped.
#[derive(Debug)]
pub struct Copy {
    path: PathBuf,
}

impl Copy {
    /// Opens the copy, and its length in bytes.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(&self) -> io::Result<(File, u64)> {
        let file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Where that fails, the next start clears it away.
        drop(fs::remove_file(&self.path));
    }
}

/// Takes away the copies that a killed process left in its folder.
pub(super) fn clear_copies(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(COPY))
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::warn!(%error, "a leftover copy could not be removed");
        }
    }
}
