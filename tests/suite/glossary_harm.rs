//! Glossary files and documents that mean harm, look-alikes that come at once, names that go in circles.

use std::io::Write;

use serde_json::{Value, json};

use super::documents::docx_by_hand;
use super::glossary_files::{HEADER, exported, import};
use super::helpers::TestServer;
use super::replies::is_problem;

#[test]
fn of_two_look_alikes_that_come_at_once_one_gets_in() {
    let server = TestServer::start();
    for n in 0..15 {
        let make = |id: &str, text: String| {
            let body =
                json!({"id": format!("org:{id}{n}"), "names": [{"lang": "en", "text": text}]});
            server.post("/v1/concepts", &body.to_string()).status
        };
        let (one, other) = std::thread::scope(|scope| {
            let one = scope.spawn(|| make("latin", format!("MEK {n}")));
            let other = scope.spawn(|| make("cyrillic", format!("МЕК {n}")));
            (one.join().unwrap(), other.join().unwrap())
        });
        let mut both = [one, other];
        both.sort_unstable();
        assert_eq!(both, [201, 409], "{n}");
    }
}

#[test]
fn files_that_mean_harm_get_a_clear_reply_and_write_nothing() {
    let server = TestServer::start();
    let good = format!("{HEADER}org:mek,en,MEK,preferred,acronym,,,,,,,\n");
    assert_eq!(import(&server, "format=csv", good.as_bytes()).status, 200);
    let before = exported(&server);

    // Rows that are no names: each is told with its line, and the file as a whole is no error.
    let long = "x".repeat(2_000);
    for (name, code) in [
        ("MEK\u{202E}", "bidi_control_in_name"),
        ("a\u{2067}b", "bidi_control_in_name"),
        ("ME\u{200B}K", "invisible_character"),
        ("MEK\u{E0041}", "invisible_character"),
        ("МЕК", "confusable_name"),
        (long.as_str(), "name_too_long"),
    ] {
        let file = format!("concept,lang,name\norg:bad,en,{name}\n");
        let reply = import(&server, "format=csv", file.as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.text);
        let report = reply.json();
        assert_eq!(
            (&report["skipped"], &report["added"]),
            (&json!(1), &json!(0)),
            "{report}"
        );
        let problem = &report["problems"][0];
        assert_eq!(
            (&problem["line"], &problem["byte"]),
            (&json!(2), &json!(18)),
            "{report}"
        );
        let told = |problem: &Value| problem["reason"].as_str().unwrap().contains(code);
        let problems = report["problems"].as_array().unwrap();
        assert!(problems.iter().any(told), "{code}: {report}");
        assert_eq!(exported(&server), before, "{code}");
    }
    // Of two look-alikes in one file the second one stays out.
    let alike = "concept,lang,name\norg:p,en,PEO\norg:q,en,РЕО\n";
    let report = import(&server, "format=csv", alike.as_bytes()).json();
    assert_eq!(
        (
            &report["added"],
            &report["skipped"],
            &report["problems"][0]["line"]
        ),
        (&json!(1), &json!(1), &json!(3)),
        "{report}"
    );
    let id = report["id"].as_str().unwrap();
    assert_eq!(server.delete(&format!("/v1/imports/{id}")).status, 200);
    assert_eq!(exported(&server), before);

    // Files that are none.
    let deep = format!("<martif type=\"TBX\">{}", "<text>".repeat(10_000));
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE martif [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><martif type=\"TBX\"><text><body><termEntry id=\"a\"><langSet xml:lang=\"en\"><tig><term>&b;</term></tig></langSet></termEntry></body></text></martif>";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..65 {
        packed.write_all(&vec![b'a'; 1 << 20]).unwrap();
    }
    let packed = packed.finish().unwrap();
    for (query, file, status) in [
        ("format=tbx", deep.as_bytes(), 422),
        ("format=tbx", bomb.as_bytes(), 422),
        ("format=tbx", b"PK\x03\x04", 422),
        ("format=csv", packed.as_slice(), 422),
        ("format=csv", b"", 422),
        ("format=csv", b"\xff\xfe\x00\xd8a", 422),
        ("format=omegat", b"a\tb\n", 400),
        ("format=omegat&from=en", b"a\tb\n", 400),
        ("format=omegat&from=en&to=eng", b"a\tb\n", 400),
        ("format=csv&mode=all", b"", 400),
    ] {
        let reply = import(&server, query, file);
        assert!(
            reply.status == status || (status == 422 && reply.status == 400),
            "{query}: {} {}",
            reply.status,
            reply.text
        );
        let problem = reply.json();
        assert!(
            !problem["code"].as_str().unwrap().is_empty()
                && !problem["detail"].as_str().unwrap().is_empty()
        );
        assert_eq!(exported(&server), before, "{query} {}", reply.text);
    }
    let surrogate = r#"{"id":"org:s","names":[{"lang":"en","text":"\udc00"}]}"#;
    is_problem(
        &server.post("/v1/concepts", surrogate),
        400,
        "invalid_unicode",
    );
    assert_eq!(
        server
            .send(
                "POST",
                "/v1/concepts",
                &[("Content-Type", "application/json")],
                Some(b"{\"id\":\"org:s\",\"names\":[{\"lang\":\"en\",\"text\":\"\xff\"}]}")
            )
            .status,
        400
    );
    assert_eq!(exported(&server), before);
}

#[test]
fn names_that_replace_each_other_in_a_circle_end_in_one_text() {
    let server = TestServer::start();
    let circle = format!(
        "{HEADER}org:a,en,Alpha Body,preferred,full,,,,,,,\norg:a,en,Beta Body,deprecated,full,,,,,,,\norg:b,en,Beta Body,preferred,full,,,,,,,\norg:b,en,Gamma Body,deprecated,full,,,,,,,\norg:c,en,Gamma Body,preferred,full,,,,,,,\norg:c,en,Alpha Body,deprecated,full,,,,,,,\n"
    );
    assert_eq!(import(&server, "format=csv", circle.as_bytes()).status, 200);
    let normalize = |text: &str| {
        let reply = server.post("/v1/names/normalize", &json!({ "text": text }).to_string());
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["text"].as_str().unwrap().to_owned()
    };
    for text in [
        "Alpha Body, Beta Body and Gamma Body.",
        "Gamma Body",
        "Beta Body’s Alpha Body",
    ] {
        let once = normalize(text);
        assert_eq!(normalize(&once), once, "{text}");
    }
}

#[test]
fn documents_are_brought_in_line_over_http_and_bad_ones_are_refused() {
    let server = TestServer::start();
    let names = r#"{"id":"org:pmoi","names":[{"lang":"en","text":"People's Mojahedin Organization of Iran"},
        {"lang":"en","text":"MEK","type":"acronym","status":"admitted"},{"lang":"en","text":"MeK","type":"acronym","status":"deprecated"}]}"#;
    assert_eq!(server.post("/v1/concepts", names).status, 201);
    let docx = docx_by_hand();
    let send =
        |body: &[u8]| server.send("POST", "/v1/documents/normalize?kind=docx", &[], Some(body));
    let done = send(&docx);
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.header("changes"), "3");

    let with = |name: &str, content: &[u8]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, content) in [("[Content_Types].xml", &b"<Types/>"[..]), (name, content)] {
            zip.start_file(name, options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    for (body, what) in [
        (with("../../etc/passwd", b"x"), "a path that climbs"),
        (with("/word/document.xml", b"x"), "a path from the root"),
        (with("word/document.xml", &vec![b'a'; 80 << 20]), "a bomb"),
        (docx[..docx.len() / 2].to_vec(), "half a file"),
        (b"PK\x03\x04".to_vec(), "a head"),
        (Vec::new(), "nothing"),
    ] {
        let reply = send(&body);
        assert!(
            [413, 422].contains(&reply.status),
            "{what}: {} {}",
            reply.status,
            reply.text
        );
        assert!(
            !reply.json()["detail"].as_str().unwrap().is_empty(),
            "{what}"
        );
    }
    let text = server.send(
        "POST",
        "/v1/documents/normalize?kind=text",
        &[],
        Some(b"MeK \xff\xfe MeK"),
    );
    is_problem(&text, 422, "encoding_error");
}
