//! The one writer: a thread that owns the only connection that can write, and a second one that tells the follower
//! and then lets the callers go.
//!
//! Jobs that wait are grouped into one transaction, because making it durable costs a millisecond however many they
//! are. Each runs in a savepoint of its own, so that one that fails or panics takes back only itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::background::yield_to_others;
use super::connection::{BUSY, MAX_WAL};
use super::equals::Equals;
use super::open::Clock;
use super::tx::{Ledger, Tx};
use super::units::Langs;
use super::{Condition, Error, Shared};
use crate::failpoint::{self, Fault};
use crate::model::Change;

/// Who is told of every change, in order, once it is durable.
pub type Follower = Box<dyn FnMut(&[Change]) + Send>;

/// A group ends after so many jobs,
const GROUP_JOBS: usize = 1_000;
/// or after so long.
const GROUP_TIME: Duration = Duration::from_millis(5);
/// How long the writer waits for readers when it cuts the journal off,
const TRUNCATE_WAIT: Duration = Duration::from_millis(200);
/// and before it tries again.
const TRUNCATE_AGAIN: Duration = Duration::from_secs(2);

/// How often the writer looks whether a full disk has room again,
const LOOK_FOR_ROOM: Duration = Duration::from_secs(1);
/// and how much it wants to see before it tries, in bytes.
const ROOM: u64 = 4 << 20;

/// A job with its result still to come.
pub(super) trait Work: Send {
    /// Runs it; the error is the one it will answer with.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Error>;
    /// Answers its caller.
    fn answer(self: Box<Self>, verdict: Result<(), Error>);
    /// Whether it is no job but asks to write the whole database anew, which no transaction can be part of.
    fn compacts(&self) -> bool {
        false
    }
}

/// Asks to write the whole database anew.
pub(super) struct Compaction(SyncSender<Result<(), Error>>);

pub(super) fn compaction() -> (Box<Compaction>, Pending<()>) {
    let (caller, result) = sync_channel(1);
    (Box::new(Compaction(caller)), Pending(result))
}

impl Work for Compaction {
    fn run(&mut self, _: &mut Tx<'_>) -> Result<(), Error> {
        Err(Error::Closed)
    }

    fn answer(self: Box<Self>, verdict: Result<(), Error>) {
        drop(self.0.send(verdict));
    }

    fn compacts(&self) -> bool {
        true
    }
}

/// A job made of a closure.
pub(super) struct Task<F, T> {
    job: Option<F>,
    result: Option<Result<T, Error>>,
    caller: SyncSender<Result<T, Error>>,
}

/// A write that was handed over.
pub struct Pending<T>(Receiver<Result<T, Error>>);

impl<T> Pending<T> {
    /// Waits until the write is durable and the follower has applied it.
    ///
    /// # Errors
    /// The job's own, or why it could not be made durable; then nothing of it was written.
    pub fn wait(self) -> Result<T, Error> {
        self.0.recv().unwrap_or(Err(Error::Closed))
    }
}

impl<T> Pending<T> {
    /// One that is over already.
    pub(super) fn refused(error: Error) -> Self {
        let (caller, result) = sync_channel(1);
        // It has room for one, and the other end is here.
        drop(caller.send(Err(error)));
        Self(result)
    }
}

pub(super) fn task<F, T>(job: F) -> (Box<Task<F, T>>, Pending<T>) {
    let (caller, result) = sync_channel(1);
    let task = Task {
        job: Some(job),
        result: None,
        caller,
    };
    (Box::new(task), Pending(result))
}

