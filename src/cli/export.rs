//! `hamzaban export`: a memory as a file, whole or not at all, or on standard output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::target::{Place, Target};
use super::{FileFormat, Usage, missing, remark};
use crate::engine::Caller;

/// What `export` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArguments {
    /// The memory
    #[arg(long, value_name = "NAME")]
    memory: String,
    /// The format; else the extension of the file tells
    #[arg(long, value_name = "FORMAT")]
    format: Option<FileFormat>,
    /// The file to write; else standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(place: &Place, arguments: &ExportArguments) -> anyhow::Result<()> {
    let by_name = || FileFormat::of(arguments.output.as_deref()?);
    let format = arguments
        .format
        .or_else(by_name)
        .ok_or_else(|| Usage("give --format tmx, tsv or csv".into()))?;
    let target = place.open()?;
    let write = |out: &mut dyn Write| {
        let written = write(&target, arguments, format, out);
        written.map_err(|error| missing(error, std::slice::from_ref(&arguments.memory)))
    };
    match &arguments.output {
        None => write(&mut io::stdout().lock()),
        Some(path) => {
            let mut beside = Beside::create(path)?;
            write(&mut beside.file)?;
            beside.keep(path)?;
            remark(&format!("wrote {}", path.display()));
            Ok(())
        }
    }
}

fn write(
    target: &Target,
    arguments: &ExportArguments,
    format: FileFormat,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, out);
    match target {
        Target::Here(here) => {
            let caller = Caller::local();
            let exported =
                here.engine
                    .export(&caller, &arguments.memory, format.into(), &mut out)?;
            for reason in &exported.reasons {
                remark(reason);
            }
            if exported.skipped > 0 {
                remark(&format!(
                    "left out {} of {} units, which {} cannot hold; tmx holds all",
                    exported.skipped,
                    exported.units + exported.skipped,
                    format.name()
                ));
            }
        }
        Target::There(client) => {
            let mut file = client.export(&arguments.memory, format.name())?;
            copy(&mut file, &mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Like `io::copy`, but telling a broken connection from a closed output.
pub(super) fn copy(from: &mut impl io::Read, to: &mut impl Write) -> anyhow::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = from
            .read(&mut buffer)
            .map_err(|error| anyhow!("the download broke off: {error}"))?;
        match buffer.get(..length) {
            None | Some([]) => return Ok(()),
            Some(piece) => to.write_all(piece)?,
        }
    }
}

/// A file beside the one that is wanted, which takes its place only when it is whole.
struct Beside {
    file: File,
    path: PathBuf,
    kept: bool,
}

impl Beside {
    fn create(wanted: &Path) -> anyhow::Result<Self> {
        let name = wanted
            .file_name()
            .ok_or_else(|| Usage(format!("{}: this is no file name", wanted.display())))?;
        let mut beside = name.to_owned();
        beside.push(format!(".part-{}", std::process::id()));
        let path = wanted.with_file_name(beside);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", wanted.display()))?;
        Ok(Beside {
            file,
            path,
            kept: false,
        })
    }

    fn keep(mut self, wanted: &Path) -> anyhow::Result<()> {
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.path, wanted))
            .with_context(|| format!("cannot write {}", wanted.display()))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.kept {
            // It may be gone with its folder; there is nobody left to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("a.tmx");
        fs::write(&wanted, "old").unwrap();
        let mut beside = Beside::create(&wanted).unwrap();
        beside.file.write_all(b"half").unwrap();
        drop(beside);
        assert_eq!(fs::read_to_string(&wanted).unwrap(), "old");
        let mut beside = Beside::create(&wanted).unwrap();
        beside.file.write_all(b"new").unwrap();
        beside.keep(&wanted).unwrap();
        assert_eq!(fs::read_to_string(&wanted).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
