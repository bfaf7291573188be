//! Tests of the room: laws, tables of cases, hostile files. `LibreOffice` has its say in `tests/suite`.

mod archives;
mod hostile;
mod laws;
mod office;
mod texts;

use std::io::{Cursor, Read, Write};

use super::{Edit, Error, Kind, Paragraph, Summary, read, rewrite};

/// The texts of all paragraphs.
fn texts(kind: Kind, input: impl AsRef<[u8]>) -> Vec<String> {
    try_texts(kind, input).unwrap()
}

fn try_texts(kind: Kind, input: impl AsRef<[u8]>) -> Result<Vec<String>, Error> {
    let mut texts = Vec::new();
    read(kind, input.as_ref(), &mut |p| texts.push(p.text.to_owned()))?;
    Ok(texts)
}

/// Edits that replace each `from` by `to`.
fn replacing(paragraph: &Paragraph<'_>, pairs: &[(&str, &str)]) -> Vec<Edit> {
    let found = pairs.iter().flat_map(|(from, to)| {
        paragraph.text.match_indices(from).map(|(at, _)| Edit {
            range: at..at + from.len(),
            replacement: (*to).to_owned(),
        })
    });
    found.collect()
}

/// The document with each `from` replaced by `to`.
fn replaced(kind: Kind, input: impl AsRef<[u8]>, pairs: &[(&str, &str)]) -> (Vec<u8>, Summary) {
    let mut output = Vec::new();
    let summary = rewrite(kind, input.as_ref(), &mut output, &mut |p| {
        replacing(p, pairs)
    })
    .unwrap();
    (output, summary)
}

/// The same of a kind that is one text.
fn replaced_text(kind: Kind, input: &str, pairs: &[(&str, &str)]) -> String {
    String::from_utf8(replaced(kind, input, pairs).0).unwrap()
}

/// A zip of these entries, deflated but for `mimetype`.
fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let method = match *name {
            "mimetype" => zip::CompressionMethod::Stored,
            _ => zip::CompressionMethod::Deflated,
        };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Names and contents, as another program reads them.
fn unzipped(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|number| {
            let mut file = zip.by_index(number).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const WORD_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

/// A DOCX with this body and with these parts beside it: name, ending of the content type, content.
fn docx_with(body: &str, parts: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut types = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="{WORD_TYPE}.document.main+xml"/>"#
    );
    for (name, kind, _) in parts {
        types.push_str(&format!(
            r#"<Override PartName="/{name}" ContentType="{WORD_TYPE}.{kind}+xml"/>"#
        ));
    }
    types.push_str("</Types>");
    let document = document_xml(body);
    let mut entries: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/media/image1.png", b"\x89PNG not really"),
    ];
    entries.extend(
        parts
            .iter()
            .map(|(name, _, content)| (*name, content.as_bytes())),
    );
    zipped(&entries)
}

fn document_xml(body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document xmlns:w="{WORD}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><w:body>{body}</w:body></w:document>"#
    )
}

fn docx(body: &str) -> Vec<u8> {
    docx_with(body, &[])
}

const ODT_TYPE: &[u8] = b"application/vnd.oasis.opendocument.text";

fn odt(body: &str) -> Vec<u8> {
    let content = content_xml(body);
    let styles = content_xml("<text:p>Styles</text:p>");
    zipped(&[
        ("mimetype", ODT_TYPE),
        ("content.xml", content.as_bytes()),
        ("styles.xml", styles.as_bytes()),
        ("Pictures/1.png", b"\x89PNG not really"),
    ])
}

fn content_xml(body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"><office:body><office:text>{body}</office:text></office:body></office:document-content>"#
    )
}

/// The content of a part of a rewritten document.
fn part(bytes: &[u8], name: &str) -> String {
    let found = unzipped(bytes).into_iter().find(|(found, _)| found == name);
    String::from_utf8(found.unwrap().1).unwrap()
}

/// Runs: `r("a")` is a run of plain text.
fn run(text: &str) -> String {
    format!("<w:r><w:t>{text}</w:t></w:r>")
}
