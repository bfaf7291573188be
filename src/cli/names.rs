//! `hamzaban names find|normalize|report`: names in files. The termbase is that of the folder, or comes from the
//! server as a file; texts never leave this process.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::target::{Place, Target};
use super::{print, remark};
use crate::engine::{Caller, DocumentKind, MentionView, NameTools};
use crate::model::Lang;

/// What can be done with names in files.
#[derive(Debug, clap::Subcommand)]
pub(super) enum NamesCommand {
    /// List the names in files, with their standing
    Find(Files),
    /// Write a file with its names as the style wants them to standard output; the changes go to stderr
    Normalize(Files),
    /// Count every concept and spelling in files and folders
    Report(ReportArguments),
}

/// Which files, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// Text, Markdown, HTML, DOCX and ODT files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The house style; else `default`
    #[arg(long, value_name = "NAME")]
    style: Option<String>,
    /// The language of the texts
    #[arg(long, value_name = "TAG")]
    lang: Option<Lang>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `names report` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ReportArguments {
    #[command(flatten)]
    files: Files,
    /// Print CSV
    #[arg(long, conflicts_with_all = ["json", "html"])]
    csv: bool,
    /// Print an HTML page
    #[arg(long, conflicts_with = "json")]
    html: bool,
}

pub(super) fn run(place: &Place, command: &NamesCommand) -> anyhow::Result<ExitCode> {
    match command {
        NamesCommand::Find(files) => find(&tools(place, files)?, files),
        NamesCommand::Normalize(files) => normalize(&tools(place, files)?, files),
        NamesCommand::Report(arguments) => report(&tools(place, &arguments.files)?, arguments),
    }
}

fn tools(place: &Place, files: &Files) -> anyhow::Result<NameTools> {
    match place.open_names()? {
        Target::Here(here) => {
            let style = files.style.as_deref();
            Ok(here.engine.name_tools(&Caller::local(), style)?)
        }
        Target::There(client) => {
            let style = client.style(files.style.as_deref().unwrap_or("default"))?;
            let mut csv = Vec::new();
            let mut file = client.export_glossary(&[("format", "csv")])?;
            file.read_to_end(&mut csv)
                .map_err(|error| anyhow!("the glossary broke off: {error}"))?;
            Ok(NameTools::of_csv(io::Cursor::new(csv), &style)?)
        }
    }
}

/// A file's kind and content.
fn read(path: &Path) -> anyhow::Result<(DocumentKind, Vec<u8>)> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().read_to_end(&mut bytes)?;
        let kind = DocumentKind::sniff(&bytes).unwrap_or(DocumentKind::Text);
        return Ok((kind, bytes));
    }
    let named = || format!("cannot read {}", path.display());
    File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .with_context(named)?;
    let kind = DocumentKind::of_path(path).or_else(|| DocumentKind::sniff(&bytes));
    Ok((kind.unwrap_or(DocumentKind::Text), bytes))
}

