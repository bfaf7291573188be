use proptest::prelude::*;

use super::*;
use crate::formats::error::code;
use crate::model::{Concept, ConceptId, Lang, Marks, Name, NameUse};

fn written(concepts: &[Concept], version: Version) -> String {
    let mut out = String::new();
    let writer = TbxWriter::begin(&mut out, version);
    for concept in concepts {
        writer.concept(&mut out, concept).unwrap();
    }
    writer.end(&mut out);
    out
}

fn entries(text: &str) -> Vec<ConceptEntry> {
    let input = io::Cursor::new(text.as_bytes().to_vec());
    read(input).unwrap().map(|entry| entry.unwrap()).collect()
}

fn error(text: &str) -> Error {
    let input = io::Cursor::new(text.as_bytes().to_vec());
    match read(input) {
        Err(error) => error,
        Ok(reader) => reader.filter_map(Result::err).next().expect("an error"),
    }
}

fn text() -> impl Strategy<Value = String> {
    // Something with white space inside, none around, in both scripts and with what XML escapes.
    "[a-zA-Zک-ی&<>\"'\u{200c}]{1,6}( [a-z&\\]>ا-ی]{1,5}){0,2}"
}

fn name() -> impl Strategy<Value = Name> {
    let marks = prop::sample::subsequence(
        vec!["case=exact", "default", "loaded", "pejorative", "blocker"],
        0..3,
    );
    (
        (prop::sample::select(vec!["en", "fa", "en-GB"]), text()),
        prop::sample::select(Status::ALL),
        prop::sample::select(NameForm::ALL),
        prop::sample::select(NameUse::ALL),
        marks,
        prop::option::of("[a-z]{1,8}"),
        prop::option::of(prop_oneof![text(), "hamzaban: [a-z]{0,5}x"]),
        prop::option::of(text()),
    )
        .prop_map(
            |((lang, text), status, form, usage, marks, style, note, source)| Name {
                status,
                form,
                usage,
                marks: Marks::parse(&marks.join(" ")).unwrap(),
                style,
                note,
                source,
                ..Name::new(lang.parse().unwrap(), text)
            },
        )
}

