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
use crate::engine::{Caller, Engine, GlossaryFormat, GlossaryImport};
use crate::model::Lang;

/// What can be done with glossary files.
#[derive(Debug, clap::Subcommand)]
pub(super) enum GlossaryCommand {
    /// Read a glossary file into the termbase
    Import(ImportArguments),
    /// Write the termbase to a file, or to standard output
    Export(ExportArguments),
    /// Say what is wrong with a glossary file, with lines; nothing is written
    Check(CheckArguments),
}

/// What `glossary check` takes.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// The file; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    shape: Shape,
    /// Print the faults as JSON, one a line
    #[arg(long)]
    json: bool,
}

/// How a glossary file is to be understood.
#[derive(Debug, clap::Args)]
pub(super) struct Shape {
    /// The format: csv, tbx, tbx3, omegat; else the file's extension tells
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<GlossaryFormat>,
    /// Language of the terms in a file of OmegaT's
    #[arg(long, value_name = "TAG", requires = "to")]
    from: Option<Lang>,
    /// Language of the translations in it
    #[arg(long, value_name = "TAG", requires = "from")]
    to: Option<Lang>,
}

impl Shape {
    fn format(&self, file: Option<&Path>) -> Option<GlossaryFormat> {
        self.format.or_else(|| of_path(file?))
    }

    /// The format of a file that is there.
    fn of(&self, file: &Path) -> Result<GlossaryFormat, Usage> {
        self.format(Some(file)).ok_or_else(|| {
            let file = file.display();
            Usage(format!(
                "{file}: its extension tells no format: give --format"
            ))
        })
    }

    fn langs(&self, format: GlossaryFormat) -> Result<Option<(Lang, Lang)>, Usage> {
        let langs = self.from.clone().zip(self.to.clone());
        if format == GlossaryFormat::Omegat && langs.is_none() {
            let told = "OmegaT's glossaries do not say their languages: give --from and --to";
            return Err(Usage(told.to_owned()));
        }
        Ok(langs)
    }
}

/// What `glossary import` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArguments {
    /// The file; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    shape: Shape,
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
    #[command(flatten)]
    shape: Shape,
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
    GlossaryFormat::of_extension(name.rsplit_once('.')?.1)
}

pub(super) fn run(place: &Place, command: &GlossaryCommand) -> anyhow::Result<ExitCode> {
    match command {
        GlossaryCommand::Import(arguments) => import(place, arguments),
        GlossaryCommand::Export(arguments) => export(place, arguments),
        GlossaryCommand::Check(arguments) => check(arguments),
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
    let format = arguments.shape.of(&arguments.file)?;
    let mut file = open(&arguments.file)?;
    let how = GlossaryImport {
        format,
        langs: arguments.shape.langs(format)?,
        mode: arguments.mode.into(),
        allow_confusable: arguments.allow_confusable,
    };
    let outcome = match place.open()? {
        Target::Here(here) => failed(here.engine.import_glossary(&Caller::local(), file, &how))?,
        Target::There(client) => {
            let confusable = if how.allow_confusable {
                "true"
            } else {
                "false"
            };
            let mut query = vec![
                ("format", format.as_str()),
                ("mode", how.mode.as_str()),
                ("allow_confusable", confusable),
            ];
            query.extend(pair(how.langs.as_ref()));
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
    let format = arguments.shape.format(arguments.file.as_deref());
    let format = format.unwrap_or_default();
    let shape = (format, arguments.shape.langs(format)?);
    let target = place.open()?;
    match arguments
        .file
        .as_deref()
        .filter(|file| *file != Path::new("-"))
    {
        None => write(&target, &shape, &mut io::stdout().lock())?,
        Some(path) => {
            let mut beside = Beside::create(path)?;
            write(&target, &shape, &mut beside.file)?;
            beside.keep(path)?;
            remark(&format!("wrote {}", path.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The languages as a server is asked for them.
fn pair(langs: Option<&(Lang, Lang)>) -> Vec<(&'static str, &str)> {
    let pair = langs.map(|(from, to)| [("from", from.as_str()), ("to", to.as_str())]);
    pair.into_iter().flatten().collect()
}

fn write(
    target: &Target,
    (format, langs): &(GlossaryFormat, Option<(Lang, Lang)>),
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, out);
    match target {
        Target::Here(here) => {
            let caller = Caller::local();
            here.engine
                .export_glossary(&caller, *format, langs.as_ref(), &mut out)?;
        }
        Target::There(client) => {
            let mut query = vec![("format", format.as_str())];
            query.extend(pair(langs.as_ref()));
            copy(&mut client.export_glossary(&query)?, &mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}

fn check(arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    let (path, json) = (&arguments.file, arguments.json);
    let format = arguments.shape.of(path)?;
    let langs = arguments.shape.langs(format)?;
    let found = Engine::check_glossary(open(path)?, format, langs.as_ref())
        .with_context(|| format!("cannot read {}", path.display()))?;
    for fault in &found.faults {
        if json {
            let fault = serde_json::json!({
                "line": fault.place.line, "byte": fault.place.byte, "code": fault.code, "reason": fault.reason, "minor": fault.is_minor,
            });
            print(&format!("{fault}\n"))?;
        } else {
            let (line, code, reason) = (fault.place.line, fault.code, &fault.reason);
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
