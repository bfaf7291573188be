//! `server.json` in the data folder: where the running server listens and the token of this run,
//! so that commands on the same machine go through the server instead of beside it.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const FILE_NAME: &str = "server.json";

/// What the file holds. The token is hidden in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// Address and port, such as `127.0.0.1:8640`.
    pub address: String,
    /// 256 random bits in hex, valid until this server ends.
    pub token: String,
    /// The server's process id.
    pub pid: u32,
}

impl fmt::Debug for RunFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunFile")
            .field("address", &self.address)
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

/// Takes the file away when the server ends.
#[derive(Debug)]
pub struct RunFileGuard {
    path: PathBuf,
}

impl Drop for RunFileGuard {
    fn drop(&mut self) {
        // It may be gone with its folder already; a leftover does no harm, see `RunFile::read`.
        let _ = fs::remove_file(&self.path);
    }
}

impl RunFile {
    /// The file of `data`, if there is one that can be read. It may be left over from a server that
    /// was killed: believe it only when the folder is held.
    pub fn read(data: &Path) -> Option<RunFile> {
        let text = fs::read_to_string(data.join(FILE_NAME)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes the file, readable by this user only, whole or not at all.
    pub fn write(&self, data: &Path) -> io::Result<RunFileGuard> {
        let path = data.join(FILE_NAME);
        let beside = data.join(format!("{FILE_NAME}.tmp"));
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        drop(file);
        fs::rename(&beside, &path)?;
        Ok(RunFileGuard { path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_private_readable_again_and_gone_with_its_guard() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFile {
            address: "127.0.0.1:8640".into(),
            token: "feed".into(),
            pid: 7,
        };
        let guard = run.write(folder.path()).unwrap();
        assert_eq!(RunFile::read(folder.path()), Some(run.clone()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join(FILE_NAME))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(!format!("{run:?}").contains("feed"));
        drop(guard);
        assert_eq!(RunFile::read(folder.path()), None);
    }
}
