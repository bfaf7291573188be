//! Bad requests over a real socket: each gets its status and code, and the next request works.

use std::io::Write;

use super::bad_rows::{bad_batches, bad_lookups, bad_memories, bad_transfers, bad_units};
use super::helpers::TestServer;
use super::replies::{LOOKUP, goes_on, is_problem};

#[test]
fn only_json_is_taken_for_json() {
    let server = TestServer::with_a_unit();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "",
    ] {
        let headers = [("Content-Type", content_type)];
        let reply = server.send("POST", "/v1/lookup", &headers, Some(LOOKUP.as_bytes()));
        is_problem(&reply, 415, "unsupported_media_type");
    }
    let headers = [("Content-Type", "application/json; charset=utf-8")];
    assert_eq!(
        server
            .send("POST", "/v1/lookup", &headers, Some(LOOKUP.as_bytes()))
            .status,
        200
    );
}

#[test]
fn large_bodies_are_refused_early_with_a_length_and_without() {
    let server = TestServer::with_a_unit();
    let announced = b"POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2097152\r\n\r\n{";
    let answer = server.raw(announced);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains("too_large") && answer.to_lowercase().contains("connection: close"),
        "{answer}"
    );

    let mut chunked = b"POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..20 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend_from_slice(&[b' '; 0x10000]);
        chunked.extend_from_slice(b"\r\n");
    }
    let answer = server.raw(&chunked);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    goes_on(&server);
}

#[test]
fn packed_bodies_are_unpacked_and_bombs_are_not() {
    let server = TestServer::with_a_unit();
    let pack = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
    ];
    let reply = server.send(
        "POST",
        "/v1/lookup",
        &headers,
        Some(&pack(LOOKUP.as_bytes())),
    );
    assert_eq!(reply.status, 200, "{}", reply.text);
    let bomb = pack(&vec![b' '; 100 << 20]);
    is_problem(
        &server.send("POST", "/v1/lookup", &headers, Some(&bomb)),
        413,
        "too_large",
    );
    goes_on(&server);
}

#[test]
fn a_request_of_two_lengths_is_refused() {
    let server = TestServer::with_a_unit();
    let smuggled = b"POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/memories HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = server.raw(smuggled);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    goes_on(&server);
}

#[test]
fn other_addresses_and_methods_are_problems_too() {
    let server = TestServer::with_a_unit();
    for path in [
        "/v2",
        "/v1",
        "/v1/",
        "/v1/memories/",
        "/v1/memories/none",
        "/v1/memories/NEWS",
        "/v1/memories/..%2f..%2fetc%2fpasswd",
        "/v1/memories/%2e%2e%2f",
        "/v1/memories/news%00",
        "/v1/memories/none/units",
        "/v1/memories/none/export?format=tmx",
        "/v1/units/none",
        "/v1/units/999999999",
        "/v1/units/none/history",
        "/v1/imports/none",
        "/v1/imports/999999999",
    ] {
        is_problem(&server.get(path), 404, "not_found");
    }
    let reply = server.json("PATCH", "/v1/lookup", "{}");
    is_problem(&reply, 405, "method_not_allowed");
    assert_eq!(reply.header("allow"), "POST");
    is_problem(&server.delete("/v1/memories"), 405, "method_not_allowed");
    goes_on(&server);
}

#[test]
fn every_bad_input_gets_its_code_and_place_and_the_next_one_works() {
    let server = TestServer::with_a_unit();
    let rows = [
        bad_lookups(),
        bad_batches(),
        bad_memories(),
        bad_units(),
        bad_transfers(),
    ];
    for (method, path, body, status, code, pointer) in rows.concat() {
        let shown = format!("{method} {path} {body:.200}");
        let reply = match method {
            "POST" => server.post(path, &body),
            _ => server.send(method, path, &[], None),
        };
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (status, code),
            "{shown}: {}",
            reply.text
        );
        is_problem(&reply, status, code);
        let errors = &reply.json()["errors"];
        assert_eq!(
            errors[0]["pointer"].as_str().unwrap_or_default(),
            pointer,
            "{shown}"
        );
        for echo in ["a", "e"] {
            assert!(!reply.text.contains(&echo.repeat(101)), "{shown}");
        }
        goes_on(&server);
    }
    let mut invalid = LOOKUP.as_bytes().to_vec();
    invalid[60] = 0xff;
    let headers = [("Content-Type", "application/json")];
    let reply = server.send("POST", "/v1/lookup", &headers, Some(&invalid));
    is_problem(&reply, 400, "invalid_unicode");
}
