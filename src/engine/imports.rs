//! The imports that run: how many, the word that ends them, and how those ended whose end could not be written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::idempotency::remember;
use super::{Error, Idempotency};
use crate::model::ImportReport;
use crate::store::{self, Actor, Deed, ImportId};

/// How an import ended, where that could not be written yet.
pub(super) struct Ended {
    pub(super) id: ImportId,
    pub(super) state: store::ImportState,
    pub(super) bytes: u64,
    pub(super) report: ImportReport,
    pub(super) who: Actor,
    pub(super) deed: Deed,
    /// What the report is to be remembered by, where it is the answer.
    pub(super) once: Option<Arc<Idempotency>>,
}

impl Ended {
    pub(super) fn write(&self, store: &store::Store) -> Result<(), store::Error> {
        let (id, state, bytes) = (self.id, self.state, self.bytes);
        let (report, who, deed) = (self.report.clone(), self.who.clone(), self.deed.clone());
        let once = self.once.clone();
        store.write(move |tx| {
            tx.finish_import(id, state, bytes, &report)?;
            tx.audit(&who, &deed)?;
            remember(tx, once.as_deref(), &report)
        })
    }
}

/// The imports that run, and those whose end could not be written.
#[derive(Default)]
pub(super) struct Running {
    count: AtomicU64,
    ending: AtomicBool,
    ended: parking_lot::Mutex<Vec<Ended>>,
}

/// One import that runs.
pub(super) struct Counting<'a>(&'a AtomicU64);

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Running {
    /// How many run.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn one(&self) -> Counting<'_> {
        self.count.fetch_add(1, Ordering::Relaxed);
        Counting(&self.count)
    }

    pub(super) fn end(&self) {
        self.ending.store(true, Ordering::Release);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    pub(super) fn must_not_end(&self) -> Result<(), Error> {
        match self.is_ending() {
            true => Err(Error::Ending),
            false => Ok(()),
        }
    }

    pub(super) fn remember(&self, ended: Ended) {
        self.ended.lock().push(ended);
    }

    pub(super) fn as_it_ended(&self, mut import: store::Import) -> store::Import {
        if let Some(ended) = self.ended.lock().iter().find(|ended| ended.id == import.id) {
            import.state = ended.state;
            import.bytes_read = ended.bytes;
            import.report = ended.report.clone();
        }
        import
    }

    /// Writes down how imports ended, where that could not be done before.
    pub(super) fn settle(&self, store: &store::Store) {
        // Nobody waits for this lock but those who ask how an import stands.
        let mut ended = self.ended.lock();
        ended.retain(|import| {
            let written = import.write(store);
            matches!(
                written,
                Err(store::Error::Full { .. } | store::Error::Busy { .. })
            )
        });
    }
}
