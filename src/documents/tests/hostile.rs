//! Texts and parts that are damaged or made to harm.

use std::time::Instant;

use super::*;
use crate::documents::code;

fn refused(kind: Kind, input: impl AsRef<[u8]>) -> Error {
    try_texts(kind, input).unwrap_err()
}

#[test]
fn what_is_not_utf8_is_refused_with_its_byte() {
    for kind in [Kind::Text, Kind::Markdown, Kind::Html] {
        let error = refused(kind, b"a\nb\xFFc");
        assert_eq!(error.code, code::ENCODING_ERROR);
        assert_eq!(error.place.position, Some((2, 3)));
        assert_eq!(
            error.to_string(),
            "line 2, byte 3: this is not UTF-8; save it as UTF-8"
        );
        // A lone surrogate.
        assert_eq!(refused(kind, b"\xED\xA0\x80").code, code::ENCODING_ERROR);
        assert_eq!(refused(kind, b"\xFF\xFEa\0").code, code::ENCODING_ERROR);
    }
}

#[test]
fn parts_that_are_no_honest_xml_are_refused() {
    let root = |inside: &str| format!("<r>{inside}</r>");
    let attributes: String = (0..300).map(|n| format!(" a{n}=''")).collect();
    let namespaces: String = (0..200).map(|n| format!(" xmlns:a{n}='u'")).collect();
    for (xml, expected) in [
        (
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>".into(),
            code::DOCTYPE_NOT_ALLOWED,
        ),
        (
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>".into(),
            code::DOCTYPE_NOT_ALLOWED,
        ),
        (root("&b;"), code::XML_NOT_WELL_FORMED),
        (root("&#0;"), code::XML_NOT_WELL_FORMED),
        (root("&#xD800;"), code::XML_NOT_WELL_FORMED),
        (root("&#xFFFF;"), code::XML_NOT_WELL_FORMED),
        (root("a & b"), code::XML_NOT_WELL_FORMED),
        (root("\u{1}"), code::XML_NOT_WELL_FORMED),
        (root("<a></b>"), code::XML_NOT_WELL_FORMED),
        ("<r>".into(), code::XML_NOT_WELL_FORMED),
        ("<r/><r/>".into(), code::XML_NOT_WELL_FORMED),
        ("<r/>text".into(), code::XML_NOT_WELL_FORMED),
        ("\u{FEFF}\u{FEFF}<r/>".into(), code::XML_NOT_WELL_FORMED),
        ("text".into(), code::XML_NOT_WELL_FORMED),
        (String::new(), code::XML_NOT_WELL_FORMED),
        (
            "<?xml version='1.0' encoding='windows-1256'?><r/>".into(),
            code::ENCODING_ERROR,
        ),
        ("<a>".repeat(1_000_000), code::XML_TOO_DEEP),
        (format!("<r{attributes}/>"), code::TOO_MANY_ATTRIBUTES),
        (
            format!("<r{namespaces}><a{namespaces}><b{namespaces}/></a></r>"),
            code::XML_NOT_WELL_FORMED,
        ),
    ] {
        let zip = zipped(&[("mimetype", ODT_TYPE), ("content.xml", xml.as_bytes())]);
        let error = refused(Kind::Odt, zip);
        assert_eq!(error.code, expected, "{error}");
        assert!(
            error.to_string().starts_with("content.xml, line 1, byte "),
            "{error}"
        );
    }
    let zip = zipped(&[("mimetype", ODT_TYPE), ("content.xml", b"<r>\xFF</r>")]);
    assert_eq!(refused(Kind::Odt, zip).code, code::ENCODING_ERROR);
}

#[test]
fn an_encrypted_odt_is_refused() {
    let manifest = b"<m:manifest xmlns:m='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>";
    let zip = zipped(&[
        ("mimetype", ODT_TYPE),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", b"\x01\x02"),
    ]);
    let error = refused(Kind::Odt, zip);
    assert_eq!(error.code, code::ARCHIVE_REJECTED);
    assert!(error.to_string().contains("without a password"));
}

#[test]
fn what_is_too_large_is_refused() {
    let large = vec![b'a'; Kind::Markdown.max_bytes() + 1];
    assert_eq!(refused(Kind::Markdown, large).code, code::TOO_LARGE);
}

/// Each of these takes long, or much memory, where something looks back over what it has seen.
#[test]
fn long_documents_take_time_in_proportion() {
    let long = 200_000;
    let fields = r#"<w:r><w:fldChar w:fldCharType="begin"/><w:fldChar w:fldCharType="separate"/><w:t>MeK</w:t></w:r>"#;
    let documents = [
        (Kind::Html, "&amp".repeat(long).into_bytes()),
        (Kind::Html, "a<b>".repeat(long).into_bytes()),
        (Kind::Html, "<!--".repeat(long).into_bytes()),
        (Kind::Html, "<script><!--<script>".repeat(long).into_bytes()),
        (Kind::Html, "<a b='".repeat(long).into_bytes()),
        (Kind::Html, "x".repeat(long * 20).into_bytes()),
        (Kind::Html, "<style></".repeat(long).into_bytes()),
        (Kind::Html, "<![CDATA[<".repeat(long).into_bytes()),
        (Kind::Markdown, "*a ".repeat(long).into_bytes()),
        (Kind::Markdown, "[".repeat(long).into_bytes()),
        (Kind::Markdown, "> ".repeat(2_000).into_bytes()),
        (Kind::Text, "a".repeat(long * 20).into_bytes()),
        (
            Kind::Docx,
            docx(&format!("<w:p>{}</w:p>", fields.repeat(20_000))),
        ),
        (
            Kind::Docx,
            docx(&format!("<w:p>{}</w:p>", run("a").repeat(50_000))),
        ),
        (
            Kind::Odt,
            odt(&format!(
                "<text:p>{}</text:p>",
                "<text:s/>a".repeat(long / 2)
            )),
        ),
    ];
    for (kind, input) in documents {
        let before = Instant::now();
        let (_, summary) = replaced(kind, &input, &[("a", "b")]);
        let took = before.elapsed().as_secs_f32();
        assert!(took < 20.0, "{kind} {took} s {summary:?}");
    }
}
