//! The use cases: look up, edit, import, export. The only room that decides; it joins store, index,
//! score and formats, and knows neither HTTP nor a terminal.

mod access;
mod admission;
mod audit;
mod batch;
mod browse;
mod bulk;
mod bulk_actions;
mod caretaker;
mod concordance;
mod cursor;
mod duplicates;
mod edit;
mod erase;
mod error;
mod export;
mod feed;
#[cfg(test)]
mod feed_tests;
mod filter;
mod first_run;
mod glossary;
mod idempotency;
mod imports;
mod keeper;
mod keys;
#[cfg(test)]
mod keys_tests;
mod lookup;
mod measure;
mod memories;
mod replace;
mod requests;
mod snapshots;
mod stats;
mod transfer;
#[cfg(test)]
mod trial;
mod upkeep;
mod variants;
mod view;

pub use crate::documents::Kind as DocumentKind;
pub use crate::formats::Format;
pub use crate::formats::glossary::Fault as GlossaryFault;
pub use crate::model::{ConceptKind, Rights, Role};
pub use crate::store::{Copy, RestoreError, Restored};
pub use access::Caller;
pub use admission::{Admitted, KeyFault, Rate, Turn};
pub use audit::{AuditPage, AuditQuery, AuditView};
pub use bulk::{BulkPage, BulkView};
pub use bulk_actions::{BulkDelete, BulkMerge, BulkMove};
pub use caretaker::Figures;
pub use concordance::{
    Concordance, ConcordanceHit, ConcordancePage, ConcordanceText, MAX_QUERY, MOST_HITS, Span,
};
pub use duplicates::{GroupKind, GroupPage, GroupView};
pub use erase::{Erase, Erased};
pub use error::Error;
pub use export::{Exported, Shape};
pub use feed::{ChangeName, ChangePage, ChangeView, Following, MOST_CHANGES};
pub use filter::Filter;
pub use first_run::Sample;
pub use glossary::{
    Brief, CheckPair, CheckReply, ConceptContent, ConceptEdit, ConceptHistoryEntry, ConceptPage,
    ConceptQuery, ConceptView, Decision, DocumentChange, DocumentChanges, FindNames, FindTerms,
    FindingView, FoundConcept, FoundNames, FoundTerms, GlossaryCheck, GlossaryFormat,
    GlossaryImport, Identified, Identify, MentionView, NameChange, NameEntry, NameTools,
    NewConcept, NewStyle, NewSuggestion, NormalizeNames, NormalizedNames, PairFinding,
    PairFindingKind, Stretch, StyleEdit, StyleHistoryEntry, StyleSettings, StyleView,
    SuggestionKind, SuggestionPage, SuggestionView, TermView,
};
pub use idempotency::{Answer, Idempotency, Once, Remembered};
pub use keys::{GlossaryRole, KeyInfo, KeyRequest, MadeKey, Me, MemoryRole};
pub use measure::{QuestionKind, SnapshotFigures, questions};
pub use replace::{BulkReplace, ReplacePreview, ReplacedText, SpanView};
pub use stats::{ActivityView, LanguageCount, Stats};
pub use upkeep::{Damage, Verification};

pub use requests::{
    BatchLookup, BulkOf, Explanation, HistoryEntry, HistoryPage, ImportMode, ImportState,
    ImportStatus, Include, Lookup, LookupReply, Match, MatchKind, MemoryInfo, MemoryPatch,
    NewMemory, NewUnit, Segment, UnitPage, UnitView, VariantText, WordStanding, WordView, Written,
};

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::RwLock;

use crate::index::Index;
use crate::model::{Change, UnitId};
use crate::store::{self, Condition, DB_FILE, OpenError, OpenOptions, Store};
use admission::Keys;
use caretaker::Caretaker;
use error::invalid;
use snapshots::{Moment, Snapshots};

/// How far the index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Units indexed so far, of about `total`.
    Loading { done: u64, total: u64 },
    /// Caught up once; `lag` changes are committed but not yet visible to look-ups.
    Ready { lag: i64 },
}

/// Why the store cannot be written, though look-ups go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Degraded {
    /// The disk is full; it heals by itself.
    StorageFull,
    /// The disk failed; it takes a restart.
    StoreFailed,
    /// The folder or the database is read-only.
    ReadOnlyStore,
}

/// Told of an import's progress, often.
pub trait Progress: Send + Sync {
    /// `bytes` of the (packed) input read, `units` read from it.
    fn advance(&self, bytes: u64, units: u64);
}

