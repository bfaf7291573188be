//! `hamzaban export`: a memory, or the units of it that a filter takes, as a file, whole or not at all, or on
//! standard output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::target::{Place, Target};
use super::{FileFormat, Usage, missing, remark};
use crate::engine::{Caller, Filter, Shape};
use crate::model::Lang;

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
    /// CSV for spreadsheets: guards cells that they would take for formulas with an apostrophe, which `import` takes away
    #[arg(long)]
    spreadsheet: bool,
    #[command(flatten)]
    only: Only,
}

/// Which units; all conditions given must hold.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Only units")]
struct Only {
    /// With a text in this language
    #[arg(long, value_name = "TAG")]
    lang: Option<Lang>,
    /// In which this stands, in the language of --lang if given, whatever the case or the shape of letters
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Made by this user
    #[arg(long, value_name = "NAME")]
    created_by: Option<String>,
    /// Last changed by this user
    #[arg(long, value_name = "NAME")]
    changed_by: Option<String>,
    /// Made then or later, such as 2026-11-21T08:30:00Z
    #[arg(long, value_name = "TIME")]
    created_after: Option<String>,
    /// Made before
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
    /// Changed then or later
    #[arg(long, value_name = "TIME")]
    changed_after: Option<String>,
    /// Changed before
    #[arg(long, value_name = "TIME")]
    changed_before: Option<String>,
    /// Whose present revision this import or bulk change wrote
    #[arg(long, value_name = "ID")]
    import: Option<String>,
    /// With this prop; may be repeated
    #[arg(long, value_name = "TYPE=TEXT", value_parser = prop)]
    prop: Vec<(String, String)>,
    /// With inline tags, or without
    #[arg(long, value_name = "true|false")]
    tagged: Option<bool>,
    /// Worth a look: no translation, other numbers or tags than in the source
    #[arg(long)]
    suspicious: bool,
}

fn prop(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=');
    let (kind, text) = parts.ok_or("write it as TYPE=TEXT")?;
    Ok((kind.to_owned(), text.to_owned()))
}

impl Only {
    fn filter(&self) -> Filter {
        Filter {
            lang: self.lang.clone(),
            text: self.text.clone(),
            created_by: self.created_by.clone(),
            changed_by: self.changed_by.clone(),
            created_after: self.created_after.clone(),
            created_before: self.created_before.clone(),
            changed_after: self.changed_after.clone(),
            changed_before: self.changed_before.clone(),
            import: self.import.clone(),
            tagged: self.tagged,
            suspicious: self.suspicious.then_some(true),
            props: self.prop.iter().cloned().collect(),
        }
    }
}

/// A filter as the parameters of a query.
fn query(filter: &Filter) -> anyhow::Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    if let serde_json::Value::Object(fields) = serde_json::to_value(filter)? {
        for (name, value) in fields {
            match value {
                serde_json::Value::String(text) => pairs.push((name, text)),
                serde_json::Value::Object(props) => {
                    pairs.extend(props.into_iter().map(|(kind, text)| {
                        let text = text.as_str().unwrap_or_default().to_owned();
                        (format!("prop.{kind}"), text)
                    }))
                }
                other => pairs.push((name, other.to_string())),
            }
        }
    }
    Ok(pairs)
}

pub(super) fn run(place: &Place, arguments: &ExportArguments) -> anyhow::Result<()> {
    let by_name = || FileFormat::of(arguments.output.as_deref()?);
    let format = arguments
        .format
        .or_else(by_name)
        .ok_or_else(|| Usage("give --format tmx, tsv or csv".into()))?;
    if arguments.spreadsheet && format.name() != "csv" {
        return Err(Usage("--spreadsheet is for --format csv".into()).into());
    }
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
            let filter = arguments.only.filter();
            let memory = &arguments.memory;
            let shape = Shape {
                format: format.into(),
                spreadsheet: arguments.spreadsheet,
            };
            let exported = here
                .engine
                .export(&caller, memory, shape, &filter, &mut out)?;
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
            let mut query = query(&arguments.only.filter())?;
            if arguments.spreadsheet {
                query.push(("spreadsheet".into(), "true".into()));
            }
            let mut file = client.export(&arguments.memory, format.name(), &query)?;
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
pub(super) struct Beside {
    pub(super) file: File,
    path: PathBuf,
    kept: bool,
}

impl Beside {
    pub(super) fn create(wanted: &Path) -> anyhow::Result<Self> {
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

    pub(super) fn keep(mut self, wanted: &Path) -> anyhow::Result<()> {
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
