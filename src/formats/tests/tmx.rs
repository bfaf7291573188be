//! TMX beyond the collection: what is forgiven, what is not, and what is made of it.

use super::{lang, read_all, read_tmx, tmx, tu, unit, write_all};
use crate::formats::{Format, ReadOptions, WriteOptions};
use crate::model::Stamp;

#[test]
fn unusual_files_are_read() {
    let unit = tu("a", "آ");
    let plain = tmx(&unit);
    for (what, file) in [
        ("upper case", "<TMX><HEADER SRCLANG='en'/><BODY><TU><TUV XML:LANG='en'><SEG>a</SEG></TUV><TUV LANG='fa'><SEG>آ</SEG></TUV></TU></BODY></TMX>".into()),
        ("a namespace", plain.replace("<tu", "<t:tu").replace("</tu", "</t:tu").replace("<tmx", "<tmx xmlns:t='x'")),
        ("no header", plain.replace("<header srclang=\"en\"/>", "")),
        ("no body", plain.replace("<body>", "").replace("</body>", "")),
        ("no declaration", plain.replace("<?xml version=\"1.0\"?>\n", "")),
        ("a space before the declaration", format!("\n {plain}")),
        ("a byte order mark", format!("\u{FEFF}{plain}")),
        ("two byte order marks", format!("\u{FEFF}\u{FEFF}{plain}")),
        ("comments and instructions everywhere", plain.replace('>', "><!-- <tu> --><?x <tu?>").replacen("<!-- <tu> --><?x <tu?>", "", 1)),
        ("CDATA", tmx(&tu("<![CDATA[a]]>", "<![CDATA[]]>آ"))),
        ("a doctype", plain.replace("?>", "?><!DOCTYPE tmx PUBLIC '-//LISA' 'http://x/tmx14.dtd'>")),
        ("single quotes and spaces in tags", plain.replace('"', "'").replace('>', "\n>").replace("?\n>", "?>").replace("/\n>", "/>")),
        ("a header with content", plain.replace("<header srclang=\"en\"/>", "<header srclang='en'><note>&nbsp; & <b/>\u{7}</note><prop type='x'>tu</prop><ude name='u'><map unicode='#xF8FF'/></ude></header>")),
        ("an unknown element around", tmx(&format!("<group>{unit}</group>"))),
        ("text between units", tmx(&format!("stray {unit} text &amp;"))),
        ("a trailing comment", format!("{plain}<!-- end -->\n<?pi?>\n")),
        ("line ends of DOS", plain.replace('\n', "\r\n")),
    ] {
        let outcome = read_tmx(file);
        assert_eq!((outcome.texts(), outcome.code()), (vec!["a | آ".to_owned()], ""), "{what}: {:?}", outcome.error);
        assert!(outcome.skipped().is_empty(), "{what}");
    }
}

#[test]
fn files_without_units_are_read() {
    for body in ["", "<!-- -->", "<tux/>"] {
        let outcome = read_tmx(tmx(body));
        assert_eq!((outcome.entries.len(), outcome.code()), (0, ""), "{body}");
    }
    assert_eq!(read_tmx("<tmx/>").code(), "");
}