/// Does something with each file; one that cannot be read is told of, and the next ones go on.
fn each(files: &[PathBuf], mut work: impl FnMut(&Path) -> anyhow::Result<()>) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for path in files {
        if let Err(error) = work(path) {
            remark(&format!(
                "hamzaban: {}: {}",
                path.display(),
                super::told(&error)
            ));
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn find(tools: &NameTools, files: &Files) -> anyhow::Result<ExitCode> {
    Ok(each(&files.files, |path| {
        let (kind, bytes) = read(path)?;
        let text = NameTools::text_of(kind, &bytes)?;
        let mentions = tools.find(&text, files.lang.as_ref());
        let shown = path.display();
        if files.json {
            let reply = serde_json::json!({"file": shown.to_string(), "mentions": mentions});
            return print(&format!("{reply}\n"));
        }
        let mut lines = String::new();
        for mention in &mentions {
            let finding = match &mention.finding {
                Some(finding) => format!(
                    "{} → {}",
                    finding.reason,
                    finding.replacement.as_deref().unwrap_or("?")
                ),
                None => "right".to_owned(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                lines,
                "{shown}:{}-{}\t{}\t{}\t{finding}",
                mention.start, mention.end, mention.text, mention.concept
            );
        }
        print(&lines)
    }))
}

fn normalize(tools: &NameTools, files: &Files) -> anyhow::Result<ExitCode> {
    Ok(each(&files.files, |path| {
        let (kind, bytes) = read(path)?;
        let mut out = Vec::new();
        let done = tools.normalize_document(kind, &bytes, files.lang.as_ref(), &mut out)?;
        let mut stdout = io::stdout().lock();
        stdout.write_all(&out)?;
        stdout.flush()?;
        for change in &done.changes {
            let (line, from, to) = (change.line, &change.from, &change.to);
            if files.json {
                let change = serde_json::json!({
                    "file": path.display().to_string(), "paragraph": change.paragraph, "line": line, "from": from,
                    "to": to, "concept": change.concept, "reason": change.reason,
                });
                remark(&change.to_string());
            } else {
                let shown = path.display();
                let (concept, reason) = (&change.concept, change.reason);
                remark(&format!(
                    "{shown}:{line}: {from} → {to} ({concept}, {reason})"
                ));
            }
        }
        for reason in &done.skipped {
            remark(&format!(
                "{}: a change was left out: {reason}",
                path.display()
            ));
        }
        Ok(())
    }))
}

/// Concept, spelling, file.
type Key = (String, String, String);

/// How often a spelling stands in a file, and what is to be said about it.
struct Count {
    times: u64,
    standing: String,
    better: String,
}

fn report(tools: &NameTools, arguments: &ReportArguments) -> anyhow::Result<ExitCode> {
    let files = &arguments.files;
    let mut paths = Vec::new();
    for path in &files.files {
        collect(path, &mut paths)?;
    }
    let mut counts: BTreeMap<Key, Count> = BTreeMap::new();
    let code = each(&paths, |path| {
        let (kind, bytes) = read(path)?;
        let text = NameTools::text_of(kind, &bytes)?;
        for mention in tools.find(&text, files.lang.as_ref()) {
            count(&mut counts, &mention, path);
        }
        Ok(())
    });
    let table = if files.json {
        json(&counts)
    } else if arguments.csv {
        csv(&counts)
    } else if arguments.html {
        html(&counts)
    } else {
        plain(&counts)
    };
    print(&table)?;
    Ok(code)
}

/// The files of a folder that can be read, by name; a file that is named is taken whatever it is.
fn collect(path: &Path, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        paths.push(path.to_owned());
        return Ok(());
    }
    let named = || format!("cannot read {}", path.display());
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect())
        .with_context(named)?;
    entries.sort();
    for entry in entries {
        let about = fs::symlink_metadata(&entry).with_context(named)?;
        if about.is_dir() {
            collect(&entry, paths)?;
        } else if about.is_file() && DocumentKind::of_path(&entry).is_some() {
            paths.push(entry);
        }
    }
    Ok(())
}

fn count(counts: &mut BTreeMap<Key, Count>, mention: &MentionView, path: &Path) {
    let key = (
        mention.concept.to_string(),
        mention.text.clone(),
        path.display().to_string(),
    );
    let finding = mention.finding.as_ref();
    let entry = counts.entry(key).or_insert_with(|| Count {
        times: 0,
        standing: finding.map_or_else(|| mention.status.to_string(), |f| f.reason.clone()),
        better: finding
            .and_then(|f| f.replacement.clone())
            .unwrap_or_default(),
    });
    entry.times += 1;
}

fn rows(counts: &BTreeMap<Key, Count>) -> impl Iterator<Item = [String; 6]> {
    counts.iter().map(|((concept, spelling, file), count)| {
        [
            concept.clone(),
            spelling.clone(),
            file.clone(),
            count.times.to_string(),
            count.standing.clone(),
            count.better.clone(),
        ]
    })
}

const HEADS: [&str; 6] = ["concept", "spelling", "file", "count", "standing", "better"];

fn json(counts: &BTreeMap<Key, Count>) -> String {
    let rows: Vec<serde_json::Value> = counts
        .iter()
        .map(|((concept, spelling, file), count)| {
            serde_json::json!({
                "concept": concept, "spelling": spelling, "file": file, "count": count.times,
                "standing": count.standing, "better": count.better,
            })
        })
        .collect();
    format!("{}\n", serde_json::json!({ "rows": rows }))
}

fn csv(counts: &BTreeMap<Key, Count>) -> String {
    let cell = |text: &String| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.clone(),
    };
    let mut table = format!("{}\n", HEADS.join(","));
    for row in rows(counts) {
        let cells: Vec<String> = row.iter().map(cell).collect();
        table.push_str(&cells.join(","));
        table.push('\n');
    }
    table
}

fn html(counts: &BTreeMap<Key, Count>) -> String {
    let escaped = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        text.replace('>', "&gt;").replace('"', "&quot;")
    };
    let mut table = String::from(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Names</title>\n<style>td{padding:.2em .6em}</style>\n<table>\n<tr>",
    );
    for head in HEADS {
        let _ = write!(table, "<th>{head}");
    }
    for row in rows(counts) {
        table.push_str("\n<tr>");
        for cell in &row {
            let _ = write!(table, "<td><bdi dir=\"auto\">{}</bdi>", escaped(cell));
        }
    }
    table.push_str("\n</table>\n");
    table
}

fn plain(counts: &BTreeMap<Key, Count>) -> String {
    let mut table = String::new();
    let mut last = String::new();
    for [concept, spelling, file, times, standing, better] in rows(counts) {
        if concept != last {
            let _ = writeln!(table, "{concept}");
            last = concept;
        }
        let better = if better.is_empty() {
            String::new()
        } else {
            format!(" → {better}")
        };
        let _ = writeln!(
            table,
            "  {times:>5}  {spelling}\t{standing}{better}\t{file}"
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_escape_what_stands_in_texts() {
        let key = (
            "org:x".to_owned(),
            "<a>, \"b\"".to_owned(),
            "f.txt".to_owned(),
        );
        let count = Count {
            times: 2,
            standing: "preferred".into(),
            better: String::new(),
        };
        let counts = BTreeMap::from([(key, count)]);
        assert!(csv(&counts).ends_with("org:x,\"<a>, \"\"b\"\"\",f.txt,2,preferred,\n"));
        assert!(html(&counts).contains("&lt;a&gt;, &quot;b&quot;"));
        let value: serde_json::Value = serde_json::from_str(&json(&counts)).unwrap();
        assert_eq!(value["rows"][0]["count"], 2);
        assert!(plain(&counts).contains("    2  <a>"));
    }
}
