//! Files in and out over a real socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::helpers::TestServer;
use super::process::wait_for;
use super::replies::{LOOKUP, goes_on, is_problem};

const TSV: &str = "en\tfa\nThe window is open.\tپنجره باز است.\nThe door is open.\tدر باز است.\n";

#[test]
fn a_file_goes_in_and_comes_out() {
    let server = TestServer::with_a_unit();
    let imported = server.import(
        "news",
        "format=tsv&name=..%2f..%2fdb.sqlite",
        TSV.as_bytes(),
    );
    assert_eq!(imported.status, 200, "{}", imported.text);
    let report = imported.json();
    assert_eq!(
        (&report["read"], &report["added"], &report["unchanged"]),
        (&2.into(), &1.into(), &1.into())
    );
    let id = imported.header("import-id");
    assert_eq!(report["id"], id);
    let status = server.get(&format!("/v1/imports/{id}")).json();
    assert_eq!(status["state"], "done");
    assert_eq!(status["bytes_read"], TSV.len());

    for (format, needle) in [
        ("tmx", "<seg>The window is open.</seg>"),
        ("tsv", "The window is open.\t"),
        ("csv", "The window is open.,"),
    ] {
        let exported = server.get(&format!("/v1/memories/news/export?format={format}"));
        assert_eq!(exported.status, 200);
        assert!(exported.text.contains(needle), "{}", exported.text);
        assert_eq!(
            exported.header("content-disposition"),
            format!("attachment; filename=\"news.{format}\"")
        );
        let again = server.import(
            "news",
            &format!("format={format}"),
            exported.text.as_bytes(),
        );
        assert_eq!(again.json()["added"], 0, "{}", again.text);
        assert_eq!(again.json()["read"], 2);
    }
    for query in [
        "",
        "format=docx",
        "format=tmx&mode=replace",
        "format=tsv&from=en",
        "format=tmx&x=1",
    ] {
        assert_eq!(server.import("news", query, b"").status, 400, "{query}");
    }
    is_problem(
        &server.get("/v1/memories/news/export"),
        400,
        "missing_field",
    );
}

#[test]
fn files_that_are_not_what_they_claim_say_where() {
    let server = TestServer::with_a_unit();
    for (file, code) in [
        (&b""[..], "not_tmx"),
        (b"<html><body>Not Found</body></html>", "not_tmx"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_tmx"),
        (b"<?xml version=\"1.0\"?><tmx version=\"1.4\"><header srclang=\"en\"/><body><tu><tuv xml:lang=\"en\"><seg>cut", "unexpected_eof"),
        (b"<?xml version=\"1.0\"?><!DOCTYPE tmx [<!ENTITY a \"b\">]><tmx/>", "doctype_not_allowed"),
        (b"<?xml version=\"1.0\"?><!DOCTYPE tmx SYSTEM \"file:///etc/passwd\"><tmx/>", "doctype_not_allowed"),
    ] {
        let reply = server.import("news", "format=tmx", file);
        is_problem(&reply, 422, code);
        let body = reply.json();
        assert!(body["line"].is_u64() && body["byte"].is_u64(), "{body}");
        assert_eq!(body["report"]["added"], 0);
        let id = reply.header("import-id");
        assert_eq!(server.get(&format!("/v1/imports/{id}")).json()["state"], "failed");
        goes_on(&server);
    }
}

#[test]
fn a_client_that_leaves_during_an_upload_leaves_a_failed_import() {
    let server = TestServer::with_a_unit();
    let id: u64 = server
        .import("news", "format=tsv", TSV.as_bytes())
        .header("import-id")
        .parse()
        .unwrap();
    {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let head = "POST /v1/memories/news/import?format=tsv HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(TSV.as_bytes()).unwrap();
    }
    let started = Instant::now();
    loop {
        let status = server.get(&format!("/v1/imports/{}", id + 1));
        if status.status == 200 && status.json()["state"] == "failed" {
            break;
        }
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{}",
            status.text
        );
        std::thread::yield_now();
    }
    goes_on(&server);
}

#[test]
fn clients_that_leave_at_any_place_leave_failed_imports() {
    let server = TestServer::with_a_unit();
    let rows: String = (0..4_000)
        .map(|n| format!("Row number {n}\tسطر {n}\n"))
        .collect();
    let file = format!("en\tfa\n{rows}");
    for part in 0..50 {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let head = format!(
            "POST /v1/memories/news/import?format=tsv HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
            file.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // The server may be gone from this connection before it took everything.
        let _ = stream.write_all(&file.as_bytes()[..file.len() * part / 50]);
    }
    // None runs on, and each says what of it is there.
    wait_for("the end of all", || {
        let imports = (1..=50).map(|id| server.get(&format!("/v1/imports/{id}")));
        let begun: Vec<Value> = imports
            .filter(|status| status.status == 200)
            .map(|status| status.json())
            .collect();
        let ended = begun.iter().all(|import| import["state"] != "running");
        let added: u64 = begun
            .iter()
            .filter_map(|import| import["report"]["added"].as_u64())
            .sum();
        let units = server.get("/v1/memories/news").json()["units"].clone();
        (ended && units == added + 1).then_some(())
    });
    goes_on(&server);
}

#[test]
fn an_import_sent_twice_with_one_key_has_one_id_and_its_settings_count() {
    let server = TestServer::with_a_unit();
    let send = |query: &str, file: &str| {
        let path = format!("/v1/memories/news/import?format=tsv{query}");
        server.send(
            "POST",
            &path,
            &[("Idempotency-Key", "k")],
            Some(file.as_bytes()),
        )
    };
    let (first, second) = (send("", TSV), send("", TSV));
    assert_eq!((first.status, &first.text), (200, &second.text));
    assert_ne!(first.header("import-id"), "");
    assert_eq!(first.header("import-id"), second.header("import-id"));
    is_problem(&send("&mode=update", TSV), 422, "idempotency_mismatch");
    is_problem(&send("", "en\tfa\nx\ty\n"), 422, "idempotency_mismatch");
}

#[test]
fn what_an_import_keeps_is_found() {
    let server = TestServer::with_a_unit();
    let marks = format!("e{}", "\u{301}".repeat(200));
    for text in ["The \u{202e}odd segment", marks.as_str()] {
        let file = format!("en\tfa\n{text}\tعجیب\n");
        let report = server.import("news", "format=tsv", file.as_bytes()).json();
        assert_eq!(
            (&report["added"], &report["problems_total"]),
            (&1.into(), &1.into())
        );
        let body = format!(r#"{{"source_lang":"en","target_lang":"fa","text":"{text}"}}"#);
        let found = server.post("/v1/lookup", &body).json();
        assert_eq!(found["matches"][0]["score"], 100, "{found}");
    }
}

#[test]
fn slow_transfers_do_not_keep_look_ups_out() {
    let server = TestServer::with_a_unit();
    let head = "POST /v1/memories/news/import?format=tsv HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\nen";
    let slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        goes_on(&server);
    }
    drop(slow);
}

#[test]
fn slow_bodies_do_not_keep_others_out_and_are_answered_when_they_are_whole() {
    let server = TestServer::with_a_unit();
    let length = LOOKUP.len();
    let head = format!(
        "POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    let (first, rest) = LOOKUP.split_at(length / 2);
    let mut slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(first.as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        goes_on(&server);
    }
    for stream in slow.iter_mut().step_by(9) {
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
}
