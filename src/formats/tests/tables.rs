//! TSV and CSV.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Outcome, lang, read_all, tmx, tu, unit, write_all};
use crate::formats::{Format, ReadOptions, WriteOptions};

fn en_fa() -> ReadOptions {
    ReadOptions {
        source: Some(lang("en")),
        target: Some(lang("fa")),
    }
}

fn tsv(bytes: impl Into<Vec<u8>>) -> Outcome {
    read_all(bytes, Format::Tsv, &en_fa())
}

fn csv(bytes: impl Into<Vec<u8>>) -> Outcome {
    read_all(bytes, Format::Csv, &ReadOptions::default())
}

#[test]
fn a_line_of_tsv_is_a_unit_and_nothing_is_escaped() {
    let outcome = tsv("\u{FEFF}\"a\\n\tآ\"\r\n\nhe\tit\nb\tب\tkeep\t\tthis");
    assert_eq!(outcome.texts(), ["\"a\\n | آ\"", "he | it", "b | ب"]);
    let places: Vec<_> = outcome
        .entries
        .iter()
        .map(|e| (e.place.line, e.place.byte))
        .collect();
    assert_eq!(places, [(1, 3), (3, 14), (4, 20)]);
    let props = &outcome.units()[2].metadata.props;
    let props: Vec<_> = props
        .iter()
        .map(|p| (p.kind.as_str(), p.text.as_str()))
        .collect();
    assert_eq!(props, [("column-3", "keep"), ("column-5", "this")]);
}

#[test]
fn a_header_names_variants_context_and_props() {
    let file = "id\tfa-IR\ten\tprevious\tnext\tdomain\nk\tآ\ta\tp\t\tnews\n\tب\tb\n";
    for (options, source) in [(ReadOptions::default(), "fa-IR"), (en_fa(), "en")] {
        let outcome = read_all(file, Format::Tsv, &options);
        let unit = outcome.units()[0];
        assert_eq!(unit.variants[unit.source].lang, lang(source));
        let context = &unit.context;
        let context = [&context.previous, &context.next, &context.id].map(|part| part.as_deref());
        assert_eq!(context, [Some("p"), None, Some("k")]);
        assert_eq!(unit.metadata.props[0].kind, "domain");
        assert_eq!(outcome.texts()[1], "ب | b");
    }
}