/// One data folder, opened: what every command and every request calls. Cheap to share.
pub struct Engine {
    // Dropped in this order: those who work by themselves first, then the store, which finishes its writes.
    _keeper: keeper::Keeper,
    _tidier: Tidier,
    store: Arc<Store>,
    /// Held while a deleted memory comes back.
    restoring: parking_lot::Mutex<()>,
    index: Arc<Index>,
    snapshots: Arc<Snapshots>,
    /// The termbase in memory.
    live: Arc<glossary::Live>,
    /// The last change that look-ups see.
    applied: Arc<AtomicI64>,
    loading: Loading,
    listeners: Listeners,
    /// A check of the store is running.
    verifying: AtomicBool,
    keys: Keys,
    imports: imports::Running,
    helpers: batch::Helpers,
    caretaker: Caretaker,
}

/// How to open an engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct EngineOptions {
    /// Open also on a network or user-space file system.
    pub allow_network_fs: bool,
    /// How many bytes of the disk to keep back for when it is full; 0 for none.
    pub ballast: u64,
}

/// Who is told that something changed.
type Listeners = Arc<RwLock<Vec<Box<dyn Fn() + Send + Sync>>>>;

/// How far the index is filled at the start.
#[derive(Default)]
struct Loading {
    ready: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
}

/// Units read from the store at once while the index is filled.
const LOADED_AT_ONCE: usize = 20_000;

impl Engine {
    /// Opens or creates the folder. The index is still empty: call [`Engine::catch_up`].
    pub fn open(data: &Path, allow_network_fs: bool) -> Result<Arc<Engine>, OpenError> {
        Self::open_with(
            data,
            EngineOptions {
                allow_network_fs,
                ..EngineOptions::default()
            },
        )
    }

    /// The same with all options.
    pub fn open_with(data: &Path, own: EngineOptions) -> Result<Arc<Engine>, OpenError> {
        let options = OpenOptions {
            allow_network_fs: own.allow_network_fs,
            ballast: own.ballast,
            ..OpenOptions::default()
        };
        Self::open_store(data, &options)
    }

    fn open_store(data: &Path, options: &OpenOptions) -> Result<Arc<Engine>, OpenError> {
        let index = Arc::new(Index::default());
        let live = Arc::new(glossary::Live::default());
        let applied = Arc::new(AtomicI64::new(0));
        let listeners = Listeners::default();
        let follower = {
            let (index, live, applied) = (index.clone(), live.clone(), applied.clone());
            let listeners = listeners.clone();
            move |changes: &[Change]| {
                index.apply(changes);
                live.apply(changes);
                if let Some(last) = changes.last() {
                    applied.store(last.seq.0, Ordering::Release);
                }
                listeners.read().iter().for_each(|tell| tell());
            }
        };
        let store = Arc::new(Store::open(data, options, Box::new(follower))?);
        let snapshots = Arc::new(Snapshots::new(data));
        let keys = Keys::default();
        let stored = store.read(|reader| reader.keys());
        keys.load(stored.map_err(|error| OpenError::store(&data.join(DB_FILE), error))?);
        let engine = Arc::new(Engine {
            _keeper: keeper::Keeper::start(store.clone()),
            _tidier: Tidier::start(index.clone(), snapshots.clone(), store.clone()),
            store,
            snapshots,
            restoring: parking_lot::Mutex::default(),
            index,
            live,
            applied,
            loading: Loading::default(),
            listeners,
            verifying: AtomicBool::new(false),
            keys,
            imports: imports::Running::default(),
            helpers: batch::Helpers::default(),
            caretaker: Caretaker::default(),
        });
        engine.caretaker.start(&engine);
        Ok(engine)
    }

    /// Fills the index from the store; blocks (seconds for a million units). Afterwards ready. Until then
    /// nothing can be written, so nothing can come in between.
    pub fn catch_up(&self) -> Result<(), Error> {
        self.fill()?;
        self.become_ready();
        Ok(())
    }

    fn become_ready(&self) {
        self.loading.ready.store(true, Ordering::Release);
    }

    /// From its snapshot, or else from the store.
    fn fill(&self) -> Result<(), Error> {
        let head = self.store.head();
        if !self.snapshots.load(&self.index, &self.store)? {
            self.fill_from_store()?;
        }
        self.index.has_all_up_to(head);
        self.fill_glossary()?;
        self.applied.store(head.0, Ordering::Release);
        Ok(())
    }

