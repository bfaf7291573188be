//! The store: memories, units, their history and the log of changes in one `SQLite` database. The only room with SQL.
//!
//! Promises, in the order of their weight:
//! * What [`Store::write`] acknowledged is on the disk (`synchronous = FULL`) and the follower has applied it.
//! * A write happens as a whole or not at all; a failing or panicking one harms no other.
//! * Every change has a place in the log, written in the same transaction, and the follower gets them in that order.
//! * A read sees one moment of the store, never half a write, never waits for the writer, and ends within a second.
//! * Ids are never used twice. Stored text is never altered.
//! * One process has a data folder at a time; a database of another program or of the future is left as it is.
//!
//! One thread writes (`writer`), several connections read (`connection`). `schema.sql` tells what is stored.

mod activity;
mod audit;
mod background;
mod browse;
mod bulk;
mod bulk_edits;
mod changes;
mod check;
mod concept_history;
mod concepts;
mod connection;
mod content;
mod counts;
mod edits;
mod equals;
mod erase;
mod error;
mod feed;
mod glossary;
mod glossary_imports;
mod history;
mod idempotency;
mod imports;
mod keys;
mod memories;
mod open;
mod purge;
mod put;
mod read_only;
mod remembered;
mod restore;
mod schema;
mod shipped;
mod space;
#[cfg(test)]
mod tests;
mod tx;
mod undo;
mod units;
mod upkeep;
mod verify;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

pub use activity::DayOfWork;
pub use audit::{Actor, AuditEntry, AuditFilter, AuditPage, Deed, KEEP_AUDIT};
pub use background::{give_way, yield_to_others};
pub use browse::{Page, Scanned, ScannedVariant, Takes};
pub use bulk::{Bulk, BulkKind, NewBulk};
pub use changes::{KEEP_CHANGES, LoggedChange, LoggedKind, MAX_CHANGES};
pub use check::{Checkup, Damage, Finding};
pub use concept_history::ConceptRevision;
pub use concepts::{ConceptOutcome, Expected, StoredConcept};
pub use connection::Reader;
pub use content::Prepared;
pub use equals::SourceGroups;
pub use erase::erased_user;
pub use error::Error;
pub use feed::Stretch;
pub use glossary::{StoredStyle, StoredSuggestion, StyleRevision, SuggestionState};
pub use glossary_imports::{ConceptWritten, GlossaryImport, GlossaryImportId, NewGlossaryImport};
pub use history::{Event, Revision};
pub use idempotency::Remembered;
pub use imports::{Import, ImportId, ImportState, NewImport};
pub use keys::{NewKey, StoredKey};
pub use memories::{
    DeletedMemory, MAX_PENALTY, Memory, MemoryPatch, UNDELETE_WITHIN, is_memory_name,
};
pub use open::{Clock, DB_FILE, LOCK_FILE, OpenError, OpenOptions};
pub use put::{Mode, Outcome};
pub use restore::{RestoreError, Restored, check_backup, restore};
pub use tx::Tx;
pub use undo::Undone;
pub use upkeep::{Copy, copy_of};

pub use verify::SumCheck;
pub use writer::{Follower, Pending};

use crate::model::Seq;
use tx::Ledger;
use writer::{Work, Writer};

/// How many jobs may wait for the writer; further callers wait to hand theirs over.
const QUEUE: usize = 1_024;
/// How many durable groups may wait for the follower.
const FOLLOWER_QUEUE: usize = 4;

/// An open store. Closing it (or dropping it) finishes all writes that were handed over.
pub struct Store {
    source: connection::Source,
    pool: connection::Pool,
    clock: Clock,
    shared: Arc<Shared>,
    jobs: Option<SyncSender<Box<dyn Work>>>,
    /// Dropped when the store closes, which ends the keeper of the note.
    open: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    rolled_back: bool,
    /// The folder, and how many bytes are kept back in it for when the disk is full.
    ballast: (PathBuf, u64),
    /// Released last.
    _lock: Option<File>,
}

/// Whether a store can be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// It can.
    #[default]
    Well,
    /// The disk is full; it heals by itself within seconds once there is room.
    Full,
    /// The disk failed; nothing is written until a restart.
    Failed(String),
    /// It was opened where nothing can be written.
    ReadOnly(String),
}

/// What the threads tell everyone.
struct Shared {
    head: AtomicI64,
    epoch: Mutex<Arc<str>>,
    following: AtomicBool,
    condition: Mutex<Condition>,
    errors: AtomicU64,
}

