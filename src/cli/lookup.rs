//! `hamzaban lookup`: one segment from the command line, or one a line from standard input.

use std::fmt::Write as _;
use std::io::{self, BufRead};

use super::target::{Place, Target};
use super::{print, remark};
use crate::engine::{Caller, Lookup, LookupReply, Match};
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
    #[arg(long, value_name = "PERCENT", default_value_t = 70)]
    threshold: u8,
    /// Most matches to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    limit: u8,
    /// Ask this memory only; may be repeated
    #[arg(long = "memory", value_name = "NAME")]
    memories: Vec<String>,
    /// Print JSON, one object a segment
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, arguments: &LookupArguments) -> anyhow::Result<()> {
    let target = place.open()?;
    if let Some(text) = &arguments.text {
        return one(&target, arguments, text);
    }
    for line in io::stdin().lock().lines() {
        one(&target, arguments, &line?)?;
    }
    Ok(())
}

fn one(target: &Target, arguments: &LookupArguments, text: &str) -> anyhow::Result<()> {
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
        Target::Here(here) => here.engine.lookup(&Caller::default(), &lookup)?,
        Target::There(client) => client.lookup(&lookup)?,
    };
    if arguments.json {
        return print(&format!("{}\n", serde_json::to_string(&found)?));
    }
    if found.matches.is_empty() {
        remark(&format!(
            "nothing at {} % or more: {text}",
            arguments.threshold
        ));
    }
    print(&told(&found))
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
