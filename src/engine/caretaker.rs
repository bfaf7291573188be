//! What is looked after while nobody asks: imports whose end could not be written, and now and then a unit at random,
//! which a look-up must find. And the figures of it all.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use super::Engine;
use crate::model::UnitId;

/// How long a round is.
const ROUND: Duration = Duration::from_secs(1);
/// Every so many rounds a few units are looked for: a thousand an hour.
const ROUNDS_BETWEEN_SAMPLES: u64 = 18;
/// How many.
const SAMPLED: usize = 5;

/// What a watcher of the server wants to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Segments in the index.
    pub segments: u64,
    /// Bytes of the index.
    pub index_bytes: u64,
    /// Changes that are written and not yet seen by look-ups.
    pub lag: u64,
    /// Units that were looked for at random.
    pub sampled: u64,
    /// Those of them that were not found. Anything but 0 is a fault.
    pub mismatches: u64,
    /// The last change.
    pub head: u64,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// Imports that run.
    pub imports: u64,
    /// Reads and writes that the database failed.
    pub errors: u64,
    /// Whether the store can be written.
    pub writable: bool,
    /// Whether the index follows the store.
    pub following: bool,
    /// Whether look-ups are answered.
    pub ready: bool,
}

/// The thread, and what it found.
#[derive(Default)]
pub(super) struct Caretaker {
    running: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
    sampled: AtomicU64,
    mismatches: AtomicU64,
}

impl Caretaker {
    pub(super) fn start(&self, engine: &Arc<Engine>) {
        let (stop, stopped) = channel();
        let engine: Weak<Engine> = Arc::downgrade(engine);
        let run = move || {
            let mut round: u64 = 0;
            while stopped.recv_timeout(ROUND) == Err(RecvTimeoutError::Timeout) {
                let Some(engine) = engine.upgrade() else {
                    return;
                };
                round += 1;
                engine.round(round);
            }
        };
        let thread = std::thread::Builder::new()
            .name("caretaker".into())
            .spawn(run);
        match thread {
            Ok(thread) => *self.running.lock() = Some((stop, thread)),
            Err(error) => tracing::warn!(%error, "nobody looks after the store: no thread for it"),
        }
    }

    /// Ends it; no round runs when this returns.
    pub(super) fn stop(&self) {
        let Some((stop, thread)) = self.running.lock().take() else {
            return;
        };
        drop(stop);
        if thread.join().is_err() {
            tracing::error!("the caretaker panicked");
        }
    }
}

impl Engine {
    /// Writes down what could not be written before, if it can be now.
    pub(super) fn settle(&self) {
        if self.degraded().is_none() {
            self.imports.settle(&self.store);
        }
    }

    fn round(&self, round: u64) {
        self.settle();
        if round.is_multiple_of(ROUNDS_BETWEEN_SAMPLES) && self.must_be_ready().is_ok() {
            self.sample(SAMPLED);
        }
    }

    /// Looks for a few units at random in the index.
    fn sample(&self, count: usize) {
        for _ in 0..count {
            // A fresh state hashes with other numbers each time: random enough to choose by.
            let random = RandomState::new().hash_one(0);
            let found = self.store.read(|reader| {
                let last = reader.last_unit()?.max(1).unsigned_abs();
                let after = i64::try_from(random % last).unwrap_or_default();
                Ok(reader.scan(UnitId(after), 1)?.0.pop())
            });
            let Ok(Some(unit)) = found else {
                continue;
            };
            self.caretaker.sampled.fetch_add(1, Ordering::Relaxed);
            match self.is_missing(unit.id) {
                Ok(Some(_)) => {
                    self.caretaker.mismatches.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(
                        unit = unit.id.0,
                        "a stored unit is not found by look-ups: run `hamzaban verify`, restart the server, and report it"
                    );
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a unit could not be looked for"),
            }
        }
    }

    /// What a watcher of the server wants to know.
    pub fn figures(&self) -> Figures {
        let (segments, parts, words, similar) = self.index.size();
        let applied = self.applied.load(Ordering::Acquire);
        let head = self.store.head().0;
        let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
        Figures {
            segments: segments as u64,
            index_bytes: (parts + words + similar) as u64,
            lag: unsigned(head - applied),
            sampled: self.caretaker.sampled.load(Ordering::Relaxed),
            mismatches: self.caretaker.mismatches.load(Ordering::Relaxed),
            head: unsigned(head),
            journal_bytes: self.store.journal_bytes(),
            database_bytes: self.store.database_bytes(),
            imports: self.imports.count(),
            errors: self.store.errors(),
            writable: self.degraded().is_none(),
            following: self.store.is_following(),
            ready: self.must_be_ready().is_ok(),
        }
    }
}
