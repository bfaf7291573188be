//! What we write as TBX, read by translate-toolkit and judged by the standard's own schemas. Both come from `PyPI`
//! into a folder that scripts/test makes; without it these tests say that they skip.

use std::process::Command;

use hamzaban::formats::tbx::{TbxWriter, Version};
use hamzaban::model::{Concept, ConceptId, Lang, Marks, Name, NameForm, NameUse, Status};

use crate::helpers;

fn concepts() -> Vec<Concept> {
    let lang = |tag: &str| Lang::parse(tag).unwrap();
    let name = |tag: &str, text: &str| Name::new(lang(tag), text);
    let mut council = Concept::new(ConceptId::parse("org:guardian-council").unwrap());
    council.subject = Some("politics & law".into());
    council
        .definitions
        .insert(lang("en"), "A body <of> twelve.".into());
    council.definitions.insert(lang("de"), "Ohne Namen".into());
    council.names = vec![
        name("en", "Guardian Council"),
        Name {
            status: Status::Forbidden,
            form: NameForm::Acronym,
            usage: NameUse::Headline,
            marks: Marks::EXACT_CASE,
            style: Some("agency".into()),
            note: Some("rare".into()),
            source: Some("style book".into()),
            ..name("en", "GC")
        },
        name("fa", "شورای نگهبان"),
    ];
    let mut plain = Concept::new(ConceptId::parse("42").unwrap());
    plain.names = vec![name("en", "ceasefire"), name("fa", "آتش‌بس")];
    vec![council, plain]
}

fn written(version: Version) -> String {
    let mut out = String::new();
    let writer = TbxWriter::begin(&mut out, version);
    for concept in concepts() {
        writer.concept(&mut out, &concept).unwrap();
    }
    writer.end(&mut out);
    out
}

#[test]
fn tbx_is_valid_and_read_by_translate_toolkit() {
    let Some(python) = helpers::client("python") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (v2, v3) = (dir.path().join("v2.tbx"), dir.path().join("v3.tbx"));
    std::fs::write(&v2, written(Version::V2)).unwrap();
    std::fs::write(&v3, written(Version::V3)).unwrap();
    let schemas = helpers::shared_path("schemas/tbx");
    if !schemas.is_dir() {
        println!("skipped: the schemas are not here; only reading is tested");
    }
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/tbx.py"))
        .args([&v2, &v3, &schemas])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let seen: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["faults"], serde_json::json!([]));
    assert_eq!(
        seen["units"],
        serde_json::json!([["Guardian Council", "شورای نگهبان"], ["ceasefire", "آتش‌بس"]])
    );
}
