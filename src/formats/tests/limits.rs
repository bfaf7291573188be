//! Inputs made to eat memory or time, and archives.

use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{read_tmx, tmx, tu};
use crate::formats::{Format, ReadOptions, read};

/// `head`, then `filling` again and again, without an end: nothing may wait for it.
fn endless(head: &str, filling: &str) -> String {
    let reader = Cursor::new(head.to_owned().into_bytes()).chain(Repeat::new(filling));
    let mut entries = read(reader, Format::Tmx, &ReadOptions::default()).unwrap();
    entries
        .find_map(Result::err)
        .map(|error| error.code.to_owned())
        .unwrap_or_default()
}

struct Repeat {
    filling: Vec<u8>,
    at: usize,
}

impl Repeat {
    fn new(filling: &str) -> Self {
        let times = 4096 / filling.len() + 1;
        Self {
            filling: filling.repeat(times).into_bytes(),
            at: 0,
        }
    }
}

impl Read for Repeat {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let read = (&self.filling[self.at..]).read(buf)?;
        self.at = (self.at + read) % self.filling.len();
        Ok(read)
    }
}

#[test]
fn endless_inputs_end() {
    let body = "<tmx><header/><body>";
    for (inside, filling, expected) in [
        ("<tu><tuv xml:lang='en'><seg>", "x", "text_too_long"),
        ("<tu><tuv xml:lang='en'><seg>", "&amp;", "text_too_long"),
        (
            "<tu><tuv xml:lang='en'><seg>",
            "<![CDATA[x]]>",
            "text_too_long",
        ),
        (
            "<tu><tuv xml:lang='en'><seg><![CDATA[",
            "x",
            "text_too_long",
        ),
        (
            "<tu><tuv xml:lang='en'><seg>",
            "<ph x='1'/>",
            "text_too_long",
        ),
        ("<tu><tuv xml:lang='en'><seg>", "<hi>", "xml_too_deep"),
        ("<tu><tuv xml:lang='en'><seg>", "<bpt><sub>", "xml_too_deep"),
        ("<tu><tuv xml:lang='en'><seg>", "<!-- -->", "text_too_long"),
        (
            "<tu>",
            "<tuv xml:lang='en'><seg>a</seg></tuv>",
            "text_too_long",
        ),
        ("<tu>", "<prop type='a'>b</prop>", "text_too_long"),
        ("", "<x>", "xml_too_deep"),
        ("<tu", " a='1'", "too_many_attributes"),
        ("<tu", " abcdef = \"1\"\n", "too_many_attributes"),
        ("<tu a='", "x", "text_too_long"),
        ("<tu ", "x", "text_too_long"),
        ("<", "x", "text_too_long"),
        ("</", "x", "text_too_long"),
        ("<!--", "x", "text_too_long"),
        ("<?x", "y", "text_too_long"),
        ("&", "x", "text_too_long"),
    ] {
        assert_eq!(
            endless(&format!("{body}{inside}"), filling),
            expected,
            "{inside} {filling}"
        );
    }
    for (head, filling, expected) in [
        ("<!DOCTYPE tmx [", "<!ENTITY a 'b'>", "doctype_not_allowed"),
        ("<tmx", " a='1'", "not_tmx"),
        ("", "x", "not_tmx"),
        ("", "\0", "not_tmx"),
        ("<tmx/>", "x", "text_too_long"),
        ("<tmx/>", " x ", "text_too_long"),
    ] {
        let found = endless(head, filling);
        assert!(
            found == expected || found == "too_many_attributes",
            "{head} {filling}: {found}"
        );
    }
}

#[test]
fn nesting_is_read_up_to_its_limit() {
    let nested = |depth: usize| {
        tmx(&tu(
            &format!("{}a{}", "<hi>".repeat(depth), "</hi>".repeat(depth)),
            "b",
        ))
    };
    // tmx, body, tu, tuv, seg
    assert_eq!(read_tmx(nested(4_091)).texts(), ["a | b"]);
    assert_eq!(read_tmx(nested(4_092)).code(), "xml_too_deep");
}

#[test]
fn a_text_of_256_kib_is_read_and_one_more_byte_is_not() {
    let note = |length: usize| {
        tmx(&tu("a", "b").replace("<tu>", &format!("<tu><note>{}</note>", "x".repeat(length))))
    };
    assert_eq!(read_tmx(note(256 << 10)).texts(), ["a | b"]);
    assert_eq!(read_tmx(note((256 << 10) + 1)).code(), "text_too_long");
}

