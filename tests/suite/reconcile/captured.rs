//! Requests as real programs sent them to a stand-in, replayed.

use serde_json::{Value, json};

use super::super::helpers::shared;
use super::rules::{are_results, are_suggestions, is_extension, is_manifest};
use super::{TestServer, shipped};

/// A request as it was captured, and what a stand-in answered.
struct Captured {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
    answer: String,
}

fn captured(file: &str) -> Vec<Captured> {
    let mut all = Vec::new();
    for piece in file.split("\n>>> #").chain(file.strip_prefix(">>> #")) {
        let Some((request, answer)) = piece.split_once("\n<<< ") else {
            continue;
        };
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        let mut lines = head.lines().skip(1);
        let mut first = lines.next().unwrap_or_default().split(' ');
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        all.push(Captured {
            method: first.next().unwrap_or_default().to_owned(),
            path: first.next().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: body.trim_end().to_owned(),
            answer: answer.lines().nth(1).unwrap_or_default().to_owned(),
        });
    }
    all
}

#[test]
fn captured_requests_get_what_their_clients_want() {
    let server = shipped();
    let mut replayed = 0;
    for name in ["openrefine.txt", "python-clients-and-testbench.txt"] {
        let Some(file) = shared(&format!("../traffic/{name}")) else {
            continue;
        };
        for request in captured(&String::from_utf8_lossy(&file)) {
            replayed += usize::from(replay(&server, &request));
        }
    }
    println!("{replayed} captured requests replayed");
    assert!(replayed == 0 || replayed >= 20);
}

/// The stand-in had its services at other places, and other ids.
fn replay(server: &TestServer, request: &Captured) -> bool {
    let ours = |text: &str| {
        text.replace("org-1", "org:pmoi")
            .replace("org-2", "org:ncri")
    };
    let path = ours(&request.path);
    let path = match path.split(['/', '?']).nth(1) {
        Some("reconcile") => path,
        Some("suggest" | "flyout" | "preview" | "properties") => format!("/reconcile{path}"),
        _ => return false,
    };
    let passed_on = |name: &str| {
        !matches!(
            name,
            "host" | "connection" | "content-length" | "accept-encoding"
        )
    };
    let headers = request.headers.iter();
    let headers = headers.filter(|(name, _)| passed_on(&name.to_lowercase()));
    let headers: Vec<(&str, &str)> = headers.map(|(name, value)| (&**name, &**value)).collect();
    let body = ours(&request.body);
    let body = (request.method == "POST").then_some(body.as_bytes());
    let reply = server.send(&request.method, &path, &headers, body);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    if request.method == "OPTIONS" {
        assert_eq!(reply.status, 204);
        return true;
    }
    assert_eq!(
        reply.status, 200,
        "{} {path}: {}",
        request.method, reply.text
    );
    let unwrapped = |text: &str| -> Option<Value> {
        let text = text.trim_start_matches("/**/").trim_end_matches(';');
        let text = text
            .strip_prefix("cb1(")
            .and_then(|text| text.strip_suffix(')'))
            .unwrap_or(text);
        serde_json::from_str(text).ok()
    };
    let (Some(given), Some(wanted)) = (unwrapped(&reply.text), unwrapped(&ours(&request.answer)))
    else {
        return true;
    };
    if given["versions"].is_array() {
        is_manifest(&given);
    } else if given["rows"].is_object() {
        is_extension(&given);
        let ids = |reply: &Value| {
            reply["rows"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(&given), ids(&wanted));
    } else if given["result"].is_array() {
        are_suggestions(&given);
    } else if given["q0"].is_object() || given["0"].is_object() {
        are_results(&given);
        for (key, answer) in wanted.as_object().unwrap() {
            let best = &given[key]["result"][0];
            if answer["result"][0]["match"] == true {
                assert_eq!(
                    (&best["id"], &best["match"]),
                    (&answer["result"][0]["id"], &json!(true))
                );
            }
        }
    } else if let Some(results) = given["results"].as_array() {
        let first = &results[0]["candidates"][0];
        assert_eq!(
            (&first["id"], &first["match"]),
            (&json!("org:pmoi"), &json!(true))
        );
    }
    true
}
