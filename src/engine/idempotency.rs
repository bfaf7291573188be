//! Replies that were given to an `Idempotency-Key`, so that the same request sent twice writes once.

use super::{Engine, Error, Idempotency, Remembered};
use crate::store::{self, Tx};

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
        let sent = stored(key, answer);
        let (name, route) = (key.key.clone(), key.route.clone());
        Ok(self
            .store
            .write(move |tx| tx.remember(&name, &route, &sent))?)
    }
}

fn stored(key: &Idempotency, answer: &Remembered) -> store::Remembered {
    store::Remembered {
        body_hash: key.body_hash as i64,
        status: answer.status,
        reply: answer.body.clone().into_bytes(),
    }
}

/// What to remember a write by, in the transaction that writes: whatever happens to the server, the request sent
/// again is answered by what was done and does nothing twice.
pub struct Once<T> {
    /// The key, the route and the body.
    pub key: Idempotency,
    /// The answer to what was written.
    pub answer: fn(&T) -> Result<Remembered, Error>,
}

impl<T> Once<T> {
    pub(super) fn remember(self, tx: &mut Tx<'_>, written: &T) -> Result<(), store::Error> {
        let answer = (self.answer)(written).map_err(|error| store::Error::Invalid {
            field: "reply",
            reason: error.to_string(),
        })?;
        let sent = stored(&self.key, &answer);
        tx.remember(&self.key.key, &self.key.route, &sent)
    }
}
