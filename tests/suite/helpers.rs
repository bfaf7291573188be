//! A server in this process on a free port with a folder of its own, gone on `Drop`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hamzaban::engine::Engine;
use hamzaban::http::{self, Options};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::process::wait_for;

/// The token of the servers under test.
pub(crate) const TOKEN: &str = "0123456789abcdef";

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) engine: Arc<Engine>,
    agent: ureq::Agent,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    folder: Option<TempDir>,
}

/// A reply, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// Up to 64 MiB.
    pub(crate) fn read(
        mut response: ureq::http::Response<ureq::Body>,
    ) -> Result<Self, ureq::Error> {
        let body = response.body_mut().with_config().limit(64 << 20);
        // Some replies are no text; of them only the status and the headers count.
        let text = String::from_utf8_lossy(&body.read_to_vec()?).into_owned();
        Ok(Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text,
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Takes every status as an answer, and goes nowhere else.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .proxy(None)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .new_agent()
}

/// A file of the shared data folder (`HAMZABAN_SHARED`, else `../shared`), `.xz` unpacked; `None`, with
/// the reason printed, where it is absent.
pub(crate) fn shared(name: &str) -> Option<Vec<u8>> {
    let path = shared_path(name);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: {} is not here", path.display());
        return None;
    };
    if !name.ends_with(".xz") {
        return Some(bytes);
    }
    let mut unpacked = Vec::new();
    lzma_rs::xz_decompress(&mut bytes.as_slice(), &mut unpacked).unwrap();
    Some(unpacked)
}

/// Where a file or folder of the shared data would be.
pub(crate) fn shared_path(name: &str) -> std::path::PathBuf {
    let folder = std::env::var("HAMZABAN_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    std::path::Path::new(&folder).join("data").join(name)
}

/// Whether tests that take minutes run too: `./scripts/test full`. Says so where they do not.
pub(crate) fn full(what: &str) -> bool {
    let full = std::env::var("HAMZABAN_FULL").is_ok_and(|value| value == "1");
    if !full {
        println!("skipped: {what}; ./scripts/test full runs it");
    }
    full
}

/// A program of the Python packages of `tests/clients/requirements.txt`, where those are installed.
pub(crate) fn client(program: &str) -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("HAMZABAN_CLIENTS").map(std::path::PathBuf::from);
    let program = folder.map(|folder| folder.join("bin").join(program));
    let found = program.filter(|program| program.exists());
    if found.is_none() {
        println!(
            "skipped: HAMZABAN_CLIENTS names no folder with the Python packages; scripts/test makes it"
        );
    }
    found
}

/// Numbers that look random and are the same for the same seed (`SplitMix64`).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

impl TestServer {
    /// Caught up and empty.
    pub(crate) fn start() -> Self {
        let server = Self::start_loading();
        server.engine.catch_up().unwrap();
        server
    }

    /// Bound and answering, its index not yet loaded.
    pub(crate) fn start_loading() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    /// The same on a folder that was prepared.
    pub(crate) fn start_in(folder: TempDir) -> Self {
        let engine = wait_for("the folder", || Engine::open(folder.path(), true).ok());
        let options = Options {
            listen: "127.0.0.1:0".into(),
            token: TOKEN.into(),
        };
        let server = http::bind(Arc::clone(&engine), options).unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let until = async {
                let _ = stopped.await;
            };
            actix_web::rt::System::new()
                .block_on(server.run(until))
                .unwrap();
        });
        TestServer {
            address,
            engine,
            agent: agent(),
            stop: Some(stop),
            thread: Some(thread),
            folder: Some(folder),
        }
    }

    /// Stops it, changes its folder, and starts another on it.
    pub(crate) fn restart(mut self, change: impl FnOnce(&std::path::Path)) -> Self {
        let folder = self.folder.take().unwrap();
        drop(self);
        change(folder.path());
        let server = Self::start_in(folder);
        server.engine.catch_up().unwrap();
        server
    }

    /// With a memory `news` of one unit.
    pub(crate) fn with_a_unit() -> Self {
        let server = Self::start();
        let made = server.post("/v1/memories", r#"{"name":"news"}"#);
        assert_eq!(made.status, 201, "{}", made.text);
        let unit = r#"{"variants":{"en":"The door is open.","fa":"در باز است."}}"#;
        let written = server.post("/v1/memories/news/units", unit);
        assert_eq!(written.status, 201, "{}", written.text);
        server
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.as_ref().unwrap().path()
    }

    /// Sends a request with these headers besides the usual ones.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Reply {
        let address = self.address.to_string();
        send(&self.agent, &address, method, path, headers, body)
    }

    /// A request with a key, or with none; a body is JSON.
    pub(crate) fn ask(&self, key: Option<&str>, method: &str, path: &str, body: &str) -> Reply {
        let bearer = key.map(|key| format!("Bearer {key}"));
        let mut headers: Vec<(&str, &str)> = Vec::new();
        headers.extend(bearer.iter().map(|value| ("Authorization", value.as_str())));
        if body.is_empty() {
            return self.send(method, path, &headers, None);
        }
        headers.push(("Content-Type", "application/json"));
        self.send(method, path, &headers, Some(body.as_bytes()))
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Reply {
        self.json("POST", path, body)
    }

    pub(crate) fn json(&self, method: &str, path: &str, body: &str) -> Reply {
        let headers = [("Content-Type", "application/json")];
        self.send(method, path, &headers, Some(body.as_bytes()))
    }

    pub(crate) fn import(&self, memory: &str, query: &str, file: &[u8]) -> Reply {
        let path = format!("/v1/memories/{memory}/import?{query}");
        self.send("POST", &path, &[], Some(file))
    }

    /// What the server answers to these very bytes, until it closes or rests for a while.
    pub(crate) fn raw(&self, request: &[u8]) -> String {
        raw(&self.address.to_string(), request)
    }
}

/// Sends a request to a server at this address.
pub(crate) fn send(
    agent: &ureq::Agent,
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Reply {
    let mut request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let sent = match body {
        Some(body) => agent.run(request.body(body).unwrap()),
        None => agent.run(request.body(()).unwrap()),
    };
    let response = sent.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    Reply::read(response).unwrap()
}

/// What the server answers to these very bytes, until it closes or rests for a while.
pub(crate) fn raw(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let patience = Duration::from_secs(5);
    stream.set_read_timeout(Some(patience)).unwrap();
    // The server may have closed before it took everything: what it said counts.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..length]);
        if whole(&answer) {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Whether a reply with Content-Length has arrived.
fn whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the server panicked"
            );
        }
        Arc::clone(&self.engine).close();
    }
}