#[test]
fn files_that_are_something_else_are_named() {
    for (file, expected) in [
        (&b""[..], "the file is empty"),
        (b" \n ", "the file is empty"),
        (
            b"<html><body/></html>",
            "the root element is `html`, not `tmx`",
        ),
        (b"<xliff version='1.2'/>", "`xliff`"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "UTF-8"),
        (b"\x7fELF\x02\x01", "does not begin with an element"),
        (b"en\tfa\nHello", "does not begin with an element"),
        (b"</tmx>", ""),
        (b"&tmx;", ""),
        (b"<![CDATA[x]]>", ""),
        (b"<!DOCTYPE html [<!ENTITY a 'b'>]><tmx/>", "`html`"),
        (b"\xFF\xFE<\0h\0t\0m\0l\0/\0>\0", "`html`"),
    ] {
        let outcome = read_tmx(file);
        assert_eq!(outcome.code(), "not_tmx", "{}", file.escape_ascii());
        let error = outcome.error.unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let long = "x".repeat(2 << 20);
    assert_eq!(read_tmx(long).code(), "not_tmx");
}

#[test]
fn files_that_are_no_xml_end_there() {
    let unit = tu("a", "آ");
    for (what, file) in [
        ("text behind", tmx(&unit) + "x"),
        ("a second root", tmx(&unit) + "<tmx/>"),
        ("a second document", tmx(&unit) + &tmx(&unit)),
        ("a reference behind", tmx(&unit) + "&amp;"),
        ("CDATA behind", tmx(&unit) + "<![CDATA[ ]]>"),
        ("a wrong end tag", tmx(&format!("{unit}<tu></tuv>"))),
        ("an end tag too many", tmx(&format!("{unit}</tu>"))),
        (
            "an attribute twice",
            tmx(&format!("{unit}<tu a='1' a='2'/>")),
        ),
        (
            "an attribute without quotes",
            tmx(&format!("{unit}<tu a=1/>")),
        ),
        ("an attribute with `<`", tmx(&format!("{unit}<tu a='<'/>"))),
        (
            "attributes without a space",
            tmx(&format!("{unit}<tu a='1'b='2'/>")),
        ),
        ("an element without a name", tmx(&format!("{unit}< tu/>"))),
        ("a bare `<`", tmx(&format!("{unit}{}", tu("1 < 2", "")))),
        (
            "an end tag with attributes",
            tmx(&format!("{unit}<tu></tu a='1'>")),
        ),
        ("a doctype inside", tmx(&format!("{unit}<!DOCTYPE tmx>"))),
        (
            "a declaration inside",
            tmx(&format!("{unit}<?xml version='1.0'?>")),
        ),
        ("unknown markup", tmx(&format!("{unit}<!foo>"))),
    ] {
        let outcome = read_tmx(file);
        assert_eq!(
            outcome.code(),
            "xml_not_well_formed",
            "{what}: {:?}",
            outcome.error
        );
        assert_eq!(outcome.units().len(), 1, "{what}");
        assert!(outcome.error.unwrap().line > 1, "{what}");
    }
}

#[test]
fn a_faulty_unit_is_skipped_and_the_others_are_read() {
    let tuv = |attribute: &str, seg: &str| format!("<tuv {attribute}><seg>{seg}</seg></tuv>");
    let (en, fa) = (tuv("xml:lang='en'", "a"), tuv("xml:lang='fa'", "آ"));
    let many: String = (0..65)
        .map(|i| tuv(&format!("xml:lang='en-x-{i}'"), "a"))
        .collect();
    for (body, reason) in [
        (
            tu("A&nbsp;B", "x"),
            "the entity `&nbsp;` is not defined (line 4)",
        ),
        (tu("&#0;", "x"), "`&#0;` is not a character"),
        (tu("&#xD800;", "x"), "`&#xD800;` is not a character"),
        (tu("\u{0}", "x"), "U+0000"),
        (tu("\u{7f}", "x"), "U+007F"),
        (tu("\u{81}", "x"), "U+0081"),
        (tu("\u{FFFE}", "x"), "U+FFFE"),
        (tu("<![CDATA[\u{1b}]]>", "x"), "U+001B"),
        (tu("<ph>\u{7}</ph>a", "x"), "U+0007"),
        (tu("<ph x='\u{7}'/>a", "x"), "U+0007"),
        (tu("<ph x='&nbsp;'/>a", "x"), "&nbsp;"),
        (tu("AT&T", "x"), "must be `&amp;`"),
        (tu("a & b; c", "x"), "`& b;` is not defined"),
        (tu("<b>x</b>", "x"), "`b` is no element of a segment"),
        (tu("<seg>x</seg>", "x"), "`seg` is no element of a segment"),
        (tu("", "x"), "the en segment is empty"),
        (
            tu(" \u{200C}\u{200F}\u{FEFF}\n", "x"),
            "the en segment is empty",
        ),
        (tu(&"x".repeat(10_241), "x"), "10241 characters"),
        (format!("<tu>{en}</tu>"), "one language only"),
        (format!("<tu>{en}{en}</tu>"), "more than one en"),
        (format!("<tu>{en}{}</tu>", tuv("", "آ")), "no language"),
        (format!("<tu>{en}<tuv xml:lang='fa'/></tu>"), "no `seg`"),
        (
            format!("<tu>{en}{}</tu>", tuv("xml:lang='xx-../../etc'", "آ")),
            "`xx-../../etc` is not a language tag",
        ),
        (
            format!("<tu>{en}{fa}{}</tu>", tuv("xml:lang=''", "آ")),
            "`` is not a language tag",
        ),
        (
            format!("<tu>{en}{fa}<tu>{en}{fa}</tu></tu>"),
            "inside of the `tu`",
        ),
        (format!("<tu tuid='&nbsp;'>{en}{fa}</tu>"), "&nbsp;"),
        (
            format!("<tu><prop type='x'>\u{1}</prop>{en}{fa}</tu>"),
            "U+0001",
        ),
        (format!("<tu>{many}</tu>"), "65 variants"),
        ("<tu/>".into(), "the unit has no text"),
    ] {
        let outcome = read_tmx(tmx(&format!("{}\n{body}\n{}", tu("a", "b"), tu("c", "d"))));
        assert_eq!(
            outcome.texts(),
            ["a | b", "c | d"],
            "{body}: {:?}",
            outcome.error
        );
        assert_eq!(outcome.skipped().len(), 1, "{body}");
        assert!(
            outcome.skipped()[0].contains(reason),
            "{body}: {:?}",
            outcome.skipped()
        );
        assert_eq!(outcome.entries[1].place.line, 4);
    }
}

#[test]
fn a_unit_with_a_faulty_detail_is_taken_with_a_warning() {
    let tuv = |tag: &str, seg: &str| format!("<tuv xml:lang='{tag}'><seg>{seg}</seg></tuv>");
    let pair = tuv("en", "a") + &tuv("fa", "آ");
    for (body, warning) in [
        (
            format!("<tu>{pair}{}</tu>", tuv("de", "")),
            "the de segment is empty",
        ),
        (
            format!("<tu>{pair}{}</tu>", tuv("EN", "b")),
            "more than one en segment",
        ),
        (
            format!("<tu>{pair}<tuv><seg>b</seg></tuv></tu>"),
            "no language",
        ),
        (
            format!("<tu creationdate='1392'>{pair}</tu>"),
            "creationdate `1392` is no date",
        ),
        (
            format!("<tu>{pair}<x/>stray</tu>"),
            "`x` does not belong here",
        ),
        (format!("<tu>stray{pair}</tu>"), "text outside of `seg`"),
        (
            format!("<tu><note>a<b>c</b></note>{pair}</tu>"),
            "only its text is kept",
        ),
        (
            format!(
                "<tu>{}</tu>",
                pair.replace("</seg></tuv>", "</seg><seg>b</seg></tuv>")
            ),
            "more than one `seg`",
        ),
        (tu("<bpt i='1'/>a", "آ"), "`bpt` i=\"1\" has no `ept`"),
    ] {
        let outcome = read_tmx(tmx(&body));
        assert_eq!(outcome.texts(), ["a | آ"], "{body}");
        assert!(
            outcome.warnings()[0].contains(warning),
            "{body}: {:?}",
            outcome.warnings()
        );
    }
    for (text, warning) in [
        ("a\u{202E}b", "bidi control U+202E"),
        ("\u{2069}b", "bidi control U+2069"),
        (&format!("a{}", "\u{301}".repeat(100)), "combining marks"),
    ] {
        let outcome = read_tmx(tmx(&tu(text, "x")));
        assert_eq!(outcome.texts(), [format!("{text} | x")]);
        assert!(
            outcome.warnings()[0].contains(warning),
            "{:?}",
            outcome.warnings()
        );
    }
    assert!(read_tmx(tmx(&tu("\u{202E}", "x"))).skipped()[0].contains("is empty"));
    let nested = read_tmx(tmx(&format!("<tu><note>a<b>c</b></note>{pair}</tu>")));
    assert_eq!(nested.units()[0].metadata.notes[0].text, "ac");
}

#[test]
fn the_source_is_what_srclang_says() {
    let file = |header: &str, own: &str| {
        let own = if own.is_empty() {
            String::new()
        } else {
            format!(" srclang='{own}'")
        };
        let body = tu("a", "آ").replace("<tu>", &format!("<tu{own}>"));
        tmx(&body).replace("srclang=\"en\"", &format!("srclang='{header}'"))
    };
    for (header, own, from, expected, kept) in [
        ("en", "", "", "en", None),
        ("fa", "", "", "fa", None),
        ("FA_IR", "", "", "fa", None),
        ("*all*", "", "", "en", None),
        ("de", "", "", "en", None),
        ("en", "fa", "", "fa", None), // taken out: it only says which one
        ("en", "fa-IR", "", "fa", Some("fa-IR")),
        ("en", "en", "", "en", Some("en")),
        ("fa", "*all*", "", "fa", Some("*all*")),
        ("en", "", "fa", "fa", None),
        ("en", "", "de", "en", None),
    ] {
        let options = ReadOptions {
            source: from.parse().ok(),
            target: None,
        };
        let outcome = read_all(file(header, own), Format::Tmx, &options);
        let unit = outcome.units()[0];
        assert_eq!(
            unit.variants[unit.source].lang,
            lang(expected),
            "{header} {own} {from}"
        );
        assert_eq!(
            unit.metadata.attributes.get("srclang").map(String::as_str),
            kept,
            "{header} {own}"
        );
    }
}

#[test]
fn metadata_is_kept() {
    let outcome = read_tmx(tmx(
        "<tu tuid='t&amp;1' segtype='sentence' foo='x' xmlns:a='b' creationdate='20130215T164335Z' creationid='u' changeid='w'>\
         <prop type='p' xml:lang='fa'> 1\r\n</prop><note lang='en'>n</note><prop type='p'/><prop type='prev'>before</prop>\
         <tuv xml:lang='en' creationdate='20130215T164335Z' changeid='c'><note>v</note><seg>a</seg></tuv>\
         <tuv xml:lang='fa'><prop type='x-context-pre'>other</prop><seg>آ</seg></tuv></tu>",
    ));
    let unit = outcome.units()[0];
    let attributes: Vec<_> = unit
        .metadata
        .attributes
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    assert_eq!(attributes, ["changeid=w", "segtype=sentence", "tuid=t&1"]);
    let props: Vec<_> = unit
        .metadata
        .props
        .iter()
        .map(|p| format!("{} {:?} {:?}", p.kind, p.text, p.lang))
        .collect();
    assert_eq!(
        props,
        [
            "x-attr-foo \"x\" None",
            "p \" 1\\n\" Some(\"fa\")",
            "p \"\" None"
        ]
    );
    assert_eq!(unit.metadata.notes[0].lang.as_deref(), Some("en"));
    assert_eq!(
        unit.created,
        Some(Stamp {
            at: 1_360_946_615,
            by: Some("u".into())
        })
    );
    assert_eq!(unit.changed, None);
    assert_eq!(unit.context.previous.as_deref(), Some("before"));
    assert_eq!(unit.variants[0].metadata.attributes.len(), 2);
    assert_eq!(unit.variants[0].metadata.notes[0].text, "v");
    assert_eq!(unit.variants[1].metadata.props.len(), 1);
}

#[test]
fn encodings_are_read_and_places_are_those_of_the_file() {
    let body = tu("a😀", "گچپژ");
    let text = tmx(&format!("{body}\n{}", tu("&bad;", "x")));
    let place = |units: usize| {
        2 * text[..text.rfind("<tu>").unwrap()].encode_utf16().count() as u64 + units as u64
    };
    let utf16 =
        |to_bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
    for (mark, bytes) in [
        (&b"\xFF\xFE"[..], utf16(u16::to_le_bytes)),
        (b"", utf16(u16::to_le_bytes)),
        (b"\xFE\xFF", utf16(u16::to_be_bytes)),
        (b"", utf16(u16::to_be_bytes)),
    ] {
        let outcome = read_tmx([mark, &bytes].concat());
        assert_eq!(outcome.texts(), ["a😀 | گچپژ"], "{:?}", outcome.error);
        let found = outcome.entries[1].place;
        assert_eq!((found.line, found.byte), (4, place(mark.len())));
    }
    let declared = text
        .replace("version=\"1.0\"", "version='1.0' encoding='windows-1256'")
        .replace('😀', "é");
    let (bytes, _, unmapped) = encoding_rs::WINDOWS_1256.encode(&declared);
    assert!(!unmapped);
    let outcome = read_tmx(bytes.clone());
    assert_eq!(outcome.texts(), ["aé | گچپژ"]);
    let at = bytes.windows(4).rposition(|four| four == b"<tu>").unwrap();
    assert_eq!(outcome.entries[1].place.byte, at as u64);
}

#[test]
fn bytes_of_another_encoding_end_the_file_there() {
    for (bad, good_units) in [
        (&b"\xC7\xE1"[..], 1),
        (b"\xED\xA0\x80", 1),
        (b"\xC0\x80", 1),
        (b"\xFF", 1),
    ] {
        let marked = tmx(&format!("{}\n{}", tu("a", "b"), tu("c", "@@")));
        let at = marked.find("@@").unwrap();
        let bytes = [&marked.as_bytes()[..at], bad, &marked.as_bytes()[at + 2..]].concat();
        let outcome = read_tmx(bytes);
        let error = outcome.error.as_ref().unwrap();
        assert_eq!(
            (error.code, error.line, error.byte),
            ("encoding_error", 4, at as u64)
        );
        assert_eq!(outcome.units().len(), good_units);
    }
    let unknown = tmx("").replace("version=\"1.0\"", "version='1.0' encoding='klingon'");
    assert_eq!(read_tmx(unknown).code(), "encoding_error");
    assert_eq!(
        read_tmx(&b"\xFF\xFE\0\0<\0\0\0"[..]).code(),
        "encoding_error"
    );
}

#[test]
fn dates_and_users_of_a_change_are_written_only_where_the_file_had_them() {
    let made = "creationdate=\"20200101T000000Z\" creationid=\"a\"";
    for change in [
        "",
        " changedate=\"20200101T000000Z\" changeid=\"a\"",
        " changedate=\"20200101T000000Z\" changeid=\"b\"",
        " changedate=\"20210101T000000Z\" changeid=\"a\"",
        " changeid=\"b\"",
    ] {
        let start = format!("<tu {made}{change}>");
        let read = read_tmx(tmx(&tu("a", "آ").replace("<tu>", &start)));
        let (file, _) = write_all(
            &[unit(read.units()[0])],
            Format::Tmx,
            &WriteOptions::default(),
        );
        assert!(file.contains(&start), "{start}: {file}");
    }
}
