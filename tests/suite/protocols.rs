//! What the tests of other programs' protocols share: addresses, captured requests, Python clients, and how much
//! longer an adapter takes than the native call.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::helpers::{Reply, TestServer};

/// Percent-encodes everything but letters and digits, as `urllib.parse.quote(text, safe="")` does.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                quoted.push(char::from(byte));
            }
            _ => write!(quoted, "%{byte:02X}").unwrap(),
        }
    }
    quoted
}

/// A request that a real program once sent, and what a stand-in answered.
pub(crate) struct Captured {
    /// From the method to the last byte of the body.
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) reply: String,
}

impl Captured {
    pub(crate) fn method(&self) -> &str {
        self.request.split(' ').next().unwrap()
    }

    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        self.request.split(' ').nth(1).unwrap()
    }
}

/// The requests of a file in `../shared/traffic`; none, with the reason printed, where it is absent.
pub(crate) fn captured(file: &str) -> Vec<Captured> {
    let path = super::helpers::shared_path("../traffic").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not here", path.display());
        return Vec::new();
    };
    let parts = text.split(">>> #").skip(1);
    let read = |part: &str| {
        let (_, part) = part.split_once('\n')?;
        let (request, answer) = part.split_once("\n<<< ")?;
        let (status, reply) = answer.split_once('\n')?;
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        Some(Captured {
            request: format!("{}\r\n\r\n{body}", head.trim_end().replace('\n', "\r\n")),
            status: status.split(' ').next()?.parse().ok()?,
            reply: reply.trim().to_owned(),
        })
    };
    parts.map(|part| read(part).unwrap()).collect()
}

/// Status, headers in small letters and body of what [`TestServer::raw`] gives.
pub(crate) fn split(answer: &str) -> (u16, String, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), body.to_owned())
}

/// Runs a script of tests/clients with the Python packages that scripts/test installs, among them `package`; its
/// JSON. `None`, with the reason printed, where they are absent.
pub(crate) fn client(script: &str, package: &str, arguments: &[&str]) -> Option<Value> {
    let folder = std::env::var_os("HAMZABAN_CLIENTS").map(PathBuf::from);
    let python = folder.map(|folder| folder.join("bin/python"));
    let has = |python: &PathBuf| {
        let import = format!("import {package}");
        let tried = Command::new(python).args(["-c", &import]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let Some(python) = python.filter(has) else {
        println!("skipped: HAMZABAN_CLIENTS has no Python with {package}; scripts/test makes it");
        return None;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let output = Command::new(python)
        .env("PYTHONIOENCODING", "utf-8")
        .env_remove("http_proxy")
        .arg(folder.join(script))
        .args(arguments)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {told}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Asks in turn the native call and an adapter for the same texts, and says by how much the adapter's median is
/// longer. Of a few tries the best counts: what else runs on the machine can only add.
pub(crate) fn overhead(server: &TestServer, adapter: impl Fn(&str) -> String) -> Duration {
    let texts: Vec<String> = (0..200).map(|n| distinct(n * 7)).collect();
    let time = |ask: &dyn Fn() -> Reply| {
        let start = Instant::now();
        let reply = ask();
        let took = start.elapsed();
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(reply.text.contains("کمیته"), "{}", reply.text);
        took
    };
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let tries = (0..3).map(|_| {
        let (mut native, mut adapted) = (Vec::new(), Vec::new());
        for text in &texts {
            let body = json!({"source_lang": "en", "target_lang": "fa", "text": text}).to_string();
            native.push(time(&|| server.post("/v1/lookup", &body)));
            adapted.push(time(&|| server.get(&adapter(text))));
        }
        let (native, adapted) = (median(&mut native), median(&mut adapted));
        println!("median: native {native:?}, adapter {adapted:?}");
        adapted.saturating_sub(native)
    });
    tries.min().unwrap()
}

/// A segment that has little in common with the others.
fn distinct(n: usize) -> String {
    format!(
        "Committee a{n} of b{} met c{} in d{} hall",
        n * 3,
        n * 5,
        n * 11
    )
}

/// With a memory `news` of two thousand units besides the one of [`TestServer::with_a_unit`].
pub(crate) fn with_many_units() -> TestServer {
    let server = TestServer::with_a_unit();
    let mut file = String::from("en\tfa\n");
    for n in 0..2_000 {
        writeln!(file, "{}\tکمیته {n} نفره در تالار دیدار کرد.", distinct(n)).unwrap();
    }
    let read = server.import("news", "format=tsv", file.as_bytes());
    assert_eq!(read.status, 200, "{}", read.text);
    server
}
