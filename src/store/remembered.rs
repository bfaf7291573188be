//! How far the log of changes was, noted outside the database. `SQLite` says nothing when its journal was lost or cut
//! off and the store has gone backward; this note does, at the next start, and the store gets a new epoch, so that no
//! follower goes on from a place that means something else now.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::Shared;

/// The note's name in the data folder.
const NOTE: &str = "hamzaban.head";
/// How often it is renewed while changes come.
const EVERY: Duration = Duration::from_secs(1);

/// The epoch and the last change of which this folder's store was sure; none where there is no note.
pub(super) fn read(dir: &Path) -> Option<(String, i64)> {
    let text = fs::read_to_string(dir.join(NOTE)).ok()?;
    let (epoch, seq) = text.trim_end().split_once(' ')?;
    Some((epoch.to_owned(), seq.parse().ok()?))
}

/// Takes the note whole or not at all. It is not made durable: after a power cut an older one does as well.
fn write(dir: &Path, epoch: &str, seq: i64) -> io::Result<()> {
    let (note, draft) = (dir.join(NOTE), dir.join(format!("{NOTE}.new")));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{epoch} {seq}")?;
    drop(file);
    fs::rename(&draft, &note)
}

/// Renews the note until the store closes. A change is in it only after it was durable in the database.
pub(super) fn keep(dir: &Path, shared: &Arc<Shared>, closed: &Receiver<()>) {
    let mut noted = read(dir);
    loop {
        let ends = closed.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
        let now = (shared.epoch(), shared.head());
        if noted.as_ref() != Some(&now) && write(dir, &now.0, now.1).is_ok() {
            noted = Some(now);
        }
        if ends {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_a_torn_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), None);
        write(dir.path(), "feed", 7).unwrap();
        assert_eq!(read(dir.path()), Some(("feed".to_owned(), 7)));
        for torn in ["", "feed", "feed x\n", "\0\0\0"] {
            fs::write(dir.path().join(NOTE), torn).unwrap();
            assert_eq!(read(dir.path()), None, "{torn:?}");
        }
    }
}
