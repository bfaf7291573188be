//! `hamzaban import`: files into a memory, with a progress bar on a terminal and the report.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::client::Refusal;
use super::target::{Place, Target};
use super::{FileFormat, Usage, print, remark};
use crate::engine::{Caller, Error, ImportMode, NewMemory, Progress};
use crate::model::{ImportReport, Lang};

/// What `import` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArguments {
    /// The files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The memory, which is made if it is not there
    #[arg(long, value_name = "NAME")]
    memory: String,
    /// Language of the first column of TSV and CSV without a header
    #[arg(long, value_name = "TAG", requires = "to")]
    from: Option<Lang>,
    /// Language of the second column
    #[arg(long, value_name = "TAG", requires = "from")]
    to: Option<Lang>,
    /// The files' format; else their extensions tell
    #[arg(long, value_name = "FORMAT")]
    format: Option<FileFormat>,
    /// Where the same source is there already: keep both, replace, or leave what is there
    #[arg(long, value_name = "MODE", default_value = "add")]
    mode: Mode,
    /// Print the report as JSON, one line a file
    #[arg(long)]
    json: bool,
}

/// See [`ImportMode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    Add,
    Update,
    Keep,
}

impl From<Mode> for ImportMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Add => ImportMode::Add,
            Mode::Update => ImportMode::Update,
            Mode::Keep => ImportMode::Keep,
        }
    }
}

/// One file and how it is to be read.
struct Source<'a> {
    path: &'a Path,
    format: FileFormat,
}

/// How one file went.
pub(super) struct Outcome {
    pub(super) report: ImportReport,
    /// Why it was not read to its end, and where.
    pub(super) broken: Option<String>,
}

