//! `hamzaban backup`, `restore` and `verify`: the store as a whole, copied, brought back, and looked at.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::export::copy;
use super::target::{Place, Target};
use super::{Usage, print, remark};
use crate::engine::{Caller, Engine, Verification};

/// What `backup` takes.
#[derive(Debug, clap::Args)]
pub(super) struct BackupArguments {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What `restore` takes.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArguments {
    /// What `hamzaban backup` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What `verify` takes.
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArguments {
    /// A backup to check; else the data folder, or the server that holds it
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn backup(place: &Place, arguments: &BackupArguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    if fs::symlink_metadata(file).is_ok() {
        return Err(anyhow!(
            "{} is there already, and a backup overwrites nothing; give another name",
            file.display()
        ));
    }
    let data = &place.settings.data.value;
    if place.server.is_none() && !Engine::is_there(data) {
        return Err(anyhow!(
            "{} has no store to back up; give the folder with --data DIR",
            data.display()
        ));
    }
    match place.open_store()? {
        Target::Here(here) => here.engine.backup(&Caller::local(), file)?,
        Target::There(client) => download(&mut client.backup()?, file)?,
    }
    let bytes = fs::metadata(file)?.len();
    print(&format!(
        "wrote {}, {:.1} MB\n",
        file.display(),
        bytes as f64 / 1e6
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The file is there whole or not at all, and takes the place of none.
fn download(from: &mut impl io::Read, file: &Path) -> anyhow::Result<()> {
    let name = file
        .file_name()
        .ok_or_else(|| Usage(format!("{}: this is no file name", file.display())))?;
    let mut part = name.to_owned();
    part.push(format!(".part-{}", std::process::id()));
    let part = Part(file.with_file_name(part));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let cannot = || {
        format!(
            "{} was not written; repeat where there is room",
            file.display()
        )
    };
    let mut out = options.open(&part.0).with_context(cannot)?;
    copy(from, &mut out).with_context(cannot)?;
    out.sync_all().with_context(cannot)?;
    match fs::hard_link(&part.0, file) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs::rename(&part.0, file),
    }
    .with_context(cannot)
}

/// A part of a file, gone when this is dropped.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // After the last rename it is gone already.
        let _ = fs::remove_file(&self.0);
    }
}

pub(super) fn restore(place: &Place, arguments: &RestoreArguments) -> anyhow::Result<ExitCode> {
    if place.server.is_some() {
        return Err(Usage(
            "restore works on a data folder that no server holds: stop the server and run it there, without --server".into(),
        )
        .into());
    }
    let settings = place.settings;
    let data = &settings.data.value;
    let restored = Engine::restore(data, &arguments.file, settings.allow_network_fs.value)?;
    print(&format!(
        "restored {} into {}: {} units\n",
        arguments.file.display(),
        data.display(),
        restored.units
    ))?;
    if let Some(aside) = restored.aside {
        remark(&format!(
            "the store before lies at {}; remove it (with its -wal, if there) when it is not needed any more",
            aside.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn verify(place: &Place, arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let found = match (&arguments.file, place.server) {
        (Some(_), Some(_)) => {
            return Err(Usage("verify takes FILE or --server, not both".into()).into());
        }
        (Some(file), None) => Verification::of_file(file)?,
        (None, _) => match place.open_store()? {
            Target::Here(here) => here.engine.verify(&Caller::local())?,
            Target::There(client) => client.verify()?,
        },
    };
    if arguments.json {
        print(&format!("{}\n", serde_json::to_string(&found)?))?;
    } else {
        print(&told(&found))?;
    }
    if found.ok {
        return Ok(ExitCode::SUCCESS);
    }
    let things = if found.damage_total == 1 {
        "thing is"
    } else {
        "things are"
    };
    Err(anyhow!(
        "{} {things} wrong with the store; what to do stands above",
        found.damage_total
    ))
}

fn told(found: &Verification) -> String {
    let mut text = String::new();
    for damage in &found.damage {
        let unit = damage.unit_id.iter().map(|id| format!("unit {id}"));
        let memory = damage.memory.iter().map(|name| format!("memory {name}"));
        let place: Vec<String> = unit.chain(memory).collect();
        let place = match place.is_empty() {
            true => "store".to_owned(),
            false => place.join(" in "),
        };
        text += &format!("damaged: {place}: {} ({})\n", damage.detail, damage.kind);
    }
    let more = found.damage_total.saturating_sub(found.damage.len() as u64);
    if more > 0 {
        text += &format!("… and {more} more\n");
    }
    for remedy in &found.remedies {
        text += &format!("what to do: {remedy}\n");
    }
    if found.ok {
        text += &format!(
            "all is well: {} units, {} segments found by look-ups\n",
            found.units, found.segments
        );
    }
    text
}
