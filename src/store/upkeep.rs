//! Copies and checks of a store in use. They take as long as they take, on a connection of their own.

use std::path::Path;

use super::{Error, Store, connection, schema};

impl Store {
    /// Writes a consistent copy to a new file, readable by its owner only, while writes go on; it is durable on
    /// return. Restoring is putting the copy in the place of `hamzaban.db` while nothing serves the folder.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the file exists or cannot be made; [`Error::Full`].
    pub fn backup(&self, to: &Path) -> Result<(), Error> {
        schema::private_file(to).map_err(|e| Error::Invalid {
            field: "backup file",
            reason: e.to_string(),
        })?;
        let conn = connection::connect_to_read(&self.db)?;
        // It forbids writing any file; that this one stays as it is, its open mode sees to.
        conn.pragma_update(None, "query_only", false)?;
        let done = schema::copy_into(&conn, to);
        if done.is_err() {
            // Half a copy is worse than none.
            drop(std::fs::remove_file(to));
        }
        done
    }

    /// Bytes of the database and its journal on the disk.
    pub fn disk_bytes(&self) -> u64 {
        let files = [self.db.clone(), schema::beside(&self.db, "-wal")];
        let sizes = files
            .iter()
            .map(|file| std::fs::metadata(file).map_or(0, |m| m.len()));
        sizes.sum()
    }

    /// Copies that upgrades left beside the database: they hold what was stored then.
    pub fn copies_of_upgrades(&self) -> Vec<String> {
        let folder = self.db.parent().and_then(|folder| folder.read_dir().ok());
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

    /// Lets `SQLite` look at every page, index and constraint; what it finds, at most 100 lines, none when all is
    /// well. Checksums of units are another matter: [`super::Reader::check_unit_sums`].
    ///
    /// # Errors
    /// Those of the database.
    pub fn check_integrity(&self) -> Result<Vec<String>, Error> {
        let conn = connection::connect_to_read(&self.db)?;
        let mut statement = conn.prepare("PRAGMA integrity_check(100)")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        let mut found: Vec<String> = rows.collect::<Result<_, _>>()?;
        found.retain(|line| line != "ok");
        Ok(found)
    }
}
