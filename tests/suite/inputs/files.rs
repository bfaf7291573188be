//! Files that come in, and what goes out.

use std::io::Write;
use std::net::TcpListener;

use super::requests::{lookup, packed, unit};
use super::{TMX, World, is_problem};

pub(super) const HEADER: &str = r#"<header creationtool="t" creationtoolversion="1" segtype="sentence" o-tmf="t" adminlang="en" srclang="en" datatype="plaintext"/>"#;

pub(super) fn tu(en: &str) -> String {
    format!(
        r#"<tu><tuv xml:lang="en"><seg>{en}</seg></tuv><tuv xml:lang="fa"><seg>متن</seg></tuv></tu>"#
    )
}

pub(super) fn tmx(doctype: &str, units: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>{doctype}<tmx version="1.4">{HEADER}<body>{units}</body></tmx>"#
    )
}

pub(super) fn doctypes(world: &World) {
    let import = |doctype: &str| {
        world
            .open
            .import(TMX, tmx(doctype, &tu("A text.")).as_bytes())
    };
    let mut laughs = "<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..10 {
        let inner = format!("&a{};", level - 1).repeat(10);
        laughs += &format!("<!ENTITY a{level} \"{inner}\">");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let seen = world.open.reached_for(|| {
        for doctype in [
            format!("<!DOCTYPE tmx [{laughs}]>"),
            "<!DOCTYPE tmx SYSTEM \"file:///etc/passwd\">".into(),
            format!(
                "<!DOCTYPE tmx SYSTEM \"http://{}/x.dtd\">",
                listener.local_addr().unwrap()
            ),
        ] {
            is_problem(&import(&doctype), 422, "doctype_not_allowed");
        }
    });
    let seen = seen.unwrap_or_default();
    assert!(
        !seen.contains("passwd") && !seen.contains("connect("),
        "{seen}"
    );
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody called");
    let usual = import("<!DOCTYPE tmx SYSTEM \"tmx14.dtd\">");
    assert_eq!(usual.status, 200, "{}", usual.text);
}

pub(super) fn cut_files(world: &World) {
    let units: String = (0..20).map(|n| tu(&format!("Cut {n}."))).collect();
    let file = tmx("", &units);
    for part in 1..50 {
        let mut end = file.len() * part / 50;
        while !file.is_char_boundary(end) {
            end -= 1;
        }
        let reply = world.open.import(TMX, &file.as_bytes()[..end]);
        let code = if end < 30 {
            "not_tmx"
        } else {
            "unexpected_eof"
        };
        assert_eq!(reply.status, 422, "{end}: {}", reply.text);
        assert!(
            [code, "unexpected_eof"].contains(&reply.code().as_str()),
            "{end}: {}",
            reply.text
        );
        let body = reply.json();
        assert!(
            body["byte"].is_u64() && body["report"]["added"].is_u64(),
            "{body}"
        );
    }
}

