//! The index on the disk: when it is written, and how a start makes use of it.
//!
//! Two generations, `index-0.snapshot` and `index-1.snapshot` beside the database; the older one is replaced. Both
//! are disposable: a start without them takes seconds longer. What changed since is replayed from the log of
//! changes; where that does not reach back so far, the index is filled from the store as if there were none.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::failpoint;
use crate::index::{Index, Refused, Snapshot};
use crate::model::{MemoryId, Seq, UnitId};
use crate::store::{self, Condition, LoggedKind, Reader, Store};

/// An index of fewer segments is filled sooner than a file is found.
const LEAST_SEGMENTS: usize = 2_000;
/// Changes of the log that are read at once.
const REPLAYED_AT_ONCE: usize = 10_000;
/// After a write failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// See the file's comment.
pub(super) struct Snapshots {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Which generation is the newest, and how far it goes.
    newest: Option<(usize, Seq)>,
    failed: Option<Instant>,
    /// The words of what was erased are in the index still, until it is filled anew.
    forgotten: bool,
}

/// How urgent it is to write one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Changes are coming in.
    Busy,
    /// None came for a while.
    Rest,
    /// The program ends.
    End,
}

impl Snapshots {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            state: Mutex::default(),
        }
    }

    fn path(&self, generation: usize) -> PathBuf {
        self.folder.join(format!("index-{generation}.snapshot"))
    }

    fn draft(&self) -> PathBuf {
        self.folder.join("index.snapshot-draft")
    }

    /// Fills the empty index with the newest snapshot that can be used and with what changed since. False where
    /// there is none; the index is empty then.
    pub(super) fn load(&self, index: &Index, store: &Store) -> Result<bool, store::Error> {
        let start = Instant::now();
        let (epoch, head) = (store.epoch(), store.head());
        drop(fs::remove_file(self.draft()));
        for (generation, seq) in self.generations(&epoch) {
            let path = self.path(generation);
            let refused = match open(&path).and_then(|mut file| index.load(&mut file, &epoch, head))
            {
                Err(refused) => refused.to_string(),
                Ok(_) => match replay(index, store, seq) {
                    Ok(Replayed::All(changes)) => {
                        self.state.lock().newest = Some((generation, seq));
                        let ms = start.elapsed().as_millis() as u64;
                        tracing::info!(file = %path.display(), changes, ms, "the index was loaded from its snapshot");
                        return Ok(true);
                    }
                    Ok(Replayed::Cut) => "the log of changes does not reach back to it".to_owned(),
                    Ok(Replayed::TooMuch) => "too much changed since".to_owned(),
                    Err(error) => {
                        index.clear();
                        return Err(error);
                    }
                },
            };
            index.clear();
            tracing::warn!(file = %path.display(), %refused, "a snapshot of the index is not used");
        }
        Ok(false)
    }

    /// Those whose beginning can be read, the newest first.
    fn generations(&self, epoch: &str) -> Vec<(usize, Seq)> {
        let mut found = Vec::new();
        for generation in [0, 1] {
            let path = self.path(generation);
            match open(&path).and_then(|mut file| Snapshot::seq_of(&mut file, epoch)) {
                Ok(seq) => found.push((generation, seq)),
                Err(Refused::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(refused) => {
                    tracing::warn!(file = %path.display(), %refused, "a snapshot of the index is not used");
                }
            }
        }
        found.sort_by_key(|&(_, seq)| std::cmp::Reverse(seq));
        found
    }

    /// Takes both from the disk, and writes no more until the next start: nothing of what is erased may be in them,
    /// not even a word. The next start fills the index from the store.
    pub(super) fn forget(&self) {
        let mut state = self.state.lock();
        state.forgotten = true;
        state.newest = None;
        for path in [self.path(0), self.path(1), self.draft()] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::error!(file = %path.display(), %error, "a snapshot of the index holds words of what is erased: delete it");
                }
                _ => {}
            }
        }
    }

    /// Writes a snapshot if one is due.
    pub(super) fn write_if_due(&self, index: &Index, store: &Store, moment: Moment) {
        let mut state = self.state.lock();
        let saved = state.newest.map_or(0, |(_, seq)| seq.0);
        let unsaved = usize::try_from(index.seq().0.saturating_sub(saved)).unwrap_or_default();
        if unsaved == 0 || state.forgotten || store.condition() != Condition::Well {
            return;
        }
        let (segments, parts, words, similar) = index.size();
        let due = match moment {
            // A replay of some thousand changes takes some tens of milliseconds.
            Moment::Rest => unsaved > 1_000 + segments / 200,
            // A long import writes a few, each of twice as much as the one before.
            Moment::Busy => unsaved > 50_000 + segments / 2,
            Moment::End => unsaved > 100,
        };
        let patient = state.failed.is_some_and(|at| at.elapsed() < PATIENCE);
        if segments < LEAST_SEGMENTS || !due || patient {
            return;
        }
        let Some(snapshot) = index.snapshot() else {
            return;
        };
        let generation = state.newest.map_or(0, |(newest, _)| 1 - newest);
        let start = Instant::now();
        let written = self
            .has_room(parts + words + similar)
            .and_then(|()| self.write(&snapshot, generation, &store.epoch()));
        match written {
            Ok(()) => {
                let (seq, ms) = (snapshot.seq().0, start.elapsed().as_millis() as u64);
                state.newest = Some((generation, snapshot.seq()));
                state.failed = None;
                tracing::info!(segments, seq, ms, "the index was written to a snapshot");
            }
            Err(error) => {
                drop(fs::remove_file(self.draft()));
                state.failed = Some(Instant::now());
                tracing::warn!(%error, "the index could not be written to a snapshot; the next start takes longer");
            }
        }
    }

    /// The last room on a disk is for the store.
    fn has_room(&self, bytes: usize) -> io::Result<()> {
        #[cfg(unix)]
        {
            let disk = rustix::fs::statvfs(&self.folder)?;
            if disk.f_bavail.saturating_mul(disk.f_frsize) / 2 < bytes as u64 {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        Ok(())
    }

    fn write(&self, snapshot: &Snapshot, generation: usize, epoch: &str) -> io::Result<()> {
        let draft = self.draft();
        let mut out = BufWriter::with_capacity(1 << 18, private(&draft)?);
        snapshot.write(&mut out, epoch)?;
        out.flush()?;
        failpoint::hit("snapshot:written");
        out.get_ref().sync_all()?;
        failpoint::hit("snapshot:synced");
        fs::rename(&draft, self.path(generation))?;
        failpoint::hit("snapshot:renamed");
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }
}

/// A new file for the server's user alone: it has the words of all memories.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn open(path: &Path) -> Result<BufReader<File>, Refused> {
    Ok(BufReader::new(File::open(path)?))
}

