//! Import: files into a memory, as streams.
//!
//! An import reads on a thread of its own, writes batches on the store's writer and indexes them on its
//! follower, all at once; a batch is a transaction, so what the report counts is what is there.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::access::not_found;
use super::imports::Ended;
use super::requests::{ImportMode, ImportStatus};
use super::{Caller, Engine, Error, Idempotency, Progress, Role};
use crate::formats::{self, Format, ReadOptions};
use crate::model::{ImportReport, Lang, MemoryId, Problem};
use crate::store::{self, Actor, Deed, ImportId, Mode, NewImport, Outcome, Pending, Prepared};

/// Units in a batch …
const BATCH_UNITS: usize = 2_000;
/// … or bytes of text, whichever comes first.
const BATCH_BYTES: usize = 512 << 10;
/// Batches handed over and not yet confirmed.
const BATCHES_AHEAD: usize = 2;
/// Units after which an import gives way to others: some tenths of a millisecond.
const UNITS_A_PIECE: u64 = 16;

impl Engine {
    /// Registers an import and gives its id; then call [`Engine::import`] with it.
    pub fn begin_import(
        &self,
        caller: &Caller,
        memory: &str,
        label: &str,
        format: Format,
        mode: ImportMode,
    ) -> Result<String, Error> {
        self.must_be_ready()?;
        self.imports.must_not_end()?;
        self.store.must_have_room()?;
        let memory = self.memory_for(caller, Role::Write, memory)?.id;
        let (label, who) = (label.to_owned(), caller.actor());
        let id = self.store.write(move |tx| {
            let id = tx.start_import(&NewImport {
                memory,
                file: label.chars().take(200).collect(),
                format: format.to_string(),
                mode: mode.as_str().to_owned(),
                by: who.by.clone(),
            })?;
            tx.audit(&who, &Deed::import("import_started", memory, id))?;
            Ok(id)
        })?;
        Ok(id.0.to_string())
    }

    /// Reads `input` to its end into the memory of import `id`. Blocks. On an error, what was read before it
    /// is committed, and the error carries the report of that.
    pub fn import(
        &self,
        caller: &Caller,
        id: &str,
        input: Box<dyn Read + Send>,
        langs: Option<(Lang, Lang)>,
        progress: &dyn Progress,
    ) -> Result<ImportReport, Error> {
        let import = self.import_record(id)?;
        caller.must_have(Role::Write, import.start.memory)?;
        let memory = self.memory_name(import.start.memory)?;
        let mode = match import.start.mode.as_str() {
            "update" => Mode::Update,
            "keep" => Mode::Keep,
            _ => Mode::Add,
        };
        let format: Format = import
            .start
            .format
            .parse()
            .map_err(|e| Error::Store(format!("{e}")))?;
        let read = Arc::new(AtomicU64::new(0));
        let input = Counted {
            input,
            read: read.clone(),
        };
        let mut run = Run {
            engine: self,
            id: import.id,
            memory: import.start.memory,
            mode,
            who: caller.actor(),
            once: caller.once.clone(),
            read,
            confirmed: ImportReport {
                id: id.to_owned(),
                memory,
                ..Default::default()
            },
            batch: Batch::default(),
            ahead: VecDeque::new(),
            submitted: 0,
        };
        let _counted = self.imports.one();
        let ended = aside(|| run.all(input, format, langs, progress));
        run.end(ended)
    }

    fn import_record(&self, id: &str) -> Result<store::Import, Error> {
        let id = super::bulk::read_id(id, "import")?;
        self.store
            .read(|reader| reader.import(id))?
            .ok_or_else(|| not_found("import"))
    }

    fn memory_name(&self, memory: MemoryId) -> Result<String, Error> {
        let memory = self.store.read(|reader| reader.memory_by_id(memory))?;
        memory
            .map(|memory| memory.name)
            .ok_or_else(|| Error::NotFound {
                what: "memory".into(),
            })
    }

