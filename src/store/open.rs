//! Opening a data folder: everything that is looked at before the first byte is written, and the lock that keeps a
//! second process out.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags};

use super::connection::Source;
use super::schema::{self, APPLICATION_ID, STEPS, VERSION, beside};
use super::{Error, connection, read_only, remembered, restore, space, upkeep};

/// The database's name in the data folder.
pub const DB_FILE: &str = "hamzaban.db";
/// The lock's name in the data folder.
pub const LOCK_FILE: &str = "lock";
/// The oldest `SQLite` without the WAL-reset bug: 3.51.3.
const OLDEST_SQLITE: i32 = 3_051_003;

/// A clock: seconds since 1970-01-01 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How to open a store.
#[derive(Clone)]
pub struct OpenOptions {
    /// Open also on a network or user-space file system, whose locks may not hold.
    pub allow_network_fs: bool,
    /// How many reads can run at once.
    pub readers: usize,
    /// How long one read may take.
    pub read_limit: Duration,
    /// How many new units the writer keeps the hashes of before it moves them to their table, about 50 bytes each.
    pub unindexed_units: usize,
    /// What tells the time of writes.
    pub clock: Clock,
    /// How many bytes of the disk a file keeps back, so that the store can be opened when the disk is full.
    pub ballast: u64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            allow_network_fs: false,
            readers: cores.saturating_mul(2).clamp(4, 32),
            read_limit: Duration::from_secs(1),
            unindexed_units: 131_072,
            ballast: 0,
            clock: Arc::new(|| {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
            }),
        }
    }
}

/// Why a data folder is not served. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The program was built with an `SQLite` that can damage databases.
    #[error(
        "this program contains SQLite {found}, which can damage databases (3.51.3 mended it); install a newer build"
    )]
    OldSqlite {
        /// Its version.
        found: &'static str,
    },
    /// The folder is where locks may not hold.
    #[error(
        "{path} is on a {kind} file system, where locks may not hold and databases get damaged; choose a folder on a local disk, or force it if you know better"
    )]
    NetworkFs {
        /// The data folder.
        path: PathBuf,
        /// What it is on.
        kind: &'static str,
    },
    /// Another process has the folder.
    #[error(
        "{path} is served already by process {pid}; stop that one first, or choose another folder with --data"
    )]
    Served {
        /// The data folder.
        path: PathBuf,
        /// The other process as its lock file says, else `unknown`.
        pid: String,
    },
    /// The database file has a second name, by which its journal would be missed.
    #[error(
        "{path} is a {what}, and its journal would not be found by its other name; put the file itself there"
    )]
    Linked {
        /// The database.
        path: PathBuf,
        /// `symbolic link` or `hard link`.
        what: &'static str,
    },
    /// Something else than a database.
    #[error("{path} is not an SQLite database; move it away, or restore a backup over it")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Another program's database.
    #[error(
        "{path} is the database of another program (application_id {found:#010x}, not 0x485a4d42); move it away"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it says it is.
        found: u32,
    },
    /// A newer program made it.
    #[error(
        "{path} was written by a newer hamzaban (schema {found}, this program knows {VERSION}); install that version again or restore the backup made before the upgrade"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
    },
    /// A journal whose database is gone.
    #[error(
        "{path} is there without its database; bring the database back, or move the journal away to start empty"
    )]
    OrphanJournal {
        /// The journal.
        path: PathBuf,
    },
    /// An older database where nothing can be written.
    #[error(
        "{path} has schema {found} and this program needs {VERSION}, but it cannot be upgraded since {reason}; make it writable once"
    )]
    ReadOnlyOld {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// Why it cannot be written.
        reason: String,
    },
    /// A journal that has to be written into its database, where nothing can be written.
    #[error(
        "{path} has writes in its journal that are not in the database yet, and {reason}; make it writable once, and stop the server in good order before making it read-only"
    )]
    ReadOnlyJournal {
        /// The database.
        path: PathBuf,
        /// Why it cannot be written.
        reason: String,
    },
    /// A step of an upgrade failed; the database has the version before that step.
    #[error(
        "{path} could not be brought to schema {to}: {source}; the copy from before is {backup}"
    )]
    Upgrade {
        /// The database.
        path: PathBuf,
        /// The step.
        to: u32,
        /// The copy.
        backup: PathBuf,
        /// Why.
        source: Error,
    },
    /// A file or folder cannot be used.
    #[error("{path}: {source}; check that the folder exists, is yours and has space")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("{path}: {}", told(source))]
    Store {
        /// The database.
        path: PathBuf,
        /// Why.
        source: Error,
    },
}

