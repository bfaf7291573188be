//! The command line: one file per command. Each builds settings, calls the engine or the server
//! that holds the folder, and prints.
#![allow(
    clippy::doc_markdown,
    reason = "doc comments of arguments are the help text"
)]

mod bench;
mod client;
mod export;
mod glossary;
mod import;
mod key;
mod lookup;
mod names;
mod serve;
mod target;
mod upkeep;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::{Parser, Subcommand, ValueEnum};

use crate::config::{Flags, LogFormat, Origin, Settings};
use crate::engine::{self, Format};
use crate::{http, telemetry};
use target::Place;

/// A translation-memory and glossary server. Without a command it serves.
///
/// Every setting may also be given by an environment variable (HAMZABAN_DATA, HAMZABAN_LISTEN,
/// HAMZABAN_METRICS_LISTEN, HAMZABAN_BALLAST, HAMZABAN_LOG, HAMZABAN_LOG_FORMAT) or in a TOML file; `hamzaban config` shows what holds.
#[derive(Debug, Parser)]
#[command(name = "hamzaban", version, max_term_width = 100)]
pub struct Arguments {
    /// The data folder; else HAMZABAN_DATA, else the platform's place for data
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A settings file (TOML); else hamzaban.toml in the data folder, if there
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Go through the server at this address, with the key in HAMZABAN_KEY
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    /// What to log on stderr, such as warn or info,hamzaban=debug
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// How to log: text or json
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Accept a data folder on a network file system, where databases break
    #[arg(long, global = true)]
    allow_network_fs: bool,
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
enum Command {
    /// Serve look-ups, edits and files over HTTP
    Serve(ServeArguments),
    /// Read TMX, TSV or CSV files (each also .gz) into a memory
    Import(import::ImportArguments),
    /// Write a memory as TMX, TSV or CSV
    Export(Box<export::ExportArguments>),
    /// Look up a segment, or one segment a line from standard input
    Lookup(lookup::LookupArguments),
    /// Find names in files, bring them in line with a house style, count them
    #[command(subcommand)]
    Names(names::NamesCommand),
    /// Read, write and check glossary files
    #[command(subcommand)]
    Glossary(glossary::GlossaryCommand),
    /// Make, list and revoke keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Write a consistent copy of the whole store to a new file, while a server may go on writing
    Backup(upkeep::BackupArguments),
    /// Put a backup in the place of the data folder's store, which is moved aside
    Restore(upkeep::RestoreArguments),
    /// Check the store, or a backup: is all of it what was written, and is it found
    Verify(upkeep::VerifyArguments),
    /// Measure look-ups, index and imports on a copy of the data folder's store
    Bench(bench::BenchArguments),
    /// Print the OpenAPI document
    Openapi,
    /// Print the settings in force and where each came from
    Config,
}

/// What only the server needs.
#[derive(Clone, Debug, Default, clap::Args)]
struct ServeArguments {
    /// Where to listen; else HAMZABAN_LISTEN, else 127.0.0.1:8640
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Where to tell figures for Prometheus, at /metrics; else HAMZABAN_METRICS_LISTEN, else nowhere
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics_listen: Option<String>,
    /// How much of the disk to keep back for when it is full, 0 for none; else HAMZABAN_BALLAST, else 64
    #[arg(long, value_name = "MEGABYTES")]
    ballast: Option<String>,
}

impl ServeArguments {
    /// What was said after the command, and where it says nothing, before.
    fn or(self, before: Self) -> Self {
        Self {
            listen: self.listen.or(before.listen),
            metrics_listen: self.metrics_listen.or(before.metrics_listen),
            ballast: self.ballast.or(before.ballast),
        }
    }

    fn must_be_empty(&self) -> Result<(), Usage> {
        let given = [
            ("--listen", &self.listen),
            ("--metrics-listen", &self.metrics_listen),
            ("--ballast", &self.ballast),
        ];
        match given.iter().find(|(_, value)| value.is_some()) {
            Some((flag, _)) => Err(Usage(format!("{flag} belongs to `hamzaban serve`"))),
            None => Ok(()),
        }
    }
}

/// A file format, as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    Tmx,
    Tsv,
    Csv,
}

impl FileFormat {
    /// By a file's extension, `.gz` aside.
    fn of(path: &std::path::Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let (_, extension) = name.rsplit_once('.')?;
        FileFormat::from_str(extension, false).ok()
    }

    fn name(self) -> &'static str {
        match self {
            FileFormat::Tmx => "tmx",
            FileFormat::Tsv => "tsv",
            FileFormat::Csv => "csv",
        }
    }
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Tmx => Format::Tmx,
            FileFormat::Tsv => Format::Tsv,
            FileFormat::Csv => Format::Csv,
        }
    }
}