pub(super) fn not_tmx(world: &World) {
    let random: Vec<u8> = (0..4_096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for file in [
        &b""[..],
        b"<html><body>Not Found</body></html>",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        &random,
    ] {
        is_problem(&world.open.import(TMX, file), 422, "not_tmx");
    }
}

pub(super) fn monstrous_files(world: &World) {
    let nested = format!("{}{}", "<sub>".repeat(1_000_000), "x");
    let attributes: String = (0..300_000).map(|n| format!(" a{n}=\"\"")).collect();
    let endless = "x".repeat(200 << 20);
    for (units, code) in [
        (tu(&nested), "xml_too_deep"),
        (format!("<tu{attributes}/>"), "too_many_attributes"),
        (tu(&endless), "text_too_long"),
    ] {
        let reply = world.open.import(TMX, tmx("", &units).as_bytes());
        is_problem(&reply, 422, code);
    }
}

pub(super) fn characters(world: &World) {
    let units: String = ["&#0;", "&#xD800;", "&unknown;", "A good one."]
        .map(tu)
        .concat();
    let reply = world.open.import(TMX, tmx("", &units).as_bytes());
    let report = reply.json();
    assert_eq!(
        (reply.status, &report["skipped"], &report["added"]),
        (200, &3.into(), &1.into()),
        "{}",
        reply.text
    );
    assert!(report["problems"][0]["line"].is_u64(), "{report}");
}

pub(super) fn encodings(world: &World) {
    let file = tmx("", &tu("In sixteen bits: در."));
    let file = file.replace("?>", " encoding=\"UTF-16\"?>");
    let little: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(file.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(file.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    for bytes in [little, big] {
        let reply = world.open.import(TMX, &bytes);
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let found = world
        .open
        .post("/v1/lookup", &lookup("In sixteen bits: در."));
    assert_eq!(found.json()["matches"][0]["score"], 100, "{}", found.text);
    let mut arabic = tmx("", &tu("@@@")).into_bytes();
    let place = arabic.windows(3).position(|bytes| bytes == b"@@@").unwrap();
    arabic[place..place + 3].copy_from_slice(&[0xcf, 0xd1, 0x20]);
    is_problem(&world.open.import(TMX, &arabic), 422, "encoding_error");
}

pub(super) fn references(world: &World) {
    let address = &world.closed.process.address;
    let tbx = format!(
        r#"<?xml version="1.0"?><?xml-stylesheet href="http://{address}/x.xsl"?><martif type="TBX-Basic" xml:lang="en" xmlns:xi="http://www.w3.org/2001/XInclude"><martifHeader><fileDesc><sourceDesc><p>x</p></sourceDesc></fileDesc></martifHeader><text><body><termEntry id="org:tbx"><xref target="file:///etc/passwd"/><langSet xml:lang="en"><tig><term>Referring Body</term></tig></langSet></termEntry></body></text></martif>"#
    );
    let reply = world
        .open
        .import("/v1/glossary/import?format=tbx", tbx.as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json()["added"], 1, "{}", reply.text);
}

/// A zip archive with these entries.
pub(super) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub(super) fn archives(world: &World) {
    let kind = ("mimetype", &b"application/vnd.oasis.opendocument.text"[..]);
    let many: Vec<String> = (0..2_000).map(|n| format!("n{n}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let bomb = vec![b' '; 100 << 20];
    let odt = |entries: &[(&str, &[u8])]| {
        let file = zip(&[&[kind], entries].concat());
        world
            .open
            .send("POST", "/v1/documents/normalize?kind=odt", &[], Some(&file))
    };
    let content = ("content.xml", &b"<a/>"[..]);
    for entries in [
        &[("../../x", &b"x"[..]), content][..],
        &[("/etc/x", b"x"), content],
        &many,
        &[("content.xml", &bomb)],
    ] {
        is_problem(&odt(entries), 422, "archive_rejected");
    }
    let lines = format!("{}\n", " ".repeat(1_000)).repeat(100);
    let head = tmx("", "").replace("</body></tmx>", "").into_bytes();
    let units = (0..400).map(|_| format!("<tu>{lines}</tu>").into_bytes());
    let reply = world
        .open
        .import(TMX, &packed(std::iter::once(head).chain(units)));
    is_problem(&reply, 422, "archive_rejected");
}

pub(super) fn file_names(world: &World) {
    let long = "x".repeat(5_000);
    for name in [
        "..%2f..%2fdb.sqlite",
        "CON",
        long.as_str(),
        "a%0d%0aX-Evil:%201",
    ] {
        let file = tmx("", &tu("A text."));
        let reply = world
            .open
            .import(&format!("{TMX}&name={name}"), file.as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("x-evil"), "");
    }
}

pub(super) fn formulas(world: &World) {
    let cells = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "＝1"];
    for cell in cells {
        world.open.post("/v1/memories/markup/units", &unit(cell));
    }
    let exported = world.open.get("/v1/memories/markup/export?format=csv");
    assert!(
        exported
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(exported.header("x-content-type-options"), "nosniff");
    let path = "/v1/memories/markup/export?spreadsheet=true&format=";
    let safe = world.open.get(&format!("{path}csv"));
    for cell in cells {
        let found = safe.text.contains(&format!("'{cell}"));
        assert!(found, "{cell}: {}", safe.text);
        assert!(!exported.text.contains(&format!("'{cell}")), "{cell}");
    }
    is_problem(&world.open.get(&format!("{path}tmx")), 400, "invalid_value");
    for file in [exported, safe] {
        let again = world.open.import(
            "/v1/memories/markup/import?format=csv",
            file.text.as_bytes(),
        );
        assert_eq!(
            again.json()["added"],
            0,
            "it comes back as it was: {}",
            again.text
        );
    }
}