pub(super) fn run(place: &Place, arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    let sources = sources(arguments)?;
    let mut target = None;
    let mut code = ExitCode::SUCCESS;
    for source in &sources {
        let shown = source.path.display();
        let (file, length) = match open(source) {
            Ok(opened) => opened,
            Err(error) => {
                remark(&format!("hamzaban: {}", super::told(&error)));
                code = ExitCode::FAILURE;
                continue;
            }
        };
        // Not before there is something to import: a mistyped name must not leave an empty memory behind.
        let target = match &target {
            Some(target) => target,
            None => target.insert(prepare(place, &arguments.memory)?),
        };
        let outcome = one(target, arguments, source, file, length)?;
        if arguments.json {
            print(&format!("{}\n", serde_json::to_string(&outcome.report)?))?;
        } else {
            print(&told(&shown.to_string(), &outcome.report))?;
        }
        if let Some(reason) = outcome.broken {
            let kept = match outcome.report.read {
                0 => "",
                _ => "; what the report counts is kept, mend the file and import it again",
            };
            remark(&format!("hamzaban: {shown}: {reason}{kept}"));
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn prepare(place: &Place, memory: &str) -> anyhow::Result<Target> {
    let target = place.open()?;
    if make_memory(&target, memory)? {
        remark(&format!("made the memory {memory}"));
    }
    Ok(target)
}

fn sources(arguments: &ImportArguments) -> Result<Vec<Source<'_>>, Usage> {
    let find = |path: &PathBuf| arguments.format.or_else(|| FileFormat::of(path));
    let source = |path| match find(path) {
        Some(format) => Ok(Source { path, format }),
        None => Err(Usage(format!(
            "{}: its extension tells no format (.tmx, .tsv, .csv, each also .gz): give --format",
            path.display()
        ))),
    };
    arguments.files.iter().map(source).collect()
}

/// The file and its length, where it has one.
fn open(source: &Source) -> anyhow::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if source.path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let named = || format!("cannot read {}", source.path.display());
    let file = File::open(source.path).with_context(named)?;
    let about = file.metadata().with_context(named)?;
    if about.is_dir() {
        return Err(anyhow!("{}: it is a folder: name its files", named()));
    }
    let length = about.is_file().then_some(about.len());
    Ok((Box::new(file), length))
}

fn make_memory(target: &Target, name: &str) -> anyhow::Result<bool> {
    let here = match target {
        Target::There(client) => return client.make_memory(name),
        Target::Here(here) => here,
    };
    match here.engine.memory(&Caller::local(), name) {
        Ok(_) => Ok(false),
        Err(Error::NotFound { .. }) => {
            let memory = NewMemory {
                name: name.to_owned(),
                ..NewMemory::default()
            };
            here.engine.create_memory(&Caller::local(), &memory)?;
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

fn one(
    target: &Target,
    arguments: &ImportArguments,
    source: &Source,
    file: Box<dyn Read + Send>,
    length: Option<u64>,
) -> anyhow::Result<Outcome> {
    let bar = bar(length, source.path);
    let outcome = match target {
        Target::There(client) => {
            let mut counted = bar.wrap_read(file);
            let query = query(arguments, source);
            let query: Vec<(&str, &str)> = query
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            refused(client.import(&arguments.memory, &query, &mut counted))
        }
        Target::Here(here) => {
            let (engine, caller) = (&here.engine, Caller::local());
            let label = label(source.path);
            let langs = arguments.from.clone().zip(arguments.to.clone());
            let (format, mode) = (source.format.into(), arguments.mode.into());
            let id = engine.begin_import(&caller, &arguments.memory, &label, format, mode)?;
            failed(engine.import(&caller, &id, file, langs, &Shown(&bar)))
        }
    };
    bar.finish_and_clear();
    outcome
}

/// The file's name without its folders: the label of the import.
fn label(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn query(arguments: &ImportArguments, source: &Source) -> Vec<(&'static str, String)> {
    let mode = match arguments.mode {
        Mode::Add => "add",
        Mode::Update => "update",
        Mode::Keep => "keep",
    };
    let mut query = vec![
        ("format", source.format.name().to_owned()),
        ("mode", mode.to_owned()),
        ("name", label(source.path)),
    ];
    if let (Some(from), Some(to)) = (&arguments.from, &arguments.to) {
        query.push(("from", from.to_string()));
        query.push(("to", to.to_string()));
    }
    query
}

/// A file that broke off is an outcome; anything else ends the command.
pub(super) fn refused(done: anyhow::Result<ImportReport>) -> anyhow::Result<Outcome> {
    let error = match done {
        Ok(report) => {
            return Ok(Outcome {
                report,
                broken: None,
            });
        }
        Err(error) => error,
    };
    let refusal = error.downcast::<Refusal>()?;
    match refusal.report {
        None => Err(refusal.into()),
        Some(report) => Ok(Outcome {
            report,
            broken: Some(refusal.detail),
        }),
    }
}

pub(super) fn failed(done: Result<ImportReport, Error>) -> anyhow::Result<Outcome> {
    match done {
        Ok(report) => Ok(Outcome {
            report,
            broken: None,
        }),
        Err(Error::Format { error, report }) => Ok(Outcome {
            broken: Some(error.to_string()),
            report: *report,
        }),
        Err(Error::Input { reason, report }) => Ok(Outcome {
            broken: Some(reason),
            report: *report,
        }),
        Err(error) => Err(error.into()),
    }
}

struct Shown<'a>(&'a ProgressBar);

impl Progress for Shown<'_> {
    fn advance(&self, bytes: u64, units: u64) {
        self.0.set_position(bytes);
        self.0.set_message(format!("{units} units"));
    }
}

fn bar(length: Option<u64>, path: &Path) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = match length {
        Some(_) => "{prefix} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}",
        None => "{prefix} {spinner} {bytes} {bytes_per_sec} {msg}",
    };
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(label(path));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The report for people.
pub(super) fn told(file: &str, report: &ImportReport) -> String {
    let mut text = format!(
        "{file} → {}: {} read, {} added, {} updated, {} unchanged, {} skipped\n",
        report.memory, report.read, report.added, report.updated, report.unchanged, report.skipped
    );
    // Writing to a String cannot fail.
    for problem in &report.problems {
        let _ = writeln!(text, "  {file}:{}: {}", problem.line, problem.reason);
    }
    let rest = report
        .problems_total
        .saturating_sub(report.problems.len() as u64);
    if rest > 0 {
        let _ = writeln!(text, "  … and {rest} more problems");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Problem;

    #[test]
    fn the_report_for_people_has_all_numbers_and_the_place_of_each_problem() {
        let mut report = ImportReport {
            memory: "news".into(),
            read: 9,
            added: 4,
            updated: 2,
            unchanged: 2,
            skipped: 1,
            ..ImportReport::default()
        };
        report.add_problem(Problem {
            line: 17,
            byte: 800,
            reason: "the segment is empty: skipped".into(),
        });
        report.problems_total = 3;
        assert_eq!(
            told("a.tmx", &report),
            "a.tmx → news: 9 read, 4 added, 2 updated, 2 unchanged, 1 skipped\n  a.tmx:17: the segment is empty: skipped\n  … and 2 more problems\n"
        );
    }

    #[test]
    fn a_refusal_with_a_report_is_a_broken_file_and_one_without_ends_the_command() {
        let refusal = Refusal {
            status: 422,
            detail: "line 3: it ends too early".into(),
            report: Some(ImportReport::default()),
            ..Refusal::default()
        };
        let outcome = refused(Err(refusal.into())).unwrap();
        assert!(outcome.broken.unwrap().contains("line 3"));
        assert!(refused(Err(Refusal::default().into())).is_err());
        assert!(refused(Err(anyhow!("no answer"))).is_err());
    }
}