/// The command line makes no sense: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Runs the command. The exit code is 0 for done, 1 for failed, 2 for wrong usage; a failure is
/// told in one line on stderr.
pub fn main(arguments: Arguments) -> ExitCode {
    let error = match run(arguments) {
        Ok(code) => return code,
        Err(error) => error,
    };
    if error.chain().any(is_closed_output) {
        return ExitCode::SUCCESS; // `hamzaban export | head` is no failure
    }
    let line = told(&error);
    // Where stderr is closed nobody wants to know.
    let _ = writeln!(io::stderr(), "hamzaban: {line}");
    ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
}

/// An error and its causes on one line. A cause that was named already is not named again, and of a
/// field's place only its name is of use here.
fn told(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = match cause.downcast_ref::<engine::Error>() {
            Some(engine::Error::Invalid { field, reason, .. }) => {
                format!("{}: {reason}", field.trim_start_matches('/'))
            }
            _ => cause.to_string(),
        };
        if line.is_empty() {
            line = text;
        } else if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
    }
    line.replace('\n', " ")
}

/// Says which memory is not there, where that is what went wrong: the server and the engine only say
/// that something is not.
fn missing(error: anyhow::Error, memories: &[String]) -> anyhow::Error {
    let not_found = is_not_found(&error);
    match memories {
        [] => error,
        _ if !not_found => error,
        [name] => anyhow!(
            "there is no memory {name}: `hamzaban import FILE --memory {name}` would make it"
        ),
        names => anyhow!("one of the memories {} is not there", names.join(", ")),
    }
}

/// Whether something was not there, here or on the server.
fn is_not_found(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<client::Refusal>() {
        Some(refusal) => refusal.code == "not_found",
        None => matches!(
            error.downcast_ref::<engine::Error>(),
            Some(engine::Error::NotFound { .. })
        ),
    }
}

/// Whether whoever read our output has left. Errors of connections come without their cause.
fn is_closed_output(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    ignore_signals()?;
    let command = arguments
        .command
        .unwrap_or(Command::Serve(ServeArguments::default()));
    let serve = match &command {
        Command::Serve(own) => own.clone().or(arguments.serve),
        Command::Config => arguments.serve,
        _ => {
            arguments.serve.must_be_empty()?;
            ServeArguments::default()
        }
    };
    if let Command::Openapi = command {
        print(&http::openapi::document())?;
        return Ok(ExitCode::SUCCESS);
    }
    let flags = Flags {
        data: arguments.data,
        listen: serve.listen,
        metrics_listen: serve.metrics_listen,
        ballast: serve.ballast,
        config: arguments.config,
        log: arguments.log,
        log_format: arguments.log_format,
        allow_network_fs: arguments.allow_network_fs,
    };
    let settings = Settings::gather(&flags, &|name| std::env::var(name).ok())?;
    start_logs(&settings, matches!(command, Command::Serve(_)))?;
    let place = Place {
        settings: &settings,
        server: arguments.server.as_deref(),
    };
    match command {
        Command::Serve(_) => serve::run(&settings).map(|()| ExitCode::SUCCESS),
        Command::Import(arguments) => import::run(&place, &arguments),
        Command::Export(arguments) => export::run(&place, &arguments).map(|()| ExitCode::SUCCESS),
        Command::Lookup(arguments) => lookup::run(&place, &arguments),
        Command::Names(command) => names::run(&place, &command),
        Command::Glossary(command) => glossary::run(&place, &command),
        Command::Backup(arguments) => upkeep::backup(&place, &arguments),
        Command::Restore(arguments) => upkeep::restore(&place, &arguments),
        Command::Verify(arguments) => upkeep::verify(&place, &arguments),
        Command::Bench(arguments) => bench::run(&place, &arguments),
        Command::Key(command) => key::run(&place, &command).map(|()| ExitCode::SUCCESS),
        Command::Config => print(&settings.to_toml()).map(|()| ExitCode::SUCCESS),
        Command::Openapi => Ok(ExitCode::SUCCESS), // answered above, without settings
    }
}

/// A command that ends soon speaks up only when something is wrong.
fn start_logs(settings: &Settings, serves: bool) -> anyhow::Result<()> {
    let filter = if serves || settings.log.origin != Origin::Default {
        &settings.log.value
    } else {
        "warn"
    };
    telemetry::start(filter, settings.log_format.value == LogFormat::Json)?;
    Ok(())
}