impl Shared {
    fn new(ledger: &Ledger, condition: Condition) -> Arc<Self> {
        Arc::new(Self {
            head: AtomicI64::new(ledger.next_change - 1),
            epoch: Mutex::new(Arc::clone(&ledger.epoch)),
            following: AtomicBool::new(true),
            condition: Mutex::new(condition),
            errors: AtomicU64::new(0),
        })
    }

    fn head(&self) -> i64 {
        self.head.load(Ordering::Acquire)
    }

    fn epoch(&self) -> String {
        let epoch = self.epoch.lock();
        epoch.unwrap_or_else(PoisonError::into_inner).to_string()
    }

    fn condition(&self) -> Condition {
        let condition = self.condition.lock();
        condition.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_condition(&self, now: Condition) {
        let mut condition = self
            .condition
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *condition == now {
            return;
        }
        match &now {
            Condition::Well => tracing::info!("the store can be written again"),
            Condition::Full => {
                tracing::error!("the disk is full: look-ups go on, writes wait for room");
            }
            Condition::Failed(reason) | Condition::ReadOnly(reason) => {
                tracing::error!(reason, "the store is read-only");
            }
        }
        *condition = now;
    }

    fn count_errors(&self, errors: usize) {
        self.errors.fetch_add(errors as u64, Ordering::Relaxed);
    }

    fn committed(&self, ledger: &Ledger) {
        self.head.store(ledger.next_change - 1, Ordering::Release);
        let mut epoch = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        if *epoch != ledger.epoch {
            *epoch = Arc::clone(&ledger.epoch);
        }
    }

    fn follower_failed(&self) {
        self.following.store(false, Ordering::Release);
    }
}

impl Store {
    /// Opens a data folder, or makes it. The follower is called on a thread of its own with every change from now on,
    /// in order; callers are answered after it returns. It must not write to this store, which would wait for itself.
    ///
    /// # Errors
    /// [`OpenError`], whose text names the file, the cause and the remedy; the database is then as it was.
    pub fn open(dir: &Path, options: &OpenOptions, follower: Follower) -> Result<Self, OpenError> {
        let opened = open::open(dir, options)?;
        let source = opened.source;
        let pool = connection::Pool::new(&source, options.readers, options.read_limit);
        let store = |shared, jobs, open, threads, rolled_back| Self {
            pool,
            source: source.clone(),
            clock: Arc::clone(&options.clock),
            shared,
            jobs,
            open,
            threads,
            rolled_back,
            ballast: (dir.to_owned(), options.ballast),
            _lock: opened.lock,
        };
        let conn = match opened.writer {
            open::Writing::Yes(conn) => conn,
            open::Writing::No(reason) => {
                let ledger = source.connect().and_then(|conn| Ledger::load(&conn));
                let ledger = ledger.map_err(|e| OpenError::store(&source.db, e))?;
                tracing::warn!(reason, "the store is read-only");
                let shared = Shared::new(&ledger, Condition::ReadOnly(reason));
                return Ok(store(shared, None, None, Vec::new(), false));
            }
        };
        let db = source.db.clone();
        let failed = |e| OpenError::store(&db, e);
        let rolled_back = open::notice_rollback(dir, &conn).map_err(failed)?;
        let ledger = Ledger::load(&conn).map_err(failed)?;
        let equals = equals::Equals::load(&conn, options.unindexed_units).map_err(failed)?;
        let shared = Shared::new(&ledger, Condition::Well);
        let writer = Writer {
            conn,
            wal: schema::beside(&db, "-wal"),
            clock: Arc::clone(&options.clock),
            shared: Arc::clone(&shared),
            ledger,
            equals,
            langs: units::Langs::default(),
            changes: Vec::new(),
            failed: None,
            truncated: Instant::now(),
        };
        let (jobs, waiting) = sync_channel(QUEUE);
        let (groups, committed) = sync_channel(FOLLOWER_QUEUE);
        let (open, closed) = channel();
        let (told, noted, folder) = (shared.clone(), shared.clone(), dir.to_owned());
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(run)
                .map_err(|e| OpenError::io(&db, e))
        };
        // They are joined in the opposite order.
        let threads = vec![
            spawn(
                "store-note",
                Box::new(move || remembered::keep(&folder, &noted, &closed)),
            )?,
            spawn(
                "store-follower",
                Box::new(move || writer::follow(&committed, follower, &told)),
            )?,
            spawn(
                "store-writer",
                Box::new(move || writer.run(&waiting, &groups)),
            )?,
        ];
        Ok(store(shared, Some(jobs), Some(open), threads, rolled_back))
    }

