//! `Idempotency-Key`: a request sent twice writes once. Every write for a caller goes through [`Engine::write`], which
//! remembers what the caller is answered with in the transaction that writes (of a work of many transactions, in the
//! last one): whatever happens to the server, the request sent again is answered by what was done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::{
    BulkView, Caller, ConceptView, Engine, Erased, Error, KeyInfo, MadeKey, MemoryInfo, StyleView,
    SuggestionView, UnitView, Written,
};
use crate::model::ImportReport;
use crate::store::{self, Actor, Tx};

/// An answer that was given to an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub status: u16,
    pub body: String,
}

/// One `Idempotency-Key`, for the one request that it stands for.
#[derive(Debug)]
pub struct Idempotency {
    /// The key, with whose it is.
    pub key: String,
    /// What is asked, with the memory or unit that it is asked of.
    pub route: String,
    /// The status of its answer, where that does not say otherwise.
    pub status: u16,
    /// A hash of what is asked besides the body.
    pub settings: u64,
    /// A hash of the body; of a stream it is known at its end.
    pub body: Arc<OnceLock<u64>>,
    /// Whether the answer is remembered, if the transaction succeeds.
    pub kept: AtomicBool,
}

impl Idempotency {
    fn hash(&self) -> Option<i64> {
        let body = self.body.get()?;
        Some((body ^ self.settings).cast_signed())
    }
}

/// What somebody who writes is answered with.
pub trait Answer: Serialize {
    /// The status, where the usual one is this.
    fn status(&self, usual: u16) -> u16 {
        usual
    }

    /// What to answer when the same is asked again.
    fn remembered(&self, usual: u16) -> Result<Remembered, Error> {
        said(self.status(usual), self)
    }
}

fn said<T: Serialize + ?Sized>(status: u16, answer: &T) -> Result<Remembered, Error> {
    let body = serde_json::to_string(answer).map_err(|error| Error::Store(error.to_string()))?;
    Ok(Remembered { status, body })
}

impl Answer for UnitView {}
impl Answer for MemoryInfo {}
impl Answer for BulkView {}
impl Answer for Erased {}
impl Answer for ConceptView {}
impl Answer for StyleView {}
impl Answer for SuggestionView {}
impl Answer for ImportReport {}

impl Answer for Written {
    fn status(&self, usual: u16) -> u16 {
        if self.created { 201 } else { usual }
    }
}

impl Answer for MadeKey {
    /// What is remembered lies in the database, where no key belongs.
    fn remembered(&self, _: u16) -> Result<Remembered, Error> {
        let info: &KeyInfo = &self.info;
        said(200, info)
    }
}

/// What came of a request with an `Idempotency-Key`.
pub enum Once<T> {
    /// It was done now.
    Now(T),
    /// It was done before, and answered so.
    Before(Remembered),
}

impl Engine {
    /// What an `Idempotency-Key` was answered with before, if it was; another body is an error, and so is one whose
    /// end is not known yet.
    pub fn remembered(&self, key: &Idempotency) -> Result<Option<Remembered>, Error> {
        let found = self
            .store
            .read(|reader| reader.remembered(&key.key, &key.route))?;
        match found {
            Some(found) if Some(found.body_hash) != key.hash() => Err(Error::IdempotencyMismatch),
            Some(found) => Ok(Some(Remembered {
                status: found.status,
                body: String::from_utf8_lossy(&found.reply).into_owned(),
            })),
            None => Ok(None),
        }
    }

    /// Does some work unless it was done before. Of several requests with one key at once, the caller of this lets
    /// one through.
    pub fn once<T: Answer>(
        &self,
        caller: Caller,
        key: Idempotency,
        work: impl FnOnce(&Caller) -> Result<T, Error>,
    ) -> Result<Once<T>, Error> {
        if let Some(answer) = self.remembered(&key)? {
            return Ok(Once::Before(answer));
        }
        let key = Arc::new(key);
        let caller = Caller {
            once: Some(Arc::clone(&key)),
            ..caller
        };
        let done = work(&caller)?;
        let is_kept = key.kept.load(Ordering::Relaxed);
        debug_assert!(is_kept, "{} writes and does not remember it", key.route);
        Ok(Once::Now(done))
    }

    /// The one way to write what a caller asked for; `job` gives what they are answered with.
    pub(super) fn write<T: Answer + Send + 'static>(
        &self,
        caller: &Caller,
        job: impl FnOnce(&mut Tx<'_>, &Actor) -> Result<T, store::Error> + Send + 'static,
    ) -> Result<T, store::Error> {
        let (who, once) = (caller.actor(), caller.once.clone());
        self.store.write(move |tx| {
            let answer = job(tx, &who)?;
            remember(tx, once.as_deref(), &answer)?;
            Ok(answer)
        })
    }
}

/// Remembers an answer, in the transaction that it tells of.
pub(super) fn remember(
    tx: &mut Tx<'_>,
    once: Option<&Idempotency>,
    answer: &impl Answer,
) -> Result<(), store::Error> {
    // Of a stream that nobody read to its end, nobody can send the same again.
    let Some((key, body_hash)) = once.and_then(|key| Some((key, key.hash()?))) else {
        return Ok(());
    };
    let answer = answer
        .remembered(key.status)
        .map_err(|error| store::Error::Invalid {
            field: "reply",
            reason: error.to_string(),
        })?;
    let sent = store::Remembered {
        body_hash,
        status: answer.status,
        reply: answer.body.into_bytes(),
    };
    tx.remember(&key.key, &key.route, &sent)?;
    key.kept.store(true, Ordering::Relaxed);
    Ok(())
}