enum Replayed {
    /// So many changes.
    All(usize),
    /// Some are not in the log any more.
    Cut,
    /// To fill the index anew is quicker.
    TooMuch,
}

/// Brings what happened after a place in the log into the index, as it is now.
fn replay(index: &Index, store: &Store, mut after: Seq) -> Result<Replayed, store::Error> {
    let head = store.head();
    let changes = usize::try_from(head.0 - after.0).unwrap_or_default();
    if changes > 20_000 + index.size().0 / 8 {
        return Ok(Replayed::TooMuch);
    }
    // Those that are gone first: what is taken out counts for all that was put in before.
    let mut gone = index.fill();
    // A unit may have changed many times, and its memory may be gone or back: what it is now counts, once.
    let mut units: BTreeSet<UnitId> = BTreeSet::new();
    let mut memories = Vec::new();
    while after < head {
        let page = match store.read(|reader| reader.changes_after(after, REPLAYED_AT_ONCE)) {
            Err(store::Error::BehindHorizon { .. }) => return Ok(Replayed::Cut),
            page => page?,
        };
        let Some(last) = page.last() else {
            return Ok(Replayed::Cut);
        };
        after = last.seq;
        for change in page {
            match change.kind {
                LoggedKind::UnitPut(id, _) | LoggedKind::UnitDeleted(id, _) => {
                    gone.take_out(change.memory, id);
                    units.insert(id);
                }
                LoggedKind::MemoryPut if !index.has(change.memory) => memories.push(change.memory),
                LoggedKind::MemoryDeleted => {
                    index.forget(change.memory);
                    memories.retain(|&memory| memory != change.memory);
                }
                LoggedKind::MemoryPut
                | LoggedKind::ConceptPut(..)
                | LoggedKind::ConceptDeleted(..)
                | LoggedKind::StylePut(..)
                | LoggedKind::StyleDeleted(..) => {}
            }
        }
    }
    memories.sort_unstable();
    memories.dedup();
    gone.finish_soon();
    let mut filling = index.fill();
    let ids: Vec<UnitId> = units.into_iter().collect();
    for some in ids.chunks(REPLAYED_AT_ONCE) {
        let mut units = store.read(|reader| reader.units(some))?;
        // Those are read as a whole.
        units.retain(|unit| memories.binary_search(&unit.memory).is_err());
        add(&mut filling, units);
    }
    for memory in memories {
        let mut place = None;
        while let Some(page) = store.read(|reader| page_of(reader, memory, place))? {
            add(&mut filling, page.units);
            match page.next {
                Some(next) => place = Some(next),
                None => break,
            }
        }
    }
    filling.finish_soon();
    Ok(Replayed::All(changes))
}

/// A page of a memory that may be gone again.
fn page_of(
    reader: &Reader,
    memory: MemoryId,
    after: Option<UnitId>,
) -> Result<Option<store::Page>, store::Error> {
    match reader.page(memory, after, REPLAYED_AT_ONCE, None) {
        Ok(page) => Ok(Some(page)),
        Err(store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn add(filling: &mut crate::index::Filling, units: Vec<crate::model::Unit>) {
    for unit in units {
        let variants = unit.variants.iter().map(|v| (&v.lang, v.text.as_str()));
        filling.add(unit.memory, unit.id, variants);
    }
}

#[cfg(test)]
#[path = "snapshots_tests.rs"]
mod tests;