    fn fill_from_store(&self) -> Result<(), Error> {
        let total = self.store.read(|reader| {
            let memories = reader.memories()?;
            Ok(memories.iter().map(|memory| memory.units).sum::<i64>())
        })?;
        self.loading
            .total
            .store(total.max(0) as u64, Ordering::Relaxed);
        // One thread reads, another folds and numbers.
        std::thread::scope(|scope| {
            let (pages, waiting) = std::sync::mpsc::sync_channel::<Vec<store::Scanned>>(2);
            let filler = scope.spawn(move || {
                let mut filling = self.index.fill();
                for page in waiting {
                    self.loading
                        .done
                        .fetch_add(page.len() as u64, Ordering::Relaxed);
                    for unit in &page {
                        filling.add(
                            unit.memory,
                            unit.id,
                            unit.variants.iter().map(|v| (&v.lang, v.text.as_str())),
                        );
                    }
                }
                filling.finish();
            });
            let mut after = Some(UnitId(0));
            while let Some(place) = after {
                let (page, next) = self
                    .store
                    .read(|reader| reader.scan(place, LOADED_AT_ONCE))?;
                after = next;
                if pages.send(page).is_err() {
                    break; // the filler panicked; the join below says so
                }
            }
            drop(pages);
            filler
                .join()
                .map_err(|_| Error::Store("the index could not be filled; please report it".into()))
        })
    }

    fn fill_glossary(&self) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self
                .store
                .read(|reader| reader.concepts(after.as_ref(), LOADED_AT_ONCE))?;
            let Some(last) = page.last() else {
                self.live.refresh();
                return Ok(());
            };
            after = Some(last.concept.id.clone());
            self.live
                .fill(page.into_iter().map(|stored| stored.concept));
        }
    }

    /// How far the index is.
    pub fn readiness(&self) -> Readiness {
        if self.loading.ready.load(Ordering::Acquire) {
            let lag = self.store.head().0 - self.applied.load(Ordering::Acquire);
            return Readiness::Ready { lag: lag.max(0) };
        }
        Readiness::Loading {
            done: self.loading.done.load(Ordering::Relaxed),
            total: self.loading.total.load(Ordering::Relaxed),
        }
    }

    /// Whether every change so far was brought into the index. Otherwise look-ups may miss some until a restart.
    pub fn is_following(&self) -> bool {
        self.store.is_following()
    }

    /// Whether and why nothing can be written.
    pub fn degraded(&self) -> Option<Degraded> {
        match self.store.condition() {
            Condition::Well => None,
            Condition::Full => Some(Degraded::StorageFull),
            Condition::Failed(_) => Some(Degraded::StoreFailed),
            Condition::ReadOnly(_) => Some(Degraded::ReadOnlyStore),
        }
    }

    /// Whether the store was found to have gone backward at this start.
    pub fn was_rolled_back(&self) -> bool {
        self.store.was_rolled_back()
    }

    fn must_be_ready(&self) -> Result<(), Error> {
        if self.loading.ready.load(Ordering::Acquire) {
            Ok(())
        } else {
            Err(Error::Loading)
        }
    }

    /// Bytes that the index holds: (segments, parts, words, similar words).
    pub fn index_size(&self) -> (usize, usize, usize, usize) {
        self.index.size()
    }

    /// The version of `SQLite` inside.
    pub fn sqlite_version(&self) -> &'static str {
        self.store.sqlite_version()
    }

    /// Asks running imports to end where they are, and lets no new one begin.
    pub fn end_imports(&self) {
        self.imports.end();
    }

    /// Lets go of the folder; the last holder waits for running writes and empties the journal.
    pub fn close(self: Arc<Self>) {
        // It may hold the folder for the moment of a round.
        self.caretaker.stop();
        // Its next round would have done this.
        self.settle();
        drop(self);
    }
}

/// Keeps the index tidy, and its snapshots, on a thread of its own, which ends with this.
struct Tidier {
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How often the index is looked after.
const TIDY_EVERY: Duration = Duration::from_millis(250);
/// Rounds without a change that count as rest.
const ROUNDS_OF_REST: u32 = 4;

impl Tidier {
    fn start(index: Arc<Index>, snapshots: Arc<Snapshots>, store: Arc<Store>) -> Self {
        let (stop, stopped) = std::sync::mpsc::channel();
        let run = move || {
            store::yield_to_others();
            let (mut seen, mut rest) = (0, 0);
            while stopped.recv_timeout(TIDY_EVERY) == Err(RecvTimeoutError::Timeout) {
                let changes = index.changes();
                rest = if changes == seen { rest + 1 } else { 0 };
                seen = changes;
                let at_rest = rest >= ROUNDS_OF_REST;
                if !index.tidy(at_rest) {
                    let moment = if at_rest { Moment::Rest } else { Moment::Busy };
                    snapshots.write_if_due(&index, &store, moment);
                }
            }
            snapshots.write_if_due(&index, &store, Moment::End);
        };
        let thread = std::thread::Builder::new()
            .name("index-tidier".into())
            .spawn(run);
        Self {
            stop: Some(stop),
            thread: thread.ok(),
        }
    }
}

impl Drop for Tidier {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // It only panics with a bug in the index, which a test would rather see elsewhere.
            drop(thread.join());
        }
    }
}