impl<F, T> Work for Task<F, T>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let Some(job) = self.job.take() else {
            return Err(Error::Closed);
        };
        let result = catch_unwind(AssertUnwindSafe(|| job(tx))).unwrap_or_else(|panic| {
            Err(Error::Panicked {
                detail: panic_text(&*panic),
            })
        });
        let outcome = result.as_ref().map(|_| ()).map_err(Error::clone);
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, verdict: Result<(), Error>) {
        let result = self.result.unwrap_or(Err(Error::Closed));
        // A caller that no longer waits is no fault.
        drop(self.caller.send(verdict.and(result)));
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// Jobs that ran, each with what its caller will be told.
type Done = Vec<(Box<dyn Work>, Result<(), Error>)>;

/// A durable group on its way to the follower.
pub(super) struct Committed {
    changes: Vec<Change>,
    done: Done,
}

/// The writer thread's state.
pub(super) struct Writer {
    pub(super) conn: Connection,
    pub(super) wal: PathBuf,
    pub(super) clock: Clock,
    pub(super) shared: Arc<Shared>,
    pub(super) ledger: Ledger,
    pub(super) equals: Equals,
    pub(super) langs: Langs,
    pub(super) changes: Vec<Change>,
    /// Why no write is possible until the next start.
    pub(super) failed: Option<Error>,
    pub(super) truncated: Instant,
}

impl Writer {
    /// Runs until every sender of jobs is gone and no job is left, then empties the journal into the database.
    pub(super) fn run(mut self, jobs: &Receiver<Box<dyn Work>>, follower: &SyncSender<Committed>) {
        yield_to_others();
        let mut held = None;
        while let Some(first) = held.take().or_else(|| self.next(jobs)) {
            let done: Done = match self.begin() {
                Ok(()) if first.compacts() => {
                    self.roll_back();
                    let verdict = self.compact();
                    vec![(first, verdict)]
                }
                Ok(()) => self.group(first, jobs, &mut held),
                // Whoever waits behind would wait as long for nothing.
                Err(error) => std::iter::once(first)
                    .chain(jobs.try_iter().take(GROUP_JOBS))
                    .map(|work| (work, Err(error.clone())))
                    .collect(),
            };
            self.watch(&done);
            let changes = std::mem::take(&mut self.changes);
            if !changes.is_empty() {
                failpoint::hit("after_commit");
            }
            if follower.send(Committed { changes, done }).is_err() {
                return;
            }
            self.bound_journal();
        }
        if let Err(error) = self.truncate_journal() {
            tracing::warn!(%error, "the journal could not be emptied at the end; the next start does it");
        }
    }

    /// The next job; none when there will be none. While the disk is full it looks for room in between.
    fn next(&self, jobs: &Receiver<Box<dyn Work>>) -> Option<Box<dyn Work>> {
        while self.shared.condition() == Condition::Full {
            match jobs.recv_timeout(LOOK_FOR_ROOM) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.try_to_write(),
            }
        }
        jobs.recv().ok()
    }

    /// Writes what is there already. The journal may have room where the disk has none, so that is asked first.
    fn try_to_write(&self) {
        let tight = super::space::free(&self.wal).is_some_and(|free| free < ROOM);
        if tight || failpoint::hit("commit").is_some() {
            return;
        }
        let written = self
            .execute("BEGIN IMMEDIATE")
            .and_then(|()| self.execute("UPDATE meta SET next_unit = next_unit"))
            .and_then(|()| self.execute("COMMIT"));
        match written {
            Ok(()) => self.shared.set_condition(Condition::Well),
            Err(_) => self.roll_back(),
        }
    }

    /// Notes what the fates of a group say about the disk.
    fn watch(&self, done: &Done) {
        let errors = || {
            done.iter()
                .filter_map(|(_, verdict)| verdict.as_ref().err())
        };
        let of_the_database = errors().filter(|error| error.is_of_the_database()).count();
        self.shared.count_errors(of_the_database);
        if let Some(error) = &self.failed {
            self.shared
                .set_condition(Condition::Failed(error.to_string()));
        } else if errors().any(|error| matches!(error, Error::Full { .. })) {
            self.shared.set_condition(Condition::Full);
        } else if done.iter().any(|(_, verdict)| verdict.is_ok()) {
            self.shared.set_condition(Condition::Well);
        }
    }

    fn begin(&self) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.execute("BEGIN IMMEDIATE")
    }

    fn execute(&self, sql: &str) -> Result<(), Error> {
        self.conn.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Runs a group of jobs in the transaction that was begun, and ends it.
    /// What cannot be part of it waits in `held`.
    fn group(
        &mut self,
        first: Box<dyn Work>,
        jobs: &Receiver<Box<dyn Work>>,
        held: &mut Option<Box<dyn Work>>,
    ) -> Done {
        let before = self.ledger.clone();
        let mut done: Done = Vec::new();
        let started = Instant::now();
        let mut next = Some(first);
        while let Some(mut work) = next.take() {
            let verdict = self.job(&mut *work);
            if verdict.is_err() && self.conn.is_autocommit() {
                // SQLite gave up the whole transaction, with the jobs before this one.
                self.take_back(&mut done, &before, &verdict);
                done.push((work, verdict));
                if self.begin().is_err() {
                    return done;
                }
            } else {
                done.push((work, verdict));
            }
            if done.len() < GROUP_JOBS && started.elapsed() < GROUP_TIME {
                next = jobs.try_recv().ok();
                if next.as_ref().is_some_and(|work| work.compacts()) {
                    *held = next.take();
                    break;
                }
            }
        }
        let verdict = self.commit(&before);
        if verdict.is_err() {
            self.take_back(&mut done, &before, &verdict);
        } else {
            self.equals.committed(self.ledger.next_unit);
            self.shared.committed(&self.ledger);
        }
        done
    }

    /// Runs one job; on an error, what it wrote is taken back.
    fn job(&mut self, work: &mut dyn Work) -> Result<(), Error> {
        let ledger = self.ledger.clone();
        let (changes, mark) = (self.changes.len(), self.equals.mark());
        let verdict = self.execute("SAVEPOINT job").and_then(|()| {
            let mut tx = Tx {
                conn: &self.conn,
                langs: &self.langs,
                ledger: &mut self.ledger,
                equals: &mut self.equals,
                changes: &mut self.changes,
                now: (self.clock)(),
                broken: None,
            };
            let result = work.run(&mut tx);
            let broken = tx.broken.take();
            result.and(broken.map_or(Ok(()), Err))?;
            self.execute("RELEASE job")
        });
        if verdict.is_err() {
            self.ledger = ledger;
            self.changes.truncate(changes);
            self.equals.undo_to(mark);
            if !self.conn.is_autocommit() {
                let undone = self
                    .execute("ROLLBACK TO job")
                    .and_then(|()| self.execute("RELEASE job"));
                if undone.is_err() {
                    self.roll_back();
                }
            }
        }
        verdict
    }

    fn commit(&mut self, before: &Ledger) -> Result<(), Error> {
        self.ledger.flush(&self.conn, before)?;
        if !self.changes.is_empty() {
            self.equals.before_commit(&self.conn)?;
        }
        // Groups that change nothing pass: a start has such ones.
        let changes = !self.changes.is_empty();
        let committed = match changes.then(|| failpoint::hit("commit")).flatten() {
            Some(Fault::Io) => Err(Error::Io {
                detail: "fail point".to_owned(),
            }),
            Some(Fault::Full) => Err(Error::Full {
                detail: "fail point".to_owned(),
            }),
            None => self.execute("COMMIT"),
        };
        let Err(error) = committed else {
            return Ok(());
        };
        if !error.forbids_writes() {
            return Err(error);
        }
        tracing::error!(%error, "the disk could not make a write durable; no more writes until a restart");
        let failed = Error::Failed {
            detail: error.to_string(),
        };
        self.failed = Some(failed.clone());
        Err(failed)
    }

    /// Ends a transaction that cannot be committed: everyone in it gets the reason.
    fn take_back(&mut self, done: &mut Done, before: &Ledger, why: &Result<(), Error>) {
        self.roll_back();
        self.ledger = before.clone();
        self.equals.undo_to(0);
        self.changes.clear();
        for (_, verdict) in done.iter_mut().filter(|(_, verdict)| verdict.is_ok()) {
            *verdict = why.clone();
        }
    }

    fn roll_back(&self) {
        if !self.conn.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    /// Writes the whole database anew, so that nothing deleted is left in it or in the journal. The work happens in a
    /// temporary file (memory could not hold it); readers go on meanwhile, writers wait.
    fn compact(&mut self) -> Result<(), Error> {
        let vacuum = self
            .conn
            .execute_batch("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY;");
        if vacuum.is_err() {
            self.conn.execute_batch("PRAGMA temp_store = MEMORY;")?;
        }
        vacuum?;
        // A read ends within a second.
        self.truncate_journal()
    }

    /// Cuts the journal off when a long read has let it grow.
    fn bound_journal(&mut self) {
        let long = std::fs::metadata(&self.wal).is_ok_and(|m| m.len() > MAX_WAL);
        if !long || self.truncated.elapsed() < TRUNCATE_AGAIN {
            return;
        }
        self.truncated = Instant::now();
        let done = self
            .conn
            .busy_timeout(TRUNCATE_WAIT)
            .map_err(Error::from)
            .and_then(|()| self.truncate_journal());
        if let Err(error) = done.and(self.conn.busy_timeout(BUSY).map_err(Error::from)) {
            tracing::warn!(%error, "the journal could not be cut off; trying again later");
        }
    }

    fn truncate_journal(&self) -> Result<(), Error> {
        let busy: bool = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            return Err(Error::Busy {
                detail: "a reader needs the journal".to_owned(),
            });
        }
        Ok(())
    }
}

/// Tells the follower of each group and then answers the group's callers, in order.
pub(super) fn follow(groups: &Receiver<Committed>, mut follower: Follower, shared: &Shared) {
    yield_to_others();
    while let Ok(Committed { changes, done }) = groups.recv() {
        if !changes.is_empty() {
            let told = catch_unwind(AssertUnwindSafe(|| {
                failpoint::hit("follower");
                follower(&changes);
            }));
            if let Err(panic) = told {
                let detail = panic_text(&*panic);
                tracing::error!(%detail, "the follower panicked; what it keeps may differ from the store");
                shared.follower_failed();
            }
        }
        for (work, verdict) in done {
            work.answer(verdict);
        }
    }
}