/// A file that reaches its limit, or a reader that has left, must come as an error from the write,
/// not as the death of the process with others' requests.
#[cfg(unix)]
fn ignore_signals() -> io::Result<()> {
    use signal_hook::consts::{SIGPIPE, SIGXFSZ};
    for signal in [SIGPIPE, SIGXFSZ] {
        let noted: std::sync::Arc<std::sync::atomic::AtomicBool> = Default::default();
        signal_hook::flag::register(signal, noted)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn ignore_signals() -> io::Result<()> {
    Ok(())
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// A remark beside the result.
fn remark(text: &str) {
    // Where stderr is closed nobody wants to know.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;
    use std::path::Path;

    fn parse(line: &str) -> Result<Arguments, ErrorKind> {
        Arguments::try_parse_from(line.split(' ')).map_err(|error| error.kind())
    }

    #[test]
    fn the_commands_of_the_contract_are_understood() {
        Arguments::command().debug_assert();
        for line in [
            "hamzaban",
            "hamzaban --data d --listen 127.0.0.1:0",
            "hamzaban serve --data d --listen 127.0.0.1:0",
            "hamzaban import a.tmx b.tsv.gz --memory m --from en --to fa --format tsv --mode keep --json",
            "hamzaban import - --memory m --format tmx",
            "hamzaban export --memory m --format tsv -o f.tsv",
            "hamzaban lookup word --from en --to fa --threshold 70 --limit 5 --json --memory a --memory b",
            "hamzaban lookup --from en --to fa",
            "hamzaban --server http://h:1 lookup a --from en --to fa",
            "hamzaban backup b.db",
            "hamzaban restore b.db",
            "hamzaban verify",
            "hamzaban verify b.db --json",
            "hamzaban key create",
            "hamzaban key create --role write --memory a --memory b --glossary none --name Ann --expires 30 --rate 100/min",
            "hamzaban key create --expires 2030-01-01T00:00:00Z --json",
            "hamzaban key list",
            "hamzaban key revoke ABCD1234",
            "hamzaban names find a.txt b.docx --style house --json",
            "hamzaban names normalize -",
            "hamzaban names report folder --html",
            "hamzaban glossary import a.csv --mode update --allow-confusable",
            "hamzaban glossary export -",
            "hamzaban glossary check a.csv",
            "hamzaban bench",
            "hamzaban bench --memory a --memory b --from en --to fa --questions 100 --json",
            "hamzaban openapi",
            "hamzaban config --data d",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line));
        }
    }

    #[test]
    fn wrong_usage_is_refused() {
        for line in [
            "hamzaban fly",
            "hamzaban import --memory m",
            "hamzaban import a.tmx",
            "hamzaban import a.tmx --memory m --mode replace",
            "hamzaban import a.tmx --memory m --from en",
            "hamzaban lookup a --from en",
            "hamzaban lookup a --from en --to fa --threshold x",
            "hamzaban lookup a --from en --to fa --threshold 29",
            "hamzaban lookup a --from en --to fa --limit 0",
            "hamzaban export --format tmx",
            "hamzaban key",
            "hamzaban key create --role root",
            "hamzaban key create --rate 100",
            "hamzaban key create --rate 0/min",
            "hamzaban key create --rate 100/s",
            "hamzaban key create --expires soon",
            "hamzaban key create --expires 0",
            "hamzaban key revoke",
            "hamzaban bench --from en",
            "hamzaban bench --questions 0",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_error_is_one_line_that_says_nothing_twice() {
        let gone = io::Error::other("no such\nthing");
        let error = anyhow::Error::new(gone).context("a.tmx: no such\nthing; look elsewhere");
        assert_eq!(
            told(&error.context("cannot open")),
            "cannot open: a.tmx: no such thing; look elsewhere"
        );
        let error = engine::Error::Invalid {
            code: "empty_segment",
            field: "/text".into(),
            reason: "it is empty".into(),
        };
        assert_eq!(told(&error.into()), "text: it is empty");
    }

    #[test]
    fn a_missing_memory_is_named() {
        let error = || engine::Error::NotFound {
            what: "memory".into(),
        };
        let name = ["news".to_owned()];
        assert!(told(&missing(error().into(), &name)).contains("no memory news"));
        let refusal = client::Refusal {
            code: "not_found".into(),
            ..client::Refusal::default()
        };
        assert!(told(&missing(refusal.into(), &name)).contains("no memory news"));
        assert_eq!(told(&missing(anyhow!("full"), &name)), "full");
    }

    #[test]
    fn formats_are_told_by_extension() {
        for (name, format) in [
            ("a.tmx", Some(FileFormat::Tmx)),
            ("b/A.TMX.GZ", Some(FileFormat::Tmx)),
            ("a.b.tsv", Some(FileFormat::Tsv)),
            ("a.csv.gz", Some(FileFormat::Csv)),
            ("a.xlsx", None),
            ("tmx", None),
            ("-", None),
        ] {
            assert_eq!(FileFormat::of(Path::new(name)), format, "{name}");
        }
    }
}
