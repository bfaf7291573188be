//! `hamzaban glossary import|export|check`: the termbase as a file.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::export::{Beside, copy};
use super::import::{Mode, failed, refused, told};
use super::target::{Place, Target};
use super::{Usage, print, remark};
use crate::engine::{Caller, Engine, GlossaryFormat, GlossaryImport, ImportMode};

/// What can be done with glossary files.
#[derive(Debug, clap::Subcommand)]
pub(super) enum GlossaryCommand {
    /// Read a glossary file into the termbase
    Import(ImportArguments),
    /// Write the termbase to a file, or to standard output
    Export(ExportArguments),
    /// Say what is wrong with a glossary file, with lines; nothing is written
    Check {
        /// The file (CSV); `-` is standard input
        file: PathBuf,
        /// Print the faults as JSON, one a line
        #[arg(long)]
        json: bool,
    },
}

/// What `glossary import` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArguments {
    /// The file; `-` is standard input
    file: PathBuf,
    /// Its format; else its extension tells
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<GlossaryFormat>,
    /// Of concepts that are there: add the names that they lack, replace them, or leave them
    #[arg(long, value_name = "MODE", default_value = "add")]
    mode: Mode,
    /// Take names that look like names of other concepts
    #[arg(long)]
    allow_confusable: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// What `glossary export` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArguments {
    /// The file to write; else standard output
    file: Option<PathBuf>,
    /// The format; else the extension of the file tells
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<GlossaryFormat>,
}

fn format(name: &str) -> Result<GlossaryFormat, String> {
    GlossaryFormat::parse(name).ok_or_else(|| {
        let known = GlossaryFormat::ALL.map(GlossaryFormat::as_str);
        format!("give {}", known.join(", "))
    })
}

/// The format that a file's name promises, `.gz` aside.
fn of_path(path: &Path) -> Option<GlossaryFormat> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    GlossaryFormat::parse(name.rsplit_once('.')?.1)
}

pub(super) fn run(place: &Place, command: &GlossaryCommand) -> anyhow::Result<ExitCode> {
    match command {
        GlossaryCommand::Import(arguments) => import(place, arguments),
        GlossaryCommand::Export(arguments) => export(place, arguments),
        GlossaryCommand::Check { file, json } => check(file, *json),
    }
}

fn open(path: &Path) -> anyhow::Result<Box<dyn Read + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(file))
}

fn import(place: &Place, arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    let by_name = || of_path(&arguments.file);
    let format = arguments.format.or_else(by_name).ok_or_else(|| {
        let file = arguments.file.display();
        Usage(format!(
            "{file}: its extension tells no format: give --format"
        ))
    })?;
    let mut file = open(&arguments.file)?;
    let how = GlossaryImport {
        format,
        mode: arguments.mode.into(),
        allow_confusable: arguments.allow_confusable,
    };
    let outcome = match place.open()? {
        Target::Here(here) => failed(here.engine.import_glossary(&Caller::local(), file, how))?,
        Target::There(client) => {
            let mode = match how.mode {
                ImportMode::Add => "add",
                ImportMode::Update => "update",
                ImportMode::Keep => "keep",
            };
            let confusable = if how.allow_confusable {
                "true"
            } else {
                "false"
            };
            let query = [
                ("format", format.as_str()),
                ("mode", mode),
                ("allow_confusable", confusable),
            ];
            refused(client.import_glossary(&query, &mut file))?
        }
    };
    let shown = arguments.file.display().to_string();
    if arguments.json {
        print(&format!("{}\n", serde_json::to_string(&outcome.report)?))?;
    } else {
        print(&told(&shown, &outcome.report))?;
    }
    match outcome.broken {
        None => Ok(ExitCode::SUCCESS),
        Some(reason) => {
            remark(&format!("hamzaban: {shown}: {reason}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn export(place: &Place, arguments: &ExportArguments) -> anyhow::Result<ExitCode> {
    let by_name = || of_path(arguments.file.as_deref()?);
    let format = arguments.format.or_else(by_name).unwrap_or_default();
    let target = place.open()?;
    match arguments
        .file
        .as_deref()
        .filter(|file| *file != Path::new("-"))
    {
        None => write(&target, format, &mut io::stdout().lock())?,
        Some(path) => {
            let mut beside = Beside::create(path)?;
            write(&target, format, &mut beside.file)?;
            beside.keep(path)?;
            remark(&format!("wrote {}", path.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(target: &Target, format: GlossaryFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, out);
    match target {
        Target::Here(here) => {
            let caller = Caller::local();
            here.engine.export_glossary(&caller, format, &mut out)?;
        }
        Target::There(client) => copy(&mut client.export_glossary(format.as_str())?, &mut out)?,
    }
    out.flush()?;
    Ok(())
}

fn check(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let found = Engine::check_glossary(open(path)?)
        .with_context(|| format!("cannot read {}", path.display()))?;
    for fault in &found.faults {
        if json {
            let fault = serde_json::json!({
                "line": fault.line, "code": fault.code, "reason": fault.reason, "minor": fault.is_minor,
            });
            print(&format!("{fault}\n"))?;
        } else {
            let (line, code, reason) = (fault.line, fault.code, &fault.reason);
            print(&format!("{}:{line}: {code}: {reason}\n", path.display()))?;
        }
    }
    remark(&format!(
        "{}: {} rows, {} faults",
        path.display(),
        found.rows,
        found.faults.len()
    ));
    Ok(match found.faults.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
