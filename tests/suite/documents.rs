//! Rewritten documents as `LibreOffice` opens them: the expected text, and styles untouched.
//!
//! Needs `soffice` (Debian: `libreoffice-writer-nogui`); without it the test says so and passes.

use std::collections::HashMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use hamzaban::documents::{Edit, Kind, Paragraph, rewrite};

/// Pages whose documents are made by `LibreOffice` itself, and the names in them with their replacements.
const PAGES: &[(&str, &str)] = &[
    (
        "formats",
        "<h1>The MeK in <i>Paris</i></h1><p style='color:#ff0000'>The <b>People's </b><i>Moja</i>hedin \
         said on Friday.</p><p align=center>A <u>second</u> paragraph, with <font size=5>MeK</font>.</p>",
    ),
    (
        "tables",
        "<table border=1><tr><td>MeK</td><td><b>a &amp; b</b></td></tr><tr><td>«MeK»</td><td>x &lt; y</td></tr>\
         </table><ul><li>MeK<li>two</ul><ol><li>MeK one</ol>",
    ),
    (
        "persian",
        "<p dir=rtl>اعضای <b>سازمان</b> مجاهدین خلق ایران در پاریس</p><p dir=rtl>می\u{200C}گویند: MeK</p>",
    ),
    (
        "links",
        "<p><a href='https://example.org/MeK'>MeK</a> and <a name=x>an anchor</a>, line<br>break MeK</p>\
         <p>Spaces&nbsp;kept &nbsp; MeK</p>",
    ),
    (
        "plain",
        "<p>No name here at all.</p><p>The MeK, the MeK and (MeK).</p><hr><p><code>MeK</code></p>",
    ),
];

const NAMES: &[(&str, &str)] = &[
    ("People's Mojahedin", "PMOI & <friends>"),
    ("سازمان مجاهدین خلق ایران", "مجاهدین خلق"),
    ("MeK", "PMOI"),
];

fn renamed(paragraph: &Paragraph<'_>) -> Vec<Edit> {
    let found = NAMES.iter().flat_map(|(from, to)| {
        paragraph.text.match_indices(from).map(|(at, _)| Edit {
            range: at..at + from.len(),
            replacement: (*to).to_owned(),
        })
    });
    found.collect()
}

