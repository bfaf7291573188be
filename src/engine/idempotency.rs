//! Replies that were given to an `Idempotency-Key`, so that the same request sent twice writes once.

use super::{Engine, Error, Idempotency, Remembered};
use crate::store;

impl Engine {
    /// What an `Idempotency-Key` was answered with before, if it was; another body is an error.
    pub fn remembered(&self, key: &Idempotency) -> Result<Option<Remembered>, Error> {
        let found = self
            .store
            .read(|reader| reader.remembered(&key.key, &key.route))?;
        match found {
            Some(found) if found.body_hash != key.body_hash as i64 => {
                Err(Error::IdempotencyMismatch)
            }
            Some(found) => Ok(Some(Remembered {
                status: found.status,
                body: String::from_utf8_lossy(&found.reply).into_owned(),
            })),
            None => Ok(None),
        }
    }

    /// Remembers an answer for 30 days.
    pub fn remember(&self, key: &Idempotency, answer: &Remembered) -> Result<(), Error> {
        let sent = store::Remembered {
            body_hash: key.body_hash as i64,
            status: answer.status,
            reply: answer.body.clone().into_bytes(),
        };
        let (name, route) = (key.key.clone(), key.route.clone());
        Ok(self
            .store
            .write(move |tx| tx.remember(&name, &route, &sent))?)
    }
}
