//! Glossary files: what is written is read back; every fault is told with its line.

use proptest::prelude::*;

use super::write::order;
use super::{Glossary, check, read, write};
use crate::model::{Concept, ConceptId, Lang, Marks, Name, NameForm, NameUse, Status};

const HEADER: &str = "concept,lang,name,status,type,style,use,marks,note,source,subject,definition";

fn glossary(rows: &str) -> Glossary {
    read(std::io::Cursor::new(format!("{HEADER}\n{rows}"))).unwrap()
}

fn codes(rows: &str) -> Vec<(u64, &'static str)> {
    check(&glossary(rows))
        .iter()
        .map(|fault| (fault.place.line, fault.code))
        .collect()
}

fn text() -> impl Strategy<Value = String> {
    "[A-Za-zآ-ی][A-Za-z0-9 ,\"'آ-ی\u{200C}]{0,10}"
}

fn name() -> impl Strategy<Value = Name> {
    (
        prop::sample::select(vec!["en", "fa", "de"]),
        text(),
        prop::sample::select(Status::ALL.to_vec()),
        prop::sample::select(NameForm::ALL.to_vec()),
        prop::option::of("[a-z]{1,5}"),
        prop::sample::select(NameUse::ALL.to_vec()),
        prop::sample::select(vec!["", "default", "case=exact loaded", "blocker"]),
        prop::option::of(text()),
        prop::option::of(text()),
    )
        .prop_map(
            |(lang, text, status, form, style, usage, marks, note, source)| Name {
                lang: Lang::parse(lang).unwrap(),
                text,
                status,
                form,
                style,
                usage,
                marks: Marks::parse(marks).unwrap(),
                note,
                source,
            },
        )
}

proptest! {
    #[test]
    fn concepts_written_and_read_are_the_same(
        all in prop::collection::btree_map("(org|term):[a-z]{1,4}", (prop::collection::vec(name(), 1..5), prop::option::of(text())), 0..4),
    ) {
        let mut concepts = Vec::new();
        for (id, (mut names, subject)) in all {
            names.sort_by(|a, b| order(a).cmp(&order(b)));
            let mut concept = Concept::new(ConceptId::parse(&id).unwrap());
            if let Some(subject) = &subject {
                concept.definitions.insert(names[0].lang.clone(), format!("d {subject}"));
            }
            concept.subject = subject;
            concept.names = names;
            concepts.push(concept);
        }
        let mut file = Vec::new();
        write(&concepts, &mut file).unwrap();
        let again = read(std::io::Cursor::new(file.clone())).unwrap();
        prop_assert_eq!(&again.faults, &vec![]);
        prop_assert_eq!(again.concepts(), concepts);
        let mut twice = Vec::new();
        write(&again.concepts(), &mut twice).unwrap();
        prop_assert_eq!(twice, file);
    }

    #[test]
    fn no_bytes_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), header in any::<bool>()) {
        let mut file = if header { format!("{HEADER}\n").into_bytes() } else { Vec::new() };
        file.extend(bytes);
        if let Ok(glossary) = read(std::io::Cursor::new(file)) {
            check(&glossary);
        }
    }
}

#[test]
fn each_fault_is_told_with_its_line() {
    let fine = "org:a,en,Alpha,preferred,full,,,,,,,\norg:a,fa,آلفا,preferred,full,,,,,,,\n";
    assert_eq!(codes(fine), []);
    for (rows, expected) in [
        (
            "org a,en,A,preferred,full,,,,,,,\n",
            vec![(2, "invalid_id")],
        ),
        (
            "org:a,e!,A,preferred,full,,,,,,,\n",
            vec![(2, "invalid_language")],
        ),
        ("org:a,en,A,nice,full,,,,,,,\n", vec![(2, "unknown_value")]),
        (
            "org:a,en,A,preferred,long,,,,,,,\n",
            vec![(2, "unknown_value")],
        ),
        (
            "org:a,en,A,preferred,full,,never,,,,,\n",
            vec![(2, "unknown_value")],
        ),
        (
            "org:a,en,A,preferred,full,,,odd,,,,\n",
            vec![(2, "unknown_value")],
        ),
        ("org:a,en,A,preferred\n", vec![(2, "cells")]),
        (
            "org:a,en,A\u{202E}B,preferred,full,,,,,,,\n",
            vec![(2, "bidi_control_in_name")],
        ),
        (
            "org:a,en,A\u{200B}B,preferred,full,,,,,,,\n",
            vec![(2, "invisible_character")],
        ),
        (
            "org:a,en,A,admitted,full,,,,,,,\n",
            vec![(2, "no_preferred")],
        ),
        (
            "org:a,en,A,preferred,full,,,,,,,\norg:a,en,B,preferred,full,,,,,,,\n",
            vec![(3, "two_preferred")],
        ),
        (
            "org:b,en,Bee,preferred,full,,,,,,,\norg:a,en,Ay,preferred,full,,,,,,,\n",
            vec![(3, "unsorted")],
        ),
        (
            "org:a,en,Ay,preferred,full,,,,,,,\norg:b,en,ay,preferred,full,,,,,,,\n",
            vec![(3, "ambiguous")],
        ),
        (
            "org:a,en,MEK,preferred,acronym,,,,,,,\norg:b,ru,МЕК,preferred,acronym,,,,,,,\n",
            vec![(3, "confusable")],
        ),
        (
            "org:a,en,МEK,preferred,full,,,,,,,\n",
            vec![(2, "wrong_script")],
        ),
        (
            "org:a,fa,علي,preferred,full,,,,,,,\n",
            vec![(2, "arabic_letter")],
        ),
        ("org:a,en,A  B,preferred,full,,,,,,,\n", vec![(2, "spaces")]),
        (
            "org:a,en,A,preferred,full,,,pejorative,,,,\n",
            vec![(2, "contradiction")],
        ),
    ] {
        assert_eq!(codes(rows), expected, "{rows}");
    }
    let twice = "org:a,en,A,preferred,full,,,,,,,\norg:a,en,A,preferred,full,,,,,,,\n";
    assert!(codes(twice).contains(&(3, "duplicate")));
}

#[test]
fn columns_may_be_fewer_and_unknown_ones_are_told() {
    let short = read(std::io::Cursor::new(
        "name,concept,lang\nA,org:a,en\nB,org:a,en\n",
    ))
    .unwrap();
    let statuses: Vec<Status> = short.rows.iter().map(|row| row.name.status).collect();
    assert_eq!(statuses, [Status::Preferred, Status::Admitted]);
    let odd = read(std::io::Cursor::new(
        "concept,lang,name,colour\norg:a,en,A,red\n",
    ))
    .unwrap();
    assert_eq!((odd.rows.len(), odd.faults[0].code), (1, "unknown_column"));
    assert!(read(std::io::Cursor::new("a,b,c\n")).is_err());
    assert!(read(std::io::Cursor::new("")).is_err());
}