fn concept() -> impl Strategy<Value = Concept> {
    let definitions = prop::collection::btree_map(
        prop::sample::select(vec!["en", "fa", "de"]).prop_map(|tag| tag.parse::<Lang>().unwrap()),
        text(),
        0..3,
    );
    (
        "(org|term|person):[a-z0-9-]{1,8}|[0-9:_-]{1,4}",
        prop::option::of(text()),
        definitions,
        prop::collection::vec(name(), 1..6),
    )
        .prop_map(|(id, subject, definitions, names)| Concept {
            id: ConceptId::parse(&id).unwrap(),
            subject,
            definitions,
            names,
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_in_both_versions(
        concepts in prop::collection::vec(concept(), 1..4)
    ) {
        for version in [Version::V2, Version::V3] {
            let file = written(&concepts, version);
            let read: Vec<Concept> = entries(&file).into_iter().map(|e| e.concept.unwrap()).collect();
            prop_assert_eq!(&read, &concepts, "{}", file);
        }
    }

    #[test]
    fn no_bytes_are_too_odd_for_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut file = b"<martif><text><body><termEntry>".to_vec();
        file.extend(&bytes);
        for input in [file, bytes] {
            if let Ok(reader) = read(io::Cursor::new(input)) {
                reader.for_each(drop);
            }
        }
    }
}

#[test]
fn a_file_of_another_tool_is_read_with_its_groups_and_long_words() {
    let file = r#"<?xml version="1.0"?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX" xml:lang="en"><martifHeader><fileDesc><sourceDesc><p>x</p></sourceDesc></fileDesc></martifHeader>
<text><body><termEntry id="c 5">
 <descripGrp><descrip type="subjectField">politics</descrip></descripGrp>
 <descrip type="definition" xml:lang="en">A body.</descrip>
 <langSet xml:lang="en-US"><ntig><termGrp><term>Guardian <hi type="italics">Council</hi></term>
  <termNote type="administrativeStatus">preferredTerm-admn-sts</termNote>
  <termNote type="partOfSpeech">noun</termNote></termGrp><note>one</note><note>two</note></ntig></langSet>
 <langSet xml:lang="fa"><tig><term> شورای نگهبان </term></tig></langSet>
</termEntry></body></text></martif>"#;
    let found = entries(file);
    let concept = found[0].concept.as_ref().unwrap();
    assert_eq!(concept.id.as_str(), "c-5");
    assert_eq!(concept.subject.as_deref(), Some("politics"));
    assert_eq!(concept.definitions.len(), 1);
    let names: Vec<_> = concept
        .names
        .iter()
        .map(|n| (n.text.as_str(), n.status))
        .collect();
    assert_eq!(
        names,
        [
            ("Guardian Council", Status::Preferred),
            ("شورای نگهبان", Status::Admitted)
        ]
    );
    assert_eq!(concept.names[0].note.as_deref(), Some("one; two"));
    assert_eq!(
        found[0].warnings,
        ["`partOfSpeech` is not kept", "its id became `c-5`"]
    );
    assert_eq!(found[0].place.line, 4);
}

#[test]
fn the_third_version_is_read_in_both_of_its_styles() {
    let file = r#"<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
 xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic"><text><body>
<conceptEntry id="org.x"><min:subjectField>media</min:subjectField>
 <langSec xml:lang="en"><basic:definition>What it is.</basic:definition>
  <termSec><term>X</term><min:administrativeStatus>deprecatedTerm-admn-sts</min:administrativeStatus>
  <basic:termType>acronym</basic:termType></termSec></langSec></conceptEntry></body></text></tbx>"#;
    let found = entries(file);
    let concept = found[0].concept.as_ref().unwrap();
    assert_eq!(concept.id.as_str(), "org:x");
    assert_eq!(concept.subject.as_deref(), Some("media"));
    assert_eq!(concept.definitions.values().next().unwrap(), "What it is.");
    assert_eq!(
        (concept.names[0].status, concept.names[0].form),
        (Status::Deprecated, NameForm::Acronym)
    );
    assert_eq!(found[0].warnings, [] as [&str; 0]);
}

#[test]
fn a_faulty_entry_is_skipped_with_its_reason_and_the_others_are_read() {
    let entry = |inside: &str| format!("<termEntry id='a'>{inside}</termEntry>");
    let good = "<langSet xml:lang='en'><tig><term>a</term></tig></langSet>";
    for (inside, reason) in [
        ("", "it has no name"),
        (
            "<langSet><tig><term>a</term></tig></langSet>",
            "no language",
        ),
        (
            "<langSet xml:lang='../x'><tig><term>a</term></tig></langSet>",
            "no language tag",
        ),
        (
            "<langSet xml:lang='en'><tig><term> </term></tig></langSet>",
            "no text",
        ),
        ("<langSet xml:lang='en'><tig></tig></langSet>", "no text"),
        (
            "<langSet xml:lang='en'><tig><term>&evil;</term></tig></langSet>",
            "not defined",
        ),
    ] {
        let file = format!(
            "<martif><text><body>{}{}</body></text></martif>",
            entry(inside),
            entry(good)
        );
        let found = entries(&file);
        let told = found[0].concept.as_ref().unwrap_err();
        assert!(told.contains(reason), "{told}");
        assert!(found[1].concept.is_ok());
    }
}

#[test]
fn files_that_are_no_tbx_or_bomb_are_refused_with_their_code() {
    let bomb = "<!DOCTYPE martif [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><martif/>";
    let many = "<x>".repeat(5_000);
    for (file, expected) in [
        ("", code::NOT_TBX),
        ("<html></html>", code::NOT_TBX),
        ("concept,lang,name", code::NOT_TBX),
        (bomb, code::DOCTYPE_NOT_ALLOWED),
        (
            "<!DOCTYPE martif SYSTEM 'file:///etc/passwd'><martif/>",
            code::DOCTYPE_NOT_ALLOWED,
        ),
        ("<martif><text>", code::UNEXPECTED_EOF),
        (&format!("<martif>{many}"), code::XML_TOO_DEEP),
        ("<martif></martif><martif/>", code::XML_NOT_WELL_FORMED),
    ] {
        assert_eq!(error(file).code, expected, "{:.60}", file);
    }
}

#[test]
fn an_entry_without_an_id_has_the_same_one_each_time() {
    let file = "<martif><text><body><termEntry><langSet xml:lang='en'><tig><term>a</term></tig></langSet></termEntry></body></text></martif>";
    let id = |entry: &ConceptEntry| entry.concept.as_ref().unwrap().id.clone();
    assert_eq!(id(&entries(file)[0]), id(&entries(file)[0]));
    assert!(id(&entries(file)[0]).as_str().starts_with("term:"));
}
