//! Keys: what each may do, and the hash that tells it. The keys themselves are not here, nor anywhere.

use rusqlite::{Row, params};

use super::tx::Tx;
use super::{Error, Reader};
use crate::model::{MemoryId, Rights, Role, Stamp};

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its id: 8 letters and digits.
    pub id: String,
    /// A label for people.
    pub name: String,
    /// SHA-256 of the whole key.
    pub hash: [u8; 32],
    /// What it may do.
    pub rights: Rights,
    /// How many requests a minute; none: as many as it likes.
    pub per_minute: Option<u32>,
    /// From when it is refused, in seconds since 1970; none: never.
    pub expires_at: Option<i64>,
}

/// A key that was made. It stays here after it was revoked or has expired.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// What it was made as.
    pub key: NewKey,
    /// When and by whom it was made.
    pub created: Stamp,
    /// When and by whom it was revoked.
    pub revoked: Option<Stamp>,
    /// When it was last used, to the hour.
    pub last_used: Option<i64>,
}

const COLUMNS: &str =
    "id, name, hash, everywhere, glossary, per_minute, created_at, created_by, expires_at,
     revoked_at, revoked_by, last_used";

/// A role as it is stored. What is no role gives none: a damaged table never gives more than it should.
fn role(name: Option<String>) -> Option<Role> {
    Role::parse(&name?)
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<StoredKey> {
    let revoked_at: Option<i64> = row.get(9)?;
    let revoked_by = row.get(10)?;
    Ok(StoredKey {
        key: NewKey {
            id: row.get(0)?,
            name: row.get(1)?,
            hash: row.get(2)?,
            rights: Rights {
                everywhere: role(row.get(3)?),
                memories: Vec::new(),
                glossary: role(row.get(4)?),
            },
            per_minute: row.get(5)?,
            expires_at: row.get(8)?,
        },
        created: Stamp {
            at: row.get(6)?,
            by: row.get(7)?,
        },
        revoked: revoked_at.map(|at| Stamp { at, by: revoked_by }),
        last_used: row.get(11)?,
    })
}

impl Tx<'_> {
    /// Makes a key.
    ///
    /// # Errors
    /// [`Error::Exists`] when there is one by that id.
    pub fn create_key(&mut self, key: &NewKey, by: Option<&str>) -> Result<StoredKey, Error> {
        let there: bool = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM key WHERE id = ?1)")?
            .query_row([&key.id], |row| row.get(0))?;
        if there {
            return Err(Error::Exists {
                name: key.id.clone(),
            });
        }
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO key (id, name, hash, everywhere, glossary, per_minute, created_at, created_by, expires_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                )?
                .execute(params![
                    key.id,
                    key.name,
                    key.hash,
                    key.rights.everywhere.map(Role::as_str),
                    key.rights.glossary.map(Role::as_str),
                    key.per_minute,
                    tx.now(),
                    by,
                    key.expires_at
                ])?;
            for (memory, role) in &key.rights.memories {
                tx.conn
                    .prepare_cached(
                        "INSERT INTO key_memory (key_id, memory_id, role) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![key.id, memory.0, role.as_str()])?;
            }
            Ok(StoredKey {
                key: key.clone(),
                created: Stamp {
                    at: tx.now(),
                    by: by.map(str::to_owned),
                },
                revoked: None,
                last_used: None,
            })
        })
    }

    /// Revokes a key for good; whether it was not revoked before.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn revoke_key(&mut self, id: &str, by: Option<&str>) -> Result<bool, Error> {
        let revoked: bool = self
            .conn
            .prepare_cached("SELECT revoked_at IS NOT NULL FROM key WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .map_err(|error| super::or_not_found(error, "key"))?;
        if revoked {
            return Ok(false);
        }
        self.guard(|tx| {
            tx.conn
                .prepare_cached("UPDATE key SET revoked_at = ?2, revoked_by = ?3 WHERE id = ?1")?
                .execute(params![id, tx.now(), by])?;
            Ok(true)
        })
    }

    /// Notes that a key was used.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note_key_use(&mut self, id: &str, at: i64) -> Result<(), Error> {
        self.guard(|tx| {
            tx.conn
                .prepare_cached("UPDATE key SET last_used = ?2 WHERE id = ?1")?
                .execute(params![id, at])?;
            Ok(())
        })
    }
}

impl Reader<'_> {
    /// All keys that were ever made, the oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keys(&self) -> Result<Vec<StoredKey>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM key ORDER BY created_at, rowid");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map([], read_key)?;
        let mut keys: Vec<StoredKey> = rows.collect::<Result<_, _>>()?;
        let mut statement = self
            .conn
            .prepare_cached("SELECT memory_id, role FROM key_memory WHERE key_id = ?1")?;
        for stored in &mut keys {
            let rows = statement.query_map([&stored.key.id], |row| {
                Ok((MemoryId(row.get(0)?), role(row.get(1)?)))
            })?;
            for row in rows {
                if let (memory, Some(role)) = row? {
                    stored.key.rights.memories.push((memory, role));
                }
            }
        }
        Ok(keys)
    }

    /// The names of living memories, by their numbers; those that are gone are left out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn names_of(&self, memories: &[(MemoryId, Role)]) -> Result<Vec<(String, Role)>, Error> {
        let mut names = Vec::new();
        for (id, role) in memories {
            names.extend(self.memory_by_id(*id)?.map(|memory| (memory.name, *role)));
        }
        names.sort();
        Ok(names)
    }

    /// Whether a memory had this name that is still stored, living or deleted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn memory_was(&self, name: &str) -> Result<bool, Error> {
        Ok(self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM memory WHERE name = ?1)")?
            .query_row([name], |row| row.get(0))?)
    }
}