#[test]
fn attributes_are_read_up_to_their_limit() {
    let with = |count: usize| {
        let attributes: String = (0..count).map(|i| format!(" a{i}='1'")).collect();
        read_tmx(tmx(
            &tu("a", "b").replace("<tu>", &format!("<tu{attributes}>"))
        ))
    };
    assert_eq!(with(128).units()[0].metadata.props.len(), 128);
    assert_eq!(with(129).code(), "too_many_attributes");
    assert_eq!(with(300_000).code(), "too_many_attributes");
}

#[test]
fn many_orphans_cost_no_quadratic_time() {
    let orphans: String = (0..12_000).map(|i| format!("<bpt i='{i}'/>")).collect();
    let outcome = read_tmx(tmx(&tu(&format!("a{orphans}"), "b")));
    assert_eq!(outcome.texts(), ["a | b"]);
    assert!(outcome.warnings().len() <= 20);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_is_unpacked_whatever_it_is_called() {
    let file = tmx(&tu("a", "b"));
    let whole = gzip(file.as_bytes());
    let (first, second) = file.as_bytes().split_at(file.len() / 2);
    let members = [gzip(first), gzip(b""), gzip(second)].concat();
    let padded = [whole.clone(), vec![0; 1000]].concat();
    for bytes in [whole, members, padded] {
        let outcome = read_tmx(bytes);
        assert_eq!(
            (outcome.texts(), outcome.code()),
            (vec!["a | b".to_owned()], "")
        );
    }
    let utf16: Vec<u8> = format!("\u{FEFF}{file}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read_tmx(gzip(&utf16)).texts(), ["a | b"]);
}

#[test]
fn damaged_archives_give_what_is_whole_and_say_so() {
    let units: String = (0..2_000)
        .map(|i| tu(&format!("a{i}"), &format!("b{}", i * 7919 % 1000)) + "\n")
        .collect();
    let packed = gzip(tmx(&units).as_bytes());
    let cut = read_tmx(&packed[..packed.len() / 2]);
    assert_eq!(cut.code(), "unexpected_eof", "{:?}", cut.error);
    assert!(
        (500..1_900).contains(&cut.units().len()),
        "{}",
        cut.units().len()
    );
    assert_eq!(
        read_tmx(&packed[..packed.len() - 3]).code(),
        "unexpected_eof"
    );
    assert_eq!(read_tmx(&packed[..12]).code(), "unexpected_eof");

    let mut flipped = packed.clone();
    let sum = flipped.len() - 6;
    flipped[sum] ^= 1;
    assert_eq!(read_tmx(flipped).code(), "archive_rejected");

    let trailing = read_tmx([packed, b"rest".to_vec()].concat());
    assert_eq!(
        (trailing.units().len(), trailing.code()),
        (2_000, "archive_rejected")
    );
    assert_eq!(
        read_tmx(&b"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"[..]).code(),
        "archive_rejected"
    );
}

#[test]
fn a_gzip_bomb_is_refused() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(tmx("").replace("</body></tmx>", "").as_bytes())
        .unwrap();
    let filling = vec![b' '; 1 << 16];
    for _ in 0..400 {
        encoder.write_all(&filling).unwrap();
        encoder.write_all(b"<!-- -->").unwrap();
    }
    encoder.write_all(b"</body></tmx>").unwrap();
    let outcome = read_tmx(encoder.finish().unwrap());
    assert_eq!(outcome.code(), "archive_rejected", "{:?}", outcome.error);
}

#[test]
fn a_failing_source_is_reported_as_such() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the cable is out"))
        }
    }
    let file = tmx(&tu("a", "b"));
    let (head, _) = file.split_at(file.len() - 8);
    let reader = Cursor::new(head.to_owned().into_bytes()).chain(Broken);
    let entries: Vec<_> = read(reader, Format::Tmx, &ReadOptions::default())
        .unwrap()
        .collect();
    assert!(entries[0].is_ok());
    let error = entries[1].as_ref().unwrap_err();
    assert_eq!(
        (error.code, error.reason.as_str()),
        ("io", "the cable is out")
    );
    assert_eq!(entries.len(), 2);
}