    /// Reads in one short transaction. Do not read within a read: it takes a second connection of few.
    ///
    /// # Errors
    /// What `ask` returns; [`Error::TooLong`] after a second; [`Error::Busy`] when no connection is free.
    pub fn read<T>(&self, ask: impl FnOnce(&Reader<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let result = self.pool.read((self.clock)(), ask);
        if result.as_ref().is_err_and(Error::is_of_the_database) {
            self.shared.count_errors(1);
        }
        result
    }

    /// Writes, and returns once it is durable and the follower has applied it.
    ///
    /// # Errors
    /// What the job returns, or why it could not be made durable; then nothing of it was written.
    pub fn write<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.submit(job).wait()
    }

    /// Hands a write over without waiting for it (but for its place in a full queue). Writes happen in the order
    /// they are handed over.
    pub fn submit<T, F>(&self, job: F) -> Pending<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        if let Condition::ReadOnly(reason) = self.condition() {
            return Pending::refused(Error::ReadOnlyStore { reason });
        }
        let (task, pending) = writer::task(job);
        if let Some(jobs) = &self.jobs {
            // When the writer is gone the task is dropped, and waiting for it says `Closed`.
            drop(jobs.send(task));
        }
        pending
    }

    /// Writes the whole database anew, so that what was deleted is no longer anywhere in it or in the journal. It takes
    /// some seconds for a gigabyte and as much space again for the time; writers wait, readers do not.
    ///
    /// # Errors
    /// [`Error::Full`]; [`Error::Busy`] when a reader keeps the journal, which then is emptied later.
    pub fn compact(&self) -> Result<(), Error> {
        let (task, pending) = writer::compaction();
        if let Some(jobs) = &self.jobs {
            drop(jobs.send(task));
        }
        pending.wait()
    }

    /// Seconds since 1970-01-01 UTC by the store's clock.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// The place of the last durable change; 0 when there was none.
    pub fn head(&self) -> Seq {
        Seq(self.shared.head())
    }

    /// The name of this life of the store: places in the log mean something only together with it.
    pub fn epoch(&self) -> String {
        self.shared.epoch()
    }

    /// Whether it can be written, and why not.
    pub fn condition(&self) -> Condition {
        self.shared.condition()
    }

    /// Refuses imports where the disk is so full that the ballast is needed, or was.
    ///
    /// # Errors
    /// [`Error::Full`].
    pub fn must_have_room(&self) -> Result<(), Error> {
        let (folder, bytes) = &self.ballast;
        space::must_have_room(folder, *bytes)
    }

    /// Whether the store was found to have gone backward when it was opened (its journal was lost), and was given a
    /// new epoch.
    pub fn was_rolled_back(&self) -> bool {
        self.rolled_back
    }

    /// How many reads and writes the database itself has failed since the start.
    pub fn errors(&self) -> u64 {
        self.shared.errors.load(Ordering::Relaxed)
    }

    /// The size of the journal, in bytes.
    pub fn journal_bytes(&self) -> u64 {
        let journal = schema::beside(&self.source.db, "-wal");
        std::fs::metadata(journal).map_or(0, |meta| meta.len())
    }

    /// The size of the database without its journal, in bytes.
    pub fn database_bytes(&self) -> u64 {
        std::fs::metadata(&self.source.db).map_or(0, |meta| meta.len())
    }

    /// Whether the follower has taken every change so far without a panic.
    pub fn is_following(&self) -> bool {
        self.shared.following.load(Ordering::Acquire)
    }

    /// The version of `SQLite` inside.
    pub fn sqlite_version(&self) -> &'static str {
        rusqlite::version()
    }

    /// Whether no memory was ever made in this store.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.read(|r| {
            let sql = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'memory')";
            Ok(r.conn
                .prepare_cached(sql)?
                .query_row([], |row| row.get(0))?)
        })
    }

    /// Finishes all writes that were handed over, empties the journal and releases the folder.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Readers would keep the journal from being cut off.
        self.pool.close_idle();
        self.jobs = None;
        // The note ends last of all, with the last change in it.
        let open = self.open.take();
        let note = self.threads.drain(..1.min(self.threads.len())).next();
        for thread in self.threads.drain(..).rev() {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
        drop(open);
        if let Some(note) = note {
            drop(note.join());
        }
    }
}

/// "No row" as the caller's decision, anything else as it is.
fn or_not_found(error: rusqlite::Error, what: &'static str) -> Error {
    match error {
        rusqlite::Error::QueryReturnedNoRows => Error::NotFound { what },
        other => other.into(),
    }
}
