//! The OpenAPI document is a snapshot, so that a changed API is a visible difference; and what a server answers is what
//! it says, as Schemathesis tries it.

use std::process::Command;

use super::helpers::{client, full};
use super::process::Served;

#[test]
fn the_api_is_as_it_was() {
    insta::assert_snapshot!("openapi", hamzaban::http::openapi::document());
}

/// Requests made up from the document, good and bad, to every route: no reply is a fault of the server, and each has
/// the status, the headers and the form that the document says.
#[test]
fn what_the_document_says_is_what_the_server_does() {
    let Some(schemathesis) = client("schemathesis") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Served::start(&data);
    // The local administrator: made-up requests make and revoke keys.
    let run = std::fs::read_to_string(data.join("server.json")).unwrap();
    let run: serde_json::Value = serde_json::from_str(&run).unwrap();
    let token = run["token"].as_str().unwrap();
    let seconds = match full("ten minutes of made-up requests instead of one") {
        true => "600",
        false => "60",
    };
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
        response_headers_conformance,response_schema_conformance";
    let done = Command::new(schemathesis)
        .current_dir(folder.path())
        .args(["run", &format!("http://{}/openapi.json", server.address)])
        .args(["--checks", checks, "--max-time", seconds, "--seed", "1"])
        // Its generator gives up on some schemas after minutes; that says nothing of the server.
        .args(["--suppress-health-check", "filter_too_much"])
        .args([
            "--continue-on-failure",
            "--no-color",
            "--header",
            &format!("Authorization: Bearer {token}"),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    println!("{said}");
    assert!(done.status.success(), "{said}");
    assert_eq!(server.end().0, 0);
}
