//! Files in the style of the tools that write most TMX, from `tests/fixtures/tmx`.

use super::{Outcome, draft, read_tmx, unit, write_all};
use crate::formats::{Format, WriteOptions};
use crate::model::Context;

fn fixture(name: &str) -> Outcome {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tmx/");
    let outcome = read_tmx(std::fs::read(format!("{folder}{name}.tmx")).unwrap());
    assert_eq!(outcome.error, None);
    assert!(outcome.skipped().is_empty() && outcome.warnings().is_empty());
    outcome
}

fn context(previous: &str, next: &str, id: &str) -> Context {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Context {
        previous: some(previous),
        next: some(next),
        id: some(id),
    }
}

#[test]
fn omegat_keeps_context_in_props() {
    let outcome = fixture("omegat");
    assert_eq!(
        outcome.texts()[0],
        "Press <b0>Save</b0>. | <b0>ذخیره</b0> را بزنید."
    );
    let unit = outcome.units()[1];
    assert_eq!(unit.context, context("Open the file.", "Close it.", "12"));
    assert_eq!(unit.metadata.props.len(), 1);
    assert_eq!(unit.variants[1].metadata.attributes["changeid"], "maryam");
}

#[test]
fn memoq_keeps_context_at_the_source_variant() {
    let outcome = fixture("memoq");
    let unit = outcome.units()[0];
    assert_eq!(unit.context, context("See chapter 2.", "R&D", ""));
    assert_eq!(unit.variants[0].text, "It is closed.");
    assert_eq!(
        unit.variants[0].tagged.as_deref(),
        Some("It is <bpt i=\"1\" type=\"bold\">{}</bpt>closed<ept i=\"1\">{}</ept>.")
    );
    assert_eq!(unit.changed.as_ref().unwrap().by.as_deref(), Some("sara"));
}

#[test]
fn trados_keeps_the_segment_before_and_an_id() {
    let outcome = fixture("trados-utf16");
    let unit = outcome.units()[0];
    assert_eq!(unit.context, context("Before it.", "", "para-7"));
    assert_eq!(unit.variants[1].text, "صفحهٔ ۱ را ببینید.");
    assert_eq!(unit.metadata.props.len(), 6);
    assert_eq!(
        unit.created.as_ref().unwrap().by.as_deref(),
        Some("CORP\\reza")
    );
}

#[test]
fn fixtures_come_back_as_they_were() {
    for name in ["omegat", "memoq", "trados-utf16"] {
        let units: Vec<_> = fixture(name).units().into_iter().map(unit).collect();
        let (file, skipped) = write_all(&units, Format::Tmx, &WriteOptions::default());
        assert!(skipped.is_empty());
        let drafts: Vec<_> = units.iter().map(draft).collect();
        let again = read_tmx(file);
        assert_eq!(again.units(), drafts.iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn readers_can_be_sent_to_another_thread() {
    fn sendable<T: Send>() {}
    sendable::<crate::formats::Reader>();
}
