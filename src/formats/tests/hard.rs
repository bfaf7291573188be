//! The collection of hard TMX files: what each must give.

use super::{read_tmx, shared};

/// File, units, skipped units, code of the error that ends it.
const CASES: [(&str, usize, usize, &str); 24] = [
    ("01_utf16le_bom", 2, 0, ""),
    ("02_utf16be_bom", 2, 0, ""),
    ("04_utf8_bom", 2, 0, ""),
    ("05_declared_utf8_is_cp1256", 0, 0, "encoding_error"),
    ("06_cdata", 1, 0, ""),
    ("08_undefined_entity", 1, 1, ""),
    ("09_missing_target_tuv", 2, 1, ""),
    ("11_nested_hi_sub", 1, 0, ""),
    ("13_lang_attr_not_xml", 1, 0, ""),
    ("14_empty_seg", 2, 3, ""),
    // Merging the identical pair is the store's work.
    ("15_duplicate_tuid", 3, 0, ""),
    ("17_100k_segment", 2, 1, ""),
    ("19_raw_control_chars", 2, 1, ""),
    ("20_allowed_controls", 1, 0, ""),
    ("22_billion_laughs_small", 0, 0, "doctype_not_allowed"),
    ("24_external_dtd", 2, 0, ""),
    ("25_unclosed_last", 2, 0, "unexpected_eof"),
    ("27_orphan_bpt_ept", 1, 0, ""),
    ("29_tuv_attrs_props", 1, 0, ""),
    ("30_bidi_controls", 1, 0, ""),
    ("32_deep_nesting", 3, 0, ""),
    ("33_empty_file", 0, 0, "not_tmx"),
    ("34_html_not_tmx", 0, 0, "not_tmx"),
    ("35_crlf_ws", 1, 0, ""),
];

#[test]
fn every_hard_file_gives_its_units_or_its_error() {
    for (name, units, skipped, code) in CASES {
        let Some(bytes) = shared(&format!("data/tmx-hard/{name}.tmx")) else {
            return;
        };
        let outcome = read_tmx(bytes);
        let found = (
            outcome.units().len(),
            outcome.skipped().len(),
            outcome.code(),
        );
        assert_eq!(found, (units, skipped, code), "{name}: {:?}", outcome.error);
    }
}

#[test]
fn what_the_hard_files_say_is_what_is_read() {
    for (name, at, expected) in [
        ("01_utf16le_bom", 1, "Second good unit. | واحد دوم."),
        ("06_cdata", 0, "5 < 6 & \"x\" ]]> end | ۵ < ۶ و «x»"),
        (
            "11_nested_hi_sub",
            0,
            "Click the red key now. | روی کلید قرمز کلیک کنید.",
        ),
        (
            "20_allowed_controls",
            0,
            "tab\there\u{85}nel\u{2028}ls | زبانه\tاینجا",
        ),
        ("27_orphan_bpt_ept", 0, "no end | بی آغاز"),
        (
            "30_bidi_controls",
            0,
            "User \u{202E}evil\u{202C} text | \u{2067}متن\u{2069} \u{200F}با نشانه\u{200C}ها\u{200E}",
        ),
        (
            "35_crlf_ws",
            0,
            "\n      Pretty  printed\n      segment\n     | \n  بخش   با فاصله \n",
        ),
    ] {
        let Some(bytes) = shared(&format!("data/tmx-hard/{name}.tmx")) else {
            return;
        };
        assert_eq!(read_tmx(bytes).texts()[at], expected, "{name}");
    }
}

#[test]
fn problems_have_places_and_reasons() {
    for (name, expected) in [
        (
            "05_declared_utf8_is_cp1256",
            "line 3, byte 342: the bytes here are not UTF-8; save the file as UTF-8, or declare the encoding it is in",
        ),
        (
            "34_html_not_tmx",
            "line 1, byte 0: the document type is `html`, not `tmx`; give a TMX file, or name the format it has",
        ),
        (
            "33_empty_file",
            "line 1, byte 0: the file is empty; give a TMX file, or name the format it has",
        ),
        (
            "25_unclosed_last",
            "line 6, byte 635: the file ends inside of the `tu` of line 5; the file is cut off: copy or download it again",
        ),
    ] {
        let Some(bytes) = shared(&format!("data/tmx-hard/{name}.tmx")) else {
            return;
        };
        assert_eq!(
            read_tmx(bytes).error.unwrap().to_string(),
            expected,
            "{name}"
        );
    }
    for (name, expected) in [
        (
            "08_undefined_entity",
            "the entity `&nbsp;` is not defined (line 3)",
        ),
        (
            "19_raw_control_chars",
            "the character U+0007 is not allowed (line 3)",
        ),
        ("17_100k_segment", "has 100000 characters, more than 10240"),
        (
            "09_missing_target_tuv",
            "the unit has text in one language only, en-US",
        ),
        ("14_empty_seg", "the en-US segment is empty"),
    ] {
        let Some(bytes) = shared(&format!("data/tmx-hard/{name}.tmx")) else {
            return;
        };
        let outcome = read_tmx(bytes);
        assert!(
            outcome.skipped()[0].contains(expected),
            "{:?}",
            outcome.skipped()
        );
        assert_eq!(outcome.entries[0].place.line, 3, "{name}");
    }
}

#[test]
fn details_of_case_29_are_kept_or_warned_about() {
    let Some(bytes) = shared("data/tmx-hard/29_tuv_attrs_props.tmx") else {
        return;
    };
    let outcome = read_tmx(bytes);
    let unit = outcome.units()[0];
    assert_eq!((&unit.created, &unit.changed), (&None, &None));
    assert_eq!(outcome.warnings().len(), 2);
    assert_eq!(unit.metadata.attributes["usagecount"], "-5");
    assert_eq!(unit.metadata.props.len(), 2);
    assert_eq!(unit.metadata.notes[0].lang.as_deref(), Some("fa"));
    assert_eq!(unit.variants[0].metadata.attributes["creationid"], "x\"y");
    assert_eq!(unit.variants[0].metadata.props[0].text, "menu");
}