fn rename(text: &str) -> String {
    NAMES
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// `LibreOffice` with a profile of its own.
struct Office {
    folder: tempfile::TempDir,
}

impl Office {
    fn start() -> Option<Self> {
        match Command::new("soffice").arg("--version").output() {
            Ok(output) if output.status.success() => Some(Self {
                folder: tempfile::tempdir().unwrap(),
            }),
            _ => {
                println!(
                    "skipped: soffice is not installed (scripts/test --yes installs libreoffice-writer-nogui)"
                );
                None
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Converts all files in one run; the results stand beside them.
    fn convert(&self, files: &[PathBuf], to: &str, more: &[&str]) {
        let profile = self.path("profile");
        let output = Command::new("soffice")
            .arg(format!(
                "-env:UserInstallation=file://{}",
                profile.display()
            ))
            .args(["--headless", "--norestore"])
            .args(more)
            .args(["--convert-to", to, "--outdir"])
            .arg(self.folder.path())
            .args(files)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let ending = to.split(':').next().unwrap();
        for file in files {
            let result = file.with_extension(ending);
            assert!(
                result.exists(),
                "{} is missing: {output:?}",
                result.display()
            );
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap()
        .trim_start_matches('\u{FEFF}')
        .to_owned()
}

/// The part of flat XML between two tags.
fn between<'a>(flat: &'a str, from: &str, to: &str) -> &'a str {
    let (_, behind) = flat.split_once(from).unwrap();
    behind.split_once(to).unwrap().0
}

/// The body's elements in their order, each with the rules of its automatic style instead of that style's
/// name: names are given anew at every conversion. Spans without text are left out.
fn formatted(flat: &str) -> Vec<String> {
    let automatic = between(
        flat,
        "<office:automatic-styles>",
        "</office:automatic-styles>",
    );
    let rules: HashMap<&str, &str> = automatic
        .split("<style:style style:name=\"")
        .skip(1)
        .filter_map(|style| style.split_once('"'))
        .map(|(name, rules)| {
            (
                name,
                rules.split("</style:style>").next().unwrap_or_default(),
            )
        })
        .collect();
    between(flat, "<office:text", "</office:text>")
        .split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>'))
        .filter(|(tag, text)| {
            let empty_span = tag.starts_with("text:span") && text.is_empty();
            !(tag.starts_with('/') || empty_span)
        })
        .map(|(tag, _)| {
            let name = tag
                .split("style-name=\"")
                .nth(1)
                .and_then(|tag| tag.split('"').next());
            match name.and_then(|name| Some((name, rules.get(name)?))) {
                Some((name, rules)) => tag.replace(&format!("\"{name}\""), rules),
                None => tag.to_owned(),
            }
        })
        .collect()
}

/// Whether all of `part` stands in `whole` in this order.
fn is_in_order(part: &[String], whole: &[String]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|one| rest.any(|other| other == one))
}

/// Documents in which a name lies in several runs: all but the first may be empty afterwards.
const SPLIT: &[&str] = &["formats", "persian", "by-hand"];

/// The content of Word documents that `LibreOffice` does not write itself: split runs, notes, fields.
pub(crate) fn docx_by_hand() -> Vec<u8> {
    let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    let relation =
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    let types = format!(
        r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>"#
    );
    let relations = format!(
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{relation}" Target="word/document.xml"/></Relationships>"#
    );
    let document = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{word}"><w:body><w:p><w:r><w:rPr><w:b/><w:color w:val="FF0000"/></w:rPr><w:t>the People's</w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve"> Moja</w:t></w:r><w:r><w:t>hedin said,</w:t></w:r><w:r><w:tab/><w:t>MeK</w:t><w:br/><w:t>MeK end</w:t></w:r></w:p><w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://example.org/MeK" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>MeK site</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:body></w:document>"#
    );
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", types),
        ("_rels/.rels", relations),
        ("word/document.xml", document),
    ] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Rewrites each file beside itself as `new-NAME`.
fn rewritten(files: &[PathBuf], kind: Kind) -> Vec<PathBuf> {
    let mut results = Vec::new();
    for file in files {
        let input = fs::read(file).unwrap();
        assert_eq!(Kind::sniff(&input), Some(kind));
        let mut output = Vec::new();
        let summary = rewrite(kind, &input, &mut output, &mut renamed).unwrap();
        assert!(
            summary.edits > 0 && summary.skipped.is_empty(),
            "{summary:?}"
        );
        let result = file.with_file_name(format!(
            "new-{}",
            file.file_name().unwrap().to_str().unwrap()
        ));
        fs::write(&result, output).unwrap();
        results.push(result);
    }
    results
}

#[test]
fn libreoffice_shows_the_new_names_and_the_old_styles() {
    let Some(office) = Office::start() else {
        return;
    };
    let begin = Instant::now();
    let pages: Vec<PathBuf> = PAGES
        .iter()
        .map(|(name, html)| {
            let path = office.path(&format!("{name}.html"));
            fs::write(&path, format!("<meta charset=utf-8><body>{html}")).unwrap();
            path
        })
        .collect();
    for (kind, filter) in [
        (Kind::Odt, "odt:writer8"),
        (Kind::Docx, "docx:MS Word 2007 XML"),
    ] {
        office.convert(&pages, filter, &["--infilter=HTML (StarWriter)"]);
        let mut old: Vec<PathBuf> = pages
            .iter()
            .map(|page| page.with_extension(kind.as_str()))
            .collect();
        if kind == Kind::Docx {
            let path = office.path("by-hand.docx");
            fs::write(&path, docx_by_hand()).unwrap();
            old.push(path);
        }
        let new = rewritten(&old, kind);
        let all: Vec<PathBuf> = old.iter().chain(&new).cloned().collect();
        office.convert(&all, "txt:Text (encoded):UTF8", &[]);
        office.convert(&all, "fodt", &[]);
        for (old, new) in old.iter().zip(&new) {
            let before = read(&old.with_extension("txt"));
            let after = read(&new.with_extension("txt"));
            let names_in = |text: &str| NAMES.iter().any(|(from, _)| text.contains(from));
            assert!(
                names_in(&before) && !names_in(&after),
                "{}: {after}",
                old.display()
            );
            assert_eq!(after, rename(&before), "{}", old.display());
            same_formatting(old, new);
        }
    }
    println!("LibreOffice: {:.1} s", begin.elapsed().as_secs_f32());
}

/// The named styles and page layouts are the same, and so is the formatting of all that still has text.
fn same_formatting(old: &Path, new: &Path) {
    let before = read(&old.with_extension("fodt"));
    let after = read(&new.with_extension("fodt"));
    for section in ["styles", "master-styles"] {
        let tags = (
            format!("<office:{section}>"),
            format!("</office:{section}>"),
        );
        let of = |flat| between(flat, &tags.0, &tags.1).to_owned();
        assert!(of(&before) == of(&after), "{section} of {}", old.display());
    }
    let (before, after) = (formatted(&before), formatted(&after));
    let name = old.file_stem().unwrap().to_str().unwrap();
    if SPLIT.contains(&name) {
        assert!(
            is_in_order(&after, &before),
            "{name}: {after:#?} {before:#?}"
        );
        assert!(
            before.len() - after.len() <= 2,
            "{name}: {after:#?} {before:#?}"
        );
    } else {
        assert_eq!(after, before, "{name}");
    }
}

#[test]
fn an_edited_name_keeps_the_style_of_its_first_run() {
    let Some(office) = Office::start() else {
        return;
    };
    let path = office.path("styles.docx");
    fs::write(&path, docx_by_hand()).unwrap();
    let new = rewritten(&[path], Kind::Docx);
    office.convert(&new, "fodt", &[]);
    let flat = read(&new[0].with_extension("fodt"));
    let (before, _) = flat
        .split_once("PMOI &amp; &lt;friends&gt;</text:span>")
        .unwrap();
    let (_, style) = before.rsplit_once("text:style-name=\"").unwrap();
    let (style, text) = style.split_once('"').unwrap();
    assert_eq!(text, ">the ");
    let (_, rules) = flat
        .split_once(&format!("<style:style style:name=\"{style}\""))
        .unwrap();
    let (rules, _) = rules.split_once("</style:style>").unwrap();
    assert!(
        rules.contains("fo:font-weight=\"bold\"") && rules.contains("#ff0000"),
        "{rules}"
    );
    assert!(!rules.contains("fo:font-style=\"italic\""), "{rules}");
    assert!(flat.contains("xlink:href=\"https://example.org/MeK\""));
}
