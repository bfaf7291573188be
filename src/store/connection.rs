//! Connections: how the writer's and the readers' are set up, and the pool of the readers'.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Error;
use super::units::Langs;

/// How long anyone waits for a lock or a free connection.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Past this size the journal is emptied into the database and cut off, in bytes.
pub(super) const MAX_WAL: u64 = 64 << 20;
/// How many instructions of `SQLite`'s machine lie between two looks at the clock: well under a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 4_000;
const STATEMENTS: usize = 64;

/// The settings that every connection has.
fn configure(conn: &Connection) -> Result<(), Error> {
    conn.busy_timeout(BUSY)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Without it every new value bound to a cached statement makes SQLite prepare the statement again, in case the
    // value changes the plan (built with STAT4, as here): a fifth of an import's time, measured.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;",
    )?;
    conn.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))
        .or_else(no_rows)?;
    Ok(())
}

fn no_rows(error: rusqlite::Error) -> rusqlite::Result<()> {
    match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    }
}

/// The writer's: WAL, and a commit is on the disk before it is acknowledged (`synchronous = FULL`; NORMAL would lose
/// acknowledged commits at a power cut).
pub(super) fn configure_writer(conn: &Connection) -> Result<(), Error> {
    configure(conn)?;
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Io {
            detail: format!("the journal mode stays `{mode}`, WAL is needed"),
        });
    }
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384;
         PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(())
}

/// Where a database is, and whether it may be taken to never change.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) db: PathBuf,
    /// Nothing can write it, not even the files that `SQLite` lays beside it.
    pub(super) immutable: bool,
}

impl Source {
    /// A connection that cannot write.
    pub(super) fn connect(&self) -> Result<Connection, Error> {
        if !self.immutable {
            return connect_to_read(&self.db);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        ready_to_read(Connection::open_with_flags(immutable_uri(&self.db), flags)?)
    }
}

/// See <https://sqlite.org/uri.html>.
fn immutable_uri(db: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in db.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// The readers' connections: made when first needed, then kept.
pub(super) struct Pool {
    source: Source,
    max: usize,
    limit: Duration,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<ReadConnection>,
    open: usize,
}

struct ReadConnection {
    conn: Connection,
    langs: Langs,
    deadline: Arc<Deadline>,
}

/// When the running read has to end, in milliseconds since `base`.
struct Deadline {
    base: Instant,
    at: AtomicU64,
}

impl Deadline {
    fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn set(&self, from_now: Duration) {
        let limit = u64::try_from(from_now.as_millis()).unwrap_or(u64::MAX);
        self.at
            .store(self.now().saturating_add(limit), Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.now() > self.at.load(Ordering::Relaxed)
    }
}

impl Pool {
    pub(super) fn new(source: &Source, max: usize, limit: Duration) -> Self {
        Self {
            source: source.clone(),
            max: max.max(1),
            limit,
            state: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// One transaction on one connection: all its questions see the same moment.
    pub(super) fn read<T>(
        &self,
        now: i64,
        ask: impl FnOnce(&Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let lease = Lease {
            pool: self,
            connection: Some(self.take()?),
        };
        let Some(connection) = &lease.connection else {
            return Err(Error::Closed);
        };
        connection.deadline.set(self.limit);
        let conn = &connection.conn;
        conn.prepare_cached("BEGIN")?.execute([])?;
        let result = ask(&Reader::of(conn, &connection.langs, now));
        conn.prepare_cached("COMMIT")?.execute([])?;
        result
    }

    fn take(&self) -> Result<ReadConnection, Error> {
        let mut state = self.lock();
        let give_up = Instant::now() + BUSY;
        loop {
            if let Some(connection) = state.idle.pop() {
                return Ok(connection);
            }
            if state.open < self.max {
                state.open += 1;
                drop(state);
                return connect(&self.source).inspect_err(|_| self.lost());
            }
            let wait = give_up.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                return Err(Error::Busy {
                    detail: format!("all {} read connections are in use", self.max),
                });
            }
            let waited = self.freed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lost(&self) {
        self.lock().open -= 1;
        self.freed.notify_one();
    }

    /// Closes the connections that are not in use.
    pub(super) fn close_idle(&self) {
        let mut state = self.lock();
        state.open -= state.idle.len();
        state.idle.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan; it comes back also when the borrower panics.
struct Lease<'p> {
    pool: &'p Pool,
    connection: Option<ReadConnection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // Not in a transaction after an ordinary read; after a panic or an error this ends it.
        connection.deadline.set(BUSY);
        let conn = &connection.conn;
        if conn.is_autocommit() || conn.execute_batch("ROLLBACK").is_ok() {
            self.pool.lock().idle.push(connection);
            self.pool.freed.notify_one();
        } else {
            self.pool.lost();
        }
    }
}

/// A connection that cannot write.
pub(super) fn connect_to_read(db: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    ready_to_read(Connection::open_with_flags(db, flags)?)
}

fn ready_to_read(conn: Connection) -> Result<Connection, Error> {
    configure(&conn)?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -16384;")?;
    Ok(conn)
}

fn connect(source: &Source) -> Result<ReadConnection, Error> {
    let mut conn = source.connect()?;
    let deadline = Arc::new(Deadline {
        base: Instant::now(),
        at: AtomicU64::new(u64::MAX),
    });
    let watch = Arc::clone(&deadline);
    conn.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || watch.is_over()))?;
    Ok(ReadConnection {
        conn,
        langs: Langs::default(),
        deadline,
    })
}

/// A read transaction: a view of the store at one moment.
pub struct Reader<'c> {
    pub(super) conn: &'c Connection,
    pub(super) langs: &'c Langs,
    pub(super) dead: OnceCell<Vec<i64>>,
    pub(super) now: i64,
}

impl<'c> Reader<'c> {
    pub(super) fn of(conn: &'c Connection, langs: &'c Langs, now: i64) -> Self {
        Self {
            conn,
            langs,
            dead: OnceCell::new(),
            now,
        }
    }

    /// The time of this read, in seconds since 1970-01-01 UTC.
    pub fn now(&self) -> i64 {
        self.now
    }
}