#[test]
fn faulty_lines_are_skipped_with_a_reason() {
    let outcome = tsv("only\na\t\n\tب\na\u{7}\tب\nx\ty\n");
    assert_eq!(outcome.texts(), ["x | y"]);
    for (found, expected) in outcome.skipped().iter().zip([
        "too few columns, 1",
        "the fa segment is empty",
        "the en segment is empty",
        "U+0007",
    ]) {
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn three_languages_need_not_all_be_there() {
    let outcome = csv("en,fa,de\na,آ,\n,آ,b\na,,\n");
    assert_eq!(outcome.texts(), ["a | آ", "آ | b"]);
    assert!(outcome.warnings().is_empty());
    assert_eq!(outcome.skipped().len(), 1);
}

#[test]
fn tables_without_languages_are_refused() {
    for (file, format) in [
        ("Hello\tسلام\n", Format::Tsv),
        ("Hello,سلام\n", Format::Csv),
        ("", Format::Tsv),
    ] {
        let outcome = read_all(file, format, &ReadOptions::default());
        assert_eq!(outcome.code(), "header_missing");
        assert!(
            outcome
                .error
                .unwrap()
                .to_string()
                .contains("--from and --to")
        );
    }
    assert_eq!((tsv("").entries.len(), tsv("").code()), (0, ""));
}

#[test]
fn wrong_bytes_end_a_table_there() {
    let outcome = tsv(&b"a\tb\nc\t\xC7\xE1\n"[..]);
    let error = outcome.error.as_ref().unwrap();
    assert_eq!(
        (error.code, error.line, error.byte),
        ("encoding_error", 2, 6)
    );
    assert_eq!(outcome.texts(), ["a | b"]);
    assert_eq!(tsv(&b"a\tb\nc\t\xDB"[..]).code(), "unexpected_eof");
}

#[test]
fn utf16_with_a_mark_and_gzip_are_read() {
    use std::io::Write;
    let text = "\u{FEFF}a\tآ😀\r\nb\tب\r\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let outcome = tsv(utf16.clone());
    assert_eq!(outcome.texts(), ["a | آ😀", "b | ب"]);
    assert_eq!(
        (outcome.entries[1].place.line, outcome.entries[1].place.byte),
        (2, 16)
    );
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&utf16).unwrap();
    assert_eq!(tsv(encoder.finish().unwrap()).texts(), ["a | آ😀", "b | ب"]);
}

#[test]
fn records_beyond_a_mebibyte_end_the_file() {
    let long = format!("a\tb\nx\t{}\n", "y".repeat(1 << 20));
    let outcome = tsv(long);
    assert_eq!(
        (outcome.code(), outcome.error.as_ref().unwrap().line),
        ("text_too_long", 2)
    );
    let unclosed = format!("en,fa\na,b\n\"{}", "x,y\n".repeat(1 << 18));
    let outcome = csv(unclosed);
    assert_eq!(
        (outcome.code(), outcome.error.as_ref().unwrap().line),
        ("text_too_long", 3)
    );
    assert_eq!(outcome.texts(), ["a | b"]);
}

#[test]
fn csv_is_rfc_4180() {
    let outcome = csv("en,fa\r\n\"a, \"\"b\"\"\r\nc\",آ\r\n\r\n5\" disk,ب\rx,y");
    assert_eq!(
        outcome.texts(),
        ["a, \"b\"\r\nc | آ", "5\" disk | ب", "x | y"]
    );
    let lines: Vec<_> = outcome.entries.iter().map(|e| e.place.line).collect();
    assert_eq!(lines, [2, 5, 5]);
}

#[test]
fn broken_quotes_are_reported_with_their_line() {
    let outcome = csv("en,fa\na,b\nc,\"d\ne,f\n");
    let error = outcome.error.as_ref().unwrap();
    assert_eq!((error.code, error.line), ("unexpected_eof", 3));
    let outcome = csv("en,fa\n\"a\"x,b\nc,d\n");
    assert_eq!(
        (outcome.texts(), outcome.skipped().len()),
        (vec!["c | d".to_owned()], 1)
    );
}

#[test]
fn what_a_table_cannot_hold_is_skipped_and_said() {
    let file = tmx(&(tu("tab\there", "x") + &tu("line\nbreak", "x") + &tu("a", "b")));
    let units: Vec<_> = super::read_tmx(file)
        .units()
        .into_iter()
        .map(unit)
        .collect();
    let langs = |tags: &[&str]| WriteOptions {
        langs: tags.iter().map(|tag| lang(tag)).collect(),
        ..WriteOptions::default()
    };
    let (file, skipped) = write_all(&units, Format::Tsv, &langs(&["en", "fa"]));
    assert_eq!((file.as_str(), skipped.len()), ("en\tfa\na\tb\n", 2));
    let (file, skipped) = write_all(&units, Format::Csv, &langs(&["fa-IR", "en-US"]));
    assert_eq!((csv(file).units().len(), skipped.len()), (3, 0));
    let (file, skipped) = write_all(&units, Format::Csv, &langs(&["en", "en-US", "de"]));
    assert_eq!((file.as_str(), skipped.len()), ("en,en-US,de\r\n", 3));
    assert!(crate::formats::Writer::new(Vec::new(), Format::Csv, &langs(&["en"])).is_err());
}

#[test]
fn formulas_are_guarded_in_the_safe_mode_and_come_back() {
    let file = tmx(&(tu("=1+1", "＝x") + &tu("'=1", "-y")));
    let units: Vec<_> = super::read_tmx(file)
        .units()
        .into_iter()
        .map(unit)
        .collect();
    for (spreadsheet_safe, expected) in [
        (true, "en,fa\r\n'=1+1,'＝x\r\n''=1,'-y\r\n"),
        (false, "en,fa\r\n=1+1,＝x\r\n''=1,-y\r\n"),
    ] {
        let options = WriteOptions {
            langs: vec![lang("en"), lang("fa")],
            spreadsheet_safe,
            ..WriteOptions::default()
        };
        let (file, _) = write_all(&units, Format::Csv, &options);
        assert_eq!(file, expected);
        assert_eq!(csv(file).texts(), ["=1+1 | ＝x", "'=1 | -y"]);
    }
}

proptest! {
    #[test]
    fn csv_is_read_as_the_csv_crate_reads_it(rows in vec(vec("[a-c\",\n\r ]{0,6}", 2..4), 1..5)) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        writer.write_record(["en", "fa"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let file = writer.into_inner().unwrap();
        let mut oracle = csv::ReaderBuilder::new().flexible(true).from_reader(&file[..]);
        let expected: Vec<Vec<String>> = oracle
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        let outcome = csv(file);
        prop_assert_eq!(outcome.error.as_ref(), None);
        prop_assert_eq!(outcome.entries.len(), expected.len());
        for (entry, row) in outcome.entries.iter().zip(&expected) {
            if let Ok(unit) = &entry.unit {
                prop_assert_eq!(&unit.variants[0].text, &row[0]);
                prop_assert_eq!(&unit.variants[1].text, &row[1]);
            }
        }
    }
}
