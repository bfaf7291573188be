//! `hamzaban lookup`: one segment from the command line, or one a line from standard input.

use std::fmt::Write as _;
use std::io::{self, BufRead};
use std::process::ExitCode;

use super::client::Refusal;
use super::target::{Place, Target};
use super::{missing, print, remark};
use crate::engine::{Caller, Error, Lookup, LookupReply, Match};
use crate::model::Lang;

/// What `lookup` takes.
#[derive(Debug, clap::Args)]
pub(super) struct LookupArguments {
    /// The segment; without it, one segment a line from standard input
    text: Option<String>,
    /// Its language
    #[arg(long, value_name = "TAG")]
    from: Lang,
    /// The language wanted
    #[arg(long, value_name = "TAG")]
    to: Lang,
    /// Lowest score to show, 30–102
    #[arg(long, value_name = "PERCENT", default_value_t = 70, value_parser = clap::value_parser!(u8).range(30..=102))]
    threshold: u8,
    /// Most matches to show, 1–100
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
    /// Ask this memory only; may be repeated
    #[arg(long = "memory", value_name = "NAME")]
    memories: Vec<String>,
    /// Print JSON, one object a segment
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, arguments: &LookupArguments) -> anyhow::Result<ExitCode> {
    let target = place.open()?;
    if let Some(text) = &arguments.text {
        let found = find(&target, arguments, text)?;
        show(arguments, text, &found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut code = ExitCode::SUCCESS;
    for (place, line) in io::stdin().lock().split(b'\n').enumerate() {
        if let Err(reason) = one(&target, arguments, &line?)? {
            remark(&format!("hamzaban: line {}: {reason}", place + 1));
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Looks one line up. A line that cannot be is told of, and the next ones go on; in JSON it has an empty
/// reply, so that replies and lines stay together. An empty line is no segment and no fault.
fn one(
    target: &Target,
    arguments: &LookupArguments,
    line: &[u8],
) -> anyhow::Result<Result<(), String>> {
    let nothing = || match arguments.json {
        true => show(arguments, "", &LookupReply::default()),
        false => Ok(()),
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Ok(text) = std::str::from_utf8(line) else {
        nothing()?;
        return Ok(Err("it is not UTF-8: convert the file".into()));
    };
    if text.trim().is_empty() {
        return nothing().map(Ok);
    }
    match find(target, arguments, text) {
        Ok(found) => show(arguments, text, &found).map(Ok),
        Err(error) => match of_the_text(&error) {
            Some(reason) => nothing().map(|()| Err(reason)),
            None => Err(error),
        },
    }
}

/// What is wrong with the text alone: another one may be fine.
fn of_the_text(error: &anyhow::Error) -> Option<String> {
    if let Some(Error::Invalid { field, reason, .. }) = error.downcast_ref() {
        return (field == "/text").then(|| reason.clone());
    }
    let refusal = error.downcast_ref::<Refusal>()?;
    let of_text = refusal.status == 422 || refusal.code == "invalid_character";
    of_text.then(|| refusal.detail.clone())
}

fn find(target: &Target, arguments: &LookupArguments, text: &str) -> anyhow::Result<LookupReply> {
    let lookup = Lookup {
        source_lang: arguments.from.clone(),
        target_lang: arguments.to.clone(),
        text: text.to_owned(),
        text_tagged: None,
        memories: (!arguments.memories.is_empty()).then(|| arguments.memories.clone()),
        threshold: arguments.threshold,
        limit: arguments.limit,
        context: None,
        filter: None,
        include: Vec::new(),
    };
    let found = match target {
        Target::Here(here) => here
            .engine
            .lookup(&Caller::local(), &lookup)
            .map_err(Into::into),
        Target::There(client) => client.lookup(&lookup),
    };
    found.map_err(|error| missing(error, &arguments.memories))
}

fn show(arguments: &LookupArguments, text: &str, found: &LookupReply) -> anyhow::Result<()> {
    if arguments.json {
        return print(&format!("{}\n", serde_json::to_string(found)?));
    }
    if found.matches.is_empty() {
        remark(&format!(
            "nothing at {} % or more: {text}",
            arguments.threshold
        ));
    }
    print(&told(found))
}

/// The matches for people: the score, then source, target and memory below each other, since two
/// directions of writing on one line are hard to read.
fn told(found: &LookupReply) -> String {
    let mut text = String::new();
    for Match {
        score,
        source,
        target,
        memory,
        ..
    } in &found.matches
    {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{score:>3} %  {source}\n       {target}\n       {memory}"
        );
    }
    if found.truncated {
        text.push_str("       (a long search was cut short: better fuzzy matches may exist)\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_shown_aligned_and_as_they_are() {
        let found: LookupReply = serde_json::from_str(
            r#"{"matches":[{"score":100,"kind":"same","source":"Hello.","target":"سلام.","source_lang":"en",
            "target_lang":"fa","memory":"news","unit_id":"1","rev":1,"created_at":"","changed_at":""}],"truncated":false}"#,
        )
        .unwrap();
        assert_eq!(told(&found), "100 %  Hello.\n       سلام.\n       news\n");
    }
}
