//! What a script would do, on the same names and texts in the same run: a regex alternation, and two packages of
//! `PyPI` where `HAMZABAN_PYTHON` names a Python that has them (`pip install flashtext spacy`).

use std::hint::black_box;
use std::process::Command;

use hamzaban::model::{Concept, NameForm};
use hamzaban::names::{Finder, Scope};

use crate::texts::Text;
use crate::{best_of, rate};

/// How much of each text is read, in bytes; a regex of so many names is too slow for all of that.
const READ: usize = 1 << 20;
const READ_BY_REGEX: usize = 64 << 10;

pub(crate) fn compare(concepts: &[Concept], texts: &[Text]) {
    let mut names: Vec<&str> = concepts
        .iter()
        .flat_map(|concept| &concept.names)
        .filter(|name| name.form != NameForm::Spelling)
        .map(|name| name.text.as_str())
        .collect();
    names.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    names.dedup();
    println!("the same {} names, exact, case-insensitively:", names.len());
    let (finder, pattern) = (Finder::new(concepts), alternation(&names));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("names.txt"), names.join("\n")).unwrap();
    for (number, text) in texts.iter().enumerate() {
        let part = cut(&text.text, READ);
        let short = cut(part, READ_BY_REGEX);
        std::fs::write(folder.path().join(format!("text-{number}.txt")), part).unwrap();
        let ours = best_of(3, || {
            black_box(finder.find(part, Scope::default()).len());
        });
        let naive = best_of(1, || {
            black_box(pattern.find_iter(short).count());
        });
        let (ours, naive) = (rate(part, ours), rate(short, naive));
        println!(
            "  text-{number}, {}: hamzaban {ours:.1} MB/s, regex {naive:.3} MB/s: {:.0} times as fast",
            text.title,
            ours / naive
        );
    }
    match std::env::var_os("HAMZABAN_PYTHON") {
        None => println!("  (HAMZABAN_PYTHON is not set: no flashtext, no spaCy)"),
        Some(python) => {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/names/rivals.py");
            let ran = Command::new(python).arg(script).arg(folder.path()).status();
            assert!(ran.unwrap().success(), "the script failed");
        }
    }
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// All names as one case-insensitive alternation, longest first.
fn alternation(names: &[&str]) -> regex::Regex {
    let names: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
    let pattern = format!(r"(?i)\b(?:{})\b", names.join("|"));
    regex::RegexBuilder::new(&pattern)
        .size_limit(1 << 30)
        .dfa_size_limit(1 << 28)
        .build()
        .expect("the alternation compiles")
}