/// Of what is too damaged to be opened `verify` knows no more than this.
fn told(error: &Error) -> String {
    match error {
        Error::Corrupt { detail } => format!(
            "the store is damaged and cannot be opened ({detail}); keep a copy of the folder, and bring back the last good backup with `hamzaban restore FILE`, which lays aside what is there"
        ),
        other => other.to_string(),
    }
}

impl OpenError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn store(path: &Path, source: impl Into<Error>) -> Self {
        Self::Store {
            path: path.to_owned(),
            source: source.into(),
        }
    }
}

/// A folder that is ours, with its database.
pub(super) struct Opened {
    /// None only where no lock file could be made.
    pub(super) lock: Option<File>,
    pub(super) source: Source,
    pub(super) writer: Writing,
}

/// Whether a database can be written.
pub(super) enum Writing {
    /// With this connection, ready for the writer.
    Yes(Connection),
    /// For this reason not.
    No(String),
}

/// Opens or makes the database of a data folder; on a full disk with the help of the ballast.
pub(super) fn open(dir: &Path, options: &OpenOptions) -> Result<Opened, OpenError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(OpenError::OldSqlite {
            found: rusqlite::version(),
        });
    }
    if let Some(reason) = read_only::reason(dir) {
        return read_only::open(dir, reason);
    }
    let opened = match open_to_write(dir, options) {
        Err(error) if space::is_full(&error) && space::let_go(dir) => open_to_write(dir, options),
        other => other,
    }?;
    // Without a wish the ballast of others is left as it is.
    if options.ballast > 0 {
        space::keep_ballast(dir, options.ballast);
    }
    Ok(opened)
}

fn open_to_write(dir: &Path, options: &OpenOptions) -> Result<Opened, OpenError> {
    let lock = take_folder(dir, options)?;
    restore::finish(dir)?;
    upkeep::clear_copies(dir);
    let db = dir.join(DB_FILE);
    if !check_file(&db)? {
        schema::create(&db, (options.clock)())?;
    }
    let mut writer = connect(&db)?;
    schema::upgrade(&mut writer, &db, STEPS)?;
    connection::configure_writer(&writer)
        .and_then(|()| interrupt_imports(&writer, (options.clock)()))
        .map_err(|e| OpenError::store(&db, e))?;
    let source = Source {
        db,
        immutable: false,
    };
    Ok(Opened {
        lock: Some(lock),
        source,
        writer: Writing::Yes(writer),
    })
}

/// Whether the store has gone backward since the note of its head; then it gets a new epoch.
pub(super) fn notice_rollback(dir: &Path, conn: &Connection) -> Result<bool, Error> {
    let Some((noted_epoch, noted)) = remembered::read(dir) else {
        return Ok(false);
    };
    let sql = "SELECT epoch, next_change - 1 FROM meta";
    let (epoch, head): (String, i64) =
        conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if epoch != noted_epoch || head >= noted {
        return Ok(false);
    }
    conn.execute("UPDATE meta SET epoch = ?1", [schema::random_epoch()?])?;
    tracing::error!(
        code = "store_rollback",
        head,
        noted,
        "the store has gone backward: acknowledged writes are missing, as when hamzaban.db-wal was lost; look for that file, or bring back a backup. Followers are told to start again"
    );
    Ok(true)
}

/// Makes the folder if it is missing, and takes it for this process.
pub(super) fn take_folder(dir: &Path, options: &OpenOptions) -> Result<File, OpenError> {
    create_folder(dir)?;
    if !options.allow_network_fs
        && let Some(kind) = unsafe_file_system(dir)?
    {
        return Err(OpenError::NetworkFs {
            path: dir.to_owned(),
            kind,
        });
    }
    lock(dir)
}

fn create_folder(dir: &Path) -> Result<(), OpenError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| OpenError::io(dir, e))
}

/// The kind of file system, if it is one whose locks or whose fsync cannot be relied on.
#[cfg(target_os = "linux")]
fn unsafe_file_system(dir: &Path) -> Result<Option<&'static str>, OpenError> {
    let stat = rustix::fs::statfs(dir).map_err(|e| OpenError::io(dir, e.into()))?;
    // The magic numbers have 32 bits; the field's type differs by platform.
    let magic = stat.f_type as u32;
    Ok(file_system_kind(magic))
}

#[cfg(not(target_os = "linux"))]
fn unsafe_file_system(_: &Path) -> Result<Option<&'static str>, OpenError> {
    Ok(None)
}

