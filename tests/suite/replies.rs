//! What replies must look like, good and bad: shared by the tests over a socket.

use super::helpers::{Reply, TestServer};

/// A look-up that finds the unit of [`TestServer::with_a_unit`].
pub(crate) const LOOKUP: &str =
    r#"{"source_lang":"en","target_lang":"fa","text":"The door is open."}"#;

/// The same with more fields.
pub(crate) fn lookup_with(more: &str) -> String {
    LOOKUP.replace('}', &format!(",{more}}}"))
}

/// The next request works, as after every bad one.
pub(crate) fn goes_on(server: &TestServer) {
    let found = server.post("/v1/lookup", LOOKUP);
    assert_eq!(found.status, 200, "{}", found.text);
    assert_eq!(found.json()["matches"][0]["target"], "در باز است.");
}

/// A problem as all must be, with this code.
pub(crate) fn is_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let body = reply.json();
    assert_eq!(body["code"], code, "{}", reply.text);
    assert_eq!(body["status"], status);
    assert_eq!(body["request_id"], reply.header("x-request-id"));
    assert_eq!(body["type"], format!("urn:hamzaban:problem:{code}"));
    assert!(body["detail"].as_str().unwrap().len() > 10);
    for secret in ["SELECT", "INSERT", "/tmp", "sqlite", "src/"] {
        assert!(!reply.text.contains(secret), "{}", reply.text);
    }
}
