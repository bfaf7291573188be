//! Replies that are given again when a POST is repeated with the same Idempotency-Key.

use rusqlite::{Connection, OptionalExtension, params};

use super::tx::Tx;
use super::{Error, Reader};

/// How long a reply is remembered, in seconds: 30 days.
const REMEMBER: i64 = 30 * 24 * 60 * 60;
/// How many forgotten rows one purge drops.
const PURGE_AT_ONCE: i64 = 10_000;

/// A reply that was sent before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The hash of the request's body, to tell a repetition from another request under the same key.
    pub body_hash: i64,
    /// The HTTP status that was sent.
    pub status: u16,
    /// The body that was sent.
    pub reply: Vec<u8>,
}

fn find(conn: &Connection, key: &str, route: &str, now: i64) -> Result<Option<Remembered>, Error> {
    Ok(conn
        .prepare_cached(
            "SELECT body_hash, status, reply FROM idempotency WHERE key = ?1 AND route = ?2 AND at > ?3",
        )?
        .query_row(params![key, route, now - REMEMBER], |row| {
            Ok(Remembered {
                body_hash: row.get(0)?,
                status: row.get(1)?,
                reply: row.get(2)?,
            })
        })
        .optional()?)
}

/// Drops rows that nobody can ask for any more; says whether there were any.
pub(super) fn purge(conn: &Connection, now: i64) -> Result<bool, Error> {
    let gone = conn
        .prepare_cached(
            "DELETE FROM idempotency WHERE rowid IN
             (SELECT rowid FROM idempotency WHERE at <= ?1 LIMIT ?2)",
        )?
        .execute([now - REMEMBER, PURGE_AT_ONCE])?;
    Ok(gone > 0)
}

impl Tx<'_> {
    /// What was replied to this key and route in the last 30 days. Ask in the job that then writes, so that two
    /// equal requests at once cannot both write.
    ///
    /// # Errors
    /// Those of the database.
    pub fn remembered(&self, key: &str, route: &str) -> Result<Option<Remembered>, Error> {
        find(self.conn, key, route, self.now())
    }

    /// Remembers a reply.
    ///
    /// # Errors
    /// Those of the database.
    pub fn remember(&mut self, key: &str, route: &str, sent: &Remembered) -> Result<(), Error> {
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "INSERT OR REPLACE INTO idempotency (key, route, body_hash, status, reply, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    key,
                    route,
                    sent.body_hash,
                    sent.status,
                    sent.reply,
                    tx.now()
                ])?;
            Ok(())
        })
    }
}

impl Reader<'_> {
    /// What was replied to this key and route in the last 30 days.
    ///
    /// # Errors
    /// Those of the database.
    pub fn remembered(&self, key: &str, route: &str) -> Result<Option<Remembered>, Error> {
        find(self.conn, key, route, self.now)
    }
}
