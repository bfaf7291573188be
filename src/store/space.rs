//! Room on the disk: how much there is, and a file that keeps some of it back, so that on a full disk the server can
//! still start, delete and export.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::Error;
use super::open::OpenError;

/// The file's name in the data folder.
const BALLAST: &str = "ballast";
/// With less room than this after the start, the ballast is let go, in bytes.
const TIGHT: u64 = 8 << 20;

/// Free bytes on the file system of a file or folder, as far as it can be told.
#[cfg(unix)]
pub(super) fn free(path: &Path) -> Option<u64> {
    // The file may be gone; its folder is not.
    let stat = rustix::fs::statvfs(path).or_else(|error| match path.parent() {
        Some(folder) => rustix::fs::statvfs(folder),
        None => Err(error),
    });
    let stat = stat.ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(not(unix))]
pub(super) fn free(_: &Path) -> Option<u64> {
    None
}

/// Whether a folder could not be opened because its disk is full.
pub(super) fn is_full(error: &OpenError) -> bool {
    match error {
        OpenError::Io { source, .. } => source.kind() == io::ErrorKind::StorageFull,
        OpenError::Store { source, .. } | OpenError::Upgrade { source, .. } => {
            matches!(source, Error::Full { .. })
        }
        _ => false,
    }
}

/// Lets the ballast go. Whether there was one.
pub(super) fn let_go(dir: &Path) -> bool {
    let gone = fs::remove_file(dir.join(BALLAST)).is_ok();
    if gone {
        tracing::error!(
            folder = %dir.display(),
            "the disk is full: the ballast in the data folder was let go so that the server can start; free some space, it comes back with the next start"
        );
    }
    gone
}

/// Brings the ballast to its size: none where it is not wanted, or where the room that is left is needed.
pub(super) fn keep_ballast(dir: &Path, bytes: u64) {
    let path = dir.join(BALLAST);
    let there = fs::metadata(&path).map_or(0, |meta| meta.len());
    let Some(free) = free(dir) else {
        return;
    };
    if bytes == 0 {
        drop(fs::remove_file(&path));
    } else if there > 0 && free < TIGHT {
        let_go(dir);
    } else if there < bytes && free > bytes.saturating_mul(4) {
        if let Err(error) = make(&path, bytes) {
            drop(fs::remove_file(&path));
            tracing::warn!(%error, "no ballast could be laid into the data folder");
        }
    } else if there < bytes {
        tracing::warn!(free, "there is too little room on the disk for the ballast");
    }
}

/// Refuses work that needs much room where there is less than the ballast had: that is for deleting and exporting.
pub(super) fn must_have_room(dir: &Path, ballast: u64) -> Result<(), Error> {
    let short = free(dir).is_some_and(|free| free < ballast);
    if !short || dir.join(BALLAST).exists() {
        return Ok(());
    }
    let detail = format!(
        "less than {} MB are free, and no ballast is left",
        ballast >> 20
    );
    Err(Error::Full { detail })
}

fn make(path: &Path, bytes: u64) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    #[cfg(target_os = "linux")]
    if rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes).is_ok() {
        return file.sync_all();
    }
    // A hole would keep nothing back: it has to be written.
    let piece = vec![0x5a; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let length = left.min(piece.len() as u64);
        let (part, _) = piece.split_at(usize::try_from(length).unwrap_or(piece.len()));
        file.write_all(part)?;
        left -= length;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ballast_has_its_size_and_goes_when_it_is_not_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let size = || fs::metadata(dir.path().join(BALLAST)).map_or(0, |meta| meta.len());
        keep_ballast(dir.path(), 3 << 20);
        assert_eq!(size(), 3 << 20);
        assert!(let_go(dir.path()) && !let_go(dir.path()));
        keep_ballast(dir.path(), u64::MAX / 8);
        assert_eq!(size(), 0, "more than there is room for");
        assert!(must_have_room(dir.path(), u64::MAX / 8).is_err());
        assert!(must_have_room(dir.path(), 1).is_ok());
        keep_ballast(dir.path(), 1 << 20);
        assert!(must_have_room(dir.path(), u64::MAX / 8).is_ok());
        keep_ballast(dir.path(), 0);
        assert_eq!(size(), 0);
    }
}
