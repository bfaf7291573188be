//! Laws: what is written is read back; nothing panics, whatever the bytes; a cut file gives its whole units.

use proptest::collection::vec;
use proptest::prelude::*;

use super::units::unit;
use super::{draft, lang, read_all, read_tmx, tmx, tu, write_all};
use crate::formats::{Format, ReadOptions, WriteOptions, segment};
use crate::text::check::{SegmentFault, check_segment};
use crate::text::tags;

fn from_en() -> WriteOptions {
    WriteOptions {
        source: Some(lang("en")),
        langs: vec![lang("en"), lang("fa-IR"), lang("zh-Hant-TW")],
        context: true,
        spreadsheet_safe: false,
    }
}

proptest! {
    #[test]
    fn tmx_written_and_read_is_the_same(units in vec(unit(), 0..4), all in any::<bool>()) {
        let options = if all { WriteOptions::default() } else { from_en() };
        let (file, skipped) = write_all(&units, Format::Tmx, &options);
        prop_assert!(skipped.is_empty(), "{:?}", skipped);
        let outcome = read_tmx(file.clone());
        prop_assert_eq!(outcome.error.as_ref(), None);
        for (entry, unit) in outcome.entries.iter().zip(&units) {
            prop_assert_eq!(entry.unit.as_ref().unwrap(), &draft(unit), "{}", file);
        }
        prop_assert_eq!(outcome.entries.len(), units.len());
    }

    #[test]
    fn the_text_room_reads_the_same_in_tagged_segments(unit in unit()) {
        for variant in &unit.variants {
            if let Some(tagged) = &variant.tagged {
                prop_assert_eq!(&tags::plain(tagged).unwrap(), &variant.text);
                prop_assert!(tags::validate(tagged).is_ok(), "{}", tagged);
            }
        }
    }

    #[test]
    fn no_other_character_is_refused_than_in_a_segment(text in "[a\\u{0}-\\u{a0}\\u{2028}\\u{fff0}-\\u{ffff}]{1,3}") {
        let refused = matches!(check_segment(&text), Err(SegmentFault::InvalidCharacter { .. }));
        prop_assert_eq!(segment::forbidden(&text).is_some(), refused);
    }

    #[test]
    fn tables_written_and_read_keep_texts_and_context(
        units in vec(unit(), 0..4),
        csv in any::<bool>(),
        spreadsheet_safe in any::<bool>(),
    ) {
        let format = if csv { Format::Csv } else { Format::Tsv };
        let options = WriteOptions { spreadsheet_safe, ..from_en() };
        let (file, skipped) = write_all(&units, format, &options);
        let outcome = read_all(file.clone(), format, &ReadOptions::default());
        prop_assert_eq!(outcome.error.as_ref(), None);
        prop_assert_eq!(outcome.entries.len() + skipped.len(), units.len(), "{}", file);
        prop_assert!(skipped.is_empty() || !csv);
        if skipped.is_empty() {
            for (read, unit) in outcome.units().iter().zip(&units) {
                prop_assert_eq!(&read.context, &unit.context);
                for variant in &read.variants {
                    let same = unit.variants.iter().find(|v| v.lang == variant.lang).unwrap();
                    prop_assert_eq!(&same.text, &variant.text, "{}", file);
                }
                prop_assert_eq!(read.variants.len(), unit.variants.len());
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300), choice in 0..3usize, pair in any::<bool>()) {
        let format = [Format::Tmx, Format::Tsv, Format::Csv][choice];
        let pair = pair.then(|| lang("en"));
        let options = ReadOptions { source: pair.clone(), target: pair.map(|_| lang("fa")) };
        let _ = read_all(bytes, format, &options);
    }

    #[test]
    fn any_markup_is_read_or_refused(
        pieces in vec(prop::sample::select(vec![
            "<tmx>", "<tu>", "<tuv xml:lang='en'>", "<tuv lang='fa'>", "<seg>", "</seg>", "</tuv>", "</tu>", "</tmx>",
            "<body>", "</body>", "x", "&amp;", "&#13;", "&", "<", ">", "]]>", "<![CDATA[", "<!--", "-->", "<?", "?>", "\"",
            "<hi>", "</hi>", "<ph x='1'/>", "<prop type='prev'>", "</prop>", "<!DOCTYPE tmx", "\r", "\0", "\u{FEFF}",
        ]), 0..30),
    ) {
        let outcome = read_tmx(pieces.concat());
        for unit in outcome.units() {
            prop_assert!(unit.variants.len() >= 2 && unit.source < unit.variants.len());
        }
    }

    #[test]
    fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut file = rich().into_bytes();
        let at = at.index(file.len());
        file[at] = byte;
        let _ = read_tmx(file);
    }
}

/// A small file with a bit of everything.
fn rich() -> String {
    let head = "<?xml version='1.0' encoding='UTF-8'?>\n<!DOCTYPE tmx SYSTEM \"tmx14.dtd\">\n<!-- c -->\
                <tmx version='1.4'>\n<header srclang='en'><note>n</note></header><body>\n";
    let unit = "<tu tuid='1'><prop type='prev'>p</prop><tuv xml:lang='en'><seg>a &amp; <ph x='1'>&lt;</ph></seg></tuv>\
                <tuv xml:lang='fa'><seg><![CDATA[چ]]>😀</seg></tuv></tu>\n";
    format!("{head}{unit}{}{unit}</body></tmx>", tu("c", "d"))
}

#[test]
fn a_file_cut_anywhere_gives_its_whole_units_and_says_so() {
    let file = rich().into_bytes();
    let text = rich();
    let whole = read_tmx(file.clone());
    assert_eq!((whole.units().len(), whole.code()), (3, ""));
    for cut in 1..file.len() {
        let outcome = read_tmx(&file[..cut]);
        let ends = text
            .match_indices("</tu>")
            .filter(|(at, _)| at + 5 <= cut)
            .count();
        assert_eq!(
            (outcome.units().len(), outcome.code()),
            (ends, "unexpected_eof"),
            "cut at {cut}"
        );
        assert!(
            outcome.error.as_ref().unwrap().byte.abs_diff(cut as u64) <= 3,
            "{:?}",
            outcome.error
        );
    }
}

#[test]
fn a_utf16_file_cut_anywhere_says_so() {
    let file: Vec<u8> = rich()
        .replace(" encoding='UTF-8'", "")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read_tmx(file.clone()).code(), "");
    for cut in 4..file.len() {
        assert_eq!(
            read_tmx(&file[..cut]).code(),
            "unexpected_eof",
            "cut at {cut}"
        );
    }
}

#[test]
fn small_reads_give_the_same_as_large_ones() {
    struct OneByOne(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for OneByOne {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let length = buf.len().min(1);
            self.0.read(&mut buf[..length])
        }
    }
    let body: String = (0..200)
        .map(|i| tu(&format!("a{i} <ph/>گ😀"), "b &#13;\r\n") + "\n")
        .collect();
    let file = tmx(&body).into_bytes();
    let slowly = OneByOne(std::io::Cursor::new(file.clone()));
    let slowly: Vec<_> = crate::formats::read(slowly, Format::Tmx, &ReadOptions::default())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(slowly, read_tmx(file).entries);
}
