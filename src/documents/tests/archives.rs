//! Zips that are no honest documents: every one is refused with a reason, and nothing is written.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;
use crate::documents::code;

/// An entry as a zip has it, each field free to lie.
#[derive(Clone)]
struct Raw {
    name: Vec<u8>,
    local_name: Option<Vec<u8>>,
    flags: u16,
    method: u16,
    attributes: u32,
    data: Vec<u8>,
    crc: u32,
    size: u32,
    /// Another place than its own.
    at: Option<u32>,
}

impl Raw {
    fn new(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        Self {
            name: name.as_bytes().to_vec(),
            local_name: None,
            flags: 0,
            method: 8,
            attributes: 0,
            data: encoder.finish().unwrap(),
            crc: crc.sum(),
            size: content.len() as u32,
            at: None,
        }
    }

    fn common(&self, name: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in [20, self.flags, self.method, 0, 0] {
            bytes.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.data.len() as u32, self.size] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }
}

fn raw_zip(entries: &[Raw]) -> Vec<u8> {
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let at = entry.at.unwrap_or(zip.len() as u32);
        if entry.at.is_none() {
            let name = entry.local_name.as_ref().unwrap_or(&entry.name);
            zip.extend(b"PK\x03\x04");
            zip.extend(entry.common(name));
            zip.extend(name);
            zip.extend(&entry.data);
        }
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(entry.common(&entry.name));
        directory.extend([0; 6]);
        directory.extend(entry.attributes.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(&entry.name);
    }
    let (start, count) = (zip.len() as u32, entries.len() as u16);
    zip.extend(&directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend((directory.len() as u32).to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// The entries of an honest ODT.
fn honest() -> Vec<Raw> {
    let mut mimetype = Raw::new("mimetype", ODT_TYPE);
    mimetype.method = 0;
    mimetype.data = ODT_TYPE.to_vec();
    let content = content_xml("<text:p>MeK</text:p>");
    vec![mimetype, Raw::new("content.xml", content.as_bytes())]
}

fn refused(zip: &[u8]) -> Error {
    let mut output = Vec::new();
    let error = rewrite(Kind::Odt, zip, &mut output, &mut |_| Vec::new()).unwrap_err();
    assert!(output.is_empty());
    error
}

/// What becomes of the honest ODT with one more entry.
fn refused_with(change: impl FnOnce(&mut Raw)) -> String {
    let mut entries = honest();
    let mut entry = Raw::new("extra", b"some content of it");
    change(&mut entry);
    entries.push(entry);
    let error = refused(&raw_zip(&entries));
    assert_eq!(error.code, code::ARCHIVE_REJECTED, "{error}");
    error.to_string()
}

#[test]
fn the_honest_one_is_read() {
    let mut entries = honest();
    entries.push(Raw::new("Pictures/", b""));
    assert_eq!(texts(Kind::Odt, raw_zip(&entries)), ["MeK"]);
    // With sizes behind the data, as streaming writers do.
    entries[1].flags |= 8;
    let zip = raw_zip(&entries);
    let (output, _) = replaced(Kind::Odt, &zip, &[("MeK", "PMOI")]);
    assert_eq!(
        part(&output, "content.xml"),
        content_xml("<text:p>PMOI</text:p>")
    );
    assert_eq!(unzipped(&output).len(), 3);
}

#[test]
fn names_that_play_tricks_are_refused() {
    for name in [
        "../../x",
        "a/../../x",
        "..\\x",
        "/etc/passwd",
        "\\\\host\\x",
        "C:\\x",
        "C:x",
        "a\nb",
        "",
        "content.xml",
        "CONTENT.XML",
    ] {
        let message = refused_with(|entry| entry.name = name.as_bytes().to_vec());
        assert!(message.contains("name"), "{name}: {message}");
    }
}

#[test]
fn entries_that_lie_are_refused() {
    let content = |size: usize| Raw::new("extra", &vec![b'a'; size]);
    type Lie = fn(&mut Raw);
    let cases: &[(&str, Lie)] = &[
        ("encrypted", |e| e.flags = 1),
        ("encrypted", |e| e.flags = 1 << 6),
        ("link", |e| e.attributes = 0o120_777 << 16),
        ("link", |e| e.attributes = 0o020_666 << 16),
        ("method", |e| e.method = 12),
        ("zip64", |e| e.size = u32::MAX),
        ("more than it says", |e| e.size -= 1),
        ("damaged", |e| e.size += 1),
        ("damaged", |e| e.crc ^= 1),
        ("damaged", |e| e.data[0] ^= 0xFF),
        ("behind", |e| e.data.push(0)),
        ("disagree", |e| e.method = 0),
        ("disagree", |e| e.local_name = Some(b"other".to_vec())),
        // The place of the first entry, under another name; and the middle of one.
        ("disagree", |e| e.at = Some(0)),
        ("where", |e| e.at = Some(7)),
        ("where", |e| e.at = Some(900_000)),
    ];
    for (reason, change) in cases {
        let message = refused_with(change);
        assert!(message.contains(reason), "{reason}: {message}");
    }
    let bomb = |entry: &mut Raw| *entry = content(11 << 20);
    assert!(refused_with(bomb).contains("100 times"));
}

#[test]
fn entries_that_share_their_bytes_are_refused() {
    // A header inside of the data of a stored entry, as in the bombs of overlapping entries.
    let inner = Raw::new("inner", b"inner");
    let mut outer = Raw::new("outer", b"");
    let whole = raw_zip(std::slice::from_ref(&inner));
    let length = 30 + inner.name.len() + inner.data.len();
    outer.method = 0;
    outer.data = whole[..length].to_vec();
    outer.size = length as u32;
    let mut crc = flate2::Crc::new();
    crc.update(&outer.data);
    outer.crc = crc.sum();
    let mut entries = honest();
    let before = entries
        .iter()
        .map(|e| 30 + e.name.len() + e.data.len())
        .sum::<usize>();
    let mut inner = inner;
    inner.at = Some((before + 30 + outer.name.len()) as u32);
    entries.extend([outer, inner]);
    let error = refused(&raw_zip(&entries));
    assert!(error.to_string().contains("overlaps"), "{error}");
}

#[test]
fn archives_out_of_bounds_are_refused() {
    let many: Vec<Raw> = (0..1_001).map(|n| Raw::new(&n.to_string(), b"")).collect();
    assert!(
        refused(&raw_zip(&many))
            .to_string()
            .contains("1000 entries")
    );
    let honest = raw_zip(&honest());
    let mut prefixed = b"PK\x03\x05".to_vec();
    prefixed.extend(&honest);
    assert_eq!(refused(&prefixed).code, code::ARCHIVE_REJECTED);
    for length in 0..honest.len() {
        let code = refused(&honest[..length]).code;
        assert!([code::ARCHIVE_REJECTED, code::NOT_OF_KIND].contains(&code));
    }
    // Many times the same large content: each below its own ratio, all together above 256 MiB.
    let noise: Vec<u8> = (0..1_u32 << 19)
        .flat_map(|n| n.wrapping_mul(0x9E37_79B9).to_le_bytes())
        .collect();
    let mut large = noise.clone();
    large.extend(vec![0; 60 << 20]);
    let entries: Vec<Raw> = (0..5).map(|n| Raw::new(&n.to_string(), &large)).collect();
    assert!(
        refused(&raw_zip(&entries))
            .to_string()
            .contains("more than 268435456")
    );
}

#[test]
fn another_kind_than_the_one_claimed_is_named() {
    for (kind, bytes, found) in [
        (Kind::Odt, docx(""), "Microsoft"),
        (Kind::Docx, odt(""), "OpenDocument"),
        (Kind::Docx, zipped(&[("a", b"b")]), "zip"),
        (Kind::Docx, b"\xD0\xCF\x11\xE0\xA1\xB1".to_vec(), "password"),
        (Kind::Docx, Vec::new(), "empty"),
        (Kind::Odt, b"<html>".to_vec(), "no zip"),
        (Kind::Html, docx(""), "zip"),
        (Kind::Text, b"%PDF-1.4".to_vec(), "PDF"),
        (Kind::Markdown, b"a\0b".to_vec(), "NUL"),
        (
            Kind::Odt,
            zipped(&[
                ("mimetype", b"application/epub+zip"),
                ("content.xml", b"<a/>"),
            ]),
            "media type",
        ),
    ] {
        let error = try_texts(kind, &bytes).unwrap_err();
        assert_eq!(error.code, code::NOT_OF_KIND, "{error}");
        assert!(error.to_string().contains(found), "{error}");
    }
}