/// Magic numbers from `statfs(2)`.
#[cfg(target_os = "linux")]
fn file_system_kind(magic: u32) -> Option<&'static str> {
    match magic {
        0x0000_6969 => Some("NFS"),
        0x0000_517B | 0xFE53_4D42 => Some("SMB"),
        0xFF53_4D42 => Some("CIFS"),
        0x0102_1997 => Some("9P"),
        0x6573_5546 => Some("FUSE"),
        0x786F_4256 => Some("VirtualBox shared"),
        _ => None,
    }
}

/// Takes the folder for this process. The lock goes when the file is closed, also by a crash; the file stays.
fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join(LOCK_FILE);
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(|e| OpenError::io(&path, e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(OpenError::Served {
                path: dir.to_owned(),
                pid: read_pid(&mut file),
            });
        }
        Err(TryLockError::Error(e)) => return Err(OpenError::io(&path, e)),
    }
    // On a full disk the lock holds all the same, only without a name.
    let named = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    if let Err(error) = named {
        tracing::warn!(%error, path = %path.display(), "could not write the process id into the lock file");
    }
    Ok(file)
}

pub(super) fn read_pid(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(20).read_to_string(&mut text);
    match (read, text.trim()) {
        (Ok(_), pid) if !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()) => {
            pid.to_owned()
        }
        _ => "unknown".to_owned(),
    }
}

/// Whether there is a database that this program may open; false when one is to be made. Only reads.
pub(super) fn check_file(db: &Path) -> Result<bool, OpenError> {
    let journal = beside(db, "-wal");
    let has_journal = fs::metadata(&journal).is_ok_and(|m| m.len() > 0);
    let length = match fs::symlink_metadata(db) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
        Err(e) => return Err(OpenError::io(db, e)),
        Ok(meta) => {
            refuse_links(db, &meta)?;
            meta.len()
        }
    };
    if length == 0 {
        return match has_journal {
            true => Err(OpenError::OrphanJournal { path: journal }),
            false => Ok(false),
        };
    }
    check_header(db)?;
    if has_journal {
        // The journal may hold a newer first page than the file: ask SQLite, which will not write either.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(db, flags).map_err(|e| OpenError::store(db, e))?;
        check_identity(&conn, db)?;
    }
    Ok(true)
}

fn refuse_links(db: &Path, meta: &fs::Metadata) -> Result<(), OpenError> {
    let linked = |what| OpenError::Linked {
        path: db.to_owned(),
        what,
    };
    if meta.is_symlink() {
        return Err(linked("symbolic link"));
    }
    if !meta.is_file() {
        return Err(OpenError::NotADatabase {
            path: db.to_owned(),
        });
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(meta) > 1 {
        return Err(linked("file with a second hard link"));
    }
    Ok(())
}

/// Looks at the first 100 bytes, see <https://sqlite.org/fileformat2.html#the_database_header>.
fn check_header(db: &Path) -> Result<(), OpenError> {
    let mut header = [0; 100];
    let read = File::open(db).and_then(|mut file| file.read_exact(&mut header));
    let number = |at: usize| {
        let bytes = header.get(at..at + 4).and_then(|b| b.try_into().ok());
        u32::from_be_bytes(bytes.unwrap_or_default())
    };
    match read {
        Ok(()) if header.starts_with(b"SQLite format 3\0") => {}
        Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => return Err(OpenError::io(db, e)),
        _ => {
            return Err(OpenError::NotADatabase {
                path: db.to_owned(),
            });
        }
    }
    judge(db, number(68), number(60))
}

pub(super) fn check_identity(conn: &Connection, db: &Path) -> Result<(), OpenError> {
    let read = || Ok::<_, Error>((schema::application_id(conn)?, schema::user_version(conn)?));
    let (application, version) = read().map_err(|e| OpenError::store(db, e))?;
    judge(db, application, version)
}

fn judge(db: &Path, application: u32, version: u32) -> Result<(), OpenError> {
    let path = db.to_owned();
    if application != APPLICATION_ID {
        return Err(OpenError::Foreign {
            path,
            found: application,
        });
    }
    if version > VERSION {
        return Err(OpenError::Newer {
            path,
            found: version,
        });
    }
    Ok(())
}

fn connect(db: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(db, flags).map_err(|e| OpenError::store(db, e))?;
    conn.busy_timeout(connection::BUSY)
        .map_err(|e| OpenError::store(db, e))?;
    check_identity(&conn, db)?;
    Ok(conn)
}

/// Imports that ran when the last process ended will not go on.
fn interrupt_imports(conn: &Connection, now: i64) -> Result<(), Error> {
    for table in ["import", "glossary_import"] {
        let sql = format!(
            "UPDATE {table} SET state = 'interrupted', finished_at = ?1 WHERE state = 'running'"
        );
        conn.execute(&sql, [now])?;
    }
    Ok(())
}