    /// How an import stands.
    pub fn import_status(&self, caller: &Caller, id: &str) -> Result<ImportStatus, Error> {
        if let Some(status) = self.glossary_import_status(caller, id)? {
            return Ok(status);
        }
        let import = self.import_record(id)?;
        // Who may not see the memory sees no import of it; who may read it sees how its imports went.
        caller
            .must_have(Role::Read, import.start.memory)
            .map_err(|_| not_found("import"))?;
        let memory = self.memory_name(import.start.memory)?;
        let import = self.imports.as_it_ended(import);
        Ok(ImportStatus {
            id: id.to_owned(),
            state: import.state.into(),
            bytes_read: import.bytes_read,
            report: ImportReport {
                id: id.to_owned(),
                memory,
                ..import.report
            },
        })
    }
}

/// Does work on a thread of its own that gives way to those who look something up, and waits for it.
fn aside<T: Send>(work: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    let span = tracing::Span::current();
    let work = || {
        store::yield_to_others();
        span.in_scope(work)
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("import".into());
        let running = thread.spawn_scoped(scope, work).map_err(|error| {
            let detail = error.to_string();
            Failure::Store(store::Error::Busy { detail })
        })?;
        running.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Counts the bytes that go through.
struct Counted {
    input: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What goes into one transaction.
#[derive(Default)]
struct Batch {
    units: Vec<Prepared>,
    bytes: usize,
    read: u64,
    skipped: u64,
    problems: Vec<Problem>,
}

/// An import that runs.
struct Run<'a> {
    engine: &'a Engine,
    id: ImportId,
    memory: MemoryId,
    mode: Mode,
    who: Actor,
    once: Option<Arc<Idempotency>>,
    read: Arc<AtomicU64>,
    /// What is known to be in the store.
    confirmed: ImportReport,
    batch: Batch,
    ahead: VecDeque<Pending<ImportReport>>,
    /// Units read that were handed over.
    submitted: u64,
}

impl Run<'_> {
    fn all(
        &mut self,
        input: Counted,
        format: Format,
        langs: Option<(Lang, Lang)>,
        progress: &dyn Progress,
    ) -> Result<(), Failure> {
        let (source, target) = langs.unzip();
        let mut units = 0u64;
        let entries = match formats::read(input, format, &ReadOptions { source, target }) {
            Ok(entries) => entries,
            Err(error) => return Err(Failure::Format(error)),
        };
        for entry in entries {
            if self.engine.imports.is_ending() {
                self.submit()?;
                return Err(Failure::Ending);
            }
            let entry = match entry {
                Ok(entry) => entry,
                // The reader was told to end, and so has no more.
                Err(_) if self.engine.imports.is_ending() => {
                    self.submit()?;
                    return Err(Failure::Ending);
                }
                Err(error) => {
                    self.submit()?;
                    return Err(Failure::Format(error));
                }
            };
            let key = self.who.key.as_deref();
            self.engine
                .must_still_admit(key)
                .map_err(|_| Failure::KeyEnded)?;
            units += 1;
            if units.is_multiple_of(UNITS_A_PIECE) {
                store::give_way();
            }
            self.take(entry);
            if self.batch.read as usize >= BATCH_UNITS || self.batch.bytes >= BATCH_BYTES {
                self.submit()?;
                progress.advance(self.read.load(Ordering::Relaxed), units);
            }
        }
        self.submit()?;
        progress.advance(self.read.load(Ordering::Relaxed), units);
        Ok(())
    }

    fn take(&mut self, entry: formats::Entry) {
        let batch = &mut self.batch;
        batch.read += 1;
        let (line, byte) = (entry.place.line, entry.place.byte);
        let problem = |reason: String| Problem { line, byte, reason };
        let bytes = entry
            .unit
            .as_ref()
            .map_or(0, |u| u.variants.iter().map(|v| v.text.len()).sum());
        match entry
            .unit
            .and_then(|draft| Prepared::new(draft).map_err(|error| error.to_string()))
        {
            Ok(unit) => {
                batch.bytes += bytes;
                batch.units.push(unit);
                batch
                    .problems
                    .extend(entry.warnings.into_iter().map(problem));
            }
            Err(reason) => {
                batch.skipped += 1;
                batch.problems.push(problem(format!("skipped: {reason}")));
            }
        }
    }

    /// Hands the batch over; waits while too many are on their way.
    fn submit(&mut self) -> Result<(), Failure> {
        let batch = std::mem::take(&mut self.batch);
        if batch.read == 0 {
            return Ok(());
        }
        let (memory, mode, by, id) = (self.memory, self.mode, self.who.by.clone(), self.id);
        let bytes = self.read.load(Ordering::Relaxed);
        let (report_id, name) = (self.confirmed.id.clone(), self.confirmed.memory.clone());
        let before = self.submitted;
        self.submitted += batch.read;
        self.ahead.push_back(self.engine.store.submit(move |tx| {
            // As it is in the store: a batch that was handed over before may have come to nothing.
            let mut report = tx.import_report(id)?;
            if report.read != before {
                return Err(store::Error::Invalid {
                    field: "batch",
                    reason: "the one before it was not written".to_owned(),
                });
            }
            (report.id, report.memory) = (report_id, name);
            report.read += batch.read;
            report.skipped += batch.skipped;
            batch
                .problems
                .into_iter()
                .for_each(|problem| report.add_problem(problem));
            for (unit, count) in batch.units.into_iter().zip(1u64..) {
                if count.is_multiple_of(UNITS_A_PIECE) {
                    store::give_way();
                }
                match tx.put_draft(memory, unit, mode, by.as_deref(), Some(id))? {
                    Outcome::Added(..) => report.added += 1,
                    Outcome::Updated(..) => report.updated += 1,
                    Outcome::Unchanged(..) => report.unchanged += 1,
                }
            }
            tx.note_import_progress(id, bytes, &report)?;
            Ok(report)
        }));
        while self.ahead.len() > BATCHES_AHEAD {
            self.confirm()?;
        }
        Ok(())
    }

    fn confirm(&mut self) -> Result<(), Failure> {
        if let Some(pending) = self.ahead.pop_front() {
            self.confirmed = pending.wait().map_err(Failure::Store)?;
        }
        Ok(())
    }

    fn end(mut self, mut ended: Result<(), Failure>) -> Result<ImportReport, Error> {
        while !self.ahead.is_empty() {
            // The first failure is the one to tell; later batches may still be in.
            if let (Err(failure), Ok(())) = (self.confirm(), &ended) {
                ended = Err(failure);
            }
        }
        let (state, action) = match &ended {
            Ok(()) => (store::ImportState::Done, "import_done"),
            Err(Failure::Ending) => (store::ImportState::Interrupted, "import_interrupted"),
            Err(_) => (store::ImportState::Failed, "import_failed"),
        };
        let mut report = self.confirmed;
        if let Err(Failure::Format(error)) = &ended {
            report.add_problem(Problem {
                line: error.line,
                byte: error.byte,
                reason: error.to_string(),
            });
        }
        let end = Ended {
            id: self.id,
            state,
            bytes: self.read.load(Ordering::Relaxed),
            report: report.clone(),
            who: self.who,
            deed: Deed::import(action, self.memory, self.id),
            once: self.once.filter(|_| ended.is_ok()),
        };
        let finished = end.write(&self.engine.store);
        if let Err(store::Error::Full { .. } | store::Error::Busy { .. }) = finished {
            // So that it is told truly now, and written as soon as that can be.
            self.engine.imports.remember(end);
        }
        let stopped = |error: Error, report| Error::ImportStopped {
            error: Box::new(error),
            report: Box::new(report),
        };
        match ended {
            Ok(()) => match finished {
                Ok(()) => Ok(report),
                Err(error) => Err(stopped(error.into(), report)),
            },
            Err(Failure::Store(error)) => Err(stopped(error.into(), report)),
            Err(Failure::Ending) => Err(stopped(Error::Ending, report)),
            Err(Failure::KeyEnded) => Err(stopped(Error::KeyEnded, report)),
            Err(Failure::Format(error)) if error.code == formats::code::IO => Err(Error::Input {
                reason: error.to_string(),
                report: Box::new(report),
            }),
            Err(Failure::Format(error)) => Err(Error::Format {
                error,
                report: Box::new(report),
            }),
        }
    }
}

/// Why an import ended early.
enum Failure {
    Format(formats::Error),
    Store(store::Error),
    /// The server ends.
    Ending,
    /// The key is not good any more.
    KeyEnded,
}
